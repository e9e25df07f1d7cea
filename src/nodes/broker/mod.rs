//! What both brokers do alike: take a publication in, tell caches, confirm. Knows neither queues
//! nor logs; what happens to a message once it is durable is theirs.
//!
//! ```text
//! Publish ──▶ pending ──(persist or append delay)──▶ durable, then the confirm
//!    └─ for caches, or for nobody: Invalidate to each instance and the confirm, at once
//! ```

mod fifo;
#[cfg(test)]
pub(super) mod fixture;
mod frame;

use std::collections::VecDeque;

pub(super) use fifo::{Deduplication, group};
pub use frame::{Cause, Frame};

use super::message::{Answer, Body, Item, Op, timers};
use super::parts::slab::{Handle, Slab};
use super::{Env, Message};
use crate::base::{Dist, Span, Stream, weight};
use crate::engine::InstanceId;
use crate::model::program::{self, PubIx, Subscriber};
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe, Reason};

timers! {
    /// What a broker waits for before it has a message.
    pub enum Due {
        /// The message is stored.
        Stored(incoming: Handle) = 9,
    }
}

/// A publication that is not durable yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    /// Who waits for the confirm, and for which call.
    from: InstanceId,
    call: Handle,
    /// For which operation.
    pub(super) op: Op,
    pub(super) publication: PubIx,
    /// What changed.
    pub(super) item: Item,
    /// Of which delivery it is made.
    pub(super) cause: Cause,
    /// Of which epoch of its publisher it is, where a broker tells them apart; 0 is none.
    pub(super) epoch: u32,
}

impl Incoming {
    /// A [`Frame::Publish`] arrived.
    pub(super) fn arrived<P: Probe>(message: &Message, env: &mut Env<'_, '_, P>) -> Self {
        let Body::Broker(Frame::Publish { call, publication, item, cause }) = message.body else {
            unreachable!("not a publication: {message:?}");
        };
        let Message { op, from, .. } = *message;
        env.fact(Fact::Arrived { op: op.id });
        Self { from, call, op, publication, item, cause, epoch: 0 }
    }

    /// One of this publisher, who asks for no confirm.
    pub(super) fn of(from: InstanceId) -> Self {
        let (call, op, publication) = (Handle::NONE, Op::NONE, PubIx(0));
        Self { from, call, op, publication, item: Item::NONE, cause: Cause::NONE, epoch: 0 }
    }

    /// Whose it is until it is confirmed.
    pub(super) fn publisher(self) -> InstanceId {
        self.from
    }

    /// To whom it goes.
    pub(super) fn subscribers(self, model: &Model) -> &[Subscriber] {
        &model.programs.publications[self.publication.0 as usize].subscribers
    }

    /// How many more would handle it, and do not get it.
    pub(super) fn missed(self, model: &Model) -> u32 {
        model.programs.publications[self.publication.0 as usize].missed
    }

    /// Answers the publisher, if it asked for that.
    pub(super) fn confirm<P: Probe>(self, verdict: Answer, env: &mut Env<'_, '_, P>) {
        if self.call != Handle::NONE {
            env.send(self.from, &self.op, Body::Answer { call: self.call, verdict });
        }
    }
}

/// The way in. Storing is an infinite server: each message takes its own time.
#[derive(Clone, Debug)]
pub(super) struct Intake {
    pending: Slab<Incoming>,
    /// Arrived during a pause, or while publishers are blocked.
    held: VecDeque<Incoming>,
    delay: Dist,
    chance: Stream,
    /// Is a message stored that nobody subscribes to?
    stores_unread: bool,
    /// Is nothing taken from publishers at present?
    is_blocked: bool,
}

