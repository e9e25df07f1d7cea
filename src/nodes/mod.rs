//! Nodes: their behaviour, one file each, and the single `match` that hands an event to its
//! instance. A node touches its own state, the immutable model and its [`Env`]; nothing else is
//! within its reach.

pub mod cache;
pub mod calls;
pub mod env;
pub mod keys;
pub mod limit;
pub mod message;
pub mod server;
pub mod slab;
pub mod task;

pub use env::Env;
pub use message::{Answer, Body, Edge, Event, Item, Message, Op, Seen, Timer};
pub use slab::{Handle, Slab};
