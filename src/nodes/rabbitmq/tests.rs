//! The queue broker on a bench: publishers, consumers and faults by hand.

use proptest::prelude::*;

use super::super::broker::fixture::*;
use super::*;
use crate::nodes::message::Answer;

fn seen(deliveries: &[Got]) -> Vec<(u64, u32, bool)> {
    deliveries.iter().map(|got| (got.op, got.to, got.redelivered)).collect()
}

fn ops(deliveries: &[Got]) -> Vec<u64> {
    deliveries.iter().map(|got| got.op).collect()
}

fn publish(bench: &mut Bench, ops: std::ops::Range<u64>) {
    ops.for_each(|op| bench.publish(op, TO_ONE));
}

const LONE: u32 = AT_CONSUMERS[0];

/// A bench whose second and third consumer are down.
fn lone_consumer(prefetch: u32, delivery_limit: Option<u32>) -> Bench {
    let mut bench = queue(prefetch, delivery_limit);
    bench.down(AT_CONSUMERS[1], false);
    bench.down(AT_CONSUMERS[2], false);
    bench.run_for(1);
    bench
}

#[test]
fn a_message_is_confirmed_once_it_is_durable() {
    // confirms, "When Will Published Messages Be Confirmed by the Broker?"
    let mut bench = queue(1, None);
    bench.publish(7, TO_ONE);
    bench.run_for(10);
    assert_eq!(bench.answers(), [(3, 7, Answer::Done)], "2 ms to store, 1 ms to travel");
    let deliveries = bench.deliveries();
    assert_eq!(seen(&deliveries), [(7, LONE, false)]);
    assert_eq!(bench.alive(7), 1, "the broker keeps it until it is acknowledged");
    bench.ack(&deliveries);
    assert_eq!(bench.alive(7), 0);
}

#[test]
fn a_message_that_is_routed_nowhere_is_confirmed_at_once() {
    // confirms, ibid.: unroutable messages.
    let mut bench = queue(1, None);
    bench.publish(7, TO_NOBODY);
    bench.run_for(10);
    assert_eq!(bench.answers(), [(1, 7, Answer::Done)]);
    assert_eq!((bench.alive(7), bench.books().lost.len()), (0, 0));
}

#[test]
fn every_subscriber_has_a_queue_of_its_own() {
    let mut bench = queue(1, None);
    bench.publish(7, TO_BOTH);
    bench.run_for(10);
    let deliveries = bench.deliveries();
    assert_eq!(seen(&deliveries), [(7, LONE, false), (7, AT_AUDITOR, false)]);
    bench.ack(&deliveries[..1]);
    assert_eq!(bench.alive(7), 1, "the other subscriber's copy");
    bench.ack(&deliveries[1..]);
    assert_eq!(bench.alive(7), 0);
    assert_eq!(bench.books().arrived, 1);
}

#[test]
fn invalidations_go_to_every_instance_and_are_not_kept() {
    let mut bench = queue(1, None);
    bench.publish(7, TO_CACHES);
    bench.run_for(1);
    assert_eq!(bench.invalidated(), AT_CONSUMERS);
    assert_eq!(bench.answers(), [(1, 7, Answer::Done)]);
    assert_eq!((bench.alive(7), bench.pending()), (0, 0));
}

#[test]
fn prefetch_limits_each_consumer_and_nothing_waits_beside_a_free_one() {
    // consumer-prefetch: the limit holds per consumer.
    let mut bench = queue(1, None);
    publish(&mut bench, 0..5);
    bench.run_for(5);
    let deliveries = bench.deliveries();
    assert_eq!(seen(&deliveries), [(0, 2, false), (1, 3, false), (2, 4, false)], "in turn");
    assert_eq!((bench.books().waiting, bench.books().busy), (2, 3));
    bench.ack(&deliveries[1..2]);
    bench.run_for(1);
    assert_eq!(seen(&bench.deliveries()), [(3, 3, false)], "to the one that is free");
}

#[test]
fn a_prefetch_of_0_is_no_limit() {
    // consumer-prefetch: 0 is infinite.
    let mut bench = lone_consumer(0, None);
    publish(&mut bench, 0..50);
    bench.run_for(5);
    assert_eq!(ops(&bench.deliveries()), (0..50).collect::<Vec<_>>());
}

#[test]
fn a_lost_connection_requeues_what_it_held_at_its_original_position() {
    // confirms, "Automatic Requeueing".
    let mut bench = lone_consumer(3, None);
    publish(&mut bench, 0..5);
    bench.run_for(5);
    assert_eq!(ops(&bench.deliveries()), [0, 1, 2]);
    bench.down(LONE, false);
    bench.run_for(5);
    bench.up(LONE);
    bench.run_for(5);
    let held = bench.deliveries();
    assert_eq!(seen(&held), [(0, LONE, true), (1, LONE, true), (2, LONE, true)]);
    bench.ack(&held);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(3, LONE, false), (4, LONE, false)]);
    assert_eq!(bench.books().redelivered, 3);
}

