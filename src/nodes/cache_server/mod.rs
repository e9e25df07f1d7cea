//! A cache on the network, in the manner of Redis or Memcached: services ask it before their
//! database and keep it up to date themselves (cache-aside). Knows no database but the one that a
//! write-behind cache hands its writes on to.
//!
//! ```text
//! get ─▶ worker ─▶ hit: Done, with the item
//!                └ miss: Idle; with `single_flight` the next ones wait for the first one's set
//! set ─▶ worker ─▶ kept (unless `versioned` knows better), and whoever waits has its answer
//! delete ─▶ worker ─▶ gone
//! admit ─▶ worker ─▶ Done, or Idle: one more of a gateway's requests is counted
//! take ─▶ worker ─▶ Done; handed on to the database at the next multiple of the interval
//! ```
//!
//! One instance, one memory: it begins cold (or `warm`), and a crash loses all of it, what it took
//! and had not handed on included, unless it has `replicas`. Redis carries commands out one at a
//! time, which is the default of one worker; Memcached has several.
//!
//! Left out: several instances and how keys spread over them, persistence, sizes in bytes, times to
//! live per item.

mod behind;
mod commands;
mod due;
mod leases;
mod replicas;

use std::collections::VecDeque;

use self::behind::{Dirty, Waiting};
use self::due::Due;
use self::leases::Leases;
use self::replicas::Replicas;
use super::behaviour::Behaviour;
use super::calls::Calls;
use super::env::Env;
use super::message::{Answer, Body, Message, Op};
use super::parts::cache_store::{CacheStore, ItemName, Put};
use super::parts::limit::Limiter;
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use super::server::slowed;
use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::program::{Act, Command};
use crate::model::{Model, NodeIx};
use crate::probes::fact::Leaving;
use crate::probes::{Fact, KeyId, OpId, Probe, Reason};
use crate::scenario::tree::{self, Arrivals, EntityIx, Expiry, Life, NodeKind, Scenario};

/// One cache.
#[derive(Clone, Debug)]
pub struct CacheServer {
    settings: tree::CacheServer,
    store: CacheStore,
    leases: Leases,
    /// Draws of the policies that draw.
    chance: Stream,
    /// By entity: may it ever change? What does not is never stale.
    changes: Vec<bool>,
    tasks: Slab<Task>,
    /// Those that wait for a worker.
    waiting: VecDeque<Handle>,
    /// Workers in use.
    busy: u32,
    /// What it took and has not handed on.
    dirty: Slab<Dirty>,
    /// Those of them that nobody hands on at the moment, in order of their taking.
    idle: VecDeque<Handle>,
    /// Those that wait for replicas, in order.
    waits: VecDeque<Waiting>,
    replicas: Option<Box<Replicas>>,
    /// By gateway: how many of its requests were admitted.
    counts: Vec<(NodeIx, Limiter)>,
    /// When the next flush is due.
    flush: Time,
    /// When it looks next for items whose time is over.
    sweep: Time,
    calls: Calls,
}

/// So many times was a warm cache asked before the run.
const HISTORY: f64 = 1e9;

/// A command that was asked for and is not carried out.
#[derive(Clone, Copy, Debug)]
struct Task {
    op: Op,
    from: InstanceId,
    call: Handle,
    command: Command,
    /// Names the draw of its work.
    name: u64,
    arrived: Time,
}

impl Behaviour for CacheServer {
    type Due = Due;

    /// The cache that the scenario describes, empty.
    fn new(model: &Model, me: InstanceId) -> Self {
        let node = model.node_of(me);
        let scenario = &model.scenario;
        let NodeKind::Cache(settings) = &scenario.nodes[node.0 as usize].kind else {
            panic!("node {} is no cache", node.0)
        };
        let chance = Stream::new(model.seed, "eviction", &scenario.nodes[node.0 as usize].name, 0);
        Self {
            store: CacheStore::new(&settings.keeping, chance.clone()),
            leases: Leases::new(settings),
            chance,
            changes: changes(model),
            tasks: Slab::default(),
            waiting: VecDeque::new(),
            busy: 0,
            dirty: Slab::default(),
            idle: VecDeque::new(),
            waits: VecDeque::new(),
            replicas: settings
                .replicas
                .as_ref()
                .map(|settings| Box::new(Replicas::new(model, node, settings))),
            counts: counts(model, node),
            flush: Time::ZERO,
            sweep: Time::ZERO,
            calls: Calls::new(model, me),
            settings: settings.clone(),
        }
    }

    /// Does it hold anything at the start?
    fn wants_start(&self) -> bool {
        self.settings.warm
    }

