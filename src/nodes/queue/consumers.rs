//! The consumers of a queue, as far as the broker hears of them: they join, live, fall silent, leave
//! and go. Refuses to know what a message is.
//!
//! ```text
//! joined ──silent for `heartbeat`──▶ silent ──heard of──▶ joined
//!    ├─ shut down ──▶ leaves (keeps what it holds) ──▶ gone
//!    └─ connection lost ──▶ gone ──new start──▶ joined
//! ```

use super::due::Due;
use super::{Consumer, Delivery, Queue, Standing};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;

impl Queue {
    /// Requeues the deliveries that are chosen.
    pub(super) fn take_back<P: Probe>(
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
    pub(super) fn joined<P: Probe>(
        &mut self,
        from: InstanceId,
        incarnation: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        for index in 0..self.channels.len() {
            let Some(at) = self.channels[index].place_of(from) else {
                continue;
            };
            if incarnation > self.channels[index].consumers[at].incarnation {
                self.take_back(env, |delivery| {
                    (delivery.channel, delivery.consumer) == (index, at)
                });
                let consumer = &mut self.channels[index].consumers[at];
                let heard = env.now();
                *consumer =
                    Consumer { incarnation, standing: Standing::Joined, heard, ..*consumer };
                self.dispatch(index, env);
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
        for index in 0..self.channels.len() {
            let Some(at) = self.channels[index].place_of(from) else {
                continue;
            };
            let consumer = &mut self.channels[index].consumers[at];
            if incarnation >= consumer.incarnation {
                *consumer = Consumer { incarnation, standing: Standing::Gone, ..*consumer };
                self.take_back(env, |delivery| {
                    (delivery.channel, delivery.consumer) == (index, at)
                });
                self.dispatch(index, env);
            }
        }
    }

    /// An instance lives.
    pub(super) fn hears<P: Probe>(&mut self, from: InstanceId, env: &mut Env<'_, '_, P>) {
        for index in 0..self.channels.len() {
            let Some(at) = self.channels[index].place_of(from) else {
                continue;
            };
            let consumer = &mut self.channels[index].consumers[at];
            let was_silent = consumer.heard + self.heartbeat <= env.now();
            consumer.heard = env.now();
            if consumer.standing == Standing::Silent {
                consumer.standing = Standing::Joined;
            }
            if was_silent {
                self.dispatch(index, env);
            }
        }
    }

    /// An instance is being shut down in good order, and says so as long as it lives.
    pub(super) fn leaves(&mut self, from: InstanceId, incarnation: u32, now: Time) {
        for channel in &mut self.channels {
            let Some(at) = channel.place_of(from) else { continue };
            let consumer = &mut channel.consumers[at];
            if incarnation >= consumer.incarnation && consumer.standing != Standing::Gone {
                let standing = Standing::Leaves;
                *consumer = Consumer { incarnation, standing, heard: now, ..*consumer };
            }
        }
    }

    /// Sets the timer that looks for silent consumers, if somebody holds something and none is set.
    pub(super) fn watch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let channel = &mut self.channels[index];
        if channel.watch.is_some() {
            return;
        }
        let holds = channel.consumers.iter().filter(|consumer| consumer.unacknowledged > 0);
        let Some(heard) = holds.map(|consumer| consumer.heard).min() else { return };
        let due = (heard + self.heartbeat).max(env.now());
        channel.watch = Some(due);
        env.wait(due.since(env.now()), Due::Silence(index as u32));
    }

    /// Takes back what those hold who were not heard of for too long.
    pub(super) fn look_after<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        self.channels[index].watch = None;
        for at in 0..self.channels[index].consumers.len() {
            let consumer = &mut self.channels[index].consumers[at];
            if consumer.unacknowledged > 0 && consumer.heard + self.heartbeat <= env.now() {
                if consumer.standing == Standing::Joined {
                    consumer.standing = Standing::Silent;
                }
                self.take_back(env, |delivery| {
                    (delivery.channel, delivery.consumer) == (index, at)
                });
            }
        }
        self.dispatch(index, env);
        self.watch(index, env);
    }
}
