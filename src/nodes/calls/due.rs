//! What a caller waits for beside answers.

use super::Calls;
use crate::base::Time;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;
use crate::probes::Reason;
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
