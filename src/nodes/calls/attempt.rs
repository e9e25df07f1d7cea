//! A try of a call: an instance is chosen, the request is sent, and the call is kept until something
//! comes of it. Most calls take the short way, [`Calls::attempt`]; those under a policy with more
//! than a timeout and retries take [`Calls::attempt_specially`], which asks the guards first and may
//! send a second copy.

use std::hint::cold_path;

use super::call::{Call, Try, What, demand_of, node_of, start_of};
use super::due::Due;
use super::guards::Guarded;
use super::timeouts::Links;
use super::{Calls, Ended};
use crate::base::{Span, Time};
use crate::model::program::{EntryIx, PubIx};
use crate::nodes::broker::{Cause, Frame};
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body, Cancellable, Item, Op};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::PolicyIx;

impl Calls {
    /// Makes a call of an entry.
    #[expect(clippy::inline_always, reason = "most of it is known at the call site")]
    #[inline(always)]
    pub fn start<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        entry: EntryIx,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: Handle,
    ) {
        self.attempt(env, What::Entry(entry), op, policy, waiter, Try::FIRST);
    }

    /// Publishes something that is about no item, made of this delivery, and waits for the confirm.
    pub fn publish<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (publication, cause): (PubIx, Cause),
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: Handle,
    ) {
        self.attempt(env, What::Publication(publication, cause), op, policy, waiter, Try::FIRST);
    }

    #[expect(clippy::inline_always, reason = "most of it is known at the call site")]
    #[inline(always)]
    pub(super) fn attempt<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        what: What,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: Handle,
        attempt: Try,
    ) {
        let mut timeout = None;
        if let Some(policy) = policy {
            let state = &self.policies[policy.0 as usize];
            if state.is_special {
                return self.attempt_specially(env, what, op, policy, waiter, attempt);
            }
            timeout = state.timeout;
        }
        let (start, counts) = (start_of(env.model, what), self.targets.counts());
        let to = match start.and_then(|start| start.only) {
            Some(only) if !counts => only,
            _ => {
                let Some(target) = self.targets.found(node_of(env.model, what)) else {
                    return self.attempt_elsewhere(env, what, op, policy, waiter, attempt);
                };
                let to =
                    attempt.again_at.unwrap_or_else(|| target.pick(env.now(), &mut self.chance));
                if counts {
                    cold_path();
                    if target.has_nobody() {
                        return self.finds_nobody(env, what, op, policy, waiter);
                    }
                    target.count(to, 1);
                }
                to
            }
        };
        let Try { attempt, pause_us, .. } = attempt;
        let demand = demand_of(start, op);
        let call = Call { what, policy, to, attempt, pause_us, waiter, ..Call::NOBODYS };
        let (call, timer) = self.enter(call, timeout, env.now());
        env.send_to(to, op, || match what {
            What::Entry(entry) => Body::Request { call, entry, cancel: Cancellable::Never, demand },
            What::Publication(publication, cause) => {
                Frame::Publish { call, publication, item: Item::NONE, cause }.into()
            }
        });
        if let Some(policy) = timer {
            self.wait(env, policy);
        }
    }

    /// The same to a node that is not found at once.
    #[cold]
    #[inline(never)]
    fn attempt_elsewhere<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        what: What,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: Handle,
        attempt: Try,
    ) {
        self.targets.of(env.model, node_of(env.model, what));
        self.attempt(env, what, op, policy, waiter, attempt);
    }

    /// The same under a policy that has more than a timeout and retries.
    #[cold]
    #[inline(never)]
    fn attempt_specially<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        what: What,
        op: &Op,
        policy: PolicyIx,
        waiter: Handle,
        attempt: Try,
    ) {
        let Try { attempt, pause_us, again_at } = attempt;
        let state = &mut self.policies[policy.0 as usize];
        if let Some(budget) = state.budget.as_mut().filter(|_| attempt == 0) {
            budget.deposit();
        }
        let timeout = state.timeout;
        let node = node_of(env.model, what);
        if self.targets.of(env.model, node).has_nobody() {
            return self.finds_nobody(env, what, op, Some(policy), waiter);
        }
        let guarded = Guarded { policy, node };
        let stopped = self.guards.begin(env.model, env.now(), guarded, &mut self.chance);
        let avoided = self.avoided(env.model, env.now(), guarded, waiter);
        let target = self.targets.of(env.model, node);
        let to = match (again_at, stopped) {
            (Some(to), _) => to,
            (None, None) => target.pick_but_for(&avoided, env.now(), &mut self.chance),
            (None, Some(_)) => env.me(),
        };
        let call = Call {
            what,
            policy: Some(policy),
            to,
            attempt,
            pause_us,
            is_special: true,
            waiter,
            ..Call::NOBODYS
        };
        let timeout = timeout.filter(|_| stopped.is_none());
        let (call, timer) = self.enter(call, timeout, env.now());
        self.late.go_on(waiter, call);
        if let Some(why) = stopped {
            env.fact(Fact::AttemptFailed { op: op.id, to: node, why });
            return env.wait(Span::ZERO, Due::Stopped { why, call });
        }
        if self.targets.counts() {
            self.targets.of(env.model, node).count(to, 1);
        }
        let demand = demand_of(start_of(env.model, what), op);
        let body = match what {
            What::Entry(entry) => {
                let cancel = self.hedge_later(env, to, policy, call);
                Body::Request { call, entry, cancel, demand }
            }
            What::Publication(publication, cause) => {
                Frame::Publish { call, publication, item: Item::NONE, cause }.into()
            }
        };
        env.send(to, op, body);
        if let Some(policy) = timer {
            self.wait(env, policy);
        }
    }

    /// No registry knows of an instance: the call is not even made.
    #[cold]
    #[inline(never)]
    fn finds_nobody<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        what: What,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: Handle,
    ) {
        let (to, why) = (env.me(), Reason::NoInstance);
        let call = Call { what, policy, to, waiter, ..Call::NOBODYS };
        let call = self.calls.insert(call);
        env.fact(Fact::AttemptFailed { op: op.id, to: node_of(env.model, what), why });
        env.wait(Span::ZERO, Due::Stopped { why, call });
    }

    /// A call was not let through by a guard, or found nobody. That is final.
    pub(super) fn stopped(&mut self, handle: Handle, why: Reason) -> Option<Ended> {
        let call = self.calls.remove(handle)?;
        self.is_over(call.waiter);
        Some(Ended { waiter: call.waiter, answer: Answer::Failed(why) })
    }

    /// Takes a call in that is made now. If it may time out, it is the last in its line. Says whether
    /// the timer of that is to be set for it.
    #[expect(clippy::inline_always, reason = "called in two places, for every call")]
    #[inline(always)]
    fn enter(
        &mut self,
        call: Call,
        timeout: Option<Span>,
        now: Time,
    ) -> (Handle, Option<PolicyIx>) {
        let (handle, _) = self.calls.enter();
        let (mut links, mut timer) = (Links::NOWHERE, None);
        if let (Some(policy), Some(timeout)) = (call.policy, timeout) {
            let needs_timer;
            (links, needs_timer) = self.calls.join(policy, handle, now, now + timeout);
            timer = needs_timer.then_some(policy);
        }
        *self.calls.at_mut(handle.slot()) = Call { links, ..call };
        (handle, timer)
    }
}
