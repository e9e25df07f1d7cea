//! The model: one scenario under one design, as dense ids, tables and flat programs. Knows no time
//! passing; is never changed by a run, and shared by all copies of a world.

mod build;
pub mod demand;
pub mod directory;
mod flow;
mod links;
mod lower;
pub mod network;
pub mod program;

use std::sync::Arc;

use crate::base::{Popularity, Span, Time};
use crate::engine::InstanceId;
use crate::faults::Faults;
use crate::scenario::tree::{Change, Deed, Intervention, PolicyIx, Scenario, Terms};
pub use crate::scenario::tree::{EntityIx, FlowIx, NodeIx};
pub use links::Link;
use program::{Programs, PubIx};

/// One scenario under one design.
#[derive(Clone, Debug)]
pub struct Model {
    /// The scenario it was made from.
    pub scenario: Arc<Scenario>,
    /// Index of the design in it.
    pub design: usize,
    /// Per node: its instances.
    pub nodes: Vec<NodeModel>,
    /// Per instance, in order of names.
    pub instances: Vec<InstanceModel>,
    /// Per entity.
    pub entities: Vec<EntityModel>,
    /// Per flow: how clients start it.
    pub flows: Vec<FlowModel>,
    /// Per flow: its effects, in order of their bits.
    pub effects: Vec<Vec<EffectModel>>,
    /// What the design makes of the flows.
    pub programs: Programs,
    /// The policy of clients that name none.
    pub client_policy: Option<PolicyIx>,
    /// Who registers where.
    pub directory: directory::Directory,
    /// How messages travel.
    pub network: network::NetworkModel,
    /// The faults' windows, drawn from the seed.
    pub faults: Faults,
    /// Constant delays that have a FIFO lane.
    pub lanes: Vec<Span>,
    /// The seed.
    pub seed: u64,
}

/// A node's place among the instances.
#[derive(Clone, Debug)]
pub struct NodeModel {
    /// The first of its instances.
    pub first: InstanceId,
    /// How many.
    pub count: u32,
    /// Hash of its name, for streams and digests.
    pub name: u64,
    /// How its clients behave, if it is a broker.
    pub terms: Option<Terms>,
    /// Is it kept how far running work is, so that it can stand still?
    pub is_freezable: bool,
}

impl NodeModel {
    /// Its instances, in order.
    pub fn instances(&self) -> impl Iterator<Item = InstanceId> + use<> {
        (self.first.0..self.first.0 + self.count).map(InstanceId)
    }
}

/// One running copy of a node.
#[derive(Clone, Copy, Debug)]
pub struct InstanceModel {
    /// Of which node.
    pub node: NodeIx,
    /// Counted from 0 within it.
    pub index: u32,
}

/// An entity's tables.
#[derive(Clone, Debug)]
pub struct EntityModel {
    /// Which service owns it.
    pub owner: NodeIx,
    /// Which items are popular; knows how many were preloaded.
    pub popularity: Popularity,
    /// Preloaded items.
    pub keys: u64,
    /// The number each holds at the start.
    pub start: i64,
    /// `Take` refuses below this.
    pub floor: i64,
}

/// How clients start a flow.
#[derive(Clone, Debug)]
pub struct FlowModel {
    /// Where requests enter: the gateway's entry, or the home's.
    pub via_gateway: Vec<(NodeIx, program::EntryIx)>,
    /// The home's entry.
    pub home: program::EntryIx,
    /// An answer later than this is late.
    pub deadline: Option<Span>,
    /// Is the deadline propagated?
    pub propagate: bool,
    /// Does it create items (so that `Own` can mean them)?
    pub is_own_source: bool,
    /// By entity of which it means the session's own item: the flows that create such. At most
    /// two, in the order of entities.
    pub own_from: Vec<Vec<FlowIx>>,
    /// Branches: (probability, name, effects told only if taken).
    pub maybes: Vec<(f64, u64, u64)>,
    /// Bits of all its effects.
    pub effects: u64,
}

impl FlowModel {
    /// Where requests for it enter, by way of a gateway or of none.
    pub fn entry(&self, via: Option<NodeIx>) -> program::EntryIx {
        via.map_or(self.home, |gateway| {
            let via = self.via_gateway.iter().find(|(node, _)| *node == gateway);
            via.expect("every gateway routes every flow").1
        })
    }
}

/// One effect of a flow.
#[derive(Clone, Copy, Debug)]
pub struct EffectModel {
    /// What it changes.
    pub entity: EntityIx,
    /// How.
    pub change: Change,
    /// Does it act on the item that the operation itself creates?
    pub creates: bool,
    /// Can it be taken back?
    pub has_undo: bool,
    /// Does its failure change nothing?
    pub best_effort: bool,
}

impl Model {
    /// The node that an instance is a copy of.
    #[inline]
    pub fn node_of(&self, instance: InstanceId) -> NodeIx {
        self.instances[instance.0 as usize].node
    }

    /// The stable name of a node, for streams, draws and digests.
    #[inline]
    pub fn name_of(&self, node: NodeIx) -> u64 {
        self.nodes[usize::from(node.0)].name
    }

    /// How the clients of this broker behave.
    pub fn terms(&self, broker: NodeIx) -> &Terms {
        self.nodes[broker.0 as usize].terms.as_ref().expect("only brokers have terms")
    }

    /// Which instance takes a publication in.
    pub fn carrier(&self, publication: PubIx) -> InstanceId {
        let broker = self.programs.publications[publication.0 as usize].broker;
        self.nodes[usize::from(broker.0)].first
    }

    /// Does who sends a publication wait for the broker's confirm?
    pub fn is_confirmed(&self, publication: PubIx) -> bool {
        self.terms(self.programs.publications[publication.0 as usize].broker).produce.confirm
    }

    /// The model after a change of a run that leaves these faults.
    #[must_use]
    pub fn changed(&self, change: &Intervention, faults: Faults) -> Self {
        let Deed::Set(turned) = &change.deed else {
            return Self { faults, ..self.clone() };
        };
        // A run may be made longer or shorter than its file says, and stays so.
        let run = self.scenario.run.clone();
        let scenario = Arc::new(Scenario { run, ..Scenario::clone(&turned.scenario) });
        let turned = Self::new(&scenario, self.design, self.seed);
        assert_eq!(turned.lanes, self.lanes, "constant latencies are not turned on the way");
        Self { faults, ..turned }
    }

    /// When arrivals end.
    pub fn arrivals_end(&self) -> Time {
        Time(self.scenario.run.length.0)
    }
}
