//! The queue and the workers: how a task comes in, finds a worker, and gives it back. Knows nothing of
//! what the task does with it.

use std::hint::cold_path;

use super::Server;
use super::due::Due;
use super::task::{Origin, Task};
use crate::base::{Span, Time};
use crate::model::program::{Act, EntryIx, Pc};
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body, Cancellable, Item, Message, Op};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, OpId, Probe, Reason};

impl Server {
    /// A request, where it needs nothing but a worker to begin; as [`arrive`](Self::arrive) does
    /// where there is more to ask for.
    #[expect(clippy::inline_always, reason = "called in one place, for nearly every request")]
    #[inline(always)]
    pub(super) fn request<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let Message { ref op, from, body: Body::Request { call, entry, demand, .. } } = *message
        else {
            unreachable!("it was a request")
        };
        let now = env.now();
        let program = &env.model.programs.entries[entry.0 as usize];
        let Act::Run { start, .. } = program.act else { unreachable!("a server runs programs") };
        if program.keyed || now > op.deadline {
            cold_path();
            return self.receive_other(message, env);
        }
        let begins = self.free != 0;
        if begins {
            self.free -= 1;
            let waited = Span::ZERO;
            env.fact(Fact::Began { op: op.id, waited, queued: false, arrives: true });
        } else {
            env.fact(Fact::Arrived { op: op.id });
            env.fact(Fact::Waits { op: op.id });
        }
        debug_assert!(demand == Span::ZERO || env.model.programs.begins_with_work(start));
        let works = begins && demand > Span::ZERO;
        let pc = Pc(start.0 + u32::from(works));
        let (task, place) = self.tasks.enter();
        let new = Task::new(op, Origin::Call { from, call }, (entry, pc), now);
        *place = Task { has_worker: begins, demand, ..new };
        if works {
            env.fact(Fact::Works { op: op.id, work: demand });
            env.complete_after(demand, Due::Worked(task));
        } else if begins {
            self.run(task, env);
        } else {
            self.queue.push_back(task);
        }
    }

    /// Something to do has come, from a caller or a broker.
    #[inline(never)]
    pub(super) fn arrive<P: Probe>(
        &mut self,
        op: &Op,
        origin: Origin,
        entry: EntryIx,
        (cancel, demand): (Cancellable, Span),
        item: Item,
        env: &mut Env<'_, '_, P>,
    ) {
        let program = &env.model.programs.entries[entry.0 as usize];
        let Act::Run { start, .. } = program.act else { unreachable!("a server runs programs") };
        if program.keyed && self.joins_first(op, origin, entry, env) {
            return;
        }
        let is_cancellable = cancel != Cancellable::Never;
        if is_cancellable && self.was_cancelled(op, origin, env) {
            return;
        }
        if let Some(why) = self.turns_away(op, origin, env) {
            env.fact(Fact::Arrived { op: op.id });
            env.fact(Fact::TurnedAway { op: op.id, why });
            if let Origin::Call { from, call } = origin {
                env.send(from, op, Body::Answer { call, verdict: Answer::Failed(why) });
            }
            env.fact(Fact::Dropped { op: op.id, why: Some(why) });
            return;
        }
        let has_worker = self.takes_worker(op, env);
        let now = env.now();
        let (task, place) = self.tasks.enter();
        let new = Task::new(op, origin, (entry, start), now);
        *place = Task { has_worker, is_cancellable, demand, ..new };
        if matches!(origin, Origin::Delivery { .. }) {
            self.delivered(task, program.sees_item.then_some(item), env);
        }
        if program.keyed {
            self.attempts.begin(op.id, entry, task);
        }
        if is_cancellable {
            self.remember(task, origin, cancel);
        }
        if has_worker {
            if is_cancellable {
                self.cancel_other(task, env);
            }
            self.begin(task, env);
        } else if self.dispatch.is_some() {
            self.queue_in_turn(task, true, env);
        } else {
            self.queue.push_back(task);
        }
    }

    /// A new task is for what a broker delivered. A deadline is about the answer; what was accepted
    /// is done however late it is.
    #[cold]
    pub(super) fn delivered<P: Probe>(
        &mut self,
        task: Handle,
        sees: Option<Item>,
        env: &mut Env<'_, '_, P>,
    ) {
        self.takes_in_hand(task, env);
        let task = self.tasks.get_mut(task).expect("it was just made");
        task.op.deadline = Time::NEVER;
        if let Some(item) = sees {
            (task.op.named, task.op.seen) = (item.key, item.seen);
        }
    }

    /// Why a message is not taken in, if it is not.
    pub(super) fn turns_away<P: Probe>(
        &mut self,
        op: &Op,
        origin: Origin,
        env: &Env<'_, '_, P>,
    ) -> Option<Reason> {
        if !matches!(origin, Origin::Call { .. }) {
            return None;
        }
        if env.now() > op.deadline {
            return Some(Reason::Expired);
        }
        if self.limit.as_mut().is_some_and(|limit| !limit.take(env.now())) {
            return Some(Reason::RateLimited);
        }
        if self.dispatch.is_some() {
            return self.is_full_in_turn(op.flow, env).then_some(Reason::Rejected);
        }
        // Nobody is taken up during a pause, however many workers are free.
        let is_full = self.room.is_some_and(|room| self.queue.len() >= room as usize)
            && (self.free == 0 || env.model.faults.is_paused(env.now(), env.me()));
        is_full.then_some(Reason::Rejected)
    }

    #[inline]
    pub(super) fn start_or_queue<P: Probe>(&mut self, task: Handle, env: &mut Env<'_, '_, P>) {
        if self.finds_worker(task, env) {
            self.run(task, env);
        }
    }

    /// Gives the task a worker, or a place in the queue.
    #[inline(never)]
    pub(super) fn finds_worker<P: Probe>(
        &mut self,
        handle: Handle,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let op = self.tasks.get(handle).expect("it wants a worker").op;
        let has_worker = self.takes_worker(&op, env);
        let task = self.tasks.get_mut(handle).expect("it wants a worker");
        task.has_worker = has_worker;
        if !has_worker {
            task.queued = env.now();
            if self.dispatch.is_some() {
                self.queue_in_turn(handle, false, env);
            } else {
                self.queue.push_back(handle);
            }
        }
        has_worker
    }

    /// Takes a worker if one is free; otherwise what wants it has to wait.
    #[expect(clippy::inline_always, reason = "called in two places, for every task")]
    #[inline(always)]
    pub(super) fn takes_worker<P: Probe>(&mut self, op: &Op, env: &mut Env<'_, '_, P>) -> bool {
        if self.dispatch.is_some() {
            return self.takes_worker_in_turn((op.id, op.flow), env);
        }
        let op = op.id;
        let is_free = self.free != 0 && !env.model.faults.is_paused(env.now(), env.me());
        if is_free {
            self.free -= 1;
            let waited = Span::ZERO;
            env.fact(Fact::Began { op, waited, queued: false, arrives: true });
        } else {
            env.fact(Fact::Arrived { op });
            env.fact(Fact::Waits { op });
        }
        is_free
    }

    /// The task gives its worker back, if it has one.
    #[inline(never)]
    pub(super) fn release_worker<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let Some(task) = self.tasks.get_mut(handle) else { return };
        if std::mem::take(&mut task.has_worker) {
            let op = task.op.id;
            self.free_worker(op, env);
        }
    }

    /// The worker of this operation is free again, and takes up what waits.
    #[expect(clippy::inline_always, reason = "two calls of three, for every task")]
    #[inline(always)]
    pub(super) fn free_worker<P: Probe>(&mut self, op: OpId, env: &mut Env<'_, '_, P>) {
        if self.dispatch.is_some() {
            cold_path();
            return self.free_worker_in_turn(op, env);
        }
        self.free += 1;
        env.fact(Fact::Freed { op });
        if !self.queue.is_empty() {
            self.take_up(env);
        }
    }

    #[inline(never)]
    pub(super) fn take_up<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while self.free != 0 && !self.queue.is_empty() {
            if env.model.faults.is_paused(env.now(), env.me()) {
                return;
            }
            let handle = self.queue.pop_front().expect("something waits");
            let Some(task) = self.tasks.get_mut(handle) else {
                continue;
            };
            let waited = env.now().since(task.queued);
            self.free -= 1;
            task.has_worker = true;
            let is_cancellable = task.is_cancellable;
            env.fact(Fact::Began { op: task.op.id, waited, queued: true, arrives: false });
            if is_cancellable {
                self.cancel_other(handle, env);
            }
            self.begin(handle, env);
        }
    }
}
