//! FIFO lanes: what is scheduled with one constant delay comes due in the order in which it was
//! scheduled, so only the first of a lane needs to stand in the heap. Knows keys, not events.

use std::collections::VecDeque;

use super::LaneId;
use super::heap::Entry;
use crate::base::Span;

/// The events of one constant delay.
///
/// ```text
/// heap <-- head | ring: next, next, next, ... tail
/// ```
///
/// The keys of a lane rise strictly from its head to its tail. Usually they do by themselves; an
/// entry below the tail (events of one instant that were handled in another order than their
/// origins' numbers) is refused and goes to the heap, so that lanes never change the order.
#[derive(Clone, Debug)]
struct Lane {
    delay: Span,
    has_head: bool,
    tail: u128,
    ring: VecDeque<Entry>,
}

/// All lanes of a simulation.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    lanes: Vec<Lane>,
}

impl Lanes {
    /// One lane for each constant delay.
    pub fn new(delays: &[Span]) -> Self {
        let lane =
            |delay: &Span| Lane { delay: *delay, has_head: false, tail: 0, ring: VecDeque::new() };
        Self { lanes: delays.iter().map(lane).collect() }
    }

    /// The constant delay of a lane.
    pub fn delay(&self, lane: LaneId) -> Span {
        self.lanes[lane.0 as usize].delay
    }

    /// Takes an entry in; gives it back if it has to go to the heap, as head of the lane or because
    /// it came too late to stand in line.
    pub fn push(&mut self, lane: LaneId, mut entry: Entry) -> Option<Entry> {
        let line = &mut self.lanes[lane.0 as usize];
        if line.has_head && entry.key <= line.tail {
            return Some(entry);
        }
        entry.lane = lane.0;
        line.tail = entry.key;
        if line.has_head {
            line.ring.push_back(entry);
            return None;
        }
        line.has_head = true;
        Some(entry)
    }

    /// What stands first in line behind the head.
    pub fn next(&self, lane: u32) -> Option<&Entry> {
        self.lanes[lane as usize].ring.front()
    }

    /// Takes out what stands first in line behind the head.
    pub fn drop_next(&mut self, lane: u32) -> Option<Entry> {
        self.lanes[lane as usize].ring.pop_front()
    }

    /// After the head has left the heap: the new head, if there is one.
    pub fn advance(&mut self, lane: u32) -> Option<Entry> {
        let line = &mut self.lanes[lane as usize];
        let head = line.ring.pop_front();
        line.has_head = head.is_some();
        head
    }

    /// All entries behind the heads, lane by lane.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.lanes.iter().flat_map(|lane| &lane.ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: u128) -> Entry {
        Entry { key, slot: 0, dest: 0, lane: Entry::NO_LANE }
    }

    #[test]
    fn only_the_head_and_latecomers_go_to_the_heap() {
        let mut lanes = Lanes::new(&[Span(5)]);
        let mut push = |key| lanes.push(LaneId(0), entry(key)).map(|entry| entry.lane);
        assert_eq!(push(10), Some(0), "the head");
        assert_eq!(push(20), None);
        assert_eq!(push(15), Some(Entry::NO_LANE), "below the tail");
        assert_eq!(push(30), None);
        let waiting: Vec<u128> = lanes.iter().map(|entry| entry.key).collect();
        assert_eq!(waiting, [20, 30]);
    }

    #[test]
    fn heads_follow_each_other_until_the_lane_is_empty() {
        let mut lanes = Lanes::new(&[Span(5), Span(6)]);
        for key in [1, 2, 3] {
            lanes.push(LaneId(1), entry(key));
        }
        assert_eq!(lanes.advance(1).map(|entry| entry.key), Some(2));
        assert_eq!(lanes.drop_next(1).map(|entry| entry.key), Some(3));
        assert!(lanes.advance(1).is_none());
        assert!(lanes.push(LaneId(1), entry(1)).is_some(), "a new head may have any key");
        assert_eq!(lanes.delay(LaneId(1)), Span(6));
    }
}
