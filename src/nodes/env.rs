//! What a node may do beside changing its own state: look at the model and the clock, send
//! messages, set timers, draw chance of its own, and say what happened.

use std::hint::cold_path;

use super::message::{Body, Due, Message, Op, RETRANSMISSION, Timer};
use super::parts::demand;
use super::world::Fated;
use crate::base::{Dist, Span, Stream, Time};
use crate::engine::{Class, Context, InstanceId};
use crate::faults::Passage;
use crate::model::network::{LinkModel, Way};
use crate::model::{Model, NodeIx};
use crate::probes::{Carrier, Fact, Leg, OpId, Probe, Reason};

/// Marks the attempt that the network makes of a message by doubling it.
const DOUBLE: u64 = 1 << 33;

/// A node's surroundings while it handles one event.
pub struct Env<'a, 'c, P> {
    /// The tables.
    pub model: &'a Model,
    pub(super) ctx: Context<'c, Message, Timer>,
    /// Where facts go.
    pub(super) probe: &'a mut P,
    pub(super) place: &'a mut Place,
}

/// What the world keeps of an instance beside its state.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The node it is a copy of.
    pub(super) node: NodeIx,
    /// Does a crash cover this instant?
    pub(super) down: bool,
    /// It died by itself, and is not back before this instant.
    pub(super) dead_until: Time,
    /// Counts the starts.
    pub(super) incarnation: u32,
    /// The way of whatever it sends, where all links are alike and nothing ever befalls them.
    way: Option<Way>,
    /// The network's draws for messages that this instance sends.
    network: Stream,
}

impl Place {
    /// A copy of this node, which is there.
    pub(super) fn new(model: &Model, node: NodeIx, network: Stream) -> Self {
        Self { node, down: false, dead_until: Time::ZERO, incarnation: 0, way: way(model), network }
    }

    /// The tables are changed.
    pub(super) fn refit(&mut self, model: &Model) {
        self.way = way(model);
    }
}

/// The way of whatever anybody sends, where all links are alike and nothing ever befalls them.
fn way(model: &Model) -> Option<Way> {
    model.network.everywhere().filter(|_| model.faults.network_is_steady())
}

