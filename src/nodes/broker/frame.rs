//! What brokers and their clients say to one another.

use crate::base::mix;
use crate::model::program::{EntryIx, PubIx};
use crate::nodes::message::{Body, Item, Refusal, Wire};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Carrier, Reason};

/// Between a broker and its clients, over long-lived connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Frame {
    /// To a broker: store this for its subscribers, then answer `call` (the confirm);
    /// [`Handle::NONE`] asks for none. `item` is what changed, if that is what is published.
    Publish {
        /// Whom to confirm it to.
        call: Handle,
        /// To whom it goes.
        publication: PubIx,
        /// What changed.
        item: Item,
        /// Of which delivery it is made.
        cause: Cause,
    },
    /// From a broker to another: keep this for a subscriber of yours, then answer `call`.
    Forward {
        /// The sender's own handle.
        call: Handle,
        /// What was published.
        publication: PubIx,
        /// For which of its subscribers.
        nth: u16,
        /// What changed.
        item: Item,
    },
    /// From a broker to a consumer: handle `entry`, then acknowledge `receipt`.
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
    /// From a consumer that polls: send what there is for it. Counts its polls.
    Receive {
        /// Which poll.
        poll: u32,
    },
    /// The answer to a poll; the messages come by themselves, before it.
    Received {
        /// Which poll.
        poll: u32,
        /// How many messages.
        count: u32,
    },
    /// From a consumer: a delivery takes longer than was foreseen.
    Extend {
        /// The broker's own handle.
        receipt: Handle,
    },
    /// A consumer lives.
    Heartbeat,
    /// A consumer is being shut down in good order: it takes nothing new; counts its starts.
    Leave {
        /// Which start.
        incarnation: u32,
    },
}

/// Of which delivery something is made, if of any: as a hash of its receipt, of which two of one consumer are alike once
/// in 65,535 times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cause(u16);

impl Cause {
    /// Of none.
    pub const NONE: Self = Self(0);

    /// Of the delivery with this receipt.
    pub fn of(receipt: Handle) -> Self {
        Self(((mix(receipt.bits(), 0) >> 48) as u16).max(1))
    }
}

// So small that a [`Body`] has room for a tag of its own beside it: every message is looked at by that.
const _: () = assert!(size_of::<Frame>() <= 44);

impl Wire for Frame {
    #[inline]
    fn carrier(&self) -> Carrier {
        match self {
            Self::Publish { .. } | Self::Forward { .. } => Carrier::Publish,
            Self::Deliver { .. } => Carrier::Deliver,
            Self::Ack { .. } | Self::Nack { .. } | Self::Commit { .. } => Carrier::Acknowledge,
            Self::Invalidate { .. } => Carrier::Invalidate,
            Self::Join { .. }
            | Self::Leave { .. }
            | Self::Receive { .. }
            | Self::Received { .. }
            | Self::Extend { .. }
            | Self::Heartbeat => Carrier::Control,
        }
    }

    fn is_periodic(&self) -> bool {
        matches!(
            self,
            Self::Heartbeat | Self::Receive { .. } | Self::Received { .. } | Self::Extend { .. }
        )
    }

    fn refusal(&self) -> Refusal {
        match self {
            Self::Publish { call, .. } | Self::Forward { call, .. } => Refusal::Reset(*call),
            Self::Deliver { .. } => Refusal::Gone,
            Self::Receive { poll } => {
                Refusal::Says(Body::Broker(Self::Received { poll: *poll, count: 0 }))
            }
            _ => Refusal::Silence,
        }
    }

    /// What was acknowledged as it was sent, nobody has any more.
    fn loss(&self) -> Reason {
        match self {
            Self::Deliver { receipt, .. } if *receipt == Handle::NONE => Reason::Skipped,
            _ => Reason::Crashed,
        }
    }

    fn fingerprint(&self) -> u64 {
        match *self {
            Self::Publish { item, .. } => 2 << 8 ^ item.seen.version,
            Self::Forward { item, .. } => 26 << 8 ^ item.seen.version,
            Self::Deliver { redelivered, .. } => 3 << 8 | u64::from(redelivered),
            Self::Ack { .. } => 4 << 8,
            Self::Nack { .. } => 5 << 8,
            Self::Invalidate { item } => 6 << 8 ^ item.seen.version,
            Self::Join { incarnation } => 7 << 8 ^ u64::from(incarnation),
            Self::Receive { .. } => 23 << 8,
            Self::Received { count, .. } => 24 << 8 ^ u64::from(count),
            Self::Extend { .. } => 25 << 8,
            Self::Heartbeat => 8 << 8,
            Self::Leave { incarnation } => 22 << 8 ^ u64::from(incarnation),
            Self::Commit { incarnation } => 15 << 8 ^ u64::from(incarnation),
        }
    }
}
