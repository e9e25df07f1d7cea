//! Share groups (KIP-932): the members of a group read the same partitions side by side, record by record, as from
//! a queue.
//!
//! ```text
//! available ──acquired by a member──▶ acquired ──accepted──▶ acknowledged (gone)
//!     ▲                                 │ rejected, or delivered for the last time ──▶ archived (gone)
//!     └── released, or the lock is over ┘
//! ```
//!
//! After kafka.apache.org/42, Group configuration, KIP-932 and `KafkaShareConsumer`:
//!
//! * A member that polls acquires up to `max.poll.records` of what is available, the oldest first, whichever
//!   partition it is of; it handles them one after the other and acknowledges each. Members poll in turn.
//! * What it acquires is locked for `share.record.lock.duration.ms`. What is not acknowledged by then is
//!   available again, to anybody; who comes with it later is not heard. Each acquisition counts, and after
//!   `share.delivery.count.limit` of them a record is archived: nobody handles it (reason `dead_letter`).
//! * What a member could not handle it releases, or rejects: then it is archived at once.
//! * A lost connection releases what its member had. A machine that vanishes says nothing: locks have to end.
//! * Who is shut down hands back what it has not begun with, and finishes what it has.
//!
//! What is locked while it waits behind another record of its batch, and is acquired by others, a real
//! consumer handles all the same, in vain; ours drops it. Left out: `group.share.partition.max.record.locks`,
//! the renewal of locks (KIP-1222), `max.poll.interval.ms`, and what retention or an unclean election takes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::due::Due;
use super::{Kafka, Record};
use crate::base::{Dist, Time};
use crate::engine::InstanceId;
use crate::nodes::Env;
use crate::nodes::broker::{Frame, used_up};
use crate::nodes::message::{Body, Message};
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree;

/// What share groups have, and who of them has what in hand.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    settings: tree::Share,
    /// Records that a member acquires at once.
    most: usize,
    /// As many as there are channels.
    topics: Vec<Topic>,
    /// By group, and by member.
    members: Vec<Vec<Sharer>>,
    locks: Slab<Lock>,
    receipts: Slab<Place>,
    /// Who of each group polled last.
    turns: Vec<usize>,
}

/// A topic as one group reads it.
#[derive(Clone, Debug, Default)]
struct Topic {
    /// In the order in which they came.
    records: BTreeMap<u64, Shared>,
    available: BTreeSet<u64>,
    next: u64,
}

/// A record that is neither acknowledged nor archived.
#[derive(Clone, Copy, Debug)]
struct Shared {
    record: Record,
    partition: usize,
    /// How often it was acquired.
    acquired: u32,
    lock: Option<Handle>,
    /// Its delivery, if a member is handling it.
    out: Option<Handle>,
}

/// Which record of which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    channel: usize,
    at: u64,
}

/// What was acquired at once.
#[derive(Clone, Debug)]
struct Lock {
    places: Vec<Place>,
    /// So many of them are still locked by it.
    left: usize,
}

/// A member of a share group.
#[derive(Clone, Debug, Default)]
struct Sharer {
    /// Acquired, and not begun.
    batch: VecDeque<Place>,
    /// What it is handling, in time or not.
    out: Option<Handle>,
    incarnation: u32,
    is_gone: bool,
    closes: bool,
}

impl Sharing {
    /// Groups with so many members each, over so many channels.
    pub(super) fn new(
        settings: tree::Share,
        most: u32,
        channels: usize,
        members: impl Iterator<Item = usize>,
    ) -> Self {
        let members: Vec<_> = members.map(|count| vec![Sharer::default(); count]).collect();
        Self {
            settings,
            most: most as usize,
            topics: vec![Topic::default(); channels],
            turns: vec![0; members.len()],
            members,
            locks: Slab::default(),
            receipts: Slab::default(),
        }
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        let records: usize = self.topics.iter().map(|topic| topic.records.len()).sum();
        records * (size_of::<Shared>() + 2 * size_of::<u64>())
            + self.locks.weight()
            + self.receipts.weight()
    }

    /// Does nobody wait any more for the end of this lock?
    pub(super) fn is_over(&self, lock: Handle) -> bool {
        self.locks.get(lock).is_none()
    }

