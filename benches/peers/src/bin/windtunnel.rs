//! windtunnel itself: `scenarios/theory/tiers.ron` with its timeouts (four calls that may time out
//! a request), every default probe and the digest on, as `cargo bench --bench tiers` runs it. Only
//! the length is given here, and no warm-up is cut off, so that every request is counted.

use std::path::Path;
use std::sync::Arc;

use peers::GAP;
use windtunnel::base::Span;
use windtunnel::{scenario, simulate};

fn main() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/theory/tiers.ron");
    let loaded =
        scenario::load(&path, &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let scenario = loaded.scenario;
    peers::main(|requests, seed| {
        let mut scenario = scenario.clone();
        scenario.run.length = Span((requests as f64 * GAP * 1e9) as u64);
        scenario.run.warmup = Span(0);
        let outcome = simulate::run(&Arc::new(scenario), 0, seed);
        let mut latency = peers::latencies();
        outcome.flows["request"].latency.for_each(|value, count| {
            latency.record_n(value, count).expect("within bounds");
        });
        latency
    });
}
