//! The caller's side of calls and publications: choose an instance, send, wait, give up, try again.
//! A caller knows its own outstanding calls and nothing else about the other side. What only some
//! policies do is in files of its own, behind one flag: guards (breaker, throttle, bulkhead), second
//! copies, cancellation.

pub mod backoff;
mod balance;
mod breaker;
mod guards;
mod hedge;
mod late;
mod line;
mod list;
mod targets;
mod throttle;

use std::hint::cold_path;

use self::backoff::pause;
use self::guards::{Guards, has_guards};
use self::hedge::Copies;
use self::late::Late;
use self::line::Place;
use self::targets::Targets;
use super::demand;
use super::env::Env;
use super::message::{Answer, Body, Cancellable, Item, Op, Timer};
use super::parts::slab::{Handle, Slab};
use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::program::{EntryIx, PubIx};
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Cancel, Policy, PolicyIx};

/// What is asked of the other side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// Run this entry.
    Entry(EntryIx),
    /// Pass on what the waiter is about, and confirm.
    Publication(PubIx),
}

/// Who waits for calls: it keeps what they were made with.
pub trait Waiters {
    /// The header of what waits.
    fn header(&self, waiter: Handle) -> Op;
}

/// One call, from the first try to the last. Each try has a handle of its own, so that a late
/// answer to an earlier one finds nothing.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    what: What,
    policy: Option<PolicyIx>,
    to: InstanceId,
    attempt: u8,
    /// The pause before this try, in microseconds.
    pause_us: u32,
    /// Does the next try go where this one went? With an idempotency key, what was not answered
    /// may still run there, and only there is it known to.
    stays: bool,
    /// Is there more to do at its end than to tell the waiter? See [`Terms::is_special`].
    is_special: bool,
    waiter: Handle,
    /// Where it stands among those that may time out.
    place: Place,
}

const _: () = assert!(Slab::<Call>::SLOT == 64, "one look at memory for each call");

/// Nobody's.
impl Default for Call {
    fn default() -> Self {
        Self {
            what: What::Entry(EntryIx::default()),
            policy: None,
            to: InstanceId::default(),
            attempt: 0,
            pause_us: 0,
            stays: false,
            is_special: false,
            waiter: Handle::NONE,
            place: Place::default(),
        }
    }
}

/// Which try of a call is made, and how it differs from the first.
#[derive(Clone, Copy, Debug)]
struct Try {
    /// How many there were before it.
    attempt: u8,
    /// The pause before it, in microseconds.
    pause_us: u32,
    /// Where it has to go.
    again_at: Option<InstanceId>,
}

impl Try {
    const FIRST: Self = Self { attempt: 0, pause_us: 0, again_at: None };
}

/// What became of a call.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Who waits for it.
    pub waiter: Handle,
    /// The answer, or the last try's failure.
    pub answer: Answer,
}

/// All calls of one instance.
#[derive(Clone, Debug)]
pub struct Calls {
    #[expect(clippy::struct_field_names, reason = "they are what the type is about")]
    calls: Slab<Call>,
    targets: Targets,
    /// Per policy: what holds for its calls.
    terms: Vec<Terms>,
    guards: Guards,
    copies: Copies,
    late: Late,
    /// Balancing and jitter.
    chance: Stream,
}

/// What holds for the calls of one policy. One timer for all of them is enough: it is due no later
/// than the first in line, and set anew, for the first that is still not answered, only when it
/// fires.
#[derive(Clone, Debug)]
struct Terms {
    timeout: Option<Span>,
    /// What each call adds to the budget of retries, in thousandths of a retry; no limit if none.
    share: Option<u64>,
    /// What is left of it.
    budget: u64,
    /// Does the policy have a budget, guards, second copies or cancellation?
    is_special: bool,
}

/// A retry budget saves up at most this many retries (ten, as Finagle's `RetryBudget` does for a
/// client of low rate).
const BUDGET_CAP: u64 = 10_000;

