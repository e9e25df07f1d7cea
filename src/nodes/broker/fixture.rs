//! A broker between a dumb publisher and dumb consumers that do what a test tells them, for tests.
//! Every message takes 1 ms, storing takes 2 ms; what a test sends to the broker arrives at once.
//!
//! ```text
//! publisher ──▶ broker ──▶ consumer (3 instances), auditor (1 instance)
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{Dist, Span, Stream, Time};
use crate::engine::{Class, Ctx, Event, InstanceId, LaneId, Simulation, World};
use crate::faults::Faults;
use crate::model::network::{LinkModel, NetworkModel, Way};
use crate::model::program::{Channel, EntryIx, Programs, PubIx, Publication, Subscriber};
use crate::model::{EntityIx, InstanceModel, Model, NodeIx, NodeModel};
use crate::nodes::env::Place;
use crate::nodes::message::{Answer, Body, Edge, Item, Message, Op, Seen, Timer};
use crate::nodes::parts::slab::{Handle, Slab};
use crate::nodes::{Behaviour, Env, Node};
use crate::probes::{Fact, KeyId, OpId, Probe, Reason};
use crate::scenario::tree;

const BROKER: NodeIx = NodeIx(1);
const CONSUMER: NodeIx = NodeIx(2);
/// The broker, by its instance.
pub(in crate::nodes) const AT_BROKER: u32 = 1;
/// The consumers' instances.
pub(in crate::nodes) const AT_CONSUMERS: [u32; 3] = [2, 3, 4];
/// The one instance of the second subscriber.
pub(in crate::nodes) const AT_AUDITOR: u32 = 0;
const AT_PUBLISHER: u32 = 5;

/// To the consumer alone.
pub(in crate::nodes) const TO_ONE: PubIx = PubIx(0);
/// To consumer and auditor.
pub(in crate::nodes) const TO_BOTH: PubIx = PubIx(1);
/// To nobody.
pub(in crate::nodes) const TO_NOBODY: PubIx = PubIx(2);
/// An invalidation for the consumer's caches.
pub(in crate::nodes) const TO_CACHES: PubIx = PubIx(3);

/// A queue with this prefetch and delivery limit.
pub(in crate::nodes) fn queue(prefetch: u32, delivery_limit: Option<u32>) -> Bench {
    let kind = tree::NodeKind::Queue(tree::Queue {
        prefetch,
        persist: Dist::Const(2e6),
        delivery_limit,
        requeue_delay: Span::ZERO,
    });
    let model = model(&kind);
    Bench::new(model)
}

/// A log with these partitions, a session timeout of 100 ms and heartbeats every 30 ms.
pub(in crate::nodes) fn log(partitions: u32, static_members: bool) -> Bench {
    log_that(partitions, static_members, |_| {})
}

/// The same with other settings beside.
pub(in crate::nodes) fn log_that(
    partitions: u32,
    static_members: bool,
    differs: impl FnOnce(&mut tree::Log),
) -> Bench {
    let mut settings = tree::Log {
        partitions,
        append: Dist::Const(2e6),
        lag: None,
        acks: tree::Acks::All,
        linger: Span::ZERO,
        batch: None,
        auto_commit: None,
        session_timeout: ms(100),
        heartbeat: ms(30),
        static_members,
        retry_delay: Span::ZERO,
    };
    differs(&mut settings);
    let model = model(&tree::NodeKind::Log(settings));
    Bench::new(model)
}

/// A delivery that a consumer got.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::nodes) struct Got {
    pub(in crate::nodes) at_ms: u64,
    pub(in crate::nodes) to: u32,
    pub(in crate::nodes) op: u64,
    pub(in crate::nodes) redelivered: bool,
    pub(in crate::nodes) receipt: Handle,
}

/// What the ledger will make of the facts: nothing may act out of nothing.
#[derive(Clone, Debug, Default)]
pub(in crate::nodes) struct Books {
    /// Per operation: things that can still act for it.
    pub(in crate::nodes) alive: BTreeMap<OpId, i64>,
    /// What was lost, in order.
    pub(in crate::nodes) lost: Vec<(u64, Reason)>,
    pub(in crate::nodes) arrived: u64,
    pub(in crate::nodes) waiting: i64,
    pub(in crate::nodes) busy: i64,
    pub(in crate::nodes) redelivered: u64,
}

