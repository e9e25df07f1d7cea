//! A cache in a service's memory, per instance: a [`CacheStore`], and one fetch that serves all who miss
//! the same item meanwhile (single flight). Invalidations delete. Without `versioned`, a fill that
//! was fetched before an invalidation and arrives after it brings the old value back; with it, such
//! a fill is not kept (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, on leases).

use std::collections::BTreeMap;

use crate::base::{Stream, Time};
use crate::nodes::message::Seen;
pub(super) use crate::nodes::parts::cache_store::ItemName;
use crate::nodes::parts::cache_store::{CacheStore, Put};
use crate::nodes::parts::slab::Handle;
use crate::scenario::tree::{Cache as Settings, Life};

/// The cache.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    store: CacheStore,
    versioned: bool,
    fetches: BTreeMap<ItemName, Fetch>,
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
pub(super) enum Lookup {
    /// The item.
    Hit(Seen),
    /// Nothing; the first that misses fetches.
    Fetch,
    /// Nothing yet; somebody fetches it already.
    Wait,
}

impl Cache {
    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.store.weight()
    }

    /// How many items it holds, those included whose time is over and that nobody has looked at since.
    pub(super) fn items(&self) -> usize {
        self.store.names().count()
    }

    /// Cold. `chance` serves the policies of eviction that draw.
    pub(super) fn new(settings: &Settings, chance: Stream) -> Self {
        Self {
            store: CacheStore::new(&settings.keeping, chance),
            versioned: settings.versioned,
            fetches: BTreeMap::new(),
        }
    }

    /// An item that leaves because its time is over by now, and when it was. To be asked until it
    /// says `None`, before a look or a fill.
    pub(super) fn expire(&mut self, now: Time) -> Option<(ItemName, Time)> {
        self.store.expire(now)
    }

    /// Looks an item up for a task; on a miss the task waits for the fetch.
    pub(super) fn look(&mut self, now: Time, name: ItemName, task: Handle) -> Lookup {
        if let Some(seen) = self.store.get(now, name) {
            return Lookup::Hit(seen);
        }
        if let Some(fetch) = self.fetches.get_mut(&name) {
            fetch.waiters.push(task);
            return Lookup::Wait;
        }
        self.fetches.insert(name, Fetch { waiters: vec![task], invalidated: None });
        Lookup::Fetch
    }

    /// A fetch ended; returns who waited, and what became of the item: with `seen` it is kept,
    /// unless it is known to be outdated.
    pub(super) fn fetched(&mut self, now: Time, name: ItemName, seen: Option<Seen>) -> Fetched {
        let Fetch { waiters, invalidated } = self.fetches.remove(&name).unwrap_or_default();
        let fresh = seen.filter(|seen| {
            !self.versioned || invalidated.is_none_or(|newest| seen.version >= newest)
        });
        let put = fresh.map_or(Put::Out, |seen| self.store.put(now, name, seen, Life::Renew));
        Fetched { waiters, put }
    }

    /// The owner says that the item has changed. Was it there?
    pub(super) fn invalidate(&mut self, name: ItemName, version: u64) -> bool {
        if let Some(fetch) = self.fetches.get_mut(&name) {
            fetch.invalidated = fetch.invalidated.max(Some(version));
        }
        self.store.remove(name)
    }

    /// What is in it, in no meaningful order.
    pub(super) fn names(&self) -> impl Iterator<Item = ItemName> {
        self.store.names()
    }
}

/// What a fetch brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetched {
    /// The tasks that waited, in the order in which they came.
    pub waiters: Vec<Handle>,
    /// What became of the item.
    pub put: Put,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::probes::KeyId;
    use crate::scenario::tree::{EntityIx, Keeping};

    const TASK: Handle = Handle::NONE;

    fn cache(capacity: u32, versioned: bool) -> Cache {
        let (capacity, ttl) = (Some(capacity), Some(Span(100)));
        let keeping = Keeping { capacity, ttl, ..Keeping::default() };
        Cache::new(&Settings { keeping, versioned }, Stream::new(1, "test", "", 0))
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
        assert_eq!(cache.look(Time(0), name(1), TASK), Lookup::Fetch);
        assert_eq!(cache.look(Time(1), name(1), TASK), Lookup::Wait);
        assert_eq!(cache.fetched(Time(5), name(1), seen(3)).waiters.len(), 2);
        assert_eq!(cache.look(Time(6), name(1), TASK), Lookup::Hit(seen(3).unwrap()));
    }

    #[test]
    fn an_item_is_served_for_its_time_to_live_after_the_fill() {
        let mut cache = cache(2, false);
        cache.look(Time(0), name(1), TASK);
        cache.fetched(Time(10), name(1), seen(1));
        assert!(matches!(cache.look(Time(109), name(1), TASK), Lookup::Hit(_)));
        assert_eq!(cache.expire(Time(109)), None);
        assert_eq!(cache.expire(Time(110)), Some((name(1), Time(110))));
        assert_eq!(cache.look(Time(110), name(1), TASK), Lookup::Fetch);
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
        let put = cache.fetched(Time(2), name(3), seen(1)).put;
        assert_eq!(put, Put::Entered(Some(name(2))));
    }

    #[test]
    fn rule_39_a_late_fill_brings_an_old_value_back_unless_versioned() {
        for (versioned, kept) in [(false, true), (true, false)] {
            let mut cache = cache(2, versioned);
            cache.look(Time(0), name(1), TASK);
            cache.invalidate(name(1), 8);
            assert_eq!(cache.fetched(Time(1), name(1), seen(7)).put != Put::Out, kept);
        }
    }

    #[test]
    fn a_fill_as_new_as_its_invalidation_is_kept() {
        let mut cache = cache(2, true);
        cache.look(Time(0), name(1), TASK);
        cache.invalidate(name(1), 8);
        assert_eq!(cache.fetched(Time(1), name(1), seen(8)).put, Put::Entered(None));
    }
}
