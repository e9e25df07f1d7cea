//! A replicated log: a leader that appends, followers that fetch from it in order, and a watermark below
//! which entries are committed. Knows neither what an entry is nor which broker a replica lies on;
//! who owns the log says who is gone, and when it is noticed.
//!
//! ```text
//! leader:    │ committed │ appended ...          end
//! follower:  │ committed │ has │ coming, each with its due time
//!                        ^ watermark: what all of those have who count
//! ```
//!
//! Who counts is a [`Rule`]:
//!
//! * **In sync** (Apache Kafka: kafka.apache.org/41, Design, "Replication"; KIP-966): all replicas in
//!   sync must have an entry, and there must be so many of them (the strict rule of the
//!   high watermark). A follower that lacks an entry for too long, or is given up, leaves the set, and comes
//!   back when it has all that is committed. Who leads next is in sync; or was so when the set became
//!   too small (eligible); or, unclean, anybody.
//! * **Majority** (Raft: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
//!   USENIX ATC 2014): more than half must have it. Of a majority that is up the one leads that has most.
//!
//! At an election what the new leader does not have is gone for good: the others cut their logs to its.
//! So entries are lost that were not committed, and by an unclean election committed ones too.
//!
//! Left out: terms and votes (one elects, for all logs), and what a machine that goes had not written to
//! its disk.

use std::collections::VecDeque;

use crate::base::{Span, Time, weight};

/// Who must have an entry before it is committed, and who may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// All in sync, and no fewer than this.
    InSync {
        /// So many of them, the leader among them.
        least: u32,
        /// Who lacks an entry for so long is not in sync.
        patience: Span,
        /// Is it known who may lead though it is not in sync?
        eligible: bool,
        /// May anybody lead if nobody else is there?
        unclean: bool,
    },
    /// More than half.
    Majority,
}

/// A log of entries `T` that several replicas hold.
#[derive(Clone, Debug)]
pub struct Replicas<T> {
    rule: Rule,
    members: Vec<Member>,
    leader: Option<usize>,
    /// Entries below this number are committed.
    watermark: u64,
    /// What the leader has beyond it.
    tail: VecDeque<Entry<T>>,
}

/// One replica.
#[derive(Clone, Debug)]
struct Member {
    is_up: bool,
    is_in_sync: bool,
    /// Not in sync, but it has all that is committed.
    is_eligible: bool,
    /// It has the entries below this number.
    end: u64,
    /// What it is about to have, in order.
    coming: VecDeque<Coming>,
}

#[derive(Clone, Copy, Debug)]
struct Coming {
    due: Time,
    end: u64,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    since: Time,
    what: T,
}

/// What a change of the leader has taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost<T> {
    /// Committed entries from this number on, if there are any.
    pub committed_from: u64,
    /// Entries that were not committed, in order.
    pub appended: Vec<T>,
}

impl<T> Replicas<T> {
    /// An empty log of so many replicas, all of them up and in sync, the first one its leader.
    pub fn new(replicas: u32, rule: Rule) -> Self {
        let fresh = Member {
            is_up: true,
            is_in_sync: true,
            is_eligible: false,
            end: 0,
            coming: VecDeque::new(),
        };
        let members = vec![fresh; replicas as usize];
        Self { rule, members, leader: Some(0), watermark: 0, tail: VecDeque::new() }
    }

    /// Bytes that it holds.
    pub fn weight(&self) -> usize {
        let coming: usize = self.members.iter().map(|it| weight::deque(&it.coming)).sum();
        self.members.len() * size_of::<Member>() + coming + weight::deque(&self.tail)
    }

    /// Who leads, whether it is there or not.
    pub fn leader(&self) -> Option<usize> {
        self.leader
    }

    /// Are there as many in sync as it takes to commit?
    pub fn can_commit(&self) -> bool {
        match self.rule {
            Rule::InSync { least, .. } => self.in_sync() >= least as usize,
            Rule::Majority => self.up() >= self.majority(),
        }
    }

    /// How many are in sync.
    pub fn in_sync(&self) -> usize {
        self.members.iter().filter(|member| member.is_in_sync).count()
    }

    fn up(&self) -> usize {
        self.members.iter().filter(|member| member.is_up).count()
    }

    fn majority(&self) -> usize {
        self.members.len() / 2 + 1
    }

