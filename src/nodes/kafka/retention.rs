//! How long records are kept: segments, when they are deleted, and where a group goes on whose place is gone.
//!
//! ```text
//! log:   ✗ deleted ✗ │ segment │ segment │ active segment
//!                    ^ start             ^ begun by the record that came `segment.ms` after its first
//! ```
//!
//! After kafka.apache.org/41, Topic configuration (`retention.ms`, `segment.ms`), Broker configuration
//! (`log.retention.check.interval.ms`) and Consumer configuration (`auto.offset.reset`):
//!
//! * A log has segments for each partition. Now and then its leader looks, and deletes those whose last record is
//!   older than `retention.ms`, from the oldest one on, and the active one too if all of it is as old.
//! * A record that nobody of a group had fetched by then is lost to it (reason `retention`). What is
//!   in a member's hands stays there; whoever would have to fetch it again does not find it.
//! * A group whose next record is gone goes on where `auto.offset.reset` says when a member fetches again: at
//!   the end, past all that is there (reason `offset_reset`), or with the oldest record. With `none` its
//!   consumer is told at each poll that its offset is out of range: it goes on with its other partitions, and this
//!   one stands still.
//! * A group has committed its first place, the log's beginning, when the run begins, so that only retention takes one.
//!
//! Where no record can become so old before the end of the run nothing is looked at. Logs that are compacted
//! have segments too, see `compaction`.

use std::collections::VecDeque;

use super::Kafka;
use super::due::Due;
use crate::base::Time;
use crate::model::Model;
use crate::nodes::Env;
use crate::nodes::broker::used_up;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{self, CleanupPolicy, OffsetReset};

/// What is known of the segments of all partitions.
#[derive(Clone, Debug)]
pub(super) struct Retention {
    pub(super) settings: tree::Retention,
    /// By the number of the partition, for all topics.
    pub(super) logs: Vec<Segments>,
    /// When brokers look next; past, if they need not.
    looks_at: Time,
}

/// The segments of a log in which there may be something that somebody has not read.
#[derive(Clone, Debug, Default)]
pub(super) struct Segments {
    /// Records before this one are deleted.
    start: u64,
    kept: VecDeque<Segment>,
    /// The first record of the active segment.
    pub(super) active: u64,
    /// Is there another one that is not compacted yet?
    pub(super) is_dirty: bool,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Behind its last record.
    end: u64,
    /// When its first and its last record were appended.
    first: Time,
    last: Time,
}

impl Retention {
    /// That of these settings, if segments can become so old in a run.
    pub(super) fn new(model: &Model, settings: &tree::Retention, partitions: u32) -> Option<Self> {
        let run = &model.scenario.run;
        let age = match settings.cleanup {
            CleanupPolicy::Delete => settings.period,
            CleanupPolicy::Compact => settings.segment,
        };
        let can_be_old = age.0 < run.length.0.saturating_add(run.drain.0);
        can_be_old.then(|| Self {
            settings: *settings,
            logs: vec![Segments::default(); partitions as usize],
            looks_at: Time::ZERO,
        })
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.logs.iter().map(|log| log.kept.len() * size_of::<Segment>()).sum()
    }

    /// A log has a record more; everybody has read what is before `unread`.
    fn append(&mut self, at: usize, offset: u64, unread: u64, now: Time) {
        let Segments { kept, active: begin, is_dirty, .. } = &mut self.logs[at];
        let active = kept.back_mut().filter(|it| now.since(it.first) <= self.settings.segment);
        if let Some(active) = active {
            (active.end, active.last) = (offset + 1, now);
            return;
        }
        while kept.pop_front_if(|it| it.end <= unread).is_some() {}
        *is_dirty |= !kept.is_empty();
        *begin = offset;
        kept.push_back(Segment { end: offset + 1, first: now, last: now });
    }

    /// A log ends before this record now.
    pub(super) fn truncate(&mut self, at: usize, end: u64) {
        let Segments { start, kept, active, .. } = &mut self.logs[at];
        while kept.len() > 1 && kept[kept.len() - 2].end >= end {
            kept.pop_back();
            // The segment before is written to again.
            *active = kept.len().checked_sub(2).map_or(*start, |before| kept[before].end);
        }
        if let Some(last) = kept.back_mut() {
            last.end = last.end.min(end);
        }
    }

    /// Old segments go. Says whether there were any.
    fn delete(&mut self, at: usize, now: Time) -> bool {
        let (period, log) = (self.settings.period, &mut self.logs[at]);
        let before = log.start;
        while let Some(old) = log.kept.pop_front_if(|it| now.since(it.last) > period) {
            log.start = log.start.max(old.end);
        }
        log.start > before
    }

    /// When brokers find something to delete or to compact for the first time.
    fn finds_at(&self, now: Time) -> Option<Time> {
        let tree::Retention { cleanup, period, check, backoff, .. } = self.settings;
        let oldest = self.logs.iter().filter_map(|log| log.kept.front()).map(|it| it.last);
        let (is_old, every) = match cleanup {
            CleanupPolicy::Delete => ((oldest.min()? + period).max(now), check.0),
            CleanupPolicy::Compact => {
                (self.logs.iter().find(|log| log.is_dirty).map(|_| now)?, backoff.0)
            }
        };
        Some(Time((is_old.0 / every + 1) * every))
    }
}

