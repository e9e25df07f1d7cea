//! What a client waits for.

use crate::nodes::calls;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;
use crate::nodes::registry::instance;

timers! {
    /// What a client waits for.
    pub enum Due {
        /// The next journey of an open client starts.
        Arrival = 2,
        /// The think time of this journey is over.
        Think(journey: Handle) = 3,
    }
    parts {
        /// Its calls.
        Call(calls::Due),
        /// The registries that it asks.
        Discovery(instance::Due),
    }
}
