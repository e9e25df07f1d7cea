//! Circuit breakers, as files write them. How one opens and closes, and after whom, is in
//! `nodes/calls/guards/breaker.rs`.

use super::{Guard, Policy, Room};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

/// A circuit breaker over the last calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// How many calls are looked back at.
    pub window: u32,
    /// With fewer it does not open.
    pub least: u32,
    /// It opens if so many of them failed, as a share.
    pub threshold: f64,
    /// So long it stays open.
    pub open: Span,
    /// So many calls then try it out.
    pub trials: u32,
}

pub(super) const ROOM: Room = Room {
    word: "breaker",
    example: r#"(timeout: "300ms", breaker: (threshold: "50%", open: "10s"))"#,
    guards: &[Guard { name: "circuit breaker", is_in_force: |policy| policy.breaker.is_some() }],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    policy.breaker = reader.maybe(fields, "breaker", Reader::breaker)?;
    Some(())
}

impl<'a> Reader<'a> {
    fn breaker(&mut self, value: &'a Value) -> Option<Breaker> {
        let names = ["window", "minimum", "threshold", "open", "trials"];
        let fields = self.fields(value, "a breaker", 0, &names)?;
        let window = self.or(&fields, "window", 100, Self::calls);
        let least = self.or(&fields, "minimum", 100, Self::calls);
        let threshold = self.or(&fields, "threshold", 0.5, Self::share_of_calls);
        let open = self.or(&fields, "open", Span::from_secs(60.0), Self::positive_span);
        let trials = self.or(&fields, "trials", 10, Self::calls);
        let (window, least, threshold) = (window?, least?, threshold?);
        Some(Breaker { window, least, threshold, open: open?, trials: trials? })
    }

    /// A ratio above 0.
    fn share_of_calls(&mut self, value: &'a Value) -> Option<f64> {
        let ratio = self.ratio(value)?;
        if ratio > 0.0 {
            return Some(ratio);
        }
        self.wrong(Code::OutOfRange, value.head(), "a threshold of 0 is always reached")
            .help("write the share of failed calls at which it opens, such as \"50%\"");
        None
    }
}
