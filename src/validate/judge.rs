//! Is a measurement what was expected? The rules of the reference results.
//!
//! A tolerance is four standard deviations of one run of the stated length. The mean of `r`
//! replications is held against a `sqrt(r)`-th of it, of ten where there are more; runs shorter than
//! stated are held against `sqrt(stated / length)` times as much. Relative tolerances are never below
//! 1 %. Absolute ones have such a floor only where the expectation itself is an approximation. No
//! interval makes a tolerance wider: where it is too wide itself, nothing can be told.

use serde_json::Value;

use super::case::{Case, Kind};
use super::effort::Effort;
use super::row::Verdict;

/// No relative tolerance is below this.
const FLOOR: f64 = 0.01;
/// Equality of floats, relative.
const EQUAL: f64 = 1e-9;
/// The replications that a tolerance is meant for: more of them do not narrow it.
const MEANT: usize = 10;

/// How far from `expected` the mean of the replications may be; `None` where nothing is judged.
pub(super) fn allowed(case: &Case, expected: f64, effort: Effort) -> Option<f64> {
    let value = case.tolerance.value.unwrap_or(0.0);
    let shorter = effort.requests.map_or(1.0, |n| (case.stated() as f64 / n).max(1.0).sqrt());
    let sampled = value * shorter / (effort.replications.min(MEANT) as f64).sqrt();
    let floor = FLOOR * expected.abs();
    match case.tolerance.kind {
        Kind::Rel => Some((sampled * expected.abs()).max(floor)),
        Kind::Abs if case.is_approximate() => Some(sampled.max(floor)),
        Kind::Abs => Some(sampled),
        Kind::Exact => Some(EQUAL * expected.abs()),
        Kind::UpperBound => Some(value),
        Kind::Factor => Some((value - 1.0) * expected.abs()),
        Kind::Reference | Kind::Ordering | Kind::Rule => None,
    }
}

/// What a measurement is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    /// What the tolerance means.
    pub kind: Kind,
    /// What is expected.
    pub expected: f64,
    /// How far off a measurement may be.
    pub allowed: f64,
}

impl Claim {
    /// Is this as expected?
    pub(super) fn agrees(&self, measured: f64) -> bool {
        let Self { kind, expected, allowed } = *self;
        match kind {
            Kind::UpperBound => measured <= expected + allowed,
            Kind::Factor => {
                let factor = 1.0 + allowed / expected.abs();
                measured >= expected / factor && measured <= expected * factor
            }
            _ => (measured - expected).abs() <= allowed,
        }
    }

    /// How a mean comes out whose interval reaches so far to both sides. Where the interval is no wider
    /// than the tolerance, the mean decides; where it is, only what holds for the whole of it.
    pub(super) fn verdict(&self, mean: f64, half_width: f64) -> Verdict {
        let (low, high) = (mean - half_width, mean + half_width);
        let nearest = self.expected.clamp(low, high);
        if self.agrees(low) && self.agrees(high) {
            Verdict::Ok
        } else if !self.agrees(nearest) {
            Verdict::Miss
        } else if half_width > self.allowed {
            Verdict::CannotTell
        } else if self.agrees(mean) {
            Verdict::Ok
        } else {
            Verdict::Miss
        }
    }
}

