//! Distributions as a scenario names them. Parameters are nanoseconds (or plain numbers where the
//! thing drawn is a count). Sampling: [`Dist::sample`] by inverse CDF from one 64-bit word.

use super::between::Between;
use super::chance::{index, mix, unit};
use super::math;
use super::time::Span;

/// A distribution of a non-negative quantity. All parameters finite and non-negative (checked by
/// the scenario layer).
#[derive(Clone, Debug, PartialEq)]
pub enum Dist {
    /// Always this value.
    Const(f64),
    /// Uniform between two values.
    Uniform(f64, f64),
    /// Exponential with this mean.
    Exp(f64),
    /// Normal with mean and standard deviation, cut at zero (a negative draw becomes zero).
    Normal(f64, f64),
    /// Log-normal: `exp(mu + sigma Z)`; the scenario layer turns (median, p99) and (mean, cv) into these.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Sum of `shape` exponentials, with the given mean of the sum.
    Erlang {
        /// Number of phases, at least 1.
        shape: u32,
        /// Mean of the sum.
        mean: f64,
    },
    /// With probability `.0` an exponential of mean `.1`; probabilities sum to 1.
    HyperExp(Vec<(f64, f64)>),
    /// Pareto with minimum and tail index.
    Pareto {
        /// The smallest value.
        min: f64,
        /// Tail index (alpha).
        alpha: f64,
    },
    /// Given values, equally likely.
    Empirical(Vec<f64>),
    /// With probability `.0` the distribution `.1`; probabilities sum to 1.
    Mix(Vec<(f64, Dist)>),
    /// Draws of these together, independent of one another.
    Sum(Vec<Dist>),
    /// Another one's draws that lie between two values.
    Between(Box<Between>),
}

impl Dist {
    /// The draw that a random word means, by inverse CDF: the same word always means the same
    /// draw, and where one word is enough a larger word never means a smaller draw (empirical
    /// values should be sorted for that). Kinds that need more words take them from the chain
    /// `mix(word, 1)`, `mix(word, 2)`, ...; a constant ignores the word.
    pub fn sample(&self, word: u64) -> f64 {
        match self {
            Self::Const(value) => *value,
            Self::Exp(mean) => mean * exponential(word),
            Self::Uniform(from, to) => from + (to - from) * unit(word),
            Self::Normal(mean, deviation) => (mean + deviation * math::normal_of(word)).max(0.0),
            Self::LogNormal { mu, sigma } => math::exp_fast(mu + sigma * math::normal_of(word)),
            Self::Erlang { shape, mean } => {
                let rest: f64 =
                    (1..u64::from(*shape)).map(|phase| exponential(mix(word, phase))).sum();
                mean / f64::from(*shape) * (exponential(word) + rest)
            }
            Self::HyperExp(branches) => {
                pick(branches, word).map_or(0.0, |mean| mean * exponential(mix(word, 1)))
            }
            Self::Pareto { min, alpha } => min * math::exp_fast(exponential(word) / alpha),
            Self::Empirical(values) => {
                values.get(index(word, values.len() as u64) as usize).copied().unwrap_or(0.0)
            }
            Self::Mix(parts) => pick(parts, word).map_or(0.0, |part| part.sample(mix(word, 1))),
            Self::Sum(parts) => {
                (1..).zip(parts).map(|(place, part)| part.sample(mix(word, place))).sum()
            }
            Self::Between(cut) => cut.sample(word),
        }
    }

    /// The draw as a span, to the nearest nanosecond.
    #[inline]
    pub fn span(&self, word: u64) -> Span {
        match self {
            Self::Const(value) => Span::from_ns(*value),
            Self::Exp(mean) => Span::from_ns(mean * exponential(word)),
            _ => self.span_at_length(word),
        }
    }

    #[inline(never)]
    fn span_at_length(&self, word: u64) -> Span {
        Span::from_ns(self.sample(word))
    }

