//! The log broker on a bench: publishers, group members and faults by hand.

use proptest::prelude::*;

use super::super::broker::fixture::*;
use super::*;
use crate::probes::{KeyId, Reason};
use crate::scenario::tree;

const FIRST: u32 = AT_CONSUMERS[0];
const SECOND: u32 = AT_CONSUMERS[1];
const THIRD: u32 = AT_CONSUMERS[2];

fn seen(deliveries: &[Got]) -> Vec<(u64, u32, bool)> {
    deliveries.iter().map(|got| (got.op, got.to, got.redelivered)).collect()
}

/// A key of the fixture's entity that goes to this of three partitions.
fn key_for(partition: usize) -> Item {
    let item = |key| Item { entity: crate::model::EntityIx(0), key: KeyId(key), ..Item::NONE };
    let goes_there = |item: &Item| partition_of(Op::NONE, *item, 3) == partition;
    (0..100).map(item).find(goes_there).expect("keys go to every partition")
}

/// Publishes these operations to one partition.
fn publish(bench: &mut Bench, ops: std::ops::Range<u64>, partition: usize) {
    ops.for_each(|op| bench.publish_item(op, TO_ONE, key_for(partition)));
}

/// Time passes, and these instances say every 10 ms that they live.
fn run_beating(bench: &mut Bench, span_ms: u64, beating: &[u32]) {
    for _ in 0..span_ms / 10 {
        for at in beating {
            bench.heartbeat(*at);
        }
        bench.run_for(10);
    }
}

#[test]
fn a_record_is_acknowledged_once_it_is_appended() {
    // Producer configuration, acks.
    let mut bench = log(3, false);
    bench.publish(7, TO_BOTH);
    bench.publish(8, TO_NOBODY);
    bench.run_for(10);
    assert_eq!(bench.answers(), [(3, 7, Answer::Done), (3, 8, Answer::Done)]);
    let deliveries = bench.deliveries();
    assert_eq!(deliveries.len(), 2, "one per group");
    assert_eq!((bench.alive(7), bench.alive(8)), (2, 0));
    bench.ack(&deliveries);
    assert_eq!((bench.alive(7), bench.books().arrived), (0, 2));
}

#[test]
fn invalidations_go_to_every_instance_and_are_not_kept() {
    let mut bench = log(3, false);
    bench.publish(7, TO_CACHES);
    bench.run_for(1);
    assert_eq!(bench.invalidated(), AT_CONSUMERS);
    assert_eq!(bench.answers(), [(1, 7, Answer::Done)]);
    assert_eq!((bench.alive(7), bench.pending()), (0, 0));
}

#[test]
fn records_of_one_key_are_handled_in_order_and_others_do_not_wait_for_them() {
    // Design, "The Consumer"; Introduction: same key, same partition, same order.
    let mut bench = log(3, false);
    publish(&mut bench, 0..3, 0);
    publish(&mut bench, 3..4, 2);
    let mut order = Vec::new();
    for _ in 0..3 {
        bench.run_for(5);
        let deliveries = bench.deliveries();
        order.push(seen(&deliveries));
        bench.ack(&deliveries);
    }
    let expected = [
        vec![(0, FIRST, false), (3, THIRD, false)],
        vec![(1, FIRST, false)],
        vec![(2, FIRST, false)],
    ];
    assert_eq!(order, expected);
}

#[test]
fn records_without_an_item_are_spread() {
    let mut bench = log(3, false);
    (0..30).for_each(|op| bench.publish_item(op, TO_ONE, Item::NONE));
    bench.run_for(5);
    let mut owners: Vec<u32> = bench.deliveries().iter().map(|got| got.to).collect();
    owners.sort_unstable();
    assert_eq!(owners, AT_CONSUMERS);
}

#[test]
fn a_silent_members_partitions_go_to_others_when_its_session_ends() {
    // Consumer configuration, session.timeout.ms.
    let mut bench = log(3, false);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    publish(&mut bench, 0..2, 1);
    bench.run_for(5);
    let old = bench.deliveries();
    assert_eq!(seen(&old), [(0, SECOND, false)]);
    bench.down(SECOND, true);
    bench.run_for(5);
    run_beating(&mut bench, 80, &[FIRST, THIRD]);
    assert_eq!(seen(&bench.deliveries()), [], "it may still come back");
    run_beating(&mut bench, 20, &[FIRST, THIRD]);
    let taken_over = bench.deliveries();
    assert_eq!(seen(&taken_over), [(0, FIRST, true)], "two members: ranges 0-1 and 2");
    assert_eq!(taken_over[0].at_ms, 101, "100 ms after its last heartbeat");
    bench.ack(&old);
    assert_eq!(bench.alive(0), 1, "too late: the partition was taken away");
    bench.ack(&taken_over);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(1, FIRST, false)], "from the committed offset");
}

#[test]
fn a_member_that_was_heard_keeps_its_partitions_however_long_it_takes() {
    let mut bench = log(3, false);
    publish(&mut bench, 0..1, 1);
    run_beating(&mut bench, 500, &AT_CONSUMERS);
    let deliveries = bench.deliveries();
    assert_eq!(seen(&deliveries), [(0, SECOND, false)]);
    bench.ack(&deliveries);
    assert_eq!(bench.alive(0), 0);
}

