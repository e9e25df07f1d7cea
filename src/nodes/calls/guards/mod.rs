//! What decides at the caller whether a call is made at all. Of each guard that a policy has there is
//! one for every node that calls under it go to. They are asked before every try, in the order of the
//! table below; the first that refuses has the last word, and those behind it do not hear of the try.
//! A caller's crash forgets them.

use std::collections::BTreeMap;

use crate::base::{Stream, Time};
use crate::model::{Model, NodeIx};
use crate::nodes::readings::BreakerState;
use crate::probes::Reason;
use crate::scenario::tree::{Policy, PolicyIx};

/// One guard, of the calls under one policy to one node.
trait Guard: Sized {
    /// The guard that this policy has, as it is at the start.
    fn of(policy: &Policy) -> Option<Self>;

    /// A call is to be made: why must it not?
    fn refuses(&mut self, now: Time, chance: &mut Stream) -> Option<Reason>;

    /// The call is made: no guard has refused it.
    fn begin(&mut self, _now: Time) {}

    /// A call that was made has ended.
    fn end(&mut self, now: Time, failed: bool);
}

/// Writes what calls under one policy to one node have to pass, from the table of guards: the field
/// of [`Policy`] that sets each, which names its file here as well, and the type there that acts.
macro_rules! guards {
    ($($guard:ident: $Kind:ident),* $(,)?) => {
        $(mod $guard;)*

        /// The guards of the calls under one policy to one node.
        #[derive(Clone, Debug)]
        struct Gate {
            $($guard: Option<$guard::$Kind>,)*
        }

        /// Does this policy have a guard?
        pub(super) fn has_any(policy: &Policy) -> bool {
            $(policy.$guard.is_some())||*
        }

        impl Gate {
            /// As it is at the start.
            fn new(policy: &Policy) -> Self {
                Self { $($guard: <$guard::$Kind as Guard>::of(policy),)* }
            }

            fn begin(&mut self, now: Time, chance: &mut Stream) -> Option<Reason> {
                $(
                    let why = self.$guard.as_mut().and_then(|guard| guard.refuses(now, chance));
                    if why.is_some() {
                        return why;
                    }
                )*
                $(
                    if let Some(guard) = &mut self.$guard {
                        guard.begin(now);
                    }
                )*
                None
            }

            fn end(&mut self, now: Time, failed: bool) {
                $(
                    if let Some(guard) = &mut self.$guard {
                        guard.end(now, failed);
                    }
                )*
            }
        }
    };
}

guards! {
    breaker: Breaker,
    throttle: Throttle,
    bulkhead: Bulkhead,
}

/// What one gate stands before: the calls under one policy to one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guarded {
    /// The policy.
    pub(super) policy: PolicyIx,
    /// The node.
    pub(super) node: NodeIx,
}

/// All guards of one caller: a gate for all that it has called under a policy with guards.
#[derive(Clone, Debug, Default)]
pub(super) struct Guards(BTreeMap<Guarded, Gate>);

impl Guards {
    /// The state of each breaker towards each node that was called, now.
    pub(super) fn breakers(&self, now: Time) -> impl Iterator<Item = (NodeIx, BreakerState)> {
        self.0.iter().filter_map(move |(guarded, gate)| {
            Some((guarded.node, gate.breaker.as_ref()?.state(now)))
        })
    }

    /// Why a call must not be made, if it must not. Otherwise it has to [`Guards::end`].
    pub(super) fn begin(
        &mut self,
        model: &Model,
        now: Time,
        guarded: Guarded,
        chance: &mut Stream,
    ) -> Option<Reason> {
        let policy = &model.scenario.policies[guarded.policy.0 as usize];
        if !has_any(policy) {
            return None;
        }
        let gate = self.0.entry(guarded).or_insert_with(|| Gate::new(policy));
        gate.begin(now, chance)
    }

    /// A call that was made has ended.
    pub(super) fn end(&mut self, now: Time, guarded: Guarded, failed: bool) {
        if let Some(gate) = self.0.get_mut(&guarded) {
            gate.end(now, failed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bulkhead::Bulkhead;
    use super::*;
    use crate::base::Span;
    use crate::scenario::tree;

    /// A breaker that opens at the first failure, and a bulkhead for one call.
    fn policy() -> Policy {
        let breaker =
            tree::Breaker { window: 1, least: 1, threshold: 1.0, open: Span(100), trials: 1 };
        Policy { breaker: Some(breaker), bulkhead: Some(1), ..Policy::default() }
    }

    #[test]
    fn a_policy_without_guards_has_no_gate() {
        assert!(!has_any(&Policy { timeout: Some(Span(1)), ..Policy::default() }));
        assert!(has_any(&Policy { bulkhead: Some(1), ..Policy::default() }));
        assert!(has_any(&policy()));
    }

    #[test]
    fn the_first_that_refuses_has_the_last_word() {
        let (mut gate, mut chance) = (Gate::new(&policy()), Stream::new(1, "test", "", 0));
        assert_eq!(gate.begin(Time(0), &mut chance), None);
        assert_eq!(gate.begin(Time(0), &mut chance), Some(Reason::BulkheadFull));
        gate.end(Time(1), true);
        assert_eq!(gate.begin(Time(2), &mut chance), Some(Reason::CircuitOpen));
    }

    /// A trial that the bulkhead refuses is none: it would never end.
    #[test]
    fn what_a_later_guard_refuses_takes_no_trial() {
        let (mut gate, mut chance) = (Gate::new(&policy()), Stream::new(1, "test", "", 0));
        let late = Time(200);
        gate.begin(Time(0), &mut chance);
        gate.end(Time(1), true);
        gate.bulkhead = Bulkhead::of(&Policy { bulkhead: Some(0), ..Policy::default() });
        assert_eq!(gate.begin(late, &mut chance), Some(Reason::BulkheadFull));
        gate.bulkhead = None;
        assert_eq!(gate.begin(late, &mut chance), None, "the trial is still to be had");
        assert_eq!(gate.begin(late, &mut chance), Some(Reason::CircuitOpen));
    }
}
