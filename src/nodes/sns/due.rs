//! What a topic service waits for.

use crate::nodes::broker;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What a topic service waits for.
    pub enum Due {
        /// A delivery takes too long, is to be tried again, or comes back from the dead-letter queue.
        Until(letter: Handle) = 40,
    }
    parts {
        /// What it is sent.
        Intake(broker::Due),
    }
}
