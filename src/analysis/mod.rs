//! The analysis layer: what outcomes mean. Figures by name, the language of expectations and
//! measures, intervals over seeds, the designs compared, and the token that names a run.
//!
//! ```text
//!  "p99(place-order) < 250ms"          outcomes[design][seed]
//!        │ parser ▶ expression                 │
//!        ▼                                     ├──▶ compare ──▶ reading
//!  resolve: names, units ──▶ evaluate ◀────────┤
//!        ▲                      │              │
//!  metric: every name           ├──▶ expectation (verdicts over seeds)
//!                               └──▶ measures    (figures of one outcome)
//! ```
//!
//! An analysis reads outcomes and scenarios; it never prints and knows no terminal and no file.

use indexmap::IndexMap;

use crate::probes::outcome::Outcome;

pub mod arguments;
pub mod baseline;
pub mod compare;
pub mod confidence;
pub mod evaluate;
pub mod expectation;
pub mod expression;
pub mod figures;
mod lexer;
pub mod measures;
pub mod metric;
pub mod mistakes;
pub mod names;
mod parser;
pub mod ranking;
pub mod reading;
pub mod resolve;
pub mod standing;
pub mod statement;
pub mod stats;
#[cfg(test)]
mod testing;
pub mod token;
pub mod unit;
pub mod warmup;

pub use compare::{Comparison, compare};
pub use expectation::{Verdict, judge};
pub use expression::{Expression, ExpressionError};
pub use measures::measures;
pub use parser::parse;
pub use statement::{Mistake, check, check_outline, check_scenario, extras};
pub use token::ReplayToken;
pub use unit::Unit;

/// Outcomes by design, in the scenario's order of designs, each in order of seeds.
pub type Runs = IndexMap<String, Vec<Outcome>>;
