//! Scenarios and outcomes for the tests of this layer: small, and written out so that every
//! expected figure can be worked by hand.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::base::{Dist, Span, Time};
use crate::probes::Reason;
use crate::probes::outcome::{
    CacheOutcome, Discovered, Effects, Ends, FlowOutcome, InvariantOutcome, Load, NodeOutcome,
    Outcome, Reads, Recovery, Violations, Window,
};
use crate::probes::sketch::Sketch;
use crate::probes::standing::{Standing, StandingGroup, StandingLag};
use crate::scenario::tree::{
    Database, Design, Entity, Fault, FaultKind, Flow, Network, Node, NodeIx, NodeKind, Pause,
    Popular, Preset, Relaying, Run, Scenario, Sum, Target, When,
};

/// Equal up to what a sketch of three significant digits may lose.
pub(super) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-3 * b.abs().max(1e-9)
}

/// A sketch of these milliseconds.
pub(super) fn sketch(values_ms: &[u64]) -> Sketch {
    let mut sketch = Sketch::default();
    for ms in values_ms {
        sketch.record(Span(ms * 1_000_000));
    }
    sketch
}

/// Two flows, three designs, a node, a fault, a floor and a sum.
pub(super) fn scenario() -> Scenario {
    let flow = |name: &str| Flow {
        name: name.to_owned(),
        home: NodeIx(0),
        deadline: None,
        propagate: false,
        work: None,
        fails: None,
        steps: Vec::new(),
    };
    let design = |name: &str, preset| Design {
        name: name.to_owned(),
        preset,
        broker: None,
        outbox: false,
        relay: Relaying::Tailing,
        dedup: false,
        cache: None,
        except: Vec::new(),
    };
    let zero = Dist::Const(0.0);
    let orders = Database {
        connections: 1,
        room: None,
        read: zero.clone(),
        write: zero.clone(),
        lock_timeout: None,
        followers: None,
        policy: None,
    };
    Scenario {
        name: "checkout".to_owned(),
        about: String::new(),
        run: Run {
            length: Span::from_secs(10.0),
            warmup: Span::ZERO,
            drain: Span::from_secs(60.0),
            max_in_flight: 5_000_000,
            seed: 1,
        },
        knobs: Vec::new(),
        nodes: vec![Node { name: "orders".to_owned(), kind: NodeKind::Database(orders) }],
        network: Network { latency: zero, links: Vec::new() },
        entities: vec![Entity {
            name: "stock".to_owned(),
            owner: NodeIx(0),
            keys: 1,
            popularity: Popular::Uniform,
            start: 0,
            floor: Some(0),
        }],
        sums: vec![Sum { name: "money".to_owned(), entities: Vec::new() }],
        flows: vec![flow("place-order"), flow("view-order")],
        designs: vec![
            design("rest", Preset::Rest),
            design("pubsub", Preset::PubSub),
            design("events", Preset::Events),
        ],
        policies: Vec::new(),
        changes: vec![],
        faults: vec![Fault {
            name: "db-crash".to_owned(),
            when: When::At(Span::from_secs(2.0)),
            lasts: None,
            what: FaultKind::Pause(Pause { target: Target { node: NodeIx(0), instance: None } }),
        }],
        measures: Vec::new(),
        expect: Vec::new(),
    }
}

/// A single flow, `request`.
pub(super) fn scenario_of_one_flow() -> Scenario {
    let mut scenario = scenario();
    scenario.flows.truncate(1);
    scenario.flows[0].name = "request".to_owned();
    scenario
}

/// A run of `rest` with seed 1 in which nothing happened.
pub(super) fn bare_outcome() -> Outcome {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Outcome {
        scenario: "checkout".to_owned(),
        design: "rest".to_owned(),
        seed: 1,
        digest: 0xd1_9e57,
        events: 0,
        simulated: Span::from_secs(10.0),
        partial: None,
        guards: named(&["timeout"]),
        measured: Span::from_secs(10.0),
        flows: named(&["place-order", "view-order"])
            .into_iter()
            .map(|n| (n, FlowOutcome::default()))
            .collect(),
        nodes: named(&["orders"]).into_iter().map(|n| (n, NodeOutcome::default())).collect(),
        invariants: named(&["stock-floor", "money"])
            .into_iter()
            .map(|n| (n, InvariantOutcome::default()))
            .collect(),
        recoveries: IndexMap::new(),
        windows: Vec::new(),
        window: Span::from_secs(1.0),
        visibility: sketch(&[]),
        tallies: BTreeMap::new(),
        messages: 0,
        standing: Standing::default(),
        anomalies: Vec::new(),
    }
}

