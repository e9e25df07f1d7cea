//! The one vocabulary in which nodes say what happened. Facts are the only thing that crosses from
//! the nodes to the probes; no fact ever flows back.
//!
//! Facts arrive in the order of the engine's key, each with the instant and the instance where it
//! happened. They carry names and values, never a slot of a node's memory.

use super::reason::Reason;
use crate::base::{Span, Time};
use crate::engine::{InstanceId, Turn};
use crate::scenario::tree::{EntityIx, FlowIx, NodeIx};

/// One operation: one customer's execution of one flow. Anomalies and `explain` name it `flow#N`
/// with N = [`OpId::number`] (counted per client, from 0, in order of sending).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u64);

impl OpId {
    /// No operation: heartbeats, rebalances, purely technical messages.
    pub const NONE: Self = Self(u64::MAX);

    /// Added to an id for each client before its own: by this the ids of clients that send in step
    /// differ in their last digits too, and do not meet in a table that is looked up by those.
    const SPREAD: u64 = 0x0637_79b9;

    /// The `number`th operation of the `client`th client node (in order of names).
    pub fn new(client: u16, number: u64) -> Self {
        debug_assert!(number < 1 << 43);
        let client = u64::from(client);
        Self((client << 44 | number) + client * Self::SPREAD)
    }

    /// Which client sent it.
    pub fn client(self) -> usize {
        (self.0 >> 44) as usize
    }

    /// Counted per client from 0.
    pub fn number(self) -> u64 {
        self.word() & ((1 << 44) - 1)
    }

    /// Client and number side by side, as they stand in the keys of created items.
    pub fn word(self) -> u64 {
        self.0 - (self.0 >> 44) * Self::SPREAD
    }

    /// Is this an operation at all?
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// Which item of an entity: preloaded items count from 0; an item that an operation created has
/// [`KeyId::CREATED`] set over the operation's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u64);

impl KeyId {
    /// Set in the keys of items that an operation created.
    pub const CREATED: u64 = 1 << 63;

    /// The item that this operation creates.
    pub fn created_by(op: OpId) -> Self {
        Self(op.word() | Self::CREATED)
    }

    /// The operation that created it, if one did.
    pub fn creator(self) -> Option<OpId> {
        let word = self.0 & !Self::CREATED;
        (word != self.0).then(|| OpId::new((word >> 44) as u16, word & ((1 << 44) - 1)))
    }
}

/// What the client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done (or accepted).
    Done,
    /// A business "no".
    Refused,
    /// A technical failure; what it did is unknown.
    Failed(Reason),
}

/// Why an item left a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It made room.
    Evicted,
    /// Its time to live was over.
    Expired,
    /// It was deleted.
    Deleted,
}

/// What a message is, for stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// A call.
    Request,
    /// A call's answer, a broker's confirm.
    Answer,
    /// To a broker: a command, a reply or an event.
    Publish,
    /// From a broker to a consumer.
    Deliver,
    /// From a consumer: done with a delivery, or not.
    Acknowledge,
    /// Between a quorum's coordinator and its replicas.
    Replicate,
    /// An invalidation of caches.
    Invalidate,
    /// A heartbeat, a join, a reset.
    Control,
}

/// A message's way to its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The name of the event that it becomes there. One that a fault doubles comes a second time
    /// under its sender's next name.
    pub name: Turn,
    /// How long it takes.
    pub takes: Span,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants explain their fields")]
pub enum Fact {
    // -- customers ---------------------------------------------------------------------------
    /// A client sends an operation for the first time. `told` has the bit of each effect that the
    /// operation's flow tells (branches not taken left out).
    /// It is the `step`th action (from 1) of this journey, whose number is drawn from the client's
    /// stream alone: together they name the same customer doing the same thing in every design.
    Sent {
        op: OpId,
        flow: FlowIx,
        session: u32,
        intended: Time,
        told: u64,
        journey: u64,
        step: u32,
    },
    /// The client knows (or gives up): exactly once per operation that ends.
    Answered { op: OpId, verdict: Verdict },

