//! The scenario layer: from a RON file to a checked [`tree::Scenario`], or to diagnostics with
//! their places. Knows the file format, units and names; knows no engine and no design's wiring.
//!
//! ```text
//! text ──grammar──▶ syntax ──file + reader──▶ tree
//!          │                    │  knobs followed, units read, names resolved
//!          ╰──────mistakes──────┴──▶ diagnostics: code, file:line:column, help
//! ```

mod changes;
pub mod codes;
mod designs;
pub mod diagnostic;
mod distributions;
mod effects;
mod entities;
pub mod expression;
mod fails;
pub mod faults;
mod file;
mod flow_check;
mod flows;
mod grammar;
mod keyless;
pub mod kinds;
mod knob;
mod known;
mod literals;
mod load;
mod mistake;
mod nearest;
mod nodes;
mod offered;
mod outline;
pub mod policies;
mod reader;
mod repeat;
mod rewrite;
mod scalars;
pub mod setting;
pub mod source;
mod syntax;
pub mod tree;
pub mod units;
mod volume;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Diagnostics, Origin, Severity, Site};
pub use load::{Loaded, find, load, load_from, parse, parse_named};
pub use nearest::nearest;
pub use outline::{Outline, outline};
pub use rewrite::Rewrite;
pub use source::Source;