#[test]
fn a_lost_connection_alone_changes_no_assignment() {
    let mut bench = log(3, false);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    bench.down(SECOND, false);
    bench.run_for(2);
    publish(&mut bench, 0..1, 1);
    publish(&mut bench, 1..2, 0);
    bench.run_for(20);
    assert_eq!(seen(&bench.deliveries()), [(1, FIRST, false)]);
    assert_eq!(bench.books().waiting, 1, "the other waits for its owner or a rebalance");
}

#[test]
fn a_restarted_dynamic_member_stops_the_group_until_its_old_session_ends() {
    // KIP-345, Motivation; the eager protocol.
    let mut bench = log(3, false);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    publish(&mut bench, 0..2, 1);
    publish(&mut bench, 2..4, 0);
    bench.run_for(5);
    let before = bench.deliveries();
    bench.down(SECOND, false);
    bench.run_for(3);
    bench.up(SECOND);
    bench.run_for(2);
    bench.ack(&before);
    assert_eq!((bench.alive(0), bench.alive(2)), (1, 0), "the living may still commit");
    run_beating(&mut bench, 70, &AT_CONSUMERS);
    assert_eq!(seen(&bench.deliveries()), [], "nobody is given anything");
    run_beating(&mut bench, 30, &AT_CONSUMERS);
    let after = bench.deliveries();
    assert_eq!(seen(&after), [(3, FIRST, false), (0, SECOND, true)]);
    assert_eq!(after[0].at_ms, 101);
}

#[test]
fn a_restarted_static_member_takes_up_what_it_left_at_once() {
    // KIP-345.
    let mut bench = log(3, true);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    publish(&mut bench, 0..2, 1);
    publish(&mut bench, 2..3, 0);
    bench.run_for(5);
    let before = bench.deliveries();
    bench.down(SECOND, false);
    bench.run_for(3);
    bench.up(SECOND);
    bench.run_for(2);
    let after = bench.deliveries();
    assert_eq!(seen(&after), [(0, SECOND, true)]);
    bench.ack(&before);
    assert_eq!((bench.alive(0), bench.alive(2)), (1, 0), "its old receipt is void");
    bench.ack(&after);
    assert_eq!(bench.alive(0), 0);
}

#[test]
fn a_member_cut_off_for_too_long_joins_again_with_its_next_heartbeat() {
    let mut bench = log(3, true);
    publish(&mut bench, 0..1, 1);
    run_beating(&mut bench, 110, &[FIRST, THIRD]);
    let deliveries = bench.deliveries();
    assert_eq!(seen(&deliveries), [(0, SECOND, false), (0, FIRST, true)]);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    publish(&mut bench, 1..2, 1);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    assert_eq!(seen(&bench.deliveries()), [], "what is in healthy hands is waited for");
    bench.ack(&deliveries[1..]);
    assert_eq!(bench.alive(0), 0, "and counts");
    bench.run_for(2);
    assert_eq!(seen(&bench.deliveries()), [(1, SECOND, false)], "its partition came back");
}

#[test]
fn the_log_itself_comes_back_with_its_records_and_offsets() {
    for host in [false, true] {
        let mut bench = log(3, false);
        publish(&mut bench, 0..3, 0);
        bench.run_for(5);
        let first = bench.deliveries();
        bench.ack(&first);
        bench.run_for(5);
        let second = bench.deliveries();
        bench.publish(3, TO_ONE);
        bench.answers();
        bench.down(AT_BROKER, host);
        assert_eq!(bench.books().lost, [(3, Reason::Crashed)]);
        bench.run_for(200);
        let failed: Vec<_> = bench.answers().iter().map(|answer| answer.2).collect();
        let expected = [Answer::Failed(Reason::Crashed)];
        assert_eq!(failed, if host { &[][..] } else { &expected[..] }, "a host is silent");
        bench.up(AT_BROKER);
        bench.run_for(2);
        bench.ack(&second);
        assert_eq!(bench.alive(1), 1, "a receipt of before the crash is void");
        let again = bench.deliveries();
        assert_eq!(seen(&again), [(1, FIRST, true)], "0 was committed");
        bench.ack(&again);
        assert_eq!(bench.alive(1), 0, "no session ended while the log was down");
    }
}

#[test]
fn the_log_looks_after_sessions_again_when_it_is_back() {
    let mut bench = log(3, true);
    publish(&mut bench, 0..1, 1);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    bench.down(SECOND, true);
    bench.down(AT_BROKER, true);
    bench.run_for(200);
    bench.up(AT_BROKER);
    run_beating(&mut bench, 110, &[FIRST, THIRD]);
    assert_eq!(seen(&bench.deliveries()), [(0, SECOND, false), (0, FIRST, true)]);
}

