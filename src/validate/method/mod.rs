//! The methods behind cases that are no single run, one file for each kind of thing they look at.

pub(super) mod histories;
pub(super) mod order;
pub(super) mod runs;
pub(super) mod samplers;
pub(super) mod waits;
