//! A probe that writes down what customers sent and were told, and what became of their effects:
//! the truth, for tests that compare designs.

use std::collections::BTreeMap;

use windtunnel::base::Time;
use windtunnel::engine::InstanceId;
use windtunnel::probes::{Fact, KeyId, OpId, Probe, Verdict};
use windtunnel::scenario::tree::{EntityIx, FlowIx};

/// An operation as its client sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub op: OpId,
    pub flow: FlowIx,
    pub session: u32,
    pub intended: Time,
    pub told: u64,
}

/// What was written down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub sent: Vec<Sent>,
    pub told: BTreeMap<OpId, Verdict>,
    /// How often each effect was applied, and undone.
    pub effects: BTreeMap<(OpId, u8), (u32, u32)>,
    /// Version and number of every item that was written.
    pub items: BTreeMap<(EntityIx, KeyId), (u64, i64)>,
    /// Instants at which anything was said to have happened.
    pub instants: Vec<Time>,
}

impl Probe for Record {
    fn see(&mut self, now: Time, _: InstanceId, fact: Fact) {
        if self.instants.last() != Some(&now) {
            self.instants.push(now);
        }
        match fact {
            Fact::Sent { op, flow, session, intended, told, .. } => {
                self.sent.push(Sent { op, flow, session, intended, told });
            }
            Fact::Answered { op, verdict } => {
                let before = self.told.insert(op, verdict);
                assert_eq!(before, None, "{op:?} is answered twice");
            }
            Fact::Applied { op, effect, entity, key, version, value, .. } => {
                self.effects.entry((op, effect)).or_default().0 += 1;
                self.items.insert((entity, key), (version, value));
            }
            Fact::Undone { op, effect, entity, key, version, value, .. } => {
                self.effects.entry((op, effect)).or_default().1 += 1;
                self.items.insert((entity, key), (version, value));
            }
            _ => {}
        }
    }
}
