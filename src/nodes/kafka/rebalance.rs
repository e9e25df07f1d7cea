//! What becomes of records and deliveries when something is heard of a group's members, or is not.
//!
//! Sessions are judged when it matters: when a record comes in and, while the group has records, by
//! a timer. It looks again every heartbeat, or earlier if a session ends before, and lapses when
//! the records are handled; so an idle group costs nothing and keeps no run alive.

use super::due::Due;
use super::group::{Consequence, Group};
use super::{Kafka, Partition, Watched, assignor};
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::Protocol;

impl Kafka {
    /// Something was heard from or of an instance. One that starts a session anew, as the same
    /// member or another, no longer holds what it was given before.
    pub(super) fn change<P: Probe>(
        &mut self,
        from: InstanceId,
        env: &mut Env<'_, '_, P>,
        happens: impl Fn(&mut Group, u32, Time) -> Consequence,
    ) {
        for index in 0..self.groups.len() {
            let Some(at) = self.groups[index].group.place_of(from) else {
                continue;
            };
            match happens(&mut self.groups[index].group, at, env.now()) {
                Consequence::None => {}
                Consequence::Resumes => {
                    self.revoke(index, env, |owner| owner == at);
                    self.forgets_transaction(index, at, env);
                    self.begins_to_poll(index, at, env);
                    self.forget(index, at, env);
                    self.feed_group(index, env);
                }
                Consequence::Rebalance(since) => {
                    self.revoke(index, env, |owner| owner == at);
                    self.forgets_transaction(index, at, env);
                    self.begins_to_poll(index, at, env);
                    self.begins_anew(index, at, env);
                    self.rebalance(index, since, env);
                }
            }
            self.go_on(index, env);
            self.tells(index, at, env);
            self.watch(index, env);
        }
    }

    /// An instance is being shut down in good order.
    pub(super) fn closes<P: Probe>(
        &mut self,
        from: InstanceId,
        incarnation: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        for index in 0..self.groups.len() {
            if let Some(at) = self.groups[index].group.place_of(from) {
                self.groups[index].group.close(at, incarnation, env.now());
                self.let_go(index, env);
                self.go_on(index, env);
                self.watch(index, env);
            }
        }
    }

    /// An instance has handled something, in time or not, or has failed over it.
    pub(super) fn comes_by<P: Probe>(
        &mut self,
        from: InstanceId,
        receipt: Handle,
        env: &mut Env<'_, '_, P>,
    ) {
        self.has_handled(from, receipt, env);
        for index in 0..self.groups.len() {
            if let Some(at) = self.groups[index].group.place_of(from) {
                self.joins_again(index, at, env);
            }
        }
    }

    /// A member polls: if it was dismissed, it joins again. Who has a batch polls when that is done.
    pub(super) fn joins_again<P: Probe>(
        &mut self,
        index: usize,
        at: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let Watched { group, polls, .. } = &mut self.groups[index];
        if polls[at as usize].since.is_none() && group.is_dismissed(at) {
            group.comes_by(at);
            let instance = InstanceId(group.first.0 + at);
            self.change(instance, env, Group::heartbeat);
        }
    }

    /// A rebalance begins, which those join at once who were heard of since then. What is in the hands
    /// of those who are gone is taken from them.
    fn rebalance<P: Probe>(&mut self, index: usize, since: Time, env: &mut Env<'_, '_, P>) {
        self.groups[index].group.begin(since);
        let gone: Vec<u32> =
            self.owners(index).filter(|owner| !self.is_in(index, *owner)).collect();
        self.revoke(index, env, |owner| gone.contains(&owner));
        if self.groups[index].group.protocol() == Protocol::Consumer {
            self.decide(index, env);
        }
        self.go_on(index, env);
    }

