//! The terminal UI from outside: the real program in a pseudo-terminal.

mod engine;
mod keys;
mod pictures;
mod screens;
mod session;
mod shop;
pub(crate) mod terminal;
