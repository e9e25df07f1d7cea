//! Random businesses: services, stores and brokers of every size, every design, policies, faults.

use std::sync::Arc;

use proptest::prelude::*;
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::Scenario;

/// What is drawn of a business; the rest of its text is the same for all.
#[derive(Clone, Debug)]
pub(super) struct Business {
    arrivals: String,
    services: [String; 3],
    stores: [String; 3],
    brokers: (u32, &'static str, u32, &'static str),
    sqs: &'static str,
    sns: &'static str,
    flow: [String; 2],
    design: String,
    policies: String,
    faults: Vec<String>,
    changes: Vec<String>,
    run: (u64, u64),
    pub seed: u64,
}

impl Business {
    pub(super) fn text(&self) -> String {
        let Self {
            arrivals,
            sqs,
            sns,
            services: [shop, store, bank],
            stores,
            design,
            policies,
            ..
        } = self;
        let [shop_db, store_db, bank_db] = stores;
        let [first, second] = &self.flow;
        let (prefetch, queue, partitions, log) = self.brokers;
        let queue = queue.replace('#', &prefetch.to_string());
        let fifo = sqs.contains("fifo");
        let (length, warmup) = self.run;
        let [faults, changes] = [&self.faults, &self.changes].map(|all| all.join("\n        "));
        format!(
            r#"(
    run: (length: "{length}ms", warmup: "{warmup}ms", drain: "60s"),
    knobs: {{ "looks": "20/s", "route": "0.1ms" }},
    nodes: {{
        "web":   Client(arrivals: {arrivals}, does: "order"),
        "eyes":  Client(arrivals: Poisson("$looks"), does: "look"),
        "edge":  Gateway(work: "$route"),
        "shop":  Service({shop}, store: "shop-db"),
        "store": Service({store}, store: "store-db"),
        "bank":  Service({bank}, store: "bank-db"),
        "shop-db":  Database({shop_db}),
        "store-db": Database({store_db}),
        "bank-db":  Database({bank_db}),
        "queue": {queue},
        "log":   {log}partitions: {partitions}),
        "sqs":   Sqs({sqs}),
        "topic": Sns(to: "sqs", fifo: {fifo}),
        "hook":  Sns({sns}),
        "redis": RedisPubSub(),
    }},
    data: {{
        "order":   (owner: "shop"),
        "stock":   (owner: "store", keys: 5, start: 40, floor: 0),
        "account": (owner: "bank", keys: 9, start: 500, floor: 0),
    }},
    flows: {{ "order": (home: "shop", deadline: "300ms", steps: [
        {first}
        Write("order", undo: Write),
        {second}
    ]), "look": (home: "shop", steps: [Ask("stock")]) }},
    designs: {{ "one": {design} }},
    policies: {{ {policies} }},
    faults: [
        {faults}
    ],
    changes: [
        {changes}
    ],
)"#
        )
    }

    /// The same business with other faults, and with these changes.
    pub(super) fn with(&self, faults: Vec<String>, changes: Vec<String>) -> Self {
        Self { faults, changes, ..self.clone() }
    }

    /// The same business with this change.
    pub(super) fn and_then(&self, change: &str) -> Self {
        Self { changes: vec![change.to_owned()], ..self.clone() }
    }

    /// The same business for so many milliseconds.
    pub(super) fn of_length(&self, length: u64) -> Self {
        Self { run: (length, self.run.1), ..self.clone() }
    }

    pub(super) fn scenario(&self) -> Arc<Scenario> {
        let text = self.text();
        Arc::new(parse("random", &text, &[]).unwrap_or_else(|found| panic!("{found}\n{text}")))
    }
}

pub(super) fn duration() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..9u32).prop_map(|ms| format!("Const(\"{ms}ms\")")),
        (1..9u32).prop_map(|ms| format!("Exp(\"{ms}ms\")")),
        (1..9u32).prop_map(|ms| format!("Uniform(\"0ms\", \"{ms}ms\")")),
        (1..5u32).prop_map(|ms| format!("LogNormal(median: \"{ms}ms\", p99: \"{}ms\")", 8 * ms)),
    ]
}

pub(super) fn room() -> impl Strategy<Value = String> {
    prop_oneof![Just("None".to_owned()), (0..6u32).prop_map(|room| room.to_string())]
}

