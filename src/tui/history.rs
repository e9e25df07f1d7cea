//! What a run leaves behind while it is computed: buckets of figures, judgements, answers. Plain data, and
//! cheap to clone: whoever looks shares it with whoever writes it. Knows no run.

use std::sync::Arc;

use crate::base::{Span, Time};
use crate::model::NodeIx;
use crate::probes::anomalies::Kind;
use crate::probes::flows::End;
use crate::probes::journal::Judged;
use crate::probes::{OpId, Sketch, Verdict};
use crate::scenario::tree::FlowIx;

/// Classes of latency: the `n`th holds what took less than `2^n / 8` ms and not less than half of it; the
/// first all below, the last all above.
pub const CLASSES: usize = 24;

/// The history of a run up to its edge.
#[derive(Clone, Debug)]
pub struct History {
    /// How long a bucket is: 100 ms, doubled whenever there would be more than 4 096.
    pub width: Span,
    /// Full buckets from time zero on, without a gap.
    pub buckets: Arc<Vec<Arc<Bucket>>>,
    /// Latency (and convergence) by second and flow; coarse.
    pub sketches: Arc<Vec<Arc<Second>>>,
    /// All judgements in the order of time, at most 65 536; counts in buckets are exact beyond.
    pub journal: Arc<Vec<Arc<Vec<Judged>>>>,
    /// How each customer's action ended, in the order of answers.
    pub told: Arc<Vec<Arc<Vec<Told>>>>,
}

/// What happened in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// By flow.
    pub flows: Vec<FlowTally>,
    /// By instance.
    pub instances: Vec<InstanceTally>,
    /// By link, in order of (from, to); only those that carried something.
    pub links: Vec<LinkTally>,
    /// Messages sent by anybody.
    pub messages: u32,
    /// Retries made by anybody.
    pub retries: u32,
    /// Answers (done) by class of latency, all flows together.
    pub classes: [u32; CLASSES],
    /// An operation of each class, and one that failed.
    pub exemplars: [Option<OpId>; CLASSES],
    /// One that failed.
    pub failed: Option<OpId>,
}

/// What happened to a flow in a bucket: all operations, measured or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowTally {
    /// Sent.
    pub sent: u32,
    /// Answered as done, late or not.
    pub done: u32,
    /// Told no.
    pub refused: u32,
    /// Failed.
    pub failed: u32,
    /// Under way at the bucket's end: sent, and not settled (answered, with nothing left that can act for it).
    pub open: u32,
    /// Judged so, of those measured, by [`End`]'s number.
    pub ends: [u32; 6],
    /// Anomalies found, of those measured, by [`Kind`]'s number.
    pub anomalies: [u32; 14],
    /// Reads, of those measured; and how many of them were stale.
    pub reads: u32,
    /// Effects lost, of those measured.
    pub lost: u32,
}

/// What happened at an instance in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstanceTally {
    /// Services begun.
    pub began: u32,
    /// Waiting at the bucket's end.
    pub waiting: u32,
    /// In service at the bucket's end.
    pub busy: u32,
    /// Down at the bucket's end?
    pub is_down: bool,
}

/// What a link carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTally {
    /// From the node.
    pub from: NodeIx,
    /// To the node.
    pub to: NodeIx,
    /// So many messages.
    pub messages: u32,
}

/// Latencies of a second.
#[derive(Clone, Debug, Default)]
pub struct Second {
    /// Intended send to answer, of what was done, by flow.
    pub latency: Vec<Sketch>,
}

/// How an action of a customer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The operation, as this run numbers it.
    pub op: OpId,
    /// Its flow.
    pub flow: FlowIx,
    /// The journey: with the client's number and the step the same in every world and design.
    pub journey: u64,
    /// Which action of it.
    pub step: u32,
    /// When it was meant to be sent.
    pub intended: Time,
    /// When it was answered.
    pub answered: Time,
    /// What was told.
    pub verdict: Verdict,
}

/// Sums over a stretch of whole buckets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// From, inclusive.
    pub from: Time,
    /// To, exclusive.
    pub to: Time,
    /// All added up; `open`, `waiting`, `busy`, `is_down` are those of the last.
    pub sums: Bucket,
}

