//! Lowering: from flows and a design to flat programs. How tells travel is in [`rest`], [`pubsub`]
//! and [`events`], one file each; how asks travel is in [`reading`]; what they share is beside them.

mod assembler;
mod best_effort;
mod caching;
mod dead_letters;
mod events;
mod gateways;
mod plan;
mod pubsub;
mod reading;
mod rest;
mod routing;
mod steps;

use std::collections::BTreeMap;

use super::NodeModel;
use super::flow::{self, Chance, Node};
use super::program::{EntryIx, Part, Programs, PubIx, Txn};
use crate::scenario::tree::{Design, EntityIx, FlowIx, NodeIx, Preset, Scenario};

/// The programs of a design, and where each flow's requests enter its home.
pub(super) struct Lowered {
    pub(super) programs: Programs,
    pub(super) homes: Vec<EntryIx>,
    pub(super) gateways: Vec<Vec<(NodeIx, EntryIx)>>,
}

/// Lowers all flows of a scenario for one design.
pub(super) fn lower(
    scenario: &Scenario,
    design: &Design,
    nodes: &[NodeModel],
    flows: &[Vec<Node>],
) -> Lowered {
    let mut lower = Lower::new(scenario, design);
    lower.find_copies(flows);
    let mut homes = Vec::new();
    for (ix, flow) in flows.iter().enumerate() {
        homes.push(lower.flow(FlowIx(ix as u16), flow));
    }
    let gateways = homes.iter().enumerate().map(|(ix, home)| lower.gateways(ix, *home)).collect();
    lower.routing();
    lower.dead_letters();
    lower.programs.make_ready(scenario, nodes);
    Lowered { programs: lower.programs, homes, gateways }
}

/// The assembler and what it has assembled so far.
struct Lower<'a> {
    scenario: &'a Scenario,
    design: &'a Design,
    programs: Programs,
    /// Per publication: what it says of itself.
    said: Vec<routing::Said>,
    /// The flow that is being lowered.
    flow: FlowIx,
    /// Publications that keep local copies up to date.
    copies: BTreeMap<EntityIx, PubIx>,
    /// Publications that invalidate caches.
    caches: BTreeMap<EntityIx, PubIx>,
    /// Are effects taken back whether they are known to be done or not?
    is_blind: bool,
    /// Is what is being assembled part of a best-effort tell?
    best_effort: bool,
    /// Programs that others refer to and that are still to be assembled.
    pending: Vec<Job>,
}

/// What joins the last transaction of some steps.
#[derive(Clone, Copy)]
struct Last<'a> {
    /// Whose steps: names the transaction, if it has to be one of its own.
    path: &'a str,
    join: &'a dyn Fn(&mut Txn),
}

/// Assembles one program.
type Job = Box<dyn FnOnce(&mut Lower<'_>)>;

impl<'a> Lower<'a> {
    fn new(scenario: &'a Scenario, design: &'a Design) -> Self {
        Self {
            scenario,
            design,
            programs: Programs::default(),
            said: Vec::new(),
            flow: FlowIx(0),
            copies: BTreeMap::new(),
            caches: BTreeMap::new(),
            is_blind: false,
            best_effort: false,
            pending: Vec::new(),
        }
    }

    fn flow(&mut self, flow: FlowIx, nodes: &[Node]) -> EntryIx {
        self.flow = flow;
        let home = match self.tells_travel_by(nodes) {
            Preset::Rest => rest::home(self, nodes),
            Preset::PubSub => pubsub::home(self, nodes),
            Preset::Events => events::home(self, nodes),
        };
        while let Some(job) = self.pending.pop() {
            job(self);
        }
        home
    }

    /// The asynchronous route that some tell of these steps takes, if one does.
    fn tells_travel_by(&self, nodes: &[Node]) -> Preset {
        let mut found = Preset::Rest;
        for node in nodes {
            let here = match node {
                Node::Tell(tell) => match self.route(tell.service) {
                    Preset::Rest => self.tells_travel_by(&tell.body),
                    route => route,
                },
                Node::All(branches) => branches
                    .iter()
                    .map(|branch| self.tells_travel_by(branch))
                    .find(|route| *route != Preset::Rest)
                    .unwrap_or(Preset::Rest),
                Node::Maybe { body, .. } => self.tells_travel_by(body),
                Node::Look { .. }
                | Node::Change { .. }
                | Node::Work { .. }
                | Node::Call { .. }
                | Node::Enough(..) => Preset::Rest,
            };
            if here != Preset::Rest {
                found = here;
                break;
            }
        }
        found
    }

    /// How asks and tells to this service travel in the flow at hand.
    fn route(&self, service: NodeIx) -> Preset {
        self.design.route(self.flow, service)
    }
}

/// Distinguishes the draws and inbox rows of an undo from those of what it undoes.
const UNDO: u64 = 0x5555_5555_5555_5555;

/// Bits of all effects of these steps.
fn bits(nodes: &[Node]) -> u64 {
    flow::effects(nodes)
}
