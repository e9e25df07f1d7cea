//! A message queue in the manner of RabbitMQ: one durable queue per consuming service, persistent
//! messages, publisher confirms, manual acknowledgements, prefetch, redelivery, dead letters.
//!
//! What is modelled, after the pages of rabbitmq.com/docs:
//!
//! * `confirms`: a message is confirmed once it is durable in every queue it was routed to; one that
//!   is routed nowhere is confirmed at once. Deliveries that were not acknowledged when their
//!   consumer's connection closes are requeued at their original position and flagged redelivered.
//! * `consumer-prefetch`: the limit is per consumer; 0 is no limit. Consumers are served in turn
//!   (`consumers`), those at their limit are passed over, so nothing waits beside a free one. The order
//!   of turns is that in which they subscribed: it is drawn.
//! * `quorum-queues`, poison messages: every return of a delivery counts, be it a negative
//!   acknowledgement or a lost connection (as up to 4.2; since 4.3 `basic.nack` no longer does); a
//!   message returned more often than the limit becomes a dead letter: a limit of 2 makes three
//!   deliveries. Here a dead letter is lost: there is no dead-letter exchange.
//! * `reliability`: a broker that restarts still has what it confirmed, in order; publishing again
//!   after a lost confirm makes a duplicate, which is the consumer's to recognise.
//!
//! * `heartbeats`: a connection on which nothing was heard for so long is closed, and what its consumer
//!   holds is requeued; one that lives connects again. Consumers say that they live twice as often.
//! * `consumers`, cancellation: one that is shut down in good order is given nothing more, and
//!   acknowledges what it holds.
//!
//! Left out: replication (the one broker stands for a cluster that fails as one), TTL, length
//! limits and flow control, priorities, automatic acknowledgement, and the 30 minutes of the delivery
//! acknowledgement timeout.

mod consumers;
mod due;

use std::collections::VecDeque;

use self::due::Due;
use super::behaviour::Behaviour;
use super::broker::{Frame, Incoming, Intake, is_paused, multiply, own_channels, used_up};
use super::message::{Answer, Body, Item, Message, Op};
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use super::{Env, broker};
use crate::base::{Span, Stream, Time, weight};
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{NodeKind, Redrive};

/// The broker: one instance.
#[derive(Clone, Debug)]
pub struct RabbitMq {
    intake: Intake,
    prefetch: u32,
    delivery_limit: Option<u32>,
    /// A consumer that was not heard of for so long has lost its connection.
    heartbeat: Span,
    consumer_timeout: Option<Span>,
    redrive: Option<Redrive>,
    /// Per channel of the program: its place in `channels`.
    places: Vec<u32>,
    channels: Vec<Channel>,
    unacknowledged: Slab<Delivery>,
    /// Dead letters that will come back.
    dead: Slab<DeadLetter>,
}

/// The queue of one consuming service.
#[derive(Clone, Debug)]
struct Channel {
    /// The consumer node's first instance.
    first: InstanceId,
    consumers: Vec<Consumer>,
    /// In which order they take turns.
    order: Vec<u32>,
    /// The place there of whose turn it is.
    turn: usize,
    /// When silent consumers are looked for.
    watch: Option<Time>,
    /// Messages that ever came in.
    count: u64,
    /// In order of arrival, whatever was delivered and returned in between.
    ready: VecDeque<Stored>,
}

/// One instance of the consuming service, as the broker knows it.
#[derive(Clone, Copy, Debug)]
struct Consumer {
    incarnation: u32,
    standing: Standing,
    unacknowledged: u32,
    /// What it works off that was taken from it, because it took too long: it subscribes anew after that.
    stale: u32,
    /// The last sign of life.
    heard: Time,
}

/// How a consumer stands with the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It takes deliveries.
    Joined,
    /// It is being shut down in good order, and finishes what it holds.
    Leaves,
    /// It was silent for too long; it connects again when it is heard of.
    Silent,
    /// Its connection is gone, and its process with it.
    Gone,
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
    /// How often it was a dead letter.
    deaths: u32,
}

/// A dead letter that will come back.
#[derive(Clone, Copy, Debug)]
struct DeadLetter {
    message: Stored,
    channel: usize,
}

/// A message on its way to a consumer, or in its hands.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    message: Stored,
    channel: usize,
    consumer: usize,
    since: Time,
}

impl Behaviour for RabbitMq {
    type Due = Due;

