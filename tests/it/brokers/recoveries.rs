//! What RabbitMQ's queues do when consumers and brokers go and come together: nothing waits beside somebody
//! who could have it, and nothing is kept for ever without a reason.

use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::analysis::extras;
use windtunnel::probes::{Outcome, Reason};
use windtunnel::scenario::parse;
use windtunnel::simulate::run_with;

/// Settings, faults, and what is pending and lost at the end.
const CASES: &[(&str, &str, u64, Option<u64>)] = &[
    // Who left while the broker was down has come back.
    (
        "",
        r#"(at: "10s", lasts: "6s", what: Shutdown("mail", drain: "3s")), (at: "11s", lasts: "9s", what: Crash("rabbit"))"#,
        0,
        None,
    ),
    // So is the queue of whoever came back while the broker was down.
    (
        r#"expires: "2s""#,
        r#"(at: "10s", lasts: "10s", what: Crash("mail")), (at: "18s", lasts: "5s", what: Crash("rabbit"))"#,
        0,
        None,
    ),
    // The active consumer vanishes while it has nothing.
    (
        r#"single_active_consumer: true, heartbeat: "5s", auto_ack: true"#,
        r#"(at: "10s", what: Crash("mail", instance: 1, host: true))"#,
        0,
        None,
    ),
    (
        r#"single_active_consumer: true, heartbeat: "5s", auto_ack: true"#,
        r#"(at: "10s", what: Crash("mail", instance: 0, host: true))"#,
        0,
        None,
    ),
    // It keeps what it has for too long; what stands still there could still act at the end.
    (
        r#"queue_type: Quorum, single_active_consumer: true, prefetch_count: 1, consumer_timeout: "5s""#,
        r#"(at: "10s", what: Freeze("mail", instance: 1))"#,
        1,
        Some(0),
    ),
    // A broker that restarts does not send to those that are gone.
    (
        "auto_ack: true",
        r#"(at: "10s", lasts: "40s", what: Crash("mail")), (at: "30s", lasts: "1s", what: Crash("rabbit"))"#,
        0,
        Some(0),
    ),
    // What makes room may uncover what is over its time.
    (
        r#"max_length: 4, message_ttl: Mix([(0.6, "2s"), (0.4, "100s")])"#,
        r#"(at: "0s", what: Crash("mail"))"#,
        0,
        Some(59),
    ),
    // Nothing is sent back to a queue that is gone.
    (
        r#"expires: "2s", heartbeat: "5s""#,
        r#"(at: "10s", what: Crash("mail", host: true))"#,
        0,
        None,
    ),
    (
        r#"queue_type: Quorum, returns: Reject, expires: "2s", delayed_retry_type: Failed, delayed_retry_min: "20s""#,
        r#"(at: "10s", lasts: "1s", what: Errors("mail", 1)), (at: "11500ms", what: Crash("mail"))"#,
        0,
        None,
    ),
];

#[test]
fn nothing_waits_beside_who_could_have_it() {
    let wrong: Vec<String> = CASES
        .par_iter()
        .filter_map(|(settings, faults, pending, lost)| {
            let outcome = run(settings, faults);
            let flow = &outcome.flows["order"];
            let seen = (flow.ends.pending, flow.effects.lost);
            let is_right = seen.0 == *pending && lost.is_none_or(|lost| seen.1 == lost);
            (!is_right).then(|| format!("{settings}; {faults}: pending and lost are {seen:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_acknowledged_as_it_was_sent_dies_with_its_consumer() {
    // In its hands, and on the way to it.
    for at in ["10050ms", "10004500us"] {
        let faults = format!(r#"(at: "{at}", lasts: "5s", what: Crash("mail"))"#);
        let losses = |settings| run(settings, &faults).flows["order"].losses.clone();
        assert_eq!(
            losses("auto_ack: true").into_iter().collect::<Vec<_>>(),
            [(Reason::Skipped, 1)]
        );
        assert!(losses("").is_empty());
    }
}

/// What comes of orders that shop tells mail by way of a queue like this.
fn run(settings: &str, faults: &str) -> Outcome {
    let text = format!(
        r#"(
    run: (length: "60s", drain: "300s"),
    nodes: {{
        "users": Client(arrivals: Gaps("1s"), does: "order"),
        "shop": Service(workers: 100, hold: false, store: "shop-db"),
        "mail": Service(instances: 2, workers: 1, store: "mail-db"),
        "shop-db": Database(read: "0s", write: "0s"),
        "mail-db": Database(read: "0s", write: "0s"),
        "rabbit": RabbitMq({settings}),
    }},
    network: (latency: "1ms"),
    data: {{ "sent": (owner: "shop"), "done": (owner: "mail", keys: 1_000_000) }},
    flows: {{ "order": (home: "shop", steps: [Write("sent"), Tell("mail", Write("done", key: Another), work: "100ms")]) }},
    designs: {{ "it": PubSub(broker: "rabbit") }},
    policies: {{ "publish": (timeout: "60s") }},
    faults: [{faults}],
)"#
    );
    let scenario = parse("recoveries.ron", &text, &[]);
    let scenario = Arc::new(scenario.unwrap_or_else(|wrong| panic!("{wrong}\n{text}")));
    run_with(&scenario, 0, 1, extras(&scenario))
}