impl Intake {
    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.pending.weight() + weight::deque(&self.held)
    }

    /// The way into this broker.
    pub(super) fn new(model: &Model, me: NodeIx, delay: Dist, stores_unread: bool) -> Self {
        let name = &model.scenario.nodes[me.0 as usize].name;
        let chance = Stream::new(model.seed, "broker", name, 0);
        Self {
            pending: Slab::default(),
            held: VecDeque::new(),
            delay,
            chance,
            stores_unread,
            is_blocked: false,
        }
    }

    /// A [`Frame::Publish`] arrived.
    pub(super) fn take<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let incoming = Incoming::arrived(message, env);
        if is_paused(env) {
            self.held.push_back(incoming);
        } else {
            self.take_to(incoming, env.me(), env);
        }
    }

    /// A publication arrived that this instance of several stores, unless publishers are blocked.
    pub(super) fn take_to<P: Probe>(
        &mut self,
        incoming: Incoming,
        on: InstanceId,
        env: &mut Env<'_, '_, P>,
    ) {
        if self.is_blocked {
            self.held.push_back(incoming);
        } else {
            self.store(incoming, on, env);
        }
    }

    /// A pause is over.
    pub(super) fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while !is_paused(env)
            && !self.is_blocked
            && let Some(incoming) = self.held.pop_front()
        {
            self.store(incoming, env.me(), env);
        }
    }

    /// Publishers are blocked, or are not any more.
    pub(super) fn block<P: Probe>(&mut self, is_blocked: bool, env: &mut Env<'_, '_, P>) {
        if std::mem::replace(&mut self.is_blocked, is_blocked) && !is_blocked {
            self.resume(env);
        }
    }

    /// A [`Due::Stored`] is due: the message is durable now, unless a crash took it.
    pub(super) fn stored(&mut self, handle: Handle) -> Option<Incoming> {
        self.pending.remove(handle)
    }

    /// Has a crash taken the message that this timer is about?
    pub(super) fn is_stale(&self, handle: Handle) -> bool {
        self.pending.get(handle).is_none()
    }

    /// What is not durable is lost; publishers learn of it if only the process died.
    pub(super) fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for incoming in self.pending.drain().into_iter().chain(self.held.drain(..)) {
            if !host {
                incoming.confirm(Answer::Failed(Reason::Crashed), env);
            }
            used_up(incoming.op, Some(Reason::Crashed), env);
        }
    }

    /// It is stored, in the time that this takes on an instance of the broker.
    pub(super) fn store<P: Probe>(
        &mut self,
        incoming: Incoming,
        on: InstanceId,
        env: &mut Env<'_, '_, P>,
    ) {
        let model = env.model;
        let publication = &model.programs.publications[incoming.publication.0 as usize];
        invalidate(publication, incoming, env);
        let unread = publication.subscribers.is_empty() && publication.missed == 0;
        if unread && (!self.stores_unread || !publication.caches.is_empty()) {
            incoming.confirm(Answer::Done, env);
            used_up(incoming.op, None, env);
            return;
        }
        let slowness = model.faults.slowness(env.now(), on);
        let delay = Span::from_ns(self.chance.sample(&self.delay) * slowness);
        let handle = self.pending.insert(incoming);
        env.complete_after(delay, Due::Stored(handle));
    }
}

/// Tells every instance that may cache the item, without acknowledgement or durability.
fn invalidate<P: Probe>(
    publication: &program::Publication,
    incoming: Incoming,
    env: &mut Env<'_, '_, P>,
) {
    let model = env.model;
    for node in &publication.caches {
        for instance in model.nodes[node.0 as usize].instances() {
            env.send(instance, &incoming.op, Frame::Invalidate { item: incoming.item });
        }
    }
}

/// Those who would handle it and do not get it miss what they had to do.
pub(super) fn miss<P: Probe>(op: Op, missed: u32, why: Reason, env: &mut Env<'_, '_, P>) {
    (0..missed).for_each(|_| used_up(op, Some(why), env));
}

/// One thing that could act for `op` is gone.
pub(super) fn used_up<P: Probe>(op: Op, why: Option<Reason>, env: &mut Env<'_, '_, P>) {
    if op.id.is_some() {
        env.fact(Fact::Dropped { op: op.id, why });
    }
}

/// A publication's one thing becomes a stored one for each of `subscribers`.
pub(super) fn multiply<P: Probe>(op: Op, subscribers: usize, env: &mut Env<'_, '_, P>) {
    if subscribers == 0 {
        used_up(op, None, env);
    }
    if op.id.is_some() {
        (1..subscribers).for_each(|_| env.fact(Fact::Carried { op: op.id }));
    }
}

/// Does the broker take up no new work now?
pub(super) fn is_paused<P: Probe>(env: &Env<'_, '_, P>) -> bool {
    env.model.faults.is_paused(env.now(), env.me())
}

/// Where each channel of the program stands among those of this broker.
pub(super) fn own_channels(model: &Model, me: NodeIx) -> (Vec<u32>, Vec<program::Channel>) {
    let (mut places, mut own) = (Vec::new(), Vec::new());
    for channel in &model.programs.channels {
        places.push(own.len() as u32);
        if channel.broker == me {
            own.push(channel.clone());
        }
    }
    (places, own)
}
