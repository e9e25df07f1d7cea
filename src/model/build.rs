//! From a scenario and one of its designs to a [`Model`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::flow::{self, Node};
use super::lower;
use super::network::{LinkModel, NetworkModel, OwnLink, Way};
use super::program::EntryIx;
use super::{EntityModel, FlowModel, InstanceModel, Model, NodeModel};
use crate::base::{Dist, Popularity, Span, name_hash};
use crate::engine::{InstanceId, LaneId};
use crate::faults::Faults;
use crate::scenario::tree::{
    Entity, EntityIx, Flow, FlowIx, Key, NodeIx, Popular, Scenario, Step, freezable,
};

impl Model {
    /// The model of `scenario` under its `design`th design; faults are drawn from `seed`.
    pub fn new(scenario: &Arc<Scenario>, design: usize, seed: u64) -> Self {
        let (nodes, instances) = instances(scenario);
        let mut lanes = Lanes::default();
        let network = network(scenario, &mut lanes);
        let ready: Vec<Vec<Node>> =
            scenario.flows.iter().map(|flow| flow::ready(scenario, flow)).collect();
        let lowered = lower::lower(scenario, &scenario.designs[design], &nodes, &ready);
        let creators = creators(scenario);
        let flows = (0..scenario.flows.len()).map(|ix| {
            let entries = (lowered.homes[ix], lowered.gateways[ix].as_slice());
            flow_model(&scenario.flows[ix], &ready[ix], entries, &creators)
        });
        let flows: Vec<FlowModel> = flows.collect();
        let directory = Directory::new(scenario, &flows, &lowered.programs);
        let effects = ready.iter().map(|nodes| effects(nodes)).collect();
        let owners: Vec<NodeIx> = instances.iter().map(|place| place.node).collect();
        let faults = Faults::draw(scenario, &owners, seed);
        Self {
            design,
            nodes,
            instances,
            entities: scenario.entities.iter().map(entity).collect(),
            flows,
            effects,
            programs: lowered.programs,
            client_policy: scenario.class_policy("client"),
            directory,
            network,
            faults,
            lanes: lanes.delays,
            seed,
            scenario: Arc::clone(scenario),
        }
    }
}

fn instances(scenario: &Scenario) -> (Vec<NodeModel>, Vec<InstanceModel>) {
    let mut nodes = Vec::new();
    let mut instances = Vec::new();
    let freezable = freezable(scenario);
    for (ix, node) in (0..).map(NodeIx).zip(&scenario.nodes) {
        let count = node.kind.instances();
        let first = InstanceId(instances.len() as u32);
        nodes.push(NodeModel {
            first,
            count,
            name: name_hash(&node.name),
            terms: node.kind.terms(),
            is_freezable: freezable.contains(&ix),
        });
        instances.extend((0..count).map(|index| InstanceModel { node: ix, index }));
    }
    (nodes, instances)
}

/// Constant delays, each once.
#[derive(Default)]
struct Lanes {
    delays: Vec<Span>,
}

impl Lanes {
    fn lane(&mut self, delay: Span) -> LaneId {
        let found = self.delays.iter().position(|known| *known == delay);
        let ix = found.unwrap_or_else(|| {
            self.delays.push(delay);
            self.delays.len() - 1
        });
        LaneId(ix as u32)
    }
}

fn network(scenario: &Scenario, lanes: &mut Lanes) -> NetworkModel {
    let mut link = |latency: &Dist| match latency {
        Dist::Const(ns) => {
            let delay = Span::from_ns(*ns);
            LinkModel::Constant(Way { lane: lanes.lane(delay), delay })
        }
        drawn => LinkModel::Drawn(drawn.clone()),
    };
    let usual = link(&scenario.network.latency);
    let own = scenario.network.links.iter();
    let own = own.map(|own| OwnLink { from: own.from, to: own.to, link: link(&own.latency) });
    let own = own.collect();
    NetworkModel::new(scenario.nodes.len(), usual, own)
}

fn entity(entity: &Entity) -> EntityModel {
    let popularity = match &entity.popularity {
        Popular::Uniform => Popularity::uniform(entity.keys),
        Popular::Zipf(exponent) => Popularity::zipf(entity.keys, *exponent),
        Popular::Weights(weights) => Popularity::weighted(weights),
    };
    EntityModel {
        owner: entity.owner,
        popularity,
        keys: entity.keys,
        start: entity.start,
        floor: entity.floor.unwrap_or(0),
    }
}

/// By entity: the flows that create items of it, in order.
type Creators = BTreeMap<EntityIx, Vec<FlowIx>>;

fn creators(scenario: &Scenario) -> Creators {
    let mut creators = Creators::new();
    for (ix, flow) in (0..).map(FlowIx).zip(&scenario.flows) {
        for entity in created_by(&flow.steps) {
            creators.entry(entity).or_default().push(ix);
        }
    }
    creators
}

fn flow_model(
    flow: &Flow,
    nodes: &[Node],
    (home, gateways): (EntryIx, &[(NodeIx, EntryIx)]),
    creators: &Creators,
) -> FlowModel {
    let mut maybes = Vec::new();
    flow::list_maybes(nodes, &mut maybes);
    let created = created_by(&flow.steps);
    let own = Step::entities_by(&flow.steps, &Key::Own);
    let from = |entity: &EntityIx| creators.get(entity).cloned().unwrap_or_default();
    FlowModel {
        home,
        via_gateway: gateways.to_vec(),
        deadline: flow.deadline,
        propagate: flow.propagate,
        own_from: own.iter().map(from).collect(),
        is_own_source: !created.is_empty(),
        maybes,
        effects: flow::effects(nodes),
    }
}

fn created_by(steps: &[Step]) -> Vec<EntityIx> {
    Step::entities_by(steps, &Key::New)
}

fn effects(nodes: &[Node]) -> Vec<super::EffectModel> {
    let mut listed = Vec::new();
    flow::list_effects(nodes, false, &mut listed);
    listed
        .into_iter()
        .map(|(write, has_undo, best_effort)| super::EffectModel {
            entity: write.entity,
            change: write.change,
            creates: write.key == super::program::KeyRule::New,
            has_undo,
            best_effort,
        })
        .collect()
}
