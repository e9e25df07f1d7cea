//! Where nodes and links stand on the map: the same for all designs, on every call. Integer places from a
//! graph; knows no run and no cell.
//!
//! Cards stand in layers from left to right ([`layers`]), in an order with few crossings ([`order`]), at
//! heights that keep links straight ([`place`]); links run between the layers on rails ([`route`]).
//! Links that leave a card share a rail until they part, and those that come back to a card share one
//! from where they meet ([`nets`]).

pub mod graph;
#[cfg(test)]
pub mod laws;
pub mod layers;
pub mod nets;
pub mod order;
pub mod place;
pub mod plan;
pub mod route;
pub mod wiring;

pub use graph::{Graph, Node};
pub use plan::{Plan, Size};
pub use wiring::Wiring;
