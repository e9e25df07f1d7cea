//! A scenario with its knobs turned, to be run with several seeds, from which the figures of one or
//! more cases are read. Everything goes the way of `windtunnel run`: the scenario's text, values
//! of its knobs, a length, and expressions of the language of expectations.

use std::ops::BitOr;
use std::sync::Arc;

use serde_json::Value;

use super::campaign::Figures;
use super::case::Case;
use super::job::Shortcoming;
use super::plan::{Recipe, leaves};
use super::reading::{FIRST, Reading};
use super::template::{Quotes, fill, quantity};
use crate::analysis::stats::mean;
use crate::base::Span;
use crate::probes::Extras;
use crate::scenario::parse;
use crate::scenario::tree::Scenario;
use crate::scenario::units::Quantity;
use crate::simulate;

/// A scenario to run.
#[derive(Debug)]
pub(super) struct Simulated {
    /// The name of its scenario.
    name: String,
    design: usize,
    sets: Vec<(String, String)>,
    extent: Extent,
    scenario: Scenario,
    reads: Vec<Reading>,
}

/// How long it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Extent {
    /// So many requests at this rate, after some to warm up.
    Requests {
        rate_per_s: f64,
        measured: f64,
        warmup: f64,
        /// The warm-up is never shorter.
        least_warmup: f64,
        events_per_request: f64,
    },
    /// A fixed stretch after a warm-up, with about so many events.
    Stretch { measured: Span, warmup: Span, events: f64 },
    /// The mean of so many runs, each of a fixed stretch with about so many events.
    Trials { runs: f64, measured: Span, warmup: Span, events: f64 },
}

/// The mean of fewer runs tells too little.
const FEWEST_TRIALS: f64 = 10.0;

/// What a replication needs to run.
#[derive(Debug)]
pub(super) struct Work {
    scenario: Arc<Scenario>,
    design: usize,
    reads: Vec<Reading>,
    /// Runs of which it is the mean.
    runs: u64,
}

impl Simulated {
    /// What this case needs, with nothing read yet.
    pub(super) fn new(
        case: &Case,
        recipe: &Recipe,
        scenario: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Self, Shortcoming> {
        let name = &recipe.scenario;
        let text = scenario(name).ok_or_else(|| format!("there is no scenario `{name}`"))?;
        let filled = recipe
            .knobs(case)
            .map(|(knob, value)| Ok((knob.clone(), fill(value, &case.params, Quotes::Scenario)?)));
        let sets = filled.collect::<Result<Vec<_>, String>>()?;
        let scenario = parse(&file(name), text, &sets).map_err(|found| found.render(false))?;
        let wanted = recipe.design.as_ref().unwrap_or(&scenario.designs[0].name);
        let design = scenario.designs.iter().position(|design| design.name == *wanted);
        let design = design.ok_or_else(|| format!("`{name}` has no design `{wanted}`"))?;
        let extent = Extent::new(case, recipe)?;
        Ok(Self { name: name.clone(), design, sets, extent, scenario, reads: Vec::new() })
    }

    /// Would the two be the same runs, but for their length?
    pub(super) fn shares_runs_with(&self, other: &Self) -> bool {
        let alike = match (self.extent, other.extent) {
            (Extent::Requests { rate_per_s: a, .. }, Extent::Requests { rate_per_s: b, .. }) => {
                a == b
            }
            (a, b) => a == b,
        };
        let same =
            (&self.name, self.design, &self.sets) == (&other.name, other.design, &other.sets);
        alike && same
    }

    /// Reads the figures of one more case; says which is the first of them.
    pub(super) fn want(&mut self, case: &Case, read: &Value) -> Result<usize, Shortcoming> {
        let first = self.reads.len();
        let mut texts = Vec::new();
        leaves(read, &mut texts);
        for text in texts {
            let text = fill(text, &case.params, Quotes::Expression)?;
            self.reads.push(Reading::new(text, &self.scenario)?);
        }
        if let Extent::Requests { measured, warmup, .. } = &mut self.extent {
            // The longest that any of its cases states.
            let stated = case.stated() as f64;
            let share = *warmup / *measured;
            *measured = measured.max(stated);
            *warmup = warmup.max(case.tolerance.warmup.map_or(share * *measured, |n| n as f64));
        }
        Ok(first)
    }

    /// Shortens its runs to so many events.
    pub(super) fn limit(&mut self, events: f64) {
        let fraction = (events / self.events()).min(1.0);
        match &mut self.extent {
            Extent::Requests { measured, warmup, least_warmup, .. } => {
                *measured *= fraction;
                *warmup = (*warmup * fraction).max(*least_warmup);
            }
            Extent::Trials { runs, .. } => {
                *runs = (*runs * fraction).floor().max(FEWEST_TRIALS).min(*runs);
            }
            Extent::Stretch { .. } => {}
        }
        let length = self.extent.warmup() + self.extent.measured();
        (self.scenario.run.warmup, self.scenario.run.length) = (self.extent.warmup(), length);
    }

    /// About how many events a run has.
    pub(super) fn events(&self) -> f64 {
        match self.extent {
            Extent::Requests { measured, warmup, events_per_request, .. } => {
                (measured + warmup) * events_per_request
            }
            Extent::Stretch { events, .. } => events,
            Extent::Trials { runs, events, .. } => runs * events,
        }
    }

    /// Measured requests of a replication, or runs of which it is the mean; `None` where its
    /// stretch is fixed.
    pub(super) fn requests(&self) -> Option<f64> {
        match self.extent {
            Extent::Requests { measured, .. } => Some(measured),
            Extent::Trials { runs, .. } => Some(runs),
            Extent::Stretch { .. } => None,
        }
    }

    /// Is a replication the mean of several runs?
    pub(super) fn are_trials(&self) -> bool {
        matches!(self.extent, Extent::Trials { .. })
    }

    /// What its replications need.
    pub(super) fn work(&self) -> Arc<Work> {
        Arc::new(Work {
            scenario: Arc::new(self.scenario.clone()),
            design: self.design,
            reads: self.reads.clone(),
            runs: match self.extent {
                Extent::Trials { runs, .. } => runs as u64,
                _ => 1,
            },
        })
    }

    /// What is read for a shape whose first figure this is.
    pub(super) fn texts(&self, first: usize, shape: &Value) -> Vec<String> {
        let mut leaves_of = Vec::new();
        leaves(shape, &mut leaves_of);
        self.reads[first..first + leaves_of.len()].iter().map(|read| read.text.clone()).collect()
    }

    /// The command line of one of its runs (whose warm-up is the scenario's own).
    pub(super) fn command(&self) -> String {
        let sets = self.sets.iter().map(|(knob, value)| format!(" --set '{knob}={value}'"));
        let (sets, length) = (sets.collect::<String>(), self.scenario.run.length);
        let design = &self.scenario.designs[self.design].name;
        format!("windtunnel run {}{sets} --design {design} --for {length}", file(&self.name))
    }
}

impl Extent {
    fn new(case: &Case, recipe: &Recipe) -> Result<Self, Shortcoming> {
        let of = |text: &str| quantity(text, &case.params);
        let Quantity::Duration(after) = of(&recipe.after)? else {
            return Err(Shortcoming(format!("`{}` is no duration", recipe.after)));
        };
        let after = Span::from_ns(after);
        if let Some(length) = &recipe.length {
            return match (of(length)?, of(&recipe.cost)?) {
                (Quantity::Duration(ns), Quantity::Number(events)) => {
                    let (measured, warmup) = (Span::from_ns(ns), after);
                    let runs = case.stated() as f64;
                    Ok(if recipe.is_trial {
                        Self::Trials { runs, measured, warmup, events }
                    } else {
                        Self::Stretch { measured, warmup, events }
                    })
                }
                (length, cost) => {
                    Err(Shortcoming(format!("{} with {}", length.kind(), cost.kind())))
                }
            };
        }
        let rate = recipe.rate.as_deref().unwrap_or("0");
        match (of(rate)?, of(&recipe.cost)?) {
            (Quantity::Rate(rate_per_s), Quantity::Number(events_per_request)) => {
                let measured = case.stated() as f64;
                let warmup = case.tolerance.warmup.map_or(recipe.warmup * measured, |n| n as f64);
                let least_warmup = after.as_secs() * rate_per_s;
                Ok(Self::Requests {
                    rate_per_s,
                    measured,
                    warmup,
                    least_warmup,
                    events_per_request,
                })
            }
            (rate, cost) => Err(Shortcoming(format!("{} at {}", rate.kind(), cost.kind()))),
        }
    }