#[test]
fn what_a_dead_consumer_held_goes_to_the_living() {
    let mut bench = queue(2, None);
    publish(&mut bench, 0..3);
    bench.run_for(5);
    bench.deliveries();
    bench.down(AT_CONSUMERS[1], false);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(1, 2, true)], "its turn, and room for one more");
    publish(&mut bench, 3..6);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(3, 4, false)], "nothing goes to the dead one");
}

#[test]
fn a_consumer_whose_host_fell_silent_is_noticed_by_the_next_delivery() {
    let mut bench = lone_consumer(2, None);
    publish(&mut bench, 0..1);
    bench.run_for(5);
    bench.down(LONE, true);
    bench.run_for(50);
    assert_eq!(bench.books().busy, 1, "the broker does not know");
    publish(&mut bench, 1..2);
    bench.run_for(5);
    assert_eq!((bench.books().busy, bench.books().waiting), (0, 2), "now it does");
    bench.up(LONE);
    bench.run_for(5);
    let redelivered: Vec<_> = seen(&bench.deliveries()).split_off(1);
    assert_eq!(redelivered, [(0, LONE, true), (1, LONE, true)]);
}

#[test]
fn receipts_of_a_lost_connection_are_void() {
    let mut bench = queue(1, None);
    publish(&mut bench, 0..1);
    bench.run_for(5);
    let first = bench.deliveries();
    bench.down(LONE, false);
    bench.run_for(5);
    bench.ack(&first);
    assert_eq!(bench.alive(0), 1, "still to be done");
    let second = bench.deliveries();
    assert_eq!(seen(&second), [(0, 3, true)]);
    bench.ack(&second);
    bench.ack(&second);
    assert_eq!(bench.alive(0), 0, "and acknowledged once");
}

#[test]
fn a_returned_message_goes_back_to_its_place() {
    // confirms, "Negative Acknowledgement and Requeuing of Deliveries".
    let mut bench = lone_consumer(1, None);
    publish(&mut bench, 0..3);
    bench.run_for(5);
    let first = bench.deliveries();
    bench.nack(&first);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(0, LONE, true)], "before 1 and 2");
}

/// How often a message is delivered that always comes back, 5 times at most.
fn deliveries_of_poison(delivery_limit: Option<u32>, crash: bool) -> (usize, Bench) {
    let mut bench = lone_consumer(1, delivery_limit);
    publish(&mut bench, 0..1);
    bench.run_for(5);
    for count in 0..5 {
        let deliveries = bench.deliveries();
        if deliveries.is_empty() {
            return (count, bench);
        }
        if crash {
            bench.down(LONE, false);
            bench.run_for(5);
            bench.up(LONE);
        } else {
            bench.nack(&deliveries);
        }
        bench.run_for(5);
    }
    (5, bench)
}

#[test]
fn a_message_returned_more_often_than_the_limit_is_a_dead_letter() {
    // quorum-queues, "Poison Message Handling".
    for crash in [false, true] {
        let (count, bench) = deliveries_of_poison(Some(2), crash);
        assert_eq!(count, 3);
        assert_eq!(bench.books().lost, [(0, Reason::DeadLetter)]);
        assert_eq!((bench.alive(0), bench.books().waiting, bench.books().busy), (0, 0, 0));
        let (count, bench) = deliveries_of_poison(None, crash);
        assert_eq!((count, bench.alive(0)), (5, 1), "without a limit it stays");
    }
}

#[test]
fn what_was_confirmed_survives_the_brokers_crash_and_the_rest_does_not() {
    // confirms and reliability.
    for host in [false, true] {
        let mut bench = queue(1, None);
        (0..3).for_each(|op| bench.publish(op, TO_BOTH));
        bench.run_for(4);
        let old = bench.deliveries();
        bench.publish(3, TO_ONE);
        bench.run_for(1);
        bench.answers();
        bench.down(AT_BROKER, host);
        assert_eq!(bench.books().lost, [(3, Reason::Crashed)]);
        bench.run_for(5);
        let failed: Vec<_> = bench.answers().iter().map(|answer| answer.2).collect();
        let expected = [Answer::Failed(Reason::Crashed)];
        assert_eq!(failed, if host { &[][..] } else { &expected[..] }, "a host is silent");

        bench.up(AT_BROKER);
        bench.ack(&old);
        let mut order = Vec::new();
        for _ in 0..3 {
            bench.run_for(5);
            let deliveries = bench.deliveries();
            bench.ack(&deliveries);
            order.extend(seen(&deliveries).into_iter().filter(|(_, to, _)| *to == AT_AUDITOR));
        }
        let expected = [(0, AT_AUDITOR, true), (1, AT_AUDITOR, false), (2, AT_AUDITOR, false)];
        assert_eq!(order, expected, "old receipts are void");
        assert_eq!((0..4).map(|op| bench.alive(op)).sum::<i64>(), 0);
    }
}

