//! `Kafka`: a cluster of brokers with the product's own settings and defaults (durations without
//! `_ms`, dots as underscores), and what Kafka refuses or what has no effect together.

use super::transactions::Beside;
use super::{
    Acks, CleanupPolicy, Fetch, Kafka, NodeKind, Protocol, Retention, Share, Transactions, Usual,
    Word, settings,
};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};

/// Brokers of one cluster.
const MAX_BROKERS: u32 = 64;

pub(super) static WORD: Word = Word {
    word: "Kafka",
    about: "A cluster of Apache Kafka 4.x, with the product's settings and defaults: a topic for each \
        producing service, a consumer group for each consuming service, and brokers (instances 0 and \
        on) that lead partitions and follow each other. Settings of topics, brokers, producers and \
        consumers stand side by side. `scenarios/brokers/kafka-isr.ron` is an example.",
    settings: &SETTINGS,
    left_out: "KRaft's own elections (one controller that is up), tiered storage, quotas, compression, rack \
        awareness, streams groups, \
        retention by bytes and of committed offsets, compaction by `min.cleanable.dirty.ratio` (all that may be \
        cleaned is) and of tombstones, transactions of whoever does not answer a record (an outbox' \
        relay, a customer's request), \
        locks on records that are renewed, \
        what a host that \
        goes had not written to its disk, and a group coordinator that fails.",
    example: "Kafka(brokers: 3, partitions: 12, linger: \"0s\")",
    read: |reader, index, value| Some(NodeKind::Kafka(reader.cluster(index, value)?)),
};

