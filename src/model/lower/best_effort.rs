//! Best-effort tells as `pubsub` sends them: the flow waits for none of their segments, but these
//! follow one another like the steps of any body. Each handler sends the next command; a refusal
//! ends the body, and what came before it is taken back the same way, one handler after the other.
//!
//! ```text
//! home ──command──▶ b ──command──▶ c      done, and the home never hears of it
//!                   b ◀───undo──── c      c refused, or
//! home ─────────undo─────────────▶ c      the flow was: whether c is done yet or not
//!                   b ◀───undo────
//! ```

use super::super::flow::{Demand, default_work};
use super::super::program::{Instr, PubIx};
use super::plan::{Segment, Stage};
use super::pubsub::publish;
use super::{Lower, UNDO};
use crate::scenario::tree::Says;

/// The stage whose only segment goes on with the best-effort tell of this one's, if one does.
pub(super) fn next(stages: &[Stage], stage: usize) -> Option<usize> {
    let [one] = stages.get(stage)?.as_slice() else { return None };
    let [other] = stages.get(stage + 1)?.as_slice() else { return None };
    (one.group.is_some() && one.group == other.group).then_some(stage + 1)
}

/// Does this stage go on with the best-effort tell of the one before? Then nobody but that one's
/// handler sends its command.
pub(super) fn goes_on(stages: &[Stage], stage: usize) -> bool {
    stage > 0 && next(stages, stage - 1).is_some()
}

/// Bits of what can be taken back of the best-effort tell that this segment begins or ends.
pub(super) fn effects(stages: &[Stage], segment: &Segment) -> u64 {
    let parts = stages.iter().flatten();
    let parts = parts.filter(|part| part.group.is_some() && part.group == segment.group);
    parts.filter(|part| part.is_undoable()).fold(0, |bits, part| bits | part.effects())
}

/// By stage and branch: the command that takes this segment of a best-effort tell back, and then
/// those before it.
pub(super) fn undos(lower: &mut Lower<'_>, stages: &[Stage]) -> Vec<Vec<Option<PubIx>>> {
    let mut undos: Vec<Vec<Option<PubIx>>> = Vec::new();
    for (place, stage) in stages.iter().enumerate() {
        let before = if goes_on(stages, place) { undos[place - 1][0] } else { None };
        let of = |segment: &Segment| match segment.group {
            Some(_) if segment.is_undoable() => Some(undo(lower, segment, before)),
            _ => before,
        };
        undos.push(stage.iter().map(of).collect());
    }
    undos
}

/// Takes a segment back whether it is done or not (docs/semantics.md, rule 28), then has those
/// before it taken back.
fn undo(lower: &mut Lower<'_>, segment: &Segment, before: Option<PubIx>) -> PubIx {
    let (service, nodes) = (segment.service, segment.nodes.clone());
    let what = lower.label(&format!("{} undo, best effort", lower.node_name(service)));
    let publication = lower.publication(what.clone(), lower.says(service, Says::Undo));
    let demand = Demand::of(default_work(lower.scenario, service), segment.demand.name ^ UNDO);
    let handler = lower.later(service, what, move |lower, entry| {
        lower.begin(entry);
        lower.work(&demand);
        lower.is_blind = true;
        lower.undo_steps(&nodes, service);
        lower.is_blind = false;
        if let Some(before) = before {
            publish(lower, before, 0);
        }
        lower.emit(Instr::End);
        lower.on_trouble(entry);
        lower.emit(Instr::Return);
    });
    lower.subscribe(publication, None, service, handler);
    publication
}
