//! Idempotency keys of what runs at this instance: a second attempt of an operation that still runs
//! does not run beside the first, it waits for the first one's answer. Otherwise one of them could
//! take back what the other was told done.
//!
//! Stripe's API answers such an attempt with 409 Conflict and the code `idempotency_key_in_use`, to
//! be tried again (<https://docs.stripe.com/api/idempotent_requests>,
//! <https://docs.stripe.com/error-codes>); so does the IETF's draft of the header
//! (`draft-ietf-httpapi-idempotency-key-header`, "Error handling"). Here it is held until the answer
//! is there, which is what a caller that repeats its 409s comes to, without the traffic in between.
//!
//! Keys in flight are kept in the instance's memory, and callers come back to the instance that
//! did not answer in time ([`crate::nodes::calls`]); whoever hears that it crashed goes elsewhere.
//! Left out: a table of keys that all instances share. An attempt whose caller was lost in a crash
//! can therefore run beside a later one that came another way.

use super::Server;
use super::task::Origin;
use crate::base::Table;
use crate::model::program::EntryIx;
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, OpId, Probe};

/// The first attempts that still run, by key. Empty where a design has no keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Table<(OpId, EntryIx), Handle>);

impl Attempts {
    /// This task runs for the key.
    pub(super) fn begin(&mut self, op: OpId, entry: EntryIx, task: Handle) {
        self.0.insert((op, entry), task);
    }

    /// What ran for this key, if anything did, has ended.
    #[inline]
    pub(super) fn end(&mut self, op: OpId, entry: EntryIx) {
        if !self.0.is_empty() {
            self.0.swap_remove(&(op, entry));
        }
    }

    /// A crash.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

impl Server {
    /// Does an earlier attempt still run? Then it answers who asked last.
    pub(super) fn joins_first<P: Probe>(
        &mut self,
        op: &Op,
        origin: Origin,
        entry: EntryIx,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let first = self.attempts.0.get(&(op.id, entry));
        let Some(first) = first.and_then(|first| self.tasks.get_mut(*first)) else {
            return false;
        };
        first.origin = origin;
        env.fact(Fact::Joined { op: op.id });
        env.fact(Fact::Dropped { op: op.id, why: None });
        true
    }
}
