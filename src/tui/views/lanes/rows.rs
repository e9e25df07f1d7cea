//! The lanes of an operation as rows: a column a node that took part, an arrow a message, and what is said
//! beside it. Knows steps and columns, and no cells.

use std::collections::BTreeSet;

use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::probes::{OpId, Reason, Verdict};
use crate::scenario::tree::NodeKind;
use crate::tui::glyphs::Glyph;
use crate::tui::query::telling::names::{Names, reason};
use crate::tui::query::telling::{Deed, Step, Telling};
use crate::tui::theme::Role;

/// The narrowest that a column may be.
const NARROWEST: u16 = 10;

/// Who has a lane of its own, in the order in which they took part.
#[derive(Debug)]
pub(super) struct Columns {
    nodes: Vec<NodeIx>,
    /// By node: whose lane it stands in.
    lanes: Vec<Option<usize>>,
}

impl Columns {
    /// So that they fit into so many cells: stores stand in the lanes of their services if they must.
    pub(super) fn of(telling: &Telling, model: &Model, width: u16) -> Self {
        let mut seen: Vec<NodeIx> = Vec::new();
        let mut see = |at: InstanceId| {
            let node = model.node_of(at);
            if !seen.contains(&node) {
                seen.push(node);
            }
        };
        for step in &telling.steps {
            if let Deed::Sent { from, to, .. } = step.what {
                see(from);
                see(to);
            } else {
                see(at(&step.what));
            }
        }
        let name = |node: &NodeIx| model.scenario.nodes[usize::from(node.0)].name.chars().count();
        let widest = seen.iter().map(name).max().unwrap_or(0) as u16 + 2;
        let fits = seen.len() as u16 * widest.max(NARROWEST) <= width;
        let owner = |store: NodeIx| {
            let owns = |node: &&NodeIx| {
                model.scenario.nodes[usize::from(node.0)].kind.store() == Some(store)
            };
            seen.iter().find(owns).copied()
        };
        let stands_in = |node: NodeIx| owner(node).filter(|_| !fits).unwrap_or(node);
        let mut nodes: Vec<NodeIx> = Vec::new();
        for node in &seen {
            let node = stands_in(*node);
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        let lane = |node: u16| {
            let node = NodeIx(node);
            seen.contains(&node).then(|| nodes.iter().position(|it| *it == stands_in(node)))?
        };
        let lanes = (0..model.nodes.len() as u16).map(lane).collect();
        Self { nodes, lanes }
    }

    /// The nodes that have one.
    pub(super) fn nodes(&self) -> &[NodeIx] {
        &self.nodes
    }

    fn lane(&self, model: &Model, at: InstanceId) -> usize {
        self.lanes[usize::from(model.node_of(at).0)].unwrap_or(0)
    }
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// When; none at the end of everything.
    pub time: Option<Time>,
    /// Where it happens.
    pub lane: usize,
    /// To which lane a message goes, and whether it arrives.
    pub arrow: Option<(usize, bool)>,
    /// What stands on its lane.
    pub sign: Option<(Glyph, Role)>,
    /// What is said.
    pub text: String,
    /// How loudly.
    pub role: Role,
    /// The first of its steps.
    pub step: usize,
    /// Lanes of which nobody is up.
    pub down: BTreeSet<usize>,
    /// Is it only an answer of which nothing is said?
    pub is_echo: bool,
    actor: InstanceId,
}

/// Where a step happens.
fn at(deed: &Deed) -> InstanceId {
    match deed {
        Deed::Down { all, .. } | Deed::Up(all) => all[0],
        Deed::Sent { from: at, .. }
        | Deed::Committed(at, _)
        | Deed::Undone(at, _)
        | Deed::Saw { at, .. }
        | Deed::Told(at, _)
        | Deed::Lost(at, _)
        | Deed::Promised(at)
        | Deed::Refused(at)
        | Deed::TurnedAway(at, _)
        | Deed::GaveUp { at, .. }
        | Deed::Retries { at, .. }
        | Deed::Redelivered(at)
        | Deed::Note(at, _)
        | Deed::Never(at, _) => *at,
    }
}

/// All rows, in order of time. What one instance does in one instant stands in one row.
pub(super) fn rows(telling: &Telling, model: &Model, columns: &Columns) -> Vec<Row> {
    let names = Names { model, op: telling.op.unwrap_or(OpId::NONE) };
    let mut rows: Vec<Row> = Vec::new();
    let mut down: BTreeSet<InstanceId> = BTreeSet::new();
    for (ix, step) in telling.steps.iter().enumerate() {
        match &step.what {
            Deed::Down { all, .. } => down.extend(all),
            Deed::Up(all) => down.retain(|at| !all.contains(at)),
            _ => {}
        }
        if let Deed::Lost(at, Reason::Crashed) = step.what
            && down.contains(&at)
        {
            // That nobody was there is said where the message arrives.
            continue;
        }
        let Some(mut row) = row(step, ix, model, columns, names) else { continue };
        row.down = lanes_down(&down, model, columns);
        match rows.last_mut() {
            Some(last) if last.takes(&row) => last.take(row),
            Some(last) if last.is_passed_on(&row, model) => last.arrow = row.arrow,
            _ => rows.push(row),
        }
    }
    rows
}

fn lanes_down(down: &BTreeSet<InstanceId>, model: &Model, columns: &Columns) -> BTreeSet<usize> {
    let nodes = columns.nodes.iter().enumerate();
    let gone = nodes.filter(|(_, node)| {
        model.nodes[usize::from(node.0)].instances().all(|at| down.contains(&at))
    });
    gone.map(|(lane, _)| lane).collect()
}

fn row(step: &Step, ix: usize, model: &Model, columns: &Columns, names: Names<'_>) -> Option<Row> {
    let actor = at(&step.what);
    let lane = columns.lane(model, actor);
    let (mut arrow, mut sign, mut is_echo) = (None, None, false);
    let mut role = Role::Text;
    let text = match &step.what {
        Deed::Sent { to, arrives, word, is_echo: echoes, .. } => {
            let to = columns.lane(model, *to);
            if to == lane {
                return None;
            }
            arrow = Some((to, arrives.is_some()));
            is_echo = *echoes && arrives.is_some();
            match (arrives, *word) {
                (None, _) => {
                    role = Role::Bad;
                    "nobody takes it".to_owned()
                }
                (_, "again" | "second copy" | "forget" | "signal") => (*word).to_owned(),
                _ => String::new(),
            }
        }
        Deed::Committed(_, text) => {
            sign = Some((Glyph::Durable, Role::Good));
            text.clone()
        }
        Deed::Undone(_, text) => {
            sign = Some((Glyph::Never, Role::Warn));
            role = Role::Warn;
            text.clone()
        }
        Deed::Saw { text, .. } => text.clone(),
        Deed::Down { all, by } => {
            (sign, role) = (Some((Glyph::Lost, Role::Fault)), Role::Fault);
            let who = whose(all, model);
            let go = if who.contains(',') { "go down" } else { "goes down" };
            let by = if by.is_empty() { String::new() } else { format!(": {by}") };
            format!("{who}{go}{by}")
        }
        Deed::Up(all) => {
            role = Role::Fault;
            format!("{}up again", whose(all, model))
        }
        Deed::Told(_, verdict) => {
            let (said, how) = match verdict {
                Verdict::Done => ("done".to_owned(), Role::Good),
                Verdict::Refused => ("refused".to_owned(), Role::Warn),
                Verdict::Failed(why) => (format!("failed, {}", reason(*why)), Role::Bad),
            };
            role = how;
            format!("told: {said}")
        }
        Deed::Lost(_, why) => {
            role = Role::Bad;
            format!("lost: {}", reason(*why))
        }
        Deed::Promised(_) => "promises all the rest".to_owned(),
        Deed::Refused(_) => {
            role = Role::Warn;
            "says no".to_owned()
        }
        Deed::TurnedAway(_, why) => {
            role = Role::Warn;
            format!("turns it away: {}", reason(*why))
        }
        Deed::GaveUp { to, why, .. } => {
            role = Role::Warn;
            format!("gives up on {}: {}", names.node(*to), reason(*why))
        }
        Deed::Retries { attempt, .. } => {
            role = Role::Warn;
            format!("try {attempt} follows")
        }
        Deed::Redelivered(_) => {
            role = Role::Warn;
            "delivers it again".to_owned()
        }
        Deed::Note(_, text) => text.clone(),
        Deed::Never(_, effect) => {
            sign = Some((Glyph::Never, Role::Bad));
            role = Role::Bad;
            format!("{effect} never")
        }
    };
    let is_end = matches!(step.what, Deed::Never(..));
    let time = (!is_end).then_some(step.time);
    let down = BTreeSet::new();
    Some(Row { time, lane, arrow, sign, text, role, step: ix, down, is_echo, actor })
}

/// `#0, #1 ` of a node with several instances; nothing if all of them are meant.
fn whose(all: &[InstanceId], model: &Model) -> String {
    let node = model.node_of(all[0]);
    if all.len() as u32 == model.nodes[usize::from(node.0)].count {
        return String::new();
    }
    let numbers: Vec<String> =
        all.iter().map(|at| format!("#{}", model.instances[at.0 as usize].index)).collect();
    numbers.join(", ") + " "
}

impl Row {
    /// Is the next one of the same instant, of the same instance, and has it room beside this one?
    fn takes(&self, next: &Self) -> bool {
        let both = self.arrow.is_some() && next.arrow.is_some();
        let signs = self.sign.is_some() && next.sign.is_some();
        (self.time, self.actor) == (next.time, next.actor) && self.time.is_some() && !both && !signs
    }

    /// Does a gateway only pass it on? Then one arrow goes all the way.
    fn is_passed_on(&self, next: &Self, model: &Model) -> bool {
        let node = usize::from(model.node_of(next.actor).0);
        let is_gateway = matches!(model.scenario.nodes[node].kind, NodeKind::Gateway(_));
        let is_plain = self.text.is_empty() && next.text.is_empty() && !next.is_echo;
        is_gateway && is_plain && self.arrow == Some((next.lane, true)) && next.arrow.is_some()
    }

    fn take(&mut self, next: Self) {
        if !next.text.is_empty() {
            let gap = if self.text.is_empty() { "" } else { "; " };
            self.text.push_str(gap);
            self.text.push_str(&next.text);
        }
        let loud = |role: Role| matches!(role, Role::Bad | Role::Fault | Role::Warn | Role::Good);
        if !loud(self.role) || next.role == Role::Bad && self.role != Role::Fault {
            self.role = next.role;
        }
        self.arrow = self.arrow.or(next.arrow);
        self.sign = self.sign.or(next.sign);
        self.is_echo &= next.is_echo;
        self.down = next.down;
    }
}
