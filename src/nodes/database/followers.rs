//! Followers of a leader: asynchronous replication with a lag of its own for every write at every
//! follower, and reads that may go to them. Knows no transactions and no connections.
//!
//! ```text
//! leader:     commit 1 ──── commit 2                 writes and guards are the leader's alone
//! follower a:     └── lag ──▶ 1   └────── lag ──────▶ 2
//! follower b:     └───────── lag ───────▶ 1 (2 is newer: nothing changes)
//! ```
//!
//! As in `PostgreSQL`'s streaming replication (asynchronous by default: its documentation, "Streaming
//! Replication"), but item by item: an item that is applied early does not wait for the others of the log before
//! it, and the newest version wins. A crash of the node is one of the leader: reads that go to followers
//! are served all the same (hot standby). When the node is back, so is the leader, and what was on its
//! way to followers is shipped again; or, with `promote`, the follower that had most of it is the
//! leader from then on, and what it did not have is lost, acknowledged or not (as asynchronous failover
//! loses it: `PostgreSQL`, "Warm Standby Servers for High Availability"; how long the failover takes is
//! how long the crash lasts):
//!
//! ```text
//! leader:     commit 1 ──── commit 2 ── dies      items in versions of their own (3) are as at a
//! follower a:     └── lag ──▶ 1   └──── lag ─x    from now on the leader, at 1: 2 is lost
//! follower b:     └── lag ──▶ 1   └─ lag ─▶ 2     follows it, and is set back
//! ```
//!
//! What a transaction leaves beside its items survives a failover, as if that had been replicated
//! synchronously: rows of sagas and joins, the outbox, local copies. Left out: synchronous commit,
//! followers that crash by themselves, and connections of their own (reads at followers take the
//! node's).

use super::due::Due;
use super::rows::Rows;
use crate::base::{Dist, Stream, mix};
use crate::model::program::Txn;
use crate::model::{EntityIx, Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::{Op, Seen};
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::{Fact, KeyId, Probe, Reason};
use crate::scenario::tree::{Followers as Settings, Readers};

/// The followers of one leader.
#[derive(Clone, Debug)]
pub(super) struct Followers {
    lag: Dist,
    readers: Readers,
    /// Does one of them take the place of a leader that dies?
    promotes: bool,
    rows: Vec<Rows>,
    on_the_way: Slab<Update>,
    /// Lags.
    chance: Stream,
}

/// A version on its way to a follower.
#[derive(Clone, Copy, Debug)]
pub(super) struct Update {
    follower: usize,
    /// For whom it was made.
    pub(super) op: Op,
    /// Of which of its effects it is; of none, where it only sets back what was lost.
    pub(super) commit: Option<Commit>,
    name: Name,
    seen: Seen,
}

/// Of which effect a version is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit {
    /// The effect.
    pub(super) effect: u8,
    /// Is it taken back?
    pub(super) undo: bool,
}

type Name = (EntityIx, KeyId);

impl Followers {
    /// Bytes that they take; of what clones share, their share.
    pub(super) fn weight(&self) -> usize {
        let rows: usize = self.rows.iter().map(Rows::weight).sum();
        size_of::<Self>() + rows + self.on_the_way.weight()
    }

    /// All as the leader is at the start.
    pub(super) fn new(model: &Model, me: NodeIx, settings: &Settings) -> Self {
        let name = &model.scenario.nodes[usize::from(me.0)].name;
        Self {
            lag: settings.lag.clone(),
            readers: settings.readers,
            promotes: settings.promotes,
            rows: vec![Rows::default(); settings.count as usize],
            on_the_way: Slab::default(),
            chance: Stream::new(model.seed, "replication", name, 0),
        }
    }

    /// Where a read of this transaction goes: to a follower's items, or to the leader's (`None`).
    #[cold]
    pub(super) fn readable(&mut self, txn: &Txn, op: &Op) -> Option<&mut Rows> {
        let reader = self.reader(txn, op)?;
        self.rows.get_mut(reader)
    }

    /// Which follower a read of this transaction goes to, if to any.
    pub(super) fn reader(&self, txn: &Txn, op: &Op) -> Option<usize> {
        if !txn.writes.is_empty() {
            return None;
        }
        let (word, count) = (op.drawn_anew(txn.name), self.rows.len() as u64);
        let drawn = |among: u64| crate::base::index(mix(word, READER), among);
        let reader = match self.readers {
            Readers::Leader => None,
            Readers::Followers => Some(drawn(count)),
            Readers::Any => drawn(count + 1).checked_sub(1),
            Readers::Sticky => Some(u64::from(op.session) % count),
        };
        reader.map(|at| at as usize)
    }

