//! A cluster whose brokers are told apart: who of them is there, which partitions each of them leads, what
//! its followers have, and what producers hold until a leader takes it.
//!
//! ```text
//! producers ──▶ waiting (no leader, or too few in sync) ──▶ log: leader, followers ──▶ groups
//!                 └ overdue: failed (delivery.timeout.ms)      └ watermark: committed, confirmed
//! ```
//!
//! The brokers are the instances of the node. Instance 0 is broker 0, and keeps also what
//! the cluster knows together, as no single broker does: the logs, the controller, the coordinator of the
//! groups. It goes on with that while broker 0 is down; what it does for a partition depends on who
//! leads that. The other instances only say that something has befallen them.
//!
//! * A broker that is down or stands still (`Freeze`) neither leads nor follows. The controller fences it
//!   after `broker.session.timeout.ms`: then others are elected (`parts/replicas.rs`). One that
//!   pauses (`Pause`) still says that it lives: it serves nobody and fetches nothing, and leaves the
//!   sets of those in sync once it lacks something for `replica.lag.time.max.ms`.
//! * Partition p of every topic lies on broker p modulo their number and on those behind it.
//! * A producer's buffer is kept where its connection ends, so that only this room knows how
//!   Kafka's producers try again: what finds no leader, or too few replicas in sync with `acks=all`, waits
//!   in order until one can take it, or until it is overdue. A crash of the producer takes it. If
//!   the leader fell silent, its clients ask for another one only after `request.timeout.ms`; a connection
//!   that was reset they miss at once.
//! * What the leader has and is not confirmed stays its producer's: a leader that does not have it takes it
//!   once more (the idempotent producer: no second time if it has it; for others see `requests`). What was acknowledged
//!   (`acks=1`, or by an unclean election `acks=all`) is lost with the leader that alone had it.

use std::collections::VecDeque;

use super::super::broker::{Incoming, used_up};
use super::super::message::{Answer, Message};
use super::super::parts::replicas::{Lost, Replicas, Rule};
use super::super::parts::silence::{Change, Silence};
use super::buffers::{Appended, Buffers};
use super::compaction::refuses;
use super::due::Due;
use super::requests::Requests;
use super::transactions::Mark;
use super::{Kafka, partition_of};
use crate::base::{Dist, Span, Stream, Time};
use crate::engine::InstanceId;
use crate::faults::Faults;
use crate::model::{Model, NodeIx};
use crate::nodes::Env;
use crate::probes::{Probe, Reason};
use crate::scenario::tree::{self, Acks};

/// The brokers of a cluster, and their logs.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) settings: tree::Cluster,
    acks: Acks,
    /// Until a follower has a record.
    lag: Dist,
    chance: Stream,
    /// The first broker.
    first: InstanceId,
    brokers: Vec<Broker>,
    /// By the number of the partition, for all topics.
    pub(super) logs: Vec<Log>,
    pub(super) buffers: Buffers,
}

/// What the controller knows of a broker.
#[derive(Clone, Copy, Debug, Default)]
struct Broker {
    /// While it is down or stands still.
    silence: Silence,
    /// It stands still, and has not lost its connections.
    is_frozen: bool,
}

/// The partitions of one number.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) replicas: Replicas<Appended>,
    /// In the buffers of producers.
    pub(super) waiting: VecDeque<Appended>,
    /// Where producers are not idempotent.
    pub(super) requests: Option<Requests>,
    /// The leader fell silent: its clients wait for it until then.
    stalls_until: Time,
    /// Counts the timers; older ones are stale.
    turn: u32,
    /// When the last one is due.
    due: Option<Time>,
}

impl Cluster {
    /// That of these settings, with all brokers up.
    pub(super) fn new(model: &Model, me: NodeIx, kind: &tree::Kafka) -> Option<Box<Self>> {
        let settings = kind.cluster.clone()?;
        let node = usize::from(me.0);
        let rule = Rule::InSync {
            least: settings.min_insync_replicas,
            patience: settings.replica_lag_time_max,
            eligible: settings.eligible_replicas,
            unclean: settings.unclean_election,
        };
        let log = Log {
            replicas: Replicas::new(settings.replication_factor, rule),
            waiting: VecDeque::new(),
            requests: settings.max_in_flight.map(|most| Requests::new(most, kind.batch)),
            stalls_until: Time::ZERO,
            turn: 0,
            due: None,
        };
        Some(Box::new(Self {
            acks: kind.acks,
            lag: kind.lag.clone().unwrap_or(Dist::Const(0.0)),
            chance: Stream::new(model.seed, "replication", &model.scenario.nodes[node].name, 0),
            first: model.nodes[node].first,
            brokers: vec![Broker::default(); settings.brokers as usize],
            logs: vec![log; kind.partitions as usize],
            buffers: Buffers::new(settings.buffer, settings.max_block),
            settings,
        }))
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        let logs = self.logs.iter();
        let waiting = |log: &Log| log.waiting.len() * size_of::<Appended>();
        let logs: usize = logs.map(|log| log.replicas.weight() + waiting(log)).sum();
        logs + self.buffers.weight()
    }