fn service() -> impl Strategy<Value = String> {
    let balance = prop::sample::select(vec![
        "RoundRobin",
        "Random",
        "Choices(2)",
        r#"PerConnection(max_age: "200ms")"#,
    ]);
    (1..3u32, 1..4u32, room(), duration(), balance, any::<bool>(), turns()).prop_map(
        |(instances, workers, room, work, balance, hold, turns)| {
            format!("instances: {instances}, workers: {workers}, room: {room}, work: {work}, balance: {balance}, hold: {hold}, {turns}")
        },
    )
}

/// Who goes first and who gives up; mostly nothing of that.
fn turns() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just("discipline: Fifo"),
        3 => prop::sample::select(vec![
            "discipline: Lifo",
            "discipline: ProcessorSharing",
            r#"discipline: Priority(["order"])"#,
            r#"discipline: Priority(["order"], preempt: true), shed_expired: true"#,
            r#"discipline: Priority(["look", "order"], preempt: true)"#,
            r#"discipline: Lifo, patience: Exp("30ms")"#,
            r#"patience: Exp("50ms")"#,
            r#"shed_after: "40ms""#,
        ]),
    ]
}

fn store() -> impl Strategy<Value = String> {
    let more = prop::sample::select(vec![
        "",
        "",
        r#", lock_timeout: "20ms""#,
        r#", followers: (count: 2, lag: Exp("20ms"))"#,
        r#", followers: (count: 2, lag: Exp("20ms"), promote: true)"#,
    ]);
    (1..4u32, room(), duration(), duration(), more).prop_map(
        |(connections, room, read, write, more)| {
            format!("connections: {connections}, room: {room}, read: {read}, write: {write}{more}")
        },
    )
}

fn arrivals() -> impl Strategy<Value = String> {
    prop_oneof![
        (20..200u32).prop_map(|rate| format!("Poisson(\"{rate}/s\")")),
        (20..200u32).prop_map(|rate| format!("Constant(\"{rate}/s\")")),
        (20..100u32).prop_map(|rate| format!("Poisson(\"{rate}/s\"), batch: Geometric(3)")),
        (20..200u32).prop_map(|rate| {
            let to = 2 * rate;
            format!(
                r#"Poisson([(from: "0s", rate: "0/s", to: "{to}/s"), (from: "400ms", rate: "{to}/s", to: "0/s"), ("1s", "{rate}/s")])"#
            )
        }),
        (1..20u32, duration()).prop_map(|(customers, think)| format!(
            "Closed(customers: {customers}, think: {think})"
        )),
    ]
}

