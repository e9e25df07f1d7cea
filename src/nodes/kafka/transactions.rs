//! Transactions: what a consumer publishes while it handles a batch counts together with the batch's offsets, or
//! not at all.
//!
//! ```text
//! member:   batch ── publishes ──▶ batch is done: commit │ failed, or its batch was taken away: abort
//! log:      a a b a c b [a commits] c [b aborts] ...        [..] are markers, records of the coordinator's
//! readers:  a a · a           ── up to the first record of what is open (the last stable offset) ──
//! ```
//!
//! After KIP-98, KIP-447 and kafka.apache.org/41 (`transactional.id`, `transaction.timeout.ms`, `isolation.level`,
//! `KafkaProducer.sendOffsetsToTransaction`):
//!
//! * A transaction begins with the first record that its member publishes, and ends with its batch: its coordinator
//!   writes down what is to become of it, for which the member waits (`commitTransaction`), and then a marker into
//!   each of its partitions. These are replicated like all records; who reads what is committed sees the
//!   records once the marker is.
//! * A member that could not handle a record aborts, and handles its whole batch again. So does one whose
//!   partitions were taken away meanwhile, when it is done with its record; its offsets are refused.
//! * A member that dies leaves its transaction open, and every partition that is in it stands still for who reads
//!   what is committed: until the member is back (`initTransactions` aborts what its former self left), or until the
//!   transaction is older than `transaction.timeout.ms`. The coordinator looks each 10 s
//!   (`transaction.abort.timed.out.transaction.cleanup.interval.ms`).
//! * Whose transaction was aborted so is fenced: what it still publishes is refused, and what it handled it has to
//!   handle again.
//! * `read_uncommitted` reads everything as it comes, what is aborted too.
//!
//! What the member changes elsewhere, in its database, is no part of this: it does that again.
//!
//! Which delivery something is made of, its publication says (`Cause`): what comes of a former start of a process, or of
//! a record that the group has given to another, is refused, as by epochs in Kafka.
//!
//! Left out: transactions of others (an outbox' relay, who publishes for a customer); offsets that are pending
//! between `sendOffsetsToTransaction` and the end (`UNSTABLE_OFFSET_COMMIT`); that who fails aborts at once (it does
//! when its `retry_delay` is over); the way to the coordinator, and that its own log is replicated; a coordinator that
//! fails; and markers that an unclean election takes: their verdict stands.

mod undecided;

use std::collections::{BTreeMap, BTreeSet};

use self::undecided::Undecided;
use super::buffers::Appended;
use super::due::Due;
use super::{Kafka, Watched};
use crate::base::{Dist, Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::nodes::Env;
use crate::nodes::broker::{Cause, Incoming};
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;
use crate::scenario::tree;

/// How often the coordinator looks for transactions that are too old.
const LOOKS: u64 = 10_000_000_000;

/// The transactions of all members, and what readers of the committed wait for.
#[derive(Clone, Debug)]
pub(super) struct Transactions {
    settings: tree::Transactions,
    /// Until the coordinator has written down what becomes of one.
    append: Dist,
    chance: Stream,
    /// By group.
    groups: Vec<Producers>,
    /// What the coordinator is writing down.
    ending: BTreeMap<TransactionId, Ending>,
    /// What readers of the committed wait for.
    undecided: Undecided,
    /// When the coordinator looks next; past, if it need not.
    looks_at: Time,
}

/// The members of a group, as producers.
#[derive(Clone, Debug)]
struct Producers {
    first: InstanceId,
    members: Vec<Producer>,
}

/// A member, as a producer.
#[derive(Clone, Debug)]
struct Producer {
    me: InstanceId,
    /// Which delivery it is handling, whether or not its group has gone on without it.
    handles: Cause,
    /// Counts its transactions, whether or not there is something in them.
    epoch: u32,
    /// The last of them that was aborted.
    aborted: u32,
    open: Option<Open>,
    /// Its transaction was too old, and it has not heard of that.
    is_fenced: bool,
}

/// Which transaction: as in Kafka, its producer and that one's epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TransactionId {
    pub(super) producer: InstanceId,
    pub(super) epoch: u32,
}

/// A transaction that has records.
#[derive(Clone, Debug)]
struct Open {
    since: Time,
    partitions: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
struct Ending {
    partitions: BTreeSet<usize>,
    commits: bool,
}

/// What a record in a log has to do with transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    #[default]
    Plain,
    /// It is in this one.
    In(TransactionId),
    /// It is the marker of this one, by which that is committed, or aborted.
    Ends { transaction: TransactionId, commits: bool },
}

impl Mark {
    /// Is it a marker, which no producer has sent?
    pub(super) fn is_marker(self) -> bool {
        matches!(self, Self::Ends { .. })
    }
}

