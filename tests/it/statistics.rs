//! The statistics beside the rows of area `statistics` that `validate` measures: what intervals of
//! replications and of paired differences cover, what truncation removes, and how runs are planned.

use rayon::prelude::*;
use windtunnel::analysis::stats::{interval, mean, paired};
use windtunnel::analysis::warmup::mser5;
use windtunnel::base::{Dist, Stream};
use windtunnel::validate::{Case, cases};

/// The reference result with this metric.
fn case(metric: &str) -> &'static Case {
    cases().iter().find(|case| case.metric == metric).expect("the row is there")
}

/// Waiting times of an M/M/1 queue that starts empty, in milliseconds, by Lindley's recursion.
fn waits(replication: u32, load: f64, service_ms: f64) -> impl Iterator<Item = f64> {
    let mut gaps = Stream::new(1, "gap", "lindley", replication);
    let mut services = Stream::new(1, "service", "lindley", replication);
    let (gap, service) = (Dist::Exp(service_ms / load), Dist::Exp(service_ms));
    std::iter::successors(Some(0.0), move |wait: &f64| {
        Some((wait + services.sample(&service) - gaps.sample(&gap)).max(0.0))
    })
}

/// A run is planned by (1.96 / (eps mean))^2 v.
#[test]
fn lengths_of_runs_follow_from_the_variance_of_means() {
    let row = case("N_times_var_of_mean_wait");
    let param = |name: &str| row.params[name].as_f64().expect("a number");
    let wait = param("rho") * param("mean_service_ms") / (1.0 - param("rho"));
    for (metric, half_width) in [("N_for_1pct_half_width", 0.01), ("N_for_5pct_half_width", 0.05)] {
        let ratio = 1.96 / (half_width * wait);
        let needed = ratio * ratio * row.expected.as_f64().expect("a number");
        let expected = case(metric).expected.as_f64().expect("a number");
        assert!((needed / expected - 1.0).abs() < 1e-3, "{metric}: {needed} for {expected}");
    }
}

#[test]
fn intervals_of_replications_and_of_paired_differences_cover_as_often_as_they_say() {
    const TRIALS: u32 = 400;
    const RUNS: u32 = 5;
    let of = |replication, load| {
        mean(&waits(replication, load, 10.0).skip(250).take(2_500).collect::<Vec<_>>())
            .expect("some")
    };
    let trial = |trial: u32| {
        let pairs: Vec<(f64, f64)> =
            (0..RUNS).map(|run| trial * RUNS + run).map(|it| (of(it, 0.6), of(it, 0.5))).collect();
        let firsts: Vec<f64> = pairs.iter().map(|(first, _)| *first).collect();
        let alone = interval(&firsts, 0.95).expect("five");
        let difference = paired(&pairs, 0.95).expect("five pairs");
        // Waits of 15 and 10 ms.
        let is_in = |mean: f64, half: f64, truth: f64| u32::from((mean - truth).abs() <= half);
        [
            is_in(alone.mean, alone.half_width.expect("more than one"), 15.0),
            is_in(difference.mean, difference.half_width, 5.0),
        ]
    };
    let covered =
        (0..TRIALS).into_par_iter().map(trial).reduce(|| [0, 0], |a, b| [a[0] + b[0], a[1] + b[1]]);
    for covered in covered {
        // Four standard errors of a share of 0.95 over 400 trials.
        let share = f64::from(covered) / f64::from(TRIALS);
        assert!((share - 0.95).abs() < 0.044, "covered {share}");
    }
}

#[test]
fn truncation_removes_what_is_transient() {
    // A queue at half load that starts with 5 s of work: the transient lasts some 500 requests.
    let truncated = |replication: u32| {
        let values = busy_start(replication);
        let cut = mser5(&values)?;
        assert!(cut >= 300, "{cut}");
        Some([mean(&values)?, mean(&values[cut..])?])
    };
    let found: Vec<[f64; 2]> = (0..200).into_par_iter().filter_map(truncated).collect();
    assert!(found.len() > 195, "{}", found.len());
    let of = |which: usize| mean(&found.iter().map(|it| it[which]).collect::<Vec<_>>());
    let [whole, kept] = [0, 1].map(|which| of(which).expect("some"));
    assert!(whole > 60.0 && (kept - 10.0).abs() < 0.3, "{whole}, truncated {kept}");
}

/// Waits of M/M/1 at half load (10 ms on average) behind 5 s of work.
fn busy_start(replication: u32) -> Vec<f64> {
    let mut gaps = Stream::new(2, "gap", "lindley", replication);
    let mut services = Stream::new(2, "service", "lindley", replication);
    let next = |wait: &f64| {
        let (gap, service) = (Dist::Exp(20.0), Dist::Exp(10.0));
        Some((wait + services.sample(&service) - gaps.sample(&gap)).max(0.0))
    };
    std::iter::successors(Some(5_000.0), next).take(20_000).collect()
}
