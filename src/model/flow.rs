//! A flow made ready for lowering: repetitions unrolled, every step with its stable name, every
//! effect with its bit. All designs lower this one tree, so that names, bits and draws agree.

use crate::base::{Dist, name_hash};
use crate::scenario::tree::{
    Change, Effect, EntityIx, Fails, Flow, Key, NodeIx, NodeKind, Scenario, Step,
};

use super::program::{KeyRule, Part, Write};

/// A step, named and numbered.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A read, of the service's own data or of another's.
    Look { entity: EntityIx, key: KeyRule, need: Option<i64>, own: bool, name: u64 },
    /// Consecutive effects: one transaction.
    Change { name: u64, changes: Vec<(Write, Option<Write>)> },
    /// Worker time.
    Work { dist: Dist, name: u64 },
    /// A tell.
    Tell(Tell),
    /// A computed question.
    Call { service: NodeIx, demand: Demand, body: Vec<Self> },
    /// Branches.
    All(Vec<Vec<Self>>),
    /// Branches that only look and call, of which so many are enough.
    Enough(u32, Vec<Vec<Self>>),
    /// Perhaps.
    Maybe { chance: Chance, body: Vec<Self> },
}

/// An effect elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Tell {
    pub(super) service: NodeIx,
    pub(super) body: Vec<Node>,
    pub(super) demand: Demand,
    pub(super) refuses: Chance,
    pub(super) best_effort: bool,
    pub(super) path: String,
}

/// Worker time with the name of its draw, and who fails behind it.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    pub(super) dist: Dist,
    pub(super) name: u64,
    pub(super) fails: Option<Fails>,
}

impl Demand {
    /// Worker time behind which nobody fails.
    pub(super) fn of(dist: Dist, name: u64) -> Self {
        Self { dist, name, fails: None }
    }
}

/// A probability with the name of its draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) probability: f64,
    pub(super) name: u64,
}

/// The bits of all effects in these steps.
pub(super) fn effects(nodes: &[Node]) -> u64 {
    nodes.iter().map(effects_of).fold(0, |all, some| all | some)
}

fn effects_of(node: &Node) -> u64 {
    match node {
        Node::Look { .. } | Node::Work { .. } | Node::Enough(..) => 0,
        Node::Change { changes, .. } => changes.iter().map(|(write, _)| 1 << write.effect).sum(),
        Node::Tell(tell) => effects(&tell.body),
        Node::Call { body, .. } | Node::Maybe { body, .. } => effects(body),
        Node::All(branches) => branches.iter().map(|branch| effects(branch)).sum(),
    }
}

/// Does anything in these steps have an undo?
pub(super) fn is_undoable(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Look { .. } | Node::Work { .. } | Node::Enough(..) => false,
        Node::Change { changes, .. } => changes.iter().any(|(_, undo)| undo.is_some()),
        Node::Tell(tell) => is_undoable(&tell.body),
        Node::Call { body, .. } | Node::Maybe { body, .. } => is_undoable(body),
        Node::All(branches) => branches.iter().any(|branch| is_undoable(branch)),
    })
}

/// Every effect of a flow in order of bits, for the ledger.
pub(super) fn list_effects<'a>(
    nodes: &'a [Node],
    best_effort: bool,
    into: &mut Vec<(&'a Write, bool, bool)>,
) {
    for node in nodes {
        match node {
            Node::Look { .. } | Node::Work { .. } | Node::Enough(..) => {}
            Node::Change { changes, .. } => {
                into.extend(
                    changes.iter().map(|(write, undo)| (write, undo.is_some(), best_effort)),
                );
            }
            Node::Tell(tell) => list_effects(&tell.body, best_effort || tell.best_effort, into),
            Node::Call { body, .. } | Node::Maybe { body, .. } => {
                list_effects(body, best_effort, into);
            }
            Node::All(branches) => {
                for branch in branches {
                    list_effects(branch, best_effort, into);
                }
            }
        }
    }
}

/// Every [`Node::Maybe`] with the effects that are told only if it is taken.
pub(super) fn list_maybes(nodes: &[Node], into: &mut Vec<(f64, u64, u64)>) {
    for node in nodes {
        match node {
            Node::Look { .. } | Node::Work { .. } | Node::Change { .. } => {}
            Node::Tell(tell) => list_maybes(&tell.body, into),
            Node::Call { body, .. } => list_maybes(body, into),
            Node::Maybe { chance, body } => {
                into.push((chance.probability, chance.name, effects(body)));
                list_maybes(body, into);
            }
            Node::All(branches) | Node::Enough(_, branches) => {
                for branch in branches {
                    list_maybes(branch, into);
                }
            }
        }
    }
}

/// Makes a flow ready.
pub(super) fn ready(scenario: &Scenario, flow: &Flow) -> Vec<Node> {
    let own = Step::entities_by(&flow.steps, &Key::Own);
    let mut reader =
        Reader { scenario, flow: &flow.name, own, next_effect: 0, turn: Turn { at: 0, count: 1 } };
    reader.steps(&flow.steps, flow.home, &flow.name)
}

struct Reader<'a> {
    scenario: &'a Scenario,
    flow: &'a str,
    /// The entities of which it means the session's own item.
    own: Vec<EntityIx>,
    next_effect: u8,
    /// Which turn of the repetitions around it a step stands in, and how many there are.
    turn: Turn,
}

/// One of several.
#[derive(Clone, Copy)]
struct Turn {
    at: u16,
    count: u16,
}

