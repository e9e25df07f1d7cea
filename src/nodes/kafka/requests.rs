//! Producers without sequence numbers (`enable.idempotence=false`): so many requests of each are under way to
//! a partition's leader at once, and when the connection ends all of them are sent once more.
//!
//! ```text
//! sent:        1 2 3 │ 4 5 (waits: three are unanswered)
//! connection ends, and with it the answers
//! sent again:  3 2 1 │ 4 5        log: 1 2 3 3 2 1 4 5, if the leader had them; 3 2 1 4 5, if not
//! ```
//!
//! After kafka.apache.org/41, Producer configuration (`enable.idempotence`,
//! `max.in.flight.requests.per.connection`), and the client's own sources:
//!
//! * A request takes what its producer has ready for the partition, up to `batch.size`. What is
//!   more than may be under way waits, and is gathered.
//! * A connection that ends fails its requests from the oldest one on (`InFlightRequests.clearAll`), and each
//!   is put before all that waits (`RecordAccumulator.reenqueue`): so they go out again in the opposite order.
//!   With one under way at a time there is nothing to be confused.
//! * The leader cannot know them again: what it had is there twice. With sequence numbers it would drop the
//!   second one, and refuse whatever comes before its predecessor; so the idempotent producer needs none of this.
//! * A leader's process that dies ends its connections at once; one whose machine is silent, after
//!   `request.timeout.ms`.
//!
//! Left out: requests of one producer to several partitions count apart, though they share a connection; and
//! `retry.backoff.ms`.

use std::collections::VecDeque;

use super::super::Env;
use super::super::broker::multiply;
use super::Kafka;
use super::buffers::Appended;
use super::cluster::Log;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::probes::Probe;

/// The requests of all producers to the leader of a partition.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    /// So many of a producer are under way at once.
    most: usize,
    /// So many records are in one; `None` is any number.
    room: Option<u32>,
    /// Counts them.
    sent: u32,
    /// The last one, while more may be added to it.
    open: Option<Open>,
    /// When the connections end, if nothing is done about it.
    breaks_at: Option<Time>,
}

/// A request to which records are added while no time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    since: Time,
    producer: InstanceId,
    request: u32,
    records: u32,
}

impl Requests {
    /// Nothing is under way.
    pub(super) fn new(most: u32, room: Option<u32>) -> Self {
        Self { most: most as usize, room, sent: 0, open: None, breaks_at: None }
    }

    /// When the connections end, if they do by themselves.
    pub(super) fn breaks_at(&self) -> Option<Time> {
        self.breaks_at
    }

    /// The leader fell silent: its connections end then.
    pub(super) fn will_break(&mut self, at: Time) {
        self.breaks_at = Some(at);
    }

    /// The leader is there again: if it only stood still, and nobody has noticed, they hold.
    pub(super) fn leader_is_back(&mut self, now: Time, stood_still: bool) {
        self.breaks_at = self.breaks_at.filter(|at| !stood_still || *at <= now).map(|_| now);
    }

    /// Have the connections ended?
    pub(super) fn have_broken(&mut self, now: Time) -> bool {
        self.breaks_at.take_if(|at| *at <= now).is_some()
    }

    /// The next record that goes out, beside what is under way.
    pub(super) fn next(
        &mut self,
        waiting: &mut VecDeque<Appended>,
        under_way: impl Iterator<Item = Appended>,
        now: Time,
    ) -> Option<Appended> {
        let mut requests: Vec<(InstanceId, u32)> =
            under_way.map(|it| (it.incoming.publisher(), it.request)).collect();
        requests.sort_unstable();
        requests.dedup();
        let mut held_up = Vec::new();
        for place in 0..waiting.len() {
            let record = waiting[place];
            let producer = record.incoming.publisher();
            if held_up.contains(&producer) {
                continue;
            }
            let under_way = requests.iter().filter(|it| it.0 == producer).count();
            if let Some(request) = self.takes(record, under_way, &requests, now) {
                waiting.remove(place);
                return Some(Appended { request, ..record });
            }
            held_up.push(producer);
        }
        None
    }

    /// In which request a record goes out now, if it may.
    fn takes(
        &mut self,
        record: Appended,
        under_way: usize,
        requests: &[(InstanceId, u32)],
        now: Time,
    ) -> Option<u32> {
        let producer = record.incoming.publisher();
        let may_send = under_way < self.most;
        if record.request != 0 {
            let is_begun = requests.contains(&(producer, record.request));
            return (is_begun || may_send).then_some(record.request);
        }
        let room = self.room.unwrap_or(u32::MAX);
        let fits = |it: &&mut Open| it.since == now && it.producer == producer && it.records < room;
        if let Some(open) = self.open.as_mut().filter(fits) {
            open.records += 1;
            return Some(open.request);
        }
        may_send.then(|| {
            self.sent += 1;
            self.open = Some(Open { since: now, producer, request: self.sent, records: 1 });
            self.sent
        })
    }

    /// What was under way, in order, is put before all that waits: the last request first.
    pub(super) fn send_again(
        &mut self,
        mut failed: Vec<Appended>,
        waiting: &mut VecDeque<Appended>,
    ) {
        self.open = None;
        failed.sort_by_key(|record| std::cmp::Reverse(record.request));
        let mut before = None;
        for record in &mut failed {
            let request = record.request;
            if before != Some(request) {
                self.sent += 1;
            }
            (before, record.request) = (Some(request), self.sent);
        }
        for record in failed.into_iter().rev() {
            waiting.push_front(record);
        }
    }
}

impl Kafka {
    /// The next record that goes out to the leader of a partition, which can take it.
    pub(super) fn next_record(&mut self, partition: usize, now: Time) -> Option<Appended> {
        let Log { requests, waiting, replicas, .. } = &mut self.cluster().logs[partition];
        let Some(requests) = requests else { return waiting.pop_front() };
        let under_way = replicas.tail().filter(|record| !record.is_settled).map(|record| *record);
        requests.next(waiting, under_way, now)
    }

    /// Connections to a leader have ended, and it, or another one, is there: what was under way is sent again.
    pub(super) fn reconnect<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        let is_served = self.is_served(partition, env);
        let Log { requests, waiting, replicas, .. } = &mut self.cluster().logs[partition];
        let Some(requests) = requests.as_mut().filter(|_| is_served) else { return };
        if !requests.have_broken(env.now()) {
            return;
        }
        let mut failed = Vec::new();
        for record in replicas.tail().filter(|record| !record.is_settled) {
            failed.push(*record);
            // It stays where it is, and nobody waits for it.
            record.is_settled = true;
            multiply(record.incoming.op, 2, env);
        }
        failed.extend(waiting.iter().filter(|record| record.request != 0));
        waiting.retain(|record| record.request == 0);
        requests.send_again(failed, waiting);
    }
}
