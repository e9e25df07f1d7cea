//! The ledger: follows every operation from its sending until nothing can act for it any more, and
//! judges what it was told against the truth (docs/semantics.md, rules 30 to 36). The truth itself,
//! the sessions and the invariants are kept by their own files; this one says which fact concerns
//! whom.
//!
//! # How it knows that nothing can act any more
//! Each operation has a count of what can still act for it. The nodes keep it right by three facts:
//!
//! ```text
//! Message   +1  sent. Whoever receives it inherits that 1 (as a task, a row, a queue's entry)
//! HandedOn   0  sent, as the last thing that the sender does: the message takes over its 1
//! Carried   +1  one more thing than messages account for: a stored row, a second task, a retry's timer
//! Dropped   -1  done with it: used up, or lost (then with a reason)
//!
//! client ──Message +1──▶ task ──Message +1 (its call)──▶ ...
//!                          │ ◀──────────── answer ────── (the answer inherits the call's 1, or is its own
//!                          │                              Message and the callee's task is Dropped)
//!                          └─Message +1 (its answer), then Dropped -1 for the task itself
//! ```
//!
//! Gains come before losses: a task that hands on says so before it is dropped, or the entry would
//! close too early. The client's own interest is kept apart: an operation is open until answered,
//! however few messages there are. Facts about nobody ([`OpId::NONE`]) touch no entry, and facts
//! about an operation that is closed are counted as strays: there should be none.

use std::sync::Arc;

use super::anomalies::{Detail, Kind};
use super::books::{Books, Commit};
use super::entries::Entries;
use super::entry::{Entry, Flag};
use super::fact::{Fact, OpId, Verdict};
use super::instruments::Instrument;
use super::layout::Layout;
use super::outcome::Outcome;
use super::reason::Reason;
use super::recovery::recovery;
use super::sessions::Seen;
use super::sums::Sums;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::scenario::tree::FlowIx;

/// The ledger of one run.
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Entries,
    /// What it adds up.
    pub books: Books,
    /// Facts about operations that were closed already: the nodes counted wrong.
    pub strays: u64,
}

