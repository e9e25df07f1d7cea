//! `RabbitMQ` 4.3: a durable queue for each consuming service, persistent messages, publisher confirms,
//! acknowledgements, prefetch, redelivery, limits, dead letters.
//!
//! What is modelled, after the pages of rabbitmq.com/docs:
//!
//! * `confirms`: a message is confirmed once it is durable in every queue it was routed to; one that
//!   is routed nowhere is confirmed at once (and returned before, if `mandatory`). Deliveries that were not
//!   acknowledged when their consumer's connection closes are requeued and flagged redelivered: at their
//!   original position in classic queues, before all else in quorum queues. With automatic
//!   acknowledgement a message is gone when it is sent.
//! * `exchanges`: who gets what is published is worked out with the model; a message follows its list.
//! * `consumer-prefetch`: the limit is per consumer; 0 is no limit. Consumers are served in turn
//!   (`consumers`), those at their limit are passed over, so nothing waits beside a free one. The order
//!   of turns is that in which they subscribed: it is drawn. `consumer-priority`: those with the highest
//!   first. `consumers`, single active consumer: one as long as it is there.
//! * `priority`: who has a higher one goes first, of those that wait.
//! * `quorum-queues`, poison messages: a delivery that failed counts, be it rejected or a lost connection;
//!   since 4.3 `basic.nack` and the time-out do not. A message that failed more often than the limit
//!   becomes a dead letter: a limit of 2 makes three deliveries. Delayed retry: what comes back
//!   waits min(min * deliveries that failed, max), and at least min.
//! * `maxlength`: a bound on ready messages, with its three overflow behaviours. `ttl`: of messages, at the
//!   head, and of queues that nobody consumes. `dlx`: `letters`.
//! * `reliability`: a broker that restarts still has what it confirmed, in order; publishing again
//!   after a lost confirm makes a duplicate, which is the consumer's to recognise.
//! * `heartbeats`: a connection on which nothing was heard for so long is closed, and what its consumer
//!   holds is requeued; one that lives connects again. Consumers say that they live twice as often.
//! * `consumers`, cancellation: one that is shut down in good order is given nothing more, and
//!   acknowledges what it holds. Delivery acknowledgement timeout: who holds a message for too long is
//!   cancelled, and subscribes anew when it has worked off what it had.
//! * `memory`: publishers are blocked above the watermark.
//!
//! What is left out stands with its words, in `scenario/kinds/rabbitmq/`.

mod arrivals;
mod consumers;
mod due;
mod letters;
mod members;
mod queue;

use std::sync::Arc;

use self::due::Due;
use self::members::Members;
use self::queue::{Channel, Service, Stored};
use super::behaviour::Behaviour;
use super::broker::{Frame, Intake, is_paused, own_channels, used_up};
use super::message::{Body, Message};
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use super::{Env, broker};
use crate::base::{Stream, Time, weight};
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::model::{FlowIx, Model, NodeIx};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{self, NodeKind, Redrive, Returns};

/// The broker: one instance.
#[derive(Clone, Debug)]
pub struct RabbitMq {
    settings: Arc<tree::RabbitMq>,
    intake: Intake,
    /// Of quorum queues.
    members: Option<Box<Members>>,
    /// The first of several brokers, for the others.
    front: Option<InstanceId>,
    /// Per channel of the program: its place in `channels`.
    places: Vec<u32>,
    channels: Vec<Channel>,
    /// By flow, where some are served before others: in which order.
    ranks: Vec<u8>,
    /// The channel of dead letters, and what its consumer runs.
    dead_letters: Option<(usize, EntryIx)>,
    unacknowledged: Slab<Delivery>,
    /// Messages that will come back to their queues.
    aside: Slab<Aside>,
}

/// One instance of the consuming service, as the broker knows it.
#[derive(Clone, Copy, Debug)]
struct Consumer {
    incarnation: u32,
    standing: Standing,
    unacknowledged: u32,
    /// What it works off that was taken from it, because it took too long: it subscribes anew after that.
    stale: u32,
    /// The last sign of life.
    heard: Time,
}

