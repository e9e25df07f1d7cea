//! Caches against theory, through ordinary scenario files with their knobs turned: rows of the
//! project's reference results (their names stand first), at a fraction of the length that these
//! ask for, with tolerances widened accordingly.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::probes::Outcome;
use windtunnel::scenario::load;
use windtunnel::simulate::run;

const SEEDS: u64 = 3;

/// One row.
struct Row {
    name: &'static str,
    file: &'static str,
    sets: &'static [(&'static str, &'static str)],
    figure: fn(&Outcome) -> f64,
    expected: f64,
    /// Absolute, of the mean over the seeds.
    tolerance: f64,
}

fn hit_ratio(outcome: &Outcome) -> f64 {
    let cache = outcome.nodes["cache"].cache;
    cache.hits as f64 / (cache.hits + cache.misses) as f64
}

fn fetches_per_s(outcome: &Outcome) -> f64 {
    outcome.nodes["cache"].cache.fetches as f64 / outcome.measured.as_secs()
}

fn fetches_per_expiry(outcome: &Outcome) -> f64 {
    let cache = outcome.nodes["cache"].cache;
    cache.fetches as f64 / cache.expired as f64
}

fn stale_reads(outcome: &Outcome) -> f64 {
    let reads = &outcome.flows["read"].reads;
    reads.stale as f64 / reads.reads as f64
}

fn items_mean(outcome: &Outcome) -> f64 {
    outcome.nodes["cache"].cache.items_mean
}

const ZIPF: [(&str, &str); 5] = [
    ("items", "10_000"),
    ("zipf", "0.8"),
    ("capacity", "100"),
    ("warmup", "20s"),
    ("length", "120s"),
];

/// The exact chains of King, IFIP 1971; Che, Tung and Wang, JSAC 2002, and its counterpart for FIFO
/// (Gelenbe, 1973); the renewal arguments for times to live and stampedes.
const ROWS: &[Row] = &[
    Row {
        name: "C-exact-6-3 LRU",
        file: "cache-weights",
        sets: &[("weights", SIX), ("capacity", "3"), ("policy", "Lru"), ("length", "120s")],
        figure: hit_ratio,
        expected: 0.680_794_81,
        tolerance: 0.0035,
    },
    Row {
        name: "C-exact-6-3 FIFO",
        file: "cache-weights",
        sets: &[("weights", SIX), ("capacity", "3"), ("policy", "Fifo"), ("length", "120s")],
        figure: hit_ratio,
        expected: 0.651_036_19,
        tolerance: 0.0035,
    },
    Row {
        name: "C-exact-6-3 RANDOM",
        file: "cache-weights",
        sets: &[("weights", SIX), ("capacity", "3"), ("policy", "Random"), ("length", "120s")],
        figure: hit_ratio,
        expected: 0.651_036_19,
        tolerance: 0.0035,
    },
    Row {
        name: "C-Zipf0.8-N10000-C0.01 LRU",
        file: "cache",
        sets: &ZIPF,
        figure: hit_ratio,
        expected: 0.156_625,
        tolerance: 0.003,
    },
    Row {
        name: "C-Zipf0.8-N10000-C0.01 FIFO",
        file: "cache",
        sets: &[ZIPF[0], ZIPF[1], ZIPF[2], ZIPF[3], ZIPF[4], ("policy", "Fifo")],
        figure: hit_ratio,
        expected: 0.133_625,
        tolerance: 0.003,
    },
    Row {
        name: "C-Zipf0.8-N10000-C0.01 LFU",
        file: "cache",
        sets: &[ZIPF[0], ZIPF[1], ZIPF[2], ZIPF[3], ZIPF[4], ("policy", "Lfu")],
        figure: hit_ratio,
        expected: 0.300_046,
        tolerance: 0.003,
    },
    Row {
        name: "C-sampledLRU5",
        file: "cache",
        sets: &[("capacity", "500"), ("policy", "SampledLru(5)"), ("length", "120s")],
        figure: hit_ratio,
        expected: 0.56879,
        tolerance: 0.0045,
    },
    Row {
        name: "C-TTL-l0.2-T5.0 fixed",
        file: "cache",
        sets: &[ONE, UNBOUNDED, ("rate", "0.2/s"), ("ttl", "5s"), ("length", "200000s")],
        figure: hit_ratio,
        expected: 0.5,
        tolerance: 0.006,
    },
    Row {
        name: "C-TTL-l0.2-T5.0 sliding",
        file: "cache",
        sets: &[
            ONE,
            UNBOUNDED,
            ("rate", "0.2/s"),
            ("ttl", "5s"),
            ("sliding", "true"),
            ("length", "200000s"),
        ],
        figure: hit_ratio,
        expected: 0.632_120_6,
        tolerance: 0.006,
    },
    Row {
        name: "C-TTLZipf-0.99 items",
        file: "cache",
        sets: &[
            ("items", "10_000"),
            UNBOUNDED,
            ("ttl", "60s"),
            ("warmup", "200s"),
            ("length", "320s"),
        ],
        figure: items_mean,
        expected: 6017.724,
        tolerance: 60.0,
    },
    Row {
        name: "C-Stampede-l100.0 no coalescing",
        file: "cache",
        sets: &STAMPEDE,
        figure: fetches_per_expiry,
        expected: 6.0,
        tolerance: 0.3,
    },
    Row {
        name: "C-Stampede-l100.0 single flight",
        file: "cache",
        sets: &[
            STAMPEDE[0],
            STAMPEDE[1],
            STAMPEDE[2],
            STAMPEDE[3],
            STAMPEDE[4],
            STAMPEDE[5],
            ("single_flight", "true"),
        ],
        figure: fetches_per_s,
        expected: 0.099_403_6,
        tolerance: 0.002,
    },
    Row {
        name: "S-TTL-a",
        file: "cache",
        sets: &[
            ONE,
            UNBOUNDED,
            ("rate", "1/s"),
            ("write_rate", "0.05/s"),
            ("ttl", "10s"),
            ("length", "100000s"),
        ],
        figure: stale_reads,
        expected: 0.193_692_1,
        tolerance: 0.007,
    },
];