    /// Records that nobody is handling.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Time> {
        let records = self.topics.iter().flat_map(|topic| topic.records.values());
        records.filter(|it| it.out.is_none()).map(|it| it.record.since)
    }

    /// Records that members are handling.
    pub(super) fn out(&self) -> usize {
        self.receipts.len()
    }

    /// Records that are neither acknowledged nor archived, in each of so many partitions.
    pub(super) fn lags(&self, channel: usize, partitions: usize) -> Vec<usize> {
        let mut lags = vec![0; partitions];
        self.topics[channel].records.values().for_each(|it| lags[it.partition] += 1);
        lags
    }

    fn get(&mut self, place: Place) -> Option<&mut Shared> {
        self.topics[place.channel].records.get_mut(&place.at)
    }

    /// A record is locked no longer.
    fn unlock(&mut self, place: Place) {
        let Some(lock) = self.get(place).and_then(|it| it.lock.take()) else { return };
        if let Some(held) = self.locks.get_mut(lock) {
            held.left -= 1;
            if held.left == 0 {
                self.locks.remove(lock);
            }
        }
    }
}

impl Kafka {
    fn sharing(&mut self) -> &mut Sharing {
        self.share.as_mut().expect("its groups share")
    }

    /// A record is committed, and available.
    pub(super) fn shares(&mut self, channel: usize, partition: usize, record: Record) {
        let topic = &mut self.sharing().topics[channel];
        let shared = Shared { record, partition, acquired: 0, lock: None, out: None };
        topic.records.insert(topic.next, shared);
        topic.available.insert(topic.next);
        topic.next += 1;
    }

    /// Members that hold nothing poll, in turn.
    pub(super) fn serve<P: Probe>(&mut self, group: usize, env: &mut Env<'_, '_, P>) {
        let Sharing { members, turns, .. } = self.sharing();
        let (count, turn) = (members[group].len(), turns[group]);
        for step in 1..=count {
            let member = (turn + step) % count;
            let it = &self.sharing().members[group][member];
            let polls = it.out.is_none() && it.batch.is_empty() && !it.is_gone && !it.closes;
            if polls {
                if !self.acquire(group, member, env) {
                    return;
                }
                self.sharing().turns[group] = member;
                self.begin_next(group, member, false, env);
            }
        }
    }

    /// A member takes what there is, up to so many. Was there anything?
    fn acquire<P: Probe>(&mut self, group: usize, member: usize, env: &mut Env<'_, '_, P>) -> bool {
        let most = self.sharing().most;
        let mut places = Vec::new();
        for channel in 0..self.channels.len() {
            if self.channels[channel].group != group {
                continue;
            }
            let topic = &self.share.as_ref().expect("its groups share").topics[channel];
            let there = topic.available.iter().copied();
            let served = there.filter(|at| self.is_served(topic.records[at].partition, env));
            let left = most - places.len();
            places.extend(served.take(left).map(|at| Place { channel, at }));
        }
        if places.is_empty() {
            return false;
        }
        let Sharing { settings, topics, members, locks, .. } = self.sharing();
        let lock = locks.insert(Lock { places: places.clone(), left: places.len() });
        for Place { channel, at } in &places {
            let topic = &mut topics[*channel];
            topic.available.remove(at);
            let shared = topic.records.get_mut(at).expect("it is available");
            (shared.lock, shared.acquired) = (Some(lock), shared.acquired + 1);
        }
        members[group][member].batch = places.into();
        env.wait(settings.record_lock_duration, Due::Unlocks(lock));
        true
    }

    /// A member begins with the next record of its batch, if there is one.
    fn begin_next<P: Probe>(
        &mut self,
        group: usize,
        member: usize,
        follows: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(place) = self.sharing().members[group][member].batch.pop_front() else {
            return self.serve(group, env);
        };
        let to = InstanceId(self.groups[group].group.first.0 + member as u32);
        let sharing = self.sharing();
        let receipt = sharing.receipts.insert(place);
        sharing.members[group][member].out = Some(receipt);
        let shared = sharing.get(place).expect("it is in a batch");
        shared.out = Some(receipt);
        let Record { op, entry, item, since, deliveries, .. } = shared.record;
        shared.record.deliveries += 1;
        let redelivered = deliveries > 0;
        let op = op.again(env.model.name_of(env.node()), u64::from(deliveries));
        let waited = env.now().since(since);
        env.fact(Fact::Began { op: op.id, waited, queued: true, arrives: false });
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        let body = Frame::Deliver { receipt, entry, item, redelivered };
        if follows {
            env.send_along(&Dist::Const(0.0), to, &op, body);
        } else {
            env.send(to, &op, body);
        }
    }

