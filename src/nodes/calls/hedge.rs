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
//! All copies carry the same handle, so that a second answer finds nobody. They are one call: one
//! timeout, one entry in breakers and bulkheads. A failed copy is waited out for the others, but not
//! where the copies are tied and the failed one may have called off the other. There may be more than
//! one, each `after` the one before, to an instance where none went yet: with no delay and all that is
//! left called off, that is redundancy d of n (Gardner et al., "Redundancy-d: The Power of d Choices
//! for Redundancy", Operations Research 65(4), 2017).
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

/// The calls that have, or may get, second copies.
pub(super) type Hedged = Table<Handle, Copies>;

/// Where second copies go, but for those that have failed.
#[derive(Clone, Debug)]
pub(super) struct Copies {
    to: Vec<InstanceId>,
    /// So many of them are sent.
    sent: usize,
    /// So many were sent before, and have failed.
    failed: usize,
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
        let Some(Hedge { after, tied, copies }) = settings.hedge else { return may_cancel };
        let mut avoided = self.avoided(env.model, env.now(), Guarded { policy, node }, waiter);
        let target = self.targets.of(env.model, node);
        let Some(other) =
            target.other(to, &avoided, &mut self.chance).filter(|_| !is_keyed(env.model, what))
        else {
            return may_cancel;
        };
        let mut others = vec![other];
        while others.len() < copies as usize {
            avoided.extend(others.last().and_then(|last| target.place(*last)));
            let last = *others.last().expect("there is one");
            let from = if target.is_sharded() { last } else { to };
            match target.other(from, &avoided, &mut self.chance) {
                Some(next) if next != to && !others.contains(&next) => others.push(next),
                _ => break,
            }
        }
        self.hedged.insert(call, Copies { to: others, sent: 0, failed: 0 });
        env.wait(after, Due::Hedge(call));
        if tied {
            Cancellable::Tied { with: other, stops: settings.cancel == Cancel::Running }
        } else {
            may_cancel
        }
    }

    /// Time for the next copy.
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
        let copies = self.hedged.get_mut(&handle).expect("it has not ended");
        let copy_to = copies.to[copies.sent];
        copies.sent += 1;
        let (ordinal, is_last) = (copies.sent + copies.failed, copies.sent == copies.to.len());
        let node = env.model.node_of(copy_to);
        if self.targets.counts() {
            self.targets.of(env.model, node).count(copy_to, 1);
        }
        let cancel = match (policy.hedge, policy.cancel) {
            (Some(Hedge { tied: true, .. }), _) => Cancellable::Tied { with: to, stops: false },
            (_, Cancel::Never) => Cancellable::Never,
            _ => Cancellable::ByCaller,
        };
        let attempt = u64::from(attempt) | (COPY * ordinal as u64);
        let op = waiters.header(waiter).again(name_of(env.model, what), attempt);
        env.fact(Fact::Hedged { op: op.id, to: node });
        let demand = demand::first(env.model, entry, &op);
        let body = Body::Request { call: handle, entry, cancel, demand };
        env.send(copy_to, &op, body);
        if let Some(Hedge { after, .. }) = policy.hedge.filter(|_| !is_last) {
            env.wait(after, Due::Hedge(handle));
        }
    }

    /// A copy has failed: does the call wait for another one?
    pub(super) fn waits_for_other(
        &mut self,
        model: &Model,
        handle: Handle,
        from: InstanceId,
        reason: Reason,
    ) -> bool {
        let Some(copies) = self.hedged.get_mut(&handle) else { return false };
        let Some(call) = self.calls.get_mut(handle) else { return false };
        let policy = &model.scenario.policies[call.policy.expect("it hedges").0 as usize];
        // What was turned away has not begun, and has not called off the other.
        let has_not_begun = matches!(reason, Reason::Rejected | Reason::RateLimited);
        let is_tied = policy.hedge.is_some_and(|hedge| hedge.tied);
        if copies.sent == 0 || is_tied && !has_not_begun {
            return false;
        }
        let sent = &copies.to[..copies.sent];
        let failed = sent.iter().position(|to| *to == from).unwrap_or(0);
        let other = copies.to.remove(failed);
        (copies.sent, copies.failed) = (copies.sent - 1, copies.failed + 1);
        if from == call.to {
            call.to = other;
        }
        if self.targets.counts() {
            self.targets.of(model, model.node_of(from)).count(from, -1);
        }
        true
    }

    /// A call has ended: where do second copies of it still run, if any do?
    pub(super) fn end_copies(&mut self, model: &Model, call: Handle) -> Vec<InstanceId> {
        let Some(Copies { mut to, sent, .. }) = self.hedged.swap_remove(&call) else {
            return Vec::new();
        };
        to.truncate(sent);
        if self.targets.counts() {
            for copy in &to {
                self.targets.of(model, model.node_of(*copy)).count(*copy, -1);
            }
        }
        to
    }
}
