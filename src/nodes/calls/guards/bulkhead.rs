//! A bulkhead: so many calls at once, and what is one too many fails at once. It is resilience4j's
//! `SemaphoreBulkhead` with a waiting time of 0, its default
//! (<https://resilience4j.readme.io/docs/bulkhead>; there 25 calls are the default).

use super::Guard;
use crate::base::{Stream, Time};
use crate::probes::Reason;
use crate::scenario::tree::Policy;

/// One bulkhead.
#[derive(Clone, Debug)]
pub(super) struct Bulkhead {
    /// The most calls at once.
    most: u32,
    under_way: u32,
}

impl Guard for Bulkhead {
    fn of(policy: &Policy) -> Option<Self> {
        policy.bulkhead.map(|most| Self { most, under_way: 0 })
    }

    fn refuses(&mut self, _: Time, _: &mut Stream) -> Option<Reason> {
        (self.under_way >= self.most).then_some(Reason::BulkheadFull)
    }

    fn begin(&mut self, _: Time) {
        self.under_way += 1;
    }

    fn end(&mut self, _: Time, _: bool) {
        self.under_way -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row SEM-BH-01 of the reference results.
    #[test]
    fn the_26th_call_at_once_is_refused() {
        let policy = Policy { bulkhead: Some(25), ..Policy::default() };
        let mut bulkhead = Bulkhead::of(&policy).expect("it has one");
        let mut chance = Stream::new(1, "test", "", 0);
        for call in 0..25 {
            assert_eq!(bulkhead.refuses(Time::ZERO, &mut chance), None, "{call}");
            bulkhead.begin(Time::ZERO);
        }
        assert_eq!(bulkhead.refuses(Time::ZERO, &mut chance), Some(Reason::BulkheadFull));
        bulkhead.end(Time(1), true);
        assert_eq!(bulkhead.refuses(Time(1), &mut chance), None);
    }
}
