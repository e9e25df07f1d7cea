//! docs/semantics.md, rule 34: the session guarantees, broken and kept side by side.

use super::*;
use crate::probes::outcome::Violations;

fn violations(tell: impl Fn(&mut Trace)) -> Violations {
    let mut trace = Trace::new();
    tell(&mut trace);
    trace.flow(VIEW).violations
}

const NONE: Violations = Violations {
    read_your_writes: 0,
    monotonic_reads: 0,
    monotonic_writes: 0,
    writes_follow_reads: 0,
};
const READ_YOUR_WRITES: Violations = Violations { read_your_writes: 1, ..NONE };
const MONOTONIC_READS: Violations = Violations { monotonic_reads: 1, ..NONE };

#[test]
fn rule_34_own_writes_told_done_must_be_seen() {
    let read = |session, version| {
        violations(|trace| {
            trace.buy(10, 0, 7);
            trace.view(20, session, STOCK, KEY, version);
        })
    };
    assert_eq!(read(0, 6), READ_YOUR_WRITES);
    assert_eq!(read(0, 7), NONE);
    assert_eq!(read(0, 8), NONE, "somebody wrote after us");
    assert_eq!(read(1, 6), NONE, "another's writes");
}

#[test]
fn rule_34_only_what_was_told_done_before_the_read_was_issued_binds() {
    let overlapping = violations(|trace| {
        let op = trace.send(10, BUY, 0);
        trace.apply(11, op, TAKES, 1);
        trace.view(12, 0, STOCK, KEY, 0);
        trace.answer(13, op, Verdict::Done).drop(13, op);
    });
    let failed = violations(|trace| {
        let op = trace.send(10, BUY, 0);
        trace.apply(11, op, TAKES, 1).answer(12, op, FAILED).drop(12, op);
        trace.view(13, 0, STOCK, KEY, 0);
    });
    assert_eq!((overlapping, failed), (NONE, NONE));
}

#[test]
fn rule_34_not_yet_applied_counts() {
    let created = violations(|trace| {
        let op = trace.send(10, BUY, 0);
        trace.answer(11, op, Verdict::Done);
        trace.view(20, 0, ORDER, KeyId::created_by(op), 0);
        trace.apply(30, op, WRITES, 1);
        trace.view(40, 0, ORDER, KeyId::created_by(op), 1);
    });
    let preloaded = violations(|trace| {
        let op = trace.send(10, BUY, 0);
        trace.answer(11, op, Verdict::Done);
        trace.view(20, 0, STOCK, KEY, 0);
        trace.apply(30, op, TAKES, 1);
    });
    assert_eq!((created, preloaded), (READ_YOUR_WRITES, READ_YOUR_WRITES));
}

#[test]
fn rule_34_every_read_counts_that_missed_what_was_applied_late() {
    let mut trace = Trace::new();
    let early = trace.view(5, 0, STOCK, KEY, 0);
    let op = trace.send(10, BUY, 0);
    let before = trace.view(10, 0, STOCK, KEY, 0);
    trace.answer(11, op, Verdict::Done);
    let missed = [20, 21, 22].map(|now| trace.view(now, 0, STOCK, KEY, 0));
    trace.view(23, 1, STOCK, KEY, 0);
    trace.apply(30, op, TAKES, 1).drop(31, op);
    trace.view(40, 0, STOCK, KEY, 1);
    let outcome = trace.outcome();
    assert_eq!(outcome.flows["view"].violations.read_your_writes, 3);
    let anomalies = outcome.anomalies.iter().filter(|it| it.kind == "read_your_writes");
    let named: Vec<u64> = anomalies.map(|it| it.number).collect();
    assert_eq!(named, missed.map(OpId::number), "not {early:?}, {before:?}, nor who wrote");
}

#[test]
fn rule_34_what_neither_reads_nor_writes_ends_no_operation_but_its_own() {
    let missed = |idles: bool| {
        violations(move |trace| {
            let op = trace.send(10, BUY, 0);
            trace.answer(11, op, Verdict::Done);
            if idles {
                let ping = trace.send(12, PING, 0);
                trace.answer(13, ping, Verdict::Done).drop(13, ping);
            }
            // `op` is still under way, so that the read may turn out to have missed it.
            trace.view(20, 0, STOCK, KEY, 0);
            trace.apply(30, op, TAKES, 1).drop(31, op);
        })
    };
    assert_eq!((missed(false), missed(true)), (READ_YOUR_WRITES, READ_YOUR_WRITES));
}

#[test]
fn rule_34_what_was_lost_or_is_missing_for_ever_counts_but_not_what_was_refused() {
    let view = |refused: bool| {
        violations(move |trace| {
            let op = trace.send(10, BUY, 0);
            trace.apply(11, op, WRITES, 1).answer(11, op, Verdict::Done);
            if refused {
                trace.at(12, Fact::Refused { op, node: NodeIx(1) });
            }
            trace.drop(13, op);
            trace.view(20, 0, MAIL, KeyId::created_by(op), 0);
        })
    };
    assert_eq!((view(false), view(true)), (READ_YOUR_WRITES, NONE));
}

#[test]
fn rule_34_reads_must_not_go_back() {
    let read = |session, version| {
        violations(|trace| {
            trace.view(20, 0, STOCK, KEY, 4);
            trace.view(21, session, STOCK, KEY, version);
        })
    };
    assert_eq!((read(0, 3), read(0, 4), read(1, 3)), (MONOTONIC_READS, NONE, NONE));
}

#[test]
fn rule_34_reads_bind_only_where_an_answer_preceded_the_send() {
    let overlapping = violations(|trace| {
        let later = trace.send(19, VIEW, 0);
        trace.view(20, 0, STOCK, KEY, 4);
        trace.saw(21, later, STOCK, KEY, 3);
    });
    let failed = violations(|trace| {
        let first = trace.send(10, VIEW, 0);
        trace.saw(11, first, STOCK, KEY, 4).answer(12, first, FAILED);
        trace.view(20, 0, STOCK, KEY, 3);
    });
    assert_eq!((overlapping, failed), (NONE, NONE));
}

#[test]
fn rule_34_a_later_write_must_not_be_applied_before_an_earlier_one() {
    let write = |answered, sent| {
        let mut trace = Trace::new();
        let (first, second) = (trace.send(10, BUY, 0), trace.send(sent, BUY, 0));
        trace.answer(answered, first, Verdict::Done);
        trace.apply(40, second, TAKES, 1).apply(41, first, TAKES, 2);
        trace.flow(BUY).violations.monotonic_writes
    };
    assert_eq!(write(20, 20), 1);
    assert_eq!(write(21, 20), 0, "they overlapped");
}

#[test]
fn rule_34_a_write_must_come_after_what_its_session_had_read() {
    let write = |session| {
        let mut trace = Trace::new();
        trace.view(10, 0, STOCK, KEY, 4);
        let op = trace.send(20, BUY, session);
        trace.apply(21, op, TAKES, 3);
        trace.flow(BUY).violations.writes_follow_reads
    };
    assert_eq!((write(0), write(1)), (1, 0));
}