impl Probe for Books {
    fn see(&mut self, _: Time, _: InstanceId, fact: Fact) {
        match fact {
            Fact::Message { op, .. } | Fact::Carried { op } if op.is_some() => {
                *self.alive.entry(op).or_default() += 1;
            }
            Fact::Dropped { op, why } => {
                let alive = self.alive.get_mut(&op).expect("something was alive");
                *alive -= 1;
                assert!(*alive >= 0, "{op:?}: more went than came");
                self.lost.extend(why.map(|why| (op.0, why)));
            }
            Fact::Arrived { .. } => self.arrived += 1,
            Fact::Waits { .. } => self.waiting += 1,
            Fact::LeftQueue { .. } => self.waiting -= 1,
            Fact::Began { queued, .. } => {
                self.waiting -= i64::from(queued);
                self.busy += 1;
            }
            Fact::Freed { .. } => self.busy -= 1,
            Fact::Redelivered { .. } => self.redelivered += 1,
            _ => {}
        }
        assert!(self.waiting >= 0 && self.busy >= 0, "{fact:?}");
    }
}

#[derive(Clone, Debug)]
struct Table {
    model: Arc<Model>,
    broker: Node,
    probe: Books,
    place: Place,
    is_down: [bool; 6],
    starts: [u32; 6],
    got: Vec<Got>,
    answers: Vec<(u64, u64, Answer)>,
    invalidated: Vec<u32>,
}

impl Table {
    fn handle(&mut self, at: InstanceId, event: Happening, ctx: Ctx<'_, Self>) {
        let model = Arc::clone(&self.model);
        let (down, starts) = (&mut self.is_down[at.0 as usize], &mut self.starts[at.0 as usize]);
        (self.place.node, self.place.incarnation) = (model.node_of(at), *starts);
        let mut env = Env::new(&model, ctx, &mut self.probe, &mut self.place);
        let env = &mut env;
        if let Event::Timer(Timer::Fault(edge)) = event {
            *down = matches!(edge, Edge::Down { .. });
            *starts += u32::from(edge == Edge::Up);
            match (at.0, edge) {
                (AT_BROKER, Edge::Down { host }) => self.broker.crash(host, env),
                (AT_BROKER, _) => self.broker.restart(env),
                (_, Edge::Down { host: false }) => reset(env),
                (_, Edge::Down { host: true }) => {}
                _ => {
                    let incarnation = *starts;
                    env.send(InstanceId(AT_BROKER), &Op::NONE, Body::Join { incarnation });
                }
            }
        } else if at.0 == AT_BROKER {
            match event {
                Event::Message(message) if *down => lose(message, env),
                Event::Timer(_) if *down => {}
                Event::Message(message) => self.broker.receive(&message, env),
                Event::Timer(timer) => self.broker.timer(timer, env),
            }
        } else if let Event::Message(message) = event {
            lose(message, env);
            let at_ms = env.now().0 / 1_000_000;
            match message.body {
                Body::Deliver { .. } if *down => reset(env),
                Body::Deliver { receipt, redelivered, .. } => {
                    let (to, op) = (at.0, message.op.id.0);
                    self.got.push(Got { at_ms, to, op, redelivered, receipt });
                }
                Body::Answer { verdict, .. } => {
                    self.answers.push((at_ms, message.op.id.0, verdict));
                }
                Body::Invalidate { .. } => self.invalidated.push(at.0),
                _ => {}
            }
        }
    }
}

impl World for Table {
    type Instance = InstanceId;
    type Message = Message;
    type Timer = Timer;

    fn receive(&mut self, at: &mut InstanceId, message: &Message, ctx: Ctx<'_, Self>) {
        self.handle(*at, Event::Message(*message), ctx);
    }

