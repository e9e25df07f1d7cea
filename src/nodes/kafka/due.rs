//! What a log waits for.

use crate::nodes::broker;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What a log waits for.
    pub enum Due {
        /// Look for members of this group that were silent for too long, and end the rebalances that
        /// waited for them. Set only while the group has records, so it is not periodic.
        Rebalanced(group: u32) = 12,
        /// The followers have the record.
        Replicated(record: Handle) = 22,
        /// Something happens by itself to the partitions of this number; counts.
        Turn { log: u32, turn: u32 } = 23,
        /// Time for a member of a group to commit, if it has nothing to do.
        Commits { group: u32, member: u32 } = 25,
        /// What was acquired at once in a share group is locked no longer.
        Unlocks(lock: Handle) = 35,
        /// Time to delete or compact old segments.
        CleansUp = 27,
        /// Who waits for room in its buffer may have waited for too long.
        Blocked = 28,
        /// A fetch of a member has waited for as long as it may.
        Fetched { group: u32, member: u32 } = 38,
        /// What becomes of a transaction is written down.
        Decided { producer: u32, epoch: u32 } = 36,
        /// Time to look for transactions that are too old.
        LooksForOld = 37,
        /// This broker may have been silent for too long; counts its silences.
        Fenced { broker: u32, silence: u32 } = 24,
    }
    parts {
        /// What it is sent.
        Intake(broker::Due),
    }
}
