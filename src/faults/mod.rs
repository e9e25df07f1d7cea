//! Faults: values that are consulted while they are active. The windows are drawn from the seed
//! before the run; nothing is ever undone.

use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::NodeIx;

/// What the network does with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives, after so much more than the link's latency, perhaps twice.
    Through {
        /// Added latency.
        extra: Span,
        /// Does it arrive twice?
        twice: bool,
    },
    /// It is lost.
    Lost,
    /// Nothing passes until then (`None`: for good).
    Cut {
        /// The end of the partitions that cover this instant.
        until: Option<Time>,
    },
}

/// All windows of all faults.
#[derive(Clone, Debug, Default)]
pub struct Faults;

impl Faults {
    /// Draws all windows.
    pub fn draw(
        _scenario: &crate::scenario::tree::Scenario,
        _nodes: &[crate::model::NodeModel],
        _instances: &[crate::model::InstanceModel],
        _seed: u64,
    ) -> Self {
        Self
    }

    /// Is no network fault active?
    #[inline]
    pub fn network_is_quiet(&self, _now: Time) -> bool {
        true
    }

    /// What the network does with a message sent now.
    pub fn passage(&self, _now: Time, _from: NodeIx, _to: NodeIx, _chance: &mut Stream) -> Passage {
        Passage::Through {
            extra: Span::ZERO,
            twice: false,
        }
    }

    /// How many times as long work takes at this instance now.
    #[inline]
    pub fn slowness(&self, _now: Time, _at: InstanceId) -> f64 {
        1.0
    }

    /// How many times as often open arrivals come at this client now.
    pub fn rate_factor(&self, _client: NodeIx, _now: Time) -> f64 {
        1.0
    }

    /// When that factor changes next, if it does.
    pub fn next_rate_change(&self, _client: NodeIx, _now: Time) -> Option<Time> {
        None
    }

    /// Does it ever change?
    pub fn surges(&self, _client: NodeIx) -> bool {
        false
    }

    /// The edges that befall an instance, in order of time.
    pub fn edges(&self, _at: InstanceId) -> Vec<(Time, crate::nodes::Edge)> {
        Vec::new()
    }

    /// From when to when a fault is in force, in order of time.
    pub fn windows_of(&self, _fault: usize) -> &[(Time, Time)] {
        &[]
    }

    /// Do this instance's workers take no new work now?
    #[inline]
    pub fn is_paused(&self, _now: Time, _at: InstanceId) -> bool {
        false
    }
}
