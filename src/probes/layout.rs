//! What the probes must know beforehand: the names and fixed figures of one model, as plain tables
//! that the model fills. Indices are those of the scenario; nothing here changes during a run.

use super::instruments::Extras;
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::scenario::tree::{EntityIx, NodeIx};

/// The tables of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// By [`crate::scenario::tree::FlowIx`], in order of names.
    pub flows: Vec<FlowPlan>,
    /// By [`NodeIx`], in order of names.
    pub nodes: Vec<NodePlan>,
    /// The node of each instance, by [`InstanceId`].
    pub instances: Vec<NodeIx>,
    /// By [`EntityIx`], in order of names.
    pub entities: Vec<EntityPlan>,
    /// Declared sums.
    pub sums: Vec<SumPlan>,
    /// Faults and when they are in force.
    pub faults: Vec<FaultPlan>,
    /// By [`super::OpId::client`].
    pub clients: Vec<ClientPlan>,
    /// When each instance is of no use: down, frozen or being shut down. Empty where nobody registers.
    pub gone: Vec<Vec<(Time, Time)>>,
    /// Measuring begins here.
    pub warmup: Span,
    /// Arrivals and measuring end here.
    pub length: Span,
    /// Which instruments a run carries beside those that every run does.
    pub extras: Extras,
}

/// A flow as far as the probes care.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowPlan {
    /// Its name.
    pub name: String,
    /// A later answer is late.
    pub deadline: Option<Span>,
    /// Its effects, by the number that the facts give them; at most 64.
    pub effects: Vec<EffectPlan>,
    /// Does it read or ask for anything?
    pub reads: bool,
    /// What it tests: refused when the value seen of that entity is below.
    pub needs: Vec<(EntityIx, i64)>,
}

/// One effect of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of an effect")]
pub struct EffectPlan {
    /// What it changes.
    pub entity: EntityIx,
    /// Its failure changes nothing.
    pub best_effort: bool,
    /// Taking it back again does no harm (`Write`).
    pub idempotent: bool,
    /// Doing it again does more: a number changes further, a create makes another row.
    pub accumulates: bool,
    /// Can it be taken back?
    pub undo: bool,
    /// Does it act on the item that the operation itself creates?
    pub creates: bool,
}

/// A node as far as the probes care.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodePlan {
    /// Its name.
    pub name: String,
    /// Its kind in one word: `client`, `gateway`, `service`, `database`, ...
    pub kind: &'static str,
    /// Running copies.
    pub instances: u32,
    /// Workers, connections, ... per instance; `None` is unlimited.
    pub workers: Option<u32>,
    /// Do its instances share what they hold of other services' data (a copy in their store),
    /// rather than each holding its own (a cache in memory)?
    pub shares_copy: bool,
    /// Does what they hold of data survive a crash?
    pub durable: bool,
    /// Do others serve for it what they can while it is down?
    pub outlives_itself: bool,
}

impl NodePlan {
    /// Do its workers say when they work, apart from being held?
    pub fn works(&self) -> bool {
        matches!(self.kind, "service" | "gateway")
    }
}

/// An entity as far as the probes care.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityPlan {
    /// Its name.
    pub name: String,
    /// Items that exist at the start.
    pub keys: u64,
    /// The number each of them holds then.
    pub start: i64,
    /// Commits below are broken.
    pub floor: Option<i64>,
    /// Nodes that hold a copy of all its items from the start on.
    pub copied_by: Vec<NodeIx>,
}

/// A declared sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SumPlan {
    /// Its name.
    pub name: String,
    /// What is added up.
    pub entities: Vec<EntityIx>,
}

/// A fault and when it is in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    /// Its name.
    pub name: String,
    /// From when to when, in order of time; [`Time::NEVER`] ends a permanent one.
    pub windows: Vec<(Time, Time)>,
}

/// A client as far as the probes care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientPlan {
    /// Its name.
    pub name: String,
    /// Its sessions are numbered below this.
    pub sessions: u32,
}

impl Layout {
    /// Is this instant measured: in [warm-up, length)?
    #[inline]
    pub fn measures(&self, when: Time) -> bool {
        (self.warmup.0..self.length.0).contains(&when.0)
    }

    /// With these instruments as well.
    #[must_use]
    pub fn with(self, extras: Extras) -> Self {
        Self { extras: self.extras | extras, ..self }
    }

    /// The node of an instance, as a place in `nodes`.
    #[inline]
    pub fn node_of(&self, at: InstanceId) -> usize {
        usize::from(self.instances[at.0 as usize].0)
    }

    /// Does any effect of any flow change items of this entity? Others keep their first version.
    pub fn changes(&self, entity: EntityIx) -> bool {
        self.flows.iter().flat_map(|flow| &flow.effects).any(|effect| effect.entity == entity)
    }

    /// The end of the measured stretch of a run that ends with an audit at this instant: earlier
    /// than planned if that run was stopped before.
    pub fn end(&self, audit: Time) -> Time {
        Time(self.length.0.min(audit.0))
    }

    /// Length of that stretch.
    pub fn stretch(&self, audit: Time) -> Span {
        Span(self.end(audit).0.saturating_sub(self.warmup.0))
    }

    /// The first instance of each node, by node.
    pub fn first_instances(&self) -> Vec<InstanceId> {
        let mut first = vec![InstanceId(u32::MAX); self.nodes.len()];
        for (instance, node) in self.instances.iter().enumerate().rev() {
            first[usize::from(node.0)] = InstanceId(instance as u32);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_37_measured_is_from_the_warmup_on_and_before_the_end() {
        let layout = Layout { warmup: Span(5), length: Span(10), ..Layout::default() };
        let measured: Vec<u64> = (0..12).filter(|&ns| layout.measures(Time(ns))).collect();
        assert_eq!(measured, [5, 6, 7, 8, 9]);
        let stretch = |audit| layout.stretch(Time(audit));
        assert_eq!([12, 10, 7, 5, 2].map(stretch), [5, 5, 2, 0, 0].map(Span));
    }

    #[test]
    fn first_instances_follow_the_table() {
        let layout = Layout {
            nodes: vec![NodePlan::default(), NodePlan::default()],
            instances: vec![NodeIx(0), NodeIx(0), NodeIx(1)],
            ..Layout::default()
        };
        assert_eq!(layout.first_instances(), [InstanceId(0), InstanceId(2)]);
    }
}
