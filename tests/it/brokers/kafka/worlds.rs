//! The worlds in which the settings of `Kafka` are turned.

/// Three brokers, and consumers that count; who is away, when and how long, are knobs.
pub(super) const WORLD: &str = r#"(
    run: (length: "60s", drain: "30s"),
    knobs: {
        "rate": "100/s", "consumers": 1, "work": "0.1ms",
        "leader_at": "1ms", "leader_away": "1ns", "leader_host": false,
        "first_at": "1ms", "first_away": "1ns", "second_at": "1ms", "second_away": "1ns",
        "slow_at": "1ms", "slow_for": "1ns", "stop_at": "1ms", "stop_for": "1ns",
        "consumer_at": "59s", "consumer_away": "1ns", "leaves_at": "59s", "leaves_for": "1ns",
        "fails": "0%",
    },
    nodes: {
        "client": Client(arrivals: Constant("$rate"), does: "send"),
        "publisher": Service(workers: 1_000_000, hold: false, overhead: "0s"),
        "consumer": Service(instances: "$consumers", workers: 1, overhead: "0s", store: "db"),
        "db": Database(connections: 1_000_000, read: "0s", write: "0s"),
        "log": Kafka(brokers: 3, linger: "0s", IT_IS),
    },
    network: (latency: "0s"),
    data: { "done": (owner: "consumer", keys: 100_000, start: 0) },
    flows: { "send": (home: "publisher", steps: [Tell("consumer", Add("done", 1), work: "$work", fails: "$fails")]) },
    designs: { "events": Events(broker: "log", dedup: false) },
    faults: [
        (at: "$leader_at", lasts: "$leader_away", what: Crash("log", instance: 0, host: "$leader_host")),
        (at: "$first_at", lasts: "$first_away", what: Crash("log", instance: 1)),
        (at: "$second_at", lasts: "$second_away", what: Crash("log", instance: 2)),
        (at: "$slow_at", lasts: "$slow_for", what: Pause("log", instance: 1)),
        (at: "$stop_at", lasts: "$stop_for", what: Pause("log")),
        (at: "$consumer_at", lasts: "$consumer_away", what: Crash("consumer", instance: 0)),
        (at: "$leaves_at", lasts: "$leaves_for", what: Shutdown("consumer", instance: 0)),
    ],
)
"#;

/// A producer with an outbox; a consumer that fails now and then, and one of two that is shut down.
pub(super) const OUTBOX: &str = r#"(
    run: (length: "40s", drain: "30s"),
    knobs: { "away": "1ns", "fails": "0%", "stops": "1ns", "customers": 1_000, "counters": 100_000, "partitions": 8, "dedup": true },
    nodes: {
        "client": Client(arrivals: Constant("200/s"), sessions: "$customers", does: "send"),
        "publisher": Service(workers: 1_000_000, hold: false, overhead: "0s", store: "outbox"),
        "outbox": Database(connections: 1_000_000, read: "0s", write: "0s"),
        "consumer": Service(instances: 2, workers: 1, overhead: "0s", store: "db"),
        "db": Database(connections: 1_000_000, read: "0s", write: "0s"),
        "log": Kafka(partitions: "$partitions", IT_IS),
    },
    network: (latency: "0s"),
    data: { "sent": (owner: "publisher"), "done": (owner: "consumer", keys: "$counters", start: 0) },
    flows: { "send": (home: "publisher", steps: [Write("sent"), Tell("consumer", Add("done", 1), work: "0.1ms")]) },
    designs: { "events": Events(broker: "log", dedup: "$dedup") },
    faults: [
        (at: "10s", lasts: "$away", what: Crash("log", instance: 0)),
        (at: "10s", lasts: "10s", what: Errors("consumer", "$fails")),
        (at: "10s", lasts: "$stops", what: Shutdown("consumer", instance: 0)),
    ],
)
"#;

/// Prices of few things change again and again while one is away who keeps copies of them, and does something
/// each time, or nothing.
pub(super) const PRICES: &str = r#"(
    run: (length: "60s", drain: "30s"),
    knobs: { "does": "0%" },
    nodes: {
        "owner": Client(arrivals: Constant("50/s"), does: "change"),
        "reader": Client(arrivals: Constant("10/s"), does: "look"),
        "catalogue": Service(workers: 1_000_000, hold: false, overhead: "0s", store: "prices"),
        "prices": Database(connections: 1_000_000, read: "0s", write: "0s"),
        "shop": Service(workers: 1, overhead: "2ms", store: "shelf"),
        "shelf": Database(connections: 1_000_000, read: "0s", write: "0s"),
        "log": Kafka(segment: "2s", group_instance_id: true, IT_IS),
    },
    network: (latency: "0s"),
    data: { "price": (owner: "catalogue", keys: 5, start: 0), "label": (owner: "shop", keys: 100_000, start: 0) },
    flows: {
        "change": (home: "catalogue", steps: [Write("price"), Maybe("$does", [Tell("shop", Add("label", 1))])]),
        "look": (home: "shop", steps: [Ask("price")]),
    },
    designs: { "events": Events(broker: "log") },
    faults: [(at: "10s", lasts: "30s", what: Crash("shop"))],
)
"#;

/// Records are passed on as other records, in batches: a pile of them comes after three seconds.
pub(super) const PASSED_ON: &str = r#"(
    run: (length: "30s", drain: "90s"),
    knobs: { "dies": "29s", "goes": "29s", "away": "1ns" },
    nodes: {
        "client": Client(arrivals: Constant("100/s"), does: "pass"),
        "shop": Service(workers: 1_000_000, hold: false, overhead: "0s"),
        "orders": Service(instances: 2, workers: 1, overhead: "0s"),
        "ledger": Service(workers: 1_000_000, overhead: "0s", store: "db"),
        "db": Database(connections: 1_000_000, read: "0s", write: "0s"),
        "log": Kafka(partitions: 4, linger: "0s", group_instance_id: true, session_timeout: "4s", IT_IS),
    },
    network: (latency: "0s"),
    data: { "entered": (owner: "ledger", keys: 100_000, start: 0) },
    flows: { "pass": (home: "shop", steps: [Tell("orders", [Tell("ledger", Add("entered", 1))], work: "9ms")]) },
    designs: { "pubsub": PubSub(broker: "log", dedup: false) },
    faults: [
        (at: "1ms", lasts: "3s", what: Pause("log")),
        (at: "$dies", lasts: "1ns", what: Crash("orders", instance: 0)),
        (at: "$goes", lasts: "$away", what: Crash("orders", instance: 1, host: true)),
    ],
)
"#;
