//! A flow as the asynchronous designs see it: segments, each done by one service by itself, in
//! stages that follow one another. A tell inside a tell's body becomes a segment of its own, in its
//! place; a tell whose edge is excepted (a call) stays a step of the home
//! (docs/semantics.md, rule 25).

use super::super::flow::{Chance, Demand, Node, Tell, effects, is_undoable};
use super::{Lower, rest};
use crate::base::name_hash;
use crate::scenario::tree::{NodeIx, Preset};

/// What one service does by itself, between two messages.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) service: NodeIx,
    pub(super) nodes: Vec<Node>,
    pub(super) demand: Demand,
    pub(super) refuses: Chance,
    pub(super) best_effort: bool,
    /// The best-effort tell that it is part of, if that travels: its segments follow one another,
    /// and the flow waits for none of them.
    pub(super) group: Option<u64>,
    /// Does a refusal of it change nothing even for the rest of its group?
    pub(super) shrugs: bool,
    /// Is it a tell's beginning (or the flow's), rather than what a service does later on?
    pub(super) is_told: bool,
    /// Done only if all of these are taken.
    pub(super) maybes: Vec<Chance>,
    /// For labels and names of rows.
    pub(super) path: String,
}

impl Segment {
    pub(super) fn effects(&self) -> u64 {
        effects(&self.nodes)
    }

    pub(super) fn is_undoable(&self) -> bool {
        is_undoable(&self.nodes)
    }
}

/// Segments that run together.
pub(super) type Stage = Vec<Segment>;

/// The stages of a flow; the first is the home's own, before the first asynchronous edge.
pub(super) fn stages(lower: &Lower<'_>, nodes: &[Node]) -> Vec<Stage> {
    let flow = &lower.scenario.flows[lower.flow.0 as usize];
    let home = Segment {
        service: flow.home,
        nodes: Vec::new(),
        demand: rest::home_demand(lower),
        refuses: Chance { probability: 0.0, name: 0 },
        best_effort: false,
        group: None,
        shrugs: false,
        is_told: true,
        maybes: Vec::new(),
        path: flow.name.clone(),
    };
    let mut planner = Planner { lower, home: flow.home, group: None, stages: vec![vec![home]] };
    planner.steps(nodes, flow.home, &[], false);
    planner.stages
}

struct Planner<'a, 'b> {
    lower: &'a Lower<'b>,
    home: NodeIx,
    /// The best-effort tell at hand.
    group: Option<u64>,
    stages: Vec<Stage>,
}

impl Planner<'_, '_> {
    fn steps(&mut self, nodes: &[Node], at: NodeIx, maybes: &[Chance], best_effort: bool) {
        for node in nodes {
            match node {
                Node::Tell(tell) if self.travels(tell) => self.tell(tell, maybes, best_effort),
                Node::Tell(tell) => self.excepted(tell, &tell.body, maybes, best_effort, true),
                Node::Maybe { chance, body }
                    if self.lower.tells_travel_by(body) != Preset::Rest =>
                {
                    let maybes: Vec<Chance> = maybes.iter().copied().chain([*chance]).collect();
                    self.steps(body, at, &maybes, best_effort);
                }
                Node::All(branches) if self.any_travels(branches) => {
                    self.together(branches, at, maybes);
                }
                _ => self.local(node, at, maybes, best_effort),
            }
        }
    }

    fn travels(&self, tell: &Tell) -> bool {
        self.lower.route(tell.service) != Preset::Rest
    }

    fn any_travels(&self, branches: &[Vec<Node>]) -> bool {
        branches.iter().any(|branch| self.lower.tells_travel_by(branch) != Preset::Rest)
    }

    /// A step of `at` itself: joins the segment at hand if that is its service's.
    fn local(&mut self, node: &Node, at: NodeIx, maybes: &[Chance], best_effort: bool) {
        if let Some([segment]) = self.stages.last_mut().map(Vec::as_mut_slice)
            && segment.service == at
            && segment.group == self.group
            && (best_effort || !segment.best_effort)
            && same(&segment.maybes, maybes)
        {
            segment.nodes.push(node.clone());
            return;
        }
        let segment = self.more_of(at, vec![node.clone()], maybes, best_effort);
        self.stages.push(vec![segment]);
    }

    fn tell(&mut self, tell: &Tell, maybes: &[Chance], best_effort: bool) {
        let outer = self.group;
        let best_effort = best_effort || tell.best_effort;
        let group = best_effort.then(|| outer.unwrap_or(name_hash(&tell.path)));
        let shrugs = tell.best_effort && outer.is_some();
        let segment = Self::of(tell, Vec::new(), maybes);
        self.stages.push(vec![Segment { best_effort, group, shrugs, ..segment }]);
        self.group = group;
        self.steps(&tell.body, tell.service, maybes, best_effort);
        self.group = outer;
    }

