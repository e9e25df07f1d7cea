//! The ledger: follows every operation from its sending until nothing can act for it any more, and
//! judges what it was told against the truth (rules 30 to 36). The truth itself, the sessions and
//! the invariants are kept by their own files; this one says which fact concerns whom.
//!
//! # How it knows that nothing can act any more
//! Each operation has a count of what can still act for it. The nodes keep it right by three facts:
//!
//! ```text
//! Message   +1  sent. Whoever receives it inherits that 1 (as a task, a row, a queue's entry)
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

use super::anomalies::{Anomalies, Detail, Kind};
use super::entries::{Entries, Entry, Flag};
use super::fact::{Fact, KeyId, OpId, Reason, Verdict};
use super::flows::{End, Judgement, Tally, judge};
use super::invariants::Invariants;
use super::layout::Layout;
use super::outcome::Violations;
use super::sessions::{Broken, Seen, Sessions, Written};
use super::truth::Truth;
use super::windows::Windows;
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::scenario::tree::{EntityIx, FlowIx};

/// The ledger of one run.
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Entries,
    /// What it adds up.
    pub books: Books,
    /// Messages sent by anybody.
    pub messages: u64,
    /// Facts about operations that were closed already: the nodes counted wrong.
    pub strays: u64,
}

/// All that the ledger keeps besides the entries.
#[derive(Clone, Debug)]
pub struct Books {
    layout: Arc<Layout>,
    /// Per flow.
    pub flows: Vec<Tally>,
    /// Everything per window.
    pub windows: Windows,
    /// Examples of what went wrong.
    pub anomalies: Anomalies,
    /// Floors and sums.
    pub invariants: Invariants,
    truth: Truth,
    sessions: Sessions,
}

/// A commit as [`Fact::Applied`] and [`Fact::Undone`] tell it.
#[derive(Clone, Copy)]
struct Commit {
    op: OpId,
    effect: u8,
    entity: EntityIx,
    key: KeyId,
    version: u64,
    before: i64,
    value: i64,
}

impl Ledger {
    /// An empty one.
    pub fn new(layout: &Arc<Layout>) -> Self {
        let stride = layout
            .flows
            .iter()
            .map(|flow| flow.effects.len().min(64))
            .max()
            .unwrap_or(0);
        let books = Books {
            layout: Arc::clone(layout),
            flows: vec![Tally::default(); layout.flows.len()],
            windows: Windows::default(),
            anomalies: Anomalies::new(Arc::clone(layout)),
            invariants: Invariants::new(Arc::clone(layout)),
            truth: Truth::new(Arc::clone(layout)),
            sessions: Sessions::new(Arc::clone(layout)),
        };
        Self {
            entries: Entries::new(layout.clients.len(), stride),
            books,
            messages: 0,
            strays: 0,
        }
    }

