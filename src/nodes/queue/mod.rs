//! A message queue in the manner of RabbitMQ: one durable queue per consuming service, persistent
//! messages, publisher confirms, manual acknowledgements, prefetch, redelivery, dead letters.
//!
//! What is modelled, after the pages of rabbitmq.com/docs:
//!
//! * `confirms`: a message is confirmed once it is durable in every queue it was routed to; one that
//!   is routed nowhere is confirmed at once. Deliveries that were not acknowledged when their
//!   consumer's connection closes are requeued at their original position and flagged redelivered.
//! * `consumer-prefetch`: the limit is per consumer; 0 is no limit. Consumers are served in turn
//!   (`consumers`), those at their limit are passed over, so nothing waits beside a free one.
//! * `quorum-queues`, poison messages: every return of a delivery counts, be it a negative
//!   acknowledgement or a lost connection (as up to 4.2; since 4.3 `basic.nack` no longer does); a
//!   message returned more often than the limit becomes a dead letter: a limit of 2 makes three
//!   deliveries. Here a dead letter is lost: there is no dead-letter exchange.
//! * `reliability`: a broker that restarts still has what it confirmed, in order; publishing again
//!   after a lost confirm makes a duplicate, which is the consumer's to recognise.
//!
//! Left out: replication (the one broker stands for a cluster that fails as one), TTL, length
//! limits and flow control, priorities, automatic acknowledgement, the 30 minutes of the delivery
//! acknowledgement timeout, and the broker's heartbeats: a consumer whose host went silent keeps its
//! deliveries until it joins again or the broker next reaches for it.

use std::collections::VecDeque;

use super::Env;
use super::behaviour::Behaviour;
use super::broker::{Incoming, Intake, is_paused, multiply, own_channels, used_up};
use super::message::{Answer, Body, Item, Message, Op, Timer};
use super::parts::slab::{Handle, Slab};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::model::program::EntryIx;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::NodeKind;

/// The broker: one instance.
#[derive(Clone, Debug)]
pub struct Queue {
    intake: Intake,
    prefetch: u32,
    delivery_limit: Option<u32>,
    /// Per channel of the program: its place in `channels`.
    places: Vec<u32>,
    channels: Vec<Channel>,
    unacknowledged: Slab<Delivery>,
}

/// The queue of one consuming service.
#[derive(Clone, Debug)]
struct Channel {
    /// The consumer node's first instance.
    first: InstanceId,
    consumers: Vec<Consumer>,
    /// Whose turn it is.
    turn: usize,
    /// Messages that ever came in.
    count: u64,
    /// In order of arrival, whatever was delivered and returned in between.
    ready: VecDeque<Stored>,
}

/// One instance of the consuming service, as the broker knows it.
#[derive(Clone, Copy, Debug)]
struct Consumer {
    incarnation: u32,
    joined: bool,
    unacknowledged: u32,
}

/// A durable message.
#[derive(Clone, Copy, Debug)]
struct Stored {
    op: Op,
    entry: EntryIx,
    item: Item,
    /// Its place in the order of arrival.
    place: u64,
    /// Ready since then.
    since: Time,
    /// Deliveries that came back.
    returns: u32,
}

/// A message on its way to a consumer, or in its hands.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    message: Stored,
    channel: usize,
    consumer: usize,
}

impl Behaviour for Queue {
    /// The broker `me`, empty, with all consumers joined.
    fn new(model: &Model, me: InstanceId) -> Self {
        let me = model.node_of(me);
        let NodeKind::Queue(kind) = &model.scenario.nodes[me.0 as usize].kind else {
            unreachable!("node {me:?} is no queue");
        };
        let (places, own) = own_channels(model, me);
        let channel = |channel: &crate::model::program::Channel| {
            let consumer = &model.nodes[channel.consumer.0 as usize];
            let fresh = Consumer { incarnation: 0, joined: true, unacknowledged: 0 };
            let consumers = vec![fresh; consumer.count as usize];
            Channel { first: consumer.first, consumers, turn: 0, count: 0, ready: VecDeque::new() }
        };
        Self {
            intake: Intake::new(model, me, kind.persist.clone(), false),
            prefetch: kind.prefetch,
            delivery_limit: kind.delivery_limit,
            places,
            channels: own.iter().map(channel).collect(),
            unacknowledged: Slab::default(),
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Publish { .. } => self.intake.take(message, env),
            Body::Ack { receipt } => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    used_up(delivery.message.op, None, env);
                    self.dispatch(delivery.channel, env);
                }
            }
            Body::Nack { receipt } => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    self.requeue(delivery, env);
                    self.dispatch(delivery.channel, env);
                }
            }
            Body::Join { incarnation } => self.joined(message.from, incarnation, env),
            Body::Gone { incarnation } => self.gone(message.from, incarnation, env),
            Body::Heartbeat => {}
            body => unreachable!("not for a queue: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        let Timer::Stored(handle) = timer else { unreachable!("not a queue's: {timer:?}") };
        if let Some(incoming) = self.intake.stored(handle) {
            self.enqueue(incoming, env);
            incoming.confirm(Answer::Done, env);
        }
    }

    fn is_stale(&self, timer: Timer, _due: Time, _incarnation: u32) -> bool {
        matches!(timer, Timer::Stored(handle) if self.intake.is_stale(handle))
    }

    /// The broker goes: what was not durable is lost, what was delivered is ready again, and every
    /// receipt is void.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        self.intake.crash(host, env);
        self.take_back(env, |_| true);
    }

    /// It comes back, and all consumers reconnect; for those that are down, somebody will say so.
    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        for channel in 0..self.channels.len() {
            self.channels[channel].consumers.iter_mut().for_each(|consumer| consumer.joined = true);
            self.dispatch(channel, env);
        }
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.intake.resume(env);
        (0..self.channels.len()).for_each(|channel| self.dispatch(channel, env));
    }
}

