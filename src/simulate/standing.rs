//! How things stand at one instant, read off the instances of a run: refuses to know any kind of node,
//! only the vocabulary of their readings.

use std::collections::BTreeMap;

use crate::engine::{InstanceId, Simulation};
use crate::model::{Model, NodeIx};
use crate::nodes::World;
use crate::nodes::readings::{BreakerState, Value, What, Whom, readings};
use crate::probes::Probe;
use crate::probes::standing::{
    Standing, StandingBreaker, StandingCalls, StandingEjected, StandingGroup, StandingKept,
    StandingLag, StandingLog, StandingQueue,
};

/// What was added up of breakers in one state.
#[derive(Default)]
struct Breakers {
    instances: u32,
    calls: u64,
}

/// Looks at all instances.
pub(super) fn standing<P: Probe>(simulation: &Simulation<World<P>>) -> Standing {
    let model = simulation.world().model();
    let name = |node| name(model, node);
    let mut queues: BTreeMap<NodeIx, u64> = BTreeMap::new();
    let mut calls: BTreeMap<(NodeIx, NodeIx), u64> = BTreeMap::new();
    let mut kept: BTreeMap<(NodeIx, NodeIx), u64> = BTreeMap::new();
    let mut ejected: BTreeMap<(NodeIx, NodeIx), u64> = BTreeMap::new();
    let mut logs = Vec::new();
    let mut breakers: BTreeMap<(NodeIx, NodeIx, bool), Breakers> = BTreeMap::new();
    let mut groups: BTreeMap<(NodeIx, NodeIx), Vec<StandingLag>> = BTreeMap::new();
    for (at, place) in model.instances.iter().enumerate() {
        let (node, said) = (place.node, readings(simulation, InstanceId(at as u32)));
        let under_way = |to| {
            let to_it =
                |it: &&crate::nodes::Reading| (it.what, it.whom) == (What::Calls, Whom::Node(to));
            said.all().iter().find(to_it).map_or(0, |it| counted(it.value))
        };
        for reading in said.all() {
            match (reading.what, reading.whom, reading.value) {
                (What::Waiting, Whom::Itself, Value::Count(count)) => {
                    *queues.entry(node).or_default() += count;
                }
                (What::Calls, Whom::Node(to), Value::Count(count)) => {
                    *calls.entry((node, to)).or_default() += count;
                }
                (What::Ejected, Whom::Node(of), Value::Count(count)) => {
                    *ejected.entry((node, of)).or_default() += count;
                }
                (What::Kept, Whom::Node(of), Value::Count(count)) => {
                    *kept.entry((node, of)).or_default() += count;
                }
                (What::Breaker, Whom::Node(to), Value::Breaker(state))
                    if state != BreakerState::Closed =>
                {
                    let is_half_open = state == BreakerState::HalfOpen;
                    let its = breakers.entry((node, to, is_half_open)).or_default();
                    its.instances += 1;
                    its.calls += under_way(to);
                }
                (What::Lag, Whom::Partition { consumer, partition }, Value::Count(records)) => {
                    let lags = groups.entry((node, consumer)).or_default();
                    lags.push(StandingLag { partition, records, is_withheld: false });
                }
                (What::Withheld, Whom::Partition { consumer, .. }, _) => {
                    let lag = groups.get_mut(&(node, consumer)).and_then(|lags| lags.last_mut());
                    lag.expect("it is said behind its lag").is_withheld = true;
                }
                (What::Unsent, Whom::Itself, Value::Count(unsent)) if unsent > 0 => {
                    let [unserved, short] = [What::Unserved, What::Short]
                        .map(|what| said.count(what).unwrap_or_default());
                    logs.push(StandingLog { node: name(node), unsent, unserved, short });
                }
                _ => {}
            }
        }
    }
    Standing {
        at: simulation.now().max(model.arrivals_end()),
        drain_ran_out: false,
        breakers: breakers
            .into_iter()
            .map(|((node, to, is_half_open), Breakers { instances, calls })| StandingBreaker {
                node: name(node),
                to: name(to),
                is_half_open,
                instances,
                calls,
            })
            .collect(),
        ejected: ejected
            .into_iter()
            .filter(|(_, instances)| *instances > 0)
            .map(|((node, of), instances)| StandingEjected {
                node: name(node),
                of: name(of),
                instances,
            })
            .collect(),
        kept: kept
            .into_iter()
            .map(|((registry, node), instances)| StandingKept {
                registry: name(registry),
                node: name(node),
                instances,
            })
            .collect(),
        queues: queues
            .into_iter()
            .filter(|(_, waiting)| *waiting > 0)
            .map(|(node, waiting)| StandingQueue { node: name(node), waiting })
            .collect(),
        groups: groups
            .into_iter()
            .map(|((log, consumer), lags)| StandingGroup {
                log: name(log),
                consumer: name(consumer),
                lags,
            })
            .collect(),
        logs,
        calls: calls
            .into_iter()
            .map(|((node, to), calls)| StandingCalls { node: name(node), to: name(to), calls })
            .collect(),
    }
}

fn counted(value: Value) -> u64 {
    match value {
        Value::Count(count) => count,
        Value::Time(_) | Value::Breaker(_) => 0,
    }
}

fn name(model: &Model, node: NodeIx) -> String {
    model.scenario.nodes[usize::from(node.0)].name.clone()
}
