//! docs/semantics.md, rules 10 and 33: stale and dangling reads.

use super::*;

#[test]
fn rule_33_a_stale_read_is_as_stale_as_the_next_commit_is_old() {
    let mut trace = Trace::new();
    trace.buy(100, 0, 1);
    trace.buy(150, 0, 2);
    trace.view(200, 1, STOCK, KEY, 2);
    trace.view(210, 1, STOCK, KEY, 0);
    let reads = trace.flow(VIEW).reads;
    assert_eq!((reads.reads, reads.stale, reads.versions_behind), (2, 1, 2));
    assert_eq!((reads.staleness.min(), reads.staleness.max()), (Some(Span(0)), Some(Span(110))));
}

#[test]
fn rule_33_an_answer_is_not_stale_by_its_own_travel_time() {
    let mut trace = Trace::new();
    let op = trace.send(90, VIEW, 1);
    trace.buy(100, 0, 1);
    trace
        .at(120, Fact::Saw { op, entity: STOCK, key: KEY, version: 0, value: 5, issued: Time(95) });
    assert_eq!(trace.flow(VIEW).reads.stale, 0);
}

#[test]
fn rule_10_an_item_that_is_not_there_yet_is_dangling() {
    let mut trace = Trace::new();
    let bought = trace.send(10, BUY, 0);
    trace.view(20, 0, ORDER, KeyId::created_by(bought), 0);
    trace.apply(30, bought, WRITES, 1);
    trace.view(40, 0, ORDER, KeyId::created_by(bought), 1);
    let reads = trace.flow(VIEW).reads;
    assert_eq!((reads.reads, reads.dangling, reads.stale), (2, 1, 0));
}
