//! What breaks, where, when and for how long.

use super::NodeIx;
use crate::base::{Dist, Span};

/// Something that breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its name; `kind-target` where the file gives none.
    pub name: String,
    /// When it starts.
    pub when: When,
    /// How long each time; `None` is for good.
    pub lasts: Option<Dist>,
    /// What breaks.
    pub what: FaultKind,
}

/// When a fault starts.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// Once.
    At(Span),
    /// At `first` and then again and again.
    Every {
        /// First start.
        first: Span,
        /// From start to start.
        every: Span,
    },
    /// Gaps from the end of one to the start of the next, drawn from the seed.
    Random(Dist),
}

/// A node, or one of its instances (counted from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which node.
    pub node: NodeIx,
    /// Which instance; `None` is all.
    pub instance: Option<u32>,
}

/// What breaks. Overlapping faults compose.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// The process is gone: connections reset. With `host`, silence instead.
    Crash {
        /// Who.
        target: Target,
        /// The machine went, not only the process.
        host: bool,
    },
    /// The process is stopped in good order: its instances leave their registry, go on for a while,
    /// and are gone then, as after a crash.
    Shutdown {
        /// Who.
        target: Target,
        /// How long they go on.
        drain: Span,
    },
    /// Work takes so many times as long.
    Slow {
        /// Who.
        target: Target,
        /// How many times as long.
        factor: f64,
    },
    /// Workers take no new work; what runs finishes.
    Pause {
        /// Who.
        target: Target,
    },
    /// Workers stand still: they take no new work, and what runs goes on afterwards where it was.
    Freeze {
        /// Who.
        target: Target,
    },
    /// The clock shows a later time. What orders writes by clocks goes by it; nothing else does.
    Skew {
        /// Whose.
        target: Target,
        /// How much later.
        ahead: Span,
    },
    /// Messages take longer.
    Latency {
        /// Which.
        path: Path,
        /// How much longer.
        add: Dist,
    },
    /// Messages get lost.
    Loss {
        /// Which.
        path: Path,
        /// With this probability.
        probability: f64,
    },
    /// Messages arrive twice.
    Duplicate {
        /// Which.
        path: Path,
        /// With this probability.
        probability: f64,
    },
    /// Messages are overtaken.
    Reorder {
        /// Which.
        path: Path,
        /// With this probability a message is held up...
        probability: f64,
        /// ...by so much.
        by: Dist,
    },
    /// Nothing passes.
    Partition {
        /// Which.
        path: Path,
    },
    /// Open arrivals come so many times as often.
    Surge {
        /// Which client.
        client: NodeIx,
        /// How many times as often.
        factor: f64,
    },
}

/// The messages from some nodes to some others; empty lists mean all nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Senders.
    pub from: Vec<NodeIx>,
    /// Receivers.
    pub to: Vec<NodeIx>,
    /// The other direction as well.
    pub both: bool,
}
