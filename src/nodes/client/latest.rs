//! What customers have created: of each session the latest operation of every flow that creates
//! items. It is what `key: Own` means. Knows no journeys.

use crate::base::{mix, name_hash};
use crate::model::{FlowIx, Model};
use crate::probes::{KeyId, OpId};

/// Per (session, flow that creates): the latest such operation.
#[derive(Clone, Debug)]
pub(super) struct Latest {
    ops: Vec<OpId>,
    sources: Vec<FlowIx>,
}

impl Latest {
    /// So many sessions have created nothing yet.
    pub(super) fn new(model: &Model, sessions: u32) -> Self {
        let flows = (0..).map(FlowIx).zip(&model.flows);
        let sources = flows.filter(|(_, flow)| flow.is_own_source).map(|(ix, _)| ix);
        let sources: Vec<FlowIx> = sources.collect();
        Self { ops: vec![OpId::NONE; sessions as usize * sources.len()], sources }
    }

    /// An operation of this session and flow, which creates.
    pub(super) fn note(&mut self, session: u32, flow: FlowIx, op: OpId) {
        let place = self.sources.iter().position(|source| *source == flow).expect("a source");
        self.ops[session as usize * self.sources.len() + place] = op;
    }

    /// What `Own` means for an operation of this session: what the latest operation of one of these
    /// flows creates, else a preloaded item.
    pub(super) fn own(&self, session: u32, from: &[FlowIx], word: u64) -> KeyId {
        let row = session as usize * self.sources.len();
        let sources = self.sources.iter().enumerate().filter(|(_, source)| from.contains(source));
        let latest =
            sources.map(|(place, _)| self.ops[row + place]).filter(|op| op.is_some()).max();
        latest.map_or(KeyId(mix(word, OWN) & !KeyId::CREATED), KeyId::created_by)
    }
}

const OWN: u64 = name_hash("own");
