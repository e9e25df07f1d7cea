//! What the settings of `Sqs` do.

use super::Turns::{Down, FromTo, Up};
use super::{ANY, Product, Shown};

/// Some messages for a handler, one each `gap`.
const QUIET: &str = world!("Sqs", "");

/// The same while the handler cannot do what it is told.
const ERRORS: &str = world!("Sqs", r#"(at: "0s", lasts: "1m", what: Errors("b", "100%"))"#);

/// The same while the handler is gone for three minutes.
const GONE: &str = world!("Sqs", r#"(at: "0s", lasts: "3m", what: Crash("b"))"#);

const PLAIN: Shown = Shown { world: QUIET, ..ANY };

/// One message, of which the work takes 45 s, for two workers.
const SLOW: &[(&str, &str)] = &[("gap", "6s"), ("work", "45s"), ("workers", "2")];

pub(super) const IT: Product = Product {
    word: "Sqs",
    ours: &["extend_every", "poll_pause", "duplicates", "late_deletes", "persist"],
    not_yet: &[],
    shown: &[
        Shown {
            setting: "visibility_timeout",
            sets: SLOW,
            turned: r#""2m""#,
            figure: "duplicated_effects",
            turns: Down,
            ..PLAIN
        },
        Shown {
            setting: "extend_every",
            sets: SLOW,
            turned: r#""20s""#,
            figure: "duplicated_effects",
            turns: Down,
            ..PLAIN
        },
        Shown {
            setting: "max_receive_count",
            sets: &[("fails", "100%")],
            turned: "3",
            figure: "lost_effects",
            turns: FromTo(0.0, 9.0),
            ..PLAIN
        },
        Shown {
            setting: "redrive_after",
            world: ERRORS,
            beside: "max_receive_count: 1",
            turned: r#""2m""#,
            figure: "lost_effects",
            turns: FromTo(9.0, 0.0),
            ..PLAIN
        },
        Shown {
            setting: "dead_letter_retention_period",
            world: ERRORS,
            beside: r#"max_receive_count: 1, redrive_after: "2m""#,
            turned: r#""1m""#,
            figure: "lost_effects",
            turns: FromTo(0.0, 9.0),
            ..PLAIN
        },
        Shown {
            setting: "message_retention_period",
            world: GONE,
            sets: &[("length", "4m"), ("gap", "10s")],
            turned: r#""1m""#,
            figure: "lost_effects",
            turns: FromTo(0.0, 11.0),
            ..PLAIN
        },
        Shown {
            setting: "receive_message_wait_time",
            turned: r#""20s""#,
            figure: "messages",
            turns: Down,
            ..PLAIN
        },
        Shown {
            setting: "max_number_of_messages",
            sets: &[("work", "10s")],
            turned: "10",
            figure: "duplicated_effects",
            turns: Up,
            ..PLAIN
        },
        Shown {
            setting: "poll_pause",
            turned: r#""1s""#,
            figure: "messages",
            turns: Down,
            ..PLAIN
        },
        Shown {
            setting: "delay",
            turned: r#""10s""#,
            figure: "convergence_min",
            turns: Up,
            ..PLAIN
        },
        Shown {
            setting: "fifo",
            sets: &[("gap", "100ms"), ("work", "1s"), ("workers", "8")],
            turned: "true",
            figure: "convergence_max",
            turns: Up,
            ..PLAIN
        },
        Shown {
            setting: "message_group",
            sets: &[("gap", "100ms"), ("work", "1s"), ("workers", "8")],
            beside: "fifo: true",
            turned: "Operation",
            figure: "convergence_max",
            turns: Down,
            ..PLAIN
        },
        Shown {
            setting: "message_group",
            sets: &[("gap", "100ms"), ("work", "1s"), ("workers", "8"), ("items", "1_000")],
            beside: "fifo: true",
            turned: "Queue",
            figure: "convergence_max",
            turns: Up,
            ..PLAIN
        },
        Shown {
            setting: "in_flight_limit",
            sets: &[("gap", "100ms"), ("work", "1s"), ("workers", "8")],
            turned: "1",
            figure: "convergence_max",
            turns: Up,
            ..PLAIN
        },
        Shown {
            setting: "duplicates",
            turned: r#""100%""#,
            figure: "duplicated_effects",
            turns: FromTo(0.0, 9.0),
            ..PLAIN
        },
        Shown {
            setting: "late_deletes",
            sets: SLOW,
            turned: "true",
            figure: "messages(f)",
            turns: Down,
            ..PLAIN
        },
        Shown { setting: "persist", turned: r#""1s""#, figure: "p50", turns: Up, ..PLAIN },
    ],
};
