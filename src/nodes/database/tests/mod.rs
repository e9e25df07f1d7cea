//! What a database does, rule by rule, in small scripts.

mod outbox;

use super::harness::{Bench, Broker, HOP, ORDER, READ, STOCK, Town, WRITE, op, op_on};
use super::relay::{CONFIRM_TIMEOUT, PAUSE, PIPELINE};
use crate::base::{Dist, Span, Time, mix, unit};
use crate::model::program::{KeyRule, Outgoing, Part, PubIx, Read, Row, Txn, Write};
use crate::nodes::message::{Answer, Item, Seen};
use crate::probes::{Fact, KeyId, Reason};
use crate::scenario::tree::{Change, Fault, FaultKind, NodeIx, Pause, Slow, Target, When};

use Answer::{Done, Failed, Idle, Refused};

const OWN: KeyRule = KeyRule::Own;
const NAMED: KeyRule = KeyRule::Named;

fn read(key: KeyRule, copy: bool) -> Read {
    Read { entity: STOCK, key, copy }
}

fn write(effect: u8, key: KeyRule, change: Change) -> Write {
    Write { entity: STOCK, key, change, effect, part: Part::Do }
}

fn take(effect: u8, amount: i64) -> Write {
    write(effect, OWN, Change::Take(amount))
}

fn undo(effect: u8, amount: i64) -> Write {
    Write { part: Part::Undo, ..write(effect, OWN, Change::Add(amount)) }
}

fn reads(reads: Vec<Read>) -> Txn {
    Txn { name: 1, reads, ..Txn::default() }
}

fn writes(writes: Vec<Write>) -> Txn {
    Txn { name: 2, writes, ..Txn::default() }
}

fn posts(publication: u32, write: Option<u8>, when_refused: bool) -> Outgoing {
    Outgoing { publication: PubIx(publication), write, when_refused }
}

fn dedup(txn: Txn) -> Txn {
    Txn { dedup: true, ..txn }
}

fn is_refused(fact: &Fact) -> Option<()> {
    matches!(fact, Fact::Refused { .. }).then_some(())
}

// -- time, connections and locks ---------------------------------------------------------------

#[test]
fn a_transaction_costs_its_reads_and_the_keys_it_writes() {
    let town = Bench::new(vec![
        reads(vec![read(OWN, false), read(NAMED, true)]),
        writes(vec![take(0, 1), take(1, 1)]),
        writes(vec![take(0, 1), write(1, NAMED, Change::Add(1))]),
        Txn { row: Some(Row::Begin { stage: 1 }), ..Txn::default() },
        Txn { reads: vec![read(OWN, false)], writes: vec![take(0, 1)], ..Txn::default() },
    ])
    .ask(0, op_on(0, 0, 0, 0, 0), 0)
    .ask(10_000, op_on(1, 0, 0, 0, 0), 1)
    .ask(20_000, op_on(2, 0, 1, 0, 0), 2)
    .ask(30_000, op_on(3, 0, 0, 0, 0), 3)
    .ask(40_000, op_on(4, 0, 0, 0, 0), 4)
    .run();
    let costs = [2 * READ, WRITE, 2 * WRITE, WRITE, READ + WRITE];
    let expected: Vec<_> = costs
        .iter()
        .enumerate()
        .map(|(at, cost)| (at as u64 * 10_000 + cost, at as u64, Done))
        .collect();
    assert_eq!(town.verdicts(), expected);
}

#[test]
fn connections_are_given_in_order_and_room_is_bounded() {
    let mut bench = Bench::new(vec![reads(vec![read(OWN, false)])]);
    (bench.connections, bench.room) = (1, Some(1));
    let town = bench.ask(0, op(0), 0).ask(100, op(1), 0).ask(200, op(2), 0).run();
    let verdicts = [(200, 2, Failed(Reason::Rejected)), (READ, 0, Done), (2 * READ, 1, Done)];
    assert_eq!(town.verdicts(), verdicts);
    let began = town.facts(|fact| match fact {
        Fact::Began { waited, queued, .. } => Some((waited.0, *queued)),
        _ => None,
    });
    assert_eq!(began, [(0, false), (READ - 100, true)]);
    let away =
        |fact: &Fact| matches!(fact, Fact::TurnedAway { why: Reason::Rejected, .. }).then_some(());
    assert_eq!(town.timed(away), [(200, ())]);
}

