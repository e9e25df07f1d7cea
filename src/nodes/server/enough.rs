//! Branches of which some are enough: the task goes on as soon as so many are done, or as soon as
//! too many have failed for that.
//!
//! ```text
//! task    ─fork─┬──────────────────┬─ goes on ─▶
//! branches      ├── done ──────────┤  (2 of 3 are enough)
//!               ├───────── done ───┘
//!               └───────────────────────── late: runs to its end, and nobody waits for it
//! ```
//!
//! A late branch may outlive its task and its operation's answer: each stands for itself in the
//! ledger's count. Branches of this kind change nothing and refuse nothing; the scenario layer sees
//! to that.

use super::Server;
use super::task::{Origin, Task};
use crate::model::program::Pc;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Seen};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe};

/// A task that waits for some of its branches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enough {
    task: Handle,
    /// So many more have to be done.
    missing: u32,
    /// So many more may fail.
    spare: u32,
    /// Have all of them begun?
    is_full: bool,
    /// What was seen by the latest that is done.
    seen: Seen,
    /// How one of them failed that should not have.
    failure: Option<Answer>,
}

impl Server {
    /// Starts these branches together.
    #[inline(never)]
    pub(super) fn fork_enough<P: Probe>(
        &mut self,
        task: Handle,
        branches: &[Pc],
        enough: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let parent = *self.tasks.get(task).expect("it forks");
        let wait = self.waits.insert(Enough {
            task,
            missing: enough,
            spare: branches.len() as u32 - enough,
            is_full: false,
            seen: parent.op.seen,
            failure: None,
        });
        let origin = Origin::OneOf { wait };
        let branch = Task { origin, has_worker: false, is_cancellable: false, ..parent };
        self.wait(task, env);
        for start in branches {
            env.fact(Fact::Carried { op: parent.op.id });
            let handle = self.tasks.insert(Task { pc: *start, ..branch });
            self.run(handle, env);
        }
        self.waits.get_mut(wait).expect("it is not decided before all have begun").is_full = true;
        self.decide(wait, env);
    }

    /// Such a branch has ended.
    #[inline(never)]
    pub(super) fn join_one_of<P: Probe>(
        &mut self,
        branch: &Task,
        wait: Handle,
        env: &mut Env<'_, '_, P>,
    ) {
        if let Some(waiting) = self.waits.get_mut(wait) {
            match branch.verdict {
                Answer::Done | Answer::Idle => {
                    waiting.missing = waiting.missing.saturating_sub(1);
                    waiting.seen = branch.op.seen;
                }
                failed => match waiting.spare.checked_sub(1) {
                    Some(spare) => waiting.spare = spare,
                    None => waiting.failure = Some(failed),
                },
            }
            self.decide(wait, env);
        }
        env.fact(Fact::Dropped { op: branch.op.id, why: None });
    }

    /// The task goes on if enough are done, and fails if too many have failed.
    fn decide<P: Probe>(&mut self, wait: Handle, env: &mut Env<'_, '_, P>) {
        let Enough { task, missing, is_full, seen, failure, .. } =
            *self.waits.get(wait).expect("somebody waits");
        if !is_full || missing > 0 && failure.is_none() {
            return;
        }
        self.waits.discard(wait);
        let Some(parent) = self.tasks.get_mut(task) else { return };
        parent.op.seen = seen;
        if let Some(failure) = failure.filter(|_| missing > 0) {
            self.trouble(task, failure, env);
        }
        self.run(task, env);
    }
}
