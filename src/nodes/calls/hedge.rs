//! Second copies of requests. From Dean and Barroso, "The
//! Tail at Scale" (Communications of the ACM 56(2), 2013):
//!
//! ```text
//! hedged: a second copy, to another instance, `after` the first   tied: the same, and the copy that
//!                                                                 begins first calls off the other
//! caller ──request──▶ one        (slow)                           caller ──request──▶ one: begins
//!   after ──request──▶ other                                        after ──request──▶ other │
//!         ◀──answer──── other    first answer wins                                  ◀─cancel─┘
//!         ──cancel───▶ one       if the policy cancels                    ◀──answer──── one
//! ```
//!
//! Both copies carry the same handle, so that the second answer finds nobody. They are one call:
//! one timeout, one entry in breakers and bulkheads. A failed copy is waited out for the other one,
//! but not where the copies are tied and the failed one may have called off the other.
//!
//! A copy draws its work anew. It goes where the node's balance says, or one instance further if
//! that is where the first one went; with one instance nothing is hedged. A copy of what writes does
//! what it does once more, unless it is called off in time: with keys (`dedup`) such calls are not
//! hedged, as a key under way is known at one instance only.

use super::call::{Call, What, is_keyed, name_of};
use super::cancel::takes_cancels;
use super::due::Due;
use super::guards::Guarded;
use super::{Calls, Waiters};
use crate::base::Table;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::nodes::env::Env;
use crate::nodes::message::{Body, Cancellable};
use crate::nodes::parts::demand;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Cancel, Hedge, PolicyIx};

/// Marks the draws of second copies.
const COPY: u64 = 1 << 32;

/// The calls that have, or may get, a second copy.
pub(super) type Copies = Table<Handle, Copy>;

/// Where a second copy goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy {
    to: InstanceId,
    is_sent: bool,
    /// Has one of the two failed?
    is_alone: bool,
}

impl Calls {
    /// A request is about to go to this instance: may it be called off, and is it to be hedged?
    pub(super) fn hedge_later<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        to: InstanceId,
        policy: PolicyIx,
        call: Handle,
    ) -> Cancellable {
        let node = env.model.node_of(to);
        let settings = &env.model.scenario.policies[policy.0 as usize];
        let Call { what, waiter, .. } = *self.calls.get(call).expect("it was just made");
        if !takes_cancels(env.model, node) {
            return Cancellable::Never;
        }
        let may_cancel = if settings.cancel == Cancel::Never {
            Cancellable::Never
        } else {
            Cancellable::ByCaller
        };
        let Some(Hedge { after, tied }) = settings.hedge else { return may_cancel };
        let avoided = self.avoided(env.model, env.now(), Guarded { policy, node }, waiter);
        let target = self.targets.of(env.model, node);
        let other = target.other(to, &avoided, &mut self.chance);
        let Some(other) = other.filter(|_| !is_keyed(env.model, what)) else {
            return may_cancel;
        };
        self.copies.insert(call, Copy { to: other, is_sent: false, is_alone: false });
        env.wait(after, Due::Hedge(call));
        if tied {
            Cancellable::Tied { with: other, stops: settings.cancel == Cancel::Running }
        } else {
            may_cancel
        }
    }

    /// Time for the second copy.
    pub(super) fn hedge<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        waiters: &impl Waiters,
    ) {
        let Some(&Call { what, policy, to, attempt, waiter, .. }) = self.calls.get(handle) else {
            return;
        };
        let What::Entry(entry) = what else { return };
        let policy = &env.model.scenario.policies[policy.expect("it hedges").0 as usize];
        let copy = self.copies.get_mut(&handle).expect("it has not ended");
        copy.is_sent = true;
        let copy_to = copy.to;
        let node = env.model.node_of(copy_to);
        if self.targets.counts() {
            self.targets.of(env.model, node).count(copy_to, 1);
        }
        let cancel = match (policy.hedge, policy.cancel) {
            (Some(Hedge { tied: true, .. }), _) => Cancellable::Tied { with: to, stops: false },
            (_, Cancel::Never) => Cancellable::Never,
            _ => Cancellable::ByCaller,
        };
        let attempt = u64::from(attempt) | COPY;
        let op = waiters.header(waiter).again(name_of(env.model, what), attempt);
        env.fact(Fact::Hedged { op: op.id, to: node });
        let demand = demand::first(env.model, entry, &op);
        let body = Body::Request { call: handle, entry, cancel, demand };
        env.send(copy_to, &op, body);
    }

    /// A copy has failed: does the call wait for the other one?
    pub(super) fn waits_for_other(
        &mut self,
        model: &Model,
        handle: Handle,
        from: InstanceId,
        reason: Reason,
    ) -> bool {
        let Some(copy) = self.copies.get_mut(&handle) else { return false };
        let Some(call) = self.calls.get_mut(handle) else { return false };
        let policy = &model.scenario.policies[call.policy.expect("it hedges").0 as usize];
        // What was turned away has not begun, and has not called off the other.
        let has_not_begun = matches!(reason, Reason::Rejected | Reason::RateLimited);
        let is_tied = policy.hedge.is_some_and(|hedge| hedge.tied);
        if !copy.is_sent || copy.is_alone || is_tied && !has_not_begun {
            return false;
        }
        copy.is_alone = true;
        if from == call.to {
            std::mem::swap(&mut call.to, &mut copy.to);
        }
        if self.targets.counts() {
            self.targets.of(model, model.node_of(from)).count(from, -1);
        }
        true
    }

    /// A call has ended: where does a second copy of it still run, if one does?
    pub(super) fn end_copy(&mut self, model: &Model, call: Handle) -> Option<InstanceId> {
        let copy = self.copies.swap_remove(&call).filter(|copy| copy.is_sent && !copy.is_alone)?;
        if self.targets.counts() {
            self.targets.of(model, model.node_of(copy.to)).count(copy.to, -1);
        }
        Some(copy.to)
    }
}
