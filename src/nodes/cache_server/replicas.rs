//! Replicas of a cache: what the master changes goes to each of them as one stream, in order, after a
//! lag; reads may go to them; and when the master dies, the one that has most of the stream becomes
//! the master, and what it does not have is lost.
//!
//! ```text
//! master:   set ─1── set ─2── delete ─3── dies       offsets of the stream
//! replica:    └──lag──▶ 1  └──lag──▶ 2               from now on the master, at 2
//! ```
//!
//! After the documentation of Redis, "Redis replication": replication is asynchronous; a replica
//! deletes nothing by itself but waits for the master's delete, and does not serve meanwhile what
//! should have expired; `WAIT` waits until so many replicas have what was written, or for so long, and
//! makes a loss less likely, not impossible. Left out: replicas that fail by themselves, partial
//! and full resynchronisation (after a failover all are at once as the new master), renewed times to
//! live of `sliding` reads (replicas do not hear of them), `min-replicas-to-write`, and the work of
//! replicas.

use std::collections::VecDeque;

use super::due::Due;
use super::{CacheServer, Task};
use crate::base::{Dist, Stream, Table, Time, index, mix, name_hash, weight};
use crate::model::{Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::{Op, Seen};
use crate::nodes::parts::cache_store::{CacheStore, ItemName};
use crate::probes::fact::Leaving;
use crate::probes::{Fact, OpId, Probe};
use crate::scenario::tree::{Followers as Settings, Readers};

/// All replicas of one cache.
#[derive(Clone, Debug)]
pub(super) struct Replicas {
    lag: Dist,
    readers: Readers,
    /// Lags.
    chance: Stream,
    /// How much the master has written.
    offset: u64,
    all: Vec<Replica>,
}

/// One of them.
#[derive(Clone, Debug, Default)]
struct Replica {
    items: Table<ItemName, Held>,
    /// On its way, in order.
    stream: VecDeque<Sent>,
    /// How much of what the master has written has come.
    offset: u64,
}

/// An item, and when its time to live is over.
#[derive(Clone, Copy, Debug)]
struct Held {
    seen: Seen,
    expires: Time,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    due: Time,
    change: Streamed,
}

/// What the master has done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Streamed {
    /// It keeps this item in this version until then.
    Set(ItemName, Seen, Time),
    /// It has deleted this item.
    Delete(ItemName),
    /// It has taken a write that it will hand on.
    Took,
}

impl Replicas {
    /// Bytes that they take.
    pub(super) fn weight(&self) -> usize {
        let each = self.all.iter().map(|it| weight::table(&it.items) + weight::deque(&it.stream));
        size_of::<Self>() + each.sum::<usize>()
    }

    /// Empty, as their master.
    pub(super) fn new(model: &Model, me: NodeIx, settings: &Settings) -> Self {
        let name = &model.scenario.nodes[usize::from(me.0)].name;
        Self {
            lag: settings.lag.clone(),
            readers: settings.readers,
            chance: Stream::new(model.seed, "replication", name, 0),
            offset: 0,
            all: vec![Replica::default(); settings.count as usize],
        }
    }

    /// Sends a change to all of them; says how much has been written with it.
    pub(super) fn send<P: Probe>(&mut self, change: Streamed, env: &mut Env<'_, '_, P>) -> u64 {
        self.offset += 1;
        for (at, replica) in self.all.iter_mut().enumerate() {
            // One connection: nothing overtakes.
            let latest = replica.stream.back().map_or(Time::ZERO, |sent| sent.due);
            let due = (env.now() + self.lag.span(self.chance.next_u64())).max(latest);
            replica.stream.push_back(Sent { due, change });
            env.wait(due.since(env.now()), Due::Streamed(at as u32));
        }
        self.offset
    }

    /// Is nothing due then?
    pub(super) fn is_stale(&self, replica: u32, due: Time) -> bool {
        self.all[replica as usize].stream.front().is_none_or(|sent| sent.due > due)
    }

    /// How much so many of them have.
    pub(super) fn reached_by(&self, count: u32) -> u64 {
        let reached = |offset: &u64| {
            self.all.iter().filter(|replica| replica.offset >= *offset).count() >= count as usize
        };
        self.all.iter().map(|replica| replica.offset).filter(reached).max().unwrap_or(0)
    }

    /// Which of them a read goes to, by its operation and the name of its draw; none where it goes to
    /// the master.
    fn reader(&self, op: &Op, name: u64) -> Option<usize> {
        let count = self.all.len() as u64;
        let drawn = |among: u64| index(mix(op.drawn_anew(name), READER), among);
        let reader = match self.readers {
            Readers::Leader => None,
            Readers::Followers => Some(drawn(count)),
            Readers::Any => drawn(count + 1).checked_sub(1),
            Readers::Sticky => Some(u64::from(op.session) % count),
        };
        reader.map(|at| at as usize)
    }