    /// Something happened.
    #[inline]
    pub fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        match fact {
            Fact::Sent {
                op,
                flow,
                session,
                intended,
                told,
            } => self.sent(now, op, flow, session, intended, told),
            Fact::Answered { op, verdict } => self.answered(now, op, verdict),
            Fact::Message { op, .. } => self.message(now, op),
            Fact::Carried { op } => self.with(op, |_, entry, _| entry.count += 1),
            Fact::Dropped { op, why } => self.dropped(now, op, why),
            Fact::Promised { op } => self.with(op, |_, entry, _| entry.set(Flag::Promised)),
            Fact::Refused { op, .. } => self.with(op, |books, entry, _| {
                entry.set(Flag::Refused);
                books.sessions.refused(op, entry);
            }),
            Fact::Applied {
                op,
                effect,
                entity,
                key,
                version,
                before,
                value,
            } => {
                self.applied(
                    now,
                    Commit {
                        op,
                        effect,
                        entity,
                        key,
                        version,
                        before,
                        value,
                    },
                );
            }
            Fact::Undone {
                op,
                effect,
                entity,
                key,
                version,
                before,
                value,
            } => {
                self.undone(
                    now,
                    Commit {
                        op,
                        effect,
                        entity,
                        key,
                        version,
                        before,
                        value,
                    },
                );
            }
            Fact::Saw {
                op,
                entity,
                key,
                version,
                value,
                issued,
            } => {
                self.saw(
                    now,
                    op,
                    Seen {
                        entity,
                        key,
                        version,
                        issued,
                    },
                    value,
                );
            }
            Fact::Holds {
                op,
                entity,
                key,
                version,
            } => {
                self.books.truth.holds(now, at, entity, key, version);
                // The maker may be long settled: a cache fetches what it likes when it likes.
                if let Some((entry, _)) = self.entries.get(op) {
                    entry.changed = now;
                }
            }
            Fact::Forgot { entity, key } => self.books.truth.forgot(at, entity, key),
            Fact::Retried { op, .. } => self.with(op, |books, entry, _| {
                books.of(entry).flow.retries += u64::from(entry.is(Flag::Measured));
            }),
            Fact::Down => self.books.truth.down(at),
            Fact::Deduplicated { .. }
            | Fact::CacheHit { .. }
            | Fact::CacheMiss { .. }
            | Fact::Arrived { .. }
            | Fact::Waits { .. }
            | Fact::Began { .. }
            | Fact::Freed
            | Fact::LeftQueue { .. }
            | Fact::TurnedAway { .. }
            | Fact::AttemptFailed { .. }
            | Fact::Redelivered { .. }
            | Fact::Up => {}
        }
    }

    /// The audit: judge all that is still open. To be called once, at the end.
    pub fn audit(&mut self, audit: Time) {
        for op in self.entries.open_ops() {
            let Some((entry, _)) = self.entries.get(op) else {
                continue;
            };
            if !entry.is_answered() && entry.is(Flag::Measured) {
                let age = audit.since(entry.intended);
                self.books
                    .of(entry)
                    .answered(Verdict::Failed(Reason::Unanswered), false, age);
            }
            self.settle(audit, op);
        }
    }

    /// Do something with an operation's open entry.
    #[inline]
    fn with(&mut self, op: OpId, then: impl FnOnce(&mut Books, &mut Entry, &mut [i8])) {
        if let Some((entry, nets)) = self.entries.get(op) {
            then(&mut self.books, entry, nets);
        } else {
            self.strays += u64::from(op.is_some());
        }
    }

    /// The same, after which nothing may be left that can act for it.
    #[inline]
    fn with_last(&mut self, now: Time, op: OpId, then: impl FnOnce(&mut Books, &mut Entry)) {
        let mut settled = false;
        self.with(op, |books, entry, _| {
            then(books, entry);
            settled = entry.is_settled();
        });
        if settled {
            self.settle(now, op);
        }
    }

    #[inline]
    fn sent(&mut self, now: Time, op: OpId, flow: FlowIx, session: u32, intended: Time, told: u64) {
        let books = &mut self.books;
        let measured = books.layout.measures(intended);
        let entry = Entry::new(flow, session, intended, now, told, measured);
        books.sessions.sent(op, &entry, &mut books.truth);
        books.of(&entry).flow.offered += u64::from(measured);
        books.windows.sent(now);
        self.entries.open(op, entry);
    }

    #[inline]
    fn answered(&mut self, now: Time, op: OpId, verdict: Verdict) {
        self.with_last(now, op, |books, entry| {
            books.answered(now, op, entry, verdict);
        });
    }

    #[inline]
    fn message(&mut self, now: Time, op: OpId) {
        self.messages += 1;
        self.books.windows.message(now);
        self.with(op, |books, entry, _| {
            entry.count += 1;
            books.of(entry).flow.messages += u64::from(entry.is(Flag::Measured));
        });
    }

    #[inline]
    fn dropped(&mut self, now: Time, op: OpId, why: Option<Reason>) {
        self.with_last(now, op, |_, entry| {
            debug_assert!(
                entry.count > 0,
                "more was dropped than there was for {op:?}"
            );
            entry.count -= 1;
            if let Some(why) = why {
                entry.lose(why);
            }
        });
    }

    fn applied(&mut self, now: Time, commit: Commit) {
        self.commit(now, commit);
        self.with(commit.op, |books, entry, nets| {
            entry.changed = now;
            let net = &mut nets[usize::from(commit.effect)];
            *net = net.saturating_add(1);
            let first = entry.applied & 1 << commit.effect == 0;
            entry.applied |= 1 << commit.effect;
            if first {
                books.first_applied(now, entry, commit);
            }
        });
    }

    fn undone(&mut self, now: Time, commit: Commit) {
        self.commit(now, commit);
        self.with(commit.op, |_, entry, nets| {
            entry.changed = now;
            entry.set(Flag::Compensated);
            let net = &mut nets[usize::from(commit.effect)];
            *net = net.saturating_sub(1);
        });
    }

    /// What any commit does to the truth, whoever made it.
    fn commit(&mut self, now: Time, commit: Commit) {
        let Commit {
            op,
            entity,
            key,
            version,
            before,
            value,
            ..
        } = commit;
        let books = &mut self.books;
        books.truth.commit(now, entity, key, version, value);
        if books.invariants.commit(now, entity, before, value)
            && let Some((entry, _)) = self.entries.get(op)
        {
            books.anomalies.note(
                now,
                Kind::Floor,
                entry.flow,
                op,
                Detail::Value { entity, value },
            );
        }
    }

    fn saw(&mut self, now: Time, op: OpId, seen: Seen, value: i64) {
        self.with(op, |books, entry, _| books.saw(now, op, entry, seen, value));
    }

    /// Judge an operation and close its entry.
    fn settle(&mut self, now: Time, op: OpId) {
        let Some((entry, nets)) = self.entries.get(op) else {
            return;
        };
        let (entry, books) = (*entry, &mut self.books);
        let judgement = judge(&entry, nets, &books.layout.flows[usize::from(entry.flow.0)]);
        self.entries.close(op);
        if entry.is(Flag::Measured) {
            books.of(&entry).ended(&entry, &judgement);
            books.note_end(now, op, &entry, &judgement);
        }
        books.windows.settled(now);
        books.sessions.closed(
            op,
            &entry,
            self.entries.oldest(op.client()),
            &mut books.truth,
        );
    }
}

