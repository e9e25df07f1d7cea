//! Outcomes made up for tests of reports: the shape of a real one, small figures, one of everything.

use std::collections::BTreeMap;

use std::path::Path;

use indexmap::IndexMap;
use unicode_width::UnicodeWidthStr;

use super::compared::Compared;
use super::judged::{Judged, Ruling, Skipped};
use super::paint::WIDTH;
use super::run::{Run, replay_line};
use crate::analysis::baseline::{Drift, Moved};
use crate::analysis::compare::{Comparison, compare};
use crate::analysis::confidence::Confidence;
use crate::analysis::expectation::{Finding, Verdict};
use crate::analysis::measures::Measured;
use crate::analysis::names::Names;
use crate::analysis::reading::read;
use crate::analysis::statement::measure;
use crate::analysis::stats::Gap;
use crate::analysis::token::ReplayToken;
use crate::analysis::unit::Unit;
use crate::base::{Span, Time};
use crate::probes::outcome::{
    Anomaly, Effects, Ends, FlowOutcome, InvariantOutcome, Load, NodeOutcome, Outcome, Reads,
    Recovery, Violations, Window,
};
use crate::probes::reason::Reason;
use crate::probes::sketch::Sketch;
use crate::probes::standing::Standing;
use crate::scenario::tree::Scenario;

/// A run of a checkout. Other designs and seeds give other figures.
pub fn outcome(design: &str, seed: u64) -> Outcome {
    let pace = match design {
        "rest" => 8,
        "pubsub" => 4,
        _ => 2,
    } + seed % 3;
    Outcome {
        scenario: "checkout".into(),
        design: design.into(),
        seed,
        digest: 0x0123_4567_89ab_cdef ^ seed,
        events: 123_456 + seed,
        simulated: Span::from_secs(63.2),
        partial: None,
        guards: vec!["timeout".into(), "retry".into()],
        measured: Span::from_secs(55.0),
        flows: IndexMap::from([
            ("place-order".to_owned(), orders(pace)),
            ("view-order".to_owned(), views(pace)),
        ]),
        nodes: IndexMap::from([
            ("inventory".to_owned(), node(400, 0.31, pace)),
            ("inventory-db".to_owned(), node(1_200, 0.12, pace)),
            ("orders".to_owned(), turning_away(3, node(2_000, 0.62, pace))),
        ]),
        invariants: IndexMap::from([
            (
                "stock-floor".to_owned(),
                InvariantOutcome { broken: pace / 4, ..InvariantOutcome::default() },
            ),
            ("money".to_owned(), InvariantOutcome { broken: 1, deviation: 2, mean_deviation: 1.5 }),
        ]),
        recoveries: IndexMap::from([(
            "crash-inventory".to_owned(),
            Recovery {
                start: Time(20_000_000_000),
                end: Time(23_000_000_000),
                after: Some(Span::from_secs(1.25)),
                amplification: Some(1.42),
                times: 1,
            },
        )]),
        windows: (0..12).map(|at| window(at, pace)).collect(),
        window: Span::from_secs(5.0),
        visibility: Sketch::default(),
        tallies: BTreeMap::new(),
        messages: 9_000 * pace,
        standing: Standing::default(),
        anomalies: anomalies(),
    }
}

/// A run in which nothing was seen.
pub fn empty_outcome() -> Outcome {
    Outcome {
        guards: Vec::new(),
        partial: Some("interrupted".into()),
        flows: IndexMap::from([("place-order".to_owned(), FlowOutcome::default())]),
        nodes: IndexMap::new(),
        invariants: IndexMap::new(),
        recoveries: IndexMap::new(),
        windows: Vec::new(),
        messages: 0,
        anomalies: Vec::new(),
        ..outcome("rest", 1)
    }
}

/// What a report of it is made from.
pub fn run(outcome: &Outcome) -> Run<'_> {
    Run {
        outcome,
        about: "An order reserves stock, charges a card and ships; customers watch it happen.",
        file: Path::new("scenarios/checkout.ron"),
        turned: "",
        token: token(outcome),
        measures: IndexMap::from([
            ("p99_minus_p50".to_owned(), Measured { value: Some(31.5e6), unit: Unit::Time }),
            ("never_seen".to_owned(), Measured { value: None, unit: Unit::Ratio }),
        ]),
        series: None,
        is_cut: false,
    }
}

/// The token that names it.
pub fn token(outcome: &Outcome) -> ReplayToken {
    ReplayToken {
        scenario: outcome.scenario.clone(),
        design: outcome.design.clone(),
        seed: outcome.seed,
        length: Span::from_secs(60.0),
        engine: "0.1.0".into(),
        model: 0xdead_beef,
        digest: outcome.digest,
        knobs: Vec::new(),
    }
}

