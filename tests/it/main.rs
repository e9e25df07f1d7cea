//! The one integration test binary: a module for each layer that is tested from outside.

mod architecture;
mod checkout;
mod cli;
mod docs;
mod laws;
mod readme;
mod record;
mod rules;
mod scenario;
mod shipped;
mod sweep;
mod theory;
mod validate;
