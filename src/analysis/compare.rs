//! The designs side by side over the same seeds: means with their intervals, and differences to
//! the first design paired by seed, so that what all designs share cancels. Plain data; times are
//! milliseconds, as in every result.

use serde::Serialize;

use super::Runs;
use super::figures::{About, Figure, figures};
use super::statement::Statement;
use super::stats::{self, Gap};
use super::unit::Unit;
use crate::probes::outcome::Outcome;

/// Confidence of every interval here.
pub const CONFIDENCE: f64 = 0.95;

/// Several designs over the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The scenario's name.
    pub scenario: String,
    /// The seeds that every design was run with; all values are in this order.
    pub seeds: Vec<u64>,
    /// The designs; the first is what the others are compared to.
    pub designs: Vec<DesignSummary>,
    /// Per flow, then for all flows together, per node, and what the scenario declares.
    pub rows: Vec<Row>,
}

/// A design in a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DesignSummary {
    /// Its name.
    pub design: String,
    /// The guards in force.
    pub guards: Vec<String>,
    /// The digest of each seed's run, as 16 hex digits.
    pub digests: Vec<String>,
    /// How many of its runs stopped early.
    pub partial: usize,
}

/// One figure in every design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// The figure, by its name in the registry or in the scenario.
    pub figure: String,
    /// What it is counted in.
    pub unit: Unit,
    /// In the order of designs.
    pub cells: Vec<Cell>,
}

/// One figure in one design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The design.
    pub design: String,
    /// Mean over the seeds that have a value.
    pub mean: Option<f64>,
    /// The mean's 95% interval is ± this; not known of fewer than two seeds.
    pub half_width: Option<f64>,
    /// By how much it differs from the first design.
    pub difference: Option<Difference>,
    /// Per seed; what was not seen is absent.
    pub values: Vec<Option<f64>>,
}

/// A design less the first one, paired by seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Mean difference.
    pub mean: f64,
    /// Its 95% interval is ± this.
    pub half_width: f64,
    /// Chance of a difference as large if there were none, corrected (Holm) for the number of
    /// designs in the row.
    pub p_value: f64,
    /// Does the interval leave out 0?
    pub excludes_zero: bool,
}

impl Comparison {
    /// The row of a figure of a flow; `None` is all flows together.
    pub fn row(&self, flow: Option<&str>, figure: &str) -> Option<&Row> {
        let is_asked = |about: &About| match (about, flow) {
            (About::Flow(name), Some(flow)) => name == flow,
            (About::Flows, None) => true,
            _ => false,
        };
        self.rows.iter().find(|row| row.figure == figure && is_asked(&row.about))
    }
}

impl Row {
    /// The flow that it is about, if it is about one.
    pub fn flow(&self) -> Option<&str> {
        if let About::Flow(name) = &self.about { Some(name) } else { None }
    }

    /// Design `a` less design `b`, paired by seed; `None` below two pairs.
    pub fn paired(&self, a: usize, b: usize) -> Option<Gap> {
        let (a, b) = (&self.cells[a].values, &self.cells[b].values);
        let pairs: Vec<(f64, f64)> = a.iter().zip(b).filter_map(|(a, b)| a.zip(*b)).collect();
        stats::paired(&pairs, CONFIDENCE)
    }
}

/// Compares all designs over the seeds that each of them was run with, by the measures of their
/// scenario as well.
pub fn compare(runs: &Runs, measures: &[(String, Statement)]) -> Comparison {
    let seeds = common_seeds(runs);
    let aligned: Vec<(&String, Vec<&Outcome>)> =
        runs.iter().map(|(name, all)| (name, of_seeds(all, &seeds))).collect();
    let first = runs.values().flatten().next();
    let figures = first.map(|outcome| figures(outcome, measures)).unwrap_or_default();
    Comparison {
        scenario: first.map(|outcome| outcome.scenario.clone()).unwrap_or_default(),
        designs: aligned.iter().map(|(name, outcomes)| summary(name, outcomes)).collect(),
        seeds,
        rows: figures.iter().map(|figure| row(figure, &aligned)).collect(),
    }
}