    /// The partitions are shared out anew when all members have joined the rebalance and hold nothing:
    /// they commit what they have handled before they join.
    pub(super) fn go_on<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if !self.groups[index].group.is_rebalancing() {
            return;
        }
        let now = env.now();
        let goes_on = self.groups[index].group.protocol() != Protocol::Eager;
        if goes_on {
            self.idle(index).into_iter().for_each(|at| self.groups[index].group.joins(at));
        }
        let has_all = self.groups[index].group.have_joined(now);
        if !has_all || (!goes_on && self.holders(index).next().is_some()) {
            return;
        }
        if goes_on {
            return self.all_have_joined(index, env);
        }
        self.groups[index].group.share_out();
        self.hand_over(index, env);
        let given_up = self.owners(index).filter(|owner| self.is_in(index, *owner)).count();
        env.fact(Fact::Revoked { partitions: given_up as u32 });
        let partitions = self.partitions;
        let members = self.groups[index].group.shares();
        for channel in self.channels.iter_mut().filter(|channel| channel.group == index) {
            for (at, partition) in (0..).zip(&mut channel.partitions) {
                partition.owner = assignor::range(members, at, partitions);
            }
        }
        self.feed_group(index, env);
    }

    /// Who owns partitions of a group, as often as each owns one.
    fn owners(&self, index: usize) -> impl Iterator<Item = u32> {
        let channels = self.channels.iter().filter(move |channel| channel.group == index);
        channels.flat_map(|channel| &channel.partitions).filter_map(|partition| partition.owner)
    }

    /// Who holds records of a group, as often as each holds one.
    pub(super) fn holders(&self, index: usize) -> impl Iterator<Item = u32> {
        let channels = self.channels.iter().filter(move |channel| channel.group == index);
        let out = channels.flat_map(|channel| &channel.partitions).filter(|it| it.out.is_some());
        let out = out.filter_map(|partition| partition.owner);
        out.chain(self.batches(index).map(|(member, _)| member))
    }

    /// Who holds records of a group, and since when.
    fn held_since(&self, index: usize) -> impl Iterator<Item = (u32, Time)> {
        let of_group = move |log: &Self, channel: usize| log.channels[channel].group == index;
        let deliveries = self.deliveries.iter().filter_map(move |(_, it)| {
            let owner = self.channels[it.channel].partitions[it.partition].owner;
            owner.filter(|_| of_group(self, it.channel)).map(|owner| (owner, it.since))
        });
        let single = self.polling.is_none().then_some(deliveries).into_iter().flatten();
        single.chain(self.batches(index))
    }

    fn is_in(&self, index: usize, member: u32) -> bool {
        self.groups[index].group.is_enrolled(member)
    }

    /// Members that are about to leave and hold nothing any more commit and go.
    pub(super) fn let_go<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let holds = |log: &Self, member| log.holders(index).any(|holder| holder == member);
        let leaves =
            |log: &Self| log.groups[index].group.closing().find(|member| !holds(log, *member));
        while let Some(member) = leaves(self) {
            self.commit_of(index, member, env);
            if let Consequence::Rebalance(since) = self.groups[index].group.leave(member, env.now())
            {
                self.rebalance(index, since, env);
            }
        }
    }

    /// Takes deliveries back from partitions chosen by their owner.
    pub(super) fn revoke<P: Probe>(
        &mut self,
        index: usize,
        env: &mut Env<'_, '_, P>,
        chosen: impl Fn(u32) -> bool,
    ) {
        for channel in 0..self.channels.len() {
            if self.channels[channel].group != index {
                continue;
            }
            for at in 0..self.partitions {
                let Partition { owner, out, .. } = self.channels[channel].partitions[at as usize];
                if let Some(receipt) = out.filter(|_| owner.is_some_and(&chosen)) {
                    self.take_back(receipt, env);
                }
            }
        }
        for member in 0..self.groups[index].polls.len() as u32 {
            if chosen(member) {
                self.drop_batch(index, member, env);
            }
        }
    }

    /// While nobody watched, sessions may have ended.
    pub(super) fn catch_up<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if let Consequence::Rebalance(since) = self.groups[index].group.expire(env.now(), false) {
            self.rebalance(index, since, env);
        }
    }

    /// Sets the timer that looks after a group, if it has records and none is set.
    pub(super) fn watch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let Watched { group, records, watch, .. } = &self.groups[index];
        if *records == 0 || watch.is_some() {
            return;
        }
        let Some(end) = group.next_end() else { return };
        let patience = group.patience();
        let in_time = self.held_since(index).filter(|(member, _)| !group.is_dismissed(*member));
        let end = in_time.map(|(_, since)| since + patience).fold(end, Time::min);
        let mut due = end.max(env.now());
        if self.heartbeat > Span::ZERO {
            due = due.min(env.now() + self.heartbeat);
        }
        self.groups[index].watch = Some(due);
        env.wait(due.since(env.now()), Due::Rebalanced(index as u32));
    }

    /// The timer of a group is due. One that a crash has made obsolete is not the one awaited.
    pub(super) fn look_after<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].watch != Some(env.now()) {
            return;
        }
        self.groups[index].watch = None;
        if let Consequence::Rebalance(since) = self.groups[index].group.expire(env.now(), true) {
            self.rebalance(index, since, env);
        }
        let now = env.now();
        let patience = self.groups[index].group.patience();
        let is_late = |(owner, since): (u32, Time)| (since + patience <= now).then_some(owner);
        let late: Vec<u32> = self.held_since(index).filter_map(is_late).collect();
        if self.groups[index].group.dismiss(&late) {
            self.rebalance(index, now, env);
        }
        if self.groups[index].group.is_overdue(env.now()) {
            let late = match self.groups[index].group.protocol() {
                Protocol::Eager => self.holders(index).collect(),
                _ => self.groups[index].group.missing(),
            };
            self.groups[index].group.expel(&late);
            self.rebalance(index, env.now(), env);
        }
        self.go_on(index, env);
        self.watch(index, env);
    }
}
