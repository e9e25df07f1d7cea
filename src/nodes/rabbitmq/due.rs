//! What a queue waits for.

use crate::nodes::broker;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What a queue waits for.
    pub enum Due {
        /// Look for consumers of this channel that hold something and were silent for too long.
        Silence(channel: u32) = 30 periodic,
        /// A dead letter comes back to its queue.
        Redrive(letter: Handle) = 61,
    }
    parts {
        /// What it is sent.
        Intake(broker::Due),
    }
}
