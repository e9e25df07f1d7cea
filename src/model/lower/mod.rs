//! Lowering: from flows and a design to flat programs. What all three designs share lives here: the
//! assembler, the steps that a service does by itself, calls, and taking back; how tells travel is
//! in [`rest`], [`pubsub`] and [`events`], one file each.

mod events;
mod plan;
mod pubsub;
mod rest;

use std::collections::BTreeMap;

use super::flow::{self, Chance, Demand, Node};
use super::program::{
    Act, Channel, Entry, EntryIx, Instr, KeyRule, Part, Pc, Programs, PubIx, Publication, Read,
    Row, Subscriber, Txn, TxnIx, Write,
};
use crate::base::{Dist, name_hash};
use crate::scenario::tree::{
    Design, EntityIx, FlowIx, NodeIx, NodeKind, PolicyIx, Preset, Scenario,
};

/// The programs of a design, and where each flow's requests enter its home.
pub(super) struct Lowered {
    pub(super) programs: Programs,
    pub(super) homes: Vec<EntryIx>,
    pub(super) gateways: Vec<Vec<(NodeIx, EntryIx)>>,
}

/// Lowers all flows of a scenario for one design.
pub(super) fn lower(scenario: &Scenario, design: &Design, flows: &[Vec<Node>]) -> Lowered {
    let mut lower = Lower::new(scenario, design);
    lower.find_copies(flows);
    let mut homes = Vec::new();
    for (ix, nodes) in flows.iter().enumerate() {
        homes.push(lower.flow(FlowIx(ix as u16), nodes));
    }
    let gateways = homes.iter().enumerate().map(|(ix, home)| lower.gateways(ix, *home)).collect();
    Lowered { programs: lower.programs, homes, gateways }
}

