//! Rate limits, in whole numbers only. A token bucket: full at the start, refilled continuously, one
//! token per request (the model of NGINX's `limit_req` without its queue, and of Envoy's local rate
//! limit). Or a fixed window: a counter that starts anew at every multiple of the window, whoever
//! came when (Redis documentation, "INCR", pattern "rate limiter 1"; Envoy's global rate limit
//! service): around such an instant it admits twice its limit at once.

use crate::base::{Span, Time};
use crate::scenario::tree::Quota;

/// What a limit remembers.
#[derive(Clone, Debug)]
pub enum Limiter {
    /// Tokens.
    Bucket(TokenBucket),
    /// A counter.
    Window(FixedWindow),
}

impl Limiter {
    /// Whole tokens that are there now; a counter has none.
    pub fn tokens(&self, now: Time) -> Option<usize> {
        let Self::Bucket(bucket) = self else { return None };
        let gained = u128::from(now.since(bucket.since).0) * bucket.per_ns;
        Some(((bucket.level + gained).min(bucket.capacity) / UNITS) as usize)
    }

    /// That nobody has come to yet.
    pub fn new(quota: &Quota) -> Self {
        match *quota {
            Quota::TokenBucket { rate, burst } => Self::Bucket(TokenBucket::new(rate, burst)),
            Quota::FixedWindow { limit, window } => {
                Self::Window(FixedWindow { limit, window, number: 0, admitted: 0 })
            }
        }
    }

    /// Admits one more request, if it may.
    pub fn take(&mut self, now: Time) -> bool {
        match self {
            Self::Bucket(bucket) => bucket.take(now),
            Self::Window(window) => window.take(now),
        }
    }
}

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
    fn new(rate: f64, burst: u64) -> Self {
        let capacity = u128::from(burst) * UNITS;
        let per_ns = (rate * 1000.0 + 0.5) as u128;
        Self { per_ns, capacity, level: capacity, since: Time::ZERO }
    }

    /// Takes a token, if there is one.
    fn take(&mut self, now: Time) -> bool {
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

/// A counter of the requests admitted in the window that now is.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    limit: u64,
    window: Span,
    /// Which window it counts.
    number: u64,
    admitted: u64,
}

impl FixedWindow {
    /// Counts one more, if the window has room for it.
    fn take(&mut self, now: Time) -> bool {
        let number = now.0 / self.window.0;
        if number > self.number {
            (self.number, self.admitted) = (number, 0);
        }
        let is_admitted = self.admitted < self.limit;
        self.admitted += u64::from(is_admitted);
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_admits_its_burst_and_then_its_rate() {
        let mut bucket = TokenBucket::new(10.0, 3);
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

    #[test]
    fn a_window_admits_its_limit_whenever_they_come_and_as_many_in_the_next() {
        let window = Span(1_000);
        let mut limiter = Limiter::new(&Quota::FixedWindow { limit: 3, window });
        let mut admitted = |now| (0..5).filter(|_| limiter.take(Time(now))).count();
        assert_eq!((admitted(999), admitted(1_000)), (3, 3), "twice the limit at once");
        assert_eq!((admitted(1_999), admitted(2_000)), (0, 3));
        assert_eq!(admitted(9_500), 3, "nothing is saved up");
    }
}