impl Instrument for Ledger {
    fn new(layout: &Arc<Layout>) -> Self {
        let stride = layout.flows.iter().map(|flow| flow.effects.len().min(64)).max().unwrap_or(0);
        Self {
            entries: Entries::new(layout.clients.len(), stride),
            books: Books::new(layout),
            strays: 0,
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arm remains"
    )]
    #[inline(always)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        match fact {
            Fact::Sent { op, flow, session, intended, told, .. } => {
                self.sent(now, op, flow, session, intended, told);
            }
            Fact::Answered { op, verdict } => self.answered(now, op, verdict),
            Fact::Message { op, .. } => self.message(op, 1),
            Fact::HandedOn { op, .. } => self.message(op, 0),
            Fact::Carried { op } => self.with(op, |_, entry| entry.count += 1),
            Fact::Dropped { op, why } => self.dropped(now, op, why),
            Fact::Promised { op } => self.with(op, |_, entry| entry.set(Flag::Promised)),
            Fact::Refused { op, .. } => self.with(op, |books, entry| {
                entry.set(Flag::Refused);
                books.sessions.refused(op, entry);
            }),
            Fact::Declined { op, .. } => {
                self.with(op, |books, entry| books.sessions.declined(op, entry));
            }
            Fact::Applied { op, effect, entity, key, version, before, value } => {
                self.applied(now, Commit { op, effect, entity, key, version, before, value });
            }
            Fact::Undone { op, effect, entity, key, version, before, value } => {
                self.undone(now, Commit { op, effect, entity, key, version, before, value });
            }
            Fact::Reverted { op, effect, undo, entity, key, version, before, value } => {
                let commit = Commit { op, effect, entity, key, version, before, value };
                self.reverted(now, commit, undo);
            }
            Fact::Saw { op, entity, .. } if !self.books.sessions.changes(entity) => {
                self.with(op, |books, entry| books.saw_what_stays(entry));
            }
            Fact::Saw { op, entity, key, version, value, issued } => {
                self.saw(now, op, Seen { entity, key, version, issued }, value);
            }
            Fact::Holds { op, entity, key, version } => {
                self.books.truth.holds(now, at, entity, key, version);
                // A copy of what it changed is part of its convergence; what a reader's cache
                // fetched is not, and a copy's maker may be long settled.
                if let Some(entry) = self.entries.get(op).filter(|entry| entry.is(Flag::Applied)) {
                    entry.changed = now;
                }
            }
            Fact::Forgot { entity, key } => self.books.truth.forgot(at, entity, key),
            Fact::Retried { op, .. } => self.with(op, |books, entry| {
                books.sums.of(entry).flow.retries += u64::from(entry.is(Flag::Measured));
            }),
            Fact::Hedged { op, .. } => self.with(op, |books, entry| {
                books.sums.of(entry).flow.hedges += u64::from(entry.is(Flag::Measured));
            }),
            Fact::Redelivered { op } => self.with(op, |books, entry| {
                books.sums.of(entry).flow.redeliveries += u64::from(entry.is(Flag::Measured));
            }),
            Fact::DeadLetter { op } => self.with(op, |books, entry| {
                books.sums.of(entry).flow.dead_letters += u64::from(entry.is(Flag::Measured));
            }),
            Fact::Overwrote { op } => self.with(op, |books, entry| {
                books.sums.of(entry).flow.lost_updates += u64::from(entry.is(Flag::Measured));
            }),
            Fact::Down => self.books.truth.down(at),
            Fact::Joined { .. }
            | Fact::Deduplicated { .. }
            | Fact::Responded { .. }
            | Fact::CacheHit { .. }
            | Fact::CacheMiss { .. }
            | Fact::KeptOut { .. }
            | Fact::Entered
            | Fact::Left { .. }
            | Fact::Arrived { .. }
            | Fact::Waits { .. }
            | Fact::Began { .. }
            | Fact::Works { .. }
            | Fact::Freed { .. }
            | Fact::Received { .. }
            | Fact::Batched { .. }
            | Fact::Revoked { .. }
            | Fact::LeftQueue { .. }
            | Fact::TurnedAway { .. }
            | Fact::AttemptFailed { .. }
            | Fact::Listed { .. }
            | Fact::Up => {}
        }
    }

    fn due(&self) -> Time {
        self.books.sums.windows.end()
    }

    fn reach(&mut self, now: Time, fact: &Fact) {
        if fact.is_of_a_window() {
            self.books.sums.reach(now);
        }
    }

    fn weight(&self) -> usize {
        let Books { sums, truth, sessions, .. } = &self.books;
        self.entries.weight() + sums.weight() + truth.weight() + sessions.weight()
    }

    fn replan(&mut self, layout: &Arc<Layout>) {
        self.books.layout = Arc::clone(layout);
        self.books.sums.foresee(layout);
    }

    fn outcome(&self, audit: Time, outcome: &mut Outcome) {
        let sums = self.audited(audit);
        let layout = &self.books.layout;
        outcome.window = sums.windows.width();
        outcome.windows = sums.windows.outcome(audit);
        outcome.messages = outcome.windows.iter().map(|window| window.messages).sum();
        let (windows, window) = (&outcome.windows, outcome.window);
        let recoveries = layout.faults.iter().filter_map(|fault| {
            Some((fault.name.clone(), recovery(fault, windows, window, layout)?))
        });
        outcome.recoveries = recoveries.collect();
        for (flow, tally) in outcome.flows.values_mut().zip(&sums.flows) {
            *flow = tally.outcome();
        }
        for (flow, series) in outcome.flows.values_mut().zip(sums.series_by_flow(audit)) {
            flow.windows = series;
        }
        outcome.invariants = self.books.invariants.outcome(audit);
        outcome.anomalies = sums.anomalies.outcome();
    }
}

impl Ledger {
    /// Something will soon happen to this operation: lets its entry be fetched from memory.
    pub fn prefetch(&self, op: OpId) {
        self.entries.prefetch(op);
    }

    /// By flow: how many are open. Looks at all that are.
    pub fn open(&self) -> Vec<u32> {
        let mut open = vec![0; self.books.sums.flows.len()];
        self.entries.open_entries().for_each(|entry| open[usize::from(entry.flow.0)] += 1);
        open
    }

    /// Can anything still happen to this operation?
    pub fn is_open(&self, op: OpId) -> bool {
        self.entries.seen(op).is_some()
    }

    /// The sums if the audit were at this instant: what is still open is judged.
    pub fn audited(&self, audit: Time) -> Sums {
        self.judged(audit, self.books.sums.without_journal())
    }

    /// The same, with a journal of what is judged then.
    pub fn audited_aloud(&self, audit: Time) -> Sums {
        let mut sums = self.books.sums.without_journal();
        sums.keep_journal();
        self.judged(audit, sums)
    }

    fn judged(&self, audit: Time, mut sums: Sums) -> Sums {
        for op in self.entries.open_ops() {
            let (entry, deeds) = self.entries.seen(op).expect("it is open");
            if !entry.is_answered() && entry.is(Flag::Measured) {
                sums.of(entry).failed(Reason::Unanswered, audit.since(entry.intended));
            }
            sums.ended(audit, op, entry, || deeds);
        }
        sums
    }

    /// Do something with an operation's open entry.
    #[expect(clippy::inline_always, reason = "most of it is known at the call site")]
    #[inline(always)]
    fn with(&mut self, op: OpId, then: impl FnOnce(&mut Books, &mut Entry)) {
        if let Some(entry) = self.entries.get(op) {
            then(&mut self.books, entry);
        } else {
            self.astray(op);
        }
    }

