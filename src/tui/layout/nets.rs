//! Which links share a rail: those that go on from a node, and those that come back to one. Where a rail
//! passes a layer it needs a lane there, a place in that layer's column beside the cards.

use std::collections::BTreeMap;

use super::graph::{Graph, Link};

/// Links that share a rail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Net {
    /// The node at its one end.
    pub hub: usize,
    /// Do its links go on from the hub? Else they come back to it.
    pub is_forward: bool,
    /// The nodes at its other ends, in order.
    pub ends: Vec<usize>,
    /// The layer of the hub.
    pub first: usize,
    /// The farthest layer of an end.
    pub last: usize,
}

/// What stands in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The card of this node.
    Card(usize),
    /// A rail passes, that of this net.
    Lane(usize),
}

impl Net {
    /// The nets of a graph with these layers: forward ones by hub, then those that come back.
    pub fn all(graph: &Graph, layers: &[usize]) -> Vec<Self> {
        let mut hubs: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        for link in graph.links() {
            let (is_forward, hub, end) = role(*link, layers);
            hubs.entry((!is_forward, hub)).or_default().push(end);
        }
        let net = |((goes_back, hub), ends): ((bool, usize), Vec<usize>)| Self {
            hub,
            is_forward: !goes_back,
            first: layers[hub],
            last: ends.iter().map(|end| layers[*end]).max().unwrap_or_default(),
            ends,
        };
        hubs.into_iter().map(net).collect()
    }

    /// The net of a link, by its number.
    pub fn of(nets: &[Self], link: Link, layers: &[usize]) -> usize {
        let (is_forward, hub, _) = role(link, layers);
        let found = nets.iter().position(|net| (net.is_forward, net.hub) == (is_forward, hub));
        found.expect("every link is in a net")
    }

    /// What is left of it with these links alone.
    #[must_use]
    pub fn only(&self, links: &[Link], layers: &[usize]) -> Self {
        let is_there = |end: &usize| {
            let (from, to) = if self.is_forward { (self.hub, *end) } else { (*end, self.hub) };
            links.contains(&Link { from, to })
        };
        let ends: Vec<usize> = self.ends.iter().copied().filter(is_there).collect();
        let last = ends.iter().map(|end| layers[*end]).max().unwrap_or(self.first);
        Self { ends, last, ..self.clone() }
    }

    /// The layers that it passes.
    pub fn passed(&self) -> std::ops::Range<usize> {
        self.first + 1..self.last.max(self.first + 1)
    }

    /// What it is in a layer at its left side of a gap: its hub, or a lane.
    pub fn slot(&self, number: usize, layer: usize) -> Slot {
        if layer == self.first { Slot::Card(self.hub) } else { Slot::Lane(number) }
    }
}

/// Does a link go on? And which of its nodes is the hub of its net, which the other end.
fn role(link: Link, layers: &[usize]) -> (bool, usize, usize) {
    if layers[link.from] < layers[link.to] {
        (true, link.from, link.to)
    } else {
        (false, link.to, link.from)
    }
}
