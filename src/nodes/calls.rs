//! The caller's side of calls and publications: choose an instance, send, wait, give up, try again.
//! A caller knows its own outstanding calls and nothing else about the other side. What only some
//! policies do is in files of its own, behind one flag: guards (breaker, throttle, bulkhead), second
//! copies, cancellation.

pub mod backoff;
mod breaker;
mod guards;
mod hedge;
mod throttle;

use std::collections::VecDeque;

use self::backoff::pause;
use self::guards::Guards;
use self::hedge::Copies;
use super::env::Env;
use super::message::{Answer, Body, Cancellable, Item, Op, Timer};
use super::slab::{Handle, Slab};
use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::program::{EntryIx, PubIx};
use crate::model::{Model, NodeIx, NodeModel};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Balance, Cancel, NodeKind, Policy, PolicyIx};

/// What is asked of the other side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// Run this entry.
    Entry(EntryIx),
    /// Pass this on, and confirm.
    Publication(PubIx, Item),
}

/// Who waits for calls: it keeps the header that they were made with.
pub trait Waiters<W> {
    /// The header of what waits.
    fn header(&self, waiter: W) -> Op;
}

/// One call, from the first try to the last. Each try has a handle of its own, so that a late
/// answer to an earlier one finds nothing.
#[derive(Clone, Copy, Debug)]
pub struct Call<W> {
    what: What,
    policy: Option<PolicyIx>,
    to: InstanceId,
    attempt: u8,
    /// The pause before this try, in microseconds.
    pause_us: u32,
    /// Does the next try go where this one went? With an idempotency key, what was not answered
    /// may still run there, and only there is it known to.
    stays: bool,
    /// Is there more to do at its end than to tell the waiter? See [`Line::is_special`].
    is_special: bool,
    waiter: W,
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
pub struct Ended<W> {
    /// Who waits for it.
    pub waiter: W,
    /// The answer, or the last try's failure.
    pub answer: Answer,
}

/// All calls of one instance. `W` says who waits.
#[derive(Clone, Debug)]
pub struct Calls<W> {
    #[expect(clippy::struct_field_names, reason = "they are what the type is about")]
    calls: Slab<Call<W>>,
    /// Per node: what this caller knows of it.
    targets: Vec<Target>,
    /// Does any balance by what is outstanding?
    counts: bool,
    /// Per policy: the calls that may time out, and the retry budget.
    lines: Vec<Line>,
    guards: Guards,
    copies: Copies,
    /// Balancing and jitter.
    chance: Stream,
}

#[derive(Clone, Debug)]
struct Target {
    first: u32,
    count: u32,
    balance: Balance,
    next: u32,
    /// Calls to each instance; empty unless the balance asks.
    outstanding: Vec<u32>,
}

/// The calls of one policy in the order in which they time out, which is the order in which they
/// were made: one timer for all of them is enough. It is due no later than the first of them, and
/// set anew, for the first that is still not answered, only when it fires.
#[derive(Clone, Debug)]
struct Line {
    timeout: Option<Span>,
    /// What each call adds to the budget of retries, in thousandths of a retry; no limit if none.
    share: Option<u64>,
    /// What is left of it.
    budget: u64,
    calls: VecDeque<(Time, Handle)>,
    /// How many of them are not answered.
    open: u32,
    /// When the timer is due that counts; older ones are stale.
    timer: Time,
    /// Does the policy have a budget, guards, second copies or cancellation?
    is_special: bool,
}

/// A retry budget saves up at most this many retries (ten, as Finagle's `RetryBudget` does for a
/// client of low rate).
const BUDGET_CAP: u64 = 10_000;

impl<W: Copy> Calls<W> {
    /// No calls yet.
    pub fn new(model: &Model, me: InstanceId) -> Self {
        let instance = model.instances[me.0 as usize];
        let name = &model.scenario.nodes[instance.node.0 as usize].name;
        let callees = model.scenario.nodes.iter().zip(&model.nodes);
        let targets: Vec<Target> =
            callees.map(|(node, place)| Target::new(&node.kind, place, instance.index)).collect();
        let counts = targets.iter().any(|target| !target.outstanding.is_empty());
        let line = |policy: &Policy| Line {
            timeout: policy.timeout,
            share: policy.budget.map(|share| (share * 1000.0) as u64),
            budget: BUDGET_CAP,
            calls: VecDeque::new(),
            open: 0,
            timer: Time::ZERO,
            is_special: is_special(policy),
        };
        Self {
            calls: Slab::default(),
            targets,
            counts,
            lines: model.scenario.policies.iter().map(line).collect(),
            guards: Guards::new(model),
            copies: Copies::default(),
            chance: Stream::new(model.seed, "calls", name, instance.index),
        }
    }

