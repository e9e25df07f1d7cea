//! How long the records of a `Kafka` are kept, and where a group goes on whose offset is gone.

use super::Reader;
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::Fields;
use crate::scenario::syntax::{Kind, Value};

/// What is kept of a log, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// What is done with old segments.
    pub cleanup: CleanupPolicy,
    /// Of those that are deleted one goes when its last record is older.
    pub period: Span,
    /// A record that comes so long after the first one of its segment begins another.
    pub segment: Span,
    /// How often the brokers look for segments to delete.
    pub check: Span,
    /// How often they look for segments to compact.
    pub backoff: Span,
    /// Where a group goes on whose offset is gone.
    pub reset: OffsetReset,
}

/// What is done with old segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanupPolicy {
    /// They go when they are old enough.
    Delete,
    /// Of each key the last record stays.
    Compact,
}

/// Where a group goes on whose offset is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    /// With the next record that comes.
    Latest,
    /// With the oldest one that is there.
    Earliest,
    /// Nowhere: its consumer fails.
    None,
}

impl<'a> Reader<'a> {
    pub(super) fn retention(&mut self, fields: &Fields<'a>) -> Option<Retention> {
        let cleanup = self.setting(fields, "cleanup_policy", Self::cleanup_policy);
        let period = self.setting(fields, "retention", Self::positive_span);
        let segment = self.setting(fields, "segment", Self::positive_span);
        let check = self.setting(fields, "log_retention_check_interval", Self::cleaning);
        let backoff = self.setting(fields, "log_cleaner_backoff", Self::cleaning);
        let reset = self.setting(fields, "auto_offset_reset", Self::offset_reset);
        let retention = Retention {
            cleanup: cleanup?,
            period: period?,
            segment: segment?,
            check: check?,
            backoff: backoff?,
            reset: reset?,
        };
        self.check_cleanup(fields, retention.cleanup);
        Some(retention)
    }

    /// What has no effect on logs that are cleaned up in the other way.
    fn check_cleanup(&mut self, fields: &Fields<'a>, policy: CleanupPolicy) {
        let (policy, without): (_, &[(&str, &str)]) = match policy {
            CleanupPolicy::Delete => {
                ("delete", &[("log_cleaner_backoff", "log.cleaner.backoff.ms")])
            }
            CleanupPolicy::Compact => (
                "compact",
                &[
                    ("retention", "retention.ms"),
                    ("log_retention_check_interval", "log.retention.check.interval.ms"),
                    ("auto_offset_reset", "auto.offset.reset"),
                ],
            ),
        };
        for (setting, name) in without {
            if let Some(value) = fields.get(setting) {
                let message = format!("{name} has no effect beside cleanup.policy = {policy}");
                self.wrong(Code::NoEffect, value.head(), message).help(
                    "cleanup_policy says what becomes of old segments; see https://kafka.apache.org/41/configuration/topic-configs",
                );
            }
        }
    }

    /// How often something is looked at, which is to leave a run time for all else.
    fn cleaning(&mut self, value: &'a Value) -> Option<Span> {
        let every = self.positive_span(value)?;
        if every < Span(1_000_000) {
            let message = format!("each {every} is too often: 1ms at least");
            self.wrong(Code::OutOfRange, value.head(), message)
                .help("Kafka counts it in milliseconds, and has minutes or seconds");
            return None;
        }
        Some(every)
    }

    fn cleanup_policy(&mut self, value: &'a Value) -> Option<CleanupPolicy> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Delete"), Kind::Word(_)) => Some(CleanupPolicy::Delete),
            (Some("Compact"), Kind::Word(_)) => Some(CleanupPolicy::Compact),
            _ => {
                self.unknown_word(value, "a cleanup policy", &["Delete", "Compact"]);
                None
            }
        }
    }

    fn offset_reset(&mut self, value: &'a Value) -> Option<OffsetReset> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Latest"), Kind::Word(_)) => Some(OffsetReset::Latest),
            (Some("Earliest"), Kind::Word(_)) => Some(OffsetReset::Earliest),
            (Some("None"), Kind::Word(_)) => Some(OffsetReset::None),
            _ => {
                self.unknown_word(value, "a place in a log", &["Latest", "Earliest", "None"]);
                None
            }
        }
    }
}
