//! A wind tunnel for microservice designs: describe a business once, run it wired three ways, and
//! see what each wiring costs in latency and in consistency.

pub mod analysis;
pub mod base;
pub mod cli;
pub mod engine;
pub mod faults;
pub mod history;
pub mod model;
pub mod nodes;
pub mod probes;
pub mod report;
pub mod scenario;
pub mod simulate;
pub mod validate;
