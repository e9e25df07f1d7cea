//! What the probes of one run measured: plain data, mergeable where it is a sketch or a count,
//! with no idea how it is shown.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::layout::Layout;
use super::reason::Reason;
use super::sketch::Sketch;
use super::standing::Standing;
use crate::base::{Span, Time};

/// The result of one run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The design's name.
    pub design: String,
    /// The seed.
    pub seed: u64,
    /// Folds every handled event: same digest, same run.
    pub digest: u64,
    /// Events handled.
    pub events: u64,
    /// Virtual time until the audit.
    pub simulated: Span,
    /// Why the run stopped before its end, if it did.
    pub partial: Option<String>,
    /// The guards in force (`timeout`, `retry`, `dedup`, `outbox`, ...).
    pub guards: Vec<String>,
    /// Length of the measured stretch: `length - warmup`.
    pub measured: Span,
    /// Per flow, in order of names.
    pub flows: IndexMap<String, FlowOutcome>,
    /// Per node, in order of names.
    pub nodes: IndexMap<String, NodeOutcome>,
    /// Per declared floor (`stock-floor`) or sum (its name).
    pub invariants: IndexMap<String, InvariantOutcome>,
    /// Per fault name.
    pub recoveries: IndexMap<String, Recovery>,
    /// Windowed figures over the whole run.
    pub windows: Vec<Window>,
    /// Length of one window.
    pub window: Span,
    /// How long after its commit a version in a quorum could be seen, over commits that were read.
    pub visibility: Sketch,
    /// Messages sent by anybody, measured operations or not.
    pub messages: u64,
    /// Figures of instruments for which there is no place above, by name.
    pub tallies: BTreeMap<&'static str, f64>,
    /// How things stood when arrivals ended.
    pub standing: Standing,
    /// The worst of each kind of anomaly, at most a handful per kind, in order of time.
    pub anomalies: Vec<Anomaly>,
}

impl Outcome {
    /// One with all flows and nodes (clients left out), and no figure in it.
    pub(super) fn blank(layout: &Layout, audit: Time) -> Self {
        let nodes = layout.nodes.iter().filter(|plan| plan.kind != "client");
        Self {
            measured: layout.stretch(audit),
            flows: layout
                .flows
                .iter()
                .map(|it| (it.name.clone(), FlowOutcome::default()))
                .collect(),
            nodes: nodes.map(|it| (it.name.clone(), NodeOutcome::default())).collect(),
            ..Self::default()
        }
    }
}

/// What happened to one flow's measured operations (intended send in [warm-up, length)).
/// `offered = ok + late + refused + failed`; the ends add up to `offered` too.
#[derive(Clone, Debug, Default)]
pub struct FlowOutcome {
    /// Sent.
    pub offered: u64,
    /// Answered as done within the deadline.
    pub ok: u64,
    /// Answered as done after it.
    pub late: u64,
    /// Told a business "no".
    pub refused: u64,
    /// Failed technically.
    pub failed: u64,
    /// Why they failed.
    pub failures: IndexMap<Reason, u64>,
    /// Intended send to answer; ok and late.
    pub latency: Sketch,
    /// Intended send to failure.
    pub to_failure: Sketch,
    /// Intended send until the last effect or copy was applied or undone; never converged: age at the audit.
    pub convergence: Sketch,
    /// How many of those never converged.
    pub unconverged: u64,
    /// What they were told against the truth (docs/semantics.md, rule 30).
    pub ends: Ends,
    /// Kept and answered in time (docs/semantics.md, rule 31).
    pub good: u64,
    /// Refused though the truth would have passed (docs/semantics.md, rule 31).
    pub wrongly_refused: u64,
    /// Reads, and how stale.
    pub reads: Reads,
    /// Session guarantees broken by this flow's operations.
    pub violations: Violations,
    /// Its effects (docs/semantics.md, rule 32).
    pub effects: Effects,
    /// Writes that overwrote a version which their flow had not seen.
    pub lost_updates: u64,
    /// Why effects were lost.
    pub losses: IndexMap<Reason, u64>,
    /// Messages sent for it.
    pub messages: u64,
    /// Retries made for it.
    pub retries: u64,
    /// Second copies of requests sent.
    pub hedges: u64,
    /// Messages that brokers delivered again.
    pub redeliveries: u64,
    /// Messages that brokers gave up.
    pub dead_letters: u64,
    /// Latency over own work of those that were done, in units of 1 / [`ONE`]; empty unless the
    /// scenario asks for it.
    pub slowdown: Sketch,
    /// Figures of the flow's own operations by window, measured or not; empty unless somebody asks for
    /// them.
    pub windows: Vec<Window>,
}

