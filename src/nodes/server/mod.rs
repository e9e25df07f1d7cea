//! Services and gateways: a queue, workers, and tasks that run the programs of the model. The
//! queue is first in, first out and work-conserving: a worker is never free while something waits,
//! unless a fault pauses the instance. Whoever wants it otherwise has a `dispatch`.

mod attempts;
mod branches;
mod cache;
mod caching;
mod cancel;
mod consumer;
mod dispatch;
mod due;
mod ending;
mod enough;
mod offsets;
mod polling;
mod reading;
mod run;
mod task;
mod workers;

use std::collections::VecDeque;
use std::hint::cold_path;

use self::attempts::Attempts;
use self::cache::Cache;
use self::cancel::Cancels;
use self::consumer::Consumer;
use self::dispatch::Dispatch;
use self::due::Due;
use self::enough::Enough;
use self::task::{Origin, Task};
use super::behaviour::{Behaviour, Tables};
use super::calls::{Calls, Waiters};
use super::env::Env;
use super::message::{Answer, Body, Cancellable, Item, Message, Op, Seen};
use super::parts::demand;
use super::parts::limit::Limiter;
use super::parts::slab::{Handle, SideTable, Slab};
use super::readings::{Readings, What};
use super::registry::instance::Discovery;
use super::{broker, registry};
use crate::base::{Span, Stream, Time, weight};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::model::program::{Act, EntryIx, Instr, Pc};
use crate::probes::fact::Leaving;
use crate::probes::{Fact, OpId, Probe, Reason};
use crate::scenario::tree::NodeKind;

/// One instance of a service or gateway.
#[derive(Clone, Debug)]
pub struct Server {
    tasks: Slab<Task>,
    /// What the last transactions of tasks made of the items that they wrote last: those ask that began
    /// the transaction, right after it, never their branches.
    made: SideTable<Seen>,
    queue: VecDeque<Handle>,
    /// Instead of the queue, where it is more than first come, first served.
    dispatch: Option<Box<Dispatch>>,
    /// Free workers.
    free: u32,
    /// All of them; [`UNLIMITED`] if there are as many as one likes.
    workers: u32,
    room: Option<u32>,
    hold: bool,
    /// Does a request need nothing but a free worker to begin? There is no limit, room or turn, and
    /// no pause or slow-down.
    is_plain: bool,
    dedup: bool,
    limit: Option<Limiter>,
    calls: Calls,
    /// Tasks that wait for some of their branches.
    waits: Slab<Enough>,
    attempts: Attempts,
    cancels: Cancels,
    cache: Option<Cache>,
    /// Where it consumes from brokers.
    consumer: Option<Box<Consumer>>,
    /// Where it registers or learns whom to call, if anywhere.
    discovery: Option<Box<Discovery>>,
}

impl Waiters for Slab<Task> {
    fn header(&self, task: Handle) -> Op {
        self.get(task).map_or(Op::NONE, |task| task.op)
    }
}

impl Behaviour for Server {
    type Due = Due;

    /// An idle instance.
    fn new(model: &Model, me: InstanceId) -> Self {
        let node = model.node_of(me);
        let (workers, room, hold, limit) = match &model.scenario.nodes[node.0 as usize].kind {
            NodeKind::Service(service) => (Some(service.workers), service.room, service.hold, None),
            NodeKind::Gateway(gateway) => {
                let own = gateway.limit.as_ref().filter(|limit| limit.shared.is_none());
                (gateway.workers, None, false, own.map(|limit| Limiter::new(&limit.quota)))
            }
            _ => unreachable!("a server is a service or a gateway"),
        };
        let dispatch = Dispatch::new(model, me);
        // Everybody begins at once where all share.
        let is_shared = dispatch.as_ref().is_some_and(|dispatch| dispatch.is_shared());
        let workers = workers.filter(|_| !is_shared).unwrap_or(UNLIMITED);
        Self {
            tasks: Slab::default(),
            made: SideTable::default(),
            queue: VecDeque::new(),
            free: workers,
            workers,
            room,
            hold,
            is_plain: dispatch.is_none()
                && limit.is_none()
                && room.is_none()
                && model.faults.is_steady(me),
            dedup: model.scenario.designs[model.design].dedup,
            dispatch,
            limit,
            calls: Calls::new(model, me),
            waits: Slab::default(),
            attempts: Attempts::default(),
            cancels: Cancels::default(),
            cache: cold(model, me),
            consumer: Consumer::new(model, node),
            discovery: Discovery::new(model, me),
        }
    }

    fn refit(&mut self, tables: &Tables<'_>) -> Option<(Time, Due)> {
        self.is_plain = self.dispatch.is_none()
            && self.limit.is_none()
            && self.room.is_none()
            && tables.after.faults.is_steady(tables.me);
        None
    }

    /// Is there a broker or a registry that wants to hear from it, or that it asks?
    fn wants_start(&self) -> bool {
        self.consumer.is_some() || self.discovery.is_some()
    }

    fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(discovery) = &mut self.discovery {
            discovery.start(env);
        }
        if let Some(consumer) = &mut self.consumer {
            consumer.start(env);
        }
    }

    /// A message arrived: mostly a request or an answer.
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Answer { call, verdict: answer } => {
                env.fact(Fact::Dropped { op: message.op.id, why: None });
                if let Some(ended) =
                    self.calls.answered(env, (call, message.from), answer, &self.tasks)
                {
                    self.ended(ended, &message.op, env);
                }
            }
            Body::Request { cancel: Cancellable::Never, .. } if self.is_plain => {
                self.request(message, env);
            }
            _ => {
                cold_path();
                self.receive_other(message, env);
            }
        }
    }

    /// The worker has finished a task's work.
    #[expect(clippy::inline_always, reason = "called in one place, for most timers")]
    #[inline(always)]
    fn commonest<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) -> Option<bool> {
        let Due::Worked(task) = due else { return None };
        Some(self.go_on(task, env))
    }

    /// Any other timer of its own.
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Worked(_) => unreachable!("the commonest"),
            Due::Requeue(task) => self.give_back(task, env),
            Due::Beat { broker, .. } => {
                self.consumer.as_mut().expect("it set the timer").beat(due, broker, env);
            }
            Due::Commit(_) => self.commit(env),
            Due::Poll(_) => self.consumer.as_mut().expect("it polls").polls_again(env),
            Due::Extend(task) => self.extend(task, env),
            Due::Served(_) => self.work_done(env),
            Due::Patience(place) => self.abandon(place, env),
            Due::Call(due) => {
                while let Some(ended) = self.calls.due(due, env, &self.tasks) {
                    self.ended(ended, &Op::NONE, env);
                }
            }
            Due::Discovery(due) => {
                self.discovery.as_mut().expect("it set the timer").timer(due, env);
            }
        }
    }

    #[inline]
    fn is_stale(&self, due: Due, at: Time, incarnation: u32) -> bool {
        match due {
            Due::Worked(task) | Due::Requeue(task) | Due::Extend(task) => self.is_over(task),
            Due::Poll(poll) => {
                let polling = self.consumer.as_ref().and_then(|it| it.polling.as_ref());
                polling.is_none_or(|polling| polling.poll != poll)
            }
            Due::Beat { start, .. } | Due::Commit(start) => start != incarnation,
            Due::Served(_) | Due::Patience(_) => {
                self.dispatch.as_ref().is_some_and(|dispatch| dispatch.is_stale(due))
            }
            Due::Call(due) => self.calls.is_stale(due, at),
            Due::Discovery(due) => due.start() != incarnation,
        }
    }

    /// The process (or with `host` the machine) goes, and all its memory with it.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for task in self.tasks.drain() {
            let why = match task.origin {
                Origin::Branch { .. } => continue,
                // It was acknowledged as it was sent.
                Origin::Delivery { receipt: Handle::NONE, .. } => Reason::Skipped,
                _ => Reason::Crashed,
            };
            if let Origin::Call { from, call } = task.origin
                && !host
                && call != Handle::NONE
            {
                env.send(from, &task.op, Body::Answer { call, verdict: Answer::Failed(why) });
            }
            env.fact(Fact::Dropped { op: task.op.id, why: Some(why) });
        }
        self.waits.drain();
        self.queue.clear();
        if let Some(dispatch) = &mut self.dispatch {
            dispatch.forget();
        }
        self.free = self.workers;
        self.calls.forget();
        self.attempts.forget();
        self.cancels.forget();
        if let Some(cache) = &mut self.cache {
            for (entity, key) in cache.names() {
                env.fact(Fact::Forgot { entity, key });
            }
        }
        self.cache = cold(env.model, env.me());
        if host {
            return;
        }
        if let Some(consumer) = &self.consumer {
            consumer.is_gone(env);
        }
        if let Some(discovery) = &mut self.discovery {
            discovery.exited(env);
        }
    }

    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.start(env);
    }

    /// A pause ended: free workers take up what waits.
    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(consumer) = &mut self.consumer {
            consumer.resume(env);
        }
        if let Some(discovery) = &mut self.discovery {
            discovery.resume(env);
        }
        if self.dispatch.is_some() {
            return self.take_up_in_turn(env);
        }
        self.take_up(env);
    }

    #[cold]
    fn freeze<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.stand_still(env);
    }

    /// It takes itself off the list, and takes nothing more from brokers.
    fn leave<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(discovery) = &mut self.discovery {
            discovery.leave(env);
        }
        if let Some(consumer) = &mut self.consumer {
            consumer.leave(env);
        }
    }

    /// Tasks at work or waiting.
    fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
        let (mut waiting, mut busy) = (self.queue.len(), (self.workers - self.free) as usize);
        if let Some(dispatch) = &self.dispatch {
            waiting += dispatch.waiting();
            busy -= dispatch.waiting_at_work();
        }
        into.own(What::Waiting, waiting);
        let first = self.queue.front().and_then(|task| self.tasks.get(*task));
        into.oldest(now, first.map(|task| task.queued));
        into.own(What::Busy, busy);
        into.own(What::Held, self.tasks.len().saturating_sub(waiting + busy));
        self.calls.readings(model, now, into);
        if let Some(cache) = &self.cache {
            into.own(What::Items, cache.items());
        }
        if let Some(tokens) = self.limit.as_ref().and_then(|limit| limit.tokens(now)) {
            into.own(What::Tokens, tokens);
        }
    }

    fn weight(&self) -> usize {
        let tasks = self.tasks.weight() + weight::deque(&self.queue) + self.waits.weight();
        tasks + self.calls.weight() + self.cache.as_ref().map_or(0, Cache::weight)
    }

    fn held(&self) -> usize {
        self.tasks.len()
    }

    /// The operation that a task is for, if it is still there.
    fn op(&self, due: Due) -> OpId {
        let Due::Worked(task) = due else { return OpId::NONE };
        self.tasks.get(task).map_or(OpId::NONE, |task| task.op.id)
    }

    /// Lets a task be fetched.
    fn prefetch(&self, due: Due) {
        if let Due::Worked(task) = due {
            self.prefetch_task(task);
        }
    }

    /// Lets this call be fetched.
    fn prefetch_call(&self, call: Handle) {
        self.calls.prefetch(call);
    }

    /// Lets be fetched which task waits for this call, and what else its end needs.
    fn prefetch_waiter(&self, call: Handle) {
        if let Some(task) = self.calls.prefetch_end(call) {
            self.prefetch_task(task);
        }
    }
}

