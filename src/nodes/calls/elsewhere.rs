//! Where a try does not go, if there is anywhere else: to instances where earlier tries of the same
//! call went, under a policy that retries `elsewhere` (Envoy's `previous_hosts` predicate, with as many
//! attempts at choosing as there are instances; nginx's next upstream), and to those that are ejected
//! as outliers. Refuses to know how an instance is chosen.

use super::Calls;
use super::guards::Guarded;
use crate::base::{Table, Time};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::nodes::parts::slab::Handle;

/// Where the tries of calls went that are to be tried again elsewhere, by who waits for them.
pub(super) type Tried = Table<Handle, Vec<InstanceId>>;

impl Calls {
    /// A try has failed that went there, and is to be made again.
    pub(super) fn has_tried(
        &mut self,
        model: &Model,
        guarded: Guarded,
        waiter: Handle,
        to: InstanceId,
    ) {
        if model.scenario.policies[usize::from(guarded.policy.0)].elsewhere {
            match self.tried.get_mut(&waiter) {
                Some(tried) => tried.push(to),
                None => {
                    self.tried.insert(waiter, vec![to]);
                }
            }
        }
    }

    /// Which instances are to be avoided, by their places: those that are ejected, and those tried. The
    /// former alone where nobody else is left.
    pub(super) fn avoided(
        &mut self,
        model: &Model,
        now: Time,
        guarded: Guarded,
        waiter: Handle,
    ) -> Vec<u32> {
        if !self.policies[usize::from(guarded.policy.0)].avoids {
            return Vec::new();
        }
        let target = self.targets.of(model, guarded.node);
        let ejected = self.outliers.ejected(guarded, now, target.choices());
        let Some(tried) = self.tried.get(&waiter) else { return ejected };
        let mut avoided = ejected.clone();
        avoided.extend(tried.iter().filter_map(|tried| target.place(*tried)));
        if target.has_other(&avoided) { avoided } else { ejected }
    }

    /// Nothing more comes of what this one waits for.
    pub(super) fn is_over(&mut self, waiter: Handle) {
        self.late.end(waiter);
        self.tried.swap_remove(&waiter);
    }
}
