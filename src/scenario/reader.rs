//! What every part of the format is read with: knobs followed, fields taken by name, scalars with
//! their units, every mistake collected. A reader's methods return `None` after they have noted why.

#![expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]

use super::codes::Code;
use super::expression;
use super::knob::{self, Knob};
use super::known::Known;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::setting::Setting;
use super::source::Extent;
use super::syntax::{Kind, Name, Value};

/// Reads values, collecting mistakes.
#[derive(Debug)]
pub(super) struct Reader<'a> {
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
    pub computed: Option<(Extent, Vec<Extent>)>,
}

/// The arguments of a group, sorted by field.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// The place that stands for the group.
    pub head: Extent,
    what: &'static str,
    slots: Vec<(&'static str, Option<&'a Value>)>,
    /// The table that they come from, where there is one.
    settings: &'static [Setting],
}

impl<'a> Fields<'a> {
    /// What was given for a field.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        debug_assert!(
            self.slots.iter().any(|(slot, _)| *slot == name),
            "{name} is not a field of {}",
            self.what
        );
        self.slots.iter().find(|(slot, _)| *slot == name).and_then(|(_, value)| *value)
    }

    /// What was given for a setting, else its default.
    fn in_force(&self, name: &str) -> Option<&'a Value> {
        let setting = self.settings.iter().find(|setting| setting.name == name);
        self.get(name).or_else(|| setting?.usual())
    }
}

impl<'a> Reader<'a> {
    /// A reader over a scenario with these knobs.
    pub(super) fn new(knobs: &'a [Knob], knob_area: Extent, known: Known<'a>) -> Self {
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
    pub(super) fn wrong(
        &mut self,
        code: Code,
        at: Extent,
        message: impl Into<String>,
    ) -> &mut Mistake {
        let mut mistake = Mistake::new(code, at, message);
        let in_knob = at.origin > 0 || self.knob_area.holds(at);
        if let Some(via) = self.via.filter(|_| in_knob) {
            mistake.note(via, "used here");
        }
        if let Some((_, operands)) = self.computed.as_ref().filter(|(computed, _)| *computed == at)
        {
            for &operand in operands {
                mistake.note(operand, "computed from this");
            }
        }
        self.mistakes.push(mistake);
        self.mistakes.last_mut().expect("a mistake was just pushed")
    }

    /// What is found from now on has nothing to do with the value that was read last.
    pub(super) fn forget_way(&mut self) {
        (self.via, self.computed) = (None, None);
    }

    /// Notes that something else is expected here.
    pub(super) fn wrong_shape(&mut self, value: &Value, expected: &str) -> &mut Mistake {
        let message = format!("expected {expected}, found {}", value.describe());
        self.wrong(Code::WrongShape, value.head(), message)
    }

    /// One of these words.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        value: &'a Value,
        what: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let value = self.follow(value)?;
        let is_word = matches!(value.kind, Kind::Word(_));
        let found = words.iter().find(|(word, _)| is_word && value.word() == Some(word));
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.unknown_word(value, what, &words);
        }
        found.map(|(_, meant)| *meant)
    }

    /// Notes a word that does not belong here.
    pub(super) fn unknown_word(&mut self, value: &Value, what: &str, allowed: &[&str]) {
        let Some(word) = value.word() else {
            self.wrong_shape(value, &format!("{what}: {}", allowed.join(", ")));
            return;
        };
        let help = match nearest(word, allowed.iter().copied()) {
            _ if allowed.contains(&word) && matches!(value.kind, Kind::Group { .. }) => {
                format!("`{word}` stands without parentheses")
            }
            _ if allowed.contains(&word) => format!("`{word}` has its settings in parentheses"),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("allowed are {}", allowed.join(", ")),
        };
        self.wrong(Code::UnknownWord, value.head(), format!("`{word}` is not {what}")).help(help);
    }

    /// Follows a text that is a knob as a whole, `"$name"`, to the knob's value.
    pub(super) fn follow(&mut self, value: &'a Value) -> Option<&'a Value> {
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
        self.wrong(Code::UnknownKnob, value.at, format!("there is no knob `{name}`")).help(help);
        None
    }

    /// Follows a knob and the option around a value: `None` for the word `None`.
    fn option(&mut self, value: &'a Value) -> Option<Option<&'a Value>> {
        let value = self.follow(value)?;
        Some(match &value.kind {
            Kind::Word(word) if word == "None" => None,
            Kind::Group { name: Some(name), args } if name.text == "Some" && args.len() == 1 => {
                Some(&args[0].value)
            }
            _ => Some(value),
        })
    }

    /// Takes a group's arguments apart: the first `positional` names may be left out.
    pub(super) fn fields(
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
        Some(Fields { head: value.head(), what, slots, settings: &[] })
    }

    /// Takes settings apart by their table.
    pub(super) fn settings(
        &mut self,
        value: &'a Value,
        what: &'static str,
        settings: &'static [Setting],
    ) -> Option<Fields<'a>> {
        self.arguments(value, what, 0, settings)
    }

    /// Takes settings apart by their table, of which the first ones may stand without their names.
    pub(super) fn arguments(
        &mut self,
        value: &'a Value,
        what: &'static str,
        unnamed: usize,
        settings: &'static [Setting],
    ) -> Option<Fields<'a>> {
        let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
        let fields = self.fields(value, what, unnamed, &names)?;
        Some(Fields { settings, ..fields })
    }

    fn named(&mut self, name: &Name, what: &str, names: &[&'static str]) -> Option<usize> {
        let found = names.iter().position(|known| *known == name.text);
        if found.is_none() {
            let help = match nearest(&name.text, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => allowed_fields(names),
            };
            self.wrong(Code::UnknownField, name.at, format!("{what} has no field `{}`", name.text))
                .help(help);
        }
        found
    }

    /// A field that must be given.
    pub(super) fn must<T>(
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
    pub(super) fn or<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        default: T,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<T> {
        fields.get(name).map_or(Some(default), |value| read(self, value))
    }

    /// A field that may be left out or `None`.
    pub(super) fn maybe<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<Option<T>> {
        self.unless_none(fields, name, None, read)
    }

    /// A field that may be `None`, and has a default of its own where it is left out.
    pub(super) fn unless_none<T>(
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

    /// A setting, or its default; one that has none must be given.
    pub(super) fn setting<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<T> {
        match fields.in_force(name) {
            Some(value) => read(self, value),
            None => self.must(fields, name, read),
        }
    }

    /// A setting that may be `None`, or its default; one that has none may be left out.
    pub(super) fn optional<T>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<Option<T>> {
        match fields.in_force(name).map(|value| self.option(value)) {
            Some(value) => value?.map_or(Some(None), |value| read(self, value).map(Some)),
            None => Some(None),
        }
    }

    /// A list's items; a single value counts as a list of one where `one` says so.
    pub(super) fn list(&mut self, value: &'a Value, what: &str, one: bool) -> Option<&'a [Value]> {
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
    pub(super) fn entries(
        &mut self,
        value: &'a Value,
        what: &str,
    ) -> Vec<(&'a str, Extent, &'a Value)> {
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
    pub(super) fn check_name(&mut self, name: &str, at: Extent) {
        if name.is_empty()
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        {
            self.wrong(Code::BadName, at, format!("{name:?} is no name"))
                .help("names hold letters, digits, `-` and `_`");
        }
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