impl Calls {
    /// No calls yet.
    pub fn new(model: &Model, me: InstanceId) -> Self {
        let instance = model.instances[me.0 as usize];
        let name = &model.scenario.nodes[instance.node.0 as usize].name;
        let terms = |policy: &Policy| Terms {
            timeout: policy.timeout,
            share: policy.budget.map(|share| (share * 1000.0) as u64),
            budget: BUDGET_CAP,
            is_special: is_special(policy),
        };
        Self {
            calls: Slab::with_lines(model.scenario.policies.len()),
            targets: Targets::new(model, instance.node, instance.index),
            terms: model.scenario.policies.iter().map(terms).collect(),
            guards: Guards::default(),
            copies: Copies::default(),
            late: Late::default(),
            chance: Stream::new(model.seed, "calls", name, instance.index),
        }
    }

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

    /// Publishes something that is about no item, and waits for the confirm.
    pub fn publish<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        publication: PubIx,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: Handle,
    ) {
        self.attempt(env, What::Publication(publication), op, policy, waiter, Try::FIRST);
    }

    #[expect(clippy::inline_always, reason = "most of it is known at the call site")]
    #[inline(always)]
    fn attempt<P: Probe>(
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
            let terms = &self.terms[policy.0 as usize];
            if terms.is_special {
                return self.attempt_specially(env, what, op, policy, waiter, attempt);
            }
            timeout = terms.timeout;
        }
        let Try { attempt, pause_us, again_at } = attempt;
        let (node, demand) = asked(env.model, what, op, attempt);
        let to = again_at.unwrap_or_else(|| self.pick(env.model, node));
        if self.targets.counts() {
            cold_path();
            let target = self.targets.of(env.model, node);
            if target.has_nobody() {
                return self.finds_nobody(env, what, op, policy, waiter);
            }
            target.count(to, 1);
        }
        let call = Call {
            what,
            policy,
            to,
            attempt,
            pause_us,
            stays: false,
            is_special: false,
            waiter,
            place: Place::default(),
        };
        let (call, timer) = self.enter(call, timeout, env.now());
        env.send_to(to, node, op, || match what {
            What::Entry(entry) => {
                Body::Request { call, entry, attempt, cancel: Cancellable::Never, demand }
            }
            What::Publication(publication) => Body::Publish { call, publication, item: Item::NONE },
        });
        if let Some(policy) = timer {
            self.wait(env, policy);
        }
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
        let terms = &mut self.terms[policy.0 as usize];
        if let Some(share) = terms.share.filter(|_| attempt == 0) {
            terms.budget = (terms.budget + share).min(BUDGET_CAP);
        }
        let timeout = terms.timeout;
        let node = node_of(env.model, what);
        if self.targets.of(env.model, node).has_nobody() {
            return self.finds_nobody(env, what, op, Some(policy), waiter);
        }
        let stopped = self.guards.begin(env.model, env.now(), (policy, node), &mut self.chance);
        let to = match (again_at, stopped) {
            (Some(to), _) => to,
            (None, None) => self.pick(env.model, node),
            (None, Some(_)) => env.me(),
        };
        let call = Call {
            what,
            policy: Some(policy),
            to,
            attempt,
            pause_us,
            stays: false,
            is_special: true,
            waiter,
            place: Place::default(),
        };
        let timeout = timeout.filter(|_| stopped.is_none());
        let (call, timer) = self.enter(call, timeout, env.now());
        self.late.go_on(waiter, call);
        if let Some(why) = stopped {
            env.fact(Fact::AttemptFailed { op: op.id, to: node, why });
            return env.wait(Span::ZERO, Timer::Stopped(why, call));
        }
        if self.targets.counts() {
            self.targets.of(env.model, node).count(to, 1);
        }
        let (_, demand) = asked(env.model, what, op, attempt);
        let body = match what {
            What::Entry(entry) => {
                let cancel = self.hedge_later(env, (node, to), (policy, call));
                Body::Request { call, entry, attempt, cancel, demand }
            }
            What::Publication(publication) => Body::Publish { call, publication, item: Item::NONE },
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
        let call = Call {
            what,
            policy,
            to,
            attempt: 0,
            pause_us: 0,
            stays: false,
            is_special: false,
            waiter,
            place: Place::default(),
        };
        let call = self.calls.insert(call);
        env.fact(Fact::AttemptFailed { op: op.id, to: node_of(env.model, what), why });
        env.wait(Span::ZERO, Timer::Stopped(why, call));
    }

    /// A registry says who was there at that instant, of 64 instances from `first` on.
    #[cold]
    pub fn learn<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (first, bits): (InstanceId, u64),
        at: Time,
    ) {
        let Some(target) = self.targets.known(env.model.node_of(first)) else { return };
        target.learn(first, bits, at, |instance, is_listed| {
            env.fact(Fact::Listed { instance, is_listed });
        });
    }

    /// A call was not let through by a guard, or found nobody. That is final.
    pub fn stopped(&mut self, handle: Handle, why: Reason) -> Option<Ended> {
        let call = self.calls.remove(handle)?;
        self.late.end(call.waiter);
        Some(Ended { waiter: call.waiter, answer: Answer::Failed(why) })
    }

    /// A try under a policy with more than a timeout and retries has ended, by an answer `from`
    /// there or without one.
    #[cold]
    #[inline(never)]
    fn end_specially<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (handle, call): (Handle, &Call),
        (from, failed): (Option<InstanceId>, bool),
        op: &Op,
    ) {
        let policy = call.policy.expect("what is special has a policy");
        self.guards.end(env.now(), (policy, node_of(env.model, call.what)), failed);
        self.call_off(env, (handle, call), (from, failed), op);
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
        let (mut place, mut timer) = (Place::default(), None);
        if let (Some(policy), Some(timeout)) = (call.policy, timeout) {
            let needs_timer;
            (place, needs_timer) = self.calls.join(policy, handle, now, now + timeout);
            timer = needs_timer.then_some(policy);
        }
        *self.calls.at_mut(handle.slot()) = Call { place, ..call };
        (handle, timer)
    }

    /// Sets the timer of a line.
    #[cold]
    #[inline(never)]
    fn wait<P: Probe>(&self, env: &mut Env<'_, '_, P>, policy: PolicyIx) {
        env.wait(self.calls.timer(policy).since(env.now()), Timer::Timeout(policy));
    }

    /// A timer is due: the first call of its line that has waited long enough, if there is one.
    /// Otherwise the timer is set for the next. To be asked until it says `None`.
    pub fn overdue<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        policy: PolicyIx,
    ) -> Option<Handle> {
        let (due, first) = self.calls.first(policy)?;
        if due <= env.now() {
            return Some(first);
        }
        if self.calls.timer(policy) <= env.now() {
            self.calls.set_timer(policy, due);
            self.wait(env, policy);
        }
        None
    }

    /// Which instance of a node is called.
    #[inline]
    fn pick(&mut self, model: &Model, node: NodeIx) -> InstanceId {
        self.targets.of(model, node).pick(&mut self.chance)
    }

    /// An answer came. `None` if nobody waits for it (any more), or if the call is tried again.
    #[expect(clippy::inline_always, reason = "called in few places, for every answer")]
    #[inline(always)]
    pub fn answered<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (handle, from): (Handle, InstanceId),
        answer: Answer,
        waiters: &impl Waiters,
    ) -> Option<Ended> {
        if let Answer::Failed(reason) = answer {
            return self.failed(env, handle, Some(from), reason, waiters);
        }
        let Some(call) = self.calls.discard(handle) else {
            return self.answered_late(env, handle, from, answer, waiters);
        };
        let (to, waiter, place) = (call.to, call.waiter, call.place);
        if call.is_special {
            let call = *call;
            self.end_specially(env, (handle, &call), (Some(from), false), &waiters.header(waiter));
            self.late.end(waiter);
        }
        self.settle(env.model, to, place);
        Some(Ended { waiter, answer })
    }

    /// Lets this call be fetched from memory, which the processor is likely to have forgotten.
    pub fn prefetch(&self, call: Handle) {
        self.calls.prefetch_at(call.slot());
    }

    /// Lets be fetched what the end of this call needs beside itself, but for who waits for it: that
    /// is who.
    pub fn prefetch_end(&self, call: Handle) -> Option<Handle> {
        let call = self.calls.get(call)?;
        self.calls.prefetch_neighbours(call.place);
        Some(call.waiter)
    }

    /// No answer came in time.
    pub fn timed_out<P: Probe>(
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
    fn failed<P: Probe>(
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
            self.end_specially(env, (handle, &call), (from, true), &op);
        }
        self.settle(env.model, call.to, call.place);
        let to = env.model.node_of(call.to);
        env.fact(Fact::AttemptFailed { op: op.id, to, why: reason });
        call.attempt = call.attempt.saturating_add(1);
        let Some(pause) = self.pause_before_retry(env, &call, op.deadline, reason) else {
            self.late.end(call.waiter);
            return Some(Ended { waiter: call.waiter, answer: Answer::Failed(reason) });
        };
        env.fact(Fact::Retried { op: op.id, to, attempt: u32::from(call.attempt) });
        call.pause_us = u32::try_from(pause.0 / 1_000).unwrap_or(u32::MAX);
        call.place = Place::default();
        let paused = self.calls.insert(call);
        if reason == Reason::Timeout && takes_late_answers(env.model, call.policy) {
            self.late.give_up(handle, call.waiter, paused);
        }
        env.wait(pause, Timer::Retry(paused));
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
        let terms = &mut self.terms[ix.0 as usize];
        if terms.share.is_some() {
            terms.budget = terms.budget.checked_sub(1000)?;
        }
        let last = Span(u64::from(call.pause_us) * 1_000);
        Some(pause(&policy.backoff, u32::from(call.attempt), last, &mut self.chance))
    }

    /// The pause is over: tries again.
    pub fn retry<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        waiters: &impl Waiters,
    ) {
        if let Some(call) = self.calls.remove(handle) {
            let Call { what, policy, waiter, attempt, pause_us, to, stays, .. } = call;
            let op = waiters.header(waiter);
            let stays = stays && self.targets.of(env.model, node_of(env.model, what)).has(to);
            let attempt = Try { attempt, pause_us, again_at: stays.then_some(to) };
            self.attempt(env, what, &op, policy, waiter, attempt);
        }
    }

    /// One call less is outstanding there, and in the line of its policy.
    #[expect(clippy::inline_always, reason = "called in two places, once for every call")]
    #[inline(always)]
    fn settle(&mut self, model: &Model, to: InstanceId, place: Place) {
        if self.targets.counts() {
            cold_path();
            self.targets.of(model, model.node_of(to)).count(to, -1);
        }
        self.calls.leave(place);
    }

    /// Does nobody wait for this timer of a line any more?
    pub fn is_stale(&self, policy: PolicyIx, due: Time) -> bool {
        self.calls.timer(policy) != due || self.calls.first(policy).is_none()
    }

    /// Is there nothing to be tried again?
    pub fn is_gone(&self, handle: Handle) -> bool {
        self.calls.get(handle).is_none()
    }

    /// A crash: all calls are forgotten. Nobody waits for them.
    pub fn forget(&mut self) {
        self.calls.drain();
        self.guards = Guards::default();
        self.copies.clear();
        self.late.forget();
        self.targets.forget();
        self.calls.clear_lines(self.terms.len());
        for terms in &mut self.terms {
            terms.budget = BUDGET_CAP;
        }
    }
}

