//! The statistics against the reference results of area `statistics` (`statistics.json`, each row
//! with its source): what theory says of means of queues, of intervals, of common random numbers, of
//! the bias of an empty start, and of samplers. Waiting times come from Lindley's recursion where
//! only numbers matter, from the simulator where its streams do.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use windtunnel::analysis::stats::{batch_means, interval, mean, paired, sd};
use windtunnel::analysis::warmup::mser5;
use windtunnel::base::math::normal_cdf;
use windtunnel::base::{Dist, Popularity, Span, Stream, unit};
use windtunnel::scenario::load;
use windtunnel::simulate::run;

#[derive(Deserialize)]
struct Row {
    id: String,
    params: Value,
    expected: Value,
    tolerance: Value,
}

impl Row {
    /// The row with this metric.
    fn of(metric: &str) -> Self {
        let rows: Vec<Value> = serde_json::from_str(include_str!("statistics.json")).expect("rows");
        let row =
            rows.into_iter().find(|row| row["id"].as_str().expect("a name").ends_with(metric));
        serde_json::from_value(row.expect("the row is there")).expect("a row")
    }

    fn param(&self, name: &str) -> f64 {
        self.params[name].as_f64().expect("a number")
    }

    /// How far a result may lie off, `wider` times if it comes from less than the row states.
    fn judge(&self, measured: f64, wider: f64) {
        let (expected, allowed) = (self.expected.as_f64(), self.tolerance["value"].as_f64());
        let (expected, allowed) = (expected.expect("a number"), allowed.expect("a number"));
        let well = match self.tolerance["type"].as_str().expect("a type") {
            "abs" => (measured - expected).abs() <= allowed * wider,
            "rel" => (measured / expected - 1.0).abs() <= allowed * wider,
            "factor" => measured <= expected * allowed && measured >= expected / allowed,
            other => panic!("what is {other}?"),
        };
        assert!(well, "{}: {measured} for {expected}", self.id);
    }
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

fn variance(values: &[f64]) -> f64 {
    sd(values).expect("at least two") * sd(values).expect("at least two")
}

#[test]
fn means_of_a_queue_vary_as_theory_says() {
    const N: usize = 20_000;
    let row = Row::of("N_times_var_of_mean_wait");
    let (load, service) = (row.param("rho"), row.param("mean_service_ms"));
    let one = |replication| {
        mean(&waits(replication, load, service).skip(2_000).take(N).collect::<Vec<_>>())
    };
    let means: Vec<f64> = (0..400).into_par_iter().filter_map(one).collect();
    row.judge(N as f64 * variance(&means), 1.0);
    // What the row's closed form says of the length of a run: (1.96 / (eps mean))^2 v.
    for (metric, half_width) in [("N_for_1pct_half_width", 0.01), ("N_for_5pct_half_width", 0.05)] {
        let wait = load * service / (1.0 - load);
        let ratio = 1.96 / (half_width * wait);
        let needed = ratio * ratio * row.expected.as_f64().expect("a number");
        let expected = Row::of(metric).expected.as_f64().expect("a number");
        assert!((needed / expected - 1.0).abs() < 1e-3, "{metric}: {needed} for {expected}");
    }
}

#[test]
fn intervals_from_batch_means_cover_as_often_as_they_say() {
    const REPLICATIONS: u32 = 120;
    let row = Row::of("coverage_of_95pct_CI");
    let (load, service) = (row.param("rho"), row.param("mean_service_ms"));
    let truth = load * service / (1.0 - load);
    let (n, warmup) = (row.param("n_requests") as usize, row.param("warmup") as usize);
    let covers = |replication: &u32| {
        let values: Vec<f64> = waits(*replication, load, service).skip(warmup).take(n).collect();
        let batches = batch_means(&values, row.param("batches") as usize);
        let found = interval(&batches, 0.95).expect("twenty batches");
        (found.mean - truth).abs() <= found.half_width.expect("more than one")
    };
    let covered = (0..REPLICATIONS).into_par_iter().filter(covers).count();
    // Stated for 400 replications.
    row.judge(covered as f64 / f64::from(REPLICATIONS), (400.0 / f64::from(REPLICATIONS)).sqrt());
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
fn common_random_numbers_cancel_what_designs_share() {
    const REQUESTS: f64 = 20_000.0;
    let row = Row::of("mean_difference_ms");
    let gap_ms = 1.0 / row.param("lambda_per_ms");
    let sojourns = |service_ms: f64| -> Vec<f64> {
        let sets = [("gap", gap_ms), ("service", service_ms)];
        let sets = sets.map(|(name, ms)| (name.to_owned(), format!("Exp(\"{ms}ms\")")));
        let loaded = load(Path::new("scenarios/theory/queue.ron"), &sets);
        let mut scenario = loaded.unwrap_or_else(|mistakes| panic!("{mistakes}")).scenario;
        scenario.run.warmup = Span::from_ms(gap_ms * REQUESTS / 10.0);
        scenario.run.length = Span::from_ms(gap_ms * REQUESTS * 1.1);
        let scenario = Arc::new(scenario);
        let one = |seed| run(&scenario, 0, seed).flows["request"].latency.mean().expect("some");
        (1..=40u64).into_par_iter().map(|seed| one(seed) / 1e6).collect()
    };
    let (slow, fast) = (sojourns(row.param("s1_ms")), sojourns(row.param("s2_ms")));
    let same: Vec<f64> = slow.iter().zip(&fast).map(|(a, b)| a - b).collect();
    // The next seed's run is independent of this one's.
    let other: Vec<f64> =
        slow.iter().zip(fast.iter().cycle().skip(1)).map(|(a, b)| a - b).collect();
    row.judge(mean(&same).expect("some"), 1.0);
    Row::of("variance_reduction_factor_crn_over_independent")
        .judge(variance(&other) / variance(&same), 1.0);
}

#[test]
fn an_empty_start_biases_a_short_mean_and_truncation_removes_what_is_transient() {
    let row = Row::of("mean_of_first_n_waits_from_empty");
    let (load, service) = (row.param("rho"), row.param("mean_service_ms"));
    let first = row.param("n") as usize;
    let one =
        |replication| mean(&waits(replication, load, service).take(first).collect::<Vec<_>>());
    let means: Vec<f64> = (0..4_000).into_par_iter().filter_map(one).collect();
    row.judge(mean(&means).expect("some"), (2_000.0_f64 / 4_000.0).sqrt());

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

#[test]
fn extreme_quantiles_of_samplers_are_where_they_should_be() {
    for (id, dist) in [
        ("ST-Exp/p999_of_1e6_samples", Dist::Exp(1.0)),
        ("ST-Logn/p999_of_1e6_samples", Dist::LogNormal { mu: 0.0, sigma: 1.0 }),
    ] {
        let mut stream = Stream::new(1, "sampler", id, 0);
        let mut draws: Vec<f64> = (0..1_000_000).map(|_| stream.sample(&dist)).collect();
        // Nearest rank.
        let (_, found, _) = draws.select_nth_unstable_by(999_000 - 1, f64::total_cmp);
        Row::of(id).judge(*found, 1.0);
    }
}

/// A distribution function.
type Cdf = fn(f64) -> f64;

/// The samplers with their distribution functions.
fn samplers() -> Vec<(Dist, Cdf)> {
    use libm::{exp, log, pow};
    let mixed = Dist::Mix(vec![(0.5, Dist::Exp(1.0)), (0.5, Dist::Uniform(0.0, 2.0))]);
    vec![
        (Dist::Uniform(2.0, 6.0), |x| ((x - 2.0) / 4.0).clamp(0.0, 1.0)),
        (Dist::Uniform(0.0, 1.0), |x| x.clamp(0.0, 1.0)),
        (Dist::Exp(1.0), |x| 1.0 - exp(-x)),
        (Dist::Exp(5.0), |x| 1.0 - exp(-x / 5.0)),
        (Dist::Exp(1e-3), |x| 1.0 - exp(-x * 1e3)),
        (Dist::Normal(10.0, 2.0), |x| normal_cdf((x - 10.0) / 2.0)),
        (Dist::Normal(100.0, 1.0), |x| normal_cdf(x - 100.0)),
        (Dist::LogNormal { mu: 0.0, sigma: 1.0 }, |x| normal_cdf(log(x))),
        (Dist::LogNormal { mu: 1.0, sigma: 0.5 }, |x| normal_cdf((log(x) - 1.0) / 0.5)),
        (Dist::LogNormal { mu: 2.0, sigma: 2.0 }, |x| normal_cdf((log(x) - 2.0) / 2.0)),
        (Dist::Erlang { shape: 1, mean: 2.0 }, |x| erlang(1, x / 2.0)),
        (Dist::Erlang { shape: 2, mean: 2.0 }, |x| erlang(2, x)),
        (Dist::Erlang { shape: 4, mean: 4.0 }, |x| erlang(4, x)),
        (Dist::Erlang { shape: 9, mean: 9.0 }, |x| erlang(9, x)),
        (Dist::HyperExp(vec![(0.9, 1.0), (0.1, 11.0)]), |x| {
            1.0 - 0.9 * exp(-x) - 0.1 * exp(-x / 11.0)
        }),
        (Dist::HyperExp(vec![(0.5, 1.0), (0.3, 2.0), (0.2, 3.0)]), |x| {
            1.0 - 0.5 * exp(-x) - 0.3 * exp(-x / 2.0) - 0.2 * exp(-x / 3.0)
        }),
        (Dist::Pareto { min: 1.0, alpha: 1.5 }, |x| 1.0 - pow(x, -1.5)),
        (Dist::Pareto { min: 2.0, alpha: 5.0 }, |x| 1.0 - pow(x / 2.0, -5.0)),
        (mixed, |x| 0.5 * (1.0 - exp(-x)) + 0.5 * (x / 2.0).clamp(0.0, 1.0)),
        (Dist::Exp(1.0).scaled(3.0), |x| 1.0 - exp(-x / 3.0)),
    ]
}

/// Of a sum of so many exponentials of mean 1.
fn erlang(shape: u32, x: f64) -> f64 {
    let mut term = libm::exp(-x);
    let mut below = term;
    for phase in 1..shape {
        term *= x / f64::from(phase);
        below += term;
    }
    1.0 - below
}

/// The largest distance between what was drawn and what should have been.
fn kolmogorov_smirnov(mut draws: Vec<f64>, cdf: Cdf) -> f64 {
    draws.sort_unstable_by(f64::total_cmp);
    let n = draws.len() as f64;
    let distance = |(at, draw): (usize, &f64)| {
        let (below, expected) = (at as f64 / n, cdf(*draw));
        (expected - below).abs().max((below + 1.0 / n - expected).abs())
    };
    draws.iter().enumerate().map(distance).fold(0.0, f64::max)
}

#[test]
fn every_sampler_draws_what_it_says() {
    const N: usize = 100_000;
    assert!(Row::of("ST-Gof/ks_rule").expected.is_string(), "the rule, in words");
    let samplers = samplers();
    assert_eq!(samplers.len(), 20);
    let cases: Vec<(usize, u64)> =
        (0..20).flat_map(|at| (1..=5).map(move |seed| (at, seed))).collect();
    let rejected = |&(at, seed): &(usize, u64)| {
        let (dist, cdf) = &samplers[at];
        let mut stream = Stream::new(seed, "goodness of fit", "", at as u32);
        let draws = (0..N).map(|_| stream.sample(dist)).collect();
        kolmogorov_smirnov(draws, *cdf) > 1.95 / (N as f64).sqrt()
    };
    let rejected: Vec<_> = cases.par_iter().filter(|it| rejected(it)).collect();
    assert!(rejected.len() <= 1, "{rejected:?}");
}

/// Pearson's statistic, and what it exceeds with a probability of 0.001 (Wilson and Hilferty).
fn chi_square(seen: &[u64], shares: &[f64]) -> (f64, f64) {
    let total: u64 = seen.iter().sum();
    let cell = |(seen, share): (&u64, &f64)| {
        let expected = share * total as f64;
        assert!(expected > 5.0, "a cell too rare to judge");
        (*seen as f64 - expected) * (*seen as f64 - expected) / expected
    };
    let freedom = (seen.len() - 1) as f64;
    let spread = 2.0 / (9.0 * freedom);
    let root = 1.0 - spread + 3.0902 * spread.sqrt();
    (seen.iter().zip(shares).map(cell).sum(), freedom * root * root * root)
}

#[test]
fn discrete_draws_are_as_likely_as_they_should_be() {
    const N: u64 = 100_000;
    let weights: Vec<f64> = (1..=50).map(|place| libm::pow(f64::from(place), -0.99)).collect();
    let sum: f64 = weights.iter().sum();
    let zipf: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let poisson: Vec<f64> = (0..9)
        .scan(libm::exp(-3.0), |term, k| {
            let share = *term;
            *term *= 3.0 / f64::from(k + 1);
            Some(share)
        })
        .collect();
    let rest = 1.0 - poisson.iter().sum::<f64>();
    let poisson: Vec<f64> = poisson.into_iter().chain([rest]).collect();
    let mut rejected = Vec::new();
    for seed in 1..=5 {
        let popularity = Popularity::zipf(50, 0.99);
        let draw = |name: &str, cells: usize, pick: &mut dyn FnMut(&mut Stream) -> u64| {
            let mut stream = Stream::new(seed, "discrete", name, 0);
            let mut seen = vec![0; cells];
            (0..N).for_each(|_| seen[pick(&mut stream) as usize] += 1);
            seen
        };
        let mut judge = |name: &str, seen: &[u64], shares: &[f64]| {
            let (found, limit) = chi_square(seen, shares);
            if found > limit {
                rejected.push(format!("{name}, seed {seed}: {found} above {limit}"));
            }
        };
        judge("zipf", &draw("zipf", 50, &mut |it| popularity.pick(it.next_u64())), &zipf);
        judge("die", &draw("die", 6, &mut |it| it.below(6)), &[1.0 / 6.0; 6]);
        let coin = draw("coin", 2, &mut |it| u64::from(unit(it.next_u64()) < 0.03));
        judge("coin", &coin, &[0.97, 0.03]);
        // Arrivals of a Poisson process within three of its mean gaps.
        let arrivals = draw("poisson", 10, &mut |it| {
            let mut now = it.sample(&Dist::Exp(1.0));
            let mut count = 0;
            while now < 3.0 {
                count += 1;
                now += it.sample(&Dist::Exp(1.0));
            }
            count.min(9)
        });
        judge("poisson", &arrivals, &poisson);
    }
    assert!(rejected.len() <= 1, "{rejected:#?}");
}
