//! How long the records of a `Kafka` are kept, and where a group goes on whose offset is gone.

use super::Reader;
use crate::base::Span;
use crate::scenario::reader::Fields;
use crate::scenario::syntax::{Kind, Value};

/// How long records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A segment goes when its last record is older.
    pub period: Span,
    /// A record that comes so long after the first one of its segment begins another.
    pub segment: Span,
    /// How often the brokers look for old segments.
    pub check: Span,
    /// Where a group goes on whose offset is gone.
    pub reset: OffsetReset,
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
        let period = self.setting(fields, "retention", Self::positive_span);
        let segment = self.setting(fields, "segment", Self::positive_span);
        let check = self.setting(fields, "log_retention_check_interval", Self::positive_span);
        let reset = self.setting(fields, "auto_offset_reset", Self::offset_reset);
        Some(Retention { period: period?, segment: segment?, check: check?, reset: reset? })
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