    fn timer(&mut self, at: &mut InstanceId, timer: Timer, ctx: Ctx<'_, Self>) -> bool {
        let handled = !self.is_stale(at, timer, ctx.now());
        if handled {
            self.handle(*at, Event::Timer(timer), ctx);
        }
        handled
    }

    fn is_stale(&self, at: &InstanceId, timer: Timer, due: Time) -> bool {
        at.0 == AT_BROKER && self.broker.is_stale(timer, due, self.starts[at.0 as usize])
    }

    fn fingerprint(&self, _: Event<&Message, Timer>) -> u64 {
        0
    }
}

type Happening = Event<Message, Timer>;

/// The operating system says that the connections are gone.
fn reset(env: &mut Env<'_, '_, Books>) {
    let incarnation = env.incarnation();
    env.send(InstanceId(AT_BROKER), &Op::NONE, Body::Gone { incarnation });
}

fn lose(message: Message, env: &mut Env<'_, '_, Books>) {
    if message.op.id.is_some() {
        env.fact(Fact::Dropped { op: message.op.id, why: None });
    }
}

/// The table with the broker on it, and what a test can do to it.
#[derive(Clone, Debug)]
pub(in crate::nodes) struct Bench {
    simulation: Simulation<Table>,
    now: Time,
}

impl Bench {
    fn new(model: Model) -> Self {
        let table = Table {
            place: Place::new(&model, NodeIx(0), Stream::new(1, "network", "test", 0)),
            broker: Node::new(&model, InstanceId(AT_BROKER)),
            model: Arc::new(model),
            probe: Books::default(),
            is_down: [false; 6],
            starts: [0; 6],
            got: Vec::new(),
            answers: Vec::new(),
            invalidated: Vec::new(),
        };
        let instances = (0..6).map(|at| (u64::from(at), InstanceId(at)));
        Self { simulation: Simulation::new(table, instances, &[ms(1)]), now: Time::ZERO }
    }

    /// Lets time pass until so many milliseconds after the start.
    pub(in crate::nodes) fn run_to(&mut self, at_ms: u64) {
        self.now = Time(at_ms * 1_000_000);
        self.simulation.run_until(self.now);
    }

    /// Lets so many milliseconds pass.
    pub(in crate::nodes) fn run_for(&mut self, span_ms: u64) {
        self.run_to(self.now.0 / 1_000_000 + span_ms);
    }

    /// Whether something is still to happen.
    pub(in crate::nodes) fn pending(&self) -> usize {
        self.simulation.pending().0
    }

    /// Publishes what operation `op` did to the item of its number, and wants a confirm.
    pub(in crate::nodes) fn publish(&mut self, op: u64, publication: PubIx) {
        let item = Item { entity: EntityIx(0), key: KeyId(op), seen: Seen::default() };
        self.publish_item(op, publication, item);
    }

    /// The same for a given item.
    pub(in crate::nodes) fn publish_item(&mut self, op: u64, publication: PubIx, item: Item) {
        let call = Slab::default().insert(op);
        self.send(AT_PUBLISHER, op, Body::Publish { call, publication, item });
    }

    /// Acknowledges deliveries.
    pub(in crate::nodes) fn ack(&mut self, deliveries: &[Got]) {
        for got in deliveries {
            self.send(got.to, got.op, Body::Ack { receipt: got.receipt });
        }
    }

    /// Returns deliveries.
    pub(in crate::nodes) fn nack(&mut self, deliveries: &[Got]) {
        for got in deliveries {
            self.send(got.to, got.op, Body::Nack { receipt: got.receipt });
        }
    }

    /// A start of an instance commits what it has handled.
    pub(in crate::nodes) fn commit(&mut self, from: u32, incarnation: u32) {
        self.send(from, OpId::NONE.0, Body::Commit { incarnation });
    }

    /// All instances commit, if the broker keeps offsets.
    fn commit_everywhere(&mut self) {
        let world = self.simulation.world();
        let (starts, is_log) = (world.starts, matches!(world.broker, Node::Log(_)));
        for (at, starts) in (0..5).zip(starts).filter(|(at, _)| is_log && *at != AT_BROKER) {
            self.commit(at, starts);
        }
    }

