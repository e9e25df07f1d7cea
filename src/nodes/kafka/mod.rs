//! Apache Kafka 4.1, a partitioned log: one topic per producing service, one consumer
//! group per consuming service, records with a key in order, at least once.
//!
//! What is modelled, after kafka.apache.org/documentation and the KIPs:
//!
//! * Design, "The Consumer": a partition is consumed by one member of a group at a time, in order;
//!   its position is one committed offset, from which whoever owns the partition next goes on.
//! * Producer: records with one key go to one partition by hash; the acknowledgement comes when the
//!   record is appended; with a `lag` followers have it later, see `followers`.
//! * `session.timeout.ms`, `heartbeat.interval.ms`: a member unheard for so long leaves the group, and
//!   its partitions go to others. A lost connection alone changes nothing. A member that was
//!   removed though it lives joins again with its next heartbeat.
//! * `partition.assignment.strategy=range`: ranges in the order of members' ids (which are drawn),
//!   shared out anew at each change, eagerly: nobody is given anything until all members have heard of
//!   the change (with their next heartbeats), have finished what they hold, and have committed; old
//!   sessions have to end first. Who takes longer than `max.poll.interval.ms` is left out. No time passes
//!   between the last member's joining and the new shares.
//! * KIP-932: share groups, whose members read side by side, see `share`.
//! * KIP-429 (`cooperative-sticky`) and KIP-848 (`group.protocol=consumer`): only what moves stops, see `moves`.
//! * `KafkaConsumer.close`: a member that is shut down takes nothing new, finishes what it holds,
//!   commits, and leaves (`LeaveGroup`); a static one does not say that it goes.
//! * KIP-345: a restarted member is a stranger, for whom the group rebalances once the session of
//!   its former self has ended; a static member (`group.instance.id`) takes up what it left.
//! * The coordinator keeps members and offsets on disk; after its own restart sessions start anew.
//!
//! There are two words for it. A `Log` is one broker that stands for all: its consumer handles one record
//! per partition (`max.poll.records=1`) and commits after each, synchronously, or every so often, see
//! `commits`; an offset committed for a partition that was taken away in between is rejected, and
//! the record is handled twice. Of a `Kafka` the brokers are told apart (`cluster`), and its members poll
//! for batches (`polls`). Producers gather records for `linger.ms` where the outbox is relayed
//! (`nodes/database/gate.rs`); those of a `Kafka` are idempotent, unless they are told not to be (`requests`).
//!
//! Transactions (`transactional.id`) are those of consumers that publish what they make of a batch, see
//! `transactions`. Left out: retention by bytes and of committed offsets, and a group coordinator that fails.

mod assignor;
mod buffers;
mod cluster;
mod commits;
mod compaction;
mod deliveries;
mod due;
mod fetches;
mod followers;
mod group;
mod moves;
mod polls;
mod rebalance;
mod requests;
mod retention;
mod share;
mod transactions;

use self::cluster::Cluster;
use self::deliveries::{Delivery, Partition, Record};
use self::due::Due;
use self::followers::Followers;
use self::group::{Consequence, Group, Settings};
use self::polls::{Poll, Polling};
use self::retention::Retention;
use self::share::Sharing;
use self::transactions::{TransactionId, Transactions};
use super::behaviour::Behaviour;
use super::broker::{Frame, Incoming, Intake, multiply, own_channels, used_up};
use super::message::{Answer, Body, Item, Message, Op};
use super::parts::slab::Slab;
use super::readings::{Readings, What, Whom};
use super::{Env, broker};
use crate::base::{Dist, Span, Stream, Time, index, mix, weight};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::NodeKind;

/// The broker: leader of all partitions and coordinator of all groups. Where its brokers are told apart,
/// what they know together is with the first one.
#[derive(Clone, Debug)]
pub struct Kafka {
    intake: Intake,
    /// Where an appended record is not at once on all disks.
    followers: Option<Box<Followers>>,
    /// Where its brokers are told apart.
    cluster: Option<Box<Cluster>>,
    /// Where records can become too old.
    retention: Option<Box<Retention>>,
    /// Where groups share what they read.
    share: Option<Box<Sharing>>,
    /// Where consumers publish and commit in transactions.
    transactions: Option<Box<Transactions>>,
    /// The first of them, for the others.
    front: Option<InstanceId>,
    /// How members poll, where they do so for batches.
    polling: Option<Polling>,
    /// Do consumers commit later than they handle?
    auto_commits: bool,
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
    /// What each member has in hand.
    polls: Vec<Poll>,
    /// Records of all its channels.
    records: u64,
    /// When the timer is due.
    watch: Option<Time>,
}

