//! The policies: timeouts and retries.

use super::reader::Reader;
use super::syntax::{Kind, Value};
use super::tree::{Backoff, Jitter, Policy};
use crate::base::Span;

/// Policies of these names are the defaults of their class of call.
pub const CLASSES: &[&str] = &["client", "call", "store", "publish"];

/// Tries of one call.
const MAX_TRIES: u32 = 1000;

impl<'a> Reader<'a> {
    /// Reads one of the declared policies.
    pub fn read_policy(&mut self, index: usize) -> Option<Policy> {
        let declared = &self.known.policies[index];
        let (name, value) = (declared.name, declared.value);
        let fields = self.fields(value, "a policy", 0, &["timeout", "retry"])?;
        let timeout = self.maybe(&fields, "timeout", Self::positive_span);
        let retry = self.maybe(&fields, "retry", Self::retry);
        let (tries, backoff, budget) = retry?.unwrap_or((1, usual_backoff(), None));
        Some(Policy { name: name.to_owned(), timeout: timeout?, tries, backoff, budget })
    }

    fn retry(&mut self, value: &'a Value) -> Option<(u32, Backoff, Option<f64>)> {
        let fields = self.fields(value, "a retry", 0, &["tries", "backoff", "budget"])?;
        let tries = self.must(&fields, "tries", |reader, value| reader.count(value, 1..=MAX_TRIES));
        let backoff = self.or(&fields, "backoff", usual_backoff(), Self::backoff);
        let budget = self.maybe(&fields, "budget", Self::ratio);
        Some((tries?, backoff?, budget?))
    }

    fn backoff(&mut self, value: &'a Value) -> Option<Backoff> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (_, Kind::Text { .. }) => self.span(value).map(Backoff::Constant),
            (Some("Constant"), _) => {
                let fields = self.fields(value, "Constant", 1, &["pause"])?;
                self.must(&fields, "pause", Self::span).map(Backoff::Constant)
            }
            (Some("Exponential"), _) => {
                let fields = self.fields(value, "Exponential", 0, &["base", "cap", "jitter"])?;
                let base = self.must(&fields, "base", Self::positive_span);
                let cap = self.must(&fields, "cap", Self::positive_span);
                let jitter = self.or(&fields, "jitter", Jitter::Full, Self::jitter);
                Some(Backoff::Exponential { base: base?, cap: cap?, jitter: jitter? })
            }
            _ => {
                self.unknown_word(value, "a backoff", &["Constant", "Exponential"]);
                None
            }
        }
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

/// Where a retry names no backoff.
fn usual_backoff() -> Backoff {
    Backoff::Exponential {
        base: Span::from_ms(20.0),
        cap: Span::from_secs(1.0),
        jitter: Jitter::Full,
    }
}
