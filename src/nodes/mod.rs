//! Nodes: their behaviour, one file each, and the single `match` that hands an event to its
//! instance. A node touches its own state, the immutable model and its [`Env`]; nothing else is
//! within its reach.

pub mod database;
pub mod env;
pub mod keys;
pub mod message;
pub mod slab;
pub mod table;

pub use database::Database;
pub use env::Env;
pub use message::{Answer, Body, Edge, Event, Item, Message, Op, Seen, Timer};
pub use slab::{Handle, Slab};