    /// Makes a call.
    #[inline]
    pub fn start<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        what: What,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: W,
    ) {
        self.attempt(env, what, op, policy, waiter, Try::FIRST);
    }

    fn attempt<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        what: What,
        op: &Op,
        policy: Option<PolicyIx>,
        waiter: W,
        attempt: Try,
    ) {
        if let Some(policy) = policy
            && self.lines[policy.0 as usize].is_special
        {
            return self.attempt_specially(env, what, op, policy, waiter, attempt);
        }
        let Try { attempt, pause_us, again_at } = attempt;
        let node = node_of(env.model, what);
        let to = again_at.unwrap_or_else(|| self.pick(node));
        if self.counts {
            self.targets[node.0 as usize].count(to, 1);
        }
        let call = self.calls.insert_with(|| Call {
            what,
            policy,
            to,
            attempt,
            pause_us,
            stays: false,
            is_special: false,
            waiter,
        });
        let body = match what {
            What::Entry(entry) => {
                Body::Request { call, entry, attempt, cancel: Cancellable::Never }
            }
            What::Publication(publication, item) => Body::Publish { call, publication, item },
        };
        env.send_to(to, node, op, body);
        if let Some(policy) = policy {
            self.expect_answer(env, policy, call);
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
        waiter: W,
        attempt: Try,
    ) {
        let Try { attempt, pause_us, again_at } = attempt;
        let line = &mut self.lines[policy.0 as usize];
        if let Some(share) = line.share.filter(|_| attempt == 0) {
            line.budget = (line.budget + share).min(BUDGET_CAP);
        }
        let node = node_of(env.model, what);
        let stopped = self.guards.begin(env.now(), (policy, node), &mut self.chance);
        let to = match (again_at, stopped) {
            (Some(to), _) => to,
            (None, None) => self.pick(node),
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
        };
        let call = self.calls.insert(call);
        if let Some(why) = stopped {
            env.fact(Fact::AttemptFailed { op: op.id, to: node, why });
            return env.wait(Span::ZERO, Timer::Stopped(why, call));
        }
        if self.counts {
            self.targets[node.0 as usize].count(to, 1);
        }
        let body = match what {
            What::Entry(entry) => {
                let cancel = self.hedge_later(env, (node, to), (policy, call));
                Body::Request { call, entry, attempt, cancel }
            }
            What::Publication(publication, item) => Body::Publish { call, publication, item },
        };
        env.send_to(to, node, op, body);
        self.expect_answer(env, policy, call);
    }

    /// A guard did not let a call be made. That is final.
    pub fn stopped(&mut self, handle: Handle, why: Reason) -> Option<Ended<W>> {
        let call = self.calls.remove(handle)?;
        Some(Ended { waiter: call.waiter, answer: Answer::Failed(why) })
    }

    /// A try under a policy with more than a timeout and retries has ended, by an answer `from`
    /// there or without one.
    #[cold]
    #[inline(never)]
    fn end_specially<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (handle, call): (Handle, &Call<W>),
        (from, failed): (Option<InstanceId>, bool),
        op: &Op,
    ) {
        let policy = call.policy.expect("what is special has a policy");
        self.guards.end(env.now(), (policy, node_of(env.model, call.what)), failed);
        self.call_off(env, (handle, call), (from, failed), op);
    }

    /// Lets a call that was just made time out.
    #[inline]
    fn expect_answer<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        policy: PolicyIx,
        handle: Handle,
    ) {
        let line = &mut self.lines[policy.0 as usize];
        let Some(timeout) = line.timeout else { return };
        let due = env.now() + timeout;
        // The line is as long as its calls take, not as their timeout.
        if line.calls.len() > 4 * line.open as usize + 64 {
            line.calls.retain(|(_, call)| self.calls.get(*call).is_some());
        }
        line.calls.push_back((due, handle));
        line.open += 1;
        if line.open == 1 && line.timer <= env.now() {
            line.timer = due;
            env.wait(timeout, Timer::Timeout(policy));
        }
    }

    /// A timer is due: the first call of its line that has waited long enough, if there is one.
    /// Otherwise the timer is set for the next. To be asked until it says `None`.
    pub fn overdue<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        policy: PolicyIx,
    ) -> Option<Handle> {
        let line = &mut self.lines[policy.0 as usize];
        while let Some(&(due, first)) = line.calls.front() {
            if self.calls.get(first).is_none() {
                line.calls.pop_front();
                continue;
            }
            if due <= env.now() {
                return Some(first);
            }
            if line.timer <= env.now() {
                line.timer = due;
                env.wait(due.since(env.now()), Timer::Timeout(policy));
            }
            return None;
        }
        None
    }

    /// Which instance of a node is called.
    #[inline]
    fn pick(&mut self, node: NodeIx) -> InstanceId {
        let target = &mut self.targets[node.0 as usize];
        let picked = if target.count == 1 { 0 } else { target.balance(&mut self.chance) };
        InstanceId(target.first + picked)
    }

    /// An answer came. `None` if nobody waits for it (any more), or if the call is tried again.
    #[inline]
    pub fn answered<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (handle, from): (Handle, InstanceId),
        answer: Answer,
        waiters: &impl Waiters<W>,
    ) -> Option<Ended<W>> {
        if let Answer::Failed(reason) = answer {
            return self.failed(env, (handle, Some(from)), reason, waiters);
        }
        let call = self.calls.get(handle)?;
        let (to, waiter, policy) = (call.to, call.waiter, call.policy);
        if call.is_special {
            let call = *call;
            self.end_specially(env, (handle, &call), (Some(from), false), &waiters.header(waiter));
        }
        self.calls.discard(handle);
        self.settle(env.model, to, policy);
        Some(Ended { waiter, answer })
    }

    /// No answer came in time.
    pub fn timed_out<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        waiters: &impl Waiters<W>,
    ) -> Option<Ended<W>> {
        if let Some(call) = self.calls.get_mut(handle) {
            call.stays = is_keyed(env.model, call.what);
        }
        self.failed(env, (handle, None), Reason::Timeout, waiters)
    }

    #[cold]
    fn failed<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (handle, from): (Handle, Option<InstanceId>),
        reason: Reason,
        waiters: &impl Waiters<W>,
    ) -> Option<Ended<W>> {
        if from.is_some_and(|from| self.waits_for_other(env.model, handle, from, reason)) {
            return None;
        }
        let mut call = self.calls.remove(handle)?;
        let op = waiters.header(call.waiter);
        if call.is_special {
            self.end_specially(env, (handle, &call), (from, true), &op);
        }
        self.settle(env.model, call.to, call.policy);
        let to = env.model.node_of(call.to);
        env.fact(Fact::AttemptFailed { op: op.id, to, why: reason });
        call.attempt = call.attempt.saturating_add(1);
        let Some(pause) = self.pause_before_retry(env, &call, op.deadline, reason) else {
            return Some(Ended { waiter: call.waiter, answer: Answer::Failed(reason) });
        };
        env.fact(Fact::Retried { op: op.id, to, attempt: u32::from(call.attempt) });
        call.pause_us = u32::try_from(pause.0 / 1_000).unwrap_or(u32::MAX);
        let handle = self.calls.insert(call);
        env.wait(pause, Timer::Retry(handle));
        None
    }

    /// How long to wait before the next try; `None` if there is none.
    fn pause_before_retry<P: Probe>(
        &mut self,
        env: &Env<'_, '_, P>,
        call: &Call<W>,
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
        let line = &mut self.lines[ix.0 as usize];
        if line.share.is_some() {
            line.budget = line.budget.checked_sub(1000)?;
        }
        let last = Span(u64::from(call.pause_us) * 1_000);
        Some(pause(&policy.backoff, u32::from(call.attempt), last, &mut self.chance))
    }

    /// The pause is over: tries again.
    pub fn retry<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        waiters: &impl Waiters<W>,
    ) {
        if let Some(call) = self.calls.remove(handle) {
            let Call { what, policy, waiter, attempt, pause_us, to, stays, .. } = call;
            let attempt = Try { attempt, pause_us, again_at: stays.then_some(to) };
            self.attempt(env, what, &waiters.header(waiter), policy, waiter, attempt);
        }
    }

    /// One call less is outstanding there.
    #[inline]
    fn settle(&mut self, model: &Model, to: InstanceId, policy: Option<PolicyIx>) {
        if self.counts {
            self.targets[model.node_of(to).0 as usize].count(to, -1);
        }
        if let Some(policy) = policy {
            let line = &mut self.lines[policy.0 as usize];
            line.open -= u32::from(line.timeout.is_some());
        }
    }

    /// Does nobody wait for this timer of a line any more?
    pub fn is_stale(&self, policy: PolicyIx, due: Time) -> bool {
        let line = &self.lines[policy.0 as usize];
        line.open == 0 || line.timer != due
    }

    /// Is there nothing to be tried again?
    pub fn is_gone(&self, handle: Handle) -> bool {
        self.calls.get(handle).is_none()
    }

    /// A crash: all calls are forgotten. Nobody waits for them.
    pub fn forget(&mut self, model: &Model) {
        self.calls.drain();
        self.guards = Guards::new(model);
        self.copies.clear();
        for target in &mut self.targets {
            target.outstanding.fill(0);
        }
        for line in &mut self.lines {
            line.calls.clear();
            (line.budget, line.open, line.timer) = (BUDGET_CAP, 0, Time::ZERO);
        }
    }
}