settings! {
    brokers: "count, up to 64", Usual::Is("1"), "its brokers, which are its instances. Partition 0 is led by broker 0, partition 1 by broker 1, and so on; the brokers after the leader follow it";
    partitions: "count, up to 10,000", Usual::Is("1"), "partitions of every topic (`num.partitions`)", "https://kafka.apache.org/41/configuration/broker-configs";
    replication_factor: "count, up to `brokers`", Usual::Is("1"), "brokers that have a partition (`default.replication.factor`)", "https://kafka.apache.org/41/configuration/broker-configs";
    min_insync_replicas: "count", Usual::Is("1"), "with fewer replicas in sync what wants `acks: All` is refused, which producers try again, and the high watermark stands still", "https://kafka.apache.org/41/configuration/topic-configs";
    replica_lag_time_max: "duration", Usual::Is("\"30s\""), "a follower that lacks a record for so long is not in sync any more", "https://kafka.apache.org/41/configuration/broker-configs";
    unclean_leader_election_enable: "flag", Usual::Is("false"), "may a replica lead that is not in sync, if no other is there? What it does not have is lost (reason `unreplicated`)", "https://kafka.apache.org/41/configuration/topic-configs";
    eligible_leader_replicas: "flag", Usual::Is("true"), "are replicas known that have all that was committed though they are not in sync (`eligible.leader.replicas.version`, on for new clusters since 4.1)? They may lead too. Without them the last replica in sync is waited for", "https://kafka.apache.org/41/operations/eligible-leader-replicas";
    broker_session_timeout: "duration", Usual::Is("\"9s\""), "a broker that is gone, or stands still, for so long is fenced by the controller: it leads nothing any more, and is in sync with nothing", "https://kafka.apache.org/41/configuration/broker-configs";
    append: "distribution", Usual::Is("\"1ms\""), "until the leader has appended a record";
    lag: "distribution", Usual::Is("\"1ms\""), "until a follower has what its leader has appended";
    acks: "`All`, `Leader` or `None`", Usual::Is("All"), "whose having a record is waited for before it is acknowledged: all replicas in sync (`acks=all`), the `Leader` alone (`acks=1`), or `None` (`acks=0`: what does not arrive is lost)", "https://kafka.apache.org/41/configuration/producer-configs";
    enable_idempotence: "flag", Usual::Is("true"), "do brokers know a producer's records again? If not, what is sent again because its acknowledgement was lost can be there twice, and requests under way can be swapped. Like the product it is off, unless it is asked for, with other `acks` than `All` or more than 5 requests in flight", "https://kafka.apache.org/41/configuration/producer-configs";
    max_in_flight_requests: "count", Usual::Is("5"), "requests of a producer to a partition that are unanswered at once (`max.in.flight.requests.per.connection`), where it is not idempotent: with 1 they stay in order. An idempotent producer's stay so with up to 5, and what it has ready is not held up here", "https://kafka.apache.org/41/configuration/producer-configs";
    linger: "duration", Usual::Is("\"5ms\""), "how long the relay of an outbox gathers records before it sends them, counted from the first (0 before Kafka 4.0)", "https://kafka.apache.org/41/configuration/producer-configs";
    batch_size: "count", Usual::Is("16384"), "bytes that go at once, whatever `linger` says", "https://kafka.apache.org/41/configuration/producer-configs";
    record_size: "count", Usual::Is("1024"), "bytes of a record";
    request_timeout: "duration", Usual::Is("\"30s\""), "a producer whose leader is silent asks for another one then", "https://kafka.apache.org/41/configuration/producer-configs";
    delivery_timeout: "duration, not below `linger` + `request_timeout`", Usual::Is("\"2m\""), "a record that is not acknowledged for so long has failed", "https://kafka.apache.org/41/configuration/producer-configs";
    cleanup_policy: "`Delete` or `Compact`", Usual::Is("Delete"), "what becomes of old segments: they are deleted, or of each key the last record stays. Who has not read an older one by then never does (reason `compacted`, if a step of a flow hung on it), and a record without a key is refused, which `check` warns of", "https://kafka.apache.org/41/configuration/topic-configs";
    log_cleaner_backoff: "duration", Usual::Is("\"15s\""), "how often brokers compact, counted from the start of the run; the segment that is written to is left alone", "https://kafka.apache.org/41/configuration/broker-configs";
    retention: "duration", Usual::Is("\"168h\""), "how long records are kept (`retention.ms`): a segment goes when its last record is older. Who has not read it by then never does (reason `retention`)", "https://kafka.apache.org/41/configuration/topic-configs";
    segment: "duration", Usual::Is("\"168h\""), "a record that comes so long after the first one of its segment begins another (`segment.ms`): records are deleted by segments", "https://kafka.apache.org/41/configuration/topic-configs";
    log_retention_check_interval: "duration", Usual::Is("\"5m\""), "how often brokers look for segments to delete, counted from the start of the run", "https://kafka.apache.org/41/configuration/broker-configs";
    auto_offset_reset: "`Latest`, `Earliest` or `None`", Usual::Is("Latest"), "where a group goes on whose offset is gone: with the next record that comes, so that all that is there is passed over (reason `offset_reset`), with the oldest one that is there, or nowhere: the consumer fails, and its partition stands still", "https://kafka.apache.org/41/configuration/consumer-configs";
    buffer_memory: "count", Usual::Is("33554432"), "bytes that a producer holds until they are acknowledged (32 MiB)", "https://kafka.apache.org/41/configuration/producer-configs";
    max_block: "duration", Usual::Is("\"1m\""), "how long a producer whose buffer is full waits for room; then it has failed (reason `rejected`)", "https://kafka.apache.org/41/configuration/producer-configs";
    max_poll_records: "count", Usual::Is("500"), "records that a member is given at once, of all its partitions; it handles them one after the other, and polls again", "https://kafka.apache.org/41/configuration/consumer-configs";
    fetch_min_bytes: "count", Usual::Is("1"), "so many bytes a member's fetch waits for: fewer, larger batches, later. Not modelled for share groups", "https://kafka.apache.org/41/configuration/consumer-configs";
    fetch_max_wait: "duration", Usual::Is("\"500ms\""), "how long it waits; then it is answered with what there is, and the next one begins", "https://kafka.apache.org/41/configuration/consumer-configs";
    enable_auto_commit: "flag", Usual::Is("true"), "do consumers commit now and then what they have handled, when they poll? Else by hand, see `commit`", "https://kafka.apache.org/41/configuration/consumer-configs";
    auto_commit_interval: "duration", Usual::Is("\"5s\""), "how often, counted from their start; what they have handled since is delivered again after a crash", "https://kafka.apache.org/41/configuration/consumer-configs";
    commit: "`Batch`, `Each` or `Before`", Usual::Unset("`Batch`"), "what is committed by hand where `enable_auto_commit` is false: each `Batch` when it is handled (`commitSync` in the poll loop, Spring's `BATCH`), `Each` record, or the batch `Before` it is handled: then nobody handles the rest of it if its owner dies (reason `skipped`)";
    session_timeout: "duration", Usual::Is("\"45s\""), "a member not heard of for so long leaves its group", "https://kafka.apache.org/41/configuration/consumer-configs";
    heartbeat_interval: "duration, shorter than `session_timeout`", Usual::Is("\"3s\""), "how often members say that they live", "https://kafka.apache.org/41/configuration/consumer-configs";
    max_poll_interval: "duration", Usual::Is("\"5m\""), "how long a member may take over a batch: then it leaves its group (a static one falls silent), and joins again when it has finished a record; what it did is not committed. A rebalance waits for it no longer either", "https://kafka.apache.org/41/configuration/consumer-configs";
    group_protocol: "`Classic` or `Consumer`", Usual::Is("Classic"), "who shares out a group's partitions: with `Classic` a member, once all have joined; with `Consumer` the broker, member by member, and nobody waits for anybody (KIP-848). Partitions are then shared out as evenly and as stickily as with `CooperativeSticky` (the broker's assignor `uniform`); who is to give one up hears of it with its next heartbeat and gives it up when its batch is done, and the new owner has it with its own next heartbeat", "https://kafka.apache.org/41/operations/consumer-rebalance-protocol";
    partition_assignment_strategy: "`Range` or `CooperativeSticky`", Usual::Is("Range"), "`Range` (what the product's default list of both comes to): each member has consecutive partitions, and to share them out anew everybody stops and gives up everything. `CooperativeSticky` (KIP-429): everybody goes on with what stays with it, what moves is given up, and a second round gives it to others. Only with `group_protocol: Classic`", "https://kafka.apache.org/41/configuration/consumer-configs";
    group_initial_rebalance_delay: "duration", Usual::Is("\"3s\""), "how long a group that had no members waits after the first joins, and again while others come. Groups are there from the beginning of the run, so it counts only for one whose members were all gone", "https://kafka.apache.org/41/configuration/broker-configs";
    group_consumer_session_timeout: "duration", Usual::Is("\"45s\""), "with `group_protocol: Consumer`: a member not heard of for so long leaves its group (`session_timeout` is refused then)", "https://kafka.apache.org/41/configuration/broker-configs";
    group_consumer_heartbeat_interval: "duration, shorter than `group_consumer_session_timeout`", Usual::Is("\"5s\""), "with `group_protocol: Consumer`: how often members say that they live, and hear what they are to give up or have (`heartbeat_interval` is refused then)", "https://kafka.apache.org/41/configuration/broker-configs";
    group_instance_id: "flag", Usual::Is("false"), "do members have names of their own, and so keep their partitions over a restart (KIP-345)?", "https://kafka.apache.org/41/configuration/consumer-configs";
    share_group: "flag", Usual::Is("false"), "are groups share groups (KIP-932)? Their members read the same partitions side by side, record by record as from a queue, in no order of keys: more members than partitions all work. Each record is acknowledged when it is handled", "https://kafka.apache.org/42/configuration/group-configs";
    share_record_lock_duration: "duration", Usual::Is("\"30s\""), "what a member of a share group has acquired and not acknowledged for so long goes to others too; up to `max_poll_records` are acquired at once", "https://kafka.apache.org/42/configuration/group-configs";
    share_delivery_count_limit: "count, 2 to 10", Usual::Is("5"), "a record that was acquired so often and is not acknowledged is archived: nobody handles it (reason `dead_letter`; `group.share.delivery.count.limit`)", "https://kafka.apache.org/42/configuration/broker-configs";
    share_failed: "`Release` or `Reject`", Usual::Is("Release"), "what a member of a share group does with a record that it could not handle, after `retry_delay`: others may have it (`AcknowledgeType.RELEASE`), or it is archived (`REJECT`)";
    transactional: "flag", Usual::Is("false"), "does each consumer have a `transactional.id`? What it publishes while it handles a batch, and the batch's offsets, are then one transaction (KIP-98, KIP-447): both count when it is committed, with the batch (`commit: Each`: with each record), or neither does. What it changes in its database is not part of it. If it fails over a record the transaction is aborted, and its batch is handled again. Automatic commits are off then", "https://kafka.apache.org/41/configuration/producer-configs";
    isolation_level: "`ReadUncommitted` or `ReadCommitted`", Usual::Is("ReadUncommitted"), "what consumers read of transactions: all, what is aborted too, or only what is committed. Then nothing is read, by whomever it is, behind the first record of a transaction that is open", "https://kafka.apache.org/41/configuration/consumer-configs";
    transaction_timeout: "duration, up to 15m", Usual::Is("\"1m\""), "a transaction that is open for so long is aborted by its coordinator, which looks every 10 s", "https://kafka.apache.org/41/configuration/producer-configs";
    retry_delay: "duration", Usual::Is("\"100ms\""), "before a consumer tries again what failed";
}