/// In the order of the first design.
fn common_seeds(runs: &Runs) -> Vec<u64> {
    let ran = |outcomes: &[Outcome], seed: u64| outcomes.iter().any(|outcome| outcome.seed == seed);
    let first = runs.values().next().into_iter().flatten().map(|outcome| outcome.seed);
    first.filter(|&seed| runs.values().all(|outcomes| ran(outcomes, seed))).collect()
}

fn of_seeds<'a>(outcomes: &'a [Outcome], seeds: &[u64]) -> Vec<&'a Outcome> {
    seeds.iter().filter_map(|&seed| outcomes.iter().find(|outcome| outcome.seed == seed)).collect()
}

fn summary(design: &str, outcomes: &[&Outcome]) -> DesignSummary {
    DesignSummary {
        design: design.to_owned(),
        guards: outcomes.first().map(|outcome| outcome.guards.clone()).unwrap_or_default(),
        digests: outcomes.iter().map(|outcome| format!("{:016x}", outcome.digest)).collect(),
        partial: outcomes.iter().filter(|outcome| outcome.partial.is_some()).count(),
    }
}

fn row(figure: &Figure, designs: &[(&String, Vec<&Outcome>)]) -> Row {
    let cells = designs.iter().map(|(design, outcomes)| cell(design, figure, outcomes)).collect();
    let Figure { about, name, unit, .. } = figure;
    let mut row = Row { about: about.clone(), figure: (*name).to_owned(), unit: *unit, cells };
    let differences: Vec<Option<Gap>> = (1..row.cells.len()).map(|at| row.paired(at, 0)).collect();
    let p_values: Vec<f64> = differences.iter().flatten().map(|paired| paired.p_value).collect();
    let mut corrected = stats::holm(&p_values).into_iter();
    for (cell, paired) in row.cells[1.min(designs.len())..].iter_mut().zip(differences) {
        cell.difference = paired.map(|paired| Difference {
            mean: paired.mean,
            half_width: paired.half_width,
            p_value: corrected.next().unwrap_or(1.0),
            excludes_zero: paired.excludes_zero(),
        });
    }
    row
}

fn cell(design: &str, figure: &Figure, outcomes: &[&Outcome]) -> Cell {
    let values = values(figure, outcomes);
    let seen: Vec<f64> = values.iter().copied().flatten().collect();
    Cell {
        design: design.to_owned(),
        mean: stats::mean(&seen),
        half_width: stats::half_width(&seen, CONFIDENCE),
        difference: None,
        values,
    }
}

