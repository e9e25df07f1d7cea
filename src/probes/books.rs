//! What the ledger writes down while it follows operations: the sums that become an outcome, and what
//! it must know of sessions and items to judge. Knows what a fact means for an operation, but not
//! where operations are kept.

use std::sync::Arc;

use super::anomalies::{Detail, Kind};
use super::entry::{Entry, Flag};
use super::fact::{KeyId, OpId, Verdict};
use super::invariants::Invariants;
use super::layout::Layout;
use super::outcome::Violations;
use super::session::Read;
use super::sessions::{Broken, Seen, Sessions, Written};
use super::sums::Sums;
use super::truth::Truth;
use super::windows::Windows;
use crate::base::{Span, Time};
use crate::scenario::tree::EntityIx;

/// All that the ledger keeps besides the entries.
#[derive(Clone, Debug)]
pub struct Books {
    pub(super) layout: Arc<Layout>,
    /// What is counted.
    pub sums: Sums,
    /// Floors and sums.
    pub invariants: Invariants,
    pub(super) truth: Truth,
    pub(super) sessions: Sessions,
    /// Reads that turn out to have missed something; used again and again.
    missed: Vec<Read>,
}

/// A commit as [`super::Fact::Applied`] and [`super::Fact::Undone`] tell it.
#[derive(Clone, Copy)]
pub(super) struct Commit {
    pub(super) op: OpId,
    pub(super) effect: u8,
    pub(super) entity: EntityIx,
    pub(super) key: KeyId,
    pub(super) version: u64,
    pub(super) before: i64,
    pub(super) value: i64,
}

impl Books {
    /// Empty ones.
    pub(super) fn new(layout: &Arc<Layout>) -> Self {
        Self {
            layout: Arc::clone(layout),
            sums: Sums::new(layout),
            invariants: Invariants::new(Arc::clone(layout)),
            truth: Truth::new(Arc::clone(layout)),
            sessions: Sessions::new(Arc::clone(layout)),
            missed: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn sent(&mut self, op: OpId, entry: &mut Entry, told: u64) {
        self.sums.count(entry.flow, Windows::sent);
        if told != 0 {
            entry.set(Flag::Tells);
        }
        if self.layout.measures(entry.intended) {
            entry.set(Flag::Measured);
        }
        if self.sessions.follows(entry.flow) {
            entry.set(Flag::Followed);
            self.sessions.sent(op, entry, told, &mut self.truth);
        }
    }

    #[expect(clippy::inline_always, reason = "it has one caller")]
    #[inline(always)]
    pub(super) fn answered(&mut self, now: Time, op: OpId, entry: &mut Entry, verdict: Verdict) {
        debug_assert!(!entry.is_answered(), "{op:?} is answered twice");
        entry.answered = now;
        if entry.is(Flag::Followed) {
            self.sessions.answered(now, op, entry, verdict);
        }
        let latency = now.since(entry.intended);
        if verdict != Verdict::Done {
            return self.not_done(now, op, entry, verdict, latency);
        }
        let in_time = latency <= self.sums.of(entry).deadline;
        entry.set(Flag::Done);
        if in_time {
            entry.set(Flag::InTime);
        }
        self.sums.done(entry.flow, in_time, entry.intended, latency);
        if entry.is(Flag::Measured) {
            self.sums.of(entry).done(in_time, latency);
        }
    }

    #[inline(never)]
    fn not_done(
        &mut self,
        now: Time,
        op: OpId,
        entry: &mut Entry,
        verdict: Verdict,
        latency: Span,
    ) {
        let measured = entry.is(Flag::Measured);
        if let Verdict::Failed(why) = verdict {
            self.sums.count(entry.flow, Windows::failed);
            if measured {
                self.sums.of(entry).failed(why, latency);
            }
            return;
        }
        entry.set(Flag::Refused);
        self.sums.count(entry.flow, Windows::refused);
        if measured {
            self.sums.of(entry).flow.refused += 1;
        }
        if measured && entry.is(Flag::Misled) {
            self.sums.of(entry).flow.wrongly_refused += 1;
            self.sums.note(now, Kind::WronglyRefused, entry.flow, op, Detail::Nothing);
        }
    }

    pub(super) fn first_applied(&mut self, now: Time, entry: &mut Entry, commit: Commit) {
        let Commit { op, effect, entity, key, version, .. } = commit;
        let mut missed = std::mem::take(&mut self.missed);
        let written = Written { entity, key, version };
        let broken = self.sessions.wrote(op, entry, effect, written, &mut missed);
        let detail = Detail::Read { entity, version, staleness: Span::ZERO };
        if let Some(broken) = broken {
            self.sums.broken(now, op, broken, detail);
        }
        for Read { op, flow, measured, .. } in missed.drain(..) {
            let what = Violations { read_your_writes: 1, ..Violations::default() };
            self.sums.broken(now, op, Broken { what, flow, measured }, detail);
        }
        self.missed = missed;
    }

    /// It read an item of an entity that nothing changes: that is what it was at the start,
    /// wherever it is read.
    #[inline]
    pub(super) fn saw_what_stays(&mut self, entry: &Entry) {
        self.sums.count(entry.flow, |windows| windows.read(false));
        if entry.is(Flag::Measured) {
            self.sums.of(entry).flow.reads.count_fresh();
        }
    }

    /// It read an item.
    pub(super) fn saw(&mut self, now: Time, op: OpId, entry: &mut Entry, seen: Seen, value: i64) {
        let fresh = self.truth.judge(seen.entity, seen.key, seen.version, seen.issued);
        self.sums.count(entry.flow, |windows| windows.read(fresh.behind > 0));
        let needs = &self.layout.flows[usize::from(entry.flow.0)].needs;
        if let Some(&(_, need)) =
            needs.iter().find(|(entity, need)| *entity == seen.entity && value < *need)
            && self.truth.value(seen.entity, seen.key).is_some_and(|truth| truth >= need)
        {
            entry.set(Flag::Misled);
        }
        let what = self.sessions.read(op, entry, seen);
        if !entry.is(Flag::Measured) {
            return;
        }
        let dangling = seen.version == 0 && seen.key.creator().is_some();
        let reads = &mut self.sums.of(entry).flow.reads;
        reads.count(fresh.staleness, fresh.behind);
        reads.dangling += u64::from(dangling);
        let detail =
            Detail::Read { entity: seen.entity, version: seen.version, staleness: fresh.staleness };
        if dangling {
            self.sums.note(now, Kind::Dangling, entry.flow, op, detail);
        }
        if fresh.behind > 0 {
            self.sums.note(now, Kind::StaleRead, entry.flow, op, detail);
        }
        self.sums.broken(now, op, Broken { what, flow: entry.flow, measured: true }, detail);
    }
}