    /// The broker `me`, empty, with all consumers joined.
    fn new(model: &Model, me: InstanceId) -> Self {
        let me = model.node_of(me);
        let NodeKind::RabbitMq(kind) = &model.scenario.nodes[me.0 as usize].kind else {
            unreachable!("node {me:?} is no queue");
        };
        let (places, own) = own_channels(model, me);
        let channel = |channel: &crate::model::program::Channel| {
            let consumer = &model.nodes[channel.consumer.0 as usize];
            let fresh = Consumer {
                incarnation: 0,
                standing: Standing::Joined,
                unacknowledged: 0,
                stale: 0,
                heard: Time::ZERO,
            };
            let name = |node: NodeIx| &model.scenario.nodes[usize::from(node.0)].name;
            let purpose = format!("turns of {}", name(channel.consumer));
            Channel {
                first: consumer.first,
                consumers: vec![fresh; consumer.count as usize],
                order: Stream::new(model.seed, &purpose, name(me), 0).order(consumer.count),
                turn: 0,
                watch: None,
                count: 0,
                ready: VecDeque::new(),
            }
        };
        Self {
            intake: Intake::new(model, me, kind.persist.clone(), false),
            prefetch: kind.prefetch,
            delivery_limit: kind.delivery_limit,
            heartbeat: kind.heartbeat,
            consumer_timeout: kind.consumer_timeout,
            redrive: kind.redrive,
            places,
            channels: own.iter().map(channel).collect(),
            unacknowledged: Slab::default(),
            dead: Slab::default(),
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

    /// Whoever holds something may have fallen silent.
    fn awaits(&self) -> bool {
        !self.unacknowledged.is_empty()
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Broker(Frame::Publish { .. }) => self.intake.take(message, env),
            Body::Broker(Frame::Ack { receipt }) => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    self.consumer(&delivery).heard = env.now();
                    used_up(delivery.message.op, None, env);
                    self.dispatch(delivery.channel, env);
                } else {
                    self.works_off(message.from, env);
                }
            }
            Body::Broker(Frame::Nack { receipt }) => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    self.consumer(&delivery).heard = env.now();
                    self.requeue(delivery, env);
                    self.dispatch(delivery.channel, env);
                } else {
                    self.works_off(message.from, env);
                }
            }
            Body::Broker(Frame::Join { incarnation }) => {
                self.joined(message.from, incarnation, env);
            }
            Body::Gone { incarnation } => self.gone(message.from, incarnation, env),
            Body::Broker(Frame::Heartbeat) => self.hears(message.from, env),
            Body::Broker(Frame::Leave { incarnation }) => {
                self.leaves(message.from, incarnation, env.now());
            }
            body => unreachable!("not for a queue: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        let handle = match due {
            Due::Intake(broker::Due::Stored(handle)) => handle,
            Due::Silence(channel) => return self.look_after(channel as usize, env),
            Due::Redrive(letter) => return self.comes_back(letter, env),
        };
        if let Some(incoming) = self.intake.stored(handle) {
            self.enqueue(incoming, env);
            incoming.confirm(Answer::Done, env);
        }
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => self.intake.is_stale(handle),
            Due::Silence(channel) => self.channels[channel as usize].watch != Some(at),
            Due::Redrive(letter) => self.dead.get(letter).is_none(),
        }
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
            self.channels[channel].watch = None;
            for consumer in &mut self.channels[channel].consumers {
                consumer.heard = env.now();
                consumer.stale = 0;
                if consumer.standing != Standing::Leaves {
                    consumer.standing = Standing::Joined;
                }
            }
            self.dispatch(channel, env);
        }
        // What came due while it was down is put off.
        let letters: Vec<Handle> = self.dead.iter().map(|(letter, _)| letter).collect();
        for (letter, Redrive { after, .. }) in
            letters.into_iter().zip(self.redrive.into_iter().cycle())
        {
            env.wait(after, Due::Redrive(letter));
        }
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.intake.resume(env);
        (0..self.channels.len()).for_each(|channel| self.dispatch(channel, env));
    }
}

