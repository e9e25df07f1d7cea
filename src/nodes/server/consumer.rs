//! What a server does for being a consumer of brokers: it joins, says that it lives, commits what it
//! has handled, and says that it goes, as long as it lives. Heartbeats are work of its process: while
//! that stands still none is sent, and one that was due meanwhile is sent when it goes on.

use super::Server;
use super::due::Due;
use super::offsets::Offsets;
use super::polling::Polling;
use super::task::Origin;
use crate::model::{Model, NodeIx};
use crate::nodes::broker::{Cause, Frame};
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::probes::Probe;

/// One instance of a service, as a consumer.
#[derive(Clone, Debug)]
pub(super) struct Consumer {
    /// From whom it consumes.
    pub(super) brokers: Vec<NodeIx>,
    /// Where it does not commit after each message.
    pub(super) offsets: Option<Offsets>,
    /// Where it has to ask for messages.
    pub(super) polling: Option<Polling>,
    /// It has said that it goes.
    pub(super) has_left: bool,
    /// Was it to say that it lives, and stood still?
    owes: bool,
}

impl Consumer {
    /// Of this node, if it consumes from any broker.
    pub(super) fn new(model: &Model, node: NodeIx) -> Option<Box<Self>> {
        let brokers: Vec<NodeIx> = model.programs.brokers_of(node).collect();
        let offsets = Offsets::new(model, &brokers);
        let polling = Polling::new(model, &brokers);
        let consumer = Self { brokers, offsets, polling, has_left: false, owes: false };
        (!consumer.brokers.is_empty()).then(|| Box::new(consumer))
    }

    /// Says something to all brokers.
    fn tell<P: Probe>(&self, frame: Frame, env: &mut Env<'_, '_, P>) {
        for broker in &self.brokers {
            env.send(env.model.nodes[usize::from(broker.0)].first, &Op::NONE, frame);
        }
    }

    /// It begins, or begins again.
    pub(super) fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let incarnation = env.incarnation();
        (self.has_left, self.owes) = (false, false);
        if let Some(offsets) = &mut self.offsets {
            offsets.start(env.now());
        }
        if incarnation > 0 {
            self.tell(Frame::Join { incarnation }, env);
        }
        if let Some(polling) = &mut self.polling {
            polling.start(env);
        }
        for (place, broker) in (0..).zip(&self.brokers) {
            if let Some(every) = env.model.terms(*broker).consume.beat {
                env.wait(every, Due::Beat { broker: place, start: incarnation });
            }
        }
    }

    /// Time to say to the broker at this place that it lives.
    pub(super) fn beat<P: Probe>(&mut self, due: Due, place: u32, env: &mut Env<'_, '_, P>) {
        let broker = self.brokers[place as usize];
        let Some(every) = env.model.terms(broker).consume.beat else { return };
        if env.model.faults.is_frozen(env.now(), env.me()) {
            self.owes = true;
        } else {
            let to = env.model.nodes[usize::from(broker.0)].first;
            env.send(to, &Op::NONE, self.sign_of_life(env.incarnation()));
        }
        env.wait(every, due);
    }

    /// Who lives says so; who is about to go, that.
    fn sign_of_life(&self, incarnation: u32) -> Frame {
        if self.has_left { Frame::Leave { incarnation } } else { Frame::Heartbeat }
    }

    /// It may have stood still, and goes on.
    pub(super) fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if std::mem::take(&mut self.owes) {
            self.tell(self.sign_of_life(env.incarnation()), env);
        }
        if let Some(polling) = self.polling.as_mut().filter(|_| !self.has_left) {
            polling.ask(env);
        }
    }

    /// A poll was not answered, or the pause after an empty one is over.
    #[cold]
    pub(super) fn polls_again<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(polling) = self.polling.as_mut().filter(|_| !self.has_left) {
            polling.is_idle(env);
        }
    }

    /// It is being shut down in good order.
    pub(super) fn leave<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.has_left = true;
        self.tell(Frame::Leave { incarnation: env.incarnation() }, env);
    }

    /// Its process is gone, and its connections with it.
    pub(super) fn is_gone<P: Probe>(&self, env: &mut Env<'_, '_, P>) {
        for broker in &self.brokers {
            env.send_gone(env.model.nodes[usize::from(broker.0)].first);
        }
    }
}

impl Server {
    /// Of which delivery something is made that a task with this origin publishes.
    pub(super) fn cause(&self, mut origin: Origin) -> Cause {
        loop {
            match origin {
                Origin::Delivery { receipt, .. } => return Cause::of(receipt),
                Origin::Branch { of } => match self.tasks.get(of) {
                    Some(task) => origin = task.origin,
                    None => return Cause::NONE,
                },
                Origin::Call { .. } | Origin::OneOf { .. } => return Cause::NONE,
            }
        }
    }
}
