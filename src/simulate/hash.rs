//! The name of a model: one word that covers everything that its runs depend on beside the seed, as
//! replay tokens carry it. Knows no run.

use crate::base::{mix, name_hash};
use crate::scenario::tree::Scenario;

/// A hash of everything that a run depends on beside its seed: the resolved scenario under one
/// design. Two scenarios with the same hash give the same runs.
pub fn model_hash(scenario: &Scenario, design: usize) -> u64 {
    let parts = [
        format!("{:?}", scenario.run),
        format!("{:?}", scenario.nodes),
        format!("{:?}", scenario.network),
        format!("{:?}", scenario.entities),
        format!("{:?}", scenario.sums),
        format!("{:?}", scenario.flows),
        format!("{:?}", scenario.policies),
        format!("{:?}", scenario.faults),
        format!("{:?}", scenario.designs[design]),
    ];
    // A scenario without changes has the name that it had before there were any.
    let changes = (!scenario.changes.is_empty()).then(|| format!("{:?}", scenario.changes));
    parts.iter().chain(&changes).fold(0, |hash, part| mix(hash, name_hash(part)))
}
