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
use super::broker::{Due, Frame, Incoming, Intake, is_paused, multiply, own_channels, used_up};
use super::message::{Answer, Body, Item, Message, Op};
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use crate::base::{Time, weight};
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
    type Due = Due;

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

    fn weight(&self) -> usize {
        let ready: usize = self.channels.iter().map(|it| weight::deque(&it.ready)).sum();
        self.intake.weight() + ready + self.unacknowledged.weight()
    }

    fn readings(&self, _model: &Model, now: Time, into: &mut Readings) {
        into.own(What::Waiting, self.channels.iter().map(|channel| channel.ready.len()).sum());
        let first = self.channels.iter().filter_map(|channel| channel.ready.front());
        into.oldest(now, first.map(|stored| stored.since).min());
        into.own(What::Busy, self.unacknowledged.len());
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Broker(Frame::Publish { .. }) => self.intake.take(message, env),
            Body::Broker(Frame::Ack { receipt }) => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    used_up(delivery.message.op, None, env);
                    self.dispatch(delivery.channel, env);
                }
            }
            Body::Broker(Frame::Nack { receipt }) => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    self.requeue(delivery, env);
                    self.dispatch(delivery.channel, env);
                }
            }
            Body::Broker(Frame::Join { incarnation }) => {
                self.joined(message.from, incarnation, env);
            }
            Body::Gone { incarnation } => self.gone(message.from, incarnation, env),
            Body::Broker(Frame::Heartbeat) => {}
            body => unreachable!("not for a queue: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        let Due::Stored(handle) = due;
        if let Some(incoming) = self.intake.stored(handle) {
            self.enqueue(incoming, env);
            incoming.confirm(Answer::Done, env);
        }
    }

    fn is_stale(&self, due: Due, _at: Time, _incarnation: u32) -> bool {
        let Due::Stored(handle) = due;
        self.intake.is_stale(handle)
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
        env.send(to, &op, Frame::Deliver { receipt, entry, item, redelivered: returns > 0 });
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
mod tests;
