//! A RON text as a tree of values, each with its place. What the values mean is none of its
//! business. See [`super::grammar`] for how the tree is read.

use std::fmt;

use super::source::Extent;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    /// Where.
    pub at: Extent,
    /// What.
    pub kind: Kind,
}

/// The shapes of RON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// `"text"`.
    Text {
        /// Without quotes and escapes.
        value: String,
        /// Bytes of the opening quote, more than one for raw strings.
        opener: u32,
    },
    /// `12`, `0.5`, `1e3`, `inf`.
    Number {
        /// As a float.
        value: f64,
        /// Exactly, where it was written as an integer.
        whole: Option<i128>,
    },
    /// `true`, `false`.
    Bool(bool),
    /// A bare identifier: `None`, `Uniform`.
    Word(String),
    /// `Name(...)` or `(...)`, positional and named arguments mixed.
    Group {
        /// `Name`, if there is one.
        name: Option<Name>,
        /// What stands in the parentheses.
        args: Vec<Arg>,
    },
    /// `[...]`.
    List(Vec<Value>),
    /// `{ key: value }`.
    Map(Vec<(Value, Value)>),
}

/// An identifier and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    /// Where.
    pub at: Extent,
    /// What.
    pub text: String,
}

/// An argument of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arg {
    /// `name:`, if it has one.
    pub name: Option<Name>,
    /// The value.
    pub value: Value,
}

impl Value {
    /// The place that stands for this value in a diagnostic: short, on one line.
    pub(super) fn head(&self) -> Extent {
        match &self.kind {
            Kind::Group { name: Some(name), .. } => name.at,
            Kind::Group { name: None, .. } | Kind::List(_) | Kind::Map(_) => {
                Extent { end: self.at.start + 1, ..self.at }
            }
            _ => self.at,
        }
    }

    /// What it is, in words.
    pub(super) fn describe(&self) -> String {
        match &self.kind {
            Kind::Text { value, .. } if value.chars().count() <= 40 => {
                format!("the text {value:?}")
            }
            Kind::Text { .. } => "a text".to_owned(),
            Kind::Number { .. } => format!("the number {self}"),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Word(word) => format!("the word `{word}`"),
            Kind::Group { name: Some(name), .. } => format!("`{}(...)`", name.text),
            Kind::Group { name: None, .. } => "a group `(...)`".to_owned(),
            Kind::List(_) => "a list `[...]`".to_owned(),
            Kind::Map(_) => "a map `{...}`".to_owned(),
        }
    }

    /// The word of a bare identifier or of a named group.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            Kind::Group { name: Some(name), .. } => Some(&name.text),
            _ => None,
        }
    }

    /// The text of a string.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text { value, .. } => Some(value),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// As RON on one line, spaced in one way whatever the source looked like.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Text { value, .. } => write!(out, "{value:?}"),
            Kind::Number { whole: Some(whole), .. } => write!(out, "{whole}"),
            Kind::Number { value, .. } if value.is_nan() => out.write_str("NaN"),
            Kind::Number { value, .. } => write!(out, "{value:?}"),
            Kind::Bool(value) => write!(out, "{value}"),
            Kind::Word(word) => out.write_str(word),
            Kind::Group { name, args } => {
                out.write_str(name.as_ref().map_or("", |name| &name.text))?;
                list(out, "(", args, ")", |out, arg| {
                    if let Some(name) = &arg.name {
                        write!(out, "{}: ", name.text)?;
                    }
                    write!(out, "{}", arg.value)
                })
            }
            Kind::List(items) => list(out, "[", items, "]", |out, item| write!(out, "{item}")),
            Kind::Map(entries) => {
                list(out, "{", entries, "}", |out, (key, value)| write!(out, "{key}: {value}"))
            }
        }
    }
}

fn list<T>(
    out: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[T],
    close: &str,
    each: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    out.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        each(out, item)?;
    }
    out.write_str(close)
}
