//! The witness of some items: who changed them, which copies held which version from when on, and who
//! saw what. Beside it a [`Story`](super::Story) tells of one operation; how either is told is not
//! decided here.

use std::collections::BTreeSet;

use super::Probe;
use super::fact::{Fact, KeyId};
use super::story::Line;
use crate::base::Time;
use crate::engine::{InstanceId, Key};
use crate::scenario::tree::EntityIx;

/// Facts kept at most.
const MOST: usize = 100_000;

/// An item: which of an entity's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The entity.
    pub entity: EntityIx,
    /// Which of its items.
    pub key: KeyId,
}

/// Records what happens to some items.
#[derive(Clone, Debug)]
pub struct Witness {
    items: BTreeSet<Item>,
    lines: Vec<Line>,
    left_out: u64,
    event: Key,
}

impl Witness {
    /// Of these items.
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        Self { items: items.into_iter().collect(), lines: Vec::new(), left_out: 0, event: Key(0) }
    }

    /// What happened, in order. Crashes are told as well: what an instance held in memory is gone.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Facts that there was no room for.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn is_of_interest(&self, fact: &Fact) -> bool {
        match *fact {
            Fact::Applied { entity, key, .. }
            | Fact::Undone { entity, key, .. }
            | Fact::Reverted { entity, key, .. }
            | Fact::Saw { entity, key, .. }
            | Fact::Responded { entity, key, .. }
            | Fact::Holds { entity, key, .. }
            | Fact::Forgot { entity, key } => self.items.contains(&Item { entity, key }),
            Fact::Down | Fact::Up => true,
            _ => false,
        }
    }
}

impl Probe for Witness {
    fn begins(&mut self, key: Key) {
        self.event = key;
    }

    #[inline]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        if !self.is_of_interest(&fact) {
            return;
        }
        if self.lines.len() < MOST {
            self.lines.push(Line { event: self.event, time: now, at, fact });
        } else {
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::OpId;

    #[test]
    fn it_tells_of_its_items_and_of_crashes() {
        let (stock, other) = (EntityIx(0), EntityIx(1));
        let mut witness = Witness::of([1, 2].map(|key| Item { entity: stock, key: KeyId(key) }));
        let (a, op) = (InstanceId(0), OpId::new(0, 7));
        let holds = |entity, key, version| Fact::Holds { op, entity, key: KeyId(key), version };
        let forgot = |entity, key| Fact::Forgot { entity, key: KeyId(key) };
        let seen = [
            holds(stock, 1, 1),
            holds(stock, 3, 1),
            holds(other, 1, 1),
            forgot(stock, 2),
            forgot(stock, 4),
            Fact::Arrived { op },
            Fact::Down,
        ];
        for (now, fact) in (0..).zip(seen) {
            witness.see(Time(now), a, fact);
        }
        let told: Vec<u64> = witness.lines().iter().map(|line| line.time.0).collect();
        assert_eq!((told, witness.left_out()), (vec![0, 3, 6], 0));
    }
}
