//! Statistics over many runs of one ordinary scenario, where a case is about their spread and not
//! about their mean.

use std::sync::Arc;

use serde_json::Value;

use crate::analysis::stats::{mean, sd};
use crate::base::Span;
use crate::scenario::parse;
use crate::simulate;
use crate::validate::computed::Asked;
use crate::validate::reading::Reading;

/// The scenario.
const QUEUE: &str = include_str!("../../../scenarios/theory/queue.ron");
/// Measured requests of a run, on average.
const REQUESTS: f64 = 20_000.0;
/// Requests before them.
const WARMUP: f64 = 2_000.0;

/// M/M/1 under the seeds of this replication, and what is read of each run.
fn queues(asked: &Asked, (gap_ms, service_ms): (f64, f64), read: &str) -> Result<Vec<f64>, String> {
    let sets = [("gap", gap_ms), ("service", service_ms)]
        .map(|(name, ms)| (name.to_owned(), format!("Exp(\"{ms}ms\")")));
    let scenario = parse("scenarios/theory/queue.ron", QUEUE, &sets);
    let mut scenario = scenario.map_err(|found| found.render(false))?;
    scenario.run.warmup = Span::from_ms(gap_ms * WARMUP);
    scenario.run.length = Span::from_ms(gap_ms * (WARMUP + REQUESTS));
    let scenario = Arc::new(scenario);
    let reading = Reading::new(read.to_owned(), &scenario)?;
    let trials = asked.trials as u64;
    let one = |trial| {
        let outcome = simulate::run(&scenario, 0, (asked.seed - 1) * trials + trial);
        let value = reading.of(&outcome, None)?;
        value.as_f64().ok_or_else(|| format!("`{read}` is no number"))
    };
    (1..=trials).map(one).collect()
}

/// `N` times the variance of the mean of `N` waits.
pub(crate) fn variance_of_means(asked: &Asked) -> Result<Value, String> {
    let (load, service) = (asked.number("rho")?, asked.number("mean_service_ms")?);
    let means = queues(asked, (service / load, service), "wait_mean(server)")?;
    Ok((REQUESTS * variance(&means)).into())
}

/// Requests after which half the 95 % interval of the mean wait is this share of it, by the variance
/// that [`variance_of_means`] measures: `(1.96 / (share mean))^2` times it.
pub(crate) fn requests_for(asked: &Asked) -> Result<Value, String> {
    let share = match asked.metric.as_str() {
        "N_for_1pct_half_width" => 0.01,
        "N_for_5pct_half_width" => 0.05,
        other => return Err(format!("`{other}` names no share")),
    };
    let (load, service) = (asked.number("rho")?, asked.number("mean_service_ms")?);
    let means = queues(asked, (service / load, service), "wait_mean(server)")?;
    let ratio = 1.96 / (share * mean(&means).ok_or("there were no trials")?);
    Ok((ratio * ratio * REQUESTS * variance(&means)).into())
}

/// Two queues that differ in their mean service time, with the same seeds: the mean difference of
/// their mean sojourns, or how much smaller its variance is than with seeds of their own.
pub(crate) fn common_random_numbers(asked: &Asked) -> Result<Value, String> {
    let gap = 1.0 / asked.number("lambda_per_ms")?;
    let slow = queues(asked, (gap, asked.number("s1_ms")?), "mean(request)")?;
    let fast = queues(asked, (gap, asked.number("s2_ms")?), "mean(request)")?;
    let differences = |others: &mut dyn Iterator<Item = &f64>| -> Vec<f64> {
        slow.iter().zip(others).map(|(a, b)| a - b).collect()
    };
    let same = differences(&mut fast.iter());
    if asked.metric == "mean_difference_ms" {
        return mean(&same).map(Value::from).ok_or_else(|| "there were no trials".to_owned());
    }
    // The next seed's run is independent of this one's.
    let independent = differences(&mut fast.iter().cycle().skip(1));
    Ok((variance(&independent) / variance(&same)).into())
}

fn variance(values: &[f64]) -> f64 {
    let sd = sd(values).unwrap_or(f64::NAN);
    sd * sd
}
