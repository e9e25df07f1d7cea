//! When customers come, and how many at once.

use super::Rates;
use crate::base::{Dist, Stream, math};
use crate::scenario::codes::Code;
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

/// Customers of one client.
pub(in crate::scenario::kinds) const MAX_SESSIONS: u32 = 10_000_000;
/// Customers who come at once.
const MAX_BATCH: u32 = 1_000_000;

/// When journeys start.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Open: a Poisson process, of a rate that may change.
    Poisson(Rates),
    /// Open: one whenever the rate, as it changes, makes one more expected: arrival k exactly at
    /// k/rate where it is constant.
    Constant(Rates),
    /// Open: independent gaps from a distribution.
    Gaps(Dist),
    /// Closed: this many customers, each starting its next journey after the think time.
    Closed {
        /// How many customers.
        customers: u32,
        /// Think time between journeys (and before the first).
        think: Dist,
    },
}
/// How many customers come at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Batch {
    /// Always so many.
    Fixed(u32),
    /// From `low` to `high`, all equally likely.
    Uniform(u32, u32),
    /// At least one, with this mean, each number of them so many times as likely as the one before.
    Geometric(f64),
}
impl Batch {
    /// How many come in the mean.
    pub fn mean(self) -> f64 {
        match self {
            Self::Fixed(count) => f64::from(count),
            Self::Uniform(low, high) => f64::midpoint(f64::from(low), f64::from(high)),
            Self::Geometric(mean) => mean,
        }
    }

    /// A draw; at least one. A fixed number takes nothing from the stream.
    pub fn sample(self, chance: &mut Stream) -> u64 {
        match self {
            Self::Fixed(count) => u64::from(count),
            Self::Uniform(low, high) => {
                u64::from(low) + chance.below(u64::from(high) - u64::from(low) + 1)
            }
            // An exponential draw cut into stretches, of which each is the last with 1 / mean.
            Self::Geometric(mean) if mean > 1.0 => {
                1 + (math::neg_ln_unit(chance.next_u64()) / -math::ln(1.0 - 1.0 / mean)) as u64
            }
            Self::Geometric(_) => 1,
        }
    }
}

impl<'a> Reader<'a> {
    pub(in crate::scenario::kinds) fn arrivals(&mut self, value: &'a Value) -> Option<Arrivals> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Poisson") => {
                let fields = self.fields(value, "Poisson", 1, &["rate"])?;
                self.must(&fields, "rate", Self::rates).map(Arrivals::Poisson)
            }
            Some("Constant") => {
                let fields = self.fields(value, "Constant", 1, &["rate"])?;
                self.must(&fields, "rate", Self::rates).map(Arrivals::Constant)
            }
            Some("Gaps") => {
                let fields = self.fields(value, "Gaps", 1, &["gap"])?;
                self.must(&fields, "gap", Self::dist).map(Arrivals::Gaps)
            }
            Some("Closed") => {
                let fields = self.fields(value, "Closed", 0, &["customers", "think"])?;
                let customers = self.must(&fields, "customers", |reader, value| {
                    reader.count(value, 1..=MAX_SESSIONS)
                });
                let think = self.must(&fields, "think", Self::dist);
                Some(Arrivals::Closed { customers: customers?, think: think? })
            }
            _ => {
                self.unknown_word(
                    value,
                    "a way to arrive",
                    &["Poisson", "Constant", "Gaps", "Closed"],
                );
                None
            }
        }
    }

    /// How many customers come at once.
    pub(in crate::scenario::kinds) fn batch(&mut self, value: &'a Value) -> Option<Batch> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Uniform") => {
                let fields = self.fields(value, "Uniform", 2, &["low", "high"])?;
                let low = self.must(&fields, "low", Self::crowd);
                let high = self.must(&fields, "high", Self::crowd);
                let (low, high) = (low?, high?);
                if low > high {
                    self.wrong(Code::BadDistribution, fields.head, "`low` is above `high`");
                    return None;
                }
                Some(Batch::Uniform(low, high))
            }
            Some("Geometric") => {
                let fields = self.fields(value, "Geometric", 1, &["mean"])?;
                let (mean, at) =
                    self.must(&fields, "mean", |reader, value| reader.number(value, "a mean"))?;
                if !(1.0..=f64::from(MAX_BATCH)).contains(&mean) {
                    let message = format!("expected a mean from 1 to {MAX_BATCH}, found {mean}");
                    self.wrong(Code::OutOfRange, at, message);
                    return None;
                }
                Some(Batch::Geometric(mean))
            }
            Some(_) => {
                self.unknown_word(value, "a size of batches", &["Uniform", "Geometric"]);
                None
            }
            None => self.crowd(value).map(Batch::Fixed),
        }
    }

    fn crowd(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_BATCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_have_their_mean_and_never_nobody() {
        for batch in [Batch::Fixed(3), Batch::Uniform(1, 5), Batch::Geometric(3.0)] {
            let mut chance = Stream::new(1, "batch", "test", 0);
            let draws: Vec<u64> = (0..100_000).map(|_| batch.sample(&mut chance)).collect();
            assert!(draws.iter().all(|count| *count > 0), "{batch:?}");
            let mean = draws.iter().sum::<u64>() as f64 / draws.len() as f64;
            assert!((mean - batch.mean()).abs() < 0.05 && batch.mean() == 3.0, "{batch:?} {mean}");
            let ones = draws.iter().filter(|count| **count == 1).count() as f64 / 1e5;
            let expected = match batch {
                Batch::Fixed(_) => 0.0,
                Batch::Uniform(..) => 0.2,
                Batch::Geometric(_) => 1.0 / 3.0,
            };
            assert!((ones - expected).abs() < 0.01, "{batch:?} {ones}");
        }
        assert_eq!(Batch::Geometric(1.0).sample(&mut Stream::new(1, "batch", "test", 0)), 1);
    }
}
