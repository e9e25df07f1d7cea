//! A circuit breaker, as resilience4j's `CircuitBreakerStateMachine` and `CircuitBreakerMetrics`
//! have it (2.x, <https://resilience4j.readme.io/docs/circuitbreaker>), with a count-based window
//! and without the automatic transition out of the open state:
//!
//! ```text
//!            of the last `window` calls, `least` of them at least,
//!            a share of `threshold` or more has failed
//!  CLOSED ───────────────────────────────────────────────────▶ OPEN: no call passes
//!     ▲                                                        │  ▲
//!     │ less than `threshold` of     a call after more than    │  │ `threshold` or more of
//!     │ the trials failed            `open` in this state      ▼  │ the trials failed
//!     └──────────────────────────────────────────────────── HALF-OPEN: `trials` calls pass
//! ```
//!
//! A call that is not let through is not recorded. What was let through earlier is recorded in the
//! state that its end finds. Left out: slow calls, windows of time, the longest time half-open
//! (resilience4j's default is no limit).

use super::Guard;
use crate::base::{Stream, Time};
use crate::nodes::readings::BreakerState;
use crate::probes::Reason;
use crate::scenario::tree::{Breaker as Settings, Policy};

/// One breaker.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    settings: Settings,
    state: State,
    /// The last calls, oldest first behind `next`: did they fail?
    window: Vec<bool>,
    /// The place of the window that is written next.
    next: usize,
    failed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        since: Time,
    },
    /// So many more calls may pass.
    HalfOpen {
        permits: u32,
    },
}

impl Guard for Breaker {
    fn of(policy: &Policy) -> Option<Self> {
        policy.breaker.map(Self::new)
    }

    fn refuses(&mut self, now: Time, _: &mut Stream) -> Option<Reason> {
        self.is_shut(now).then_some(Reason::CircuitOpen)
    }

    fn begin(&mut self, now: Time) {
        self.lets_pass(now);
    }

    fn end(&mut self, now: Time, failed: bool) {
        self.record(now, failed);
    }
}

impl Breaker {
    /// Closed, and nothing was called.
    fn new(settings: Settings) -> Self {
        Self { settings, state: State::Closed, window: Vec::new(), next: 0, failed: 0 }
    }

    /// What it is now, if a call came.
    pub(super) fn state(&self, now: Time) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { since } if now.since(since) <= self.settings.open => BreakerState::Open,
            State::Open { .. } | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Would no call pass?
    fn is_shut(&self, now: Time) -> bool {
        match self.state {
            State::Closed => false,
            State::Open { since } => now.since(since) <= self.settings.open,
            State::HalfOpen { permits } => permits == 0,
        }
    }

    /// Does a call pass?
    fn lets_pass(&mut self, now: Time) -> bool {
        if let State::Open { since } = self.state
            && now.since(since) > self.settings.open
        {
            self.turn(State::HalfOpen { permits: self.settings.trials });
        }
        match &mut self.state {
            State::Closed => true,
            State::Open { .. } => false,
            State::HalfOpen { permits } => {
                let passes = *permits > 0;
                *permits -= u32::from(passes);
                passes
            }
        }
    }

    /// A call that was let pass has ended.
    fn record(&mut self, now: Time, failed: bool) {
        let (length, least) = match self.state {
            State::Closed => (self.settings.window, self.settings.least.min(self.settings.window)),
            State::HalfOpen { .. } => (self.settings.trials, self.settings.trials),
            State::Open { .. } => return,
        };
        self.failed += u32::from(failed);
        if self.window.len() < length as usize {
            self.window.push(failed);
        } else {
            let oldest = std::mem::replace(&mut self.window[self.next], failed);
            self.failed -= u32::from(oldest);
            self.next = (self.next + 1) % length as usize;
        }
        let calls = self.window.len() as u32;
        if calls < least {
            return;
        }
        let is_bad = f64::from(self.failed) >= self.settings.threshold * f64::from(calls);
        match self.state {
            _ if is_bad => self.turn(State::Open { since: now }),
            State::HalfOpen { .. } => self.turn(State::Closed),
            _ => {}
        }
    }

