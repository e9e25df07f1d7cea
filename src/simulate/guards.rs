//! The guards in force under a design, as every output names them: what the policies say of
//! themselves, and what flows, nodes and the design add. Knows no run.

use crate::model::Model;
use crate::scenario::tree::Flow;

/// The guards in force, as every output names them (docs/semantics.md, rule 44).
pub fn guards(model: &Model) -> Vec<String> {
    let scenario = &model.scenario;
    let design = &scenario.designs[model.design];
    let any_flow = |wanted: fn(&Flow) -> bool| scenario.flows.iter().any(wanted);
    let is_events = model.programs.transactions.iter().any(|txn| !txn.outbox.is_empty());
    let nodes = || scenario.nodes.iter();
    let others = [
        ("deadline", any_flow(|flow| flow.deadline.is_some())),
        ("deadline propagation", any_flow(|flow| flow.deadline.is_some() && flow.propagate)),
        ("rate limit", nodes().any(|node| node.kind.is_limited())),
        ("bounded queues", nodes().any(|node| node.kind.is_bounded())),
        ("dedup", design.dedup),
        ("outbox", is_events),
        (
            "cache",
            model.programs.publications.iter().any(|publication| !publication.caches.is_empty()),
        ),
        ("compensation", model.effects.iter().flatten().any(|effect| effect.has_undo)),
    ];
    let others = others.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name);
    scenario.policies_in_force().chain(others).map(str::to_owned).collect()
}