    fn warmup(self) -> Span {
        match self {
            Self::Requests { rate_per_s, warmup, .. } => Span::from_secs(warmup / rate_per_s),
            Self::Stretch { warmup, .. } | Self::Trials { warmup, .. } => warmup,
        }
    }

    fn measured(self) -> Span {
        match self {
            Self::Requests { rate_per_s, measured, .. } => Span::from_secs(measured / rate_per_s),
            Self::Stretch { measured, .. } | Self::Trials { measured, .. } => measured,
        }
    }
}

impl Work {
    /// One replication: a run, or the mean of several.
    pub(super) fn run(&self, seed: u64) -> Figures {
        if self.runs == 1 {
            return self.run_once(seed);
        }
        let trials = (1..=self.runs).map(|trial| self.run_once((seed - 1) * self.runs + trial));
        let trials: Vec<Figures> = trials.collect();
        (0..self.reads.len()).map(|read| mean_of(&trials, read)).collect()
    }

    fn run_once(&self, seed: u64) -> Figures {
        let (scenario, design) = (&self.scenario, self.design);
        let extras = self.reads.iter().map(Reading::extras).fold(Extras::NONE, Extras::bitor);
        let (outcome, story) = if self.reads.iter().any(Reading::is_told) {
            let (outcome, story) = simulate::explain(scenario, design, seed, FIRST, extras);
            (outcome, Some(story))
        } else {
            (simulate::run_with(scenario, design, seed, extras), None)
        };
        self.reads.iter().map(|read| read.of(&outcome, story.as_ref())).collect()
    }
}

/// The mean of one figure over all trials, or why one of them has none.
fn mean_of(trials: &[Figures], read: usize) -> Result<Value, String> {
    let value = |figures: &Figures| {
        let value = figures[read].as_ref().map_err(Clone::clone)?;
        value.as_f64().ok_or_else(|| "a mean is of numbers".to_owned())
    };
    let values = trials.iter().map(value).collect::<Result<Vec<f64>, String>>()?;
    mean(&values).map(Value::from).ok_or_else(|| "there were no trials".to_owned())
}

fn file(name: &str) -> String {
    format!("scenarios/{name}.ron")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replication_of_trials_is_their_mean_or_the_first_that_has_none() {
        let figures = |value: f64| vec![Ok(value.into()), Ok("a word".into())];
        let trials = [figures(1.0), figures(2.0), figures(6.0)];
        assert_eq!(mean_of(&trials, 0), Ok(3.0.into()));
        assert!(mean_of(&trials, 1).is_err());
        let broken = [figures(1.0), vec![Err("nothing was done".to_owned())]];
        assert_eq!(mean_of(&broken, 0), Err("nothing was done".to_owned()));
    }
}
