//! The event queue: heap, lanes and the payloads they point to. Knows when an event is due and
//! where it goes; asks whether it is stale; never looks inside it.

use super::heap::{Entry, Heap};
use super::lanes::Lanes;
use super::{InstanceId, Key, LaneId};
use crate::base::Span;

/// An event that is due: its key, the instance it goes to, and itself.
pub type Due<E> = (Key, InstanceId, E);

/// Pending events in the order of their keys. Payloads are `Copy` and lie in a slab, freed when
/// the event is taken, so that in the steady state nothing is allocated.
///
/// A push and a pop cost O(log n) in the heap. In a lane a push costs O(1), and a pop one look at
/// the front of each lane.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    heap: Heap,
    lanes: Lanes,
    uses_lanes: bool,
    payloads: Vec<E>,
    free: Vec<u32>,
}

impl<E: Copy> Queue<E> {
    /// An empty queue with a lane for each constant delay.
    pub fn new(delays: &[Span]) -> Self {
        Self {
            heap: Heap::default(),
            lanes: Lanes::new(delays),
            uses_lanes: true,
            payloads: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Whether lanes are used from now on; without them everything goes to the heap, in the same
    /// order.
    pub fn use_lanes(&mut self, on: bool) {
        self.uses_lanes = on;
    }

    /// How many events are pending, stale ones that were not dropped yet included.
    pub fn len(&self) -> usize {
        self.payloads.len() - self.free.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most events that ever were pending at once.
    pub fn peak(&self) -> usize {
        self.payloads.len()
    }

    /// The constant delay of a lane.
    #[inline]
    pub fn delay(&self, lane: LaneId) -> Span {
        self.lanes.delay(lane)
    }

    /// Adds an event to the heap.
    #[inline]
    pub fn push(&mut self, key: Key, dest: InstanceId, event: E) {
        let slot = self.store(event);
        self.heap.push(Entry { key: key.0, slot, dest: dest.0 });
    }

    /// Adds an event to a lane: the key should be the lane's delay away from now.
    #[expect(clippy::inline_always, reason = "the event is written where it will lie, once")]
    #[inline(always)]
    pub fn push_lane(&mut self, lane: LaneId, key: Key, dest: InstanceId, event: E) {
        let slot = self.store(event);
        let entry = Entry { key: key.0, slot, dest: dest.0 };
        if !self.uses_lanes || !self.lanes.push(lane, entry) {
            self.heap.push(entry);
        }
    }

    /// The key of the first event, which may be stale.
    #[inline]
    pub fn first(&mut self) -> Option<Key> {
        let first = self.heap.first().min(self.lanes.first());
        (first != u128::MAX).then_some(Key(first))
    }

    /// Takes the first event, which may be stale.
    #[inline]
    pub fn pop(&mut self) -> Option<Due<&E>> {
        self.pop_until(Key::LAST)
    }

    /// The same, unless that is after `last`.
    #[inline]
    pub fn pop_until(&mut self, last: Key) -> Option<Due<&E>> {
        let (in_heap, in_lane) = (self.heap.first(), self.lanes.first());
        let from_lane = in_lane < in_heap;
        if (if from_lane { in_lane } else { in_heap }) > last.0 {
            return None;
        }
        let first = if from_lane { self.lanes.pop() } else { self.heap.pop() };
        let Entry { key, slot, dest } = first?;
        self.free.push(slot);
        // Free, but nothing is written to it before the next push.
        Some((Key(key), InstanceId(dest), &self.payloads[slot as usize]))
    }

    /// All pending events in no particular order, stale ones included.
    pub fn iter(&self) -> impl Iterator<Item = Due<&E>> {
        self.heap.iter().chain(self.lanes.iter()).map(|entry| {
            (Key(entry.key), InstanceId(entry.dest), &self.payloads[entry.slot as usize])
        })
    }

    #[expect(clippy::inline_always, reason = "the event is written where it will lie, once")]
    #[inline(always)]
    fn store(&mut self, event: E) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.payloads[slot as usize] = event;
            return slot;
        }
        self.payloads.push(event);
        self.payloads.len() as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Time;
    use crate::engine::Class;

    const DELAYS: [Span; 2] = [Span(3), Span(8)];

    fn key(time: u64, class: Class, counter: u64) -> Key {
        Key::new(Time(time), 0, class, InstanceId(counter as u32 * 7 % 5), counter)
    }

    /// What a step does: take, push to the heap after a delay, or push to a lane.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Pop,
        Heap(u64),
        Lane(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![Just(Step::Pop), (0..9u64).prop_map(Step::Heap), (0..2u32).prop_map(Step::Lane),]
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "events are asked by reference")]
    fn is_stale(_: InstanceId, number: &u64) -> bool {
        number.is_multiple_of(3)
    }

    /// Runs the steps, numbering them; events whose number divides by three are stale.
    fn taken(steps: &[Step], lanes: bool) -> Vec<(Key, u64)> {
        let mut queue = Queue::new(&DELAYS);
        queue.use_lanes(lanes);
        let (mut now, mut taken) = (0, Vec::new());
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Heap(delay) => {
                    let key = key(now + delay, Class::Message, number);
                    queue.push(key, InstanceId(0), number);
                }
                Step::Lane(lane) => {
                    let key = key(now + DELAYS[*lane as usize].0, Class::Timeout, number);
                    queue.push_lane(LaneId(*lane), key, InstanceId(0), number);
                }
                Step::Pop => {
                    while let Some((key, at, event)) = queue.pop() {
                        if !is_stale(at, event) {
                            now = key.time().0;
                            taken.push((key, *event));
                            break;
                        }
                    }
                }
            }
            assert_eq!(queue.iter().count(), queue.len());
        }
        taken
    }

    proptest! {
        #[test]
        fn lanes_never_change_the_order(steps in prop::collection::vec(step(), 0..300)) {
            prop_assert_eq!(taken(&steps, true), taken(&steps, false));
        }
    }

    #[test]
    fn the_steady_state_allocates_nothing_new() {
        let mut queue = Queue::new(&[]);
        for n in 0..10 {
            queue.push(key(n, Class::Message, n), InstanceId(0), n);
        }
        for n in 10..1_000 {
            assert_eq!(queue.pop().map(|due| *due.2), Some(n - 10));
            queue.push(key(n, Class::Message, n), InstanceId(0), n);
        }
        assert_eq!((queue.len(), queue.peak()), (10, 10));
    }
}