impl Behaviour for Kafka {
    type Due = Due;

    /// The broker `me`, empty, with all instances of all consumers in their groups.
    fn new(model: &Model, me: InstanceId) -> Self {
        let (instance, me) = (me, model.node_of(me));
        let NodeKind::Kafka(kind) = &model.scenario.nodes[me.0 as usize].kind else {
            unreachable!("node {me:?} is no log");
        };
        let first = model.nodes[usize::from(me.0)].first;
        let is_front = instance == first;
        let (places, mut own) = own_channels(model, me);
        own.retain(|_| is_front);
        let mut groups: Vec<Watched> = Vec::new();
        let mut channels = Vec::new();
        for channel in &own {
            let consumer = &model.nodes[channel.consumer.0 as usize];
            let is_its = |watched: &Watched| watched.group.first == consumer.first;
            let group = groups.iter().position(is_its).unwrap_or_else(|| {
                let ids = group::ids(model, me, channel.consumer);
                let group = Group::new(consumer.first, &ids, Settings::of(kind));
                let polls = vec![Poll::default(); ids.len()];
                groups.push(Watched { group, polls, records: 0, watch: None });
                groups.len() - 1
            });
            let members = groups[group].group.shares();
            let owner = |partition| assignor::range(members, partition, kind.partitions);
            let fresh = |at| Partition { owner: owner(at), ..Partition::default() };
            channels.push(Channel { group, partitions: (0..kind.partitions).map(fresh).collect() });
        }
        let polling = kind.cluster.as_ref().map(Polling::of);
        let share = kind.cluster.as_ref().and_then(|cluster| {
            let members = groups.iter().map(|it| it.polls.len());
            let most = cluster.max_poll_records;
            Some(Box::new(Sharing::new(cluster.share?, most, channels.len(), members)))
        });
        let transactions =
            Transactions::new(model, me, kind, &groups).filter(|_| is_front).map(Box::new);
        let mut this = Self {
            polling,
            share,
            transactions,
            intake: Intake::new(model, me, kind.append.clone(), true),
            cluster: Cluster::new(model, me, kind).filter(|_| is_front),
            retention: kind.cluster.as_ref().filter(|_| is_front).and_then(|cluster| {
                Retention::new(model, &cluster.retention, kind.partitions).map(Box::new)
            }),
            front: (!is_front).then_some(first),
            followers: kind.lag.as_ref().filter(|_| kind.cluster.is_none()).map(|lag| {
                let name = &model.scenario.nodes[me.0 as usize].name;
                let chance = Stream::new(model.seed, "replication", name, 0);
                Box::new(Followers::new(lag.clone(), kind.acks, chance))
            }),
            auto_commits: kind.auto_commit.is_some() || kind.cluster.is_some(),
            partitions: kind.partitions,
            heartbeat: kind.heartbeat,
            places,
            channels,
            groups,
            deliveries: Slab::default(),
        };
        this.all_begin_to_poll();
        this.share_out_at_first();
        this
    }

    fn weight(&self) -> usize {
        let partitions = self.channels.iter().flat_map(|channel| &channel.partitions);
        let records: usize = partitions.map(|it| weight::deque(&it.records)).sum();
        let cluster = self.cluster.as_ref().map_or(0, |cluster| cluster.weight());
        let segments = self.retention.as_ref().map_or(0, |retention| retention.weight());
        let shared = self.share.as_ref().map_or(0, |share| share.weight());
        let held = self.transactions.as_ref().map_or(0, |transactions| transactions.weight());
        let parts = [records, self.deliveries.weight(), cluster, segments, shared, held];
        self.intake.weight() + parts.iter().sum::<usize>()
    }

    fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
        let (cluster, faults) = (self.cluster.as_ref(), &model.faults);
        let is_served = |at: u32| cluster.is_none_or(|it| it.serves(at as usize, now, faults));
        let partitions = || self.channels.iter().flat_map(|channel| &channel.partitions);
        let shared = || self.share.iter().flat_map(|share| share.waiting());
        let held = || self.transactions.iter().flat_map(|it| it.held());
        let waiting: usize = partitions().map(|it| it.waiting().count()).sum();
        into.own(What::Waiting, waiting + shared().count() + held().count());
        let oldest = partitions().filter_map(|it| Some(it.waiting().next()?.since));
        into.oldest(now, oldest.chain(shared()).chain(held()).min());
        let out = self.share.as_ref().map_or(0, |share| share.out());
        into.own(What::Busy, self.deliveries.len() + out);
        for (channel, Channel { group, partitions }) in self.channels.iter().enumerate() {
            let consumer = model.node_of(self.groups[*group].group.first);
            let shared = self.share.as_ref().map(|share| share.lags(channel, partitions.len()));
            for (partition, it) in (0..).zip(partitions) {
                let whom = Whom::Partition { consumer, partition };
                let shared = shared.as_ref().map_or(0, |lags| lags[partition as usize]);
                let lag = it.records.len() - it.handled + shared;
                into.of(What::Lag, whom, lag);
                if !is_served(partition) {
                    into.of(What::Withheld, whom, lag);
                }
            }
        }
        if let Some(cluster) = cluster {
            cluster.readings(now, faults, into);
        }
        for Watched { group, .. } in &self.groups {
            into.of(What::Members, Whom::Node(model.node_of(group.first)), group.enrolled());
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            _ if env.model.node_of(message.from) == env.node() => self.look(env),
            Body::Broker(Frame::Publish { .. }) if self.cluster.is_some() => {
                self.produced(message, env);
            }
            Body::Broker(Frame::Publish { .. }) => self.intake.take(message, env),
            _ if self.share.is_some() => self.hear_sharer(message, env),
            Body::Broker(Frame::Ack { receipt }) => {
                used_up(message.op, None, env);
                self.comes_by(message.from, receipt, env);
                if self.auto_commits {
                    self.handled(receipt, env);
                } else {
                    self.committed(receipt, env);
                }
            }
            Body::Broker(Frame::Commit { incarnation }) => {
                self.commit(message.from, incarnation, env);
            }
            Body::Broker(Frame::Nack { receipt }) => {
                used_up(message.op, None, env);
                self.comes_by(message.from, receipt, env);
                if let Some(Delivery { channel, partition, .. }) = self.take_back(receipt, env) {
                    self.failed_over(channel, partition, env);
                }
            }
            Body::Broker(Frame::Heartbeat) => {
                self.change(message.from, env, Group::heartbeat);
            }
            Body::Broker(Frame::Join { incarnation }) => {
                self.change(message.from, env, |group, at, now| group.join(at, incarnation, now));
            }
            Body::Broker(Frame::Leave { incarnation }) => {
                self.closes(message.from, incarnation, env);
            }
            Body::Gone { incarnation } => self.change(message.from, env, |group, at, _| {
                group.gone(at, incarnation);
                Consequence::None
            }),
            body => unreachable!("not for a log: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => {
                let Some(incoming) = self.intake.stored(handle) else { return };
                if self.cluster.is_some() {
                    return self.stored(incoming, env);
                }
                if let Some(followers) = &mut self.followers {
                    return followers.append(incoming, env);
                }
                self.append(incoming, 0, None, env);
                incoming.confirm(Answer::Done, env);
            }
            Due::Replicated(handle) => {
                let followers = self.followers.as_mut().expect("who replicates has followers");
                if let Some(incoming) = followers.replicated(handle, env) {
                    self.append(incoming, 0, None, env);
                }
            }
            Due::CleansUp => self.clean_up(env),
            Due::Blocked => self.fail_blocked(env),
            Due::Unlocks(lock) => self.unlock(lock, env),
            Due::Commits { group, member } => self.commits(group as usize, member, env),
            due @ (Due::Turn { .. } | Due::Fenced { .. }) => self.cluster_timer(due, env),
            Due::Decided { producer, epoch } => {
                self.is_decided(TransactionId { producer: InstanceId(producer), epoch }, env);
            }
            Due::LooksForOld => self.abort_old(env),
            Due::Fetched { group, member } => self.goes_on(group as usize, member, env),
            Due::Rebalanced(group) => self.look_after(group as usize, env),
        }
    }

    fn is_stale(&self, due: Due, _at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => self.intake.is_stale(handle),
            Due::Replicated(handle) => {
                self.followers.as_ref().is_none_or(|followers| followers.is_stale(handle))
            }
            due @ (Due::Turn { .. } | Due::Fenced { .. }) => self.is_obsolete(due),
            Due::CleansUp => self.is_read(),
            Due::Blocked => self.none_blocks(),
            Due::Unlocks(lock) => self.share.as_ref().is_none_or(|share| share.is_over(lock)),
            Due::LooksForOld => self.transactions.as_ref().is_none_or(|it| it.are_ended()),
            Due::Rebalanced(_)
            | Due::Commits { .. }
            | Due::Fetched { .. }
            | Due::Decided { .. } => false,
        }
    }

    /// The broker goes: what was not durable is lost (and what no follower has), and what was
    /// delivered is no longer known to be out. Records, offsets and members stay.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        if self.is_one_of_many(env) {
            return;
        }
        self.intake.crash(host, env);
        if let Some(followers) = &mut self.followers {
            followers.crash(host, env);
        }
        for channel in 0..self.channels.len() {
            for partition in 0..self.channels[channel].partitions.len() {
                if let Some(receipt) = self.channels[channel].partitions[partition].out {
                    self.take_back(receipt, env);
                }
            }
        }
    }

    /// It comes back: every partition goes on from its committed offset.
    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.is_one_of_many(env) {
            return;
        }
        for group in 0..self.groups.len() {
            self.groups[group].group.restart(env.now());
            self.groups[group].watch = None;
            self.recommit(group, env);
            self.let_go(group, env);
            self.go_on(group, env);
            self.feed_group(group, env);
            self.watch(group, env);
        }
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.is_one_of_many(env) {
            return;
        }
        self.intake.resume(env);
        (0..self.groups.len()).for_each(|group| self.feed_group(group, env));
    }

    fn freeze<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.is_one_of_many(env);
    }

    fn outlives(&self, _message: &Message, _model: &Model) -> bool {
        self.cluster.is_some()
    }

    fn goes_on_while_down(&self) -> bool {
        self.cluster.is_some()
    }
}

