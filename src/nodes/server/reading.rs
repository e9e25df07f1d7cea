//! Reading through the cache: one fetch for all that miss the same item.

use super::Server;
use super::cache::{Fetched, ItemName, Lookup};
use crate::base::Time;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Op, Seen};
use crate::nodes::parts::cache_store::Put;
use crate::nodes::parts::slab::Handle;
use crate::probes::fact::Leaving;
use crate::probes::{Fact, Probe};

impl Server {
    pub(super) fn look<P: Probe>(
        &mut self,
        name: ItemName,
        op: Op,
        task: Handle,
        env: &mut Env<'_, '_, P>,
    ) -> Lookup {
        let cache = self.cache.as_mut().expect("a design that reads through caches has them");
        while let Some((name, when)) = cache.expire(env.now()) {
            forgot(name, when, Leaving::Expired, env);
        }
        let lookup = cache.look(env.now(), name, task);
        env.fact(match lookup {
            Lookup::Hit(_) => Fact::CacheHit { op: op.id, entity: name.0 },
            Lookup::Fetch => Fact::CacheMiss { op: op.id, entity: name.0, fetches: true },
            Lookup::Wait => Fact::CacheMiss { op: op.id, entity: name.0, fetches: false },
        });
        lookup
    }

    pub(super) fn saw<P: Probe>(
        &mut self,
        handle: Handle,
        name: ItemName,
        seen: Seen,
        issued: Time,
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get_mut(handle).expect("who sees is there");
        task.op.seen = seen;
        let (op, Seen { version, value }) = (task.op.id, seen);
        env.fact(Fact::Saw { op, entity: name.0, key: name.1, version, value, issued });
    }

    pub(super) fn fetched<P: Probe>(
        &mut self,
        name: ItemName,
        answer: Answer,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(cache) = &mut self.cache else { return };
        let seen = (answer == Answer::Done).then_some(back.seen);
        while let Some((name, when)) = cache.expire(env.now()) {
            forgot(name, when, Leaving::Expired, env);
        }
        let Fetched { waiters, put } = cache.fetched(env.now(), name, seen);
        if let Put::Entered(_) = put {
            env.fact(Fact::Entered);
        }
        if put != Put::Out {
            let op = back.id;
            env.fact(Fact::Holds { op, entity: name.0, key: name.1, version: back.seen.version });
        }
        for (place, handle) in waiters.into_iter().enumerate() {
            let Some(task) = self.tasks.get(handle) else {
                continue;
            };
            match seen {
                // The store has said what the one who fetched saw.
                Some(seen) if place > 0 => {
                    let issued = task.queued;
                    self.saw(handle, name, seen, issued, env);
                }
                Some(seen) => self.tasks.get_mut(handle).expect("it waits").op.seen = seen,
                None => self.trouble(handle, answer, env),
            }
            self.run(handle, env);
        }
        if let Put::Entered(Some(evicted)) = put {
            forgot(evicted, env.now(), Leaving::Evicted, env);
        }
    }
}

/// An item left the cache.
pub(super) fn forgot<P: Probe>(
    (entity, key): ItemName,
    when: Time,
    why: Leaving,
    env: &mut Env<'_, '_, P>,
) {
    env.fact(Fact::Left { when, why });
    env.fact(Fact::Forgot { entity, key });
}
