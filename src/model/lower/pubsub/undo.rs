//! How a saga takes back what it did: its own steps by itself, those of others by command and reply.

use super::super::plan::{Segment, Stage};
use super::super::{Lower, UNDO, best_effort};
use super::{Saga, publish};
use crate::base::name_hash;
use crate::model::flow::{Demand, default_work};
use crate::model::program::{Instr, Pc, PubIx, Row, Txn};
use crate::scenario::tree::Says;

/// Takes back in reverse order, one at a time: the home's own by itself, others by command and
/// reply; what the flow did not wait for it does not wait for here either.
pub(super) fn chain(lower: &mut Lower<'_>, saga: &Saga) {
    let steps: usize = saga.stages.iter().map(Vec::len).sum();
    let mut number = saga.stages.len();
    for (place, stage) in saga.stages.iter().enumerate().rev() {
        for (branch, segment) in stage.iter().enumerate().rev() {
            if segment.group.is_some() {
                unawaited(lower, saga, place, branch);
            } else if segment.service == saga.home || place == 0 {
                lower.undo_steps(&segment.nodes, saga.home);
            } else if segment.is_undoable() {
                number += 1;
                let skip =
                    lower.emit(Instr::IfDone { effects: segment.effects(), to: Pc::default() });
                let publication = command(lower, saga, segment, number as u8);
                publish(lower, publication, 0);
                lower.emit(Instr::End);
                lower.land(skip);
            }
        }
    }
    debug_assert!(number <= saga.stages.len() + steps);
    if saga.has_store {
        lower.finish_row(saga.home);
    }
    lower.emit(Instr::End);
}

/// The command that takes one segment back. Its reply goes on behind the place where the command
/// is published and the task ends: two instructions on from here.
fn command(lower: &mut Lower<'_>, saga: &Saga, segment: &Segment, number: u8) -> PubIx {
    let service = segment.service;
    let behind = Pc(lower.here().0 + 2);
    let what = lower.label(&format!("{} undo {number}", lower.node_name(service)));
    let publication = lower.publication(what.clone(), lower.says(service, Says::Undo));
    let undone = lower.publication(format!("{what} reply"), lower.says(service, Says::Undone));
    let nodes = segment.nodes.clone();
    let demand = Demand::of(default_work(lower.scenario, service), segment.demand.name ^ UNDO);
    let handler = lower.later(service, what.clone(), move |lower, entry| {
        lower.begin(entry);
        lower.work(&demand);
        lower.undo_steps(&nodes, service);
        publish(lower, undone, 0);
        lower.emit(Instr::End);
        lower.on_trouble(entry);
        lower.emit(Instr::Return);
    });
    lower.subscribe(publication, None, service, handler);
    let (home, has_store) = (saga.home, saga.has_store);
    let reply = lower.later(home, format!("{what} reply"), move |lower, entry| {
        lower.begin(entry);
        lower.overhead_work(home, &what);
        if has_store {
            let row = Row::Reply { stage: number, branch: 0, branches: 1, refused: false };
            let txn = Txn { name: name_hash(&what), row: Some(row), ..Txn::default() };
            let idle = lower.store(home, "saga", txn);
            lower.emit(Instr::Jump { to: behind });
            lower.land(idle);
            lower.emit(Instr::End);
        } else {
            lower.emit(Instr::Jump { to: behind });
        }
        lower.on_trouble(entry);
        lower.emit(Instr::Return);
    });
    lower.subscribe(undone, None, home, reply);
    publication
}

/// Takes back what the home did before anybody else was waited for (and, if asked to, what it told
/// without waiting); says how many segments of its own.
pub(super) fn request(lower: &mut Lower<'_>, saga: &Saga, tells_too: bool) -> usize {
    let is_waited_for = |stage: &Stage| {
        stage.iter().any(|segment| segment.service != saga.home && !segment.best_effort)
    };
    let before = saga.stages.iter().take_while(|stage| !is_waited_for(stage)).count();
    let mut own = 0;
    for (place, stage) in saga.stages[..before].iter().enumerate().rev() {
        for (branch, segment) in stage.iter().enumerate().rev() {
            if segment.group.is_some() {
                if tells_too {
                    unawaited(lower, saga, place, branch);
                }
            } else if segment.service == saga.home {
                lower.undo_steps(&segment.nodes, saga.home);
                own += 1;
            }
        }
    }
    own
}

/// Takes a best-effort tell back, at its last segment, if it was sent; waits for it no more than
/// the flow did.
fn unawaited(lower: &mut Lower<'_>, saga: &Saga, stage: usize, branch: usize) {
    if best_effort::next(&saga.stages, stage).is_some() {
        return;
    }
    let Some(undo) = saga.undos[stage][branch] else { return };
    let effects = best_effort::effects(&saga.stages, &saga.stages[stage][branch]);
    let skip = lower.emit(Instr::IfDone { effects, to: Pc::default() });
    publish(lower, undo, 0);
    lower.land(skip);
}