impl Kafka {
    /// Something befalls a broker of several, or is over. Says whether it is one.
    fn is_one_of_many<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) -> bool {
        if let Some(front) = self.front {
            let incarnation = env.incarnation();
            env.send_along(&Dist::Const(0.0), front, &Op::NONE, Frame::Join { incarnation });
        } else if self.cluster.is_some() {
            self.look(env);
        }
        self.front.is_some() || self.cluster.is_some()
    }

    /// The record is durable, and readable, for which it may have waited: each subscriber's group will read it.
    fn append<P: Probe>(
        &mut self,
        incoming: Incoming,
        offset: u64,
        held_since: Option<Time>,
        env: &mut Env<'_, '_, P>,
    ) {
        let (op, item, since) = (incoming.op, incoming.item, held_since.unwrap_or(env.now()));
        let mut is_known = held_since.is_some();
        let subscribers = incoming.subscribers(env.model);
        let at = partition_of(op, item, self.partitions);
        multiply(op, subscribers.len(), env);
        if self.retention.is_some() {
            self.is_kept(at, offset, env);
        }
        for subscriber in subscribers {
            let index = self.places[subscriber.channel as usize] as usize;
            let group = self.channels[index].group;
            let record = Record { offset, op, entry: subscriber.entry, item, since, deliveries: 0 };
            if self.share.is_some() {
                env.fact(Fact::Waits { op: op.id });
                self.shares(index, at, record);
                continue;
            }
            self.catch_up(group, env);
            self.groups[group].records += 1;
            self.channels[index].partitions[at].records.push_back(record);
            // Where brokers are told apart, all that is committed at once is read at once.
            let is_read = self.cluster.is_none();
            if let Some(owner) = self.is_due(index, at, env).filter(|_| is_read) {
                self.deliver(index, at, owner, false, env);
            } else if !std::mem::take(&mut is_known) {
                env.fact(Fact::Waits { op: op.id });
            }
            self.watch(group, env);
        }
    }
}

/// Records of one item go to one partition; those without an item are spread by operation.
fn partition_of(op: Op, item: Item, partitions: u32) -> usize {
    let word = if item.entity == Item::NONE.entity {
        mix(op.id.word(), 0)
    } else {
        mix(u64::from(item.entity.0), item.key.0)
    };
    index(word, u64::from(partitions)) as usize
}

#[cfg(test)]
mod tests;
