//! Small-sample statistics: means, Student t intervals, paired differences and Holm's correction.
//! Knows numbers only; every transcendental function comes from `libm`, so that all platforms
//! agree to the last bit.

pub use crate::base::math::{mean, sd};

/// A mean with the half width of its two-sided confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Mean ± this; `None` for a single value, which says nothing about its own spread.
    pub half_width: Option<f64>,
    /// How many values.
    pub count: usize,
}

/// Student t interval of the mean at this confidence (0.95); `None` of nothing.
pub fn interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let mean = mean(values)?;
    Some(Interval { mean, half_width: half_width(values, confidence), count: values.len() })
}

/// Half the width of the Student t interval; `None` below two values.
pub fn half_width(values: &[f64], confidence: f64) -> Option<f64> {
    let count = values.len();
    let error = sd(values)? / (count as f64).sqrt();
    Some(t_quantile(f64::midpoint(1.0, confidence), (count - 1) as f64) * error)
}

/// How far two means are apart, with what is needed to believe it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The first less the second.
    pub mean: f64,
    /// Half width of its interval.
    pub half_width: f64,
    /// Two-sided p-value of "no difference".
    pub p_value: f64,
    /// How many pairs, or how many values of the shorter list.
    pub count: usize,
}

impl Gap {
    /// Does the interval leave out 0?
    pub fn excludes_zero(&self) -> bool {
        self.mean.abs() > self.half_width
    }
}

/// Differences `a - b` of pairs, with their interval; `None` below two pairs.
pub fn paired(pairs: &[(f64, f64)], confidence: f64) -> Option<Gap> {
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| a - b).collect();
    let Interval { mean, half_width, count } = interval(&differences, confidence)?;
    let half_width = half_width?;
    let error = sd(&differences)? / (count as f64).sqrt();
    let p_value = chance_of(mean, error, (count - 1) as f64);
    Some(Gap { mean, half_width, p_value, count })
}

/// The mean of `a` less that of `b`, which have nothing to do with each other and need not spread alike
/// (Welch, 1947); `None` below two values of each.
pub fn unpaired(a: &[f64], b: &[f64], confidence: f64) -> Option<Gap> {
    let share = |values: &[f64]| {
        let sd = sd(values)?;
        Some(sd * sd / values.len() as f64)
    };
    let (of_a, of_b) = (share(a)?, share(b)?);
    let (mean, error) = (mean(a)? - mean(b)?, (of_a + of_b).sqrt());
    let part = |share: f64, count: usize| share * share / (count - 1) as f64;
    let parts = part(of_a, a.len()) + part(of_b, b.len());
    let freedom = if parts > 0.0 { (of_a + of_b) * (of_a + of_b) / parts } else { 1.0 };
    let half_width = t_quantile(f64::midpoint(1.0, confidence), freedom) * error;
    let p_value = chance_of(mean, error, freedom);
    Some(Gap { mean, half_width, p_value, count: a.len().min(b.len()) })
}

/// Two-sided: the chance of a mean as far from 0 if the true one were 0.
fn chance_of(mean: f64, error: f64, freedom: f64) -> f64 {
    match (mean == 0.0, error == 0.0) {
        (true, _) => 1.0,
        // The same difference whatever the seed: certain, as far as these can tell.
        (false, true) => 0.0,
        (false, false) => 2.0 * upper_tail((mean / error).abs(), freedom),
    }
}

/// The chance of a mean as far above 0 if the true one were 0 (a one-sided t test); `None` below two
/// values. Values that are all the same leave no chance: 0 above 0, else 1.
pub fn chance_without_effect(values: &[f64]) -> Option<f64> {
    let (mean, count) = (mean(values)?, values.len());
    let error = sd(values)? / (count as f64).sqrt();
    if error == 0.0 {
        return Some(f64::from(u8::from(mean <= 0.0)));
    }
    Some(1.0 - t_cdf(mean / error, (count - 1) as f64))
}

/// The means of so many batches of equal length: for an interval from one long run, whose values
/// depend on each other while such means hardly do (Conway, 1963; 20 to 30 batches, Schmeiser
/// 1982). What is left over at the end is left out; empty if there are fewer values than batches.
pub fn batch_means(values: &[f64], batches: usize) -> Vec<f64> {
    let length = values.len() / batches.max(1);
    if length == 0 {
        return Vec::new();
    }
    values.chunks_exact(length).take(batches).filter_map(mean).collect()
}

/// Holm's step-down correction: adjusted p-values in the order given. Rejecting those below
/// alpha keeps the chance of any wrong rejection below alpha.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]).then(a.cmp(&b)));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut running: f64 = 0.0;
    for (rank, &at) in order.iter().enumerate() {
        running = running.max(p_values[at] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[at] = running;
    }
    adjusted
}

