//! Where the transient of a run ends, by MSER-5 (White, An Effective Truncation Heuristic for Bias
//! Reduction in Simulation Output, Simulation 69(6), 1997; batches of five after White, Cobb and
//! Spratt, 2000): of all beginnings that could be cut off, the one is cut off that leaves the
//! smallest estimated error of the mean.
//!
//! ```text
//!  MSER(d) = sum over i > d of (x_i - mean of those)^2 / (n - d)^2,    d* = argmin, d <= n / 2
//! ```
//!
//! The ledger decides by the intended time of an operation, when it begins, whether it is measured;
//! so the warm-up of a run is fixed beforehand. This looks back, and says if it was too short.

use crate::base::Span;
use crate::probes::outcome::{Outcome, Window};

use super::stats::{mean, sd};

/// Values in a batch.
pub const BATCH: usize = 5;
/// Batches below which nothing is said.
const FEWEST: usize = 8;

/// How many of these values, in order of time, belong to the transient: a multiple of five. `None`
/// where there are too few, or where the minimum lies in the second half: the values are then too
/// few to tell, or have not settled at all.
pub fn mser5(values: &[f64]) -> Option<usize> {
    let batches = batches(values);
    if batches.len() < FEWEST {
        return None;
    }
    let cut = least_error(&batches);
    (cut <= batches.len() / 2).then_some(cut * BATCH)
}

/// The means of five values each; what is left over at the end is left out.
fn batches(values: &[f64]) -> Vec<f64> {
    values.chunks_exact(BATCH).filter_map(mean).collect()
}

/// The cut with the smallest error; of equals the first.
fn least_error(batches: &[f64]) -> usize {
    // From the end, with Welford's sums, so that each cut costs one step. The last few are no
    // candidates: a handful of values can agree by chance.
    let (mut count, mut average, mut squares) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (cut, value) in batches.iter().enumerate().rev() {
        count += 1.0;
        let off = value - average;
        average += off / count;
        squares += off * (value - average);
        let error = squares / (count * count);
        if count >= BATCH as f64 && error <= best.0 {
            best = (error, cut);
        }
    }
    best.1
}

/// When the transient of a run ended, if that was after its warm-up: by MSER-5 over the mean latency
/// of its windows, all flows together. Says something only if the stretch between the warm-up and
/// that end has a batch outside the mean plus or minus three standard deviations of all that
/// follows, so that noise is not taken for a transient; and nothing of runs with faults, whose
/// windows differ for other reasons.
pub fn later_end(outcome: &Outcome, warmup: Span) -> Option<Span> {
    if !outcome.recoveries.is_empty() || outcome.partial.is_some() {
        return None;
    }
    let arrivals_end = outcome.windows.iter().rposition(|window| window.offered > 0)? + 1;
    let latency = |window: &Window| window.latency.mean();
    let means: Vec<f64> =
        outcome.windows[..arrivals_end].iter().map(latency).collect::<Option<_>>()?;
    let cut = mser5(&means)?;
    let batches = batches(&means);
    let (transient, settled) = batches.split_at(cut / BATCH);
    let warm = warmup.0.div_ceil(outcome.window.0.max(1)) as usize / BATCH;
    let (middle, spread) = (mean(settled)?, sd(settled)?);
    let is_off = |batch: &f64| (batch - middle).abs() > 3.0 * spread;
    let late = transient.get(warm..)?.iter().any(is_off);
    late.then(|| Span(outcome.window.0.saturating_mul(cut as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Stream, Time};
    use crate::probes::outcome::{Recovery, Window};
    use crate::probes::sketch::Sketch;

    #[test]
    fn a_jump_is_cut_off_where_it_is() {
        let jump = |at: usize, of: usize| {
            (0..of).map(|n| if n < at { 50.0 } else { 10.0 + (n % 2) as f64 }).collect::<Vec<_>>()
        };
        assert_eq!(mser5(&jump(20, 100)), Some(20));
        assert_eq!(mser5(&jump(22, 100)), Some(25), "a batch with some of it goes too");
        assert_eq!(mser5(&jump(0, 100)), Some(0));
        assert_eq!(mser5(&jump(60, 100)), None, "it settled too late to tell");
        assert_eq!(mser5(&jump(0, 39)), None, "too few");
    }

    #[test]
    fn the_minimum_is_that_of_the_formula() {
        let mut stream = Stream::new(1, "mser", "", 0);
        let batches: Vec<f64> = (0..60).map(|n| 20.0 / f64::from(n + 1) + stream.unit()).collect();
        let error = |cut: usize| {
            let rest = &batches[cut..];
            let middle = mean(rest).unwrap();
            let squares: f64 = rest.iter().map(|x| (x - middle) * (x - middle)).sum();
            squares / (rest.len() * rest.len()) as f64
        };
        let expected = (0..=55).min_by(|&a, &b| error(a).total_cmp(&error(b))).unwrap();
        assert_eq!(least_error(&batches), expected);
        assert!(expected > 0);
    }

    /// A run of 100 windows whose latency is high for the first `high` of them.
    fn outcome(high: usize) -> Outcome {
        let window = |at: usize| {
            let mut latency = Sketch::default();
            let ms = if at < high { 50 } else { 10 + at as u64 % 3 };
            latency.record(Span(ms * 1_000_000));
            Window { offered: 1, latency, ..Window::default() }
        };
        let mut outcome = crate::analysis::testing::bare_outcome();
        outcome.windows = (0..100).map(window).collect();
        outcome.windows.extend(vec![Window::default(); 10]);
        outcome
    }

    #[test]
    fn a_run_is_told_of_a_warm_up_that_was_too_short() {
        let after = |high, warmup| later_end(&outcome(high), Span::from_secs(warmup));
        assert_eq!(after(20, 5.0), Some(Span::from_secs(20.0)));
        assert_eq!(after(20, 20.0), None, "it was long enough");
        assert_eq!(after(0, 0.0), None, "there was no transient");
        let mut faulty = outcome(20);
        let fault = Recovery {
            start: Time::ZERO,
            end: Time::ZERO,
            after: None,
            amplification: None,
            times: 0,
        };
        faulty.recoveries.insert("crash".to_owned(), fault);
        assert_eq!(later_end(&faulty, Span::ZERO), None);
    }
}