    /// On which broker this replica of a partition lies.
    fn broker(&self, partition: usize, replica: usize) -> usize {
        (partition + replica) % self.brokers.len()
    }

    fn instance(&self, broker: usize) -> InstanceId {
        InstanceId(self.first.0 + broker as u32)
    }

    /// Who leads a partition, and whether it serves.
    fn leader(&self, partition: usize) -> Option<usize> {
        self.logs[partition].replicas.leader().map(|replica| self.broker(partition, replica))
    }

    /// Does somebody serve a partition now, and do clients know who?
    pub(super) fn serves(&self, partition: usize, now: Time, faults: &Faults) -> bool {
        let is_there = |broker: usize| {
            !self.brokers[broker].silence.is_silent()
                && !faults.is_paused(now, self.instance(broker))
        };
        self.leader(partition).is_some_and(is_there) && self.logs[partition].stalls_until <= now
    }

    /// Would the leader append what a producer sends now?
    pub(super) fn takes(&self, partition: usize, now: Time, faults: &Faults) -> bool {
        let is_enough = self.acks != Acks::All || self.logs[partition].replicas.can_commit();
        is_enough && self.serves(partition, now, faults)
    }

    /// Which of its partitions' replicas lie on a broker.
    fn replicas_on(&self, broker: usize, partition: usize) -> Option<usize> {
        (0..self.settings.replication_factor as usize)
            .find(|replica| self.broker(partition, *replica) == broker)
    }
}

impl Kafka {
    pub(super) fn cluster(&mut self) -> &mut Cluster {
        self.cluster.as_mut().expect("its brokers are told apart")
    }

