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
    broker!("W0302", "Kafka(min_insync_replicas: 2)"),
    broker!(
        "W0302",
        "Kafka(brokers: 2, replication_factor: 2, min_insync_replicas: 2, acks: Leader)"
    ),
];
