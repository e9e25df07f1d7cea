//! Kafka's transactions, judged by the truth: whatever befalls those who pass records on, and the brokers, each is
//! passed on once; and without them, or for who reads what is not committed, it is not.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use windtunnel::analysis::{extras, measures};
use windtunnel::scenario::{parse, parse_named};
use windtunnel::simulate::run_with;

/// What befalls an instance of somebody, from when on and for how long.
#[derive(Clone, Copy, Debug)]
struct Blow {
    what: &'static str,
    on: (&'static str, u32),
    at_ms: u32,
    lasts_ms: u32,
}

fn blows() -> impl Strategy<Value = Vec<Blow>> {
    let what =
        prop::sample::select(vec!["Crash", "Host", "Freeze", "Pause", "Shutdown", "Partition"]);
    let on = prop::sample::select(vec![("orders", 2), ("orders", 2), ("log", 3)]);
    let span = prop_oneof![0..3u32, 3..60u32, 60..3_000u32];
    let blow =
        (what, on, 0..3u32, 500..8_000u32, span).prop_map(|(what, on, which, at_ms, lasts_ms)| {
            let what = if on.0 == "log" && what == "Shutdown" { "Crash" } else { what };
            Blow { what, on: (on.0, which % on.1), at_ms, lasts_ms }
        });
    prop::collection::vec(blow, 1..12)
}

fn groups() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"session_timeout: "400ms", heartbeat_interval: "100ms""#,
        r#"session_timeout: "400ms", heartbeat_interval: "100ms", group_instance_id: true"#,
        r#"session_timeout: "400ms", heartbeat_interval: "100ms", partition_assignment_strategy: CooperativeSticky"#,
        r#"group_protocol: Consumer, group_consumer_session_timeout: "400ms", group_consumer_heartbeat_interval: "100ms""#,
    ])
}

