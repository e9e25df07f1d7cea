//! A bounded memory of what was used last, in two generations: deterministic, ordered, and without
//! a clock. What was not used while half the capacity of other things was is forgotten.

use std::hash::{BuildHasherDefault, Hash};

use crate::base::{Table, weight};

/// At most `capacity` values by key.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    young: Table<K, V>,
    old: Table<K, V>,
    half: usize,
}

/// A clone has no room to spare: there are many, and most are not written to again.
impl<K: Hash + Eq + Copy, V: Clone> Clone for Recent<K, V> {
    fn clone(&self) -> Self {
        let exactly = |table: &Table<K, V>| {
            let mut copy =
                Table::with_capacity_and_hasher(table.len(), BuildHasherDefault::default());
            copy.extend(table.iter().map(|(key, value)| (*key, value.clone())));
            copy
        };
        Self { young: exactly(&self.young), old: exactly(&self.old), half: self.half }
    }
}

impl<K: Hash + Eq + Copy, V: Default> Recent<K, V> {
    /// Empty, for at most `capacity` of them.
    pub(super) fn new(capacity: usize) -> Self {
        Self { young: Table::default(), old: Table::default(), half: (capacity / 2).max(1) }
    }

    /// The value of this key, made now if it was not there or forgotten; it is the youngest.
    pub(super) fn entry(&mut self, key: K) -> &mut V {
        let place = self.young.get_index_of(&key).unwrap_or_else(|| {
            let kept = self.old.swap_remove(&key).unwrap_or_default();
            if self.young.len() >= self.half {
                std::mem::swap(&mut self.young, &mut self.old);
                self.young.clear();
            }
            self.young.insert_full(key, kept).0
        });
        &mut self.young[place]
    }

    /// Nobody will ask for this one again.
    pub(super) fn forget(&mut self, key: K) {
        self.young.swap_remove(&key);
        self.old.swap_remove(&key);
    }

    /// Bytes that it holds, but for what the values hold elsewhere.
    pub(super) fn weight(&self) -> usize {
        weight::table(&self.young) + weight::table(&self.old)
    }

    /// How many it remembers.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_remembers_the_same_in_the_same_order() {
        let mut recent: Recent<u32, u32> = Recent::new(8);
        (0..7).for_each(|key| *recent.entry(key) = key);
        let mut copy = recent.clone();
        assert!(recent.young.iter().eq(&copy.young) && recent.old.iter().eq(&copy.old));
        *copy.entry(6) = 9;
        for key in 7..10 {
            (*recent.entry(key), *copy.entry(key)) = (1, 1);
        }
        assert!(recent.old.keys().eq(copy.old.keys()) && recent.young.keys().eq(copy.young.keys()));
        assert_eq!((*recent.entry(6), *copy.entry(6)), (6, 9));
    }

    #[test]
    fn law_8_it_remembers_what_is_in_use_and_forgets_the_rest() {
        let mut recent: Recent<u32, u32> = Recent::new(8);
        *recent.entry(7) = 49;
        for key in 100..200 {
            *recent.entry(key) = 1;
            assert_eq!(*recent.entry(7), 49, "in use");
            assert!(recent.len() <= 8);
        }
        assert_eq!(*recent.entry(100), 0, "long forgotten");
    }
}