impl<'a, 'c, P: Probe> Env<'a, 'c, P> {
    /// What surrounds an instance of `node` while it handles the event of this context.
    #[expect(clippy::inline_always, reason = "called once for every event")]
    #[inline(always)]
    pub(super) fn new(
        model: &'a Model,
        ctx: Context<'c, Message, Timer>,
        probe: &'a mut P,
        place: &'a mut Place,
    ) -> Self {
        Self { model, ctx, probe, place }
    }

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
        self.place.node
    }

    /// Counts the starts of this instance.
    pub fn incarnation(&self) -> u32 {
        self.place.incarnation
    }

    /// Says what happened.
    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only the probes' arms for it remain"
    )]
    #[inline(always)]
    pub fn fact(&mut self, fact: Fact) {
        self.probe.see(self.ctx.now(), self.ctx.me(), fact);
    }

    /// Sends a message; the network decides when, whether and how often it arrives.
    #[inline]
    pub fn send(&mut self, to: InstanceId, op: &Op, body: impl Into<Body>) {
        self.send_body(to, op, body.into());
    }

    #[inline(never)]
    fn send_body(&mut self, to: InstanceId, op: &Op, body: Body) {
        self.send_to(to, op, || body);
    }

    /// The same. The body is made where it will lie: put together here from small pieces and then
    /// copied in large ones, it would hold up everything behind it.
    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    pub fn send_to(&mut self, to: InstanceId, op: &Op, body: impl Fn() -> Body) {
        self.put_on_the_wire::<false>(to, op, body);
    }

    /// The same, as the last thing that its sender does for the operation: nothing more is to be
    /// said of the sender.
    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    pub fn hand_on(&mut self, to: InstanceId, op: &Op, body: impl Fn() -> Body) {
        self.put_on_the_wire::<true>(to, op, body);
    }

    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    fn put_on_the_wire<const LAST: bool>(
        &mut self,
        to: InstanceId,
        op: &Op,
        body: impl Fn() -> Body,
    ) {
        let way = self.place.way.as_ref().or_else(|| self.way(to));
        let Some(&Way { lane, delay }) = way else {
            cold_path();
            return self.send_slowly::<LAST>(to, op, &body(), None);
        };
        let leg = Leg { name: self.ctx.next_name(), takes: delay };
        self.is_sent::<LAST>(op.id, to, body().carrier(), Some(leg));
        let from = self.me();
        self.ctx.via(lane, delay, to, |message| {
            message.op = *op;
            message.from = from;
            message.body = body();
        });
    }

    /// The way of a message to this instance now, if nothing is drawn.
    #[inline(never)]
    fn way(&self, to: InstanceId) -> Option<&Way> {
        match self.model.network.link(self.node(), self.model.node_of(to)) {
            LinkModel::Constant(way) if self.model.faults.network_is_quiet(self.now()) => Some(way),
            _ => None,
        }
    }

    /// Sends a message that takes a draw of `leg` instead of the link's latency, longer while
    /// this instance is slow. Faults of the network befall it as they befall any other.
    pub fn send_along(&mut self, leg: &Dist, to: InstanceId, op: &Op, body: impl Into<Body>) {
        let slowness = self.model.faults.slowness(self.now(), self.me());
        let drawn = leg.span(self.place.network.next_u64());
        let latency =
            if slowness == 1.0 { drawn } else { Span::from_ns(drawn.0 as f64 * slowness) };
        self.send_slowly::<false>(to, op, &body.into(), Some(latency));
    }

    /// Over a link whose latency is drawn (unless it is known), or through faults.
    #[inline(never)]
    fn send_slowly<const LAST: bool>(
        &mut self,
        to: InstanceId,
        op: &Op,
        body: &Body,
        latency: Option<Span>,
    ) {
        let message = Message { op: *op, from: self.me(), body: *body };
        let (op, from, node) = (op.id, self.node(), self.model.node_of(to));
        let base = latency.unwrap_or_else(|| match self.model.network.link(from, node) {
            LinkModel::Constant(way) => way.delay,
            LinkModel::Drawn(dist) => dist.span(self.place.network.next_u64()),
        });
        let passage = if self.model.faults.network_is_quiet(self.now()) {
            Passage::Through { extra: Span::ZERO, twice: false }
        } else {
            self.model.faults.passage(self.ctx.now(), from, node, &mut self.place.network)
        };
        // Brokers have long-lived connections with everybody, also for their answers.
        let is_broker = |node: NodeIx| self.model.nodes[usize::from(node.0)].terms.is_some();
        let mends = body.is_retransmitted() || is_broker(from) || is_broker(node);
        let takes = match passage {
            Passage::Through { extra, .. } => Some(base + extra),
            Passage::Lost if mends => Some(base + RETRANSMISSION),
            Passage::Cut { until: Some(until) } if mends => Some(until.since(self.now()) + base),
            Passage::Lost | Passage::Cut { .. } => None,
        };
        let leg = takes.map(|takes| Leg { name: self.ctx.next_name(), takes });
        self.is_sent::<LAST>(op, to, body.carrier(), leg);
        let Some(takes) = takes else {
            return self.fact(Fact::Dropped { op, why: Some(Reason::LostMessage) });
        };
        self.ctx.send(to, takes, message);
        let is_doubled = matches!(passage, Passage::Through { twice: true, .. });
        if is_doubled && body.is_doubled() {
            self.fact(Fact::Carried { op });
            self.ctx.send(to, takes + base, self.double(message));
        }
    }

    /// A message, a second time: an attempt of its own, with its own draws.
    #[cold]
    fn double(&self, message: Message) -> Message {
        let op = message.op.again(self.model.name_of(self.node()), DOUBLE);
        let body = match message.body {
            Body::Request { call, entry, cancel, .. } => {
                Body::Request { call, entry, cancel, demand: demand::first(self.model, entry, &op) }
            }
            body => body,
        };
        Message { op, body, ..message }
    }

    /// Says that a message was sent; with `LAST`, as the last thing that its sender does.
    #[expect(clippy::inline_always, reason = "only the probes' arms for it remain")]
    #[inline(always)]
    fn is_sent<const LAST: bool>(
        &mut self,
        op: OpId,
        to: InstanceId,
        carrier: Carrier,
        leg: Option<Leg>,
    ) {
        self.fact(if LAST {
            Fact::HandedOn { op, to, carrier, leg }
        } else {
            Fact::Message { op, to, carrier, leg }
        });
    }

    /// The process dies of what it is doing, at once, and is back after so long.
    #[cold]
    pub fn die(&mut self, restart: Span) {
        self.ctx.after(Span::ZERO, Class::Fault, Fated::Dies(restart).into());
    }

    /// Tells a broker that this instance's connections are gone, as the operating system of a process
    /// does that died.
    pub fn send_gone(&mut self, to: InstanceId) {
        let body = Body::Gone { incarnation: self.incarnation() };
        self.send(to, &Op::NONE, body);
    }

    /// Sets a timer: the end of work is a completion, everything else a timeout.
    #[expect(clippy::inline_always, reason = "the timer is written once, where it will lie")]
    #[inline(always)]
    pub fn complete_after(&mut self, span: Span, due: impl Due) {
        self.ctx.after(span, Class::Completion, due.into());
    }

    /// Sets a timer that loses ties against messages.
    #[inline]
    pub fn wait(&mut self, span: Span, due: impl Due) {
        self.set(span, due.into());
    }

    #[inline(never)]
    fn set(&mut self, span: Span, timer: Timer) {
        self.ctx.after(span, Class::Timeout, timer);
    }
}
