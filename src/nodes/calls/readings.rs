//! What a caller shows of its calls: how many are under way and to whom, what its guards say, what is
//! left of its budgets, whom it believes to be there.

use std::collections::BTreeMap;

use super::Calls;
use super::call::node_of;
use crate::base::Time;
use crate::model::{Model, NodeIx};
use crate::nodes::readings::{Readings, Value, What, Whom};
use crate::scenario::tree::PolicyIx;

impl Calls {
    /// All of it, callee by callee.
    pub fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
        let mut under_way: BTreeMap<NodeIx, usize> = BTreeMap::new();
        for (_, call) in self.calls.iter() {
            // Not by where it went: what was held back, or found nobody, went nowhere.
            *under_way.entry(node_of(model, call.what)).or_default() += 1;
        }
        for (node, calls) in under_way {
            into.of(What::Calls, Whom::Node(node), calls);
        }
        for (node, state) in self.guards.breakers(now) {
            into.say(What::Breaker, Whom::Node(node), Value::Breaker(state));
        }
        for (node, ejected) in self.outliers.counts(now) {
            into.of(What::Ejected, Whom::Node(node), ejected);
        }
        for (policy, state) in (0..).map(PolicyIx).zip(&self.policies) {
            if let Some(budget) = &state.budget {
                into.of(What::Budget, Whom::Policy(policy), budget.whole() as usize);
            }
        }
        for (node, listed) in self.targets.listed() {
            into.of(What::Listed, Whom::Node(node), listed);
        }
    }
}