    /// The expected value; infinite for a Pareto tail of index 1 or less.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Const(value) => *value,
            Self::Uniform(from, to) => f64::midpoint(*from, *to),
            Self::Exp(mean) | Self::Erlang { mean, .. } => *mean,
            Self::Normal(mean, deviation) if *deviation > 0.0 => {
                let z = mean / deviation;
                let density = math::exp(-z * z / 2.0) / math::sqrt(2.0 * std::f64::consts::PI);
                mean * math::normal_cdf(z) + deviation * density
            }
            Self::Normal(mean, _) => mean.max(0.0),
            Self::LogNormal { mu, sigma } => math::exp(mu + sigma * sigma / 2.0),
            Self::HyperExp(branches) => branches.iter().map(|(share, mean)| share * mean).sum(),
            Self::Pareto { min, alpha } if *alpha > 1.0 => min * alpha / (alpha - 1.0),
            Self::Pareto { .. } => f64::INFINITY,
            Self::Empirical(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
            Self::Mix(parts) => parts.iter().map(|(share, part)| share * part.mean()).sum(),
            Self::Sum(parts) => parts.iter().map(Self::mean).sum(),
            Self::Between(cut) => cut.mean(),
        }
    }

    /// The distribution of `factor` times the quantity.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            _ if factor <= 0.0 => Self::Const(0.0),
            Self::Const(value) => Self::Const(value * factor),
            Self::Uniform(from, to) => Self::Uniform(from * factor, to * factor),
            Self::Exp(mean) => Self::Exp(mean * factor),
            Self::Normal(mean, deviation) => Self::Normal(mean * factor, deviation * factor),
            Self::LogNormal { mu, sigma } => {
                Self::LogNormal { mu: mu + math::ln(factor), sigma: *sigma }
            }
            Self::Erlang { shape, mean } => Self::Erlang { shape: *shape, mean: mean * factor },
            Self::HyperExp(branches) => Self::HyperExp(
                branches.iter().map(|(share, mean)| (*share, mean * factor)).collect(),
            ),
            Self::Pareto { min, alpha } => Self::Pareto { min: min * factor, alpha: *alpha },
            Self::Empirical(values) => {
                Self::Empirical(values.iter().map(|value| value * factor).collect())
            }
            Self::Mix(parts) => {
                Self::Mix(parts.iter().map(|(share, part)| (*share, part.scaled(factor))).collect())
            }
            Self::Sum(parts) => Self::Sum(parts.iter().map(|part| part.scaled(factor)).collect()),
            Self::Between(cut) => Self::Between(Box::new(cut.scaled(factor))),
        }
    }
}

/// A standard exponential draw that grows with the word.
fn exponential(word: u64) -> f64 {
    math::neg_ln_unit(!word)
}

