//! The one integration test binary: a module for each layer that is tested from outside.

mod architecture;
mod brokers;
mod caching;
mod checkout;
mod cli;
mod consistency;
mod discovery;
mod docs;
mod elections;
mod exactly_once;
mod field;
mod fuzz;
mod history;
mod laws;
mod mutants;
mod quorum;
mod random;
mod rare;
mod readme;
mod record;
mod renumbering;
mod rules;
mod scenario;
mod shipped;
mod size;
mod statistics;
mod sweep;
mod theory;
#[cfg(unix)]
mod tui;
mod validate;