/// What is set of a cluster whose brokers are told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its brokers.
    pub brokers: u32,
    /// Brokers that have a partition.
    pub replication_factor: u32,
    /// With fewer in sync nothing is committed.
    pub min_insync_replicas: u32,
    /// A follower that lacks something for so long is not in sync.
    pub replica_lag_time_max: Span,
    /// May a replica lead that is not in sync?
    pub unclean_election: bool,
    /// Are replicas known that may lead though they are not in sync (KIP-966)?
    pub eligible_replicas: bool,
    /// A broker that is silent for so long is fenced.
    pub broker_session_timeout: Span,
    /// So many requests of a producer to a partition are unanswered at once; `None`: it is idempotent.
    pub max_in_flight: Option<u32>,
    /// A producer whose leader is silent asks for another one then.
    pub request_timeout: Span,
    /// A record that is not acknowledged for so long has failed.
    pub delivery_timeout: Span,
    /// Records that a producer holds until they are acknowledged.
    pub buffer: u32,
    /// How long it waits for room for another one.
    pub max_block: Span,
    /// How long records are kept.
    pub retention: Retention,
    /// Records that a member is given at once.
    pub max_poll_records: u32,
    /// What a member's fetch waits for, if for more than one record.
    pub fetch: Option<Fetch>,
    /// When members commit.
    pub commit: Committing,
    /// How groups share their partitions out anew.
    pub protocol: Protocol,
    /// Where members of a group share partitions, and how.
    pub share: Option<Share>,
    /// Where consumers publish and commit in transactions.
    pub transactions: Option<Transactions>,
    /// How long a group that was empty waits for more members than the first.
    pub initial_rebalance_delay: Span,
}

