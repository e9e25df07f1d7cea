//! Files that nobody would write: those that are shipped and those that once did harm (`fuzz/`), with
//! random edits. Each is read or refused in words, and what can be read runs for a moment without a
//! panic and in bounded memory. A number names a file for good: `one(number)` makes it again.
//!
//! `cargo test` takes a few; the whole campaign is
//! `cargo test --test it -- --ignored --nocapture fuzz`, and says how long it took.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rayon::prelude::*;
use windtunnel::base::Span;
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::Instruments;
use windtunnel::scenario::{find, parse};
use windtunnel::simulate::layout;

use crate::scenario::mutation::{apply, check, edit};

/// The texts that are mutated.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["scenarios", "tests/it/fuzz", "tests/it/field", "tests/it/laws"];
    let files = folders.iter().flat_map(|folder| find(&root.join(folder)).expect("a folder"));
    files.map(|file| std::fs::read_to_string(file).expect("a text")).collect()
});

/// The mutated file of this number.
fn one(number: u64) -> String {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (at, edits) = (0..TEXTS.len(), proptest::collection::vec(edit(), 0..6));
    let (at, edits) = (at, edits).new_tree(&mut runner).expect("a file").current();
    edits.iter().fold(TEXTS[at].clone(), |text, edit| apply(&text, edit))
}

/// Reads so many files.
fn read(numbers: std::ops::Range<u64>) {
    numbers.into_par_iter().for_each(|number| {
        let text = one(number);
        let read = std::panic::catch_unwind(|| check(&text, &[]));
        assert!(matches!(read, Ok(Ok(()))), "file {number}: {read:?}\n{text}");
    });
}

/// Runs so many of those that can be read, for at most so many events each. Says how many there were.
fn simulate(numbers: std::ops::Range<u64>, events: u64) -> usize {
    let runs = numbers.into_par_iter().filter(|number| {
        let text = one(*number);
        let Ok(mut scenario) = parse("fuzz.ron", &text, &[]) else { return false };
        let run = &mut scenario.run;
        run.length = run.length.min(Span::from_secs(2.0));
        run.warmup = run.warmup.min(Span(run.length.0 / 2));
        run.max_in_flight = run.max_in_flight.min(20_000);
        let instances: u64 = scenario.nodes.iter().map(|it| u64::from(it.kind.instances())).sum();
        if instances > 2_000 {
            return false;
        }
        let design = *number as usize % scenario.designs.len();
        let played = std::panic::catch_unwind(|| {
            let model = Arc::new(Model::new(&Arc::new(scenario), design, *number));
            let instruments = Instruments::new(Arc::new(layout(&model)));
            let mut simulation = World::new(Arc::clone(&model), instruments).simulate();
            let end = model.arrivals_end();
            simulation.run_events_until(events, end);
            simulation.drain_events(events, end + model.scenario.run.drain);
            let audit = windtunnel::simulate::audit(&simulation, true);
            let label = windtunnel::probes::Label::default();
            simulation.into_world().into_probe().outcome(label, audit).flows.len()
        });
        assert!(played.is_ok(), "file {number} as design {design}:\n{text}");
        true
    });
    runs.count()
}

#[test]
fn files_that_nobody_would_write_are_read_or_refused() {
    read(0..3_000);
}

#[test]
fn those_that_can_be_read_run() {
    assert!(simulate(0..300, 2_000) > 60);
}

#[test]
#[ignore = "a million files take minutes"]
#[expect(clippy::disallowed_methods, reason = "it says how long it took")]
fn a_million_files_are_read_or_refused() {
    let began = Instant::now();
    read(0..1_000_000);
    println!("a million files in {:?}", began.elapsed());
}

#[test]
#[ignore = "ten thousand runs take minutes"]
#[expect(clippy::disallowed_methods, reason = "it says how long it took")]
fn ten_thousand_of_those_that_can_be_read_run() {
    let (began, mut runs, mut next) = (Instant::now(), 0, 1_000_000);
    while runs < 10_000 {
        runs += simulate(next..next + 2_000, 20_000);
        next += 2_000;
    }
    println!("{runs} runs of {} files in {:?}", next - 1_000_000, began.elapsed());
}