/// The branch that a word means; the last takes what rounding left of the shares.
fn pick<T>(branches: &[(f64, T)], word: u64) -> Option<&T> {
    let mut left = unit(word);
    for (share, branch) in branches {
        if left < *share {
            return Some(branch);
        }
        left -= share;
    }
    branches.last().map(|(_, branch)| branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind, with the variance it should have; the means are their own.
    fn kinds() -> Vec<(Dist, f64)> {
        vec![
            (Dist::Const(3.0), 0.0),
            (Dist::Uniform(2.0, 6.0), 16.0 / 12.0),
            (Dist::Exp(5.0), 25.0),
            (Dist::Normal(10.0, 2.0), 4.0),
            (Dist::LogNormal { mu: 1.0, sigma: 0.5 }, 2.694_48),
            (Dist::Erlang { shape: 4, mean: 8.0 }, 16.0),
            (Dist::HyperExp(vec![(0.9, 1.0), (0.1, 11.0)]), 2.0 * (0.9 + 12.1) - 4.0),
            (Dist::Pareto { min: 1.0, alpha: 5.0 }, 5.0 / (16.0 * 3.0)),
            (Dist::Empirical(vec![1.0, 2.0, 6.0]), 14.0 / 3.0),
            (Dist::Mix(vec![(0.5, Dist::Const(1.0)), (0.5, Dist::Exp(3.0))]), 0.5 * 19.0 - 4.0),
            (Dist::Sum(vec![Dist::Const(2.0), Dist::Exp(3.0), Dist::Uniform(0.0, 6.0)]), 12.0),
        ]
    }

    #[test]
    fn every_kind_has_its_mean_and_variance() {
        const DRAWS: u64 = 400_000;
        for (dist, variance) in kinds() {
            let draws: Vec<f64> = (0..DRAWS).map(|n| dist.sample(mix(21, n))).collect();
            let mean = draws.iter().sum::<f64>() / DRAWS as f64;
            let spread =
                draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / DRAWS as f64;
            let error = math::sqrt(variance / DRAWS as f64);
            assert!((mean - dist.mean()).abs() <= 5.0 * error, "{dist:?}: mean {mean}");
            assert!((spread - variance).abs() <= 0.05 * variance, "{dist:?}: variance {spread}");
        }
    }

    #[test]
    fn golden_bits_never_change() {
        let words = [0, 0x0123_4567_89ab_cdef, 1 << 63, u64::MAX];
        let found: Vec<[u64; 4]> =
            kinds().iter().map(|(dist, _)| words.map(|word| dist.sample(word).to_bits())).collect();
        let expected = vec![
            [
                0x4008_0000_0000_0000,
                0x4008_0000_0000_0000,
                0x4008_0000_0000_0000,
                0x4008_0000_0000_0000,
            ],
            [
                0x4000_0000_0000_0000,
                0x4000_2468_acf1_3579,
                0x4010_0000_0000_0000,
                0x4018_0000_0000_0000,
            ],
            [
                0x0000_0000_0000_0000,
                0x3f96_ce67_f582_a1dc,
                0x400b_b9d3_beb8_c86b,
                0x4066_f5e3_59f1_05f8,
            ],
            [
                0x0000_0000_0000_0000,
                0x4013_11d2_3f56_2003,
                0x4024_0000_0000_0000,
                0x403a_95b0_59d6_7c4c,
            ],
            [
                0x3fa6_0635_33b3_be2b,
                0x3fe7_8387_5896_ef55,
                0x4005_bf0a_8b14_5769,
                0x4065_78c5_d824_90bc,
            ],
            [
                0x4020_830f_f9af_3a72,
                0x4018_1f3b_a5aa_b959,
                0x4018_7ab3_12c9_f53a,
                0x4053_fd1a_2565_f2b6,
            ],
            [
                0x3fe2_12de_30b9_8d79,
                0x3ffc_b64e_ea00_e687,
                0x3ff7_547e_4d60_909f,
                0x403a_cf3b_ead1_6d45,
            ],
            [
                0x3ff0_0000_0000_0000,
                0x3ff0_03a6_8faa_bad9,
                0x3ff2_6111_86ba_e674,
                0x4098_4060_03b2_ae5d,
            ],
            [
                0x3ff0_0000_0000_0000,
                0x3ff0_0000_0000_0000,
                0x4000_0000_0000_0000,
                0x4018_0000_0000_0000,
            ],
            [
                0x3ff0_0000_0000_0000,
                0x3ff0_0000_0000_0000,
                0x4011_7f5e_ba08_6c77,
                0x401d_3f2a_1770_1a1d,
            ],
            [
                0x401f_9f65_5f7a_94a9,
                0x4019_bb56_bb9f_874c,
                0x4016_2008_1637_d83a,
                0x4015_3404_a635_cf5b,
            ],
        ];
        assert_eq!(found, expected, "{found:#x?}");
    }

    #[test]
    fn a_larger_word_never_means_a_smaller_draw_where_one_word_is_enough() {
        for (dist, _) in kinds() {
            if matches!(dist, Dist::Erlang { .. } | Dist::HyperExp(_) | Dist::Mix(_) | Dist::Sum(_))
            {
                continue;
            }
            let draws = (0..=1_000u64).map(|n| dist.sample(u64::MAX / 1_000 * n));
            assert!(draws.is_sorted(), "{dist:?}");
        }
    }

    #[test]
    fn extreme_words_give_finite_and_non_negative_draws() {
        for (dist, _) in kinds() {
            for word in [0, 1, u64::MAX - 1, u64::MAX] {
                let draw = dist.sample(word);
                assert!(draw.is_finite() && draw >= 0.0, "{dist:?} {word}: {draw}");
            }
        }
    }

    #[test]
    fn scaling_a_distribution_scales_its_draws() {
        for (dist, _) in kinds() {
            for n in 0..100 {
                let word = mix(5, n);
                let (plain, scaled) = (dist.sample(word), dist.scaled(2.5).sample(word));
                assert!((scaled - 2.5 * plain).abs() <= 1e-12 * scaled, "{dist:?}");
            }
            assert_eq!(dist.scaled(0.0), Dist::Const(0.0));
        }
    }

    #[test]
    fn the_mean_of_a_normal_counts_its_cut() {
        let dist = Dist::Normal(0.0, 1.0);
        assert!((dist.mean() - 0.398_942_280_401).abs() < 1e-9);
        let seen = (0..100_000).map(|n| dist.sample(mix(2, n))).sum::<f64>() / 1e5;
        assert!((seen - dist.mean()).abs() < 0.01);
    }

    #[test]
    fn spans_are_rounded_to_the_nearest() {
        assert_eq!(Dist::Const(1.5).span(0), Span(2));
        assert_eq!(Dist::Const(1.4).span(0), Span(1));
    }
}
