//! The truth: for each item its newest version and value, and when each version was committed that
//! somebody may still judge a read by. Knows holders of copies only as numbers, and no operation.
//!
//! ```text
//! commits:      1     2     3     4     5        a read issued at t that saw version v is stale
//! time:    ─────┼─────┼─────┼──t──┼─────┼────    by t - commit(v + 1), if that is not below 0
//! copy A at 2 ─────────┘ keeps 3, 4, 5
//! ```
//!
//! Commits newer than the oldest version that a copy holds are kept, and the last two seconds of
//! them besides: answers travel. Longer lags than 65,536 commits of one item are judged by the
//! oldest commit still known, which understates them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fact::KeyId;
use super::layout::Layout;
use super::table::Table;
use crate::base::{SharedVec, Span, Time, weight};
use crate::engine::InstanceId;
use crate::scenario::tree::EntityIx;

/// Commits younger than this are kept whether or not a copy needs them.
const RECENT: Span = Span(2_000_000_000);
/// No item keeps more commits than this.
const MOST: usize = 1 << 16;
/// No record.
const NONE: u32 = u32::MAX;

/// The truth about all items.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    layout: Arc<Layout>,
    /// Records of preloaded items, per entity and key; most are never touched.
    preloaded: Vec<Vec<u32>>,
    created: Table,
    /// Clones of a run share those of which neither writes to a neighbour.
    items: SharedVec<Item, 2>,
    spare: Vec<u32>,
    /// Who holds the copies of each instance: itself, or the first instance of its node.
    holders: Vec<u32>,
    /// Holders of complete copies from the start on, per entity.
    complete: Vec<Vec<u32>>,
}

/// One item.
#[derive(Clone, Debug, Default)]
struct Item {
    newest: u64,
    value: i64,
    /// The version whose commit time stands first in `commits`.
    first: u64,
    commits: VecDeque<u64>,
    /// (holder, version held), at most one per holder.
    held: Vec<(u32, u64)>,
}

/// What a read was worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Freshness {
    /// How stale: zero if it saw the newest commit.
    pub staleness: Span,
    /// Versions behind.
    pub behind: u64,
}

impl Truth {
    /// Bytes that it holds; of what clones share, its share.
    pub(super) fn weight(&self) -> usize {
        let items = self.items.weight(|it| weight::deque(&it.commits) + weight::vec(&it.held));
        let preloaded: usize = self.preloaded.iter().map(weight::vec).sum();
        items + self.created.weight() + preloaded + weight::vec(&self.spare)
    }

    /// Everything as it is at the start.
    pub(super) fn new(layout: Arc<Layout>) -> Self {
        let first = layout.first_instances();
        let holders = layout.instances.iter().enumerate().map(|(instance, node)| {
            let shared = layout.nodes[usize::from(node.0)].shares_copy;
            if shared { first[usize::from(node.0)].0 } else { instance as u32 }
        });
        let complete = layout.entities.iter();
        let complete = complete.map(|entity| {
            entity.copied_by.iter().map(|node| first[usize::from(node.0)].0).collect()
        });
        Self {
            holders: holders.collect(),
            complete: complete.collect(),
            preloaded: vec![Vec::new(); layout.entities.len()],
            created: Table::default(),
            items: SharedVec::default(),
            spare: Vec::new(),
            layout,
        }
    }

    /// An operation may create this item: from now on its truth is kept, until [`Truth::retire`].
    pub(super) fn expect(&mut self, entity: EntityIx, key: KeyId) {
        if self.created.get(entity, key).is_none() {
            let item = self.fresh(entity, 0);
            self.created.insert(entity, key, item);
        }
    }

    /// Nobody can refer to this created item any more.
    pub(super) fn retire(&mut self, entity: EntityIx, key: KeyId) {
        if let Some(item) = self.created.remove(entity, key) {
            self.spare.push(item);
        }
    }

    /// A version was committed.
    pub(super) fn commit(
        &mut self,
        now: Time,
        entity: EntityIx,
        key: KeyId,
        version: u64,
        value: i64,
    ) {
        let Some(item) = self.record(entity, key) else {
            return;
        };
        item.value = value;
        for _ in item.newest..version {
            item.commits.push_back(now.0);
        }
        item.newest = item.newest.max(version);
        item.trim(now);
    }

    /// A copy or cache at this instance now holds this version.
    pub(super) fn holds(
        &mut self,
        now: Time,
        at: InstanceId,
        entity: EntityIx,
        key: KeyId,
        version: u64,
    ) {
        let Some(&holder) = self.holders.get(at.0 as usize) else {
            return;
        };
        let Some(item) = self.record(entity, key) else {
            return;
        };
        match item.held.iter_mut().find(|(who, _)| *who == holder) {
            Some((_, held)) => *held = version,
            None => item.held.push((holder, version)),
        }
        item.trim(now);
    }