impl Target {
    /// Nothing is outstanding, and the caller with this index begins where others do not.
    fn new(kind: &NodeKind, place: &NodeModel, caller: u32) -> Self {
        let balance = match kind {
            NodeKind::Gateway(gateway) => gateway.balance,
            NodeKind::Service(service) => service.balance,
            _ => Balance::RoundRobin,
        };
        // Of a quorum's instances only the first takes calls, its coordinator.
        let count = if matches!(kind, NodeKind::Quorum(_)) { 1 } else { place.count };
        let asks = matches!(balance, Balance::LeastOutstanding | Balance::Choices(_));
        Self {
            first: place.first.0,
            count,
            balance,
            next: match balance {
                Balance::Shards(shards) => caller % shards.min(count),
                _ => caller % count,
            },
            outstanding: if asks && count > 1 { vec![0; count as usize] } else { Vec::new() },
        }
    }

    /// So many more calls to an instance are outstanding, if anybody asks.
    fn count(&mut self, to: InstanceId, more: i32) {
        if let Some(outstanding) = self.outstanding.get_mut((to.0 - self.first) as usize) {
            *outstanding = outstanding.saturating_add_signed(more);
        }
    }

    /// Which of several instances is next.
    fn balance(&mut self, chance: &mut Stream) -> u32 {
        let count = self.count;
        match self.balance {
            Balance::RoundRobin => {
                let picked = self.next;
                self.next = (picked + 1) % count;
                picked
            }
            Balance::Shards(shards) => {
                let picked = self.next;
                self.next = (picked + 1) % shards.min(count);
                picked
            }
            Balance::Random => chance.below(u64::from(count)) as u32,
            Balance::LeastOutstanding => least(&self.outstanding, 0..count),
            Balance::Choices(choices) => {
                let mut drawn = [0; MAX_CHOICES];
                let choices = (choices as usize).min(count as usize).min(MAX_CHOICES);
                for place in 0..choices {
                    // Without replacement: the n-th of those not yet drawn.
                    let mut pick = chance.below(u64::from(count) - place as u64) as u32;
                    let earlier = &mut drawn[..place];
                    earlier.sort_unstable();
                    for &mut taken in earlier {
                        pick += u32::from(pick >= taken);
                    }
                    drawn[place] = pick;
                }
                least(&self.outstanding, drawn[..choices].iter().copied())
            }
        }
    }
}

/// Does it have more than a timeout and retries?
fn is_special(policy: &Policy) -> bool {
    let guards = policy.breaker.is_some() || policy.throttle.is_some() || policy.bulkhead.is_some();
    policy.budget.is_some() || guards || policy.hedge.is_some() || policy.cancel != Cancel::Never
}

/// The node that is called.
fn node_of(model: &Model, what: What) -> NodeIx {
    let programs = &model.programs;
    match what {
        What::Entry(entry) => programs.entries[entry.0 as usize].node,
        What::Publication(publication, _) => programs.publications[publication.0 as usize].broker,
    }
}

fn is_keyed(model: &Model, what: What) -> bool {
    matches!(what, What::Entry(entry) if model.programs.entries[entry.0 as usize].keyed)
}

/// More choices than this are not drawn.
const MAX_CHOICES: usize = 16;

fn least(outstanding: &[u32], among: impl Iterator<Item = u32>) -> u32 {
    among.min_by_key(|instance| outstanding[*instance as usize]).expect("a node has an instance")
}
