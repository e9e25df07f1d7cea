//! Temporary stand-in that keeps every value; dropped when the streaming sketch arrives.

use crate::base::Span;

/// A sketch of times.
#[derive(Clone, Debug, Default)]
pub struct Sketch {
    values: Vec<u64>,
}

impl Sketch {
    /// One more value, in nanoseconds.
    pub fn record(&mut self, ns: u64) {
        let at = self.values.partition_point(|&v| v <= ns);
        self.values.insert(at, ns);
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.values.len() as u64
    }

    /// Mean in nanoseconds.
    pub fn mean(&self) -> Option<f64> {
        let sum: u128 = self.values.iter().map(|&v| u128::from(v)).sum();
        (!self.values.is_empty()).then(|| sum as f64 / self.values.len() as f64)
    }

    /// Standard deviation in nanoseconds.
    pub fn sd(&self) -> Option<f64> {
        let mean = self.mean()?;
        let squares: f64 = self.values.iter().map(|&v| (v as f64 - mean) * (v as f64 - mean)).sum();
        (self.values.len() > 1).then(|| (squares / (self.values.len() - 1) as f64).sqrt())
    }

    /// The smallest value that at least the share `p` does not exceed.
    pub fn quantile(&self, p: f64) -> Option<Span> {
        let rank = (p * self.values.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        self.values.get(rank.min(self.values.len()).wrapping_sub(1)).map(|&v| Span(v))
    }

    /// The largest.
    pub fn max(&self) -> Option<Span> {
        self.values.last().map(|&v| Span(v))
    }

    /// The smallest.
    pub fn min(&self) -> Option<Span> {
        self.values.first().map(|&v| Span(v))
    }

    /// Share of values above `limit`.
    pub fn fraction_above(&self, limit: Span) -> Option<f64> {
        let above = self.values.iter().filter(|&&v| v > limit.0).count();
        (!self.values.is_empty()).then(|| above as f64 / self.values.len() as f64)
    }

    /// Adds what the other saw.
    pub fn merge(&mut self, other: &Self) {
        self.values.extend_from_slice(&other.values);
        self.values.sort_unstable();
    }
}
