//! What the settings of `Sns` do.

use super::Turns::{Down, FromTo, Up};
use super::{ANY, Product, Shown};

/// Some messages for a handler, one each `gap`.
const QUIET: &str = world!("Sns", "");

/// The same while the handler cannot do what it is told.
const ERRORS: &str = world!("Sns", r#"(at: "0s", lasts: "$away", what: Errors("b", "100%"))"#);

/// The same while the handler is gone.
const GONE: &str = world!("Sns", r#"(at: "0s", lasts: "$away", what: Crash("b"))"#);

/// Ten thousand a second to tell.
const CROWD: &str = r#"(
    run: (length: "500ms", drain: "10m"),
    network: (latency: "1ms"),
    nodes: {
        "web": Client(arrivals: Gaps(Const("100us")), does: "f"),
        "a": Service(workers: 1_000),
        "b": Service(workers: 1_000),
        "it": Sns(IT_IS),
        "queue": Sqs(),
    },
    flows: { "f": (home: "a", steps: [Tell("b", Work("1ms"))]) },
    designs: { "one": PubSub(broker: "it", dedup: false) },
)"#;

/// Each customer changes one thing twice, and what tells of it may overtake on the way to the queue.
const TWICE: &str = r#"(
    run: (length: "30s", drain: "10m"),
    network: (latency: "1ms", links: [(from: "it", to: "queue", latency: Exp("50ms"))]),
    nodes: {
        "web": Client(arrivals: Constant("5/s"), journeys: { "twice": (steps: [Do("f"), Do("f")]) }),
        "a": Service(workers: 10),
        "b": Service(workers: 1, store: "b-db"),
        "b-db": Database(read: "1ms", write: "1ms"),
        "it": Sns(IT_IS),
        "queue": Sqs(receive_message_wait_time: "20s"),
    },
    data: { "y": (owner: "b", keys: 1_000) },
    flows: { "f": (home: "a", steps: [Tell("b", Write("y", key: Session))]) },
    designs: { "one": PubSub(broker: "it") },
)"#;

pub(super) const IT: Product = Product {
    word: "Sns",
    ours: &["persist"],
    not_yet: &[],
    shown: &[
        Shown {
            setting: "fifo",
            world: TWICE,
            sets: &[],
            beside: r#"to: "queue""#,
            turned: "true",
            figure: "violations(monotonic_writes)",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "fifo",
            world: CROWD,
            sets: &[],
            beside: r#"to: "queue""#,
            turned: "true",
            figure: "failures(f, rate_limited)",
            turns: Up,
            ..ANY
        },
        Shown {
            setting: "filter_policy",
            world: QUIET,
            sets: &[],
            beside: "",
            turned: r#"{ "b": (kind: "undo") }"#,
            figure: "lost_effects",
            turns: FromTo(0.0, 9.0),
            ..ANY
        },
        Shown {
            setting: "filter_policy",
            world: QUIET,
            sets: &[],
            beside: "",
            turned: r#"{ "b": (flow: "f", kind: ["do", "undo"]) }"#,
            figure: "lost_effects",
            turns: FromTo(0.0, 0.0),
            ..ANY
        },
        Shown {
            setting: "to",
            world: GONE,
            sets: &[("length", "4m"), ("gap", "10s")],
            beside: "",
            turned: r#""queue""#,
            figure: "lost_effects",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "num_retries",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s")],
            beside: "",
            turned: "10",
            figure: "lost_effects",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "min_delay_target",
            world: ERRORS,
            sets: &[("away", "5s")],
            beside: "",
            turned: r#""1s""#,
            figure: "convergence_max",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "max_delay_target",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s"), ("away", "100s")],
            beside: "",
            turned: r#""60s""#,
            figure: "lost_effects",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "num_no_delay_retries",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s"), ("away", "50s")],
            beside: "",
            turned: "3",
            figure: "lost_effects",
            turns: Up,
            ..ANY
        },
        Shown {
            setting: "num_min_delay_retries",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s"), ("away", "100s")],
            beside: r#"max_delay_target: "60s""#,
            turned: "3",
            figure: "lost_effects",
            turns: Up,
            ..ANY
        },
        Shown {
            setting: "num_max_delay_retries",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s"), ("away", "150s")],
            beside: r#"max_delay_target: "60s""#,
            turned: "3",
            figure: "lost_effects",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "backoff_function",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s"), ("away", "150s")],
            beside: r#"num_retries: 6, min_delay_target: "1s", max_delay_target: "60s""#,
            turned: "Exponential",
            figure: "lost_effects",
            turns: Up,
            ..ANY
        },
        Shown {
            setting: "max_receives_per_second",
            world: QUIET,
            sets: &[("gap", "100ms")],
            beside: "",
            turned: r#""0.5/s""#,
            figure: "convergence_max",
            turns: Up,
            ..ANY
        },
        Shown {
            setting: "redrive_after",
            world: ERRORS,
            sets: &[("length", "4m"), ("gap", "10s")],
            beside: "",
            turned: r#""3m""#,
            figure: "lost_effects",
            turns: Down,
            ..ANY
        },
        Shown {
            setting: "persist",
            world: QUIET,
            sets: &[],
            beside: "",
            turned: r#""1s""#,
            figure: "p50",
            turns: Up,
            ..ANY
        },
    ],
};
