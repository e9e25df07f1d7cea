//! Locks on items: exclusive, one line per item, first come first served. Knows names of
//! transactions, not what they do.

use indexmap::map::Entry;

use crate::base::Table;
use crate::model::EntityIx;
use crate::nodes::parts::slab::Handle;
use crate::probes::KeyId;

/// What is locked. The order is the one in which a transaction takes its locks; since all take
/// them in the same order, no two can wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Lock {
    /// Is it the row of a local copy?
    pub copy: bool,
    /// The entity.
    pub entity: EntityIx,
    /// The item.
    pub key: KeyId,
}

/// The locks that are held, each with its line.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks {
    lines: Table<Lock, Line>,
    /// By slot of a waiting transaction: who stands behind it. One waits in one line only.
    behind: Vec<Handle>,
}

/// Who waits for one lock.
#[derive(Clone, Copy, Debug)]
struct Line {
    first: Handle,
    last: Handle,
}

impl Locks {
    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.lines.len()
    }

    /// Takes the lock, or stands in line for it (`false`).
    pub(super) fn take(&mut self, lock: Lock, task: Handle) -> bool {
        match self.lines.entry(lock) {
            Entry::Vacant(place) => {
                place.insert(Line { first: Handle::NONE, last: Handle::NONE });
                true
            }
            Entry::Occupied(mut line) => {
                let line = line.get_mut();
                if self.behind.len() <= task.slot() {
                    self.behind.resize(task.slot() + 1, Handle::NONE);
                }
                self.behind[task.slot()] = Handle::NONE;
                if line.first == Handle::NONE {
                    line.first = task;
                } else {
                    self.behind[line.last.slot()] = task;
                }
                line.last = task;
                false
            }
        }
    }

    /// Gives the lock to the first in line, and says who that is.
    pub(super) fn release(&mut self, lock: Lock) -> Option<Handle> {
        let line = self.lines.get_mut(&lock).expect("only held locks are released");
        let heir = line.first;
        if heir == Handle::NONE {
            self.lines.swap_remove(&lock);
            return None;
        }
        line.first = self.behind[heir.slot()];
        Some(heir)
    }

    /// Leaves the line of this lock, in which it stands.
    pub(super) fn leave(&mut self, lock: Lock, task: Handle) {
        let line = self.lines.get_mut(&lock).expect("a lock with a line is held");
        let behind = self.behind[task.slot()];
        if line.first == task {
            line.first = behind;
            return;
        }
        let mut before = line.first;
        while self.behind[before.slot()] != task {
            before = self.behind[before.slot()];
        }
        self.behind[before.slot()] = behind;
        if line.last == task {
            line.last = before;
        }
    }

    /// Nobody holds anything any more.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::parts::slab::Slab;

    #[test]
    fn whoever_leaves_a_line_leaves_the_order_of_the_others() {
        for leaver in 0..3 {
            let (mut slab, mut locks) = (Slab::default(), Locks::default());
            let [holder, first, second, third, late] = std::array::from_fn(|_| slab.insert(()));
            let mut line = vec![first, second, third];
            assert!(locks.take(lock(1), holder));
            assert!(line.iter().all(|task| !locks.take(lock(1), *task)));
            locks.leave(lock(1), line.remove(leaver));
            assert!(!locks.take(lock(1), late));
            line.push(late);
            for heir in line {
                assert_eq!(locks.release(lock(1)), Some(heir), "{leaver}");
            }
            assert_eq!(locks.release(lock(1)), None);
        }
    }

    fn lock(key: u64) -> Lock {
        Lock { copy: false, entity: EntityIx(0), key: KeyId(key) }
    }

    #[test]
    fn a_lock_goes_to_those_who_wait_in_the_order_in_which_they_came() {
        let (mut slab, mut locks) = (Slab::default(), Locks::default());
        let [a, b, c, d] = std::array::from_fn(|_| slab.insert(()));
        assert!(locks.take(lock(1), a));
        assert!(!locks.take(lock(1), b));
        assert!(!locks.take(lock(1), c));
        assert!(locks.take(lock(2), d), "another item is free");
        assert_eq!(locks.release(lock(1)), Some(b));
        assert!(!locks.take(lock(1), d), "the heir holds it");
        assert_eq!(locks.release(lock(1)), Some(c));
        assert_eq!(locks.release(lock(1)), Some(d));
        assert_eq!(locks.release(lock(1)), None);
        assert!(locks.take(lock(1), a), "free again");
    }
}
