//! When faults begin, as files write it. Windows are drawn from it in `faults/windows.rs`.

use super::Reader;
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::source::Extent;
use crate::scenario::syntax::Value;

/// A fault that begins more often than this says nothing, and takes for ever to draw.
pub(in crate::scenario) const MOST_TIMES: f64 = 1e6;

/// When a fault starts.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// Once.
    At(Span),
    /// At `first` and then again and again.
    Every {
        /// First start.
        first: Span,
        /// From start to start.
        every: Span,
    },
    /// Gaps from the end of one to the start of the next, drawn from the seed.
    Random(Dist),
}

impl When {
    /// How often a fault that lasts so long begins in a run of this length, about.
    pub(in crate::scenario) fn begins(&self, lasts: Option<&Dist>, length: Span) -> f64 {
        let cycle = match self {
            Self::At(_) => f64::INFINITY,
            Self::Every { every, .. } => every.0 as f64,
            Self::Random(gap) => gap.mean() + lasts.map_or(f64::INFINITY, Dist::mean),
        };
        (length.0 as f64 / cycle.max(1.0)).max(1.0)
    }
}

impl<'a> Reader<'a> {
    /// An instant, or a rule for many.
    pub(super) fn when(&mut self, value: &'a Value, length: Option<Span>) -> Option<When> {
        let value = self.follow(value)?;
        let start =
            |reader: &mut Self, value| reader.instant(value, length, "the fault would start");
        match value.word() {
            Some("Every") => {
                let fields = self.fields(value, "Every", 0, &["first", "every"])?;
                let first = self.must(&fields, "first", start);
                let every = self.must(&fields, "every", Self::positive_span);
                Some(When::Every { first: first?, every: every? })
            }
            Some("Random") => {
                let fields = self.fields(value, "Random", 1, &["gap"])?;
                self.must(&fields, "gap", Self::dist).map(When::Random)
            }
            Some(_) => {
                self.unknown_word(value, "a time for a fault", &["Every", "Random"]);
                None
            }
            None => start(self, value).map(When::At),
        }
    }

    /// An instant at which arrivals have not ended; `would` says what would happen then.
    pub(in crate::scenario) fn instant(
        &mut self,
        value: &'a Value,
        length: Option<Span>,
        would: &str,
    ) -> Option<Span> {
        let (ns, at) = self.nanoseconds(value, "the time since the run began")?;
        let instant = Span::from_ns(ns);
        if let Some(length) = length.filter(|length| instant >= *length) {
            self.wrong(
                Code::OutsideRun,
                at,
                format!("{would} at {instant}, when the run of {length} is over"),
            );
        }
        Some(instant)
    }

    /// Notes a fault that would begin too often in a run of this length.
    pub(super) fn check_times(
        &mut self,
        at: Extent,
        when: &When,
        lasts: Option<&Dist>,
        length: Span,
    ) {
        if when.begins(lasts, length) > MOST_TIMES {
            let message = format!("the fault would begin more than a million times in {length}");
            self.wrong(Code::OutOfRange, at, message);
        }
    }
}
