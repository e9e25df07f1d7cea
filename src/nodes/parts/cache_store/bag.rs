//! Places of which any can be drawn, each with the same probability.

use crate::base::Stream;

/// A set of small numbers; every operation is constant in time.
#[derive(Clone, Debug, Default)]
pub struct Bag {
    places: Vec<u32>,
    /// By place: where it lies.
    at: Vec<u32>,
}

impl Bag {
    /// Takes in a place that is not there.
    pub fn insert(&mut self, place: u32) {
        if self.at.len() <= place as usize {
            self.at.resize(place as usize + 1, 0);
        }
        self.at[place as usize] = self.places.len() as u32;
        self.places.push(place);
    }

    /// Takes out a place that is there.
    pub fn remove(&mut self, place: u32) {
        let at = self.at[place as usize];
        self.places.swap_remove(at as usize);
        if let Some(moved) = self.places.get(at as usize) {
            self.at[*moved as usize] = at;
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// One of them.
    pub fn draw(&self, chance: &mut Stream) -> Option<u32> {
        let nth = self.places.len().checked_sub(1).map(|_| chance.below(self.places.len() as u64));
        nth.map(|nth| self.places[nth as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set_to_draw_from(moves in prop::collection::vec(0u32..8, 0..100)) {
            let (mut bag, mut set) = (Bag::default(), BTreeSet::new());
            let mut chance = Stream::new(1, "test", "", 0);
            for place in moves {
                if set.remove(&place) {
                    bag.remove(place);
                } else {
                    set.insert(place);
                    bag.insert(place);
                }
                prop_assert_eq!(bag.len(), set.len());
                prop_assert_eq!(bag.draw(&mut chance).is_some_and(|it| set.contains(&it)), !set.is_empty());
            }
        }
    }
}
