//! `fails`: what goes wrong each time that it is tried, because of what it is about: a message that no
//! handler can read ("poison"), a request that kills whoever takes it up (a "query of death"). Beside
//! `refuses`, which is a business "no", and the fault `Errors`, which befalls instances and passes.

use super::reader::Reader;
use super::syntax::Value;
use super::tree::Fails;
use crate::base::Span;

impl<'a> Reader<'a> {
    /// A share, or `Crash(share, restart: ...)`.
    pub(super) fn fails(&mut self, value: &'a Value) -> Option<Fails> {
        let value = self.follow(value)?;
        if value.word() != Some("Crash") {
            return Some(Fails { share: self.ratio(value)?, restart: None });
        }
        let fields = self.fields(value, "Crash", 1, &["share", "restart"])?;
        let share = self.must(&fields, "share", Self::ratio);
        let restart = self.or(&fields, "restart", RESTART, Self::positive_span);
        Some(Fails { share: share?, restart: Some(restart?) })
    }
}

/// How long a process takes to come back.
const RESTART: Span = Span(1_000_000_000);
