//! The world: instances, each with its own state, and the one place where an event is handed to its
//! instance. Both are values: cloning the simulation clones the run.

use std::sync::Arc;

use super::cache_server::CacheServer;
use super::client::Client;
use super::database::Database;
use super::env::{Env, Place};
use super::log::Log;
use super::message::{Answer, Body, Edge, Message, Op, Timer};
use super::queue::Queue;
use super::quorum::Quorum;
use super::registry::Registry;
use super::server::Server;
use super::slab::Handle;
use crate::base::{Stream, Time};
use crate::engine::{Class, Context, Event, InstanceId, Simulation};
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, OpId, Probe, Reason};
use crate::scenario::tree::NodeKind;

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

/// The kinds of node.
#[derive(Clone, Debug)]
enum Node {
    Client(Box<Client>),
    Server(Box<Server>),
    Database(Box<Database>),
    Cache(Box<CacheServer>),
    Quorum(Box<Quorum>),
    Queue(Box<Queue>),
    Log(Box<Log>),
    Registry(Box<Registry>),
}

impl Instance {
    /// The instance of this number at the start of a run.
    fn new(model: &Model, ix: usize) -> Self {
        let (me, place) = (InstanceId(ix as u32), &model.instances[ix]);
        let scenario = &model.scenario.nodes[place.node.0 as usize];
        let node = match scenario.kind {
            NodeKind::Client(_) => Node::Client(Box::new(Client::new(model, me))),
            NodeKind::Gateway(_) | NodeKind::Service(_) => {
                Node::Server(Box::new(Server::new(model, me)))
            }
            NodeKind::Database(_) => Node::Database(Box::new(Database::new(model, place.node))),
            NodeKind::Cache(_) => Node::Cache(Box::new(CacheServer::new(model, me))),
            NodeKind::Quorum(_) => Node::Quorum(Box::new(Quorum::new(model, me))),
            NodeKind::Queue(_) => Node::Queue(Box::new(Queue::new(model, place.node))),
            NodeKind::Log(_) => Node::Log(Box::new(Log::new(model, place.node))),
            NodeKind::Registry(_) => Node::Registry(Box::new(Registry::new(model, me))),
        };
        let network = Stream::new(model.seed, "network", &scenario.name, place.index);
        Self { node, place: Place::new(model, place.node, network) }
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
                simulation.schedule(at, Time::ZERO, Class::Fault, Timer::Start);
            }
            for (time, edge) in model.faults.edges(at) {
                simulation.schedule(at, time, Class::Fault, Timer::Fault(edge));
            }
        }
        simulation
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The listener.
    pub fn probe(&self) -> &P {
        &self.probe
    }

    /// The listener, for the audit.
    pub fn into_probe(self) -> P {
        self.probe
    }
}

/// The stable name of an instance.
fn name_of(model: &Model, node: NodeIx, index: u32) -> u64 {
    crate::base::mix(model.nodes[node.0 as usize].name, u64::from(index))
}

impl Node {
    /// Does it do anything before it hears of others?
    fn wants_start(&self) -> bool {
        match self {
            Self::Client(_) => true,
            Self::Server(server) => server.wants_start(),
            Self::Cache(cache) => cache.is_warm(),
            Self::Registry(registry) => registry.has_members(),
            Self::Database(_) | Self::Quorum(_) | Self::Queue(_) | Self::Log(_) => false,
        }
    }

    fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        match self {
            Self::Client(client) => client.start(env),
            Self::Server(server) => server.start(env),
            Self::Cache(cache) => cache.start(env),
            Self::Registry(registry) => registry.start(env),
            Self::Database(_) | Self::Quorum(_) | Self::Queue(_) | Self::Log(_) => {}
        }
    }

    #[expect(clippy::inline_always, reason = "called in one place, for every message")]
    #[inline(always)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        // Most messages go to servers.
        if let Self::Server(server) = self {
            return server.receive(message, env);
        }
        match self {
            Self::Client(client) => client.receive(message, env),
            Self::Server(server) => server.receive(message, env),
            Self::Database(database) => database.receive(message, env),
            Self::Cache(cache) => cache.receive(message, env),
            Self::Quorum(quorum) => quorum.receive(message, env),
            Self::Queue(queue) => queue.receive(message, env),
            Self::Log(log) => log.receive(message, env),
            Self::Registry(registry) => registry.receive(message, env),
        }
    }

    /// Says whether anybody waited for it.
    #[inline(never)]
    fn other_timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) -> bool {
        if self.is_stale(timer, env.now(), env.incarnation()) {
            return false;
        }
        match timer {
            Timer::Fault(edge) => self.edge(edge, env),
            Timer::Start => self.start(env),
            _ if env.place.down => {}
            timer => self.timer(timer, env),
        }
        true
    }

    fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        match self {
            Self::Client(client) => client.timer(timer, env),
            Self::Server(server) => server.timer(timer, env),
            Self::Database(database) => database.timer(timer, env),
            Self::Cache(cache) => cache.timer(timer, env),
            Self::Quorum(quorum) => quorum.timer(timer, env),
            Self::Queue(queue) => queue.timer(timer, env),
            Self::Log(log) => log.timer(timer, env),
            Self::Registry(registry) => registry.timer(timer, env),
        }
    }

    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        match self {
            Self::Client(_) => unreachable!("the scenario layer admits no crash of customers"),
            Self::Server(server) => server.crash(host, env),
            Self::Database(database) => database.crash(host, env),
            Self::Cache(cache) => cache.crash(host, env),
            Self::Quorum(quorum) => quorum.crash(host, env),
            Self::Queue(queue) => queue.crash(host, env),
            Self::Log(log) => log.crash(host, env),
            Self::Registry(registry) => registry.crash(),
        }
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        match self {
            Self::Client(_) => {}
            Self::Server(server) => server.resume(env),
            Self::Database(database) => database.resume(env),
            Self::Cache(cache) => cache.resume(env),
            Self::Quorum(_) | Self::Registry(_) => {}
            Self::Queue(queue) => queue.resume(env),
            Self::Log(log) => log.resume(env),
        }
    }

    fn freeze<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Self::Server(server) = self else {
            unreachable!("the scenario layer lets only services freeze")
        };
        server.freeze(env);
    }

    fn leave<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Self::Server(server) = self else {
            unreachable!("the scenario layer lets only services and gateways be shut down")
        };
        server.retire(env);
    }

    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        match self {
            Self::Client(_) => {}
            Self::Server(server) => server.start(env),
            Self::Cache(cache) => cache.restart(env),
            Self::Database(database) => database.restart(env),
            Self::Quorum(_) => {}
            Self::Queue(queue) => queue.restart(env),
            Self::Log(log) => log.restart(env),
            Self::Registry(registry) => registry.restart(env),
        }
    }
}

impl Node {
    /// Does nobody wait for this timer any more, if this is its instance's start of that number?
    fn is_stale(&self, timer: Timer, due: Time, incarnation: u32) -> bool {
        match self {
            _ if matches!(timer, Timer::Fault(_) | Timer::Start) => false,
            Self::Client(client) => client.is_stale(timer, due),
            Self::Server(server) => server.is_stale(timer, due, incarnation),
            Self::Database(database) => database.is_stale(timer),
            Self::Cache(cache) => cache.is_stale(timer, due),
            Self::Quorum(quorum) => quorum.is_stale(timer, due),
            Self::Queue(queue) => queue.is_stale(timer),
            Self::Log(log) => log.is_stale(timer),
            Self::Registry(registry) => registry.is_stale(timer),
        }
    }
}

/// What the commonest events are about, for when so much waits that memory is slow.
impl Node {
    /// Lets the task be fetched that a timer is about.
    fn prefetch(&self, timer: Timer) {
        match (self, timer) {
            (Self::Server(server), Timer::Worked(task)) => server.prefetch(task),
            (Self::Database(database), Timer::Committed(task)) => database.prefetch(task),
            _ => {}
        }
    }

    /// The operation that a timer is about, if it is one of those.
    fn op(&self, timer: Timer) -> OpId {
        match (self, timer) {
            (Self::Server(server), Timer::Worked(task)) => server.op(task),
            (Self::Database(database), Timer::Committed(task)) => database.op(task),
            _ => OpId::NONE,
        }
    }

