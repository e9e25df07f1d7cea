//! The simulator against queueing theory, through ordinary scenario files: `queue.ron` with its
//! knobs turned, and the chain of `tiers.ron`.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Deserialize;
use windtunnel::base::Span;
use windtunnel::probes::Outcome;
use windtunnel::scenario::load;
use windtunnel::scenario::tree::Scenario;
use windtunnel::simulate::run;

/// Requests of one run, after as many for warm-up as a tenth.
const REQUESTS: f64 = 200_000.0;
const SEEDS: u64 = 4;
/// The run that the tolerances of the cases are for.
const STATED: f64 = 1_000_000.0;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    sets: std::collections::BTreeMap<String, String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    metric: String,
    expected: f64,
    /// Relative: four standard deviations of one run of a million requests.
    tolerance: f64,
}

fn scenario(file: &str, sets: &[(String, String)]) -> Scenario {
    let loaded = load(Path::new(file), sets).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    loaded.scenario
}

fn figure(outcome: &Outcome, metric: &str) -> f64 {
    let (flow, node) = (&outcome.flows["request"], &outcome.nodes["server"]);
    let sojourn = |p| flow.latency.quantile(p).expect("some were served").as_ms();
    let began = node.wait.count() as f64;
    match metric {
        "mean_sojourn_ms" => flow.latency.mean().expect("some were served") / 1e6,
        "mean_wait_ms" => node.wait.mean().expect("some were served") / 1e6,
        "P_wait" => node.waited as f64 / began,
        "P_block" => node.turned_away as f64 / node.arrivals as f64,
        "throughput_per_ms" => flow.ok as f64 / outcome.measured.as_ms(),
        "p50_sojourn_ms" => sojourn(0.5),
        "p95_sojourn_ms" => sojourn(0.95),
        "p99_sojourn_ms" => sojourn(0.99),
        "mean_number_in_system_L" => {
            node.queue_mean + node.utilization.expect("it has workers") // of its one worker
        }
        other => panic!("what is {other}?"),
    }
}

#[test]
fn queues_of_one_service_are_as_theory_says() {
    let cases: Cases = serde_json::from_str(include_str!("theory_cases.json")).expect("cases");
    let misses: Vec<String> = cases.cases.par_iter().flat_map(misses).collect();
    assert!(misses.is_empty(), "{misses:#?}");
}

fn misses(case: &Case) -> Vec<String> {
    let sets: Vec<(String, String)> = case.sets.clone().into_iter().collect();
    let mut scenario = scenario("scenarios/theory/queue.ron", &sets);
    let gap_ns: f64 = case.sets["gap"]
        .trim_start_matches("Exp(\"")
        .trim_end_matches("ns\")")
        .parse()
        .expect("a gap in ns");
    scenario.run.warmup = Span::from_ns(gap_ns * REQUESTS / 10.0);
    scenario.run.length = Span::from_ns(gap_ns * REQUESTS * 1.1);
    let scenario = Arc::new(scenario);
    let outcomes: Vec<Outcome> =
        (1..=SEEDS).into_par_iter().map(|seed| run(&scenario, 0, seed)).collect();
    let mut misses = Vec::new();
    for Row { metric, expected, tolerance } in &case.rows {
        let sum: f64 = outcomes.iter().map(|outcome| figure(outcome, metric)).sum();
        let mean = sum / SEEDS as f64;
        let allowed = (tolerance * (STATED / REQUESTS / SEEDS as f64).sqrt()).max(0.01);
        let off = mean / expected - 1.0;
        if off.abs() > allowed {
            misses.push(format!("{}/{metric}: {mean} for {expected}, {off:.4}", case.id));
        }
    }
    misses
}

fn near(what: &str, measured: f64, expected: f64, allowed: f64) {
    let off = (measured / expected - 1.0).abs();
    assert!(off <= allowed, "{what}: {measured} for {expected}, {off:.4} off");
}

#[test]
fn the_chain_of_tiers_is_a_jackson_network() {
    let mut scenario = scenario("scenarios/theory/tiers.ron", &[]);
    scenario.run.length = Span::from_secs(35.0);
    let scenario = Arc::new(scenario);
    let outcomes: Vec<Outcome> =
        (1..=SEEDS).into_par_iter().map(|seed| run(&scenario, 0, seed)).collect();
    let mean =
        |figure: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(figure).sum::<f64>() / SEEDS as f64;
    let quantile = |p: f64| {
        mean(&move |outcome| outcome.flows["request"].latency.quantile(p).expect("some").as_ms())
    };
    let latency = mean(&|outcome| outcome.flows["request"].latency.mean().expect("some") / 1e6);
    near("mean", latency, 16.54, 0.01);
    near("p50", quantile(0.5), 15.2, 0.01);
    near("p99", quantile(0.99), 39.0, 0.02);
    for (node, utilization) in [("a", 4.0 / 8.0), ("b", 5.0 / 8.0), ("db", 3.0 / 16.0)] {
        let busy = mean(&|outcome| outcome.nodes[node].utilization.expect("it has workers"));
        near(node, busy, utilization, 0.015);
    }
}

#[test]
fn littles_law_holds_at_every_node() {
    let mut scenario = scenario("scenarios/theory/tiers.ron", &[]);
    scenario.run.length = Span::from_secs(25.0);
    let outcome = run(&Arc::new(scenario), 0, 9);
    for node in ["a", "b", "db"] {
        let figures = &outcome.nodes[node];
        let rate_per_ns = figures.arrivals as f64 / outcome.measured.0 as f64;
        let waiting = rate_per_ns * figures.wait.mean().expect("some");
        // Exact but for those in the queue at the ends of the stretch.
        assert!(
            (waiting - figures.queue_mean).abs() < 0.005 * waiting.max(0.1),
            "{node}: {waiting} for {}",
            figures.queue_mean
        );
    }
}

#[test]
fn a_thousandth_of_a_millisecond_matters_to_a_deterministic_queue() {
    // D/D/1 just below its capacity never waits, just above it the n-th waits n times the excess.
    let turned = |gap: &str| {
        let sets = [("gap", gap), ("service", "Const(\"10ms\")")];
        let sets = sets.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut scenario = scenario("scenarios/theory/queue.ron", &sets);
        (scenario.run.length, scenario.run.warmup) = (Span::from_secs(10.0), Span::ZERO);
        run(&Arc::new(scenario), 0, 1).nodes["server"].wait.max().expect("some")
    };
    assert_eq!(turned("Const(\"10.001ms\")"), Span::ZERO);
    assert_eq!(turned("Const(\"10ms\")"), Span::ZERO, "a completion comes before an arrival");
    // Arrivals at 9.999 ms, 19.998 ms, ...: 1000 of them before 10 s, the n-th waits (n - 1) us.
    assert_eq!(turned("Const(\"9.999ms\")"), Span(999_000));
}
