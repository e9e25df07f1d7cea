//! Is a measurement what was expected? The rules of the reference results.
//!
//! A tolerance is four standard deviations of one run of the stated length. The mean of `r`
//! replications is held against a `sqrt(r)`-th of it; runs shorter than stated are held against
//! `sqrt(stated / length)` times as much. Relative tolerances are never below 1 %. Absolute ones
//! have such a floor only where the expectation itself is an approximation.

use serde_json::Value;

use super::case::{Case, Kind};

/// No relative tolerance is below this.
const FLOOR: f64 = 0.01;
/// Equality of floats, relative.
const EQUAL: f64 = 1e-9;

/// How much of a run there was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effort {
    /// Replications.
    pub replications: usize,
    /// Measured requests of each; `None` where the case is about one fixed stretch of time.
    pub requests: Option<f64>,
}

/// How far from `expected` the mean of the replications may be; `None` where nothing is judged.
pub(super) fn allowed(case: &Case, expected: f64, effort: Effort) -> Option<f64> {
    let value = case.tolerance.value.unwrap_or(0.0);
    let shorter = effort.requests.map_or(1.0, |n| (case.stated() as f64 / n).max(1.0).sqrt());
    let sampled = value * shorter / (effort.replications as f64).sqrt();
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

/// Does `measured` agree with `expected`, give or take `allowed`?
pub(super) fn agrees(kind: Kind, measured: f64, expected: f64, allowed: f64) -> bool {
    match kind {
        Kind::UpperBound => measured <= expected + allowed,
        Kind::Factor => {
            let factor = 1.0 + allowed / expected.abs();
            measured >= expected / factor && measured <= expected * factor
        }
        _ => (measured - expected).abs() <= allowed,
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

    #[test]
    fn bounds_factors_and_equality() {
        assert!(
            agrees(Kind::UpperBound, 0.1, 1.1, 0.02) && agrees(Kind::UpperBound, 1.12, 1.1, 0.02)
        );
        assert!(!agrees(Kind::UpperBound, 1.13, 1.1, 0.02));
        let double = allowed(&case(Kind::Factor, 2.0, 1), 10.0, effort(1, 1.0)).unwrap();
        assert!(
            agrees(Kind::Factor, 5.0, 10.0, double) && agrees(Kind::Factor, 20.0, 10.0, double)
        );
        assert!(!agrees(Kind::Factor, 4.9, 10.0, double));
        assert!(
            agrees(Kind::Exact, 64.0, 64.0, 64e-9) && !agrees(Kind::Exact, 64.001, 64.0, 64e-9)
        );
        assert_eq!(allowed(&case(Kind::Reference, 0.0, 1), 1.0, effort(1, 1.0)), None);
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
