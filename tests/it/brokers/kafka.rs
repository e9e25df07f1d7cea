//! What the settings of `Kafka` do.

mod worlds;

use self::worlds::{OUTBOX, PASSED_ON, PRICES, WORLD};
use super::Turns::{Down, FromTo, Up};
use super::{Product, Shown, Turns};

/// Of the machines, and of who writes the consumers; no setting of Kafka.
const OURS: &[&str] =
    &["brokers", "append", "lag", "record_size", "commit", "share_failed", "retry_delay"];

pub(super) const IT: Product = Product { word: "Kafka", ours: OURS, shown: SHOWN, not_yet: &[] };

/// Knobs with their values.
type Sets = &'static [(&'static str, &'static str)];

const FOLLOWERS_AWAY: Sets =
    &[("first_at", "10s"), ("first_away", "20s"), ("second_at", "10s"), ("second_away", "20s")];
const LEADER_AWAY: Sets = &[("leader_at", "10s"), ("leader_away", "20s")];
const LEADER_SILENT: Sets =
    &[("leader_at", "10s"), ("leader_away", "40s"), ("leader_host", "true")];
/// The followers go, then the leader; one of them is back long before it.
const ALL_AWAY: Sets = &[
    ("first_at", "5s"),
    ("first_away", "50s"),
    ("second_at", "6s"),
    ("second_away", "10s"),
    ("leader_at", "10s"),
    ("leader_away", "20s"),
];
/// The consumer is away for longer than records are kept.
const LATE: Sets = &[("consumer_at", "10s"), ("consumer_away", "30s")];
/// Three hundred records pile up, which take three seconds; the consumer dies after half of them.
const PILE: Sets =
    &[("stop_for", "3s"), ("work", "9ms"), ("consumer_at", "4500ms"), ("consumer_away", "1ns")];
const BUSY_PILE: Sets = &[("stop_for", "3s"), ("work", "9ms")];
const FAILS: Sets = &[("fails", "10%")];
/// One of four consumers goes in good order.
const LEAVES: Sets = &[("consumers", "4"), ("leaves_at", "10500ms"), ("leaves_for", "1h")];
/// Within a batch.
const DIES: Sets = &[("dies", "3800ms")];
const BY_HAND: &str = "enable_auto_commit: false, group_instance_id: true";
const THREE: &str = "replication_factor: 3";
const TWO: &str = r#"brokers: 2, replication_factor: 2, lag: "20ms", linger: "1ms""#;