/// How much is entered twice, lost, pending and entered, of a business that passes records on.
fn entered(settings: &str, latency: &str, blows: &[Blow], seed: u64) -> [f64; 4] {
    let mut faults = String::new();
    for (number, Blow { what, on: (node, which), at_ms, lasts_ms }) in blows.iter().enumerate() {
        let (word, more) = match *what {
            "Host" => ("Crash", ", host: true"),
            "Shutdown" => ("Shutdown", r#", drain: "0ms""#),
            word => (word, ""),
        };
        let befalls = match word {
            "Partition" => r#"Partition(["orders"], ["log"])"#.to_owned(),
            word => format!(r#"{word}("{node}", instance: {which}{more})"#),
        };
        let _ = writeln!(
            faults,
            r#"(name: "blow-{number}", at: "{at_ms}ms", lasts: "{lasts_ms}.001ms", what: {befalls}),"#
        );
    }
    let text = format!(
        r#"(
    run: (length: "8s", drain: "120s"),
    nodes: {{
        "client": Client(arrivals: Poisson("150/s"), does: "pass"),
        "shop": Service(workers: 100, hold: false),
        "orders": Service(instances: 2, workers: 2, overhead: "0s"),
        "ledger": Service(workers: 8, store: "db"),
        "db": Database(connections: 8, read: "0s", write: "0s"),
        "log": Kafka(brokers: 3, replication_factor: 3, min_insync_replicas: 2, partitions: 3, lag: Exp("5ms"),
            broker_session_timeout: "900ms", replica_lag_time_max: "700ms", request_timeout: "500ms", max_poll_records: 10,
            {settings}),
    }},
    network: (latency: {latency}),
    data: {{ "entered": (owner: "ledger", keys: 100, start: 0) }},
    flows: {{ "pass": (home: "shop", steps: [
        Tell("orders", [Tell("ledger", Add("entered", 1))], work: "4ms"),
    ]) }},
    designs: {{ "pubsub": PubSub(broker: "log", dedup: false) }},
    faults: [(name: "errors", at: "3s", lasts: "3s", what: Errors("orders", "5%")), {faults}],
    measures: {{
        "twice": "duplicated_effects", "lost": "lost_effects", "pending": "pending_effects", "kept": "kept",
    }},
)"#,
    );
    let scenario = parse("exactly-once.ron", &text, &[]);
    let scenario = Arc::new(scenario.unwrap_or_else(|wrong| panic!("{wrong}\n{text}")));
    let outcome = run_with(&scenario, 0, seed, extras(&scenario));
    let taken = measures(&scenario, &outcome).expect("figures");
    ["twice", "lost", "pending", "kept"].map(|name| taken[name].presented().unwrap_or(f64::NAN))
}

const COMMITTED: &str = "transactional: true, isolation_level: ReadCommitted";
const UNCOMMITTED: &str = "transactional: true, isolation_level: ReadUncommitted";

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_passed_on_in_transactions_is_read_once(
        blows in blows(),
        groups in groups(),
        commit in prop::sample::select(vec!["Batch", "Each"]),
        timeout in prop::sample::select(vec!["1s", "60s"]),
        latency in prop::sample::select(vec![r#""0.5ms""#, r#"Exp("0.5ms")"#, r#"Exp("3ms")"#]),
        seed in 1..1_000u64,
    ) {
        let settings = format!(r#"{COMMITTED}, commit: {commit}, transaction_timeout: "{timeout}", {groups}"#);
        let [twice, lost, pending, kept] = entered(&settings, latency, &blows, seed);
        prop_assert_eq!((twice, lost, pending), (0.0, 0.0, 0.0));
        prop_assert!(kept > 0.0);
    }
}

#[test]
fn and_else_twice_by_and_by() {
    let mut runner = TestRunner::deterministic();
    let mut twice = [0, 0];
    for seed in 1..=6 {
        let blows = blows().new_tree(&mut runner).expect("blows").current();
        for (count, settings) in twice.iter_mut().zip(["enable_auto_commit: true", UNCOMMITTED]) {
            *count += u32::from(entered(settings, r#""0.5ms""#, &blows, seed)[0] > 0.0);
        }
    }
    assert!(twice.iter().all(|count| *count >= 3), "{twice:?} of 6");
}

#[test]
fn what_goes_by_an_outbox_is_in_no_transaction() {
    let text = r#"(
    run: (length: "1s"),
    nodes: {
        "client": Client(arrivals: Constant("1/s"), does: "pass"),
        "shop": Service(workers: 1, store: "db"),
        "orders": Service(workers: 1, store: "db"),
        "db": Database(connections: 8, read: "0s", write: "0s"),
        "log": Kafka(transactional: true, isolation_level: ReadCommitted),
    },
    data: { "entered": (owner: "orders", keys: 100, start: 0) },
    flows: { "pass": (home: "shop", steps: [Tell("orders", Add("entered", 1))]) },
    designs: { "events": Events(), "outbox": PubSub(outbox: true), "commands": PubSub() },
)"#;
    let loaded = parse_named("once", "once.ron", text, &[]).expect("a good scenario");
    let warned: Vec<(&str, bool)> = ["events", "outbox", "commands"]
        .map(|design| (design, loaded.warnings.to_string().contains(&format!("design {design:?}"))))
        .into();
    assert_eq!(warned, [("events", true), ("outbox", true), ("commands", false)]);
    assert!(loaded.warnings.list.iter().all(|warning| warning.code.text() == "W0302"));
}

#[test]
fn who_is_dismissed_while_it_waits_for_the_end_of_its_transaction_joins_again() {
    // A batch takes longer than `max_poll_interval`, and each record's transaction a good part of its time.
    let text = r#"(
    run: (length: "10s", drain: "100s"),
    nodes: {
        "client": Client(arrivals: Poisson([(from: "0s", rate: "0/s"), (from: "1s", rate: "200/s"), (from: "1.5s", rate: "0/s")]), does: "pass"),
        "shop": Service(workers: 100, hold: false),
        "orders": Service(workers: 1, overhead: "0s"),
        "ledger": Service(workers: 8, store: "db"),
        "db": Database(connections: 8, read: "0s", write: "0s"),
        "log": Kafka(transactional: true, isolation_level: ReadCommitted, commit: Each, append: "20ms",
            max_poll_interval: "300ms", session_timeout: "1s", heartbeat_interval: "100ms"),
    },
    data: { "entered": (owner: "ledger", keys: 100, start: 0) },
    flows: { "pass": (home: "shop", steps: [Tell("orders", [Tell("ledger", Add("entered", 1))], work: "4ms")]) },
    designs: { "pubsub": PubSub(broker: "log", dedup: false) },
    measures: { "kept": "kept", "pending": "pending_effects" },
)"#;
    let scenario = Arc::new(parse("once.ron", text, &[]).expect("a good scenario"));
    let outcome = run_with(&scenario, 0, 1, extras(&scenario));
    let taken = measures(&scenario, &outcome).expect("figures");
    let [kept, pending] = ["kept", "pending"].map(|name| taken[name].presented());
    assert!(kept > Some(50.0), "{kept:?}");
    assert_eq!(pending, Some(0.0));
}
