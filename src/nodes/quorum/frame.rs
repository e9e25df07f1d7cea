//! What a quorum's coordinator and its replicas say to one another.

use crate::base::Time;
use crate::nodes::message::{Item, Seen, Wire};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Carrier, KeyId};
use crate::scenario::tree::EntityIx;

/// Between a quorum's coordinator and a replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Frame {
    /// To a replica: hold this, unless yours is newer.
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
    /// To a replica: what do you hold?
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
}

impl Wire for Frame {
    fn carrier(&self) -> Carrier {
        Carrier::Replicate
    }

    /// The coordinator gives up what is not answered in time.
    fn is_retransmitted(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> u64 {
        match *self {
            Self::Replicate { item, .. } => 10 << 8 ^ item.seen.version,
            Self::Replicated { .. } => 11 << 8,
            Self::Poll { .. } => 12 << 8,
            Self::Polled { seen, .. } => 13 << 8 ^ seen.version,
        }
    }
}
