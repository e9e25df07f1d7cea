//! t-visibility: how long after a commit a read must be issued to see it (Bailis et al.:
//! "Probabilistically Bounded Staleness for Practical Partial Quorums", PVLDB 5(8), 2012).
//! Knows commits, what replicas hold since when, and which replicas answered a read;
//! no operation and no session.
//!
//! ```text
//! write:  ──┬──────── arrives at i ──▶     a read with the legs of this one, issued t after the
//!           └ commit c                     commit, sees it if some i of those that answered it
//! read:        issued s ──── at i ──▶      has it by then: arrival(i) <= c + t + (at(i) - s)
//! ```
//!
//! Each commit is paired with the first read of its item that is issued at its instant or later: as
//! the model has it, one read per write. The least t that would have been enough for this read is
//! one value of the sample: 0 if it would have seen the commit at once. So the sample does not
//! depend on when reads happen to come, as long as that has nothing to do with their legs and the
//! write's. A replica has a version as soon as it holds it or a newer one. A commit that nobody
//! reads before the next one, or within five minutes, gives no value; one that reaches none of the
//! replicas gives its age at the audit.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fact::{Fact, KeyId};
use super::layout::Layout;
use super::sketch::Sketch;
use crate::base::{Span, Table, Time};
use crate::engine::InstanceId;
use crate::scenario::tree::EntityIx;

/// What nobody has touched for so long is forgotten.
const WINDOW: Span = Span(300_000_000_000);

/// What is known of the items that quorums hold.
#[derive(Clone, Debug)]
pub struct Visibility {
    layout: Arc<Layout>,
    /// Per instance: is it of a quorum?
    quorum: Vec<bool>,
    /// Is there any?
    is_on: bool,
    items: Table<Name, Item>,
    /// Items by the age of their records.
    line: VecDeque<(Time, Name)>,
    /// Who answered the read that is about to be seen.
    responses: Vec<Response>,
    needed: Sketch,
}

type Name = (EntityIx, KeyId);

/// One item.
#[derive(Clone, Debug, Default)]
struct Item {
    touched: Time,
    /// The newest version committed, when, and whether a read of it was seen.
    committed: u64,
    since: Time,
    is_read: bool,
    /// Who holds what since when, as far as it is the newest commit or newer.
    held: Vec<(InstanceId, u64, Time)>,
    /// Commits that were read, while it is open which replica would have been first.
    open: Vec<Pair>,
}

/// A replica's answer to a read.
#[derive(Clone, Copy, Debug)]
struct Response {
    replica: InstanceId,
    /// From the read's issue until the replica looked.
    after: Span,
}

/// A commit and the read that it is paired with.
#[derive(Clone, Debug)]
struct Pair {
    version: u64,
    since: Time,
    /// The least that is known to be enough.
    best: Option<Span>,
    /// Those that do not hold it yet.
    missing: Vec<Response>,
}

impl Visibility {
    /// Nothing has happened yet.
    pub fn new(layout: &Arc<Layout>) -> Self {
        let of_quorum = |node: &crate::scenario::tree::NodeIx| {
            layout.nodes[usize::from(node.0)].kind == "quorum"
        };
        let quorum: Vec<bool> = layout.instances.iter().map(of_quorum).collect();
        Self {
            layout: Arc::clone(layout),
            is_on: quorum.contains(&true),
            quorum,
            items: Table::default(),
            line: VecDeque::new(),
            responses: Vec::new(),
            needed: Sketch::default(),
        }
    }

