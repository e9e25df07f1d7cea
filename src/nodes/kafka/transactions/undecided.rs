//! What is not read yet: records of transactions of which nobody knows what becomes of them, and all behind them in
//! their partitions (above the last stable offset). Knows neither producers nor groups.

use std::collections::{BTreeMap, VecDeque};

use super::super::Kafka;
use super::super::buffers::Appended;
use super::{Mark, TransactionId};
use crate::base::{Time, weight};
use crate::model::program::Channel;
use crate::model::{Model, NodeIx};
use crate::nodes::Env;
use crate::nodes::broker::{Incoming, used_up};
use crate::probes::{Fact, Probe, Reason};

/// What readers of the committed wait for.
#[derive(Clone, Debug)]
pub(super) struct Undecided {
    topics: Vec<Topic>,
}

/// What one service produces, or is told.
#[derive(Clone, Debug)]
struct Topic {
    service: NodeIx,
    /// Its partitions.
    partitions: Vec<Partition>,
}

/// The records of a partition from the first one on of which it is not decided whether they count.
#[derive(Clone, Debug, Default)]
struct Partition {
    records: VecDeque<Held>,
    /// The transactions that have records there.
    transactions: BTreeMap<TransactionId, Tally>,
}

/// A record that readers of the committed may not see yet.
#[derive(Clone, Copy, Debug)]
struct Held {
    incoming: Incoming,
    offset: u64,
    since: Time,
    /// If it is in one.
    transaction: Option<TransactionId>,
}

/// A transaction in one log.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    records: usize,
    /// Is it committed, if that is known?
    verdict: Option<bool>,
}

impl Undecided {
    /// Nothing, in the topics of this broker, each with so many partitions.
    pub(super) fn new(model: &Model, me: NodeIx, partitions: u32) -> Self {
        let mut topics: Vec<Topic> = Vec::new();
        for channel in model.programs.channels.iter().filter(|channel| channel.broker == me) {
            let service = topic_of(channel);
            if topics.iter().all(|topic| topic.service != service) {
                let partitions = vec![Partition::default(); partitions as usize];
                topics.push(Topic { service, partitions });
            }
        }
        Self { topics }
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.partitions().map(|it| weight::deque(&it.records)).sum()
    }

    /// Since when records are held back.
    pub(super) fn since(&self) -> impl Iterator<Item = Time> {
        self.partitions().flat_map(|it| &it.records).map(|held| held.since)
    }

    fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.topics.iter().flat_map(|topic| &topic.partitions)
    }

    /// The partition of this number in which a publication is; `None` if nobody reads that.
    fn with(&mut self, incoming: Incoming, at: usize, model: &Model) -> Option<&mut Partition> {
        let channel = incoming.subscribers(model).first()?.channel;
        let service = topic_of(&model.programs.channels[channel as usize]);
        let topic = self.topics.iter_mut().find(|topic| topic.service == service)?;
        topic.partitions.get_mut(at)
    }
}

impl Partition {
    /// A log has a record more.
    fn append<P: Probe>(&mut self, held: Held, env: &mut Env<'_, '_, P>) {
        env.fact(Fact::Waits { op: held.incoming.op.id });
        if let Some(transaction) = held.transaction {
            self.transactions.entry(transaction).or_default().records += 1;
        }
        self.records.push_back(held);
    }

    fn decide(&mut self, transaction: TransactionId, commits: bool) {
        if let Some(tally) = self.transactions.get_mut(&transaction) {
            tally.verdict = Some(commits);
        }
    }

    /// The next record, if it is known whether it counts, and whether it does.
    fn next(&mut self) -> Option<(Held, bool)> {
        let held = *self.records.front()?;
        let counts = match held.transaction {
            Some(transaction) => self.transactions.get(&transaction)?.verdict?,
            None => true,
        };
        self.records.pop_front();
        self.forget(held);
        Some((held, counts))
    }

    /// A record is held back no longer.
    fn forget(&mut self, held: Held) {
        let Some(transaction) = held.transaction else { return };
        let Some(tally) = self.transactions.get_mut(&transaction) else { return };
        tally.records -= 1;
        if tally.records == 0 {
            self.transactions.remove(&transaction);
        }
    }
}

impl Kafka {
    /// A record is in its log for good: who may read it reads it.
    pub(in crate::nodes::kafka) fn is_readable<P: Probe>(
        &mut self,
        partition: usize,
        offset: u64,
        Appended { incoming, mark, .. }: Appended,
        env: &mut Env<'_, '_, P>,
    ) {
        let now = env.now();
        let Some(transactions) = self.transactions.as_mut().filter(|it| it.settings.read_committed)
        else {
            if !mark.is_marker() {
                self.append(incoming, offset, None, env);
            }
            return;
        };
        if let Mark::Ends { transaction, commits } = mark {
            for topic in 0..transactions.undecided.topics.len() {
                let Some(transactions) = &mut self.transactions else { return };
                transactions.undecided.topics[topic].partitions[partition]
                    .decide(transaction, commits);
                self.read_decided(topic, partition, env);
            }
            return;
        }
        let transaction = if let Mark::In(transaction) = mark { Some(transaction) } else { None };
        match transactions.undecided.with(incoming, partition, env.model) {
            Some(log) if transaction.is_some() || !log.records.is_empty() => {
                log.append(Held { incoming, offset, since: now, transaction }, env);
            }
            _ => self.append(incoming, offset, None, env),
        }
    }

    /// What is decided in a partition, up to the first record that is not, is read.
    fn read_decided<P: Probe>(&mut self, topic: usize, partition: usize, env: &mut Env<'_, '_, P>) {
        while let Some(transactions) = &mut self.transactions
            && let Some((held, counts)) =
                transactions.undecided.topics[topic].partitions[partition].next()
        {
            let Held { incoming, offset, since, .. } = held;
            if counts {
                self.append(incoming, offset, Some(since), env);
            } else {
                env.fact(Fact::LeftQueue { op: incoming.op.id });
                used_up(incoming.op, None, env);
            }
        }
    }

    /// A log ends at this offset now: what lay behind and is held back is gone.
    pub(in crate::nodes::kafka) fn lose_held<P: Probe>(
        &mut self,
        at: usize,
        end: u64,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(transactions) = &mut self.transactions else { return };
        for log in transactions.undecided.topics.iter_mut().map(|topic| &mut topic.partitions[at]) {
            while let Some(held) = log.records.pop_back_if(|held| held.offset >= end) {
                log.forget(held);
                env.fact(Fact::LeftQueue { op: held.incoming.op.id });
                used_up(held.incoming.op, Some(Reason::Unreplicated), env);
            }
        }
    }
}

/// Events are in a topic of who produces them, commands in one of who handles them; a design has one sort.
fn topic_of(channel: &Channel) -> NodeIx {
    channel.producer.unwrap_or(channel.consumer)
}
