//! How asks travel: a call to the owner, a cache that messages invalidate, or a local copy that the
//! owner's events keep up to date; and the publications that feed caches and copies.

use super::super::flow::{Demand, Node};
use super::super::program::{EntryIx, Instr, KeyRule, Outgoing, Part, Read, Txn, Write};
use super::{Lower, rest};
use crate::base::name_hash;
use crate::model::FlowIx;
use crate::scenario::tree::{Change, EntityIx, NodeIx, Preset};

impl<'a> Lower<'a> {
    pub(super) fn look(
        &mut self,
        service: NodeIx,
        entity: EntityIx,
        key: KeyRule,
        own: bool,
        name: u64,
    ) {
        let owner = self.scenario.entities[entity.0 as usize].owner;
        if own {
            return self.read(service, entity, key, name);
        }
        let route = self.route(owner);
        if route == Preset::Events {
            let txn = Txn { name, reads: vec![Read { entity, key, copy: true }], ..Txn::default() };
            self.store(service, "read of its copy", txn);
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
    pub(super) fn find_copies(&mut self, flows: &[Vec<Node>]) {
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
                let known = self.copies.get(&entity).copied();
                let publication = known.unwrap_or_else(|| {
                    let label = format!("copies of {}", self.entity_name(entity));
                    self.publication(label, self.changed(entity))
                });
                self.copies.insert(entity, publication);
                let entry = self.copy_entry(entity, at);
                self.subscribe(publication, Some(owner), at, entry);
            } else {
                let known = self.caches.get(&entity).copied();
                let publication = known.unwrap_or_else(|| {
                    let label = format!("caches of {}", self.entity_name(entity));
                    self.publication(label, self.changed(entity))
                });
                self.caches.insert(entity, publication);
                self.programs.publications[publication.0 as usize].caches.push(at);
            }
        }
    }

    pub(super) fn find_asks(
        &self,
        nodes: &[Node],
        at: NodeIx,
        wanted: &mut Vec<(EntityIx, NodeIx, Preset)>,
    ) {
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
                Node::All(branches) | Node::Enough(_, branches) => {
                    for branch in branches {
                        self.find_asks(branch, at, wanted);
                    }
                }
            }
        }
    }

    pub(super) fn entity_name(&self, entity: EntityIx) -> &'a str {
        &self.scenario.entities[entity.0 as usize].name
    }

    /// The consumer that brings a local copy up to date: a worker's overhead and a write.
    pub(super) fn copy_entry(&mut self, entity: EntityIx, at: NodeIx) -> EntryIx {
        let name = format!("copy of {} at {}", self.entity_name(entity), self.node_name(at));
        let entry = self.reserve(at, name.clone());
        self.programs.entries[entry.0 as usize].sees_item = true;
        self.begin(entry);
        let demand = Demand::of(self.overhead(at), name_hash(&format!("{name}/overhead")));
        self.work(&demand);
        let write = Write {
            entity,
            key: KeyRule::Named,
            change: Change::Write,
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
    pub(super) fn feed_copies(&self, txn: &mut Txn) {
        for (place, write) in txn.writes.iter().enumerate() {
            if let Some(publication) = self.copies.get(&write.entity) {
                txn.outbox.push(Outgoing {
                    publication: *publication,
                    write: Some(place as u8),
                    when_refused: false,
                });
            }
        }
    }

    /// Publishes, after the commit and without waiting, that cached items have changed.
    pub(super) fn invalidate(&mut self, writes: &[Write]) {
        for write in writes {
            if let Some(publication) = self.caches.get(&write.entity).copied() {
                self.emit(Instr::Invalidate { publication, entity: write.entity, key: write.key });
            }
        }
    }
}
