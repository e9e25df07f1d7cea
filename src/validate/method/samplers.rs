//! Whether every sampler draws what it says: the tests of Kolmogorov and Smirnov (continuous ones) and
//! of Pearson (discrete ones), over five seeds each.

use serde_json::Value;

use crate::base::math::{exp, ln, normal_cdf, pow, sqrt};
use crate::base::{Between, Dist, Popularity, Stream, unit};
use crate::validate::computed::Asked;

/// Draws of each sampler under each seed.
const DRAWS: usize = 100_000;
/// The seeds.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;
/// Rejections of each kind of test that chance may bring.
const ALLOWED: usize = 1;

/// How many tests reject, in words; an error if those are more than chance brings.
pub(crate) fn fit(_: &Asked) -> Result<Value, String> {
    let (continuous, discrete) = (samplers(), discrete());
    let mut distances = Vec::new();
    let mut squares = Vec::new();
    for seed in SEEDS {
        for (at, (dist, cdf)) in continuous.iter().enumerate() {
            let mut stream = Stream::new(seed, "goodness of fit", "", at as u32);
            let draws = (0..DRAWS).map(|_| stream.sample(dist)).collect();
            let distance = kolmogorov_smirnov(draws, *cdf);
            if distance > 1.95 / sqrt(DRAWS as f64) {
                distances.push(format!("{dist:?} under seed {seed}: D = {distance:.5}"));
            }
        }
        for Discrete { name, draw, shares } in &discrete {
            let mut stream = Stream::new(seed, "goodness of fit", name, 0);
            let mut seen = vec![0; shares.len()];
            (0..DRAWS).for_each(|_| seen[draw(&mut stream)] += 1);
            let (found, limit) = chi_square(&seen, shares);
            if found > limit {
                squares.push(format!("{name} under seed {seed}: {found:.1} above {limit:.1}"));
            }
        }
    }
    if distances.len() > ALLOWED || squares.len() > ALLOWED {
        distances.append(&mut squares);
        return Err(format!("rejected: {}", distances.join("; ")));
    }
    let tests = |samplers: usize| samplers * SEEDS.count();
    let told = format!(
        "{} rejections in {} tests of Kolmogorov and Smirnov, {} in {} of Pearson",
        distances.len(),
        tests(continuous.len()),
        squares.len(),
        tests(discrete.len())
    );
    Ok(told.into())
}

/// A distribution function.
type Cdf = fn(f64) -> f64;

/// The samplers with their distribution functions.
fn samplers() -> Vec<(Dist, Cdf)> {
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
        (Dist::LogNormal { mu: 0.0, sigma: 1.0 }, |x| normal_cdf(ln(x))),
        (Dist::LogNormal { mu: 1.0, sigma: 0.5 }, |x| normal_cdf((ln(x) - 1.0) / 0.5)),
        (Dist::LogNormal { mu: 2.0, sigma: 2.0 }, |x| normal_cdf((ln(x) - 2.0) / 2.0)),
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
    let mut term = exp(-x);
    let mut below = term;
    for phase in 1..shape {
        term *= x / f64::from(phase);
        below += term;
    }
    1.0 - below
}

/// A sampler that draws one of a few.
struct Discrete {
    name: &'static str,
    draw: Box<dyn Fn(&mut Stream) -> usize>,
    /// How often each should be drawn.
    shares: Vec<f64>,
}

/// The discrete samplers.
fn discrete() -> Vec<Discrete> {
    let weights: Vec<f64> = (1..=50).map(|place| pow(f64::from(place), -0.99)).collect();
    let sum: f64 = weights.iter().sum();
    let popularity = Popularity::zipf(50, 0.99);
    let values = Dist::Empirical(vec![0.0, 1.0, 1.0, 2.0]);
    // Arrivals of a Poisson process within three of its mean gaps; nine or more are one cell.
    let arrivals = |stream: &mut Stream| {
        let gap = Dist::Exp(1.0);
        let mut now = stream.sample(&gap);
        let mut count = 0;
        while now < 3.0 {
            count += 1;
            now += stream.sample(&gap);
        }
        count.min(9)
    };
    let term = |term: &mut f64, k: u32| {
        let share = *term;
        *term *= 3.0 / f64::from(k + 1);
        Some(share)
    };
    let mut poisson: Vec<f64> = (0..9).scan(exp(-3.0), term).collect();
    poisson.push(1.0 - poisson.iter().sum::<f64>());
    vec![
        Discrete {
            name: "zipf",
            draw: Box::new(move |it| popularity.pick(it.next_u64()) as usize),
            shares: weights.iter().map(|weight| weight / sum).collect(),
        },
        Discrete {
            name: "die",
            draw: Box::new(|it| it.below(6) as usize),
            shares: vec![1.0 / 6.0; 6],
        },
        Discrete {
            name: "coin",
            draw: Box::new(|it| usize::from(unit(it.next_u64()) < 0.03)),
            shares: vec![0.97, 0.03],
        },
        Discrete { name: "poisson", draw: Box::new(arrivals), shares: poisson },
        Discrete {
            name: "empirical",
            draw: Box::new(move |it| it.sample(&values) as usize),
            shares: vec![0.25, 0.5, 0.25],
        },
    ]
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
    let root = 1.0 - spread + 3.0902 * sqrt(spread);
    (seen.iter().zip(shares).map(cell).sum(), freedom * root * root * root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_that_is_off_by_two_per_cent_is_rejected() {
        let mut stream = Stream::new(1, "goodness of fit", "off", 0);
        let draws: Vec<f64> = (0..DRAWS).map(|_| stream.sample(&Dist::Exp(1.0))).collect();
        let limit = 1.95 / sqrt(DRAWS as f64);
        assert!(kolmogorov_smirnov(draws.clone(), |x| 1.0 - exp(-x)) < limit);
        assert!(kolmogorov_smirnov(draws, |x| 1.0 - exp(-x / 1.02)) > limit);
    }

    #[test]
    fn a_die_that_is_loaded_is_rejected() {
        let fair = [1.0 / 6.0; 6];
        let (found, limit) = chi_square(&[1_000; 6], &fair);
        assert!(found < limit && (20.0..21.0).contains(&limit), "{limit}");
        let (found, limit) = chi_square(&[900, 1_000, 1_000, 1_000, 1_000, 1_100], &fair);
        assert!(found < limit, "twenty, as chance brings once in eight hundred times");
        let (found, limit) = chi_square(&[880, 1_000, 1_000, 1_000, 1_000, 1_120], &fair);
        assert!(found > limit, "{found}");
    }
}
