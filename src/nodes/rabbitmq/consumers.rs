//! The consumers of a queue, as far as the broker hears of them: they join, live, fall silent, leave
//! and go. Refuses to know what a message is.
//!
//! ```text
//! joined ──silent for `heartbeat`──▶ silent ──heard of──▶ joined
//!    ├─ holds something for `consumer_timeout`: all is taken from it; joined again when it has worked that off
//!    ├─ shut down ──▶ leaves (keeps what it holds) ──▶ gone
//!    └─ connection lost ──▶ gone ──new start──▶ joined
//! ```

use super::due::Due;
use super::queue::Service;
use super::{Consumer, Delivery, RabbitMq, Standing};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;

/// A consumer: its channel, and its place in that.
type Seat = (usize, usize);

impl RabbitMq {
    /// Requeues the deliveries that are chosen; that counts as a failure of theirs, or does not.
    pub(super) fn take_back<P: Probe>(
        &mut self,
        counts: bool,
        env: &mut Env<'_, '_, P>,
        chosen: impl Fn(&Delivery) -> bool,
    ) {
        let out = self.unacknowledged.iter().filter(|(_, delivery)| chosen(delivery));
        let mut out: Vec<(Time, u64, Handle)> = out
            .map(|(receipt, delivery)| (delivery.since, delivery.message.place, receipt))
            .collect();
        out.sort_unstable_by_key(|(since, place, _)| (*since, *place));
        for (_, _, receipt) in out {
            if let Some(delivery) = self.settle(receipt, env) {
                self.requeue(delivery, counts, env);
            }
        }
    }

    /// Requeues what one consumer holds.
    fn take_all_from<P: Probe>(
        &mut self,
        (index, at): Seat,
        counts: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        // Each message that comes to a dead consumer says again that it is gone.
        if self.at((index, at)).unacknowledged == 0 {
            return;
        }
        self.take_back(counts, env, |delivery| {
            (delivery.channel, delivery.consumer) == (index, at)
        });
    }

    /// The channels that an instance consumes, and its place in each.
    fn seats(&self, of: InstanceId) -> Vec<Seat> {
        let channels = self.channels.iter().enumerate();
        channels.filter_map(|(index, channel)| Some((index, channel.place_of(of)?))).collect()
    }

    fn at(&mut self, (index, at): Seat) -> &mut Consumer {
        &mut self.channels[index].consumers[at]
    }

    /// An instance has started again: what an earlier start of it held goes back.
    pub(super) fn joined<P: Probe>(
        &mut self,
        from: InstanceId,
        incarnation: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        for seat in self.seats(from) {
            if incarnation > self.at(seat).incarnation {
                self.take_all_from(seat, true, env);
                let (consumer, heard) = (self.at(seat), env.now());
                let standing = Standing::Joined;
                *consumer = Consumer { incarnation, standing, heard, stale: 0, ..*consumer };
                self.is_declared(seat.0);
                self.dispatch(seat.0, env);
            }
        }
    }

    /// An instance's connections are gone. Old news if a later start of it has joined.
    pub(super) fn gone<P: Probe>(
        &mut self,
        from: InstanceId,
        incarnation: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        for seat in self.seats(from) {
            let consumer = self.at(seat);
            if incarnation >= consumer.incarnation {
                *consumer = Consumer { incarnation, standing: Standing::Gone, ..*consumer };
                self.take_all_from(seat, true, env);
                self.dispatch(seat.0, env);
                self.may_be_deserted(seat.0, env);
            }
        }
    }

    /// Whoever comes declares its queue.
    pub(super) fn is_declared(&mut self, index: usize) {
        let channel = &mut self.channels[index];
        (channel.unused, channel.is_gone) = (None, false);
    }

