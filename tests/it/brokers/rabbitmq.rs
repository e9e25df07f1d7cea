//! What the settings of `RabbitMq` do.

use super::{Product, Shown, Turns};

/// Orders that tell two instances of `mail`, which work at each for `work`; `support` works at nothing else
/// than dead letters.
const SHOP: &str = r#"(
    run: (length: "20s", drain: "10m"),
    knobs: { "gap": Constant("10/s"), "work": "50ms", "fails": "0%", "faults": [] },
    nodes: {
        "users": Client(arrivals: "$gap", does: "order"),
        "shop": Service(workers: 1_000, overhead: "0s", store: "shop-db"),
        "mail": Service(instances: 2, workers: 1, overhead: "0s", store: "mail-db"),
        "support": Service(workers: 1, work: "2s"),
        "shop-db": Database(read: "0s", write: "0s"),
        "mail-db": Database(read: "0s", write: "0s"),
        "rabbit": RabbitMq(IT_IS),
    },
    network: (latency: "0s"),
    data: { "order": (owner: "shop"), "letter": (owner: "mail", keys: 1_000_000) },
    flows: { "order": (home: "shop", steps: [Write("order"), Tell("mail", Write("letter", key: Another), work: "$work", fails: "$fails")]) },
    designs: { "it": PubSub(broker: "rabbit") },
    faults: "$faults",
)"#;

