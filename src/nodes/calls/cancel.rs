//! The caller's side of cancellation: what still runs for a call that has ended is called off, where
//! the policy says so. The server's side is in `nodes/server/cancel.rs`.

use super::Calls;
use super::call::{Call, TryEnd};
use crate::model::{Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::{Body, Op};
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;
use crate::scenario::tree::{Cancel, NodeKind};

impl Calls {
    /// A call under a policy that may hedge or cancel has ended: what still runs for it is called off.
    pub(super) fn call_off<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        handle: Handle,
        call: &Call,
        end: TryEnd,
        op: &Op,
    ) {
        let copies = self.end_copies(env.model, handle);
        let Some(policy) = call.policy else { return };
        let policy = &env.model.scenario.policies[policy.0 as usize];
        let cancel = policy.cancel;
        if cancel == Cancel::Never || !takes_cancels(env.model, env.model.node_of(call.to)) {
            return;
        }
        // Those who have tied copies see to it themselves.
        if end.why.is_none() && policy.hedge.is_some_and(|hedge| hedge.tied) {
            return;
        }
        let (caller, running) = (env.me(), cancel == Cancel::Running);
        for to in [call.to].into_iter().chain(copies) {
            if end.from != Some(to) {
                env.send(to, op, Body::Cancel { caller, call: handle, running });
            }
        }
    }
}

/// Services and gateways let themselves be told that nobody waits.
pub(super) fn takes_cancels(model: &Model, node: NodeIx) -> bool {
    let kind = &model.scenario.nodes[node.0 as usize].kind;
    matches!(kind, NodeKind::Service(_) | NodeKind::Gateway(_))
}
