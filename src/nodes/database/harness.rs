//! A world for tests: one database, somebody who asks it and a broker that is told how to behave.
//! Scripted requests arrive at the database at exact instants; a hop takes [`HOP`].

use std::sync::Arc;

use crate::base::chance::Popularity;
use crate::base::{Dist, Span, Stream, Time, mix};
use crate::engine::{Class, Ctx, Event, InstanceId, LaneId, Simulation, Stop, World};
use crate::faults::{Edge, Faults};
use crate::model::network::{LinkModel, NetworkModel, Way};
use crate::model::program::{Act, Entry, EntryIx, Programs, PubIx, Publication, Txn, TxnIx};
use crate::model::{EntityModel, InstanceModel, Model, NodeIx, NodeModel};
use crate::nodes::behaviour::{Behaviour, own};
use crate::nodes::broker::Frame;
use crate::nodes::database::Database;
use crate::nodes::env::{Env, Place};
use crate::nodes::message::{Answer, Body, Cancellable, Due as _, Item, Message, Op, Seen, Timer};
use crate::nodes::parts::demand::draws;
use crate::nodes::parts::slab::Handle;
use crate::nodes::world::Fated;
use crate::probes::{Fact, KeyId, OpId, Probe, Reason};
use crate::scenario::tree::{self, EntityIx, Fault, FlowIx, NodeKind, Scenario};

pub(super) const HOP: u64 = 10;
/// What a read and a written key cost.
pub(super) const READ: u64 = 1_000;
pub(super) const WRITE: u64 = 2_000;

pub(super) const APP: InstanceId = InstanceId(0);
pub(super) const DB: InstanceId = InstanceId(1);

/// Created by operations; its preloaded items start at 0.
pub(super) const ORDER: EntityIx = EntityIx(0);
/// Four items of 10, floor 0.
pub(super) const STOCK: EntityIx = EntityIx(1);

/// How the broker takes publications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broker {
    Confirms,
    Fails,
    IsSilent,
}

/// A test's set-up and script.
#[derive(Clone, Debug)]
pub(super) struct Bench {
    pub txns: Vec<Txn>,
    pub connections: u32,
    pub room: Option<u32>,
    pub read: Dist,
    pub faults: Vec<Fault>,
    pub relay: tree::Relaying,
    pub linger: Span,
    pub batch: Option<u32>,
    /// From when on the broker behaves how.
    pub broker: Vec<(u64, Broker)>,
    script: Vec<(u64, Happening)>,
}

type Happening = Event<Message, Timer>;

/// The operation of this number.
pub(super) fn op(number: u64) -> Op {
    let id = OpId::new(0, number);
    Op { id, word: mix(9, number), flow: FlowIx(0), session: number as u32, ..Op::NONE }
}

impl Bench {
    pub(super) fn new(txns: Vec<Txn>) -> Self {
        Self {
            txns,
            connections: 100,
            room: None,
            read: Dist::Const(READ as f64),
            faults: vec![],
            relay: tree::Relaying::Tailing,
            linger: Span::ZERO,
            batch: None,
            broker: vec![(0, Broker::Confirms)],
            script: vec![],
        }
    }

    /// A request for transaction `txn` arrives.
    pub(super) fn ask(mut self, time: u64, op: Op, txn: u32) -> Self {
        let asked = &self.txns[txn as usize];
        let body = Body::Request {
            call: Handle::NONE,
            entry: EntryIx(txn),
            cancel: Cancellable::Never,
            demand: draws(&self.read, asked.name, &op, 0..asked.reads.len() as u64),
        };
        self.script.push((time, Event::Message(Message { op, from: APP, body })));
        self
    }

    /// The database's process or host is gone for a while.
    pub(super) fn crash(mut self, from: u64, to: u64, host: bool) -> Self {
        self.script.push((from, Event::Timer(Fated::Edge(Edge::Down { host }).into())));
        self.script.push((to, Event::Timer(Fated::Edge(Edge::Up).into())));
        self
    }

    pub(super) fn resume(mut self, time: u64) -> Self {
        self.script.push((time, Event::Timer(Fated::Edge(Edge::Resume).into())));
        self
    }

    /// Runs until nothing is pending.
    pub(super) fn run(self) -> Town {
        let script = self.script.clone();
        let asked = script.iter().filter_map(|(_, event)| match event {
            Event::Message(message) => Some(message.op.id),
            Event::Timer(_) => None,
        });
        let asked = asked.collect();
        let model = self.model();
        let db = Database::new(&model, DB);
        let town = Town {
            db,
            is_down: false,
            place: Place::new(&model, NodeIx(0), Stream::new(1, "network", "test", 0)),
            probe: Facts::default(),
            asked,
            answers: vec![],
            published: vec![],
            broker: self.broker,
            model,
        };
        let mut simulation = Simulation::new(town, [1, 2, 3].map(|name| (name, ())), &[Span(HOP)]);
        for (time, event) in script {
            match event {
                Event::Message(message) => simulation.post(DB, Time(time), message),
                Event::Timer(edge) => simulation.schedule(DB, Time(time), Class::Fault, edge),
            }
        }
        assert_eq!(simulation.run_until(Time(u64::MAX)), Stop::Idle);
        simulation.into_world()
    }

