//! From a scenario to its graph: the union of what all designs link, each store in the card of the node
//! that keeps its data there, if it is the only one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::graph::{Graph, Link, Node};
use super::layers::layers;
use crate::model::{self, Model, NodeIx};
use crate::scenario::tree::{Role, Scenario, Use};

/// Which card stands for which nodes, and what each design uses.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Cards and links of all designs.
    pub graph: Graph,
    /// By card: the node that it is about, and then the stores in it.
    pub holds: Vec<Vec<NodeIx>>,
    /// By node: its card.
    pub card_of: Vec<usize>,
    /// By card: its layer.
    pub layers: Vec<usize>,
    /// By design: what it uses.
    pub designs: Vec<Used>,
}

/// What a design uses of the graph.
#[derive(Clone, Debug)]
pub struct Used {
    /// By card.
    pub cards: Vec<bool>,
    /// By link.
    pub links: Vec<bool>,
}

impl Wiring {
    /// Of a scenario.
    pub fn of(scenario: &Arc<Scenario>) -> Self {
        let links = |design| Model::new(scenario, design, scenario.run.seed).links();
        let designs: Vec<BTreeSet<model::Link>> = (0..scenario.designs.len()).map(links).collect();
        let all: BTreeSet<model::Link> = designs.iter().flatten().copied().collect();
        let hosts = hosts(scenario, &all);
        let host = |node: NodeIx| hosts.get(&node).copied().unwrap_or(node);
        let name = |node: NodeIx| scenario.nodes[usize::from(node.0)].name.as_str();

        let every = (0..scenario.nodes.len()).map(|ix| NodeIx(ix as u16));
        let mut holds: BTreeMap<&str, Vec<NodeIx>> = BTreeMap::new();
        for node in every.clone() {
            let held = holds.entry(name(host(node))).or_default();
            if host(node) == node { held.insert(0, node) } else { held.push(node) }
        }
        let nodes = holds.iter().map(|(name, held)| Node {
            name: (*name).to_owned(),
            is_broker: scenario.nodes[usize::from(held[0].0)].kind.about().is_broker(),
            rows: held.iter().map(|node| rows(scenario, *node)).sum::<u16>() + held.len() as u16
                - 1,
        });
        let named = all.iter().map(|link| (name(host(link.from)), name(host(link.to))));
        let graph = Graph::new(nodes.collect(), named);
        let holds: Vec<Vec<NodeIx>> = holds.into_values().collect();
        let card = |node: &NodeIx| holds.iter().position(|held| held.contains(node));
        let card_of: Vec<usize> =
            every.map(|node| card(&node).expect("every node is in a card")).collect();
        let at = |node: NodeIx| card_of[usize::from(node.0)];
        let used = |links: &BTreeSet<model::Link>| {
            let linked: BTreeSet<Link> =
                links.iter().map(|link| Link { from: at(link.from), to: at(link.to) }).collect();
            let touched: BTreeSet<usize> =
                linked.iter().flat_map(|link| [link.from, link.to]).collect();
            Used {
                cards: (0..holds.len()).map(|card| touched.contains(&card)).collect(),
                links: graph.links().iter().map(|link| linked.contains(link)).collect(),
            }
        };
        let designs = designs.iter().map(used).collect();
        let layers = layers(&graph);
        Self { graph, holds, card_of, layers, designs }
    }

    /// The card in which a node stands.
    pub fn card(&self, node: NodeIx) -> usize {
        self.card_of[usize::from(node.0)]
    }

    /// The node that a card is about.
    pub fn node(&self, card: usize) -> NodeIx {
        self.holds[card][0]
    }
}

/// The stores that stand in the card of another node: those of one node only.
fn hosts(scenario: &Scenario, links: &BTreeSet<model::Link>) -> BTreeMap<NodeIx, NodeIx> {
    let mut users: BTreeMap<NodeIx, BTreeSet<NodeIx>> = BTreeMap::new();
    for link in links {
        users.entry(link.to).or_default().insert(link.from);
    }
    let stores = users.into_iter().filter_map(|(store, users)| {
        let is_store = scenario.nodes[usize::from(store.0)].kind.about().is(Use::Store);
        let keeper = users.first().copied().filter(|_| is_store && users.len() == 1)?;
        let keeps = scenario.nodes[usize::from(keeper.0)].kind.store() == Some(store);
        keeps.then_some((store, keeper))
    });
    stores.collect()
}

/// How much there is to say of a node.
fn rows(scenario: &Scenario, node: NodeIx) -> u16 {
    let about = scenario.nodes[usize::from(node.0)].kind.about();
    match about.role {
        _ if about.is_broker() => 6,
        Role::Database => 2,
        Role::Quorum | Role::Registry => 3,
        _ => 4,
    }
}
