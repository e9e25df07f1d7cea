//! Branches of a task: they start together, and the task goes on when all have ended.

use super::Server;
use super::task::{Origin, Task};
use crate::model::program::Pc;
use crate::nodes::env::Env;
use crate::nodes::message::Answer;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;

impl Server {
    pub(super) fn fork<P: Probe>(
        &mut self,
        parent: Handle,
        branches: &[Pc],
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get_mut(parent).expect("it forks");
        task.branches = branches.len() as u16;
        let branch = Task {
            origin: Origin::Branch { of: parent },
            has_worker: false,
            is_cancellable: false,
            ..*task
        };
        self.wait(parent, env);
        for start in branches {
            let handle = self.tasks.insert(Task { pc: *start, ..branch });
            self.run(handle, env);
        }
    }

    pub(super) fn join<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let branch = self.tasks.remove(handle).expect("it joins");
        let of = match branch.origin {
            Origin::Branch { of } => of,
            Origin::OneOf { wait } => return self.join_one_of(&branch, wait, env),
            _ => unreachable!("only branches join"),
        };
        let Some(parent) = self.tasks.get_mut(of) else {
            return;
        };
        parent.branches -= 1;
        parent.op.done |= branch.op.done;
        parent.op.seen = branch.op.seen;
        match (branch.verdict, parent.verdict) {
            (Answer::Done, _) | (Answer::Failed(_), Answer::Refused) => {}
            (worse, _) => parent.verdict = worse,
        }
        if parent.branches > 0 {
            return;
        }
        let verdict = parent.verdict;
        if verdict != Answer::Done && !parent.takes_back {
            self.trouble(of, verdict, env);
        }
        self.run(of, env);
    }
}
