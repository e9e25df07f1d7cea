//! What a caller has been told by a registry of one node: which of its instances are there. Only
//! those are called. Knows no registry.

use crate::base::Time;

/// Which instances are there, by their index among those of the node.
#[derive(Clone, Debug)]
pub(super) struct List {
    there: Vec<u32>,
    /// When what was told last was so, for each page of 64 instances.
    told: Vec<Time>,
}

impl List {
    /// All of so many.
    pub(super) fn of_all(count: u32) -> Self {
        let pages = count.div_ceil(u64::BITS) as usize;
        Self { there: (0..count).collect(), told: vec![Time::ZERO; pages] }
    }

    /// Nobody is known any more.
    pub(super) fn forget(&mut self) {
        self.there.clear();
        self.told.fill(Time::ZERO);
    }

    /// Those that are there, in order.
    pub(super) fn there(&self) -> &[u32] {
        &self.there
    }

    /// The instances from `first` on are there as these bits say, or were at that instant. Says of
    /// each that has come or gone which, and whether it is there.
    pub(super) fn learn(
        &mut self,
        first: u32,
        bits: u64,
        at: Time,
        mut say: impl FnMut(u32, bool),
    ) {
        let told = &mut self.told[(first / u64::BITS) as usize];
        if at < *told {
            return;
        }
        *told = at;
        for bit in 0..u64::BITS {
            let (instance, is_there) = (first + bit, bits >> bit & 1 == 1);
            match (self.there.binary_search(&instance), is_there) {
                (Err(place), true) => self.there.insert(place, instance),
                (Ok(place), false) => {
                    self.there.remove(place);
                }
                _ => continue,
            }
            say(instance, is_there);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(list: &mut List, first: u32, bits: u64, at: u64) -> Vec<(u32, bool)> {
        let mut said = Vec::new();
        list.learn(first, bits, Time(at), |instance, is_there| said.push((instance, is_there)));
        said
    }

    #[test]
    fn pages_add_and_remove_and_say_what_changed() {
        let mut list = List::of_all(66);
        assert_eq!(list.there().len(), 66);
        assert_eq!(learn(&mut list, 64, 0b10, 5), [(64, false)]);
        assert_eq!(learn(&mut list, 0, 0b101, 5).len(), 62);
        assert_eq!(list.there(), [0, 2, 65]);
        assert_eq!(learn(&mut list, 64, 0b11, 6), [(64, true)]);
        assert_eq!(list.there(), [0, 2, 64, 65]);
        assert_eq!(learn(&mut list, 64, 0b11, 7), []);
    }

    #[test]
    fn what_is_older_than_what_is_known_is_ignored_page_by_page() {
        let mut list = List::of_all(66);
        learn(&mut list, 0, 0, 9);
        assert_eq!(learn(&mut list, 0, u64::MAX, 8), []);
        assert_eq!(learn(&mut list, 64, 0b10, 8), [(64, false)]);
        list.forget();
        assert_eq!(learn(&mut list, 64, 0b1, 1), [(64, true)]);
    }
}
