//! FIFO lanes: messages sent with one constant delay come due in the order in which they were
//! sent, so they stand in line, whole, and never see the agenda. Knows keys, not what messages say.

use super::LaneId;
use crate::base::{Span, weight};

/// A message that waits in its lane.
#[derive(Clone, Copy, Debug)]
pub struct Sent<M> {
    /// The packed order key.
    pub key: u128,
    /// The instance it goes to.
    pub dest: u32,
    /// What it says.
    pub message: M,
}

/// The messages of one constant delay: a ring whose size is a power of two, or nothing yet.
///
/// The keys of a lane rise strictly from its front to its back. Usually they do by themselves; a
/// message below the last one (events of one instant that were handled in another order than their
/// origins' numbers) is refused and goes to the agenda, so that lanes never change the order.
#[derive(Clone, Debug)]
struct Lane<M> {
    /// The key at the back; below every key if there is none.
    last: u128,
    ring: Vec<Sent<M>>,
    front: usize,
    len: usize,
    /// The place behind those that were announced; see [`Lanes::announce`].
    announced: usize,
}

/// All lanes of a simulation.
#[derive(Clone, Debug)]
pub struct Lanes<M> {
    delays: Vec<Span>,
    /// None while they are closed.
    #[expect(clippy::struct_field_names, reason = "they are what the type is about")]
    lanes: Vec<Lane<M>>,
    /// The smallest key at the front of a lane, and whose it is.
    first: u128,
    first_lane: u32,
    /// The smallest of the others: while the lane that is first stays below it, nobody is compared.
    second: u128,
}

/// So many delays have a lane, the first ones that are named: all lanes are looked at to find the
/// next first one. Messages of other delays go to the agenda.
const MOST: usize = 64;

/// Above every key.
const EMPTY: u128 = u128::MAX;

impl<M: Copy + Default> Lanes<M> {
    /// One lane for each constant delay, up to [`MOST`].
    pub fn new(delays: &[Span]) -> Self {
        let mut lanes = Self {
            delays: delays.to_vec(),
            lanes: Vec::new(),
            first: EMPTY,
            first_lane: 0,
            second: EMPTY,
        };
        lanes.open(true);
        lanes
    }

    /// Opens or closes all lanes; nobody may wait in them.
    pub fn open(&mut self, open: bool) {
        assert!(self.is_empty(), "somebody waits");
        let lane = |_: &Span| Lane { last: 0, ring: Vec::new(), front: 0, len: 0, announced: 0 };
        self.lanes =
            if open { self.delays.iter().take(MOST).map(lane).collect() } else { Vec::new() };
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.len).sum()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.first == EMPTY
    }

    /// The constant delay of a lane.
    #[inline]
    pub fn delay(&self, lane: LaneId) -> Span {
        self.delays[lane.0 as usize]
    }

    /// Can a message with this key stand in line, or does it come too late, or is the lane closed?
    #[inline]
    pub fn takes(&self, lane: LaneId, key: u128) -> bool {
        self.lanes.get(lane.0 as usize).is_some_and(|lane| key > lane.last)
    }

    /// Takes a message in that comes in time: it is to be written to the place that this returns.
    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    pub fn push(&mut self, lane: LaneId, key: u128, dest: u32) -> &mut M {
        let number = lane.0 as usize;
        if self.lanes[number].len == 0 {
            return self.begin(lane, key, dest);
        }
        self.lanes[number].push(key, dest)
    }

    /// The same where nobody waits in that lane.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, lane: LaneId, key: u128, dest: u32) -> &mut M {
        if key < self.first {
            self.second = self.first;
            (self.first, self.first_lane) = (key, lane.0);
        } else {
            self.second = self.second.min(key);
        }
        self.lanes[lane.0 as usize].push(key, dest)
    }

    /// The smallest key in all lanes; above every key if they are empty.
    #[inline]
    pub fn first(&self) -> u128 {
        self.first
    }

    /// Takes out the message with the smallest key in all lanes, of which there must be one: its
    /// key, where it goes, and what it says in `message`.
    #[expect(clippy::inline_always, reason = "called in the run loop, for nearly every message")]
    #[inline(always)]
    pub fn pop(&mut self, message: &mut M) -> (u128, u32) {
        let Lane { last, ring, front, len, .. } = &mut self.lanes[self.first_lane as usize];
        let ring = ring.as_slice();
        let sent = &ring[*front];
        *message = sent.message;
        let due = (sent.key, sent.dest);
        *front = (*front + 1) & (ring.len() - 1);
        *len -= 1;
        if *len == 0 {
            (*last, self.first) = (0, EMPTY);
        } else {
            self.first = ring[*front].key;
        }
        if self.first > self.second {
            self.compare();
        }
        due
    }

    /// Finds the first and the second of all fronts.
    #[inline(never)]
    fn compare(&mut self) {
        (self.first, self.second) = (EMPTY, EMPTY);
        for (number, lane) in (0..).zip(&self.lanes) {
            let front = lane.front();
            if front < self.first {
                self.second = self.first;
                (self.first, self.first_lane) = (front, number);
            } else {
                self.second = self.second.min(front);
            }
        }
    }

    /// Announces those messages that come next in their lanes, at most so many of a lane, but for those
    /// that were announced before; with `last` those of now are.
    pub fn announce(&mut self, most: usize, last: bool, mut to: impl FnMut(&Sent<M>)) {
        for lane in &mut self.lanes {
            lane.announce(most, last, &mut to);
        }
    }

    /// Bytes that they hold.
    pub fn weight(&self) -> usize {
        let rings: usize = self.lanes.iter().map(|lane| weight::vec(&lane.ring)).sum();
        rings + weight::vec(&self.lanes) + weight::vec(&self.delays)
    }

    /// All messages, lane by lane.
    pub fn iter(&self) -> impl Iterator<Item = &Sent<M>> {
        self.lanes.iter().flat_map(|lane| {
            let (before, after) = lane.ring.split_at(lane.front);
            after.iter().chain(before).take(lane.len)
        })
    }
}

