//! The one integration test binary: a module for each layer that is tested from outside.

mod architecture;
mod cli;
mod readme;
mod scenario;