fn flow() -> impl Strategy<Value = [String; 2]> {
    let take = r#"Tell("store", Take("stock", 1), undo: Add("stock", 1)),"#;
    let pay = r#"Tell("bank", Take("account", 5, undo: Add(5)), refuses: "5%"),"#;
    let poison = r#"Tell("bank", Take("account", 5, undo: Add(5)), fails: "5%"),"#;
    let deadly =
        r#"Tell("bank", Take("account", 5, undo: Add(5)), fails: Crash("2%", restart: "40ms")),"#;
    let gift =
        r#"Maybe("50%", Tell("store", Add("stock", 1, key: Popular("gift")), best_effort: true)),"#;
    let first =
        prop::sample::select(vec!["", r#"Ask("stock", need: 1),"#, r#"Read("order", key: Own),"#]);
    let second = prop::sample::select(vec![
        String::new(),
        take.to_owned(),
        format!("{take} {pay}"),
        format!("All([{take} {pay}]),"),
        format!("{pay} {gift}"),
        format!("{take} {poison}"),
        format!("{deadly} {gift}"),
    ]);
    (first, second).prop_map(|(first, second)| [first.to_owned(), second])
}

fn design() -> impl Strategy<Value = String> {
    let all = [
        "Rest()",
        "Rest(dedup: true)",
        r#"PubSub(broker: "queue")"#,
        r#"PubSub(broker: "queue", outbox: true)"#,
        r#"PubSub(broker: "queue", outbox: true, relay: Polling("40ms"))"#,
        r#"PubSub(broker: "sqs")"#,
        r#"PubSub(broker: "sqs", outbox: true)"#,
        r#"Events(broker: "log")"#,
        r#"Events(broker: "topic")"#,
        r#"Events(broker: "hook")"#,
        r#"Events(broker: "redis")"#,
        r#"PubSub(broker: "redis", outbox: true)"#,
        r#"PubSub(broker: "topic")"#,
        r#"PubSub(broker: "hook", outbox: true)"#,
        r#"Events(broker: "queue")"#,
        r#"PubSub(broker: "log")"#,
        r#"Events(broker: "log", dedup: false)"#,
        r#"Events(broker: "log", relay: Polling("40ms"))"#,
    ];
    prop::sample::select(all.to_vec()).prop_map(str::to_owned)
}

/// Further settings of the queue.
fn queue() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Queue(prefetch: #)",
        r#"Queue(prefetch: #, delivery_limit: 2, requeue_delay: "10ms", redrive: (after: "50ms", times: 2))"#,
        r#"Queue(prefetch: #, consumer_timeout: "30ms")"#,
        r#"RabbitMq(auto_ack: true, message_ttl: "200ms")"#,
        r#"RabbitMq(prefetch_count: #, single_active_consumer: true, returns: Reject, requeue_delay: "5ms")"#,
        r#"RabbitMq(prefetch_count: #, exchanges: { "shop": Fanout(["bank"]), "store": Topic({ "shop": "*.*.done", "bank": "*.*.*" }) }, mandatory: true, priority: { "order": 3 }, max_priority: 5)"#,
        r#"RabbitMq(queue_type: Quorum, exchanges: { "bank": Headers({ "shop": Any(kind: "refused") }) }, priority: { "order": 9 }, returns: Reject, requeue_delay: "5ms")"#,
        r#"RabbitMq(prefetch_count: #, max_length: 3, expires: "50ms", requeue_delay: "5ms")"#,
        r#"RabbitMq(prefetch_count: #, max_length: 3, overflow: RejectPublishDlx, dead_letter_exchange: "bank", returns: Discard)"#,
        r#"RabbitMq(prefetch_count: #, memory: 20, consumer_priorities: [0, 2, 1], requeue_delay: "5ms")"#,
        r#"RabbitMq(queue_type: Quorum, prefetch_count: #, returns: Reject, delivery_limit: 2, dead_letter_exchange: "bank", dead_letter_sends_back: true, election: "70ms", delayed_retry_type: All, delayed_retry_min: "20ms")"#,
        r#"RabbitMq(queue_type: Quorum, prefetch_count: #, replicate: Exp("5ms"), election: "40ms", consumer_timeout: "40ms", heartbeat: "90ms", requeue_delay: "5ms")"#,
        r#"RabbitMq(queue_type: Quorum, prefetch_count: #, returns: Discard, max_length: 2, overflow: RejectPublish, dead_letter_exchange: "bank", dead_letter_strategy: AtLeastOnce)"#,
    ])
}

/// Settings of the queue service.
fn sqs() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"visibility_timeout: "30ms""#,
        r#"visibility_timeout: "30ms", extend_every: "20ms", max_number_of_messages: 10"#,
        r#"visibility_timeout: "90ms", receive_message_wait_time: "20s", late_deletes: true"#,
        r#"visibility_timeout: "50ms", max_receive_count: 2, poll_pause: "7ms""#,
        r#"visibility_timeout: "50ms", max_receive_count: 2, redrive_after: "40ms", duplicates: "20%""#,
        r#"visibility_timeout: "70ms", fifo: true, max_receive_count: 3, redrive_after: "100ms""#,
        r#"visibility_timeout: "70ms", fifo: true, message_group: Queue, max_number_of_messages: 5"#,
        r#"delay: "30ms", in_flight_limit: 2, receive_message_wait_time: "1s""#,
    ])
}

/// Settings of the topics that push.
fn sns() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "num_retries: 2, num_no_delay_retries: 2",
        r#"num_retries: 6, min_delay_target: "1s", backoff_function: Exponential"#,
        r#"num_retries: 1, num_no_delay_retries: 1, redrive_after: "70ms""#,
        r#"max_receives_per_second: "60/s""#,
        r#"filter_policy: { "store": (flow: "order", kind: ["do", "done"]), "bank": (service: "shop") }"#,
    ])
}