impl<M: Copy + Default> Lane<M> {
    /// The key at the front, [`EMPTY`] if there is none.
    fn front(&self) -> u128 {
        if self.len == 0 { EMPTY } else { self.ring[self.front].key }
    }

    /// The place of one more message, at the back.
    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    fn push(&mut self, key: u128, dest: u32) -> &mut M {
        if self.len >= self.ring.len() {
            return self.push_to_larger(key, dest);
        }
        self.last = key;
        let back = (self.front + self.len) & (self.ring.len() - 1);
        self.len += 1;
        let place = &mut self.ring[back];
        (place.key, place.dest) = (key, dest);
        &mut place.message
    }

    /// The same where the ring is full.
    #[cold]
    #[inline(never)]
    fn push_to_larger(&mut self, key: u128, dest: u32) -> &mut M {
        self.grow();
        self.push(key, dest)
    }

    /// See [`Lanes::announce`].
    fn announce(&mut self, most: usize, last: bool, to: &mut impl FnMut(&Sent<M>)) {
        let Some(mask) = self.ring.len().checked_sub(1) else { return };
        let before = self.announced.wrapping_sub(self.front) & mask;
        // More were taken since than had been announced: begin anew.
        let before = if before > self.len { 0 } else { before };
        let more = self.len.min(most).saturating_sub(before);
        let from = (self.front + before) & mask;
        let (wrapped, straight) = self.ring.split_at(from);
        straight.iter().chain(wrapped).take(more).for_each(to);
        if last {
            self.announced = (from + more) & mask;
        }
    }

    /// Makes room in a ring that is full.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.ring.rotate_left(self.front);
        self.announced = self.announced.wrapping_sub(self.front) & (self.ring.len().max(1) - 1);
        self.front = 0;
        let nothing = Sent { key: EMPTY, dest: 0, message: M::default() };
        self.ring.resize((self.len * 2).max(16), nothing);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn push(lanes: &mut Lanes<u64>, lane: u32, key: u128) -> bool {
        let takes = lanes.takes(LaneId(lane), key);
        if takes {
            *lanes.push(LaneId(lane), key, 0) = key as u64;
        }
        takes
    }

    #[test]
    fn latecomers_are_refused() {
        let mut lanes = Lanes::new(&[Span(5)]);
        let taken = [10, 20, 15, 30].map(|key| push(&mut lanes, 0, key));
        assert_eq!(taken, [true, true, false, true]);
        let waiting: Vec<u64> = lanes.iter().map(|sent| sent.message).collect();
        assert_eq!((waiting, lanes.len()), (vec![10, 20, 30], 3));
    }

    #[test]
    fn the_first_of_all_lanes_comes_first() {
        let mut lanes = Lanes::new(&[Span(5), Span(6)]);
        for (lane, key) in [(0, 2), (0, 5), (1, 1), (1, 3), (1, 4)] {
            assert!(push(&mut lanes, lane, key));
        }
        assert!(!lanes.is_empty());
        let taken = [(); 5].map(|()| lanes.pop(&mut 0).0);
        assert_eq!((taken, lanes.first()), ([1, 2, 3, 4, 5], u128::MAX));
        assert!(lanes.is_empty());
        assert!(push(&mut lanes, 1, 1), "an empty lane takes any key");
        assert_eq!((lanes.first(), lanes.delay(LaneId(1))), (1, Span(6)));
    }

    #[test]
    fn what_comes_next_is_announced_once() {
        let mut lanes = Lanes::new(&[Span(5)]);
        let announced = |lanes: &mut Lanes<u64>, last| {
            let mut heard = Vec::new();
            lanes.announce(4, last, |sent| heard.push(sent.message));
            heard
        };
        assert!(announced(&mut lanes, true).is_empty());
        (1..=20).for_each(|key| assert!(push(&mut lanes, 0, key)));
        assert_eq!(announced(&mut lanes, false), [1, 2, 3, 4]);
        assert_eq!(announced(&mut lanes, true), [1, 2, 3, 4], "they were to be announced again");
        assert!(announced(&mut lanes, true).is_empty());
        (0..3).for_each(|_| _ = lanes.pop(&mut 0));
        assert_eq!(announced(&mut lanes, true), [5, 6, 7]);
        (0..6).for_each(|_| _ = lanes.pop(&mut 0));
        assert_eq!(announced(&mut lanes, true), [10, 11, 12, 13], "two were missed");
        (21..=40).for_each(|key| assert!(push(&mut lanes, 0, key)));
        (0..3).for_each(|_| _ = lanes.pop(&mut 0));
        assert_eq!(announced(&mut lanes, true).last(), Some(&16), "in a larger ring");
    }

    proptest! {
        #[test]
        fn a_lane_is_a_queue_however_it_grows(steps in prop::collection::vec(0..3u8, 0..600)) {
            let (mut lanes, mut plain) = (Lanes::new(&[Span(5)]), VecDeque::new());
            for (number, step) in (1..).zip(steps) {
                if step == 0 {
                    if let Some(first) = plain.pop_front() {
                        let mut message = 0;
                        lanes.pop(&mut message);
                        prop_assert_eq!(message, first);
                    }
                } else {
                    prop_assert!(push(&mut lanes, 0, number));
                    plain.push_back(number as u64);
                }
                prop_assert!(lanes.iter().map(|sent| &sent.message).eq(&plain));
            }
        }
    }
}
