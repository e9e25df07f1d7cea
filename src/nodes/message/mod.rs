//! What nodes say to one another (`body.rs`), and to themselves (`timer.rs`). Values and names only: a
//! handle in a message is the addressee's own, carried back to it as a correlation id.

mod body;
mod lineage;
pub mod timer;

pub use self::body::{Answer, Body, Cancellable, Refusal, Wire};
pub use self::lineage::Lineage;
pub(in crate::nodes) use self::timer::timers;
pub use self::timer::{Due, Timer};

use crate::base::{Span, Time, mix};
use crate::engine::InstanceId;
use crate::probes::{KeyId, OpId};
use crate::scenario::tree::{EntityIx, FlowIx};

/// What every message of one operation carries: who it is for, where its draws come from, and what
/// the flow has gathered so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// The operation.
    pub id: OpId,
    /// What it wants is drawn from this word and each step's stable name, the same at every attempt.
    pub word: u64,
    /// What `key: Own` means: a created item, or a number to pick a preloaded one with.
    pub own: KeyId,
    /// The item that a delivered record names (for `KeyRule::Named`), where copies are updated;
    /// elsewhere what `own` is for a second entity.
    pub named: KeyId,
    /// Bits of the effects known to be done.
    pub done: u64,
    /// Version and value of the item read last.
    pub seen: Seen,
    /// Propagated deadline; [`Time::NEVER`] where none is.
    pub deadline: Time,
    /// The session, counted per client.
    pub session: u32,
    /// The flow.
    pub flow: FlowIx,
    /// Which attempts led here.
    pub lineage: Lineage,
}

impl Default for Op {
    fn default() -> Self {
        Self::NONE
    }
}

impl Op {
    /// Carried by messages that serve no operation.
    pub const NONE: Self = Self {
        id: OpId::NONE,
        word: 0,
        own: KeyId(0),
        named: KeyId(0),
        done: 0,
        seen: Seen { version: 0, value: 0 },
        deadline: Time::NEVER,
        session: 0,
        flow: FlowIx(u16::MAX),
        lineage: Lineage::FIRST,
    };

    /// The word of a draw of this name that is no part of what the operation wants: how long work
    /// takes, say. Every attempt draws it anew; designs that do the same draw the same.
    #[inline]
    pub fn drawn_anew(&self, name: u64) -> u64 {
        mix(self.word, name.wrapping_add(self.lineage.offset()))
    }

    /// The same operation, where what has this stable name is tried again; number 0 is the first
    /// attempt of it.
    #[must_use]
    pub fn again(&self, name: u64, attempt: u64) -> Self {
        Self { lineage: self.lineage.again(name, attempt), ..*self }
    }
}

/// What a read saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The version; 0 is the item as it was at the start.
    pub version: u64,
    /// Its number.
    pub value: i64,
}

impl Seen {
    /// Some version newer than any that is known.
    pub const NEWEST: Self = Self { version: u64::MAX, value: 0 };
}

impl Default for Message {
    fn default() -> Self {
        Self { op: Op::NONE, from: InstanceId(0), body: Body::Gone { incarnation: 0 } }
    }
}

/// One message on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Message {
    /// For whom it is, ultimately.
    pub op: Op,
    /// Who sent it.
    pub from: InstanceId,
    /// What it says.
    pub body: Body,
}

/// An item in a version, as invalidations and copies name it: packed, so that a message takes two cache
/// lines and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, packed(4))]
pub struct Item {
    /// The entity.
    pub entity: EntityIx,
    /// The item.
    pub key: KeyId,
    /// The version and value committed.
    pub seen: Seen,
}

impl Item {
    /// Published where no item changed.
    pub const NONE: Self =
        Self { entity: EntityIx(u16::MAX), key: KeyId(0), seen: Seen { version: 0, value: 0 } };

    /// Did an item change?
    pub fn is_some(&self) -> bool {
        self.entity != Self::NONE.entity
    }
}

const _: () = assert!(size_of::<Message>() == 128, "two cache lines");

/// How long a lost segment takes to be sent again over a connection: Linux's smallest retransmission
/// timeout (`TCP_RTO_MIN`, 200 ms; RFC 6298 would have 1 s).
pub const RETRANSMISSION: Span = Span(200_000_000);