/// The log and its settings, but for its partitions.
fn log() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Log(",
        r#"Log(auto_commit: "70ms", "#,
        r#"Log(auto_commit: "70ms", static_members: true, "#,
        r#"Log(lag: Exp("20ms"), "#,
        r#"Log(lag: Exp("20ms"), acks: Leader, "#,
        r#"Log(linger: "15ms", "#,
        r#"Log(linger: "15ms", batch: 3, "#,
        r#"Log(max_poll_interval: "25ms", "#,
        r#"Log(max_poll_interval: "25ms", auto_commit: "70ms", "#,
        r#"Kafka(linger: "15ms", retry_delay: "10ms", fetch_min_bytes: 3072, fetch_max_wait: "30ms", "#,
        r#"Kafka(brokers: 3, replication_factor: 3, min_insync_replicas: 2, broker_session_timeout: "40ms", replica_lag_time_max: "30ms", request_timeout: "60ms", "#,
        r#"Kafka(brokers: 3, replication_factor: 2, lag: Exp("20ms"), broker_session_timeout: "40ms", unclean_leader_election_enable: true, eligible_leader_replicas: false, max_poll_records: 3, enable_auto_commit: false, "#,
        r#"Kafka(brokers: 2, replication_factor: 2, lag: Exp("20ms"), acks: Leader, broker_session_timeout: "40ms", auto_commit_interval: "50ms", group_instance_id: true, "#,
        r#"Kafka(brokers: 2, acks: None, request_timeout: "60ms", max_poll_interval: "25ms", max_poll_records: 2, enable_auto_commit: false, commit: Each, "#,
        r#"Kafka(max_poll_interval: "25ms", max_poll_records: 4, enable_auto_commit: false, commit: Before, "#,
        r#"Kafka(share_group: true, share_record_lock_duration: "1s", max_poll_records: 3, retry_delay: "10ms", "#,
        "Kafka(share_group: true, share_delivery_count_limit: 2, share_failed: Reject, ",
        r#"Kafka(partition_assignment_strategy: CooperativeSticky, max_poll_interval: "25ms", max_poll_records: 3, group_initial_rebalance_delay: "20ms", "#,
        r#"Kafka(group_protocol: Consumer, group_consumer_session_timeout: "100ms", group_consumer_heartbeat_interval: "20ms", auto_commit_interval: "50ms", "#,
        r#"Kafka(partition_assignment_strategy: CooperativeSticky, session_timeout: "100ms", heartbeat_interval: "20ms", enable_auto_commit: false, commit: Before, group_instance_id: true, "#,
        r#"Kafka(brokers: 3, replication_factor: 3, lag: Exp("20ms"), enable_idempotence: false, max_in_flight_requests: 2, broker_session_timeout: "40ms", request_timeout: "60ms", "#,
        r#"Kafka(retention: "40ms", segment: "10ms", log_retention_check_interval: "15ms", auto_commit_interval: "50ms", "#,
        r#"Kafka(retention: "40ms", segment: "10ms", log_retention_check_interval: "15ms", auto_offset_reset: Earliest, max_poll_records: 2, enable_auto_commit: false, partition_assignment_strategy: CooperativeSticky, "#,
        r#"Kafka(brokers: 2, replication_factor: 2, lag: Exp("20ms"), retention: "40ms", segment: "10ms", log_retention_check_interval: "15ms", auto_offset_reset: None, unclean_leader_election_enable: true, eligible_leader_replicas: false, "#,
        r#"Kafka(cleanup_policy: Compact, segment: "20ms", log_cleaner_backoff: "30ms", max_poll_records: 2, enable_auto_commit: false, "#,
        r#"Kafka(brokers: 2, replication_factor: 2, lag: Exp("20ms"), buffer_memory: 3072, max_block: "30ms", broker_session_timeout: "40ms", request_timeout: "60ms", "#,
        r#"Kafka(transactional: true, isolation_level: ReadCommitted, transaction_timeout: "50ms", session_timeout: "100ms", heartbeat_interval: "20ms", max_poll_records: 3, max_poll_interval: "60ms", retry_delay: "10ms", "#,
        r#"Kafka(brokers: 3, replication_factor: 3, lag: Exp("20ms"), transactional: true, isolation_level: ReadCommitted, commit: Each, group_protocol: Consumer, group_consumer_session_timeout: "100ms", group_consumer_heartbeat_interval: "20ms", broker_session_timeout: "40ms", unclean_leader_election_enable: true, eligible_leader_replicas: false, buffer_memory: 3072, request_timeout: "60ms", "#,
    ])
}

