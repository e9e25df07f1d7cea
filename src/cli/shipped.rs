//! The scenarios that come with the program, one line each.

/// Name (the path below `scenarios/` without its ending) and text.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "brokers/competing-consumers",
        include_str!("../../scenarios/brokers/competing-consumers.ron"),
    ),
    (
        "brokers/kafka-hot-partition",
        include_str!("../../scenarios/brokers/kafka-hot-partition.ron"),
    ),
    ("brokers/kafka-isr", include_str!("../../scenarios/brokers/kafka-isr.ron")),
    ("brokers/kafka-poll", include_str!("../../scenarios/brokers/kafka-poll.ron")),
    ("brokers/kafka-rebalance", include_str!("../../scenarios/brokers/kafka-rebalance.ron")),
    ("brokers/kafka-share", include_str!("../../scenarios/brokers/kafka-share.ron")),
    ("brokers/kafka-transactions", include_str!("../../scenarios/brokers/kafka-transactions.ron")),
    ("brokers/rabbit-deployment", include_str!("../../scenarios/brokers/rabbit-deployment.ron")),
    ("brokers/rabbit-full", include_str!("../../scenarios/brokers/rabbit-full.ron")),
    ("brokers/rabbit-innocents", include_str!("../../scenarios/brokers/rabbit-innocents.ron")),
    ("brokers/rabbit-outage", include_str!("../../scenarios/brokers/rabbit-outage.ron")),
    ("brokers/rabbit-poison", include_str!("../../scenarios/brokers/rabbit-poison.ron")),
    ("brokers/rabbit-prefetch", include_str!("../../scenarios/brokers/rabbit-prefetch.ron")),
    ("brokers/rabbit-silent-host", include_str!("../../scenarios/brokers/rabbit-silent-host.ron")),
    ("brokers/sns-http", include_str!("../../scenarios/brokers/sns-http.ron")),
    ("brokers/sqs-poison-group", include_str!("../../scenarios/brokers/sqs-poison-group.ron")),
    ("brokers/sqs-visibility", include_str!("../../scenarios/brokers/sqs-visibility.ron")),
    ("checkout", include_str!("../../scenarios/checkout.ron")),
    ("checkout-brokers", include_str!("../../scenarios/checkout-brokers.ron")),
    ("theory/acks", include_str!("../../scenarios/theory/acks.ron")),
    ("theory/amazon", include_str!("../../scenarios/theory/amazon.ron")),
    ("theory/auto-commit", include_str!("../../scenarios/theory/auto-commit.ron")),
    ("theory/backoff", include_str!("../../scenarios/theory/backoff.ron")),
    ("theory/balance", include_str!("../../scenarios/theory/balance.ron")),
    ("theory/breakdowns", include_str!("../../scenarios/theory/breakdowns.ron")),
    ("theory/breaker", include_str!("../../scenarios/theory/breaker.ron")),
    ("theory/bucket", include_str!("../../scenarios/theory/bucket.ron")),
    ("theory/bursts", include_str!("../../scenarios/theory/bursts.ron")),
    ("theory/cache", include_str!("../../scenarios/theory/cache.ron")),
    ("theory/cache-flush", include_str!("../../scenarios/theory/cache-flush.ron")),
    ("theory/cache-weights", include_str!("../../scenarios/theory/cache-weights.ron")),
    ("theory/caller", include_str!("../../scenarios/theory/caller.ron")),
    ("theory/clocks", include_str!("../../scenarios/theory/clocks.ron")),
    ("theory/closed", include_str!("../../scenarios/theory/closed.ron")),
    ("theory/consumers", include_str!("../../scenarios/theory/consumers.ron")),
    ("theory/contention", include_str!("../../scenarios/theory/contention.ron")),
    ("theory/discovery", include_str!("../../scenarios/theory/discovery.ron")),
    ("theory/failover", include_str!("../../scenarios/theory/failover.ron")),
    ("theory/fanout", include_str!("../../scenarios/theory/fanout.ron")),
    ("theory/feedback", include_str!("../../scenarios/theory/feedback.ron")),
    ("theory/follower", include_str!("../../scenarios/theory/follower.ron")),
    ("theory/hedge", include_str!("../../scenarios/theory/hedge.ron")),
    ("theory/jackson", include_str!("../../scenarios/theory/jackson.ron")),
    ("theory/kafka", include_str!("../../scenarios/theory/kafka.ron")),
    ("theory/kafka-producer", include_str!("../../scenarios/theory/kafka-producer.ron")),
    ("theory/layers", include_str!("../../scenarios/theory/layers.ron")),
    ("theory/legs", include_str!("../../scenarios/theory/legs.ron")),
    ("theory/linger", include_str!("../../scenarios/theory/linger.ron")),
    ("theory/lost-update", include_str!("../../scenarios/theory/lost-update.ron")),
    ("theory/outbox", include_str!("../../scenarios/theory/outbox.ron")),
    ("theory/outlier", include_str!("../../scenarios/theory/outlier.ron")),
    ("theory/oversell", include_str!("../../scenarios/theory/oversell.ron")),
    ("theory/panic", include_str!("../../scenarios/theory/panic.ron")),
    ("theory/priority", include_str!("../../scenarios/theory/priority.ron")),
    ("theory/queue", include_str!("../../scenarios/theory/queue.ron")),
    ("theory/quorum", include_str!("../../scenarios/theory/quorum.ron")),
    ("theory/rabbit", include_str!("../../scenarios/theory/rabbit.ron")),
    ("theory/races", include_str!("../../scenarios/theory/races.ron")),
    ("theory/read-model", include_str!("../../scenarios/theory/read-model.ron")),
    ("theory/rebalance", include_str!("../../scenarios/theory/rebalance.ron")),
    ("theory/redis", include_str!("../../scenarios/theory/redis.ron")),
    ("theory/redundancy", include_str!("../../scenarios/theory/redundancy.ron")),
    ("theory/redis-pubsub", include_str!("../../scenarios/theory/redis-pubsub.ron")),
    ("theory/repeats", include_str!("../../scenarios/theory/repeats.ron")),
    ("theory/retry-loss", include_str!("../../scenarios/theory/retry-loss.ron")),
    ("theory/retry-storm", include_str!("../../scenarios/theory/retry-storm.ron")),
    ("theory/sharing", include_str!("../../scenarios/theory/sharing.ron")),
    ("theory/split", include_str!("../../scenarios/theory/split.ron")),
    ("theory/stalls", include_str!("../../scenarios/theory/stalls.ron")),
    ("theory/stations", include_str!("../../scenarios/theory/stations.ron")),
    ("theory/tandem", include_str!("../../scenarios/theory/tandem.ron")),
    ("theory/tiers", include_str!("../../scenarios/theory/tiers.ron")),
    ("theory/ties", include_str!("../../scenarios/theory/ties.ron")),
    ("theory/tokens", include_str!("../../scenarios/theory/tokens.ron")),
    ("theory/trials", include_str!("../../scenarios/theory/trials.ron")),
    ("theory/window", include_str!("../../scenarios/theory/window.ron")),
    ("theory/write-behind", include_str!("../../scenarios/theory/write-behind.ron")),
    ("transfer", include_str!("../../scenarios/transfer.ron")),
];

/// The shipped scenario whose file has this stem.
pub fn named(stem: &str) -> Option<(String, &'static str)> {
    let found = SHIPPED.iter().find(|(name, _)| name.rsplit('/').next() == Some(stem));
    found.map(|(name, text)| (format!("scenarios/{name}.ron"), *text))
}

/// The text of the shipped scenario of this name.
pub fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_scenario_of_the_source_tree_is_shipped() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let Ok(files) = crate::scenario::find(&root.join("scenarios")) else {
            return;
        };
        for file in files {
            let path = file.strip_prefix(root).unwrap().with_extension("");
            let name = path.to_string_lossy().replace('\\', "/");
            let name = name.trim_start_matches("scenarios/").to_owned();
            assert!(
                !file.exists() || SHIPPED.iter().any(|(known, _)| *known == name),
                "{name} is missing"
            );
        }
    }

    #[test]
    fn what_is_shipped_can_be_loaded() {
        for (name, text) in SHIPPED {
            let loaded = crate::scenario::parse(&format!("scenarios/{name}.ron"), text, &[]);
            assert!(loaded.is_ok(), "{name}: {}", loaded.unwrap_err());
        }
    }
}
