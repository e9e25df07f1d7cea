//! What probes know beforehand of a model. Knows no run, and measures nothing.

use std::collections::BTreeSet;

use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::program::{Act, Part};
use crate::model::{Model, NodeIx};
use crate::nodes::client;
use crate::probes::layout::{
    ClientPlan, EffectPlan, EntityPlan, FaultPlan, FlowPlan, Layout, NodePlan, SumPlan,
};
use crate::probes::{Extra, Extras};
use crate::scenario::tree::{Change, Client, Entity, NodeKind, Scenario, Step};

/// What the probes must know beforehand of a model.
pub fn layout(model: &Model) -> Layout {
    let scenario = &model.scenario;
    let gone = gone(model);
    let extras = if gone.is_empty() { Extras::NONE } else { Extra::Discovery.into() };
    Layout {
        flows: (0..scenario.flows.len()).map(|ix| flow_plan(model, ix)).collect(),
        nodes: scenario
            .nodes
            .iter()
            .zip(&model.nodes)
            .map(|(node, place)| node_plan(&node.name, &node.kind, place.count))
            .collect(),
        instances: model.instances.iter().map(|place| place.node).collect(),
        entities: entity_plans(model),
        sums: scenario
            .sums
            .iter()
            .map(|sum| SumPlan { name: sum.name.clone(), entities: sum.entities.clone() })
            .collect(),
        faults: model
            .faults
            .iter()
            .map(|(name, windows)| FaultPlan { name: name.to_owned(), windows: windows.to_vec() })
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
        gone,
        warmup: scenario.run.warmup,
        length: scenario.run.length,
        extras,
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
    let all = &model.effects[ix];
    // The first write of an item that the flow creates makes a row each time that it is done.
    let makes = |at: usize| {
        let same =
            |other: &crate::model::EffectModel| other.creates && other.entity == all[at].entity;
        all[at].creates && !all[..at].iter().any(same)
    };
    let effects = all.iter().enumerate().map(|(at, effect)| EffectPlan {
        entity: effect.entity,
        best_effort: effect.best_effort,
        idempotent: effect.change == Change::Write,
        accumulates: effect.change != Change::Write || makes(at),
        undo: effect.has_undo,
        creates: effect.creates,
    });
    let reads: Vec<_> = Step::walk(&flow.steps)
        .filter_map(|step| match step {
            Step::Ask { entity, need, .. } | Step::Read { entity, need, .. } => {
                Some((entity, need))
            }
            _ => None,
        })
        .collect();
    let needs = reads.iter().filter_map(|&(entity, need)| need.map(|least| (*entity, least)));
    FlowPlan {
        name: flow.name.clone(),
        deadline: flow.deadline,
        effects: effects.collect(),
        reads: !reads.is_empty(),
        needs: needs.collect(),
    }
}

fn node_plan(name: &str, kind: &NodeKind, instances: u32) -> NodePlan {
    NodePlan {
        name: name.to_owned(),
        kind: kind.about().name,
        instances,
        workers: kind.workers(),
        shares_copy: kind.shares_copy(),
        durable: kind.is_durable(),
        outlives_itself: kind.outlives_itself(),
    }
}

fn entity_plans(model: &Model) -> Vec<EntityPlan> {
    let mut copied_by = vec![BTreeSet::new(); model.scenario.entities.len()];
    for entry in &model.programs.entries {
        let Act::Transact(txn) = entry.act else { continue };
        let writes = &model.programs.transactions[txn.0 as usize].writes;
        for write in writes.iter().filter(|write| write.part == Part::Copy) {
            copied_by[usize::from(write.entity.0)].insert(entry.node);
        }
    }
    let plan = |(entity, mut copied_by): (&Entity, BTreeSet<NodeIx>)| {
        copied_by.extend(followed(model, entity.owner));
        EntityPlan {
            name: entity.name.clone(),
            keys: entity.keys,
            start: entity.start,
            floor: entity.floor,
            copied_by: copied_by.into_iter().collect(),
        }
    };
    model.scenario.entities.iter().zip(copied_by).map(plan).collect()
}

/// The owner's store, if followers hold copies of what it has.
fn followed(model: &Model, owner: NodeIx) -> Option<NodeIx> {
    let nodes = &model.scenario.nodes;
    let store = nodes[usize::from(owner.0)].kind.store()?;
    nodes[usize::from(store.0)].kind.has_followers().then_some(store)
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