    /// An instance says that it lives.
    pub(in crate::nodes) fn heartbeat(&mut self, from: u32) {
        self.send(from, OpId::NONE.0, Body::Heartbeat);
    }

    /// The connections of this start of an instance are gone.
    pub(in crate::nodes) fn gone(&mut self, from: u32, incarnation: u32) {
        self.send(from, OpId::NONE.0, Body::Gone { incarnation });
    }

    /// An instance's process, or its whole host, goes.
    pub(in crate::nodes) fn down(&mut self, at: u32, host: bool) {
        self.happen(at, Edge::Down { host });
    }

    /// It comes back.
    pub(in crate::nodes) fn up(&mut self, at: u32) {
        self.happen(at, Edge::Up);
    }

    /// What was delivered since this was last asked.
    pub(in crate::nodes) fn deliveries(&mut self) -> Vec<Got> {
        std::mem::take(&mut self.simulation.world_mut().got)
    }

    /// (ms, operation, verdict) of the confirms since this was last asked.
    pub(in crate::nodes) fn answers(&mut self) -> Vec<(u64, u64, Answer)> {
        std::mem::take(&mut self.simulation.world_mut().answers)
    }

    /// Who was told to forget an item.
    pub(in crate::nodes) fn invalidated(&self) -> &[u32] {
        &self.simulation.world().invalidated
    }

    /// Is this instance down?
    pub(in crate::nodes) fn is_down(&self, at: u32) -> bool {
        self.simulation.world().is_down[at as usize]
    }

    /// The books.
    pub(in crate::nodes) fn books(&self) -> &Books {
        &self.simulation.world().probe
    }

    /// Things that can still act for an operation.
    pub(in crate::nodes) fn alive(&self, op: u64) -> i64 {
        self.books().alive.get(&OpId(op)).copied().unwrap_or(0)
    }

    fn happen(&mut self, at: u32, edge: Edge) {
        self.simulation.schedule(InstanceId(at), self.now, Class::Fault, Timer::Fault(edge));
        self.simulation.run_until(self.now);
    }

    fn send(&mut self, from: u32, op: u64, body: Body) {
        let message = Message { op: Op { id: OpId(op), ..Op::NONE }, from: InstanceId(from), body };
        let sent = Fact::Message { op: OpId(op), to: BROKER, carrier: body.carrier(), leg: None };
        self.simulation.world_mut().probe.see(self.now, InstanceId(from), sent);
        self.simulation.post(InstanceId(AT_BROKER), self.now, message);
        self.simulation.run_until(self.now);
    }
}

/// Does what the script says, then brings everybody back and acknowledges until all is quiet.
/// Says which confirmed operations were never delivered, and of which something is left.
pub(in crate::nodes) fn play(mut bench: Bench, script: &[(u8, u32, u64)]) -> Result<(), String> {
    let (mut next, mut seen, mut confirmed) = (0, Vec::new(), Vec::new());
    let mut held: Vec<Got> = Vec::new();
    for (action, at, pause) in script {
        let at = [AT_BROKER, AT_CONSUMERS[0], AT_CONSUMERS[1], AT_AUDITOR][*at as usize];
        match action {
            0..3 => {
                bench.publish(next, if next % 2 == 0 { TO_ONE } else { TO_BOTH });
                next += 1;
            }
            3 if !held.is_empty() => bench.ack(&[held.remove(0)]),
            4 if !held.is_empty() => bench.nack(&[held.remove(held.len() / 2)]),
            5 if !bench.is_down(at) => bench.down(at, pause % 2 == 0),
            6 if bench.is_down(at) => bench.up(at),
            _ => {}
        }
        bench.run_for(*pause);
        held.extend(bench.deliveries());
        confirmed.extend(bench.answers());
        seen.extend(held.iter().map(|got| got.op));
    }
    let down: Vec<u32> = (0..5).filter(|at| bench.is_down(*at)).collect();
    for at in down {
        bench.up(at);
    }
    for _ in 0..100 {
        bench.run_for(10);
        (0..5).filter(|at| *at != AT_BROKER).for_each(|at| bench.heartbeat(at));
        held.extend(bench.deliveries());
        confirmed.extend(bench.answers());
        seen.extend(held.iter().map(|got| got.op));
        bench.ack(&std::mem::take(&mut held));
        bench.commit_everywhere();
    }
    bench.run_for(200);
    let missing =
        confirmed.iter().filter(|answer| answer.2 == Answer::Done && !seen.contains(&answer.1));
    if let Some(missing) = missing.min_by_key(|answer| answer.1) {
        return Err(format!("{missing:?} was never delivered"));
    }
    if let Some(left) = (0..next).find(|op| bench.alive(*op) != 0) {
        return Err(format!("operation {left} is not over: {}", bench.alive(left)));
    }
    let (waiting, busy) = (bench.books().waiting, bench.books().busy);
    if (waiting, busy, bench.pending()) == (0, 0, 0) {
        Ok(())
    } else {
        Err(format!("{waiting} wait, {busy} are out, {} are pending", bench.pending()))
    }
}

