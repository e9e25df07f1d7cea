//! How much is run: how long a replication may be, and how many of them a case wants before it is
//! judged.

use super::case::Case;
use super::judge::{Claim, allowed};
use super::row::Verdict;
use crate::analysis::stats::{mean, sd, t_quantile};

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Short runs, three to ten of each, or one that cannot be short: seconds.
    Quick,
    /// Runs of at most two million events, three of each or more.
    Usual,
    /// Ten runs of the stated length, or more.
    Full,
}

impl Mode {
    /// Events of one replication, at most (where it need not be longer to settle).
    pub fn events(self) -> f64 {
        match self {
            Self::Quick => 2e5,
            Self::Usual => 2e6,
            Self::Full => f64::INFINITY,
        }
    }

    /// Replications of so many events, at least and at most.
    pub fn replications(self, events: f64) -> (usize, usize) {
        match self {
            Self::Quick => (3, 10),
            Self::Usual => (3, within(1e8, events)),
            Self::Full => (10, within(4e8, events)),
        }
    }
}

/// As many replications as so many events allow, but ten of them always.
fn within(budget: f64, events: f64) -> usize {
    (budget / events).clamp(10.0, 200.0) as usize
}

/// How much of a run there was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effort {
    /// Replications.
    pub replications: usize,
    /// Measured requests of each; `None` where the case is about one fixed stretch of time.
    pub requests: Option<f64>,
}

/// A miss is certain where even this interval leaves no doubt.
const CERTAIN: f64 = 0.999;

/// How many replications a case wants, to judge by those that there are: as many as there are where
/// it is as expected, or certainly is not; as many more as should make the interval narrow enough;
/// and before a miss, as many as there may be, since the spread of a few is easily underrated.
pub(super) fn wanted(case: &Case, values: &[f64], requests: Option<f64>, most: usize) -> usize {
    let done = values.len();
    let (Some(expected), Some(measured)) = (case.expected.as_f64(), mean(values)) else {
        return done;
    };
    let claim = |replications| {
        let effort = Effort { replications, requests };
        let allowed = allowed(case, expected, effort)?;
        Some(Claim { kind: case.tolerance.kind, expected, allowed })
    };
    let half = |count, confidence| half_width_of(values, count, confidence);
    let (Some(now), Some(narrow), Some(wide)) =
        (claim(done), half(done, 0.95), half(done, CERTAIN))
    else {
        return done;
    };
    match now.verdict(measured, narrow) {
        Verdict::Miss if now.verdict(measured, wide) == Verdict::Miss => done,
        Verdict::Miss => most.min(2 * done),
        Verdict::CannotTell => {
            let is_enough = |count: &usize| {
                let half = half(*count, 0.95);
                claim(*count).zip(half).is_some_and(|(claim, half)| half <= claim.allowed)
            };
            (done + 1..=most).find(is_enough).unwrap_or(most)
        }
        _ => done,
    }
}

/// Half the interval that so many replications would have, to judge by the spread of these.
fn half_width_of(values: &[f64], count: usize, confidence: f64) -> Option<f64> {
    let sd = sd(values)?;
    let quantile = t_quantile(0.5 + confidence / 2.0, (count - 1) as f64);
    Some(quantile * sd / (count as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::case::{Kind, cases};

    fn case(expected: f64) -> Case {
        let mut case = cases()[0].clone();
        case.expected = expected.into();
        (case.tolerance.kind, case.tolerance.value) = (Kind::Rel, Some(0.01));
        case
    }

    #[test]
    fn what_is_as_expected_or_certainly_not_wants_no_more() {
        let near = [0.995, 1.0, 1.005, 1.0];
        assert_eq!(wanted(&case(1.0), &near, None, 50), 4);
        assert_eq!(wanted(&case(2.0), &near, None, 50), 4);
        assert_eq!(wanted(&case(1.02), &near, None, 50), 8, "a miss that is not certain");
    }

    #[test]
    fn what_varies_wants_as_many_as_make_its_interval_narrow() {
        let wild = [0.95, 1.05, 1.0, 1.02, 0.98];
        let count = wanted(&case(1.0), &wild, None, 200);
        assert!((50..70).contains(&count), "{count}");
        assert_eq!(wanted(&case(1.0), &wild, None, 20), 20);
        assert_eq!(wanted(&case(2.0), &[1.0], None, 1), 1, "one has no interval");
    }

    #[test]
    fn long_runs_are_fewer() {
        assert_eq!(Mode::Usual.replications(2e6), (3, 50));
        assert_eq!(Mode::Usual.replications(4e7), (3, 10));
        assert_eq!(Mode::Full.replications(1e5), (10, 200));
    }
}
