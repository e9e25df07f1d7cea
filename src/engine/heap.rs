//! The heap: what may come next, smallest key first. Knows keys, not what it holds.

/// What stands in the heap: 32 bytes where the payload has no more than 12.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry<P> {
    /// The packed order key.
    pub key: u128,
    /// The instance it goes to.
    pub dest: u32,
    /// What goes there.
    pub payload: P,
}

impl<P: Default> Entry<P> {
    /// Later than everything.
    pub fn nothing() -> Self {
        Self { key: u128::MAX, dest: 0, payload: P::default() }
    }
}

/// Four siblings, on two cache lines of their own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Family<P>([Entry<P>; 4]);

/// A 4-ary min-heap with unique keys. A push and a pop cost O(log n).
///
/// The root stands alone, last in family 0, and the children of place `p` are family `p + 1`:
/// place `p` is entry `(p + 3) % 4` of family `(p + 3) / 4`. Families are padded with the largest
/// key, so that a descent never asks how many siblings there are.
#[derive(Clone, Debug)]
pub struct Heap<P> {
    families: Vec<Family<P>>,
    len: usize,
}

impl<P: Copy + Default> Default for Heap<P> {
    fn default() -> Self {
        Self { families: vec![Family([Entry::nothing(); 4])], len: 0 }
    }
}

impl<P: Copy + Default> Heap<P> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the smallest entry.
    pub fn pop(&mut self) -> Option<Entry<P>> {
        self.len = self.len.checked_sub(1)?;
        let end = self.len + 3;
        let last = std::mem::replace(self.at(end), Entry::nothing());
        if self.len == 0 {
            return Some(last);
        }
        let first = *self.at(3);
        self.sink(last);
        Some(first)
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<P>> {
        self.families.iter().flat_map(|family| &family.0).take(self.len + 3).skip(3)
    }

    /// Puts an entry at the root and lets it sink to its place.
    fn sink(&mut self, entry: Entry<P>) {
        let (mut hole, mut below) = (3, 1);
        while let Some(Family([a, b, c, d])) = self.families.get(below) {
            let (left, right) = (usize::from(b.key < a.key), usize::from(d.key < c.key) + 2);
            let near = if left == 0 { a } else { b };
            let far = if right == 2 { c } else { d };
            let (child, which) = if far.key < near.key { (far, right) } else { (near, left) };
            if child.key >= entry.key {
                break;
            }
            let child = *child;
            *self.at(hole) = child;
            hole = below * 4 + which;
            below = hole - 2;
        }
        *self.at(hole) = entry;
    }

    /// Adds an entry: it starts at the end and rises to its place.
    #[inline(never)]
    pub fn push(&mut self, entry: Entry<P>) {
        let mut hole = self.len + 3;
        self.len += 1;
        if hole / 4 == self.families.len() {
            self.families.push(Family([Entry::nothing(); 4]));
        }
        while hole > 3 {
            let parent = hole / 4 + 2;
            let above = *self.at(parent);
            if above.key <= entry.key {
                break;
            }
            *self.at(hole) = above;
            hole = parent;
        }
        *self.at(hole) = entry;
    }

    /// The nth entry of all families.
    #[inline]
    fn at(&mut self, nth: usize) -> &mut Entry<P> {
        &mut self.families[nth / 4].0[nth % 4]
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    fn entry(key: u128) -> Entry<[u32; 3]> {
        Entry { key, ..Entry::default() }
    }

    proptest! {
        /// `Some` pushes, `None` pops; keys repeat, which the order of entries must survive.
        #[test]
        fn the_heap_gives_the_order_of_the_standard_one(
            steps in prop::collection::vec(prop::option::weighted(0.6, 0..500u128), 0..400)
        ) {
            let (mut heap, mut standard) = (Heap::default(), BinaryHeap::new());
            for step in steps {
                if let Some(key) = step {
                    heap.push(entry(key));
                    standard.push(Reverse(key));
                } else {
                    let popped = heap.pop().map(|entry| entry.key);
                    prop_assert_eq!(popped, standard.pop().map(|key| key.0));
                }
                prop_assert_eq!(heap.len(), standard.len());
                let mut kept: Vec<u128> = heap.iter().map(|entry| entry.key).collect();
                let mut expected: Vec<u128> = standard.iter().map(|key| key.0).collect();
                kept.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(kept, expected);
            }
            while let Some(Reverse(key)) = standard.pop() {
                prop_assert_eq!(heap.pop().map(|entry| entry.key), Some(key));
            }
            prop_assert!(heap.is_empty() && heap.pop().is_none());
        }
    }

    #[test]
    fn the_heap_takes_the_room_that_it_needs_and_no_more() {
        let mut heap = Heap::default();
        for key in 0..100 {
            heap.push(entry(key));
            assert!(heap.pop().is_some());
        }
        assert_eq!(heap.families.len(), 1, "the root's");
        (0..9).for_each(|key| heap.push(entry(key)));
        assert_eq!(heap.families.len(), 3, "and two of four");
    }

    #[test]
    fn an_entry_is_half_a_cache_line() {
        assert_eq!((size_of::<Entry<[u32; 3]>>(), size_of::<Family<[u32; 3]>>()), (32, 128));
    }
}
