//! The world: instances, each with its own state, and the one place where an event is handed to its
//! instance. Both are values: cloning the simulation clones the run.

use std::sync::Arc;

use super::behaviour::Tables;
use super::env::{Env, Place};
use super::message::{Answer, Body, Due, Message, Op, Refusal, Timer, timers};
use super::parts::slab::Handle;
use super::readings::Readings;
use super::{Behaviour, Node};
use crate::base::{Span, Stream, Time};
use crate::engine::{Class, Context, Event, InstanceId, Simulation};
use crate::faults::Edge;
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::Intervention;

timers! {
    /// What befalls an instance of any kind; no kind uses these numbers.
    pub(super) enum Fated {
        /// The run begins.
        Start = 0,
        /// A fault begins or ends.
        Edge(edge: Edge) = 1,
        /// The process dies of what it does, and is back after so long.
        Dies(restart: Span) = 63,
    }
}

/// What all instances share: what they are made from, and who listens.
#[derive(Clone, Debug)]
pub struct World<P> {
    model: Arc<Model>,
    probe: P,
}

/// One running copy of a node.
#[derive(Clone, Debug)]
pub struct Instance {
    node: Node,
    place: Place,
}

impl Instance {
    /// The instance of this number at the start of a run.
    fn new(model: &Model, ix: usize) -> Self {
        let (me, place) = (InstanceId(ix as u32), &model.instances[ix]);
        let name = &model.scenario.nodes[place.node.0 as usize].name;
        let network = Stream::new(model.seed, "network", name, place.index);
        Self { node: Node::new(model, me), place: Place::new(model, place.node, network) }
    }
}

impl Instance {
    /// What it shows of itself now: nothing while it is down, unless it stands for others too.
    pub(super) fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
        if !self.place.down || self.node.goes_on_while_down() {
            self.node.readings(model, now, into);
        }
    }
}

impl<P: Probe> World<P> {
    /// The world of this model.
    pub fn new(model: Arc<Model>, probe: P) -> Self {
        Self { model, probe }
    }

    /// A simulation of this world, with its first events and the edges of its faults scheduled.
    pub fn simulate(self) -> Simulation<Self> {
        let model = Arc::clone(&self.model);
        let instances = (0..model.instances.len()).map(|ix| {
            let place = &model.instances[ix];
            (name_of(&model, place.node, place.index), Instance::new(&model, ix))
        });
        let mut simulation = Simulation::new(self, instances, &model.lanes);
        let wants_start: Vec<bool> =
            simulation.instances().map(|instance| instance.node.wants_start()).collect();
        for (at, wants_start) in (0..).map(InstanceId).zip(wants_start) {
            if wants_start {
                simulation.schedule(at, Time::ZERO, Class::Fault, Fated::Start.into());
            }
            for (time, edge) in model.faults.edges(at) {
                simulation.schedule(at, time, Class::Fault, Fated::Edge(edge).into());
            }
        }
        simulation
    }

    /// Changes a run at the change's instant. Everything before has happened, nothing of it or after
    /// it has; the faults that the change names are there.
    pub fn intervene(simulation: &mut Simulation<Self>, change: &Intervention) {
        let before = Arc::clone(&simulation.world().model);
        let owners: Vec<NodeIx> = before.instances.iter().map(|place| place.node).collect();
        let length = before.scenario.run.length;
        let (faults, edges) = before.faults.changed(change, &owners, length, before.seed);
        let after = Arc::new(before.changed(change, faults));
        let mut timers = Vec::new();
        for (me, instance) in (0..).map(InstanceId).zip(simulation.instances_mut()) {
            let at = Time(change.at.0);
            instance.place.refit(&after);
            let tables = Tables { before: &before, after: &after, at, me };
            timers.extend(instance.node.refit(&tables).map(|(due, timer)| (me, due, timer)));
        }
        simulation.world_mut().model = after;
        for (at, time, edge) in edges {
            simulation.intervene(at, time, Class::Fault, Fated::Edge(edge).into());
        }
        for (at, due, timer) in timers {
            simulation.intervene(at, due, Class::Timeout, timer);
        }
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The listener.
    pub fn probe(&self) -> &P {
        &self.probe
    }

    /// The listener, to be told something from outside; no listener can change the run.
    pub fn probe_mut(&mut self) -> &mut P {
        &mut self.probe
    }

    /// The listener, for the audit.
    pub fn into_probe(self) -> P {
        self.probe
    }
}

/// The stable name of an instance.
fn name_of(model: &Model, node: NodeIx, index: u32) -> u64 {
    crate::base::mix(model.name_of(node), u64::from(index))
}

impl Node {
    /// Any timer but the commonest; says whether anybody waited for it.
    #[inline(never)]
    fn other_timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) -> bool {
        match Fated::of(timer) {
            Some(Fated::Edge(edge)) => self.edge(edge, env),
            Some(Fated::Dies(restart)) => self.die(restart, env),
            Some(Fated::Start) => self.start(env),
            None if self.is_stale(timer, env.now(), env.incarnation()) => return false,
            None if env.place.down && !self.goes_on_while_down() => {}
            None => self.timer(timer, env),
        }
        true
    }

    /// The process dies of what it does, unless it is gone already.
    #[cold]
    fn die<P: Probe>(&mut self, restart: Span, env: &mut Env<'_, '_, P>) {
        if env.place.down {
            return;
        }
        env.place.down = true;
        env.place.dead_until = env.now() + restart;
        env.fact(Fact::Down);
        self.crash(false, env);
        env.ctx.after(restart, Class::Fault, Fated::Edge(Edge::Up).into());
    }

