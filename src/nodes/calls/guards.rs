//! What decides at the caller whether a call is made at all: circuit breaker, adaptive throttling
//! and bulkhead, one of each for every node that calls under a policy go to. It is asked before
//! every try, in this order: breaker, throttle, bulkhead. A caller's crash forgets it.
//!
//! The bulkhead is resilience4j's `SemaphoreBulkhead` with a waiting time of 0, its default: what is
//! one too many fails at once (<https://resilience4j.readme.io/docs/bulkhead>; there 25 calls are
//! the default).

use std::collections::BTreeMap;

use super::breaker::Breaker;
use super::throttle::Throttle;
use crate::base::{Stream, Time};
use crate::model::{Model, NodeIx};
use crate::probes::Reason;
use crate::scenario::tree::{Policy, PolicyIx};

/// All guards of one caller: one for each node and policy under which it was called.
#[derive(Clone, Debug, Default)]
pub(super) struct Guards(BTreeMap<(PolicyIx, NodeIx), Guard>);

#[derive(Clone, Debug)]
struct Guard {
    breaker: Option<Breaker>,
    throttle: Option<Box<Throttle>>,
    /// The most calls at once.
    bulkhead: Option<u32>,
    under_way: u32,
}

impl Guard {
    /// As it is at the start.
    fn new(policy: &Policy) -> Self {
        Self {
            breaker: policy.breaker.map(Breaker::new),
            throttle: policy.throttle.map(|settings| Box::new(Throttle::new(settings))),
            bulkhead: policy.bulkhead,
            under_way: 0,
        }
    }
}

/// Does anything decide under this policy whether a call is made?
pub(super) fn has_guards(policy: &Policy) -> bool {
    policy.breaker.is_some() || policy.throttle.is_some() || policy.bulkhead.is_some()
}

impl Guards {
    /// Why a call must not be made, if it must not. Otherwise it has to [`Guards::end`].
    pub(super) fn begin(
        &mut self,
        model: &Model,
        now: Time,
        (policy, node): (PolicyIx, NodeIx),
        chance: &mut Stream,
    ) -> Option<Reason> {
        let settings = &model.scenario.policies[policy.0 as usize];
        if !has_guards(settings) {
            return None;
        }
        let guard = self.0.entry((policy, node)).or_insert_with(|| Guard::new(settings));
        if guard.breaker.as_ref().is_some_and(|breaker| breaker.is_shut(now)) {
            return Some(Reason::CircuitOpen);
        }
        if guard.throttle.as_mut().is_some_and(|throttle| !throttle.lets_pass(now, chance)) {
            return Some(Reason::Throttled);
        }
        if guard.bulkhead.is_some_and(|most| guard.under_way >= most) {
            return Some(Reason::BulkheadFull);
        }
        if let Some(breaker) = &mut guard.breaker {
            breaker.lets_pass(now);
        }
        guard.under_way += 1;
        None
    }

    /// A call that was made has ended.
    pub(super) fn end(&mut self, now: Time, called: (PolicyIx, NodeIx), failed: bool) {
        let Some(guard) = self.0.get_mut(&called) else { return };
        guard.under_way -= 1;
        if let Some(breaker) = &mut guard.breaker {
            breaker.record(now, failed);
        }
        if let Some(throttle) = guard.throttle.as_mut().filter(|_| !failed) {
            throttle.accepted(now);
        }
    }
}
