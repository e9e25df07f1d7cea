//! The store against naive models that keep plain lists and search them.

use proptest::prelude::*;

use super::*;
use crate::base::Span;
use crate::scenario::tree::{Evict, Expiry};

fn name(key: u64) -> ItemName {
    (EntityIx(0), KeyId(key))
}

fn store(evict: Evict, capacity: u32, ttl: Option<u64>, sliding: bool) -> CacheStore {
    let keeping = Keeping {
        capacity: Some(capacity),
        evict,
        ttl: ttl.map(Span),
        sliding,
        ..Keeping::default()
    };
    CacheStore::new(&keeping, Stream::new(7, "test", "", 0))
}

/// One item as a naive model knows it.
#[derive(Clone, Copy, Debug)]
struct Known {
    key: u64,
    entered: u64,
    used: u64,
    expires: u64,
}

/// Lists, searched from end to end.
struct Naive {
    evict: Evict,
    capacity: usize,
    ttl: Option<u64>,
    sliding: bool,
    there: Vec<Known>,
    asked: Vec<u64>,
    steps: u64,
}

impl Naive {
    fn expires(&self, now: u64) -> u64 {
        self.ttl.map_or(u64::MAX, |ttl| now + ttl)
    }

    /// Asks for an item and fills it if it is not there: was it, and who made room?
    fn access(&mut self, now: u64, key: u64) -> (bool, Option<u64>) {
        self.steps += 1;
        self.asked[key as usize] += 1;
        self.there.retain(|known| known.expires > now);
        let (steps, expires) = (self.steps, self.expires(now));
        if let Some(known) = self.there.iter_mut().find(|known| known.key == key) {
            known.used = steps;
            known.expires = if self.sliding { expires } else { known.expires };
            return (true, None);
        }
        let mut evicted = None;
        if self.there.len() == self.capacity {
            let first = match self.evict {
                Evict::Lru => self.there.iter().min_by_key(|known| known.used),
                Evict::Fifo => self.there.iter().min_by_key(|known| known.entered),
                _ => {
                    let asked = |known: &&Known| (self.asked[known.key as usize], known.used);
                    let least = self.there.iter().min_by_key(asked);
                    least.filter(|it| self.asked[it.key as usize] <= self.asked[key as usize])
                }
            };
            let Some(first) = first.map(|known| known.key) else { return (false, None) };
            self.there.retain(|known| known.key != first);
            evicted = Some(first);
        }
        self.there.push(Known { key, entered: self.steps, used: self.steps, expires });
        (false, evicted)
    }
}

fn policies() -> impl Strategy<Value = Evict> {
    prop::sample::select(vec![Evict::Lru, Evict::Fifo, Evict::Lfu])
}

proptest! {
    #[test]
    fn it_holds_what_a_naive_cache_would_hold(
        evict in policies(),
        capacity in 1u32..6,
        ttl in prop::option::of(1u64..40),
        sliding: bool,
        accesses in prop::collection::vec((0u64..10, 0u64..6, 0..12), 1..300),
    ) {
        let mut store = store(evict, capacity, ttl, sliding);
        let asked = vec![0; 10];
        let there = Vec::new();
        let capacity = capacity as usize;
        let mut naive = Naive { evict, capacity, ttl, sliding, there, asked, steps: 0 };
        let mut now = 0;
        for (key, pause, what) in accesses {
            now += pause;
            while let Some((_, when)) = store.expire(Time(now)) {
                prop_assert!(when <= Time(now));
            }
            if what == 0 {
                let was_there = naive.there.iter().any(|it| it.key == key && it.expires > now);
                naive.there.retain(|known| known.key != key);
                prop_assert_eq!(store.remove(name(key)), was_there);
                continue;
            }
            let (hit, evicted) = naive.access(now, key);
            prop_assert_eq!(store.get(Time(now), name(key)).is_some(), hit);
            if !hit {
                let put = store.put(Time(now), name(key), Seen::default(), Life::Renew);
                let is_there = naive.there.iter().any(|known| known.key == key);
                let expected = if is_there { Put::Entered(evicted.map(name)) } else { Put::Out };
                prop_assert_eq!(put, expected);
            }
            let mut names: Vec<u64> = store.names().map(|(_, key)| key.0).collect();
            let mut known: Vec<u64> = naive.there.iter().map(|known| known.key).collect();
            names.sort_unstable();
            known.sort_unstable();
            prop_assert_eq!(names, known);
        }
    }

    #[test]
    fn whoever_is_drawn_it_is_never_fuller_than_it_may_be(
        evict in prop::sample::select(vec![Evict::Random, Evict::SampledLru(5)]),
        capacity in 1u32..6,
        keys in prop::collection::vec(0u64..12, 1..200),
    ) {
        let mut store = store(evict, capacity, None, false);
        for key in keys {
            if store.get(Time(0), name(key)).is_none() {
                let full = store.names().count() == capacity as usize;
                let put = store.put(Time(0), name(key), Seen::default(), Life::Renew);
                prop_assert_eq!(matches!(put, Put::Entered(Some(_))), full);
            }
            prop_assert!(store.get(Time(0), name(key)).is_some());
            prop_assert!(store.names().count() <= capacity as usize);
        }
    }
}

