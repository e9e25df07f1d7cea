//! What a caller waits for beside answers.

use super::{Calls, Ended, Waiters};
use crate::base::Time;
use crate::nodes::env::Env;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Probe, Reason};
use crate::scenario::tree::PolicyIx;

timers! {
    /// What a caller waits for.
    pub enum Due {
        /// The first call of this policy that is not answered may have waited long enough.
        Timeout(policy: PolicyIx) = 5,
        /// Time to try again.
        Retry(call: Handle) = 6,
        /// Time for the second copy.
        Hedge(call: Handle) = 16,
        /// This call was not even made, for this reason.
        Stopped { why: Reason, call: Handle } = 17,
    }
}

impl Calls {
    /// A timer is due that is not stale: which call has ended by it. To be asked until it says none.
    #[cold]
    #[inline(never)]
    pub fn due<P: Probe>(
        &mut self,
        due: Due,
        env: &mut Env<'_, '_, P>,
        waiters: &impl Waiters,
    ) -> Option<Ended> {
        match due {
            Due::Timeout(policy) => loop {
                let call = self.overdue(env, policy)?;
                if let Some(ended) = self.timed_out(env, call, waiters) {
                    return Some(ended);
                }
            },
            Due::Retry(call) => self.retry(env, call, waiters),
            Due::Hedge(call) => self.hedge(env, call, waiters),
            Due::Stopped { why, call } => return self.stopped(call, why),
        }
        None
    }

    /// Does nobody wait any more for this timer, which is due `at` then?
    #[inline]
    pub fn is_stale(&self, due: Due, at: Time) -> bool {
        match due {
            Due::Timeout(policy) => self.nobody_waits(policy, at),
            Due::Retry(call) | Due::Hedge(call) => self.is_gone(call),
            Due::Stopped { .. } => false,
        }
    }
}
