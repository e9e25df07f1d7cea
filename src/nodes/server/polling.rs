//! Polling, where a consumer's broker sends nothing by itself: the consumer asks while it has fewer messages
//! in hand than workers, one question at a time. Asking is work of its process: while that stands still it
//! does not ask, and of what it has in hand it does not say that it takes longer. Knows no broker by name.
//!
//! ```text
//! idle ──has a free hand──▶ asked ──messages──▶ idle
//!                             ├─ none ──▶ rests for a pause ──▶ idle
//!                             └─ no answer at all ──▶ idle
//! ```

use super::Server;
use super::due::Due;
use super::task::Origin;
use crate::base::Span;
use crate::model::{Model, NodeIx};
use crate::nodes::broker::Frame;
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;
use crate::scenario::tree::{Polls, Style};

/// A poll without an answer is given up so long after it should have been answered.
const PATIENCE: Span = Span(10_000_000_000);

/// Where a consumer has as many workers as it likes, it has so many hands.
const HANDS: u32 = 10;

/// What a consumer does to get its messages.
#[derive(Clone, Debug)]
pub(super) struct Polling {
    /// Whom it asks.
    broker: NodeIx,
    standing: Standing,
    /// Counts questions and pauses: timers and answers of others are old.
    pub(super) poll: u32,
    /// Messages that came and were not settled.
    in_hand: u32,
    /// Of those that were asked for last: what has come, and what is still to come.
    come: u32,
    to_come: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It has all that it can take, or stands still.
    Idle,
    /// It has asked.
    Asked,
    /// There was nothing.
    Rests,
}

/// How the consumers of this broker ask, if they do.
fn polls(model: &Model, broker: NodeIx) -> Option<Polls> {
    match model.terms(broker).consume.style {
        Style::Polled(polls) => Some(polls),
        Style::Pushed | Style::Ahead => None,
    }
}

impl Polling {
    /// That of whoever consumes from these brokers (a design has one).
    pub(super) fn new(model: &Model, brokers: &[NodeIx]) -> Option<Self> {
        let broker = brokers.iter().copied().find(|broker| polls(model, *broker).is_some())?;
        let standing = Standing::Idle;
        Some(Self { broker, standing, poll: 0, in_hand: 0, come: 0, to_come: 0 })
    }

    /// The consumer begins, with nothing in hand.
    pub(super) fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        (self.in_hand, self.to_come) = (0, 0);
        self.is_idle(env);
    }

    /// Nothing is asked, or hoped for, any more: asks again if there is a free hand.
    pub(super) fn is_idle<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.poll += 1;
        self.standing = Standing::Idle;
        self.to_come = 0;
        self.ask(env);
    }

    /// Asks, if it has not done so already, and can take more.
    pub(super) fn ask<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let model = env.model;
        let workers = model.scenario.nodes[usize::from(env.node().0)].kind.workers();
        let is_full = self.in_hand + self.to_come >= workers.unwrap_or(HANDS);
        let is_frozen = model.faults.is_frozen(env.now(), env.me());
        if self.standing != Standing::Idle || is_full || is_frozen {
            return;
        }
        let polls = polls(model, self.broker).expect("it polls");
        (self.poll, self.standing, self.come) = (self.poll + 1, Standing::Asked, 0);
        let to = model.nodes[usize::from(self.broker.0)].first;
        env.send(to, &Op::NONE, Frame::Receive { poll: self.poll });
        env.wait(Span(polls.wait.0 + PATIENCE.0), Due::Poll(self.poll));
    }

    /// A question is answered.
    pub(super) fn answered<P: Probe>(&mut self, poll: u32, count: u32, env: &mut Env<'_, '_, P>) {
        if poll != self.poll || self.standing != Standing::Asked {
            return;
        }
        self.poll += 1;
        if count == 0 {
            self.standing = Standing::Rests;
            let pause = polls(env.model, self.broker).expect("it polls").pause;
            return env.wait(pause, Due::Poll(self.poll));
        }
        (self.standing, self.to_come) = (Standing::Idle, count.saturating_sub(self.come));
        self.ask(env);
    }

    /// A message comes; says how often its time is to be extended.
    fn takes(&mut self, model: &Model) -> Option<Span> {
        self.in_hand += 1;
        if self.to_come > 0 {
            self.to_come -= 1;
        } else {
            self.come += 1;
        }
        polls(model, self.broker).expect("it polls").extend
    }
}

impl Server {
    /// The consumer's part that polls, if it does.
    fn polling(&mut self) -> Option<&mut Polling> {
        self.consumer.as_mut()?.polling.as_mut()
    }

    /// A question is answered.
    pub(super) fn poll_answered<P: Probe>(
        &mut self,
        poll: u32,
        count: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        if let Some(polling) = self.polling() {
            polling.answered(poll, count, env);
        }
    }

    /// A delivery has come to hand.
    pub(super) fn takes_in_hand<P: Probe>(&mut self, task: Handle, env: &mut Env<'_, '_, P>) {
        if let Some(every) = self.polling().and_then(|polling| polling.takes(env.model)) {
            env.wait(every, Due::Extend(task));
        }
    }

    /// A delivery was settled: there is a free hand.
    pub(super) fn has_free_hand<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(consumer) = &mut self.consumer else { return };
        let has_left = consumer.has_left;
        if let Some(polling) = &mut consumer.polling {
            polling.in_hand = polling.in_hand.saturating_sub(1);
            if !has_left {
                polling.ask(env);
            }
        }
    }

    /// A delivery takes longer than was foreseen: says so, while the process can.
    pub(super) fn extend<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get(handle).expect("it is in hand");
        let Origin::Delivery { from, receipt } = task.origin else { return };
        if !env.model.faults.is_frozen(env.now(), env.me()) {
            env.send(from, &Op::NONE, Frame::Extend { receipt });
        }
        let every = polls(env.model, env.model.node_of(from)).and_then(|polls| polls.extend);
        if let Some(every) = every {
            env.wait(every, Due::Extend(handle));
        }
    }
}
