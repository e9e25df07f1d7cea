//! Who registers where, and which registered nodes each node calls: what service discovery has to
//! know beforehand. Empty where a scenario has no registry.

use std::collections::BTreeSet;

use super::program::{EntryIx, Instr, Programs};
use super::{FlowModel, NodeIx};
use crate::scenario::tree::{Action, Client, FlowIx, NodeKind, Scenario};

/// The tables, by node.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    registries: Vec<Option<NodeIx>>,
    called: Vec<Vec<NodeIx>>,
}

impl Directory {
    /// Who calls whom of those that register.
    pub fn new(scenario: &Scenario, flows: &[FlowModel], programs: &Programs) -> Self {
        let registries: Vec<_> = scenario.nodes.iter().map(|node| node.kind.registry()).collect();
        if registries.iter().all(Option::is_none) {
            return Self::default();
        }
        let mut called = vec![BTreeSet::new(); scenario.nodes.len()];
        for (caller, entry) in calls(programs).chain(sent(scenario, flows)) {
            called[usize::from(caller.0)].insert(programs.entries[entry.0 as usize].node);
        }
        let is_registered = |node: &NodeIx| registries[usize::from(node.0)].is_some();
        let called = called.into_iter().map(|nodes| nodes.into_iter().filter(is_registered));
        let called = called.map(Iterator::collect).collect();
        Self { registries, called }
    }

    /// Where the instances of this node register, if they do.
    pub fn registry_of(&self, node: NodeIx) -> Option<NodeIx> {
        self.registries.get(usize::from(node.0)).copied().flatten()
    }

    /// The nodes whose instances register at this registry, in order.
    pub fn members(&self, registry: NodeIx) -> impl Iterator<Item = NodeIx> {
        let nodes = self.registries.iter().enumerate();
        nodes.filter(move |(_, at)| **at == Some(registry)).map(|(node, _)| NodeIx(node as u16))
    }

    /// The registered nodes that this node calls, in order.
    pub fn called_by(&self, caller: NodeIx) -> &[NodeIx] {
        self.called.get(usize::from(caller.0)).map_or(&[], Vec::as_slice)
    }

    /// The registries that know whom this node calls, in order.
    pub fn asked_by(&self, caller: NodeIx) -> Vec<NodeIx> {
        let called = self.called_by(caller).iter();
        let registries: BTreeSet<_> = called.filter_map(|node| self.registry_of(*node)).collect();
        registries.into_iter().collect()
    }

    /// The nodes that call this one, in order.
    pub fn callers_of(&self, node: NodeIx) -> impl Iterator<Item = NodeIx> {
        let callers = self.called.iter().enumerate();
        callers
            .filter(move |(_, called)| called.contains(&node))
            .map(|(caller, _)| NodeIx(caller as u16))
    }
}

/// The calls in programs: by which node, of what.
fn calls(programs: &Programs) -> impl Iterator<Item = (NodeIx, EntryIx)> {
    programs.instructions().filter_map(|(node, instr)| match instr {
        Instr::Call { entry, .. } | Instr::Cached { entry, .. } => Some((node, *entry)),
        _ => None,
    })
}

/// Where the customers' operations enter.
fn sent(scenario: &Scenario, flows: &[FlowModel]) -> impl Iterator<Item = (NodeIx, EntryIx)> {
    let clients =
        (0..).map(NodeIx).zip(&scenario.nodes).filter_map(|(ix, node)| match &node.kind {
            NodeKind::Client(client) => Some((ix, client)),
            _ => None,
        });
    clients.flat_map(move |(ix, client)| {
        let flows = journeys(client).map(|flow| &flows[usize::from(flow.0)]);
        flows.map(move |flow| (ix, flow.entry(client.via)))
    })
}

fn journeys(client: &Client) -> impl Iterator<Item = FlowIx> {
    let actions = client.journeys.iter().flat_map(|journey| &journey.actions);
    actions.filter_map(Action::flow)
}
