//! Consistency judged after the fact, on recorded histories: who called what when, and what came
//! back. For offline use: for tests, for `validate`, for histories of other systems. Knows no
//! simulator, no file and no terminal; the probes judge running simulations by their own rules.
//!
//! | file | judges |
//! | --- | --- |
//! | [`linearizability`] | registers: is there an order of effects that real time allows? |
//! | [`sequential`](mod@sequential) | registers: is there one that each client's own order allows? |
//! | [`floor`] | versions in a known order: the online rule, which needs no search |
//! | [`staleness`] | versions in a known order: how far behind each read was |
//! | [`sessions`] | versions in a known order: the session guarantees and causality |
//! | [`replicas`] | the order in which replicas apply writes |
//! | [`transactions`] | transactions on lists: Adya's anomalies |
//! | [`cases`] | all of these, for rows of reference results in JSON |

pub mod cases;
pub mod floor;
pub mod linearizability;
pub mod operation;
pub mod replicas;
mod search;
pub mod sequential;
pub mod sessions;
pub mod staleness;
pub mod transactions;
pub mod versions;

pub use floor::Floor;
pub use linearizability::linearizable;
pub use operation::{Action, Op, Value};
pub use sequential::sequential;
