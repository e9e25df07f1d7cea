//! The whole map: a rectangle for each node, a line for each link; in the largest size of cards that fits.

use std::collections::BTreeMap;

use ratatui::layout::{Position, Rect};

use super::graph::{Graph, Link};
use super::layers::layers;
use super::nets::{Net, Slot};
use super::order::{order, pairs};
use super::place::{self, ASIDE, Layers, port};
use super::route::{Rail, columns, rails};

/// How large a card may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows at most.
    pub height: u16,
}

/// The sizes of cards, the largest first.
pub const SIZES: [Size; 6] = [
    Size { width: 20, height: 12 },
    Size { width: 18, height: 10 },
    Size { width: 16, height: 9 },
    Size { width: 14, height: 8 },
    Size { width: 13, height: 8 },
    Size { width: 12, height: 8 },
];

/// The least rows of a card.
const LEAST: u16 = 5;

/// The least and the most columns between two layers.
const NARROW: u16 = 4;
const WIDE: u16 = 11;

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How large cards are.
    pub size: Size,
    /// What it covers, from 0, 0 on.
    pub area: Rect,
    /// The card of each node.
    pub cards: Vec<Rect>,
    /// By use and link: its way, where it begins, where it turns, and where it ends, right before its card;
    /// empty where it is not used.
    pub routes: Vec<Vec<Vec<Position>>>,
    /// By link: its net, whose lines part and meet.
    pub nets: Vec<usize>,
}

impl Plan {
    /// In the largest size that fits into so many columns and rows, with all links in use.
    pub fn new(graph: &Graph, width: u16, height: u16) -> Option<Self> {
        let all = vec![true; graph.links().len()];
        let outline = Outline::new(graph, &[all]);
        SIZES.iter().find_map(|size| outline.fit(*size, width, height))
    }
}

/// What does not depend on sizes.
#[derive(Clone, Debug)]
pub struct Outline<'a> {
    graph: &'a Graph,
    layers: Vec<usize>,
    nets: Vec<Net>,
    slots: Vec<Vec<Slot>>,
    /// Which links are in use together.
    uses: Vec<Use>,
}

/// What a use has of the graph.
#[derive(Clone, Debug)]
struct Use {
    /// By link.
    links: Vec<bool>,
    /// By node: does a link of it begin or end there?
    nodes: Vec<bool>,
    /// What is left of the nets.
    nets: Vec<Net>,
}

impl<'a> Outline<'a> {
    /// Of a graph, of which each use has some links. All share the places of cards.
    pub fn new(graph: &'a Graph, uses: &[Vec<bool>]) -> Self {
        let layers = layers(graph);
        let nets = Net::all(graph, &layers);
        let slots = order(graph, &layers, &nets);
        let left = |used: &Vec<bool>| {
            let links = graph.links().iter().zip(used).filter(|(_, used)| **used);
            let links: Vec<Link> = links.map(|(link, _)| *link).collect();
            let touches = |node: usize| links.iter().any(|it| it.from == node || it.to == node);
            Use {
                links: used.clone(),
                nodes: (0..layers.len()).map(touches).collect(),
                nets: nets.iter().map(|net| net.only(&links, &layers)).collect(),
            }
        };
        let uses = uses.iter().map(left).collect();
        Self { graph, layers, nets, slots, uses }
    }

