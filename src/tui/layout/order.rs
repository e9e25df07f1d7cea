//! In which order cards and lanes stand in each layer: by barycentre, there and back until nothing is won;
//! ties by name.

use super::graph::Graph;
use super::nets::{Net, Slot};

/// How often it goes there and back.
const SWEEPS: usize = 12;

/// The slots of each layer, from top to bottom.
pub fn order(graph: &Graph, layers: &[usize], nets: &[Net]) -> Vec<Vec<Slot>> {
    let count = layers.iter().max().map_or(0, |last| last + 1);
    let mut slots: Vec<Vec<Slot>> = vec![Vec::new(); count];
    for (node, layer) in layers.iter().enumerate() {
        slots[*layer].push(Slot::Card(node));
    }
    for (number, net) in nets.iter().enumerate() {
        for layer in net.passed() {
            slots[layer].push(Slot::Lane(number));
        }
    }
    let name = |slot: &Slot| match slot {
        Slot::Card(node) => (&graph.nodes()[*node].name, *slot),
        Slot::Lane(net) => (&graph.nodes()[nets[*net].hub].name, *slot),
    };
    for layer in &mut slots {
        layer.sort_by(|one, other| name(one).cmp(&name(other)));
    }
    let pairs = pairs(layers, nets, count);
    let mut best = slots.clone();
    let mut fewest = crossings(&best, &pairs);
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        let through: Vec<usize> =
            if forward { (1..count).collect() } else { (0..count - 1).rev().collect() };
        for layer in through {
            let fixed = if forward { layer - 1 } else { layer + 1 };
            let gap = layer.min(fixed);
            let place = |slot: &Slot| slots[fixed].iter().position(|it| it == slot);
            let centre = |slot: &Slot| {
                let met = pairs[gap].iter().filter_map(|pair| {
                    let (own, other) =
                        if forward { (pair.right, pair.left) } else { (pair.left, pair.right) };
                    (own == *slot).then_some(other)
                });
                let places: Vec<usize> = met.filter_map(|it| place(&it)).collect();
                (!places.is_empty())
                    .then(|| places.iter().sum::<usize>() as f64 / places.len() as f64)
            };
            // What meets nothing there stays where it is.
            let keyed = slots[layer].iter().enumerate();
            let mut keyed: Vec<(f64, Slot)> =
                keyed.map(|(at, slot)| (centre(slot).unwrap_or(at as f64), *slot)).collect();
            keyed.sort_by(|one, other| {
                one.0.total_cmp(&other.0).then_with(|| name(&one.1).cmp(&name(&other.1)))
            });
            slots[layer] = keyed.into_iter().map(|(_, slot)| slot).collect();
        }
        let crossings = crossings(&slots, &pairs);
        if crossings < fewest {
            (best, fewest) = (slots.clone(), crossings);
        }
    }
    best
}

/// Two slots of neighbouring layers that a link joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The left one.
    pub left: Slot,
    /// The right one.
    pub right: Slot,
    /// By which net.
    pub net: usize,
}

/// By gap between layers: what is joined across it.
pub fn pairs(layers: &[usize], nets: &[Net], count: usize) -> Vec<Vec<Pair>> {
    let mut pairs = vec![Vec::new(); count.saturating_sub(1)];
    for (number, net) in nets.iter().enumerate() {
        for (gap, pairs) in pairs.iter_mut().enumerate().take(net.last).skip(net.first) {
            let left = net.slot(number, gap);
            let ends = net.ends.iter().filter(|end| layers[**end] == gap + 1);
            pairs.extend(ends.map(|end| Pair { left, right: Slot::Card(*end), net: number }));
            if gap + 1 < net.last {
                pairs.push(Pair { left, right: Slot::Lane(number), net: number });
            }
        }
    }
    pairs
}

fn crossings(slots: &[Vec<Slot>], pairs: &[Vec<Pair>]) -> usize {
    let place = |layer: usize, slot: Slot| slots[layer].iter().position(|it| *it == slot);
    let mut sum = 0;
    for (gap, pairs) in pairs.iter().enumerate() {
        let lines: Vec<_> =
            pairs.iter().map(|pair| (place(gap, pair.left), place(gap + 1, pair.right))).collect();
        for (at, one) in lines.iter().enumerate() {
            let crossed = |other: &&(Option<usize>, Option<usize>)| {
                (one.0 < other.0 && one.1 > other.1) || (one.0 > other.0 && one.1 < other.1)
            };
            sum += lines[at + 1..].iter().filter(crossed).count();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::graph;
    use super::super::layers::layers;
    use super::*;

    fn names(links: &[&str]) -> Vec<Vec<String>> {
        let graph = graph(links);
        let layers = layers(&graph);
        let nets = Net::all(&graph, &layers);
        let name = |slot: &Slot| match slot {
            Slot::Card(node) => graph.nodes()[*node].name.clone(),
            Slot::Lane(net) => format!("~{}", graph.nodes()[nets[*net].hub].name),
        };
        order(&graph, &layers, &nets).iter().map(|layer| layer.iter().map(name).collect()).collect()
    }

    #[test]
    fn links_that_need_not_cross_do_not_and_ties_are_by_name() {
        assert_eq!(
            names(&["a z", "b y", "b x", "s a", "s b"]),
            [vec!["s"], vec!["a", "b"], vec!["z", "x", "y"]]
        );
    }

    #[test]
    fn a_link_over_a_layer_has_a_lane_there() {
        assert_eq!(names(&["a b", "b c", "a c"]), [vec!["a"], vec!["~a", "b"], vec!["c"]]);
    }
}
