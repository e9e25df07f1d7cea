//! What a run leaves behind while it is computed: buckets of figures, judgements, answers. Plain data, and
//! cheap to clone: whoever looks shares it with whoever writes it. Knows no run.

use std::sync::Arc;

use super::words;
use crate::base::{Span, Time};
use crate::model::NodeIx;
use crate::probes::anomalies::Kind;
use crate::probes::flows::End;
use crate::probes::journal::Judged;
use crate::probes::{OpId, Sketch, Verdict};
use crate::scenario::tree::{FlowIx, Run};

/// Anomalies that are kept at most.
const JOURNAL: usize = 65_536;

/// Answers that are kept at most: some 60 MB.
const ANSWERS: usize = 1 << 20;

/// Buckets of a run's length at most, and seconds. While a run drains there may be more.
const BUCKETS: u64 = 4_096;
const SECONDS: u64 = 512;

/// Classes of latency: the `n`th holds what took less than `2^n / 8` ms and not less than half of it; the
/// first all below, the last all above.
pub const CLASSES: usize = 24;

/// The class of a latency.
pub fn class_of(latency: Span) -> usize {
    let class = (latency.0 / 125_000).checked_ilog2().map_or(0, |power| power + 1);
    (class as usize).min(CLASSES - 1)
}

/// How long a bucket and a second of a run are; each second is so many whole buckets.
pub fn widths(run: &Run) -> (Span, Span) {
    let fit = |width: u64, most: u64| {
        let doubled = (0..).map(|doublings| width << doublings);
        Span(doubled.into_iter().find(|width| run.length.0 / width < most).unwrap_or(width))
    };
    (fit(100_000_000, BUCKETS), fit(1_000_000_000, SECONDS))
}

/// The history of a run up to its edge.
#[derive(Clone, Debug)]
pub struct History {
    /// How long a bucket is: 100 ms, doubled as often as a longer run needs it.
    pub width: Span,
    /// How long a second of `sketches` is: one, doubled likewise.
    pub second: Span,
    /// Full buckets from time zero on, without a gap.
    pub buckets: Arc<Vec<Arc<Bucket>>>,
    /// Latency (and convergence) by second and flow; coarse.
    pub sketches: Arc<Vec<Arc<Second>>>,
    /// All anomalies in the order of time, at most 65 536; counts in buckets are exact beyond. What was
    /// open at the audit is judged then.
    pub journal: Arc<Vec<Arc<Vec<Judged>>>>,
    /// How each customer's action ended, in the order of answers, the first 1 048 576; counts in buckets are
    /// exact beyond.
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

/// What a run leaves behind in some of its time: what a history grows by.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Full buckets; the last of a run may be cut off by the audit.
    pub buckets: Vec<Arc<Bucket>>,
    /// Full seconds.
    pub sketches: Vec<Arc<Second>>,
    /// Anomalies.
    pub journal: Vec<Judged>,
    /// Answers.
    pub told: Vec<Told>,
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
            second: Span(1_000_000_000),
            buckets: Arc::default(),
            sketches: Arc::default(),
            journal: Arc::default(),
            told: Arc::default(),
        }
    }

    /// Of a run of this length of which nothing is computed yet.
    pub fn of(run: &Run) -> Self {
        let (width, second) = widths(run);
        Self { width, second, ..Self::new() }
    }

    /// It goes on like this.
    pub fn extend(&mut self, part: Part) {
        let Part { buckets, sketches, mut journal, mut told } = part;
        if !buckets.is_empty() {
            Arc::make_mut(&mut self.buckets).extend(buckets);
        }
        if !sketches.is_empty() {
            Arc::make_mut(&mut self.sketches).extend(sketches);
        }
        let kept: usize = self.journal.iter().map(|part| part.len()).sum();
        journal.truncate(JOURNAL.saturating_sub(kept));
        if !journal.is_empty() {
            Arc::make_mut(&mut self.journal).push(Arc::new(journal));
        }
        told.truncate(ANSWERS.saturating_sub(self.answers()));
        if !told.is_empty() {
            Arc::make_mut(&mut self.told).push(Arc::new(told));
        }
    }

    /// As it was when this was its edge, which must have been one.
    #[must_use]
    pub fn until(&self, edge: Time) -> Self {
        fn kept<T: Clone>(
            parts: &[Arc<Vec<T>>],
            is_before: impl Fn(&T) -> bool,
        ) -> Vec<Arc<Vec<T>>> {
            let whole = parts.partition_point(|part| part.last().is_some_and(&is_before));
            let mut kept = parts[..whole].to_vec();
            let cut: Vec<T> = parts.get(whole).map_or(Vec::new(), |part| {
                part.iter().take_while(|it| is_before(it)).cloned().collect()
            });
            kept.extend((!cut.is_empty()).then(|| Arc::new(cut)));
            kept
        }
        let buckets = (edge.0 / self.width.0) as usize;
        let seconds = (edge.0 / self.second.0) as usize;
        Self {
            buckets: Arc::new(self.buckets[..buckets].to_vec()),
            sketches: Arc::new(self.sketches[..seconds].to_vec()),
            journal: Arc::new(kept(&self.journal, |it: &Judged| it.time < edge)),
            told: Arc::new(kept(&self.told, |it: &Told| it.answered < edge)),
            ..*self
        }
    }

    /// How many answers it holds.
    fn answers(&self) -> usize {
        self.told.iter().map(|part| part.len()).sum()
    }

    /// If there may be answers that it could not keep any more: those that it holds, in words.
    pub fn bound(&self) -> Option<String> {
        let is_full = self.answers() == ANSWERS;
        is_full.then(|| format!("the first {} answers", words::count(ANSWERS as u64)))
    }

    /// Bytes of the lists in it that grow with what happens.
    pub fn weight(&self) -> usize {
        let journal: usize = self.journal.iter().map(|part| part.len()).sum();
        self.answers() * size_of::<Told>() + journal * size_of::<Judged>()
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

    /// The last second before an instant, up to its last full bucket; that bucket, if it is longer.
    pub fn last_second(&self, at: Time) -> Stretch {
        let to = at.0 / self.width.0 * self.width.0;
        let lasts = self.width.0.max(1_000_000_000);
        self.stretch(Time(to.saturating_sub(lasts)), Time(to))
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

#[cfg(test)]
mod tests;
