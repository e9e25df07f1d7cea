//! Write-behind: the cache takes a write, says that it is done, and hands it on to the database at
//! the next multiple of its interval, all at once and in order. What it has not handed on when it
//! crashes is lost, though its writer was told that it is done.
//!
//! A write that the database does not confirm is handed on again at the next flush. An item that is
//! in the cache is served in its new version at once; one that is not is read from the database,
//! as it was, until the write has been handed on. Left out: merging several writes of one item
//! into one, and batches.

use super::commands::answer;
use super::{CacheServer, Task};
use crate::base::Time;
use crate::model::Model;
use crate::model::program::{Act, EntryIx, KeyRule, Write};
use crate::nodes::calls::{Ended, Waiters};
use crate::nodes::database::changed;
use crate::nodes::env::Env;
use crate::nodes::keys;
use crate::nodes::message::{Answer, Op, Seen, Timer};
use crate::nodes::slab::{Handle, Slab};
use crate::probes::{Fact, Probe};
use crate::scenario::tree::{PolicyIx, Writes};

/// A write that was taken and has not been handed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dirty {
    pub(super) op: Op,
    commit: EntryIx,
    policy: Option<PolicyIx>,
}

impl Waiters for Slab<Dirty> {
    fn header(&self, waiter: Handle) -> Op {
        self.get(waiter).map_or(Op::NONE, |dirty| dirty.op)
    }
}

impl CacheServer {
    /// Takes the writes of a transaction.
    pub(super) fn take<P: Probe>(
        &mut self,
        task: &Task,
        (commit, policy): (EntryIx, Option<PolicyIx>),
        env: &mut Env<'_, '_, P>,
    ) {
        let mut op = task.op;
        for write in writes_of(env.model, commit) {
            let name = (write.entity, keys::item(env.model, write.key, write.entity, &task.op));
            let is_new = write.key == KeyRule::New;
            let before = self.shelf.peek(name).or(is_new.then(Seen::default));
            if let Some(before) = before {
                op.seen = changed(before, write.change, task.op.seen);
                self.put(op.id, name, op.seen, env);
            }
            op.done |= 1u64 << write.effect;
        }
        let dirty = self.dirty.insert(Dirty { op: task.op, commit, policy });
        env.fact(Fact::Carried { op: task.op.id });
        self.wait_for_flush(dirty, env);
        answer(task, &op, Answer::Done, env);
    }

    fn wait_for_flush<P: Probe>(&mut self, dirty: Handle, env: &mut Env<'_, '_, P>) {
        let Writes::Behind(every) = self.settings.writes else {
            unreachable!("only a write-behind cache takes writes")
        };
        self.idle.push_back(dirty);
        if self.flush <= env.now() {
            self.flush = Time((env.now().0 / every.0 + 1).saturating_mul(every.0));
            env.wait(self.flush.since(env.now()), Timer::Flush);
        }
    }

    /// Hands everything on.
    pub(super) fn hand_on<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while let Some(handle) = self.idle.pop_front() {
            let Dirty { op, commit, policy } = *self.dirty.get(handle).expect("it is dirty");
            self.calls.start(env, commit, &op, policy, handle);
        }
    }

    /// The database has answered, or has not.
    pub(super) fn handed_on<P: Probe>(
        &mut self,
        ended: Ended,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        if matches!(ended.answer, Answer::Failed(_)) {
            return self.wait_for_flush(ended.waiter, env);
        }
        let Dirty { op, commit, .. } = self.dirty.remove(ended.waiter).expect("it was handed on");
        env.fact(Fact::Dropped { op: op.id, why: None });
        // Somebody else may have written it as well: the database knows.
        if let [write] = writes_of(env.model, commit) {
            let name = (write.entity, keys::item(env.model, write.key, write.entity, &op));
            if self.shelf.peek(name).is_some_and(|there| there.version < back.seen.version) {
                self.put(op.id, name, back.seen, env);
            }
        }
    }
}

fn writes_of(model: &Model, commit: EntryIx) -> &[Write] {
    let Act::Transact(txn) = model.programs.entries[commit.0 as usize].act else {
        unreachable!("a cache hands transactions on")
    };
    &model.programs.transactions[txn.0 as usize].writes
}