impl FlowOutcome {
    /// What nobody had answered counts as not failed: of a run that goes on, it is under way. Only in the
    /// counts of what failed and why; how long it waited and its effects stay what they were.
    pub fn leave_out_unanswered(&mut self) {
        let unanswered = self.failures.shift_remove(&Reason::Unanswered).unwrap_or(0);
        self.failed -= unanswered;
    }
}

/// One, where a sketch holds ratios.
pub const ONE: u64 = 1_000_000;

/// Told against the truth (docs/semantics.md, rule 30).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Told done; all effects are there.
    pub kept: u64,
    /// Told done; none is left.
    pub retracted: u64,
    /// Some effects are there, others are not.
    pub half_done: u64,
    /// Told refused, failed or nothing; all effects are there.
    pub unannounced: u64,
    /// Told refused, failed or nothing; none is left.
    pub clean: u64,
    /// Something can still act for it at the audit.
    pub pending: u64,
}

/// Reads judged against the truth (docs/semantics.md, rule 33).
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// How many.
    pub reads: u64,
    /// How many saw a version that was not the newest.
    pub stale: u64,
    /// How stale, over all reads (0 for fresh ones).
    pub staleness: Sketch,
    /// Versions behind, summed over stale reads.
    pub versions_behind: u64,
    /// Versions behind, of stale reads (a sketch of numbers, not of times).
    pub behind: Sketch,
    /// Created items that were not (yet) there.
    pub dangling: u64,
}

/// Session guarantees broken (docs/semantics.md, rule 34).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// Own effects, told done before, were missing from what was read.
    pub read_your_writes: u64,
    /// An older version than one seen before.
    pub monotonic_reads: u64,
    /// A later write was applied before an earlier one.
    pub monotonic_writes: u64,
    /// A write was ordered before what its session had read.
    pub writes_follow_reads: u64,
}

/// Effects of started flows: `told` is the sum of all others (docs/semantics.md, rule 32).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Told by flows.
    pub told: u64,
    /// Applied exactly once.
    pub once: u64,
    /// Applied more than once.
    pub duplicated: u64,
    /// Applied and taken back.
    pub undone: u64,
    /// Promised, never applied, and nothing can apply it any more.
    pub lost: u64,
    /// Something can still apply it at the audit.
    pub pending: u64,
    /// Best effort, and never applied.
    pub dropped: u64,
    /// Rightly never applied.
    pub void: u64,
    /// Counted apart, within `once`: written more than once, which does no harm.
    pub harmless: u64,
}

/// A node's outcome tells how often an instance had 1, 2, ... up to so many in hand.
pub const LEVELS: usize = 32;

/// What one node's instances did, added up, within [warm-up, length).
#[derive(Clone, Debug, Default)]
pub struct NodeOutcome {
    /// What it was asked for and what it did, all its instances together.
    pub load: Load,
    /// Time in the queue before service, of everything that began service.
    pub wait: Sketch,
    /// How many had to wait.
    pub waited: u64,
    /// Batches that the relay of its outbox sent, where it polls or lingers, and the records in them.
    pub batches: u64,
    /// See `batches`.
    pub batched: u64,
    /// Partitions that members of its consumer groups gave up in rebalances and stayed members.
    pub revoked: u64,
    /// Share of time that an instance had 1, 2, ... or more in hand, waiting or in service; `None`
    /// unless the scenario asks for it.
    pub in_hand: Option<[f64; LEVELS]>,
    /// What its cache did: the node itself, or the cache in a service's memory.
    pub cache: CacheOutcome,
    /// How registries and callers learned of its instances.
    pub discovery: Discovered,
    /// Each of its instances, in order.
    pub instances: Vec<Load>,
}

