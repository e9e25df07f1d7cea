//! What a keyframe costs: a clone of a simulation, taken each second of the last ten of every design
//! of `scenarios/checkout.ron` and kept. The first one copies everything into what clones can share, and
//! is shown by itself. A clone may share memory that the next second then has to copy, so its honest price
//! is what all of them but the first hold when that second is over, divided by their number; the seconds
//! are timed as well, against the same ones of a run that nobody cloned.

use std::alloc::System;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use windtunnel::base::Time;
use windtunnel::engine::Simulation;
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::Instruments;
use windtunnel::scenario::{self, tree::Scenario};
use windtunnel::simulate;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Keyframes kept, one a second, behind the first.
const KEPT: u64 = 10;
/// When the last second ends.
const END: u64 = 60;

type Run = Simulation<World<Instruments>>;

/// The keyframes of one design: medians, but for the first.
struct Cost {
    /// Of the first clone.
    first: Duration,
    /// Of one clone.
    time: Duration,
    allocations: usize,
    /// Bytes allocated by one clone at once, and held by one more a second later.
    at_once: usize,
    held: usize,
    /// What the run and all its keyframes say that they hold together, over what is allocated then (with
    /// the model, of which they say nothing).
    told: f64,
    /// Of a second with a keyframe before it, and of one without.
    second: Duration,
    undisturbed: Duration,
}

fn checkout() -> Arc<Scenario> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/checkout.ron");
    let loaded =
        scenario::load(&path, &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    Arc::new(loaded.scenario)
}

fn at(scenario: &Arc<Scenario>, design: usize, second: u64) -> Run {
    let model = Arc::new(Model::new(scenario, design, 1));
    let instruments = Instruments::new(Arc::new(simulate::layout(&model)));
    let mut run = World::new(model, instruments).simulate();
    run.run_until(time(second));
    run
}

fn time(second: u64) -> Time {
    Time(second * 1_000_000_000)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

fn measure(scenario: &Arc<Scenario>, design: usize) -> Cost {
    let begin = END - KEPT;
    let mut run = at(scenario, design, begin);
    let undisturbed = (begin..END).map(|second| timed(|| run.run_until(time(second + 1))).0);
    let undisturbed = median(undisturbed.collect());

    let nothing = live();
    let mut run = at(scenario, design, begin - 1);
    let (first_took, first) = timed(|| run.clone());
    run.run_until(time(begin));
    let mut kept = Vec::with_capacity(KEPT as usize);
    let (mut clones, mut allocations, mut at_once) = (Vec::new(), Vec::new(), Vec::new());
    let mut seconds = Vec::new();
    for second in begin..END {
        let before = ALLOCATOR.stats();
        let (time_taken, keyframe) = timed(|| run.clone());
        let change = ALLOCATOR.stats() - before;
        clones.push(time_taken);
        allocations.push(change.allocations);
        at_once.push(change.bytes_allocated);
        kept.push(keyframe);
        seconds.push(timed(|| run.run_until(time(second + 1))).0);
    }
    let with = live();
    let weights = kept.iter().chain([&run, &first]).map(Run::weight);
    let told = weights.sum::<usize>() as f64 / (with - nothing) as f64;
    drop(kept);
    let held = (with - live()) / KEPT as usize;
    drop(first);
    Cost {
        first: first_took,
        time: median(clones),
        allocations: median(allocations),
        at_once: median(at_once),
        held,
        told,
        second: median(seconds),
        undisturbed,
    }
}

fn main() {
    let scenario = checkout();
    println!("a keyframe a second, from {} to {END} s", END - KEPT);
    println!(
        "          first ms  clone ms  allocations  MiB at once  MiB held  told of it  second ms (without)"
    );
    for (ix, design) in scenario.designs.iter().enumerate() {
        let cost = measure(&scenario, ix);
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        println!(
            "  {:<8}{:8.2}{:10.2}{:13}{:13.2}{:10.2}{:11.3}{:11.2} ({:.2})",
            design.name,
            ms(cost.first),
            ms(cost.time),
            cost.allocations,
            mib(cost.at_once),
            mib(cost.held),
            cost.told,
            ms(cost.second),
            ms(cost.undisturbed),
        );
    }
}
