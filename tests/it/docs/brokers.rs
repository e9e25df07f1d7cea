//! The table of docs/brokers.md, from runs of `scenarios/checkout-brokers.ron`.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::analysis::{extras, measures};
use windtunnel::scenario::load;
use windtunnel::simulate::run_with;

use super::hold;

/// What is shown: a title, and a figure in the language of expectations.
const COLUMNS: &[(&str, &str)] = &[
    ("answered p50 ms", "p50(place-order) / 1ms"),
    ("p99 ms", "p99(place-order) / 1ms"),
    ("converged p50 ms", "convergence_p50(place-order) / 1ms"),
    ("p99 ms", "convergence_p99(place-order) / 1ms"),
    ("failed", "failed(place-order)"),
    ("lost", "lost_effects"),
    ("delivered again", "redeliveries"),
    ("messages a flow", "messages_per_flow"),
];

const SEEDS: u64 = 3;

#[test]
fn what_the_choice_of_a_broker_changes_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/checkout-brokers.ron");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let end = text.trim_end().strip_suffix(')').expect("a scenario ends with a parenthesis");
    let named = (0..).zip(COLUMNS).map(|(at, (_, figure))| format!("\"c{at}\": {figure:?}"));
    let named: Vec<String> = named.collect();
    let text = format!("{end}    measures: {{ {} }},\n)", named.join(", "));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkout-brokers.ron");
    std::fs::write(&file, text).expect("it can be written");
    let scenario = load(&file, &[]).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let scenario = Arc::new(scenario.scenario);
    let designs = scenario.designs.len();
    let runs: Vec<Vec<f64>> = (0..designs * SEEDS as usize)
        .into_par_iter()
        .map(|job| {
            let (design, seed) = (job / SEEDS as usize, 1 + job as u64 % SEEDS);
            let outcome = run_with(&scenario, design, seed, extras(&scenario));
            let taken = measures(&scenario, &outcome).expect("figures");
            let figure = |at| taken[&format!("c{at}")].presented().expect("a number");
            (0..COLUMNS.len()).map(figure).collect()
        })
        .collect();
    let titles: Vec<&str> = COLUMNS.iter().map(|(title, _)| *title).collect();
    let mut table = format!("\n| design | {} |\n", titles.join(" | "));
    writeln!(table, "| --- |{}", " ---: |".repeat(COLUMNS.len())).unwrap();
    for (design, runs) in scenario.designs.iter().zip(runs.chunks(SEEDS as usize)) {
        write!(table, "| `{}` |", design.name).unwrap();
        for column in 0..COLUMNS.len() {
            let mean = runs.iter().map(|run| run[column]).sum::<f64>() / SEEDS as f64;
            let shown = if mean < 100.0 { format!("{mean:.1}") } else { format!("{mean:.0}") };
            write!(table, " {shown} |").unwrap();
        }
        table.push('\n');
    }
    hold("brokers.md", "brokers", &format!("{table}\n"));
}
