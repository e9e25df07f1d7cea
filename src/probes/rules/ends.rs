//! docs/semantics.md, rules 30, 31 and 43: what was told against the truth.

use super::*;
use crate::probes::outcome::Ends;

#[test]
fn rule_30_told_done_and_all_applied_is_kept() {
    let (mut trace, op) = one();
    trace
        .apply(11, op, WRITES, 1)
        .apply(12, op, TAKES, 1)
        .answer(13, op, Verdict::Done)
        .drop(14, op);
    assert_eq!(trace.ends(), Ends { kept: 1, ..Ends::default() }, "the mail is best effort");
}

#[test]
fn rule_30_told_done_and_all_undone_is_retracted() {
    let (mut trace, op) = one();
    trace
        .apply(11, op, WRITES, 1)
        .answer(12, op, Verdict::Done)
        .at(13, Fact::Refused { op, node: NodeIx(1) });
    trace.undo(14, op, WRITES, 2).drop(15, op);
    assert_eq!(trace.ends(), Ends { retracted: 1, ..Ends::default() });
}

#[test]
fn rule_30_some_of_it_is_half_done_whatever_was_told() {
    for verdict in [Verdict::Done, FAILED, Verdict::Refused] {
        let (mut trace, op) = one();
        trace.apply(11, op, WRITES, 1).answer(12, op, verdict).drop(13, op);
        assert_eq!(trace.ends(), Ends { half_done: 1, ..Ends::default() }, "{verdict:?}");
    }
}

#[test]
fn rule_30_a_failure_that_landed_all_the_same_is_unannounced() {
    let (mut trace, op) = one();
    trace.answer(11, op, FAILED).apply(12, op, WRITES, 1).apply(13, op, TAKES, 1).drop(14, op);
    assert_eq!(trace.ends(), Ends { unannounced: 1, ..Ends::default() });
}

#[test]
fn rule_30_a_refusal_that_left_nothing_is_clean() {
    let (mut trace, op) = one();
    trace
        .apply(11, op, WRITES, 1)
        .undo(12, op, WRITES, 2)
        .answer(13, op, Verdict::Refused)
        .drop(14, op);
    assert_eq!(trace.ends(), Ends { clean: 1, ..Ends::default() });
}

#[test]
fn rule_30_what_can_still_act_at_the_audit_is_pending() {
    let (mut trace, op) = one();
    trace.answer(11, op, Verdict::Done).apply(12, op, WRITES, 1);
    assert_eq!(trace.ends(), Ends { pending: 1, ..Ends::default() });
}

#[test]
fn rule_30_an_undo_of_nothing_is_half_done() {
    // Without keys: the unknown is undone too, and nothing had been taken (-1).
    let (mut trace, op) = one();
    trace.undo(11, op, TAKES, 1).answer(12, op, FAILED).drop(13, op);
    assert_eq!(trace.ends(), Ends { half_done: 1, ..Ends::default() });
}

#[test]
fn rule_30_a_flow_without_effects_is_kept_when_done_and_clean_when_not() {
    let mut trace = Trace::new();
    trace.view(1, 0, STOCK, KEY, 0);
    let op = trace.send(2, VIEW, 0);
    trace.answer(3, op, FAILED).drop(3, op);
    assert_eq!(trace.flow(VIEW).ends, Ends { kept: 1, clean: 1, ..Ends::default() });
}

#[test]
fn rule_31_good_is_kept_and_in_time() {
    let mut trace = Trace::new();
    for answered in [110, 111] {
        let op = trace.send(10, BUY, 0);
        trace
            .apply(11, op, WRITES, 1)
            .apply(12, op, TAKES, 1)
            .answer(answered, op, Verdict::Done)
            .drop(answered, op);
    }
    let buy = trace.flow(BUY);
    assert_eq!((buy.ok, buy.late, buy.ends.kept, buy.good), (1, 1, 2, 1));
    assert_eq!(buy.latency.max(), Some(Span(101)), "late answers are latency too");
}

#[test]
fn rule_31_done_in_time_but_retracted_is_not_good() {
    let (mut trace, op) = one();
    trace
        .apply(11, op, WRITES, 1)
        .answer(12, op, Verdict::Done)
        .undo(14, op, WRITES, 2)
        .drop(15, op);
    let buy = trace.flow(BUY);
    assert_eq!((buy.ok, buy.good), (1, 0));
}

#[test]
fn rule_31_a_refusal_that_the_truth_would_have_passed_is_wrong() {
    for (truth, wrong) in [(3, 1), (0, 0)] {
        let (mut trace, op) = one();
        let (entity, key) = (STOCK, KEY);
        trace.at(
            5,
            Fact::Applied { op, effect: TAKES, entity, key, version: 1, before: 0, value: truth },
        );
        let op = trace.send(10, BUY, 0);
        trace.at(11, Fact::Saw { op, entity, key, version: 0, value: 0, issued: Time(11) });
        trace.answer(12, op, Verdict::Refused).drop(12, op);
        assert_eq!(trace.flow(BUY).wrongly_refused, wrong, "true stock {truth}");
    }
}

#[test]
fn rule_43_what_is_unanswered_at_the_audit_has_failed() {
    let (trace, _) = one();
    let buy = trace.flow(BUY);
    assert_eq!((buy.offered, buy.failed, buy.failures[&Reason::Unanswered]), (1, 1, 1));
    assert_eq!(buy.ends.pending, 1, "its request is still on its way");
    let (mut trace, op) = one();
    trace.drop(20, op);
    assert_eq!(trace.ends().clean, 1, "nothing can act for it any more");
}