    /// The leader has committed: the new version is shipped to every follower.
    pub(super) fn ship<P: Probe>(
        &mut self,
        name: Name,
        seen: Seen,
        commit: Option<Commit>,
        op: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        for follower in 0..self.rows.len() {
            env.fact(Fact::Carried { op: op.id });
            let update = self.on_the_way.insert(Update { follower, op: *op, commit, name, seen });
            self.send(update, env);
        }
    }

    fn send<P: Probe>(&mut self, update: Handle, env: &mut Env<'_, '_, P>) {
        let lag = self.lag.span(self.chance.next_u64());
        env.wait(lag, Due::Shipped(update));
    }

    /// A version has come to a follower. What the follower that is furthest behind now holds is
    /// what the truth must remember.
    pub(super) fn apply<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Update { follower, op, name, seen, .. }) = self.on_the_way.remove(handle) else {
            return;
        };
        let (model, now, (entity, key)) = (env.model, env.now(), name);
        if self.rows[follower].read(model, entity, key, now).version < seen.version {
            self.rows[follower].write(model, name, seen, &op, now);
            let held = self.rows.iter_mut().map(|rows| rows.read(model, entity, key, now).version);
            let version = held.min().unwrap_or(seen.version);
            env.fact(Fact::Holds { op: op.id, entity, key, version });
        }
        env.fact(Fact::Dropped { op: op.id, why: None });
    }

    /// Does a timer mean nothing any more?
    pub(super) fn is_stale(&self, update: Handle) -> bool {
        self.on_the_way.get(update).is_none()
    }

    /// The leader is gone for good: the follower with the least on its way, one of several drawn, takes
    /// its place. Says what is lost by that, in the order in which it was committed.
    pub(super) fn promote<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) -> Vec<Update> {
        if !self.promotes {
            return Vec::new();
        }
        let mut missing = vec![0_usize; self.rows.len()];
        self.on_the_way.iter().for_each(|(_, update)| missing[update.follower] += 1);
        let least = missing.iter().copied().min().unwrap_or(0);
        let equals: Vec<usize> = (0..missing.len()).filter(|at| missing[*at] == least).collect();
        let chosen = equals[self.chance.below(equals.len() as u64) as usize];
        let (model, now) = (env.model, env.now());
        let mut lost: Vec<Update> = Vec::new();
        for (_, update) in self.on_the_way.iter().filter(|(_, update)| update.follower == chosen) {
            let (entity, key) = update.name;
            let held = self.rows[chosen].read(model, entity, key, now);
            if held.version < update.seen.version && update.commit.is_some() {
                lost.push(*update);
            }
        }
        lost.sort_by_key(|update| (update.name, update.seen.version));
        // What was lost is on its way to nobody any more.
        let is_lost = |update: &Update| {
            let name = (update.name, update.seen.version);
            lost.binary_search_by_key(&name, |lost| (lost.name, lost.seen.version)).is_ok()
        };
        let on_the_way: Vec<(Handle, Update)> =
            self.on_the_way.iter().map(|(handle, update)| (handle, *update)).collect();
        for (handle, update) in on_the_way.into_iter().filter(|(_, update)| is_lost(update)) {
            self.on_the_way.remove(handle);
            if update.follower != chosen {
                env.fact(Fact::Dropped { op: update.op.id, why: None });
            }
        }
        lost
    }

    /// A commit is lost that the promoted one does not have: the leader's item becomes what that has,
    /// and so, after their lags, do those of the other followers.
    pub(super) fn revert<P: Probe>(
        &mut self,
        lost: &Update,
        own: &mut Rows,
        env: &mut Env<'_, '_, P>,
    ) {
        let (model, now, (entity, key)) = (env.model, env.now(), lost.name);
        let before = own.read(model, entity, key, now);
        let held = self.rows[lost.follower].read(model, entity, key, now);
        let after = Seen { version: before.version + 1, value: held.value };
        own.write(model, lost.name, after, &lost.op, now);
        let Commit { effect, undo } = lost.commit.expect("only commits are lost");
        let (op, version) = (lost.op.id, after.version);
        let (before, value) = (before.value, after.value);
        env.fact(Fact::Reverted { op, effect, undo, entity, key, version, before, value });
        self.ship(lost.name, after, None, &lost.op, env);
        env.fact(Fact::Dropped { op, why: Some(Reason::Unreplicated) });
    }

    /// The node is back: what was on its way is shipped again.
    pub(super) fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        for update in self.on_the_way.drain() {
            let update = self.on_the_way.insert(update);
            self.send(update, env);
        }
    }
}

/// Distinguishes the draw of a reader from the other draws of a transaction.
const READER: u64 = crate::base::name_hash("reader");