impl Books {
    /// The sums of an operation's flow.
    #[inline]
    fn of(&mut self, entry: &Entry) -> &mut Tally {
        &mut self.flows[usize::from(entry.flow.0)]
    }

    fn answered(&mut self, now: Time, op: OpId, entry: &mut Entry, verdict: Verdict) {
        debug_assert!(!entry.is_answered(), "{op:?} is answered twice");
        let latency = now.since(entry.intended);
        let deadline = self.layout.flows[usize::from(entry.flow.0)].deadline;
        let in_time = deadline.is_none_or(|deadline| latency <= deadline);
        entry.answered = now;
        match verdict {
            Verdict::Done if in_time => {
                entry.set(Flag::Done);
                entry.set(Flag::InTime);
            }
            Verdict::Done => entry.set(Flag::Done),
            Verdict::Refused => entry.set(Flag::Refused),
            Verdict::Failed(_) => {}
        }
        self.sessions.answered(now, op, entry, verdict);
        self.windows.answered(now, verdict, in_time, latency);
        if entry.is(Flag::Measured) {
            self.of(entry).answered(verdict, in_time, latency);
            if verdict == Verdict::Refused && entry.is(Flag::Misled) {
                self.of(entry).flow.wrongly_refused += 1;
                self.anomalies
                    .note(now, Kind::WronglyRefused, entry.flow, op, Detail::Nothing);
            }
        }
    }

    fn first_applied(&mut self, now: Time, entry: &mut Entry, commit: Commit) {
        let Commit {
            op,
            effect,
            entity,
            key,
            version,
            ..
        } = commit;
        let broken = self.sessions.wrote(
            op,
            entry,
            effect,
            Written {
                entity,
                key,
                version,
            },
        );
        let detail = Detail::Read {
            entity,
            version,
            staleness: Span::ZERO,
        };
        broken
            .into_iter()
            .flatten()
            .for_each(|broken| self.broken(now, op, broken, detail));
    }

    fn saw(&mut self, now: Time, op: OpId, entry: &mut Entry, seen: Seen, value: i64) {
        let fresh = self
            .truth
            .judge(seen.entity, seen.key, seen.version, seen.issued);
        self.windows.read(now, fresh.behind > 0);
        let needs = &self.layout.flows[usize::from(entry.flow.0)].needs;
        if let Some(&(_, need)) = needs
            .iter()
            .find(|(entity, need)| *entity == seen.entity && value < *need)
            && self
                .truth
                .value(seen.entity, seen.key)
                .is_some_and(|truth| truth >= need)
        {
            entry.set(Flag::Misled);
        }
        let what = self.sessions.read(op, entry, seen);
        if !entry.is(Flag::Measured) {
            return;
        }
        let dangling = seen.version == 0 && seen.key.creator().is_some();
        let reads = &mut self.of(entry).flow.reads;
        reads.count(fresh.staleness, fresh.behind);
        reads.dangling += u64::from(dangling);
        let detail = Detail::Read {
            entity: seen.entity,
            version: seen.version,
            staleness: fresh.staleness,
        };
        if dangling {
            self.anomalies
                .note(now, Kind::Dangling, entry.flow, op, detail);
        }
        if fresh.behind > 0 {
            self.anomalies
                .note(now, Kind::StaleRead, entry.flow, op, detail);
        }
        self.broken(
            now,
            op,
            Broken {
                what,
                flow: entry.flow,
                measured: true,
            },
            detail,
        );
    }

    /// Count broken guarantees.
    fn broken(&mut self, now: Time, op: OpId, broken: Broken, detail: Detail) {
        let Broken {
            what,
            flow,
            measured,
        } = broken;
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
            self.anomalies.note(now, kind, flow, op, detail);
        }
    }

    fn note_end(&mut self, now: Time, op: OpId, entry: &Entry, judgement: &Judgement) {
        let Judgement { end, effects } = judgement;
        let there = (effects.once + effects.duplicated) as u32;
        let detail = Detail::Effects {
            told: effects.told as u32,
            there,
            loss: entry.loss(),
        };
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
            self.anomalies.note(now, kind, entry.flow, op, detail);
        }
    }
}
