//! Sagas, joins and the outbox, and what a crash leaves of them.

use super::*;

#[test]
fn a_completed_stage_posts_its_commands_once_and_answers_again() {
    let begin = Txn { name: 3, row: Some(Row::Begin { stage: 1 }), ..Txn::default() };
    let reply = |branch| Txn {
        row: Some(Row::Reply { stage: 1, branch, branches: 2, refused: false }),
        outbox: vec![posts(0, None, false)],
        ..Txn::default()
    };
    let known = |done| crate::nodes::Op { done, ..op(0) };
    let town = Bench::new(vec![dedup(begin), dedup(reply(0)), dedup(reply(1))])
        .ask(0, op(0), 0)
        .ask(10_000, known(0b01), 1)
        .ask(20_000, known(0b10), 2)
        .ask(30_000, known(0b10), 2)
        .run();
    assert_eq!(town.words(), [Done, Idle, Done, Done]);
    assert_eq!(town.published.len(), 1);
    let done: Vec<u64> = town.answers.iter().map(|answer| answer.3.done).collect();
    assert_eq!(done, [0, 0b01, 0b11, 0b11]);
}

#[test]
fn a_join_makes_its_effects_when_the_set_is_complete() {
    let join = |branch| {
        let row = Some(Row::Join { stage: 1, branch, branches: 2 });
        dedup(Txn { row, outbox: vec![posts(0, Some(0), false)], ..writes(vec![take(0, 3)]) })
    };
    let town = Bench::new(vec![join(0), join(1)])
        .ask(0, op(0), 1)
        .ask(10_000, op(0), 0)
        .ask(20_000, op(0), 0)
        .run();
    assert_eq!(town.words(), [Idle, Done, Done]);
    assert_eq!(town.changes(), [(0, 1, 7)]);
    assert_eq!(town.published.len(), 1);
}

#[test]
fn a_discarded_join_makes_no_effects() {
    let row = Some(Row::Join { stage: 1, branch: 0, branches: 1 });
    let discard = Txn { row: Some(Row::Discard { stage: 1 }), ..Txn::default() };
    let town = Bench::new(vec![Txn { row, ..writes(vec![take(0, 3)]) }, discard])
        .ask(0, op(0), 1)
        .ask(10_000, op(0), 0)
        .run();
    assert_eq!(town.words(), [Done, Idle]);
    assert_eq!(town.changes(), []);
}

#[test]
fn the_outbox_says_what_became_of_the_transaction_and_of_which_item() {
    let outbox = vec![posts(0, Some(0), false), posts(1, None, true)];
    let no = Txn { name: 4, refuses: true, outbox: outbox.clone(), ..Txn::default() };
    let no = Txn { outbox: vec![outbox[1]], ..no };
    let town = Bench::new(vec![Txn { outbox, ..writes(vec![take(0, 6)]) }, dedup(no)])
        .ask(0, op(0), 0)
        .ask(10_000, op(1), 0)
        .ask(20_000, op(2), 1)
        .ask(30_000, op(2), 1)
        .run();
    assert_eq!(town.words(), [Done, Refused, Done, Done]);
    let item = Item { entity: STOCK, key: KeyId(0), seen: Seen { version: 1, value: 4 } };
    let posted = [
        (WRITE + HOP, 0, PubIx(0), item),
        (10_000 + WRITE + HOP, 1, PubIx(1), Item::NONE),
        (20_000 + WRITE + HOP, 2, PubIx(1), Item::NONE),
    ];
    assert_eq!(town.published, posted, "and a repetition posts nothing");
    assert_eq!(town.facts(is_refused).len(), 2);
}

/// Posts one row per request, `count` of them, 10 ns apart from instant 0.
fn posting(count: u64) -> Bench {
    let txn = Txn { outbox: vec![posts(0, None, false)], ..Txn::default() };
    (0..count).fold(Bench::new(vec![txn]), |bench, n| bench.ask(n * 10, op(n), 0))
}

fn order(town: &Town) -> Vec<u64> {
    town.published.iter().map(|row| row.1).collect()
}

#[test]
fn the_outbox_is_relayed_in_order_with_a_bounded_number_unconfirmed() {
    let mut bench = posting(PIPELINE as u64 + 50);
    bench.connections = 1_000;
    assert_eq!(order(&bench.clone().run()), (0..PIPELINE as u64 + 50).collect::<Vec<_>>());
    bench.broker = vec![(0, Broker::IsSilent), (CONFIRM_TIMEOUT.0, Broker::Confirms)];
    let town = bench.run();
    let early = town.published.iter().filter(|row| row.0 < CONFIRM_TIMEOUT.0).count();
    assert_eq!(early, PIPELINE, "the rest waits for confirms");
}

