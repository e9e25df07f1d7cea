//! A bounded memory of what was used last, in two generations: deterministic, ordered, and without
//! a clock. What was not used while half the capacity of other things was is forgotten.

use std::collections::BTreeMap;

/// At most `capacity` values by key.
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    young: BTreeMap<K, V>,
    old: BTreeMap<K, V>,
    half: usize,
}

impl<K: Ord + Copy, V: Default> Recent<K, V> {
    /// Empty, for at most `capacity` of them.
    pub fn new(capacity: usize) -> Self {
        Self { young: BTreeMap::new(), old: BTreeMap::new(), half: (capacity / 2).max(1) }
    }

    /// The value of this key, made now if it was not there or forgotten; it is the youngest.
    pub fn entry(&mut self, key: K) -> &mut V {
        if !self.young.contains_key(&key) {
            let kept = self.old.remove(&key).unwrap_or_default();
            if self.young.len() >= self.half {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(key, kept);
        }
        self.young.entry(key).or_default()
    }

    /// Nobody will ask for this one again.
    pub fn forget(&mut self, key: K) {
        self.young.remove(&key);
        self.old.remove(&key);
    }

    /// How many it remembers.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
