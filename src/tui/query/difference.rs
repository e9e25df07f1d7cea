//! Two worlds under one design: their figures, and what was told to the same customers.

use std::collections::BTreeMap;

use super::super::place::WorldId;

/// Two worlds, compared.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The first, and the second.
    pub worlds: (WorldId, WorldId),
    /// Figures of both: name, first, second; larger is better, worse, or neither.
    pub rows: Vec<Row>,
    /// Of the actions that both worlds have: how many were told this in the first and that in the second.
    pub same: BTreeMap<(Said, Said), u64>,
    /// Actions that only the first has, and only the second.
    pub only: (u64, u64),
    /// In a sentence, what the change did.
    pub sentence: String,
}

/// A figure of both.
#[derive(Clone, Debug)]
pub struct Row {
    /// `place-order kept`
    pub name: String,
    /// In the first.
    pub first: f64,
    /// In the second.
    pub second: f64,
}

/// What was told, without the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Done.
    Done,
    /// Refused.
    Refused,
    /// Failed.
    Failed,
}
