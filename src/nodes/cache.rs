//! A cache in a service's memory, per instance: least recently used goes first, items are served
//! for their time to live after the fill, and one fetch serves all that miss the same item
//! meanwhile (single flight). Invalidations delete. Without `versioned`, a fill that was fetched
//! before an invalidation and arrives after it brings the old value back; with it, such a fill is
//! not kept (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, on leases).

use std::collections::BTreeMap;

use super::message::Seen;
use super::slab::Handle;
use crate::base::Time;
use crate::probes::KeyId;
use crate::scenario::tree::{Cache as Settings, EntityIx};

/// Which item.
pub type ItemName = (EntityIx, KeyId);

/// The cache.
#[derive(Clone, Debug)]
pub struct Cache {
    settings: Settings,
    places: BTreeMap<ItemName, u32>,
    entries: Vec<Entry>,
    /// The most recently used entry, and the least.
    newest: u32,
    oldest: u32,
    fetches: BTreeMap<ItemName, Fetch>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: ItemName,
    seen: Seen,
    filled: Time,
    newer: u32,
    older: u32,
}

/// A fetch on its way.
#[derive(Clone, Debug, Default)]
struct Fetch {
    waiters: Vec<Handle>,
    /// The newest version that was invalidated meanwhile.
    invalidated: Option<u64>,
}

/// What a look-up finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The item.
    Hit(Seen),
    /// Nothing; the first that misses fetches.
    Fetch,
    /// Nothing yet; somebody fetches it already.
    Wait,
}

const NOBODY: u32 = u32::MAX;

impl Cache {
    /// Cold.
    pub fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            places: BTreeMap::new(),
            entries: Vec::new(),
            newest: NOBODY,
            oldest: NOBODY,
            fetches: BTreeMap::new(),
        }
    }

    /// Looks an item up for a task; on a miss the task waits for the fetch. Also tells which item
    /// left the cache because it had expired.
    pub fn look(&mut self, now: Time, name: ItemName, task: Handle) -> (Lookup, Option<ItemName>) {
        let mut expired = None;
        if let Some(&place) = self.places.get(&name) {
            let entry = &self.entries[place as usize];
            if now.since(entry.filled) < self.settings.ttl {
                let seen = entry.seen;
                self.unlink(place);
                self.link_newest(place);
                return (Lookup::Hit(seen), None);
            }
            self.remove(name);
            expired = Some(name);
        }
        if let Some(fetch) = self.fetches.get_mut(&name) {
            fetch.waiters.push(task);
            return (Lookup::Wait, expired);
        }
        self.fetches.insert(name, Fetch { waiters: vec![task], invalidated: None });
        (Lookup::Fetch, expired)
    }

    /// A fetch ended; returns who waited. With `seen` the item is kept (unless it is known to be
    /// outdated) and `kept` is set; an item that had to make room is returned as well.
    pub fn fetched(&mut self, now: Time, name: ItemName, seen: Option<Seen>) -> Fetched {
        let fetch = self.fetches.remove(&name).unwrap_or_default();
        let mut fetched = Fetched { waiters: fetch.waiters, kept: false, evicted: None };
        let Some(seen) = seen else { return fetched };
        let is_outdated = self.settings.versioned
            && fetch.invalidated.is_some_and(|newest| seen.version < newest);
        if is_outdated || self.settings.capacity == 0 {
            return fetched;
        }
        self.remove(name);
        let place = if self.places.len() < self.settings.capacity as usize {
            self.entries.push(Entry { name, seen, filled: now, newer: NOBODY, older: NOBODY });
            self.entries.len() as u32 - 1
        } else {
            let place = self.oldest;
            let old = self.entries[place as usize].name;
            self.unlink(place);
            self.places.remove(&old);
            fetched.evicted = Some(old);
            self.entries[place as usize] =
                Entry { name, seen, filled: now, newer: NOBODY, older: NOBODY };
            place
        };
        self.places.insert(name, place);
        self.link_newest(place);
        fetched.kept = true;
        fetched
    }

    /// The owner says that the item has changed. Was it there?
    pub fn invalidate(&mut self, name: ItemName, version: u64) -> bool {
        if let Some(fetch) = self.fetches.get_mut(&name) {
            fetch.invalidated = fetch.invalidated.max(Some(version));
        }
        self.remove(name)
    }

    /// What is in it, in order of names.
    pub fn names(&self) -> impl Iterator<Item = ItemName> {
        self.places.keys().copied()
    }

    fn remove(&mut self, name: ItemName) -> bool {
        let Some(place) = self.places.remove(&name) else {
            return false;
        };
        self.unlink(place);
        // Keep the entries dense: the last one moves into the gap.
        self.entries.swap_remove(place as usize);
        let moved = self.entries.len() as u32;
        if moved != place {
            let (name, newer, older) = {
                let entry = &self.entries[place as usize];
                (entry.name, entry.newer, entry.older)
            };
            self.places.insert(name, place);
            self.set_older_of(newer, place);
            self.set_newer_of(older, place);
        }
        true
    }

    fn set_older_of(&mut self, place: u32, older: u32) {
        match self.entries.get_mut(place as usize) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
    }

    fn set_newer_of(&mut self, place: u32, newer: u32) {
        match self.entries.get_mut(place as usize) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn unlink(&mut self, place: u32) {
        let (newer, older) = {
            let entry = &self.entries[place as usize];
            (entry.newer, entry.older)
        };
        self.set_older_of(newer, older);
        self.set_newer_of(older, newer);
    }

    fn link_newest(&mut self, place: u32) {
        let newest = self.newest;
        self.entries[place as usize].newer = NOBODY;
        self.entries[place as usize].older = newest;
        self.set_newer_of(newest, place);
        self.newest = place;
    }
}

