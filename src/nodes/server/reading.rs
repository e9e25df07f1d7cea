//! Reading through the cache: one fetch for all that miss the same item.

use super::Server;
use crate::base::Time;
use crate::nodes::cache::{Fetched, ItemName, Lookup};
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Op, Seen};
use crate::nodes::slab::Handle;
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
        let (lookup, expired) = cache.look(env.now(), name, task);
        if let Some((entity, key)) = expired {
            env.fact(Fact::Forgot { entity, key });
        }
        env.fact(match lookup {
            Lookup::Hit(_) => Fact::CacheHit { op: op.id, entity: name.0 },
            Lookup::Fetch | Lookup::Wait => Fact::CacheMiss { op: op.id, entity: name.0 },
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
        let Fetched { waiters, kept, evicted } = cache.fetched(env.now(), name, seen);
        if kept {
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
        if let Some((entity, key)) = evicted {
            env.fact(Fact::Forgot { entity, key });
        }
    }
}
