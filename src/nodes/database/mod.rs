//! A database: transactions queue for connections, take locks in key order, cost time, and then
//! happen at one instant. Knows its callers only as senders of requests.
//!
//! ```text
//! request ─▶ room? ─▶ connection ─▶ locks of its writes ─▶ reads + writes ─▶ commit ─▶ answer
//!              no: Rejected           FIFO per item          service time      └ outbox ─▶ broker
//! ```
//!
//! Readers take no locks (multi-version concurrency, as in `PostgreSQL`, "13.1 Introduction": reading
//! never blocks writing and writing never blocks reading), and a connection that waits for a lock
//! is busy. What survives a crash lies in `store`.

mod ages;
mod due;
mod followers;
mod gate;
#[cfg(test)]
mod harness;
mod inbox;
mod judgement;
mod locks;
mod patience;
mod progress;
mod relay;
pub(super) mod rows;
mod store;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub(super) use judgement::changed;
pub use relay::{CONFIRM_TIMEOUT, PAUSE, PIPELINE};

use self::due::Due;
use self::locks::{Lock, Locks};
use self::store::Store;
use super::behaviour::{Behaviour, Tables};
use super::env::Env;
use super::message::{Answer, Body, Message, Op};
use super::parts::demand::draws;
use super::parts::keys;
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use crate::base::{Dist, Span, Time, weight};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::model::program::{Act, EntryIx, Part, Txn, TxnIx};
use crate::probes::{Fact, OpId, Probe, Reason};
use crate::scenario::tree::NodeKind;

/// One database.
#[derive(Clone, Debug)]
pub struct Database {
    connections: u32,
    room: usize,
    write: Dist,
    lock_timeout: Option<Span>,
    /// Connections in use.
    busy: u32,
    tasks: Slab<Task>,
    /// Those that wait for a connection.
    waiting: VecDeque<Handle>,
    locks: Locks,
    /// What nobody claims any more, to be used again.
    #[expect(clippy::vec_box, reason = "they go back into tasks as they are")]
    spare: Vec<Box<Claims>>,
    store: Store,
}

/// A transaction that was asked for and is not over.
#[derive(Clone, Debug, Default)]
struct Task {
    op: Op,
    from: InstanceId,
    call: Handle,
    txn: TxnIx,
    /// How long its reads take.
    reading: Span,
    arrived: Time,
    /// Does it have a connection?
    began: bool,
    /// The locks it needs, if it writes anything.
    claims: Option<Box<Claims>>,
}

/// The locks that a transaction needs, in order, and how many of them it has.
#[derive(Clone, Debug, Default)]
struct Claims {
    locks: Vec<Lock>,
    taken: usize,
    /// When it has waited long enough for the next, if it may not wait for ever.
    gives_up: Time,
}

impl Behaviour for Database {
    type Due = Due;

    /// The database that the scenario's node `me` describes.
    fn new(model: &Model, me: InstanceId) -> Self {
        let me = model.node_of(me);
        let NodeKind::Database(database) = &model.scenario.nodes[me.0 as usize].kind else {
            panic!("node {} is no database", me.0)
        };
        Self {
            connections: database.connections,
            room: database.room.map_or(usize::MAX, |room| room as usize),
            write: database.write.clone(),
            lock_timeout: database.lock_timeout,
            busy: 0,
            tasks: Slab::default(),
            waiting: VecDeque::new(),
            locks: Locks::default(),
            spare: Vec::new(),
            store: Store::new(model, me, database),
        }
    }

    fn refit(&mut self, tables: &Tables<'_>) -> Option<(Time, Due)> {
        let node = tables.after.node_of(tables.me);
        if let NodeKind::Database(database) = &tables.after.scenario.nodes[usize::from(node.0)].kind
        {
            self.write.clone_from(&database.write);
        }
        None
    }

