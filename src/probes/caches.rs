//! What caches did, the nodes and those in services' memories, within [warm-up, length): hits,
//! misses, and how many items they held on average, as whole instance-nanoseconds.
//!
//! The integral of how many items there are is the sum of when they left less the sum of when they
//! entered, each clipped to the stretch. An item whose time to live is over has left at that
//! instant, however late that is noticed; at the end of a run it may not have been noticed yet.

use std::sync::Arc;

use super::fact::{Fact, Leaving};
use super::instruments::Instrument;
use super::layout::Layout;
use super::outcome::{CacheOutcome, Outcome};
use crate::base::Time;
use crate::engine::InstanceId;

/// The caches of all nodes.
#[derive(Clone, Debug)]
pub struct Caches {
    layout: Arc<Layout>,
    nodes: Vec<Tally>,
    /// Items, by instance.
    items: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    counts: CacheOutcome,
    /// Ends less beginnings of being there, in nanoseconds.
    items_ns: i128,
}

impl Instrument for Caches {
    fn new(layout: &Arc<Layout>) -> Self {
        Self {
            nodes: vec![Tally::default(); layout.nodes.len()],
            items: vec![0; layout.instances.len()],
            layout: Arc::clone(layout),
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arm remains"
    )]
    #[inline(always)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        match fact {
            Fact::CacheHit { .. } => self.count(now, at, |cache| &mut cache.hits),
            Fact::CacheMiss { fetches, .. } => {
                self.count(now, at, |cache| &mut cache.misses);
                if fetches {
                    self.count(now, at, |cache| &mut cache.fetches);
                }
            }
            Fact::KeptOut { .. } => self.count(now, at, |cache| &mut cache.kept_out),
            Fact::Entered => {
                self.items[at.0 as usize] += 1;
                let clipped = self.clip(now);
                self.of(at).items_ns -= clipped;
            }
            Fact::Left { when, why } => {
                self.leave(when, at, 1);
                match why {
                    Leaving::Evicted => self.count(when, at, |cache| &mut cache.evicted),
                    Leaving::Expired => self.count(when, at, |cache| &mut cache.expired),
                    Leaving::Deleted => {}
                }
            }
            Fact::Down => self.leave(now, at, self.items[at.0 as usize]),
            _ => {}
        }
    }

    fn outcome(&self, audit: Time, outcome: &mut Outcome) {
        let end = self.layout.end(audit);
        let mut ended = self.clone();
        for (instance, items) in (0..).map(InstanceId).zip(&self.items) {
            ended.leave(end, instance, *items);
        }
        let stretch = self.layout.stretch(audit).0;
        for (plan, tally) in self.layout.nodes.iter().zip(ended.nodes) {
            if let Some(node) = outcome.nodes.get_mut(&plan.name) {
                node.cache = tally.counts;
                if stretch > 0 {
                    node.cache.items_mean = tally.items_ns as f64 / stretch as f64;
                }
            }
        }
    }
}

impl Caches {
    /// How many items an instance holds now; of those whose time to live is over, some may still be
    /// counted.
    pub fn items(&self, at: InstanceId) -> u64 {
        self.items[at.0 as usize]
    }

    fn of(&mut self, at: InstanceId) -> &mut Tally {
        &mut self.nodes[self.layout.node_of(at)]
    }

    fn leave(&mut self, when: Time, at: InstanceId, items: u64) {
        self.items[at.0 as usize] -= items;
        let clipped = self.clip(when);
        self.of(at).items_ns += clipped * i128::from(items);
    }

    /// The instant of the stretch that is nearest to `now`.
    fn clip(&self, now: Time) -> i128 {
        i128::from(now.0.min(self.layout.length.0).max(self.layout.warmup.0))
    }

    fn count(&mut self, now: Time, at: InstanceId, which: fn(&mut CacheOutcome) -> &mut u64) {
        let measured = self.layout.measures(now);
        *which(&mut self.of(at).counts) += u64::from(measured);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::probes::OpId;
    use crate::probes::layout::NodePlan;
    use crate::scenario::tree::{EntityIx, NodeIx};

    const A: InstanceId = InstanceId(0);
    const B: InstanceId = InstanceId(1);

    fn see(trace: &[(u64, InstanceId, Fact)]) -> CacheOutcome {
        let layout = Layout {
            nodes: vec![NodePlan { name: "cache".into(), kind: "cache", ..NodePlan::default() }],
            instances: vec![NodeIx(0), NodeIx(0)],
            warmup: Span(100),
            length: Span(200),
            ..Layout::default()
        };
        let layout = Arc::new(layout);
        let mut caches = Caches::new(&layout);
        for &(now, at, fact) in trace {
            caches.see(Time(now), at, fact);
        }
        let mut outcome = Outcome::blank(&layout, Time(1_000_000));
        caches.outcome(Time(1_000_000), &mut outcome);
        outcome.nodes["cache"].cache
    }

    fn left(when: u64, why: Leaving) -> Fact {
        Fact::Left { when: Time(when), why }
    }

    #[test]
    fn hits_and_misses_count_in_the_stretch_and_shared_fetches_once() {
        let (op, entity) = (OpId(0), EntityIx(0));
        let hit = Fact::CacheHit { op, entity };
        let miss = |fetches| Fact::CacheMiss { op, entity, fetches };
        let trace = [(99, hit), (100, hit), (150, miss(true)), (151, miss(false)), (200, hit)];
        let cache = see(&trace.map(|(now, fact)| (now, A, fact)));
        assert_eq!((cache.hits, cache.misses, cache.fetches), (1, 2, 1));
    }

    #[test]
    fn items_are_averaged_over_the_stretch_until_their_time_was_over() {
        let cache = see(&[
            (50, A, Fact::Entered),
            (120, A, Fact::Entered),
            (180, A, left(150, Leaving::Expired)),
            (190, B, Fact::Entered),
            (190, A, left(190, Leaving::Deleted)),
        ]);
        assert_eq!(cache.items_mean, (50.0 + 70.0 + 10.0) / 100.0);
        assert_eq!((cache.expired, cache.evicted), (1, 0));
    }

    #[test]
    fn a_crash_empties_the_cache_of_its_instance() {
        let cache = see(&[
            (100, A, Fact::Entered),
            (100, B, Fact::Entered),
            (110, A, Fact::Down),
            (130, B, left(130, Leaving::Evicted)),
        ]);
        assert_eq!((cache.items_mean, cache.evicted), (0.4, 1));
    }
}
