//! Calling off: a message says that nobody waits for an answer any more. What still waits for a
//! worker is dropped; what has begun goes on, unless the message says that it is to stop and it is
//! still at the work that it began with: then its worker is free again at once. What has gone
//! further may have told others, and is carried to its end. Nobody is answered.
//!
//! A call-off can overtake its request: it comes from the instance that has begun the other copy
//! (Dean and Barroso, "The Tail at Scale", 2013), over another link. So the last ones that found
//! nothing are remembered, and what they are about is dropped when it comes.

use std::collections::VecDeque;

use super::Server;
use super::task::Origin;
use crate::base::Table;
use crate::engine::InstanceId;
use crate::model::program::{Act, Instr, Pc};
use crate::nodes::env::Env;
use crate::nodes::message::{Body, Cancellable, Op};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe};

/// So many call-offs that found nothing are remembered.
const EARLY: usize = 64;

/// A call, as its caller names it.
type CallName = (InstanceId, Handle);

/// What may be called off here.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancels {
    tasks: Table<CallName, Handle>,
    /// Of each of these tasks: the call's name, and what it may be.
    calls: Table<Handle, (CallName, Cancellable)>,
    /// Called off before they came, oldest first.
    early: VecDeque<CallName>,
}

impl Cancels {
    /// The task has ended.
    pub(super) fn end(&mut self, task: Handle) {
        if let Some((name, _)) = self.calls.swap_remove(&task)
            && self.tasks.get(&name) == Some(&task)
        {
            self.tasks.swap_remove(&name);
        }
    }

    /// A crash.
    pub(super) fn forget(&mut self) {
        self.tasks.clear();
        self.calls.clear();
        self.early.clear();
    }
}

impl Server {
    /// Was this request called off before it came?
    #[cold]
    pub(super) fn was_cancelled<P: Probe>(
        &mut self,
        op: &Op,
        origin: Origin,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let Origin::Call { from, call } = origin else { return false };
        let early = &mut self.cancels.early;
        let Some(place) = early.iter().position(|name| *name == (from, call)) else { return false };
        early.remove(place);
        env.fact(Fact::Dropped { op: op.id, why: None });
        true
    }

    /// This task may be called off.
    #[cold]
    pub(super) fn remember(&mut self, task: Handle, origin: Origin, cancel: Cancellable) {
        let Origin::Call { from, call } = origin else { return };
        self.cancels.tasks.insert((from, call), task);
        self.cancels.calls.insert(task, ((from, call), cancel));
    }

    /// This task begins: if another instance has a copy of it, that one need not.
    #[cold]
    pub(super) fn cancel_other<P: Probe>(&mut self, task: Handle, env: &mut Env<'_, '_, P>) {
        let Some(&((caller, call), Cancellable::Tied { with, stops })) =
            self.cancels.calls.get(&task)
        else {
            return;
        };
        let op = self.tasks.get(task).expect("it begins").op;
        env.send(with, &op, Body::Cancel { caller, call, running: stops });
    }

    /// A request is called off.
    #[cold]
    pub(super) fn cancel<P: Probe>(
        &mut self,
        op: &Op,
        name: CallName,
        (running, may_overtake): (bool, bool),
        env: &mut Env<'_, '_, P>,
    ) {
        if let Some(&task) = self.cancels.tasks.get(&name) {
            self.stop(task, name, running, env);
        } else if may_overtake {
            if self.cancels.early.len() == EARLY {
                self.cancels.early.pop_front();
            }
            self.cancels.early.push_back(name);
        }
        env.fact(Fact::Dropped { op: op.id, why: None });
    }

    fn stop<P: Probe>(
        &mut self,
        handle: Handle,
        (from, call): CallName,
        running: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get(handle).expect("what may be called off is there");
        let (op, entry) = (task.op.id, task.entry);
        let Act::Run { start, .. } = env.model.programs.entries[entry.0 as usize].act else {
            unreachable!("a server runs programs")
        };
        let begins_with_work =
            matches!(env.model.programs.code[start.0 as usize], Instr::Work { .. });
        let has_begun = begins_with_work && task.pc == Pc(start.0 + 1);
        let is_called_off = task.pc == start && !task.has_worker || running && has_begun;
        // A later attempt with the same key may have joined this one.
        if task.origin != (Origin::Call { from, call }) || !is_called_off {
            return;
        }
        if !task.has_worker {
            // It may also wait for something else than a worker.
            if !self.leaves_queue(handle) {
                return;
            }
            env.fact(Fact::LeftQueue { op });
        } else if self.dispatch.is_some() {
            self.stop_in_turn(handle, env);
        } else {
            self.release_worker(handle, env);
        }
        self.cancels.end(handle);
        self.attempts.end(op, entry);
        self.tasks.discard(handle);
        env.fact(Fact::Dropped { op, why: None });
    }
    fn leaves_queue(&mut self, handle: Handle) -> bool {
        if self.dispatch.is_some() {
            return self.leave_in_turn(handle);
        }
        let place = self.queue.iter().position(|waiting| *waiting == handle);
        place.is_some_and(|place| self.queue.remove(place).is_some())
    }
}
