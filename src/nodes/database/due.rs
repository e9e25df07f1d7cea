//! What a database waits for.

use super::relay;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What a database waits for.
    pub enum Due {
        /// The transaction's time is over.
        Committed(task: Handle) = 7,
        /// The transaction has waited long enough for a lock.
        LockTimeout(task: Handle) = 62,
        /// A version has come to a follower.
        Shipped(update: Handle) = 14,
    }
    parts {
        /// The relay of its outbox.
        Relay(relay::Due),
    }
}