#[test]
fn locks_are_taken_in_key_order_so_that_nobody_waits_in_a_circle() {
    let both = || writes(vec![take(0, 1), write(1, NAMED, Change::Add(1))]);
    let town = Bench::new(vec![both()])
        .ask(0, op_on(0, 1, 2, 0, 0), 0)
        .ask(1, op_on(1, 2, 1, 0, 0), 0)
        .ask(2, op_on(2, 1, 2, 0, 0), 0)
        .ask(3, op_on(3, 3, 3, 0, 0), 0)
        .run();
    let pair = 2 * WRITE;
    let verdicts =
        [(3 + WRITE, 3, Done), (pair, 0, Done), (2 * pair, 1, Done), (3 * pair, 2, Done)];
    assert_eq!(town.verdicts(), verdicts, "one after the other, and another item meanwhile");
}

#[test]
fn readers_wait_for_no_lock_and_see_what_is_committed() {
    let town = Bench::new(vec![writes(vec![take(0, 3)]), reads(vec![read(OWN, false)])])
        .ask(0, op(0), 0)
        .ask(10, op(1), 1)
        .ask(WRITE - 10, op(2), 1)
        .run();
    let saw: Vec<_> =
        town.answers.iter().map(|(time, op, _, header)| (*time, *op, header.seen)).collect();
    let (old, new) = (Seen { version: 0, value: 10 }, Seen { version: 1, value: 7 });
    assert_eq!(saw, [(10 + READ, 1, old), (WRITE, 0, new), (WRITE - 10 + READ, 2, new)]);
}

#[test]
fn a_slow_database_takes_longer_and_a_paused_one_begins_nothing() {
    let fault = |at, what| Fault {
        name: "fault".to_owned(),
        when: When::At(Span(at)),
        lasts: Some(Dist::Const(5_000.0)),
        what,
    };
    let target = Target { node: NodeIx(1), instance: None };
    let mut bench = Bench::new(vec![reads(vec![read(OWN, false)])]);
    bench.faults = vec![
        fault(0, FaultKind::Slow(Slow { target, factor: 3.0 })),
        fault(20_000, FaultKind::Pause(Pause { target })),
    ];
    let town = bench
        .ask(100, op(0), 0)
        .ask(10_000, op(1), 0)
        .ask(19_999, op(2), 0)
        .ask(20_001, op(3), 0)
        .ask(20_002, op(4), 0)
        .resume(25_000)
        .run();
    let times: Vec<_> = town.verdicts().iter().map(|verdict| verdict.0).collect();
    let resumed = 25_000 + READ;
    assert_eq!(times, [100 + 3 * READ, 10_000 + READ, 19_999 + READ, resumed, resumed]);
}

/// The probability of waiting with c servers at an offered load of a (Erlang, 1917).
fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
    blocked / (1.0 - load / f64::from(servers) * (1.0 - blocked))
}

#[test]
fn connections_behave_as_the_servers_of_an_m_m_c_queue() {
    const COUNT: u64 = 60_000;
    let (servers, load, mean) = (4, 3.0, READ as f64);
    let mut bench = Bench::new(vec![reads(vec![read(OWN, false)])]);
    (bench.connections, bench.read) = (servers, Dist::Exp(mean));
    let gap = Dist::Exp(mean / load);
    let mut now = Time(0);
    for n in 0..COUNT {
        now += gap.span(mix(77, n));
        bench = bench.ask(now.0, op(n), 0);
    }
    let town = bench.run();
    let waits = town.facts(|fact| match fact {
        Fact::Began { waited, .. } => Some(waited.0 as f64),
        _ => None,
    });
    let waited = waits.iter().sum::<f64>() / COUNT as f64;
    let expected = erlang_c(servers, load) * mean / (f64::from(servers) - load);
    assert!((waited / expected - 1.0).abs() < 0.05, "{waited} instead of {expected}");
    let delayed = waits.iter().filter(|wait| **wait > 0.0).count() as f64 / COUNT as f64;
    assert!((delayed / erlang_c(servers, load) - 1.0).abs() < 0.05, "{delayed}");
}

// -- guards and effects ------------------------------------------------------------------------

