//! Who sends to whom under a design, by what its programs say and by what the scenario declares. Whether
//! anything goes that way in a run is the run's business.

use std::collections::BTreeSet;

use super::program::{Act, Command, Instr, Programs};
use super::{Model, NodeIx};
use crate::scenario::tree::{Action, NodeKind};

/// A way from one node to another: of calls, publications, deliveries or registrations. Answers go back
/// on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Who sends.
    pub from: NodeIx,
    /// To whom.
    pub to: NodeIx,
}

impl Model {
    /// All links, in order.
    pub fn links(&self) -> BTreeSet<Link> {
        let sent = self.sent().chain(said(&self.programs)).chain(carried(&self.programs));
        let links = sent.chain(self.declared());
        links.filter(|link| link.from != link.to).collect()
    }

    /// Where the customers' operations enter.
    fn sent(&self) -> impl Iterator<Item = Link> {
        (0..).map(NodeIx).zip(&self.scenario.nodes).flat_map(move |(from, node)| {
            let client = match &node.kind {
                NodeKind::Client(client) => Some(client),
                _ => None,
            };
            client.into_iter().flat_map(move |client| {
                let actions = client.journeys.iter().flat_map(|journey| &journey.actions);
                actions.filter_map(Action::flow).map(move |flow| {
                    let entry = self.flows[usize::from(flow.0)].entry(client.via);
                    Link { from, to: self.programs.entries[entry.0 as usize].node }
                })
            })
        })
    }

    /// Stores, registries and brokers that nodes name.
    fn declared(&self) -> impl Iterator<Item = Link> {
        (0..).map(NodeIx).zip(&self.scenario.nodes).flat_map(|(from, node)| {
            let named = node.kind.store().into_iter().chain(node.kind.registry());
            let named = named.chain(node.kind.hands_on_to());
            let asked = self.directory.asked_by(from);
            named.chain(asked).map(move |to| Link { from, to })
        })
    }
}

/// What programs say to other nodes.
fn said(programs: &Programs) -> impl Iterator<Item = Link> {
    let node_of = |entry: super::program::EntryIx| programs.entries[entry.0 as usize].node;
    let broker_of =
        |publication: super::program::PubIx| programs.publications[publication.0 as usize].broker;
    let spoken = programs.instructions().filter_map(move |(from, instr)| {
        let to = match instr {
            Instr::Call { entry, .. }
            | Instr::Store { entry, .. }
            | Instr::Cached { entry, .. }
            | Instr::Lookup { entry, .. }
            | Instr::Keep { entry, .. }
            | Instr::Admit { entry, .. } => node_of(*entry),
            Instr::Publish { publication, .. } | Instr::Invalidate { publication, .. } => {
                broker_of(*publication)
            }
            _ => return None,
        };
        Some(Link { from, to })
    });
    let kept = programs.entries.iter().flat_map(move |entry| {
        let handed_on = match entry.act {
            Act::Keep { command: Command::Take { commit, .. }, .. } => Some(node_of(commit)),
            _ => None,
        };
        let relayed = match entry.act {
            Act::Transact(txn) => programs.transactions[txn.0 as usize].outbox.as_slice(),
            _ => &[],
        };
        let relayed = relayed.iter().map(move |row| broker_of(row.publication));
        relayed.chain(handed_on).map(|to| Link { from: entry.node, to })
    });
    spoken.chain(kept)
}

/// What brokers pass on.
fn carried(programs: &Programs) -> impl Iterator<Item = Link> {
    let consumed = programs.channels.iter();
    let consumed = consumed.map(|channel| Link { from: channel.broker, to: channel.consumer });
    let told = programs.publications.iter().flat_map(|publication| {
        publication.caches.iter().map(|cache| Link { from: publication.broker, to: *cache })
    });
    consumed.chain(told)
}
