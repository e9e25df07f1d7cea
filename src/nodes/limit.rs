//! A token bucket, in whole numbers only: full at the start, refilled continuously, one token per
//! request (the model of NGINX's `limit_req` without its queue, and of Envoy's local rate limit).

use crate::base::Time;
use crate::scenario::tree::Limit;

/// Tokens are counted in units of `1 / (1000 * 10^9)` so that a rate in thousandths per second adds
/// a whole number of units per nanosecond.
const UNITS: u128 = 1_000_000_000_000;

/// A token bucket.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    per_ns: u128,
    capacity: u128,
    level: u128,
    since: Time,
}

impl TokenBucket {
    /// A full bucket; rates are rounded to thousandths per second.
    pub fn new(limit: &Limit) -> Self {
        let capacity = u128::from(limit.burst) * UNITS;
        let per_ns = (limit.rate * 1000.0 + 0.5) as u128;
        Self { per_ns, capacity, level: capacity, since: Time::ZERO }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Time) -> bool {
        let gained = u128::from(now.since(self.since).0) * self.per_ns;
        self.level = (self.level + gained).min(self.capacity);
        self.since = now;
        if self.level < UNITS {
            return false;
        }
        self.level -= UNITS;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_admits_its_burst_and_then_its_rate() {
        let mut bucket = TokenBucket::new(&Limit { rate: 10.0, burst: 3 });
        let admitted = (0..5).filter(|_| bucket.take(Time::ZERO)).count();
        assert_eq!(admitted, 3);
        assert!(!bucket.take(Time(99_999_999)), "a token takes 100 ms");
        assert!(bucket.take(Time(100_000_000)));
        assert!(!bucket.take(Time(100_000_000)));
        assert_eq!(
            (0..9).filter(|_| bucket.take(Time(60_000_000_000))).count(),
            3,
            "never above its burst"
        );
    }
}
