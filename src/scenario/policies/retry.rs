//! Retries: how often a call is tried and where, how long a caller pauses before, how many retries it
//! may make for each call, and whether it takes late answers. And how often a customer tries again who was
//! refused, which is no retry of a call but is written like one.

use super::{Backoff, Guard, Policy, Room};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;
use crate::scenario::tree::Again;

/// Tries of one call.
const MAX_TRIES: u32 = 100;
/// Tries of a customer who was refused.
const MAX_AGAIN: u32 = 1_000;

pub(super) const ROOM: Room = Room {
    word: "retry",
    example: r#"(timeout: "300ms", retry: (tries: 3, budget: "10%"))"#,
    guards: &[
        Guard { name: "retry", is_in_force: |policy| policy.tries > 1 },
        Guard { name: "retry budget", is_in_force: |policy| policy.budget.is_some() },
        Guard { name: "retry elsewhere", is_in_force: |policy| policy.elsewhere },
    ],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    let retry = reader.maybe(fields, "retry", Reader::retry)?;
    let Retry { tries, backoff, budget, late_answers, elsewhere } = retry.unwrap_or(Retry::NEVER);
    policy.tries = tries;
    policy.backoff = backoff;
    policy.budget = budget;
    policy.late_answers = late_answers;
    policy.elsewhere = elsewhere;
    Some(())
}

/// How a call is tried again.
struct Retry {
    tries: u32,
    backoff: Backoff,
    budget: Option<f64>,
    late_answers: bool,
    elsewhere: bool,
}

impl Retry {
    /// Where a policy says nothing about it.
    const NEVER: Self = Self {
        tries: 1,
        backoff: Backoff::USUAL,
        budget: None,
        late_answers: false,
        elsewhere: false,
    };
}

impl<'a> Reader<'a> {
    fn retry(&mut self, value: &'a Value) -> Option<Retry> {
        let names = ["tries", "backoff", "budget", "late_answers", "elsewhere"];
        let fields = self.fields(value, "a retry", 0, &names)?;
        let tries = self.must(&fields, "tries", |reader, value| reader.count(value, 1..=MAX_TRIES));
        let backoff = self.or(&fields, "backoff", Backoff::USUAL, Self::backoff);
        let budget = self.maybe(&fields, "budget", Self::ratio);
        let late_answers = self.or(&fields, "late_answers", false, Self::flag);
        let elsewhere = self.or(&fields, "elsewhere", false, Self::flag);
        Some(Retry {
            tries: tries?,
            backoff: backoff?,
            budget: budget?,
            late_answers: late_answers?,
            elsewhere: elsewhere?,
        })
    }

    /// What a customer does who was refused.
    pub(crate) fn again(&mut self, value: &'a Value) -> Option<Again> {
        let fields = self.fields(value, "another try", 0, &["tries", "backoff"])?;
        let tries = self.must(&fields, "tries", |reader, value| reader.count(value, 1..=MAX_AGAIN));
        let backoff = self.or(&fields, "backoff", Backoff::USUAL, Self::backoff);
        Some(Again { tries: tries?, backoff: backoff? })
    }
}