/// A figure's value in each run.
pub(super) fn values(figure: &Figure, outcomes: &[&Outcome]) -> Vec<Option<f64>> {
    let mut values: Vec<Option<f64>> =
        outcomes.iter().map(|outcome| figure.read(outcome)).collect();
    if figure.name.starts_with("convergence_") && values.contains(&None) {
        // Under some seed it never comes, and those under which it does would speak for all.
        values.fill(None);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::figures::OF_FLOWS;
    use crate::analysis::testing::{close, runs_with};

    fn compare(runs: &Runs) -> Comparison {
        super::compare(runs, &[])
    }

    /// `rest` sends 100, 110, 120 messages for 10 operations over three seeds, `events` 20 more,
    /// 22 more and 24 more.
    fn comparison() -> Comparison {
        compare(&runs_with(&["rest", "events"], 3, |design, seed, outcome| {
            let flow = &mut outcome.flows["place-order"];
            flow.offered = 10;
            let base = 90 + 10 * seed;
            flow.messages = if design == "rest" { base } else { base + 18 + 2 * seed };
        }))
    }

    #[test]
    fn means_and_paired_differences_worked_by_hand() {
        let comparison = comparison();
        let row = comparison.row(Some("place-order"), "messages_per_flow").unwrap();
        let [rest, events] = &row.cells[..] else { panic!("two designs") };
        assert_eq!(rest.values, [Some(10.0), Some(11.0), Some(12.0)]);
        assert!(close(rest.mean.unwrap(), 11.0));
        // sd 1 over three seeds: 4.3027 / sqrt 3.
        assert!(close(rest.half_width.unwrap(), 2.4841));
        assert_eq!(rest.difference, None, "the first design is what the others are compared to");
        // Differences 2.0, 2.2, 2.4: mean 2.2, sd 0.2, half width 4.3027 * 0.2 / sqrt 3. The means
        // alone could not be told apart.
        let difference = events.difference.unwrap();
        assert!(close(difference.mean, 2.2) && close(difference.half_width, 0.496_83));
        assert!(difference.excludes_zero);
        // t = 2.2 / (0.2 / sqrt 3) = 19.053; p = 1 - t / sqrt(t^2 + 2).
        assert!(close(difference.p_value, 0.002_744));
    }

    #[test]
    fn p_values_are_corrected_for_the_number_of_designs() {
        let comparison =
            compare(&runs_with(&["rest", "pubsub", "events"], 3, |design, seed, outcome| {
                let flow = &mut outcome.flows["place-order"];
                flow.offered = 10;
                flow.messages = 100 + if design == "rest" { 0 } else { 18 + 2 * seed };
            }));
        let row = comparison.row(Some("place-order"), "messages_per_flow").unwrap();
        let p_value = row.cells[2].difference.unwrap().p_value;
        assert!(close(p_value, 2.0 * 0.002_744), "{p_value}");
    }

    #[test]
    fn only_seeds_that_all_designs_ran_count() {
        let mut runs = runs_with(&["rest", "events"], 4, |_, _, _| {});
        runs["events"].remove(1);
        runs["rest"].remove(3);
        let comparison = compare(&runs);
        assert_eq!(comparison.seeds, [1, 3]);
        assert!(
            comparison.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.values.len() == 2)
        );
        assert_eq!(comparison.designs[1].digests.len(), 2);
    }

    #[test]
    fn every_flow_and_all_together_have_every_row() {
        let comparison = comparison();
        for flow in [Some("place-order"), Some("view-order"), None] {
            for figure in OF_FLOWS {
                assert!(comparison.row(flow, figure).is_some(), "{figure} of {flow:?}");
            }
        }
        assert!(comparison.row(None, "broken").is_some());
        assert!(comparison.row(Some("view-order"), "broken").is_none());
        let is_wait = |row: &&Row| row.about == About::Node("orders".to_owned());
        assert_eq!(comparison.rows.iter().filter(is_wait).count(), 6);
    }

    #[test]
    fn one_seed_has_no_interval_and_no_run_no_rows_to_fill() {
        let comparison = compare(&runs_with(&["rest", "events"], 1, |_, _, _| {}));
        let row = comparison.row(None, "offered").unwrap();
        assert_eq!((row.cells[0].half_width, row.cells[1].difference), (None, None));
        assert!(compare(&Runs::new()).designs.is_empty());
    }

    #[test]
    fn results_are_in_milliseconds_and_absent_ones_are_null() {
        let comparison = compare(&runs_with(&["rest"], 1, |_, _, outcome| {
            outcome.flows["view-order"].to_failure = crate::probes::sketch::Sketch::default();
            outcome.flows["view-order"].latency = crate::probes::sketch::Sketch::default();
        }));
        let json = serde_json::to_value(&comparison).unwrap();
        let rows = json["rows"].as_array().unwrap();
        let of = |flow: &str, figure: &str| {
            rows.iter().find(|row| row["flow"] == flow && row["figure"] == figure).unwrap()
        };
        assert!(close(of("place-order", "p99")["cells"][0]["mean"].as_f64().unwrap(), 40.0));
        assert_eq!(of("place-order", "p99")["unit"], "time");
        assert!(of("view-order", "p99")["cells"][0]["mean"].is_null());
    }
}
