//! The timers that nodes set for themselves, and what befalls them. A [`Handle`] is of their own.

use std::hint::cold_path;

pub use crate::faults::Edge;
use crate::nodes::parts::slab::Handle;
use crate::probes::Reason;
use crate::scenario::tree::PolicyIx;

/// What an instance schedules for itself, and what befalls it: 12 bytes. The digest
/// numbers the variants in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Timer {
    /// The run begins.
    Start,
    /// A fault begins or ends.
    Fault(Edge),
    /// Client: the next journey of an open client starts.
    Arrival,
    /// Client: the think time of this journey is over.
    Think(Handle),
    /// Server: the worker has finished this task's work.
    Worked(Handle),
    /// Caller: the first call of this policy that is not answered may have waited long enough.
    Timeout(PolicyIx),
    /// Caller: time to try again.
    Retry(Handle),
    /// Database: the transaction's time is over.
    Committed(Handle),
    /// Database: the relay tries again to send its outbox.
    Relay(u32),
    /// Broker: the message is stored.
    Stored(Handle),
    /// Server: the pause before a failed delivery is returned (or tried again) is over, or the one
    /// before an undo is tried again.
    Requeue(Handle),
    /// Log consumer: time to say that it lives; counts the starts.
    Beat(u32),
    /// Log: look for members of this group that were silent for too long, and end the rebalances
    /// that waited for them. Set only while the group has records, so it is not periodic.
    Rebalanced(u32),
    /// Cache: time to hand on what it took.
    Flush,
    /// Database: a version has come to a follower.
    Shipped(Handle),
    /// Quorum: the oldest request may have waited long enough.
    Overdue,
    /// Caller: time for the second copy.
    Hedge(Handle),
    /// Caller: this call was not even made, for this reason.
    Stopped(Reason, Handle),
    /// Server: the first of the works at its bench is done; counts how often that was foreseen.
    Bench(u32),
    /// Server: the patience of what waits here is over.
    Patience(Handle),
    /// Database: the relay looks for new rows of its outbox; counts the looks.
    Poll(u32),
    /// Database: the batch of this number has been gathered for long enough.
    Linger(u32),
    /// Log: the followers have the record.
    Replicated(Handle),
    /// Log consumer: time to commit offsets; counts the starts.
    Commit(u32),
    /// Instance: time to renew its lease; counts the starts.
    Renew(u32),
    /// Caller: time to fetch lists from the registry of this number; counts the starts.
    Fetch(u32, u32),
    /// Registry: look for those that were silent for too long; counts the starts.
    Sweep(u32),
    /// Registry: bring up to date what callers are told; counts the starts.
    Refresh(u32),
    /// Registry: time to probe this member; counts the starts.
    Probe(u32, u32),
    /// Registry: the answer of this member to the probe of this number is late.
    Unanswered(u32, u32),
    /// Cache: time to look for items whose time to live is over.
    Expire,
    /// Cache: something has come to the replica of this number.
    Streamed(u32),
    /// Cache: the first of the writes that wait for replicas may have waited long enough.
    Waited,
}

impl Timer {
    /// Does it only keep a periodic business going?
    pub fn is_periodic(self) -> bool {
        matches!(
            self,
            Self::Beat(_)
                | Self::Renew(_)
                | Self::Fetch(..)
                | Self::Sweep(_)
                | Self::Expire
                | Self::Refresh(_)
                | Self::Probe(..)
                | Self::Unanswered(..)
        )
    }

    /// What the digest folds of it beside the event's key: its kind.
    #[inline]
    pub fn fingerprint(self) -> u64 {
        if let Self::Fault(edge) = self {
            cold_path();
            return 1 << 56 | u64::from(matches!(edge, Edge::Up));
        }
        // In the order of the variants: no table is needed.
        let kind: u64 = match self {
            Self::Start => 0,
            Self::Fault(_) => 1,
            Self::Arrival => 2,
            Self::Think(_) => 3,
            Self::Worked(_) => 4,
            Self::Timeout(_) => 5,
            Self::Retry(_) => 6,
            Self::Committed(_) => 7,
            Self::Relay(_) => 8,
            Self::Stored(_) => 9,
            Self::Requeue(_) => 10,
            Self::Beat(_) => 11,
            Self::Rebalanced(_) => 12,
            Self::Flush => 13,
            Self::Shipped(_) => 14,
            Self::Overdue => 15,
            Self::Hedge(_) => 16,
            Self::Stopped(..) => 17,
            Self::Bench(_) => 18,
            Self::Patience(_) => 19,
            Self::Poll(_) => 20,
            Self::Linger(_) => 21,
            Self::Replicated(_) => 22,
            Self::Commit(_) => 23,
            Self::Renew(_) => 24,
            Self::Fetch(..) => 25,
            Self::Sweep(_) => 26,
            Self::Refresh(_) => 27,
            Self::Probe(..) => 28,
            Self::Unanswered(..) => 29,
            Self::Expire => 30,
            Self::Streamed(_) => 31,
            Self::Waited => 32,
        };
        kind << 56
    }
}

const _: () = assert!(size_of::<Timer>() == 12, "the heap's entries are made for it");