/// When a member of a group commits what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committing {
    /// With the first poll after so long.
    Auto(Span),
    /// When a batch is handled.
    Batch,
    /// When a record is handled.
    Each,
    /// Before a batch is handled.
    Before,
}

#[cfg(test)]
impl Cluster {
    /// One broker with the product's defaults.
    pub fn alone() -> Self {
        let seconds = |count: u64| Span(count * 1_000_000_000);
        let week = seconds(7 * 24 * 3_600);
        Self {
            brokers: 1,
            replication_factor: 1,
            min_insync_replicas: 1,
            replica_lag_time_max: seconds(30),
            unclean_election: false,
            eligible_replicas: true,
            broker_session_timeout: seconds(9),
            max_in_flight: None,
            request_timeout: seconds(30),
            delivery_timeout: seconds(120),
            buffer: 32_768,
            max_block: seconds(60),
            retention: Retention {
                cleanup: super::CleanupPolicy::Delete,
                period: week,
                segment: week,
                check: seconds(300),
                backoff: seconds(15),
                reset: super::OffsetReset::Latest,
            },
            max_poll_records: 500,
            fetch: None,
            commit: Committing::Auto(seconds(5)),
            protocol: Protocol::Eager,
            share: None,
            transactions: None,
            initial_rebalance_delay: seconds(3),
        }
    }
}