    /// It holds the preloaded items of its services as after a long history without
    /// writes, the most popular of each entity used last, as far as they fit.
    fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let mut room = self.settings.keeping.capacity.map_or(u64::MAX, u64::from);
        for (ix, entity) in env.model.entities.iter().enumerate() {
            let NodeKind::Service(owner) = &env.model.scenario.nodes[entity.owner.0 as usize].kind
            else {
                continue;
            };
            if owner.cache != Some(env.node()) {
                continue;
            }
            let fits = entity.keys.min(room);
            room -= fits;
            let seen = super::Seen { version: 0, value: entity.start };
            for key in 0..entity.keys {
                let times = entity.popularity.share(key) * HISTORY;
                self.store.remember((EntityIx(ix as u16), KeyId(key)), times as u32);
            }
            for key in (0..fits).rev() {
                self.put(OpId::NONE, (EntityIx(ix as u16), KeyId(key)), seen, Life::Renew, env);
            }
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let Message { op, from, body } = *message;
        match body {
            Body::Request { call, entry, .. } => {
                let Act::Keep { command, name } = env.model.programs.entries[entry.0 as usize].act
                else {
                    panic!("entry {} is no command", entry.0)
                };
                let arrived = env.now();
                self.arrive(Task { op, from, call, command, name, arrived }, env);
            }
            Body::Answer { call, verdict } => {
                env.fact(Fact::Dropped { op: op.id, why: None });
                if let Some(ended) =
                    self.calls.answered(env, (call, message.from), verdict, &self.dirty)
                {
                    self.handed_on(ended, &op, env);
                }
            }
            body => unreachable!("a cache is not sent {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Worked(handle) => {
                let task = self.tasks.remove(handle).expect("it is at work");
                self.finish(&task, env);
            }
            Due::Flush => self.hand_on(env),
            Due::Expire => self.sweep(env),
            Due::Streamed(replica) => self.streamed(replica, env),
            Due::Waited => self.have_waited(env),
            Due::Call(due) => {
                while let Some(ended) = self.calls.due(due, env, &self.dirty) {
                    self.handed_on(ended, &Op::NONE, env);
                }
            }
        }
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Worked(task) => self.tasks.get(task).is_none(),
            Due::Flush => self.flush != at,
            Due::Expire => self.sweep != at,
            Due::Streamed(replica) => {
                self.replicas.as_ref().is_none_or(|replicas| replicas.is_stale(replica, at))
            }
            Due::Waited => self.nobody_waits(at),
            Due::Call(due) => self.calls.is_stale(due, at),
        }
    }

    /// Its process dies, and its memory with it.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        // `Fact::Down` has said that nobody waits, works or is held here any more.
        for task in self.tasks.drain() {
            refuse(&task, host, env);
        }
        for task in self.leases.drain() {
            refuse(&task, host, env);
        }
        if self.replicas.is_none() {
            self.store = CacheStore::new(&self.settings.keeping, self.chance.clone());
            self.counts = counts(env.model, env.node());
        }
        self.lose(host, env);
        self.waiting.clear();
        self.busy = 0;
        self.flush = Time::ZERO;
        self.sweep = Time::ZERO;
        self.calls.forget();
    }

    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.come_back(env);
    }

    /// A pause has ended: look for work.
    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while self.is_free(env)
            && let Some(handle) = self.waiting.pop_front()
        {
            let task = self.tasks.remove(handle).expect("what waits is there");
            self.begin(task, true, env);
        }
    }

    /// Commands at work or waiting, and writes that it has not handed on.
    fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
        into.own(What::Waiting, self.waiting.len());
        let first = self.waiting.front().and_then(|task| self.tasks.get(*task));
        into.oldest(now, first.map(|task| task.arrived));
        into.own(What::Busy, self.busy as usize);
        into.own(What::Items, self.store.names().count());
        into.own(What::Unflushed, self.dirty.len());
        self.calls.readings(model, now, into);
    }

    fn weight(&self) -> usize {
        let copies = self.replicas.as_ref().map_or(0, |replicas| replicas.weight());
        let tasks = self.tasks.weight() + self.dirty.weight() + self.calls.weight();
        self.store.weight() + tasks + copies
    }

    fn held(&self) -> usize {
        self.tasks.len() + self.leases.waiting() + self.dirty.len() + self.waits.len()
    }
}

impl CacheServer {
    fn arrive<P: Probe>(&mut self, task: Task, env: &mut Env<'_, '_, P>) {
        let op = task.op.id;
        if self.waiting.is_empty() && self.is_free(env) {
            self.begin(task, false, env);
        } else {
            env.fact(Fact::Arrived { op });
            env.fact(Fact::Waits { op });
            let handle = self.tasks.insert(task);
            self.waiting.push_back(handle);
        }
    }

    fn is_free<P: Probe>(&self, env: &Env<'_, '_, P>) -> bool {
        self.busy < self.settings.workers && !env.model.faults.is_paused(env.now(), env.me())
    }

    /// A worker takes the command up; what takes no time is over at once.
    fn begin<P: Probe>(&mut self, task: Task, queued: bool, env: &mut Env<'_, '_, P>) {
        self.busy += 1;
        let waited = env.now().since(task.arrived);
        env.fact(Fact::Began { op: task.op.id, waited, queued, arrives: !queued });
        let word = task.op.drawn_anew(task.name);
        let slowness = env.model.faults.slowness(env.now(), env.me());
        let span = slowed(self.settings.work.span(word), slowness);
        if span == Span::ZERO {
            return self.finish(&task, env);
        }
        let handle = self.tasks.insert(task);
        env.complete_after(span, Due::Worked(handle));
    }

