//! Distributions as a scenario names them. Parameters are nanoseconds (or plain numbers where the
//! thing drawn is a count). Sampling: [`Dist::sample`] by inverse CDF from one 64-bit word.

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
}