    /// With cards of this size, if it fits.
    pub fn fit(&self, size: Size, width: u16, height: u16) -> Option<Plan> {
        let heights = self.heights(size, height)?;
        let pairs = pairs(&self.layers, &self.nets, self.slots.len());
        let layers =
            Layers { slots: &self.slots, pairs: &pairs, nets: &self.nets, heights: &heights };
        let rows = place::rows(layers, height)?;
        let top = |layer: usize, slot: Slot| {
            let place = self.slots[layer].iter().position(|it| *it == slot);
            i32::from(rows[layer][place.expect("slots are in their layers")])
        };
        let lanes: Vec<Lanes> =
            self.uses.iter().map(|used| self.lanes(used, &heights, &top, height)).collect();
        let top_in = |number: usize, layer: usize, slot: Slot| match slot {
            Slot::Lane(net) => lanes[number].get(&(layer, net)).copied(),
            Slot::Card(_) => None,
        };
        let uses: Vec<Vec<Vec<Rail>>> = (0..)
            .zip(&self.uses)
            .map(|(number, used)| {
                let top = |layer, slot| top_in(number, layer, slot).unwrap_or(top(layer, slot));
                let gaps = 0..self.slots.len();
                gaps.map(|gap| rails(&used.nets, &self.layers, gap, &top)).collect()
            })
            .collect();
        let columns = spread(&uses, self.slots.len(), size.width, width)?;
        let card = |node: usize| {
            let layer = self.layers[node];
            let y = top(layer, Slot::Card(node)) as u16;
            Rect::new(columns[layer].x, y, size.width, heights[node])
        };
        let cards: Vec<Rect> = (0..heights.len()).map(card).collect();
        let routes = self.uses.iter().zip(&uses).enumerate().map(|(number, (used, gaps))| {
            let top = |layer, slot| top_in(number, layer, slot).unwrap_or(top(layer, slot));
            let links = self.graph.links().iter().zip(&used.links);
            let route = |(link, used): (&Link, &bool)| {
                if *used { self.route(*link, gaps, &columns, &cards, &top) } else { Vec::new() }
            };
            links.map(route).collect()
        });
        let routes = routes.collect();
        let net = |link: &Link| Net::of(&self.nets, *link, &self.layers);
        let nets = self.graph.links().iter().map(net).collect();
        Some(Plan { size, area: Rect::new(0, 0, width, height), cards, routes, nets })
    }

    /// Where lanes run in a use: straight on where no card of the use is in the way, else where there is a
    /// lane for all uses.
    fn lanes(
        &self,
        used: &Use,
        heights: &[u16],
        top: &impl Fn(usize, Slot) -> i32,
        height: u16,
    ) -> Lanes {
        let mut lanes = Lanes::new();
        for (number, net) in used.nets.iter().enumerate().filter(|(_, net)| !net.ends.is_empty()) {
            let hub = Slot::Card(net.hub);
            let mut row = top(net.first, hub) + port(hub, net.is_forward);
            for layer in net.passed() {
                let is_free = |row: &i32| {
                    let cards = (0..heights.len()).filter(|it| self.layers[*it] == layer);
                    let mut cards = cards.filter(|it| used.nodes[*it]);
                    let is_met = cards.any(|node| {
                        let y = top(layer, Slot::Card(node));
                        (y..y + i32::from(heights[node])).contains(row)
                    });
                    let mut others = lanes.iter().filter(|((at, _), _)| *at == layer);
                    (0..i32::from(height)).contains(row)
                        && !is_met
                        && !others.any(|(_, it)| it == row)
                };
                let ends = net.ends.iter().filter(|end| self.layers[**end] == layer + 1);
                let ahead = ends.map(|end| {
                    top(layer + 1, Slot::Card(*end)) + port(Slot::Card(*end), net.is_forward)
                });
                let mut wanted = std::iter::once(row).chain(ahead);
                row = wanted.find(is_free).unwrap_or_else(|| top(layer, Slot::Lane(number)));
                lanes.insert((layer, number), row);
            }
        }
        lanes
    }

    /// How high each card is: as it has rows, and not higher than fits into its layer.
    fn heights(&self, size: Size, room: u16) -> Option<Vec<u16>> {
        let nodes = self.graph.nodes();
        let mut heights = vec![LEAST; nodes.len()];
        for slots in &self.slots {
            let cards = slots.iter().filter_map(|slot| match slot {
                Slot::Card(node) => Some(*node),
                Slot::Lane(_) => None,
            });
            let lanes = (slots.len() - cards.clone().count()) as u16;
            let own = |node: usize, most: u16| (nodes[node].rows + 2).clamp(LEAST, most);
            let stack = |most: u16| {
                let sum: u16 = cards.clone().map(|node| own(node, most)).sum();
                sum + lanes + (cards.clone().count() as u16).saturating_sub(1)
            };
            let most = (LEAST..=size.height.max(LEAST)).rev();
            let most = most.into_iter().find(|most| *most == LEAST || stack(*most) <= room)?;
            cards.for_each(|node| heights[node] = own(node, most));
        }
        Some(heights)
    }

