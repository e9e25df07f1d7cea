//! Probes: listeners to [`fact::Fact`]s. They see everything and schedule nothing; what they
//! measured becomes an [`outcome::Outcome`]. This file is their registry: [`Instruments`] holds
//! those that every run carries.
//!
//! ```text
//! facts ─▶ Instruments ─┬▶ Ledger ─┬ entries   one per operation that something can act for
//!                       │          ├ truth     versions and commit times of items
//!                       │          ├ sessions  what each customer was told and shown
//!                       │          └ flows, invariants, windows, anomalies
//!                       ├▶ Meters             queues and workers of each node
//!                       ├▶ Caches             hits and items of each node's caches
//!                       ├▶ Visibility         how soon commits can be seen in quorums
//!                       ├▶ InHand             how much instances have in hand, where asked for
//!                       ├▶ Slowdown           time over work of operations, where asked for
//!                       └▶ Discovery          how soon it is known who is there, where anybody registers
//!          ─▶ Story                           one operation, for `explain`
//! ```

pub mod anomalies;
pub mod books;
pub mod caches;
pub mod discovery;
mod entries;
mod entry;
pub mod fact;
mod flows;
pub mod in_hand;
mod invariants;
pub mod layout;
pub mod ledger;
pub mod meters;
pub mod outcome;
mod recent;
pub mod recovery;
#[cfg(test)]
mod rules;
mod session;
mod sessions;
pub mod sketch;
pub mod slowdown;
pub mod story;
mod table;
mod truth;
pub mod visibility;
pub mod windows;

pub use fact::{Carrier, Fact, KeyId, OpId, Reason, Verdict};
pub use layout::Layout;
pub use outcome::Outcome;
pub use sketch::Sketch;
pub use story::Story;

use std::sync::Arc;

use crate::base::{Span, Time};
use crate::engine::{InstanceId, Key};
use caches::Caches;
use discovery::Discovery;
use in_hand::InHand;
use ledger::Ledger;
use meters::Meters;
use slowdown::Slowdown;
use visibility::Visibility;

/// A listener.
pub trait Probe {
    /// `fact` happened at instance `at`, at the instant `now`.
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact);

    /// What is seen from now on is part of the event with this key.
    #[inline]
    fn begins(&mut self, _key: Key) {}

    /// Something will soon happen to this operation: what is known of it may be fetched from memory.
    fn prefetch(&self, _op: OpId) {}

    /// All events of one time and depth are over (called in a shuffled run).
    fn settle(&mut self) {}
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
}

/// Two listeners.
impl<A: Probe, B: Probe> Probe for (A, B) {
    #[inline]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        self.0.see(now, at, fact);
        self.1.see(now, at, fact);
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
}

/// What every run carries.
#[derive(Clone, Debug)]
pub struct Instruments {
    layout: Arc<Layout>,
    /// From this instant on, more than counting is to be done for a fact that is dated: a window
    /// ends, measuring begins or ends, or somebody asks for more.
    due: Time,
    /// Operations, truth, sessions.
    pub ledger: Ledger,
    /// Queues and workers.
    pub meters: Meters,
    /// Hits and items.
    pub caches: Caches,
    /// How soon commits can be seen.
    pub visibility: Visibility,
    /// How much instances have in hand, where somebody asks.
    pub in_hand: Option<Box<InHand>>,
    /// Time over work, where somebody asks.
    pub slowdown: Option<Box<Slowdown>>,
    /// How soon it is known who is there, where anybody registers.
    pub discovery: Option<Box<Discovery>>,
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

impl Instruments {
    /// Nothing has happened yet.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self {
            ledger: Ledger::new(&layout),
            meters: Meters::new(&layout),
            caches: Caches::new(&layout),
            visibility: Visibility::new(&layout),
            due: Time::ZERO,
            in_hand: InHand::new(&layout),
            slowdown: Slowdown::new(&layout),
            discovery: Discovery::new(&layout),
            layout,
        }
    }

    /// Something happens for which more is to be done than counting.
    #[cold]
    #[inline(never)]
    fn turn(&mut self, now: Time, at: InstanceId, fact: Fact) {
        if fact.is_of_a_window() {
            self.ledger.books.windows.reach(now);
        }
        self.meters.reach(now);
        if let Some(in_hand) = &mut self.in_hand {
            in_hand.see(now, at, &self.layout, fact);
        }
        if let Some(slowdown) = &mut self.slowdown {
            slowdown.see(now, &self.layout, fact);
        }
        if let Some(discovery) = &mut self.discovery {
            discovery.see(now, at, &self.layout, fact);
        }
        if self.in_hand.is_none() && self.slowdown.is_none() && self.discovery.is_none() {
            self.due = self.ledger.books.windows.end().min(self.meters.turn());
        }
    }

    /// What was measured, if the run ends with an audit at this instant. (A clone can be asked at
    /// any time.)
    pub fn outcome(self, label: Label, audit: Time) -> Outcome {
        let Self { layout, mut ledger, meters, caches, visibility, .. } = self;
        let Self { in_hand, slowdown, discovery, .. } = self;
        ledger.audit(audit);
        let books = ledger.books;
        let (windows, window) = books.windows.outcome(audit);
        let recoveries = layout.faults.iter().filter_map(|fault| {
            Some((fault.name.clone(), recovery::recovery(fault, &windows, window, &layout)?))
        });
        let mut flows: Vec<_> = books.flows.into_iter().map(|tally| tally.outcome(audit)).collect();
        if let Some(slowdown) = slowdown {
            slowdown.outcome(flows.iter_mut());
        }
        let mut nodes = caches.outcome(meters.outcome(audit), audit);
        if let Some(in_hand) = in_hand {
            in_hand.outcome(&layout, audit, &mut nodes);
        }
        if let Some(discovery) = discovery {
            discovery.outcome(&layout, &mut nodes);
        }
        let names = layout.flows.iter().map(|flow| flow.name.clone());
        Outcome {
            scenario: label.scenario,
            design: label.design,
            seed: label.seed,
            digest: label.digest,
            events: label.events,
            simulated: Span(audit.0),
            partial: label.partial,
            guards: label.guards,
            measured: layout.stretch(audit),
            recoveries: recoveries.collect(),
            flows: names.zip(flows).collect(),
            nodes,
            invariants: books.invariants.outcome(audit),
            messages: windows.iter().map(|window| window.messages).sum(),
            windows,
            window,
            visibility: visibility.outcome(audit),
            anomalies: books.anomalies.outcome(),
        }
    }
}

impl Probe for Instruments {
    fn prefetch(&self, op: OpId) {
        self.ledger.prefetch(op);
    }

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arm remains"
    )]
    #[inline(always)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        if fact.is_dated() && now >= self.due {
            self.turn(now, at, fact);
        }
        self.ledger.see(now, at, fact);
        self.meters.see(now, at, fact);
        self.caches.see(now, at, fact);
        self.visibility.see(now, at, fact);
    }
}
