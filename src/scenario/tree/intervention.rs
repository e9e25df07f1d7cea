//! What is done to a run while it goes on: `changes` in the file.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Discipline, Fault, NodeIx, NodeKind, Scenario};
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

/// The nodes of which it is kept from the start how far running work is, so that it can stand still. It
/// costs, so that it is kept only where that is foreseen or the discipline needs it.
pub fn freezable(scenario: &Scenario) -> BTreeSet<NodeIx> {
    let foreseen: BTreeSet<NodeIx> =
        scenario.faults.iter().flat_map(|fault| fault.what.frozen()).collect();
    let is_kept = |ix: &NodeIx| {
        let NodeKind::Service(service) = &scenario.nodes[usize::from(ix.0)].kind else {
            return false;
        };
        foreseen.contains(ix)
            || matches!(
                service.discipline,
                Discipline::ProcessorSharing | Discipline::Priority { preempt: true, .. }
            )
    };
    (0..scenario.nodes.len() as u16).map(NodeIx).filter(is_kept).collect()
}

/// The node that this fault would freeze on the way although it cannot be, if there is one.
pub fn unfreezable(scenario: &Scenario, fault: &Fault) -> Option<NodeIx> {
    fault.what.frozen().find(|node| !freezable(scenario).contains(node))
}
