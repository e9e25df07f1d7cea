//! Why a run comes back, and when it is given up.

use super::InstanceId;
use crate::base::Time;

/// Why a run came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It reached the time, or the number of events, that was asked for; more is pending.
    Until,
    /// Nothing is pending; in a drain, nothing but periodic events and stale timers.
    Idle,
    /// Events kept causing each other without time passing. The simulation is over.
    TooManyAtOnce {
        /// The instant that does not end.
        time: Time,
        /// An instance that was busy then.
        busy: InstanceId,
    },
    /// More is in flight than the limit allows: events pending, or held by the world. The
    /// simulation is over.
    TooManyInFlight {
        /// When that was.
        time: Time,
        /// The instance whose event went over the limit.
        busy: InstanceId,
    },
}

/// When to give up, with the reason told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events handled at one instant, give or take a thousand.
    pub at_once: u64,
    /// The most events pending and held by the world.
    pub in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { at_once: 10_000_000, in_flight: 5_000_000 }
    }
}
