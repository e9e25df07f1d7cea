//! Scalars: texts, flags, numbers, durations and rates, written or computed from knobs.

use std::ops::RangeInclusive;

use super::codes::Code;
use super::expression;
use super::knob;
use super::reader::Reader;
use super::source::Extent;
use super::syntax::{Kind, Value};
use super::units::{self, Quantity};
use crate::base::Span;

/// The longest duration: a century, far from where nanoseconds overflow.
const LONGEST_NS: f64 = 100.0 * 366.0 * 86_400e9;

impl<'a> Reader<'a> {
    /// A text.
    pub(super) fn text(&mut self, value: &'a Value) -> Option<(&'a str, Extent)> {
        let value = self.follow(value)?;
        if let Some(text) = value.text() {
            return Some((text, value.at));
        }
        let word = value.word().map(str::to_owned);
        let mistake = self.wrong_shape(value, "a text in quotes");
        if let Some(word) = word {
            mistake.help(format!("write \"{word}\""));
        }
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, value: &'a Value) -> Option<bool> {
        let value = self.follow(value)?;
        if let Kind::Bool(flag) = value.kind {
            return Some(flag);
        }
        self.wrong_shape(value, "`true` or `false`");
        None
    }

    /// A number, duration or rate, written or computed, and its place.
    pub(super) fn quantity(
        &mut self,
        value: &'a Value,
        expected: &str,
    ) -> Option<(Quantity, Extent)> {
        let value = self.follow(value)?;
        let quantity = match &value.kind {
            Kind::Number { value, .. } => Quantity::Number(*value),
            Kind::Text { value: text, .. } if text.contains('$') => {
                self.computed(text, value.at)?
            }
            Kind::Text { value: text, .. } => match units::quantity(text) {
                Ok(quantity) => quantity,
                Err(reason) => {
                    self.wrong(
                        Code::BadQuantity,
                        value.at,
                        format!("expected {expected}: {reason}"),
                    )
                    .help(units::EXAMPLES);
                    return None;
                }
            },
            _ => {
                self.wrong_shape(value, expected);
                return None;
            }
        };
        if !quantity.value().is_finite() {
            self.wrong(
                Code::NotFinite,
                value.at,
                format!("expected {expected}, which must be finite"),
            );
            return None;
        }
        Some((quantity, value.at))
    }

    fn computed(&mut self, text: &str, at: Extent) -> Option<Quantity> {
        let knobs = self.knobs;
        let used = &mut self.used;
        let mut operands = Vec::new();
        let (mut unknown, mut unsound) = (None, false);
        let result = expression::evaluate(text, &mut |name| {
            let Some(index) = knobs.iter().position(|knob| knob.name == name) else {
                unknown = Some(name.to_owned());
                return Err(format!("there is no knob `{name}`"));
            };
            used[index] = true;
            operands.push(knobs[index].value.head());
            unsound |= !knobs[index].sound;
            match &knobs[index].value.kind {
                Kind::Number { value, .. } => Ok(Quantity::Number(*value)),
                Kind::Text { value, .. } => units::quantity(value),
                _ => Err(format!(
                    "knob `{name}` is {}, no number to compute with",
                    knobs[index].value.describe()
                )),
            }
        });
        self.computed = Some((at, operands));
        match (result, unknown) {
            _ if unsound => None,
            (Ok(quantity), _) => Some(quantity),
            (Err(reason), None) => {
                self.wrong(Code::BadExpression, at, reason)
                    .help("expressions hold numbers, quantities, knobs, + - * / and parentheses: \"$rate * $scale\"");
                None
            }
            (Err(reason), Some(name)) => {
                let help = knob::knob_help(&name, knobs);
                self.wrong(Code::UnknownKnob, at, reason).help(help);
                None
            }
        }
    }

    fn unit_mismatch(&mut self, got: Quantity, at: Extent, expected: &str) {
        let kind = got.kind().trim_start_matches("a ");
        self.wrong(Code::WrongUnit, at, format!("expected {expected}, found the {kind} {got}"))
            .help(units::EXAMPLES);
    }

    /// Any finite number.
    pub(super) fn number(&mut self, value: &'a Value, expected: &str) -> Option<(f64, Extent)> {
        match self.quantity(value, expected)? {
            (Quantity::Number(number), at) => Some((number, at)),
            (other, at) => {
                self.unit_mismatch(other, at, expected);
                None
            }
        }
    }