    #[expect(clippy::inline_always, reason = "called in one place, for every operation")]
    #[inline(always)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let Message { ref op, from, body } = *message;
        match body {
            Body::Request { call, entry, demand, .. } => {
                self.arrive(op, from, call, (entry, demand), env);
            }
            Body::Answer { call, verdict } => {
                self.store.relay.confirm(call, verdict, env);
                env.fact(Fact::Dropped { op: op.id, why: None });
            }
            Body::Gone { .. } => {
                self.store.relay.disconnect(from, env);
                env.fact(Fact::Dropped { op: op.id, why: None });
            }
            _ => unreachable!("a database is not sent {:?}", message.body),
        }
    }

    /// The time of a transaction is over.
    #[expect(clippy::inline_always, reason = "called in one place, for every operation")]
    #[inline(always)]
    fn commonest<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) -> Option<bool> {
        let Due::Committed(task) = due else { return None };
        Some(self.commit(task, env))
    }

    /// Any other timer of its own is due.
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Committed(_) => unreachable!("the commonest"),
            Due::LockTimeout(task) => self.give_up(task, env),
            Due::Relay(due) => self.store.relay.timer(due, env),
            Due::Shipped(update) => self.store.shipped(update, env),
        }
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::LockTimeout(task) => !self.gives_up_at(task, at),
            Due::Committed(task) => self.tasks.get(task).is_none(),
            Due::Relay(due) => self.store.relay.is_stale(due),
            Due::Shipped(update) => self.store.is_stale(update),
        }
    }

    /// Followers are other machines: they go on with what they read.
    fn outlives(&self, message: &Message, model: &Model) -> bool {
        let Body::Request { entry, .. } = message.body else { return false };
        let Act::Transact(txn) = model.programs.entries[entry.0 as usize].act else { return false };
        self.store.is_at_follower(&model.programs.transactions[txn.0 as usize], &message.op)
    }

    /// Its process dies: what was going on never happened, but for what followers read. Callers learn
    /// it from their connections, unless the host went too.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        let store = &self.store;
        let is_lost = |task: &Task| {
            let txn = &env.model.programs.transactions[task.txn.0 as usize];
            !store.is_at_follower(txn, &task.op)
        };
        let lost = self.tasks.iter().filter(|(_, task)| is_lost(task));
        for handle in lost.map(|(handle, _)| handle).collect::<Vec<_>>() {
            let task = self.tasks.remove(handle).expect("it was there");
            let op = task.op.id;
            env.fact(if task.began { Fact::Freed { op } } else { Fact::LeftQueue { op } });
            if !host {
                let verdict = Answer::Failed(Reason::Crashed);
                env.send(task.from, &task.op, Body::Answer { call: task.call, verdict });
            }
            env.fact(Fact::Dropped { op, why: Some(Reason::Crashed) });
        }
        self.busy = self.tasks.iter().filter(|(_, task)| task.began).count() as u32;
        self.waiting.retain(|handle| self.tasks.get(*handle).is_some());
        self.locks.clear();
        self.store.relay.crash();
        self.resume(env);
    }

    /// It runs again, with what was durable.
    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.store.restart(env);
        self.resume(env);
    }

    /// A pause has ended: look for work.
    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while self.is_free(env) && self.begin_next(env) {}
    }

    /// Transactions at work or waiting.
    fn readings(&self, _model: &Model, now: Time, into: &mut Readings) {
        into.own(What::Waiting, self.waiting.len());
        let first = self.waiting.front().and_then(|task| self.tasks.get(*task));
        into.oldest(now, first.map(|task| task.arrived));
        into.own(What::Busy, self.busy as usize);
        into.own(What::Locks, self.locks.taken());
        into.own(What::Outbox, self.store.relay.unconfirmed());
    }

    fn weight(&self) -> usize {
        self.tasks.weight() + weight::deque(&self.waiting) + self.store.weight()
    }

    fn held(&self) -> usize {
        self.tasks.len()
    }

    /// The operation that a transaction is for, if it is not over.
    fn op(&self, due: Due) -> OpId {
        let Due::Committed(task) = due else { return OpId::NONE };
        self.tasks.get(task).map_or(OpId::NONE, |task| task.op.id)
    }

    /// Lets a transaction be fetched.
    fn prefetch(&self, due: Due) {
        if let Due::Committed(task) = due {
            self.tasks.prefetch(task, |task| &task.txn);
        }
    }
}

impl Database {
    fn arrive<P: Probe>(
        &mut self,
        op: &Op,
        from: InstanceId,
        call: Handle,
        (entry, reading): (EntryIx, Span),
        env: &mut Env<'_, '_, P>,
    ) {
        let Act::Transact(txn) = env.model.programs.entries[entry.0 as usize].act else {
            panic!("entry {} is no transaction", entry.0)
        };
        let arrived = env.now();
        let new = |began| Task { op: *op, from, call, txn, reading, arrived, began, claims: None };
        if !self.waiting.is_empty() || !self.is_free(env) {
            return self.queue(new(false), env);
        }
        let (task, place) = self.tasks.enter();
        *place = new(true);
        self.busy += 1;
        env.fact(began(op.id, Span::ZERO, false));
        if env.model.programs.transactions[txn.0 as usize].only_reads {
            work(reading, task, env);
        } else {
            self.claim(task, env);
        }
    }

    /// What cannot begin at once waits, if there is room.
    #[cold]
    fn queue<P: Probe>(&mut self, task: Task, env: &mut Env<'_, '_, P>) {
        let Task { from, call, .. } = task;
        let op = task.op.id;
        env.fact(Fact::Arrived { op });
        if self.waiting.len() < self.room {
            env.fact(Fact::Waits { op });
            let task = self.tasks.insert(task);
            return self.waiting.push_back(task);
        }
        let why = Reason::Rejected;
        env.fact(Fact::TurnedAway { op, why });
        env.send(from, &task.op, Body::Answer { call, verdict: Answer::Failed(why) });
        env.fact(Fact::Dropped { op, why: Some(why) });
    }

    fn is_free<P: Probe>(&self, env: &Env<'_, '_, P>) -> bool {
        self.busy < self.connections && !env.model.faults.is_paused(env.now(), env.me())
    }

