//! What every part of the format is read with: knobs followed, fields taken by name, scalars with
//! their units, every mistake collected. A reader's methods return `None` after they have noted why.

#![expect(
    clippy::option_option,
    reason = "the outer `None` is a mistake that was noted"
)]

use std::ops::RangeInclusive;

use super::codes::Code;
use super::expression;
use super::knob::{self, Knob};
use super::known::Known;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::source::Extent;
use super::syntax::{Kind, Name, Value};
use super::units::{self, Quantity};
use crate::base::Span;

/// The longest duration: a century, far from where nanoseconds overflow.
const LONGEST_NS: f64 = 100.0 * 366.0 * 86_400e9;

/// Reads values, collecting mistakes.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The knobs with their values in force.
    pub knobs: &'a [Knob],
    /// Which of them were used.
    pub used: Vec<bool>,
    /// Where the knobs are declared.
    pub knob_area: Extent,
    /// What the scenario declares, and what is already known about it.
    pub known: Known<'a>,
    /// What is wrong so far.
    pub mistakes: Vec<Mistake>,
    /// Where the knob stood that is being read.
    via: Option<Extent>,
    /// The expression computed last, and the knobs' values in it.
    computed: Option<(Extent, Vec<Extent>)>,
}

/// The arguments of a group, sorted by field.
#[derive(Debug)]
pub struct Fields<'a> {
    /// The place that stands for the group.
    pub head: Extent,
    what: &'static str,
    slots: Vec<(&'static str, Option<&'a Value>)>,
}

impl<'a> Fields<'a> {
    /// What was given for a field.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        debug_assert!(
            self.slots.iter().any(|(slot, _)| *slot == name),
            "{name} is not a field of {}",
            self.what
        );
        self.slots
            .iter()
            .find(|(slot, _)| *slot == name)
            .and_then(|(_, value)| *value)
    }
}

impl<'a> Reader<'a> {
    /// A reader over a scenario with these knobs.
    pub fn new(knobs: &'a [Knob], knob_area: Extent, known: Known<'a>) -> Self {
        Self {
            used: vec![false; knobs.len()],
            knobs,
            knob_area,
            known,
            mistakes: Vec::new(),
            via: None,
            computed: None,
        }
    }

    /// Notes a mistake; where it lies in a knob, also where the knob is used.
    pub fn wrong(&mut self, code: Code, at: Extent, message: impl Into<String>) -> &mut Mistake {
        let mut mistake = Mistake::new(code, at, message);
        let in_knob = at.origin > 0 || self.knob_area.holds(at);
        if let Some(via) = self.via.filter(|_| in_knob) {
            mistake.note(via, "used here");
        }
        if let Some((_, operands)) = self
            .computed
            .as_ref()
            .filter(|(computed, _)| *computed == at)
        {
            for &operand in operands {
                mistake.note(operand, "computed from this");
            }
        }
        self.mistakes.push(mistake);
        self.mistakes.last_mut().expect("a mistake was just pushed")
    }

    /// Notes that something else is expected here.
    pub fn wrong_shape(&mut self, value: &Value, expected: &str) -> &mut Mistake {
        let message = format!("expected {expected}, found {}", value.describe());
        self.wrong(Code::WrongShape, value.head(), message)
    }

    /// Notes a word that does not belong here.
    pub fn unknown_word(&mut self, value: &Value, what: &str, allowed: &[&str]) {
        let Some(word) = value.word() else {
            self.wrong_shape(value, &format!("{what}: {}", allowed.join(", ")));
            return;
        };
        let help = match nearest(word, allowed.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("allowed are {}", allowed.join(", ")),
        };
        self.wrong(
            Code::UnknownWord,
            value.head(),
            format!("`{word}` is not {what}"),
        )
        .help(help);
    }