const NO: &[(&str, &str)] = &[];
/// Nobody can read any message.
const POISON: &[(&str, &str)] = &[("fails", "\"100%\""), ("gap", "Constant(\"1/s\")")];
/// Both consumers stand still for a while.
const ASLEEP: &[(&str, &str)] =
    &[("faults", r#"[(name: "asleep", at: "5s", lasts: "10s", what: Pause("mail"))]"#)];
/// Both consumers are gone for a while.
const AWAY: &[(&str, &str)] =
    &[("faults", r#"[(name: "away", at: "5s", lasts: "10s", what: Crash("mail"))]"#)];
/// The same, with more in their hands.
const BUSY_AND_AWAY: &[(&str, &str)] = &[
    ("work", "\"300ms\""),
    ("faults", r#"[(name: "away", at: "5s", lasts: "10s", what: Crash("mail"))]"#),
];
/// One consumer is a hundred times as slow.
const ONE_SLOW: &[(&str, &str)] =
    &[("faults", r#"[(name: "slow", at: "0s", what: Slow("mail", 100, instance: 1))]"#)];
/// One consumer freezes for a while.
const ONE_FROZEN: &[(&str, &str)] = &[(
    "faults",
    r#"[(name: "frozen", at: "5s", lasts: "30s", what: Freeze("mail", instance: 1))]"#,
)];
/// What cannot be done fails for a while, and then no more.
const ILL: &[(&str, &str)] =
    &[("faults", r#"[(name: "ill", at: "5s", lasts: "5s", what: Errors("mail", "100%"))]"#)];

/// The first broker is away for a while.
const LEADER_DIES: &[(&str, &str)] =
    &[("faults", r#"[(name: "one", at: "5s", lasts: "6s", what: Crash("rabbit", instance: 0))]"#)];

/// Orders that are as much as `mail` can do, and urgent ones among them.
const CROWD: &str = r#"(
    run: (length: "20s", drain: "10m"),
    nodes: {
        "users": Client(arrivals: Constant("40/s"), does: "order"),
        "rush": Client(arrivals: Constant("3/s"), does: "urgent"),
        "shop": Service(workers: 1_000, store: "shop-db"),
        "mail": Service(instances: 2, workers: 1, store: "mail-db"),
        "shop-db": Database(read: "0s", write: "0s"),
        "mail-db": Database(read: "0s", write: "0s"),
        "rabbit": RabbitMq(IT_IS),
    },
    network: (latency: "0s"),
    data: { "order": (owner: "shop"), "letter": (owner: "mail", keys: 1_000_000) },
    flows: {
        "order": (home: "shop", steps: [Write("order"), Tell("mail", Write("letter", key: Another), work: "50ms")]),
        "urgent": (home: "shop", steps: [Write("order"), Tell("mail", Write("letter", key: Another), work: "50ms")]),
    },
    designs: { "it": PubSub(broker: "rabbit") },
)"#;

/// A setting alone, in this world.
const fn shown(
    setting: &'static str,
    turned: &'static str,
    sets: &'static [(&'static str, &'static str)],
    figure: &'static str,
    turns: Turns,
) -> Shown {
    Shown { setting, world: SHOP, sets, beside: "", usual: "", turned, figure, turns }
}

pub(super) const IT: Product = Product {
    word: "RabbitMq",
    ours: &["replicate", "election", "requeue_delay", "memory", "dead_letter_sends_back"],
    shown: &[
        Shown {
            beside: "queue_type: Quorum",
            usual: "1",
            ..shown("quorum_initial_group_size", "5", LEADER_DIES, "max(order)", Turns::Down)
        },
        Shown {
            beside: "queue_type: Quorum",
            ..shown("replicate", "\"50ms\"", NO, "p50(order)", Turns::FromTo(3.0, 51.0))
        },
        Shown {
            beside: "queue_type: Quorum",
            ..shown("election", "\"1s\"", LEADER_DIES, "max(order)", Turns::Down)
        },
        shown("persist", "\"100ms\"", NO, "p50(order)", Turns::FromTo(1.0, 100.0)),
        Shown {
            beside: "returns: Reject",
            ..shown("queue_type", "Quorum", POISON, "dead_letters(order)", Turns::FromTo(0.0, 19.0))
        },
        shown("prefetch_count", "1", ONE_SLOW, "convergence_max(order)", Turns::Down),
        shown("auto_ack", "true", BUSY_AND_AWAY, "lost_effects(order)", Turns::Up),
        Shown {
            beside: "queue_type: Quorum",
            ..shown("returns", "Reject", POISON, "dead_letters(order)", Turns::FromTo(0.0, 19.0))
        },
        shown("returns", "Discard", POISON, "dead_letters(order)", Turns::FromTo(0.0, 19.0)),
        shown("requeue_delay", "\"3s\"", ILL, "redeliveries(order)", Turns::Down),
        Shown {
            beside: "queue_type: Quorum, returns: Reject",
            ..shown(
                "delivery_limit",
                "2",
                POISON,
                "redeliveries(order)",
                Turns::FromTo(19.0 * 20.0, 19.0 * 2.0),
            )
        },
        Shown {
            beside: "queue_type: Quorum, returns: Reject, delivery_limit: None, delayed_retry_min: \"1s\"",
            ..shown("delayed_retry_type", "Failed", POISON, "redeliveries(order)", Turns::Down)
        },
        Shown {
            beside: "queue_type: Quorum, delayed_retry_type: Returned",
            usual: "\"100ms\"",
            ..shown("delayed_retry_min", "\"5s\"", POISON, "redeliveries(order)", Turns::Down)
        },
        Shown {
            beside: "queue_type: Quorum, returns: Reject, delivery_limit: None, delayed_retry_type: Failed, delayed_retry_min: \"1s\"",
            ..shown("delayed_retry_max", "\"2s\"", POISON, "redeliveries(order)", Turns::Up)
        },
        Shown {
            beside: "prefetch_count: 1",
            ..shown("max_length", "10", ASLEEP, "lost_effects(order)", Turns::Up)
        },
        Shown {
            beside: "prefetch_count: 1, max_length: 10",
            ..shown("overflow", "RejectPublish", ASLEEP, "failures(order, rejected)", Turns::Up)
        },
        Shown {
            beside: "prefetch_count: 1, max_length: 10, dead_letter_exchange: \"support\"",
            usual: "RejectPublish",
            ..shown("overflow", "RejectPublishDlx", ASLEEP, "arrivals(support)", Turns::Up)
        },
        Shown {
            beside: "prefetch_count: 1",
            ..shown("message_ttl", "\"1s\"", ASLEEP, "lost_effects(order)", Turns::Up)
        },
        shown("expires", "\"5s\"", AWAY, "lost_effects(order)", Turns::Up),
        Shown {
            beside: "returns: Discard",
            ..shown(
                "dead_letter_exchange",
                "\"support\"",
                POISON,
                "arrivals(support)",
                Turns::FromTo(0.0, 19.0),
            )
        },
        Shown {
            beside: "queue_type: Quorum, returns: Discard, max_length: 3, overflow: RejectPublish, prefetch_count: 1, dead_letter_exchange: \"support\", dead_letter_sends_back: true",
            ..shown("dead_letter_strategy", "AtLeastOnce", ILL, "lost_effects(order)", Turns::Down)
        },
        Shown {
            beside: "returns: Discard, dead_letter_exchange: \"support\"",
            ..shown(
                "dead_letter_sends_back",
                "true",
                ILL,
                "lost_effects(order)",
                Turns::FromTo(50.0, 0.0),
            )
        },
        Shown {
            world: CROWD,
            beside: "prefetch_count: 1, max_priority: 4",
            ..shown("priority", "{ \"urgent\": 1 }", NO, "convergence_max(urgent)", Turns::Down)
        },
        // Without a word a quorum queue gives a message the priority 4.
        Shown {
            world: CROWD,
            beside: "queue_type: Quorum, prefetch_count: 1",
            usual: "{ \"urgent\": 4 }",
            ..shown("priority", "{ \"urgent\": 5 }", NO, "convergence_max(urgent)", Turns::Down)
        },
        // What is consumed ahead of its pace does not wait where it could be overtaken.
        Shown {
            world: CROWD,
            beside: "max_priority: 4, priority: { \"urgent\": 1 }",
            usual: "1",
            ..shown("prefetch_count", "250", NO, "convergence_max(urgent)", Turns::Up)
        },
        Shown {
            world: CROWD,
            beside: "prefetch_count: 1, priority: { \"order\": 1, \"urgent\": 2 }",
            usual: "1",
            ..shown("max_priority", "2", NO, "convergence_max(urgent)", Turns::Down)
        },
        shown(
            "single_active_consumer",
            "true",
            NO,
            "arrivals(mail, 1)",
            Turns::FromTo(100.0, 199.0),
        ),
        Shown {
            beside: "prefetch_count: 1",
            ..shown(
                "consumer_priorities",
                "[0, 1]",
                NO,
                "arrivals(mail, 0)",
                Turns::FromTo(99.0, 0.0),
            )
        },
        Shown {
            beside: "queue_type: Quorum, prefetch_count: 1",
            ..shown("consumer_timeout", "\"2s\"", ONE_SLOW, "redeliveries(order)", Turns::Up)
        },
        Shown {
            beside: "prefetch_count: 1",
            ..shown("heartbeat", "\"2s\"", ONE_FROZEN, "convergence_max(order)", Turns::Down)
        },
        Shown {
            beside: "prefetch_count: 1",
            ..shown("memory", "20", ASLEEP, "failures(order, unanswered)", Turns::Up)
        },
        Shown {
            beside: "prefetch_count: 1, memory: 60",
            ..shown(
                "vm_memory_high_watermark",
                "\"90%\"",
                ASLEEP,
                "failures(order, unanswered)",
                Turns::Down,
            )
        },
        shown(
            "exchanges",
            "{ \"shop\": Topic({ \"mail\": \"#.undo\" }) }",
            NO,
            "lost_effects(order)",
            Turns::FromTo(0.0, 199.0),
        ),
        Shown {
            beside: "exchanges: { \"shop\": Fanout([]) }",
            ..shown(
                "mandatory",
                "true",
                NO,
                "failures(order, unroutable)",
                Turns::FromTo(0.0, 199.0),
            )
        },
    ],
    not_yet: &[],
};