impl Transactions {
    /// Those of the members of these groups, if there are any; the coordinator writes like a leader.
    pub(super) fn new(
        model: &Model,
        me: NodeIx,
        kind: &tree::Kafka,
        groups: &[Watched],
    ) -> Option<Self> {
        let settings = kind.cluster.as_ref()?.transactions?;
        let name = &model.scenario.nodes[usize::from(me.0)].name;
        let producers = |watched: &Watched| {
            let first = watched.group.first;
            let members = (first.0..).map(InstanceId).map(Producer::idle);
            Producers { first, members: members.take(watched.polls.len()).collect() }
        };
        Some(Self {
            settings,
            append: kind.append.clone(),
            chance: Stream::new(model.seed, "transactions", name, 0),
            groups: groups.iter().map(producers).collect(),
            ending: BTreeMap::new(),
            undecided: Undecided::new(model, me, kind.partitions),
            looks_at: Time::ZERO,
        })
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.undecided.weight() + self.ending.len() * size_of::<Ending>()
    }

    /// Since when records are held back.
    pub(super) fn held(&self) -> impl Iterator<Item = Time> {
        self.undecided.since()
    }

    /// Is no transaction open?
    pub(super) fn are_ended(&self) -> bool {
        self.since().next().is_none()
    }

    /// Does a member wait for the coordinator to have written down what becomes of its transaction?
    pub(super) fn is_ending(&self, group: usize, member: u32) -> bool {
        let producer = self.groups[group].members[member as usize].me;
        let first = TransactionId { producer, epoch: 0 };
        self.ending.range(first..).next().is_some_and(|(it, _)| it.producer == producer)
    }

    /// Is a member's process handling something, as far as it has said?
    fn is_at_work(&self, group: usize, member: u32) -> bool {
        self.groups[group].members[member as usize].handles != Cause::NONE
    }

    /// Since when transactions are open.
    fn since(&self) -> impl Iterator<Item = Time> {
        let producers = self.groups.iter().flat_map(|group| &group.members);
        producers.filter_map(|producer| Some(producer.open.as_ref()?.since))
    }

    /// A member is given a record to handle.
    pub(super) fn handles(&mut self, group: usize, member: u32, cause: Cause) {
        self.groups[group].members[member as usize].handles = cause;
    }

    /// Of which epoch of its producer a publication is that arrives; 0 if that publishes it outside of transactions;
    /// `None` if it is made of a delivery that is not its producer's any more.
    pub(super) fn epoch(&mut self, incoming: Incoming) -> Option<u32> {
        let producer = self.producer(incoming.publisher());
        match producer.filter(|_| incoming.cause != Cause::NONE) {
            Some(producer) => (producer.handles == incoming.cause).then_some(producer.epoch),
            None => Some(0),
        }
    }

    /// What a record that is sent to a partition has to do with transactions; `None`: its producer is fenced, or
    /// its transaction has been aborted.
    pub(super) fn mark(&mut self, incoming: Incoming, partition: usize, now: Time) -> Option<Mark> {
        let Incoming { epoch, .. } = incoming;
        let Some(producer) = self.producer(incoming.publisher()).filter(|_| epoch > 0) else {
            return Some(Mark::Plain);
        };
        if producer.is_fenced || epoch <= producer.aborted {
            return None;
        }
        if epoch < producer.epoch {
            // Nobody waited for it, and its transaction has been committed meanwhile.
            return Some(Mark::Plain);
        }
        let begins = || Open { since: now, partitions: BTreeSet::new() };
        producer.open.get_or_insert_with(begins).partitions.insert(partition);
        Some(Mark::In(TransactionId { producer: incoming.publisher(), epoch }))
    }

    fn producer(&mut self, instance: InstanceId) -> Option<&mut Producer> {
        self.groups.iter_mut().find_map(|group| group.of(instance))
    }

    /// The coordinator writes down what becomes of a transaction.
    fn end<P: Probe>(&mut self, ended: (TransactionId, Ending), env: &mut Env<'_, '_, P>) {
        let (TransactionId { producer, epoch }, _) = ended;
        self.ending.extend([ended]);
        let span = Span::from_ns(self.chance.sample(&self.append));
        env.complete_after(span, Due::Decided { producer: producer.0, epoch });
    }

    /// When the coordinator finds the oldest transaction that is open too old.
    fn finds_at(&self) -> Option<Time> {
        let oldest = self.since().min()?;
        let is_old = oldest + self.settings.timeout;
        Some(Time((is_old.0 / LOOKS + 1) * LOOKS))
    }
}