/// No line may be wider than a terminal, but for a token, which cannot be cut.
pub fn assert_narrow(text: &str) {
    for line in text.lines() {
        let is_token = line.trim_start().starts_with("wt1.");
        assert!(is_token || line.width() <= WIDTH, "{} columns: {line}", line.width());
        assert_eq!(line.trim_end(), line, "blanks at the end");
    }
}

fn sketch(count: u64, step_us: u64) -> Sketch {
    let mut sketch = Sketch::default();
    for at in 1..=count {
        sketch.record(Span(at * step_us * 1_000));
    }
    sketch
}

fn orders(pace: u64) -> FlowOutcome {
    FlowOutcome {
        hedges: 0,
        redeliveries: 0,
        dead_letters: 0,
        slowdown: Sketch::default(),
        windows: Vec::new(),
        offered: 100,
        ok: 90,
        late: 2,
        refused: 5,
        failed: 3,
        failures: IndexMap::from([(Reason::Timeout, 2), (Reason::Crashed, 1)]),
        losses: IndexMap::new(),
        lost_updates: 0,
        latency: sketch(92, pace * 1_000),
        to_failure: sketch(3, 500_000),
        convergence: sketch(97, 40_000 / pace),
        unconverged: 1,
        ends: Ends { kept: 89, retracted: 2, half_done: 1, unannounced: 1, clean: 6, pending: 1 },
        good: 88,
        wrongly_refused: 1,
        reads: Reads::default(),
        violations: Violations { monotonic_writes: 1, ..Violations::default() },
        effects: Effects {
            told: 200,
            once: 180,
            duplicated: 2,
            undone: 8,
            lost: 1,
            pending: 1,
            dropped: 2,
            void: 6,
            harmless: 3,
        },
        messages: 100 * pace * 2,
        retries: 4,
    }
}

fn views(pace: u64) -> FlowOutcome {
    FlowOutcome {
        offered: 12_345,
        ok: 12_345,
        latency: sketch(500, 20),
        convergence: sketch(500, 20),
        ends: Ends { kept: 12_345, ..Ends::default() },
        good: 12_345,
        reads: Reads {
            reads: 24_000,
            stale: 300 / pace,
            staleness: sketch(300 / pace, 900),
            versions_behind: 40,
            dangling: 7,
            behind: Sketch::default(),
        },
        violations: Violations { read_your_writes: 12 / pace, ..Violations::default() },
        messages: 24_690,
        ..FlowOutcome::default()
    }
}

fn node(arrivals: u64, busy: f64, pace: u64) -> NodeOutcome {
    NodeOutcome {
        load: Load {
            arrivals,
            utilization: Some(busy),
            queue_mean: busy * pace as f64 / 10.0,
            queue_max: 9 * pace,
            ..Load::default()
        },
        wait: sketch(40, 30 * pace),
        waited: arrivals / 10,
        ..NodeOutcome::default()
    }
}

fn turning_away(turned_away: u64, node: NodeOutcome) -> NodeOutcome {
    NodeOutcome { load: Load { turned_away, ..node.load }, ..node }
}

fn window(at: u64, pace: u64) -> Window {
    Window {
        offered: 10 + at,
        ok: 9 + at,
        failed: 1,
        latency: sketch(10, pace * 900),
        backlog: at % 3,
        messages: 80,
        reads: 20,
        stale: 1,
        ..Window::default()
    }
}

fn anomalies() -> Vec<Anomaly> {
    let one = |kind, number, count, detail: &str| Anomaly {
        time: Time(20_100_000_000),
        kind,
        flow: "place-order".into(),
        client: None,
        number,
        detail: detail.into(),
        count,
    };
    vec![
        one("half_done", 4_217, 12, "stock was taken at inventory, payment was never written"),
        one(
            "read_your_writes",
            31,
            1,
            "order 30 was answered as done 51 ms before, and was not there when it was read",
        ),
    ]
}