    // -- what can still act for an operation: reference counting --------------------------------
    /// One more message is on its way, for `op` (or for nobody); without a leg if it is lost there.
    /// +1 for `op`.
    Message { op: OpId, to: InstanceId, carrier: Carrier, leg: Option<Leg> },
    /// The same, as the last thing that its sender does for `op`: the message stands for it from
    /// now on, and no more and no less can act.
    HandedOn { op: OpId, to: InstanceId, carrier: Carrier, leg: Option<Leg> },
    /// The message of this name arrived, whether anybody is there or not. Said only to probes that
    /// [ask](super::Probe::TRACES). Whatever is said until the next such fact has it as its cause.
    Received { op: OpId, name: Turn },
    /// One more thing other than a message can still act for `op` (a stored row, a second task,
    /// a queue's entry kept beside its delivery, a pending retry). +1.
    Carried { op: OpId },
    /// One thing that could act for `op` is gone; with a reason when it was lost rather than used. -1.
    Dropped { op: OpId, why: Option<Reason> },

    // -- truth -----------------------------------------------------------------------------------
    /// A durable commit promises the whole flow: from now on effects that never happen are lost.
    Promised { op: OpId },
    /// A step said no: the flow is to be taken back.
    Refused { op: OpId, node: NodeIx },
    /// A best-effort step said no: that changes nothing.
    Declined { op: OpId, node: NodeIx },
    /// Effect `effect` of the operation was committed at its owner.
    Applied {
        op: OpId,
        effect: u8,
        entity: EntityIx,
        key: KeyId,
        version: u64,
        before: i64,
        value: i64,
    },
    /// It overwrote a version that its flow had not seen (a lost update). `Applied` follows.
    Overwrote { op: OpId },
    /// Its undo was committed.
    Undone {
        op: OpId,
        effect: u8,
        entity: EntityIx,
        key: KeyId,
        version: u64,
        before: i64,
        value: i64,
    },
    /// The commit of an effect, or (`undo`) of its undo, was lost with the leader that had made it: a
    /// follower took its place that did not have it. The item is as the follower had it, in a version
    /// of its own.
    Reverted {
        op: OpId,
        effect: u8,
        undo: bool,
        entity: EntityIx,
        key: KeyId,
        version: u64,
        before: i64,
        value: i64,
    },
    /// A second attempt found the first still running: it waits for the first one's answer.
    Joined { op: OpId },
    /// A handler recognised a repetition and did nothing.
    Deduplicated { op: OpId, effect: u8 },

    // -- reads and copies ------------------------------------------------------------------------
    /// The operation saw this version (0: the item as it was at the start, or not there).
    /// `issued`: when the read was issued, for the judgement of its staleness.
    Saw { op: OpId, entity: EntityIx, key: KeyId, version: u64, value: i64, issued: Time },
    /// A quorum's read is about to see what this replica, among others, held at the instant `at`;
    /// it was `issued` then. Said once for each response that was waited for, and then `Saw`.
    Responded {
        op: OpId,
        entity: EntityIx,
        key: KeyId,
        replica: InstanceId,
        issued: Time,
        at: Time,
    },
    /// A copy or cache (of this instance) now holds this version; `op` made it, if known.
    Holds { op: OpId, entity: EntityIx, key: KeyId, version: u64 },
    /// The copy or cache no longer holds the item.
    Forgot { entity: EntityIx, key: KeyId },
    /// A cache had the item.
    CacheHit { op: OpId, entity: EntityIx },
    /// It did not: the item has to be fetched, unless (`fetches` is not set) somebody does so
    /// already.
    CacheMiss { op: OpId, entity: EntityIx, fetches: bool },
    /// A full cache did not take an item: nothing made room for it.
    KeptOut { op: OpId },
    /// A cache holds one item more.
    Entered,
    /// A cache holds one item less, since `when`.
    Left { when: Time, why: Leaving },

    // -- queues and workers ------------------------------------------------------------------------
    /// Something that needs a worker (connection, ...) arrived.
    Arrived { op: OpId },
    /// It has to wait.
    Waits { op: OpId },
    /// A worker takes it up, after so long in the queue (`queued`: it had waited there). With
    /// `arrives` it came only now, and nothing else says so.
    Began { op: OpId, waited: Span, queued: bool, arrives: bool },
    /// A worker works for it, so long if nothing interrupts or slows it.
    Works { op: OpId, work: Span },
    /// A worker is free again (busy time ends) that worked for `op`.
    Freed { op: OpId },
    /// Something that waited left the queue without service.
    LeftQueue { op: OpId },
    /// Turned away at the door.
    TurnedAway { op: OpId, why: Reason },

