//! Write-behind: the cache takes a write, says that it is done, and hands it on to the database at
//! the next multiple of its interval, all at once and in order. What it has not handed on when it
//! crashes is lost, though its writer was told that it is done.
//!
//! A write that the database does not confirm is handed on again at the next flush. An item that is
//! in the cache is served in its new version at once; one that is not is read from the database,
//! as it was, until the write has been handed on. A `Put` with `if_unchanged` is a compare-and-set
//! here (Memcached's `gets` and `cas`, Redis' `WATCH`): refused if the item is no longer in the version
//! that the flow saw (`EXISTS`), or no longer there (`NOT_FOUND`). Where a full cache makes no room for
//! an item the write fails as `rejected` (Redis' error under `noeviction`). Left out: merging
//! several writes of one item into one, and batches.

use super::commands::answer;
use super::due::Due;
use super::replicas::Streamed;
use super::{CacheServer, Task, refuse};
use crate::base::Time;
use crate::model::Model;
use crate::model::program::{Act, EntryIx, KeyRule, Write};
use crate::nodes::calls::{Ended, Waiters};
use crate::nodes::database::changed;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Op, Seen};
use crate::nodes::parts::keys;
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Change, Expiry, Life, PolicyIx, Writes};

/// A write that was taken and has not been handed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dirty {
    pub(super) op: Op,
    commit: EntryIx,
    policy: Option<PolicyIx>,
    /// How much the replicas must have to have it as well.
    offset: u64,
}

/// A write that waits for replicas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    task: Task,
    /// What its answer carries.
    op: Op,
    offset: u64,
    /// When it waits no longer.
    due: Time,
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
        if let Some(verdict) = self.objection(task, commit, env) {
            return answer(task, &task.op, verdict, env);
        }
        let mut op = task.op;
        for write in writes_of(env.model, commit) {
            let name = (write.entity, keys::item(env.model, write.key, write.entity, &task.op));
            let is_new = write.key == KeyRule::New;
            let before = self.store.peek(name).or(is_new.then(Seen::default));
            if let Some(before) = before {
                op.seen = changed(before, write.change, task.op.seen);
                self.put(op.id, name, op.seen, Life::Renew, env);
            }
            op.done |= 1u64 << write.effect;
        }
        let offset = self.replicate(Streamed::Took, env);
        let dirty = self.dirty.insert(Dirty { op: task.op, commit, policy, offset });
        env.fact(Fact::Carried { op: task.op.id });
        self.wait_for_flush(dirty, env);
        if let Writes::Behind { wait: Some(wait), .. } = self.settings.writes {
            let due = wait.timeout.map_or(Time::NEVER, |timeout| env.now() + timeout);
            self.waits.push_back(Waiting { task: *task, op, offset, due });
            if let Some(timeout) = wait.timeout {
                env.wait(timeout, Due::Waited);
            }
            return self.have_waited(env);
        }
        answer(task, &op, Answer::Done, env);
    }

    /// Why it does not take a transaction: it is no longer as its flow saw it, or there is no room.
    fn objection<P: Probe>(
        &mut self,
        task: &Task,
        commit: EntryIx,
        env: &mut Env<'_, '_, P>,
    ) -> Option<Answer> {
        for write in writes_of(env.model, commit) {
            let name = (write.entity, keys::item(env.model, write.key, write.entity, &task.op));
            self.lapse(name, env);
            let there = self.store.peek(name);
            let saw = task.op.seen.version;
            if let Change::Put { if_unchanged: true, .. } = write.change
                && there.is_none_or(|there| there.version != saw)
            {
                env.fact(Fact::Refused { op: task.op.id, node: env.node() });
                return Some(Answer::Refused);
            }
            let enters = there.is_some() || write.key == KeyRule::New;
            if enters && !self.store.has_room_for(name) {
                env.fact(Fact::KeptOut { op: task.op.id });
                return Some(Answer::Failed(Reason::Rejected));
            }
        }
        None
    }

    /// Answers the writes that have waited: enough replicas have them, or it has taken too long.
    pub(super) fn have_waited<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Writes::Behind { wait: Some(wait), .. } = self.settings.writes else { return };
        let reached = self.replicas.as_ref().map_or(0, |it| it.reached_by(wait.replicas));
        let now = env.now();
        let is_over = |it: &Waiting| it.offset <= reached || it.due <= now;
        while let Some(Waiting { task, op, .. }) = self.waits.front().filter(|it| is_over(it)) {
            let (task, op) = (*task, *op);
            self.waits.pop_front();
            answer(&task, &op, Answer::Done, env);
        }
    }

    /// Does nobody wait until then?
    pub(super) fn nobody_waits(&self, due: Time) -> bool {
        self.waits.front().is_none_or(|it| it.due > due)
    }

    /// The master has died: what no replica has is lost, and nobody hears of what waited.
    pub(super) fn lose<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for waiting in std::mem::take(&mut self.waits) {
            refuse(&waiting.task, host, env);
        }
        let kept = self.fail_over(env);
        self.idle.clear();
        for dirty in self.dirty.drain() {
            if kept.is_some_and(|kept| dirty.offset <= kept) {
                let op = dirty.op.again(env.model.name_of(env.node()), env.now().0.max(1));
                let dirty = self.dirty.insert(Dirty { op, ..dirty });
                self.idle.push_back(dirty);
            } else {
                let why = if kept.is_some() { Reason::Unreplicated } else { Reason::Unflushed };
                env.fact(Fact::Dropped { op: dirty.op.id, why: Some(why) });
            }
        }
    }

    /// It is up again: what is left is handed on.
    pub(super) fn come_back<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.recover(env);
        for dirty in std::mem::take(&mut self.idle) {
            self.wait_for_flush(dirty, env);
        }
        if let Expiry::Sampled { every, .. } = self.settings.keeping.expiry {
            self.wait_for_sweep(every, env);
        }
    }

    fn wait_for_flush<P: Probe>(&mut self, dirty: Handle, env: &mut Env<'_, '_, P>) {
        let Writes::Behind { every, .. } = self.settings.writes else {
            unreachable!("only a write-behind cache takes writes")
        };
        self.idle.push_back(dirty);
        if self.flush <= env.now() {
            self.flush = Time((env.now().0 / every.0 + 1).saturating_mul(every.0));
            env.wait(self.flush.since(env.now()), Due::Flush);
        }
    }

    /// Hands everything on.
    pub(super) fn hand_on<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while let Some(handle) = self.idle.pop_front() {
            let Dirty { op, commit, policy, .. } = *self.dirty.get(handle).expect("it is dirty");
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
            let dirty = self.dirty.get_mut(ended.waiter).expect("it was handed on");
            dirty.op = dirty.op.again(env.model.name_of(env.node()), env.now().0.max(1));
            return self.wait_for_flush(ended.waiter, env);
        }
        let Dirty { op, commit, .. } = self.dirty.remove(ended.waiter).expect("it was handed on");
        env.fact(Fact::Dropped { op: op.id, why: None });
        // Somebody else may have written it as well: the database knows.
        if let [write] = writes_of(env.model, commit) {
            let name = (write.entity, keys::item(env.model, write.key, write.entity, &op));
            if self.store.peek(name).is_some_and(|there| there.version < back.seen.version) {
                self.put(op.id, name, back.seen, Life::Renew, env);
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
