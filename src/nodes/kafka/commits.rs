//! Offsets: how far a group has come in a partition, and when that is kept.
//!
//! ```text
//! records:   committed | handled, not committed | out | waiting ...
//!              (gone)    ^ from here after a crash       of the consumer
//! ```
//!
//! Without `auto_commit` a record is committed when it is handled. With it (Kafka's
//! `enable.auto.commit`) the consumer says so every `auto.commit.interval.ms`, for all that it has
//! handled by then; what it has handled since is delivered again to whoever has the partition after a
//! crash. A living member commits before it joins a rebalance (`ConsumerCoordinator`, `onJoinPrepare`) and
//! when it is closed in good order (`onLeavePrepare`). Members keep their places while the log is
//! down, and commit when it is back.

use super::super::Env;
use super::super::broker::used_up;
use super::super::parts::slab::Handle;
use super::{Delivery, Kafka};
use crate::engine::InstanceId;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::Protocol;

impl Kafka {
    /// A member has handled the record that it was given; the next one is given to it.
    pub(super) fn handled<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Delivery { channel, partition, .. }) = self.deliveries.remove(receipt) else {
            return;
        };
        let place = &mut self.channels[channel].partitions[partition];
        env.fact(Fact::Freed { op: place.at_work() });
        place.out = None;
        place.handled += 1;
        match place.owner.filter(|_| self.polling.is_some()) {
            Some(member) => self.polled_one(channel, partition, member, env),
            None => self.is_done_with(channel, partition, env),
        }
    }

    /// A member commits. One that has crashed since is not heard any more.
    pub(super) fn commit<P: Probe>(
        &mut self,
        from: InstanceId,
        incarnation: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        for group in 0..self.groups.len() {
            let group_of = &self.groups[group].group;
            let member = group_of.place_of(from).filter(|at| group_of.is_recent(*at, incarnation));
            if let Some(member) = member {
                self.commit_of(group, member, env);
            }
        }
    }

    /// All that a member has handled is committed.
    pub(super) fn commit_of<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        self.each_partition(group, |log, channel, at| {
            if log.channels[channel].partitions[at].owner == Some(member) {
                log.keep(channel, at, env);
            }
        });
    }

    /// Partitions are about to go to others: the living commit what they have handled, what others
    /// have handled is to be handled again.
    pub(super) fn hand_over<P: Probe>(&mut self, group: usize, env: &mut Env<'_, '_, P>) {
        self.each_partition(group, |log, channel, at| {
            let owner = log.channels[channel].partitions[at].owner;
            let members = &log.groups[group].group;
            if owner.is_some_and(|owner| members.is_alive(owner)) {
                log.keep(channel, at, env);
            } else {
                log.rewind(channel, at, env);
            }
        });
    }

    /// A member joins that was none: what it had an earlier start of it had, or it has lost.
    pub(super) fn begins_anew<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let members = &self.groups[group].group;
        let lives_on = members.protocol() == Protocol::Consumer && members.has_ghost(member);
        self.each_partition(group, |log, channel, at| {
            if log.channels[channel].partitions[at].owner == Some(member) {
                log.lose(channel, at, env);
                log.channels[channel].partitions[at].ghost = lives_on.then_some(member);
            }
        });
    }

    /// The owner of a partition is none any more: whoever is the next begins at the committed offset.
    pub(super) fn lose<P: Probe>(&mut self, channel: usize, at: usize, env: &mut Env<'_, '_, P>) {
        self.rewind(channel, at, env);
        let place = &mut self.channels[channel].partitions[at];
        (place.owner, place.is_called_in) = (None, false);
    }

    /// An instance begins anew: its places were in its memory.
    pub(super) fn forget<P: Probe>(&mut self, group: usize, member: u32, env: &mut Env<'_, '_, P>) {
        self.each_partition(group, |log, channel, at| {
            if log.channels[channel].partitions[at].owner == Some(member) {
                log.rewind(channel, at, env);
            }
        });
    }

    /// The log is back, and hears from the members where they are.
    pub(super) fn recommit<P: Probe>(&mut self, group: usize, env: &mut Env<'_, '_, P>) {
        self.each_partition(group, |log, channel, at| log.keep(channel, at, env));
    }

    /// Everything that is handled is committed, and goes.
    pub(super) fn keep<P: Probe>(&mut self, channel: usize, at: usize, env: &mut Env<'_, '_, P>) {
        let Self { channels, groups, .. } = self;
        let group = channels[channel].group;
        let place = &mut channels[channel].partitions[at];
        groups[group].records -= place.handled as u64;
        for record in place.records.drain(..place.handled) {
            used_up(record.op, None, env);
        }
        place.handled = 0;
    }

    /// Everything that is not committed waits again.
    pub(super) fn rewind<P: Probe>(&mut self, channel: usize, at: usize, env: &mut Env<'_, '_, P>) {
        let place = &mut self.channels[channel].partitions[at];
        for record in place.records.iter_mut().take(place.handled) {
            record.since = env.now();
            env.fact(Fact::Waits { op: record.op.id });
        }
        place.handled = 0;
    }

    /// The log ends at this offset now: what lay behind is gone, for whoever has not handled it.
    pub(super) fn truncate<P: Probe>(&mut self, at: usize, end: u64, env: &mut Env<'_, '_, P>) {
        if let Some(retention) = &mut self.retention {
            retention.truncate(at, end);
        }
        self.lose_held(at, end, env);
        for channel in 0..self.channels.len() {
            let place = &self.channels[channel].partitions[at];
            if place.records.back().is_none_or(|record| record.offset < end) {
                continue;
            }
            let is_out = place.records.get(place.handled).is_some_and(|it| it.offset >= end);
            let (owner, group) = (place.owner, self.channels[channel].group);
            if let Some(receipt) = place.out.filter(|_| is_out) {
                self.take_back(receipt, env);
            }
            if let Some(owner) = owner.filter(|_| self.polling.is_some()) {
                self.revoke(group, env, |it| it == owner);
                self.concludes(group, owner, false, env);
                if self.transactions.is_some() {
                    self.forget(group, owner, env);
                }
            }
            let place = &mut self.channels[channel].partitions[at];
            while let Some(record) = place.records.pop_back_if(|record| record.offset >= end) {
                let is_handled = place.records.len() < place.handled;
                if !is_handled {
                    env.fact(Fact::LeftQueue { op: record.op.id });
                }
                place.handled = place.handled.min(place.records.len());
                used_up(record.op, (!is_handled).then_some(Reason::Unreplicated), env);
                self.groups[group].records -= 1;
            }
            if let Some(owner) = owner.filter(|_| self.polling.is_some()) {
                self.feed_member(group, owner, env);
            }
        }
    }

    pub(super) fn each_partition(
        &mut self,
        group: usize,
        mut visit: impl FnMut(&mut Self, usize, usize),
    ) {
        for channel in 0..self.channels.len() {
            if self.channels[channel].group == group {
                (0..self.partitions as usize).for_each(|at| visit(self, channel, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::broker::fixture::*;
    use crate::base::Span;

    /// One partition, consumers that commit when a test says so.
    fn lazy(static_members: bool) -> Bench {
        log_that(1, static_members, |log| log.auto_commit = Some(Span(1)))
    }

    const OWNER: u32 = AT_CONSUMERS[0];

    /// Handles what is delivered for so long; says which operations.
    fn work(bench: &mut Bench, span_ms: u64) -> Vec<u64> {
        let mut handled = Vec::new();
        for step in 0..span_ms {
            if step % 10 == 0 {
                for at in AT_CONSUMERS {
                    bench.heartbeat(at);
                }
            }
            bench.run_for(1);
            let deliveries = bench.deliveries();
            handled.extend(deliveries.iter().map(|got| got.op));
            bench.ack(&deliveries);
        }
        handled
    }

    #[test]
    fn what_was_handled_since_the_last_commit_is_handled_again_after_a_crash() {
        let mut bench = lazy(true);
        (0..4).for_each(|op| bench.publish(op, TO_ONE));
        assert_eq!(work(&mut bench, 20), [0, 1, 2, 3]);
        assert!((0..4).all(|op| bench.alive(op) == 1), "nothing is committed");
        bench.commit(OWNER, 0);
        (4..7).for_each(|op| bench.publish(op, TO_ONE));
        assert_eq!(work(&mut bench, 20), [4, 5, 6]);
        assert!((0..4).all(|op| bench.alive(op) == 0), "committed");
        bench.down(OWNER, false);
        bench.run_for(5);
        bench.up(OWNER);
        assert_eq!(work(&mut bench, 20), [4, 5, 6]);
        assert_eq!(bench.books().redelivered, 3);
        bench.commit(OWNER, 0);
        assert_eq!(bench.alive(4), 1, "the commit of an earlier start comes too late");
        bench.commit(OWNER, 1);
        assert!((0..7).all(|op| bench.alive(op) == 0));
        assert_eq!((bench.books().waiting, bench.books().busy), (0, 0));
    }

    #[test]
    fn whoever_takes_over_from_the_dead_begins_at_the_committed_offset() {
        let mut bench = lazy(false);
        (0..3).for_each(|op| bench.publish(op, TO_ONE));
        assert_eq!(work(&mut bench, 20), [0, 1, 2]);
        bench.down(OWNER, true);
        let mut again = Vec::new();
        for _ in 0..20 {
            for at in &AT_CONSUMERS[1..] {
                bench.heartbeat(*at);
            }
            bench.run_for(10);
            let deliveries = bench.deliveries();
            again.extend(deliveries.iter().map(|got| (got.op, got.to)));
            bench.ack(&deliveries);
        }
        let heir = AT_CONSUMERS[1];
        assert_eq!(again, [(0, heir), (1, heir), (2, heir)]);
    }

    #[test]
    fn a_crash_of_the_log_makes_nobody_handle_anything_again() {
        let mut bench = lazy(true);
        (0..3).for_each(|op| bench.publish(op, TO_ONE));
        assert_eq!(work(&mut bench, 20), [0, 1, 2]);
        bench.down(AT_BROKER, true);
        bench.run_for(5);
        bench.up(AT_BROKER);
        assert!(work(&mut bench, 20).is_empty());
        assert!((0..3).all(|op| bench.alive(op) == 0));
    }

    proptest! {
        /// Whatever happens, in the end every confirmed record has been delivered and nothing is
        /// left of it; and the books never count below zero on the way.
        #[test]
        fn confirmed_records_are_delivered_at_least_once(
            is_static: bool,
            script in prop::collection::vec((0..7u8, 0..4u32, 0..40u64), 1..60),
        ) {
            prop_assert_eq!(play(lazy(is_static), &script), Ok(()));
        }
    }
}
