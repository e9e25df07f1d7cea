//! When a consumer commits the offsets of what it has handled, where it does not do so after each
//! record: at every multiple of an interval since its start, if it has handled anything since the
//! last time (Kafka's `auto.commit.interval.ms`; there the consumer looks at its clock whenever it polls,
//! which with one record at a time is all the time). So an idle consumer costs nothing.

use super::Server;
use super::due::Due;
use crate::base::{Span, Time};
use crate::model::{Model, NodeIx};
use crate::nodes::broker::Frame;
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::probes::Probe;
use crate::scenario::tree::Commit;

/// The clock of a consumer that commits now and then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offsets {
    every: Span,
    /// When the consumer began.
    since: Time,
    /// Is the next commit foreseen?
    is_set: bool,
}

impl Offsets {
    /// That of whoever consumes from these brokers (a design has one).
    pub(super) fn new(model: &Model, brokers: &[NodeIx]) -> Option<Self> {
        let every = brokers.iter().find_map(|broker| interval(model, *broker))?;
        Some(Self { every, since: Time::ZERO, is_set: false })
    }

    /// The consumer begins.
    pub(super) fn start(&mut self, now: Time) {
        (self.since, self.is_set) = (now, false);
    }
}

impl Server {
    /// A record was handled.
    #[cold]
    pub(super) fn foresee_commit<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(offsets) = self.consumer.as_mut().and_then(|it| it.offsets.as_mut()) else {
            return;
        };
        if std::mem::replace(&mut offsets.is_set, true) {
            return;
        }
        let late = env.now().since(offsets.since).0 % offsets.every.0;
        env.wait(Span(offsets.every.0 - late), Due::Commit(env.incarnation()));
    }

    /// It is time.
    pub(super) fn commit<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(consumer) = &mut self.consumer else { return };
        if let Some(offsets) = &mut consumer.offsets {
            offsets.is_set = false;
        }
        for broker in
            consumer.brokers.iter().filter(|broker| interval(env.model, **broker).is_some())
        {
            let to = env.model.nodes[broker.0 as usize].first;
            env.send(to, &Op::NONE, Frame::Commit { incarnation: env.incarnation() });
        }
    }
}

fn interval(model: &Model, broker: NodeIx) -> Option<Span> {
    match model.terms(broker).consume.commit {
        Commit::Every(span) => Some(span),
        Commit::Each => None,
    }
}
