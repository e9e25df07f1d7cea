//! `Log`: a partitioned log in the manner of Apache Kafka, with the few settings that theory needs. It is
//! its own follower, or all followers are as one.

use super::{Acks, Kafka, NodeKind, Usual, Word, settings};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

pub(super) static WORD: Word = Word {
    word: "Log",
    about: "A partitioned log in the manner of Apache Kafka: a topic for each producing service, \
        a consumer group for each consuming service. What Kafka's producers and consumers \
        are configured with stands here too. `Kafka` is the same by its product's own settings. `scenarios/theory/acks.ron`, `auto-commit.ron`, \
        `linger.ron` and `rebalance.ron` are examples.",
    settings: &SETTINGS,
    left_out: "Retention and compaction, fetch waits, the idempotent producer and transactions, \
        cooperative rebalancing, and the broker-side \
        protocol of KIP-848.",
    example: "Log(partitions: 24, lag: Exp(\"5ms\"))",
    read: |reader, _, value| Some(NodeKind::Kafka(reader.log(value)?)),
};

settings! {
    partitions: "count, up to 10,000", Usual::Is("12"), "partitions of every topic";
    append: "distribution", Usual::Is("\"1ms\""), "to append a record before its acknowledgement";
    lag: "distribution", Usual::Unset("they have it at once"), "until the followers have an appended record too. Consumers see it then, and a crash of the log, whose leader goes and one of whose followers takes over, loses what they do not have (reason `unreplicated`)";
    acks: "`All` or `Leader`", Usual::Is("All"), "whose having a record is waited for before it is acknowledged: `All` (Kafka's `acks=all`) or the `Leader` alone (`acks=1`), which needs a `lag`", "https://kafka.apache.org/documentation/#producerconfigs_acks";
    linger: "duration", Usual::Is("\"0s\""), "how long the relay of an outbox gathers records before it sends them, counted from the first (`linger.ms`, whose default was 0 until Kafka 4.0 and is 5 ms since). They are sent together and confirmed one by one", "https://kafka.apache.org/documentation/#producerconfigs_linger.ms";
    batch: "count", Usual::Unset("any number"), "so many records go at once; needs a `linger`";
    auto_commit: "duration", Usual::Unset("after each record"), "how often consumers commit the offsets of what they have handled, counted from their start (`enable.auto.commit`, `auto.commit.interval.ms`); what they have handled since is delivered again after a crash", "https://kafka.apache.org/documentation/#consumerconfigs_auto.commit.interval.ms";
    session_timeout: "duration", Usual::Is("\"45s\""), "a member not heard of for so long leaves its group", "https://kafka.apache.org/documentation/#consumerconfigs_session.timeout.ms";
    heartbeat: "duration, shorter than `session_timeout`", Usual::Is("\"3s\""), "how often members say that they live", "https://kafka.apache.org/documentation/#consumerconfigs_heartbeat.interval.ms";
    max_poll_interval: "duration", Usual::Is("\"5m\""), "how long a member may take over a record: then it leaves its group (a static one falls silent), and joins again when it has finished; a rebalance waits for it no longer either", "https://kafka.apache.org/documentation/#consumerconfigs_max.poll.interval.ms";
    static_members: "flag", Usual::Is("false"), "do members keep their partitions over a restart?", "https://kafka.apache.org/documentation/#consumerconfigs_group.instance.id";
    retry_delay: "duration", Usual::Is("\"100ms\""), "before a failed record is tried again";
}

impl<'a> Reader<'a> {
    fn log(&mut self, value: &'a Value) -> Option<Kafka> {
        let fields = self.settings(value, "a log", &SETTINGS)?;
        let partitions =
            self.setting(&fields, "partitions", |reader, value| reader.count(value, 1..=10_000));
        let append = self.setting(&fields, "append", Self::dist);
        let lag = self.optional(&fields, "lag", Self::dist);
        let acks =
            self.setting(&fields, "acks", |reader, value| reader.acks(value, &["All", "Leader"]));
        let linger = self.setting(&fields, "linger", Self::span);
        let batch = self.optional(&fields, "batch", Self::places);
        let auto_commit = self.optional(&fields, "auto_commit", Self::positive_span);
        let session_timeout = self.setting(&fields, "session_timeout", Self::positive_span);
        let heartbeat = self.setting(&fields, "heartbeat", Self::positive_span);
        let max_poll_interval = self.setting(&fields, "max_poll_interval", Self::positive_span);
        let static_members = self.setting(&fields, "static_members", Self::flag);
        let retry_delay = self.setting(&fields, "retry_delay", Self::positive_span);
        let log = Kafka {
            partitions: partitions?,
            append: append?,
            lag: lag?,
            acks: acks?,
            linger: linger?,
            batch: batch?,
            auto_commit: auto_commit?,
            session_timeout: session_timeout?,
            heartbeat: heartbeat?,
            max_poll_interval: max_poll_interval?,
            static_members: static_members?,
            retry_delay: retry_delay?,
            cluster: None,
        };
        if log.heartbeat >= log.session_timeout {
            let at = fields
                .get("heartbeat")
                .or(fields.get("session_timeout"))
                .map_or(fields.head, Value::head);
            let message = format!(
                "members that say every {} that they live are thought dead after {}",
                log.heartbeat, log.session_timeout
            );
            self.wrong(Code::OutOfRange, at, message)
                .help("`heartbeat` must be shorter than `session_timeout`");
        }
        self.check_log(&fields, &log);
        Some(log)
    }

    /// Settings of a log that mean nothing without another.
    fn check_log(&mut self, fields: &Fields<'a>, log: &Kafka) {
        let at = |field| fields.get(field).map_or(fields.head, Value::head);
        if log.acks == Acks::Leader && log.lag.is_none() {
            let message = "`Leader` acknowledges before the followers have a record, but they have it at once";
            self.wrong(Code::MissingField, at("acks"), message)
                .help("say how long they take, lag: \"20ms\"");
        }
        if log.batch.is_some() && log.linger == Span::ZERO {
            let message = "`batch` bounds what producers gather, but they send each record at once";
            self.wrong(Code::MissingField, at("batch"), message)
                .help("say how long they gather, linger: \"5ms\"");
        }
    }
}