impl Server {
    /// Any other message.
    #[inline(never)]
    fn receive_other<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Request { call, entry, cancel, demand } => {
                let origin = Origin::Call { from: message.from, call };
                self.arrive(&message.op, origin, entry, (cancel, demand), Item::NONE, env);
            }
            Body::Broker(broker::Frame::Deliver { receipt, entry, item, .. }) => {
                let origin = Origin::Delivery { from: message.from, receipt };
                let demand = demand::first(env.model, entry, &message.op);
                let asked = (Cancellable::Never, demand);
                self.arrive(&message.op, origin, entry, asked, item, env);
            }
            Body::Broker(broker::Frame::Received { poll, count }) => {
                self.poll_answered(poll, count, env);
            }
            Body::Cancel { caller, call, running } => {
                let may_overtake = message.from != caller;
                self.cancel(&message.op, (caller, call), (running, may_overtake), env);
            }
            Body::Broker(broker::Frame::Invalidate { item }) => {
                env.fact(Fact::Dropped { op: message.op.id, why: None });
                let name = (item.entity, item.key);
                if self
                    .cache
                    .as_mut()
                    .is_some_and(|cache| cache.invalidate(name, item.seen.version))
                {
                    reading::forgot(name, env.now(), Leaving::Deleted, env);
                }
            }
            Body::Gone { .. } => {}
            Body::Registry(registry::Frame::Listed { first, bits, at }) => {
                self.calls.learn(env, (first, bits), at);
            }
            Body::Registry(registry::Frame::Probe { round }) => {
                let discovery = self.discovery.as_mut().expect("it registers");
                discovery.probed(message.from, round, env);
            }
            body => unreachable!("a server is not told {body:?}"),
        }
    }

    /// Lets this task be fetched from memory.
    fn prefetch_task(&self, task: Handle) {
        self.tasks.prefetch(task, |task| &task.pc);
    }

    /// Is this task gone?
    fn is_over(&self, task: Handle) -> bool {
        self.tasks.get(task).is_none()
    }
}

/// From an undo that failed, or a commit of unknown outcome, to the next attempt.
const AGAIN_PAUSE: Span = Span(500_000_000);

/// More workers than there will ever be tasks: those in flight are limited to fewer.
const UNLIMITED: u32 = u32::MAX / 2;

/// The cache of a design that has caches.
fn cold(model: &Model, me: InstanceId) -> Option<Cache> {
    let settings = model.scenario.designs[model.design].cache.as_ref()?;
    let place = model.instances[me.0 as usize];
    let name = &model.scenario.nodes[place.node.0 as usize].name;
    Some(Cache::new(settings, Stream::new(model.seed, "eviction", name, place.index)))
}

fn is_call(task: &Task) -> bool {
    matches!(task.origin, Origin::Call { .. })
}

/// Does this transaction, once committed, carry the whole flow on by its outbox? Then it is not
/// taken back because nothing was heard of it (docs/semantics.md, rule 29).
fn goes_on_by_itself(model: &Model, entry: EntryIx) -> bool {
    let Act::Transact(txn) = model.programs.entries[entry.0 as usize].act else { return false };
    let txn = &model.programs.transactions[txn.0 as usize];
    txn.promises && !txn.outbox.is_empty()
}

/// A branch that is refused or fails ends at its `Join`.
fn end_of_branch(model: &Model, from: Pc) -> Pc {
    let code = &model.programs.code[from.0 as usize..];
    let join = code.iter().position(|instr| matches!(instr, Instr::Join));
    Pc(from.0 + join.expect("a branch ends with Join") as u32)
}

/// A demand under a slow-down.
pub(super) fn slowed(demand: Span, factor: f64) -> Span {
    if factor == 1.0 { demand } else { Span::from_ns(demand.0 as f64 * factor) }
}
