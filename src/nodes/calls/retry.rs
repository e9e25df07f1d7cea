//! What a caller does when a try has failed or was not answered in time: it tries again after a
//! pause, as its policy says, or gives the call up.

use super::backoff::pause;
use super::call::{Call, Try, TryEnd, is_keyed, name_of, node_of};
use super::due::Due;
use super::guards::Guarded;
use super::timeouts::Links;
use super::{Calls, Ended, Waiters};
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::nodes::env::Env;
use crate::nodes::message::Answer;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::PolicyIx;

impl Calls {
    /// No answer came in time.
    pub(super) fn timed_out<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        waiters: &impl Waiters,
    ) -> Option<Ended> {
        if let Some(call) = self.calls.get_mut(handle) {
            call.stays = is_keyed(env.model, call.what);
        }
        self.failed(env, handle, None, Reason::Timeout, waiters)
    }

    #[cold]
    pub(super) fn failed<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        from: Option<InstanceId>,
        reason: Reason,
        waiters: &impl Waiters,
    ) -> Option<Ended> {
        if from.is_some_and(|from| self.waits_for_other(env.model, handle, from, reason)) {
            return None;
        }
        let mut call = self.calls.remove(handle)?;
        let op = waiters.header(call.waiter);
        if call.is_special {
            self.end_specially(env, handle, &call, TryEnd { from, why: Some(reason) }, &op);
        }
        self.settle(env.model, call.to, call.links);
        if matches!(reason, Reason::Crashed | Reason::Timeout)
            && let Some(target) = self.targets.known(env.model.node_of(call.to))
        {
            target.disconnect(call.to);
        }
        let to = env.model.node_of(call.to);
        env.fact(Fact::AttemptFailed { op: op.id, to, why: reason });
        call.attempt = call.attempt.saturating_add(1);
        let Some(pause) = self.pause_before_retry(env, &call, op.deadline, reason) else {
            self.is_over(call.waiter);
            return Some(Ended { waiter: call.waiter, answer: Answer::Failed(reason) });
        };
        if let Some(policy) = call.policy.filter(|_| call.is_special) {
            let guarded = Guarded { policy, node: node_of(env.model, call.what) };
            self.has_tried(env.model, guarded, call.waiter, call.to);
        }
        env.fact(Fact::Retried { op: op.id, to, attempt: u32::from(call.attempt) });
        call.pause_us = u32::try_from(pause.0 / 1_000).unwrap_or(u32::MAX);
        call.links = Links::NOWHERE;
        let paused = self.calls.insert(call);
        if reason == Reason::Timeout && takes_late_answers(env.model, call.policy) {
            self.late.give_up(handle, call.waiter, paused);
        }
        env.wait(pause, Due::Retry(paused));
        None
    }

    /// How long to wait before the next try; `None` if there is none.
    fn pause_before_retry<P: Probe>(
        &mut self,
        env: &Env<'_, '_, P>,
        call: &Call,
        deadline: Time,
        reason: Reason,
    ) -> Option<Span> {
        let ix = call.policy?;
        let policy = &env.model.scenario.policies[ix.0 as usize];
        if matches!(reason, Reason::Expired | Reason::TakenBack)
            || u32::from(call.attempt) >= policy.tries
            || env.now() >= deadline
        {
            return None;
        }
        if let Some(budget) = &mut self.policies[ix.0 as usize].budget
            && !budget.withdraw()
        {
            return None;
        }
        let last = Span(u64::from(call.pause_us) * 1_000);
        Some(pause(&policy.backoff, u32::from(call.attempt), last, &mut self.chance))
    }

    /// The pause is over: tries again.
    pub(super) fn retry<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        waiters: &impl Waiters,
    ) {
        if let Some(call) = self.calls.remove(handle) {
            let Call { what, policy, waiter, attempt, pause_us, to, stays, .. } = call;
            let name = name_of(env.model, what);
            let op = waiters.header(waiter).again(name, u64::from(attempt));
            let stays = stays && self.targets.of(env.model, node_of(env.model, what)).has(to);
            let attempt = Try { attempt, pause_us, again_at: stays.then_some(to) };
            self.attempt(env, what, &op, policy, waiter, attempt);
        }
    }

    /// Is there nothing to be tried again?
    pub(super) fn is_gone(&self, handle: Handle) -> bool {
        self.calls.get(handle).is_none()
    }
}

fn takes_late_answers(model: &Model, policy: Option<PolicyIx>) -> bool {
    policy.is_some_and(|policy| model.scenario.policies[policy.0 as usize].late_answers)
}
