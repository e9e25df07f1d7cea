//! The agenda: what may come next, smallest key first. The next few stand in order, the rest in a
//! heap. Knows keys, not what they are for.

use super::heap::{Entry, Heap};

/// So many stand in order at most.
const NEAR: usize = 48;
/// So many are taken from the heap when none stands in order any more.
const REFILL: usize = 24;

/// A priority queue with unique keys, made for what is taken soon after it was put in.
///
/// The smallest stand in a row, largest first: taking the smallest is O(1), and one that is put in
/// passes those that are due before it. What is larger than all of them goes to the heap, O(log n).
/// While no more than [`NEAR`] wait, the heap stays empty. Every key in the row is smaller than
/// every key in the heap, and the row is empty only if the heap is.
#[derive(Clone, Debug)]
pub struct Agenda<P> {
    row: Vec<Entry<P>>,
    heap: Heap<P>,
}

impl<P: Copy + Default> Default for Agenda<P> {
    fn default() -> Self {
        Self { row: Vec::with_capacity(NEAR), heap: Heap::default() }
    }
}

impl<P: Copy + Default> Agenda<P> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.row.len() + self.heap.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// The smallest key; above every key if there is none.
    #[inline]
    pub fn first(&self) -> u128 {
        self.row.last().map_or(u128::MAX, |entry| entry.key)
    }

    /// Takes the smallest entry.
    #[inline]
    pub fn pop(&mut self) -> Option<Entry<P>> {
        let first = self.row.pop();
        if self.row.is_empty() && !self.heap.is_empty() {
            self.refill();
        }
        first
    }

    /// Adds an entry.
    #[inline]
    pub fn push(&mut self, entry: Entry<P>) {
        if self.row.len() == NEAR {
            self.make_room();
        }
        if !self.heap.is_empty() && self.row.first().is_some_and(|last| last.key < entry.key) {
            return self.heap.push(entry);
        }
        // What is put in is mostly due soon, so its place is near the end.
        self.row.push(entry);
        let mut place = self.row.len() - 1;
        while place > 0 && self.row[place - 1].key < entry.key {
            self.row[place] = self.row[place - 1];
            place -= 1;
        }
        self.row[place] = entry;
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<P>> {
        self.row.iter().chain(self.heap.iter())
    }

    /// The larger half of the row goes to the heap.
    #[cold]
    fn make_room(&mut self) {
        for entry in self.row.drain(..NEAR / 2) {
            self.heap.push(entry);
        }
    }

    /// The smallest of the heap come into the row.
    fn refill(&mut self) {
        self.row.extend(std::iter::from_fn(|| self.heap.pop()).take(REFILL));
        self.row.reverse();
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Some` pushes so long after the last one taken, `None` takes.
        #[test]
        fn it_gives_the_order_of_a_standard_heap(
            steps in prop::collection::vec(prop::option::weighted(0.6, 0..500u128), 0..1500)
        ) {
            let (mut agenda, mut standard) = (Agenda::<[u32; 3]>::default(), BinaryHeap::new());
            let mut now = 0;
            for (number, step) in (0..).zip(steps) {
                if let Some(delay) = step {
                    let key = (now + delay) << 32 | number;
                    agenda.push(Entry { key, ..Entry::default() });
                    standard.push(Reverse(key));
                } else {
                    let popped = agenda.pop().map(|entry| entry.key);
                    prop_assert_eq!(popped, standard.pop().map(|key| key.0));
                    now = popped.map_or(now, |key| key >> 32);
                }
                prop_assert_eq!(agenda.first(), standard.peek().map_or(u128::MAX, |key| key.0));
                prop_assert_eq!(agenda.len(), standard.len());
                prop_assert_eq!(agenda.iter().count(), standard.len());
                prop_assert_eq!(agenda.is_empty(), standard.is_empty());
            }
            while let Some(Reverse(key)) = standard.pop() {
                prop_assert_eq!(agenda.pop().map(|entry| entry.key), Some(key));
            }
            prop_assert!(agenda.is_empty() && agenda.pop().is_none());
        }
    }
}
