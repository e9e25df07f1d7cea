//! The statistics beside the rows of area `statistics` that `validate` measures: what intervals of
//! replications and of paired differences cover, what truncation removes, how runs are planned, and
//! that every sampler draws what it says.

use rayon::prelude::*;
use windtunnel::analysis::stats::{interval, mean, paired};
use windtunnel::analysis::warmup::mser5;
use windtunnel::base::math::normal_cdf;
use windtunnel::base::{Between, Dist, Popularity, Stream, unit};
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

/// A distribution function.
type Cdf = fn(f64) -> f64;

/// The samplers with their distribution functions.
fn samplers() -> Vec<(Dist, Cdf)> {
    use libm::{exp, log, pow};
    let between = Between::new(Dist::Exp(2.0), 1.0, 4.0).expect("there are draws");
    let between = Dist::Between(Box::new(between));
    let mixed = Dist::Mix(vec![(0.5, Dist::Exp(1.0)), (0.5, Dist::Uniform(0.0, 2.0))]);
    vec![
        (Dist::Uniform(2.0, 6.0), |x| ((x - 2.0) / 4.0).clamp(0.0, 1.0)),
        (between, |x| (exp(-0.5) - exp(-x / 2.0)) / (exp(-0.5) - exp(-2.0))),
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
    assert!(case("ks_rule").expected.is_string(), "the rule, in words");
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