    /// It no longer holds the item.
    pub(super) fn forgot(&mut self, at: InstanceId, entity: EntityIx, key: KeyId) {
        let Some(&holder) = self.holders.get(at.0 as usize) else {
            return;
        };
        if let Some(item) = self.find(entity, key) {
            self.items[item].held.retain(|(who, _)| *who != holder);
        }
    }

    /// An instance lost its memory, and the cache in it.
    pub(super) fn down(&mut self, at: InstanceId) {
        let node = self.layout.instances.get(at.0 as usize);
        let durable = node.is_none_or(|node| self.layout.nodes[usize::from(node.0)].durable);
        if !durable {
            let holds = |item: &Item| item.held.iter().any(|(who, _)| *who == at.0);
            self.items.change_where(holds, |item| item.held.retain(|(who, _)| *who != at.0));
        }
    }

    /// How stale a read was that was issued then and saw this version (docs/semantics.md, rule 33).
    pub(super) fn judge(
        &self,
        entity: EntityIx,
        key: KeyId,
        version: u64,
        issued: Time,
    ) -> Freshness {
        let Some(item) = self.find(entity, key).map(|item| &self.items[item]) else {
            return Freshness::default();
        };
        if version >= item.newest {
            return Freshness::default();
        }
        let next = (version + 1).max(item.first);
        let Some(&superseded) = item.commits.get((next - item.first) as usize) else {
            return Freshness::default();
        };
        // A commit of the same instant counts: an answer that told of it may be why it is read.
        if superseded > issued.0 {
            return Freshness::default();
        }
        let known = item.commits.partition_point(|&commit| commit <= issued.0) as u64;
        Freshness {
            staleness: issued.since(Time(superseded)),
            behind: item.first + known - 1 - version,
        }
    }

    /// The true value now; none of an item that is not followed.
    pub(super) fn value(&self, entity: EntityIx, key: KeyId) -> Option<i64> {
        match self.find(entity, key) {
            Some(item) => Some(self.items[item].value),
            None if key.creator().is_none() => {
                Some(self.layout.entities[usize::from(entity.0)].start)
            }
            None => None,
        }
    }

    /// Items with a record.
    #[cfg(test)]
    pub(super) fn records(&self) -> usize {
        self.items.len() - self.spare.len()
    }

    fn find(&self, entity: EntityIx, key: KeyId) -> Option<usize> {
        let item = if key.creator().is_some() {
            self.created.get(entity, key)?
        } else {
            *self.preloaded[usize::from(entity.0)].get(key.0 as usize)?
        };
        (item != NONE).then_some(item as usize)
    }

    /// The record of an item; made now for a preloaded one that has none.
    fn record(&mut self, entity: EntityIx, key: KeyId) -> Option<&mut Item> {
        if let Some(item) = self.find(entity, key) {
            return Some(&mut self.items[item]);
        }
        let plan = &self.layout.entities[usize::from(entity.0)];
        if key.0 >= plan.keys {
            return None;
        }
        let (keys, start) = (plan.keys as usize, plan.start);
        let made = self.fresh(entity, start);
        let index = &mut self.preloaded[usize::from(entity.0)];
        if index.is_empty() {
            index.resize(keys, NONE);
        }
        index[key.0 as usize] = made;
        Some(&mut self.items[made as usize])
    }

    fn fresh(&mut self, entity: EntityIx, value: i64) -> u32 {
        let at = self.spare.pop().unwrap_or_else(|| {
            self.items.push(Item::default());
            self.items.len() as u32 - 1
        });
        let item = &mut self.items[at as usize];
        (item.newest, item.value, item.first) = (0, value, 1);
        item.commits.clear();
        item.held.clear();
        item.held.extend(self.complete[usize::from(entity.0)].iter().map(|&holder| (holder, 0)));
        at
    }
}

