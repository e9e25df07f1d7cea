//! The one probe of all runs of the UI: what measures, what writes history, and what looks closer where
//! somebody has asked. One type, so that the world is compiled once more and no oftener. Nothing that it is
//! asked changes a run.

use std::sync::Arc;

use super::recorder::Recorder;
use crate::base::Time;
use crate::engine::{InstanceId, Key};
use crate::model::Model;
use crate::nodes::World;
use crate::probes::story::Story;
use crate::probes::witness::Witness;
use crate::probes::{Extras, Fact, Instruments, Layout, OpId, Probe};
use crate::simulate::{Timeline, layout};

/// Everything that sees a run.
#[derive(Clone, Debug)]
pub struct Lens {
    /// What an outcome is made of.
    pub instruments: Instruments,
    /// What history is made of.
    pub recorder: Recorder,
    closer: Option<Box<Closer>>,
}

/// What looks closer.
#[derive(Clone, Debug, Default)]
pub struct Closer {
    /// The story of an operation.
    pub story: Option<Story>,
    /// Some items.
    pub witness: Option<Witness>,
    /// Whose events are looked for.
    pub watch: Option<Watch>,
    /// Did anything happen to whom is watched since this was last unset?
    pub is_met: bool,
}

/// Whose events are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// An operation's.
    Op(OpId),
    /// Those of instances from the first to before the last.
    Instances(InstanceId, InstanceId),
}

impl Lens {
    /// Of the run of this model, at its start.
    pub fn new(model: &Model, extras: Extras) -> Self {
        let layout = Arc::new(layout(model).with(extras));
        let mut instruments = Instruments::new(layout);
        instruments.ledger.books.sums.keep_journal();
        Self { instruments, recorder: Recorder::new(model), closer: None }
    }

    /// A run of this model at its start, looked at through this.
    pub fn on(model: Arc<Model>, extras: Extras) -> Timeline<Self> {
        let lens = Self::new(&model, extras);
        Timeline::of(World::new(model, lens))
    }

    /// Looks closer from now on; or not any more.
    pub fn look_closer(&mut self, closer: Option<Closer>) {
        self.closer = closer.map(Box::new);
    }

    /// What looked closer, if anything does.
    pub fn closer(&mut self) -> Option<&mut Closer> {
        self.closer.as_deref_mut()
    }

    /// Nothing earlier than this instant is to come: what is over by then is written down.
    pub fn reach(&mut self, now: Time) {
        if now >= self.recorder.due() {
            self.recorder.turn(now, &mut self.instruments);
        }
    }

    /// The run has been audited: what was open then is judged, and the last bucket ends.
    pub fn end(&mut self, audit: Time) {
        self.recorder.end(audit, &mut self.instruments);
    }
}

impl Closer {
    #[inline(never)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        if let Some(story) = &mut self.story {
            story.see(now, at, fact);
        }
        if let Some(witness) = &mut self.witness {
            witness.see(now, at, fact);
        }
        self.is_met |= match self.watch {
            Some(Watch::Op(op)) => fact.op() == Some(op),
            Some(Watch::Instances(first, end)) => first <= at && at < end,
            None => false,
        };
    }
}

impl Probe for Lens {
    const TRACES: bool = true;

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arms remain"
    )]
    #[inline(always)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        self.instruments.see(now, at, fact);
        self.recorder.see(now, at, fact);
        if let Some(closer) = &mut self.closer {
            closer.see(now, at, fact);
        }
    }

    #[inline]
    fn begins(&mut self, key: Key) {
        self.reach(key.time());
    }

    fn prefetch(&self, op: OpId) {
        self.instruments.prefetch(op);
    }

    fn weight(&self) -> usize {
        self.instruments.weight() + self.recorder.weight()
    }

    fn replan(&mut self, layout: &Layout) {
        self.instruments.replan(layout);
    }
}