/// What a fetch brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The tasks that waited, in the order in which they came.
    pub waiters: Vec<Handle>,
    /// Is the item in the cache now?
    pub kept: bool,
    /// Who had to make room.
    pub evicted: Option<ItemName>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use proptest::prelude::*;

    const TASK: Handle = Handle::NONE;

    fn cache(capacity: u32, versioned: bool) -> Cache {
        Cache::new(&Settings { capacity, ttl: Span(100), versioned })
    }

    fn name(key: u64) -> ItemName {
        (EntityIx(0), KeyId(key))
    }

    #[expect(clippy::unnecessary_wraps, reason = "what a fetch brings may be nothing")]
    fn seen(version: u64) -> Option<Seen> {
        Some(Seen { version, value: 0 })
    }

    #[test]
    fn one_fetch_serves_all_that_miss_meanwhile() {
        let mut cache = cache(2, false);
        assert_eq!(cache.look(Time(0), name(1), TASK).0, Lookup::Fetch);
        assert_eq!(cache.look(Time(1), name(1), TASK).0, Lookup::Wait);
        assert_eq!(cache.fetched(Time(5), name(1), seen(3)).waiters.len(), 2);
        assert_eq!(cache.look(Time(6), name(1), TASK).0, Lookup::Hit(seen(3).unwrap()));
    }

    #[test]
    fn an_item_is_served_for_its_time_to_live_after_the_fill() {
        let mut cache = cache(2, false);
        cache.look(Time(0), name(1), TASK);
        cache.fetched(Time(10), name(1), seen(1));
        assert!(matches!(cache.look(Time(109), name(1), TASK).0, Lookup::Hit(_)));
        assert_eq!(cache.look(Time(110), name(1), TASK), (Lookup::Fetch, Some(name(1))));
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let mut cache = cache(2, false);
        for key in [1, 2] {
            cache.look(Time(0), name(key), TASK);
            cache.fetched(Time(0), name(key), seen(1));
        }
        cache.look(Time(1), name(1), TASK);
        cache.look(Time(2), name(3), TASK);
        assert_eq!(cache.fetched(Time(2), name(3), seen(1)).evicted, Some(name(2)));
    }

    #[test]
    fn rule_39_a_late_fill_brings_an_old_value_back_unless_versioned() {
        for (versioned, kept) in [(false, true), (true, false)] {
            let mut cache = cache(2, versioned);
            cache.look(Time(0), name(1), TASK);
            cache.invalidate(name(1), 8);
            assert_eq!(cache.fetched(Time(1), name(1), seen(7)).kept, kept);
        }
    }

    #[test]
    fn a_fill_as_new_as_its_invalidation_is_kept() {
        let mut cache = cache(2, true);
        cache.look(Time(0), name(1), TASK);
        cache.invalidate(name(1), 8);
        assert!(cache.fetched(Time(1), name(1), seen(8)).kept);
    }

    proptest! {
        /// Against a model that keeps a plain list in order of use.
        #[test]
        fn it_holds_what_a_list_in_order_of_use_would_hold(keys in prop::collection::vec((0u64..8, any::<bool>()), 1..200)) {
            let mut cache = cache(4, false);
            let mut list: Vec<u64> = Vec::new();
            for (key, drop) in keys {
                if drop {
                    prop_assert_eq!(cache.invalidate(name(key), 1), list.contains(&key));
                    list.retain(|known| *known != key);
                    continue;
                }
                let hit = matches!(cache.look(Time(0), name(key), TASK).0, Lookup::Hit(_));
                prop_assert_eq!(hit, list.contains(&key));
                if !hit {
                    let evicted = cache.fetched(Time(0), name(key), seen(1)).evicted;
                    let expected = (list.len() == 4).then(|| list.remove(0));
                    prop_assert_eq!(evicted, expected.map(name));
                }
                list.retain(|known| *known != key);
                list.push(key);
            }
        }
    }
}
