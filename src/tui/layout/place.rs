//! At which height each card and each lane stands in its layer: in the order that was found, without
//! touching, and as near as that allows to where its links would be straight.

use super::nets::{Net, Slot};
use super::order::Pair;

/// The row of a card, counted from its top, at which links that go on reach and leave it.
pub const ONWARD: u16 = 2;
/// And links that come back.
pub const BACKWARD: u16 = 3;
/// And links within a layer, where they leave.
pub const ASIDE: u16 = 1;

/// How often it goes there and back.
const SWEEPS: usize = 6;

/// The layers to be placed.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// Slots of each layer, in their order.
    pub slots: &'a [Vec<Slot>],
    /// What is joined, by gap.
    pub pairs: &'a [Vec<Pair>],
    /// The nets.
    pub nets: &'a [Net],
    /// The height of each node's card.
    pub heights: &'a [u16],
}

/// The top row of each slot, by layer, within so many rows; none if they do not fit.
pub fn rows(layers: Layers<'_>, room: u16) -> Option<Vec<Vec<u16>>> {
    let needed = |apart: u16| {
        let of = |slots: &Vec<Slot>| layers.stack(slots, apart).1;
        layers.slots.iter().map(of).max().unwrap_or_default()
    };
    let apart = (0..=2).rev().find(|apart| needed(*apart) <= i32::from(room))?;
    let height = i32::from(room);
    let middle = |slots: &Vec<Slot>| {
        let (offsets, total) = layers.stack(slots, apart);
        offsets.into_iter().map(|offset| offset + (height - total) / 2).collect()
    };
    let mut tops: Vec<Vec<i32>> = layers.slots.iter().map(middle).collect();
    let count = tops.len();
    for sweep in 0..SWEEPS {
        for step in 1..count {
            let layer = if sweep % 2 == 0 { step } else { count - 1 - step };
            let beside = if sweep % 2 == 0 { layer - 1 } else { layer + 1 };
            tops[layer] = layers.settle(layer, beside, &tops, apart, height);
        }
    }
    let row = |tops: Vec<i32>| tops.into_iter().map(|top| top as u16).collect();
    Some(tops.into_iter().map(row).collect())
}

impl Layers<'_> {
    fn height(&self, slot: Slot) -> u16 {
        match slot {
            Slot::Card(node) => self.heights[node],
            Slot::Lane(_) => 1,
        }
    }

    /// Where each slot stands in a stack, and how high that is.
    fn stack(&self, slots: &[Slot], apart: u16) -> (Vec<i32>, i32) {
        let (mut at, mut end, mut offsets) = (0, 0, Vec::with_capacity(slots.len()));
        for (place, slot) in slots.iter().enumerate() {
            offsets.push(at);
            end = at + i32::from(self.height(*slot));
            let both_cards =
                matches!((slot, slots.get(place + 1)), (Slot::Card(_), Some(Slot::Card(_))));
            at = end + if both_cards { i32::from(apart) } else { i32::from(apart / 2) };
        }
        (offsets, end)
    }

    /// A layer, moved to where its links to the one beside are straight, as far as its order allows: of all
    /// such placements one with the least sum of distances (isotonic regression by medians).
    fn settle(
        &self,
        layer: usize,
        beside: usize,
        tops: &[Vec<i32>],
        apart: u16,
        height: i32,
    ) -> Vec<i32> {
        let slots = &self.slots[layer];
        let (offsets, total) = self.stack(slots, apart);
        let mut blocks: Vec<(Vec<i32>, usize)> = Vec::new();
        for ((slot, offset), top) in slots.iter().zip(&offsets).zip(&tops[layer]) {
            let mut wanted = self.wanted(*slot, layer, beside, tops);
            if wanted.is_empty() {
                wanted.push(*top);
            }
            let wanted = wanted.into_iter().map(|top| top - offset).collect();
            blocks.push((wanted, 1));
            while blocks.len() > 1 {
                let last = blocks.len() - 1;
                if median(&blocks[last - 1].0) <= median(&blocks[last].0) {
                    break;
                }
                let (wanted, count) = blocks.pop().expect("there are two");
                blocks[last - 1].0.extend(wanted);
                blocks[last - 1].1 += count;
            }
        }
        let levels = blocks.iter().flat_map(|(wanted, count)| {
            std::iter::repeat_n(median(wanted).clamp(0, height - total), *count)
        });
        levels.zip(&offsets).map(|(level, offset)| level + offset).collect()
    }

    /// The tops at which the links of a slot to the layer beside would be straight: links that go on before
    /// those that come back.
    fn wanted(&self, slot: Slot, layer: usize, beside: usize, tops: &[Vec<i32>]) -> Vec<i32> {
        let gap = layer.min(beside);
        let met = self.pairs[gap].iter().filter_map(|pair| {
            let (own, other) =
                if layer < beside { (pair.left, pair.right) } else { (pair.right, pair.left) };
            (own == slot).then_some((pair.net, other))
        });
        let top = |(net, other): (usize, Slot)| {
            let is_forward = self.nets[net].is_forward;
            let place = self.slots[beside].iter().position(|it| *it == other);
            let place = place.expect("pairs are of slots");
            let wanted = tops[beside][place] + port(other, is_forward) - port(slot, is_forward);
            (is_forward, wanted)
        };
        let all: Vec<(bool, i32)> = met.map(top).collect();
        let goes_on = all.iter().any(|(is_forward, _)| *is_forward);
        all.into_iter().filter(|it| it.0 == goes_on).map(|(_, wanted)| wanted).collect()
    }
}

/// The row at which a net meets a slot, from its top.
pub fn port(slot: Slot, is_forward: bool) -> i32 {
    match (slot, is_forward) {
        (Slot::Lane(_), _) => 0,
        (Slot::Card(_), true) => i32::from(ONWARD),
        (Slot::Card(_), false) => i32::from(BACKWARD),
    }
}

fn median(values: &[i32]) -> i32 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}