    /// Something happened.
    #[inline]
    pub fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        if !self.is_on {
            return;
        }
        match fact {
            Fact::Holds { entity, key, version, .. } if self.is_quorum(at) => {
                self.held(now, at, (entity, key), version);
            }
            Fact::Applied { entity, key, version, .. }
            | Fact::Undone { entity, key, version, .. }
                if self.is_quorum(at) =>
            {
                self.committed(now, (entity, key), version);
            }
            Fact::Responded { replica, issued, at, .. } => {
                self.responses.push(Response { replica, after: at.since(issued) });
            }
            Fact::Saw { entity, key, issued, .. } if self.is_quorum(at) => {
                self.saw(now, (entity, key), issued);
            }
            _ => {}
        }
    }

    /// How long after its commit a version could be seen, one value per commit that was read. What
    /// is open at the audit counts by what is known, else by its age.
    pub fn outcome(mut self, audit: Time) -> Sketch {
        let pairs = self.items.values().flat_map(|item| &item.open);
        let left: Vec<_> =
            pairs.map(|pair| (pair.since, pair.best.unwrap_or(audit.since(pair.since)))).collect();
        for (since, needed) in left {
            self.count(since, needed);
        }
        self.needed
    }

    fn is_quorum(&self, at: InstanceId) -> bool {
        self.quorum.get(at.0 as usize).copied().unwrap_or(false)
    }

    fn held(&mut self, now: Time, at: InstanceId, name: Name, version: u64) {
        let item = self.item(now, name);
        if version >= item.committed {
            item.held.push((at, version, now));
        }
        let mut known = Vec::new();
        item.open.retain_mut(|pair| {
            if pair.version <= version {
                pair.reached(at, now);
            }
            let is_known = pair.is_known(now);
            if is_known {
                known.extend(pair.best.map(|needed| (pair.since, needed)));
            }
            !is_known
        });
        for (since, needed) in known {
            self.count(since, needed);
        }
    }

    fn committed(&mut self, now: Time, name: Name, version: u64) {
        let item = self.item(now, name);
        if version > item.committed {
            (item.committed, item.since, item.is_read) = (version, now, false);
            item.held.retain(|(_, held, _)| *held >= version);
        }
    }

    fn saw(&mut self, now: Time, name: Name, issued: Time) {
        let mut responses = std::mem::take(&mut self.responses);
        let item = self.item(now, name);
        if item.committed > 0 && !item.is_read && issued >= item.since {
            item.is_read = true;
            let pair = item.pair(&responses);
            if pair.is_known(now) {
                self.count(pair.since, pair.best.unwrap_or(Span::ZERO));
            } else {
                item.open.push(pair);
            }
        }
        responses.clear();
        self.responses = responses;
    }

    fn count(&mut self, since: Time, needed: Span) {
        if self.layout.measures(since) {
            self.needed.record(needed);
        }
    }

    /// The record of an item; those that nobody has touched for long go.
    fn item(&mut self, now: Time, name: Name) -> &mut Item {
        while let Some(&(since, old)) =
            self.line.front().filter(|(since, _)| now.since(*since) > WINDOW)
        {
            self.line.pop_front();
            let touched = self.items.get(&old).map_or(since, |item| item.touched);
            if now.since(touched) > WINDOW {
                self.items.swap_remove(&old);
            } else {
                self.line.push_back((now, old));
            }
        }
        let line = &mut self.line;
        let item = self.items.entry(name).or_insert_with(|| {
            line.push_back((now, name));
            Item::default()
        });
        item.touched = now;
        item
    }
}

impl Item {
    /// The newest commit and a read that these replicas answered.
    fn pair(&self, responses: &[Response]) -> Pair {
        let (version, since) = (self.committed, self.since);
        let missing = responses.to_vec();
        let mut pair = Pair { version, since, best: None, missing };
        for &(replica, _, arrived) in &self.held {
            pair.reached(replica, arrived);
        }
        pair
    }
}

impl Pair {
    /// This replica holds the version since then.
    fn reached(&mut self, replica: InstanceId, arrived: Time) {
        let Some(at) = self.missing.iter().position(|missing| missing.replica == replica) else {
            return;
        };
        let looked = self.since + self.missing.swap_remove(at).after;
        let needed = Span(arrived.0.saturating_sub(looked.0));
        self.best = Some(self.best.map_or(needed, |best| Span(best.0.min(needed.0))));
    }

