//! What a transaction at a database does: what it reads and changes, its durable row, its outbox.

use super::{KeyRule, PubIx};
use crate::scenario::tree::{Change, EntityIx};

/// What one transaction at a database does, atomically, when its time is over.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a transaction")]
pub struct Txn {
    /// Name of its draws.
    pub name: u64,
    /// Items it reads.
    pub reads: Vec<Read>,
    /// Items it changes, in order of steps; locked in order of keys.
    pub writes: Vec<Write>,
    /// The inbox: recognises repetitions of (operation, effects of `writes` or `row`). A repetition
    /// changes nothing and answers as the first time (appending its outbox again never happens).
    pub dedup: bool,
    /// A durable row of a coordinator or a join, updated with it.
    pub row: Option<Row>,
    /// Appended to the outbox when it commits; relayed by the database.
    pub outbox: Vec<Outgoing>,
    /// Its commit promises the whole flow (docs/semantics.md, rule 32).
    pub promises: bool,
    /// It records that the flow is refused (emits `Fact::Refused`).
    pub refuses: bool,
    /// It belongs to a best-effort tell: its refusal is not the flow's.
    pub best_effort: bool,
    /// Bits of what its outbox tells that nobody reports on: from now on it may be done.
    pub tells: u64,
    /// Is it known to do nothing but read? Made ready when everything is lowered.
    pub only_reads: bool,
}

impl Txn {
    pub(super) fn does_nothing_but_read(&self) -> bool {
        let changes = !self.writes.is_empty() || self.row.is_some() || !self.outbox.is_empty();
        !changes && !self.promises && !self.refuses && !self.reads.is_empty()
    }
}

/// A read of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Of what.
    pub entity: EntityIx,
    /// Which item.
    pub key: KeyRule,
    /// From this store's local copy rather than from the owner's rows.
    pub copy: bool,
}

/// A change of one item, for an effect or its undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// Of what.
    pub entity: EntityIx,
    /// Which item.
    pub key: KeyRule,
    /// How.
    pub change: Change,
    /// The effect's number within its flow (bit in masks).
    pub effect: u8,
    /// Is this the effect, its undo, or the update of a local copy (to the version and value that
    /// the delivered record names)?
    pub part: Part,
}

/// What a [`Write`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The effect.
    Do,
    /// Its undo.
    Undo,
    /// A local copy catches up.
    Copy,
}

/// An update of a durable row kept per operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Saga: create the row; it waits for `replies` replies of stage `stage`.
    Begin {
        /// The first.
        stage: u8,
    },
    /// Saga: record the reply of branch `branch` (of `branches`) of stage `stage`. Answers `Done`
    /// when the stage is complete (`Refused` when one of its branches was refused), `Idle` while it
    /// is not or when the reply is stale; the reply that completed a stage answers the same again
    /// when it is repeated and nothing has happened since. The header's `done` becomes the row's.
    Reply {
        /// Of which stage.
        stage: u8,
        /// Of which branch.
        branch: u8,
        /// Out of how many.
        branches: u8,
        /// Does it refuse?
        refused: bool,
    },
    /// Saga: the flow is over; the row goes.
    Finish,
    /// Join: record branch `branch` (of `branches`) of stage `stage`; `Done` when the set is
    /// complete (and again for its repetitions), else `Idle`; `Idle` for ever once discarded.
    Join {
        /// Of which stage.
        stage: u8,
        /// Which branch.
        branch: u8,
        /// Out of how many.
        branches: u8,
    },
    /// Join: a refusal discards it, also before it began.
    Discard {
        /// Of which stage.
        stage: u8,
    },
}

/// A row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What is published.
    pub publication: PubIx,
    /// The `writes[i]` whose item it names; `None` names no item.
    pub write: Option<u8>,
    /// Published only when the transaction ends so: `Done` when it applied, `Refused` when it was
    /// refused (by a guard or because `refuses` is set).
    pub when_refused: bool,
}
