//! What the share groups of a `Kafka` are set to (KIP-932), and what Kafka refuses of their consumers. Knows
//! nothing of brokers and producers.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

const PAGE: &str = "https://kafka.apache.org/42/configuration/group-configs";

/// What share consumers may not set: as the product spells it, and as we do.
const REFUSED: &[(&str, &str)] = &[
    ("auto.offset.reset", "auto_offset_reset"),
    ("enable.auto.commit", "enable_auto_commit"),
    ("group.instance.id", "group_instance_id"),
    ("group.protocol", "group_protocol"),
    ("heartbeat.interval.ms", "heartbeat_interval"),
    ("isolation.level", "isolation_level"),
    ("partition.assignment.strategy", "partition_assignment_strategy"),
    ("session.timeout.ms", "session_timeout"),
];
/// What else means nothing to them here.
const WITHOUT_EFFECT: &[&str] = &[
    "auto_commit_interval",
    "commit",
    "max_poll_interval",
    "group_initial_rebalance_delay",
    "transaction_timeout",
];
/// What they do heed, and do not here.
const NOT_MODELLED: &[&str] = &["fetch_min_bytes", "fetch_max_wait"];
const ONLY_THEIRS: &[(&str, &str)] = &[
    ("share.record.lock.duration.ms", "share_record_lock_duration"),
    ("share.delivery.count.limit", "share_delivery_count_limit"),
    ("AcknowledgeType", "share_failed"),
];

/// How members of a group share what they read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What is acquired is locked for so long.
    pub record_lock_duration: Span,
    /// So often a record is acquired at most.
    pub delivery_count_limit: u32,
    /// Is what could not be handled archived at once?
    pub rejects: bool,
}

impl<'a> Reader<'a> {
    /// What is set of share groups, if groups are such.
    #[expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]
    pub(super) fn share(&mut self, fields: &Fields<'a>) -> Option<Option<Share>> {
        let is_shared = self.setting(fields, "share_group", Self::flag);
        let lock = self.setting(fields, "share_record_lock_duration", Self::lock_duration);
        let limit = self.setting(fields, "share_delivery_count_limit", |reader, value| {
            reader.count(value, 2..=10)
        });
        let rejects = self.setting(fields, "share_failed", |reader, value| {
            reader.one_of(value, "an acknowledgement", &[("Release", false), ("Reject", true)])
        });
        let is_shared = is_shared?;
        self.check_share(fields, is_shared);
        let share =
            Share { record_lock_duration: lock?, delivery_count_limit: limit?, rejects: rejects? };
        Some(is_shared.then_some(share))
    }

    /// As brokers take it (`ShareGroupConfig`), whatever lies between is allowed on them.
    fn lock_duration(&mut self, value: &'a Value) -> Option<Span> {
        let lock = self.positive_span(value)?;
        let (least, most) = (Span(1_000_000_000), Span(3_600_000_000_000));
        if lock < least || lock > most {
            let message = format!("share.record.lock.duration.ms is from {least} to {most}");
            self.wrong(Code::OutOfRange, value.head(), message)
                .help(format!("30s is usual; see {PAGE}"));
            return None;
        }
        Some(lock)
    }

    fn check_share(&mut self, fields: &Fields<'a>, is_shared: bool) {
        let at = |field| fields.get(field).map(Value::head);
        if !is_shared {
            for (product, field) in ONLY_THEIRS {
                if let Some(at) = at(field) {
                    let message = format!("{product} has no effect on groups that do not share");
                    self.wrong(Code::NoEffect, at, message)
                        .help(format!("share_group: true; see {PAGE}"));
                }
            }
            return;
        }
        for (product, field) in REFUSED {
            if let Some(at) = at(field) {
                let message = format!("{product} cannot be set when using a share group");
                self.wrong(Code::ProductRefuses, at, message)
                    .help("share groups have neither owners of partitions nor offsets (KIP-932)");
            }
        }
        for field in NOT_MODELLED {
            if let Some(at) = at(field) {
                let message = format!("`{field}` is not modelled for share groups");
                self.wrong(Code::NoEffect, at, message)
                    .help("leave it out: their members take whatever there is");
            }
        }
        for field in WITHOUT_EFFECT {
            if let Some(at) = at(field) {
                let message = format!("`{field}` has no effect on share groups");
                self.wrong(Code::NoEffect, at, message)
                    .help("what is acquired counts by share_record_lock_duration");
            }
        }
    }
}
