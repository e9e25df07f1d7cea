//! The simulator held against theory, published results and exact traces: the cases with their
//! sources, the plan that says how each is run, the runs, the verdicts. A case is an ordinary
//! scenario file with its knobs turned; nothing in here knows a model. What no run can show (verdicts
//! on recorded histories, the spread of many runs) is a method, and its row says which.
//!
//! ```text
//! cases.json   what is expected, how exactly, and who says so
//! plan/*.json  which scenario with which knobs, and what is read from its outcome; or which method
//! method/      the methods
//! ```

pub mod campaign;
pub mod case;
mod claimed;
mod computed;
mod effort;
mod fitting;
mod job;
mod judge;
mod lines;
mod method;
mod plan;
mod reading;
mod row;
mod simulated;
mod template;

pub use campaign::{Campaign, Figures, Replication};
pub use case::{AREAS, Case, cases, read_cases};
pub use effort::Mode;
pub use lines::{Line, lines};
pub use plan::left_out;
pub use row::{Row, Verdict};
