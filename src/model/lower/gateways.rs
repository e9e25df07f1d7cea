//! Gateways: route a request to its home, pass the answer back.

use super::super::flow::Demand;
use super::super::program::{Command, EntryIx, Instr};
use super::{Lower, UNDO};
use crate::base::name_hash;
use crate::scenario::tree::{FlowIx, NodeIx, NodeKind, SharedCount};

impl Lower<'_> {
    /// The entries of a flow at every gateway: route it, pass the answer back.
    pub(super) fn gateways(&mut self, flow: usize, home: EntryIx) -> Vec<(NodeIx, EntryIx)> {
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
            self.hold_key(entry);
            if let Some(shared) = gateway.limit.as_ref().and_then(|limit| limit.shared) {
                let SharedCount { at: cache, fault_tolerant } = shared;
                let policy = self.policy("store", cache);
                let entry = self.command(cache, "admit", Command::Admit(at));
                self.emit(Instr::Admit { entry, policy, fault_tolerant });
            }
            let name = name_hash(&format!("{}/{}/work", scenario.flows[flow].name, node.name));
            self.work(&Demand::of(gateway.work.clone(), name));
            let policy = self.policy("call", scenario.flows[flow].home);
            let all = !0;
            self.emit(Instr::Call {
                entry: home,
                policy,
                effects: all,
                unknown_is_done: false,
                best_effort: false,
            });
            self.work(&Demand::of(gateway.answer_work.clone(), name ^ UNDO));
            self.emit(Instr::Answer);
            self.on_trouble(entry);
            self.emit(Instr::Answer);
            entries.push((at, entry));
        }
        entries
    }
}
