//! Late answers. Usually each try of a call is a request of its own, and an answer that comes when its
//! try was given up finds nobody. Under a policy with `late_answers` the answer to any try ends the
//! call, as with requests that carry an identifier and tell their callers nothing else (`DNS` over
//! datagrams, RFC 1035, section 4.2.1):
//!
//! ```text
//! caller ──try 1──▶   ...timeout   ──try 2──▶          ◀── answer to try 1: done, there is no try 3
//! ```
//!
//! A late failure changes nothing: the present try may still succeed.

use super::{Calls, Ended, Waiters};
use crate::base::Table;
use crate::engine::InstanceId;
use crate::nodes::env::Env;
use crate::nodes::message::Answer;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;

/// Calls whose tries were given up, but not their answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Late {
    /// By who waits: the present try, or what is to be tried again after a pause.
    present: Table<Handle, Present>,
    /// Who waits for each try that was given up.
    given_up: Table<Handle, Handle>,
}

#[derive(Clone, Copy, Debug)]
struct Present {
    call: Handle,
    is_paused: bool,
}

impl Late {
    /// A try is given up, and the call waits for the next.
    pub(super) fn give_up(&mut self, tried: Handle, waiter: Handle, paused: Handle) {
        self.given_up.insert(tried, waiter);
        self.present.insert(waiter, Present { call: paused, is_paused: true });
    }

    /// The next try is made, if it is one.
    pub(super) fn go_on(&mut self, waiter: Handle, call: Handle) {
        if let Some(present) = self.present.get_mut(&waiter) {
            *present = Present { call, is_paused: false };
        }
    }

    /// The call has ended.
    pub(super) fn end(&mut self, waiter: Handle) {
        if self.present.swap_remove(&waiter).is_some() {
            self.given_up.retain(|_, other| *other != waiter);
        }
    }

    /// A crash.
    pub(super) fn forget(&mut self) {
        self.present.clear();
        self.given_up.clear();
    }
}

impl Calls {
    /// An answer came to what is no try of any call: was it one?
    #[cold]
    #[inline(never)]
    pub(super) fn answered_late<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        tried: Handle,
        from: InstanceId,
        answer: Answer,
        waiters: &impl Waiters,
    ) -> Option<Ended> {
        let waiter = *self.late.given_up.get(&tried)?;
        let Present { call, is_paused } = *self.late.present.get(&waiter)?;
        if !is_paused {
            return self.answered(env, (call, from), answer, waiters);
        }
        self.calls.discard(call);
        self.is_over(waiter);
        Some(Ended { waiter, answer })
    }
}