    /// Lets a call be fetched that is answered.
    fn prefetch_call(&self, call: Handle) {
        match self {
            Self::Server(server) => server.prefetch_call(call),
            Self::Client(client) => client.prefetch_call(call),
            _ => {}
        }
    }

    /// Lets be fetched who waits for this call.
    fn prefetch_waiter(&self, call: Handle) {
        match self {
            Self::Server(server) => server.prefetch_waiter(call),
            Self::Client(client) => client.prefetch_waiter(call),
            _ => {}
        }
    }
}

impl Node {
    /// A fault begins or ends here. Crashes overlap: the instance is down while any covers it.
    #[cold]
    fn edge<P: Probe>(&mut self, edge: Edge, env: &mut Env<'_, '_, P>) {
        let is_down = env.place.down;
        match edge {
            Edge::Down { host } => {
                if !is_down {
                    env.place.down = true;
                    env.fact(Fact::Down);
                    self.crash(host, env);
                }
            }
            Edge::Up => {
                // Two crashes may end at one instant: it starts once.
                if is_down && env.model.faults.down(env.now(), env.me()).is_none() {
                    env.place.down = false;
                    env.place.incarnation += 1;
                    env.fact(Fact::Up);
                    self.restart(env);
                }
            }
            Edge::Freeze if !is_down => self.freeze(env),
            Edge::Resume if !is_down => self.resume(env),
            Edge::Leave if !is_down => self.leave(env),
            Edge::Freeze | Edge::Resume | Edge::Leave => {}
        }
    }
}

/// What comes to an instance that is down: the operating system of a dead process refuses the
/// connection, a dead machine is silent.
#[cold]
fn refuse<P: Probe>(message: &Message, env: &mut Env<'_, '_, P>) {
    let is_silent = env.model.faults.down(env.now(), env.me()) == Some(true);
    let crashed = Answer::Failed(Reason::Crashed);
    match message.body {
        Body::Request { call, .. } | Body::Publish { call, .. }
            if !is_silent && call != Handle::NONE =>
        {
            env.send(message.from, &message.op, Body::Answer { call, verdict: crashed });
        }
        Body::Deliver { .. } => env.send_gone(message.from, is_silent),
        Body::Probe { round } if !is_silent => {
            env.send(message.from, &Op::NONE, Body::Probed { round, ready: false });
        }
        _ => {}
    }
    env.fact(Fact::Dropped { op: message.op.id, why: Some(Reason::Crashed) });
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
        let (node, mut env) = self.at(at, ctx);
        if env.place.down {
            return refuse(message, &mut env);
        }
        node.receive(message, &mut env);
    }

    #[expect(clippy::inline_always, reason = "called in the run loop, for every timer")]
    #[inline(always)]
    fn timer(&mut self, at: &mut Instance, timer: Timer, ctx: Context<'_, Message, Timer>) -> bool {
        let (node, mut env) = self.at(at, ctx);
        // Most timers are the end of some work, or an arrival. What is down has no tasks.
        match (timer, &mut *node) {
            (Timer::Worked(task), Node::Server(server)) => server.worked(task, &mut env),
            (Timer::Committed(task), Node::Database(database)) => database.commit(task, &mut env),
            (Timer::Arrival, Node::Client(client)) => {
                client.arrival(&mut env);
                true
            }
            _ => node.other_timer(timer, &mut env),
        }
    }

    fn is_stale(&self, at: &Instance, timer: Timer, due: Time) -> bool {
        at.node.is_stale(timer, due, at.place.incarnation)
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

    /// Customers on their way and tasks at work or waiting.
    fn held(&self, at: &Instance) -> usize {
        match &at.node {
            Node::Client(client) => client.held(),
            Node::Server(server) => server.held(),
            Node::Database(database) => database.held(),
            Node::Cache(cache) => cache.held(),
            Node::Quorum(quorum) => quorum.held(),
            Node::Queue(_) | Node::Log(_) | Node::Registry(_) => 0,
        }
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