#[test]
fn take_is_refused_below_the_floor_and_then_nothing_of_the_transaction_applies() {
    let town = Bench::new(vec![writes(vec![write(0, NAMED, Change::Add(1)), take(1, 6)])])
        .ask(0, op_on(0, 0, 1, 0, 0), 0)
        .ask(10_000, op_on(1, 0, 1, 0, 0), 0)
        .run();
    assert_eq!(town.words(), [Done, Refused]);
    assert_eq!(town.changes(), [(1, 1, 11), (0, 1, 4)]);
    assert_eq!(town.facts(is_refused).len(), 1);
    assert_eq!(town.answers[0].3.done, 0b11);
    assert_eq!(town.answers[1].3.done, 0);
}

#[test]
fn guards_count_what_the_same_transaction_takes_before() {
    let town = Bench::new(vec![writes(vec![take(0, 6), take(1, 6)])]).ask(0, op(0), 0).run();
    assert_eq!(town.words(), [Refused]);
    let town = Bench::new(vec![writes(vec![take(0, 5), take(1, 5)])]).ask(0, op(0), 0).run();
    assert_eq!(town.changes(), [(0, 1, 5), (0, 2, 0)]);
}

#[test]
fn add_is_unguarded_and_put_overwrites_what_others_wrote() {
    let put = |if_unchanged| writes(vec![write(0, OWN, Change::Put { add: 1, if_unchanged })]);
    let town =
        Bench::new(vec![writes(vec![write(0, OWN, Change::Add(-50))]), put(false), put(true)])
            .ask(0, op(0), 0)
            .ask(10_000, op_on(1, 0, 0, 0, 10), 1)
            .ask(20_000, op_on(2, 0, 0, 0, 10), 2)
            .ask(30_000, op_on(3, 0, 0, 2, 11), 2)
            .run();
    assert_eq!(town.words(), [Done, Done, Refused, Done]);
    assert_eq!(town.changes(), [(0, 1, -40), (0, 2, 11), (0, 3, 12)]);
}

#[test]
fn put_goes_by_what_its_own_transaction_read() {
    let change = Change::Put { add: 1, if_unchanged: true };
    let txn = Txn {
        reads: vec![read(OWN, false), read(NAMED, false)],
        ..writes(vec![write(0, OWN, change)])
    };
    let town = Bench::new(vec![writes(vec![take(0, 3)]), txn])
        .ask(0, op(0), 0)
        .ask(10_000, op_on(1, 0, 1, 0, 0), 1)
        .run();
    assert_eq!(town.changes(), [(0, 1, 7), (0, 2, 8)]);
}

#[test]
fn effects_say_what_they_changed_and_the_promise_comes_with_the_commit() {
    let order = Write {
        entity: ORDER,
        key: KeyRule::New,
        change: Change::Write,
        effect: 3,
        part: Part::Do,
    };
    let txn = Txn { promises: true, ..writes(vec![order]) };
    let town = Bench::new(vec![txn]).ask(0, op(5), 0).run();
    let id = op(5).id;
    let facts = town.timed(|fact| {
        matches!(fact, Fact::Applied { .. } | Fact::Promised { .. }).then_some(*fact)
    });
    let key = KeyId::created_by(id);
    let applied =
        Fact::Applied { op: id, effect: 3, entity: ORDER, key, version: 1, before: 0, value: 0 };
    assert_eq!(facts, [(WRITE, applied), (WRITE, Fact::Promised { op: id })]);
}

#[test]
fn an_owner_is_read_as_of_now_and_a_copy_as_of_the_question() {
    let town =
        Bench::new(vec![reads(vec![read(OWN, false), read(NAMED, true)])]).ask(7, op(0), 0).run();
    let issued = town.facts(|fact| match fact {
        Fact::Saw { issued, version: 0, value: 10, .. } => Some(issued.0),
        _ => None,
    });
    assert_eq!(issued, [7 + 2 * READ, 7]);
}

#[test]
fn copies_are_complete_at_the_start_and_never_go_back() {
    let update = Write { part: Part::Copy, ..write(0, NAMED, Change::Write) };
    let town =
        Bench::new(vec![writes(vec![update]), reads(vec![read(NAMED, true), read(NAMED, false)])])
            .ask(0, op_on(0, 0, 2, 5, 50), 0)
            .ask(10_000, op_on(1, 0, 2, 4, 40), 0)
            .ask(20_000, op_on(2, 0, 2, 0, 0), 1)
            .ask(30_000, op_on(3, 0, 1, 0, 0), 1)
            .run();
    let saw = town.facts(|fact| match fact {
        Fact::Saw { version, value, .. } => Some((*version, *value)),
        _ => None,
    });
    assert_eq!(saw, [(5, 50), (0, 10), (0, 10), (0, 10)], "copy and own row are two things");
    let holds = town.facts(|fact| match fact {
        Fact::Holds { version, .. } => Some(*version),
        _ => None,
    });
    assert_eq!(holds, [5]);
}

