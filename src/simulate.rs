//! One run from scenario to outcome: model, world, events, probes. The pipeline of the library.

use std::sync::Arc;

use crate::base::{Time, mix, name_hash};
use crate::engine::{InstanceId, Limits, Simulation, Stop};
use crate::model::program::Part;
use crate::model::{Model, NodeIx};
use crate::nodes::{World, client};
use crate::probes::layout::{
    ClientPlan, EffectPlan, EntityPlan, FaultPlan, FlowPlan, Layout, NodePlan, SumPlan,
};
use crate::probes::outcome::Outcome;
use crate::probes::story::Story;
use crate::probes::{Instruments, Label, OpId, Probe};
use crate::scenario::tree::{Cancel, Change, Client, NodeKind, Scenario, Step};

/// Runs `scenario` under its `design`th design. Pure: same arguments, same outcome.
pub fn run(scenario: &Arc<Scenario>, design: usize, seed: u64) -> Outcome {
    let model = Arc::new(Model::new(scenario, design, seed));
    let instruments = Instruments::new(Arc::new(layout(&model)));
    let (mut simulation, partial) = run_to_audit(World::new(Arc::clone(&model), instruments));
    let audit = audit(&mut simulation, partial.is_some());
    let label = label(&model, &simulation, partial);
    simulation.into_world().into_probe().outcome(label, audit)
}

/// The same run, with everything that happened to one operation written down.
pub fn explain(scenario: &Arc<Scenario>, design: usize, seed: u64, op: OpId) -> (Outcome, Story) {
    let model = Arc::new(Model::new(scenario, design, seed));
    let probes = (Instruments::new(Arc::new(layout(&model))), Story::of(op));
    let (mut simulation, partial) = run_to_audit(World::new(Arc::clone(&model), probes));
    let audit = audit(&mut simulation, partial.is_some());
    let label = label(&model, &simulation, partial);
    let (instruments, story) = simulation.into_world().into_probe();
    (instruments.outcome(label, audit), story)
}

/// Runs a world through its arrivals and its drain; says why if it stopped before.
pub fn run_to_audit<P: Probe>(world: World<P>) -> (Simulation<World<P>>, Option<String>) {
    let model = Arc::clone(world.model());
    let run = &model.scenario.run;
    let limits = Limits { in_flight: run.max_in_flight as usize, ..Limits::default() };
    let mut simulation = world.simulate().with_limits(limits);
    let end = model.arrivals_end();
    let stop = match simulation.run_until(end) {
        Stop::Until | Stop::Idle => simulation.drain(end + run.drain),
        stop => stop,
    };
    let partial = why_partial(&model, stop);
    (simulation, partial)
}

/// When the audit is: as soon as nothing more will happen, but not before the arrivals end; at the
/// drain's cap if something would still happen then, and where a partial run stopped.
pub fn audit<P: Probe>(simulation: &mut Simulation<World<P>>, is_partial: bool) -> Time {
    let model = Arc::clone(simulation.world().model());
    let end = model.arrivals_end();
    let cap = end + model.scenario.run.drain;
    match simulation.next_time() {
        _ if is_partial => simulation.now(),
        Some(next) if next > cap && next < Time::NEVER => cap,
        _ => simulation.now().max(end),
    }
}

fn why_partial(model: &Model, stop: Stop) -> Option<String> {
    let name = |instance| {
        let place = model.instances[usize::try_from(instance).expect("an instance")];
        format!("{}#{}", model.scenario.nodes[usize::from(place.node.0)].name, place.index)
    };
    match stop {
        Stop::Until | Stop::Idle => None,
        Stop::TooManyAtOnce { time, busy } => Some(format!(
            "too many events at one instant ({time}), most of them at {}: does something cost no time at all?",
            name(busy.0)
        )),
        Stop::TooManyInFlight { time, busy } => Some(format!(
            "more than {} messages and timers in flight at {time}, when {} was busy: is the load more than the system can carry?",
            model.scenario.run.max_in_flight,
            name(busy.0)
        )),
    }
}

fn label<P: Probe>(
    model: &Model,
    simulation: &Simulation<World<P>>,
    partial: Option<String>,
) -> Label {
    Label {
        scenario: model.scenario.name.clone(),
        design: model.scenario.designs[model.design].name.clone(),
        seed: model.seed,
        digest: simulation.digest(),
        events: simulation.events(),
        partial,
        guards: guards(model),
    }
}

/// The guards in force, as every output names them (semantics.md 44).
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
    parts.iter().fold(0, |hash, part| mix(hash, name_hash(part)))
}

/// What the probes must know beforehand of a model.
pub fn layout(model: &Model) -> Layout {
    let scenario = &model.scenario;
    Layout {
        flows: (0..scenario.flows.len()).map(|ix| flow_plan(model, ix)).collect(),
        nodes: scenario
            .nodes
            .iter()
            .zip(&model.nodes)
            .map(|(node, place)| node_plan(&node.name, &node.kind, place.count))
            .collect(),
        instances: model.instances.iter().map(|place| place.node).collect(),
        entities: (0..scenario.entities.len()).map(|ix| entity_plan(model, ix)).collect(),
        sums: scenario
            .sums
            .iter()
            .map(|sum| SumPlan { name: sum.name.clone(), entities: sum.entities.clone() })
            .collect(),
        faults: scenario
            .faults
            .iter()
            .enumerate()
            .map(|(ix, fault)| FaultPlan {
                name: fault.name.clone(),
                windows: model.faults.windows_of(ix).to_vec(),
            })
            .collect(),
        clients: scenario
            .nodes
            .iter()
            .filter_map(|node| match &node.kind {
                NodeKind::Client(client) => {
                    Some(ClientPlan { name: node.name.clone(), sessions: client::sessions(client) })
                }
                _ => None,
            })
            .collect(),
        gone: gone(model),
        warmup: scenario.run.warmup,
        length: scenario.run.length,
        in_hand: scenario.asks("in_hand"),
        slowdown: scenario.asks("slowdown"),
    }
}

