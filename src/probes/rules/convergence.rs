//! docs/semantics.md, rules 36 and 37: convergence, and who is measured.

use super::*;

#[test]
fn rule_36_convergence_lasts_until_the_last_effect_or_copy() {
    let (mut trace, op) = one();
    trace.apply(11, op, WRITES, 1).answer(12, op, Verdict::Done).apply(40, op, TAKES, 1);
    trace.at(70, Fact::Holds { op, entity: STOCK, key: KEY, version: 1 }).drop(90, op);
    let buy = trace.flow(BUY);
    assert_eq!((buy.convergence.max(), buy.unconverged), (Some(Span(60)), 0));
}

#[test]
fn rule_36_what_never_converges_has_no_time_and_counts() {
    let mut trace = Trace::new();
    trace.buy(10, 0, 1);
    let lost = trace.send(500, BUY, 0);
    trace.answer(501, lost, Verdict::Done).drop(502, lost);
    let pending = trace.send(1000, BUY, 0);
    trace.answer(1001, pending, Verdict::Done);
    let buy = trace.flow(BUY);
    assert_eq!((buy.convergence.count(), buy.unconverged), (3, 2));
    assert_eq!((buy.convergence.never(), buy.convergence.max()), (2, None));
    assert_eq!(buy.convergence.quantile(0.3), Some(Span(0)));
    assert_eq!(buy.convergence.quantile(0.5), None);
}

#[test]
fn rule_37_only_what_was_meant_to_be_sent_in_the_stretch_counts_but_to_the_audit() {
    let mut trace = Trace::new();
    let early = OpId::new(0, 0);
    trace.instruments =
        Instruments::new(Arc::new(Layout { warmup: Span(100), length: Span(200), ..layout() }));
    for (number, intended) in [99, 100, 199, 200].into_iter().enumerate() {
        let op = OpId::new(0, number as u64);
        trace.at(
            intended,
            Fact::Sent {
                op,
                flow: VIEW,
                session: 0,
                intended: Time(intended),
                told: 0,
                journey: 0,
                step: 1,
            },
        );
    }
    trace.answer(150, early, Verdict::Done).answer(500, OpId::new(0, 2), Verdict::Done);
    let view = trace.flow(VIEW);
    assert_eq!((view.offered, view.ok, view.failed), (2, 1, 1));
    assert_eq!(view.latency.max(), Some(Span(301)));
    assert_eq!(trace.outcome().windows[0].offered, 4, "windows show the whole run");
}

#[test]
fn rule_37_time_to_failure_is_a_figure_of_its_own() {
    let (mut trace, op) = one();
    trace.answer(60, op, FAILED).drop(60, op);
    let buy = trace.flow(BUY);
    assert_eq!((buy.latency.quantile(0.5), buy.to_failure.max()), (None, Some(Span(50))));
}

#[test]
fn rule_36_what_a_reader_fetches_into_a_cache_is_not_its_convergence() {
    let mut trace = Trace::new();
    let op = trace.send(10, VIEW, 0);
    trace.at(20, Fact::Holds { op, entity: STOCK, key: KEY, version: 0 });
    trace.answer(30, op, Verdict::Done).drop(30, op);
    assert_eq!(trace.flow(VIEW).convergence.count(), 0);
}
