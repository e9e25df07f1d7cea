//! A distribution cut to what lies between two values: its draws, without those outside.
//!
//! Where a larger word never means a smaller draw, the words whose draws lie between the two values
//! are neighbours. They are found once, by bisection, and a draw takes one of them, so that it is
//! exact and still one word, as inverse CDF is.

use super::chance::index;
use super::dist::Dist;

/// A distribution cut at both ends, or at one.
#[derive(Clone, Debug, PartialEq)]
pub struct Between {
    of: Dist,
    /// The first word whose draw counts, ...
    first: u64,
    /// ... and the last.
    last: u64,
}

impl Between {
    /// The draws of `of` from `low` up to `high`. `None` if there are none, or if one word is not
    /// enough for a draw of this kind (`Erlang`, `HyperExp`, `Mix`, `Sum`; empirical values need not be
    /// in order).
    pub fn new(of: Dist, low: f64, high: f64) -> Option<Self> {
        let is_ordered = !matches!(
            of,
            Dist::Erlang { .. }
                | Dist::HyperExp(_)
                | Dist::Mix(_)
                | Dist::Sum(_)
                | Dist::Empirical(_)
        );
        if !is_ordered {
            return None;
        }
        let first = first_word(|word| of.sample(word) >= low)?;
        let last = match first_word(|word| of.sample(word) > high) {
            Some(beyond) => beyond.checked_sub(1)?,
            None => u64::MAX,
        };
        (first <= last).then_some(Self { of, first, last })
    }

    /// The draw that a random word means; a larger word never means a smaller draw.
    pub fn sample(&self, word: u64) -> f64 {
        let width = (self.last - self.first).saturating_add(1);
        self.of.sample(self.first + index(word, width))
    }

    /// The expected value, by the midpoint rule over cells that shrink towards both ends, where
    /// draws are steep: to about 1 part in 10^6. Infinite where the uncut tail is.
    pub fn mean(&self) -> f64 {
        if self.last == u64::MAX && self.of.mean().is_infinite() {
            return f64::INFINITY;
        }
        let mut sum = 0.0;
        for halving in 1..=HALVINGS {
            // From 2^-(halving + 1) to 2^-halving of the way, and as far from the other end.
            let width = 1u64 << (63 - halving);
            for cell in 0..CELLS {
                let word = width + width / CELLS * cell + width / CELLS / 2;
                sum += width as f64 * (self.sample(word) + self.sample(!word));
            }
        }
        sum / CELLS as f64 / (1u128 << 64) as f64 * WHOLE
    }

    /// The distribution of `factor` times the quantity; `factor` is above 0.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self { of: self.of.scaled(factor), ..*self }
    }
}

/// Cells end so many halvings from each end.
const HALVINGS: u32 = 40;
/// Midpoints per cell.
const CELLS: u64 = 256;
/// What the cells cover lacks 2^-40 of the whole.
const WHOLE: f64 = 1.0 / (1.0 - 1.0 / (1u64 << HALVINGS) as f64);

/// The first word of which this holds, if it holds of all that are larger; `None` if of none.
fn first_word(holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(u64::MAX) {
        return None;
    }
    let (mut below, mut at) = (0, u64::MAX);
    while below < at {
        let middle = below + (at - below) / 2;
        if holds(middle) {
            at = middle;
        } else {
            below = middle + 1;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{math, mix};

    const MS: f64 = 1e6;

    #[test]
    fn draws_lie_between_and_grow_with_the_word() {
        let of = Dist::LogNormal { mu: math::ln(4.0 * MS), sigma: 1.2 };
        let cut = Between::new(of, 2.0 * MS, 30.0 * MS).unwrap();
        let draws: Vec<f64> = (0..=1_000u64).map(|n| cut.sample(u64::MAX / 1_000 * n)).collect();
        assert!(draws.is_sorted());
        assert!(draws.iter().all(|draw| (2.0 * MS..=30.0 * MS).contains(draw)));
        assert!(draws[0] < 2.001 * MS && draws[1_000] > 29.99 * MS, "all of what lies between");
    }

    #[test]
    fn a_cut_exponential_is_what_theory_says() {
        // Uncut above it forgets where it was cut: 5 + Exp(4). Cut above at h its mean is
        // m - h / (exp(h / m) - 1).
        let tail = Between::new(Dist::Exp(4.0), 5.0, f64::INFINITY).unwrap();
        assert!((tail.mean() - 9.0).abs() < 1e-5, "{}", tail.mean());
        let head = Between::new(Dist::Exp(4.0), 0.0, 6.0).unwrap();
        let expected = 4.0 - 6.0 / (math::exp(1.5) - 1.0);
        assert!((head.mean() - expected).abs() < 1e-5, "{}", head.mean());
        for (cut, mean) in [(tail, 9.0), (head, expected)] {
            let seen = (0..200_000).map(|n| cut.sample(mix(3, n))).sum::<f64>() / 2e5;
            assert!((seen - mean).abs() < 0.05, "{seen} for {mean}");
            assert!((cut.scaled(2.0).mean() - 2.0 * cut.mean()).abs() < 1e-9);
        }
    }

    #[test]
    fn what_has_no_draw_there_is_no_distribution() {
        assert_eq!(Between::new(Dist::Uniform(1.0, 3.0), 3.5, 9.0), None);
        assert_eq!(Between::new(Dist::Uniform(1.0, 3.0), 0.0, 0.5), None);
        assert_eq!(Between::new(Dist::Const(2.0), 1.0, 1.5), None);
        assert!(Between::new(Dist::Const(2.0), 2.0, 2.0).is_some());
        assert_eq!(Between::new(Dist::Mix(vec![(1.0, Dist::Const(1.0))]), 0.0, 9.0), None);
        let pareto = Between::new(Dist::Pareto { min: 1.0, alpha: 0.5 }, 2.0, f64::INFINITY);
        assert!(pareto.unwrap().mean().is_infinite());
    }
}
