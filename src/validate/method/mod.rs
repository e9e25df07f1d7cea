//! The methods behind cases that are no single run, one file for each kind of thing they look at.

pub mod histories;
pub mod order;
pub mod runs;
pub mod samplers;
pub mod waits;