    /// A queue that nobody consumes for long enough is deleted, if that is wanted.
    pub(super) fn may_be_deserted<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let Some(expires) = self.settings.expires else { return };
        let service = Service { settings: &self.settings, now: env.now() };
        let channel = &mut self.channels[index];
        if channel.unused.is_none() && channel.is_deserted(service) && !channel.is_gone {
            channel.unused = Some(env.now() + expires);
            env.wait(expires, Due::Unused(index as u32));
        }
    }

    /// An instance lives.
    pub(super) fn hears<P: Probe>(&mut self, from: InstanceId, env: &mut Env<'_, '_, P>) {
        for seat in self.seats(from) {
            let (heartbeat, now) = (self.settings.heartbeat, env.now());
            let consumer = self.at(seat);
            let was_silent = consumer.heard + heartbeat <= now;
            consumer.heard = now;
            if consumer.standing == Standing::Silent {
                consumer.standing = Standing::Joined;
            }
            if was_silent {
                self.is_declared(seat.0);
                self.dispatch(seat.0, env);
            }
        }
    }

    /// An instance is being shut down in good order, and says so as long as it lives.
    pub(super) fn leaves<P: Probe>(
        &mut self,
        from: InstanceId,
        incarnation: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let heard = env.now();
        for seat in self.seats(from) {
            let consumer = self.at(seat);
            if incarnation >= consumer.incarnation && consumer.standing != Standing::Gone {
                let standing = Standing::Leaves;
                *consumer = Consumer { incarnation, standing, heard, ..*consumer };
                self.dispatch(seat.0, env);
            }
        }
    }

    /// An instance has done with something that was taken from it.
    pub(super) fn works_off<P: Probe>(&mut self, from: InstanceId, env: &mut Env<'_, '_, P>) {
        for seat in self.seats(from) {
            let consumer = self.at(seat);
            if consumer.stale > 0 {
                consumer.stale -= 1;
                self.dispatch(seat.0, env);
            }
        }
    }

    /// Sets the timer that looks for silent consumers, if somebody holds something and none is set.
    pub(super) fn watch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let channel = &self.channels[index];
        if channel.watch.is_some() {
            return;
        }
        // Where it matters who is there, also those who hold nothing are missed.
        let waits = self.settings.single_active_consumer && !channel.ready.is_empty();
        let misses = waits || self.settings.expires.is_some();
        let is_watched = |consumer: &&Consumer| {
            consumer.unacknowledged > 0 || (misses && consumer.standing == Standing::Joined)
        };
        let holds = channel.consumers.iter().filter(is_watched);
        let Some(heard) = holds.map(|consumer| consumer.heard).min() else { return };
        let silent = heard + self.settings.heartbeat;
        let slow = self.held_since(index).map(|(_, since)| since).min();
        let slow = slow.zip(self.settings.consumer_timeout).map(|(since, timeout)| since + timeout);
        let due = slow.map_or(silent, |slow| slow.min(silent)).max(env.now());
        self.channels[index].watch = Some(due);
        env.wait(due.since(env.now()), Due::Silence(index as u32));
    }

    /// Who holds messages of a channel, and since when.
    fn held_since(&self, index: usize) -> impl Iterator<Item = (usize, Time)> {
        let all = self.unacknowledged.iter().map(|(_, delivery)| delivery);
        let own = all.filter(move |delivery| delivery.channel == index);
        own.map(|delivery| (delivery.consumer, delivery.since))
    }

    /// Takes back what those hold who were not heard of for too long, or who have held a message for too
    /// long.
    pub(super) fn look_after<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        self.channels[index].watch = None;
        if let Some(timeout) = self.settings.consumer_timeout {
            let is_late = |(at, since): (usize, Time)| (since + timeout <= env.now()).then_some(at);
            let late: Vec<usize> = self.held_since(index).filter_map(is_late).collect();
            for at in late {
                let consumer = self.at((index, at));
                consumer.stale += consumer.unacknowledged;
                self.take_all_from((index, at), false, env);
            }
        }
        for at in 0..self.channels[index].consumers.len() {
            let consumer = &mut self.channels[index].consumers[at];
            if consumer.heard + self.settings.heartbeat <= env.now() {
                if consumer.standing == Standing::Joined {
                    consumer.standing = Standing::Silent;
                }
                self.take_all_from((index, at), true, env);
            }
        }
        self.may_be_deserted(index, env);
        self.dispatch(index, env);
        self.watch(index, env);
    }
}
