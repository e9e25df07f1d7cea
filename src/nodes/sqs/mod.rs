//! Amazon SQS: a queue for each consuming service, from which its instances poll.
//!
//! ```text
//! send ─▶ (delay) ─▶ visible ──receive──▶ in flight ──delete──▶ gone
//!                       ▲                     │ visibility timeout
//!                       └─────────────────────┘
//!                       │ received too often ──▶ dead letter ──(redrive)──▶ visible
//! ```
//!
//! What is modelled, after the pages of docs.aws.amazon.com, `AWSSimpleQueueService`, read in November 2026:
//!
//! * `sqs-visibility-timeout`: what is received is hidden, not gone; not deleted in time, it is visible
//!   again. To extend counts from the call, and ends 12 hours after the receipt.
//! * `API_DeleteMessage`: every receive has a receipt of its own, and the most recent must be given; a
//!   delete with another succeeds and deletes nothing (with `late_deletes`, it deletes).
//! * `sqs-dead-letter-queues`: a message that was received `maxReceiveCount` times is moved when it would
//!   be received once more. It keeps its age in a standard queue; in a FIFO queue that begins anew.
//! * `sqs-short-and-long-polling`: a short poll is answered at once, a long one when there is a message, or
//!   when it has waited long enough.
//! * `FIFO-queues-understanding-logic`: messages of one group come in the order in which they were sent;
//!   while one is in flight no later poll gets another of it. One poll may get several of a group.
//! * `FIFO-queues-exactly-once-processing`: what is sent again within five minutes of its first acceptance is
//!   accepted, and not delivered.
//! * `quotas-messages`: in flight are at most so many; then a standard queue fails with `OverLimit`, a FIFO
//!   queue returns nothing.
//!
//! It is a managed service: a crash means that it cannot be reached. What it has confirmed is kept, with
//! what is in flight and its clocks.
//!
//! Left out is what the room in `scenario/kinds` says.

mod due;
mod flight;
mod forwarded;
mod polls;
mod queue;

use self::due::Due;
use self::forwarded::Forwarded;
use self::queue::{Ask, Queue, Receipt, State, Stored};
use super::behaviour::Behaviour;
use super::broker::{Frame, Incoming, Intake, group, multiply, own_channels, used_up};
use super::message::{Answer, Body, Item, Message, Op};
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use super::{Env, broker};
use crate::base::{Time, mix, name_hash, unit, weight};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::model::program::{PubIx, Subscriber};
use crate::probes::{Fact, Probe};
use crate::scenario::tree::{self, NodeKind};

/// The service, with all its queues: one instance.
#[derive(Clone, Debug)]
pub struct Sqs {
    intake: Intake,
    settings: tree::Sqs,
    /// Per channel of the program: its place in `queues`.
    places: Vec<u32>,
    queues: Vec<Queue>,
    /// All that was stored and is neither deleted nor lost, dead letters that come back among them.
    messages: Slab<Stored>,
    receipts: Slab<Receipt>,
    /// What another broker hands on, and is not stored yet.
    forwarded: Slab<Forwarded>,
    /// Polls that wait for a message.
    asks: Slab<Ask>,
}

impl Behaviour for Sqs {
    type Due = Due;