    fn finish<P: Probe>(&mut self, task: &Task, env: &mut Env<'_, '_, P>) {
        self.carry_out(task, env);
        self.busy -= 1;
        env.fact(Fact::Freed { op: task.op.id });
        if !self.waiting.is_empty() {
            self.resume(env);
        }
    }

    /// What every command finds: those whose time is over have left.
    fn expire<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while let Some((name, when)) = self.store.expire(env.now()) {
            self.left(name, when, Leaving::Expired, env);
        }
    }

    /// The same of one item, where they leave only when somebody comes to it.
    fn lapse<P: Probe>(&mut self, name: ItemName, env: &mut Env<'_, '_, P>) {
        if self.settings.keeping.expiry != Expiry::Exact && self.store.lapse(env.now(), name) {
            self.left(name, env.now(), Leaving::Expired, env);
        }
    }

    /// Looks for those whose time is over at the next multiple of `every`, if there may be any.
    fn wait_for_sweep<P: Probe>(&mut self, every: Span, env: &mut Env<'_, '_, P>) {
        if self.sweep <= env.now() && self.store.has_mortals() {
            self.sweep = Time((env.now().0 / every.0 + 1).saturating_mul(every.0));
            env.wait(self.sweep.since(env.now()), Due::Expire);
        }
    }

    fn sweep<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Expiry::Sampled { samples, every } = self.settings.keeping.expiry else {
            unreachable!("only a cache that samples sweeps")
        };
        for name in self.store.sweep(env.now(), samples, &mut self.chance) {
            self.left(name, env.now(), Leaving::Expired, env);
        }
        self.wait_for_sweep(every, env);
    }

    fn put<P: Probe>(
        &mut self,
        op: OpId,
        name: ItemName,
        seen: super::Seen,
        life: Life,
        env: &mut Env<'_, '_, P>,
    ) {
        match self.store.put(env.now(), name, seen, life) {
            Put::Out => return env.fact(Fact::KeptOut { op }),
            Put::Renewed => {}
            Put::Entered(evicted) => {
                if let Some(evicted) = evicted {
                    self.left(evicted, env.now(), Leaving::Evicted, env);
                }
                env.fact(Fact::Entered);
            }
        }
        if let Expiry::Sampled { every, .. } = self.settings.keeping.expiry {
            self.wait_for_sweep(every, env);
        }
        if self.replicas.is_some() {
            return self.copy(op, name, env);
        }
        let (entity, key) = name;
        if self.changes[usize::from(entity.0)] {
            env.fact(Fact::Holds { op, entity, key, version: seen.version });
        }
    }

    fn left<P: Probe>(
        &mut self,
        name: ItemName,
        when: Time,
        why: Leaving,
        env: &mut Env<'_, '_, P>,
    ) {
        env.fact(Fact::Left { when, why });
        if self.replicas.is_some() {
            return self.copy(OpId::NONE, name, env);
        }
        let (entity, key) = name;
        if self.changes[usize::from(entity.0)] {
            env.fact(Fact::Forgot { entity, key });
        }
    }
}

fn refuse<P: Probe>(task: &Task, host: bool, env: &mut Env<'_, '_, P>) {
    if !host {
        let verdict = Answer::Failed(Reason::Crashed);
        env.send(task.from, &task.op, Body::Answer { call: task.call, verdict });
    }
    env.fact(Fact::Dropped { op: task.op.id, why: Some(Reason::Crashed) });
}

/// The counts that gateways have kept here, as at the start.
fn counts(model: &Model, me: NodeIx) -> Vec<(NodeIx, Limiter)> {
    let gateways = (0..).map(NodeIx).zip(&model.scenario.nodes);
    let kept = gateways.filter_map(|(at, node)| match &node.kind {
        NodeKind::Gateway(gateway) => {
            let limit = gateway.limit.as_ref()?;
            limit.shared.filter(|shared| shared.at == me)?;
            Some((at, Limiter::new(&limit.quota)))
        }
        _ => None,
    });
    kept.collect()
}

/// Which entities somebody may change during the run.
fn changes(model: &Model) -> Vec<bool> {
    let mut changes = vec![false; model.entities.len()];
    for (flow, effects) in model.effects.iter().enumerate() {
        if is_sent(&model.scenario, flow) {
            for effect in effects {
                changes[usize::from(effect.entity.0)] = true;
            }
        }
    }
    changes
}

/// Does some client ever send this flow?
fn is_sent(scenario: &Scenario, flow: usize) -> bool {
    scenario.nodes.iter().any(|node| {
        let NodeKind::Client(client) = &node.kind else { return false };
        let comes = match &client.arrivals {
            Arrivals::Poisson(rates) | Arrivals::Constant(rates) => {
                rates.any_before(scenario.run.length)
            }
            Arrivals::Gaps(_) | Arrivals::Closed { .. } => true,
        };
        let mut actions = client.journeys.iter().flat_map(|journey| &journey.actions);
        comes && actions.any(|it| it.flow().is_some_and(|ix| usize::from(ix.0) == flow))
    })
}
