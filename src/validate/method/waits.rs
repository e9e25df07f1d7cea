//! Waiting times of an M/M/1 queue, one request after the other, by Lindley's recursion from our own
//! streams: for statistics that count in requests, where a run counts in time.

use serde_json::Value;

use crate::analysis::stats::{Interval, batch_means, interval, mean};
use crate::base::{Dist, Stream};
use crate::validate::computed::Asked;

/// Waiting times of a queue that starts empty, in milliseconds, without end.
fn waits(seed: u64, trial: usize, load: f64, service_ms: f64) -> impl Iterator<Item = f64> {
    let mut gaps = Stream::new(seed, "gap", "lindley", trial as u32);
    let mut services = Stream::new(seed, "service", "lindley", trial as u32);
    let (gap, service) = (Dist::Exp(service_ms / load), Dist::Exp(service_ms));
    std::iter::successors(Some(0.0), move |wait: &f64| {
        Some((wait + services.sample(&service) - gaps.sample(&gap)).max(0.0))
    })
}

/// The share of trials in which the 95 % interval from batch means holds the true mean.
pub(crate) fn coverage(asked: &Asked) -> Result<Value, String> {
    let (load, service) = (asked.number("rho")?, asked.number("mean_service_ms")?);
    let count = |name: &str| asked.number(name).map(|number| number as usize);
    let (n, warmup, batches) = (count("n_requests")?, count("warmup")?, count("batches")?);
    let truth = load * service / (1.0 - load);
    let covers = |trial: &usize| {
        let values: Vec<f64> =
            waits(asked.seed, *trial, load, service).skip(warmup).take(n).collect();
        let found = interval(&batch_means(&values, batches), 0.95);
        let half = |it: &Interval| it.half_width.unwrap_or(0.0);
        found.is_some_and(|it| (it.mean - truth).abs() <= half(&it))
    };
    let covered = (0..asked.trials).filter(covers).count();
    Ok((covered as f64 / asked.trials as f64).into())
}

/// The mean of the first `n` waits, over the trials.
pub(crate) fn mean_from_empty(asked: &Asked) -> Result<Value, String> {
    let (load, service) = (asked.number("rho")?, asked.number("mean_service_ms")?);
    let first = asked.number("n")? as usize;
    let one =
        |trial| mean(&waits(asked.seed, trial, load, service).take(first).collect::<Vec<_>>());
    let means: Vec<f64> = (0..asked.trials).filter_map(one).collect();
    mean(&means).map(Value::from).ok_or_else(|| "there were no trials".to_owned())
}
