//! What registries say, and what is said to them.

use crate::base::Time;
use crate::engine::InstanceId;
use crate::nodes::message::{Refusal, Wire};

/// Between a registry and those who are listed, or ask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Frame {
    /// To a registry: I am here, and stay for another lease.
    Renew {
        /// Which start of the sender.
        incarnation: u32,
    },
    /// To a registry: I am about to go (or, from its machine: it is gone).
    Leave {
        /// Which start of the sender.
        incarnation: u32,
    },
    /// To a registry: who is there of those that I call?
    Fetch {
        /// And tell me of changes: over a connection that is made again.
        watch: bool,
    },
    /// From a registry: whom it lists of 64 instances running.
    Listed {
        /// The first of them.
        first: InstanceId,
        /// Which of them, from the lowest bit on.
        bits: u64,
        /// When it was so; what is older is ignored.
        at: Time,
    },
    /// From a registry: are you ready?
    Probe {
        /// Counts the probes of this instance.
        round: u32,
    },
    /// The answer: yes, or (from the operating system of a process that is gone) no.
    Probed {
        /// To which probe.
        round: u32,
        /// Is it?
        ready: bool,
    },
}

impl Wire for Frame {
    fn is_periodic(&self) -> bool {
        !matches!(self, Self::Leave { .. })
    }

    /// Lists and watches have connections; everything else is said again anyway.
    fn is_retransmitted(&self) -> bool {
        matches!(self, Self::Listed { .. } | Self::Fetch { watch: true })
    }

    fn refusal(&self) -> Refusal {
        match self {
            Self::Probe { round } => {
                Refusal::Says(Self::Probed { round: *round, ready: false }.into())
            }
            _ => Refusal::Silence,
        }
    }

    fn fingerprint(&self) -> u64 {
        match *self {
            Self::Renew { incarnation } => 16 << 8 ^ u64::from(incarnation),
            Self::Leave { incarnation } => 17 << 8 ^ u64::from(incarnation),
            Self::Fetch { watch } => 18 << 8 ^ u64::from(watch),
            Self::Listed { bits, .. } => 19 << 8 ^ bits,
            Self::Probe { round } => 20 << 8 ^ u64::from(round),
            Self::Probed { round, ready } => 21 << 8 ^ u64::from(ready) << 40 ^ u64::from(round),
        }
    }
}