#[test]
fn a_session_that_ended_while_the_group_was_idle_has_ended() {
    let mut bench = log(3, true);
    run_beating(&mut bench, 90, &AT_CONSUMERS);
    run_beating(&mut bench, 80, &[FIRST, THIRD]);
    publish(&mut bench, 0..1, 1);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(0, SECOND, false)], "after 94 ms it lives");

    let mut bench = log(3, true);
    run_beating(&mut bench, 90, &AT_CONSUMERS);
    run_beating(&mut bench, 100, &[FIRST, THIRD]);
    publish(&mut bench, 0..1, 1);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(0, FIRST, false)], "after 112 ms it does not");
}

#[test]
fn a_group_without_records_sets_no_timers() {
    let mut bench = log(3, false);
    publish(&mut bench, 0..1, 0);
    bench.run_for(5);
    let deliveries = bench.deliveries();
    assert_eq!(bench.pending(), 1, "it watches its members");
    bench.ack(&deliveries);
    bench.run_for(30);
    assert_eq!(bench.pending(), 0, "until the next look");
}

#[test]
fn who_leaves_finishes_commits_and_goes_at_once_unless_it_is_static() {
    // KafkaConsumer.close; KIP-345: a static member does not say that it goes.
    for is_static in [false, true] {
        let mut bench = log(3, is_static);
        publish(&mut bench, 0..2, 1);
        run_beating(&mut bench, 10, &AT_CONSUMERS);
        let held = bench.deliveries();
        assert_eq!(seen(&held), [(0, SECOND, false)]);
        bench.leaves(SECOND);
        run_beating(&mut bench, 20, &[FIRST, THIRD]);
        bench.ack(&held);
        assert_eq!(bench.alive(0), 0, "what it finishes counts");
        run_beating(&mut bench, 20, &[FIRST, THIRD]);
        let next = bench.deliveries();
        let expected = if is_static { vec![] } else { vec![(1, FIRST, false)] };
        assert_eq!(seen(&next), expected, "static: {is_static}");
        run_beating(&mut bench, 100, &[FIRST, THIRD]);
        if is_static {
            assert_eq!(seen(&bench.deliveries()), [(1, FIRST, false)], "its session is over");
        }
    }
}

#[test]
fn a_rebalance_goes_on_without_who_holds_a_record_for_too_long() {
    // max.poll.interval.ms as the rebalance timeout (KIP-62): 300 ms here.
    let mut bench = log_that(3, false, |log| log.max_poll_interval = Span(300_000_000));
    publish(&mut bench, 0..2, 0);
    run_beating(&mut bench, 10, &AT_CONSUMERS);
    let held = bench.deliveries();
    bench.leaves(THIRD);
    run_beating(&mut bench, 290, &[FIRST, SECOND]);
    assert_eq!(seen(&bench.deliveries()), [], "the first still holds its record");
    run_beating(&mut bench, 30, &[SECOND]);
    let taken = bench.deliveries();
    assert_eq!(seen(&taken), [(0, SECOND, true)], "the group goes on without it");
    run_beating(&mut bench, 20, &[FIRST, SECOND]);
    assert_eq!(seen(&bench.deliveries()), [], "it does not join while it holds the record");
    bench.ack(&held);
    assert_eq!(bench.alive(0), 1, "its offset is rejected");
    bench.ack(&taken);
    run_beating(&mut bench, 20, &[FIRST, SECOND]);
    let next = bench.deliveries();
    assert_eq!(seen(&next), [(1, FIRST, false)], "it has come by, and is a member again");
    bench.ack(&next);
    publish(&mut bench, 2..3, 0);
    run_beating(&mut bench, 20, &[FIRST, SECOND]);
    assert_eq!(seen(&bench.deliveries()), [(2, FIRST, false)]);
}

#[test]
fn a_static_member_that_takes_too_long_is_silent_until_its_batch_is_done() {
    // max.poll.interval.ms (KIP-345): it does not say that it goes, and sends no heartbeats.
    for (done_at, keeps) in [(90, true), (200, false)] {
        let mut bench = log_that(3, true, |log| {
            log.max_poll_interval = Span(50_000_000);
            let commit = tree::Committing::Batch;
            log.cluster = Some(tree::Cluster { commit, ..tree::Cluster::alone() });
        });
        publish(&mut bench, 0..1, 0);
        run_beating(&mut bench, 10, &AT_CONSUMERS);
        let held = bench.deliveries();
        assert_eq!(seen(&held), [(0, FIRST, false)]);
        run_beating(&mut bench, done_at - 10, &AT_CONSUMERS);
        let again = if keeps { vec![] } else { vec![(0, SECOND, true)] };
        assert_eq!(seen(&bench.deliveries()), again, "done at {done_at} ms");
        bench.ack(&held);
        assert_eq!(bench.alive(0), i64::from(!keeps));
    }
}

proptest! {
    /// Whatever happens, in the end every confirmed record has been delivered and nothing is
    /// left of it; and the books never count below zero on the way.
    #[test]
    fn confirmed_records_are_delivered_at_least_once(
        is_static: bool,
        script in prop::collection::vec((0..7u8, 0..4u32, 0..40u64), 1..60),
    ) {
        prop_assert_eq!(play(log(2, is_static), &script), Ok(()));
    }
}
