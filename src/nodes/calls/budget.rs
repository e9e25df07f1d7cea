//! A budget of retries: each call adds a share of a retry, each retry takes one away, and with less
//! than one left nothing is tried again. After Finagle's `RetryBudget`
//! (<https://twitter.github.io/finagle/docs/com/twitter/finagle/service/RetryBudget.html>), without
//! its window of time: it saves up at most ten retries, as Finagle's does for a client of low rate.

use crate::scenario::tree::Policy;

/// Thousandths of a retry.
const RETRY: u64 = 1_000;

/// The most that is saved up.
const CAP: u64 = 10 * RETRY;

/// The budget of one caller under one policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// What each call adds, in thousandths of a retry.
    share: u64,
    /// What is left.
    left: u64,
}

impl Budget {
    /// The budget that this policy has, full.
    pub(super) fn of(policy: &Policy) -> Option<Self> {
        policy.budget.map(|share| Self { share: (share * RETRY as f64) as u64, left: CAP })
    }

    /// Whole retries that are left.
    pub(super) fn whole(&self) -> u64 {
        self.left / RETRY
    }

    /// A call is made.
    pub(super) fn deposit(&mut self) {
        self.left = (self.left + self.share).min(CAP);
    }

    /// A retry is to be made: may it?
    pub(super) fn withdraw(&mut self) -> bool {
        let left = self.left.checked_sub(RETRY);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// It is as at the start.
    pub(super) fn refill(&mut self) {
        self.left = CAP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_retries_are_saved_up_and_then_one_for_ten_calls() {
        let policy = Policy { budget: Some(0.1), ..Policy::default() };
        let mut budget = Budget::of(&policy).expect("it has one");
        (0..1_000).for_each(|_| budget.deposit());
        assert_eq!((0..1_000).filter(|_| budget.withdraw()).count(), 10, "no more than ten");
        (0..9).for_each(|_| budget.deposit());
        assert!(!budget.withdraw(), "nine calls are too few");
        budget.deposit();
        assert!(budget.withdraw() && !budget.withdraw());
        budget.refill();
        assert_eq!((0..1_000).filter(|_| budget.withdraw()).count(), 10);
    }
}
