//! The policies: timeouts and retries, second copies, guards.

use super::codes::Code;
use super::reader::{Fields, Reader};
use super::syntax::{Kind, Value};
use super::tree::{Again, Backoff, Breaker, Cancel, Hedge, Jitter, Policy, Throttle};
use crate::base::Span;

/// Policies of these names are the defaults of their class of call.
pub const CLASSES: &[&str] = &["client", "call", "store", "publish"];

/// Tries of one call.
const MAX_TRIES: u32 = 100;
/// Tries of a customer who was refused.
const MAX_AGAIN: u32 = 1_000;

/// Calls that a breaker looks back at, calls at once.
const MAX_CALLS: u32 = 1_000_000;

/// How a call is tried again.
struct Retry {
    tries: u32,
    backoff: Backoff,
    budget: Option<f64>,
    late_answers: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self { tries: 1, backoff: usual_backoff(), budget: None, late_answers: false }
    }
}

impl<'a> Reader<'a> {
    /// Reads one of the declared policies.
    pub fn read_policy(&mut self, index: usize) -> Option<Policy> {
        let declared = &self.known.policies[index];
        let (name, value) = (declared.name, declared.value);
        let names = ["timeout", "retry", "hedge", "cancel", "breaker", "throttle", "bulkhead"];
        let fields = self.fields(value, "a policy", 0, &names)?;
        let timeout = self.maybe(&fields, "timeout", Self::positive_span);
        let retry = self.maybe(&fields, "retry", Self::retry);
        let hedge = self.maybe(&fields, "hedge", Self::hedge).map(Option::flatten);
        let usual = if let Some(Some(_)) = hedge { Cancel::Queued } else { Cancel::Never };
        let cancel = self.or(&fields, "cancel", usual, Self::cancel);
        let breaker = self.maybe(&fields, "breaker", Self::breaker);
        let throttle = self.maybe(&fields, "throttle", Self::throttle);
        let bulkhead = self.maybe(&fields, "bulkhead", |it, value| it.count(value, 1..=MAX_CALLS));
        let (timeout, hedge) = (timeout?, hedge?);
        // Without either nothing is ever given up.
        let is_idle = timeout.is_none() && hedge.is_none();
        self.hedges_in_time(&fields, timeout, hedge)?;
        let Retry { tries, backoff, budget, late_answers } = retry?.unwrap_or_default();
        let cancel = if is_idle { Cancel::Never } else { cancel? };
        if late_answers && (hedge.is_some() || cancel != Cancel::Never) {
            let other = if hedge.is_some() { "hedge" } else { "cancel" };
            let at = fields.get(other).map_or(fields.head, Value::head);
            let message = format!("a call that takes late answers cannot have a `{other}`");
            self.wrong(Code::UnknownField, at, message).help("leave it out, or `late_answers`");
            return None;
        }
        Some(Policy {
            name: name.to_owned(),
            timeout,
            tries,
            backoff,
            budget,
            late_answers,
            hedge,
            cancel,
            breaker: breaker?,
            throttle: throttle?,
            bulkhead: bulkhead?,
        })
    }

    /// A second copy that would come after the timeout is a mistake.
    fn hedges_in_time(
        &mut self,
        fields: &Fields<'a>,
        timeout: Option<Span>,
        hedge: Option<Hedge>,
    ) -> Option<()> {
        match (timeout, hedge, fields.get("hedge")) {
            (Some(timeout), Some(hedge), Some(value)) if hedge.after >= timeout => {
                let message = format!(
                    "a second copy after {} comes too late for a timeout of {timeout}",
                    hedge.after
                );
                self.wrong(Code::OutOfRange, value.head(), message)
                    .help("hedge well before the timeout, at a high percentile of the latency");
                None
            }
            _ => Some(()),
        }
    }

    /// `(after:, tied:)`; nothing where neither is set.
    #[expect(clippy::option_option, reason = "the outer one says whether it could be read")]
    fn hedge(&mut self, value: &'a Value) -> Option<Option<Hedge>> {
        let fields = self.fields(value, "a hedge", 0, &["after", "tied"])?;
        if fields.get("tied").is_none() {
            self.must(&fields, "after", |_, _| Some(()))?;
        }
        let after = self.maybe(&fields, "after", Self::span);
        let tied = self.or(&fields, "tied", false, Self::flag);
        let (after, tied) = (after?, tied?);
        let is_on = tied || after.is_some();
        Some(is_on.then_some(Hedge { after: after.unwrap_or(Span::ZERO), tied }))
    }

    fn cancel(&mut self, value: &'a Value) -> Option<Cancel> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("None"), Kind::Word(_)) => Some(Cancel::Never),
            (Some("Queued"), Kind::Word(_)) => Some(Cancel::Queued),
            (Some("Running"), Kind::Word(_)) => Some(Cancel::Running),
            _ => {
                self.unknown_word(value, "what to call off", &["None", "Queued", "Running"]);
                None
            }
        }
    }

    fn breaker(&mut self, value: &'a Value) -> Option<Breaker> {
        let names = ["window", "minimum", "threshold", "open", "trials"];
        let fields = self.fields(value, "a breaker", 0, &names)?;
        let calls = |reader: &mut Self, value| reader.count(value, 1..=MAX_CALLS);
        let window = self.or(&fields, "window", 100, calls);
        let least = self.or(&fields, "minimum", 100, calls);
        let threshold = self.or(&fields, "threshold", 0.5, Self::share_of_calls);
        let open = self.or(&fields, "open", Span::from_secs(60.0), Self::positive_span);
        let trials = self.or(&fields, "trials", 10, calls);
        let (window, least, threshold) = (window?, least?, threshold?);
        Some(Breaker { window, least, threshold, open: open?, trials: trials? })
    }

    fn throttle(&mut self, value: &'a Value) -> Option<Throttle> {
        let fields = self.fields(value, "a throttle", 0, &["k", "history"])?;
        let k = self.or(&fields, "k", 2.0, Self::positive);
        let history = self.or(&fields, "history", Span::from_secs(120.0), Self::positive_span);
        Some(Throttle { k: k?, history: history? })
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

    fn retry(&mut self, value: &'a Value) -> Option<Retry> {
        let names = ["tries", "backoff", "budget", "late_answers"];
        let fields = self.fields(value, "a retry", 0, &names)?;
        let tries = self.must(&fields, "tries", |reader, value| reader.count(value, 1..=MAX_TRIES));
        let backoff = self.or(&fields, "backoff", usual_backoff(), Self::backoff);
        let budget = self.maybe(&fields, "budget", Self::ratio);
        let late_answers = self.or(&fields, "late_answers", false, Self::flag);
        Some(Retry {
            tries: tries?,
            backoff: backoff?,
            budget: budget?,
            late_answers: late_answers?,
        })
    }

    /// What a customer does who was refused.
    pub fn again(&mut self, value: &'a Value) -> Option<Again> {
        let fields = self.fields(value, "another try", 0, &["tries", "backoff"])?;
        let tries = self.must(&fields, "tries", |reader, value| reader.count(value, 1..=MAX_AGAIN));
        let backoff = self.or(&fields, "backoff", usual_backoff(), Self::backoff);
        Some(Again { tries: tries?, backoff: backoff? })
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

/// Where a retry names no backoff.
fn usual_backoff() -> Backoff {
    Backoff::Exponential {
        base: Span::from_ms(20.0),
        cap: Span::from_secs(1.0),
        jitter: Jitter::Full,
    }
}
