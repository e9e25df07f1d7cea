//! Knobs: the values that a scenario lets one turn, and the `--set`s that turn them.

use super::codes::Code;
use super::expression;
use super::grammar;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::source::Extent;
use super::syntax::{Kind, Value};
use super::units::{self, Quantity};

/// A declared knob with the value in force.
#[derive(Clone, Debug)]
pub(super) struct Knob {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub at: Extent,
    /// The value in force: the default, or what the last `--set` says.
    pub value: Value,
    /// Is it a value at all? If not, that has been said, and its uses are not complained about.
    pub sound: bool,
}

/// What a simple value is, as far as a knob is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Number,
    Duration,
    Rate,
    Bool,
    Text,
}

impl Sort {
    /// None of `None` and of all that has parentheses or brackets: whether that will do is known only
    /// where it is used. A batch may be `5` or `Geometric(5)`.
    fn of(value: &Value) -> Option<Self> {
        match &value.kind {
            Kind::Number { .. } => Some(Self::Number),
            Kind::Bool(_) => Some(Self::Bool),
            Kind::Text { value, .. } => Some(match units::quantity(value) {
                Ok(Quantity::Number(_)) => Self::Number,
                Ok(Quantity::Duration(_)) => Self::Duration,
                Ok(Quantity::Rate(_)) => Self::Rate,
                Err(_) => Self::Text,
            }),
            Kind::Group { name: Some(name), args } => match (name.text.as_str(), args.as_slice()) {
                ("Some", [only]) => Self::of(&only.value),
                _ => None,
            },
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Duration => "a duration",
            Self::Rate => "a rate",
            Self::Bool => "true or false",
            Self::Text => "a text",
        }
    }
}