/// How a consumer stands with the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It takes deliveries.
    Joined,
    /// It is being shut down in good order, and finishes what it holds.
    Leaves,
    /// It was silent for too long; it connects again when it is heard of.
    Silent,
    /// Its connection is gone, and its process with it.
    Gone,
}

/// A message that will come back to its queue.
#[derive(Clone, Copy, Debug)]
struct Aside {
    message: Stored,
    channel: usize,
    /// As if it were new, or as what was delivered?
    is_new: bool,
}

/// A message on its way to a consumer, or in its hands.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    message: Stored,
    channel: usize,
    consumer: usize,
    since: Time,
}

impl Behaviour for RabbitMq {
    type Due = Due;

    /// The broker `me`, empty, with all consumers joined.
    fn new(model: &Model, me: InstanceId) -> Self {
        let (instance, me) = (me, model.node_of(me));
        let NodeKind::RabbitMq(settings) = &model.scenario.nodes[me.0 as usize].kind else {
            unreachable!("node {me:?} is no RabbitMQ");
        };
        let first = model.nodes[usize::from(me.0)].first;
        let is_front = instance == first;
        let (places, mut own) = own_channels(model, me);
        own.retain(|_| is_front);
        let channel = |channel: &crate::model::program::Channel| {
            let consumer = &model.nodes[channel.consumer.0 as usize];
            let name = |node: NodeIx| &model.scenario.nodes[usize::from(node.0)].name;
            let purpose = format!("turns of {}", name(channel.consumer));
            let order = Stream::new(model.seed, &purpose, name(me), 0).order(consumer.count);
            Channel::new(consumer.first, order, settings.quorum.is_some())
        };
        let dead_letters = model
            .programs
            .dead_letters
            .filter(|it| model.programs.channels[it.channel as usize].broker == me);
        Self {
            settings: Arc::new(settings.clone()),
            intake: Intake::new(model, me, settings.persist.clone(), false),
            members: settings
                .quorum
                .as_ref()
                .filter(|_| is_front)
                .map(|group| Box::new(Members::new(model, me, group))),
            front: (!is_front).then_some(first),
            dead_letters: dead_letters.map(|it| (places[it.channel as usize] as usize, it.entry)),
            places,
            channels: own.iter().map(channel).collect(),
            ranks: ranks(settings, model),
            unacknowledged: Slab::default(),
            aside: Slab::default(),
        }
    }

    fn weight(&self) -> usize {
        let queues = |it: &Channel| weight::deque(&it.ready) + weight::deque(&it.letters);
        let ready: usize = self.channels.iter().map(queues).sum();
        let members = self.members.as_ref().map_or(0, |members| members.weight());
        let held = self.unacknowledged.weight() + self.aside.weight();
        self.intake.weight() + ready + held + members
    }

    fn readings(&self, _model: &Model, now: Time, into: &mut Readings) {
        into.own(What::Waiting, self.channels.iter().map(|channel| channel.ready.len()).sum());
        let first = self.channels.iter().filter_map(|channel| channel.ready.front());
        into.oldest(now, first.map(|stored| stored.since).min());
        into.own(What::Busy, self.unacknowledged.len());
    }