    /// Can those that do not hold it by now change nothing any more?
    fn is_known(&self, now: Time) -> bool {
        let Some(best) = self.best else { return self.missing.is_empty() };
        self.missing.iter().all(|missing| self.since + best + missing.after <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::OpId;
    use crate::probes::layout::NodePlan;
    use crate::scenario::tree::NodeIx;

    const ITEM: EntityIx = EntityIx(0);
    const KEY: KeyId = KeyId(0);
    const OP: OpId = OpId(0);
    /// The coordinator; its replicas are 1 to 3.
    const COORDINATOR: InstanceId = InstanceId(0);

    fn visibility() -> Visibility {
        Visibility::new(&Arc::new(Layout {
            nodes: vec![NodePlan { kind: "quorum", ..NodePlan::default() }],
            instances: vec![NodeIx(0); 4],
            length: Span(u64::MAX),
            ..Layout::default()
        }))
    }

    impl Visibility {
        fn holds(&mut self, now: u64, replica: u32, version: u64) {
            let fact = Fact::Holds { op: OP, entity: ITEM, key: KEY, version };
            self.see(Time(now), InstanceId(replica), fact);
        }

        fn commits(&mut self, now: u64, version: u64) {
            let (op, entity, key, effect) = (OP, ITEM, KEY, 0);
            let fact = Fact::Applied { op, effect, entity, key, version, before: 0, value: 0 };
            self.see(Time(now), COORDINATOR, fact);
        }

        /// A read that was issued then; who answered it, having looked when.
        fn reads(&mut self, now: u64, issued: u64, responses: &[(u32, u64)]) {
            let (op, entity, key, issued) = (OP, ITEM, KEY, Time(issued));
            for &(replica, at) in responses {
                let (replica, at) = (InstanceId(replica), Time(at));
                let fact = Fact::Responded { op, entity, key, replica, issued, at };
                self.see(Time(now), COORDINATOR, fact);
            }
            let fact = Fact::Saw { op, entity, key, version: 0, value: 0, issued };
            self.see(Time(now), COORDINATOR, fact);
        }
    }

    fn values(visibility: Visibility, audit: u64) -> Vec<u64> {
        let mut values = Vec::new();
        visibility.outcome(Time(audit)).for_each(|ns, times| {
            values.extend((0..times).map(|_| ns));
        });
        values
    }

    #[test]
    fn a_replica_that_has_it_when_the_read_arrives_makes_it_visible_at_once() {
        let mut visibility = visibility();
        visibility.holds(10, 1, 1);
        visibility.commits(15, 1);
        visibility.holds(18, 2, 1);
        visibility.reads(25, 15, &[(2, 18)]);
        assert_eq!(values(visibility, 100), [0]);
    }

    #[test]
    fn the_least_wait_counts_whenever_the_read_really_came() {
        let mut visibility = visibility();
        visibility.holds(10, 1, 1);
        visibility.commits(15, 1);
        // The read looks at replica 2 three after its issue and at replica 3 one after: issued at
        // the commit they would be asked at 18 and 16.
        visibility.reads(60, 50, &[(2, 53), (3, 51)]);
        visibility.holds(70, 3, 1);
        visibility.holds(71, 2, 1);
        assert_eq!(values(visibility, 100), [71 - 18]);
    }

    #[test]
    fn a_newer_version_shows_that_the_older_is_superseded() {
        let mut visibility = visibility();
        visibility.holds(10, 1, 1);
        visibility.commits(15, 1);
        visibility.reads(22, 20, &[(2, 21)]);
        visibility.holds(30, 2, 2);
        assert_eq!(values(visibility, 100), [30 - 16]);
    }

    #[test]
    fn each_commit_counts_once_and_only_if_it_was_read() {
        let mut visibility = visibility();
        visibility.holds(10, 1, 1);
        visibility.reads(12, 11, &[(1, 12)]);
        visibility.commits(15, 1);
        visibility.reads(17, 14, &[(1, 16)]);
        visibility.reads(20, 16, &[(1, 18)]);
        visibility.reads(24, 22, &[(1, 23)]);
        visibility.holds(30, 1, 2);
        visibility.commits(31, 2);
        assert_eq!(values(visibility, 100), [0], "the second was never read");
    }

    #[test]
    fn what_never_arrives_counts_by_its_age() {
        let mut visibility = visibility();
        visibility.holds(10, 1, 1);
        visibility.commits(15, 1);
        visibility.reads(25, 15, &[(2, 18)]);
        assert_eq!(values(visibility, 100), [85]);
    }

    #[test]
    fn law_8_records_go_when_nobody_has_touched_them_for_long() {
        let mut visibility = visibility();
        for number in 0..10_000 {
            let now = Time(number * 1_000_000_000);
            let key = KeyId::created_by(OpId(number));
            let fact = Fact::Holds { op: OP, entity: ITEM, key, version: 1 };
            visibility.see(now, InstanceId(1), fact);
        }
        assert!(visibility.items.len() <= 302, "{} records", visibility.items.len());
    }
}