/// The texts of the `--set`s as they are shown and pointed into.
pub(super) fn set_texts(sets: &[(String, String)]) -> Vec<String> {
    sets.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Checks the declared defaults (values may not refer to knobs) and names.
pub(super) fn check_default(name: &str, at: Extent, value: &Value, mistakes: &mut Vec<Mistake>) {
    if !name.chars().all(expression::is_name) {
        mistakes.push(Mistake::new(Code::BadName, at, format!("{name:?} is no name for a knob")));
        if let Some(mistake) = mistakes.last_mut() {
            mistake.help("knob names hold letters, digits and `_` (a `-` would read as a minus in expressions)");
        }
    }
    refuse_references(value, mistakes);
}

fn refuse_references(value: &Value, mistakes: &mut Vec<Mistake>) {
    match &value.kind {
        Kind::Text { value: text, .. } if text.contains('$') => {
            let mut mistake = Mistake::new(
                Code::BadExpression,
                value.at,
                "a knob's value may not refer to knobs",
            );
            mistake.help("compute where the knob is used, \"$rate * $scale\"");
            mistakes.push(mistake);
        }
        Kind::List(items) => {
            for item in items {
                refuse_references(item, mistakes);
            }
        }
        Kind::Group { args, .. } => {
            for arg in args {
                refuse_references(&arg.value, mistakes);
            }
        }
        Kind::Map(entries) => {
            for (_, value) in entries {
                refuse_references(value, mistakes);
            }
        }
        _ => {}
    }
}

/// Turns the knobs that the `--set`s name.
///
/// `area` is where knobs are declared, or would be.
pub(super) fn turn(
    knobs: &mut [Knob],
    area: Extent,
    sets: &[(String, String)],
    mistakes: &mut Vec<Mistake>,
) {
    let defaults: Vec<Value> = knobs.iter().map(|knob| knob.value.clone()).collect();
    for (index, ((name, value), text)) in sets.iter().zip(set_texts(sets)).enumerate() {
        let origin = index as u16 + 1;
        let named = Extent { origin, start: 0, end: name.len() as u32 };
        let Some(found) = knobs.iter().position(|knob| knob.name == name.trim()) else {
            let mut mistake =
                Mistake::new(Code::UnknownKnob, named, format!("there is no knob `{name}`"));
            mistake.help(knob_help(name, knobs)).note(area, "knobs are declared here");
            mistakes.push(mistake);
            continue;
        };
        match set_value(&text, origin, name.len() + 1, value, Sort::of(&defaults[found])) {
            Ok(value) => {
                let before = mistakes.len();
                refuse_references(&value, mistakes);
                if let (Some(wanted), Some(got)) = (Sort::of(&defaults[found]), Sort::of(&value))
                    && mistakes.len() == before
                    && wanted != got
                {
                    mistakes.push(wrong_sort(name, wanted, got, &value, &defaults[found]));
                }
                knobs[found].sound &= mistakes.len() == before;
                knobs[found].value = value;
            }
            Err(mut mistake) => {
                mistake.note(defaults[found].head(), "its default");
                mistakes.push(mistake);
            }
        }
    }
}

/// The knobs with one more of them turned, to a value that stands in the scenario. `area` is where they
/// are declared.
pub(super) fn turned(
    knobs: &[Knob],
    area: Extent,
    (name, at, value): (&str, Extent, &Value),
    mistakes: &mut Vec<Mistake>,
) -> Vec<Knob> {
    let mut turned = knobs.to_vec();
    let Some(found) = turned.iter_mut().find(|knob| knob.name == name) else {
        let mut mistake = Mistake::new(Code::UnknownKnob, at, format!("there is no knob `{name}`"));
        mistake.help(knob_help(name, knobs)).note(area, "knobs are declared here");
        mistakes.push(mistake);
        return turned;
    };
    refuse_references(value, mistakes);
    match (Sort::of(&found.value), Sort::of(value)) {
        (Some(wanted), Some(got)) if wanted != got => {
            mistakes.push(wrong_sort(name, wanted, got, value, &found.value));
        }
        _ => {}
    }
    found.value = value.clone();
    turned
}

/// What may be said about a knob that does not exist.
pub(super) fn knob_help(name: &str, knobs: &[Knob]) -> String {
    let names = || knobs.iter().map(|knob| knob.name.as_str());
    match nearest(name.trim(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if knobs.is_empty() => "the scenario declares no knobs".to_owned(),
        None => format!("the knobs are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

fn wrong_sort(name: &str, wanted: Sort, got: Sort, value: &Value, default: &Value) -> Mistake {
    let message = format!("knob `{name}` takes {}, not {}", wanted.words(), got.words());
    let mut mistake = Mistake::new(Code::KnobKind, value.head(), message);
    mistake.note(default.head(), "its default");
    if matches!(wanted, Sort::Duration | Sort::Rate | Sort::Number) {
        mistake.help(units::EXAMPLES);
    }
    mistake
}

/// The value of a `--set`: RON, or a bare word such as `400/s` that is taken for a text.
fn set_value(
    text: &str,
    origin: u16,
    start: usize,
    value: &str,
    wanted: Option<Sort>,
) -> Result<Value, Mistake> {
    let at = Extent { origin, start: start as u32, end: text.len() as u32 };
    let bare = || Value { at, kind: Kind::Text { value: value.trim().to_owned(), opener: 0 } };
    match grammar::read(text, origin, start) {
        Ok(Value { kind: Kind::Word(word), .. })
            if wanted == Some(Sort::Text) && word != "None" =>
        {
            Ok(bare())
        }
        Ok(value) => Ok(value),
        Err(_) if !value.trim().is_empty() && value.chars().all(is_bare) => Ok(bare()),
        Err(error) => {
            let mut mistake = Mistake::new(
                Code::BadSet,
                error.at,
                format!("the value is not RON: {}", error.message),
            );
            if let Some(help) = error.help {
                mistake.help(help);
            }
            Err(mistake)
        }
    }
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '/' | '%' | '+' | '-' | '*' | '$' | ' ')
}
