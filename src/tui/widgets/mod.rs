//! What screens are made of, beyond text: each knows cells and roles, and nothing of runs
//! (but for the strip, which is one).

pub mod axis;
pub mod card;
pub mod chart;
pub mod field;
pub mod heat;
pub mod strip;
pub mod table;
pub mod wire;
