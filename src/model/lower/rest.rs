//! `rest`: a tell is a call, and waits for the answer; an ask is a call to the owner. The client is
//! answered after the last step, or after the last undo.
//!
//! ```text
//! client      home          inventory      payments
//!   │──request──▶│ ● order       │              │        ● durable point
//!   │            │───────call───▶│ ● stock      │
//!   │            │◀──────done────│              │
//!   │            │───────────────────call──────▶│ ● payment
//!   │            │◀──────────────────done───────│
//!   │◀───done────│
//! ```
//!
//! The caller's memory is the only record of what is half done: a crash of the home in the middle
//! leaves it so (docs/semantics.md, rules 13 to 16).

use super::super::flow::{Chance, Demand, Node, Tell, default_work, is_undoable};
use super::super::program::{EntryIx, Instr, KeyRule, Pc};
use super::{Lower, UNDO, bits};
use crate::base::name_hash;
use crate::scenario::tree::{EntityIx, NodeIx};

const NEVER: Chance = Chance { probability: 0.0, name: 0 };

/// The entry at the home where clients' requests come in.
pub(super) fn home(lower: &mut Lower<'_>, nodes: &[Node]) -> EntryIx {
    let home = lower.scenario.flows[lower.flow.0 as usize].home;
    let demand = home_demand(lower);
    served(lower, home, demand, NEVER, nodes.to_vec(), "home", true)
}

/// The worker time of the home's first step.
pub(super) fn home_demand(lower: &Lower<'_>) -> Demand {
    let flow = &lower.scenario.flows[lower.flow.0 as usize];
    let dist = flow.work.clone().unwrap_or_else(|| default_work(lower.scenario, flow.home));
    Demand { dist, name: name_hash(&format!("{}/home/work", flow.name)), fails: flow.fails }
}

/// A program that serves a call: work, steps, answer; or takes back what it did, and answers that.
/// With deduplication a failure of what is not the home's is left as it is: who calls tries again,
/// and a repetition must find what is done, or takes back what may be done.
fn served(
    lower: &mut Lower<'_>,
    service: NodeIx,
    demand: Demand,
    refuses: Chance,
    nodes: Vec<Node>,
    what: &str,
    is_home: bool,
) -> EntryIx {
    let label = lower.label(what);
    lower.later(service, label, move |lower, entry| {
        lower.begin(entry);
        if bits(&nodes) != 0 {
            lower.hold_key(entry);
        }
        lower.work(&demand);
        lower.refuse(refuses);
        lower.steps(&nodes, service, None);
        lower.emit(Instr::Answer);
        lower.on_trouble(entry);
        lower.undo_steps(&nodes, service);
        let gives_up = lower.emit(Instr::Answer);
        if lower.design.dedup && !is_home {
            lower.on_failed_at(entry, gives_up);
        }
    })
}

/// A tell as a call. Whether an unknown outcome is taken back too depends on the keys: with
/// deduplication undoing nothing blocks the late original, without it only confirmed tells are
/// undone (docs/semantics.md, rule 14).
pub(super) fn tell(lower: &mut Lower<'_>, tell: &Tell) {
    let what = lower.node_name(tell.service);
    let best_effort = lower.best_effort || tell.best_effort;
    let entry = lower.as_best_effort(best_effort, |lower| {
        let (demand, body) = (tell.demand.clone(), tell.body.clone());
        served(lower, tell.service, demand, tell.refuses, body, what, false)
    });
    lower.emit(Instr::Call {
        entry,
        policy: lower.policy("call", tell.service),
        effects: bits(&tell.body),
        unknown_is_done: lower.design.dedup,
        best_effort: tell.best_effort,
    });
}

/// Takes a tell back by a call to its handler, if it is done.
pub(super) fn undo_tell(lower: &mut Lower<'_>, tell: &Tell) {
    if !is_undoable(&tell.body) {
        return;
    }
    let (service, body) = (tell.service, tell.body.clone());
    let demand = Demand::of(default_work(lower.scenario, service), tell.demand.name ^ UNDO);
    let skip = lower.emit(Instr::IfDone { effects: bits(&body), to: Pc::default() });
    let label = lower.label(&format!("{} undo", lower.node_name(service)));
    let entry = lower.later(service, label, move |lower, entry| {
        lower.begin(entry);
        lower.work(&demand);
        lower.undo_steps(&body, service);
        lower.emit(Instr::Answer);
        lower.on_trouble(entry);
        lower.emit(Instr::Answer);
    });
    let policy = lower.policy("call", service);
    lower.emit(Instr::Call {
        entry,
        policy,
        effects: 0,
        unknown_is_done: false,
        // Where it may be repeated, who waits for it hears of its failure and tries again.
        best_effort: !lower.design.dedup,
    });
    lower.land(skip);
}

/// A computed question: worker time there, and what it looks up to answer.
pub(super) fn question(
    lower: &mut Lower<'_>,
    service: NodeIx,
    demand: &Demand,
    body: &[Node],
) -> EntryIx {
    let what = format!("{} answers", lower.node_name(service));
    served(lower, service, demand.clone(), NEVER, body.to_vec(), &what, false)
}

/// The owner answers a read of one of its items.
pub(super) fn read_at_owner(
    lower: &mut Lower<'_>,
    owner: NodeIx,
    entity: EntityIx,
    key: KeyRule,
    name: u64,
) -> EntryIx {
    let label =
        lower.label(&format!("{} reads {}", lower.node_name(owner), lower.entity_name(entity)));
    lower.later(owner, label, move |lower, entry| {
        let demand = Demand::of(default_work(lower.scenario, owner), name ^ READ);
        lower.begin(entry);
        lower.work(&demand);
        lower.read(owner, entity, key, name);
        lower.emit(Instr::Answer);
        lower.on_trouble(entry);
        lower.emit(Instr::Answer);
    })
}

/// Distinguishes the owner's worker time for a read from the read itself.
const READ: u64 = 0x3333_3333_3333_3333;
