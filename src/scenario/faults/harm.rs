//! What faults can do, as a closed vocabulary: each fault says in it what it does to whom while it
//! acts, and `faults/` makes it so. A fault that is made of these needs nobody else to know it; a
//! word more is the business of the mechanism that is to do it. Knows no fault.

use std::fmt::Debug;

use super::{Path, Target};
use crate::base::{Dist, Span};
use crate::scenario::tree::NodeIx;

/// What every fault answers.
pub trait Harmful: Debug {
    /// All that it does while it acts. What one message meets is drawn in this order.
    fn harms(&self) -> Vec<Harm>;
}

/// One thing that a fault does, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub enum Harm {
    /// To instances of a node.
    Instances(Target, Ailment),
    /// To messages.
    Messages(Path, Disturbance),
    /// To arrivals.
    Arrivals(Crowd),
}

/// What befalls an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ailment {
    /// Work takes so many times as long.
    Slow(f64),
    /// It fails this share of what it begins.
    Erring(f64),
    /// Its clock is so much ahead.
    Ahead(Span),
    /// Workers take no new work; what runs finishes.
    Paused,
    /// Workers stand still: they take no new work, and what runs goes on afterwards where it was.
    Frozen,
    /// It leaves its registry, and takes no part in it until the end.
    Leaving,
    /// It is gone.
    Down {
        /// The machine, not only the process: silence instead of resets.
        host: bool,
        /// From so long after the fault began.
        after: Span,
    },
}

impl Ailment {
    /// As what a fault does to these instances.
    pub(super) fn of(self, target: Target) -> Harm {
        Harm::Instances(target, self)
    }
}

/// What befalls a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Disturbance {
    /// It takes so much longer.
    Slower(Dist),
    /// It gets lost with this probability.
    Lost(f64),
    /// It arrives twice with this probability.
    Doubled(f64),
    /// It may be overtaken.
    HeldUp {
        /// With this probability it takes...
        probability: f64,
        /// ...so much longer.
        by: Dist,
    },
    /// It does not pass.
    Cut,
}

impl Disturbance {
    /// As what a fault does to the messages of this path.
    pub(super) fn on(self, path: &Path) -> Harm {
        Harm::Messages(path.clone(), self)
    }
}

/// More customers than usual, or fewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crowd {
    /// Whose open arrivals.
    pub client: NodeIx,
    /// How many times as often they come.
    pub factor: f64,
}

impl Harm {
    /// Whom it is named after.
    pub fn nodes(&self) -> Vec<NodeIx> {
        match self {
            Self::Instances(target, _) => vec![target.node],
            Self::Messages(path, _) => path.from.iter().chain(&path.to).take(2).copied().collect(),
            Self::Arrivals(crowd) => vec![crowd.client],
        }
    }

    /// The node whose running work it makes stand still, if it does that.
    pub fn frozen(&self) -> Option<NodeIx> {
        match self {
            Self::Instances(target, Ailment::Frozen) => Some(target.node),
            _ => None,
        }
    }
}
