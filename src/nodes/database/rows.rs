//! The items of a store, its own or its copies of others': version and number of each. Knows no
//! transactions.
//!
//! Preloaded items lie densely and cost nothing before the first of their entity is written.
//! Created items are kept while they are the latest of their session and flow (what `key: Own`
//! may mean), or were touched within the last [`WINDOW`](super::ages::WINDOW); after that no step
//! in flight is expected to mean them, and they go, so that memory follows the number of sessions
//! and not the length of the run. A forgotten item reads as one that is not there.

use super::ages::{Ages, is_fresh};
use crate::base::Time;
use crate::model::{EntityIx, FlowIx, Model};
use crate::nodes::message::{Op, Seen};
use crate::nodes::table::Table;
use crate::probes::KeyId;

/// The items.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// By entity, as far as they were ever written.
    preloaded: Vec<Vec<Seen>>,
    created: Table<Name, Created>,
    latest: Table<Owner, KeyId>,
    ages: Ages<Name>,
}

type Name = (EntityIx, KeyId);

/// Whose latest item something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Owner {
    client: u16,
    flow: FlowIx,
    session: u32,
    entity: EntityIx,
}

#[derive(Clone, Copy, Debug)]
struct Created {
    seen: Seen,
    touched: Time,
    owner: Owner,
    /// Does it stand in the line of ages?
    ages: bool,
}

impl Rows {
    /// The item as it is now. Before its first version a preloaded item holds its entity's start,
    /// and a created one 0: it is not there.
    #[inline]
    pub fn read(&mut self, model: &Model, entity: EntityIx, key: KeyId, now: Time) -> Seen {
        if key.creator().is_some() {
            return self
                .created
                .get_mut(&(entity, key))
                .map_or(Seen::default(), |item| {
                    item.touched = now;
                    item.seen
                });
        }
        let written = self
            .preloaded
            .get(entity.0 as usize)
            .and_then(|all| all.get(key.0 as usize));
        written.copied().unwrap_or(Self::untouched(model, entity))
    }

    fn untouched(model: &Model, entity: EntityIx) -> Seen {
        Seen {
            version: 0,
            value: model.entities[entity.0 as usize].start,
        }
    }

    /// The item becomes this, by `op`.
    pub fn write(&mut self, model: &Model, (entity, key): Name, seen: Seen, op: &Op, now: Time) {
        if key.creator().is_some() {
            self.write_created((entity, key), seen, op, now);
            return;
        }
        let (at, place) = (entity.0 as usize, key.0 as usize);
        if self.preloaded.len() <= at {
            self.preloaded.resize(at + 1, Vec::new());
        }
        let all = &mut self.preloaded[at];
        if all.len() <= place {
            let most = usize::try_from(model.entities[at].keys).unwrap_or(usize::MAX);
            let enough = (place + 1).next_power_of_two().min(most).max(place + 1);
            all.resize(enough, Self::untouched(model, entity));
        }
        all[place] = seen;
    }

    fn write_created(&mut self, name: Name, seen: Seen, op: &Op, now: Time) {
        self.forget(now);
        if let Some(item) = self.created.get_mut(&name) {
            (item.seen, item.touched) = (seen, now);
            return;
        }
        let owner = Owner {
            client: op.id.client() as u16,
            flow: op.flow,
            session: op.session,
            entity: name.0,
        };
        self.created.insert(
            name,
            Created {
                seen,
                touched: now,
                owner,
                ages: true,
            },
        );
        self.ages.push(now, name);
        let latest = self.latest.entry(owner).or_insert(name.1);
        if *latest < name.1 {
            let before = (name.0, std::mem::replace(latest, name.1));
            if let Some(item) = self.created.get_mut(&before).filter(|item| !item.ages) {
                item.ages = true;
                self.ages.push(now, before);
            }
        }
    }

    /// Lets go of what nobody will mean any more.
    fn forget(&mut self, now: Time) {
        while let Some(name) = self.ages.due(now) {
            let Some(item) = self.created.get_mut(&name) else {
                continue;
            };
            if is_fresh(item.touched, now) {
                self.ages.push(now, name);
            } else if self.latest.get(&item.owner) == Some(&name.1) {
                item.ages = false;
            } else {
                self.created.swap_remove(&name);
            }
        }
    }

    /// How many created items are kept.
    #[cfg(test)]
    pub fn kept(&self) -> usize {
        self.created.len()
    }
}