    /// The way of a link, from its net's hub out, and turned round if it comes back.
    fn route(
        &self,
        link: Link,
        gaps: &[Vec<Rail>],
        columns: &[Column],
        cards: &[Rect],
        top: &impl Fn(usize, Slot) -> i32,
    ) -> Vec<Position> {
        let number = Net::of(&self.nets, link, &self.layers);
        let net = &self.nets[number];
        let end = if net.is_forward { link.to } else { link.from };
        let is_aside = self.layers[end] == net.first;
        let hub = top(net.first, Slot::Card(net.hub)) + port(Slot::Card(net.hub), net.is_forward);
        let mut row = hub;
        let mut way = vec![Position::new(cards[net.hub].right(), row as u16)];
        let last = if is_aside { net.first + 1 } else { self.layers[end] };
        for gap in net.first..last {
            let next = if is_aside {
                i32::from(cards[end].y + ASIDE)
            } else {
                let slot = if gap + 1 == last { Slot::Card(end) } else { Slot::Lane(number) };
                top(gap + 1, slot) + port(slot, net.is_forward)
            };
            let rail = gaps[gap].iter().find(|rail| rail.net == number);
            if let Some(column) = rail.and_then(|rail| rail.column) {
                let x = columns[gap].rail(column, super::route::columns(&gaps[gap]));
                way.push(Position::new(x, row as u16));
                way.push(Position::new(x, next as u16));
            }
            row = next;
        }
        let x = if is_aside { cards[end].right() } else { cards[end].x - 1 };
        way.push(Position::new(x, row as u16));
        way.dedup();
        if !net.is_forward {
            way.reverse();
        }
        way
    }
}

/// Where layers and the gaps behind them begin, spread over the width; none if they do not fit.
fn spread(uses: &[Vec<Vec<Rail>>], layers: usize, card: u16, width: u16) -> Option<Vec<Column>> {
    let last = layers.saturating_sub(1);
    let least = |gap: usize| {
        let rails = uses.iter().map(|gaps| columns(&gaps[gap])).max().unwrap_or(0);
        match rails {
            0 if gap == last => 0,
            rails if gap == last => rails + 1,
            rails => (rails + 2).max(NARROW),
        }
    };
    let mut wide: Vec<u16> = (0..layers).map(least).collect();
    let needed = layers as u16 * card + wide.iter().sum::<u16>();
    let mut spare = width.checked_sub(needed)?;
    // The narrowest first, so that in the end they are alike.
    while let Some(gap) = (0..last).filter(|gap| wide[*gap] < WIDE).min_by_key(|gap| wide[*gap]) {
        if spare == 0 {
            break;
        }
        wide[gap] += 1;
        spare -= 1;
    }
    let mut x = spare / 2;
    let column = |gap: u16| {
        let column = Column { x, gap: x + card, width: gap };
        x += card + gap;
        column
    };
    Some(wide.into_iter().map(column).collect())
}

/// The rows of lanes, by layer and net.
type Lanes = BTreeMap<(usize, usize), i32>;

/// A layer, and the gap right of it.
#[derive(Clone, Copy, Debug)]
struct Column {
    x: u16,
    gap: u16,
    width: u16,
}

impl Column {
    /// Where a rail runs: rather at the left, so that there is room for figures before the cards.
    fn rail(self, column: u16, of: u16) -> u16 {
        let spare = self.width.saturating_sub(of + 2);
        self.gap + 1 + (spare / 3).min(2) + column
    }
}
