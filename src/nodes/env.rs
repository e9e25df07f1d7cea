//! What a node may do beside changing its own state: look at the model and the clock, send
//! messages, set timers, draw chance of its own, and say what happened.

use super::message::{Body, Event, Message, Op, RETRANSMISSION, Timer};
use crate::base::{Dist, Span, Stream, Time};
use crate::engine::{Class, Context, InstanceId, Key};
use crate::faults::Passage;
use crate::model::{LinkModel, Model, NodeIx, Traffic};
use crate::probes::{Fact, Probe, Reason};

/// When a broker gives up a silent connection (RabbitMQ's default heartbeat timeout, 60 s).
const HEARTBEAT_TIMEOUT: Span = Span(60_000_000_000);

/// Where facts go: straight to the probes, or (while instances are visited in shuffled order) into
/// a buffer that is handed on in the order of keys.
#[derive(Clone, Debug)]
pub struct Sink<P> {
    /// The listener.
    pub probe: P,
    /// Facts that wait to be sorted.
    pub deferred: Option<Vec<(Key, Time, InstanceId, Fact)>>,
}

impl<P: Probe> Sink<P> {
    /// Facts go straight to `probe`.
    pub fn new(probe: P) -> Self {
        Self { probe, deferred: None }
    }

    #[cold]
    fn defer(&mut self, key: Key, at: InstanceId, fact: Fact) {
        if let Some(deferred) = &mut self.deferred {
            deferred.push((key, key.time(), at, fact));
        }
    }

    /// Hands on what was deferred, in the order of keys.
    pub fn settle(&mut self) {
        if let Some(deferred) = &mut self.deferred {
            deferred.sort_by_key(|entry| entry.0);
            for (_, now, at, fact) in deferred.drain(..) {
                self.probe.see(now, at, fact);
            }
        }
    }
}

/// A node's surroundings while it handles one event.
pub struct Env<'a, 'c, P> {
    /// The tables.
    pub model: &'a Model,
    pub(super) ctx: &'a mut Context<'c, Event>,
    pub(super) sink: &'a mut Sink<P>,
    /// The network's draws for messages that this instance sends.
    pub(super) network: &'a mut Stream,
    /// Counts the starts of this instance.
    pub incarnation: u32,
}

impl<P: Probe> Env<'_, '_, P> {
    /// The instant.
    #[inline]
    pub fn now(&self) -> Time {
        self.ctx.now()
    }

    /// The instance that handles the event.
    #[inline]
    pub fn me(&self) -> InstanceId {
        self.ctx.me()
    }

    /// The node it is a copy of.
    #[inline]
    pub fn node(&self) -> NodeIx {
        self.model.node_of(self.me())
    }

    #[inline]
    fn traffic(&self, node: NodeIx) -> Traffic {
        // Without a panic: where no probe asks for the carrier, nothing of this remains.
        self.model.nodes.get(node.0 as usize).map_or(Traffic::Calls, |node| node.traffic)
    }

    /// Says what happened.
    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only the probes' arms for it remain"
    )]
    #[inline(always)]
    pub fn fact(&mut self, fact: Fact) {
        if self.sink.deferred.is_some() {
            return self.sink.defer(self.ctx.key(), self.ctx.me(), fact);
        }
        self.sink.probe.see(self.ctx.now(), self.ctx.me(), fact);
    }

    /// Sends a message; the network decides when, whether and how often it arrives.
    #[inline]
    pub fn send(&mut self, to: InstanceId, op: &Op, body: Body) {
        let node = self.model.node_of(to);
        let carrier = body.carrier(self.traffic(node), self.traffic(self.node()));
        self.fact(Fact::Message { op: op.id, to: node, carrier });
        if !self.model.faults.network_is_quiet(self.now()) {
            return self.send_through_faults(to, op, &body, None);
        }
        // The message is written once, where it will lie: its address must not be known before.
        let message = Message { op: *op, from: self.me(), body };
        match self.model.network.link(self.node(), node) {
            LinkModel::Constant(lane, _) => {
                self.ctx.via(*lane, to, Class::Message, Event::Message(message));
            }
            LinkModel::Drawn(dist) => {
                let latency = dist.span(self.network.next_u64());
                self.ctx.send(to, latency, Class::Message, Event::Message(message));
            }
        }
    }

    /// Sends a message that takes a draw of `leg` instead of the link's latency, longer while
    /// this instance is slow. Faults of the network befall it as they befall any other.
    pub fn send_along(&mut self, leg: &Dist, to: InstanceId, op: &Op, body: Body) {
        let slowness = self.model.faults.slowness(self.now(), self.me());
        let drawn = leg.span(self.network.next_u64());
        let latency =
            if slowness == 1.0 { drawn } else { Span::from_ns(drawn.0 as f64 * slowness) };
        let node = self.model.node_of(to);
        let carrier = body.carrier(self.traffic(node), self.traffic(self.node()));
        self.fact(Fact::Message { op: op.id, to: node, carrier });
        if !self.model.faults.network_is_quiet(self.now()) {
            return self.send_through_faults(to, op, &body, Some(latency));
        }
        let message = Message { op: *op, from: self.me(), body };
        self.ctx.send(to, latency, Class::Message, Event::Message(message));
    }

    #[cold]
    fn send_through_faults(&mut self, to: InstanceId, op: &Op, body: &Body, latency: Option<Span>) {
        let message = Event::Message(Message { op: *op, from: self.me(), body: *body });
        let (op, from, node) = (op.id, self.node(), self.model.node_of(to));
        let base = latency.unwrap_or_else(|| match self.model.network.link(from, node) {
            LinkModel::Constant(_, latency) => *latency,
            LinkModel::Drawn(dist) => dist.span(self.network.next_u64()),
        });
        let passage = self.model.faults.passage(self.ctx.now(), from, node, self.network);
        match passage {
            Passage::Through { extra, twice } => {
                self.ctx.send(to, base + extra, Class::Message, message);
                if twice && matches!(body, Body::Request { .. } | Body::Publish { .. }) {
                    self.fact(Fact::Carried { op });
                    self.ctx.send(to, base + extra + base, Class::Message, message);
                }
            }
            Passage::Lost if body.is_retransmitted() => {
                self.ctx.send(to, base + RETRANSMISSION, Class::Message, message);
            }
            Passage::Cut { until: Some(until) } if body.is_retransmitted() => {
                let wait = until.since(self.now());
                self.ctx.send(to, wait + base, Class::Message, message);
            }
            Passage::Lost | Passage::Cut { .. } => {
                self.fact(Fact::Dropped { op, why: Some(Reason::LostMessage) });
            }
        }
    }

    /// Tells a broker that this instance's connections are gone: after one hop when the process
    /// died, after the broker's own heartbeat timeout when the machine fell silent.
    pub fn send_gone(&mut self, to: InstanceId, host: bool) {
        let body = Body::Gone { incarnation: self.incarnation };
        if !host {
            return self.send(to, &Op::NONE, body);
        }
        let message = Message { op: Op::NONE, from: self.me(), body };
        self.ctx.send(to, HEARTBEAT_TIMEOUT, Class::Message, Event::Message(message));
    }

    /// Sets a timer: the end of work is a completion, everything else a timeout.
    #[inline]
    pub fn complete_after(&mut self, span: Span, timer: Timer) {
        self.ctx.after(span, Class::Completion, Event::Timer(timer));
    }

    /// Sets a timer that loses ties against messages.
    #[inline]
    pub fn wait(&mut self, span: Span, timer: Timer) {
        self.ctx.after(span, Class::Timeout, Event::Timer(timer));
    }
}
