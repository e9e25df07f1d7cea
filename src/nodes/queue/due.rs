//! What a queue waits for.

use crate::nodes::broker;
use crate::nodes::message::timers;

timers! {
    /// What a queue waits for.
    pub enum Due {
        /// Look for consumers of this channel that hold something and were silent for too long.
        Silence(channel: u32) = 30 periodic,
    }
    parts {
        /// What it is sent.
        Intake(broker::Due),
    }
}
