//! Writes history: what is counted in a bucket while it is open, and the bucket when it is over. Figures
//! that the instruments have anyway are taken from them then, as what they have grown by; so only what
//! nobody else counts is counted here. Holds the open bucket, and what is over until it is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::history::{
    Bucket, CLASSES, FlowTally, InstanceTally, LinkTally, Part, Second, Told, class_of, widths,
};
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::probes::anomalies::Kind;
use crate::probes::journal::Finding;
use crate::probes::sums::Sums;
use crate::probes::{Fact, Instruments, OpId, Sketch, Verdict};
use crate::scenario::tree::FlowIx;

/// The recorder of a run.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Of each instance, its node.
    owners: Arc<[NodeIx]>,
    /// How long a bucket is, and a second.
    width: Span,
    second: Span,
    /// When the open bucket ends.
    due: Time,
    open: Bucket,
    /// By caller: messages to each callee, in order of callees.
    links: Vec<Vec<(NodeIx, u32)>>,
    down: Vec<bool>,
    /// Operations that were sent and not answered.
    asked: BTreeMap<OpId, Asked>,
    told: Vec<Told>,
    latency: Vec<Sketch>,
    /// By flow: the instruments' figures when the last bucket ended.
    before: Vec<Figures>,
    part: Part,
}

/// What is known of an operation until it is answered.
#[derive(Clone, Copy, Debug)]
struct Asked {
    flow: FlowIx,
    journey: u64,
    step: u32,
    intended: Time,
}

/// A flow's figures since the run began.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    ends: [u64; 6],
    anomalies: [u64; 14],
    reads: u64,
    lost: u64,
}

impl Figures {
    fn of(sums: &Sums, flow: FlowIx) -> Self {
        let figures = sums.flows[usize::from(flow.0)].figures();
        let ends = &figures.ends;
        Self {
            ends: [
                ends.kept,
                ends.retracted,
                ends.half_done,
                ends.unannounced,
                ends.clean,
                ends.pending,
            ],
            anomalies: Kind::ALL.map(|kind| sums.anomalies.count_of(kind, flow)),
            reads: figures.reads.reads,
            lost: figures.effects.lost,
        }
    }
}

impl Recorder {
    /// Nothing has happened yet.
    pub(super) fn new(model: &Model) -> Self {
        let (width, second) = widths(&model.scenario.run);
        let (flows, instances) = (model.scenario.flows.len(), model.instances.len());
        Self {
            owners: model.instances.iter().map(|place| place.node).collect(),
            width,
            second,
            due: Time::ZERO + width,
            open: blank(flows, instances),
            links: vec![Vec::new(); model.nodes.len()],
            down: vec![false; instances],
            asked: BTreeMap::new(),
            told: Vec::new(),
            latency: vec![Sketch::coarse(); flows],
            before: vec![Figures::default(); flows],
            part: Part::default(),
        }
    }

    /// When the open bucket ends.
    #[inline]
    pub fn due(&self) -> Time {
        self.due
    }

    /// What is over and was not taken yet.
    pub fn take(&mut self) -> Part {
        std::mem::take(&mut self.part)
    }