    /// Follows a text that is a knob as a whole, `"$name"`, to the knob's value.
    pub fn follow(&mut self, value: &'a Value) -> Option<&'a Value> {
        let Some(name) = value.text().and_then(expression::whole_knob) else {
            return Some(value);
        };
        if let Some(index) = self.knobs.iter().position(|knob| knob.name == name) {
            self.used[index] = true;
            self.via = Some(value.at);
            let knob = &self.knobs[index];
            return knob.sound.then_some(&knob.value);
        }
        let help = knob::knob_help(name, self.knobs);
        self.wrong(
            Code::UnknownKnob,
            value.at,
            format!("there is no knob `{name}`"),
        )
        .help(help);
        None
    }

    /// Follows a knob and the option around a value: `None` for the word `None`.
    fn option(&mut self, value: &'a Value) -> Option<Option<&'a Value>> {
        let value = self.follow(value)?;
        Some(match &value.kind {
            Kind::Word(word) if word == "None" => None,
            Kind::Group {
                name: Some(name),
                args,
            } if name.text == "Some" && args.len() == 1 => Some(&args[0].value),
            _ => Some(value),
        })
    }

    /// Takes a group's arguments apart: the first `positional` names may be left out.
    pub fn fields(
        &mut self,
        value: &'a Value,
        what: &'static str,
        positional: usize,
        names: &[&'static str],
    ) -> Option<Fields<'a>> {
        let value = self.follow(value)?;
        let mut slots: Vec<(&'static str, Option<&'a Value>)> =
            names.iter().map(|&name| (name, None)).collect();
        let args = match &value.kind {
            Kind::Group { args, .. } => args.as_slice(),
            Kind::Word(word) if word != "None" => &[],
            _ => {
                self.wrong_shape(value, &format!("{what}, a group in parentheses"))
                    .help(allowed_fields(names));
                return None;
            }
        };
        for (index, arg) in args.iter().enumerate() {
            let slot = match &arg.name {
                Some(name) => self.named(name, what, names),
                None if index < positional => Some(index),
                None => {
                    let extra = format!("{what} takes {} here", unnamed(positional));
                    self.wrong(Code::WrongShape, arg.value.head(), extra)
                        .help(allowed_fields(names));
                    None
                }
            };
            let Some(slot) = slot else { continue };
            if let Some(first) = slots[slot].1 {
                let at = arg.name.as_ref().map_or(arg.value.head(), |name| name.at);
                let message = format!("field `{}` is given twice", names[slot]);
                self.wrong(Code::DuplicateField, at, message)
                    .note(first.head(), "first given here");
            } else {
                slots[slot].1 = Some(&arg.value);
            }
        }
        Some(Fields {
            head: value.head(),
            what,
            slots,
        })
    }

    fn named(&mut self, name: &Name, what: &str, names: &[&'static str]) -> Option<usize> {
        let found = names.iter().position(|known| *known == name.text);
        if found.is_none() {
            let help = match nearest(&name.text, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => allowed_fields(names),
            };
            self.wrong(
                Code::UnknownField,
                name.at,
                format!("{what} has no field `{}`", name.text),
            )
            .help(help);
        }
        found
    }

    /// A field that must be given.
    pub fn must<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<T> {
        if let Some(value) = fields.get(name) {
            return read(self, value);
        }
        self.wrong(
            Code::MissingField,
            fields.head,
            format!("{} needs the field `{name}`", fields.what),
        );
        None
    }

    /// A field with a default.
    pub fn or<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        default: T,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<T> {
        fields
            .get(name)
            .map_or(Some(default), |value| read(self, value))
    }

    /// A field that may be left out or `None`.
    pub fn maybe<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<Option<T>> {
        self.unless_none(fields, name, None, read)
    }

    /// A field that may be `None`, and has a default of its own where it is left out.
    pub fn unless_none<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        default: Option<T>,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<Option<T>> {
        let Some(value) = fields.get(name) else {
            return Some(default);
        };
        match self.option(value)? {
            None => Some(None),
            Some(value) => read(self, value).map(Some),
        }
    }

    /// A list's items; a single value counts as a list of one where `one` says so.
    pub fn list(&mut self, value: &'a Value, what: &str, one: bool) -> Option<&'a [Value]> {
        let value = self.follow(value)?;
        match &value.kind {
            Kind::List(items) => Some(items),
            _ if one => Some(std::slice::from_ref(value)),
            _ => {
                self.wrong_shape(value, &format!("a list of {what}"));
                None
            }
        }
    }

    /// A map's entries by name, in file order; names are checked, and the first of equals wins.
    pub fn entries(&mut self, value: &'a Value, what: &str) -> Vec<(&'a str, Extent, &'a Value)> {
        let Some(value) = self.follow(value) else {
            return Vec::new();
        };
        let Kind::Map(pairs) = &value.kind else {
            self.wrong_shape(value, &format!("a map of {what}, {{ \"name\": ... }}"));
            return Vec::new();
        };
        let mut entries: Vec<(&'a str, Extent, &'a Value)> = Vec::new();
        let mut seen = std::collections::BTreeMap::new();
        for (key, value) in pairs {
            let Some(name) = key.text() else {
                self.wrong_shape(key, "a name in quotes");
                continue;
            };
            if let Some(first) = seen.insert(name, key.at) {
                seen.insert(name, first);
                self.wrong(
                    Code::DuplicateName,
                    key.at,
                    format!("the name {name:?} is given twice"),
                )
                .note(first, "first given here");
                continue;
            }
            entries.push((name, key.at, value));
        }
        entries
    }

    /// Notes a name that holds something besides letters, digits, `-` and `_`.
    pub fn check_name(&mut self, name: &str, at: Extent) {
        if name.is_empty()
            || !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        {
            self.wrong(Code::BadName, at, format!("{name:?} is no name"))
                .help("names hold letters, digits, `-` and `_`");
        }
    }

    /// A text.
    pub fn text(&mut self, value: &'a Value) -> Option<(&'a str, Extent)> {
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
    pub fn flag(&mut self, value: &'a Value) -> Option<bool> {
        let value = self.follow(value)?;
        if let Kind::Bool(flag) = value.kind {
            return Some(flag);
        }
        self.wrong_shape(value, "`true` or `false`");
        None
    }

    /// A number, duration or rate, written or computed, and its place.
    pub fn quantity(&mut self, value: &'a Value, expected: &str) -> Option<(Quantity, Extent)> {
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
        self.wrong(
            Code::WrongUnit,
            at,
            format!("expected {expected}, found the {kind} {got}"),
        )
        .help(units::EXAMPLES);
    }

    /// Any finite number.
    pub fn number(&mut self, value: &'a Value, expected: &str) -> Option<(f64, Extent)> {
        match self.quantity(value, expected)? {
            (Quantity::Number(number), at) => Some((number, at)),
            (other, at) => {
                self.unit_mismatch(other, at, expected);
                None
            }
        }
    }

    /// A number above zero.
    pub fn positive(&mut self, value: &'a Value) -> Option<f64> {
        let (number, at) = self.number(value, "a number above 0")?;
        if number > 0.0 {
            return Some(number);
        }
        self.wrong(
            Code::OutOfRange,
            at,
            format!("expected a number above 0, found {number}"),
        );
        None
    }

    /// A probability or share, 0 to 1.
    pub fn ratio(&mut self, value: &'a Value) -> Option<f64> {
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
    pub fn integer(&mut self, value: &'a Value, range: RangeInclusive<i64>) -> Option<i64> {
        let followed = self.follow(value)?;
        if let Kind::Number {
            whole: Some(whole), ..
        } = followed.kind
            && let Ok(whole) = i64::try_from(whole)
            && range.contains(&whole)
        {
            return Some(whole);
        }
        let (number, at) = self.number(value, "a whole number")?;
        let rounded = (number + 0.5).floor();
        if (number - rounded).abs() > 1e-9 * number.abs().max(1.0) {
            self.wrong(
                Code::NotWhole,
                at,
                format!("expected a whole number, found {number}"),
            );
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
        self.wrong(
            Code::OutOfRange,
            at,
            format!("expected {limit}, found {rounded}"),
        );
        None
    }

    /// A count of things.
    pub fn count(&mut self, value: &'a Value, range: RangeInclusive<u32>) -> Option<u32> {
        self.integer(value, i64::from(*range.start())..=i64::from(*range.end()))
            .map(|count| count as u32)
    }

    /// A length of time in nanoseconds, and its place.
    pub fn nanoseconds(&mut self, value: &'a Value, expected: &str) -> Option<(f64, Extent)> {
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
    pub fn span(&mut self, value: &'a Value) -> Option<Span> {
        self.nanoseconds(value, "a duration")
            .map(|(ns, _)| Span::from_ns(ns))
    }

    /// A length of time above zero.
    pub fn positive_span(&mut self, value: &'a Value) -> Option<Span> {
        let (ns, at) = self.nanoseconds(value, "a duration")?;
        let span = Span::from_ns(ns);
        if span > Span::ZERO {
            return Some(span);
        }
        self.wrong(Code::OutOfRange, at, "expected a duration above 0");
        None
    }

    /// A rate per second, zero included, and its place.
    pub fn rate(&mut self, value: &'a Value) -> Option<(f64, Extent)> {
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
    pub fn positive_rate(&mut self, value: &'a Value) -> Option<f64> {
        let (rate, at) = self.rate(value)?;
        if rate > 0.0 {
            return Some(rate);
        }
        self.wrong(Code::OutOfRange, at, "expected a rate above 0");
        None
    }
}

fn allowed_fields(names: &[&str]) -> String {
    if names.is_empty() {
        "it has no fields".to_owned()
    } else {
        format!("its fields are {}", names.join(", "))
    }
}

fn unnamed(positional: usize) -> String {
    match positional {
        0 => "only named arguments".to_owned(),
        1 => "one unnamed argument, first".to_owned(),
        n => format!("{n} unnamed arguments, first"),
    }
}