    /// What is not committed, in order.
    pub fn tail(&mut self) -> impl Iterator<Item = &mut T> {
        self.tail.iter_mut().map(|entry| &mut entry.what)
    }

    fn end(&self) -> u64 {
        self.watermark + self.tail.len() as u64
    }

    /// The leader, which is there, appends an entry; every follower that is there has it a draw of
    /// `lag` later.
    pub fn append(&mut self, now: Time, what: T, mut lag: impl FnMut() -> Span) {
        self.tail.push_back(Entry { since: now, what });
        let end = self.end();
        for at in 0..self.members.len() {
            if self.leader == Some(at) {
                self.members[at].end = end;
            } else if self.members[at].is_up {
                self.members[at].fetches(now + lag(), end);
            }
        }
    }

    /// Followers have what has come by now; says whether anything has. Nothing comes to who stands
    /// still, nor from a leader that does.
    pub fn advance(&mut self, now: Time, stands_still: impl Fn(usize, Time) -> bool) -> bool {
        let Some(leader) = self.leader.filter(|at| self.members[*at].is_up) else { return false };
        let mut has_moved = false;
        for at in 0..self.members.len() {
            let still = |time| stands_still(at, time) || stands_still(leader, time);
            while let Some(Coming { due, end }) = self.members[at].coming.front().copied()
                && due <= now
                && !still(due)
                && !still(now)
            {
                self.members[at].coming.pop_front();
                self.members[at].end = end;
                has_moved = true;
                if end >= self.watermark && !self.members[at].is_in_sync {
                    self.joins(at);
                }
            }
        }
        has_moved
    }

    /// Who has stood still goes on: it fetches anew what it lacks.
    pub fn goes_on(&mut self, now: Time, mut lag: impl FnMut() -> Span) {
        let end = self.end();
        let Some(leader) = self.leader.filter(|at| self.members[*at].is_up) else { return };
        for (at, member) in self.members.iter_mut().enumerate() {
            if at != leader && member.is_up && member.coming.front().is_some_and(|it| it.due <= now)
            {
                member.coming.clear();
                member.fetches(now + lag(), end);
            }
        }
    }

    /// The next entry that is committed by now, and its number.
    pub fn commit(&mut self) -> Option<(u64, T)> {
        if self.watermark >= self.agreed() {
            return None;
        }
        let entry = self.tail.pop_front().expect("it is not committed yet");
        self.watermark += 1;
        Some((self.watermark - 1, entry.what))
    }

    /// Below which number all have the entries who must.
    fn agreed(&self) -> u64 {
        let is_led = self.leader.is_some_and(|leader| self.members[leader].is_up);
        let agreed = match self.rule {
            _ if !is_led => None,
            Rule::InSync { eligible: true, .. } if !self.can_commit() => None,
            Rule::InSync { .. } => {
                self.members.iter().filter(|it| it.is_in_sync).map(|it| it.end).min()
            }
            Rule::Majority => {
                let mut ends: Vec<u64> = self.members.iter().map(|it| it.end).collect();
                ends.sort_unstable();
                ends.into_iter().rev().nth(self.majority() - 1)
            }
        };
        agreed.unwrap_or(self.watermark).max(self.watermark)
    }

    /// Followers that have lacked an entry for too long are not in sync any more; says whether any has
    /// left. For a leader to say that is there and does not stand still.
    pub fn expire(&mut self, now: Time) -> bool {
        let Rule::InSync { patience, .. } = self.rule else { return false };
        let late: Vec<usize> = (0..self.members.len())
            .filter(|at| self.lacks_since(*at).is_some_and(|since| since + patience <= now))
            .collect();
        for at in &late {
            self.leaves(*at);
        }
        !late.is_empty()
    }

    /// Since when a follower in sync lacks an entry.
    fn lacks_since(&self, at: usize) -> Option<Time> {
        let member = &self.members[at];
        let missing = member.end.saturating_sub(self.watermark) as usize;
        let is_follower = member.is_in_sync && self.leader != Some(at);
        self.tail.get(missing).filter(|_| is_follower).map(|entry| entry.since)
    }

