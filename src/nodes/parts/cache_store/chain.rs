//! Places in a row that was joined at one end: any of them can leave in constant time, and the one
//! that joined first is known.

/// A doubly linked list over small numbers; nothing is allocated once all places were used.
#[derive(Clone, Debug)]
pub struct Chain {
    links: Vec<Link>,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    behind: u32,
}

const NOBODY: u32 = u32::MAX;
const ALONE: Link = Link { before: NOBODY, behind: NOBODY };

impl Default for Chain {
    fn default() -> Self {
        Self { links: Vec::new(), first: NOBODY, last: NOBODY }
    }
}

impl Chain {
    /// Joins at the end.
    pub fn join(&mut self, place: u32) {
        if self.links.len() <= place as usize {
            self.links.resize(place as usize + 1, ALONE);
        }
        self.links[place as usize] = Link { before: self.last, behind: NOBODY };
        match self.links.get_mut(self.last as usize) {
            Some(last) => last.behind = place,
            None => self.first = place,
        }
        self.last = place;
    }

    /// Leaves, wherever it stands.
    pub fn leave(&mut self, place: u32) {
        let Link { before, behind } = self.links[place as usize];
        match self.links.get_mut(before as usize) {
            Some(link) => link.behind = behind,
            None => self.first = behind,
        }
        match self.links.get_mut(behind as usize) {
            Some(link) => link.before = before,
            None => self.last = before,
        }
    }

    /// Leaves and joins again.
    pub fn rejoin(&mut self, place: u32) {
        if self.last != place {
            self.leave(place);
            self.join(place);
        }
    }

    /// Who joined first of those that are there.
    pub fn first(&self) -> Option<u32> {
        (self.first != NOBODY).then_some(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_list_in_order_of_joining(moves in prop::collection::vec((0u32..8, 0..3), 0..100)) {
            let mut chain = Chain::default();
            let mut list: Vec<u32> = Vec::new();
            for (place, what) in moves {
                let is_there = list.contains(&place);
                match what {
                    0 if !is_there => chain.join(place),
                    1 if is_there => chain.rejoin(place),
                    2 if is_there => chain.leave(place),
                    _ => continue,
                }
                list.retain(|other| *other != place);
                if what < 2 {
                    list.push(place);
                }
                prop_assert_eq!(chain.first(), list.first().copied());
            }
            for place in list {
                prop_assert_eq!(chain.first(), Some(place));
                chain.leave(place);
            }
            prop_assert_eq!(chain.first(), None);
        }
    }
}