/// The assembler and what it has assembled so far.
struct Lower<'a> {
    scenario: &'a Scenario,
    design: &'a Design,
    programs: Programs,
    /// The flow that is being lowered.
    flow: FlowIx,
    /// Publications that keep local copies up to date.
    copies: BTreeMap<EntityIx, PubIx>,
    /// Publications that invalidate caches.
    caches: BTreeMap<EntityIx, PubIx>,
    /// Are effects taken back whether they are known to be done or not?
    is_blind: bool,
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
            flow: FlowIx(0),
            copies: BTreeMap::new(),
            caches: BTreeMap::new(),
            is_blind: false,
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
                Node::Look { .. } | Node::Change { .. } | Node::Work { .. } | Node::Call { .. } => {
                    Preset::Rest
                }
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

    // -- the assembler ---------------------------------------------------------------------------

    fn here(&self) -> Pc {
        Pc(self.programs.code.len() as u32)
    }

    fn emit(&mut self, instr: Instr) -> Pc {
        let pc = self.here();
        self.programs.code.push(instr);
        pc
    }

    /// Lets the jump at `pc` go on here.
    fn land(&mut self, pc: Pc) {
        let here = self.here();
        match &mut self.programs.code[pc.0 as usize] {
            Instr::Maybe { to, .. } | Instr::IfDone { to, .. } | Instr::Jump { to } => *to = here,
            Instr::Store { idle, .. } => *idle = here,
            other => unreachable!("{other:?} does not jump"),
        }
    }

    fn label(&self, what: &str) -> String {
        format!("{}: {what}", self.scenario.flows[self.flow.0 as usize].name)
    }

    fn node_name(&self, node: NodeIx) -> &'a str {
        &self.scenario.nodes[node.0 as usize].name
    }

    /// An entry at `node` whose program is assembled by `job`, once the one at hand is complete.
    fn later(
        &mut self,
        node: NodeIx,
        label: String,
        job: impl FnOnce(&mut Lower<'_>, EntryIx) + 'static,
    ) -> EntryIx {
        let entry = self.reserve(node, label);
        self.pending.push(Box::new(move |lower| job(lower, entry)));
        entry
    }

    /// An entry at `node` whose program comes later.
    fn reserve(&mut self, node: NodeIx, label: String) -> EntryIx {
        let entry = EntryIx(self.programs.entries.len() as u32);
        let nowhere = Pc(u32::MAX);
        let act = Act::Run { start: nowhere, refused: nowhere, failed: nowhere };
        self.programs.entries.push(Entry { node, label, sees_item: false, act });
        entry
    }

    /// What is emitted next is the program of `entry`.
    fn begin(&mut self, entry: EntryIx) {
        let start = self.here();
        self.programs.entries[entry.0 as usize].act =
            Act::Run { start, refused: start, failed: start };
    }

    /// What is emitted next is done when the task was refused.
    fn on_refused(&mut self, entry: EntryIx) {
        let here = self.here();
        if let Act::Run { refused, .. } = &mut self.programs.entries[entry.0 as usize].act {
            *refused = here;
        }
    }

    /// What is emitted next is done when the task failed.
    fn on_failed(&mut self, entry: EntryIx) {
        self.on_failed_at(entry, self.here());
    }

    /// A failed task goes on there.
    fn on_failed_at(&mut self, entry: EntryIx, there: Pc) {
        if let Act::Run { failed, .. } = &mut self.programs.entries[entry.0 as usize].act {
            *failed = there;
        }
    }

    /// What is emitted next is done when the task was refused, or failed.
    fn on_trouble(&mut self, entry: EntryIx) {
        self.on_refused(entry);
        self.on_failed(entry);
    }

    fn transaction(&mut self, store: NodeIx, label: String, txn: Txn) -> EntryIx {
        let ix = TxnIx(self.programs.transactions.len() as u32);
        self.programs.transactions.push(txn);
        let entry = EntryIx(self.programs.entries.len() as u32);
        let act = Act::Transact(ix);
        self.programs.entries.push(Entry { node: store, label, sees_item: false, act });
        entry
    }

    // -- tables ----------------------------------------------------------------------------------

    fn store_of(&self, service: NodeIx) -> Option<NodeIx> {
        match &self.scenario.nodes[service.0 as usize].kind {
            NodeKind::Service(service) => service.store,
            _ => None,
        }
    }

    fn overhead(&self, service: NodeIx) -> Dist {
        match &self.scenario.nodes[service.0 as usize].kind {
            NodeKind::Service(service) => service.overhead.clone(),
            _ => Dist::Const(0.0),
        }
    }

    fn broker(&self) -> NodeIx {
        self.design.broker.expect("the scenario layer wants a broker where messages need one")
    }

    /// The policy of calls to `to`: its own, else the class's.
    fn policy(&self, class: &str, to: NodeIx) -> Option<PolicyIx> {
        let own = match &self.scenario.nodes[to.0 as usize].kind {
            NodeKind::Gateway(gateway) => gateway.policy,
            NodeKind::Service(service) => service.policy,
            NodeKind::Database(database) => database.policy,
            NodeKind::Client(_) | NodeKind::Queue(_) | NodeKind::Log(_) => None,
        };
        own.or_else(|| class_policy(self.scenario, class))
    }

    /// The channel at the broker into which `producer` publishes for `consumer`.
    fn channel(&mut self, producer: Option<NodeIx>, consumer: NodeIx) -> u32 {
        let channel = Channel { broker: self.broker(), consumer, producer };
        let found = self.programs.channels.iter().position(|known| *known == channel);
        let ix = found.unwrap_or_else(|| {
            self.programs.channels.push(channel);
            self.programs.channels.len() - 1
        });
        ix as u32
    }

    /// A publication that nobody has subscribed to yet.
    fn publication(&mut self, label: String) -> PubIx {
        let ix = PubIx(self.programs.publications.len() as u32);
        let broker = self.broker();
        self.programs.publications.push(Publication {
            broker,
            label,
            subscribers: Vec::new(),
            caches: Vec::new(),
        });
        ix
    }

    fn subscribe(
        &mut self,
        publication: PubIx,
        producer: Option<NodeIx>,
        consumer: NodeIx,
        entry: EntryIx,
    ) {
        let channel = self.channel(producer, consumer);
        self.programs.publications[publication.0 as usize]
            .subscribers
            .push(Subscriber { channel, entry });
    }

    // -- what a service does by itself -------------------------------------------------------------

    fn work(&mut self, demand: &Demand) {
        if demand.dist != Dist::Const(0.0) {
            self.emit(Instr::Work { dist: demand.dist.clone(), name: demand.name });
        }
    }

    /// Worker time for a message that carries no step of the business.
    fn overhead_work(&mut self, service: NodeIx, what: &str) {
        let name = name_hash(&format!("{}/{what}/overhead", self.label("")));
        let demand = Demand { dist: self.overhead(service), name };
        self.work(&demand);
    }

    fn refuse(&mut self, chance: Chance) {
        if chance.probability > 0.0 {
            self.emit(Instr::Refuse { probability: chance.probability, name: chance.name });
        }
    }

    /// These steps at `service`, with tells as calls. `last` joins the last transaction, if the
    /// steps end in one (else it becomes one of its own).
    fn steps(&mut self, nodes: &[Node], service: NodeIx, last: Option<Last<'_>>) {
        let mut last = last;
        for (place, node) in nodes.iter().enumerate() {
            match node {
                Node::Look { entity, key, need, own, name } => {
                    self.look(service, *entity, *key, *own, *name);
                    if let Some(least) = need {
                        self.emit(Instr::Need { least: *least });
                    }
                }
                Node::Change { name, changes } => {
                    let last = if place + 1 == nodes.len() { last.take() } else { None };
                    self.change(service, *name, changes, last);
                }
                Node::Work { dist, name } => {
                    self.work(&Demand { dist: dist.clone(), name: *name });
                }
                Node::Tell(tell) => rest::tell(self, tell),
                Node::Call { service: callee, demand, body } => {
                    let entry = rest::question(self, *callee, demand, body);
                    let policy = self.policy("call", *callee);
                    self.emit(Instr::Call {
                        entry,
                        policy,
                        effects: 0,
                        unknown_is_done: false,
                        best_effort: false,
                    });
                }
                Node::All(branches) => self.fork(branches.len(), |lower, branch| {
                    lower.steps(&branches[branch], service, None);
                }),
                Node::Maybe { chance, body } => {
                    let Chance { probability, name } = *chance;
                    let skip = self.emit(Instr::Maybe { probability, name, to: Pc::default() });
                    self.steps(body, service, None);
                    self.land(skip);
                }
            }
        }
        if let Some(Last { path, join }) = last {
            let name = name_hash(&format!("{path}/row"));
            let mut txn = Txn { name, dedup: self.design.dedup, ..Txn::default() };
            join(&mut txn);
            self.store(service, "row", txn);
        }
    }

    fn fork(&mut self, branches: usize, mut emit: impl FnMut(&mut Self, usize)) {
        let fork = self.emit(Instr::Fork { branches: Vec::new() });
        let over = self.emit(Instr::Jump { to: Pc::default() });
        let mut starts = Vec::new();
        for branch in 0..branches {
            starts.push(self.here());
            emit(self, branch);
            self.emit(Instr::Join);
        }
        self.land(over);
        self.programs.code[fork.0 as usize] = Instr::Fork { branches: starts };
    }

    /// Runs a transaction at the service's store; returns where its `idle` can be patched.
    fn store(&mut self, service: NodeIx, what: &str, txn: Txn) -> Pc {
        let store =
            self.store_of(service).expect("the scenario layer wants a store where data is kept");
        let effects = txn
            .writes
            .iter()
            .filter(|write| write.part == Part::Do)
            .map(|write| 1 << write.effect)
            .sum();
        let writes = !txn.writes.is_empty();
        let label = self.label(&format!("{} {what}", self.node_name(store)));
        let entry = self.transaction(store, label, txn);
        let policy = self.policy("store", store);
        let next = Pc(self.here().0 + 1);
        self.emit(Instr::Store { entry, policy, effects, writes, idle: next })
    }

    fn change(
        &mut self,
        service: NodeIx,
        name: u64,
        changes: &[(Write, Option<Write>)],
        last: Option<Last<'_>>,
    ) {
        let writes: Vec<Write> = changes.iter().map(|(write, _)| *write).collect();
        let mut txn = Txn { name, writes, dedup: self.design.dedup, ..Txn::default() };
        self.feed_copies(&mut txn);
        if let Some(last) = last {
            (last.join)(&mut txn);
        }
        let changed = txn.writes.clone();
        self.store(service, "commit", txn);
        self.invalidate(&changed);
    }

    /// A transaction that takes these changes back, newest first; `None` if nothing has an undo.
    fn undo_of(&self, name: u64, changes: &[(Write, Option<Write>)]) -> Option<Txn> {
        let writes: Vec<Write> = changes.iter().rev().filter_map(|(_, undo)| *undo).collect();
        if writes.is_empty() {
            return None;
        }
        let mut txn = Txn { name: name ^ UNDO, writes, dedup: self.design.dedup, ..Txn::default() };
        self.feed_copies(&mut txn);
        Some(txn)
    }

    fn undo_change(&mut self, service: NodeIx, name: u64, changes: &[(Write, Option<Write>)]) {
        let Some(txn) = self.undo_of(name, changes) else {
            return;
        };
        let effects =
            txn.writes.iter().map(|write| 1u64 << write.effect).fold(0, |all, bit| all | bit);
        let changed = txn.writes.clone();
        let skip =
            (!self.is_blind).then(|| self.emit(Instr::IfDone { effects, to: Pc::default() }));
        self.store(service, "undo", txn);
        self.invalidate(&changed);
        if let Some(skip) = skip {
            self.land(skip);
        }
    }

    /// Takes these steps at `service` back, in reverse order, as far as they are done.
    fn undo_steps(&mut self, nodes: &[Node], service: NodeIx) {
        for node in nodes.iter().rev() {
            match node {
                Node::Look { .. } | Node::Work { .. } | Node::Call { .. } => {}
                Node::Change { name, changes } => self.undo_change(service, *name, changes),
                Node::Tell(tell) => rest::undo_tell(self, tell),
                Node::Maybe { body, .. } => self.undo_steps(body, service),
                Node::All(branches) => {
                    for branch in branches.iter().rev() {
                        self.undo_steps(branch, service);
                    }
                }
            }
        }
    }

    // -- reading -----------------------------------------------------------------------------------

    fn look(&mut self, service: NodeIx, entity: EntityIx, key: KeyRule, own: bool, name: u64) {
        let owner = self.scenario.entities[entity.0 as usize].owner;
        let route = if own { Preset::Rest } else { self.route(owner) };
        if own || route == Preset::Events {
            let txn = Txn { name, reads: vec![Read { entity, key, copy: !own }], ..Txn::default() };
            self.store(service, if own { "read" } else { "read of its copy" }, txn);
            return;
        }
        let entry = rest::read_at_owner(self, owner, entity, key, name);
        let policy = self.policy("call", owner);
        if route == Preset::PubSub && self.design.cache.is_some() {
            self.emit(Instr::Cached { entity, key, entry, policy });
        } else {
            self.emit(Instr::Call {
                entry,
                policy,
                effects: 0,
                unknown_is_done: false,
                best_effort: false,
            });
        }
    }

    /// Finds which entities are copied or cached where, and makes the publications that feed them.
    fn find_copies(&mut self, flows: &[Vec<Node>]) {
        let mut wanted: Vec<(EntityIx, NodeIx, Preset)> = Vec::new();
        for (ix, nodes) in flows.iter().enumerate() {
            self.flow = FlowIx(ix as u16);
            let home = self.scenario.flows[ix].home;
            self.find_asks(nodes, home, &mut wanted);
        }
        wanted.sort_unstable_by_key(|(entity, at, route)| (*entity, *at, *route == Preset::Events));
        wanted.dedup();
        for (entity, at, route) in wanted {
            let owner = self.scenario.entities[entity.0 as usize].owner;
            if route == Preset::Events {
                let publication = match self.copies.get(&entity) {
                    Some(publication) => *publication,
                    None => self.publication(format!("copies of {}", self.entity_name(entity))),
                };
                self.copies.insert(entity, publication);
                let entry = self.copy_entry(entity, at);
                self.subscribe(publication, Some(owner), at, entry);
            } else {
                let publication = match self.caches.get(&entity) {
                    Some(publication) => *publication,
                    None => self.publication(format!("caches of {}", self.entity_name(entity))),
                };
                self.caches.insert(entity, publication);
                self.programs.publications[publication.0 as usize].caches.push(at);
            }
        }
    }

    fn find_asks(&self, nodes: &[Node], at: NodeIx, wanted: &mut Vec<(EntityIx, NodeIx, Preset)>) {
        for node in nodes {
            match node {
                Node::Look { entity, own: false, .. } => {
                    let owner = self.scenario.entities[entity.0 as usize].owner;
                    match self.route(owner) {
                        Preset::Rest => {}
                        Preset::PubSub if self.design.cache.is_none() => {}
                        route => wanted.push((*entity, at, route)),
                    }
                }
                Node::Look { .. } | Node::Change { .. } | Node::Work { .. } => {}
                Node::Tell(tell) => self.find_asks(&tell.body, tell.service, wanted),
                Node::Call { service, body, .. } => self.find_asks(body, *service, wanted),
                Node::Maybe { body, .. } => self.find_asks(body, at, wanted),
                Node::All(branches) => {
                    for branch in branches {
                        self.find_asks(branch, at, wanted);
                    }
                }
            }
        }
    }

    fn entity_name(&self, entity: EntityIx) -> &'a str {
        &self.scenario.entities[entity.0 as usize].name
    }

    /// The consumer that brings a local copy up to date: a worker's overhead and a write.
    fn copy_entry(&mut self, entity: EntityIx, at: NodeIx) -> EntryIx {
        let name = format!("copy of {} at {}", self.entity_name(entity), self.node_name(at));
        let entry = self.reserve(at, name.clone());
        self.programs.entries[entry.0 as usize].sees_item = true;
        self.begin(entry);
        let demand =
            Demand { dist: self.overhead(at), name: name_hash(&format!("{name}/overhead")) };
        self.work(&demand);
        let write = Write {
            entity,
            key: KeyRule::Named,
            change: crate::scenario::tree::Change::Write,
            effect: 0,
            part: Part::Copy,
        };
        let txn = Txn { name: name_hash(&name), writes: vec![write], ..Txn::default() };
        self.store(at, &name, txn);
        self.emit(Instr::End);
        self.on_trouble(entry);
        self.emit(Instr::Return);
        entry
    }

    /// Appends to a transaction's outbox what local copies of its items need.
    fn feed_copies(&self, txn: &mut Txn) {
        for (place, write) in txn.writes.iter().enumerate() {
            if let Some(publication) = self.copies.get(&write.entity) {
                txn.outbox.push(super::program::Outgoing {
                    publication: *publication,
                    write: Some(place as u8),
                    when_refused: false,
                });
            }
        }
    }

    /// Publishes, after the commit and without waiting, that cached items have changed.
    fn invalidate(&mut self, writes: &[Write]) {
        for write in writes {
            if let Some(publication) = self.caches.get(&write.entity).copied() {
                self.emit(Instr::Invalidate { publication, entity: write.entity, key: write.key });
            }
        }
    }

    // -- gateways ----------------------------------------------------------------------------------

    /// The entries of a flow at every gateway: route it, pass the answer back.
    fn gateways(&mut self, flow: usize, home: EntryIx) -> Vec<(NodeIx, EntryIx)> {
        self.flow = FlowIx(flow as u16);
        let scenario = self.scenario;
        let mut entries = Vec::new();
        for (ix, node) in scenario.nodes.iter().enumerate() {
            let NodeKind::Gateway(gateway) = &node.kind else {
                continue;
            };
            let at = NodeIx(ix as u16);
            let entry = self.reserve(at, self.label(&node.name));
            self.begin(entry);
            let name = name_hash(&format!("{}/{}/work", scenario.flows[flow].name, node.name));
            self.work(&Demand { dist: gateway.work.clone(), name });
            let policy = self.policy("call", scenario.flows[flow].home);
            let all = !0;
            self.emit(Instr::Call {
                entry: home,
                policy,
                effects: all,
                unknown_is_done: false,
                best_effort: false,
            });
            self.work(&Demand { dist: gateway.answer_work.clone(), name: name ^ UNDO });
            self.emit(Instr::Answer);
            self.emit(Instr::End);
            self.on_trouble(entry);
            self.emit(Instr::Answer);
            self.emit(Instr::End);
            entries.push((at, entry));
        }
        entries
    }

    /// Ends a flow's row.
    fn finish_row(&mut self, home: NodeIx) {
        let txn = Txn {
            name: name_hash(&self.label("finish")),
            row: Some(Row::Finish),
            dedup: false,
            ..Txn::default()
        };
        self.store(home, "saga", txn);
    }
}

/// Distinguishes the draws and inbox rows of an undo from those of what it undoes.
const UNDO: u64 = 0x5555_5555_5555_5555;

/// The default policy of a class of calls, if the scenario declares one.
pub(super) fn class_policy(scenario: &Scenario, class: &str) -> Option<PolicyIx> {
    let found = scenario.policies.iter().position(|policy| policy.name == class);
    found.map(|ix| PolicyIx(ix as u16))
}

/// Bits of all effects of these steps.
fn bits(nodes: &[Node]) -> u64 {
    flow::effects(nodes)
}