    /// The oldest version that any of them holds.
    fn oldest(&self, name: ItemName) -> Option<u64> {
        let held = self.all.iter().filter_map(|replica| replica.items.get(&name));
        held.map(|held| held.seen.version).min()
    }
}

impl CacheServer {
    /// What a read finds, at a replica if it goes to one.
    pub(super) fn read(&mut self, now: Time, name: ItemName, task: &Task) -> Option<Seen> {
        if let Some(replicas) = &self.replicas
            && let Some(replica) = replicas.reader(&task.op, task.name)
        {
            let held = replicas.all[replica].items.get(&name);
            return held.filter(|held| held.expires > now).map(|held| held.seen);
        }
        self.store.get(now, name)
    }

    /// Tells the replicas what has become of an item here.
    pub(super) fn copy<P: Probe>(&mut self, op: OpId, name: ItemName, env: &mut Env<'_, '_, P>) {
        let change = match (self.store.peek(name), self.store.expires(name)) {
            (Some(seen), Some(expires)) => Streamed::Set(name, seen, expires),
            _ => Streamed::Delete(name),
        };
        self.replicate(change, env);
        self.follow(op, name, env);
    }

    /// Tells the replicas, if there are any; says how much has been written with it.
    pub(super) fn replicate<P: Probe>(
        &mut self,
        change: Streamed,
        env: &mut Env<'_, '_, P>,
    ) -> u64 {
        self.replicas.as_mut().map_or(0, |replicas| replicas.send(change, env))
    }

    /// What was on its way has come to a replica.
    pub(super) fn streamed<P: Probe>(&mut self, replica: u32, env: &mut Env<'_, '_, P>) {
        let now = env.now();
        while let Some(sent) = self.next_of(replica, now) {
            let items =
                &mut self.replicas.as_mut().expect("it has some").all[replica as usize].items;
            let name = match sent.change {
                Streamed::Set(name, seen, expires) => {
                    if items.insert(name, Held { seen, expires }).is_none() {
                        env.fact(Fact::Entered);
                    }
                    name
                }
                Streamed::Delete(name) => {
                    if items.swap_remove(&name).is_some() {
                        env.fact(Fact::Left { when: now, why: Leaving::Deleted });
                    }
                    name
                }
                Streamed::Took => continue,
            };
            self.follow(OpId::NONE, name, env);
        }
        self.have_waited(env);
    }

    fn next_of(&mut self, replica: u32, now: Time) -> Option<Sent> {
        let replica = &mut self.replicas.as_mut()?.all[replica as usize];
        let sent = *replica.stream.front().filter(|sent| sent.due <= now)?;
        replica.stream.pop_front();
        replica.offset += 1;
        Some(sent)
    }

    /// What the truth has to remember of an item: the oldest version that is held here.
    fn follow<P: Probe>(&self, op: OpId, name: ItemName, env: &mut Env<'_, '_, P>) {
        let (entity, key) = name;
        if !self.changes[usize::from(entity.0)] {
            return;
        }
        let mine = self.store.peek(name).map(|seen| seen.version);
        let oldest = self.replicas.as_ref().and_then(|replicas| replicas.oldest(name));
        env.fact(match mine.into_iter().chain(oldest).min() {
            Some(version) => Fact::Holds { op, entity, key, version },
            None => Fact::Forgot { entity, key },
        });
    }

    /// The master has died: the replica that has most of the stream takes its place. Says how much
    /// it has; none where there are no replicas.
    pub(super) fn fail_over<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) -> Option<u64> {
        let replicas = self.replicas.as_mut()?;
        let best = replicas.all.iter().max_by_key(|replica| replica.offset)?;
        let promoted = Replica { stream: VecDeque::new(), ..best.clone() };
        let others = replicas.all.iter().flat_map(|replica| replica.items.keys().copied());
        let known: Vec<ItemName> = self.store.names().chain(others).collect();
        let offset = promoted.offset;
        replicas.offset = offset;
        self.store = CacheStore::new(&self.settings.keeping, self.chance.clone());
        let mut items: Vec<(ItemName, Held)> =
            promoted.items.iter().map(|(name, held)| (*name, *held)).collect();
        items.sort_by_key(|(_, held)| held.expires);
        for (name, held) in items {
            self.store.restore(name, held.seen, held.expires);
        }
        replicas.all.fill(promoted);
        for name in known {
            self.follow(OpId::NONE, name, env);
        }
        Some(offset)
    }

    /// It is up again, with what was left: says how much it holds.
    pub(super) fn recover<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(replicas) = &self.replicas else { return };
        let held: usize = replicas.all.iter().map(|replica| replica.items.len()).sum();
        for _ in 0..held + self.store.names().count() {
            env.fact(Fact::Entered);
        }
    }
}

/// Distinguishes the draw of a reader from the other draws of a command.
const READER: u64 = name_hash("reader");
