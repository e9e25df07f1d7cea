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

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::fact::{Fact, KeyId};
use super::instruments::Instrument;
use super::layout::Layout;
use super::outcome::Outcome;
use super::sketch::Sketch;
use crate::base::{Span, Table, Time, weight};
use crate::engine::InstanceId;
use crate::scenario::tree::EntityIx;

/// What nobody has touched for so long is forgotten.
const WINDOW: Span = Span(300_000_000_000);

/// What is known of the items that quorums hold.
#[derive(Clone, Debug)]
pub struct Visibility {
    /// Per instance: is it of a quorum?
    quorum: Vec<bool>,
    /// Is there any?
    is_on: bool,
    items: Items,
    /// Who answered the read that is about to be seen.
    responses: Vec<Response>,
    sample: Sample,
}

/// All items that were touched lately.
#[derive(Clone, Debug, Default)]
struct Items {
    records: Table<Name, Item>,
    /// Their names by the age of their records.
    line: VecDeque<(Time, Name)>,
}

/// The least waits that would have been enough.
#[derive(Clone, Debug)]
struct Sample {
    layout: Arc<Layout>,
    needed: Sketch,
    /// Emptied lists, to be used again.
    spare: Vec<Vec<Response>>,
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

impl Instrument for Visibility {
    fn new(layout: &Arc<Layout>) -> Self {
        let of_quorum = |node: &crate::scenario::tree::NodeIx| {
            layout.nodes[usize::from(node.0)].kind == "quorum"
        };
        let quorum: Vec<bool> = layout.instances.iter().map(of_quorum).collect();
        let layout = Arc::clone(layout);
        Self {
            is_on: quorum.contains(&true),
            quorum,
            items: Items::default(),
            responses: Vec::new(),
            sample: Sample { layout, needed: Sketch::default(), spare: Vec::new() },
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arm remains"
    )]
    #[inline(always)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        if !self.is_on {
            return;
        }
        match fact {
            Fact::Holds { entity, key, version, .. } if self.is_quorum(at) => {
                self.held(now, at, (entity, key), version);
            }
            Fact::Applied { entity, key, version, .. }
            | Fact::Undone { entity, key, version, .. }
            | Fact::Reverted { entity, key, version, .. }
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

    /// One value per commit that was read. What is open at the audit counts by what is known, else
    /// by its age.
    fn weight(&self) -> usize {
        let Items { records, line } = &self.items;
        let each = records.values().map(|it| weight::vec(&it.held) + weight::vec(&it.open));
        weight::table(records) + each.sum::<usize>() + weight::deque(line)
    }

    fn outcome(&self, audit: Time, outcome: &mut Outcome) {
        let mut needed = self.sample.needed.clone();
        for pair in self.items.records.values().flat_map(|item| &item.open) {
            if self.sample.layout.measures(pair.since) {
                needed.record(pair.best.unwrap_or(audit.since(pair.since)));
            }
        }
        outcome.visibility = needed;
    }
}

impl Visibility {
    fn is_quorum(&self, at: InstanceId) -> bool {
        self.quorum.get(at.0 as usize).copied().unwrap_or(false)
    }

    fn held(&mut self, now: Time, at: InstanceId, name: Name, version: u64) {
        let item = self.items.record(now, name);
        if version >= item.committed {
            item.held.push((at, version, now));
        }
        let mut place = 0;
        while let Some(pair) = item.open.get_mut(place) {
            if pair.version <= version {
                pair.reached(at, now);
            }
            if pair.is_known(now) {
                self.sample.count(item.open.swap_remove(place));
            } else {
                place += 1;
            }
        }
    }

    fn committed(&mut self, now: Time, name: Name, version: u64) {
        let item = self.items.record(now, name);
        if version > item.committed {
            (item.committed, item.since, item.is_read) = (version, now, false);
            item.held.retain(|(_, held, _)| *held >= version);
        }
    }

    fn saw(&mut self, now: Time, name: Name, issued: Time) {
        let item = self.items.record(now, name);
        if item.committed > 0 && !item.is_read && issued >= item.since {
            item.is_read = true;
            let pair = item.pair(self.sample.list(&self.responses));
            if pair.is_known(now) {
                self.sample.count(pair);
            } else {
                item.open.push(pair);
            }
        }
        self.responses.clear();
    }
}

impl Sample {
    /// A list of these.
    fn list(&mut self, responses: &[Response]) -> Vec<Response> {
        let mut list = self.spare.pop().unwrap_or_default();
        list.extend_from_slice(responses);
        list
    }

    /// A pair whose value is known.
    fn count(&mut self, pair: Pair) {
        if self.layout.measures(pair.since) {
            self.needed.record(pair.best.unwrap_or(Span::ZERO));
        }
        let mut list = pair.missing;
        list.clear();
        self.spare.push(list);
    }
}

impl Items {
    /// The record of an item; those that nobody has touched for long go.
    fn record(&mut self, now: Time, name: Name) -> &mut Item {
        while let Some(&(since, old)) =
            self.line.front().filter(|(since, _)| now.since(*since) > WINDOW)
        {
            self.line.pop_front();
            let touched = self.records.get(&old).map_or(since, |item| item.touched);
            if now.since(touched) > WINDOW {
                self.records.swap_remove(&old);
            } else {
                self.line.push_back((now, old));
            }
        }
        let line = &mut self.line;
        let item = self.records.entry(name).or_insert_with(|| {
            line.push_back((now, name));
            Item::default()
        });
        item.touched = now;
        item
    }
}

impl Item {
    /// The newest commit and a read that these replicas answered.
    fn pair(&self, missing: Vec<Response>) -> Pair {
        let (version, since) = (self.committed, self.since);
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
