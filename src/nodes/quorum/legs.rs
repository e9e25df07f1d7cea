//! How long messages between coordinator and replicas take: a distribution for each replica, and, where
//! replicas are apart from one another (`away`), so much longer to all but the one that an operation
//! begins near to. Refuses to know what is sent.

use crate::base::{Dist, index};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::nodes::message::Op;
use crate::scenario::tree::Quorum as Settings;

/// Marks the draw of the replica that an operation begins near to.
const NEAR: u64 = 0x6e65_6172;

/// One leg of one replica.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    near: Dist,
    /// The same from elsewhere, if that makes a difference.
    away: Option<Dist>,
}

impl Leg {
    /// The leg of this replica: its own, or that of all.
    pub(super) fn of(legs: &[Dist], replica: usize, settings: &Settings) -> Self {
        let near = legs.get(replica).unwrap_or(&legs[0]).clone();
        let away = settings.away.as_ref();
        let away = away.map(|longer| Dist::Sum(vec![longer.clone(), near.clone()]));
        Self { near, away }
    }

    /// How long it takes for this operation; `replica` is the place of the one that it leads to, among
    /// so many.
    pub(super) fn takes(&self, replica: Replica, op: &Op) -> &Dist {
        let is_away = |_: &&Dist| !replica.is_near(op);
        self.away.as_ref().filter(is_away).unwrap_or(&self.near)
    }
}

/// One of the replicas of a quorum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replica {
    /// Its place among them.
    pub place: usize,
    /// How many there are.
    pub of: u32,
    /// The stable name of their node.
    pub node: u64,
}

impl Replica {
    /// The one that is this instance of this node.
    pub(super) fn new(model: &Model, instance: InstanceId, settings: &Settings) -> Self {
        let found = model.instances[instance.0 as usize];
        let place = found.index as usize - 1;
        Self { place, of: settings.replicas, node: model.name_of(found.node) }
    }

    /// Does this operation begin near to it? All that is sent for an attempt of it agrees.
    fn is_near(self, op: &Op) -> bool {
        index(op.drawn_anew(self.node ^ NEAR), u64::from(self.of)) as usize == self.place
    }
}
