//! What the ledger adds up: per flow, per window, and examples of what went wrong. Small beside what
//! the ledger must know to judge, so that a copy of it can be brought to an audit at any time: that
//! is how figures are read while a run goes on. Knows no session, no item and no place of an entry.

use std::sync::Arc;

use super::anomalies::{Anomalies, Detail, Kind};
use super::entry::{Deed, Entry, Flag};
use super::fact::OpId;
use super::flows::{End, Judgement, Tally, judge};
use super::instruments::Extra;
use super::journal::{Finding, Judged};
use super::layout::Layout;
use super::outcome::{Violations, Window};
use super::sessions::Broken;
use super::windows::Windows;
use crate::base::{Span, Time, weight};
use crate::scenario::tree::FlowIx;

/// The sums.
#[derive(Clone, Debug)]
pub struct Sums {
    layout: Arc<Layout>,
    /// Per flow.
    pub flows: Vec<Tally>,
    /// Everything per window.
    pub windows: Windows,
    /// The same by flow, where somebody wants that.
    flow_windows: Vec<Windows>,
    /// Examples of what went wrong.
    pub anomalies: Anomalies,
    /// Every judgement since it was taken last, where somebody wants them.
    journal: Option<Vec<Judged>>,
}

impl Sums {
    /// Bytes that they hold; of what clones share, their share.
    pub(super) fn weight(&self) -> usize {
        let flows: usize = self.flows.iter().map(Tally::weight).sum();
        let windows: usize = self.flow_windows.iter().map(Windows::weight).sum();
        weight::vec(&self.flows) + flows + self.windows.weight() + windows
    }

    /// Nothing has been counted.
    pub(super) fn new(layout: &Arc<Layout>) -> Self {
        let by_flow = layout.extras.has(Extra::FlowWindows);
        let count = if by_flow { layout.flows.len() } else { 0 };
        let mut sums = Self {
            layout: Arc::clone(layout),
            flows: layout.flows.iter().map(Tally::new).collect(),
            windows: Windows::default(),
            flow_windows: vec![Windows::default(); count],
            anomalies: Anomalies::new(Arc::clone(layout)),
            journal: None,
        };
        sums.foresee(layout);
        sums
    }

    /// Faults are those of this layout.
    pub(super) fn foresee(&mut self, layout: &Layout) {
        let windows = layout.faults.iter().flat_map(|fault| &fault.windows);
        let mut ends: Vec<Time> = windows.map(|(_, end)| *end).collect();
        ends.sort_unstable();
        let ends: Arc<[Time]> = ends.into();
        for windows in self.flow_windows.iter_mut().chain([&mut self.windows]) {
            windows.foresee(Arc::clone(&ends));
        }
    }

    /// A copy to be brought to an audit: nobody wants to know what is judged there.
    pub(super) fn without_journal(&self) -> Self {
        Self {
            layout: Arc::clone(&self.layout),
            flows: self.flows.clone(),
            windows: self.windows.clone(),
            flow_windows: self.flow_windows.clone(),
            anomalies: self.anomalies.clone(),
            journal: None,
        }
    }

    /// From now on every judgement is written down.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// What was judged since it was taken last, in order of time; nothing where nobody keeps it.
    pub fn take_journal(&mut self) -> Vec<Judged> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Something that should not have happened.
    pub(super) fn note(&mut self, now: Time, kind: Kind, flow: FlowIx, op: OpId, detail: Detail) {
        self.anomalies.note(now, kind, flow, op, detail);
        if let Some(journal) = &mut self.journal {
            journal.push(Judged { time: now, op, flow, what: Finding::Anomaly(kind, detail) });
        }
    }

    /// What is counted in a window from now on belongs to that of this instant.
    pub(super) fn reach(&mut self, now: Time) {
        self.windows.reach(now);
        self.flow_windows.iter_mut().for_each(|windows| windows.reach(now));
    }

    /// Counts in the window of all flows, and in that of this one if somebody wants it.
    #[inline]
    pub(super) fn count(&mut self, flow: FlowIx, mut counted: impl FnMut(&mut Windows)) {
        counted(&mut self.windows);
        if let Some(windows) = self.flow_windows.get_mut(usize::from(flow.0)) {
            counted(windows);
        }
    }

