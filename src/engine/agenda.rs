//! The agenda: what may come next, smallest key first. The next few stand in order, the rest on a
//! ladder. Knows keys, not what they are for.

use super::ladder::{Entry, Ladder};

/// So many stand in order at most.
const NEAR: usize = 48;
/// Places in the row: more than are used, and a power of two, so that no place is out of bounds.
const PLACES: usize = 64;
/// So many at most are taken from the ladder at once.
const REFILL: usize = 24;

/// A priority queue with unique keys, made for what is taken soon after it was put in.
///
/// The smallest stand in a row, largest first: taking the smallest is O(1), and one that is put in
/// passes those that are due before it. Ahead of the row, at place 0, stands a key above every key,
/// so that there always is a smallest. What is larger than all of the row goes to the ladder, O(1)
/// amortised. While no more than `NEAR` wait, the ladder stays empty. Every key in the row is smaller
/// than every key on the ladder, and the row is empty only if the ladder is.
#[derive(Clone, Debug)]
pub struct Agenda<P> {
    row: [Entry<P>; PLACES],
    /// So many stand in the row, from place 1 on.
    near: usize,
    far: Ladder<P>,
}

impl<P: Copy + Default> Default for Agenda<P> {
    fn default() -> Self {
        Self { row: [Entry::nothing(); PLACES], near: 0, far: Ladder::default() }
    }
}

impl<P: Copy + Default> Agenda<P> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.near + self.far.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.near == 0
    }

    /// The smallest key; above every key if there is none.
    #[inline]
    pub fn first(&self) -> u128 {
        self.row[self.near % PLACES].key
    }

    /// Takes the smallest entry, of which there must be one.
    #[inline]
    pub fn pop(&mut self) -> Entry<P> {
        debug_assert!(self.near > 0, "nothing is there");
        let first = self.row[self.near % PLACES];
        self.near -= 1;
        if self.near == 0 && !self.far.is_empty() {
            self.refill();
        }
        first
    }

    /// Adds an entry.
    #[expect(clippy::inline_always, reason = "the entry is written once, where it will lie")]
    #[inline(always)]
    pub fn push(&mut self, key: u128, dest: u32, payload: P) {
        if self.near == NEAR {
            self.make_room();
        }
        if !self.far.is_empty() && self.row[1].key < key {
            return self.far.push(Entry { key, dest, payload });
        }
        // What is put in is mostly due soon, so its place is near the end. Most keys differ in their
        // upper half, by which comparing is one instruction.
        self.near = (self.near + 1) % PLACES;
        let mut place = self.near;
        while place > 1 && upper(self.row[place - 1].key) < upper(key) {
            self.row[place] = self.row[place - 1];
            place -= 1;
        }
        while place > 1 && self.row[place - 1].key < key {
            self.row[place] = self.row[place - 1];
            place -= 1;
        }
        self.row[place] = Entry { key, dest, payload };
    }

    /// Brings more into the row before it is empty, if no more than half of it is left: those.
    pub fn top_up(&mut self) -> &[Entry<P>] {
        let before = self.near;
        while self.near <= NEAR - REFILL && !self.far.is_empty() {
            let mut more = [Entry::nothing(); REFILL];
            let taken = self.far.take(&mut more);
            self.row.copy_within(1..=self.near, 1 + taken);
            self.row[1..=taken].copy_from_slice(&more[..taken]);
            self.near += taken;
        }
        &self.row[1..=self.near - before]
    }

    /// Bytes that it holds beside itself.
    pub fn weight(&self) -> usize {
        self.far.weight()
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<P>> {
        self.row[1..=self.near].iter().chain(self.far.iter())
    }

    /// The larger half of the row goes to the ladder.
    #[cold]
    fn make_room(&mut self) {
        let (far, near) = self.row[1..=NEAR].split_at(NEAR / 2);
        for entry in far {
            self.far.push(*entry);
        }
        self.near = near.len();
        self.row.copy_within(NEAR / 2 + 1..=NEAR, 1);
    }

    /// The smallest on the ladder come into the row, which is empty.
    #[inline(never)]
    fn refill(&mut self) {
        self.near = self.far.take(&mut self.row[1..=REFILL]);
    }
}

/// The half of a key that is looked at first.
fn upper(key: u128) -> u64 {
    (key >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Some` pushes so long after the last one taken, `None` takes, and now and then there is more
        /// brought into the row.
        #[test]
        fn it_gives_the_order_of_a_standard_heap(
            steps in prop::collection::vec(prop::option::weighted(0.6, 0..500u128), 0..1500)
        ) {
            let (mut agenda, mut standard) = (Agenda::<[u32; 3]>::default(), BinaryHeap::new());
            let mut now = 0;
            for (number, step) in (0..).zip(steps) {
                if let Some(delay) = step {
                    let key = (now + delay) << 32 | number;
                    agenda.push(key, 0, [0; 3]);
                    standard.push(Reverse(key));
                } else {
                    let popped = (!agenda.is_empty()).then(|| agenda.pop().key);
                    prop_assert_eq!(popped, standard.pop().map(|key| key.0));
                    now = popped.map_or(now, |key| key >> 32);
                }
                if number % 7 == 0 {
                    let (near, far) = (agenda.near, agenda.far.len());
                    let more = agenda.top_up().len();
                    prop_assert_eq!((agenda.near, agenda.far.len()), (near + more, far - more));
                    prop_assert!(agenda.far.is_empty() || agenda.near > NEAR - REFILL);
                }
                prop_assert_eq!(agenda.first(), standard.peek().map_or(u128::MAX, |key| key.0));
                prop_assert_eq!(agenda.len(), standard.len());
                prop_assert_eq!(agenda.iter().count(), standard.len());
                prop_assert_eq!(agenda.is_empty(), standard.is_empty());
            }
            while let Some(Reverse(key)) = standard.pop() {
                prop_assert_eq!(agenda.pop().key, key);
            }
            prop_assert!(agenda.is_empty());
        }
    }
}
