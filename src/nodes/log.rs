//! A partitioned log in the manner of Apache Kafka: one topic per producing service, one consumer
//! group per consuming service, records with a key in order, at least once.
//!
//! What is modelled, after kafka.apache.org/documentation and the KIPs:
//!
//! * Design, "The Consumer": a partition is consumed by one member of a group at a time, in order;
//!   its position is one committed offset, from which whoever owns the partition next goes on.
//! * Producer: records with one key go to one partition by hash; the acknowledgement comes when the
//!   record is appended (`acks=all`: the one broker stands for the partition's in-sync replicas).
//! * `session.timeout.ms`, `heartbeat.interval.ms`: a member unheard for so long leaves the group, and
//!   its partitions go to others. A lost connection alone changes nothing. A member that was
//!   removed though it lives joins again with its next heartbeat.
//! * `partition.assignment.strategy`: ranges, shared out anew at each change, eagerly: while the
//!   group waits for a session to end, nobody is given anything.
//! * KIP-345: a restarted member is a stranger, for whom the group rebalances once the session of
//!   its former self has ended; a static member (`group.instance.id`) takes up what it left.
//! * The coordinator keeps members and offsets on disk; after its own restart sessions start anew.
//!
//! A consumer handles one record per partition and commits after each: `max.poll.records=1` with a
//! synchronous commit. An offset committed for a partition that was taken away in between is
//! rejected, and the record is handled twice.
//!
//! Left out: replication and leader election, retention and compaction (a record goes when it is
//! committed), batches and `linger.ms`, fetch waits, the idempotent producer and transactions (a
//! publication sent again is a record again), `max.poll.interval.ms`, cooperative rebalancing
//! (KIP-429), the broker-side protocol of KIP-848, and `LeaveGroup`: instances crash, they do not
//! close.

use std::collections::VecDeque;

use super::Env;
use super::broker::{Incoming, Intake, is_paused, multiply, own_channels, used_up};
use super::log_group::{Change, Group};
use super::message::{Answer, Body, Item, Message, Op, Timer};
use super::slab::{Handle, Slab};
use crate::base::{Span, Time, index, mix};
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe};
use crate::scenario::tree::NodeKind;

/// The broker: one instance, which is leader of all partitions and coordinator of all groups.
#[derive(Clone, Debug)]
pub struct Log {
    intake: Intake,
    partitions: u32,
    heartbeat: Span,
    /// Per channel of the program: its place in `channels`.
    places: Vec<u32>,
    channels: Vec<Channel>,
    groups: Vec<Watched>,
    deliveries: Slab<Delivery>,
}

/// A topic as one group reads it.
#[derive(Clone, Debug)]
struct Channel {
    group: usize,
    partitions: Vec<Partition>,
}

/// A group, and the timer that looks after its sessions while it has records to handle.
#[derive(Clone, Debug)]
struct Watched {
    group: Group,
    /// Records of all its channels.
    records: u64,
    /// When the timer is due.
    watch: Option<Time>,
}

/// One partition from the committed offset on.
#[derive(Clone, Debug, Default)]
struct Partition {
    records: VecDeque<Record>,
    owner: Option<u32>,
    /// The delivery of the first record, if it is out.
    out: Option<Handle>,
}

/// A durable record.
#[derive(Clone, Copy, Debug)]
struct Record {
    op: Op,
    entry: EntryIx,
    item: Item,
    /// Waits since then.
    since: Time,
    /// Was it delivered before?
    delivered: bool,
}

/// A record in a member's hands.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    channel: usize,
    partition: usize,
}

impl Log {
    /// The broker `me`, empty, with all instances of all consumers in their groups.
    pub fn new(model: &Model, me: NodeIx) -> Self {
        let NodeKind::Log(kind) = &model.scenario.nodes[me.0 as usize].kind else {
            unreachable!("node {me:?} is no log");
        };
        let (places, own) = own_channels(model, me);
        let mut groups: Vec<Watched> = Vec::new();
        let mut channels = Vec::new();
        for channel in &own {
            let consumer = &model.nodes[channel.consumer.0 as usize];
            let is_its = |watched: &Watched| watched.group.first == consumer.first;
            let group = groups.iter().position(is_its).unwrap_or_else(|| {
                let (timeout, fixed) = (kind.session_timeout, kind.static_members);
                let group = Group::new(consumer.first, consumer.count, timeout, fixed);
                groups.push(Watched {
                    group,
                    records: 0,
                    watch: None,
                });
                groups.len() - 1
            });
            let owner = |partition| groups[group].group.owner(partition, kind.partitions);
            let fresh = |at| Partition {
                owner: owner(at),
                ..Partition::default()
            };
            channels.push(Channel {
                group,
                partitions: (0..kind.partitions).map(fresh).collect(),
            });
        }
        Self {
            intake: Intake::new(model, me, kind.append.clone(), true),
            partitions: kind.partitions,
            heartbeat: kind.heartbeat,
            places,
            channels,
            groups,
            deliveries: Slab::default(),
        }
    }

