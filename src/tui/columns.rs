//! A run's history by columns of an axis: the buckets that begin in a column, added up. What it costs
//! grows with the buckets, not with what happened in them.

use super::history::{Bucket, CLASSES, FlowTally, History, Told};
use super::snapshot::Known;
use super::widgets::axis::Axis;
use crate::base::{Span, Time};
use crate::probes::{OpId, Sketch, Verdict};
use crate::scenario::tree::{Flow, Scenario, Step};

/// What happened in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// In so much time: that of its buckets.
    pub lasts: Span,
    /// All flows together.
    pub all: FlowTally,
    /// Those that change something: of the others nothing can be half done.
    pub writes: FlowTally,
    /// Messages sent.
    pub messages: u32,
    /// Retries made.
    pub retries: u32,
    /// Answers by class of latency.
    pub classes: [u32; CLASSES],
    /// An operation of each class.
    pub exemplars: [Option<OpId>; CLASSES],
    /// One that failed.
    pub failed: Option<OpId>,
    /// The median latency of what was done.
    pub p50: Option<Span>,
    /// Its 99th percentile.
    pub p99: Option<Span>,
}

impl Column {
    fn add(&mut self, bucket: &Bucket, width: Span, writing: &Writing) {
        self.lasts = Span(self.lasts.0 + width.0);
        self.all.add(&bucket.all());
        self.writes.add(&writing.sum(bucket));
        self.messages += bucket.messages;
        self.retries += bucket.retries;
        for class in 0..CLASSES {
            self.classes[class] += bucket.classes[class];
            self.exemplars[class] = self.exemplars[class].or(bucket.exemplars[class]);
        }
        self.failed = self.failed.or(bucket.failed);
    }
}

/// Which flows of a scenario change something; all if none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing(Vec<bool>);

impl Writing {
    /// Of this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let writes = |flow: &Flow| Step::walk(&flow.steps).any(|it| matches!(it, Step::Effect(_)));
        let mut found: Vec<bool> = scenario.flows.iter().map(writes).collect();
        if !found.contains(&true) {
            found.fill(true);
        }
        Self(found)
    }

    /// Is the `flow`th one of them?
    pub fn has(&self, flow: usize) -> bool {
        self.0.get(flow).copied().unwrap_or(false)
    }

    fn sum(&self, bucket: &Bucket) -> FlowTally {
        let mut sum = FlowTally::default();
        for (_, flow) in bucket.flows.iter().enumerate().filter(|(ix, _)| self.has(*ix)) {
            let open = sum.open;
            sum.add(flow);
            sum.open += open;
        }
        sum
    }
}

/// By column; none where nothing is known yet. A column that is shorter than a bucket shows the bucket
/// that it lies in.
pub fn columns(known: &Known, axis: Axis) -> Vec<Option<Column>> {
    let writing = Writing::of(&known.model.scenario);
    let mut columns: Vec<Option<Column>> =
        (0..axis.columns).map(|column| sums(&known.history, axis, column, &writing)).collect();
    quantiles(&known.history, axis, &mut columns);
    columns
}

fn sums(history: &History, axis: Axis, column: u16, writing: &Writing) -> Option<Column> {
    let (from, to) = (axis.start(column), axis.start(column + 1));
    let width = history.width.0;
    let first = from.0.div_ceil(width);
    let last = to.0.div_ceil(width);
    let range = if first < last { first..last } else { from.0 / width..from.0 / width + 1 };
    let known = range.start as usize..(range.end as usize).min(history.buckets.len());
    let mut sums = Column::default();
    for bucket in history.buckets.get(known).filter(|buckets| !buckets.is_empty())? {
        sums.add(bucket, history.width, writing);
    }
    Some(sums)
}

/// Quantiles of a column are those of the seconds that it touches: they are kept by seconds only.
fn quantiles(history: &History, axis: Axis, columns: &mut [Option<Column>]) {
    let width = history.second.0;
    let mut last: Option<((usize, usize), Quantiles)> = None;
    for (number, column) in (0..).zip(columns) {
        let Some(column) = column else { continue };
        let (from, to) = (axis.start(number).0, axis.start(number + 1).0.max(1));
        let touched = ((from / width) as usize, to.div_ceil(width) as usize);
        let found = match last {
            Some((same, found)) if same == touched => found,
            _ => Quantiles::of(history, touched.0..touched.1),
        };
        last = Some((touched, found));
        (column.p50, column.p99) = (found.p50, found.p99);
    }
}

#[derive(Clone, Copy)]
struct Quantiles {
    p50: Option<Span>,
    p99: Option<Span>,
}

impl Quantiles {
    fn of(history: &History, seconds: std::ops::Range<usize>) -> Self {
        let last = seconds.end.min(history.sketches.len());
        let seconds = history.sketches.get(seconds.start..last).unwrap_or_default();
        let mut all = Sketch::coarse();
        for second in seconds {
            second.latency.iter().for_each(|flow| all.merge(flow));
        }
        Self { p50: all.quantile(0.5), p99: all.quantile(0.99) }
    }
}

/// A stretch of time as one column, up to its last full bucket; its quantiles are exact, of the answers
/// themselves.
pub fn stretch(known: &Known, from: Time, to: Time) -> Column {
    let (history, writing) = (&known.history, Writing::of(&known.model.scenario));
    let found = history.stretch(from, to);
    let mut column = Column::default();
    column.add(&found.sums, Span(found.to.0 - found.from.0), &writing);
    let mut latencies: Vec<u64> = answers(history, found.from, found.to)
        .filter(|told| told.verdict == Verdict::Done)
        .map(|told| told.answered.0 - told.intended.0)
        .collect();
    let mut rank = |percent: usize| {
        let rank = (latencies.len() * percent).div_ceil(100).checked_sub(1)?;
        Some(Span(*latencies.select_nth_unstable(rank).1))
    };
    (column.p50, column.p99) = (rank(50), rank(99));
    column
}

/// The answers in a stretch of time, its end excluded.
pub fn answers(history: &History, from: Time, to: Time) -> impl Iterator<Item = &Told> {
    let parts = &history.told;
    let first = parts.partition_point(|part| part.last().is_none_or(|told| told.answered < from));
    let rest = parts.get(first..).unwrap_or_default().iter().flat_map(|part| part.iter());
    rest.skip_while(move |told| told.answered < from).take_while(move |told| told.answered < to)
}

/// Everything up to an instant, without quantiles.
pub fn sums_to(known: &Known, now: Time) -> Column {
    let writing = Writing::of(&known.model.scenario);
    let buckets = (now.0 / known.history.width.0) as usize;
    let mut column = Column::default();
    for bucket in known.history.buckets.iter().take(buckets) {
        column.add(bucket, known.history.width, &writing);
    }
    column
}