    /// Bytes that it holds beside itself, about.
    pub fn weight(&self) -> usize {
        let asked = self.asked.len() * 2 * size_of::<(OpId, Asked)>();
        asked + self.told.capacity() * size_of::<Told>()
    }

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arm remains"
    )]
    #[inline(always)]
    pub(super) fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        match fact {
            Fact::Sent { op, flow, intended, journey, step, .. } => {
                self.sent(op, Asked { flow, journey, step, intended });
            }
            Fact::Answered { op, verdict } => self.answered(now, op, verdict),
            Fact::Message { to, .. } | Fact::HandedOn { to, .. } => self.message(at, to),
            Fact::Began { .. } => self.open.instances[at.0 as usize].began += 1,
            Fact::Retried { .. } => self.open.retries += 1,
            Fact::Down => self.down[at.0 as usize] = true,
            Fact::Up => self.down[at.0 as usize] = false,
            _ => {}
        }
    }

    #[inline(never)]
    fn sent(&mut self, op: OpId, asked: Asked) {
        self.open.flows[usize::from(asked.flow.0)].sent += 1;
        self.asked.insert(op, asked);
    }

    #[inline(never)]
    fn answered(&mut self, now: Time, op: OpId, verdict: Verdict) {
        let Some(asked) = self.asked.remove(&op) else { return };
        let Asked { flow, journey, step, intended } = asked;
        let ix = usize::from(flow.0);
        let tally = &mut self.open.flows[ix];
        match verdict {
            Verdict::Done => {
                tally.done += 1;
                let latency = now.since(intended);
                let class = class_of(latency);
                self.open.classes[class] += 1;
                self.open.exemplars[class].get_or_insert(op);
                self.latency[ix].record(latency);
            }
            Verdict::Refused => tally.refused += 1,
            Verdict::Failed(_) => {
                tally.failed += 1;
                self.open.failed.get_or_insert(op);
            }
        }
        self.told.push(Told { op, flow, journey, step, intended, answered: now, verdict });
    }

    #[inline(never)]
    fn message(&mut self, at: InstanceId, to: InstanceId) {
        self.open.messages += 1;
        let [at, to] = [at, to].map(|instance| self.owners[instance.0 as usize]);
        let links = &mut self.links[usize::from(at.0)];
        match links.binary_search_by_key(&to, |link| link.0) {
            Ok(place) => links[place].1 += 1,
            Err(place) => links.insert(place, (to, 1)),
        }
    }

    /// It is so late that the open bucket is over.
    #[cold]
    #[inline(never)]
    pub(super) fn turn(&mut self, now: Time, instruments: &mut Instruments) {
        while now >= self.due {
            let sums = &mut instruments.ledger.books.sums;
            let journal = sums.take_journal();
            self.judged(&journal);
            self.close(instruments, &instruments.ledger.books.sums);
        }
    }

    /// The audit: what is open is judged, and the bucket that it lies in is the last.
    pub(super) fn end(&mut self, audit: Time, instruments: &mut Instruments) {
        self.turn(audit, instruments);
        let journal = instruments.ledger.books.sums.take_journal();
        self.judged(&journal);
        let mut sums = instruments.ledger.audited_aloud(audit);
        self.judged(&sums.take_journal());
        self.close(instruments, &sums);
        self.end_second();
    }

    fn judged(&mut self, journal: &[crate::probes::journal::Judged]) {
        let found = journal.iter().filter(|it| matches!(it.what, Finding::Anomaly(..)));
        self.part.journal.extend(found);
    }

    fn close(&mut self, instruments: &Instruments, sums: &Sums) {
        let open = instruments.ledger.open();
        for (ix, tally) in self.open.flows.iter_mut().enumerate() {
            let now = Figures::of(sums, FlowIx(ix as u16));
            let before = std::mem::replace(&mut self.before[ix], now);
            let grown = |now: u64, before: u64| (now - before) as u32;
            tally.open = open[ix];
            tally.ends = std::array::from_fn(|end| grown(now.ends[end], before.ends[end]));
            tally.anomalies =
                std::array::from_fn(|kind| grown(now.anomalies[kind], before.anomalies[kind]));
            tally.reads = grown(now.reads, before.reads);
            tally.lost = grown(now.lost, before.lost);
        }
        for (at, tally) in (0..).map(InstanceId).zip(&mut self.open.instances) {
            let hand = instruments.meters.hand(at);
            (tally.waiting, tally.busy) = (hand.waiting, hand.busy);
            tally.is_down = self.down[at.0 as usize];
        }
        for (from, links) in (0..).map(NodeIx).zip(&mut self.links) {
            let tally = |(to, messages)| LinkTally { from, to, messages };
            self.open.links.extend(links.drain(..).map(tally));
        }
        let next = blank(self.open.flows.len(), self.open.instances.len());
        self.part.buckets.push(Arc::new(std::mem::replace(&mut self.open, next)));
        self.part.told.append(&mut self.told);
        if self.due.0.is_multiple_of(self.second.0) {
            self.end_second();
        }
        self.due += self.width;
    }

    fn end_second(&mut self) {
        let blank = vec![Sketch::coarse(); self.latency.len()];
        let latency = std::mem::replace(&mut self.latency, blank);
        self.part.sketches.push(Arc::new(Second { latency }));
    }
}

fn blank(flows: usize, instances: usize) -> Bucket {
    Bucket {
        flows: vec![FlowTally::default(); flows],
        instances: vec![InstanceTally::default(); instances],
        classes: [0; CLASSES],
        ..Bucket::default()
    }
}