    /// An excepted tell is a call by the home; what travels from within its body cuts the call in
    /// two.
    fn excepted(
        &mut self,
        tell: &Tell,
        body: &[Node],
        maybes: &[Chance],
        best_effort: bool,
        is_first: bool,
    ) {
        let best_effort = best_effort || tell.best_effort;
        let mut call = Tell { body: Vec::new(), best_effort, ..tell.clone() };
        if !is_first {
            self.go_on_with(&mut call);
        }
        for node in body {
            let is_local = self.lower.tells_travel_by(std::slice::from_ref(node)) == Preset::Rest;
            if is_local {
                call.body.push(node.clone());
                continue;
            }
            self.call(&mut call, maybes, best_effort);
            match node {
                Node::Tell(inner) if self.travels(inner) => self.tell(inner, maybes, best_effort),
                Node::Tell(inner) => self.excepted(inner, &inner.body, maybes, best_effort, true),
                Node::Maybe { chance, body } => {
                    let maybes: Vec<Chance> = maybes.iter().copied().chain([*chance]).collect();
                    self.excepted(tell, body, &maybes, best_effort, false);
                }
                _ => unreachable!("only tells travel, and branches stand at home only"),
            }
        }
        if !call.body.is_empty() || is_first && body.is_empty() {
            self.call(&mut call, maybes, best_effort);
        }
    }

    /// One call of the home's; what is left of the tell goes on as another.
    fn call(&mut self, call: &mut Tell, maybes: &[Chance], best_effort: bool) {
        let is_first = call.refuses.name != 0;
        if is_first || !call.body.is_empty() {
            self.local(&Node::Tell(call.clone()), self.home, maybes, best_effort);
        }
        call.body.clear();
        self.go_on_with(call);
    }

    /// Makes `call` the continuation of a tell: its overhead is all the work.
    fn go_on_with(&self, call: &mut Tell) {
        call.path.push_str("/more");
        let name = name_hash(&format!("{}/work", call.path));
        call.demand = Demand::of(self.lower.overhead(call.service), name);
        call.refuses = Chance { probability: 0.0, name: 0 };
    }

    /// Branches: what travels becomes a segment each, the rest is done at `at` before, together.
    fn together(&mut self, branches: &[Vec<Node>], at: NodeIx, maybes: &[Chance]) {
        let mut stage = Vec::new();
        let mut rest = Vec::new();
        for branch in branches {
            let mut local = Vec::new();
            self.branch(branch, maybes, &mut local, &mut stage);
            rest.extend((!local.is_empty()).then_some(local));
        }
        match rest.as_slice() {
            [] => {}
            [branch] => branch.iter().for_each(|node| self.local(node, at, maybes, false)),
            _ => self.local(&Node::All(rest), at, maybes, false),
        }
        self.stages.push(stage);
    }

    /// One branch: the scenario layer sees to it that a tell is the end of it.
    fn branch(&self, nodes: &[Node], maybes: &[Chance], local: &mut Vec<Node>, stage: &mut Stage) {
        for node in nodes {
            match node {
                Node::Tell(tell) if self.travels(tell) => {
                    stage.push(Self::of(tell, tell.body.clone(), maybes));
                }
                Node::Maybe { chance, body }
                    if self.lower.tells_travel_by(body) != Preset::Rest =>
                {
                    let mut inner = Vec::new();
                    let all: Vec<Chance> = maybes.iter().copied().chain([*chance]).collect();
                    self.branch(body, &all, &mut inner, stage);
                    if !inner.is_empty() {
                        local.push(Node::Maybe { chance: *chance, body: inner });
                    }
                }
                _ => local.push(node.clone()),
            }
        }
    }

    fn of(tell: &Tell, nodes: Vec<Node>, maybes: &[Chance]) -> Segment {
        Segment {
            service: tell.service,
            nodes,
            demand: tell.demand.clone(),
            refuses: tell.refuses,
            best_effort: tell.best_effort,
            group: tell.best_effort.then(|| name_hash(&tell.path)),
            shrugs: false,
            is_told: true,
            maybes: maybes.to_vec(),
            path: tell.path.clone(),
        }
    }

    /// The service goes on after others have done their part: its overhead is all the work.
    fn more_of(
        &self,
        at: NodeIx,
        nodes: Vec<Node>,
        maybes: &[Chance],
        best_effort: bool,
    ) -> Segment {
        let path = format!("{}/stage{}", self.stages[0][0].path, self.stages.len());
        Segment {
            service: at,
            nodes,
            demand: Demand::of(self.lower.overhead(at), name_hash(&format!("{path}/work"))),
            refuses: Chance { probability: 0.0, name: 0 },
            best_effort,
            group: self.group,
            shrugs: false,
            is_told: false,
            maybes: maybes.to_vec(),
            path,
        }
    }
}

fn same(left: &[Chance], right: &[Chance]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.name == right.name)
}
