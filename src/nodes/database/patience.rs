//! Transactions that wait too long for a lock: as `PostgreSQL`'s `lock_timeout` has it, the time counts
//! for each lock anew, and the whole transaction fails (`MySQL`'s `innodb_lock_wait_timeout`, 50 s by
//! default, takes only the statement back). Knows when they have waited long enough, not what for.

use super::Database;
use crate::base::Time;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};

impl Database {
    /// Does this transaction give up at that instant?
    pub(super) fn gives_up_at(&self, task: Handle, at: Time) -> bool {
        let claims = self.tasks.get(task).and_then(|task| task.claims.as_ref());
        claims.is_some_and(|it| it.taken < it.locks.len() && it.gives_up == at)
    }

    /// It does: nothing of it happens, and others get its locks and its connection.
    #[cold]
    pub(super) fn give_up<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let mut task = self.tasks.remove(handle).expect("it waits");
        let mut claims = task.claims.take().expect("it waits for a lock");
        self.locks.leave(claims.locks[claims.taken], handle);
        claims.locks.truncate(claims.taken);
        let (op, why) = (task.op.id, Reason::LockTimeout);
        let verdict = Answer::Failed(why);
        env.send(task.from, &task.op, Body::Answer { call: task.call, verdict });
        env.fact(Fact::Dropped { op, why: Some(why) });
        self.unlock(claims, env);
        self.busy -= 1;
        env.fact(Fact::Freed { op });
        if self.is_free(env) {
            self.begin_next(env);
        }
    }
}