    /// Every state begins with an empty window.
    fn turn(&mut self, to: State) {
        self.state = to;
        self.window.clear();
        (self.next, self.failed) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn breaker(window: u32, least: u32, open_ms: u64, trials: u32) -> Breaker {
        let open = Span(open_ms * 1_000_000);
        Breaker::new(Settings { window, least, threshold: 0.5, open, trials })
    }

    fn ms(ms: u64) -> Time {
        Time(ms * 1_000_000)
    }

    /// A call that ends at once: was it let pass?
    fn call(breaker: &mut Breaker, at: u64, failed: bool) -> bool {
        let passes = breaker.lets_pass(ms(at));
        if passes {
            breaker.record(ms(at), failed);
        }
        passes
    }

    /// Row DET-07 of the reference results.
    #[test]
    fn the_trace_of_resilience4j() {
        let mut it = breaker(4, 4, 1000, 2);
        assert!(
            [false, true, false, true]
                .into_iter()
                .zip([0, 10, 20, 30])
                .all(|(failed, at)| { call(&mut it, at, failed) })
        );
        assert_eq!(it.state, State::Open { since: ms(30) }, "2 of 4");
        assert!(!call(&mut it, 40, false));
        assert!(!call(&mut it, 1030, false), "not yet more than a second");
        assert!(call(&mut it, 1031, true) && call(&mut it, 1032, false));
        assert_eq!(it.state, State::Open { since: ms(1032) }, "1 of 2");
        assert!(!call(&mut it, 1033, false));
        assert!(call(&mut it, 2033, false) && call(&mut it, 2034, false));
        assert_eq!(it.state, State::Closed);
        assert!(it.window.is_empty());
        assert!(call(&mut it, 2035, false));
    }

    /// Rows CB-open-from-healthy and CB-open-from-fresh.
    #[test]
    fn how_many_failures_open_it() {
        let failures = |successes: u64| {
            let mut it = breaker(100, 100, 60_000, 10);
            assert!((0..successes).all(|at| call(&mut it, at, false)));
            (0..1000_u64).find(|_| !call(&mut it, successes, true))
        };
        assert_eq!(failures(100), Some(50));
        assert_eq!(failures(1000), Some(50), "the window forgets");
        assert_eq!(failures(0), Some(100), "not before the least number of calls");
    }

    /// Rows SEM-CB-02 to SEM-CB-05.
    #[test]
    fn ten_trials_decide() {
        let half_open = || {
            let mut it = breaker(2, 2, 1000, 10);
            assert!(call(&mut it, 0, true) && call(&mut it, 0, true));
            assert!(!it.lets_pass(ms(900)));
            assert!(matches!(it.state, State::Open { .. }), "a call not let pass changes nothing");
            let ten_minutes = 600_000;
            assert!(matches!(it.state, State::Open { .. }), "without calls it stays open");
            assert!((0..10).all(|_| it.lets_pass(ms(ten_minutes))));
            assert!(!it.lets_pass(ms(ten_minutes)), "the eleventh waits for the results");
            it
        };
        let after = |failed: usize| {
            let mut it = half_open();
            (0..10).for_each(|trial| it.record(ms(600_001), trial < failed));
            it.state
        };
        assert_eq!(after(4), State::Closed);
        assert_eq!(after(5), State::Open { since: ms(600_001) });
    }

    #[test]
    fn what_ends_after_it_opened_changes_nothing() {
        let mut it = breaker(2, 2, 1000, 1);
        assert!((0..3).all(|_| it.lets_pass(ms(0))));
        it.record(ms(1), true);
        it.record(ms(2), true);
        it.record(ms(3), true);
        assert_eq!(it.state, State::Open { since: ms(2) });
    }
}
