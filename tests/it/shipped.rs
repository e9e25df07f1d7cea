//! The shipped scenarios: what they expect holds for the first seeds, and their runs are the ones
//! that were agreed on. All are run once, at their own length, for both tests.

use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use rayon::prelude::*;
use windtunnel::analysis::{Runs, extras, judge};
use windtunnel::scenario::{self, tree::Scenario};
use windtunnel::simulate;

const SEEDS: [u64; 3] = [1, 2, 3];

/// How many of the seeds have golden digests.
const GOLDEN: usize = 2;

struct Shipped {
    /// The path below `scenarios/`.
    name: String,
    scenario: Arc<Scenario>,
    runs: Runs,
}

static SHIPPED: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = scenario::find(&folder).expect("scenarios");
    files.par_iter().map(|file| shipped(&folder, file)).collect()
});

fn shipped(folder: &Path, file: &Path) -> Shipped {
    let loaded = scenario::load(file, &[]);
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let scenario = Arc::new(loaded.scenario);
    let extras = extras(&scenario);
    let one = |design, seed| simulate::run_with(&scenario, design, seed, extras);
    let run = |design| SEEDS.par_iter().map(|seed| one(design, *seed)).collect();
    let designs = (0..scenario.designs.len()).into_par_iter();
    let outcomes: Vec<Vec<_>> = designs.map(run).collect();
    let names = scenario.designs.iter().map(|design| design.name.clone());
    let runs = names.zip(outcomes).collect();
    let name = file.strip_prefix(folder).expect("below the folder").to_string_lossy();
    Shipped { name: name.replace('\\', "/"), scenario, runs }
}

#[test]
fn what_they_expect_holds() {
    for Shipped { name, scenario, runs } in SHIPPED.iter() {
        assert!(!scenario.expect.is_empty(), "{name} expects nothing");
        for verdict in judge(scenario, runs).expect("checked expectations") {
            assert!(!verdict.failed(), "{name}: {}: {}", verdict.expectation, verdict.message);
        }
    }
}

/// A change of the engine, of a node or of a scenario that alters any run shows here, also one that
/// no figure tells of.
///
/// Where runs are meant to change, `INSTA_UPDATE=always cargo test golden_digests` writes the new digests;
/// the commit that holds them says what changed the runs, and why.
#[test]
fn golden_digests() {
    let mut table = String::new();
    for Shipped { name, runs, .. } in SHIPPED.iter() {
        for run in runs.values().flat_map(|runs| &runs[..GOLDEN]) {
            let (design, seed, events, digest) = (&run.design, run.seed, run.events, run.digest);
            let _ = writeln!(table, "{name:18} {design:14} {seed} {events:>9} {digest:016x}");
        }
    }
    insta::with_settings!({
        description => "scenario, design, seed, events, digest; see tests/it/shipped.rs",
        omit_expression => true,
    }, { insta::assert_snapshot!("golden_digests", table) });
}
