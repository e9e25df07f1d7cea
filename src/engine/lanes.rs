//! FIFO lanes: what is scheduled with one constant delay comes due in the order in which it was
//! scheduled, so it stands in line and never sees the heap. Knows keys, not events.

use std::collections::VecDeque;

use super::LaneId;
use super::heap::Entry;
use crate::base::Span;

/// The events of one constant delay.
///
/// The keys of a lane rise strictly from its front to its back. Usually they do by themselves; an
/// entry below the last one (events of one instant that were handled in another order than their
/// origins' numbers) is refused and goes to the heap, so that lanes never change the order.
#[derive(Clone, Debug)]
struct Lane {
    delay: Span,
    /// The key at the back, while there is one.
    last: u128,
    line: VecDeque<Entry>,
}

/// All lanes of a simulation.
#[derive(Clone, Debug)]
pub struct Lanes {
    #[expect(clippy::struct_field_names, reason = "they are what the type is about")]
    lanes: Vec<Lane>,
    /// The key at the front of each lane, [`EMPTY`] if there is none: side by side, because taking
    /// an event out of a lane looks at all of them.
    fronts: Vec<u128>,
    /// The smallest of them, and whose it is.
    first: u128,
    first_lane: u32,
}

/// Above every key.
const EMPTY: u128 = u128::MAX;

impl Lanes {
    /// One lane for each constant delay.
    pub fn new(delays: &[Span]) -> Self {
        let lane = |delay: &Span| Lane { delay: *delay, last: 0, line: VecDeque::new() };
        Self {
            lanes: delays.iter().map(lane).collect(),
            fronts: vec![EMPTY; delays.len()],
            first: EMPTY,
            first_lane: 0,
        }
    }

    /// The constant delay of a lane.
    #[inline]
    pub fn delay(&self, lane: LaneId) -> Span {
        self.lanes[lane.0 as usize].delay
    }

    /// Takes an entry in, unless it came too late to stand in line.
    #[inline]
    pub fn push(&mut self, lane: LaneId, entry: Entry) -> bool {
        let Lane { last, line, .. } = &mut self.lanes[lane.0 as usize];
        if line.is_empty() {
            self.fronts[lane.0 as usize] = entry.key;
            if entry.key < self.first {
                (self.first, self.first_lane) = (entry.key, lane.0);
            }
        } else if entry.key <= *last {
            return false;
        }
        *last = entry.key;
        line.push_back(entry);
        true
    }

    /// The smallest key in all lanes; above every key if they are empty.
    #[inline]
    pub fn first(&self) -> u128 {
        self.first
    }

    /// Takes out the entry with the smallest key in all lanes.
    #[inline]
    pub fn pop(&mut self) -> Option<Entry> {
        let line = &mut self.lanes.get_mut(self.first_lane as usize)?.line;
        let first = line.pop_front();
        self.fronts[self.first_lane as usize] = line.front().map_or(EMPTY, |next| next.key);
        self.first = EMPTY;
        for (lane, front) in (0..).zip(&self.fronts) {
            if *front < self.first {
                (self.first, self.first_lane) = (*front, lane);
            }
        }
        first
    }

    /// All entries, lane by lane.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.lanes.iter().flat_map(|lane| &lane.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: u128) -> Entry {
        Entry { key, slot: 0, dest: 0 }
    }

    #[test]
    fn latecomers_are_refused() {
        let mut lanes = Lanes::new(&[Span(5)]);
        let taken = [10, 20, 15, 30].map(|key| lanes.push(LaneId(0), entry(key)));
        assert_eq!(taken, [true, true, false, true]);
        let waiting: Vec<u128> = lanes.iter().map(|entry| entry.key).collect();
        assert_eq!(waiting, [10, 20, 30]);
    }

    #[test]
    fn the_first_of_all_lanes_comes_first() {
        let mut lanes = Lanes::new(&[Span(5), Span(6)]);
        for (lane, key) in [(0, 2), (0, 5), (1, 1), (1, 3), (1, 4)] {
            assert!(lanes.push(LaneId(lane), entry(key)));
        }
        let taken: Vec<u128> = std::iter::from_fn(|| lanes.pop()).map(|entry| entry.key).collect();
        assert_eq!((taken, lanes.first()), (vec![1, 2, 3, 4, 5], u128::MAX));
        assert!(lanes.push(LaneId(1), entry(1)), "an empty lane takes any key");
        assert_eq!((lanes.first(), lanes.delay(LaneId(1))), (1, Span(6)));
    }
}
