//! The buffers of producers: what they hold until it is acknowledged or overdue, and what waits for room in one.
//!
//! ```text
//! publish ─▶ room ─▶ buffer: waits, or is under way ─▶ acknowledged, or failed (delivery.timeout.ms)
//!             └ none: blocks ─▶ room ...   └ failed (max.block.ms, reason `rejected`)
//! ```
//!
//! After kafka.apache.org/41, Producer configuration (`buffer.memory`, `max.block.ms`, `delivery.timeout.ms`):
//! a record takes its place when it is sent, and leaves it with its answer; records of `record_size` are all that is
//! counted. Who finds no room blocks, in order, and fails when it has done so for too long; the clock of
//! `delivery.timeout.ms` starts when it has room. A crash of the producer empties its buffer.
//!
//! Left out: that a thread which blocks sends nothing else; and `max.block.ms` of who does not know its topic yet.

use std::collections::VecDeque;

use super::Kafka;
use super::cluster::{Cluster, Log};
use super::due::Due;
use super::transactions::Mark;
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::faults::Faults;
use crate::nodes::Env;
use crate::nodes::broker::{Incoming, used_up};
use crate::nodes::message::Answer;
use crate::nodes::readings::{Readings, What};
use crate::probes::{Probe, Reason};

/// A record, as its producer knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appended {
    pub(super) incoming: Incoming,
    /// Since when it has been in its buffer.
    pub(super) since: Time,
    /// Has its producer heard what became of it?
    pub(super) is_settled: bool,
    /// Which request it goes in, where that is of interest; 0 before it went in any.
    pub(super) request: u32,
    pub(super) mark: Mark,
}

/// The buffers of all producers.
#[derive(Clone, Debug)]
pub(super) struct Buffers {
    /// Records that fit into one.
    room: u32,
    max_block: Span,
    /// By the producer's instance.
    held: Vec<Held>,
    /// How many records wait for room, of all producers, and how many ever did.
    blocked: usize,
    numbers: u64,
    /// When the first of them has waited for too long; past, if nobody looks.
    looks_at: Time,
}

/// What one buffer holds.
#[derive(Clone, Debug, Default)]
struct Held {
    records: u32,
    /// No crash before that has left anything in it.
    since: Time,
    /// What waits for room in it, in order.
    blocked: VecDeque<Blocked>,
}

#[derive(Clone, Copy, Debug)]
struct Blocked {
    incoming: Incoming,
    since: Time,
    /// Its place among those of all producers.
    number: u64,
}

impl Appended {
    /// Its producer has put it into its buffer.
    pub(super) fn new(incoming: Incoming, mark: Mark, since: Time) -> Self {
        Self { incoming, since, is_settled: false, request: 0, mark }
    }

    /// A marker of a transaction, which this coordinator writes.
    pub(super) fn marker(mark: Mark, coordinator: InstanceId, since: Time) -> Self {
        Self { is_settled: true, ..Self::new(Incoming::of(coordinator), mark, since) }
    }
}

impl Log {
    /// Among these, with their places, is the oldest of the records that wait.
    pub(super) fn oldest(&self) -> impl Iterator<Item = (usize, &Appended)> {
        // Only those that are sent again can be out of order, and they come before all others.
        let again = self.waiting.iter().take_while(|record| record.request != 0).count();
        let records = self.waiting.iter().enumerate().filter(|(_, it)| !it.mark.is_marker());
        records.take(again + 1)
    }
}

impl Buffers {
    /// Empty ones, with room for so many records each.
    pub(super) fn new(room: u32, max_block: Span) -> Self {
        let (held, blocked, numbers) = (Vec::new(), 0, 0);
        Self { room, max_block, held, blocked, numbers, looks_at: Time::ZERO }
    }

    /// Bytes that they hold.
    pub(super) fn weight(&self) -> usize {
        self.held.len() * size_of::<Held>() + self.blocked * size_of::<Blocked>()
    }

    fn of(&mut self, producer: InstanceId) -> &mut Held {
        let at = producer.0 as usize;
        if at >= self.held.len() {
            self.held.resize(at + 1, Held::default());
        }
        &mut self.held[at]
    }