    /// When something next happens by itself. What was due before `now` waits for somebody who
    /// stands still.
    pub fn next_due(&self, now: Time) -> Option<Time> {
        self.leader.filter(|at| self.members[*at].is_up)?;
        let patience = match self.rule {
            Rule::InSync { patience, .. } => Some(patience),
            Rule::Majority => None,
        };
        let coming = self.members.iter().filter_map(|it| it.coming.front()).map(|it| it.due);
        let lacks = (0..self.members.len()).filter_map(|at| self.lacks_since(at));
        let late = lacks.filter_map(|since| Some(since + patience?));
        coming.chain(late).filter(|due| *due > now).min()
    }

    /// A replica is gone, though nobody has noticed yet. What was on its way to or from it is.
    pub fn goes(&mut self, at: usize) {
        self.members[at].is_up = false;
        let leads = self.leader == Some(at);
        for (other, member) in self.members.iter_mut().enumerate() {
            if leads || other == at {
                member.coming.clear();
            }
        }
    }

    /// It is there again, with all that it had, and fetches what it lacks.
    pub fn returns(&mut self, at: usize, now: Time, mut lag: impl FnMut() -> Span) {
        self.members[at].is_up = true;
        let Some(leader) = self.leader else { return };
        let end = self.end();
        for (other, member) in self.members.iter_mut().enumerate() {
            if member.is_up && other != leader && (leader == at || other == at) {
                member.coming.clear();
                member.fetches(now + lag(), end);
            }
        }
    }

    /// It is noticed that a replica is gone: it leads no more, and is not in sync.
    pub fn give_up(&mut self, at: usize) {
        if self.leader == Some(at) {
            self.leader = None;
        }
        let eligible = matches!(self.rule, Rule::InSync { eligible: true, .. });
        let is_last = self.in_sync() == 1;
        if self.members[at].is_in_sync && (eligible || !is_last) {
            self.leaves(at);
        }
    }

    fn leaves(&mut self, at: usize) {
        self.members[at].is_in_sync = false;
        if let Rule::InSync { least, eligible: true, .. } = self.rule {
            self.members[at].is_eligible = self.in_sync() < least as usize;
        }
    }

    fn joins(&mut self, at: usize) {
        (self.members[at].is_in_sync, self.members[at].is_eligible) = (true, false);
        if self.can_commit() {
            self.members.iter_mut().for_each(|member| member.is_eligible = false);
        }
    }

    /// Chooses a leader if there is none, and one may lead. What that one does not have is lost.
    pub fn elect(&mut self, now: Time, mut lag: impl FnMut() -> Span) -> Option<Lost<T>> {
        if self.leader.is_some() {
            return None;
        }
        let leader = self.candidate()?;
        let end = self.members[leader].end;
        self.leader = Some(leader);
        let kept = end.saturating_sub(self.watermark) as usize;
        let lost = self.tail.split_off(kept.min(self.tail.len()));
        let committed_from = end.min(self.watermark);
        self.watermark = committed_from;
        if matches!(self.rule, Rule::InSync { .. }) && !self.members[leader].is_in_sync {
            self.joins(leader);
        }
        for (at, member) in self.members.iter_mut().enumerate() {
            member.end = member.end.min(end);
            member.coming.clear();
            if at != leader && member.is_up {
                member.fetches(now + lag(), end);
            }
        }
        Some(Lost { committed_from, appended: lost.into_iter().map(|it| it.what).collect() })
    }

    fn candidate(&self) -> Option<usize> {
        let first = |may: &dyn Fn(&Member) -> bool| {
            self.members.iter().position(|member| member.is_up && may(member))
        };
        match self.rule {
            Rule::InSync { unclean, .. } => first(&|member| member.is_in_sync)
                .or_else(|| first(&|member| member.is_eligible))
                .or_else(|| first(&|_| unclean)),
            Rule::Majority if self.up() < self.majority() => None,
            Rule::Majority => {
                let most = self.members.iter().filter(|it| it.is_up).map(|it| it.end).max();
                first(&|member| Some(member.end) == most)
            }
        }
    }
}

impl Member {
    /// It will have all below this number then, and not before what it fetches already.
    fn fetches(&mut self, due: Time, end: u64) {
        let latest = self.coming.back().map_or(Time::ZERO, |coming| coming.due);
        self.coming.push_back(Coming { due: due.max(latest), end });
    }
}

#[cfg(test)]
mod tests;
