//! What a service does by itself, between two messages: work, transactions, branches, and taking
//! back what it did.

use super::super::flow::{Chance, Demand, Node};
use super::super::program::{Instr, Makes, Part, Pc, Row, Txn, Write};
use super::{Last, Lower, UNDO, rest};
use crate::base::{Dist, name_hash};
use crate::scenario::tree::{Fails, NodeIx};

/// Tells who fails from how long the work takes.
const FAILS: u64 = 0x4444_4444_4444_4444;

impl Lower<'_> {
    pub(super) fn work(&mut self, demand: &Demand) {
        if demand.dist != Dist::Const(0.0) {
            self.emit(Instr::Work { dist: demand.dist.clone(), name: demand.name });
        }
        if let Some(Fails { share, restart }) = demand.fails.filter(|fails| fails.share > 0.0) {
            let name = demand.name ^ FAILS;
            self.emit(Instr::Fail { probability: share, name, restart });
        }
    }

    /// Worker time for a message that carries no step of the business.
    pub(super) fn overhead_work(&mut self, service: NodeIx, what: &str) {
        let name = name_hash(&format!("{}/{what}/overhead", self.label("")));
        let demand = Demand::of(self.overhead(service), name);
        self.work(&demand);
    }

    pub(super) fn refuse(&mut self, chance: Chance) {
        if chance.probability > 0.0 {
            self.emit(Instr::Refuse { probability: chance.probability, name: chance.name });
        }
    }

    /// These steps at `service`, with tells as calls. `last` joins the last transaction, if the
    /// steps end in one (else it becomes one of its own).
    pub(super) fn steps(&mut self, nodes: &[Node], service: NodeIx, last: Option<Last<'_>>) {
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
                    self.work(&Demand::of(dist.clone(), *name));
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
                Node::Enough(enough, branches) => {
                    let fork = self.here();
                    self.fork(branches.len(), |lower, branch| {
                        lower.steps(&branches[branch], service, None);
                    });
                    self.is_enough(fork, *enough);
                }
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

    pub(super) fn fork(&mut self, branches: usize, mut emit: impl FnMut(&mut Self, usize)) {
        let fork = self.emit(Instr::Fork { branches: Vec::new(), enough: None });
        let over = self.emit(Instr::Jump { to: Pc::default() });
        let mut starts = Vec::new();
        for branch in 0..branches {
            starts.push(self.here());
            emit(self, branch);
            self.emit(Instr::Join);
        }
        self.land(over);
        self.programs.code[fork.0 as usize] = Instr::Fork { branches: starts, enough: None };
    }

    /// So many branches done are enough for this fork.
    fn is_enough(&mut self, fork: Pc, least: u32) {
        if let Instr::Fork { enough, .. } = &mut self.programs.code[fork.0 as usize] {
            *enough = Some(least);
        }
    }

    /// Runs a transaction at the service's store; returns where its `idle` can be patched.
    pub(super) fn store(&mut self, service: NodeIx, what: &str, txn: Txn) -> Pc {
        let changed = self.cached_writes(service, &txn);
        let store =
            self.store_of(service).expect("the scenario layer wants a store where data is kept");
        let effects = txn
            .writes
            .iter()
            .filter(|write| write.part == Part::Do)
            .map(|write| 1 << write.effect)
            .sum();
        let makes = Makes::of(&txn.writes);
        let label = self.label(&format!("{} {what}", self.node_name(store)));
        let entry = self.transaction(store, label, txn);
        let policy = self.policy("store", store);
        let next = Pc(self.here().0 + 1);
        let at = self.emit(Instr::Store { entry, policy, effects, makes, idle: next });
        self.tell_cache(service, &changed);
        at
    }

    pub(super) fn change(
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
        let is_taken_back = changes.iter().any(|(_, undo)| undo.is_some());
        if is_taken_back || !self.takes_behind(service, &txn) {
            self.store(service, "commit", txn);
        }
        self.invalidate(&changed);
    }

    /// A transaction that takes these changes back, newest first; `None` if nothing has an undo.
    pub(super) fn undo_of(&self, name: u64, changes: &[(Write, Option<Write>)]) -> Option<Txn> {
        let writes: Vec<Write> = changes.iter().rev().filter_map(|(_, undo)| *undo).collect();
        if writes.is_empty() {
            return None;
        }
        let mut txn = Txn { name: name ^ UNDO, writes, dedup: self.design.dedup, ..Txn::default() };
        self.feed_copies(&mut txn);
        Some(txn)
    }

    pub(super) fn undo_change(
        &mut self,
        service: NodeIx,
        name: u64,
        changes: &[(Write, Option<Write>)],
    ) {
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
    pub(super) fn undo_steps(&mut self, nodes: &[Node], service: NodeIx) {
        for node in nodes.iter().rev() {
            match node {
                Node::Look { .. } | Node::Work { .. } | Node::Call { .. } | Node::Enough(..) => {}
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

    /// Ends a flow's row.
    pub(super) fn finish_row(&mut self, home: NodeIx) {
        let txn = Txn {
            name: name_hash(&self.label("finish")),
            row: Some(Row::Finish),
            dedup: false,
            ..Txn::default()
        };
        self.store(home, "saga", txn);
    }
}
