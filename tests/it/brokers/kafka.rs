//! What the settings of `Kafka` do.

use super::Product;

/// Of the machines, and of who writes the consumers; no setting of Kafka.
const OURS: &[&str] = &["brokers", "append", "lag", "record_size", "commit", "retry_delay"];

pub(super) const IT: Product = Product {
    word: "Kafka",
    ours: OURS,
    shown: &[],
    not_yet: &[
        "brokers",
        "partitions",
        "replication_factor",
        "min_insync_replicas",
        "replica_lag_time_max",
        "unclean_leader_election_enable",
        "eligible_leader_replicas",
        "broker_session_timeout",
        "append",
        "lag",
        "acks",
        "linger",
        "batch_size",
        "record_size",
        "request_timeout",
        "delivery_timeout",
        "max_poll_records",
        "commit",
        "enable_auto_commit",
        "auto_commit_interval",
        "session_timeout",
        "heartbeat_interval",
        "max_poll_interval",
        "group_instance_id",
        "retry_delay",
    ],
};