    /// A publication arrived: its leader stores it in its own time.
    pub(super) fn produced<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let mut incoming = Incoming::arrived(message, env);
        if let Some(transactions) = &mut self.transactions {
            let Some(epoch) = transactions.epoch(incoming) else { return refused(incoming, env) };
            incoming.epoch = epoch;
        }
        let partition = partition_of(incoming.op, incoming.item, self.partitions);
        let cluster = self.cluster();
        let on = cluster.leader(partition).map_or(cluster.first, |at| cluster.instance(at));
        self.intake.store(incoming, on, env);
    }

    /// The leader has stored it, if there is one.
    pub(super) fn stored<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        let partition = partition_of(incoming.op, incoming.item, self.partitions);
        let now = env.now();
        let cluster = self.cluster();
        if cluster.acks == Acks::None && !cluster.serves(partition, now, &env.model.faults) {
            return used_up(incoming.op, Some(Reason::Crashed), env);
        }
        if refuses(&cluster.settings.retention, incoming.item) {
            return refused(incoming, env);
        }
        if !cluster.buffers.take(incoming.publisher(), now) {
            return self.block(incoming, env);
        }
        match self.is_sent(incoming, env) {
            Some(partition) => self.turn(partition, env),
            None => self.cluster().buffers.release(incoming.publisher()),
        }
    }

    /// A producer, which has room for it, sends a record; to which partition? One that is fenced is refused.
    pub(super) fn is_sent<P: Probe>(
        &mut self,
        incoming: Incoming,
        env: &mut Env<'_, '_, P>,
    ) -> Option<usize> {
        let (now, partition) =
            (env.now(), partition_of(incoming.op, incoming.item, self.partitions));
        let transactions = self.transactions.as_mut();
        let mark = transactions.map_or(Some(Mark::Plain), |it| it.mark(incoming, partition, now));
        let Some(mark) = mark else {
            refused(incoming, env);
            return None;
        };
        self.cluster().logs[partition].waiting.push_back(Appended::new(incoming, mark, now));
        if mark != Mark::Plain {
            self.foresee_old_transactions(env);
        }
        Some(partition)
    }

    /// Something may have changed for a partition: everything that can go on there does, and whatever had no
    /// room in its producer's buffer until then.
    pub(super) fn turn<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        self.go_through(partition, env);
        while let Some(partition) = self.unblock(env) {
            self.go_through(partition, env);
        }
    }

    fn go_through<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        let (now, faults) = (env.now(), &env.model.faults);
        self.elect(partition, env);
        self.replicate(partition, env);
        let cluster = self.cluster();
        if cluster.serves(partition, now, faults) {
            cluster.logs[partition].replicas.expire(now);
        }
        self.commit_all(partition, env);
        self.give_up_overdue(partition, env);
        self.reconnect(partition, env);
        while self.cluster().takes(partition, now, faults)
            && let Some(record) = self.next_record(partition, now)
        {
            self.append_at_leader(partition, record, env);
            self.replicate(partition, env);
            self.commit_all(partition, env);
        }
        for channel in 0..self.channels.len() {
            self.feed(channel, partition, env);
        }
        self.foresee(partition, env);
    }

    /// Followers have what has come by now.
    fn replicate<P: Probe>(&mut self, partition: usize, env: &Env<'_, '_, P>) {
        let faults = &env.model.faults;
        let Cluster { first, brokers, logs, .. } = self.cluster();
        let still = |replica: usize, time: Time| {
            let broker = (partition + replica) % brokers.len();
            faults.is_paused(time, InstanceId(first.0 + broker as u32))
        };
        logs[partition].replicas.advance(env.now(), still);
    }

    fn append_at_leader<P: Probe>(
        &mut self,
        partition: usize,
        mut record: Appended,
        env: &mut Env<'_, '_, P>,
    ) {
        let Appended { incoming, since, mark, .. } = record;
        if !mark.is_marker() && env.model.faults.was_down(since, env.now(), incoming.publisher()) {
            self.cluster().buffers.release(incoming.publisher());
            return used_up(incoming.op, Some(Reason::Crashed), env);
        }
        let Cluster { acks, lag, chance, logs, buffers, .. } = self.cluster();
        if *acks != Acks::All {
            buffers.release(incoming.publisher());
        }
        if *acks == Acks::Leader {
            incoming.confirm(Answer::Done, env);
        }
        record.is_settled |= *acks != Acks::All;
        let draw = || Span::from_ns(chance.sample(lag));
        logs[partition].replicas.append(env.now(), record, draw);
    }

    /// What is committed is confirmed, and consumers see it.
    fn commit_all<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        while let Some((offset, record)) = self.cluster().logs[partition].replicas.commit() {
            if !record.is_settled {
                self.cluster().buffers.release(record.incoming.publisher());
                record.incoming.confirm(Answer::Done, env);
            }
            self.is_readable(partition, offset, record, env);
        }
    }

    /// A partition without a leader gets one, if one may lead.
    fn elect<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        let Cluster { lag, chance, logs, .. } = self.cluster();
        let log = &mut logs[partition];
        let draw = || Span::from_ns(chance.sample(lag));
        let Some(Lost { committed_from, appended }) = log.replicas.elect(env.now(), draw) else {
            return;
        };
        for record in appended.into_iter().rev() {
            if record.is_settled && !record.mark.is_marker() {
                used_up(record.incoming.op, Some(Reason::Unreplicated), env);
            } else {
                log.waiting.push_front(record);
            }
        }
        self.truncate(partition, committed_from, env);
    }

    /// Sets the timer of what next happens by itself to a partition, unless it is set.
    fn foresee<P: Probe>(&mut self, partition: usize, env: &mut Env<'_, '_, P>) {
        let now = env.now();
        let Cluster { settings, logs, .. } = self.cluster();
        let log = &mut logs[partition];
        let waits = log.oldest().map(|(_, record)| record.since).min();
        let unsettled = log.replicas.tail().find(|it| !it.is_settled).map(|record| record.since);
        let overdue = [waits, unsettled].into_iter().flatten().min();
        let overdue = overdue.map(|since| since + settings.delivery_timeout);
        let breaks = log.requests.as_ref().and_then(Requests::breaks_at);
        let stalls =
            (!log.waiting.is_empty()).then_some(log.stalls_until).into_iter().chain(breaks);
        let all = log.replicas.next_due(now).into_iter().chain(overdue).chain(stalls);
        let next = all.filter(|due| *due > now).min();
        if next == log.due {
            return;
        }
        log.due = next;
        log.turn = log.turn.wrapping_add(1);
        if let Some(due) = next {
            let turn = log.turn;
            env.complete_after(due.since(now), Due::Turn { log: partition as u32, turn });
        }
    }

    /// A timer of the cluster is due that is not stale.
    pub(super) fn cluster_timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Turn { log, .. } => {
                self.cluster().logs[log as usize].due = None;
                self.turn(log as usize, env);
            }
            Due::Fenced { broker, .. } => self.fence(broker as usize, env),
            due => unreachable!("{due:?} is not the cluster's"),
        }
    }

    /// Does nobody wait any more for this timer of the cluster?
    pub(super) fn is_obsolete(&self, due: Due) -> bool {
        let Some(cluster) = &self.cluster else { return true };
        match due {
            Due::Turn { log, turn } => cluster.logs[log as usize].turn != turn,
            Due::Fenced { broker, silence } => {
                !cluster.brokers[broker as usize].silence.lasts(silence)
            }
            _ => false,
        }
    }

    /// A broker has been silent for too long.
    fn fence<P: Probe>(&mut self, broker: usize, env: &mut Env<'_, '_, P>) {
        for partition in 0..self.cluster().logs.len() {
            let cluster = self.cluster();
            if let Some(replica) = cluster.replicas_on(broker, partition) {
                cluster.logs[partition].replicas.give_up(replica);
                self.turn(partition, env);
            }
        }
    }

    /// Something has befallen a broker, or is over: looks at all of them.
    pub(super) fn look<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let (now, faults) = (env.now(), &env.model.faults);
        for broker in 0..self.cluster().brokers.len() {
            let cluster = self.cluster();
            let at = cluster.instance(broker);
            let down = faults.down(now, at);
            let is_silent = down.is_some() || faults.is_frozen(now, at);
            match cluster.brokers[broker].silence.found(is_silent) {
                Some(Change::Begins(silence)) => {
                    cluster.falls_silent(broker, now, down);
                    let patience = cluster.settings.broker_session_timeout;
                    env.wait(patience, Due::Fenced { broker: broker as u32, silence });
                }
                Some(Change::Ends) => cluster.is_back(broker, now),
                None => {}
            }
        }
        for partition in 0..self.cluster().logs.len() {
            let Cluster { lag, chance, logs, .. } = self.cluster();
            logs[partition].replicas.goes_on(now, || Span::from_ns(chance.sample(lag)));
            self.turn(partition, env);
        }
    }
}