    fn has_room(&self, producer: InstanceId) -> bool {
        self.held.get(producer.0 as usize).is_none_or(|held| held.records < self.room)
    }

    /// A producer puts a record into its buffer, if there is room.
    pub(super) fn take(&mut self, producer: InstanceId, now: Time) -> bool {
        let has_room = self.has_room(producer);
        if has_room {
            let held = self.of(producer);
            if held.records == 0 {
                held.since = now;
            }
            held.records += 1;
        }
        has_room
    }

    /// A producer knows what became of a record.
    pub(super) fn release(&mut self, producer: InstanceId) {
        self.of(producer).records -= 1;
    }

    /// A producer has no room for a record, which waits.
    fn block(&mut self, incoming: Incoming, since: Time) {
        let number = self.numbers;
        self.of(incoming.publisher()).blocked.push_back(Blocked { incoming, since, number });
        (self.blocked, self.numbers) = (self.blocked + 1, number + 1);
    }

    /// The first that waits for room, of those producers that are chosen. Looks at each producer, and not at
    /// all that waits, which may be a great deal.
    fn first(&self, chosen: impl Fn(&Held) -> bool) -> Option<Blocked> {
        let producers = if self.blocked > 0 { &self.held[..] } else { &[] };
        let fronts = producers.iter().filter(|it| chosen(it)).filter_map(|it| it.blocked.front());
        fronts.min_by_key(|blocked| blocked.number).copied()
    }

    /// It waits no more.
    fn pass(&mut self, first: Blocked) {
        self.of(first.incoming.publisher()).blocked.pop_front();
        self.blocked -= 1;
    }
}

impl Kafka {
    /// A producer's buffer is full: what it sends waits for room.
    #[cold]
    pub(super) fn block<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        let (now, producer) = (env.now(), incoming.publisher());
        self.cluster().forget_crashed(producer, env);
        self.cluster().buffers.block(incoming, now);
        if let Some(partition) = self.unblock(env) {
            return self.turn(partition, env);
        }
        self.foresee_impatience(env);
    }

    /// The first record for which there is room goes into its buffer. For which partition?
    pub(super) fn unblock<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) -> Option<usize> {
        let now = env.now();
        loop {
            let Cluster { buffers, .. } = self.cluster();
            let room = buffers.room;
            let first = buffers.first(|held| held.records < room)?;
            buffers.pass(first);
            let Blocked { incoming, since, .. } = first;
            if env.model.faults.was_down(since, now, incoming.publisher()) {
                used_up(incoming.op, Some(Reason::Crashed), env);
                continue;
            }
            buffers.take(incoming.publisher(), now);
            if let Some(partition) = self.is_sent(incoming, env) {
                return Some(partition);
            }
            self.cluster().buffers.release(incoming.publisher());
        }
    }

    /// Who has blocked for too long fails.
    pub(super) fn fail_blocked<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let now = env.now();
        let buffers = &mut self.cluster().buffers;
        let max_block = buffers.max_block;
        while let Some(first) = buffers.first(|_| true)
            && first.since + max_block <= now
        {
            buffers.pass(first);
            let incoming = first.incoming;
            incoming.confirm(Answer::Failed(Reason::Rejected), env);
            used_up(incoming.op, Some(Reason::Rejected), env);
        }
        self.foresee_impatience(env);
    }

    fn foresee_impatience<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let now = env.now();
        let buffers = &mut self.cluster().buffers;
        if buffers.looks_at <= now
            && let Some(first) = buffers.first(|_| true)
        {
            buffers.looks_at = first.since + buffers.max_block;
            env.wait(buffers.looks_at.since(now), Due::Blocked);
        }
    }

    /// Does nobody wait for room?
    pub(super) fn none_blocks(&self) -> bool {
        self.cluster.as_ref().is_none_or(|cluster| cluster.buffers.blocked == 0)
    }

    /// What has waited for its confirm for too long has failed, though it may be kept all the same.
    pub(super) fn give_up_overdue<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        let Cluster { settings, logs, buffers, .. } = self.cluster();
        let log = &mut logs[partition];
        let (now, patience) = (env.now(), settings.delivery_timeout);
        let is_overdue = |record: &Appended| record.since + patience <= now;
        let late = log.replicas.tail().filter(|it| !it.is_settled && is_overdue(it));
        let late: Vec<Incoming> = late.map(|it| (it.is_settled = true, it.incoming).1).collect();
        while let Some((place, _)) = { log.oldest().find(|(_, record)| is_overdue(record)) }
            && let Some(record) = log.waiting.remove(place)
        {
            buffers.release(record.incoming.publisher());
            record.incoming.confirm(Answer::Failed(Reason::Timeout), env);
            used_up(record.incoming.op, Some(Reason::Timeout), env);
        }
        for incoming in late {
            buffers.release(incoming.publisher());
            incoming.confirm(Answer::Failed(Reason::Timeout), env);
        }
    }
}

