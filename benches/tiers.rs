//! The chain of `scenarios/theory/tiers.ron` on the real engine, with every default probe and the
//! digest on, against the bare loop of `bare.rs` in the same run: requests per second, nanoseconds
//! per event, and the ratio. Rounds of the two alternate, and medians are compared, so that a noisy
//! machine troubles both alike. Behind it, what an event costs at a thousand times the rate, and in each
//! design of `scenarios/checkout.ron`, against one of the chain.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use windtunnel::base::Span;
use windtunnel::scenario::{self, tree::Scenario};
use windtunnel::simulate;

#[expect(
    clippy::disallowed_methods,
    clippy::doc_markdown,
    unreachable_pub,
    reason = "the yardstick is taken over unchanged"
)]
#[rustfmt::skip]
mod bare;

const ROUNDS: usize = 9;

fn shipped(name: &str, sets: &[(&str, &str)]) -> Arc<Scenario> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let sets: Vec<(String, String)> =
        sets.iter().map(|(knob, value)| ((*knob).to_owned(), (*value).to_owned())).collect();
    let loaded = scenario::load(&path, &sets)
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    Arc::new(loaded.scenario)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn timed<T>(mut work: impl FnMut() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Nanoseconds for an event of these runs, which alternate: medians.
fn per_event(runs: &[(&Arc<Scenario>, usize)]) -> Vec<f64> {
    let mut times = vec![Vec::new(); runs.len()];
    let mut events = vec![0; runs.len()];
    for _ in 0..ROUNDS {
        for (nth, (scenario, design)) in runs.iter().enumerate() {
            let (time, outcome) = timed(|| simulate::run(scenario, *design, 1));
            times[nth].push(time);
            events[nth] = outcome.events;
        }
    }
    let events = events.iter().map(|events| *events as f64);
    times.into_iter().zip(events).map(|(times, events)| median(times) * 1e9 / events).collect()
}

fn main() {
    let scenario = shipped("theory/tiers.ron", &[]);
    let requests = simulate::run(&scenario, 0, 1).flows["request"].offered * scenario.run.length.0
        / (scenario.run.length.0 - scenario.run.warmup.0);

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("tiers");
    group.throughput(Throughput::Elements(requests)).sample_size(20);
    group.bench_function("bare loop", |bencher| bencher.iter(|| bare::run(black_box(requests), 1)));
    group.bench_function("windtunnel", |bencher| {
        bencher.iter(|| simulate::run(&scenario, 0, black_box(1)));
    });
    group.finish();
    criterion.final_summary();

    let (mut yardstick, mut engine) = (Vec::new(), Vec::new());
    let mut events = (0, 0);
    for _ in 0..ROUNDS {
        let (time, bare) = timed(|| bare::run(requests, 1));
        yardstick.push(time);
        let (time, outcome) = timed(|| simulate::run(&scenario, 0, 1));
        engine.push(time);
        events = (bare.events, outcome.events);
        black_box(bare.latency.len());
    }
    let (yardstick, engine) = (median(yardstick), median(engine));
    let per = |seconds: f64, count: u64| seconds * 1e9 / count as f64;
    println!("tiers.ron, {requests} requests, medians of {ROUNDS} alternating rounds");
    println!(
        "  bare loop   {:6.0} ns/request  {:5.1} ns/event",
        per(yardstick, requests),
        per(yardstick, events.0)
    );
    println!(
        "  windtunnel  {:6.0} ns/request  {:5.1} ns/event  {:.0} requests/s",
        per(engine, requests),
        per(engine, events.1),
        requests as f64 / engine
    );
    println!("  ratio       {:6.2}", engine / yardstick);

    let mut crowd = (*shipped("theory/tiers.ron", &[("scale", "1000")])).clone();
    (crowd.run.length, crowd.run.warmup) = (Span::from_secs(1.0), Span::ZERO);
    let (crowd, checkout) = (Arc::new(crowd), shipped("checkout.ron", &[]));
    let designs = checkout.designs.iter().map(|design| &design.name);
    let names: Vec<String> = ["1,000 times the rate".to_owned()]
        .into_iter()
        .chain(designs.map(|name| format!("checkout.ron, {name}")))
        .collect();
    let mut runs = vec![(&scenario, 0), (&crowd, 0)];
    runs.extend((0..checkout.designs.len()).map(|design| (&checkout, design)));
    let costs = per_event(&runs);
    println!("against an event of tiers.ron, {:.1} ns", costs[0]);
    for (name, cost) in names.iter().zip(&costs[1..]) {
        println!("  {name:<22} {cost:6.1} ns/event  ratio {:.2}", cost / costs[0]);
    }
}