// -- repetitions and undo ----------------------------------------------------------------------

#[test]
fn a_repetition_changes_nothing_and_is_answered_as_the_first_time() {
    let txn = || dedup(writes(vec![take(0, 6)]));
    let town = Bench::new(vec![txn()])
        .ask(0, op(0), 0)
        .ask(10_000, op(1), 0)
        .ask(20_000, op(0), 0)
        .ask(30_000, op(1), 0)
        .run();
    assert_eq!(town.words(), [Done, Refused, Done, Refused]);
    assert_eq!(town.changes(), [(0, 1, 4)]);
    assert_eq!(town.answers[2].3.done, 1);
    assert_eq!(town.answers[2].3.seen, Seen { version: 1, value: 4 });
    assert_eq!(town.facts(is_refused).len(), 1);
    let known = town.timed(|fact| matches!(fact, Fact::Deduplicated { .. }).then_some(()));
    assert_eq!(known, [(20_000 + WRITE, ()), (30_000 + WRITE, ())]);
}

#[test]
fn a_refusal_is_remembered_even_if_it_would_pass_now() {
    let txns = vec![dedup(writes(vec![take(0, 11)])), writes(vec![write(1, OWN, Change::Add(5))])];
    let town = Bench::new(txns).ask(0, op(0), 0).ask(10_000, op(1), 1).ask(20_000, op(0), 0).run();
    assert_eq!(town.words(), [Refused, Done, Refused]);
}

#[test]
fn without_deduplication_a_repetition_is_applied_again() {
    let town =
        Bench::new(vec![writes(vec![take(0, 3)])]).ask(0, op(0), 0).ask(10_000, op(0), 0).run();
    assert_eq!(town.changes(), [(0, 1, 7), (0, 2, 4)]);
}

#[test]
fn two_attempts_in_flight_at_once_apply_once() {
    let town =
        Bench::new(vec![dedup(writes(vec![take(0, 3)]))]).ask(0, op(0), 0).ask(1, op(0), 0).run();
    assert_eq!(town.words(), [Done, Done]);
    assert_eq!(town.changes(), [(0, 1, 7)]);
}

#[test]
fn an_undo_takes_back_once_and_makes_a_new_version() {
    let town = Bench::new(vec![dedup(writes(vec![take(0, 3)])), dedup(writes(vec![undo(0, 3)]))])
        .ask(0, op(0), 0)
        .ask(10_000, op(0), 1)
        .ask(20_000, op(0), 1)
        .run();
    assert_eq!(town.words(), [Done, Done, Done]);
    assert_eq!(town.changes(), [(0, 1, 7), (0, 2, 10)]);
}

#[test]
fn undoing_nothing_blocks_the_late_original() {
    let town = Bench::new(vec![dedup(writes(vec![take(0, 3)])), dedup(writes(vec![undo(0, 3)]))])
        .ask(0, op(0), 1)
        .ask(10_000, op(0), 0)
        .ask(20_000, op(0), 0)
        .ask(30_000, op(1), 0)
        .run();
    assert_eq!(town.words(), [Done, Refused, Refused, Done]);
    assert_eq!(town.changes(), [(0, 1, 7)], "only the other operation's");
}

#[test]
fn undoing_what_was_refused_does_nothing() {
    let town = Bench::new(vec![dedup(writes(vec![take(0, 11)])), dedup(writes(vec![undo(0, 11)]))])
        .ask(0, op(0), 0)
        .ask(10_000, op(0), 1)
        .run();
    assert_eq!(town.words(), [Refused, Done]);
    assert_eq!(town.changes(), []);
}

#[test]
fn without_deduplication_undo_is_blind_and_repeatable() {
    let town = Bench::new(vec![writes(vec![undo(0, 3)]), writes(vec![take(0, 3)])])
        .ask(0, op(0), 0)
        .ask(10_000, op(0), 0)
        .ask(20_000, op(0), 1)
        .run();
    assert_eq!(town.changes(), [(0, 1, 13), (0, 2, 16), (0, 3, 13)]);
}