const fn turned(
    setting: &'static str,
    (usual, turned): (&'static str, &'static str),
    (figure, turns): (&'static str, Turns),
    sets: Sets,
    beside: &'static str,
) -> Shown {
    Shown { setting, world: WORLD, sets, beside, usual, turned, figure, turns }
}

/// The same with a producer that has an outbox.
const fn outbox(
    setting: &'static str,
    values: (&'static str, &'static str),
    shown: (&'static str, Turns),
    sets: Sets,
    beside: &'static str,
) -> Shown {
    Shown { world: OUTBOX, ..turned(setting, values, shown, sets, beside) }
}

const SHOWN: &[Shown] = &[
    turned(
        "partitions",
        ("1", "8"),
        ("convergence_p99(send)", Down),
        &[("consumers", "2"), ("work", "12ms")],
        "group_instance_id: true",
    ),
    turned(
        "replication_factor",
        ("1", "3"),
        ("max(send)", Down),
        LEADER_AWAY,
        r#"broker_session_timeout: "1s""#,
    ),
    turned("min_insync_replicas", ("1", "2"), ("p99(send)", Up), FOLLOWERS_AWAY, THREE),
    turned(
        "replica_lag_time_max",
        (r#""1s""#, r#""5s""#),
        ("max(send)", Up),
        &[("slow_at", "10s"), ("slow_for", "20s")],
        THREE,
    ),
    turned(
        "unclean_leader_election_enable",
        ("false", "true"),
        ("max(send)", Down),
        ALL_AWAY,
        r#"replication_factor: 3, broker_session_timeout: "1s""#,
    ),
    turned(
        "eligible_leader_replicas",
        ("true", "false"),
        ("max(send)", Up),
        ALL_AWAY,
        r#"replication_factor: 3, min_insync_replicas: 2, acks: Leader, broker_session_timeout: "1s""#,
    ),
    turned("broker_session_timeout", (r#""1s""#, r#""5s""#), ("max(send)", Up), LEADER_AWAY, THREE),
    turned("append", (r#""1ms""#, r#""5ms""#), ("p50(send)", Up), &[], ""),
    turned("lag", (r#""1ms""#, r#""5ms""#), ("p50(send)", Up), &[], THREE),
    turned(
        "acks",
        ("All", "Leader"),
        ("p50(send)", Down),
        &[],
        r#"replication_factor: 3, lag: "20ms""#,
    ),
    turned(
        "request_timeout",
        (r#""2s""#, r#""10s""#),
        ("max(send)", Up),
        LEADER_SILENT,
        r#"replication_factor: 3, broker_session_timeout: "1s""#,
    ),
    // The leader is back before anybody has noticed, and has what it had not answered.
    outbox(
        "enable_idempotence",
        ("true", "false"),
        ("duplicated_effects(send)", Up),
        &[("away", "1ms"), ("dedup", "false")],
        TWO,
    ),
    // Another one leads, and has nothing of it.
    outbox(
        "max_in_flight_requests",
        ("1", "5"),
        ("violations(monotonic_writes)", Up),
        &[
            ("away", "10s"),
            ("dedup", "false"),
            ("customers", "1"),
            ("counters", "1"),
            ("partitions", "1"),
        ],
        r#"brokers: 2, replication_factor: 2, lag: "20ms", enable_idempotence: false, linger: "1ms", broker_session_timeout: "1s""#,
    ),
    turned(
        "delivery_timeout",
        (r#""2m""#, r#""5s""#),
        ("failed(send)", Up),
        LEADER_AWAY,
        r#"request_timeout: "1s""#,
    ),
    turned(
        "buffer_memory",
        ("33554432", "102400"),
        ("failed(send)", Up),
        LEADER_AWAY,
        r#"max_block: "5s""#,
    ),
    turned(
        "max_block",
        (r#""5s""#, r#""1m""#),
        ("failed(send)", Down),
        LEADER_AWAY,
        "buffer_memory: 102400",
    ),
    turned(
        "retention",
        (r#""10s""#, r#""20s""#),
        ("lost_effects", Down),
        LATE,
        r#"segment: "100ms", log_retention_check_interval: "1s", auto_offset_reset: Earliest, group_instance_id: true"#,
    ),
    turned(
        "segment",
        (r#""100ms""#, r#""1h""#),
        ("lost_effects", Down),
        LATE,
        r#"retention: "10s", log_retention_check_interval: "1s", auto_offset_reset: Earliest, group_instance_id: true"#,
    ),
    Shown {
        world: PRICES,
        ..turned("cleanup_policy", ("Delete", "Compact"), ("utilization(shop)", Down), &[], "")
    },
    // A copy misses nothing.
    Shown {
        world: PRICES,
        ..turned(
            "cleanup_policy",
            ("Delete", "Compact"),
            ("lost_effects", FromTo(0.0, 0.0)),
            &[],
            "",
        )
    },
    // What is to be done is not done.
    Shown {
        world: PRICES,
        ..turned(
            "cleanup_policy",
            ("Delete", "Compact"),
            ("lost_effects", Up),
            &[("does", "100%")],
            "",
        )
    },
    Shown {
        world: PRICES,
        ..turned(
            "log_cleaner_backoff",
            (r#""1s""#, r#""50s""#),
            ("utilization(shop)", Up),
            &[],
            "cleanup_policy: Compact",
        )
    },
    turned(
        "log_retention_check_interval",
        (r#""1s""#, r#""5m""#),
        ("lost_effects", Down),
        LATE,
        r#"retention: "10s", segment: "100ms", group_instance_id: true"#,
    ),
    turned(
        "auto_offset_reset",
        ("Earliest", "Latest"),
        ("lost_effects", Up),
        LATE,
        r#"retention: "10s", segment: "100ms", log_retention_check_interval: "1s", group_instance_id: true"#,
    ),
    turned("max_poll_records", ("1", "500"), ("duplicated_effects(send)", Up), PILE, BY_HAND),
    turned("commit", ("Each", "Before"), ("lost_effects", Up), PILE, BY_HAND),
    turned(
        "enable_auto_commit",
        ("false", "true"),
        ("duplicated_effects(send)", Up),
        &[("consumer_at", "14s"), ("consumer_away", "1ns")],
        "group_instance_id: true",
    ),
    turned(
        "auto_commit_interval",
        (r#""1s""#, r#""5s""#),
        ("duplicated_effects(send)", Up),
        &[("consumer_at", "14s"), ("consumer_away", "1ns")],
        "group_instance_id: true",
    ),
    turned(
        "session_timeout",
        (r#""10s""#, r#""20s""#),
        ("convergence_max(send)", Up),
        &[("consumers", "2"), ("consumer_at", "10s"), ("consumer_away", "1h")],
        "partitions: 8",
    ),
    turned(
        "share_group",
        ("false", "true"),
        ("convergence_p99(send)", Down),
        &[("consumers", "3"), ("work", "12ms")],
        "",
    ),
    turned(
        "share_record_lock_duration",
        (r#""30s""#, r#""1s""#),
        ("duplicated_effects(send)", Up),
        BUSY_PILE,
        "share_group: true",
    ),
    turned(
        "share_delivery_count_limit",
        ("5", "2"),
        ("redeliveries(send)", Down),
        FAILS,
        "share_group: true",
    ),
    turned(
        "share_failed",
        ("Release", "Reject"),
        ("redeliveries(send)", Down),
        FAILS,
        "share_group: true",
    ),
    turned("fetch_min_bytes", ("1", "20480"), ("convergence_p50(send)", Up), &[], ""),
    turned(
        "fetch_max_wait",
        (r#""100ms""#, r#""500ms""#),
        ("convergence_p50(send)", Up),
        &[],
        "fetch_min_bytes: 102400",
    ),
    Shown {
        world: PASSED_ON,
        ..turned(
            "transactional",
            ("false", "true"),
            ("duplicated_effects(pass)", Down),
            DIES,
            "isolation_level: ReadCommitted",
        )
    },
    Shown {
        world: PASSED_ON,
        ..turned(
            "isolation_level",
            ("ReadUncommitted", "ReadCommitted"),
            ("duplicated_effects(pass)", Down),
            DIES,
            "transactional: true",
        )
    },
    Shown {
        world: PASSED_ON,
        ..turned(
            "transaction_timeout",
            (r#""5s""#, r#""1m""#),
            ("convergence_max(pass)", Up),
            &[("goes", "3800ms"), ("away", "1h")],
            "transactional: true, isolation_level: ReadCommitted",
        )
    },
    turned(
        "partition_assignment_strategy",
        ("Range", "CooperativeSticky"),
        ("revoked(log)", Turns::FromTo(9.0, 0.0)),
        LEAVES,
        "partitions: 12",
    ),
    turned(
        "group_protocol",
        ("Classic", "Consumer"),
        ("revoked(log)", Turns::FromTo(9.0, 0.0)),
        LEAVES,
        "partitions: 12",
    ),
    turned(
        "group_initial_rebalance_delay",
        (r#""0s""#, r#""10s""#),
        ("convergence_max(send)", Up),
        &[("consumer_at", "10s"), ("consumer_away", "5s")],
        r#"session_timeout: "4s""#,
    ),
    turned(
        "group_consumer_session_timeout",
        (r#""10s""#, r#""20s""#),
        ("convergence_max(send)", Up),
        &[("consumers", "2"), ("consumer_at", "10s"), ("consumer_away", "1h")],
        "group_protocol: Consumer, partitions: 8",
    ),
    turned(
        "group_consumer_heartbeat_interval",
        (r#""1s""#, r#""9s""#),
        ("convergence_max(send)", Up),
        LEAVES,
        "group_protocol: Consumer, partitions: 12",
    ),
    turned(
        "max_poll_interval",
        (r#""1s""#, r#""5m""#),
        ("duplicated_effects(send)", Down),
        BUSY_PILE,
        "enable_auto_commit: false",
    ),
    turned(
        "group_instance_id",
        ("false", "true"),
        ("convergence_max(send)", Down),
        &[("consumer_at", "10s"), ("consumer_away", "1ns")],
        r#"session_timeout: "10s""#,
    ),
    outbox(
        "brokers",
        ("1", "4"),
        ("convergence_mean(send)", Down),
        &[("away", "10s")],
        "group_instance_id: true",
    ),
    outbox("linger", (r#""5ms""#, r#""50ms""#), ("batch_mean(outbox)", Up), &[], ""),
    outbox("batch_size", ("16384", "2048"), ("batch_mean(outbox)", Down), &[], r#"linger: "50ms""#),
    outbox("record_size", ("1024", "8192"), ("batch_mean(outbox)", Down), &[], r#"linger: "50ms""#),
    outbox(
        "heartbeat_interval",
        (r#""1s""#, r#""9s""#),
        ("convergence_max(send)", Up),
        &[("stops", "20s")],
        "",
    ),
    outbox(
        "retry_delay",
        (r#""10ms""#, r#""500ms""#),
        ("convergence_mean(send)", Up),
        &[("fails", "10%")],
        "",
    ),
];