    /// A fact about nobody, or about an operation that is closed.
    #[cold]
    #[inline(never)]
    fn astray(&mut self, op: OpId) {
        self.strays += u64::from(op.is_some());
    }

    #[expect(clippy::inline_always, reason = "the entry is written once, where it will lie")]
    #[inline(always)]
    fn sent(&mut self, now: Time, op: OpId, flow: FlowIx, session: u32, intended: Time, told: u64) {
        let entry = self.entries.open(op, told);
        *entry = Entry::new(op, flow, session, intended, now);
        self.books.sent(op, entry, told);
    }

    #[inline]
    fn answered(&mut self, now: Time, op: OpId, verdict: Verdict) {
        let Some(entry) = self.entries.get(op) else {
            return self.astray(op);
        };
        self.books.answered(now, op, entry, verdict);
        entry.count -= 1;
        if entry.is_settled() {
            // The commonest end of an operation: its answer is the last that happens.
            self.close(now, op);
        }
    }

    #[expect(clippy::inline_always, reason = "most of it is known at the call site")]
    #[inline(always)]
    fn message(&mut self, op: OpId, more: i32) {
        self.books.sums.windows.message();
        self.with(op, |books, entry| {
            books.sums.message_of(entry.flow);
            entry.count += more;
            entry.messages += 1;
        });
    }

    #[expect(clippy::inline_always, reason = "most of it is known at the call site")]
    #[inline(always)]
    fn dropped(&mut self, now: Time, op: OpId, why: Option<Reason>) {
        let Some(entry) = self.entries.get(op) else {
            return self.astray(op);
        };
        debug_assert!(entry.is_pending(), "more was dropped than there was for {op:?}");
        entry.count -= 1;
        if let Some(why) = why {
            entry.lose(why);
        }
        if entry.is_settled() {
            self.settle(now, op);
        }
    }

    fn applied(&mut self, now: Time, commit: Commit) {
        self.commit(now, commit);
        let Some((entry, deeds)) = self.entries.with_deeds(commit.op) else {
            self.strays += 1;
            return;
        };
        let deed = &mut deeds[usize::from(commit.effect)];
        deed.net = deed.net.saturating_add(1);
        let first = !std::mem::replace(&mut deed.is_applied, true);
        entry.set(Flag::Applied);
        if deed.net <= 1 {
            // A repeat is no part of its convergence.
            entry.changed = now;
        }
        if first {
            self.books.first_applied(now, entry, commit);
        }
    }

    fn undone(&mut self, now: Time, commit: Commit) {
        self.commit(now, commit);
        let Some((entry, deeds)) = self.entries.with_deeds(commit.op) else {
            self.strays += 1;
            return;
        };
        let deed = &mut deeds[usize::from(commit.effect)];
        deed.net = deed.net.saturating_sub(1);
        entry.changed = now;
        entry.set(Flag::Compensated);
    }

    #[cold]
    fn reverted(&mut self, now: Time, commit: Commit, undo: bool) {
        self.commit(now, commit);
        let Some((entry, deeds)) = self.entries.with_deeds(commit.op) else {
            self.strays += 1;
            return;
        };
        let deed = &mut deeds[usize::from(commit.effect)];
        deed.net = deed.net.saturating_add(if undo { 1 } else { -1 });
        // It is not there, and was not taken back: as if it had never been.
        deed.is_applied &= undo || deed.net > 0;
        entry.changed = now;
    }

    /// What any commit does to the truth, whoever made it.
    fn commit(&mut self, now: Time, commit: Commit) {
        let Commit { op, entity, key, version, before, value, .. } = commit;
        let books = &mut self.books;
        books.truth.commit(now, entity, key, version, value);
        if books.invariants.commit(now, entity, before, value)
            && let Some(entry) = self.entries.get(op)
        {
            books.sums.note(now, Kind::Floor, entry.flow, op, Detail::Value { entity, value });
        }
    }

    #[inline(never)]
    fn saw(&mut self, now: Time, op: OpId, seen: Seen, value: i64) {
        self.with(op, |books, entry| books.saw(now, op, entry, seen, value));
    }

    /// Close an operation's entry and judge it.
    #[inline(never)]
    fn settle(&mut self, now: Time, op: OpId) {
        self.close(now, op);
    }

    /// The same where it happens most.
    #[expect(clippy::inline_always, reason = "it has two callers")]
    #[inline(always)]
    fn close(&mut self, now: Time, op: OpId) {
        let Some((entry, deeds)) = self.entries.close(op) else {
            return;
        };
        self.books.sums.ended(now, op, entry, deeds);
        if entry.is(Flag::Followed) {
            let entry = *entry;
            self.closed(op, &entry);
        }
    }

    /// Tell its session.
    #[inline(never)]
    fn closed(&mut self, op: OpId, entry: &Entry) {
        let is_past = |number| !self.entries.is_open_before(op.client(), number);
        self.books.sessions.closed(op, entry, is_past, &mut self.books.truth);
    }
}