impl Item {
    /// Drop the commits that no read can be judged by any more.
    fn trim(&mut self, now: Time) {
        let oldest = self.held.iter().map(|&(_, version)| version).min().unwrap_or(self.newest);
        while let (true, Some(&commit)) = (self.commits.len() > 1, self.commits.front()) {
            let needed = self.first > oldest || now.since(Time(commit)) < RECENT;
            if needed && self.commits.len() <= MOST {
                return;
            }
            self.commits.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::OpId;
    use crate::probes::layout::{EntityPlan, NodePlan};
    use crate::scenario::tree::NodeIx;

    const STOCK: EntityIx = EntityIx(0);
    const KEY: KeyId = KeyId(3);
    const A: InstanceId = InstanceId(0);

    fn truth(copied_by: Vec<NodeIx>) -> Truth {
        let shares_copy = !copied_by.is_empty();
        Truth::new(Arc::new(Layout {
            nodes: vec![NodePlan { shares_copy, durable: shares_copy, ..NodePlan::default() }],
            instances: vec![NodeIx(0), NodeIx(0)],
            entities: vec![EntityPlan { keys: 10, start: 100, copied_by, ..EntityPlan::default() }],
            ..Layout::default()
        }))
    }

    fn secs(secs: u64) -> Time {
        Time(secs * 1_000_000_000)
    }

    #[test]
    fn rule_33_staleness_is_judged_when_the_read_was_issued() {
        let mut truth = truth(Vec::new());
        truth.commit(Time(10), STOCK, KEY, 1, 99);
        truth.commit(Time(20), STOCK, KEY, 2, 98);
        let judged = |version, issued| truth.judge(STOCK, KEY, version, Time(issued));
        let stale = |ns, behind| Freshness { staleness: Span(ns), behind };
        assert_eq!(judged(2, 30), Freshness::default());
        assert_eq!(judged(1, 19), Freshness::default(), "newest when the read was issued");
        assert_eq!(judged(1, 20), stale(0, 1), "what is told at once is known at once");
        assert_eq!(judged(1, 25), stale(5, 1));
        assert_eq!(judged(0, 25), stale(15, 2));
        assert_eq!(judged(0, 15), stale(5, 1), "version 2 was not there yet");
    }

    #[test]
    fn a_lagging_copy_keeps_the_commits_that_judge_it() {
        let mut truth = truth(vec![NodeIx(0)]);
        (1..=100).for_each(|v| truth.commit(secs(v), STOCK, KEY, v, 0));
        assert_eq!(
            truth.judge(STOCK, KEY, 0, secs(101)),
            Freshness { staleness: secs(100) - Time(0), behind: 100 }
        );
        // The other instance of the same service writes into the same store.
        truth.holds(secs(101), InstanceId(1), STOCK, KEY, 98);
        assert_eq!(truth.judge(STOCK, KEY, 98, secs(102)).staleness, secs(3) - Time(0));
        let item = truth.find(STOCK, KEY).unwrap();
        assert_eq!(truth.items[item].commits.len(), 2, "the rest can judge nobody");
    }

    #[test]
    fn without_copies_only_the_last_seconds_are_kept() {
        let mut truth = truth(Vec::new());
        (1..=1000).for_each(|v| truth.commit(secs(v), STOCK, KEY, v, 0));
        let item = truth.find(STOCK, KEY).unwrap();
        assert!(truth.items[item].commits.len() <= 2);
    }

    #[test]
    fn a_crash_empties_a_cache_but_not_a_copy_in_a_store() {
        let mut cached = truth(Vec::new());
        cached.holds(secs(1), A, STOCK, KEY, 0);
        cached.down(A);
        let mut copied = truth(vec![NodeIx(0)]);
        copied.holds(secs(1), A, STOCK, KEY, 0);
        copied.down(A);
        let held = |truth: &Truth| truth.items[truth.find(STOCK, KEY).unwrap()].held.len();
        assert_eq!((held(&cached), held(&copied)), (0, 1));
    }

    #[test]
    fn what_every_holder_has_forgotten_is_kept_no_longer() {
        let mut truth = truth(Vec::new());
        let b = InstanceId(1);
        truth.holds(secs(0), A, STOCK, KEY, 0);
        truth.holds(secs(0), b, STOCK, KEY, 0);
        (1..=50).for_each(|v| truth.commit(secs(v), STOCK, KEY, v, 0));
        let commits = |truth: &Truth| truth.items[truth.find(STOCK, KEY).unwrap()].commits.len();
        assert_eq!(commits(&truth), 50);
        truth.forgot(A, STOCK, KEY);
        truth.commit(secs(51), STOCK, KEY, 51, 0);
        assert_eq!(commits(&truth), 51, "the other still has version 0");
        truth.forgot(b, STOCK, KEY);
        truth.commit(secs(52), STOCK, KEY, 52, 0);
        assert!(commits(&truth) <= 3, "the last two seconds");
    }

    #[test]
    fn what_was_never_written_is_as_at_the_start_unless_it_was_never_made() {
        let mut truth = truth(Vec::new());
        assert_eq!(truth.value(STOCK, KEY), Some(100));
        assert_eq!(truth.value(STOCK, KeyId::created_by(OpId::new(0, 7))), None);
        truth.commit(Time(5), STOCK, KEY, 1, 99);
        assert_eq!(truth.value(STOCK, KEY), Some(99));
    }

    #[test]
    fn law_8_created_items_go_when_they_are_retired() {
        let mut truth = truth(vec![NodeIx(0)]);
        for number in 0..10_000 {
            let key = KeyId::created_by(OpId::new(0, number));
            truth.expect(STOCK, key);
            truth.commit(secs(number), STOCK, key, 1, 5);
            assert_eq!(truth.value(STOCK, key), Some(5));
            assert_eq!(truth.judge(STOCK, key, 0, secs(number + 1)).behind, 1);
            truth.retire(STOCK, key);
            truth.holds(secs(number), A, STOCK, key, 1);
        }
        assert_eq!((truth.records(), truth.items.len()), (0, 1));
    }
}
