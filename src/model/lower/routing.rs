//! Which queues get what is published, where the broker has rules of its own for that: exchanges with
//! bindings, filter policies. It is worked out here, once; a run follows lists. Knows no rule.
//!
//! Whoever handles a message and is not let have it misses it: its copy goes nowhere. Whoever is let have
//! one that it does not handle spends its overhead on it and acknowledges.

use std::collections::BTreeMap;

use super::super::program::{EntryIx, Instr, PubIx, Publication};
use super::Lower;
use crate::scenario::tree::{EntityIx, FlowIx, NodeIx, Says, Subject};

/// What a publication says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// The flow or the data.
    of: Of,
    /// Who does it, or has done it.
    service: NodeIx,
    says: Says,
}

#[derive(Clone, Copy, Debug)]
enum Of {
    Flow(FlowIx),
    Entity(EntityIx),
}

impl Lower<'_> {
    /// What a message of the flow at hand says of what a service does.
    pub(super) fn says(&self, service: NodeIx, says: Says) -> Said {
        Said { of: Of::Flow(self.flow), service, says }
    }

    /// What a message says when an item has changed.
    pub(super) fn changed(&self, entity: EntityIx) -> Said {
        let service = self.scenario.entities[usize::from(entity.0)].owner;
        Said { of: Of::Entity(entity), service, says: Says::Changed }
    }

    /// Applies the broker's rules to all publications.
    pub(super) fn routing(&mut self) {
        let Some(broker) = self.design.broker else { return };
        let kind = &self.scenario.nodes[usize::from(broker.0)].kind;
        let bound = kind.bound();
        let mut ignored: BTreeMap<NodeIx, EntryIx> = BTreeMap::new();
        for (ix, said) in (0..).zip(self.said.clone()) {
            let from = self.publisher(said);
            let passes = |to| kind.passes(from, &self.subject(said), to);
            let consumer = |channel: u32| self.programs.channels[channel as usize].consumer;
            let publication = &self.programs.publications[ix];
            if !publication.caches.is_empty() {
                continue;
            }
            let all = publication.subscribers.iter().map(|it| consumer(it.channel));
            let all: Vec<NodeIx> = all.collect();
            let keeps: Vec<bool> = all.iter().map(|to| passes(*to) != Some(false)).collect();
            let extra = bound.iter().copied().filter(|to| !all.contains(to));
            let extra: Vec<NodeIx> = extra.filter(|to| passes(*to) == Some(true)).collect();
            self.programs.publications[ix].narrow(&keeps);
            for to in extra {
                let entry = match ignored.get(&to) {
                    Some(entry) => *entry,
                    None => self.as_best_effort(true, |lower| lower.ignores(to)),
                };
                ignored.insert(to, entry);
                self.subscribe(PubIx(ix as u32), Some(from), to, entry);
            }
        }
    }

    /// Who publishes it: a flow's home its commands, else whoever it is about.
    fn publisher(&self, said: Said) -> NodeIx {
        match said.of {
            Of::Flow(flow) if said.says.is_command() => {
                self.scenario.flows[usize::from(flow.0)].home
            }
            _ => said.service,
        }
    }

    fn subject(&self, said: Said) -> Subject<'_> {
        let (is_flow, name) = match said.of {
            Of::Flow(flow) => (true, &self.scenario.flows[usize::from(flow.0)].name),
            Of::Entity(entity) => (false, &self.scenario.entities[usize::from(entity.0)].name),
        };
        Subject { is_flow, name, service: self.node_name(said.service), says: said.says }
    }

    /// What a service does with a message that it does not handle.
    fn ignores(&mut self, service: NodeIx) -> EntryIx {
        let what = format!("{} ignores", self.node_name(service));
        let entry = self.reserve(service, what.clone());
        self.begin(entry);
        self.overhead_work(service, &what);
        self.emit(Instr::End);
        self.on_trouble(entry);
        self.emit(Instr::Return);
        entry
    }
}

impl Publication {
    /// Keeps these of its subscribers; the others miss it.
    fn narrow(&mut self, keeps: &[bool]) {
        let before = self.subscribers.len();
        let mut keeps = keeps.iter();
        self.subscribers.retain(|_| *keeps.next().expect("one for each"));
        self.missed = (before - self.subscribers.len()) as u32;
    }
}
