//! Probes: listeners to [`fact::Fact`]s. They see everything and schedule nothing; what they
//! measured becomes an [`outcome::Outcome`]. [`instruments`] has the table of those that measure.
//!
//! ```text
//! facts ─▶ Instruments ─┬▶ Ledger ─┬ entries   one per operation that something can act for
//!                       │          ├ truth     versions and commit times of items
//!                       │          ├ sessions  what each customer was told and shown
//!                       │          ├ sums      flows, windows, anomalies
//!                       │          └ invariants
//!                       ├▶ Meters             queues and workers of each node
//!                       ├▶ Caches             hits and items of each node's caches
//!                       ├▶ Visibility         how soon commits can be seen in quorums
//!                       ├▶ InHand             how much instances have in hand, where wanted
//!                       ├▶ Slowdown           time over work of operations, where wanted
//!                       └▶ Discovery          how soon it is known who is there, where anybody registers
//!          ─▶ Story                           one operation, for `explain`
//!          ─▶ Slowest                         the slowest operation of a flow
//!          ─▶ Witness                         some items: who wrote them, who held and saw what
//! ```

pub mod anomalies;
pub mod books;
pub mod caches;
pub mod discovery;
mod entries;
mod entry;
pub mod fact;
pub mod flows;
mod gauge;
pub mod in_hand;
pub mod instruments;
mod invariants;
pub mod journal;
pub mod layout;
pub mod ledger;
pub mod meters;
pub mod outcome;
pub mod reason;
mod recent;
pub mod recovery;
#[cfg(test)]
mod rules;
mod session;
mod sessions;
pub mod sketch;
pub mod slowdown;
pub mod slowest;
pub mod standing;
pub mod story;
pub mod sums;
mod table;
mod truth;
pub mod visibility;
pub mod windows;
pub mod witness;

pub use fact::{Carrier, Fact, KeyId, Leg, OpId, Verdict};
pub use instruments::{Extra, Extras, Instruments};
pub use layout::Layout;
pub use outcome::Outcome;
pub use reason::Reason;
pub use sketch::Sketch;
pub use story::Story;

use crate::base::Time;
use crate::engine::{InstanceId, Key};

/// A listener.
pub trait Probe {
    /// Does it want to know which message arrives when ([`Fact::Received`])? Costs a little for every
    /// message.
    const TRACES: bool = false;

    /// `fact` happened at instance `at`, at the instant `now`.
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact);

    /// What is seen from now on is part of the event with this key.
    #[inline]
    fn begins(&mut self, _key: Key) {}

    /// Something will soon happen to this operation: what is known of it may be fetched from memory.
    fn prefetch(&self, _op: OpId) {}

    /// All events of one time and depth are over (called in a shuffled run).
    fn settle(&mut self) {}

    /// Bytes that it holds beside itself, about; of what clones share, its share.
    fn weight(&self) -> usize {
        0
    }

    /// A run is changed on the way: its faults are from now on those of this layout, and nothing else is
    /// another.
    fn replan(&mut self, _layout: &Layout) {}
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Probe for Deaf {
    #[inline]
    fn see(&mut self, _: Time, _: InstanceId, _: Fact) {}
}

/// A listener that hears of facts in the order of their events' keys, whatever the order in which
/// the instances of one time and depth are visited: for shuffled runs.
#[derive(Clone, Debug)]
pub struct InOrder<P> {
    probe: P,
    key: Key,
    waiting: Vec<(Key, Time, InstanceId, Fact)>,
}

impl<P> InOrder<P> {
    /// Facts are handed on to `probe`.
    pub fn new(probe: P) -> Self {
        Self { probe, key: Key(0), waiting: Vec::new() }
    }

    /// Who hears of them.
    pub fn into_inner(self) -> P {
        self.probe
    }
}

impl<P: Probe> Probe for InOrder<P> {
    const TRACES: bool = P::TRACES;

    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        self.waiting.push((self.key, now, at, fact));
    }

    fn begins(&mut self, key: Key) {
        self.key = key;
    }

    fn settle(&mut self) {
        self.waiting.sort_by_key(|entry| entry.0);
        for (_, now, at, fact) in self.waiting.drain(..) {
            self.probe.see(now, at, fact);
        }
    }

    fn replan(&mut self, layout: &Layout) {
        self.probe.replan(layout);
    }
}

/// Two listeners.
impl<A: Probe, B: Probe> Probe for (A, B) {
    const TRACES: bool = A::TRACES || B::TRACES;

    #[inline]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        self.0.see(now, at, fact);
        self.1.see(now, at, fact);
    }

    fn weight(&self) -> usize {
        self.0.weight() + self.1.weight()
    }

    #[inline]
    fn begins(&mut self, key: Key) {
        self.0.begins(key);
        self.1.begins(key);
    }

    fn prefetch(&self, op: OpId) {
        self.0.prefetch(op);
        self.1.prefetch(op);
    }

    fn settle(&mut self) {
        self.0.settle();
        self.1.settle();
    }

    fn replan(&mut self, layout: &Layout) {
        self.0.replan(layout);
        self.1.replan(layout);
    }
}

/// What an outcome says of the run besides what was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The scenario's name.
    pub scenario: String,
    /// The design's name.
    pub design: String,
    /// The seed.
    pub seed: u64,
    /// The run's digest.
    pub digest: u64,
    /// Events handled.
    pub events: u64,
    /// Why the run stopped before its end, if it did.
    pub partial: Option<String>,
    /// The guards in force.
    pub guards: Vec<String>,
}