#[test]
fn a_use_refreshes_whatever_place_an_item_has() {
    const ROOM: u64 = 64;
    for used in 0..ROOM {
        let mut store = store(Evict::Lru, ROOM as u32, None, false);
        let put = |store: &mut CacheStore, key| {
            store.put(Time(0), name(key), Seen::default(), Life::Renew)
        };
        (0..ROOM).for_each(|key| assert_eq!(put(&mut store, key), Put::Entered(None)));
        assert!(store.get(Time(0), name(used)).is_some());
        let others = (0..ROOM).filter(|key| *key != used).chain([used]);
        for (newcomer, evicted) in (ROOM..).zip(others) {
            assert_eq!(put(&mut store, newcomer), Put::Entered(Some(name(evicted))));
        }
    }
}

#[test]
fn a_sample_of_all_is_the_least_recently_used() {
    // Of 2 items 64 draws find both but once in 2^63.
    let mut store = store(Evict::SampledLru(64), 2, None, false);
    for (key, evicted) in [(1, None), (2, None), (1, None), (3, Some(2)), (2, Some(1))] {
        if store.get(Time(0), name(key)).is_none() {
            let put = store.put(Time(0), name(key), Seen::default(), Life::Renew);
            assert_eq!(put, Put::Entered(evicted.map(name)));
        }
    }
}

#[test]
fn who_never_evicts_keeps_what_it_has() {
    let mut store = store(Evict::Never, 1, None, false);
    assert_eq!(store.put(Time(0), name(1), Seen::default(), Life::Renew), Put::Entered(None));
    assert_eq!(store.put(Time(0), name(2), Seen::default(), Life::Renew), Put::Out);
    let newer = Seen { version: 3, value: 0 };
    assert_eq!(store.put(Time(0), name(1), newer, Life::Renew), Put::Renewed);
    assert_eq!(store.peek(name(1)), Some(newer));
}

#[test]
fn places_are_used_again() {
    let mut store = store(Evict::Lru, 4, Some(10), false);
    for key in 0..10_000 {
        let now = Time(key);
        while store.expire(now).is_some() {}
        store.put(now, name(key), Seen::default(), Life::Renew);
    }
    assert_eq!(store.entries.len(), 4);
}

#[test]
fn only_what_has_a_time_to_live_makes_room() {
    let mut store = store(Evict::VolatileLru(64), 2, Some(10), false);
    let mut put = |key, life| {
        let has_room = store.has_room_for(name(key));
        let put = store.put(Time(0), name(key), Seen::default(), life);
        assert_eq!(has_room, put != Put::Out, "{key}");
        put
    };
    assert_eq!(put(1, Life::Renew), Put::Entered(None));
    assert_eq!(put(2, Life::Remove), Put::Entered(None));
    assert_eq!(put(3, Life::Remove), Put::Entered(Some(name(1))), "though it was used later");
    assert_eq!(put(4, Life::Renew), Put::Out, "nobody is left who could go");
    assert_eq!(put(3, Life::Renew), Put::Renewed);
    assert_eq!(put(4, Life::Renew), Put::Entered(Some(name(3))));
}