fn ms(count: u64) -> Span {
    Span(count * 1_000_000)
}

/// Nodes and instances in the order of names; all are of the broker's kind, for nobody asks.
fn model(kind: &tree::NodeKind) -> Model {
    let nodes = [("auditor", 1), ("broker", 1), ("consumer", 3), ("publisher", 1)];
    let (mut models, mut instances) = (Vec::new(), Vec::new());
    for (node, (_, count)) in (0..).zip(nodes) {
        let first = InstanceId(instances.len() as u32);
        models.push(NodeModel { first, count, name: u64::from(node), terms: kind.terms() });
        instances.extend((0..count).map(|index| InstanceModel { node: NodeIx(node), index }));
    }
    let named = |(name, _): &(&str, u32)| tree::Node { name: (*name).into(), kind: kind.clone() };
    Model {
        scenario: Arc::new(scenario(nodes.iter().map(named).collect())),
        design: 0,
        nodes: models,
        instances,
        entities: Vec::new(),
        flows: Vec::new(),
        effects: Vec::new(),
        client_policy: None,
        directory: crate::model::directory::Directory::default(),
        programs: programs(),
        network: NetworkModel::new(
            4,
            LinkModel::Constant(Way { lane: LaneId(0), delay: ms(1) }),
            Vec::new(),
        ),
        faults: Faults::default(),
        lanes: vec![ms(1)],
        seed: 1,
    }
}

fn scenario(nodes: Vec<tree::Node>) -> tree::Scenario {
    tree::Scenario {
        policies: Vec::new(),
        name: "brokers".into(),
        about: String::new(),
        run: tree::Run {
            length: Span::from_secs(1.0),
            warmup: Span::ZERO,
            drain: Span::from_secs(60.0),
            max_in_flight: 1000,
            seed: 1,
        },
        knobs: Vec::new(),
        nodes,
        network: tree::Network { latency: Dist::Const(1e6), links: Vec::new() },
        entities: Vec::new(),
        sums: Vec::new(),
        flows: Vec::new(),
        designs: Vec::new(),
        faults: Vec::new(),
        measures: Vec::new(),
        expect: Vec::new(),
    }
}

/// The first channel is another broker's.
fn programs() -> Programs {
    let channel = |broker, consumer| Channel { broker, consumer, producer: None };
    let to_consumer = Subscriber { channel: 1, entry: EntryIx(0) };
    let to_auditor = Subscriber { channel: 2, entry: EntryIx(1) };
    let publication = |subscribers: &[Subscriber], caches: &[NodeIx]| Publication {
        broker: BROKER,
        label: String::new(),
        subscribers: subscribers.to_vec(),
        caches: caches.to_vec(),
    };
    Programs {
        publications: vec![
            publication(&[to_consumer], &[]),
            publication(&[to_consumer, to_auditor], &[]),
            publication(&[], &[]),
            publication(&[], &[CONSUMER]),
        ],
        channels: vec![
            channel(NodeIx(3), CONSUMER),
            channel(BROKER, CONSUMER),
            channel(BROKER, NodeIx(0)),
        ],
        ..Programs::default()
    }
}