    /// A member says something.
    pub(super) fn hear_sharer<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        for group in 0..self.groups.len() {
            let Some(at) = self.groups[group].group.place_of(message.from) else { continue };
            let member = &mut self.sharing().members[group][at as usize];
            match message.body {
                Body::Broker(Frame::Ack { receipt } | Frame::Nack { receipt }) => {
                    used_up(message.op, None, env);
                    let is_done = matches!(message.body, Body::Broker(Frame::Ack { .. }));
                    let is_new = member.out == Some(receipt);
                    self.acknowledged(receipt, is_done, env);
                    if is_new {
                        self.sharing().members[group][at as usize].out = None;
                        self.begin_next(group, at as usize, true, env);
                    }
                }
                Body::Broker(Frame::Join { incarnation }) if incarnation > member.incarnation => {
                    *member = Sharer { incarnation, ..Sharer::default() };
                }
                Body::Broker(Frame::Leave { incarnation }) if incarnation >= member.incarnation => {
                    member.closes = true;
                    for place in std::mem::take(&mut member.batch) {
                        self.release(place, env);
                    }
                }
                Body::Gone { incarnation } if incarnation >= member.incarnation => {
                    (member.incarnation, member.is_gone) = (incarnation, true);
                    let batch = std::mem::take(&mut member.batch);
                    let out = member.out.take();
                    let out = out.and_then(|out| self.sharing().receipts.get(out).copied());
                    for place in out.into_iter().chain(batch) {
                        self.release(place, env);
                    }
                }
                _ => {}
            }
            self.serve(group, env);
        }
    }

    /// A member accepts what it has handled; else it releases it, or rejects it. Too late if its lock was over.
    fn acknowledged<P: Probe>(&mut self, receipt: Handle, is_done: bool, env: &mut Env<'_, '_, P>) {
        let Some(place) = self.sharing().receipts.get(receipt).copied() else { return };
        if is_done {
            self.ends(place, None, env);
        } else if self.sharing().settings.rejects {
            self.ends(place, Some(Reason::DeadLetter), env);
        } else {
            self.release(place, env);
        }
    }

    /// A record is available again, unless it was delivered for the last time.
    fn release<P: Probe>(&mut self, place: Place, env: &mut Env<'_, '_, P>) {
        let sharing = self.sharing();
        let limit = sharing.settings.delivery_count_limit;
        let Some(shared) = sharing.get(place) else { return };
        if shared.acquired >= limit {
            return self.ends(place, Some(Reason::DeadLetter), env);
        }
        if let Some(receipt) = shared.out.take() {
            shared.record.since = env.now();
            let op = shared.record.op.id;
            sharing.receipts.remove(receipt);
            env.fact(Fact::Freed { op });
            env.fact(Fact::Waits { op });
        }
        sharing.unlock(place);
        sharing.topics[place.channel].available.insert(place.at);
    }

    /// A record is acknowledged, or for this reason archived.
    fn ends<P: Probe>(&mut self, place: Place, why: Option<Reason>, env: &mut Env<'_, '_, P>) {
        let sharing = self.sharing();
        sharing.unlock(place);
        let Some(shared) = sharing.topics[place.channel].records.remove(&place.at) else { return };
        let op = shared.record.op;
        if let Some(receipt) = shared.out {
            sharing.receipts.remove(receipt);
            env.fact(Fact::Freed { op: op.id });
        } else {
            env.fact(Fact::LeftQueue { op: op.id });
        }
        if why.is_some() {
            env.fact(Fact::DeadLetter { op: op.id });
        }
        used_up(op, why, env);
    }

    /// A lock is over: what is not acknowledged goes to others. Who is handling it, does so in vain.
    pub(super) fn unlock<P: Probe>(&mut self, lock: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Lock { places, .. }) = self.sharing().locks.remove(lock) else { return };
        for place in places {
            if self.sharing().get(place).is_some_and(|it| it.lock == Some(lock)) {
                self.drop_from_batches(place);
                self.release(place, env);
            }
        }
        (0..self.groups.len()).for_each(|group| self.serve(group, env));
    }

    fn drop_from_batches(&mut self, place: Place) {
        let group = self.channels[place.channel].group;
        for member in &mut self.sharing().members[group] {
            member.batch.retain(|it| *it != place);
        }
    }
}

#[cfg(test)]
mod tests;
