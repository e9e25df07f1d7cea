//! The names that a scenario declares, collected before anything is read that refers to them, and
//! the facts that later parts need about earlier ones.

use super::codes::Code;
use super::kinds::{Role, Use};
use super::nearest::nearest;
use super::reader::Reader;
use super::source::Extent;
use super::syntax::Value;
use super::tree::{EntityIx, FlowIx, NodeIx, PolicyIx};

/// A declared thing.
#[derive(Clone, Debug)]
pub(super) struct Declared<'a, F> {
    /// Its name.
    pub name: &'a str,
    /// Where the name stands.
    pub at: Extent,
    /// What is said about it.
    pub value: &'a Value,
    /// What others need to know about it.
    pub fact: F,
}

/// What others need to know about a node.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub(super) struct NodeFact {
    /// What it is, if that could be read.
    pub role: Option<Role>,
    /// Running copies.
    pub instances: u32,
    /// A service with a store (also where the store could not be read).
    pub store: bool,
    /// That store, if it is a quorum: it takes blind writes, and nothing else.
    pub quorum: Option<NodeIx>,
    /// Its instances register somewhere.
    pub registers: bool,
    /// It returns to their publishers what it can route nowhere.
    pub returns: bool,
    /// Its consumers publish in transactions.
    pub transactional: bool,
    /// It is a log that is compacted.
    pub compacts: bool,
    /// It acknowledges nothing, so nobody hears of what it refuses.
    pub forgets: bool,
    /// A client whose customers wait for each other.
    pub closed: bool,
}

/// What others need to know about an entity.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EntityFact {
    /// The owner, if it could be read.
    pub owner: Option<NodeIx>,
    /// Does it start as a number?
    pub numeric: bool,
}

/// That somebody needs data of somebody else.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskFact {
    /// In which flow.
    pub flow: FlowIx,
    /// Who asks.
    pub asker: NodeIx,
    /// Whom.
    pub owner: NodeIx,
    /// Where.
    pub at: Extent,
}

/// That a flow goes on when several tells that run together have ended.
#[derive(Clone, Debug)]
pub(super) struct JoinFact {
    /// In which flow.
    pub flow: FlowIx,
    /// Its home.
    pub home: NodeIx,
    /// Who is told.
    pub told: Vec<NodeIx>,
    /// Who goes on.
    pub next: Vec<Next>,
}

/// Somebody who goes on.
#[derive(Clone, Debug)]
pub(super) struct Next {
    /// Who.
    pub who: NodeIx,
    /// Whom it tells, if nobody waits for it: where it is called by the home, they go on by themselves.
    pub tells: Vec<NodeIx>,
}

/// What the scenario declares. The first three are sorted by name, so that positions are indices.
#[derive(Debug, Default)]
pub(super) struct Known<'a> {
    /// Nodes.
    pub nodes: Vec<Declared<'a, NodeFact>>,
    /// Entities.
    pub entities: Vec<Declared<'a, EntityFact>>,
    /// Flows.
    pub flows: Vec<Declared<'a, ()>>,
    /// Policies in file order; the fact is whether one is used.
    pub policies: Vec<Declared<'a, bool>>,
    /// All asks of all flows.
    pub asks: Vec<AskFact>,
    /// All joins of all flows.
    pub joins: Vec<JoinFact>,
    /// Who is asked, told or called in which flow.
    pub edges: Vec<(FlowIx, NodeIx)>,
    /// Steps that were written out once more for each time.
    pub written_out: usize,
}

impl<'a> Known<'a> {
    /// A node's name.
    pub(super) fn node_name(&self, node: NodeIx) -> &'a str {
        self.nodes[node.0 as usize].name
    }

    /// What is known about a node.
    pub(super) fn node(&self, node: NodeIx) -> NodeFact {
        self.nodes[node.0 as usize].fact
    }

    /// The nodes that others can use so.
    pub(super) fn that_are(&self, wanted: Use) -> impl Iterator<Item = NodeIx> {
        let is_wanted = move |role: Role| role.about().is(wanted);
        let nodes = (0..).map(NodeIx).zip(&self.nodes);
        nodes.filter(move |(_, node)| node.fact.role.is_some_and(is_wanted)).map(|(ix, _)| ix)
    }
}

