//! The items of a store, its own or its copies of others': version and number of each. Knows no
//! transactions.
//!
//! Preloaded items lie densely and cost nothing before the first of their entity is written.
//! Created items are kept while they are the latest of their session and flow (what `key: Own`
//! may mean), or were touched within the last [`WINDOW`](super::ages::WINDOW); after that no step
//! in flight is expected to mean them, and they go, so that memory follows the number of sessions
//! and not the length of the run. A forgotten item reads as one that is not there.

use super::ages::{Ages, is_fresh};
use crate::base::{SharedTable, Time, weight};
use crate::model::{EntityIx, FlowIx, Model};
use crate::nodes::message::{Op, Seen};
use crate::probes::KeyId;

/// The items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// By entity, as far as they were ever written.
    preloaded: Vec<Vec<Seen>>,
    created: SharedTable<Name, Created, 8>,
    latest: SharedTable<Owner, KeyId, 8>,
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
    /// Bytes that they hold; of what clones share, their share.
    pub(crate) fn weight(&self) -> usize {
        let preloaded: usize = self.preloaded.iter().map(weight::vec).sum();
        preloaded + self.created.weight() + self.latest.weight() + self.ages.weight()
    }

    /// The item as it is now. Before its first version a preloaded item holds its entity's start,
    /// and a created one 0: it is not there.
    #[inline]
    pub(crate) fn read(&mut self, model: &Model, entity: EntityIx, key: KeyId, now: Time) -> Seen {
        if key.creator().is_some() {
            return self.created.get_mut(&(entity, key)).map_or(Seen::default(), |item| {
                item.touched = now;
                item.seen
            });
        }
        let written = self.preloaded.get(entity.0 as usize).and_then(|all| all.get(key.0 as usize));
        written.copied().unwrap_or(Self::untouched(model, entity))
    }

    fn untouched(model: &Model, entity: EntityIx) -> Seen {
        Seen { version: 0, value: model.entities[entity.0 as usize].start }
    }

    /// The item becomes this, by `op`.
    pub(crate) fn write(
        &mut self,
        model: &Model,
        (entity, key): Name,
        seen: Seen,
        op: &Op,
        now: Time,
    ) {
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
        self.created.get_or_insert_with(name, || Created { seen, touched: now, owner, ages: true });
        self.ages.push(now, name);
        let latest = self.latest.get_or_insert_with(owner, || name.1);
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
                self.created.remove(&name);
            }
        }
    }

    /// How many created items are kept.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.created.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ages::WINDOW;
    use super::super::harness::{Bench, ORDER, STOCK, op};
    use super::*;

    const HOUR: u64 = 3_600_000_000_000;

    /// Creates an order by operation `number` of session 0.
    fn create(rows: &mut Rows, model: &Model, number: u64, now: Time) -> KeyId {
        let key = KeyId::created_by(op(number).id);
        let made = Seen { version: 1, value: 0 };
        rows.write(model, (ORDER, key), made, &Op { session: 0, ..op(number) }, now);
        key
    }

    #[test]
    fn what_was_never_written_is_as_at_the_start_or_not_there() {
        let (model, mut rows) = (Bench::new(vec![]).model(), Rows::default());
        let start = Seen { version: 0, value: 10 };
        assert_eq!(rows.read(&model, STOCK, KeyId(3), Time(0)), start);
        rows.write(&model, (STOCK, KeyId(1)), Seen { version: 1, value: 9 }, &op(0), Time(0));
        assert_eq!(rows.read(&model, STOCK, KeyId(1), Time(0)), Seen { version: 1, value: 9 });
        assert_eq!(rows.read(&model, STOCK, KeyId(0), Time(0)), start, "its neighbours too");
        assert_eq!(rows.read(&model, STOCK, KeyId(3), Time(0)), start);
        let missing = KeyId::created_by(op(1).id);
        assert_eq!(rows.read(&model, ORDER, missing, Time(0)), Seen::default());
    }

    #[test]
    fn a_session_keeps_its_latest_item_for_ever_and_older_ones_for_the_window() {
        let (model, mut rows) = (Bench::new(vec![]).model(), Rows::default());
        let first = create(&mut rows, &model, 1, Time(0));
        assert_eq!(rows.read(&model, ORDER, first, Time(HOUR)).version, 1);
        let second = create(&mut rows, &model, 2, Time(2 * HOUR));
        assert_eq!(rows.read(&model, ORDER, first, Time(2 * HOUR) + WINDOW).version, 1);
        create(&mut rows, &model, 3, Time(4 * HOUR));
        assert_eq!(rows.read(&model, ORDER, first, Time(4 * HOUR)).version, 0, "forgotten");
        assert_eq!(rows.read(&model, ORDER, second, Time(4 * HOUR)).version, 1);
    }

    #[test]
    fn items_do_not_pile_up_with_the_length_of_the_run() {
        let (model, mut rows) = (Bench::new(vec![]).model(), Rows::default());
        for minute in 0..1_000 {
            create(&mut rows, &model, minute, Time(minute * HOUR / 60));
        }
        assert!(rows.kept() < 15, "{} items", rows.kept());
    }
}
