//! In which layer each node stands, counted from the left: by the longest way to it, once the links are left
//! out that go back.
//!
//! Where links go round, those go back that lead nearer to where everything begins; of two nodes equally far a
//! broker comes first, for it carries to the others. Only what is left of the rounds then, among equals, is
//! for the greedy heuristic: by itself it tears apart services that are alike.

use std::collections::VecDeque;

use petgraph::algo::{greedy_feedback_arc_set, kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::graph::Graph;

/// The layer of each node.
pub fn layers(graph: &Graph) -> Vec<usize> {
    let mut arcs: DiGraph<(), ()> = DiGraph::new();
    for _ in graph.nodes() {
        arcs.add_node(());
    }
    for link in graph.links() {
        arcs.add_edge(NodeIndex::new(link.from), NodeIndex::new(link.to), ());
    }
    let mut round = vec![0; graph.nodes().len()];
    for (number, nodes) in kosaraju_scc(&arcs).iter().enumerate() {
        for node in nodes {
            round[node.index()] = number;
        }
    }
    let far = distances(graph);
    let rank = |node: NodeIndex| {
        let node = node.index();
        (far[node], !graph.nodes()[node].is_broker)
    };
    arcs.retain_edges(|arcs, arc| {
        let (from, to) = arcs.edge_endpoints(arc).expect("it is there");
        round[from.index()] != round[to.index()] || rank(from) <= rank(to)
    });
    let mut back: Vec<_> = greedy_feedback_arc_set(&arcs).map(|arc| arc.id()).collect();
    back.sort_unstable();
    arcs.retain_edges(|_, arc| back.binary_search(&arc).is_err());
    let order = toposort(&arcs, None).expect("no link goes back any more");
    let mut layers = vec![0; graph.nodes().len()];
    for from in order {
        for to in arcs.neighbors(from) {
            let to = to.index();
            layers[to] = layers[to].max(layers[from.index()] + 1);
        }
    }
    layers
}

/// How many links each node is away from where everything begins: from nodes to which nothing leads.
fn distances(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes().len();
    let is_led_to = |node: &usize| graph.links().iter().any(|link| link.to == *node);
    let mut ahead: VecDeque<usize> = (0..count).filter(|node| !is_led_to(node)).collect();
    let mut far = vec![usize::MAX; count];
    for node in &ahead {
        far[*node] = 0;
    }
    while let Some(from) = ahead.pop_front() {
        let own = graph.links().partition_point(|link| link.from < from);
        for link in graph.links()[own..].iter().take_while(|link| link.from == from) {
            if far[link.to] == usize::MAX {
                far[link.to] = far[from] + 1;
                ahead.push_back(link.to);
            }
        }
    }
    far
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::*;

    #[test]
    fn a_node_stands_right_of_all_that_lead_to_it_but_by_links_that_go_back() {
        let chain =
            graph(&["web edge", "edge orders", "orders queue", "queue orders", "queue pay"]);
        // By name: edge, orders, pay, queue, web.
        assert_eq!(layers(&chain), [1, 2, 4, 3, 0]);
        let round =
            graph(&["web a", "a b", "a c", "a queue", "b queue", "c queue", "queue b", "queue c"]);
        // a, b, c, queue, web: the queue is a broker.
        assert_eq!(layers(&round), [1, 3, 3, 2, 0]);
        let diamond = graph(&["a b", "a c", "b d", "c e", "e d"]);
        assert_eq!(layers(&diamond), [0, 1, 1, 3, 2]);
    }
}
