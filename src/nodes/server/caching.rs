//! The service's side of its cache: what it asks goes on whatever the cache says, or if it says
//! nothing.

use super::Server;
use super::task::Task;
use crate::model::program::{EntryIx, Instr, Pc};
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Op};
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;
use crate::scenario::tree::PolicyIx;

impl Server {
    /// Calls the cache. While it waits, the task's header speaks of what the command is about.
    pub(super) fn ask_cache<P: Probe>(
        &mut self,
        handle: Handle,
        (entry, policy): (EntryIx, Option<PolicyIx>),
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get_mut(handle).expect("it asks");
        if is_about_made(waits_at(task, env)) {
            self.made.swap(handle, &mut task.op.seen);
        }
        self.calls.start(env, entry, &task.op, policy, handle);
        self.wait(handle, env);
    }

    /// The cache has answered, or the call has failed.
    pub(super) fn cache_answered<P: Probe>(
        &mut self,
        handle: Handle,
        answer: Answer,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get_mut(handle).expect("it waits");
        match *waits_at(task, env) {
            Instr::Lookup { hit, .. } if answer == Answer::Done => {
                task.op.seen = back.seen;
                task.pc = hit;
            }
            Instr::Keep { made: true, .. } => {
                self.made.swap(handle, &mut task.op.seen);
            }
            _ => {}
        }
        self.run(handle, env);
    }
}

fn waits_at<'a, P>(task: &Task, env: &Env<'a, '_, P>) -> &'a Instr {
    let Pc(next) = task.pc;
    &env.model.programs.code[next as usize - 1]
}

fn is_about_made(instr: &Instr) -> bool {
    matches!(instr, Instr::Keep { made: true, .. })
}