impl History {
    /// Of a run of which nothing is computed yet.
    pub fn new() -> Self {
        Self {
            width: Span(100_000_000),
            buckets: Arc::default(),
            sketches: Arc::default(),
            journal: Arc::default(),
            told: Arc::default(),
        }
    }

    /// All before is known.
    pub fn edge(&self) -> Time {
        Time(self.width.0 * self.buckets.len() as u64)
    }

    /// The bucket in which an instant lies, if it is known.
    pub fn bucket(&self, at: Time) -> Option<&Bucket> {
        self.buckets.get((at.0 / self.width.0) as usize).map(Arc::as_ref)
    }

    /// The sums over all whole buckets that lie in the stretch.
    pub fn stretch(&self, from: Time, to: Time) -> Stretch {
        let first = from.0.div_ceil(self.width.0) as usize;
        let last = ((to.0 / self.width.0) as usize).min(self.buckets.len());
        let mut sums = Bucket::default();
        for bucket in self.buckets.get(first..last).unwrap_or_default() {
            sums.add(bucket);
        }
        let edge = |bucket: usize| Time(self.width.0 * bucket as u64);
        Stretch { from: edge(first), to: edge(last.max(first)), sums }
    }

    /// The last second before an instant, up to its last full bucket.
    pub fn last_second(&self, at: Time) -> Stretch {
        let to = at.0 / self.width.0 * self.width.0;
        self.stretch(Time(to.saturating_sub(1_000_000_000)), Time(to))
    }

    /// All judgements, in order of time.
    pub fn judged(&self) -> impl DoubleEndedIterator<Item = &Judged> {
        self.journal.iter().flat_map(|part| part.iter())
    }

    /// All answers, in order of time.
    pub fn told(&self) -> impl DoubleEndedIterator<Item = &Told> {
        self.told.iter().flat_map(|part| part.iter())
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl Bucket {
    /// What comes right after it, on top.
    pub fn add(&mut self, next: &Self) {
        self.flows.resize_with(next.flows.len(), FlowTally::default);
        for (sum, one) in self.flows.iter_mut().zip(&next.flows) {
            sum.add(one);
        }
        self.instances.resize_with(next.instances.len(), InstanceTally::default);
        for (sum, one) in self.instances.iter_mut().zip(&next.instances) {
            *sum = InstanceTally { began: sum.began + one.began, ..*one };
        }
        for link in &next.links {
            let at = self.links.binary_search_by_key(&(link.from, link.to), |it| (it.from, it.to));
            match at {
                Ok(at) => self.links[at].messages += link.messages,
                Err(at) => self.links.insert(at, *link),
            }
        }
        self.messages += next.messages;
        self.retries += next.retries;
        for (class, (sum, one)) in self.classes.iter_mut().zip(next.classes).enumerate() {
            *sum += one;
            self.exemplars[class] = self.exemplars[class].or(next.exemplars[class]);
        }
        self.failed = self.failed.or(next.failed);
    }

    /// All flows together.
    pub fn all(&self) -> FlowTally {
        let mut all = FlowTally::default();
        for flow in &self.flows {
            let open = all.open;
            all.add(flow);
            all.open += open;
        }
        all
    }
}

impl FlowTally {
    /// What comes right after it, on top.
    pub fn add(&mut self, next: &Self) {
        self.sent += next.sent;
        self.done += next.done;
        self.refused += next.refused;
        self.failed += next.failed;
        self.open = next.open;
        self.reads += next.reads;
        self.lost += next.lost;
        self.ends.iter_mut().zip(next.ends).for_each(|(sum, one)| *sum += one);
        self.anomalies.iter_mut().zip(next.anomalies).for_each(|(sum, one)| *sum += one);
    }

    /// How many were judged so.
    pub fn end(&self, end: End) -> u32 {
        self.ends[end as usize]
    }

    /// How many anomalies of this kind were found.
    pub fn anomaly(&self, kind: Kind) -> u32 {
        self.anomalies[kind as usize]
    }
}