const SIX: &str = "[0.4, 0.25, 0.15, 0.1, 0.06, 0.04]";
const ONE: (&str, &str) = ("items", "1");
const UNBOUNDED: (&str, &str) = ("capacity", "None");
const STAMPEDE: [(&str, &str); 6] = [
    ONE,
    UNBOUNDED,
    ("rate", "100/s"),
    ("ttl", "10s"),
    ("fetch", "Const(\"50ms\")"),
    ("length", "1000s"),
];

fn outcome(row: &Row, seed: u64) -> Outcome {
    let sets: Vec<(String, String)> =
        row.sets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let file = format!("scenarios/theory/{}.ron", row.file);
    let loaded = load(Path::new(&file), &sets).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    run(&Arc::new(loaded.scenario), 0, seed)
}

#[test]
fn caches_are_as_theory_says() {
    let miss = |row: &Row| {
        let figures = (1..=SEEDS).into_par_iter().map(|seed| (row.figure)(&outcome(row, seed)));
        let mean = figures.collect::<Vec<_>>().iter().sum::<f64>() / SEEDS as f64;
        let off = mean - row.expected;
        (off.abs() > row.tolerance).then(|| format!("{}: {mean}, {off:+} off", row.name))
    };
    let misses: Vec<String> = ROWS.par_iter().filter_map(miss).collect();
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn a_fill_given_up_leaves_the_system_stuck() {
    // M-Cache-a at a tenth of its scale; that late fills bring it back (M-Cache-b) is what the
    // scenario itself expects.
    let row = Row {
        name: "M-Cache-a",
        file: "cache-flush",
        sets: &[("fetch_timeout", "250ms")],
        figure: |_| 0.0,
        expected: 0.0,
        tolerance: 0.0,
    };
    let outcome = outcome(&row, 1);
    assert_eq!(outcome.window.as_secs(), 1.0);
    let late = outcome.windows.iter().skip(340).take(40);
    let (ok, offered) =
        late.fold((0, 0), |sum, window| (sum.0 + window.ok, sum.1 + window.offered));
    let goodput = ok as f64 / offered as f64;
    assert!(goodput < 0.05, "{goodput}");
}
