//! What each command does, at the instant at which it is carried out.

use super::leases::Missed;
use super::{CacheServer, Task};
use crate::model::NodeIx;
use crate::model::program::Command;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body, Op, Seen};
use crate::nodes::parts::cache_store::ItemName;
use crate::nodes::parts::keys;
use crate::probes::fact::Leaving;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::Life;

impl CacheServer {
    pub(super) fn carry_out<P: Probe>(&mut self, task: &Task, env: &mut Env<'_, '_, P>) {
        self.expire(env);
        let model = env.model;
        let name = |entity, key| (entity, keys::item(model, key, entity, &task.op));
        match task.command {
            Command::Get(entity, key) => self.get(task, name(entity, key), env),
            Command::Set(entity, key, life) => self.set(task, name(entity, key), life, env),
            Command::Delete(entity, key) => self.delete(task, name(entity, key), env),
            Command::Take { commit, policy } => self.take(task, (commit, policy), env),
            Command::Admit(gateway) => self.admit(task, gateway, env),
        }
    }

    fn get<P: Probe>(&mut self, task: &Task, name: ItemName, env: &mut Env<'_, '_, P>) {
        let (op, entity) = (task.op.id, name.0);
        self.lapse(name, env);
        if let Some(seen) = self.read(env.now(), name, task) {
            env.fact(Fact::CacheHit { op, entity });
            return saw(task, name, seen, env);
        }
        let missed = self.leases.miss(env.now(), name, task);
        let fetches = missed == Missed::Fetches;
        env.fact(Fact::CacheMiss { op, entity, fetches });
        if fetches {
            answer(task, &task.op, Answer::Idle, env);
        }
    }

    /// A fill, or what was just committed: it is kept unless something newer is known, and
    /// answers those who wait for it.
    fn set<P: Probe>(&mut self, task: &Task, name: ItemName, life: Life, env: &mut Env<'_, '_, P>) {
        let seen = task.op.seen;
        self.lapse(name, env);
        let has_newer = self.settings.versioned
            && self.store.peek(name).is_some_and(|there| there.version > seen.version);
        let is_outdated = self.leases.end(name, seen.version);
        if !has_newer && !is_outdated {
            self.put(task.op.id, name, seen, life, env);
        }
        while let Some(waiter) = self.leases.next_waiter() {
            saw(&waiter, name, seen, env);
        }
        answer(task, &task.op, Answer::Done, env);
    }

    /// A gateway asks whether one more request may pass.
    fn admit<P: Probe>(&mut self, task: &Task, gateway: NodeIx, env: &mut Env<'_, '_, P>) {
        let mut counts = self.counts.iter_mut().filter(|(whose, _)| *whose == gateway);
        let (_, count) = counts.next().expect("who asks has its count here");
        let verdict = if count.take(env.now()) { Answer::Done } else { Answer::Idle };
        answer(task, &task.op, verdict, env);
    }

    fn delete<P: Probe>(&mut self, task: &Task, name: ItemName, env: &mut Env<'_, '_, P>) {
        self.leases.invalidate(name, task.op.seen.version);
        if self.store.remove(name) {
            self.left(name, env.now(), Leaving::Deleted, env);
        }
        answer(task, &task.op, Answer::Done, env);
    }
}

/// A reader has what it asked for.
fn saw<P: Probe>(task: &Task, (entity, key): ItemName, seen: Seen, env: &mut Env<'_, '_, P>) {
    let Seen { version, value } = seen;
    let (op, issued) = (task.op.id, task.arrived);
    env.fact(Fact::Saw { op, entity, key, version, value, issued });
    answer(task, &Op { seen, ..task.op }, Answer::Done, env);
}

pub(super) fn answer<P: Probe>(task: &Task, op: &Op, verdict: Answer, env: &mut Env<'_, '_, P>) {
    env.send(task.from, op, Body::Answer { call: task.call, verdict });
    env.fact(Fact::Dropped { op: task.op.id, why: None });
}
