//! Adaptive throttling: a caller that remembers how many of its requests were accepted lately
//! sends about `k` requests for each that is. From "Site Reliability Engineering" (Google, 2016),
//! chapter 21, "Client-Side Throttling": a request is not sent with probability
//!
//! ```text
//! max(0, (requests - k * accepts) / (requests + 1))
//! ```
//!
//! where `requests` counts also those not sent, and both are of the last two minutes (`history`).
//! Here time is counted in slices of a sixtieth of the history. An answer of any kind is an accept;
//! what timed out, was turned away or lost is none.

use super::Guard;
use crate::base::{Span, Stream, Time, unit};
use crate::probes::Reason;
use crate::scenario::tree::{Policy, Throttle as Settings};

/// Slices of the history.
const SLICES: u64 = 60;

/// What one caller remembers of one node.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    k: f64,
    slice: Span,
    /// Requests and accepts of the last slices, by the slice's number modulo [`SLICES`].
    slices: Box<[(u32, u32); SLICES as usize]>,
    /// The number of the newest slice.
    newest: u64,
    requests: u64,
    accepts: u64,
}

impl Guard for Throttle {
    fn of(policy: &Policy) -> Option<Self> {
        policy.throttle.map(Self::new)
    }

    fn refuses(&mut self, now: Time, chance: &mut Stream) -> Option<Reason> {
        (!self.lets_pass(now, chance)).then_some(Reason::Throttled)
    }

    fn end(&mut self, now: Time, failed: bool) {
        if !failed {
            self.accepted(now);
        }
    }
}

impl Throttle {
    /// Nothing was sent.
    fn new(settings: Settings) -> Self {
        Self {
            k: settings.k,
            slice: Span((settings.history.0 / SLICES).max(1)),
            slices: Box::new([(0, 0); SLICES as usize]),
            newest: 0,
            requests: 0,
            accepts: 0,
        }
    }

    /// A request is to be sent: is it?
    fn lets_pass(&mut self, now: Time, chance: &mut Stream) -> bool {
        self.forget(now);
        let (requests, accepts) = (self.requests as f64, self.accepts as f64);
        let held_back = (requests - self.k * accepts) / (requests + 1.0);
        self.requests += 1;
        self.slice().0 += 1;
        held_back <= 0.0 || unit(chance.next_u64()) >= held_back
    }

    /// A request was accepted.
    fn accepted(&mut self, now: Time) {
        self.forget(now);
        self.accepts += 1;
        self.slice().1 += 1;
    }

    fn slice(&mut self) -> &mut (u32, u32) {
        &mut self.slices[(self.newest % SLICES) as usize]
    }

    /// What is older than the history counts no more.
    fn forget(&mut self, now: Time) {
        let number = now.0 / self.slice.0;
        for _ in 0..(number - self.newest).min(SLICES) {
            self.newest += 1;
            let (requests, accepts) = std::mem::take(self.slice());
            self.requests -= u64::from(requests);
            self.accepts -= u64::from(accepts);
        }
        self.newest = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(Settings { k: 2.0, history: Span::from_secs(120.0) })
    }

    fn at(second: u64) -> Time {
        Time(second * 1_000_000_000)
    }

    #[test]
    fn nothing_is_held_back_while_half_is_accepted() {
        let (mut it, mut chance) = (throttle(), Stream::new(1, "test", "", 0));
        for second in 0..1000 {
            assert!(it.lets_pass(at(second), &mut chance), "{second}");
            it.accepted(at(second));
            assert!(it.lets_pass(at(second), &mut chance));
        }
        assert_eq!((it.requests, it.accepts), (240, 120), "two minutes are remembered");
    }

    #[test]
    fn two_are_sent_for_one_that_is_accepted() {
        let (mut it, mut chance) = (throttle(), Stream::new(1, "test", "", 0));
        let mut sent = 0;
        // Eight a second, of which the first that comes in a second is accepted.
        for second in 0..4000 {
            let passed = (0..8).filter(|_| it.lets_pass(at(second), &mut chance)).count();
            if passed > 0 {
                it.accepted(at(second));
            }
            sent += if second >= 1000 { passed } else { 0 };
        }
        // With m sent in a second on average, 1 - (1 - m/8)^8 are accepted, and half as many: m = 1.7.
        assert!((4700..5500).contains(&sent), "{sent}");
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let (mut it, mut chance) = (throttle(), Stream::new(1, "test", "", 0));
        for _ in 0..100 {
            it.lets_pass(at(0), &mut chance);
        }
        assert_eq!(it.requests, 100);
        assert!(it.lets_pass(at(500), &mut chance), "nothing is known: it is sent");
        assert_eq!(it.requests, 1);
    }
}
