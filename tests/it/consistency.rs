//! Replicated data, lost updates and lost messages against closed forms and published results,
//! through the shipped theory scenarios with their knobs turned.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Deserialize;
use windtunnel::analysis::measures;
use windtunnel::base::Span;
use windtunnel::probes::Outcome;
use windtunnel::scenario::load;
use windtunnel::scenario::tree::Scenario;
use windtunnel::simulate::run;

const SEEDS: u64 = 2;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    /// The scenario, below `scenarios/theory/`.
    file: String,
    /// The flow whose operations are counted.
    of: String,
    sets: BTreeMap<String, String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    measure: String,
    expected: f64,
    /// Absolute: four standard deviations of one run of `n` operations; 0 for exact figures.
    tolerance: f64,
    n: f64,
}

#[test]
fn consistency_is_as_theory_says() {
    let cases: Cases = serde_json::from_str(include_str!("consistency_cases.json")).expect("cases");
    let misses: Vec<String> = cases.cases.par_iter().flat_map(misses).collect();
    assert!(misses.is_empty(), "{misses:#?}");
}

fn misses(case: &Case) -> Vec<String> {
    let sets: Vec<(String, String)> = case.sets.clone().into_iter().collect();
    let file = format!("scenarios/theory/{}.ron", case.file);
    let loaded = load(Path::new(&file), &sets).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let mut scenario = loaded.scenario;
    // A third of the shipped length is enough to see a mistake.
    scenario.run.length = Span(scenario.run.length.0 / 3);
    let scenario = Arc::new(scenario);
    let outcomes: Vec<Outcome> = (1..=SEEDS).map(|seed| run(&scenario, 0, seed)).collect();
    let operations: u64 = outcomes.iter().map(|outcome| outcome.flows[&case.of].offered).sum();
    let miss = |row: &Row| {
        let measured = mean(&scenario, &outcomes, &row.measure);
        let limit = row.tolerance * (row.n / operations as f64).max(1.0).sqrt();
        let what = format!("{} {}", case.id, row.measure);
        let expected = row.expected;
        ((measured - expected).abs() > limit)
            .then(|| format!("{what}: {measured} instead of {expected} (within {limit})"))
    };
    case.rows.iter().filter_map(miss).collect()
}

fn mean(scenario: &Scenario, outcomes: &[Outcome], measure: &str) -> f64 {
    let value = |outcome: &Outcome| {
        let measured = measures(scenario, outcome).expect("they were checked");
        measured[measure].presented().unwrap_or_else(|| panic!("{measure} was not seen"))
    };
    outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64
}