    /// An operation that was sent then was done.
    #[inline]
    pub(super) fn done(&mut self, flow: FlowIx, in_time: bool, sent: Time, latency: Span) {
        self.windows.done(in_time, sent, latency);
        if usize::from(flow.0) < self.flow_windows.len() {
            self.done_of(flow, in_time, sent, latency);
        }
    }

    /// The same of its flow's own windows: apart, as most runs have none.
    #[cold]
    fn done_of(&mut self, flow: FlowIx, in_time: bool, sent: Time, latency: Span) {
        self.flow_windows[usize::from(flow.0)].done(in_time, sent, latency);
    }

    /// A message of all flows is one of this flow's, if somebody wants it.
    #[inline]
    pub(super) fn message_of(&mut self, flow: FlowIx) {
        if let Some(windows) = self.flow_windows.get_mut(usize::from(flow.0)) {
            windows.message();
        }
    }

    /// By flow: its windows until the audit; none where nobody wants them.
    pub(super) fn series_by_flow(&self, audit: Time) -> Vec<Vec<Window>> {
        self.flow_windows.iter().map(|windows| windows.outcome(audit)).collect()
    }

    /// The sums of an operation's flow.
    #[inline]
    pub(super) fn of(&mut self, entry: &Entry) -> &mut Tally {
        &mut self.flows[usize::from(entry.flow.0)]
    }

    /// Count broken guarantees.
    pub(super) fn broken(&mut self, now: Time, op: OpId, broken: Broken, detail: Detail) {
        let Broken { what, flow, measured } = broken;
        if !measured || what == Violations::default() {
            return;
        }
        self.flows[usize::from(flow.0)].flow.violations.add(what);
        let kinds = [
            (what.read_your_writes, Kind::ReadYourWrites),
            (what.monotonic_reads, Kind::MonotonicReads),
            (what.monotonic_writes, Kind::MonotonicWrites),
            (what.writes_follow_reads, Kind::WritesFollowReads),
        ];
        for (_, kind) in kinds.into_iter().filter(|(count, _)| *count > 0) {
            self.note(now, kind, flow, op, detail);
        }
    }

    /// Nothing can act for an operation any more, or this is the audit.
    #[expect(clippy::inline_always, reason = "a few instructions, for every operation")]
    #[inline(always)]
    pub(super) fn ended<'a>(
        &mut self,
        now: Time,
        op: OpId,
        entry: &Entry,
        deeds: impl FnOnce() -> &'a [Deed],
    ) {
        self.count(entry.flow, |windows| {
            windows.reach(now);
            windows.settled();
        });
        if !entry.is(Flag::Measured) {
            return;
        }
        let tally = &mut self.flows[usize::from(entry.flow.0)];
        tally.flow.messages += u64::from(entry.messages);
        let end = if entry.is_settled() && !entry.has_effects() {
            tally.ended_without_effects(entry)
        } else {
            self.judge(now, op, entry, deeds())
        };
        if let Some(journal) = &mut self.journal {
            let what = Finding::Ended(end);
            journal.push(Judged { time: now, op, flow: entry.flow, what });
        }
    }

    #[inline(never)]
    fn judge(&mut self, now: Time, op: OpId, entry: &Entry, deeds: &[Deed]) -> End {
        let judgement = judge(entry, deeds, &self.layout.flows[usize::from(entry.flow.0)]);
        self.of(entry).ended(entry, &judgement);
        self.note_end(now, op, entry, &judgement);
        judgement.end
    }

    fn note_end(&mut self, now: Time, op: OpId, entry: &Entry, judgement: &Judgement) {
        let Judgement { end, effects } = judgement;
        if effects.told == 0 && *end != End::Pending {
            return;
        }
        let there = (effects.once + effects.duplicated) as u32;
        let loss = if effects.lost > 0 { entry.loss_of_effects() } else { entry.loss() };
        let detail = Detail::Effects { told: effects.told as u32, there, loss };
        let end = match end {
            End::HalfDone => Some(Kind::HalfDone),
            End::Retracted => Some(Kind::Retracted),
            End::Unannounced => Some(Kind::Unannounced),
            End::Pending => Some(Kind::Pending),
            End::Kept | End::Clean => None,
        };
        let lost = (effects.lost > 0).then_some(Kind::Lost);
        let duplicated = (effects.duplicated > 0).then_some(Kind::Duplicated);
        for kind in [end, lost, duplicated].into_iter().flatten() {
            self.note(now, kind, entry.flow, op, detail);
        }
    }
}
