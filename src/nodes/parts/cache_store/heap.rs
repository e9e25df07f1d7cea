//! Places in order of a rank that changes: the lowest is known, and a place finds its own entry.

/// What is ordered: how often, and then since when.
pub type Rank = (u32, u64);

/// A binary heap with the lowest rank on top that knows where each place lies in it; logarithmic,
/// and nothing is allocated once all places were used.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    heap: Vec<(Rank, u32)>,
    /// By place: where it lies.
    at: Vec<u32>,
}

impl Heap {
    /// Takes a place in.
    pub fn insert(&mut self, place: u32, rank: Rank) {
        if self.at.len() <= place as usize {
            self.at.resize(place as usize + 1, 0);
        }
        self.heap.push((rank, place));
        self.up(self.heap.len() - 1);
    }

    /// Gives a place another rank.
    pub fn change(&mut self, place: u32, rank: Rank) {
        let at = self.at[place as usize] as usize;
        self.heap[at].0 = rank;
        self.up(at);
        self.down(self.at[place as usize] as usize);
    }

    /// Takes a place out.
    pub fn remove(&mut self, place: u32) {
        let at = self.at[place as usize] as usize;
        self.heap.swap_remove(at);
        if let Some(&(_, moved)) = self.heap.get(at) {
            self.up(at);
            self.down(self.at[moved as usize] as usize);
        }
    }

    /// The place of the lowest rank.
    pub fn lowest(&self) -> Option<(Rank, u32)> {
        self.heap.first().copied()
    }

    fn up(&mut self, mut at: usize) {
        let moving = self.heap[at];
        while at > 0 && moving < self.heap[(at - 1) / 2] {
            self.put(at, self.heap[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
        self.put(at, moving);
    }

    fn down(&mut self, mut at: usize) {
        let moving = self.heap[at];
        loop {
            let children = self.heap.len().min(2 * at + 1)..self.heap.len().min(2 * at + 3);
            let Some(least) = children.min_by_key(|child| self.heap[*child]) else { break };
            if moving <= self.heap[least] {
                break;
            }
            self.put(at, self.heap[least]);
            at = least;
        }
        self.put(at, moving);
    }

    fn put(&mut self, at: usize, entry: (Rank, u32)) {
        self.heap[at] = entry;
        self.at[entry.1 as usize] = at as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn the_lowest_is_on_top(moves in prop::collection::vec((0u32..12, 0u32..9, 0..3), 0..200)) {
            let mut heap = Heap::default();
            let mut known: BTreeMap<u32, Rank> = BTreeMap::new();
            for (place, count, what) in moves {
                let rank = (count, u64::from(place));
                match (what, known.contains_key(&place)) {
                    (0 | 1, false) => heap.insert(place, rank),
                    (0 | 1, true) => heap.change(place, rank),
                    (_, true) => heap.remove(place),
                    (_, false) => continue,
                }
                if what < 2 {
                    known.insert(place, rank);
                } else {
                    known.remove(&place);
                }
                let lowest = known.iter().map(|(place, rank)| (*rank, *place)).min();
                prop_assert_eq!(heap.lowest(), lowest);
            }
        }
    }
}
