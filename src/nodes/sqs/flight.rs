//! The life of a message: hidden at first, visible, in flight, visible again, deleted, dead or too old.

use super::Sqs;
use super::due::Due;
use super::queue::{Receipt, State, Stored};
use crate::base::Span;
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::nodes::broker::{Frame, used_up};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};

/// A message is in flight for so long at most, however often that is extended.
const LONGEST_FLIGHT: Span = Span(12 * 3_600_000_000_000);

impl Sqs {
    /// A new message is kept, and can be received after the delay.
    pub(super) fn keep<P: Probe>(&mut self, mut message: Stored, env: &mut Env<'_, '_, P>) {
        let (delay, queue) = (self.settings.delay, message.queue);
        message.place = self.queues[queue].next_place();
        let until = env.now() + delay;
        message.state = State::Delayed { until };
        let handle = self.messages.insert(message);
        self.queues[queue].enters(&message, handle);
        self.foresee_retirement(queue, env);
        if delay == Span::ZERO {
            self.shows(handle, env);
        } else {
            env.wait(delay, Due::Until(handle));
        }
    }

    /// A message can be received.
    fn shows<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let message = self.messages.get_mut(handle).expect("it is kept");
        message.state = State::Visible { since: env.now() };
        env.fact(Fact::Waits { op: message.op.id });
        let queue = message.queue;
        self.queues[queue].show(message, handle);
        self.serve(queue, env);
    }

    /// What was to last until now is over.
    pub(super) fn comes_up<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let message = *self.messages.get(handle).expect("a timer for it");
        match message.state {
            State::Visible { .. } => {}
            State::Delayed { .. } => self.shows(handle, env),
            State::InFlight { .. } => {
                self.lands(handle, env);
                if !self.settings.late_deletes {
                    self.forget_receipts(handle);
                }
                self.shows(handle, env);
            }
            State::Dead { comes_back: false, .. } => {
                used_up(message.op, Some(Reason::Retention), env);
                self.messages.remove(handle);
            }
            State::Dead { comes_back: true, .. } => {
                self.messages.remove(handle);
                let (sent, deaths) = (env.now(), message.deaths + 1);
                self.keep(Stored { sent, receives: 0, deaths, ..message }, env);
            }
        }
    }

    /// A message is received.
    pub(super) fn deliver<P: Probe>(
        &mut self,
        handle: Handle,
        to: InstanceId,
        env: &mut Env<'_, '_, P>,
    ) {
        let (now, visibility) = (env.now(), self.settings.visibility_timeout);
        let message = self.messages.get_mut(handle).expect("it was visible");
        let State::Visible { since } = message.state else { unreachable!("it was visible") };
        let receipt = self.receipts.insert(Receipt { message: handle, before: message.receipt });
        message.receipt = receipt;
        message.state = State::InFlight { since: now, until: now + visibility };
        let Stored { op, entry, item, receives, deaths, copy, .. } = *message;
        message.receives += 1;
        let queue = &mut self.queues[message.queue];
        queue.in_flight += 1;
        if self.settings.fifo.is_some() {
            queue.hold(message.group);
        }
        let attempt = u64::from(copy) << 48 | u64::from(deaths) << 32 | u64::from(receives);
        let op = op.again(env.model.name_of(env.node()), attempt);
        env.fact(Fact::Began { op: op.id, waited: now.since(since), queued: true, arrives: false });
        let redelivered = attempt > 0;
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        env.wait(visibility, Due::Until(handle));
        env.send(to, &op, Frame::Deliver { receipt, entry, item, redelivered });
    }

    /// A message is in flight no more.
    fn lands<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let message = self.messages.get(handle).expect("it was in flight");
        env.fact(Fact::Freed { op: message.op.id });
        let queue = &mut self.queues[message.queue];
        queue.in_flight -= 1;
        if self.settings.fifo.is_some() {
            queue.release(message.group);
        }
    }

    /// A consumer deletes a message; with an old receipt that changes nothing.
    pub(super) fn delete<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Receipt { message: handle, .. }) = self.receipts.get(receipt).copied() else {
            return;
        };
        let message = *self.messages.get(handle).expect("a receipt is of a message");
        self.removed(handle, env);
        used_up(message.op, None, env);
        self.serve(message.queue, env);
    }

    /// A message, visible or in flight or delayed, is kept no more.
    fn removed<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let message = *self.messages.get(handle).expect("it is kept");
        let queue = &mut self.queues[message.queue];
        queue.leaves(&message);
        match message.state {
            State::InFlight { .. } => self.lands(handle, env),
            State::Visible { .. } => {
                queue.hide(message.place);
                env.fact(Fact::LeftQueue { op: message.op.id });
            }
            State::Delayed { .. } | State::Dead { .. } => {}
        }
        self.forget_receipts(handle);
        self.messages.remove(handle);
    }

    /// No receipt of a message is good any more.
    fn forget_receipts(&mut self, handle: Handle) {
        let message = self.messages.get_mut(handle).expect("it is kept");
        let mut receipt = std::mem::replace(&mut message.receipt, Handle::NONE);
        while let Some(Receipt { before, .. }) = self.receipts.remove(receipt) {
            receipt = before;
        }
    }

    /// A consumer needs longer: the visibility timeout begins anew.
    pub(super) fn extend<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Receipt { message: handle, .. }) = self.receipts.get(receipt).copied() else {
            return;
        };
        let message = self.messages.get_mut(handle).expect("a receipt is of a message");
        let State::InFlight { since, until } = &mut message.state else { return };
        let extended = (env.now() + self.settings.visibility_timeout).min(*since + LONGEST_FLIGHT);
        if message.receipt == receipt && extended > *until {
            *until = extended;
            env.wait(extended.since(env.now()), Due::Until(handle));
        }
    }

    /// A message that was just taken out was received too often.
    pub(super) fn dies<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.forget_receipts(handle);
        let message = self.messages.get_mut(handle).expect("it was visible");
        let op = message.op;
        env.fact(Fact::LeftQueue { op: op.id });
        self.queues[message.queue].leaves(message);
        let Some(after) = self.settings.redrive_after else {
            self.messages.remove(handle);
            return used_up(op, Some(Reason::DeadLetter), env);
        };
        let kept = self.settings.dead_letter_retention_period;
        let age =
            if self.settings.fifo.is_some() { Span::ZERO } else { env.now().since(message.sent) };
        let left = Span(kept.0.saturating_sub(age.0));
        let lasts = left.min(after);
        let (until, comes_back) = (env.now() + lasts, after < left);
        message.state = State::Dead { until, comes_back };
        env.wait(lasts, Due::Until(handle));
    }

    /// Sets the timer for the oldest message, if none is set.
    fn foresee_retirement<P: Probe>(&mut self, at: usize, env: &mut Env<'_, '_, P>) {
        let queue = &mut self.queues[at];
        if queue.retires.is_some() {
            return;
        }
        let Some((sent, _)) = queue.oldest() else { return };
        let due = (sent + self.settings.message_retention_period).max(env.now());
        queue.retires = Some(due);
        env.wait(due.since(env.now()), Due::Retired(at as u32));
    }

    /// What has been kept for too long is lost.
    pub(super) fn retire<P: Probe>(&mut self, at: usize, env: &mut Env<'_, '_, P>) {
        self.queues[at].retires = None;
        while let Some((sent, handle)) = self.queues[at].oldest()
            && sent + self.settings.message_retention_period <= env.now()
        {
            let message = *self.messages.get(handle).expect("what has an age is kept");
            self.removed(handle, env);
            used_up(message.op, Some(Reason::Retention), env);
        }
        self.foresee_retirement(at, env);
        self.serve(at, env);
    }
}
