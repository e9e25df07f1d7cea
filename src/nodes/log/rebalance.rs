//! What becomes of records and deliveries when something is heard of a group's members, or is not.
//!
//! Sessions are judged when it matters: when a record comes in and, while the group has records, by
//! a timer. It looks again every heartbeat, or earlier if a session ends before, and lapses when
//! the records are handled; so an idle group costs nothing and keeps no run alive.

use super::due::Due;
use super::group::{Consequence, Group};
use super::{Log, Partition, Watched};
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::probes::Probe;

impl Log {
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
                    self.revoke(index, env, |owner, _| owner == Some(at));
                    self.forget(index, at, env);
                    self.feed_group(index, env);
                }
                Consequence::Rebalance => {
                    self.revoke(index, env, |owner, _| owner == Some(at));
                    self.forget(index, at, env);
                    self.rebalance(index, env);
                }
            }
            self.watch(index, env);
        }
    }

    /// Shares the partitions out anew, unless a session has to end first.
    fn rebalance<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].group.is_rebalancing() {
            return;
        }
        self.groups[index].group.share_out();
        self.revoke(index, env, |owner, next| owner != next);
        self.hand_over(index, env);
        let partitions = self.partitions;
        let group = &self.groups[index].group;
        for channel in self.channels.iter_mut().filter(|channel| channel.group == index) {
            for (at, partition) in (0..).zip(&mut channel.partitions) {
                partition.owner = group.owner(at, partitions);
            }
        }
        self.feed_group(index, env);
    }

    /// Takes deliveries back from partitions chosen by their present owner and the next one.
    fn revoke<P: Probe>(
        &mut self,
        index: usize,
        env: &mut Env<'_, '_, P>,
        chosen: impl Fn(Option<u32>, Option<u32>) -> bool,
    ) {
        for channel in 0..self.channels.len() {
            if self.channels[channel].group != index {
                continue;
            }
            for at in 0..self.partitions {
                let Partition { owner, out, .. } = self.channels[channel].partitions[at as usize];
                let next = self.groups[index].group.owner(at, self.partitions);
                if let Some(receipt) = out.filter(|_| chosen(owner, next)) {
                    self.take_back(receipt, env);
                }
            }
        }
    }

    /// While nobody watched, sessions may have ended.
    pub(super) fn catch_up<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].group.expire(env.now(), false) == Consequence::Rebalance {
            self.rebalance(index, env);
        }
    }

    /// Sets the timer that looks after a group, if it has records and none is set.
    pub(super) fn watch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let Watched { group, records, watch } = &mut self.groups[index];
        if *records == 0 || watch.is_some() {
            return;
        }
        let Some(end) = group.next_end() else { return };
        let mut due = end.max(env.now());
        if self.heartbeat > Span::ZERO {
            due = due.min(env.now() + self.heartbeat);
        }
        *watch = Some(due);
        env.wait(due.since(env.now()), Due::Rebalanced(index as u32));
    }

    /// The timer of a group is due. One that a crash has made obsolete is not the one awaited.
    pub(super) fn look_after<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].watch != Some(env.now()) {
            return;
        }
        self.groups[index].watch = None;
        if self.groups[index].group.expire(env.now(), true) == Consequence::Rebalance {
            self.rebalance(index, env);
        }
        self.watch(index, env);
    }
}
