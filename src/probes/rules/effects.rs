//! Rule 32: every effect told is in exactly one class.

use super::*;
use crate::probes::outcome::Effects;

fn effects(tell: impl Fn(&mut Trace, OpId)) -> Effects {
    let (mut trace, op) = one();
    tell(&mut trace, op);
    trace.flow(BUY).effects
}

#[test]
fn rule_32_promised_and_out_of_reach_is_lost_best_effort_is_dropped() {
    // The dual write: home commits, crashes before it publishes, the client sees a reset.
    let lost = effects(|trace, op| {
        trace.apply(11, op, WRITES, 1).at(11, Fact::Promised { op });
        trace.answer(12, op, Verdict::Failed(Reason::Crashed));
        trace.at(13, Fact::Dropped { op, why: Some(Reason::Unpublished) });
    });
    assert_eq!(lost, Effects { told: 3, once: 1, lost: 1, dropped: 1, ..Effects::default() });
}

#[test]
fn rule_32_told_done_is_a_promise_too() {
    let lost = effects(|trace, op| {
        trace.answer(12, op, Verdict::Done).drop(13, op);
    });
    assert_eq!(lost, Effects { told: 3, lost: 2, dropped: 1, ..Effects::default() });
}

#[test]
fn rule_32_not_promised_or_refused_is_void() {
    let failed = effects(|trace, op| {
        trace.answer(12, op, FAILED).drop(13, op);
    });
    let refused = effects(|trace, op| {
        trace.at(11, Fact::Promised { op }).answer(12, op, Verdict::Done);
        trace.at(13, Fact::Refused { op, node: NodeIx(1) }).drop(14, op);
    });
    assert_eq!((failed.void, failed.lost), (2, 0));
    assert_eq!((refused.void, refused.lost), (2, 0));
}

#[test]
fn rule_32_what_a_queue_can_still_apply_is_pending() {
    let pending = effects(|trace, op| {
        trace.at(11, Fact::Promised { op }).answer(12, op, Verdict::Done);
    });
    assert_eq!(pending, Effects { told: 3, pending: 3, ..Effects::default() });
}

#[test]
fn rule_32_twice_is_duplicated_unless_one_was_undone() {
    let twice = effects(|trace, op| {
        trace.apply(11, op, TAKES, 1).apply(12, op, TAKES, 2).answer(13, op, FAILED).drop(13, op);
    });
    assert_eq!((twice.duplicated, twice.once), (1, 0));
    let mended = effects(|trace, op| {
        trace.apply(11, op, TAKES, 1).apply(12, op, TAKES, 2).undo(12, op, TAKES, 3);
        trace.answer(13, op, FAILED).drop(13, op);
    });
    assert_eq!((mended.duplicated, mended.once), (0, 1));
}

#[test]
fn rule_30_a_repeated_write_is_harmless_and_counted_apart() {
    let twice = effects(|trace, op| {
        trace.apply(11, op, WRITES, 1).apply(12, op, WRITES, 2).answer(13, op, FAILED).drop(13, op);
    });
    assert_eq!((twice.duplicated, twice.once, twice.harmless), (0, 1, 1));
}

#[test]
fn rule_32_branches_not_taken_are_not_told() {
    let mut trace = Trace::new();
    let op = OpId::new(0, 0);
    trace.at(1, Fact::Sent { op, flow: BUY, session: 0, intended: Time(1), told: 0b010 });
    trace.apply(2, op, TAKES, 1).answer(3, op, Verdict::Done);
    let buy = trace.flow(BUY);
    assert_eq!((buy.effects.told, buy.effects.once, buy.ends.kept), (1, 1, 1));
}