/// When each instance is of no use, if anybody registers anywhere.
fn gone(model: &Model) -> Vec<Vec<(Time, Time)>> {
    let registers = |node: &crate::scenario::tree::Node| node.kind.registry().is_some();
    if !model.scenario.nodes.iter().any(registers) {
        return Vec::new();
    }
    let instances = (0..model.instances.len() as u32).map(InstanceId);
    instances.map(|at| model.faults.gone(at).list().to_vec()).collect()
}

fn flow_plan(model: &Model, ix: usize) -> FlowPlan {
    let flow = &model.scenario.flows[ix];
    let effects = model.effects[ix].iter().map(|effect| EffectPlan {
        entity: effect.entity,
        best_effort: effect.best_effort,
        idempotent: effect.change == Change::Write,
        undo: effect.has_undo,
        creates: effect.creates,
    });
    let mut needs = Vec::new();
    let reads = needs_of(&flow.steps, &mut needs);
    FlowPlan {
        name: flow.name.clone(),
        deadline: flow.deadline,
        effects: effects.collect(),
        reads,
        needs,
    }
}

/// Collects what these steps test; do they read at all?
fn needs_of(steps: &[Step], needs: &mut Vec<(crate::model::EntityIx, i64)>) -> bool {
    let mut reads = false;
    for step in steps {
        match step {
            Step::Ask { entity, need, .. } | Step::Read { entity, need, .. } => {
                reads = true;
                needs.extend(need.map(|least| (*entity, least)));
            }
            Step::Tell(tell) => reads |= needs_of(&tell.steps, needs),
            Step::Call { steps, .. }
            | Step::All(steps)
            | Step::Enough(_, steps)
            | Step::Maybe(_, steps)
            | Step::Repeat(_, steps) => {
                reads |= needs_of(steps, needs);
            }
            Step::Effect(_) | Step::Work(_) => {}
        }
    }
    reads
}

fn node_plan(name: &str, kind: &NodeKind, instances: u32) -> NodePlan {
    let (word, workers) = match kind {
        NodeKind::Client(_) => ("client", None),
        NodeKind::Gateway(gateway) => ("gateway", gateway.workers),
        NodeKind::Service(service) => ("service", Some(service.workers)),
        NodeKind::Database(database) => ("database", Some(database.connections)),
        NodeKind::Cache(cache) => ("cache", Some(cache.workers)),
        NodeKind::Quorum(_) => ("quorum", None),
        NodeKind::Queue(_) => ("queue", None),
        NodeKind::Log(_) => ("log", None),
        NodeKind::Registry(_) => ("registry", None),
    };
    let shares_copy = matches!(kind, NodeKind::Database(_));
    // A replica of a cache takes over what it holds.
    let durable = match kind {
        NodeKind::Database(_) | NodeKind::Quorum(_) => true,
        NodeKind::Cache(cache) => cache.replicas.is_some(),
        _ => false,
    };
    NodePlan { name: name.to_owned(), kind: word, instances, workers, shares_copy, durable }
}

fn entity_plan(model: &Model, ix: usize) -> EntityPlan {
    let entity = &model.scenario.entities[ix];
    let copies = model.programs.entries.iter().filter_map(|entry| match entry.act {
        crate::model::program::Act::Transact(txn) => {
            let writes = &model.programs.transactions[txn.0 as usize].writes;
            let is_copy = writes
                .iter()
                .any(|write| write.part == Part::Copy && usize::from(write.entity.0) == ix);
            is_copy.then_some(entry.node)
        }
        crate::model::program::Act::Run { .. } | crate::model::program::Act::Keep(_) => None,
    });
    let mut copied_by: Vec<NodeIx> = copies.chain(followed(model, entity.owner)).collect();
    copied_by.sort_unstable();
    copied_by.dedup();
    EntityPlan {
        name: entity.name.clone(),
        keys: entity.keys,
        start: entity.start,
        floor: entity.floor,
        copied_by,
    }
}

/// The owner's store, if followers hold copies of what it has.
fn followed(model: &Model, owner: NodeIx) -> Option<NodeIx> {
    let nodes = &model.scenario.nodes;
    let NodeKind::Service(service) = &nodes[usize::from(owner.0)].kind else { return None };
    let store = service.store?;
    let NodeKind::Database(database) = &nodes[usize::from(store.0)].kind else { return None };
    database.followers.is_some().then_some(store)
}

/// The clients that send a flow, by the number that their operations carry, and their names.
pub fn senders(scenario: &Scenario, flow: usize) -> Vec<(u16, &str)> {
    let sends = |client: &Client| {
        let mut actions = client.journeys.iter().flat_map(|journey| &journey.actions);
        actions.any(|action| action.flow().is_some_and(|ix| usize::from(ix.0) == flow))
    };
    let clients = scenario.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Client(client) => Some((client, node.name.as_str())),
        _ => None,
    });
    let senders = (0..).zip(clients).filter(|(_, (client, _))| sends(client));
    senders.map(|(place, (_, name))| (place, name)).collect()
}
