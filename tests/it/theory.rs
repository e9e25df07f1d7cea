//! The simulator against queueing theory where that needs more than a figure and its tolerance; the
//! rest is what `validate` does, see `validate.rs`.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::base::Span;
use windtunnel::probes::Outcome;
use windtunnel::scenario::load;
use windtunnel::scenario::tree::Scenario;
use windtunnel::simulate::run;

const SEEDS: u64 = 4;
fn scenario(file: &str, sets: &[(String, String)]) -> Scenario {
    let loaded = load(Path::new(file), sets).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    loaded.scenario
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
        let busy = mean(&|outcome| outcome.nodes[node].load.utilization.expect("it has workers"));
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
        let rate_per_ns = figures.load.arrivals as f64 / outcome.measured.0 as f64;
        let waiting = rate_per_ns * figures.wait.mean().expect("some");
        // Exact but for those in the queue at the ends of the stretch.
        assert!(
            (waiting - figures.load.queue_mean).abs() < 0.005 * waiting.max(0.1),
            "{node}: {waiting} for {}",
            figures.load.queue_mean
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
