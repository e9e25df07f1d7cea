//! Not built yet.

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {}
