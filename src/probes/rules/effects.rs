//! docs/semantics.md, rule 32: every effect told is in exactly one class.

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
fn rule_30_a_create_that_is_done_again_makes_another_row() {
    let made = |times: u64, undone: u64| {
        let mut layout = layout();
        layout.flows[usize::from(BUY.0)].effects[usize::from(WRITES)].accumulates = true;
        let instruments = Instruments::new(Arc::new(layout));
        let mut trace = Trace { instruments, sent: 0 };
        let op = trace.send(10, BUY, 0);
        for time in 0..times {
            trace.apply(11 + time, op, WRITES, 1);
        }
        for time in 0..undone {
            trace.undo(20 + time, op, WRITES, 1);
        }
        trace.answer(30, op, FAILED).drop(30, op);
        (trace.flow(BUY).effects, trace.ends())
    };
    let (effects, _) = made(6, 0);
    assert_eq!((effects.duplicated, effects.once, effects.harmless), (1, 0, 0));
    let (effects, ends) = made(1, 2);
    assert_eq!((effects.undone, ends.clean, ends.half_done), (1, 1, 0), "it is gone once");
}

#[test]
fn rule_32_branches_not_taken_are_not_told() {
    let mut trace = Trace::new();
    let op = OpId::new(0, 0);
    trace.at(
        1,
        Fact::Sent {
            op,
            flow: BUY,
            session: 0,
            intended: Time(1),
            told: 0b010,
            journey: 0,
            step: 1,
        },
    );
    trace.apply(2, op, TAKES, 1).answer(3, op, Verdict::Done);
    let buy = trace.flow(BUY);
    assert_eq!((buy.effects.told, buy.effects.once, buy.ends.kept), (1, 1, 1));
}

#[test]
fn rule_32_losses_and_failures_name_their_reasons_and_no_others() {
    let mut trace = Trace::new();
    for now in [100, 200] {
        let op = trace.send(now, BUY, 0);
        trace.apply(now + 1, op, WRITES, 1).at(now + 2, Fact::Promised { op });
        trace.at(now + 3, Fact::Dropped { op, why: Some(Reason::Crashed) });
        trace.answer(now + 4, op, Verdict::Failed(Reason::Timeout));
    }
    trace.buy(300, 0, 1);
    let flow = trace.flow(BUY);
    assert_eq!(flow.failures.into_iter().collect::<Vec<_>>(), [(Reason::Timeout, 2)]);
    assert_eq!(flow.losses.into_iter().collect::<Vec<_>>(), [(Reason::Unpublished, 2)]);
    let effects = flow.effects;
    assert_eq!((effects.told, effects.once, effects.lost, effects.dropped), (9, 5, 2, 2));
    // Those that lack something never converge, the other did at once.
    assert_eq!((flow.unconverged, flow.convergence.count()), (2, 3));
    assert_eq!(flow.convergence.min(), Some(Span(0)));
    assert_eq!((flow.convergence.never(), flow.convergence.max()), (2, None));
}

#[test]
fn retries_copies_and_messages_are_those_of_measured_operations() {
    let mut trace = Trace::new();
    for (now, retries) in [(10, 2), (1_000_001, 3)] {
        let op = trace.send(now, BUY, 0);
        for attempt in 1..=retries {
            trace.at(now, Fact::Retried { op, to: NodeIx(0), attempt });
        }
        trace.at(now, Fact::Hedged { op, to: NodeIx(0) }).at(now, Fact::Overwrote { op });
        trace
            .at(now, Fact::HandedOn { op, to: InstanceId(0), carrier: Carrier::Answer, leg: None });
    }
    let flow = trace.flow(BUY);
    assert_eq!((flow.offered, flow.retries, flow.hedges, flow.lost_updates), (1, 2, 1, 1));
    assert_eq!((flow.messages, trace.outcome().messages), (2, 4));
}

#[test]
fn facts_about_nobody_are_fine_and_about_the_closed_are_strays() {
    let mut trace = Trace::new();
    let op = trace.buy(10, 0, 1);
    assert_eq!(trace.instruments.ledger.strays, 0);
    let carrier = Carrier::Control;
    trace.at(20, Fact::Message { op: OpId::NONE, to: InstanceId(0), carrier, leg: None });
    trace.at(20, Fact::Dropped { op: OpId::NONE, why: None });
    assert_eq!(trace.instruments.ledger.strays, 0);
    trace
        .at(20, Fact::Carried { op })
        .at(20, Fact::Message { op, to: InstanceId(0), carrier, leg: None });
    trace.apply(21, op, TAKES, 2).undo(22, op, TAKES, 3);
    assert_eq!(trace.instruments.ledger.strays, 4);
}