/// A run of `rest` with seed 1 in which everything happened at least once.
pub(super) fn full_outcome() -> Outcome {
    let mut outcome = bare_outcome();
    outcome.messages = 90;
    outcome.visibility = sketch(&[0, 1, 2]);
    outcome.flows.insert("place-order".to_owned(), place_order());
    outcome.flows.insert("view-order".to_owned(), view_order());
    let orders = &mut outcome.nodes["orders"];
    let load = Load {
        arrivals: 20,
        turned_away: 1,
        utilization: Some(0.5),
        working: Some(0.25),
        queue_mean: 0.25,
        queue_max: 3,
    };
    *orders = NodeOutcome {
        load: load.clone(),
        wait: sketch(&[0, 1, 2]),
        waited: 2,
        batches: 2,
        batched: 12,
        revoked: 3,
        in_hand: Some(std::array::from_fn(|level| [0.5, 0.25].get(level).copied().unwrap_or(0.0))),
        cache: CacheOutcome {
            hits: 3,
            misses: 1,
            fetches: 1,
            evicted: 1,
            kept_out: 1,
            expired: 1,
            items_mean: 2.5,
        },
        discovery: Discovered {
            detection: sketch(&[20, 30]),
            removal: sketch(&[40, 50, 60]),
            comeback: sketch(&[5, 7]),
            delisted: 2,
            enlisted: 1,
        },
        instances: vec![load],
    };
    outcome.standing.groups = vec![StandingGroup {
        log: "log".to_owned(),
        consumer: "orders".to_owned(),
        lags: vec![
            StandingLag { partition: 2, records: 1, is_withheld: false },
            StandingLag { partition: 3, records: 5, is_withheld: false },
        ],
    }];
    outcome.invariants["stock-floor"].broken = 2;
    outcome.invariants["money"] =
        InvariantOutcome { broken: 1, deviation: -4, mean_deviation: 1.5 };
    let recovery = Recovery {
        start: Time(2_000_000_000),
        end: Time(3_000_000_000),
        after: Some(Span::from_secs(2.0)),
        amplification: Some(1.25),
        times: 1,
    };
    outcome.recoveries.insert("db-crash".to_owned(), recovery);
    // Offered, ok and backlog of four windows of one second.
    outcome.windows = [(3, 3, 1), (4, 3, 4), (5, 4, 6), (2, 2, 2)]
        .into_iter()
        .map(|(offered, ok, backlog)| Window {
            offered,
            ok,
            latency: sketch(&[10, 20, 30]),
            backlog,
            messages: 20,
            reads: 4,
            stale: 1,
            ..Window::default()
        })
        .collect();
    outcome
}

fn place_order() -> FlowOutcome {
    FlowOutcome {
        hedges: 0,
        redeliveries: 0,
        dead_letters: 0,
        offered: 8,
        ok: 3,
        late: 1,
        refused: 2,
        failed: 2,
        failures: [(Reason::Timeout, 1), (Reason::Crashed, 1)].into_iter().collect(),
        losses: indexmap::IndexMap::new(),
        latency: sketch(&[10, 20, 30, 40]),
        to_failure: sketch(&[500, 510]),
        convergence: sketch(&[50, 60, 70, 80]),
        unconverged: 1,
        ends: Ends { kept: 3, retracted: 1, half_done: 1, unannounced: 1, clean: 1, pending: 1 },
        good: 3,
        wrongly_refused: 1,
        reads: Reads {
            reads: 4,
            stale: 1,
            staleness: sketch(&[0, 0, 0, 3]),
            versions_behind: 2,
            behind: sketch(&[2]),
            dangling: 1,
        },
        violations: Violations { monotonic_reads: 1, ..Violations::default() },
        effects: Effects {
            told: 16,
            once: 12,
            undone: 1,
            lost: 1,
            pending: 1,
            duplicated: 1,
            dropped: 0,
            void: 0,
            harmless: 0,
        },
        lost_updates: 1,
        messages: 72,
        retries: 5,
        slowdown: sketch(&[1, 3]),
        windows: Vec::new(),
    }
}

fn view_order() -> FlowOutcome {
    FlowOutcome {
        offered: 1,
        ok: 1,
        latency: sketch(&[2]),
        convergence: sketch(&[2, 3]),
        ends: Ends { kept: 1, ..Ends::default() },
        good: 1,
        reads: Reads {
            reads: 4,
            stale: 1,
            staleness: sketch(&[0, 0, 0, 7]),
            versions_behind: 1,
            behind: sketch(&[1]),
            dangling: 0,
        },
        violations: Violations { read_your_writes: 3, monotonic_reads: 2, ..Violations::default() },
        messages: 6,
        ..FlowOutcome::default()
    }
}

/// Full outcomes of these designs for seeds 1, 2, ..., each turned by `turn(design, seed, outcome)`.
pub(super) fn runs_with(
    designs: &[&str],
    seeds: u64,
    turn: impl Fn(&str, u64, &mut Outcome),
) -> super::Runs {
    let outcome = |design: &str, seed| {
        let mut outcome = full_outcome();
        outcome.design = design.to_owned();
        outcome.seed = seed;
        turn(design, seed, &mut outcome);
        outcome
    };
    let all = |design: &&str| {
        ((*design).to_owned(), (1..=seeds).map(|seed| outcome(design, seed)).collect())
    };
    designs.iter().map(all).collect()
}