    /// Whoever holds something may have fallen silent.
    fn awaits(&self) -> bool {
        !self.unacknowledged.is_empty()
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Broker(Frame::Publish { .. }) if self.members.is_some() => {
                self.published(message, env);
            }
            Body::Broker(Frame::Publish { .. }) => self.intake.take(message, env),
            Body::Broker(Frame::Ack { receipt }) => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    self.consumer(&delivery).heard = env.now();
                    self.is_done_with(delivery.message, env);
                    self.dispatch(delivery.channel, env);
                } else {
                    self.works_off(message.from, env);
                }
            }
            Body::Broker(Frame::Nack { receipt }) => {
                used_up(message.op, None, env);
                if let Some(delivery) = self.settle(receipt, env) {
                    self.consumer(&delivery).heard = env.now();
                    match self.settings.returns {
                        Returns::Nack => self.requeue(delivery, false, env),
                        Returns::Reject => self.requeue(delivery, true, env),
                        Returns::Discard => {
                            self.dies(delivery.message, delivery.channel, Reason::DeadLetter, env);
                        }
                    }
                    self.dispatch(delivery.channel, env);
                } else {
                    self.works_off(message.from, env);
                }
            }
            Body::Broker(Frame::Join { .. }) if env.model.node_of(message.from) == env.node() => {
                self.look(env);
            }
            Body::Broker(Frame::Join { incarnation }) => {
                self.joined(message.from, incarnation, env);
            }
            Body::Gone { incarnation } => self.gone(message.from, incarnation, env),
            Body::Broker(Frame::Heartbeat) => self.hears(message.from, env),
            Body::Broker(Frame::Leave { incarnation }) => {
                self.leaves(message.from, incarnation, env);
            }
            body => unreachable!("not for a queue: {body:?}"),
        }
        self.mind_memory(env);
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => {
                if let Some(incoming) = self.intake.stored(handle) {
                    if self.members.is_some() {
                        self.proposed(incoming, env);
                    } else {
                        let verdict = self.route(incoming, env);
                        incoming.confirm(verdict, env);
                    }
                }
            }
            Due::Silence(channel) => self.look_after(channel as usize, env),
            Due::Back(aside) => self.comes_back(aside, env),
            Due::Expire(channel) => {
                self.channels[channel as usize].expiry = None;
                self.dispatch(channel as usize, env);
            }
            Due::Unused(channel) => self.delete(channel as usize, env),
            due @ (Due::Turn(_) | Due::Missed { .. }) => self.members_timer(due, env),
        }
        self.mind_memory(env);
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => self.intake.is_stale(handle),
            Due::Silence(channel) => self.channels[channel as usize].watch != Some(at),
            Due::Back(aside) => self.aside.get(aside).is_none(),
            Due::Expire(channel) => self.channels[channel as usize].expiry != Some(at),
            Due::Unused(channel) => self.channels[channel as usize].unused != Some(at),
            Due::Turn(_) | Due::Missed { .. } => self.is_obsolete(due),
        }
    }

    /// The broker goes: what was not durable is lost, what was delivered is ready again, and every
    /// receipt is void.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        if self.is_one_of_many(env) {
            return;
        }
        self.intake.crash(host, env);
        self.take_back(true, env, |_| true);
    }

    /// It comes back, and all consumers that are there reconnect, which declares their queues.
    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.is_one_of_many(env) {
            return;
        }
        for channel in 0..self.channels.len() {
            let it = &mut self.channels[channel];
            (it.watch, it.expiry, it.unused) = (None, None, None);
            for (at, consumer) in (it.first.0..).zip(&mut it.consumers) {
                consumer.heard = env.now();
                consumer.stale = 0;
                // Who is about to leave says so once more.
                let is_down = env.model.faults.down(env.now(), InstanceId(at)).is_some();
                consumer.standing = if is_down { Standing::Gone } else { Standing::Joined };
            }
            if it.consumers.iter().any(|it| it.standing == Standing::Joined) {
                self.is_declared(channel);
            }
            self.may_be_deserted(channel, env);
            self.dispatch(channel, env);
        }
        // What came due while it was down is put off.
        let after = self.settings.redrive.map(|Redrive { after, .. }| after);
        let again: Vec<Handle> = self.aside.iter().map(|(aside, _)| aside).collect();
        for aside in again {
            env.wait(after.unwrap_or_default(), Due::Back(aside));
        }
        self.mind_memory(env);
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.is_one_of_many(env) {
            return;
        }
        self.intake.resume(env);
        (0..self.channels.len()).for_each(|channel| self.dispatch(channel, env));
        self.mind_memory(env);
    }

    fn freeze<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.is_one_of_many(env);
    }

    fn outlives(&self, _message: &Message, _model: &Model) -> bool {
        self.members.is_some()
    }

    fn goes_on_while_down(&self) -> bool {
        self.members.is_some()
    }
}

/// In which order flows are served; nothing where it is all the same.
fn ranks(settings: &tree::RabbitMq, model: &Model) -> Vec<u8> {
    let flows = (0..model.scenario.flows.len()).map(|flow| settings.rank(FlowIx(flow as u16)));
    if settings.ranks.is_empty() { Vec::new() } else { flows.collect() }
}

