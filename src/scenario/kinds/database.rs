//! `Database`: a store with transactions, as the file describes one.

use super::{About, Breakable, Followers, Kind, NodeKind, Role, Use, Usual, Word, settings};
use crate::base::{Dist, Span};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;
use crate::scenario::tree::PolicyIx;

pub(super) static ABOUT: About = About {
    role: Role::Database,
    name: "database",
    phrase: "a database",
    uses: &[Use::Store],
    breaks: &[Breakable::Process, Breakable::Workers],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Database",
    about: "A store with transactions, which queue for connections, take locks in the order of \
        their keys, cost time, and then happen at one instant. A node of its own, one \
        network hop away from its service; several services may share one.",
    settings: &SETTINGS,
    left_out: "Isolation levels, indexes and query plans, sizes and pages, deadlocks (locks are \
        taken in order), and synchronous replication.",
    example: "Database(connections: 16, read: \"0.5ms\", write: LogNormal(median: \"0.8ms\", p99: \"6ms\"))",
    read: |reader, _, value| Some(NodeKind::Database(reader.database(value)?)),
};

settings! {
    connections: "count", Usual::Is("32"), "transactions at once";
    room: "count", Usual::Unset("unbounded"), "waiting places for a connection";
    read: "distribution", Usual::Required, "one read";
    write: "distribution", Usual::Required, "one key written";
    lock_timeout: "duration", Usual::Unset("none"), "a transaction that waits longer than this for one lock fails with `lock_timeout`, and its connection is free", "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT";
    followers: "group", Usual::Unset("none"), "copies that follow its commits: `(count: 2, lag: Exp(\"50ms\"), reads: Any, promote: true)`, see [followers](../scenario.md#database)";
    policy: "name", Usual::Unset("none"), "the policy of calls to it, over the class's";
}

/// A store.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Transactions at once.
    pub connections: u32,
    /// Waiting places for a connection; `None` is unbounded.
    pub room: Option<u32>,
    /// Time of one read.
    pub read: Dist,
    /// Time of one key written.
    pub write: Dist,
    /// A transaction that waits longer for one lock fails; `None` waits for ever.
    pub lock_timeout: Option<Span>,
    /// Copies that follow it.
    pub followers: Option<Followers>,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}
impl Kind for Database {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn workers(&self) -> Option<u32> {
        Some(self.connections)
    }

    fn policy(&self) -> Option<PolicyIx> {
        self.policy
    }

    fn shares_copy(&self) -> bool {
        true
    }

    fn outlives_itself(&self) -> bool {
        self.followers.is_some()
    }

    fn is_durable(&self) -> bool {
        true
    }

    fn has_followers(&self) -> bool {
        self.followers.is_some()
    }
}

impl<'a> Reader<'a> {
    fn database(&mut self, value: &'a Value) -> Option<Database> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let connections = self.setting(&fields, "connections", Self::places);
        let room = self.optional(&fields, "room", Self::room);
        let read = self.setting(&fields, "read", Self::dist);
        let write = self.setting(&fields, "write", Self::dist);
        let lock_timeout = self.optional(&fields, "lock_timeout", Self::positive_span);
        let followers = self.optional(&fields, "followers", Self::followers);
        let policy = self.optional(&fields, "policy", Self::policy);
        Some(Database {
            connections: connections?,
            room: room?,
            read: read?,
            write: write?,
            lock_timeout: lock_timeout?,
            followers: followers?,
            policy: policy?,
        })
    }
}
