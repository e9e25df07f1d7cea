//! Records as a group reads them: from the committed offset on, in order, one at a time in the hands of the
//! partition's owner. Knows neither how a record came to be committed in its log nor who owns what.

use std::collections::VecDeque;

use super::super::Env;
use super::super::broker::{Cause, Frame, is_paused, used_up};
use super::super::message::{Item, Op};
use super::super::parts::slab::Handle;
use super::{Channel, Kafka};
use crate::base::{Dist, Time};
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::probes::{Fact, OpId, Probe};

/// One partition from the committed offset on.
#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    pub(super) records: VecDeque<Record>,
    /// So many of them are handled and not committed.
    pub(super) handled: usize,
    pub(super) owner: Option<u32>,
    /// Who is to have it, where it moves from one member to another alone.
    pub(super) heir: Option<u32>,
    /// Its owner has heard that it is to give it up, and does when its batch is done.
    pub(super) is_called_in: bool,
    /// The earlier start of this member has it until its session ends.
    pub(super) ghost: Option<u32>,
    /// So many behind them are in its owner's batch, where members poll for batches.
    pub(super) polled: usize,
    /// The delivery of the first record after them, if it is out.
    pub(super) out: Option<Handle>,
    /// Is its group's place in it gone?
    pub(super) is_out_of_range: bool,
}

impl Partition {
    /// Records that nobody has in hand, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().skip(self.handled + usize::from(self.out.is_some()))
    }

    /// So many of its first records are in its owner's memory.
    pub(super) fn in_hand(&self) -> usize {
        self.handled + self.polled.max(usize::from(self.out.is_some()))
    }

    /// Whose record is in the hands of its owner.
    pub(super) fn at_work(&self) -> OpId {
        self.records.get(self.handled).map_or(OpId::NONE, |record| record.op.id)
    }
}

/// A durable record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    /// Its number in its log, where brokers are told apart.
    pub(super) offset: u64,
    pub(super) op: Op,
    pub(super) entry: EntryIx,
    pub(super) item: Item,
    /// Waits since then.
    pub(super) since: Time,
    /// How often it was delivered.
    pub(super) deliveries: u32,
}

/// A record in a member's hands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) channel: usize,
    pub(super) partition: usize,
    pub(super) since: Time,
}

impl Kafka {
    /// A member committed the offset behind its record. Too late if the partition was taken away.
    pub(super) fn committed<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Delivery { channel, partition, .. }) = self.deliveries.remove(receipt) else {
            return;
        };
        let place = &mut self.channels[channel].partitions[partition];
        place.out = None;
        env.fact(Fact::Freed { op: place.at_work() });
        if let Some(record) = place.records.pop_front() {
            used_up(record.op, None, env);
            self.groups[self.channels[channel].group].records -= 1;
        }
        self.is_done_with(channel, partition, env);
    }

    /// A member holds a record less: it may have the next one, or a rebalance may go on.
    pub(super) fn is_done_with<P: Probe>(
        &mut self,
        channel: usize,
        at: usize,
        env: &mut Env<'_, '_, P>,
    ) {
        let group = self.channels[channel].group;
        self.let_go(group, env);
        if self.groups[group].group.is_rebalancing() {
            self.go_on(group, env);
        }
        if !self.groups[group].group.stands_still() {
            self.feed(channel, at, env);
        }
    }

    /// Who is to have the first record of a partition now, if anybody is.
    pub(super) fn is_due<P: Probe>(
        &self,
        channel: usize,
        at: usize,
        env: &Env<'_, '_, P>,
    ) -> Option<u32> {
        let Channel { group, partitions } = &self.channels[channel];
        let (group, partition) = (&self.groups[*group].group, &partitions[at]);
        let owner = partition.owner.filter(|owner| group.reaches(*owner))?;
        let is_idle = partition.out.is_none()
            && (!partition.is_out_of_range || partition.polled > 0)
            && partition.records.len() > partition.handled;
        if let Some(is_next) = self.is_polled(channel, at, owner) {
            return (is_idle && is_next).then_some(owner);
        }
        (is_idle && !group.stands_still() && self.is_served(at, env)).then_some(owner)
    }

    /// Is there a broker that members can read a partition from?
    pub(super) fn is_served<P: Probe>(&self, at: usize, env: &Env<'_, '_, P>) -> bool {
        match &self.cluster {
            Some(cluster) => cluster.serves(at, env.now(), &env.model.faults),
            None => !is_paused(env),
        }
    }

    pub(super) fn feed<P: Probe>(&mut self, channel: usize, at: usize, env: &mut Env<'_, '_, P>) {
        if self.share.is_some() {
            return self.serve(self.channels[channel].group, env);
        }
        if self.retention.is_some() {
            self.find_place(channel, at, env);
        }
        if let Some(owner) = self.is_due(channel, at, env)
            && !self.waits_for_end(self.channels[channel].group, owner)
            && self.has_fetched(self.channels[channel].group, owner, env)
        {
            self.deliver(channel, at, owner, true, env);
        }
    }

    pub(super) fn feed_group<P: Probe>(&mut self, group: usize, env: &mut Env<'_, '_, P>) {
        for channel in 0..self.channels.len() {
            if self.channels[channel].group == group {
                (0..self.partitions as usize).for_each(|at| self.feed(channel, at, env));
            }
        }
    }

    pub(super) fn deliver<P: Probe>(
        &mut self,
        channel: usize,
        partition: usize,
        owner: u32,
        queued: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let group = self.channels[channel].group;
        let mut follows = false;
        if self.polling.is_some() {
            follows = self.groups[group].polls[owner as usize].since.is_some();
            if !follows {
                self.poll(channel, partition, owner, env);
            }
            self.groups[group].polls[owner as usize].is_out = true;
        }
        let place = &mut self.channels[channel].partitions[partition];
        let record = &mut place.records[place.handled];
        let Record { op, entry, item, since, deliveries, .. } = *record;
        let redelivered = deliveries > 0;
        record.deliveries += 1;
        let op = op.again(env.model.name_of(env.node()), u64::from(deliveries));
        env.fact(Fact::Began { op: op.id, waited: env.now().since(since), queued, arrives: false });
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        let receipt = self.deliveries.insert(Delivery { channel, partition, since: env.now() });
        place.out = Some(receipt);
        if let Some(transactions) = &mut self.transactions {
            transactions.handles(group, owner, Cause::of(receipt));
        }
        let to = InstanceId(self.groups[group].group.first.0 + owner);
        let body = Frame::Deliver { receipt, entry, item, redelivered };
        if follows {
            env.send_along(&Dist::Const(0.0), to, &op, body);
        } else {
            env.send(to, &op, body);
        }
    }

    /// A delivery no longer counts: its record waits to be delivered again.
    pub(super) fn take_back<P: Probe>(
        &mut self,
        receipt: Handle,
        env: &mut Env<'_, '_, P>,
    ) -> Option<Delivery> {
        let delivery = self.deliveries.remove(receipt)?;
        let place = &mut self.channels[delivery.channel].partitions[delivery.partition];
        place.out = None;
        let record = &mut place.records[place.handled];
        record.since = env.now();
        env.fact(Fact::Freed { op: record.op.id });
        env.fact(Fact::Waits { op: record.op.id });
        Some(delivery)
    }
}