#[test]
fn publishing_again_makes_a_duplicate() {
    // reliability: the broker does not recognise it.
    let mut bench = queue(0, None);
    bench.publish(0, TO_ONE);
    bench.publish(0, TO_ONE);
    bench.run_for(5);
    let deliveries = bench.deliveries();
    assert_eq!(ops(&deliveries), [0, 0]);
    assert!(deliveries.iter().all(|got| !got.redelivered), "not a redelivery");
}

#[test]
fn old_news_of_an_earlier_start_changes_nothing() {
    let mut bench = lone_consumer(1, None);
    bench.down(LONE, true);
    bench.up(LONE);
    bench.run_for(1);
    bench.gone(LONE, 0);
    publish(&mut bench, 0..1);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(0, LONE, false)], "start 1 is there");
    bench.gone(LONE, 1);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [], "and now it is not");
}

#[test]
fn who_is_silent_for_too_long_loses_what_it_holds_and_connects_again_when_it_is_heard_of() {
    // rabbitmq.com/docs/heartbeats: 60 s here.
    let mut bench = queue(1, None);
    (0..3).for_each(|op| bench.publish(op, TO_ONE));
    bench.run_for(5);
    let held = bench.deliveries();
    assert_eq!(held.iter().map(|got| got.to).collect::<Vec<_>>(), AT_CONSUMERS);
    for at_s in [30, 59] {
        bench.run_to(at_s * 1_000);
        AT_CONSUMERS[..2].iter().for_each(|at| bench.heartbeat(*at));
    }
    bench.run_to(59_900);
    bench.ack(&held[..1]);
    bench.run_to(60_000);
    assert_eq!(bench.deliveries(), [], "nothing was heard of the third for 60 s, not for longer");
    bench.run_to(60_100);
    let again = bench.deliveries();
    assert_eq!(seen(&again), [(2, AT_CONSUMERS[0], true)]);
    bench.ack(&held[2..]);
    assert_eq!(bench.alive(2), 1, "its receipt is void");
    bench.publish(3, TO_ONE);
    bench.run_for(5);
    assert_eq!(bench.deliveries(), [], "the others are busy, and it is not there");
    bench.heartbeat(AT_CONSUMERS[2]);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(3, AT_CONSUMERS[2], false)]);
}

#[test]
fn silence_is_noticed_after_an_outage_of_the_broker_too() {
    let mut bench = queue(1, None);
    bench.publish(0, TO_ONE);
    bench.run_for(5);
    assert_eq!(bench.deliveries().len(), 1, "it is watched until 60 s");
    bench.run_to(10_000);
    bench.down(AT_BROKER, true);
    bench.run_to(65_000);
    bench.up(AT_BROKER);
    bench.run_for(5);
    let held = bench.deliveries();
    assert_eq!(seen(&held), [(0, AT_CONSUMERS[1], true)]);
    for at_s in [90, 120] {
        bench.run_to(at_s * 1_000);
        bench.heartbeat(AT_CONSUMERS[0]);
    }
    bench.run_to(125_010);
    assert_eq!(seen(&bench.deliveries()), [(0, AT_CONSUMERS[0], true)]);
}

#[test]
fn nothing_is_given_to_who_was_silent_before() {
    let mut bench = queue(1, None);
    bench.run_to(59_000);
    bench.heartbeat(AT_CONSUMERS[2]);
    bench.run_to(61_000);
    publish(&mut bench, 0..2);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(0, AT_CONSUMERS[2], false)]);
    bench.heartbeat(AT_CONSUMERS[0]);
    bench.run_for(5);
    assert_eq!(seen(&bench.deliveries()), [(1, AT_CONSUMERS[0], false)], "it is there again");
}

#[test]
fn who_leaves_finishes_what_it_holds_and_is_given_nothing_more() {
    let mut bench = queue(2, None);
    (0..3).for_each(|op| bench.publish(op, TO_ONE));
    bench.run_for(5);
    let held = bench.deliveries();
    bench.leaves(AT_CONSUMERS[1]);
    (3..8).for_each(|op| bench.publish(op, TO_ONE));
    bench.run_for(5);
    let more = bench.deliveries();
    assert_eq!(more.len(), 2, "one each for the two that stay");
    assert!(more.iter().all(|got| got.to != AT_CONSUMERS[1]));
    bench.ack(&held[1..2]);
    assert_eq!(bench.alive(1), 0, "what it finishes counts");
    bench.run_for(5);
    assert_eq!(bench.deliveries(), []);
    bench.down(AT_CONSUMERS[1], false);
    bench.run_for(5);
    bench.up(AT_CONSUMERS[1]);
    bench.run_for(5);
    assert!(bench.deliveries().iter().all(|got| got.to == AT_CONSUMERS[1]), "it is there again");
}

proptest! {
    /// Whatever happens, in the end every confirmed message has been delivered and nothing is
    /// left of it; and the books never count below zero on the way.
    #[test]
    fn confirmed_messages_are_delivered_at_least_once(
        script in prop::collection::vec((0..7u8, 0..4u32, 0..4u64), 1..60)
    ) {
        prop_assert_eq!(play(queue(2, None), &script), Ok(()));
    }
}
