//! Cases that no single run can show: verdicts on recorded histories, and statistics over many runs.
//! Each names a method of the table below; a method is pure, and knows the case's parameters, a seed
//! and how many trials are wanted.

use serde_json::Value;

use super::case::Case;
use super::job::Shortcoming;
use super::method::{histories, order, runs, samplers, waits};
use super::template::Params;

/// What a method is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Which of its figures.
    pub metric: String,
    /// About what.
    pub params: Params,
    /// Where its chance comes from.
    pub seed: u64,
    /// How many trials to make.
    pub trials: usize,
}

impl Asked {
    /// A parameter of the case.
    pub(super) fn number(&self, name: &str) -> Result<f64, String> {
        let number = self.params.get(name).and_then(Value::as_f64);
        number.ok_or_else(|| format!("the case has no number `{name}`"))
    }
}

/// A way to a figure.
#[derive(Debug)]
pub(super) struct Method {
    /// As the plan calls it.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Trials of one replication where the case states no number of its own; `None` if it is exact,
    /// without chance.
    pub trials: Option<u64>,
    /// The parameters that it reads, `$` before each.
    pub reads: &'static [&'static str],
    /// What a trial costs, in events of a run.
    pub cost: f64,
    /// Does it.
    pub run: fn(&Asked) -> Result<Value, String>,
}

/// All methods.
pub(super) const METHODS: &[Method] = &[
    Method {
        name: "history",
        about: "the checker of such histories judges the case's own",
        trials: None,
        reads: &[],
        cost: 1.0,
        run: histories::judged,
    },
    Method {
        name: "variance of means",
        about: "20 000 times the variance of the mean waits of runs of scenarios/theory/queue.ron, \
                20 000 requests each after 2 000, one run a trial",
        trials: Some(261),
        reads: &["$rho", "$mean_service_ms"],
        cost: 88_000.0,
        run: runs::variance_of_means,
    },
    Method {
        name: "requests for a half width",
        about: "(1.96 / (share * mean))^2 times that variance, mean and variance of the same runs",
        trials: Some(261),
        reads: &["$rho", "$mean_service_ms"],
        cost: 88_000.0,
        run: runs::requests_for,
    },
    Method {
        name: "order of backoffs",
        about: "means of offered(change) of scenarios/theory/contention.ron with each `backoff`, one \
                run each a trial, in order; alike (~) within 5 %",
        trials: Some(10),
        reads: &["$clients"],
        cost: 150_000.0,
        run: order::of_backoffs,
    },
    Method {
        name: "goodness of fit",
        about: "Kolmogorov and Smirnov's test of 20 samplers and Pearson's of five discrete ones, \
                100 000 draws from our streams under five seeds each",
        trials: None,
        reads: &[],
        cost: 10_000_000.0,
        run: samplers::fit,
    },
    Method {
        name: "common random numbers",
        about: "pairs of runs of scenarios/theory/queue.ron that differ in `service` alone, 20 000 \
                requests each after 2 000, one pair a trial",
        trials: Some(85),
        reads: &["$lambda_per_ms", "$s1_ms", "$s2_ms"],
        cost: 176_000.0,
        run: runs::common_random_numbers,
    },
    Method {
        name: "coverage of batch means",
        about: "the share of trials whose interval from batch means holds the true mean; waits by \
                Lindley's recursion from our streams, since batches are counted in requests",
        trials: Some(400),
        reads: &["$rho", "$mean_service_ms", "$n_requests", "$warmup", "$batches"],
        cost: 110_000.0,
        run: waits::coverage,
    },
    Method {
        name: "mean from empty",
        about: "the mean of the first waits from empty, one replication a trial; waits by Lindley's \
                recursion from our streams, since a run ends after a time and not after so many \
                requests",
        trials: Some(2_000),
        reads: &["$rho", "$mean_service_ms", "$n"],
        cost: 500.0,
        run: waits::mean_from_empty,
    },
];

/// A method applied to a case.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    method: &'static Method,
    trials: Option<u64>,
    metric: String,
    params: Params,
}

impl Computed {
    /// As the plan says.
    pub(super) fn new(case: &Case, method: &str) -> Result<Self, Shortcoming> {
        let found = METHODS.iter().find(|known| known.name == method);
        let method = found.ok_or_else(|| format!("there is no method `{method}`"))?;
        let trials = method.trials.map(|usual| case.tolerance.n.unwrap_or(usual));
        Ok(Self { method, trials, metric: case.metric.clone(), params: case.params.clone() })
    }

    /// Makes fewer trials, ten at least: about so many events.
    pub(super) fn limit(&mut self, events: f64) {
        let most = ((events / self.method.cost) as u64).max(10);
        self.trials = self.trials.map(|stated| stated.min(most));
    }

    /// About how many events a replication costs.
    pub(super) fn events(&self) -> f64 {
        self.trials.unwrap_or(1) as f64 * self.method.cost
    }

    /// Trials of a replication; `None` where there is no chance.
    pub(super) fn trials(&self) -> Option<f64> {
        self.trials.map(|trials| trials as f64)
    }

    /// Is it the same for every seed?
    pub(super) fn is_exact(&self) -> bool {
        self.trials.is_none()
    }

    /// What it does.
    pub(super) fn about(&self) -> &'static str {
        self.method.about
    }

    /// One replication. Pure.
    pub(super) fn run(&self, seed: u64) -> Result<Value, String> {
        let trials = self.trials.unwrap_or(1) as usize;
        let (metric, params) = (self.metric.clone(), self.params.clone());
        (self.method.run)(&Asked { metric, params, seed, trials })
    }
}

/// The parameters that a method reads, `$` before each.
pub(super) fn reads(method: &str) -> &'static [&'static str] {
    METHODS.iter().find(|known| known.name == method).map_or(&[], |method| method.reads)
}

/// The stated number of trials of a method, where a case names none.
pub(super) fn stated_trials(method: &str) -> Option<u64> {
    METHODS.iter().find(|known| known.name == method)?.trials
}
