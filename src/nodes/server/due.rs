//! What a server waits for.

use crate::nodes::calls;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;
use crate::nodes::registry::instance;

timers! {
    /// What a server waits for.
    pub enum Due {
        /// The worker has finished this task's work.
        Worked(task: Handle) = 4,
        /// The pause is over before a failed delivery is returned (or tried again), or before an undo is
        /// tried again.
        Requeue(task: Handle) = 10,
        /// Of a consumer: time to say to the broker at this place that it lives; counts the starts.
        Beat { broker: u32, start: u32 } = 11 periodic,
        /// The first of the works in service is done; counts how often that was foreseen.
        Served(foreseen: u32) = 18,
        /// The patience of what waits here is over.
        Patience(place: Handle) = 19,
        /// Of a log's consumer: time to commit offsets; counts the starts.
        Commit(start: u32) = 23,
        /// Of a consumer that polls: a poll was not answered, or the pause after an empty one is over;
        /// counts both.
        Poll(poll: u32) = 33 periodic,
        /// Of a consumer that polls: what it has in hand takes longer.
        Extend(task: Handle) = 34 periodic,
    }
    parts {
        /// Its calls.
        Call(calls::Due),
        /// Its registry, and those that it asks.
        Discovery(instance::Due),
    }
}
