//! Works whose end is not settled when they begin: served by amounts, interrupted, or standing still.

use super::super::Server;
use super::Order;
use crate::base::Span;
use crate::nodes::env::Env;
use crate::nodes::parts::in_service::{Amount, InService};
use crate::nodes::parts::slab::Handle;
use crate::nodes::parts::wait_queue::Turn;
use crate::nodes::server::due::Due;
use crate::probes::Probe;

impl Server {
    /// The task works for so long, at whatever speed.
    #[inline(never)]
    pub(in crate::nodes::server) fn work_in_turn<P: Probe>(
        &mut self,
        handle: Handle,
        demand: Span,
        env: &mut Env<'_, '_, P>,
    ) {
        let flow = self.tasks.get(handle).expect("it works").op.flow;
        let dispatch = self.dispatch();
        if dispatch.in_service.is_none() {
            return env.complete_after(demand, Due::Worked(handle));
        }
        let turn = dispatch.turn(flow);
        // It kept its worker while it waited for others, and a better class waits for workers.
        let is_outranked = dispatch.order == Order::Preemptive
            && dispatch.waiting.first().is_some_and(|first| first.class < turn.class)
            && !env.model.faults.is_paused(env.now(), env.me());
        if is_outranked {
            self.put_aside(handle, turn, demand.into(), env);
            return self.take_up_in_turn(env);
        }
        self.serve(handle, turn, demand.into(), env);
    }

    pub(super) fn serve<P: Probe>(
        &mut self,
        task: Handle,
        turn: Turn,
        left: Amount,
        env: &mut Env<'_, '_, P>,
    ) {
        let in_service = self
            .dispatch()
            .in_service
            .as_mut()
            .expect("whose work has an amount serves it by amounts");
        in_service.advance(env.now());
        in_service.add(task, turn, left);
        self.set_alarm(env);
    }

    /// Works in service are done.
    #[inline(never)]
    pub(in crate::nodes::server) fn work_done<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.dispatch().ends = true;
        self.dispatch().due = None;
        while let Some(in_service) = &mut self.dispatch().in_service {
            in_service.advance(env.now());
            let Some(task) = in_service.take_done() else { break };
            if !self.is_over(task) {
                self.run(task, env);
            }
        }
        self.dispatch().ends = false;
        self.set_alarm(env);
    }

    /// Work stands still from now on, or goes on. Where it did already, nothing is to be done: a fault
    /// that a change has ended or taken away comes to an edge that means nothing any more, and to look
    /// at shared work in between would round it twice.
    pub(in crate::nodes::server) fn stand_still<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let is_frozen = env.model.faults.is_frozen(env.now(), env.me());
        let in_service =
            self.dispatch().in_service.as_mut().expect("whoever freezes serves by amounts");
        if in_service.is_frozen() == is_frozen {
            return;
        }
        in_service.advance(env.now());
        in_service.freeze(is_frozen);
        self.set_alarm(env);
    }

    /// A task that works is called off: somebody else can have its worker.
    pub(in crate::nodes::server) fn stop_in_turn<P: Probe>(
        &mut self,
        task: Handle,
        env: &mut Env<'_, '_, P>,
    ) {
        if let Some(in_service) = &mut self.dispatch().in_service {
            in_service.advance(env.now());
            in_service.remove(task);
        }
        self.release_worker(task, env);
        if self.dispatch().in_service.is_some() {
            self.set_alarm(env);
        }
    }

    /// Foresees the end of the next work, if that has changed.
    pub(super) fn set_alarm<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let dispatch = self.dispatch();
        if dispatch.ends {
            return;
        }
        let next = dispatch.in_service.as_ref().and_then(InService::next);
        let due = next.map(|span| env.now() + span);
        if due == dispatch.due {
            return;
        }
        dispatch.due = due;
        dispatch.foreseen = dispatch.foreseen.wrapping_add(1);
        if let Some(span) = next {
            env.complete_after(span, Due::Served(dispatch.foreseen));
        }
    }
}