/// Does it have more than a timeout and retries?
fn is_special(policy: &Policy) -> bool {
    let stops = policy.hedge.is_some() || policy.cancel != Cancel::Never;
    policy.budget.is_some() || has_guards(policy) || stops || policy.late_answers
}

fn takes_late_answers(model: &Model, policy: Option<PolicyIx>) -> bool {
    policy.is_some_and(|policy| model.scenario.policies[policy.0 as usize].late_answers)
}

/// The node that is called.
fn node_of(model: &Model, what: What) -> NodeIx {
    let programs = &model.programs;
    match what {
        What::Entry(entry) => programs.entries[entry.0 as usize].node,
        What::Publication(publication) => programs.publications[publication.0 as usize].broker,
    }
}

/// The node that is called, and how long the work takes that is asked for first.
#[inline]
fn asked(model: &Model, what: What, op: &Op, attempt: u8) -> (NodeIx, Span) {
    match what {
        What::Entry(entry) => {
            let start = &model.programs.starts[entry.0 as usize];
            (start.node, demand::first_of(start, op.word, attempt))
        }
        What::Publication(_) => (node_of(model, what), Span::ZERO),
    }
}

fn is_keyed(model: &Model, what: What) -> bool {
    matches!(what, What::Entry(entry) if model.programs.entries[entry.0 as usize].keyed)
}
