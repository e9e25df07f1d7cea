//! What is done to a run while it goes on: `changes` in the file.

use std::sync::Arc;

use super::fault::{Fault, FaultKind};
use super::{Discipline, Node, NodeIx, NodeKind, Scenario};
use crate::base::Span;

impl Deed {
    /// The fault that begins, if it is that.
    pub fn begun(&self) -> Option<&Fault> {
        match self {
            Self::Begin(fault) => Some(fault),
            Self::End(_) | Self::Without(_) | Self::Set(_) => None,
        }
    }
}

/// Why a service cannot be frozen on the way.
pub const NO_BENCH: &str = "how far running work is has to be known to freeze it, and is kept from the start only where a fault is to freeze the service, or where workers are shared or taken away";

/// Something done to a run at an instant: before everything else that happens then, after everything
/// earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// When, since the run began; before arrivals end.
    pub at: Span,
    /// What.
    pub deed: Deed,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A fault begins; its own `when` says the same instant.
    Begin(Fault),
    /// The fault of this name ends, if it acts; it may come again.
    End(String),
    /// The fault of this name acts no more, now or ever.
    Without(String),
    /// Knobs are turned.
    Set(Turned),
}

/// A scenario with other knobs from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Turned {
    /// The knobs that are turned then, with their values as texts.
    pub knobs: Vec<(String, String)>,
    /// The scenario as it is with these and all that was turned before, and without changes.
    pub scenario: Arc<Scenario>,
}

/// Is it kept from the start how far running work is at this node, so that it can stand still? It
/// costs, so that it is kept only where that is foreseen or the discipline needs it.
pub fn can_freeze(nodes: &[Node], faults: &[Fault], node: NodeIx) -> bool {
    let is_foreseen = faults
        .iter()
        .any(|fault| matches!(fault.what, FaultKind::Freeze { target } if target.node == node));
    let NodeKind::Service(service) = &nodes[usize::from(node.0)].kind else { return false };
    is_foreseen
        || matches!(
            service.discipline,
            Discipline::ProcessorSharing | Discipline::Priority { preempt: true, .. }
        )
}