impl Kafka {
    /// A log has a record more, which nobody has read yet.
    pub(super) fn is_kept<P: Probe>(&mut self, at: usize, offset: u64, env: &mut Env<'_, '_, P>) {
        let places = self.channels.iter().map(|channel| &channel.partitions[at]);
        let unread = places.filter_map(|place| Some(place.records.front()?.offset)).min();
        if let Some(retention) = &mut self.retention {
            retention.append(at, offset, unread.unwrap_or(offset), env.now());
            self.foresee_old(env);
        }
    }

    /// Sets the timer of the next look that finds something, unless one is set.
    fn foresee_old<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(retention) = &mut self.retention else { return };
        if retention.looks_at <= env.now()
            && let Some(due) = retention.finds_at(env.now())
        {
            retention.looks_at = due;
            env.wait(due.since(env.now()), Due::CleansUp);
        }
    }

    /// Brokers look for old segments.
    pub(super) fn clean_up<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let policy = self.retention.as_ref().map(|it| it.settings.cleanup);
        let now = env.now();
        for at in 0..self.partitions as usize {
            if !self.is_served(at, env) {
                continue;
            }
            if policy == Some(CleanupPolicy::Compact) {
                self.compact(at, env);
            } else if self.retention.as_mut().is_some_and(|it| it.delete(at, now)) {
                for channel in 0..self.channels.len() {
                    self.lose_deleted(channel, at, env);
                    self.feed(channel, at, env);
                }
            }
        }
        self.foresee_old(env);
    }

    /// What is deleted, and in nobody's hands, will not be read.
    fn lose_deleted<P: Probe>(&mut self, channel: usize, at: usize, env: &mut Env<'_, '_, P>) {
        let Some(retention) = &self.retention else { return };
        let start = retention.logs[at].start;
        let place = &self.channels[channel].partitions[at];
        let in_hand = place.in_hand();
        let waiting = place.records.iter().skip(in_hand);
        let deleted = waiting.take_while(|record| record.offset < start).count();
        if deleted > 0 {
            self.pass_over(channel, at, deleted, Reason::Retention, env);
            self.channels[channel].partitions[at].is_out_of_range = true;
        }
    }

    /// A member may be about to fetch: finds out where its next record is.
    pub(super) fn find_place<P: Probe>(
        &mut self,
        channel: usize,
        at: usize,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(reset) = self.retention.as_ref().map(|it| it.settings.reset) else { return };
        self.lose_deleted(channel, at, env);
        let place = &self.channels[channel].partitions[at];
        if !place.is_out_of_range || !self.is_fetched(channel, at, env) {
            return;
        }
        let waiting = place.records.len() - place.in_hand();
        match reset {
            OffsetReset::None => return,
            OffsetReset::Earliest => {}
            OffsetReset::Latest => {
                self.pass_over(channel, at, waiting, Reason::OffsetReset, env);
            }
        }
        self.channels[channel].partitions[at].is_out_of_range = false;
    }

    /// Is there a member that fetches from a partition?
    fn is_fetched<P: Probe>(&self, channel: usize, at: usize, env: &Env<'_, '_, P>) -> bool {
        let group = &self.groups[self.channels[channel].group].group;
        let owner = self.channels[channel].partitions[at].owner;
        owner.is_some_and(|owner| group.reaches(owner))
            && !group.stands_still()
            && self.is_served(at, env)
    }

    /// A group will never read the next so many records of a partition that are in nobody's hands.
    fn pass_over<P: Probe>(
        &mut self,
        channel: usize,
        at: usize,
        count: usize,
        why: Reason,
        env: &mut Env<'_, '_, P>,
    ) {
        let Self { channels, groups, .. } = self;
        let group = channels[channel].group;
        let place = &mut channels[channel].partitions[at];
        let in_hand = place.in_hand();
        for record in place.records.drain(in_hand..in_hand + count) {
            env.fact(Fact::LeftQueue { op: record.op.id });
            used_up(record.op, Some(why), env);
            groups[group].records -= 1;
        }
    }

    /// Has everybody read all that there is, so that nobody misses what is deleted?
    pub(super) fn is_read(&self) -> bool {
        self.groups.iter().all(|watched| watched.records == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::broker::fixture::*;
    use super::*;
    use crate::base::{Dist, Span};
    use crate::scenario::tree::{Cluster, Committing};

    const OWNER: u32 = AT_CONSUMERS[0];

    /// One broker with one partition, which keeps records for 50 ms and looks each 10 ms.
    fn keeps(reset: OffsetReset, segment: Span) -> Bench {
        let ms = |count: u64| Span(count * 1_000_000);
        log_that(1, true, |log| {
            log.lag = Some(Dist::Const(0.0));
            log.session_timeout = ms(100_000);
            log.cluster = Some(Cluster {
                retention: tree::Retention {
                    period: ms(50),
                    segment,
                    check: ms(10),
                    reset,
                    ..Cluster::alone().retention
                },
                commit: Committing::Each,
                ..Cluster::alone()
            });
        })
    }

    /// A record each 10 ms from 10 ms on, while the consumer is away till 105 ms.
    fn away(reset: OffsetReset, segment: Span) -> Bench {
        let mut bench = keeps(reset, segment);
        bench.down(OWNER, false);
        for op in 1..=10 {
            bench.run_to(op * 10);
            bench.publish(op, TO_ONE);
        }
        bench.run_to(105);
        bench.up(OWNER);
        bench
    }

    /// What was lost, and why, in order.
    fn lost(bench: &Bench, why: Reason) -> Vec<u64> {
        bench.books().lost.iter().filter(|it| it.1 == why).map(|it| it.0).collect()
    }

    #[test]
    fn who_is_away_for_too_long_goes_on_with_the_oldest_record_that_is_there() {
        let mut bench = away(OffsetReset::Earliest, Span(1));
        assert_eq!(bench.handled(40), [5, 6, 7, 8, 9, 10], "appended from 52 ms on");
        assert_eq!(lost(&bench, Reason::Retention), [1, 2, 3, 4]);
        assert!((1..=10).all(|op| bench.alive(op) == 0));
        assert_eq!((bench.books().waiting, bench.books().busy), (0, 0));
    }

    #[test]
    fn or_at_the_end_and_passes_over_what_is_there() {
        let mut bench = away(OffsetReset::Latest, Span(1));
        bench.publish(11, TO_ONE);
        assert_eq!(bench.handled(40), [11]);
        assert_eq!(lost(&bench, Reason::Retention), [1, 2, 3, 4]);
        assert_eq!(lost(&bench, Reason::OffsetReset), [5, 6, 7, 8, 9, 10]);
        assert_eq!(bench.books().waiting, 0);
    }

    #[test]
    fn or_fails_and_its_partition_stands_still() {
        let mut bench = away(OffsetReset::None, Span(1));
        bench.publish(11, TO_ONE);
        assert!(bench.handled(200).is_empty());
        assert_eq!(lost(&bench, Reason::Retention), (1..=11).collect::<Vec<_>>());
        assert_eq!((bench.books().waiting, bench.pending()), (0, 0));
    }

    #[test]
    fn a_log_that_lost_its_last_segment_writes_to_the_one_before() {
        let settings = tree::Retention { segment: Span(10), ..Cluster::alone().retention };
        let looks_at = Time::ZERO;
        let mut retention = Retention { settings, logs: vec![Segments::default()], looks_at };
        for (offset, at) in (0..).zip([0, 5, 20, 25, 40]) {
            retention.append(0, offset, 0, Time(at));
        }
        assert_eq!(retention.logs[0].active, 4);
        retention.truncate(0, 5);
        assert_eq!(retention.logs[0].active, 4, "nothing was lost");
        retention.truncate(0, 3);
        assert_eq!(retention.logs[0].active, 2);
        retention.append(0, 3, 0, Time(29));
        assert_eq!((retention.logs[0].active, retention.logs[0].kept.len()), (2, 2));
        retention.truncate(0, 1);
        assert_eq!((retention.logs[0].active, retention.logs[0].kept.len()), (0, 1));
    }

    #[test]
    fn a_segment_goes_as_a_whole_when_its_last_record_is_old() {
        let mut bench = away(OffsetReset::Earliest, Span(1_000_000_000));
        assert_eq!(bench.handled(40), (1..=10).collect::<Vec<_>>());
        // Two records a segment: of the third only the first is old enough.
        let mut bench = away(OffsetReset::Earliest, Span(10_000_000));
        assert_eq!(bench.handled(40), (5..=10).collect::<Vec<_>>());
        assert_eq!(lost(&bench, Reason::Retention), [1, 2, 3, 4]);
    }

    #[test]
    fn what_a_member_has_in_hand_it_handles_however_old_it_is() {
        let mut bench = keeps(OffsetReset::Earliest, Span(1));
        bench.publish(1, TO_ONE);
        bench.publish(2, TO_ONE);
        bench.run_for(10);
        let held = bench.deliveries();
        bench.publish(3, TO_ONE);
        bench.run_for(200);
        assert_eq!(lost(&bench, Reason::Retention), [2, 3]);
        bench.ack(&held);
        assert_eq!((bench.alive(1), bench.books().busy), (0, 0));
        bench.publish(4, TO_ONE);
        assert_eq!(bench.handled(10), [4]);
    }

    #[test]
    fn and_whoever_would_have_to_fetch_it_again_does_not_find_it() {
        let mut bench = keeps(OffsetReset::Earliest, Span(1));
        bench.publish(1, TO_ONE);
        bench.run_for(100);
        assert_eq!(bench.deliveries().len(), 1);
        bench.down(OWNER, false);
        bench.run_for(5);
        bench.up(OWNER);
        assert!(bench.handled(20).is_empty());
        assert_eq!(lost(&bench, Reason::Retention), [1]);
    }
}