/// Is what was read of a shape (numbers, lists and objects of them) equal to the expected shape?
/// What was not read is not compared.
pub(super) fn equals(measured: &Value, expected: &Value) -> bool {
    match (measured, expected) {
        (Value::Null, _) => false,
        (Value::Object(read), Value::Object(all)) => {
            read.iter().all(|(key, value)| all.get(key).is_some_and(|it| equals(value, it)))
        }
        (Value::Array(read), Value::Array(all)) => {
            read.len() == all.len() && read.iter().zip(all).all(|(value, it)| equals(value, it))
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= EQUAL * b.abs(),
            _ => false,
        },
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::case::cases;

    fn case(kind: Kind, value: f64, n: u64) -> Case {
        let mut case = cases()[0].clone();
        case.tolerance.kind = kind;
        (case.tolerance.value, case.tolerance.n) = (Some(value), Some(n));
        case.basis = "closed form".to_owned();
        case
    }

    fn effort(replications: usize, requests: f64) -> Effort {
        Effort { replications, requests: Some(requests) }
    }

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    #[test]
    fn more_replications_narrow_it_and_shorter_runs_widen_it() {
        let wide = case(Kind::Rel, 0.2, 1_000_000);
        assert!(close(allowed(&wide, 50.0, effort(1, 1e6)), 10.0));
        assert!(close(allowed(&wide, 50.0, effort(4, 1e6)), 5.0));
        assert!(close(allowed(&wide, 50.0, effort(4, 250_000.0)), 10.0));
        assert!(close(allowed(&wide, 50.0, effort(4, 4e6)), 5.0), "longer runs narrow nothing");
        let ten = allowed(&wide, 50.0, effort(10, 1e6)).unwrap();
        assert!(close(allowed(&wide, 50.0, effort(40, 1e6)), ten), "more than ten narrow nothing");
        let narrow = case(Kind::Rel, 0.012, 1_000_000);
        assert!(close(allowed(&narrow, 50.0, effort(10, 1e6)), 0.5), "never below 1 %");
    }

    #[test]
    fn absolute_tolerances_have_a_floor_only_for_approximations() {
        let mut exact = case(Kind::Abs, 0.004, 100_000);
        assert!(close(allowed(&exact, 0.9, effort(4, 100_000.0)), 0.002));
        exact.basis = "Che approximation".to_owned();
        assert!(close(allowed(&exact, 0.9, effort(4, 100_000.0)), 0.009));
    }

    fn claim(kind: Kind, expected: f64, allowed: f64) -> Claim {
        Claim { kind, expected, allowed }
    }

    #[test]
    fn bounds_factors_and_equality() {
        let bound = claim(Kind::UpperBound, 1.1, 0.02);
        assert!(bound.agrees(0.1) && bound.agrees(1.12) && !bound.agrees(1.13));
        let double = allowed(&case(Kind::Factor, 2.0, 1), 10.0, effort(1, 1.0)).unwrap();
        let double = claim(Kind::Factor, 10.0, double);
        assert!(double.agrees(5.0) && double.agrees(20.0) && !double.agrees(4.9));
        let equal = claim(Kind::Exact, 64.0, 64e-9);
        assert!(equal.agrees(64.0) && !equal.agrees(64.001));
        assert_eq!(allowed(&case(Kind::Reference, 0.0, 1), 1.0, effort(1, 1.0)), None);
    }

    #[test]
    fn an_interval_wider_than_the_tolerance_tells_only_what_holds_for_all_of_it() {
        let ten = claim(Kind::Abs, 10.0, 1.0);
        for (mean, half, verdict) in [
            (10.5, 0.4, Verdict::Ok),
            (10.9, 0.9, Verdict::Ok),
            (11.5, 0.9, Verdict::Miss),
            (10.0, 1.5, Verdict::CannotTell),
            (12.0, 1.5, Verdict::CannotTell),
            (13.0, 1.5, Verdict::Miss),
        ] {
            assert_eq!(ten.verdict(mean, half), verdict, "{mean} ± {half}");
        }
        let bound = claim(Kind::UpperBound, 10.0, 1.0);
        assert_eq!(bound.verdict(5.0, 3.0), Verdict::Ok, "all of it is below the bound");
        assert_eq!(bound.verdict(9.0, 3.0), Verdict::CannotTell);
        assert_eq!(bound.verdict(20.0, 3.0), Verdict::Miss);
    }

    #[test]
    fn shapes_are_equal_where_they_were_read() {
        let expected = json!({"ends": [10, 11.0], "outcome": "failure at 15"});
        assert!(equals(&json!({"ends": [10.0, 11]}), &expected));
        assert!(!equals(&json!({"ends": [10.0, 12]}), &expected));
        assert!(!equals(&json!({"ends": [10.0]}), &expected));
        assert!(!equals(&json!({"ends": [10.0, null]}), &expected));
        assert!(!equals(&json!({"other": 1}), &expected));
    }
}
