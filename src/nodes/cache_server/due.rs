//! What a cache waits for.

use crate::nodes::calls;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What a cache waits for.
    pub enum Due {
        /// This command has been executed.
        Worked(task: Handle) = 4,
        /// Time to hand on what it took.
        Flush = 13,
        /// Time to look for items whose time to live is over.
        Expire = 30 periodic,
        /// Something has come to the replica of this number.
        Streamed(replica: u32) = 31,
        /// The first of the writes that wait for replicas may have waited long enough.
        Waited = 32,
    }
    parts {
        /// Its calls.
        Call(calls::Due),
    }
}
