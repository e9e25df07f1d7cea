//! Faults of the network: which messages they befall. Knows no fault.

use super::{Fields, NodeIx, Reader};
use crate::scenario::syntax::Value;

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

impl<'a> Reader<'a> {
    /// The settings `from`, `to` and `both`.
    pub(super) fn path(&mut self, fields: &Fields<'a>) -> Option<Path> {
        let from = self.or(fields, "from", Vec::new(), Self::some_nodes);
        let to = self.or(fields, "to", Vec::new(), Self::some_nodes);
        let both = self.setting(fields, "both", Self::flag);
        Some(Path { from: from?, to: to?, both: both? })
    }

    fn some_nodes(&mut self, value: &'a Value) -> Option<Vec<NodeIx>> {
        let items = self.list(value, "nodes", true)?;
        let nodes: Vec<_> = items.iter().map(|item| self.node(item, &[])).collect();
        nodes.into_iter().collect()
    }
}