/// Verdicts of every kind.
pub fn judged() -> Vec<Judged> {
    let held = Verdict {
        expectation: "p99(place-order) < 250ms".into(),
        index: 0,
        design: Some("rest".into()),
        finding: Finding::Held,
        seeds: 5,
        held: 5,
        seed: Some(3),
        claim: "p99(place-order) < 250ms".into(),
        measured: Some(118.4e6),
        limit: Some(250e6),
        margin: Some(131.6e6),
        confidence: Some(Confidence { mean_margin: 140e6, half_width: 12e6, p_value: 0.0004 }),
        unit: Unit::Time,
        message: "held for all 5 seeds, at worst with 118.4ms against 250ms (seed 3)".into(),
        replays: Vec::new(),
    };
    let broken = Verdict {
        expectation: "events.violations(read-your-writes) == 0 and events.p99(view-order) < rest.p99(view-order)".into(),
        design: None,
        finding: Finding::Broken,
        held: 2,
        seed: Some(2),
        claim: "events.violations(read-your-writes) == 0".into(),
        measured: Some(12.0),
        limit: Some(0.0),
        margin: Some(-12.0),
        confidence: None,
        unit: Unit::Count,
        message: "12 against 0 is not ==, in seed 2; it held for 2 of 5 seeds".into(),
        ..held.clone()
    };
    let blind = Verdict {
        finding: Finding::NoData,
        measured: None,
        limit: None,
        margin: None,
        confidence: None,
        message: "seed 1: p99(place-order) has no value: nothing was answered".into(),
        ..held.clone()
    };
    let line = |seed| {
        vec![replay_line(&token(&outcome("events", seed)), Path::new("scenarios/checkout.ron"))]
    };
    let unsure = Verdict {
        confidence: Some(Confidence { mean_margin: 140e6, half_width: 160e6, p_value: 0.21 }),
        ..held.clone()
    };
    let rulings = vec![
        Ruling { line: Some(41), verdict: held, replay: line(3) },
        Ruling { line: Some(42), verdict: unsure, replay: line(3) },
        Ruling { line: Some(43), verdict: broken, replay: line(2) },
        Ruling { line: Some(44), verdict: blind, replay: line(1) },
    ];
    let judged = |name: &str, result| Judged {
        scenario: name.into(),
        file: format!("scenarios/{name}.ron").into(),
        result,
        drifts: Vec::new(),
    };
    vec![
        Judged { drifts: drifts(), ..judged("checkout", Ok(rulings)) },
        judged("queue", Err(Skipped::NoExpectations)),
        judged("wrong", Err(Skipped::Invalid)),
    ]
}

/// Designs that moved, did not, and were not in the baseline.
fn drifts() -> Vec<Drift> {
    let moved = |figure: &str, unit, before, now: Option<f64>, mean| Moved {
        figure: figure.into(),
        unit,
        before: Some(before),
        now,
        by: now.map(|_| Gap { mean, half_width: 0.031, p_value: 0.000_4, count: 5 }),
    };
    let drift = |design: &str, held, added, moved| Drift {
        design: design.into(),
        held,
        added,
        flags_before: None,
        moved,
    };
    let worse = vec![
        moved("availability(view-order)", Unit::Ratio, 1.0, Some(0.9), -0.1),
        moved("p99(place-order)", Unit::Time, 118.4, Some(142.1), 23.7),
        moved("staleness_p99", Unit::Time, 40.0, None, 0.0),
    ];
    let flags_before = Some("--set rate=800/s".into());
    vec![
        Drift { flags_before, ..drift("rest", 142, 0, worse) },
        drift("pubsub", 142, 1, Vec::new()),
        drift("events", 0, 142, Vec::new()),
    ]
}

/// Designs over seeds, compared.
pub fn comparison(designs: &[&str], seeds: u64) -> Comparison {
    let runs = designs.iter().map(|design| {
        let outcomes = (1..=seeds).map(|seed| outcome(design, seed));
        ((*design).to_owned(), outcomes.collect())
    });
    let names = Names::of(&scenario());
    let spread = measure("p99(place-order) - p50(place-order)", &names).expect("a measure");
    compare(&runs.collect(), &[("spread".to_owned(), spread)])
}

/// What a report of it is made from.
pub fn compared(comparison: &Comparison, asked: u64) -> Compared<'_> {
    Compared {
        comparison,
        reading: read(comparison),
        about: "An order reserves stock, charges a card and ships; customers watch it happen.",
        file: Path::new("scenarios/checkout.ron"),
        turned: " --set rate=800/s",
        length: Span::from_secs(60.0),
        asked,
        anomalies: vec![("rest".into(), 2, anomalies()[0].clone())],
    }
}

/// A small shop: a customer, two services, one flow.
pub fn scenario() -> Scenario {
    let text = r#"(
        about: "Orders take stock.",
        run: (length: "10s"),
        nodes: {
            "web": Client(arrivals: Poisson("10/s"), journeys: { "buy": (steps: [Do("place-order")]) }),
            "orders": Service(instances: 2, workers: 4, work: "1ms", store: "orders-db"),
            "inventory": Service(workers: 4, work: "1ms", store: "inventory-db"),
            "orders-db": Database(read: "1ms", write: "1ms"),
            "inventory-db": Database(read: "1ms", write: "1ms"),
        },
        data: { "order": (owner: "orders"), "stock": (owner: "inventory", keys: 10, start: 100) },
        flows: { "place-order": (home: "orders", steps: [
            Tell("inventory", Take("stock", 1), undo: Add("stock", 1)), Write("order"),
        ]) },
        designs: { "rest": Rest() },
    )"#;
    crate::scenario::parse("shop.ron", text, &[]).unwrap_or_else(|found| panic!("{found}"))
}