    /// A number above zero.
    pub(super) fn positive(&mut self, value: &'a Value) -> Option<f64> {
        let (number, at) = self.number(value, "a number above 0")?;
        if number > 0.0 {
            return Some(number);
        }
        self.wrong(Code::OutOfRange, at, format!("expected a number above 0, found {number}"));
        None
    }

    /// A probability or share, 0 to 1.
    pub(super) fn ratio(&mut self, value: &'a Value) -> Option<f64> {
        let (number, at) = self.number(value, "a ratio between 0 and 1")?;
        if (0.0..=1.0).contains(&number) {
            return Some(number);
        }
        self.wrong(
            Code::OutOfRange,
            at,
            format!("expected a ratio between 0 and 1, found {number}"),
        )
        .help("ratios are written 0.02 or \"2%\"");
        None
    }

    /// An integer within bounds.
    pub(super) fn integer(&mut self, value: &'a Value, range: RangeInclusive<i64>) -> Option<i64> {
        let followed = self.follow(value)?;
        if let Kind::Number { whole: Some(whole), .. } = followed.kind
            && let Ok(whole) = i64::try_from(whole)
            && range.contains(&whole)
        {
            return Some(whole);
        }
        let (number, at) = self.number(value, "a whole number")?;
        let rounded = (number + 0.5).floor();
        if (number - rounded).abs() > 1e-9 * number.abs().max(1.0) {
            self.wrong(Code::NotWhole, at, format!("expected a whole number, found {number}"));
            return None;
        }
        let (low, high) = (*range.start(), *range.end());
        if rounded.abs() < 9e15 && range.contains(&(rounded as i64)) {
            return Some(rounded as i64);
        }
        let limit = if rounded < low as f64 {
            format!("at least {low}")
        } else {
            format!("at most {high}")
        };
        self.wrong(Code::OutOfRange, at, format!("expected {limit}, found {rounded}"));
        None
    }

    /// A count of things.
    pub(super) fn count(&mut self, value: &'a Value, range: RangeInclusive<u32>) -> Option<u32> {
        self.integer(value, i64::from(*range.start())..=i64::from(*range.end()))
            .map(|count| count as u32)
    }

    /// A length of time in nanoseconds, and its place.
    pub(super) fn nanoseconds(
        &mut self,
        value: &'a Value,
        expected: &str,
    ) -> Option<(f64, Extent)> {
        let (ns, at) = match self.quantity(value, expected)? {
            (Quantity::Duration(ns), at) => (ns, at),
            (other, at) => {
                self.unit_mismatch(other, at, expected);
                return None;
            }
        };
        if (0.0..=LONGEST_NS).contains(&ns) {
            return Some((ns, at));
        }
        let limit = if ns < 0.0 {
            "a duration cannot be negative"
        } else {
            "a duration is at most 100 years"
        };
        self.wrong(Code::OutOfRange, at, limit);
        None
    }

    /// A length of time, zero included.
    pub(super) fn span(&mut self, value: &'a Value) -> Option<Span> {
        self.nanoseconds(value, "a duration").map(|(ns, _)| Span::from_ns(ns))
    }

    /// A length of time above zero.
    pub(super) fn positive_span(&mut self, value: &'a Value) -> Option<Span> {
        let (ns, at) = self.nanoseconds(value, "a duration")?;
        let span = Span::from_ns(ns);
        if span > Span::ZERO {
            return Some(span);
        }
        self.wrong(Code::OutOfRange, at, "expected a duration above 0");
        None
    }

    /// A rate per second, zero included, and its place.
    pub(super) fn rate(&mut self, value: &'a Value) -> Option<(f64, Extent)> {
        let (rate, at) = match self.quantity(value, "a rate")? {
            (Quantity::Rate(rate), at) => (rate, at),
            (other, at) => {
                self.unit_mismatch(other, at, "a rate");
                return None;
            }
        };
        if (0.0..=1e9).contains(&rate) {
            return Some((rate, at));
        }
        let limit = if rate < 0.0 {
            "a rate cannot be negative"
        } else {
            "a rate is at most one per nanosecond"
        };
        self.wrong(Code::OutOfRange, at, limit);
        None
    }

    /// A rate per second above zero.
    pub(super) fn positive_rate(&mut self, value: &'a Value) -> Option<f64> {
        let (rate, at) = self.rate(value)?;
        if rate > 0.0 {
            return Some(rate);
        }
        self.wrong(Code::OutOfRange, at, "expected a rate above 0");
        None
    }
}