    /// A message arrived.
    pub fn receive<P: Probe>(&mut self, message: Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Publish { .. } => self.intake.take(message, env),
            Body::Ack { receipt } => {
                used_up(message.op, None, env);
                self.committed(receipt, env);
            }
            Body::Nack { receipt } => {
                used_up(message.op, None, env);
                if let Some(Delivery { channel, partition }) = self.take_back(receipt, env) {
                    self.feed(channel, partition, env);
                }
            }
            Body::Heartbeat => {
                self.change(message.from, env, |group, at, now| group.heartbeat(at, now));
            }
            Body::Join { incarnation } => {
                self.change(message.from, env, |group, at, now| {
                    group.join(at, incarnation, now)
                });
            }
            Body::Gone { incarnation } => self.change(message.from, env, |group, at, _| {
                group.gone(at, incarnation);
                Change::None
            }),
            body => unreachable!("not for a log: {body:?}"),
        }
    }

    /// A timer of its own is due.
    pub fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        match timer {
            Timer::Stored(handle) => {
                if let Some(incoming) = self.intake.stored(handle) {
                    self.append(incoming, env);
                    incoming.confirm(Answer::Done, env);
                }
            }
            Timer::Rebalanced(group) => self.look_after(group as usize, env),
            timer => unreachable!("not a log's: {timer:?}"),
        }
    }

    /// Is nobody waiting for this timer any more?
    pub fn is_stale(&self, timer: &Timer) -> bool {
        matches!(timer, Timer::Stored(handle) if self.intake.is_stale(*handle))
    }

    /// The broker goes: what was not durable is lost, and what was delivered is no longer known to
    /// be out. Records, offsets and members stay.
    pub fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        self.intake.crash(host, env);
        for channel in 0..self.channels.len() {
            for partition in 0..self.channels[channel].partitions.len() {
                if let Some(receipt) = self.channels[channel].partitions[partition].out {
                    self.take_back(receipt, env);
                }
            }
        }
    }

    /// It comes back: every partition goes on from its committed offset.
    pub fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        for group in 0..self.groups.len() {
            self.groups[group].group.restart(env.now());
            self.groups[group].watch = None;
            self.feed_group(group, env);
            self.watch(group, env);
        }
    }

    /// A pause is over.
    pub fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.intake.resume(env);
        (0..self.groups.len()).for_each(|group| self.feed_group(group, env));
    }

    /// The record is durable: each subscriber's group will read it.
    fn append<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        let (op, item, since) = (incoming.op, incoming.item, env.now());
        let subscribers = incoming.subscribers(env.model);
        let at = partition_of(op, item, self.partitions);
        multiply(op, subscribers.len(), env);
        for subscriber in subscribers {
            let index = self.places[subscriber.channel as usize] as usize;
            let group = self.channels[index].group;
            self.catch_up(group, env);
            self.groups[group].records += 1;
            let record = Record {
                op,
                entry: subscriber.entry,
                item,
                since,
                delivered: false,
            };
            self.channels[index].partitions[at]
                .records
                .push_back(record);
            if let Some(owner) = self.is_due(index, at, env) {
                self.deliver(index, at, owner, false, env);
            } else {
                env.fact(Fact::Waits { op: op.id });
            }
            self.watch(group, env);
        }
    }

    /// A member committed the offset behind its record. Too late if the partition was taken away.
    fn committed<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Delivery { channel, partition }) = self.deliveries.remove(receipt) else {
            return;
        };
        env.fact(Fact::Freed);
        let place = &mut self.channels[channel].partitions[partition];
        place.out = None;
        if let Some(record) = place.records.pop_front() {
            used_up(record.op, None, env);
            self.groups[self.channels[channel].group].records -= 1;
        }
        self.feed(channel, partition, env);
    }

    /// Who is to have the first record of a partition now, if anybody is.
    fn is_due<P: Probe>(&self, channel: usize, at: usize, env: &Env<'_, '_, P>) -> Option<u32> {
        let Channel { group, partitions } = &self.channels[channel];
        let (group, partition) = (&self.groups[*group].group, &partitions[at]);
        let owner = partition.owner.filter(|owner| group.reaches(*owner))?;
        let is_idle = partition.out.is_none() && !partition.records.is_empty();
        (is_idle && !group.is_rebalancing() && !is_paused(env)).then_some(owner)
    }

    fn feed<P: Probe>(&mut self, channel: usize, at: usize, env: &mut Env<'_, '_, P>) {
        if let Some(owner) = self.is_due(channel, at, env) {
            self.deliver(channel, at, owner, true, env);
        }
    }

    fn feed_group<P: Probe>(&mut self, group: usize, env: &mut Env<'_, '_, P>) {
        for channel in 0..self.channels.len() {
            if self.channels[channel].group == group {
                (0..self.partitions as usize).for_each(|at| self.feed(channel, at, env));
            }
        }
    }

    fn deliver<P: Probe>(
        &mut self,
        channel: usize,
        partition: usize,
        owner: u32,
        queued: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let place = &mut self.channels[channel].partitions[partition];
        let Record {
            op,
            entry,
            item,
            since,
            delivered: redelivered,
        } = place.records[0];
        place.records[0].delivered = true;
        env.fact(Fact::Began {
            op: op.id,
            waited: env.now().since(since),
            queued,
        });
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        let receipt = self.deliveries.insert(Delivery { channel, partition });
        place.out = Some(receipt);
        let first = self.groups[self.channels[channel].group].group.first;
        let to = InstanceId(first.0 + owner);
        env.send(
            to,
            op,
            Body::Deliver {
                receipt,
                entry,
                item,
                redelivered,
            },
        );
    }

    /// A delivery no longer counts: its record waits to be delivered again.
    fn take_back<P: Probe>(
        &mut self,
        receipt: Handle,
        env: &mut Env<'_, '_, P>,
    ) -> Option<Delivery> {
        let delivery = self.deliveries.remove(receipt)?;
        let place = &mut self.channels[delivery.channel].partitions[delivery.partition];
        place.out = None;
        place.records[0].since = env.now();
        env.fact(Fact::Freed);
        env.fact(Fact::Waits {
            op: place.records[0].op.id,
        });
        Some(delivery)
    }

    /// Something was heard from or of an instance.
    fn change<P: Probe>(
        &mut self,
        from: InstanceId,
        env: &mut Env<'_, '_, P>,
        happens: impl Fn(&mut Group, u32, Time) -> Change,
    ) {
        for index in 0..self.groups.len() {
            let Some(at) = self.groups[index].group.place_of(from) else {
                continue;
            };
            self.catch_up(index, env);
            match happens(&mut self.groups[index].group, at, env.now()) {
                Change::None => {}
                Change::Resumes(member) => {
                    self.revoke(index, env, |owner, _| owner == Some(member));
                    self.feed_group(index, env);
                }
                Change::Rebalance => {
                    self.revoke_lost(index, at, env);
                    self.rebalance(index, env);
                }
            }
            self.watch(index, env);
        }
    }

    /// What a former self of this member held is taken back; what a living one holds is not.
    fn revoke_lost<P: Probe>(&mut self, group: usize, member: u32, env: &mut Env<'_, '_, P>) {
        self.revoke(group, env, |owner, _| owner == Some(member));
    }

    /// Shares the partitions out anew, unless a session has to end first.
    fn rebalance<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].group.is_rebalancing() {
            return;
        }
        self.groups[index].group.share_out();
        self.revoke(index, env, |owner, next| owner != next);
        let partitions = self.partitions;
        let group = &self.groups[index].group;
        for channel in self
            .channels
            .iter_mut()
            .filter(|channel| channel.group == index)
        {
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
    fn catch_up<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].group.expire(env.now(), false) == Change::Rebalance {
            self.rebalance(index, env);
        }
    }

    /// Sets the timer that looks after a group, if it has records and none is set.
    fn watch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        let Watched {
            group,
            records,
            watch,
        } = &mut self.groups[index];
        if *records == 0 || watch.is_some() {
            return;
        }
        let Some(end) = group.next_end() else { return };
        let mut due = end.max(env.now());
        if self.heartbeat > Span::ZERO {
            due = due.min(env.now() + self.heartbeat);
        }
        *watch = Some(due);
        env.wait(due.since(env.now()), Timer::Rebalanced(index as u32));
    }

    /// The timer of a group is due. One that a crash has made obsolete is not the one awaited.
    fn look_after<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        if self.groups[index].watch != Some(env.now()) {
            return;
        }
        self.groups[index].watch = None;
        if self.groups[index].group.expire(env.now(), true) == Change::Rebalance {
            self.rebalance(index, env);
        }
        self.watch(index, env);
    }
}

/// Records of one item go to one partition; those without an item are spread by operation.
fn partition_of(op: Op, item: Item, partitions: u32) -> usize {
    let word = if item.entity == Item::NONE.entity {
        mix(op.id.0, 0)
    } else {
        mix(u64::from(item.entity.0), item.key.0)
    };
    index(word, u64::from(partitions)) as usize
}
