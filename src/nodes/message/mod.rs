//! What nodes say to one another, and to themselves (`timer.rs`). Values and names only: a [`Handle`]
//! in a message is the addressee's own, carried back to it as a correlation id.

pub mod timer;

pub(in crate::nodes) use self::timer::timers;
pub use self::timer::{Due, Timer};
use super::parts::slab::Handle;
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::model::program::{EntryIx, PubIx};
use crate::probes::{Carrier, KeyId, OpId, Reason};
use crate::scenario::tree::{EntityIx, FlowIx};

/// What every message of one operation carries: who it is for, where its draws come from, and what
/// the flow has gathered so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// The operation.
    pub id: OpId,
    /// Its draws are made from this word and each step's stable name.
    pub word: u64,
    /// What `key: Own` means: a created item, or a number to pick a preloaded one with.
    pub own: KeyId,
    /// The item that a delivered record names (for `KeyRule::Named`).
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
    };
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
        Self { op: Op::NONE, from: InstanceId(0), body: Body::Heartbeat }
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

/// An item in a version, as invalidations and copies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Body {
    /// A call: do what `entry` says and answer `call` (at services, gateways, databases).
    Request {
        /// The caller's handle.
        call: Handle,
        /// What to run.
        entry: EntryIx,
        /// Counts the tries from 0.
        attempt: u8,
        /// May it be called off?
        cancel: Cancellable,
        /// How long the work takes that it begins with, unless something is slow.
        demand: Span,
    },
    /// Nobody waits for this call's answer any more: from its caller, or from the instance that
    /// has begun the other copy of a tied one.
    Cancel {
        /// Who made the call.
        caller: InstanceId,
        /// The caller's handle.
        call: Handle,
        /// Is work that has begun to stop?
        running: bool,
    },
    /// The answer to a call, a confirm to a publication. What was gathered is in the header.
    Answer {
        /// Which call.
        call: Handle,
        /// What became of it.
        verdict: Answer,
    },
    /// To a broker: store this for its subscribers, then answer `call` (the confirm);
    /// [`Handle::NONE`] asks for none. `item` is what changed, if that is what is published.
    Publish {
        /// Whom to confirm it to.
        call: Handle,
        /// To whom it goes.
        publication: PubIx,
        /// What changed.
        item: Item,
    },
    /// From a broker to a consumer: handle `entry`, then acknowledge `receipt`.
    /// `receipt` is the broker's own handle.
    Deliver {
        /// The broker's own handle.
        receipt: Handle,
        /// What to run.
        entry: EntryIx,
        /// What changed.
        item: Item,
        /// Was it delivered before?
        redelivered: bool,
    },
    /// From a consumer: done with it (a queue's ack, a log's commit of the offset).
    Ack {
        /// The broker's own handle.
        receipt: Handle,
    },
    /// From a consumer: could not do it; deliver it again.
    Nack {
        /// The broker's own handle.
        receipt: Handle,
    },
    /// From a broker, to every instance that may cache it, without acknowledgement.
    Invalidate {
        /// What changed.
        item: Item,
    },
    /// From a quorum's coordinator to a replica: hold this, unless yours is newer.
    Replicate {
        /// The coordinator's own handle.
        call: Handle,
        /// The item in its new version.
        item: Item,
    },
    /// The replica's acknowledgement.
    Replicated {
        /// The coordinator's own handle.
        call: Handle,
    },
    /// From a quorum's coordinator to a replica: what do you hold?
    Poll {
        /// The coordinator's own handle.
        call: Handle,
        /// Of what.
        entity: EntityIx,
        /// Which item.
        key: KeyId,
    },
    /// The replica's response.
    Polled {
        /// The coordinator's own handle.
        call: Handle,
        /// What it held.
        seen: Seen,
        /// At which instant.
        at: Time,
    },
    /// A consumer's instance is (again) ready for deliveries; counts its starts.
    Join {
        /// Which start.
        incarnation: u32,
    },
    /// From a log's group member: the offsets of all that it has handled are to be kept.
    Commit {
        /// Which start of it.
        incarnation: u32,
    },
    /// A log's group member lives.
    Heartbeat,
    /// The connections of this start of the sender are gone (said for it by its operating system).
    Gone {
        /// Which start.
        incarnation: u32,
    },
    /// To a registry: I am here, and stay for another lease.
    Renew {
        /// Which start of it.
        life: u32,
    },
    /// To a registry: I am about to go (or, from its machine: it is gone).
    Leave {
        /// Which start of it.
        life: u32,
    },
    /// To a registry: who is there of those that I call?
    Fetch {
        /// And tell me of changes: over a connection that is made again.
        watch: bool,
    },
    /// From a registry: whom it lists of 64 instances running.
    Listed {
        /// The first of them.
        first: InstanceId,
        /// Which of them, from the lowest bit on.
        bits: u64,
        /// When it was so; what is older is ignored.
        at: Time,
    },
    /// From a registry: are you ready?
    Probe {
        /// Counts the probes of this instance.
        round: u32,
    },
    /// The answer: yes, or (from the operating system of a process that is gone) no.
    Probed {
        /// To which probe.
        round: u32,
        /// Is it?
        ready: bool,
    },
}