impl RabbitMq {
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
            let message =
                Stored { op, entry: subscriber.entry, item, place, since, returns: 0, deaths: 0 };
            if channel.ready.is_empty()
                && let Some(turn) = channel.free((self.prefetch, self.heartbeat), env)
            {
                self.deliver(message, (index, turn), false, env);
            } else {
                channel.ready.push_back(message);
                env.fact(Fact::Waits { op: op.id });
            }
        }
    }

    /// Delivers what is ready to whoever has room.
    fn dispatch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        while !self.channels[index].ready.is_empty()
            && let Some(turn) = self.channels[index].free((self.prefetch, self.heartbeat), env)
            && let Some(message) = self.channels[index].ready.pop_front()
        {
            self.deliver(message, (index, turn), true, env);
        }
    }

    fn deliver<P: Probe>(
        &mut self,
        message: Stored,
        (index, turn): (usize, usize),
        queued: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let Stored { op, entry, item, since, returns, deaths, .. } = message;
        let attempt = u64::from(deaths) << 32 | u64::from(returns);
        let op = op.again(env.model.name_of(env.node()), attempt);
        env.fact(Fact::Began { op: op.id, waited: env.now().since(since), queued, arrives: false });
        let redelivered = attempt > 0;
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        let channel = &mut self.channels[index];
        channel.turn = turn + 1;
        let consumer = channel.order[turn] as usize;
        channel.consumers[consumer].unacknowledged += 1;
        let to = InstanceId(channel.first.0 + consumer as u32);
        let since = env.now();
        let out = Delivery { message, channel: index, consumer, since };
        let receipt = self.unacknowledged.insert(out);
        self.watch(index, env);
        env.send(to, &op, Frame::Deliver { receipt, entry, item, redelivered });
    }

    fn consumer(&mut self, of: &Delivery) -> &mut Consumer {
        &mut self.channels[of.channel].consumers[of.consumer]
    }

    /// A delivery has come to its end, if the receipt is still good.
    fn settle<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) -> Option<Delivery> {
        let delivery = self.unacknowledged.remove(receipt)?;
        self.consumer(&delivery).unacknowledged -= 1;
        env.fact(Fact::Freed { op: delivery.message.op.id });
        Some(delivery)
    }

    /// Puts a message back where it was, unless it came back too often.
    fn requeue<P: Probe>(&mut self, delivery: Delivery, env: &mut Env<'_, '_, P>) {
        let mut message = delivery.message;
        message.returns += 1;
        message.since = env.now();
        if self.delivery_limit.is_some_and(|limit| message.returns > limit) {
            return self.dies(message, delivery.channel, env);
        }
        env.fact(Fact::Waits { op: message.op.id });
        let ready = &mut self.channels[delivery.channel].ready;
        let at = ready.partition_point(|other| other.place < message.place);
        ready.insert(at, message);
    }
}

impl RabbitMq {
    /// A message was delivered too often: it is lost, unless it is to come back.
    fn dies<P: Probe>(&mut self, mut message: Stored, channel: usize, env: &mut Env<'_, '_, P>) {
        match self.redrive {
            Some(Redrive { after, times }) if message.deaths < times => {
                (message.deaths, message.returns) = (message.deaths + 1, 0);
                let letter = self.dead.insert(DeadLetter { message, channel });
                env.wait(after, Due::Redrive(letter));
            }
            _ => used_up(message.op, Some(Reason::DeadLetter), env),
        }
    }

    /// A dead letter is put behind what waits in its queue.
    fn comes_back<P: Probe>(&mut self, letter: Handle, env: &mut Env<'_, '_, P>) {
        let Some(DeadLetter { mut message, channel: index }) = self.dead.remove(letter) else {
            return;
        };
        let channel = &mut self.channels[index];
        (message.place, message.since) = (channel.count, env.now());
        channel.count += 1;
        channel.ready.push_back(message);
        env.fact(Fact::Waits { op: message.op.id });
        self.dispatch(index, env);
    }
}

impl Channel {
    /// The place in turn of the next consumer that may have one more, and was heard of lately.
    fn free<P: Probe>(
        &self,
        (prefetch, heartbeat): (u32, Span),
        env: &Env<'_, '_, P>,
    ) -> Option<usize> {
        let count = self.consumers.len();
        let in_turn = (0..count).map(|step| (self.turn + step) % count);
        let has_room = |at: &usize| {
            let consumer = &self.consumers[self.order[*at] as usize];
            consumer.standing == Standing::Joined
                && consumer.stale == 0
                && consumer.heard + heartbeat > env.now()
                && (prefetch == 0 || consumer.unacknowledged < prefetch)
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
