//! How sure several seeds make of an expectation that held: the mean margin with its interval, and
//! the chance of such margins if there were none. An expectation must hold for every seed all the
//! same; this says whether the next seeds can be expected to agree. Knows numbers only.

use serde::Serialize;

use super::expression::Relation;
use super::stats;

/// Confidence of the interval, and what a chance must be below to count as none.
const CONFIDENCE: f64 = 0.95;

/// What the margins of several seeds say together. Times are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Confidence {
    /// The mean margin; positive where the claim holds on average.
    pub mean_margin: f64,
    /// Its 95% interval is ± this (Student's t).
    pub half_width: f64,
    /// One-sided: the chance of margins like these if there were none on average; once
    /// [`correct`] was called, corrected for all expectations that were judged beside it.
    pub p_value: f64,
}

impl Confidence {
    /// Of one claim's margins, a value per seed. `None` below two seeds, and for equalities, which
    /// are no question of a mean.
    pub fn of(relation: Relation, margins: &[f64]) -> Option<Self> {
        if matches!(relation, Relation::Equal | Relation::Unequal) {
            return None;
        }
        let interval = stats::interval(margins, CONFIDENCE)?;
        let (mean_margin, half_width) = (interval.mean, interval.half_width?);
        let p_value = if half_width > 0.0 {
            stats::chance_without_effect(margins)?
        } else {
            // The same margin in every seed: as sure as these seeds can be.
            let is_strict = matches!(relation, Relation::Less | Relation::Greater);
            let holds = mean_margin > 0.0 || mean_margin == 0.0 && !is_strict;
            f64::from(u8::from(!holds))
        };
        Some(Self { mean_margin, half_width, p_value })
    }

    /// Of several claims that must all hold, the least sure: if each of them passes at some level,
    /// so do all together (an intersection-union test).
    pub fn least(claims: impl Iterator<Item = Self>) -> Option<Self> {
        claims.reduce(|least, other| if other.p_value > least.p_value { other } else { least })
    }

    /// Is it more than chance, as far as these seeds can tell?
    pub fn is_sure(&self) -> bool {
        self.p_value < 1.0 - CONFIDENCE
    }
}

/// Corrects for the number of expectations, by Holm's method: the chance that any of those that
/// are then called sure is none stays below 5%.
pub fn correct(all: &mut [Option<Confidence>]) {
    let p_values: Vec<f64> = all.iter().flatten().map(|it| it.p_value).collect();
    for (it, corrected) in all.iter_mut().flatten().zip(stats::holm(&p_values)) {
        it.p_value = corrected;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_worked_by_hand() {
        // Mean 2, sd 1, t = 2 / (1 / sqrt 3) = 3.464 with 2 degrees of freedom: one-sided
        // (1 - t / sqrt(t^2 + 2)) / 2 = 0.0371.
        let found = Confidence::of(Relation::Less, &[1.0, 2.0, 3.0]).unwrap();
        assert!((found.p_value - 0.0371).abs() < 1e-4 && found.is_sure());
        assert!((found.half_width - 4.302_65 / 3.0_f64.sqrt()).abs() < 1e-4);
        let broken = Confidence::of(Relation::Less, &[-1.0, -2.0, -3.0]).unwrap();
        assert!((broken.p_value - 0.9629).abs() < 1e-4);
        assert_eq!(Confidence::of(Relation::Less, &[1.0]), None);
        assert_eq!(Confidence::of(Relation::Equal, &[0.0, 0.0]), None);
    }

    #[test]
    fn the_same_margin_in_every_seed_is_sure_if_it_holds() {
        let of = |relation, margin| Confidence::of(relation, &[margin; 3]).unwrap().p_value;
        assert_eq!((of(Relation::Less, 0.0), of(Relation::AtMost, 0.0)), (1.0, 0.0));
        assert_eq!((of(Relation::Greater, 1.0), of(Relation::AtLeast, -1.0)), (0.0, 1.0));
    }

    #[test]
    fn many_expectations_need_more_than_one() {
        let one = Confidence::of(Relation::Less, &[1.0, 2.0, 3.0]);
        let mut all = [one, None, one];
        correct(&mut all);
        assert!((all[0].unwrap().p_value - 0.0742).abs() < 1e-4 && !all[2].unwrap().is_sure());
        assert_eq!(Confidence::least([one.unwrap(), all[0].unwrap()].into_iter()), all[0]);
    }
}
