//! The pause before something is tried again, as files write it. How long each pause is, is in
//! `nodes/calls/backoff.rs`.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};

/// Pause before the next try.
#[derive(Clone, Debug, PartialEq)]
pub enum Backoff {
    /// Always the same.
    Constant(Span),
    /// `base * 2^(try - 1)`, at most `cap`.
    Exponential {
        /// The first pause.
        base: Span,
        /// The longest.
        cap: Span,
        /// What chance does to it.
        jitter: Jitter,
    },
    /// Uniform between `base` and three times the last pause (at first `base`), at most `cap`.
    Decorrelated {
        /// The shortest.
        base: Span,
        /// The longest.
        cap: Span,
    },
}

impl Backoff {
    /// Where a retry names none.
    pub(super) const USUAL: Self = Self::Exponential {
        base: Span(20_000_000),
        cap: Span(1_000_000_000),
        jitter: Jitter::Full,
    };
}

impl Default for Backoff {
    fn default() -> Self {
        Self::USUAL
    }
}

/// What chance does to a pause (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Nothing.
    None,
    /// Uniform between 0 and the pause.
    Full,
    /// Half the pause, plus uniform up to the other half.
    Equal,
}

impl<'a> Reader<'a> {
    pub(super) fn backoff(&mut self, value: &'a Value) -> Option<Backoff> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (_, Kind::Text { .. }) => self.span(value).map(Backoff::Constant),
            (Some("Constant"), _) => {
                let fields = self.fields(value, "Constant", 1, &["pause"])?;
                self.must(&fields, "pause", Self::span).map(Backoff::Constant)
            }
            (Some("Exponential"), _) => {
                let fields = self.fields(value, "Exponential", 0, &["base", "cap", "jitter"])?;
                let range = self.base_and_cap(&fields);
                let jitter = self.or(&fields, "jitter", Jitter::Full, Self::jitter);
                let (base, cap) = range?;
                Some(Backoff::Exponential { base, cap, jitter: jitter? })
            }
            (Some("Decorrelated"), _) => {
                let fields = self.fields(value, "Decorrelated", 0, &["base", "cap"])?;
                let (base, cap) = self.base_and_cap(&fields)?;
                Some(Backoff::Decorrelated { base, cap })
            }
            _ => {
                let known = ["Constant", "Exponential", "Decorrelated"];
                self.unknown_word(value, "a backoff", &known);
                None
            }
        }
    }

    /// The shortest pause and the longest.
    fn base_and_cap(&mut self, fields: &Fields<'a>) -> Option<(Span, Span)> {
        let base = self.must(fields, "base", Self::positive_span);
        let cap = self.must(fields, "cap", Self::positive_span);
        let (base, cap) = (base?, cap?);
        if cap < base {
            let message = format!("the longest pause ({cap}) is shorter than the first ({base})");
            self.wrong(Code::OutOfRange, fields.head, message);
            return None;
        }
        Some((base, cap))
    }

    fn jitter(&mut self, value: &'a Value) -> Option<Jitter> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("None"), Kind::Word(_)) => Some(Jitter::None),
            (Some("Full"), Kind::Word(_)) => Some(Jitter::Full),
            (Some("Equal"), Kind::Word(_)) => Some(Jitter::Equal),
            _ => {
                self.unknown_word(value, "a jitter", &["None", "Full", "Equal"]);
                None
            }
        }
    }
}