/// In a list that is sorted by name.
fn find<F>(list: &[Declared<'_, F>], name: &str) -> Option<u16> {
    list.binary_search_by_key(&name, |declared| declared.name).ok().map(|index| index as u16)
}

/// So many names are compared in search of suggestions.
const COMPARED: usize = 1_000_000;

/// What a name that is not declared may have meant: something that fits, if there is anything.
fn unknown<F>(
    list: &[Declared<'_, F>],
    what: &str,
    name: &str,
    mistakes: usize,
    fits: impl Fn(&F) -> bool,
) -> String {
    if mistakes.saturating_mul(list.len()) > COMPARED {
        return format!("it must be one of the {} {what} that the scenario declares", list.len());
    }
    let fitting = list.iter().filter(|declared| fits(&declared.fact));
    let mut names: Vec<&str> = fitting.map(|declared| declared.name).collect();
    let mut which = if names.len() < list.len() { " that it can be" } else { "" };
    if names.is_empty() {
        names.extend(list.iter().map(|declared| declared.name));
        which = "";
    }
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None if names.is_empty() => format!("the scenario declares no {what}"),
        None if names.len() > 12 => {
            format!("it must be one of the {} {what} that the scenario declares", list.len())
        }
        None => format!("the {what}{which} are {}", names.join(", ")),
    }
}

impl<'a> Reader<'a> {
    /// The things a map declares, in file order, their names checked.
    pub(super) fn declare<F: Default>(
        &mut self,
        value: Option<&'a Value>,
        what: &'static str,
    ) -> Vec<Declared<'a, F>> {
        let Some(value) = value else {
            return Vec::new();
        };
        let mut declared: Vec<Declared<'a, F>> = Vec::new();
        for (name, at, value) in self.entries(value, what) {
            self.check_name(name, at);
            if declared.len() == usize::from(u16::MAX) {
                self.wrong(Code::OutOfRange, at, format!("more than {} {what}", u16::MAX));
                break;
            }
            declared.push(Declared { name, at, value, fact: F::default() });
        }
        declared
    }

    /// The node that a name refers to, of one of the given roles (any, if none is given).
    pub(super) fn node(&mut self, value: &'a Value, wanted: &[Role]) -> Option<NodeIx> {
        let (name, at) = self.text(value)?;
        self.node_named(name, at, wanted)
    }

    /// The node of this name, of one of the given roles (any, if none is given).
    pub(super) fn node_named(&mut self, name: &str, at: Extent, wanted: &[Role]) -> Option<NodeIx> {
        let Some(index) = find(&self.known.nodes, name) else {
            let fits = |fact: &NodeFact| {
                wanted.is_empty() || fact.role.is_none_or(|role| wanted.contains(&role))
            };
            let help = unknown(&self.known.nodes, "nodes", name, self.mistakes.len(), fits);
            self.wrong(Code::UnknownName, at, format!("there is no node {name:?}")).help(help);
            return None;
        };
        let node = &self.known.nodes[index as usize];
        let (role, declared_at) = (node.fact.role?, node.at);
        if wanted.is_empty() || wanted.contains(&role) {
            return Some(NodeIx(index));
        }
        let allowed: Vec<&str> = wanted.iter().map(|role| role.about().phrase).collect();
        let message =
            format!("{name:?} is {}; expected {}", role.about().phrase, allowed.join(" or "));
        self.wrong(Code::WrongNode, at, message).note(declared_at, "declared here");
        None
    }

    /// The entity that a name refers to.
    pub(super) fn entity(&mut self, value: &'a Value) -> Option<EntityIx> {
        let (name, at) = self.text(value)?;
        let found = find(&self.known.entities, name);
        if found.is_none() {
            let help =
                unknown(&self.known.entities, "entities", name, self.mistakes.len(), |_| true);
            self.wrong(Code::UnknownName, at, format!("there is no entity {name:?}")).help(help);
        }
        found.map(EntityIx)
    }

    /// The flow that a name refers to.
    pub(super) fn flow(&mut self, value: &'a Value) -> Option<FlowIx> {
        let (name, at) = self.text(value)?;
        self.flow_named(name, at)
    }

    /// The flow of this name.
    pub(super) fn flow_named(&mut self, name: &str, at: Extent) -> Option<FlowIx> {
        let found = find(&self.known.flows, name);
        if found.is_none() {
            let help = unknown(&self.known.flows, "flows", name, self.mistakes.len(), |()| true);
            self.wrong(Code::UnknownName, at, format!("there is no flow {name:?}")).help(help);
        }
        found.map(FlowIx)
    }

    /// The policy that a name refers to.
    pub(super) fn policy(&mut self, value: &'a Value) -> Option<PolicyIx> {
        let (name, at) = self.text(value)?;
        if let Some(index) = self.known.policies.iter().position(|policy| policy.name == name) {
            self.known.policies[index].fact = true;
            return Some(PolicyIx(index as u16));
        }
        let help = unknown(&self.known.policies, "policies", name, self.mistakes.len(), |_| true);
        self.wrong(Code::UnknownName, at, format!("there is no policy {name:?}")).help(help);
        None
    }
}
