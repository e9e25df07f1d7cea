//! Whom the sentence about what held a run up names while brokers of a Kafka are away: not the consumer, who can
//! have nothing of a partition that nobody serves.

use std::sync::Arc;

use windtunnel::analysis::standing::bottleneck;
use windtunnel::scenario::parse;
use windtunnel::simulate::run;

/// Two followers are away from 10 s to 25 s, the leader from 20 s to 40 s, and the consumer stands still
/// from 9 s to 35 s.
const ISR: &str = include_str!("../../../scenarios/brokers/kafka-isr.ron");

/// What is said of a run whose arrivals end then, with these settings more. Up to 20 s no leader goes.
fn said(length: &str, design: usize, settings: &str) -> String {
    let goes = |line: &&str| length > "20s" || !line.contains("(name: \"leader");
    let text = ISR.lines().filter(goes).collect::<Vec<_>>().join("\n");
    let text = text
        .replacen("length: \"60s\"", &format!("length: {length:?}, drain: \"100ms\""), 1)
        .replace("Kafka(", &format!("Kafka({settings} "));
    let scenario = parse("isr.ron", &text, &[]).unwrap_or_else(|found| panic!("{found}"));
    bottleneck(&run(&Arc::new(scenario), design, 1)).unwrap_or_default()
}

#[test]
fn a_log_whose_leader_is_away_is_named_and_not_its_consumer() {
    let text = said("24s", 1, "");
    assert!(text.starts_with("two takes ") && text.contains("waited with its producers"), "{text}");
    assert!(text.ends_with(": 1 of its partitions had no leader that served"), "{text}");
    let text = said("24s", 1, "buffer_memory: 102_400,");
    assert!(text.ends_with(": 1 of its partitions had no leader that served"), "{text}");
}

#[test]
fn so_is_one_that_has_too_few_replicas_in_sync() {
    let text = said("18s", 1, "");
    assert!(text.starts_with("two takes "), "{text}");
    assert!(
        text.ends_with("1 of its partitions had too few replicas in sync for what was asked for"),
        "{text}"
    );
}

#[test]
fn a_consumer_that_stands_still_beside_a_log_that_is_there_is_named() {
    let text = said("18s", 0, "");
    assert!(text.starts_with("consumer as consumer of one takes "), "{text}");
}
