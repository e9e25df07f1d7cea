//! Mistakes in the settings of brokers by name, as the products refuse them.

use super::Bad;

/// A mistake in a broker that the good scenario does not have.
macro_rules! broker {
    ($code:literal, $broker:literal) => {
        Bad($code, "\"log\": Log(", concat!("\"r\": ", $broker, ", \"log\": Log("))
    };
}

/// What brokers are refused for, or warned of.
pub(in crate::scenario) const BROKERS: &[Bad] = &[
    broker!("E0208", "Kafka(acks: Some)"),
    broker!("E0304", "Kafka(replication_factor: 3)"),
    broker!("E0304", r#"Kafka(delivery_timeout: "20s")"#),
    broker!("E0304", r#"Kafka(heartbeat_interval: "45s")"#),
    broker!("E0208", "Kafka(partition_assignment_strategy: Sticky)"),
    broker!("E0706", r#"Kafka(group_protocol: Consumer, session_timeout: "10s")"#),
    broker!(
        "E0706",
        "Kafka(group_protocol: Consumer, partition_assignment_strategy: CooperativeSticky)"
    ),
    broker!(
        "E0304",
        r#"Kafka(group_protocol: Consumer, group_consumer_heartbeat_interval: "45s")"#
    ),
    broker!("W0302", r#"Kafka(group_consumer_session_timeout: "10s")"#),
    broker!("W0302", r#"Kafka(group_protocol: Consumer, group_initial_rebalance_delay: "0s")"#),
    broker!("E0706", "Kafka(share_group: true, group_protocol: Consumer)"),
    broker!("E0706", "Kafka(share_group: true, enable_auto_commit: false)"),
    broker!("E0304", "Kafka(share_group: true, share_delivery_count_limit: 1)"),
    broker!("W0302", "Kafka(share_group: true, commit: Each)"),
    broker!("W0302", r#"Kafka(share_record_lock_duration: "10s")"#),
    broker!("E0304", r#"Kafka(share_group: true, share_record_lock_duration: "500ms")"#),
    broker!("E0706", "Kafka(share_group: true, isolation_level: ReadCommitted)"),
    broker!("E0706", "Kafka(share_group: true, transactional: true)"),
    broker!(
        "E0706",
        "Kafka(transactional: true, isolation_level: ReadCommitted, enable_idempotence: false)"
    ),
    broker!("E0706", "Kafka(transactional: true, isolation_level: ReadCommitted, acks: Leader)"),
    broker!(
        "E0706",
        "Kafka(transactional: true, isolation_level: ReadCommitted, max_in_flight_requests: 6)"
    ),
    broker!(
        "E0706",
        "Kafka(transactional: true, isolation_level: ReadCommitted, enable_auto_commit: true)"
    ),
    broker!("E0706", "Kafka(transactional: true, isolation_level: ReadCommitted, commit: Before)"),
    broker!(
        "E0304",
        r#"Kafka(transactional: true, isolation_level: ReadCommitted, transaction_timeout: "16m")"#
    ),
    broker!("W0302", "Kafka(transactional: true)"),
    broker!(
        "W0302",
        r#"Kafka(transactional: true, isolation_level: ReadCommitted, auto_commit_interval: "1s")"#
    ),
    broker!("W0302", r#"Kafka(share_group: true, transaction_timeout: "5s")"#),
    broker!("W0302", "Kafka(isolation_level: ReadCommitted)"),
    broker!("W0302", r#"Kafka(transaction_timeout: "10s")"#),
    broker!("W0302", "Kafka(fetch_min_bytes: 1_000)"),
    broker!("W0302", r#"Kafka(fetch_max_wait: "1s")"#),
    broker!("W0302", "Kafka(share_group: true, fetch_min_bytes: 10_000)"),
    broker!("W0302", "Kafka(min_insync_replicas: 2)"),
    broker!(
        "W0302",
        "Kafka(brokers: 2, replication_factor: 2, min_insync_replicas: 2, acks: Leader)"
    ),
    broker!("E0208", "Kafka(auto_offset_reset: Oldest)"),
    broker!("E0208", "Kafka(cleanup_policy: Remove)"),
    broker!("W0302", "Kafka(cleanup_policy: Compact, auto_offset_reset: Earliest)"),
    broker!("W0302", r#"Kafka(log_cleaner_backoff: "1s")"#),
    broker!("E0304", r#"Kafka(cleanup_policy: Compact, log_cleaner_backoff: "1ns")"#),
    Bad("W0303", r#""log": Log(partitions: 12),"#, r#""log": Kafka(cleanup_policy: Compact),"#),
    Bad(
        "W0702",
        r#""log": Log(partitions: 12),"#,
        r#""log": Kafka(cleanup_policy: Compact, acks: None),"#,
    ),
    Bad("W0702", r#""queue": Queue(prefetch: 16),"#, r#""queue": Kafka(cleanup_policy: Compact),"#),
    broker!("E0304", "Kafka(enable_idempotence: true, acks: Leader)"),
    broker!("E0304", "Kafka(enable_idempotence: true, max_in_flight_requests: 6)"),
    broker!("E0706", "RabbitMq(delivery_limit: 5)"),
    broker!("E0706", "RabbitMq(consumer_timeout: \"1m\")"),
    broker!("E0706", "RabbitMq(delayed_retry_type: Failed, delayed_retry_min: \"1s\")"),
    broker!("E0204", "RabbitMq(queue_type: Quorum, delayed_retry_type: Failed)"),
    broker!("W0302", "RabbitMq(delayed_retry_min: \"1s\")"),
    broker!("E0706", "RabbitMq(queue_type: Quorum, max_length: 5, overflow: RejectPublishDlx)"),
    broker!("W0302", "RabbitMq(overflow: RejectPublish)"),
    broker!("W0302", "RabbitMq(dead_letter_sends_back: true)"),
    broker!("E0706", "RabbitMq(dead_letter_exchange: \"mail\", dead_letter_strategy: AtLeastOnce)"),
    broker!("E0206", "RabbitMq(dead_letter_exchange: \"log\")"),
    broker!("E0205", r#"RabbitMq(exchanges: { "male": Fanout([]) })"#),
    broker!("E0206", r#"RabbitMq(exchanges: { "log": Fanout([]) })"#),
    broker!("E0205", r#"RabbitMq(exchanges: { "orders": Fanout(["male"]) })"#),
    broker!("W0302", r#"RabbitMq(exchanges: { "orders": Fanout(["mail", "mail"]) })"#),
    broker!("E0208", r##"RabbitMq(exchanges: { "orders": Topics({ "mail": "#" }) })"##),
    broker!("E0205", r##"RabbitMq(exchanges: { "orders": Topic({ "male": "#" }) })"##),
    broker!(
        "E0205",
        r#"RabbitMq(exchanges: { "orders": Topic({ "mail": "place-oder.*.done" }) })"#
    ),
    broker!(
        "E0205",
        r##"RabbitMq(exchanges: { "orders": Topic({ "mail": ["#", "place*.#"] }) })"##
    ),
    broker!("E0301", r#"RabbitMq(exchanges: { "orders": Topic({ "mail": "place-order.done" }) })"#),
    broker!(
        "E0205",
        r#"RabbitMq(exchanges: { "orders": Direct({ "mail": "place-order.*.do" }) })"#
    ),
    broker!(
        "E0205",
        r#"RabbitMq(exchanges: { "orders": Headers({ "mail": All(kind: "dnoe") }) })"#
    ),
    broker!("E0301", r#"RabbitMq(exchanges: { "orders": Headers({ "mail": (kind: "done") }) })"#),
    broker!("W0302", "RabbitMq(mandatory: true)"),
    broker!(
        "W0302",
        r#"RabbitMq(queue_type: Quorum, delayed_retry_type: All, delayed_retry_min: "5s", delayed_retry_max: "1s")"#
    ),
    broker!(
        "W0302",
        r#"RabbitMq(queue_type: Quorum, delayed_retry_type: Failed, delayed_retry_min: "5s")"#
    ),
    broker!(
        "W0302",
        r#"RabbitMq(queue_type: Quorum, returns: Reject, delayed_retry_type: Returned, delayed_retry_min: "5s")"#
    ),
    broker!("W0302", "RabbitMq(consumer_priorities: [1, 2, 3, 4])"),
    broker!("W0302", r#"RabbitMq(priority: { "place-order": 3 })"#),
    broker!("W0302", "RabbitMq(queue_type: Quorum, max_priority: 4)"),
    broker!("E0205", r#"RabbitMq(priority: { "place-oder": 3 }, max_priority: 4)"#),
    broker!("E0304", r#"RabbitMq(priority: { "place-order": 300 }, max_priority: 4)"#),
    broker!("E0304", r#"RabbitMq(heartbeat: "1ns")"#),
    broker!("E0304", r#"Queue(heartbeat: "1ns")"#),
    Bad(
        "W0303",
        r#""log": Log(partitions: 12),"#,
        r#""log": RabbitMq(mandatory: true, exchanges: { "orders": Fanout(["mail"]) }),"#,
    ),
    broker!("E0208", "RabbitMq(queue_type: Stream)"),
    broker!("E0203", "RabbitMq(prefetch: 5)"),
    broker!("E0301", "RabbitMq(consumer_priorities: [High])"),
    broker!(
        "E0706",
        "RabbitMq(auto_ack: true, dead_letter_exchange: \"mail\", dead_letter_sends_back: true)"
    ),
    broker!("W0302", "RabbitMq(auto_ack: true, prefetch_count: 5)"),
    broker!("W0302", "RabbitMq(vm_memory_high_watermark: \"40%\")"),
    broker!("W0302", "RabbitMq(single_active_consumer: true, consumer_priorities: [1, 2])"),
];
