//! Outlier detection, as files write it: which instances a caller leaves out for a while, by what they
//! answered. The settings have the names and the defaults of Envoy's. What callers do about it is in
//! `nodes/calls/outliers.rs`.

use super::{Guard, Policy, Room};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

/// When an instance is ejected, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlierDetection {
    /// After so many failures in a row.
    pub consecutive_5xx: u32,
    /// How often it is looked whether an ejected instance may come back.
    pub interval: Span,
    /// So long it is ejected, times how often it has been.
    pub base_ejection_time: Span,
    /// But no longer than this, or than the base time where that is longer.
    pub max_ejection_time: Span,
    /// No more than this share of a node's instances is ejected at once.
    pub max_ejection_percent: f64,
    /// Is one ejected also where that is more?
    pub always_eject_one_host: bool,
    /// While less than this share of a node's instances is left, nobody is left out.
    pub healthy_panic_threshold: f64,
}

pub(super) const ROOM: Room = Room {
    word: "outlier_detection",
    example: r#"(outlier_detection: (consecutive_5xx: 5, base_ejection_time: "30s"))"#,
    guards: &[Guard {
        name: "outlier detection",
        is_in_force: |policy| policy.outlier_detection.is_some(),
    }],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    policy.outlier_detection = reader.maybe(fields, "outlier_detection", Reader::outliers)?;
    Some(())
}

impl<'a> Reader<'a> {
    fn outliers(&mut self, value: &'a Value) -> Option<OutlierDetection> {
        let names = [
            "consecutive_5xx",
            "interval",
            "base_ejection_time",
            "max_ejection_time",
            "max_ejection_percent",
            "always_eject_one_host",
            "healthy_panic_threshold",
        ];
        let fields = self.fields(value, "an outlier detection", 0, &names)?;
        let span = |reader: &mut Self, name, seconds| {
            reader.or(&fields, name, Span::from_secs(seconds), Self::positive_span)
        };
        let interval = span(self, "interval", 10.0);
        let base_ejection_time = span(self, "base_ejection_time", 30.0);
        let max_ejection_time = span(self, "max_ejection_time", 300.0);
        let consecutive_5xx = self.or(&fields, "consecutive_5xx", 5, Self::calls);
        let max_ejection_percent = self.or(&fields, "max_ejection_percent", 0.1, Self::ratio);
        let always_eject_one_host = self.or(&fields, "always_eject_one_host", false, Self::flag);
        let panic = self.or(&fields, "healthy_panic_threshold", 0.5, Self::ratio);
        let (share, one) = (max_ejection_percent?, always_eject_one_host?);
        if share == 0.0 && !one {
            let at = fields.get("max_ejection_percent").map_or(value.head(), Value::head);
            self.wrong(Code::OutOfRange, at, "no instance may be ejected")
                .help("allow a share above 0, or set `always_eject_one_host`");
            return None;
        }
        Some(OutlierDetection {
            consecutive_5xx: consecutive_5xx?,
            interval: interval?,
            base_ejection_time: base_ejection_time?,
            max_ejection_time: max_ejection_time?,
            max_ejection_percent: share,
            always_eject_one_host: one,
            healthy_panic_threshold: panic?,
        })
    }
}