/// P-values corrected for their number by the method of Benjamini and Hochberg (1995): of all that are
/// then below a level, no larger a share is expected to be chance. For many questions of which many may
/// be answered yes; if none should, it is as strict as Holm's first step.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]).then(a.cmp(&b)));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut running: f64 = 1.0;
    for (rank, &at) in order.iter().enumerate().rev() {
        running = running.min(p_values[at] * p_values.len() as f64 / (rank + 1) as f64);
        adjusted[at] = running;
    }
    adjusted
}

/// Distribution function of Student's t with `freedom` degrees of freedom.
pub fn t_cdf(t: f64, freedom: f64) -> f64 {
    assert!(freedom > 0.0, "degrees of freedom are positive");
    let tail = upper_tail(t.abs(), freedom);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// Probability above a `t` that is not negative.
fn upper_tail(t: f64, freedom: f64) -> f64 {
    0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// Quantile of Student's t: the value that is not exceeded with probability `p` in (0, 1).
pub fn t_quantile(p: f64, freedom: f64) -> f64 {
    assert!(p > 0.0 && p < 1.0, "a probability strictly between 0 and 1");
    if p < 0.5 {
        return -t_quantile(1.0 - p, freedom);
    }
    let mut high = 1.0;
    while t_cdf(high, freedom) < p && high < 1e300 {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Bisection halves the bracket until it can no longer shrink: slow, but without surprises.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if t_cdf(middle, freedom) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Regularised incomplete beta function, by its continued fraction on the side where that
/// converges fast.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log1p(-x),
    );
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut above = 1.0;
    let mut below = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = below;
    for step in 1..=500 {
        let step = f64::from(step);
        let even = step * (b - step) * x / ((a + 2.0 * step - 1.0) * (a + 2.0 * step));
        let odd = -(a + step) * (a + b + step) * x / ((a + 2.0 * step) * (a + 2.0 * step + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            below = 1.0 / away(1.0 + term * below);
            above = away(1.0 + term / above);
            change = above * below;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_the_printed_table() {
        // p, degrees of freedom, value: any printed table of Student's t.
        let table = [
            (0.975, 1.0, 12.706),
            (0.975, 2.0, 4.303),
            (0.975, 4.0, 2.776),
            (0.975, 9.0, 2.262),
            (0.975, 30.0, 2.042),
            (0.975, 120.0, 1.980),
            (0.95, 1.0, 6.314),
            (0.95, 5.0, 2.015),
            (0.995, 3.0, 5.841),
            (0.995, 10.0, 3.169),
            (0.9995, 7.0, 5.408),
        ];
        for (p, freedom, expected) in table {
            let got = t_quantile(p, freedom);
            assert!(
                (got - expected).abs() < 6e-4,
                "t({p}, {freedom}) = {got}, table says {expected}"
            );
            assert!((t_quantile(1.0 - p, freedom) + got).abs() < 1e-9, "symmetric");
        }
        // With one degree of freedom t is Cauchy: the upper quartile is tan(pi/4) = 1.
        assert!((t_quantile(0.75, 1.0) - 1.0).abs() < 1e-12);
        assert!((t_cdf(0.0, 3.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn an_interval_worked_by_hand() {
        // mean 4, squares 4 + 1 + 1 + 4 = 10 (and 0), sd = sqrt(10/4); t(0.975, 4) = 2.7764.
        let values = [2.0, 3.0, 4.0, 5.0, 6.0];
        let got = interval(&values, 0.95).unwrap();
        assert_eq!((got.mean, got.count), (4.0, 5));
        assert!((got.half_width.unwrap() - 1.963_2).abs() < 1e-3);
        assert_eq!(interval(&[7.0], 0.95).unwrap().half_width, None);
        assert_eq!(interval(&[], 0.95), None);
    }

    #[test]
    fn pairs_cancel_what_they_share() {
        // Seeds differ wildly, the difference is 2, 3, 4: mean 3, sd 1, t(0.975, 2) = 4.3027.
        let got = paired(&[(102.0, 100.0), (13.0, 10.0), (1004.0, 1000.0)], 0.95).unwrap();
        assert!((got.mean - 3.0).abs() < 1e-12);
        assert!((got.half_width - 4.302_65 / 3.0_f64.sqrt()).abs() < 1e-4);
        assert!(got.excludes_zero());
        // Two-sided p at t = 3 / (1 / sqrt 3) = 5.196 with 2 degrees of freedom is
        // 1 - t / sqrt(t^2 + 2) = 1 - 5.196 / sqrt(29) = 0.0351.
        assert!((got.p_value - 0.0351).abs() < 1e-4);
        let same = paired(&[(1.0, 1.0), (2.0, 2.0)], 0.95).unwrap();
        assert!(!same.excludes_zero());
        assert_eq!(same.p_value, 1.0);
        let steady = paired(&[(5.0, 1.0), (6.0, 2.0)], 0.95).unwrap();
        assert!(steady.excludes_zero());
        assert_eq!(steady.p_value, 0.0);
        assert_eq!(paired(&[(5.0, 1.0)], 0.95), None);
    }

    #[test]
    fn batches_are_equal_and_leave_out_the_rest() {
        assert_eq!(batch_means(&[1.0, 3.0, 5.0, 7.0, 100.0], 2), [2.0, 6.0]);
        assert_eq!(batch_means(&[1.0], 2), [0.0; 0]);
    }

    #[test]
    fn a_chance_is_one_sided() {
        // t = 5.196 with 2 degrees of freedom: half of 0.0351.
        let values = [2.0, 3.0, 4.0];
        assert!((chance_without_effect(&values).unwrap() - 0.0351 / 2.0).abs() < 1e-4);
        assert!((chance_without_effect(&values.map(|it| -it)).unwrap() - 0.9825).abs() < 1e-4);
        assert_eq!(chance_without_effect(&[1.0, 1.0]), Some(0.0));
        assert_eq!(chance_without_effect(&[0.0, 0.0]), Some(1.0));
        assert_eq!(chance_without_effect(&[1.0]), None);
    }

    #[test]
    fn holm_steps_down() {
        // Sorted 0.01*4, 0.02*3, 0.03*2 (raised to 0.06), 0.5*1.
        let got = holm(&[0.02, 0.5, 0.01, 0.03]);
        for (got, expected) in got.iter().zip([0.06, 0.5, 0.04, 0.06]) {
            assert!((got - expected).abs() < 1e-12);
        }
        assert_eq!(holm(&[0.7, 0.9]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn benjamini_and_hochberg_step_up() {
        // Sorted 0.01*4/1, 0.02*4/2, 0.03*4/3, 0.5*4/4: each the least of itself and those above.
        let got = benjamini_hochberg(&[0.02, 0.5, 0.01, 0.03]);
        for (got, expected) in got.iter().zip([0.04, 0.5, 0.04, 0.04]) {
            assert!((got - expected).abs() < 1e-12);
        }
        assert_eq!(benjamini_hochberg(&[0.9, 0.8]), [0.9, 0.9]);
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn means_of_strangers_worked_by_hand() {
        // 3 ± sd 1 of three values, 6 ± sd 2 of three: error sqrt(1/3 + 4/3) = 1.291, and
        // (5/3)^2 / ((1/3)^2 / 2 + (4/3)^2 / 2) = 2.9412 degrees of freedom.
        let got = unpaired(&[2.0, 3.0, 4.0], &[4.0, 6.0, 8.0], 0.95).unwrap();
        assert!((got.mean + 3.0).abs() < 1e-12);
        let expected = t_quantile(0.975, 50.0 / 17.0) * (5.0_f64 / 3.0).sqrt();
        assert!((got.half_width - expected).abs() < 1e-9 && !got.excludes_zero());
        assert!(got.p_value > 0.1 && got.p_value < 0.11, "{}", got.p_value);
        let certain = unpaired(&[1.0, 1.0], &[2.0, 2.0], 0.95).unwrap();
        assert_eq!((certain.p_value, certain.half_width), (0.0, 0.0));
        assert_eq!(unpaired(&[1.0, 1.0], &[1.0, 1.0], 0.95).unwrap().p_value, 1.0);
        assert_eq!(unpaired(&[1.0], &[1.0, 2.0], 0.95), None);
    }

    #[test]
    fn intervals_cover_as_often_as_they_say() {
        // Five values, each a sum of twelve uniforms less six: mean 0, nearly normal.
        let mut state = 20_u64;
        let mut uniform = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let trials = 10_000;
        let mut covered = 0;
        for _ in 0..trials {
            let values: [f64; 5] =
                std::array::from_fn(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0);
            let got = interval(&values, 0.95).unwrap();
            covered += u32::from(got.mean.abs() <= got.half_width.unwrap());
        }
        let share = f64::from(covered) / f64::from(trials);
        // Three standard errors of a share of 0.95 over 10000 trials are 0.0065.
        assert!((share - 0.95).abs() < 0.0065, "covered {share}");
    }
}
