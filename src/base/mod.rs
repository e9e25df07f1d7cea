//! What every layer shares: time, the distributions' vocabulary, chance, portable mathematics, tables by
//! id and texts that may be printed.
//! Knows no scenario, no node and no terminal.

pub mod between;
pub mod chance;
pub mod dist;
pub mod math;
mod paged_table;
mod pages;
pub mod printable;
pub mod shared;
pub mod table;
pub mod time;
pub mod weight;

pub use between::Between;
pub use chance::{Popularity, Stream, index, mix, name_hash, unit};
pub use dist::Dist;
pub use printable::{is_obeyed, printable, printable_lines};
pub use shared::{SharedTable, SharedVec};
pub use table::Table;
pub use time::{Span, Time};