impl Cluster {
    /// What producers hold that no leader has taken, and why.
    pub(super) fn readings(&self, now: Time, faults: &Faults, into: &mut Readings) {
        let waiting = self.logs.iter().flat_map(|log| &log.waiting);
        let waiting = waiting.filter(|it| !it.mark.is_marker()).count();
        into.own(What::Unsent, waiting + self.buffers.blocked);
        let (served, unserved): (Vec<usize>, Vec<usize>) =
            (0..self.logs.len()).partition(|at| self.serves(*at, now, faults));
        into.own(What::Unserved, unserved.len());
        let is_short = |at: &usize| !self.takes(*at, now, faults);
        into.own(What::Short, served.into_iter().filter(is_short).count());
    }

    /// What a producer had in its buffer when it crashed is not there any more.
    fn forget_crashed<P: Probe>(&mut self, producer: InstanceId, env: &mut Env<'_, '_, P>) {
        let (now, faults) = (env.now(), &env.model.faults);
        let Self { logs, buffers, .. } = self;
        let held = buffers.of(producer);
        if !faults.was_down(held.since, now, producer) {
            return;
        }
        held.since = now;
        let is_gone = |it: &Appended| {
            it.incoming.publisher() == producer && faults.was_down(it.since, now, producer)
        };
        for log in logs {
            for record in log.replicas.tail().filter(|it| !it.is_settled && is_gone(it)) {
                record.is_settled = true;
                held.records -= 1;
            }
            log.waiting.retain(|record| {
                let is_gone = is_gone(record);
                if is_gone {
                    held.records -= 1;
                    used_up(record.incoming.op, Some(Reason::Crashed), env);
                }
                !is_gone
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_producer_has_room_of_its_own_until_it_knows_what_became_of_a_record() {
        let [first, second] = [3, 0].map(InstanceId);
        let mut buffers = Buffers::new(2, Span(1));
        assert!(buffers.take(first, Time(1)));
        assert!(buffers.take(first, Time(2)));
        assert!(!buffers.take(first, Time(3)));
        assert!(buffers.take(second, Time(3)));
        buffers.release(first);
        assert!(buffers.take(first, Time(4)));
        assert!(!buffers.take(first, Time(4)));
        assert_eq!((buffers.of(first).records, buffers.of(second).records), (2, 1));
        assert_eq!(buffers.of(first).since, Time(1), "it was never empty since");
    }

    #[test]
    fn the_first_of_those_for_whom_there_is_room_is_not_held_up_by_who_has_none() {
        let [full, other] = [3, 0].map(InstanceId);
        let mut buffers = Buffers::new(1, Span(9));
        assert!(buffers.take(full, Time(1)));
        for (producer, since) in [(full, 2), (other, 3), (full, 4), (other, 5)] {
            buffers.block(Incoming::of(producer), Time(since));
        }
        let order = |buffers: &mut Buffers, room| {
            let mut order = Vec::new();
            while let Some(first) = buffers.first(|held| held.records < room) {
                buffers.pass(first);
                order.push(first.since);
            }
            order
        };
        assert_eq!(order(&mut buffers, 1), [3, 5].map(Time), "the other has nothing in it");
        assert_eq!(buffers.blocked, 2);
        assert_eq!(order(&mut buffers, 2), [2, 4].map(Time));
        assert_eq!(buffers.blocked, 0);
    }
}
