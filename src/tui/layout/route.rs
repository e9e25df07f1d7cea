//! How links run between layers: each net on its own rail in a gap, in an order in which no two lie on each
//! other and few cross; rails that do not meet share a column.

use super::nets::{Net, Slot};
use super::place::{ASIDE, port};

/// A net in a gap: at which rows it meets the gap's left and right side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rail {
    /// Which net.
    pub net: usize,
    /// Rows at its left side.
    pub left: Vec<i32>,
    /// Rows at its right side.
    pub right: Vec<i32>,
    /// The column of its vertical part, counted within the gap; none if it is straight.
    pub column: Option<u16>,
}

impl Rail {
    fn ends(&self) -> impl Iterator<Item = i32> {
        self.left.iter().chain(&self.right).copied()
    }

    fn top(&self) -> i32 {
        self.ends().min().unwrap_or_default()
    }

    fn bottom(&self) -> i32 {
        self.ends().max().unwrap_or_default()
    }

    fn is_straight(&self) -> bool {
        self.top() == self.bottom()
    }

    /// How bad it is if it runs left of the other: where they would lie on each other, and cross.
    fn cost_before(&self, other: &Self) -> usize {
        let shared = self.right.iter().filter(|row| other.left.contains(row)).count();
        let within = |rail: &Self, row: i32| rail.top() <= row && row <= rail.bottom();
        let out = self.right.iter().filter(|row| within(other, **row)).count();
        let into = other.left.iter().filter(|row| within(self, **row)).count();
        1000 * shared + out + into
    }

    /// May they not share a column?
    fn meets(&self, other: &Self) -> bool {
        self.top() <= other.bottom() + 1 && other.top() <= self.bottom() + 1
    }
}

/// The rails of the gap right of a layer; `top` says where a slot stands.
pub fn rails(
    nets: &[Net],
    layers: &[usize],
    gap: usize,
    top: &impl Fn(usize, Slot) -> i32,
) -> Vec<Rail> {
    let mut rails = Vec::new();
    for (number, net) in nets.iter().enumerate() {
        let aside = net.ends.iter().filter(|end| layers[**end] == gap && net.first == gap);
        let aside: Vec<i32> =
            aside.map(|end| top(gap, Slot::Card(*end)) + i32::from(ASIDE)).collect();
        if !(net.first..net.last).contains(&gap) && aside.is_empty() {
            continue;
        }
        let at = net.slot(number, gap);
        let mut left = vec![top(gap, at) + port(at, net.is_forward)];
        left.extend(aside);
        let ends = net.ends.iter().filter(|end| layers[**end] == gap + 1);
        let lane = (gap + 1 < net.last).then_some(Slot::Lane(number));
        let right = ends.map(|end| Slot::Card(*end)).chain(lane);
        let right = right.map(|slot| top(gap + 1, slot) + port(slot, net.is_forward)).collect();
        rails.push(Rail { net: number, left, right, column: None });
    }
    let order = in_order(&rails);
    let mut placed: Vec<usize> = Vec::new();
    for at in order {
        let earlier = placed.iter().filter(|other| rails[**other].meets(&rails[at]));
        let last = earlier.filter_map(|other| rails[*other].column).max();
        rails[at].column = Some(last.map_or(0, |last| last + 1));
        placed.push(at);
    }
    rails
}

/// How many columns they need.
pub fn columns(rails: &[Rail]) -> u16 {
    rails.iter().filter_map(|rail| rail.column).max().map_or(0, |last| last + 1)
}

/// Those that are not straight, from left to right: each is put where it costs least among those before,
/// and then neighbours change places while that helps.
fn in_order(rails: &[Rail]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let cost = |left: usize, right: usize| rails[left].cost_before(&rails[right]);
    for at in (0..rails.len()).filter(|at| !rails[*at].is_straight()) {
        let price = |place: usize| {
            let before: usize = order[..place].iter().map(|other| cost(*other, at)).sum();
            let behind: usize = order[place..].iter().map(|other| cost(at, *other)).sum();
            before + behind
        };
        let place = (0..=order.len()).min_by_key(|place| price(*place)).expect("there is one");
        order.insert(place, at);
    }
    for _ in 0..order.len() {
        let mut is_better = false;
        for place in 1..order.len() {
            let (left, right) = (order[place - 1], order[place]);
            if cost(right, left) < cost(left, right) {
                order.swap(place - 1, place);
                is_better = true;
            }
        }
        if !is_better {
            break;
        }
    }
    order
}