    /// A free connection takes up what has waited longest, if anything waits.
    fn begin_next<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) -> bool {
        let next = self.waiting.pop_front();
        if let Some(task) = next {
            self.begin(task, env);
        }
        next.is_some()
    }

    #[inline(never)]
    fn begin<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.busy += 1;
        let task = self.tasks.get_mut(handle).expect("what waits is there");
        task.began = true;
        env.fact(began(task.op.id, env.now().since(task.arrived), true));
        if env.model.programs.transactions[task.txn.0 as usize].only_reads {
            return work(task.reading, handle, env);
        }
        self.claim(handle, env);
    }

    /// A transaction that may write has got its connection, and claims the locks it needs.
    #[inline(never)]
    fn claim<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("who claims locks is there");
        let txn = &env.model.programs.transactions[task.txn.0 as usize];
        if !txn.writes.is_empty() {
            let mut claims = self.spare.pop().unwrap_or_default();
            locks_of(txn, &task.op, env.model, &mut claims.locks);
            task.claims = Some(claims);
        }
        self.lock(handle, env);
    }

    /// Takes the locks that are still missing; with the last one the work begins.
    fn lock<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("who takes locks is there");
        if let Some(claims) = &mut task.claims {
            while let Some(lock) = claims.locks.get(claims.taken) {
                if !self.locks.take(*lock, handle) {
                    if let Some(timeout) = self.lock_timeout {
                        claims.gives_up = env.now() + timeout;
                        env.wait(timeout, Due::LockTimeout(handle));
                    }
                    return;
                }
                claims.taken += 1;
            }
        }
        work(service(task, &self.write, env), handle, env);
    }

    /// The time of a transaction is over: everything happens now. Says whether it was still there.
    #[expect(clippy::inline_always, reason = "called in one place, for every operation")]
    #[inline(always)]
    fn commit<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) -> bool {
        let Some(task) = self.tasks.get_mut(handle) else { return false };
        let model = env.model;
        let txn = &model.programs.transactions[task.txn.0 as usize];
        self.store.read(txn, &mut task.op, task.arrived, env);
        let verdict = if txn.only_reads {
            Answer::Done
        } else {
            self.store.change(txn, &mut task.op, model.node_of(task.from), env)
        };
        let (op, call) = (task.op.id, task.call);
        env.hand_on(task.from, &task.op, || Body::Answer { call, verdict });
        let claims = task.claims.take();
        self.tasks.discard(handle);
        self.store.relay.pump(env);
        if let Some(claims) = claims {
            self.unlock(claims, env);
        }
        self.busy -= 1;
        env.fact(Fact::Freed { op });
        if !self.waiting.is_empty() && self.is_free(env) {
            self.begin_next(env);
        }
        true
    }

    #[inline(never)]
    fn unlock<P: Probe>(&mut self, mut claims: Box<Claims>, env: &mut Env<'_, '_, P>) {
        for lock in claims.locks.drain(..) {
            if let Some(heir) = self.locks.release(lock) {
                let task = self.tasks.get_mut(heir).expect("who stands in line is there");
                task.claims.as_mut().expect("who stands in line claims").taken += 1;
                self.lock(heir, env);
            }
        }
        claims.taken = 0;
        self.spare.push(claims);
    }
}

/// A connection takes a transaction up, which came just now or was queued.
fn began(op: OpId, waited: Span, queued: bool) -> Fact {
    Fact::Began { op, waited, queued, arrives: !queued }
}

/// The work of a transaction begins: it will take so long, unless something is slow.
#[expect(clippy::inline_always, reason = "the timer is written once, where it will lie")]
#[inline(always)]
fn work<P: Probe>(span: Span, task: Handle, env: &mut Env<'_, '_, P>) {
    let slowness = env.model.faults.slowness(env.now(), env.me());
    let span = if slowness == 1.0 { span } else { Span::from_ns(span.0 as f64 * slowness) };
    env.complete_after(span, Due::Committed(task));
}

/// The items that the transaction writes, each once, in the order of locking.
fn locks_of(txn: &Txn, op: &Op, model: &Model, locks: &mut Vec<Lock>) {
    locks.extend(txn.writes.iter().map(|write| Lock {
        copy: write.part == Part::Copy,
        entity: write.entity,
        key: keys::item(model, write.key, write.entity, op),
    }));
    locks.sort_unstable();
    locks.dedup();
}

/// How long the transaction takes: a draw for each read and for each key written, or for the row
/// or record that is all it writes. Attempts draw anew; designs that do the same draw the same.
fn service<P: Probe>(task: &Task, write: &Dist, env: &Env<'_, '_, P>) -> Span {
    let txn = &env.model.programs.transactions[task.txn.0 as usize];
    let reads = txn.reads.len() as u64;
    let keys = task.claims.as_ref().map_or(0, |claims| claims.locks.len() as u64);
    let is_row = reads == 0 || txn.row.is_some() || !txn.outbox.is_empty();
    let writes = if is_row { keys.max(1) } else { keys };
    if writes == 0 {
        return task.reading;
    }
    let which = reads..reads + writes;
    task.reading + draws(write, txn.name, &task.op, which)
}