impl Cluster {
    /// A broker goes, or stands still. Who is connected to it learns that only if the connection is
    /// reset.
    fn falls_silent(&mut self, broker: usize, now: Time, down: Option<bool>) {
        let resets = down == Some(false);
        self.brokers[broker].is_frozen = down.is_none();
        for partition in 0..self.logs.len() {
            let Some(replica) = self.replicas_on(broker, partition) else { continue };
            let log = &mut self.logs[partition];
            log.replicas.goes(replica);
            if log.replicas.leader() != Some(replica) {
                continue;
            }
            if !resets {
                log.stalls_until = now + self.settings.request_timeout;
            }
            if let Some(requests) = &mut log.requests {
                requests.will_break(if resets { now } else { log.stalls_until });
            }
        }
    }

    /// It is there again: it leads on if nobody has noticed, and else follows.
    fn is_back(&mut self, broker: usize, now: Time) {
        for partition in 0..self.logs.len() {
            let Some(replica) = self.replicas_on(broker, partition) else { continue };
            let Self { lag, chance, logs, .. } = self;
            let log = &mut logs[partition];
            log.replicas.returns(replica, now, || Span::from_ns(chance.sample(lag)));
            if log.replicas.leader() == Some(replica) {
                log.stalls_until = Time::ZERO;
                if let Some(requests) = &mut log.requests {
                    requests.leader_is_back(now, self.brokers[broker].is_frozen);
                }
            }
        }
    }
}

/// A leader does not take a record, and says so.
fn refused<P: Probe>(incoming: Incoming, env: &mut Env<'_, '_, P>) {
    incoming.confirm(Answer::Failed(Reason::Error), env);
    used_up(incoming.op, Some(Reason::Error), env);
}
