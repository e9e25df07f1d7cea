//! Polls: who asks for messages, what there is for them, and who has to wait. Refuses to know what becomes
//! of a message that was received.

use super::Sqs;
use super::due::Due;
use super::queue::Ask;
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::nodes::broker::{Frame, is_paused};
use crate::nodes::message::Op;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;

impl Sqs {
    /// An instance asks for messages.
    pub(super) fn polled<P: Probe>(
        &mut self,
        from: InstanceId,
        poll: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(queue) = self.queues.iter().position(|queue| queue.is_of(from)) else { return };
        let wait = self.settings.receive_message_wait_time;
        let ask = Ask { from, poll, queue, until: env.now() + wait };
        let ask = self.asks.insert(ask);
        self.queues[queue].asks.push_back(ask);
        self.serve(queue, env);
        if self.asks.get(ask).is_some() && !is_paused(env) {
            if wait.0 == 0 || self.is_over_limit(queue) {
                self.answers_empty(ask, env);
            } else {
                env.wait(wait, Due::Empty(ask));
            }
        }
    }

    /// Is a poll answered with the error `OverLimit`, though it could wait?
    fn is_over_limit(&self, queue: usize) -> bool {
        let is_full = self.queues[queue].in_flight >= self.settings.in_flight_limit;
        is_full && self.settings.fifo.is_none()
    }

    /// Answers polls as long as there is something for them.
    pub(super) fn serve<P: Probe>(&mut self, queue: usize, env: &mut Env<'_, '_, P>) {
        while let Some(&ask) = self.queues[queue].asks.front() {
            if is_paused(env) {
                return;
            }
            let received = self.receivable(queue, env);
            if received.is_empty() {
                return;
            }
            let Ask { from, poll, .. } = self.gone(ask);
            let count = received.len() as u32;
            for message in received {
                self.deliver(message, from, env);
            }
            env.send(from, &Op::NONE, Frame::Received { poll, count });
        }
    }

    /// What a poll gets, no more than it asks for. What was received too often is moved away instead.
    fn receivable<P: Probe>(&mut self, queue: usize, env: &mut Env<'_, '_, P>) -> Vec<Handle> {
        let mut received = Vec::new();
        let most = self.settings.max_receive_count.unwrap_or(u32::MAX);
        let limit = self.settings.in_flight_limit;
        while (received.len() as u32) < self.settings.max_number_of_messages
            && self.queues[queue].in_flight + (received.len() as u32) < limit
            && let Some(handle) = self.queues[queue].take()
        {
            let message = self.messages.get(handle).expect("what is visible is there");
            if message.receives >= most {
                self.dies(handle, env);
            } else {
                received.push(handle);
            }
        }
        received
    }

    /// A poll has waited long enough: there is nothing for it.
    pub(super) fn answers_empty<P: Probe>(&mut self, ask: Handle, env: &mut Env<'_, '_, P>) {
        if is_paused(env) {
            return;
        }
        let Ask { from, poll, .. } = self.gone(ask);
        env.send(from, &Op::NONE, Frame::Received { poll, count: 0 });
    }

    /// A pause has ended: answers the polls that should have been answered meanwhile.
    pub(super) fn answers_late<P: Probe>(&mut self, queue: usize, env: &mut Env<'_, '_, P>) {
        for ask in self.queues[queue].asks.clone() {
            let until = self.asks.get(ask).expect("it waits").until;
            if until <= env.now() {
                self.answers_empty(ask, env);
            } else {
                env.wait(until.since(env.now()), Due::Empty(ask));
            }
        }
    }

    /// A poll waits no longer.
    fn gone(&mut self, ask: Handle) -> Ask {
        let gone = self.asks.remove(ask).expect("it waited");
        self.queues[gone.queue].asks.retain(|other| *other != ask);
        gone
    }

    /// An instance is gone or about to go, and its polls with it.
    pub(super) fn forgets(&mut self, from: InstanceId) {
        let own = self.asks.iter().filter(|(_, ask)| ask.from == from);
        for ask in own.map(|(ask, _)| ask).collect::<Vec<_>>() {
            self.gone(ask);
        }
    }

    /// The service cannot be reached any more; who polls learns it, unless all is silent.
    pub(super) fn cuts_off<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for ask in self.asks.iter().map(|(ask, _)| ask).collect::<Vec<_>>() {
            let Ask { from, poll, .. } = self.gone(ask);
            if !host {
                env.send(from, &Op::NONE, Frame::Received { poll, count: 0 });
            }
        }
    }
}
