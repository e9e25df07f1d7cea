//! The guards in force under a design, as every output names them. Knows no run.

use crate::model::Model;
use crate::scenario::tree::{Cancel, NodeKind};

/// The guards in force, as every output names them (docs/semantics.md, rule 44).
pub fn guards(model: &Model) -> Vec<String> {
    let scenario = &model.scenario;
    let design = &scenario.designs[model.design];
    let policies = || scenario.policies.iter();
    let any_flow =
        |wanted: fn(&crate::scenario::tree::Flow) -> bool| scenario.flows.iter().any(wanted);
    let is_events = model.programs.transactions.iter().any(|txn| !txn.outbox.is_empty());
    let limits = |node: &crate::scenario::tree::Node| matches!(&node.kind, NodeKind::Gateway(gateway) if gateway.limit.is_some());
    let rooms = |node: &crate::scenario::tree::Node| matches!(&node.kind, NodeKind::Service(service) if service.room.is_some());
    [
        ("timeout", policies().any(|policy| policy.timeout.is_some())),
        ("retry", policies().any(|policy| policy.tries > 1)),
        ("retry budget", policies().any(|policy| policy.budget.is_some())),
        ("hedging", policies().any(|policy| policy.hedge.is_some_and(|hedge| !hedge.tied))),
        ("tied requests", policies().any(|policy| policy.hedge.is_some_and(|hedge| hedge.tied))),
        ("cancellation", policies().any(|policy| policy.cancel != Cancel::Never)),
        ("circuit breaker", policies().any(|policy| policy.breaker.is_some())),
        ("adaptive throttling", policies().any(|policy| policy.throttle.is_some())),
        ("bulkhead", policies().any(|policy| policy.bulkhead.is_some())),
        ("deadline", any_flow(|flow| flow.deadline.is_some())),
        ("deadline propagation", any_flow(|flow| flow.deadline.is_some() && flow.propagate)),
        ("rate limit", scenario.nodes.iter().any(limits)),
        ("bounded queues", scenario.nodes.iter().any(rooms)),
        ("dedup", design.dedup),
        ("outbox", is_events),
        (
            "cache",
            model.programs.publications.iter().any(|publication| !publication.caches.is_empty()),
        ),
        ("compensation", model.effects.iter().flatten().any(|effect| effect.has_undo)),
    ]
    .into_iter()
    .filter(|(_, is_on)| *is_on)
    .map(|(name, _)| name.to_owned())
    .collect()
}