impl RabbitMq {
    /// The priority of what belongs to a flow.
    fn rank(&self, flow: FlowIx) -> u8 {
        self.ranks.get(usize::from(flow.0)).copied().unwrap_or(0)
    }

    /// Who is served next here, if anybody may be.
    fn free<P: Probe>(&mut self, index: usize, env: &Env<'_, '_, P>) -> Option<usize> {
        let serves = match &self.members {
            None => !is_paused(env),
            Some(members) => members.leader(env.now(), &env.model.faults).is_some(),
        };
        let service = Service { settings: &self.settings, now: env.now() };
        self.channels[index].next(service).filter(|_| serves)
    }

    /// Delivers what is ready to whoever has room.
    fn dispatch<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        self.expire(index, env);
        while !self.channels[index].ready.is_empty()
            && let Some(turn) = self.free(index, env)
            && let Some(message) = self.channels[index].ready.pop_front()
        {
            self.deliver(message, (index, turn), true, env);
            self.expire(index, env);
        }
        self.foresee_expiry(index, env);
        self.pass_on(env);
    }

    fn deliver<P: Probe>(
        &mut self,
        message: Stored,
        (index, turn): (usize, usize),
        queued: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let Stored { op, entry, item, since, returns, deaths, .. } = message;
        let attempt = u64::from(deaths) << 32 | u64::from(returns);
        let op = op.again(env.model.name_of(env.node()), attempt);
        env.fact(Fact::Began { op: op.id, waited: env.now().since(since), queued, arrives: false });
        // A dead letter that is published anew is a new message.
        let redelivered = returns > 0;
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        let channel = &mut self.channels[index];
        channel.turn = turn + 1;
        let consumer = channel.order[turn] as usize;
        let to = InstanceId(channel.first.0 + consumer as u32);
        let receipt = if self.settings.auto_ack {
            Handle::NONE
        } else {
            channel.consumers[consumer].unacknowledged += 1;
            let since = env.now();
            let out = Delivery { message, channel: index, consumer, since };
            let receipt = self.unacknowledged.insert(out);
            self.watch(index, env);
            receipt
        };
        env.send(to, &op, Frame::Deliver { receipt, entry, item, redelivered });
        if receipt == Handle::NONE {
            env.fact(Fact::Freed { op: op.id });
            self.is_done_with(message, env);
        }
    }

    fn consumer(&mut self, of: &Delivery) -> &mut Consumer {
        &mut self.channels[of.channel].consumers[of.consumer]
    }

    /// A delivery has come to its end, if the receipt is still good.
    fn settle<P: Probe>(&mut self, receipt: Handle, env: &mut Env<'_, '_, P>) -> Option<Delivery> {
        let delivery = self.unacknowledged.remove(receipt)?;
        self.consumer(&delivery).unacknowledged -= 1;
        env.fact(Fact::Freed { op: delivery.message.op.id });
        Some(delivery)
    }

    /// Puts a message back, unless it failed too often.
    fn requeue<P: Probe>(&mut self, delivery: Delivery, counts: bool, env: &mut Env<'_, '_, P>) {
        let Delivery { mut message, channel, .. } = delivery;
        message.returns += 1;
        message.failures += u32::from(counts);
        message.since = env.now();
        if counts && self.settings.delivery_limit.is_some_and(|limit| message.failures > limit) {
            return self.dies(message, channel, Reason::DeadLetter, env);
        }
        let retry = self.settings.delayed_retry;
        if let Some(pause) = retry.and_then(|retry| retry.pause(counts, message.failures)) {
            let aside = self.aside.insert(Aside { message, channel, is_new: false });
            return env.wait(pause, Due::Back(aside));
        }
        env.fact(Fact::Waits { op: message.op.id });
        self.channels[channel].put_back(message);
        self.trim(channel, env);
    }

    /// Publishers are blocked while its messages take too much of its memory.
    fn mind_memory<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(most) = self.settings.blocks_at else { return };
        let held: usize = self.channels.iter().map(Channel::len).sum();
        self.intake.block((held + self.aside.len()) as u64 > most, env);
    }
}

#[cfg(test)]
mod tests;