impl Producer {
    fn idle(me: InstanceId) -> Self {
        let (handles, open) = (Cause::NONE, None);
        Self { me, handles, epoch: 1, aborted: 0, open, is_fenced: false }
    }

    /// The transaction of this one ends; says which, if there is something in it.
    fn ends(&mut self, commits: bool) -> Option<(TransactionId, Ending)> {
        let transaction = TransactionId { producer: self.me, epoch: self.epoch };
        if !commits {
            self.aborted = self.epoch;
        }
        self.epoch += 1;
        let Open { partitions, .. } = self.open.take()?;
        Some((transaction, Ending { partitions, commits }))
    }
}

impl Producers {
    fn of(&mut self, instance: InstanceId) -> Option<&mut Producer> {
        let at = instance.0.checked_sub(self.first.0)?;
        self.members.get_mut(at as usize)
    }
}

impl Kafka {
    /// A member is done with its batch, or has failed over it, or began anew: its transaction ends. Does what it
    /// has handled count?
    pub(super) fn concludes<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        is_done: bool,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let Some(transactions) = &mut self.transactions else { return true };
        let producer = &mut transactions.groups[group].members[member as usize];
        let counts = !std::mem::take(&mut producer.is_fenced) && is_done;
        if let Some(ended) = producer.ends(counts) {
            transactions.end(ended, env);
        }
        counts
    }

    /// A member begins anew: what it had in hand, and the transaction that it had open, are gone.
    pub(super) fn forgets_transaction<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        self.concludes(group, member, false, env);
        if let Some(transactions) = &mut self.transactions {
            transactions.handles(group, member, Cause::NONE);
        }
    }

    /// A member's process says that it is done with a delivery, or has failed over it. If nobody waits for
    /// that any more, its transaction fails when it would commit.
    pub(super) fn has_handled<P: Probe>(
        &mut self,
        from: InstanceId,
        receipt: Handle,
        env: &mut Env<'_, '_, P>,
    ) {
        let is_awaited = self.deliveries.get(receipt).is_some();
        let Some(transactions) = &mut self.transactions else { return };
        let handles = |it: &&mut Producer| it.handles == Cause::of(receipt);
        let Some(producer) = transactions.producer(from).filter(handles) else { return };
        producer.handles = Cause::NONE;
        if !is_awaited && let Some(ended) = producer.ends(false) {
            transactions.end(ended, env);
        }
    }

    /// The coordinator has written down what becomes of a transaction: its partitions get a marker.
    pub(super) fn is_decided<P: Probe>(
        &mut self,
        transaction: TransactionId,
        env: &mut Env<'_, '_, P>,
    ) {
        let ending = self.transactions.as_mut().and_then(|it| it.ending.remove(&transaction));
        let Some(Ending { partitions, commits }) = ending else { return };
        // First, so that its partitions take turns, and not those that get a marker.
        for group in 0..self.groups.len() {
            if let Some(member) = self.groups[group].group.place_of(transaction.producer) {
                // It polls: so it joins again, if it was dismissed while it waited.
                if self.transactions.as_ref().is_some_and(|it| !it.is_at_work(group, member)) {
                    self.joins_again(group, member, env);
                }
                self.goes_on(group, member, env);
            }
        }
        let mark = Mark::Ends { transaction, commits };
        for partition in partitions {
            let marker = Appended::marker(mark, env.me(), env.now());
            self.cluster().logs[partition].waiting.push_back(marker);
            self.turn(partition, env);
        }
    }

    /// Does a member wait for the end of its transaction before it goes on?
    pub(super) fn waits_for_end(&self, group: usize, member: u32) -> bool {
        self.transactions.as_ref().is_some_and(|it| it.is_ending(group, member))
    }

    /// The coordinator looks for transactions that are too old.
    pub(super) fn abort_old<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(transactions) = &mut self.transactions else { return };
        let (now, timeout) = (env.now(), transactions.settings.timeout);
        let mut old = Vec::new();
        for producer in transactions.groups.iter_mut().flat_map(|group| &mut group.members) {
            if producer.open.as_ref().is_some_and(|open| open.since + timeout < now) {
                producer.is_fenced = true;
                old.extend(producer.ends(false));
            }
        }
        for ended in old {
            transactions.end(ended, env);
        }
        self.foresee_old_transactions(env);
    }

    /// Sets the timer of the look that finds the oldest transaction too old, unless one is set.
    pub(super) fn foresee_old_transactions<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(transactions) = &mut self.transactions else { return };
        if transactions.looks_at <= env.now()
            && let Some(due) = transactions.finds_at()
        {
            transactions.looks_at = due;
            env.wait(due.since(env.now()), Due::LooksForOld);
        }
    }
}

#[cfg(test)]
mod tests;
