//! What a queue service waits for.

use crate::nodes::broker;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What a queue service waits for.
    pub enum Due {
        /// A message is no longer hidden, or comes back from the dead-letter queue.
        Until(message: Handle) = 40,
        /// A poll has waited long enough.
        Empty(ask: Handle) = 41 periodic,
        /// The oldest message of a queue has been kept long enough.
        Retired(queue: u32) = 42 periodic,
        /// What another broker hands on is stored.
        Forwarded(forwarded: Handle) = 43,
    }
    parts {
        /// What it is sent.
        Intake(broker::Due),
    }
}