    pub(super) fn model(&self) -> Model {
        let scenario = self.scenario();
        let instance = |node| InstanceModel { node: NodeIx(node), index: 0 };
        let node = |(first, node): (u32, &tree::Node)| NodeModel {
            first: InstanceId(first),
            count: 1,
            name: u64::from(first),
            terms: node.kind.terms(),
            is_freezable: false,
        };
        let nodes: Vec<NodeModel> = (0..).zip(&scenario.nodes).map(node).collect();
        let publication = |label: &str| Publication {
            broker: NodeIx(2),
            label: label.to_owned(),
            subscribers: vec![],
            missed: 0,
            caches: vec![],
        };
        let entry = |txn| Entry {
            node: NodeIx(1),
            label: String::new(),
            sees_item: false,
            keyed: false,
            best_effort: false,
            act: Act::Transact(TxnIx(txn)),
        };
        let mut programs = Programs {
            entries: (0..self.txns.len() as u32).map(entry).collect(),
            transactions: self.txns.clone(),
            publications: vec![publication("done"), publication("refused")],
            ..Programs::default()
        };
        programs.make_ready(&scenario, &nodes);
        Model {
            design: 0,
            faults: Faults::draw(&scenario, &[0, 1, 2].map(NodeIx), 1),
            nodes,
            instances: (0..3).map(instance).collect(),
            entities: [(1, 0), (4, 10)]
                .map(|(keys, start)| EntityModel {
                    owner: NodeIx(0),
                    popularity: Popularity::uniform(keys),
                    keys,
                    start,
                    floor: 0,
                })
                .to_vec(),
            flows: vec![],
            effects: vec![],
            client_policy: None,
            directory: crate::model::directory::Directory::default(),
            programs,
            network: NetworkModel::new(
                3,
                LinkModel::Constant(Way { lane: LaneId(0), delay: Span(HOP) }),
                Vec::new(),
            ),
            lanes: vec![Span(HOP)],
            seed: 1,
            scenario: Arc::new(scenario),
        }
    }

    fn scenario(&self) -> Scenario {
        let node = |name: &str, kind| tree::Node { name: name.to_owned(), kind };
        let queue = tree::RabbitMq {
            prefetch: 1,
            persist: Dist::Const(0.0),
            delivery_limit: None,
            requeue_delay: Span::ZERO,
            heartbeat: Span(60_000_000_000),
            ..tree::RabbitMq::plain()
        };
        let log = tree::Kafka {
            partitions: 1,
            append: Dist::Const(0.0),
            lag: None,
            acks: tree::Acks::All,
            linger: self.linger,
            batch: self.batch,
            auto_commit: None,
            session_timeout: Span(2),
            heartbeat: Span(1),
            max_poll_interval: Span(300_000_000_000),
            static_members: false,
            retry_delay: Span(1),
            cluster: None,
        };
        let design = tree::Design {
            name: "events".to_owned(),
            preset: tree::Preset::Events,
            broker: Some(NodeIx(2)),
            outbox: true,
            relay: self.relay,
            dedup: true,
            cache: None,
            except: vec![],
        };
        let database = tree::Database {
            connections: self.connections,
            room: self.room,
            read: self.read.clone(),
            write: Dist::Const(WRITE as f64),
            lock_timeout: None,
            followers: None,
            policy: None,
        };
        Scenario {
            policies: vec![],
            name: String::new(),
            about: String::new(),
            run: tree::Run {
                length: Span(1 << 50),
                warmup: Span::ZERO,
                drain: Span::ZERO,
                max_in_flight: 1,
                seed: 1,
            },
            knobs: vec![],
            nodes: vec![
                node("app", NodeKind::RabbitMq(queue)),
                node("db", NodeKind::Database(database)),
                node("log", NodeKind::Kafka(log)),
            ],
            network: tree::Network { latency: Dist::Const(0.0), links: vec![] },
            entities: vec![],
            sums: vec![],
            flows: vec![],
            designs: vec![design],
            faults: self.faults.clone(),
            changes: vec![],
            measures: vec![],
            expect: vec![],
        }
    }
}

/// All facts.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(pub Vec<(Time, Fact)>);

impl Probe for Facts {
    fn see(&mut self, now: Time, _: InstanceId, fact: Fact) {
        self.0.push((now, fact));
    }
}

/// An answer as the asker got it.
pub(super) type Answered = (u64, u64, Answer, Op);

/// The world.
#[derive(Clone, Debug)]
pub(super) struct Town {
    pub model: Model,
    pub db: Database,
    pub is_down: bool,
    place: Place,
    probe: Facts,
    /// The operations of all requests, in order of the script.
    asked: Vec<OpId>,
    /// When the database sent it, the operation's number, what it says.
    pub answers: Vec<Answered>,
    /// When the broker got it, the operation's number, what it is about.
    pub published: Vec<(u64, u64, PubIx, Item)>,
    broker: Vec<(u64, Broker)>,
}