#[test]
fn setting_an_item_renews_keeps_or_removes_its_time_to_live() {
    let left = |life| {
        let mut store = store(Evict::Lru, 2, Some(10), false);
        store.put(Time(0), name(1), Seen::default(), Life::Renew);
        store.put(Time(5), name(1), Seen::default(), life);
        assert_eq!(store.expire(Time(9)), None);
        store.expire(Time(1_000)).map(|(_, when)| when)
    };
    assert_eq!(left(Life::Renew), Some(Time(15)));
    assert_eq!(left(Life::Keep), Some(Time(10)));
    assert_eq!(left(Life::Remove), None);
    let mut new = store(Evict::Lru, 2, Some(10), false);
    new.put(Time(0), name(1), Seen::default(), Life::Keep);
    assert_eq!(new.expires(name(1)), Some(Time::NEVER), "there was nothing to keep");
}

fn sampling(ttl: u64) -> CacheStore {
    let expiry = Expiry::Sampled { samples: 20, every: Span(100) };
    let keeping = Keeping { capacity: None, ttl: Some(Span(ttl)), expiry, ..Keeping::default() };
    CacheStore::new(&keeping, Stream::new(7, "test", "", 0))
}

#[test]
fn memory_becomes_free_when_somebody_asks() {
    let mut store = sampling(10);
    store.put(Time(0), name(1), Seen::default(), Life::Renew);
    assert_eq!(store.expire(Time(50)), None);
    assert_eq!((store.lapse(Time(9), name(1)), store.names().count()), (false, 1));
    assert_eq!((store.lapse(Time(10), name(1)), store.names().count()), (true, 0));
}

#[test]
fn a_sweep_goes_on_while_more_than_a_quarter_of_those_drawn_are_over() {
    let mut chance = Stream::new(7, "test", "", 0);
    let mut store = sampling(10);
    // All of them are over: one sweep takes them all.
    for key in 0..1_000 {
        store.put(Time(0), name(key), Seen::default(), Life::Renew);
    }
    assert_eq!(store.sweep(Time(10), 20, &mut chance).len(), 1_000);
    assert!(!store.has_mortals());
    // One in a hundred is over: one draw of twenty is all.
    for key in 0..10 {
        store.put(Time(20), name(key), Seen::default(), Life::Renew);
    }
    for key in 10..1_000 {
        store.put(Time(25), name(key), Seen::default(), Life::Renew);
    }
    assert!(store.sweep(Time(30), 20, &mut chance).len() <= 5);
    // What has no time to live is never drawn.
    let mut lasting = sampling(10);
    lasting.put(Time(0), name(1), Seen::default(), Life::Remove);
    assert!(lasting.sweep(Time(1_000), 20, &mut chance).is_empty());
}

/// A thousand items filled at one instant leave over the whole stretch of the jitter, and those that
/// are filled anew live on.
#[test]
fn jitter_spreads_the_ends_of_what_began_together() {
    let keeping =
        Keeping { capacity: None, ttl: Some(Span(1_000)), jitter: 0.5, ..Keeping::default() };
    let mut store = CacheStore::new(&keeping, Stream::new(7, "test", "", 0));
    for key in 0..1_000 {
        store.put(Time(0), name(key), Seen::default(), Life::Renew);
    }
    let mut left = [0; 16];
    let mut last = Time(0);
    for now in (0..1_600).map(Time) {
        while let Some(((_, key), at)) = store.expire(now) {
            assert!(at <= now && last <= at, "in order of their ends: {at:?} after {last:?}");
            last = at;
            left[(at.0 / 100) as usize] += 1;
            if key.0 == 0 && at < Time(1_500) {
                store.put(Time(1_590), name(0), Seen::default(), Life::Renew);
            }
        }
    }
    assert_eq!(left[..10], [0; 10], "nobody before its time to live");
    assert!(left[10..15].iter().all(|left| (150..250).contains(left)), "{left:?}");
    assert!(store.peek(name(0)).is_some() && store.names().count() == 1);
}
