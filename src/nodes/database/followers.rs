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
//! are served all the same (hot standby), and what was on its way to them is shipped again when the
//! leader is back. Left out: synchronous commit, promotion, followers that crash by themselves, and
//! connections of their own (reads at followers take the node's).

use super::due::Due;
use super::rows::Rows;
use crate::base::{Dist, Stream, mix};
use crate::model::program::Txn;
use crate::model::{EntityIx, Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::{Op, Seen};
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::{Fact, KeyId, Probe};
use crate::scenario::tree::{Followers as Settings, Readers};

/// The followers of one leader.
#[derive(Clone, Debug)]
pub(super) struct Followers {
    lag: Dist,
    readers: Readers,
    rows: Vec<Rows>,
    on_the_way: Slab<Update>,
    /// Lags.
    chance: Stream,
}

/// A version on its way to a follower.
#[derive(Clone, Copy, Debug)]
struct Update {
    follower: usize,
    op: Op,
    name: Name,
    seen: Seen,
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
        op: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        for follower in 0..self.rows.len() {
            env.fact(Fact::Carried { op: op.id });
            let update = self.on_the_way.insert(Update { follower, op: *op, name, seen });
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
        let Some(Update { follower, op, name, seen }) = self.on_the_way.remove(handle) else {
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
