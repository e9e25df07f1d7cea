//! Batches: a member of a group polls, handles what it was given one record after the other, commits as it is
//! set to, and polls again (`KafkaConsumer.poll`, `max.poll.records`).
//!
//! ```text
//! poll ──▶ batch: │ handled │ out │ polled ... │      of all its partitions
//!                                               └ commit, poll again, or join a rebalance
//! ```
//!
//! * It fetches ahead: between two records, and between two batches, no time passes on the way. Who has found
//!   nothing is told of the next record by its leader, one hop later.
//! * Automatic commits are made in `poll`, once `auto.commit.interval.ms` are over, for all that
//!   earlier polls returned; who has nothing to do polls all the time. By hand it is the batch, or each record,
//!   after handling; or the batch before, which nobody handles if its owner dies.
//! * Who takes longer than `max.poll.interval.ms` over a batch leaves its group: what it did is not
//!   committed, and is done again. It drops the rest of that batch (a real one handles that too, in vain).
//!   It joins a rebalance when its batch is done.

use super::super::Env;
use super::super::broker::used_up;
use super::Kafka;
use super::due::Due;
use crate::base::{Span, Time};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Cluster, Committing, Fetch, Protocol};

/// How members poll.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polling {
    pub(super) most: u32,
    pub(super) commit: Committing,
    /// What fetches wait for, if for more than one record.
    pub(super) fetch: Option<Fetch>,
}

impl Polling {
    /// As it is set.
    pub(super) fn of(cluster: &Cluster) -> Self {
        Self { most: cluster.max_poll_records, commit: cluster.commit, fetch: cluster.fetch }
    }
}

/// What one member has in hand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Poll {
    /// A batch, since then.
    pub(super) since: Option<Time>,
    /// One of its records.
    pub(super) is_out: bool,
    /// Its first fetch since its last poll began then.
    pub(super) fetches_since: Time,
    /// Its last poll left something that was fetched.
    pub(super) has_left: bool,
    /// The fetch that it waits for is answered then; past, if it waits for none.
    pub(super) answered_at: Time,
    /// It commits with the first poll from then on.
    commits_at: Time,
    /// Is that foreseen, though it has no batch?
    is_set: bool,
    /// Which of its partitions its last batch began with.
    turn: usize,
}

impl Kafka {
    /// May a member be given the next record of a partition, as far as its polls go? If it has a batch,
    /// only what is in that.
    pub(super) fn is_polled(&self, channel: usize, at: usize, member: u32) -> Option<bool> {
        self.polling?;
        let poll = &self.groups[self.channels[channel].group].polls[member as usize];
        poll.since?;
        Some(!poll.is_out && self.channels[channel].partitions[at].polled > 0)
    }

    /// A member polls: takes what its partitions have, up to so many records, beginning with this one.
    pub(super) fn poll<P: Probe>(
        &mut self,
        channel: usize,
        at: usize,
        member: u32,
        env: &Env<'_, '_, P>,
    ) {
        let Some(Polling { most, .. }) = self.polling else { return };
        let group = self.channels[channel].group;
        let owned = self.owned(group, member);
        let turn = owned.iter().position(|it| *it == (channel, at)).unwrap_or(0);
        let poll = &mut self.groups[group].polls[member as usize];
        (poll.since, poll.fetches_since, poll.turn) = (Some(env.now()), env.now(), turn);
        let (mut left, mut has_left) = (most as usize, false);
        for step in 0..owned.len() {
            let (channel, at) = owned[(turn + step) % owned.len()];
            let is_served = self.is_served(at, env);
            let place = &mut self.channels[channel].partitions[at];
            if is_served && !place.is_out_of_range {
                place.polled = left.min(place.records.len() - place.handled);
                left -= place.polled;
                has_left |= place.records.len() > place.handled + place.polled;
            }
        }
        self.groups[group].polls[member as usize].has_left = has_left;
    }

    /// A member has handled a record of its batch.
    pub(super) fn polled_one<P: Probe>(
        &mut self,
        channel: usize,
        at: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(Polling { commit, .. }) = self.polling else { return };
        let group = self.channels[channel].group;
        let place = &mut self.channels[channel].partitions[at];
        place.polled = place.polled.saturating_sub(1);
        self.groups[group].polls[member as usize].is_out = false;
        match commit {
            Committing::Each if !self.concludes(group, member, true, env) => {
                self.rewind(channel, at, env);
            }
            Committing::Each | Committing::Before => self.keep(channel, at, env),
            Committing::Auto(_) | Committing::Batch => {}
        }
        self.has_next(group, member, Some((channel, at)), env);
    }

