//! What is worked out of a run when somebody asks: the story of an operation, two worlds side by side,
//! the expectations so far. Pure functions over what probes wrote down; whoever runs is not here.

pub mod condition;
pub mod difference;
pub mod expectations;
pub mod rerun;
pub mod telling;
pub mod why;