impl Queue {
    /// The message is durable: a copy goes to each subscriber's queue.
    fn enqueue<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        let (op, item, since) = (incoming.op, incoming.item, env.now());
        let subscribers = incoming.subscribers(env.model);
        multiply(op, subscribers.len(), env);
        for subscriber in subscribers {
            let index = self.places[subscriber.channel as usize] as usize;
            let channel = &mut self.channels[index];
            let place = channel.count;
            channel.count += 1;
            let message = Stored { op, entry: subscriber.entry, item, place, since, returns: 0 };
            if channel.ready.is_empty()
                && let Some(consumer) = channel.free(self.prefetch, env)
            {
                self.deliver(Delivery { message, channel: index, consumer }, false, env);
            } else {
                channel.ready.push_back(message);
                env.fact(Fact::Waits { op: op.id });
            }
        }
    }

    /// Delivers what is ready to whoever has room.
    fn dispatch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        while !self.channels[index].ready.is_empty()
            && let Some(consumer) = self.channels[index].free(self.prefetch, env)
            && let Some(message) = self.channels[index].ready.pop_front()
        {
            self.deliver(Delivery { message, channel: index, consumer }, true, env);
        }
    }

    fn deliver<P: Probe>(&mut self, delivery: Delivery, queued: bool, env: &mut Env<'_, '_, P>) {
        let Stored { op, entry, item, since, returns, .. } = delivery.message;
        env.fact(Fact::Began { op: op.id, waited: env.now().since(since), queued, arrives: false });
        if returns > 0 {
            env.fact(Fact::Redelivered { op: op.id });
        }
        let channel = &mut self.channels[delivery.channel];
        channel.turn = delivery.consumer + 1;
        channel.consumers[delivery.consumer].unacknowledged += 1;
        let to = InstanceId(channel.first.0 + delivery.consumer as u32);
        let receipt = self.unacknowledged.insert(delivery);
        env.send(to, &op, Body::Deliver { receipt, entry, item, redelivered: returns > 0 });
    }

    /// A delivery has come to its end, if the receipt is still good.
    fn settle<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) -> Option<Delivery> {
        let delivery = self.unacknowledged.remove(receipt)?;
        self.channels[delivery.channel].consumers[delivery.consumer].unacknowledged -= 1;
        env.fact(Fact::Freed { op: delivery.message.op.id });
        Some(delivery)
    }

    /// Puts a message back where it was, unless it came back too often.
    fn requeue<P: Probe>(&mut self, delivery: Delivery, env: &mut Env<'_, '_, P>) {
        let mut message = delivery.message;
        message.returns += 1;
        message.since = env.now();
        if self.delivery_limit.is_some_and(|limit| message.returns > limit) {
            used_up(message.op, Some(Reason::DeadLetter), env);
            return;
        }
        env.fact(Fact::Waits { op: message.op.id });
        let ready = &mut self.channels[delivery.channel].ready;
        let at = ready.partition_point(|other| other.place < message.place);
        ready.insert(at, message);
    }

    /// Requeues the deliveries that are chosen.
    fn take_back<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        chosen: impl Fn(&Delivery) -> bool,
    ) {
        let out = self.unacknowledged.iter().filter(|(_, delivery)| chosen(delivery));
        let receipts: Vec<Handle> = out.map(|(receipt, _)| receipt).collect();
        for receipt in receipts {
            if let Some(delivery) = self.settle(receipt, env) {
                self.requeue(delivery, env);
            }
        }
    }

    /// An instance has started again: what an earlier start of it held goes back.
    fn joined<P: Probe>(&mut self, from: InstanceId, incarnation: u32, env: &mut Env<'_, '_, P>) {
        for index in 0..self.channels.len() {
            let Some(at) = self.channels[index].place_of(from) else {
                continue;
            };
            if incarnation > self.channels[index].consumers[at].incarnation {
                self.take_back(env, |delivery| {
                    (delivery.channel, delivery.consumer) == (index, at)
                });
                let consumer = &mut self.channels[index].consumers[at];
                *consumer = Consumer { incarnation, joined: true, ..*consumer };
                self.dispatch(index, env);
            }
        }
    }

    /// An instance's connections are gone. Old news if a later start of it has joined.
    fn gone<P: Probe>(&mut self, from: InstanceId, incarnation: u32, env: &mut Env<'_, '_, P>) {
        for index in 0..self.channels.len() {
            let Some(at) = self.channels[index].place_of(from) else {
                continue;
            };
            let consumer = &mut self.channels[index].consumers[at];
            if incarnation >= consumer.incarnation {
                *consumer = Consumer { incarnation, joined: false, ..*consumer };
                self.take_back(env, |delivery| {
                    (delivery.channel, delivery.consumer) == (index, at)
                });
                self.dispatch(index, env);
            }
        }
    }
}

impl Channel {
    /// The next consumer in turn that may have one more.
    fn free<P: Probe>(&self, prefetch: u32, env: &Env<'_, '_, P>) -> Option<usize> {
        let count = self.consumers.len();
        let in_turn = (0..count).map(|step| (self.turn + step) % count);
        let has_room = |at: &usize| {
            let consumer = &self.consumers[*at];
            consumer.joined && (prefetch == 0 || consumer.unacknowledged < prefetch)
        };
        in_turn.into_iter().find(has_room).filter(|_| !is_paused(env))
    }

    /// Which of its consumers this instance is.
    fn place_of(&self, instance: InstanceId) -> Option<usize> {
        let at = instance.0.checked_sub(self.first.0)? as usize;
        (at < self.consumers.len()).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::broker::fixture::*;
    use super::*;

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
}
