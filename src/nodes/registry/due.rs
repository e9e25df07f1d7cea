//! What a registry waits for.

use crate::nodes::message::timers;

timers! {
    /// What a registry waits for; each counts the registry's starts, or the probes of a member.
    pub enum Due {
        /// Look for those that were silent for too long.
        Sweep(start: u32) = 26 periodic,
        /// Bring up to date what callers are told.
        Refresh(start: u32) = 27 periodic,
        /// Time to probe this member.
        Probe { place: u32, start: u32 } = 28 periodic,
        /// The answer of this member to the probe of this number is late.
        Unanswered { place: u32, round: u32 } = 29 periodic,
    }
}
