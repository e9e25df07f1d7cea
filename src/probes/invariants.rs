//! docs/semantics.md, rule 35: floors are judged at each commit, sums at the audit, with their
//! time-averaged absolute deviation over the measured stretch. Sums are followed as running
//! differences from the start.

use std::sync::Arc;

use indexmap::IndexMap;

use super::layout::Layout;
use super::outcome::InvariantOutcome;
use crate::base::Time;
use crate::scenario::tree::EntityIx;

/// All declared floors and sums.
#[derive(Clone, Debug)]
pub struct Invariants {
    layout: Arc<Layout>,
    /// Commits below the floor, per entity.
    below: Vec<u64>,
    sums: Vec<Sum>,
    /// Which sums an entity counts in.
    counted_in: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    deviation: i64,
    since: Time,
    /// Absolute deviation times nanoseconds.
    area: u128,
}

impl Invariants {
    /// Everything in order.
    pub fn new(layout: Arc<Layout>) -> Self {
        let counted_in = (0..layout.entities.len()).map(|entity| {
            let counts =
                |sum: &&usize| layout.sums[**sum].entities.contains(&EntityIx(entity as u16));
            (0..layout.sums.len()).collect::<Vec<_>>().iter().filter(counts).copied().collect()
        });
        Self {
            counted_in: counted_in.collect(),
            below: vec![0; layout.entities.len()],
            sums: vec![Sum::default(); layout.sums.len()],
            layout,
        }
    }

    /// A commit took an item from one value to another; is that below its floor?
    pub fn commit(&mut self, now: Time, entity: EntityIx, before: i64, value: i64) -> bool {
        let at = usize::from(entity.0);
        for &sum in &self.counted_in[at] {
            self.sums[sum].change(&self.layout, now, value.saturating_sub(before));
        }
        let broken = self.layout.entities[at].floor.is_some_and(|floor| value < floor);
        self.below[at] += u64::from(broken);
        broken
    }

    /// The verdicts at the audit.
    pub fn outcome(&self, audit: Time) -> IndexMap<String, InvariantOutcome> {
        let mut outcome = IndexMap::new();
        for (entity, &broken) in self.layout.entities.iter().zip(&self.below) {
            if entity.floor.is_some() {
                let verdict = InvariantOutcome { broken, ..InvariantOutcome::default() };
                outcome.insert(format!("{}-floor", entity.name), verdict);
            }
        }
        let stretch = self.layout.stretch(audit).0;
        for (plan, sum) in self.layout.sums.iter().zip(&self.sums) {
            let mut sum = *sum;
            sum.change(&self.layout, audit, 0);
            let mean_deviation = if stretch == 0 { 0.0 } else { sum.area as f64 / stretch as f64 };
            let verdict = InvariantOutcome {
                broken: u64::from(sum.deviation != 0),
                deviation: sum.deviation,
                mean_deviation,
            };
            outcome.insert(plan.name.clone(), verdict);
        }
        outcome
    }
}

impl Sum {
    fn change(&mut self, layout: &Layout, now: Time, by: i64) {
        let clip = |time: Time| time.0.clamp(layout.warmup.0, layout.length.0.max(layout.warmup.0));
        let lasted = clip(now) - clip(self.since);
        self.area += u128::from(lasted) * u128::from(self.deviation.unsigned_abs());
        self.deviation = self.deviation.saturating_add(by);
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::probes::layout::{EntityPlan, SumPlan};

    fn bank() -> Invariants {
        let account = |name: &str| EntityPlan {
            name: name.into(),
            keys: 1,
            start: 100,
            floor: Some(0),
            ..EntityPlan::default()
        };
        Invariants::new(Arc::new(Layout {
            entities: vec![account("a"), account("b")],
            sums: vec![SumPlan { name: "money".into(), entities: vec![EntityIx(0), EntityIx(1)] }],
            warmup: Span(10),
            length: Span(110),
            ..Layout::default()
        }))
    }

    #[test]
    fn rule_35_floors_are_judged_at_each_commit() {
        let mut bank = bank();
        assert!(!bank.commit(Time(1), EntityIx(0), 100, 0), "at the floor is not below it");
        assert!(bank.commit(Time(2), EntityIx(0), 0, -1));
        assert!(!bank.commit(Time(3), EntityIx(0), -1, 4));
        assert_eq!(bank.outcome(Time(200))["a-floor"].broken, 1);
    }

    #[test]
    fn rule_35_a_sum_that_comes_right_again_deviated_only_meanwhile() {
        let mut bank = bank();
        bank.commit(Time(5), EntityIx(0), 100, 90);
        bank.commit(Time(30), EntityIx(1), 100, 110);
        let money = bank.outcome(Time(200))["money"];
        assert_eq!((money.broken, money.deviation), (0, 0));
        assert!(
            (money.mean_deviation - 10.0 * 20.0 / 100.0).abs() < 1e-12,
            "10 off from the warm-up's end to 30"
        );
    }

    #[test]
    fn rule_35_a_sum_that_stays_off_is_broken_at_the_audit() {
        let mut bank = bank();
        bank.commit(Time(60), EntityIx(0), 100, 90);
        let money = bank.outcome(Time(200))["money"];
        assert_eq!((money.broken, money.deviation, money.mean_deviation), (1, -10, 5.0));
    }
}
