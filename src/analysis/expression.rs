//! The tree of a parsed expression, with places in bytes, and what a mistake in one is. Knows no
//! figure by name and no scenario: `parser` makes the tree, [`super::resolve`] checks it.

use super::unit::{Operator, Unit};

/// A parsed expression, not yet checked against a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// As it was written.
    pub text: String,
    /// Its tree.
    pub root: Node,
}

/// A part of an expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What.
    pub kind: Kind,
    /// First byte.
    pub offset: usize,
    /// Bytes.
    pub len: usize,
}

/// The kinds of part.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A number with its unit, in base units.
    Quantity(f64, Unit),
    /// A figure of an outcome.
    Figure(Figure),
    /// `-x`
    Negate(Box<Node>),
    /// `x + y` and its like.
    Binary(Operator, Box<Node>, Box<Node>),
    /// `x < y` and its like.
    Compare(Relation, Box<Node>, Box<Node>),
    /// `a and b`
    And(Box<Node>, Box<Node>),
}

/// A figure as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The design whose outcome is meant, if one is named.
    pub design: Option<Word>,
    /// The figure's name.
    pub name: Word,
    /// What stands in its parentheses.
    pub arguments: Vec<Argument>,
    /// Only this stretch of the run, in nanoseconds.
    pub stretch: Option<(f64, f64)>,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The name.
    pub text: String,
    /// First byte.
    pub offset: usize,
    /// Bytes, quotes included.
    pub len: usize,
    /// Was it in quotes? Then it names something of the scenario, never a word of the language.
    pub quoted: bool,
}

/// An argument of a figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A name.
    Name(Word),
    /// A number.
    Quantity {
        /// In base units.
        value: f64,
        /// Its unit.
        unit: Unit,
        /// First byte.
        offset: usize,
        /// Bytes.
        len: usize,
    },
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Relation {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

    /// Does it hold between these?
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }
}

/// A mistake in an expression, with its place in bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// First byte.
    pub offset: usize,
    /// Bytes; 0 at the end of the text.
    pub len: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be said.
    pub help: Option<String>,
}

impl ExpressionError {
    pub(super) fn new(offset: usize, len: usize, message: impl Into<String>) -> Self {
        Self { offset, len, message: message.into(), help: None }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
