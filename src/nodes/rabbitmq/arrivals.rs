//! How messages are routed to queues, come into them as far as there is room, and go of themselves: when
//! their time is over, or their queue is deleted.

use super::RabbitMq;
use super::due::Due;
use super::queue::Stored;
use crate::base::{Time, mix, name_hash};
use crate::nodes::Env;
use crate::nodes::broker::{Incoming, miss, multiply, used_up};
use crate::nodes::message::Answer;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::Overflow;

/// Names the draws of how long messages are kept.
const TTL: u64 = name_hash("time to live");

impl RabbitMq {
    /// The message is durable: a copy goes to each queue that it is routed to. Says what its publisher is
    /// told.
    pub(super) fn route<P: Probe>(
        &mut self,
        incoming: Incoming,
        env: &mut Env<'_, '_, P>,
    ) -> Answer {
        let (op, item, since) = (incoming.op, incoming.item, env.now());
        let subscribers = incoming.subscribers(env.model);
        let missed = incoming.missed(env.model);
        multiply(op, subscribers.len() + missed as usize, env);
        miss(op, missed, Reason::Unroutable, env);
        let (mut is_refused, mut is_routed) = (false, subscribers.is_empty() && missed == 0);
        for subscriber in subscribers {
            let index = self.places[subscriber.channel as usize] as usize;
            if self.channels[index].is_gone {
                used_up(op, Some(Reason::Unroutable), env);
                continue;
            }
            is_routed = true;
            let (entry, place) = (subscriber.entry, 0);
            let message = Stored {
                op,
                entry,
                item,
                place,
                since,
                until: Time::NEVER,
                returns: 0,
                failures: 0,
                deaths: 0,
                died: None,
            };
            if !self.arrives(message, index, env) {
                is_refused = true;
                used_up(op, Some(Reason::Rejected), env);
            }
        }
        match (is_refused, is_routed || !self.settings.mandatory) {
            (true, _) => Answer::Failed(Reason::Rejected),
            (false, true) => Answer::Done,
            (false, false) => Answer::Failed(Reason::Unroutable),
        }
    }

    /// A message comes into this queue. Says whether it is taken; what is not taken is the caller's.
    pub(super) fn arrives<P: Probe>(
        &mut self,
        mut message: Stored,
        index: usize,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        if self.channels[index].is_gone {
            return false;
        }
        self.expire(index, env);
        message.since = env.now();
        message.until = self.until(&message, index, env);
        let free = self.free(index, env);
        let rank = self.rank(message.op.flow);
        let channel = &mut self.channels[index];
        message.place = channel.place(rank);
        if channel.ready.is_empty()
            && let Some(turn) = free
        {
            self.deliver(message, (index, turn), false, env);
            return true;
        }
        let length = self.settings.length;
        let full = length.filter(|length| channel.ready.len() >= length.max as usize);
        match full.map(|length| length.overflow) {
            Some(Overflow::RejectPublish) => return false,
            Some(Overflow::RejectPublishDlx) => {
                // A copy of its own: what its publisher was told is another thing.
                if message.op.id.is_some() {
                    env.fact(Fact::Carried { op: message.op.id });
                }
                self.dies(message, index, Reason::Overflow, env);
                return false;
            }
            Some(Overflow::DropHead) | None => {
                channel.take_in(message);
                env.fact(Fact::Waits { op: message.op.id });
                self.trim(index, env);
                // What made room may have uncovered what is over its time.
                self.expire(index, env);
            }
        }
        self.foresee_expiry(index, env);
        self.watch(index, env);
        true
    }

    /// How long a message that comes now is kept here. Dead letters are kept.
    fn until<P: Probe>(&self, message: &Stored, index: usize, env: &Env<'_, '_, P>) -> Time {
        let keeps = self.dead_letters.is_some_and(|(letters, _)| letters == index);
        let ttl = self.settings.message_ttl.as_ref().filter(|_| !keeps);
        let name = mix(env.model.name_of(env.node()), TTL);
        ttl.map_or(Time::NEVER, |ttl| env.now() + ttl.span(message.op.drawn_anew(name)))
    }

    /// There may be more than there is room for: the oldest go.
    pub(super) fn trim<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let Some(length) = self.settings.length else { return };
        while length.overflow == Overflow::DropHead
            && self.channels[index].ready.len() > length.max as usize
            && let Some(head) = self.channels[index].ready.pop_front()
        {
            env.fact(Fact::LeftQueue { op: head.op.id });
            self.dies(head, index, Reason::Overflow, env);
        }
    }

    /// What is over its time leaves, from the head.
    pub(super) fn expire<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        while let Some(head) = self.channels[index].expired(env.now()) {
            env.fact(Fact::LeftQueue { op: head.op.id });
            self.dies(head, index, Reason::Retention, env);
        }
    }

    pub(super) fn foresee_expiry<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if let Some(due) = self.channels[index].foresee_expiry(env.now()) {
            env.wait(due.since(env.now()), Due::Expire(index as u32));
        }
    }

    /// Nobody has consumed this queue for so long that it is deleted. Nothing in it is a dead letter.
    pub(super) fn delete<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let channel = &mut self.channels[index];
        (channel.unused, channel.is_gone) = (None, true);
        for message in std::mem::take(&mut channel.ready) {
            env.fact(Fact::LeftQueue { op: message.op.id });
            used_up(message.op, Some(Reason::Retention), env);
        }
        let aside = self.aside.iter().filter(|(_, it)| it.channel == index && !it.is_new);
        let aside: Vec<Handle> = aside.map(|(aside, _)| aside).collect();
        let aside = aside.into_iter().filter_map(|it| Some(self.aside.remove(it)?.message));
        let rest: Vec<Stored> = aside.chain(self.channels[index].letters.drain(..)).collect();
        for message in rest {
            used_up(message.op, Some(Reason::Retention), env);
        }
    }
}
