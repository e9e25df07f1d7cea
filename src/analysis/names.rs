//! The names of a scenario that statements may use. Of a file that has mistakes not all may be
//! known; what is not is taken as it stands.

use crate::scenario::Outline;
use crate::scenario::tree::Scenario;

/// Names by kind; `None` where not all of them are known.
#[derive(Clone, Debug)]
pub struct Names {
    /// Of flows.
    pub flows: Option<Vec<String>>,
    /// Of nodes.
    pub nodes: Option<Vec<String>>,
    /// Of designs.
    pub designs: Option<Vec<String>>,
    /// Of faults.
    pub faults: Option<Vec<String>>,
    /// Of floors and sums, as outcomes spell them.
    pub invariants: Option<Vec<String>>,
}

impl Names {
    /// All names of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let flows = scenario.flows.iter().map(|flow| flow.name.clone());
        let nodes = scenario.nodes.iter().map(|node| node.name.clone());
        let designs = scenario.designs.iter().map(|design| design.name.clone());
        let begun = scenario.changes.iter().filter_map(|change| change.deed.begun());
        let faults = scenario.faults.iter().chain(begun).map(|fault| fault.name.clone());
        Self {
            flows: Some(flows.collect()),
            nodes: Some(nodes.collect()),
            designs: Some(designs.collect()),
            faults: Some(faults.collect()),
            invariants: Some(super::arguments::invariants(scenario)),
        }
    }

    /// Those that a file with mistakes declares.
    pub fn outlined(outline: &Outline) -> Self {
        Self {
            flows: outline.flows.clone(),
            nodes: outline.nodes.clone(),
            designs: outline.designs.clone(),
            faults: None,
            invariants: None,
        }
    }
}
