//! The caller's side of calls and publications: choose an instance, send, wait, give up, try again.
//! A caller knows its own outstanding calls and nothing else about the other side.
//!
//! | file | is |
//! | --- | --- |
//! | `call.rs` | one call: what is asked, which try it is, who waits |
//! | `attempt.rs` | a try is made |
//! | `due.rs` | what it waits for beside answers |
//! | `timeouts.rs` | which call times out next; one timer for all calls of a policy |
//! | `retry.rs`, `backoff.rs`, `budget.rs` | what follows on a try that failed |
//! | `targets.rs`, `balance.rs`, `list.rs` | whom it calls, which instance, and who is there |
//! | `guards/` | what decides whether a call is made at all |
//! | `outliers.rs`, `elsewhere.rs` | whom it leaves out for a while, and at the next try |
//! | `hedge.rs`, `cancel.rs`, `late.rs` | second copies, calling off, late answers |

mod attempt;
pub mod backoff;
mod balance;
mod budget;
mod call;
mod cancel;
mod due;
mod elsewhere;
mod guards;
mod hedge;
mod late;
mod list;
mod outliers;
mod readings;
mod retry;
mod targets;
#[cfg(test)]
mod tests;
mod timeouts;

use std::hint::cold_path;

pub use self::due::Due;

use self::budget::Budget;
use self::call::{Call, TryEnd, node_of};
use self::elsewhere::Tried;
use self::guards::{Guarded, Guards};
use self::hedge::Hedged;
use self::late::Late;
use self::outliers::Outliers;
use self::targets::Targets;
use self::timeouts::Links;
use super::env::Env;
use super::message::{Answer, Op};
use super::parts::slab::{Handle, Slab};
use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::{Cancel, Policy};

/// Who waits for calls: it keeps what they were made with.
pub trait Waiters {
    /// The header of what waits.
    fn header(&self, waiter: Handle) -> Op;
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
    policies: Vec<PolicyState>,
    guards: Guards,
    outliers: Outliers,
    hedged: Hedged,
    late: Late,
    tried: Tried,
    /// Balancing and jitter.
    chance: Stream,
}

/// What one caller keeps of one policy.
#[derive(Clone, Debug)]
struct PolicyState {
    timeout: Option<Span>,
    /// The budget of retries; `None` is unlimited.
    budget: Option<Budget>,
    /// Does it say whom not to call: those tried before, or outliers?
    avoids: bool,
    /// Does the policy have more than a timeout and retries?
    is_special: bool,
}

impl PolicyState {
    /// As it is at the start.
    fn new(policy: &Policy) -> Self {
        let budget = Budget::of(policy);
        let calls_off = policy.hedge.is_some() || policy.cancel != Cancel::Never;
        let avoids = policy.elsewhere || policy.outlier_detection.is_some();
        let is_special = budget.is_some()
            || guards::has_any(policy)
            || avoids
            || calls_off
            || policy.late_answers
            || takes_long_way();
        Self { timeout: policy.timeout, budget, avoids, is_special }
    }
}

/// Does a caller that is made now go without the short ways? Tests hold those against the long one.
#[cfg(test)]
use self::tests::takes_long_way;

#[cfg(not(test))]
const fn takes_long_way() -> bool {
    false
}

impl Calls {
    /// No calls yet.
    pub fn new(model: &Model, me: InstanceId) -> Self {
        let instance = model.instances[me.0 as usize];
        let name = &model.scenario.nodes[instance.node.0 as usize].name;
        Self {
            calls: Slab::with_lines(model.scenario.policies.len()),
            targets: Targets::new(model, instance.node, instance.index),
            policies: model.scenario.policies.iter().map(PolicyState::new).collect(),
            guards: Guards::default(),
            outliers: Outliers::default(),
            hedged: Hedged::default(),
            late: Late::default(),
            tried: Tried::default(),
            chance: Stream::new(model.seed, "calls", name, instance.index),
        }
    }

    /// Bytes that they hold, but for second copies and late answers.
    pub fn weight(&self) -> usize {
        self.calls.weight()
    }

    /// A registry says who was there at that instant, of 64 instances from `first` on.
    #[cold]
    pub fn learn<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        (first, bits): (InstanceId, u64),
        at: Time,
    ) {
        let node = env.model.node_of(first);
        let Some(target) = self.targets.known(node) else { return };
        let mut gone = Vec::new();
        target.learn(first, bits, at, |instance, is_listed| {
            env.fact(Fact::Listed { instance, is_listed });
            if !is_listed {
                gone.push(instance);
            }
        });
        for place in gone.into_iter().filter_map(|instance| target.place(instance)) {
            self.outliers.forget(node, place);
        }
    }

    /// A try under a policy with more than a timeout and retries has ended.
    #[cold]
    #[inline(never)]
    fn end_specially<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        call: &Call,
        end: TryEnd,
        op: &Op,
    ) {
        let policy = call.policy.expect("what is special has a policy");
        let guarded = Guarded { policy, node: node_of(env.model, call.what) };
        self.guards.end(env.now(), guarded, end.why.is_some());
        if self.policies[policy.0 as usize].avoids {
            let target = self.targets.of(env.model, guarded.node);
            if let Some(place) = target.place(end.from.unwrap_or(call.to)) {
                let place = (place, target.choices());
                self.outliers.end(env.model, guarded, env.now(), place, end.why);
            }
        }
        self.call_off(env, handle, call, end, op);
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
        let (to, waiter, links) = (call.to, call.waiter, call.links);
        if call.is_special {
            let call = *call;
            let end = TryEnd { from: Some(from), why: None };
            self.end_specially(env, handle, &call, end, &waiters.header(waiter));
            self.is_over(waiter);
        }
        self.settle(env.model, to, links);
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
        self.calls.prefetch_neighbours(call.links);
        Some(call.waiter)
    }

    /// One call less is outstanding there, and in the line of its policy.
    #[expect(clippy::inline_always, reason = "called in two places, once for every call")]
    #[inline(always)]
    fn settle(&mut self, model: &Model, to: InstanceId, links: Links) {
        if self.targets.counts() {
            cold_path();
            // Who is not known is the only one of its node, of which nobody asks how much is outstanding.
            if let Some(target) = self.targets.known(model.node_of(to)) {
                target.count(to, -1);
            }
        }
        self.calls.leave(links);
    }

    /// A crash: all calls are forgotten. Nobody waits for them.
    pub fn forget(&mut self) {
        self.calls.drain();
        self.guards = Guards::default();
        self.outliers = Outliers::default();
        self.hedged.clear();
        self.late.forget();
        self.tried.clear();
        self.targets.forget();
        self.calls.clear_lines(self.policies.len());
        let budgets = self.policies.iter_mut().filter_map(|policy| policy.budget.as_mut());
        budgets.for_each(Budget::refill);
    }
}
