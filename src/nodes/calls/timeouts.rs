//! Calls of one policy in the order in which they time out, which is the order in which they were
//! made: one timer for all of them is enough. It is due no later than the first of them, and set anew,
//! for the first that is still not answered, only when it fires. Knows policies by their numbers alone.
//!
//! A line is a ring of slots of the slab that the calls lie in, closed by a spare one, so that
//! joining and leaving never ask for an end. The links are in the calls themselves: the end of a call
//! loads them anyway.
//!
//! ```text
//! slot:   0         1         2         | 3       4       5 ...
//!         nobody's  policy 0  policy 1  | a call  a call  a call ...
//! the line of policy 1:  2 ◀─▶ 5 ◀─▶ 3 ◀─▶ 2    (the call in slot 5 is due first, then that in slot 3)
//! ```

use super::Calls;
use super::call::Call;
use super::due::Due;
use crate::base::Time;
use crate::nodes::env::Env;
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::Probe;
use crate::scenario::tree::PolicyIx;

/// Where a call stands: which slots are before and behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    previous: u32,
    next: u32,
    /// When the call times out; in the slot that closes a line, when its timer is due, or was.
    due: Time,
}

impl Links {
    /// In no line, or rather in one in which it cannot be found and which it may leave like any other.
    pub(super) const NOWHERE: Self = Self { previous: 0, next: 0, due: Time::ZERO };
}

/// The slot that closes the line of a policy.
fn line_of(policy: PolicyIx) -> usize {
    usize::from(policy.0) + 1
}

impl Slab<Call> {
    /// No calls of so many policies.
    pub(super) fn with_lines(policies: usize) -> Self {
        let mut calls = Self::with_spare(1 + policies);
        calls.clear_lines(policies);
        calls
    }

    /// Nobody stands in line any more.
    pub(super) fn clear_lines(&mut self, policies: usize) {
        for line in 0..=policies {
            let itself = line as u32;
            self.at_mut(line).links = Links { previous: itself, next: itself, due: Time::ZERO };
        }
    }

    /// A call is made now that is due then: not before those that stand in this line. Returns the
    /// links that it is to have; is the line's timer to be set for it?
    #[inline]
    pub(super) fn join(
        &mut self,
        policy: PolicyIx,
        call: Handle,
        now: Time,
        due: Time,
    ) -> (Links, bool) {
        let (slot, line) = (call.slot() as u32, line_of(policy) as u32);
        let closing = &mut self.at_mut(line as usize).links;
        let previous = std::mem::replace(&mut closing.previous, slot);
        let needs_timer = previous == line && closing.due <= now;
        if needs_timer {
            closing.due = due;
        }
        self.at_mut(previous as usize).links.next = slot;
        (Links { previous, next: line, due }, needs_timer)
    }

    /// When the timer of this line is due, or was.
    pub(super) fn timer(&self, policy: PolicyIx) -> Time {
        self.at(line_of(policy)).links.due
    }

    /// The timer of this line is set.
    pub(super) fn set_timer(&mut self, policy: PolicyIx, due: Time) {
        self.at_mut(line_of(policy)).links.due = due;
    }

    /// Lets those be fetched that are before and behind this place.
    pub(super) fn prefetch_neighbours(&self, place: Links) {
        self.prefetch_at(place.previous as usize);
        self.prefetch_at(place.next as usize);
    }

    /// The call that stood here leaves its line.
    #[inline]
    pub(super) fn leave(&mut self, Links { previous, next, .. }: Links) {
        self.at_mut(previous as usize).links.next = next;
        self.at_mut(next as usize).links.previous = previous;
    }

    /// Who is due first, and when; `None` if nobody stands in this line.
    #[inline]
    pub(super) fn first(&self, policy: PolicyIx) -> Option<(Time, Handle)> {
        let line = line_of(policy);
        let first = self.at(line).links.next as usize;
        (first != line).then(|| (self.at(first).links.due, self.handle_at(first)))
    }
}

impl Calls {
    /// Sets the timer of a line.
    #[cold]
    #[inline(never)]
    pub(super) fn wait<P: Probe>(&self, env: &mut Env<'_, '_, P>, policy: PolicyIx) {
        env.wait(self.calls.timer(policy).since(env.now()), Due::Timeout(policy));
    }

    /// A timer is due: the first call of its line that has waited long enough, if there is one.
    /// Otherwise the timer is set for the next. To be asked until it says `None`.
    pub(super) fn overdue<P: Probe>(
        &mut self,
        env: &mut Env<'_, '_, P>,
        policy: PolicyIx,
    ) -> Option<Handle> {
        let (due, first) = self.calls.first(policy)?;
        if due <= env.now() {
            return Some(first);
        }
        if self.calls.timer(policy) <= env.now() {
            self.calls.set_timer(policy, due);
            self.wait(env, policy);
        }
        None
    }

    /// Does nobody wait for this timer of a line any more?
    pub(super) fn nobody_waits(&self, policy: PolicyIx, due: Time) -> bool {
        self.calls.timer(policy) != due || self.calls.first(policy).is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Some` joins a line, `None` lets the call leave that was made so many calls before.
        #[test]
        fn lines_are_queues_that_anybody_may_leave(
            steps in prop::collection::vec((prop::option::weighted(0.6, 0..4u16), 0..8usize), 0..300)
        ) {
            let mut calls = Slab::with_lines(3);
            let mut plain: Vec<(u16, Time, Handle)> = Vec::new();
            for (now, (step, back)) in (0..).map(Time).zip(steps) {
                if let Some(line) = step {
                    let (call, _) = calls.enter();
                    // Of the last line there is no policy: these stand in none.
                    let links = match line {
                        3 => Links::NOWHERE,
                        _ => calls.join(PolicyIx(line), call, now, now).0,
                    };
                    *calls.at_mut(call.slot()) = Call { links, ..Call::default() };
                    plain.push((line, now, call));
                } else if let Some(leaver) = plain.len().checked_sub(1 + back) {
                    let (_, _, call) = plain.remove(leaver);
                    let links = calls.discard(call).expect("it is there").links;
                    calls.leave(links);
                }
                for line in 0..3 {
                    let first = plain.iter().find(|waits| waits.0 == line);
                    prop_assert_eq!(calls.first(PolicyIx(line)), first.map(|waits| (waits.1, waits.2)));
                }
            }
            calls.drain();
            calls.clear_lines(3);
            prop_assert!((0..3).all(|line| calls.first(PolicyIx(line)).is_none()));
        }
    }
}