impl World for Town {
    type Instance = ();
    type Message = Message;
    type Timer = Timer;

    fn receive(&mut self, (): &mut (), message: &Message, ctx: Ctx<'_, Self>) {
        self.handle(ctx.me(), Event::Message(*message), ctx);
    }

    fn timer(&mut self, (): &mut (), timer: Timer, ctx: Ctx<'_, Self>) -> bool {
        let handled = !self.is_stale(&(), timer, ctx.now());
        if handled {
            self.handle(ctx.me(), Event::Timer(timer), ctx);
        }
        handled
    }

    fn is_stale(&self, (): &(), timer: Timer, due: Time) -> bool {
        Fated::of(timer).is_none() && self.db.is_stale(own(timer), due, self.place.incarnation)
    }

    fn fingerprint(&self, _: Event<&Message, Timer>) -> u64 {
        0
    }
}

impl Town {
    fn handle(&mut self, at: InstanceId, event: Happening, ctx: Ctx<'_, Self>) {
        self.place.node = self.model.node_of(at);
        let mut env = Env::new(&self.model, ctx, &mut self.probe, &mut self.place);
        let now = env.now().0;
        match event {
            Event::Timer(timer) => match Fated::of(timer) {
                Some(Fated::Edge(Edge::Down { host })) => {
                    self.is_down = true;
                    self.db.crash(host, &mut env);
                }
                Some(Fated::Edge(Edge::Up)) => {
                    self.is_down = false;
                    self.db.restart(&mut env);
                }
                Some(_) => self.db.resume(&mut env),
                None => {
                    let due = own(timer);
                    if self.db.commonest(due, &mut env).is_none() {
                        self.db.timer(due, &mut env);
                    }
                }
            },
            Event::Message(message) if at == DB && self.is_down => {
                env.fact(Fact::Dropped { op: message.op.id, why: Some(Reason::LostMessage) });
            }
            Event::Message(message) if at == DB => self.db.receive(&message, &mut env),
            Event::Message(Message { op, body, .. }) => match body {
                Body::Answer { verdict, .. } => {
                    self.answers.push((now - HOP, op.id.number(), verdict, op));
                    env.fact(Fact::Dropped { op: op.id, why: None });
                }
                Body::Broker(Frame::Publish { call, publication, item, .. }) => {
                    self.published.push((now, op.id.number(), publication, item));
                    let mode = self.broker.iter().rfind(|(from, _)| *from <= now);
                    let verdict = match mode.map(|(_, mode)| *mode) {
                        Some(Broker::Confirms) => Some(Answer::Done),
                        Some(Broker::Fails) => Some(Answer::Failed(Reason::Rejected)),
                        _ => None,
                    };
                    if let Some(verdict) = verdict {
                        env.send(DB, &op, Body::Answer { call, verdict });
                    }
                    env.fact(Fact::Dropped { op: op.id, why: None });
                }
                body => panic!("{body:?}"),
            },
        }
    }

    /// When, to which operation and what was answered.
    pub(super) fn verdicts(&self) -> Vec<(u64, u64, Answer)> {
        self.answers.iter().map(|(time, op, verdict, _)| (*time, *op, *verdict)).collect()
    }

    /// Only what was answered.
    pub(super) fn words(&self) -> Vec<Answer> {
        self.answers.iter().map(|answer| answer.2).collect()
    }

    /// The facts that this picks.
    pub(super) fn facts<T>(&self, pick: impl Fn(&Fact) -> Option<T>) -> Vec<T> {
        self.probe.0.iter().filter_map(|(_, fact)| pick(fact)).collect()
    }

    /// The facts that this picks, with their instants.
    pub(super) fn timed<T>(&self, pick: impl Fn(&Fact) -> Option<T>) -> Vec<(u64, T)> {
        let facts = self.probe.0.iter();
        facts.filter_map(|(time, fact)| pick(fact).map(|what| (time.0, what))).collect()
    }

    /// Items of stock after each change that was applied or undone: (key, version, value).
    pub(super) fn changes(&self) -> Vec<(u64, u64, i64)> {
        self.facts(|fact| match fact {
            Fact::Applied { entity: STOCK, key, version, value, .. }
            | Fact::Undone { entity: STOCK, key, version, value, .. } => {
                Some((key.0, *version, *value))
            }
            _ => None,
        })
    }

    /// What can still act for an operation: nothing, after everything.
    pub(super) fn references(&self, op: OpId) -> i64 {
        let asked = self.asked.iter().filter(|it| **it == op).count() as i64;
        let changes = self.facts(|fact| match fact {
            Fact::Message { op: it, .. } | Fact::Carried { op: it } if *it == op => Some(1),
            Fact::Dropped { op: it, .. } if *it == op => Some(-1),
            _ => None,
        });
        asked + changes.iter().sum::<i64>()
    }
}

/// An operation that looks at these items by `Own` and by `Named`, having seen `version`.
pub(super) fn op_on(number: u64, own: u64, named: u64, version: u64, value: i64) -> Op {
    let seen = Seen { version, value };
    Op { own: KeyId(own), named: KeyId(named), seen, ..op(number) }
}