/// May a request be called off?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellable {
    /// No: nobody will.
    Never,
    /// Its caller may.
    ByCaller,
    /// Also the instance that has the other copy; and whoever begins its copy calls off the other.
    Tied {
        /// Who has the other copy.
        with: InstanceId,
        /// Does this copy stop the other even if that has begun? Only the first one ever does, or
        /// two that begin at once would stop one another.
        stops: bool,
    },
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// A business "no": final.
    Refused,
    /// Technical; what it did is unknown.
    Failed(Reason),
    /// From a store: nothing further to do for this row (a repeated or stale reply, a join that
    /// still waits for other branches).
    Idle,
}

impl Body {
    /// What it is, for stories.
    #[inline]
    pub fn carrier(&self) -> Carrier {
        match self {
            Self::Request { .. } => Carrier::Request,
            Self::Answer { .. } => Carrier::Answer,
            Self::Publish { .. } => Carrier::Publish,
            Self::Deliver { .. } => Carrier::Deliver,
            Self::Ack { .. } | Self::Nack { .. } | Self::Commit { .. } => Carrier::Acknowledge,
            Self::Replicate { .. }
            | Self::Replicated { .. }
            | Self::Poll { .. }
            | Self::Polled { .. } => Carrier::Replicate,
            Self::Invalidate { .. } => Carrier::Invalidate,
            Self::Cancel { .. }
            | Self::Join { .. }
            | Self::Heartbeat
            | Self::Gone { .. }
            | Self::Renew { .. }
            | Self::Leave { .. }
            | Self::Fetch { .. }
            | Self::Listed { .. }
            | Self::Probe { .. }
            | Self::Probed { .. } => Carrier::Control,
        }
    }

    /// Does it only keep a periodic business going?
    pub fn is_periodic(&self) -> bool {
        matches!(
            self,
            Self::Heartbeat
                | Self::Renew { .. }
                | Self::Fetch { .. }
                | Self::Listed { .. }
                | Self::Probe { .. }
                | Self::Probed { .. }
        )
    }

    /// Does it travel over a long-lived connection whose transport repeats what the network loses
    /// (to and from brokers)? Calls, and the requests of quorums, are given up by their timeouts
    /// instead; what is said to and by registries, but for lists and watches, is said again anyway.
    pub fn is_retransmitted(&self) -> bool {
        !matches!(
            self,
            Self::Request { .. }
                | Self::Cancel { .. }
                | Self::Answer { .. }
                | Self::Publish { .. }
                | Self::Replicate { .. }
                | Self::Replicated { .. }
                | Self::Poll { .. }
                | Self::Polled { .. }
                | Self::Renew { .. }
                | Self::Leave { .. }
                | Self::Fetch { watch: false }
                | Self::Probe { .. }
                | Self::Probed { .. }
        )
    }
}

impl Message {
    /// What the digest folds of it beside the event's key: names and values, no handles.
    #[inline]
    pub fn fingerprint(&self) -> u64 {
        let kind = match self.body {
            Body::Request { attempt, .. } => u64::from(attempt),
            Body::Answer { verdict, .. } => 1 << 8 | verdict.fingerprint(),
            body => body.fingerprint(),
        };
        let seen = self.op.seen;
        self.op.word
            ^ self.op.done
            ^ seen.version.rotate_left(20)
            ^ (seen.value as u64).rotate_left(40)
            ^ kind << 48
    }
}

impl Body {
    /// Of what is neither a request nor an answer: most messages are.
    #[inline(never)]
    fn fingerprint(self) -> u64 {
        match self {
            Self::Request { .. } | Self::Answer { .. } => 0,
            Self::Publish { item, .. } => 2 << 8 ^ item.seen.version,
            Self::Deliver { redelivered, .. } => 3 << 8 | u64::from(redelivered),
            Self::Ack { .. } => 4 << 8,
            Self::Nack { .. } => 5 << 8,
            Self::Invalidate { item } => 6 << 8 ^ item.seen.version,
            Self::Join { incarnation } => 7 << 8 ^ u64::from(incarnation),
            Self::Heartbeat => 8 << 8,
            Self::Gone { incarnation } => 9 << 8 ^ u64::from(incarnation),
            Self::Replicate { item, .. } => 10 << 8 ^ item.seen.version,
            Self::Replicated { .. } => 11 << 8,
            Self::Poll { .. } => 12 << 8,
            Self::Polled { seen, .. } => 13 << 8 ^ seen.version,
            Self::Cancel { running, .. } => 14 << 8 | u64::from(running),
            Self::Commit { incarnation } => 15 << 8 ^ u64::from(incarnation),
            Self::Renew { life } => 16 << 8 ^ u64::from(life),
            Self::Leave { life } => 17 << 8 ^ u64::from(life),
            Self::Fetch { watch } => 18 << 8 ^ u64::from(watch),
            Self::Listed { bits, .. } => 19 << 8 ^ bits,
            Self::Probe { round } => 20 << 8 ^ u64::from(round),
            Self::Probed { round, ready } => 21 << 8 ^ u64::from(ready) << 40 ^ u64::from(round),
        }
    }
}

impl Answer {
    #[inline]
    fn fingerprint(self) -> u64 {
        if self == Self::Done { 0 } else { self.other_fingerprint() }
    }

    /// Of what is not done: most answers are.
    #[inline(never)]
    fn other_fingerprint(self) -> u64 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Idle => 2,
            Self::Failed(reason) => 3 + reason as u64,
        }
    }
}

/// How long a lost segment takes to be sent again over a broker's connection: Linux's smallest
/// retransmission timeout (`TCP_RTO_MIN`, 200 ms; RFC 6298 would have 1 s).
pub const RETRANSMISSION: Span = Span(200_000_000);