impl<'a> Reader<'a> {
    fn cluster(&mut self, index: usize, value: &'a Value) -> Option<Kafka> {
        let fields = self.settings(value, super::ABOUT.phrase, &SETTINGS)?;
        let brokers =
            self.setting(&fields, "brokers", |reader, value| reader.count(value, 1..=MAX_BROKERS));
        if let Some(brokers) = brokers {
            self.known.nodes[index].fact.instances = brokers;
        }
        let partitions =
            self.setting(&fields, "partitions", |reader, value| reader.count(value, 1..=10_000));
        let replicas = |reader: &mut Self, value| reader.count(value, 1..=MAX_BROKERS);
        let replication_factor = self.setting(&fields, "replication_factor", replicas);
        let min_insync_replicas = self.setting(&fields, "min_insync_replicas", replicas);
        let replica_lag_time_max =
            self.setting(&fields, "replica_lag_time_max", Self::positive_span);
        let unclean_election = self.setting(&fields, "unclean_leader_election_enable", Self::flag);
        let eligible_replicas = self.setting(&fields, "eligible_leader_replicas", Self::flag);
        let broker_session_timeout =
            self.setting(&fields, "broker_session_timeout", Self::positive_span);
        let append = self.setting(&fields, "append", Self::dist);
        let lag = self.setting(&fields, "lag", Self::dist);
        let acks = self.setting(&fields, "acks", |reader, value| {
            reader.acks(value, &["All", "Leader", "None"])
        });
        self.known.nodes[index].fact.forgets = acks == Some(Acks::None);
        let linger = self.setting(&fields, "linger", Self::span);
        let batch_size = self.setting(&fields, "batch_size", Self::places);
        let record_size = self.setting(&fields, "record_size", Self::places);
        let request_timeout = self.setting(&fields, "request_timeout", Self::positive_span);
        let delivery_timeout = self.setting(&fields, "delivery_timeout", Self::positive_span);
        let buffer_memory = self.setting(&fields, "buffer_memory", Self::places);
        let max_block = self.setting(&fields, "max_block", Self::positive_span);
        let retention = self.retention(&fields);
        self.known.nodes[index].fact.compacts =
            retention.is_some_and(|it| it.cleanup == CleanupPolicy::Compact);
        let max_poll_records = self.setting(&fields, "max_poll_records", Self::places);
        let fetch = self.fetch(&fields, record_size?)?;
        let by_hand = self.optional(&fields, "commit", Self::committing);
        let enable_auto_commit = self.setting(&fields, "enable_auto_commit", Self::flag);
        let auto_commit_interval =
            self.setting(&fields, "auto_commit_interval", Self::positive_span);
        let groups = self.groups(&fields);
        let share = self.share(&fields)?;
        let max_poll_interval = self.setting(&fields, "max_poll_interval", Self::positive_span);
        let static_members = self.setting(&fields, "group_instance_id", Self::flag);
        let retry_delay = self.setting(&fields, "retry_delay", Self::positive_span);
        let max_in_flight = self.in_flight(&fields, acks?);
        let by_hand = by_hand?;
        let beside = Beside {
            acks: acks?,
            is_idempotent: max_in_flight.is_none(),
            shares: share.is_some(),
            by_hand,
        };
        let transactions = self.transactions(&fields, &beside)?;
        self.known.nodes[index].fact.transactional = transactions.is_some();
        let commits_now_and_then = enable_auto_commit? && transactions.is_none();
        let commit = if commits_now_and_then {
            Committing::Auto(auto_commit_interval?)
        } else {
            by_hand.unwrap_or(Committing::Batch)
        };
        let kafka = Kafka {
            partitions: partitions?,
            append: append?,
            lag: Some(lag?),
            acks: acks?,
            linger: linger?,
            batch: Some((batch_size? / record_size?).max(1)),
            auto_commit: None,
            session_timeout: groups?.session_timeout,
            heartbeat: groups?.heartbeat,
            max_poll_interval: max_poll_interval?,
            static_members: static_members?,
            retry_delay: retry_delay?,
            cluster: Some(Cluster {
                brokers: brokers?,
                replication_factor: replication_factor?,
                min_insync_replicas: min_insync_replicas?,
                replica_lag_time_max: replica_lag_time_max?,
                unclean_election: unclean_election?,
                eligible_replicas: eligible_replicas?,
                broker_session_timeout: broker_session_timeout?,
                max_in_flight,
                request_timeout: request_timeout?,
                delivery_timeout: delivery_timeout?,
                buffer: (buffer_memory? / record_size?).max(1),
                max_block: max_block?,
                retention: retention?,
                max_poll_records: max_poll_records?,
                fetch,
                commit,
                protocol: groups?.protocol,
                share,
                transactions,
                initial_rebalance_delay: groups?.initial_rebalance_delay,
            }),
        };
        self.check_cluster(&fields, &kafka, by_hand.is_some());
        Some(kafka)
    }