fn policies() -> impl Strategy<Value = String> {
    (0..5u32, 1..4u32, 20..300u32, guards()).prop_map(|(kind, tries, timeout, guards)| match kind {
        0 => String::new(),
        1 => format!(r#""call": (timeout: "{timeout}ms"),"#),
        2 => format!(
            r#""call": (timeout: "{timeout}ms", retry: (tries: {tries}, backoff: Constant("20ms"))),
               "client": (timeout: "2s", retry: (tries: 2, backoff: Constant("50ms"))),"#
        ),
        3 => format!(
            r#""call": (timeout: "{timeout}ms", retry: (tries: {tries}, backoff: "0ms", elsewhere: true)),"#
        ),
        _ => format!(
            r#""call": (timeout: "{timeout}ms", retry: (tries: {tries}, backoff: Constant("20ms")), {guards}),
               "client": (timeout: "1s", cancel: Running),"#
        ),
    })
}

/// What a policy may have beside a timeout and retries.
fn guards() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"hedge: (after: "10ms")"#,
        r#"hedge: (after: "5ms"), cancel: Queued"#,
        r#"hedge: (after: "5ms"), cancel: Running"#,
        "hedge: (tied: true)",
        "hedge: (tied: true), cancel: Running",
        "cancel: Queued",
        "cancel: Running",
        r#"breaker: (window: 10, minimum: 5, open: "100ms", trials: 2)"#,
        r#"throttle: (k: 1.5, history: "1s")"#,
        "bulkhead: 3",
        r#"outlier_detection: (consecutive_5xx: 2, interval: "50ms", base_ejection_time: "100ms", always_eject_one_host: true)"#,
        r#"hedge: (after: "5ms"), outlier_detection: (consecutive_5xx: 1, max_ejection_percent: "100%", base_ejection_time: "50ms")"#,
    ])
}

fn fault() -> impl Strategy<Value = String> {
    let what = prop::sample::select(vec![
        r#"Crash("store")"#,
        r#"Crash("shop", host: true)"#,
        r#"Crash("bank-db")"#,
        r#"Crash("queue")"#,
        r#"Crash("queue", instance: 0, host: true)"#,
        r#"Freeze("queue")"#,
        r#"Crash("log", host: true)"#,
        r#"Crash("log", instance: 0)"#,
        r#"Freeze("log")"#,
        r#"Pause("log", instance: 0)"#,
        r#"Crash("sqs")"#,
        r#"Crash("sqs", host: true)"#,
        r#"Pause("sqs")"#,
        r#"Crash("topic")"#,
        r#"Crash("redis")"#,
        r#"Crash("hook", host: true)"#,
        r#"Pause("bank")"#,
        r#"Freeze("store")"#,
        r#"Slow("store", 4)"#,
        r#"Partition("shop", "store")"#,
        r#"Loss(probability: "10%")"#,
        r#"Duplicate(to: ["store", "bank"], probability: "30%")"#,
        r#"Reorder(probability: "20%", by: Exp("20ms"))"#,
        r#"Slow("shop", 2)"#,
        r#"Errors("store", "30%")"#,
        r#"Errors("bank", "100%")"#,
        r#"Scale("bank", 0)"#,
        r#"Shutdown("store", drain: "20ms")"#,
    ]);
    (what, 0..600u32, 10..500u32).prop_map(|(what, at, lasts)| {
        format!(r#"(at: "{at}ms", lasts: "{lasts}ms", what: {what}),"#)
    })
}

/// Businesses with at most so many faults.
pub(super) fn business(faults: usize) -> impl Strategy<Value = Business> {
    let parts = (
        arrivals(),
        [service(), service(), service()],
        [store(), store(), store()],
        ((1..9u32, queue(), 1..5u32, log()), sqs(), sns()),
        flow(),
        design(),
        policies(),
        prop::collection::vec(fault(), 0..=faults),
        (600..1_500u64, 0..500u64),
        any::<u64>(),
    );
    parts.prop_map(
        |(
            arrivals,
            services,
            stores,
            (brokers, sqs, sns),
            flow,
            design,
            policies,
            faults,
            run,
            seed,
        )| {
            Business {
                arrivals,
                services,
                stores,
                brokers,
                sqs,
                sns,
                flow,
                design,
                policies,
                faults,
                changes: Vec::new(),
                run,
                seed,
            }
        },
    )
}