    /// A fault begins or ends here. Crashes overlap: the instance is down while any covers it.
    #[cold]
    fn edge<P: Probe>(&mut self, edge: Edge, env: &mut Env<'_, '_, P>) {
        let is_down = env.place.down;
        match edge {
            Edge::Down { host } => {
                // The crash may have been taken away since it was foreseen.
                let crash = env.model.faults.down(env.now(), env.me());
                if let Some(is_silent) = crash.filter(|_| !is_down) {
                    env.place.down = true;
                    env.fact(Fact::Down);
                    self.crash(host && is_silent, env);
                }
            }
            Edge::Up => {
                // Two crashes may end at one instant: it starts once.
                let is_kept_down = env.model.faults.down(env.now(), env.me()).is_some();
                // Whoever is to go is not started again (Kubernetes: a pod that terminates).
                let is_leaving = env.model.faults.is_leaving(env.now(), env.me());
                let is_over = !is_kept_down && !is_leaving && env.place.dead_until <= env.now();
                if is_down && is_over {
                    env.place.down = false;
                    env.place.incarnation += 1;
                    env.fact(Fact::Up);
                    self.restart(env);
                }
            }
            Edge::Freeze if !is_down => self.freeze(env),
            Edge::Resume if !is_down && !env.model.faults.is_paused(env.now(), env.me()) => {
                self.resume(env);
            }
            Edge::Leave if !is_down && env.model.faults.is_leaving(env.now(), env.me()) => {
                self.leave(env);
            }
            Edge::Freeze | Edge::Resume | Edge::Leave => {}
        }
    }
}

/// What comes to an instance that is down: the operating system of a dead process refuses the
/// connection, a dead machine is silent.
#[cold]
fn refuse<P: Probe>(message: &Message, env: &mut Env<'_, '_, P>) {
    let is_silent = env.model.faults.down(env.now(), env.me()) == Some(true);
    match message.body.refusal() {
        Refusal::Reset(call) if !is_silent && call != Handle::NONE => {
            let crashed = Answer::Failed(Reason::Crashed);
            env.send(message.from, &message.op, Body::Answer { call, verdict: crashed });
        }
        Refusal::Says(body) if !is_silent => env.send(message.from, &Op::NONE, body),
        Refusal::Gone if !is_silent => env.send_gone(message.from),
        Refusal::Reset(_) | Refusal::Says(_) | Refusal::Gone | Refusal::Silence => {}
    }
    env.fact(Fact::Dropped { op: message.op.id, why: Some(message.body.loss()) });
}

impl<P: Probe> World<P> {
    /// An instance's node, and what surrounds it while it handles an event.
    #[inline]
    fn at<'a, 'c>(
        &'a mut self,
        at: &'a mut Instance,
        ctx: Context<'c, Message, Timer>,
    ) -> (&'a mut Node, Env<'a, 'c, P>) {
        self.probe.begins(ctx.key());
        (&mut at.node, Env::new(&self.model, ctx, &mut self.probe, &mut at.place))
    }
}

impl<P: Probe> crate::engine::World for World<P> {
    type Instance = Instance;
    type Message = Message;
    type Timer = Timer;

    #[expect(clippy::inline_always, reason = "called in the run loop, for every message")]
    #[inline(always)]
    fn receive(&mut self, at: &mut Instance, message: &Message, ctx: Context<'_, Message, Timer>) {
        let name = ctx.key().turn();
        let (node, mut env) = self.at(at, ctx);
        if P::TRACES {
            env.fact(Fact::Received { op: message.op.id, name });
        }
        if env.place.down && !node.outlives(message, env.model) {
            return refuse(message, &mut env);
        }
        node.receive(message, &mut env);
    }

    #[expect(clippy::inline_always, reason = "called in the run loop, for every timer")]
    #[inline(always)]
    fn timer(&mut self, at: &mut Instance, timer: Timer, ctx: Context<'_, Message, Timer>) -> bool {
        let (node, mut env) = self.at(at, ctx);
        match node.commonest(timer, &mut env) {
            Some(was_awaited) => was_awaited,
            None => node.other_timer(timer, &mut env),
        }
    }

    fn is_stale(&self, at: &Instance, timer: Timer, due: Time) -> bool {
        Fated::of(timer).is_none() && at.node.is_stale(timer, due, at.place.incarnation)
    }

    #[inline]
    fn fingerprint(&self, event: Event<&Message, Timer>) -> u64 {
        match event {
            Event::Message(message) => message.fingerprint(),
            Event::Timer(timer) => timer.fingerprint(),
        }
    }

    fn is_periodic(&self, event: Event<&Message, Timer>) -> bool {
        match event {
            Event::Message(message) => message.body.is_periodic(),
            Event::Timer(timer) => timer.is_periodic(),
        }
    }

    fn awaits(&self, at: &Instance) -> bool {
        at.node.awaits()
    }

    fn held(&self, at: &Instance) -> usize {
        at.node.held()
    }

    fn weight(&self, at: &Instance) -> usize {
        at.node.weight()
    }

    fn own_weight(&self) -> usize {
        self.probe.weight()
    }

    fn prefetch(&self, at: &Instance, event: Event<&Message, Timer>) {
        match event {
            Event::Timer(timer) => at.node.prefetch(timer),
            Event::Message(message) => {
                self.probe.prefetch(message.op.id);
                if let Body::Answer { call, .. } = message.body {
                    at.node.prefetch_call(call);
                }
            }
        }
    }

    fn prefetch_further(&self, at: &Instance, event: Event<&Message, Timer>) {
        match event {
            Event::Timer(timer) => self.probe.prefetch(at.node.op(timer)),
            Event::Message(message) => {
                if let Body::Answer { call, .. } = message.body {
                    at.node.prefetch_waiter(call);
                }
            }
        }
    }

    fn settle(&mut self) {
        self.probe.settle();
    }
}
