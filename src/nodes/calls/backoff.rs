//! The pause before something is tried again (AWS Architecture Blog, "Exponential Backoff And
//! Jitter", 2015, whose `Full`, `Equal` and `Decorrelated` jitter these are).

use crate::base::{Span, Stream};
use crate::scenario::tree::{Backoff, Jitter};

/// The pause before try number `attempt + 1` (`attempt` counts the tries made, from 1), after a
/// `last` pause (none before the first).
pub fn pause(backoff: &Backoff, attempt: u32, last: Span, chance: &mut Stream) -> Span {
    match *backoff {
        Backoff::Constant(pause) => pause,
        Backoff::Exponential { base, cap, jitter } => {
            let factor = 1u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
            let whole = base.0.saturating_mul(factor).min(cap.0);
            Span(match jitter {
                Jitter::None => whole,
                Jitter::Full => chance.below(whole + 1),
                Jitter::Equal => whole / 2 + chance.below(whole / 2 + 1),
            })
        }
        Backoff::Decorrelated { base, cap } => {
            let most = last.max(base).0.saturating_mul(3);
            Span(cap.0.min(base.0 + chance.below(most - base.0 + 1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance() -> Stream {
        Stream::new(1, "test", "", 0)
    }

    #[test]
    fn exponential_pauses_double_up_to_their_cap() {
        let backoff = Backoff::Exponential { base: Span(10), cap: Span(35), jitter: Jitter::None };
        let after = |attempt| pause(&backoff, attempt, Span::ZERO, &mut chance()).0;
        assert_eq!([1, 2, 3, 4].map(after), [10, 20, 35, 35]);
        assert_eq!(after(90), 35, "many tries do not overflow");
    }

    #[test]
    fn jitter_keeps_within_its_bounds() {
        let mut chance = chance();
        let with = |jitter| Backoff::Exponential { base: Span(100), cap: Span(100), jitter };
        let mut draws = |jitter| -> Vec<u64> {
            (0..1000).map(|_| pause(&with(jitter), 1, Span::ZERO, &mut chance).0).collect()
        };
        let (full, equal) = (draws(Jitter::Full), draws(Jitter::Equal));
        assert!(full.iter().all(|pause| *pause <= 100) && full.iter().any(|pause| *pause < 10));
        assert!(
            equal.iter().all(|pause| (50..=100).contains(pause))
                && equal.iter().any(|pause| *pause < 60)
        );
    }

    #[test]
    fn decorrelated_pauses_lie_between_the_base_and_three_times_the_last() {
        let mut chance = chance();
        let backoff = Backoff::Decorrelated { base: Span(100), cap: Span(2_000) };
        let (mut last, mut longest) = (Span::ZERO, Span::ZERO);
        for attempt in 1..1_000 {
            let next = pause(&backoff, attempt, last, &mut chance);
            let most = (3 * last.0.max(100)).min(2_000);
            assert!((100..=most).contains(&next.0), "{next:?} after {last:?}");
            (last, longest) = (next, longest.max(next));
        }
        assert_eq!(longest, Span(2_000), "the cap is reached");
        let mean = (0..10_000).map(|_| pause(&backoff, 1, Span::ZERO, &mut chance).0).sum::<u64>();
        assert!((mean as f64 / 1e4 - 200.0).abs() < 3.0, "first uniform from base to 3 * base");
    }
}