/// What a node, or one of its instances, was asked for and did, within [warm-up, length).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// What arrived to be worked on, turned away or not.
    pub arrivals: u64,
    /// Turned away at the door.
    pub turned_away: u64,
    /// Busy worker time over available worker time; `None` for unlimited workers, and where an
    /// instance was never there.
    pub utilization: Option<f64>,
    /// The part of that in which workers worked, rather than being held while they waited for others: by
    /// what began in the stretch. `None` where nobody is held so.
    pub working: Option<f64>,
    /// Time-average number waiting (not in service).
    pub queue_mean: f64,
    /// The longest queue.
    pub queue_max: u64,
}

/// How registries and callers learned of the instances of a node, from what began within
/// [warm-up, length).
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// From when an instance was of no use until the registry took it off its list.
    pub detection: Sketch,
    /// The same until a caller did: one for each caller.
    pub removal: Sketch,
    /// From when an instance was of use again until a caller had it on its list again.
    pub comeback: Sketch,
    /// How often the registry took an instance off its list, for whatever reason.
    pub delisted: u64,
    /// How often it put one on.
    pub enlisted: u64,
}

/// What a node's caches did, added up, within [warm-up, length).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CacheOutcome {
    /// Found what was asked for.
    pub hits: u64,
    /// Did not, fetches that were shared included.
    pub misses: u64,
    /// Misses that went on to fetch: all but those that waited for another's fetch.
    pub fetches: u64,
    /// Items that made room.
    pub evicted: u64,
    /// Items that a full cache did not take.
    pub kept_out: u64,
    /// Items whose time to live was over.
    pub expired: u64,
    /// Time-average number of items.
    pub items_mean: f64,
}

/// A declared floor or sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct InvariantOutcome {
    /// Floors: commits below. Sums: 1 if it is off at the audit.
    pub broken: u64,
    /// Sums: deviation at the audit.
    pub deviation: i64,
    /// Sums: time-averaged absolute deviation.
    pub mean_deviation: f64,
}

/// How long after a fault until things were back to normal (docs/semantics.md, rule 38).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// The first start of the fault.
    pub start: Time,
    /// The last end.
    pub end: Time,
    /// From the end until five windows running are back inside the pre-fault mean + 3 sd;
    /// `None` if that never happened within the run.
    pub after: Option<Span>,
    /// Messages per operation during the fault over before it.
    pub amplification: Option<f64>,
    /// How often the fault began.
    pub times: u64,
}

/// Figures of one window of time, all flows together unless said otherwise.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Operations sent.
    pub offered: u64,
    /// Answered as done in time.
    pub ok: u64,
    /// Answered as done too late.
    pub late: u64,
    /// Refused.
    pub refused: u64,
    /// Failed.
    pub failed: u64,
    /// Latency of operations answered in this window.
    pub latency: Sketch,
    /// The same of those that were sent after the last fault's end, where others were answered too.
    pub latency_since_fault: Option<Box<Sketch>>,
    /// Operations begun and not yet settled, at the window's end.
    pub backlog: u64,
    /// Messages sent.
    pub messages: u64,
    /// Reads, and those that were stale.
    pub reads: u64,
    /// See `reads`.
    pub stale: u64,
}

/// Something that should not have happened, with the operation to ask `explain` about.
#[derive(Clone, Debug, PartialEq)]
pub struct Anomaly {
    /// When it was noticed.
    pub time: Time,
    /// What: `half_done`, `lost`, `duplicated`, `stale_read`, `read_your_writes`, `floor`, ...
    pub kind: &'static str,
    /// The flow.
    pub flow: String,
    /// Who sent it, where there are several clients: each counts its own operations.
    pub client: Option<String>,
    /// N of `flow#N`.
    pub number: u64,
    /// The details, for people.
    pub detail: String,
    /// How many of this kind and flow there were in all.
    pub count: u64,
}

impl Anomaly {
    /// The operation that it befell, as `explain` is asked about it.
    pub fn operation(&self) -> String {
        operation(self.client.as_deref(), &self.flow, self.number)
    }
}

/// `place-order#12`, or `web:place-order#12` where there are several clients.
pub fn operation(client: Option<&str>, flow: &str, number: u64) -> String {
    let client = client.map(|client| format!("{client}:")).unwrap_or_default();
    format!("{client}{flow}#{number}")
}