    fn committing(&mut self, value: &'a Value) -> Option<Committing> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Batch"), Kind::Word(_)) => Some(Committing::Batch),
            (Some("Each"), Kind::Word(_)) => Some(Committing::Each),
            (Some("Before"), Kind::Word(_)) => Some(Committing::Before),
            _ => {
                self.unknown_word(value, "a way to commit", &["Batch", "Each", "Before"]);
                None
            }
        }
    }

    /// What Kafka refuses, in its own words, and what has no effect.
    fn check_cluster(&mut self, fields: &Fields<'a>, kafka: &Kafka, by_hand: bool) {
        let Some(cluster) = &kafka.cluster else { return };
        let Cluster { brokers, replication_factor, min_insync_replicas, .. } = *cluster;
        let at = |field| fields.get(field).map_or(fields.head, Value::head);
        if replication_factor > brokers {
            let message = format!(
                "the target replication factor of {replication_factor} cannot be reached because only {brokers} broker(s) are registered"
            );
            self.wrong(Code::OutOfRange, at("replication_factor"), message)
                .help(format!("brokers: {replication_factor} (InvalidReplicationFactorException)"));
        }
        if cluster.delivery_timeout < kafka.linger + cluster.request_timeout {
            let message = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
            self.wrong(Code::OutOfRange, at("delivery_timeout"), message).help(
                "a shorter `request_timeout`; see https://kafka.apache.org/41/configuration/producer-configs",
            );
        }
        if by_hand && cluster.share.is_none() && matches!(cluster.commit, Committing::Auto(_)) {
            let message = "commits by hand have no effect beside enable.auto.commit = true";
            self.wrong(Code::NoEffect, at("commit"), message).help(
                "enable_auto_commit: false; see https://kafka.apache.org/41/configuration/consumer-configs",
            );
        }
        if min_insync_replicas > replication_factor {
            let message = format!(
                "{min_insync_replicas} replicas are never in sync where there are {replication_factor}: nothing is ever committed"
            );
            self.wrong(Code::NoEffect, at("min_insync_replicas"), message)
                .help(format!("replication_factor: {min_insync_replicas}, or more"));
        } else if min_insync_replicas > 1 && kafka.acks != Acks::All {
            let message = format!(
                "min.insync.replicas = {min_insync_replicas} refuses nothing: only acks=all waits for replicas in sync"
            );
            self.wrong(Code::NoEffect, at("min_insync_replicas"), message)
                .help("acks: All; see https://kafka.apache.org/41/configuration/topic-configs");
        }
    }
}
