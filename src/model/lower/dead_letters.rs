//! What a service does that consumes a broker's dead letters: it spends its worker time on each.

use super::super::flow::Demand;
use super::super::program::{Instr, Subscriber};
use super::Lower;
use crate::base::name_hash;

impl Lower<'_> {
    /// The queue of dead letters at the design's broker, if anybody consumes it.
    pub(super) fn dead_letters(&mut self) {
        let Some(broker) = self.design.broker else { return };
        let nodes = &self.scenario.nodes;
        let terms = nodes[usize::from(broker.0)].kind.terms();
        let Some(service) = terms.and_then(|terms| terms.dead_letters) else { return };
        let label = format!("{}: dead letters", self.node_name(broker));
        let work = nodes[usize::from(service.0)].kind.work();
        let name = name_hash(&format!("{label}/work"));
        let entry = self.reserve(service, label);
        self.begin(entry);
        self.work(&Demand::of(work, name));
        self.emit(Instr::End);
        self.on_trouble(entry);
        self.emit(Instr::Return);
        let channel = self.channel(Some(broker), service);
        self.programs.dead_letters = Some(Subscriber { channel, entry });
    }
}
