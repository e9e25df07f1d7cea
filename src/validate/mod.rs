//! The simulator held against theory, published results and exact traces: the cases with their
//! sources, the plan that says how each is run, the runs, the verdicts. A case is an ordinary
//! scenario file with its knobs turned; nothing in here knows a model.
//!
//! ```text
//! cases.json   what is expected, how exactly, and who says so
//! plan/*.json  which scenario with which knobs, and what is read from its outcome
//! ```

pub mod campaign;
pub mod case;
mod job;
mod judge;
mod plan;
mod template;

pub use campaign::{Campaign, Figures, Mode, Replication, Row, Verdict};
pub use case::{AREAS, Case, cases};
pub use plan::left_out;