    fn new(model: &Model, me: InstanceId) -> Self {
        let me = model.node_of(me);
        let NodeKind::Sqs(settings) = &model.scenario.nodes[usize::from(me.0)].kind else {
            unreachable!("node {me:?} is no SQS");
        };
        let (places, own) = own_channels(model, me);
        let queue = |channel: &crate::model::program::Channel| {
            let consumer = &model.nodes[usize::from(channel.consumer.0)];
            Queue::new(consumer.first, consumer.count)
        };
        Self {
            intake: Intake::new(model, me, settings.persist.clone(), false),
            settings: settings.clone(),
            places,
            queues: own.iter().map(queue).collect(),
            messages: Slab::default(),
            receipts: Slab::default(),
            forwarded: Slab::default(),
            asks: Slab::default(),
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Broker(Frame::Publish { .. }) => self.intake.take(message, env),
            Body::Broker(Frame::Forward { .. }) => self.is_handed(message, env),
            Body::Broker(Frame::Receive { poll }) => self.polled(message.from, poll, env),
            Body::Broker(Frame::Ack { receipt }) => {
                used_up(message.op, None, env);
                self.delete(receipt, env);
            }
            Body::Broker(Frame::Extend { receipt }) => self.extend(receipt, env),
            Body::Gone { .. } | Body::Broker(Frame::Leave { .. }) => self.forgets(message.from),
            Body::Broker(Frame::Join { .. }) => {}
            body => unreachable!("not for an SQS: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => {
                if let Some(incoming) = self.intake.stored(handle) {
                    self.store(incoming, env);
                    incoming.confirm(Answer::Done, env);
                }
            }
            Due::Forwarded(forwarded) => self.has_stored(forwarded, env),
            Due::Until(message) => self.comes_up(message, env),
            Due::Empty(ask) => self.answers_empty(ask, env),
            Due::Retired(queue) => self.retire(queue as usize, env),
        }
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => self.intake.is_stale(handle),
            Due::Until(message) => {
                self.messages.get(message).is_none_or(|message| message.state.until() != Some(at))
            }
            Due::Forwarded(forwarded) => self.forwarded.get(forwarded).is_none(),
            Due::Empty(ask) => self.asks.get(ask).is_none(),
            Due::Retired(queue) => self.queues[queue as usize].retires != Some(at),
        }
    }

    /// It cannot be reached: what it has not stored is lost, polls that wait are cut off.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        self.intake.crash(host, env);
        self.hands_back(host, env);
        self.cuts_off(host, env);
    }

    /// What came up while it could not be reached comes up now.
    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let is_due = |(_, message): &(Handle, &Stored)| {
            message.state.until().is_some_and(|until| until <= env.now())
        };
        let due: Vec<Handle> = self.messages.iter().filter(is_due).map(|(at, _)| at).collect();
        for message in due {
            self.comes_up(message, env);
        }
        for queue in 0..self.queues.len() {
            self.retire(queue, env);
        }
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.intake.resume(env);
        for queue in 0..self.queues.len() {
            self.serve(queue, env);
            self.answers_late(queue, env);
        }
    }

    /// What is stored waits for a poll.
    fn awaits(&self) -> bool {
        !self.messages.is_empty()
    }

    fn readings(&self, _model: &Model, now: Time, into: &mut Readings) {
        into.own(What::Waiting, self.queues.iter().map(Queue::visible).sum());
        let since = |message: Handle| match self.messages.get(message)?.state {
            State::Visible { since } => Some(since),
            _ => None,
        };
        let first = self.queues.iter().filter_map(Queue::first);
        into.oldest(now, first.filter_map(since).min());
        into.own(What::Busy, self.queues.iter().map(|queue| queue.in_flight as usize).sum());
    }

    fn weight(&self) -> usize {
        let queues: usize = self.queues.iter().map(Queue::weight).sum();
        self.intake.weight()
            + queues
            + weight::vec(&self.queues)
            + self.messages.weight()
            + self.receipts.weight()
            + self.asks.weight()
    }
}

impl Sqs {
    /// A message is durable: a copy goes into each subscriber's queue.
    fn store<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        let subscribers = incoming.subscribers(env.model);
        multiply(incoming.op, subscribers.len(), env);
        for subscriber in subscribers {
            let (op, item) = (incoming.op, incoming.item);
            self.accept(op, (incoming.publication, item), *subscriber, env);
        }
    }

    fn accept<P: Probe>(
        &mut self,
        op: Op,
        (publication, item): (PubIx, Item),
        Subscriber { channel, entry }: Subscriber,
        env: &mut Env<'_, '_, P>,
    ) {
        let at = self.places[channel as usize] as usize;
        let accepted = &mut self.queues[at].accepted;
        if self.settings.fifo.is_some()
            && accepted.is_repeated(op.id, (publication, Some(entry)), item, env.now())
        {
            return used_up(op, None, env);
        }
        let group = group(self.settings.fifo, &op, entry, env.model);
        let mut message = Stored::new(op, entry, item, group, at, env.now());
        let (share, name) = (self.settings.duplicates, mix(DUPLICATES, u64::from(entry.0)));
        let is_doubled = share > 0.0 && unit(op.drawn_anew(name)) < share;
        self.keep(message, env);
        if is_doubled {
            env.fact(Fact::Carried { op: op.id });
            message.copy = 1;
            self.keep(message, env);
        }
    }
}

const DUPLICATES: u64 = name_hash("sqs duplicates");

#[cfg(test)]
mod tests;