impl Turn {
    /// The turns of a repetition within this one.
    fn within(self, at: usize, count: usize) -> Self {
        let (at, count) = (at as u16, count as u16);
        Self { at: self.at * count + at, count: self.count * count }
    }
}

impl Reader<'_> {
    /// Does this service keep its data in a quorum, which has no transactions of several items?
    fn is_quorum(&self, service: NodeIx) -> bool {
        let nodes = &self.scenario.nodes;
        let store = nodes[usize::from(service.0)].kind.store();
        store.is_some_and(|store| matches!(nodes[usize::from(store.0)].kind, NodeKind::Quorum(_)))
    }

    fn steps(&mut self, steps: &[Step], at: NodeIx, path: &str) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            self.step(step, at, &format!("{path}/{place}"), &mut nodes);
        }
        nodes
    }

    fn step(&mut self, step: &Step, at: NodeIx, path: &str, nodes: &mut Vec<Node>) {
        match step {
            Step::Ask { entity, key, need } | Step::Read { entity, key, need } => {
                let own = self.scenario.entities[entity.0 as usize].owner == at;
                let (key, name) = (self.key(key, *entity, path), name_hash(path));
                nodes.push(Node::Look { entity: *entity, key, need: *need, own, name });
            }
            Step::Effect(effect) => {
                let change = self.change(effect, path);
                match nodes.last_mut() {
                    Some(Node::Change { changes, .. }) if !self.is_quorum(at) => {
                        changes.push(change);
                    }
                    _ => nodes.push(Node::Change { name: name_hash(path), changes: vec![change] }),
                }
            }
            Step::Work(dist) => {
                nodes.push(Node::Work { dist: dist.clone(), name: name_hash(path) });
            }
            Step::Tell(tell) => {
                let body = self.steps(&tell.steps, tell.service, path);
                nodes.push(Node::Tell(Tell {
                    service: tell.service,
                    body,
                    demand: self.demand(tell.service, tell.work.as_ref(), tell.fails, path),
                    refuses: Chance {
                        probability: tell.refuses,
                        name: name_hash(&format!("{path}/refuses")),
                    },
                    best_effort: tell.best_effort,
                    path: path.to_owned(),
                }));
            }
            Step::Call { service, work, fails, steps } => {
                let body = self.steps(steps, *service, path);
                let demand = self.demand(*service, work.as_ref(), *fails, path);
                nodes.push(Node::Call { service: *service, demand, body });
            }
            Step::All(branches) | Step::Enough(_, branches) => {
                let (outer, count) = (self.turn, branches.len());
                let branches = branches.iter().enumerate().map(|(branch, step)| {
                    let mut nodes = Vec::new();
                    self.turn = outer.within(branch, count);
                    self.step(step, at, &format!("{path}/{branch}"), &mut nodes);
                    nodes
                });
                let branches = branches.collect();
                self.turn = outer;
                nodes.push(match step {
                    Step::Enough(enough, _) => Node::Enough(*enough, branches),
                    _ => Node::All(branches),
                });
            }
            Step::Maybe(probability, steps) => {
                let body = self.steps(steps, at, path);
                let chance =
                    Chance { probability: *probability, name: name_hash(&format!("{path}/maybe")) };
                nodes.push(Node::Maybe { chance, body });
            }
            Step::Repeat(times, steps) => {
                let outer = self.turn;
                for round in 0..*times {
                    self.turn = outer.within(round as usize, *times as usize);
                    for (place, step) in steps.iter().enumerate() {
                        self.step(step, at, &format!("{path}.{round}/{place}"), nodes);
                    }
                }
                self.turn = outer;
            }
        }
    }

    fn change(&mut self, effect: &Effect, path: &str) -> (Write, Option<Write>) {
        let write = |change: Change, part| Write {
            entity: effect.entity,
            key: self.key(&effect.key, effect.entity, path),
            change,
            effect: self.next_effect,
            part,
        };
        let change = write(effect.change, Part::Do);
        let undo = effect.undo.map(|change| write(change, Part::Undo));
        self.next_effect += 1;
        assert!(self.next_effect <= 64, "the scenario layer admits at most 64 effects in a flow");
        (change, undo)
    }

    /// Popular keys are drawn once per operation and name: the name is the flow's, not the step's.
    fn key(&self, key: &Key, entity: EntityIx, path: &str) -> KeyRule {
        match key {
            Key::New => KeyRule::New,
            Key::Own if self.own.first() == Some(&entity) => KeyRule::Own,
            Key::Own => KeyRule::OtherOwn,
            Key::Session => KeyRule::Session,
            Key::Popular(name) => KeyRule::Popular(name_hash(&format!("{}/key/{name}", self.flow))),
            Key::Another => KeyRule::Popular(name_hash(&format!("{path}/key"))),
            Key::Each { of, draw: Some(draw) } => {
                let name = name_hash(&format!("{}/key/{draw}", self.flow));
                KeyRule::Each { name, of: *of, at: self.turn.at, count: self.turn.count }
            }
            Key::Each { draw: None, .. } => {
                KeyRule::EachOfSession { at: self.turn.at, count: self.turn.count }
            }
        }
    }

    fn demand(
        &self,
        service: NodeIx,
        work: Option<&Dist>,
        fails: Option<Fails>,
        path: &str,
    ) -> Demand {
        let dist = work.cloned().unwrap_or_else(|| default_work(self.scenario, service));
        Demand { dist, name: name_hash(&format!("{path}/work")), fails }
    }
}

/// The worker time of a step at this service that names none of its own.
pub(super) fn default_work(scenario: &Scenario, service: NodeIx) -> Dist {
    scenario.nodes[service.0 as usize].kind.work()
}