    // -- callers -----------------------------------------------------------------------------------
    /// An attempt of a call failed.
    AttemptFailed { op: OpId, to: NodeIx, why: Reason },
    /// It is tried again; `attempt` counts from 1 for the first retry.
    Retried { op: OpId, to: NodeIx, attempt: u32 },
    /// A second copy of a request was sent.
    Hedged { op: OpId, to: NodeIx },
    /// A relay that polls or lingers sends so many records together.
    Batched { records: u32 },
    /// Members of a consumer group give up so many partitions, to share them out anew.
    Revoked { partitions: u32 },
    /// A broker delivered again what it had delivered before.
    Redelivered { op: OpId },
    /// A broker gave a message up: to whoever consumes dead letters, to a later time, or for good.
    DeadLetter { op: OpId },

    // -- discovery ---------------------------------------------------------------------------------
    /// A registry, or a caller that was told by one, now lists this instance, or lists it no more.
    Listed { instance: InstanceId, is_listed: bool },

    // -- faults ------------------------------------------------------------------------------------
    /// This instance went down.
    Down,
    /// It came back (again).
    Up,
}

impl Fact {
    /// Is it counted in the window of its instant?
    #[inline]
    pub fn is_of_a_window(&self) -> bool {
        matches!(
            self,
            Self::Sent { .. }
                | Self::Answered { .. }
                | Self::Message { .. }
                | Self::HandedOn { .. }
                | Self::Saw { .. }
        )
    }

    /// Does it matter when it happens, to windows and to what is measured in time?
    #[inline]
    pub fn is_dated(&self) -> bool {
        self.is_of_a_window()
            || matches!(
                self,
                Self::Waits { .. }
                    | Self::Began { .. }
                    | Self::Works { .. }
                    | Self::Freed { .. }
                    | Self::LeftQueue { .. }
                    | Self::Listed { .. }
                    | Self::Down
            )
    }

    /// The operation that it is about, if it is about one.
    pub fn op(&self) -> Option<OpId> {
        let op = match *self {
            Self::Sent { op, .. }
            | Self::Answered { op, .. }
            | Self::Message { op, .. }
            | Self::HandedOn { op, .. }
            | Self::Carried { op }
            | Self::Dropped { op, .. }
            | Self::Promised { op }
            | Self::Refused { op, .. }
            | Self::Declined { op, .. }
            | Self::Applied { op, .. }
            | Self::Overwrote { op }
            | Self::Undone { op, .. }
            | Self::Reverted { op, .. }
            | Self::Joined { op }
            | Self::Deduplicated { op, .. }
            | Self::Saw { op, .. }
            | Self::Responded { op, .. }
            | Self::Holds { op, .. }
            | Self::CacheHit { op, .. }
            | Self::CacheMiss { op, .. }
            | Self::KeptOut { op }
            | Self::Arrived { op }
            | Self::Waits { op }
            | Self::Began { op, .. }
            | Self::Works { op, .. }
            | Self::Received { op, .. }
            | Self::Freed { op }
            | Self::LeftQueue { op }
            | Self::TurnedAway { op, .. }
            | Self::AttemptFailed { op, .. }
            | Self::Retried { op, .. }
            | Self::Hedged { op, .. }
            | Self::Redelivered { op }
            | Self::DeadLetter { op } => op,
            Self::Forgot { .. }
            | Self::Entered
            | Self::Left { .. }
            | Self::Batched { .. }
            | Self::Revoked { .. }
            | Self::Listed { .. }
            | Self::Down
            | Self::Up => OpId::NONE,
        };
        op.is_some().then_some(op)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_id_tells_client_and_number_and_so_does_the_key_made_of_it() {
        for (client, number) in [(0, 0), (0, 42), (1, 0), (7, (1 << 43) - 1), (u16::MAX, 5)] {
            let op = OpId::new(client, number);
            assert_eq!((op.client(), op.number()), (usize::from(client), number));
            assert_eq!(KeyId::created_by(op).creator(), Some(op));
            assert_eq!(KeyId::created_by(op).0, 1 << 63 | u64::from(client) << 44 | number);
        }
        assert_eq!(KeyId(42).creator(), None);
        assert!(OpId::new(1, (1 << 43) - 1) < OpId::new(2, 0), "in order of client and number");
    }

    #[test]
    fn ids_of_clients_that_send_in_step_differ_in_their_last_digits() {
        for digits in [6, 10, 16] {
            let places = (0..1 << 6).map(|client| OpId::new(client, 1_000).0 % (1 << digits));
            assert_eq!(places.collect::<BTreeSet<_>>().len(), 1 << 6);
        }
    }
}
