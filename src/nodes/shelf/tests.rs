//! The shelf against naive models that keep plain lists and search them.

use proptest::prelude::*;

use super::*;
use crate::base::Span;
use crate::scenario::tree::Evict;

fn name(key: u64) -> ItemName {
    (EntityIx(0), KeyId(key))
}

fn shelf(evict: Evict, capacity: u32, ttl: Option<u64>, sliding: bool) -> Shelf {
    let keeping = Keeping { capacity: Some(capacity), evict, ttl: ttl.map(Span), sliding };
    Shelf::new(&keeping, Stream::new(7, "test", "", 0))
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
        let mut shelf = shelf(evict, capacity, ttl, sliding);
        let asked = vec![0; 10];
        let there = Vec::new();
        let capacity = capacity as usize;
        let mut naive = Naive { evict, capacity, ttl, sliding, there, asked, steps: 0 };
        let mut now = 0;
        for (key, pause, what) in accesses {
            now += pause;
            while let Some((_, when)) = shelf.expire(Time(now)) {
                prop_assert!(when <= Time(now));
            }
            if what == 0 {
                let was_there = naive.there.iter().any(|it| it.key == key && it.expires > now);
                naive.there.retain(|known| known.key != key);
                prop_assert_eq!(shelf.remove(name(key)), was_there);
                continue;
            }
            let (hit, evicted) = naive.access(now, key);
            prop_assert_eq!(shelf.get(Time(now), name(key)).is_some(), hit);
            if !hit {
                let put = shelf.put(Time(now), name(key), Seen::default());
                let is_there = naive.there.iter().any(|known| known.key == key);
                let expected = if is_there { Put::Entered(evicted.map(name)) } else { Put::Out };
                prop_assert_eq!(put, expected);
            }
            let mut names: Vec<u64> = shelf.names().map(|(_, key)| key.0).collect();
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
        let mut shelf = shelf(evict, capacity, None, false);
        for key in keys {
            if shelf.get(Time(0), name(key)).is_none() {
                let full = shelf.names().count() == capacity as usize;
                let put = shelf.put(Time(0), name(key), Seen::default());
                prop_assert_eq!(matches!(put, Put::Entered(Some(_))), full);
            }
            prop_assert!(shelf.get(Time(0), name(key)).is_some());
            prop_assert!(shelf.names().count() <= capacity as usize);
        }
    }
}

#[test]
fn a_sample_of_all_is_the_least_recently_used() {
    // Of 2 items 64 draws find both but once in 2^63.
    let mut shelf = shelf(Evict::SampledLru(64), 2, None, false);
    for (key, evicted) in [(1, None), (2, None), (1, None), (3, Some(2)), (2, Some(1))] {
        if shelf.get(Time(0), name(key)).is_none() {
            let put = shelf.put(Time(0), name(key), Seen::default());
            assert_eq!(put, Put::Entered(evicted.map(name)));
        }
    }
}

#[test]
fn who_never_evicts_keeps_what_it_has() {
    let mut shelf = shelf(Evict::Never, 1, None, false);
    assert_eq!(shelf.put(Time(0), name(1), Seen::default()), Put::Entered(None));
    assert_eq!(shelf.put(Time(0), name(2), Seen::default()), Put::Out);
    let newer = Seen { version: 3, value: 0 };
    assert_eq!(shelf.put(Time(0), name(1), newer), Put::Renewed);
    assert_eq!(shelf.peek(name(1)), Some(newer));
}

#[test]
fn places_are_used_again() {
    let mut shelf = shelf(Evict::Lru, 4, Some(10), false);
    for key in 0..10_000 {
        let now = Time(key);
        while shelf.expire(now).is_some() {}
        shelf.put(now, name(key), Seen::default());
    }
    assert_eq!(shelf.entries.len(), 4);
}