#[test]
fn a_silent_broker_is_tried_again_from_the_oldest_unconfirmed_row() {
    let mut bench = posting(3);
    bench.broker =
        vec![(WRITE + HOP + 10, Broker::IsSilent), (WRITE + HOP + 100, Broker::Confirms)];
    bench.broker.insert(0, (0, Broker::Confirms));
    let town = bench.run();
    assert_eq!(order(&town), [0, 1, 2, 1, 2]);
    let again = WRITE + 10 + CONFIRM_TIMEOUT.0 + PAUSE.0 + HOP;
    assert_eq!(town.published[3].0, again);
    assert!((0..3).all(|n| town.references(op(n).id) == 0));
}

#[test]
fn a_failed_confirm_is_tried_again_after_a_pause() {
    let mut bench = posting(1);
    bench.broker = vec![(0, Broker::Fails), (WRITE + PAUSE.0, Broker::Confirms)];
    let town = bench.run();
    let first = WRITE + HOP;
    let times: Vec<u64> = town.published.iter().map(|row| row.0).collect();
    assert_eq!(times, [first, first + HOP + PAUSE.0 + HOP]);
    assert_eq!(town.references(op(0).id), 0);
}

#[test]
fn what_is_unconfirmed_is_sent_again_after_a_crash() {
    let mut bench = posting(2).crash(WRITE + 2 * HOP + 5, 50_000, false);
    bench.broker = vec![
        (0, Broker::Confirms),
        (WRITE + HOP + 5, Broker::IsSilent),
        (40_000, Broker::Confirms),
    ];
    let town = bench.run();
    assert_eq!(order(&town), [0, 1, 1], "the first was confirmed");
    assert_eq!(town.published[2].0, 50_000 + HOP);
    assert!((0..2).all(|n| town.references(op(n).id) == 0));
}

// -- crashes -----------------------------------------------------------------------------------

#[test]
fn a_crash_aborts_what_runs_and_keeps_what_was_committed() {
    let mut bench =
        Bench::new(vec![dedup(writes(vec![take(0, 3)])), reads(vec![read(OWN, false)])]);
    bench.connections = 1;
    let bench = bench.ask(0, op(0), 0).ask(WRITE, op(1), 0).ask(WRITE + 1, op(2), 0);
    let script = |host| {
        let bench = bench.clone().crash(WRITE + 100, 10_000, host);
        bench.ask(20_000, op(0), 0).ask(30_000, op(1), 0).ask(40_000, op(3), 1).run()
    };
    let town = script(false);
    let crashed = Failed(Reason::Crashed);
    assert_eq!(town.words(), [Done, crashed, crashed, Done, Done, Done]);
    assert_eq!(
        town.changes(),
        [(0, 1, 7), (0, 2, 4)],
        "the inbox knows the first and not the second"
    );
    assert_eq!(town.answers[5].3.seen.value, 4);
    let left = town.timed(|fact| match fact {
        Fact::LeftQueue { op } => Some(op.number()),
        _ => None,
    });
    assert_eq!(left, [(WRITE + 100, 2)]);
    assert!((0..4).all(|n| town.references(op(n).id) == 0));
    assert_eq!(script(true).words(), [Done, Done, Done, Done], "a host says nothing");
}

#[test]
fn after_a_crash_all_connections_and_locks_are_free() {
    let mut bench = Bench::new(vec![writes(vec![take(0, 1)])]);
    bench.connections = 2;
    let town = bench
        .ask(0, op(0), 0)
        .ask(1, op(1), 0)
        .ask(2, op(2), 0)
        .crash(10, 20, false)
        .ask(30, op(3), 0)
        .run();
    assert_eq!(town.verdicts().last(), Some(&(30 + WRITE, 3, Done)));
    let busy = town.facts(|fact| match fact {
        Fact::Began { .. } => Some(1),
        Fact::Freed { .. } => Some(-1),
        _ => None,
    });
    assert_eq!(busy.iter().sum::<i32>(), 0);
}

#[test]
fn everything_that_could_act_for_an_operation_is_accounted_for() {
    let outbox = vec![posts(0, Some(0), false), posts(1, None, true)];
    let mut bench = Bench::new(vec![Txn { outbox, ..dedup(writes(vec![take(0, 1)])) }]);
    (bench.connections, bench.room) = (2, Some(3));
    bench.broker = vec![
        (0, Broker::Confirms),
        (9_000, Broker::Fails),
        (20_000, Broker::IsSilent),
        (50_000, Broker::Confirms),
    ];
    for n in 0..200 {
        let time = (unit(mix(5, n)) * 60_000.0) as u64;
        bench = bench.ask(time, op(n % 150), 0);
    }
    let town = bench.crash(5_000, 6_000, false).crash(22_000, 25_000, true).run();
    assert!((0..150).all(|n| town.references(op(n).id) == 0));
}