    /// A member that has a record of its batch no more has the next one, of this partition if there is one. If that
    /// was the last, or it is about to go, its batch is done.
    fn has_next<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        rather: Option<(usize, usize)>,
        env: &mut Env<'_, '_, P>,
    ) {
        let has_more =
            |(channel, at): &(usize, usize)| self.channels[*channel].partitions[*at].polled > 0;
        let others = || self.owned(group, member).into_iter().find(has_more);
        let next = rather.filter(has_more).or_else(others);
        // What is committed already is worked off even by who is about to go.
        let is_committed = self.polling.is_some_and(|it| it.commit == Committing::Before);
        let goes_on = is_committed || self.groups[group].group.reaches(member);
        match next.filter(|_| goes_on) {
            Some(_) if self.waits_for_end(group, member) => {}
            Some((channel, at)) => self.deliver(channel, at, member, true, env),
            None => self.ends_batch(group, member, true, env),
        }
    }

    /// A member has waited for something outside of its batch, or between two records of it, and goes on.
    pub(super) fn goes_on<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let Poll { since, is_out, .. } = self.groups[group].polls[member as usize];
        if since.is_none() || is_out {
            return self.feed_member(group, member, env);
        }
        if self.groups[group].group.is_alive(member) {
            self.has_next(group, member, None, env);
        } else {
            self.drop_batch(group, member, env);
        }
    }

    /// A member polls, if there is something for it; its partitions take turns to be the first.
    pub(super) fn feed_member<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let mut owned = self.owned(group, member);
        let turn = self.groups[group].polls[member as usize].turn + 1;
        let len = owned.len().max(1);
        owned.rotate_left(turn % len);
        for (channel, at) in owned {
            self.feed(channel, at, env);
        }
    }

    /// A member could not handle a record.
    pub(super) fn failed_over<P: Probe>(
        &mut self,
        channel: usize,
        at: usize,
        env: &mut Env<'_, '_, P>,
    ) {
        let owner = self.channels[channel].partitions[at].owner;
        match owner.filter(|_| self.polling.is_some()) {
            Some(member) => self.ends_batch(self.channels[channel].group, member, false, env),
            None => self.is_done_with(channel, at, env),
        }
    }

    /// A batch is done: its member commits, and polls again, or joins a rebalance. Or it has failed over it, and what
    /// it did does not count.
    pub(super) fn ends_batch<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        is_done: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        self.groups[group].group.comes_by(member);
        let counts = self.concludes(group, member, is_done, env);
        self.drop_batch(group, member, env);
        match self.polling.map(|polling| polling.commit) {
            _ if !counts => self.forget(group, member, env),
            Some(Committing::Batch) => self.commit_of(group, member, env),
            Some(Committing::Auto(every)) => self.commits_if_due(group, member, every, env),
            _ => {}
        }
        self.let_go(group, env);
        let members = &self.groups[group].group;
        let stands_still = members.stands_still();
        if members.protocol() != Protocol::Eager {
            self.gives_up(group, member, env);
        }
        if self.groups[group].group.is_rebalancing() {
            self.go_on(group, env);
        }
        if !stands_still {
            self.feed_member(group, member, env);
        }
    }

    fn commits_if_due<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        every: Span,
        env: &mut Env<'_, '_, P>,
    ) {
        let now = env.now();
        let poll = &mut self.groups[group].polls[member as usize];
        if poll.commits_at <= now {
            poll.commits_at = now + every;
            return self.commit_of(group, member, env);
        }
        if !std::mem::replace(&mut poll.is_set, true) {
            let wait = poll.commits_at.since(now);
            env.wait(wait, Due::Commits { group: group as u32, member });
        }
    }

    /// A member that may have nothing to do polls, and commits.
    pub(super) fn commits<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(Polling { commit: Committing::Auto(every), .. }) = self.polling else { return };
        let poll = &mut self.groups[group].polls[member as usize];
        poll.is_set = false;
        let is_idle = poll.since.is_none();
        if is_idle && self.groups[group].group.is_alive(member) {
            self.commits_if_due(group, member, every, env);
        }
    }

    /// The run begins, and all members with it.
    pub(super) fn all_begin_to_poll(&mut self) {
        let Some(Polling { commit: Committing::Auto(every), .. }) = self.polling else { return };
        for poll in self.groups.iter_mut().flat_map(|watched| &mut watched.polls) {
            poll.commits_at = Time::ZERO + every;
        }
    }

    /// A member begins again: it commits so long after that.
    pub(super) fn begins_to_poll<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &Env<'_, '_, P>,
    ) {
        let poll = &mut self.groups[group].polls[member as usize];
        (poll.fetches_since, poll.has_left) = (env.now(), false);
        if let Some(Polling { commit: Committing::Auto(every), .. }) = self.polling {
            poll.commits_at = env.now() + every;
        }
    }

    /// A member has no batch any more. What it had committed before it could handle it is passed over.
    pub(super) fn drop_batch<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(Polling { commit, .. }) = self.polling else { return };
        let poll = &mut self.groups[group].polls[member as usize];
        (poll.since, poll.is_out) = (None, false);
        for (channel, at) in self.owned(group, member) {
            let place = &mut self.channels[channel].partitions[at];
            let polled = std::mem::take(&mut place.polled);
            if commit != Committing::Before {
                continue;
            }
            for record in place.records.drain(..polled.min(place.records.len())) {
                env.fact(Fact::LeftQueue { op: record.op.id });
                used_up(record.op, Some(Reason::Skipped), env);
                self.groups[group].records -= 1;
            }
        }
    }

    /// Who of a group has a batch, and since when.
    pub(super) fn batches(&self, group: usize) -> impl Iterator<Item = (u32, Time)> {
        let polls = (0..).zip(&self.groups[group].polls);
        polls.filter_map(|(member, poll)| Some((member, poll.since?)))
    }

    /// The partitions of a member: of which channel, and which.
    pub(super) fn owned(&self, group: usize, member: u32) -> Vec<(usize, usize)> {
        let of_group = self.channels.iter().enumerate().filter(|(_, it)| it.group == group);
        let all = of_group.flat_map(|(channel, it)| {
            it.partitions.iter().enumerate().map(move |(at, place)| (channel, at, place))
        });
        let owned = all.filter(|(_, _, place)| place.owner == Some(member));
        owned.map(|(channel, at, _)| (channel, at)).collect()
    }
}
