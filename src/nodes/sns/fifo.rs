//! FIFO topics: what is published again is recognised, a topic takes no more than so many messages a second,
//! and a subscription gets the next message of a group when the one before has arrived, or was given up.

use std::collections::{BTreeMap, VecDeque};

use super::Letter;
use crate::base::Time;
use crate::model::{Model, NodeIx};
use crate::nodes::broker::{Deduplication, Incoming, group};
use crate::nodes::parts::limit::Limiter;
use crate::scenario::tree::{MessageGroup, NodeKind, Quota};

/// So many messages a second a topic takes.
const QUOTA: Quota = Quota::TokenBucket { rate: 3_000.0, burst: 3_000 };

/// What FIFO topics remember.
#[derive(Clone, Debug)]
pub(super) struct Fifo {
    /// What the messages of a group have in common.
    group: MessageGroup,
    accepted: Deduplication,
    /// By who publishes: one topic each.
    quotas: BTreeMap<NodeIx, Limiter>,
    groups: Groups<Letter>,
}

impl Fifo {
    /// Groups are those of the queues behind, where these are FIFO queues.
    pub(super) fn new(to: Option<NodeIx>, model: &Model) -> Self {
        let to = to.map(|to| &model.scenario.nodes[usize::from(to.0)].kind);
        let group = match to {
            Some(NodeKind::Sqs(sqs)) => sqs.fifo.unwrap_or(MessageGroup::Item),
            _ => MessageGroup::Item,
        };
        let quotas = BTreeMap::new();
        Self { group, accepted: Deduplication::default(), quotas, groups: Groups::default() }
    }

    pub(super) fn weight(&self) -> usize {
        self.accepted.weight() + self.groups.waiting() * size_of::<Letter>()
    }

    /// How many letters wait for one of their group.
    pub(super) fn waiting(&self) -> usize {
        self.groups.waiting()
    }

    /// Does the topic of this publisher take one more message now?
    pub(super) fn takes(&mut self, publisher: NodeIx, now: Time) -> bool {
        self.quotas.entry(publisher).or_insert_with(|| Limiter::new(&QUOTA)).take(now)
    }

    /// Was this published before, and accepted lately?
    pub(super) fn is_repeated(&mut self, incoming: &Incoming, now: Time) -> bool {
        let Incoming { op, publication, item, .. } = *incoming;
        self.accepted.is_repeated(op.id, (publication, None), item, now)
    }

    /// A letter comes; it is given back if none of its group is under way to its subscription.
    pub(super) fn comes(&mut self, letter: Letter, model: &Model) -> Option<Letter> {
        self.groups.comes(self.place(&letter, model), letter)
    }

    /// A letter has arrived, or was given up: the next of its group.
    pub(super) fn goes(&mut self, letter: &Letter, model: &Model) -> Option<Letter> {
        self.groups.goes(self.place(letter, model))
    }

    fn place(&self, letter: &Letter, model: &Model) -> Place {
        let to = letter.subscriber(model);
        (to.channel, group(Some(self.group), &letter.op, to.entry, model))
    }
}

/// A subscription, and a group.
type Place = (u32, u64);

/// By place of which one is under way: the others, in order.
#[derive(Clone, Debug)]
struct Groups<T> {
    busy: BTreeMap<Place, VecDeque<T>>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { busy: BTreeMap::new() }
    }
}

impl<T> Groups<T> {
    fn waiting(&self) -> usize {
        self.busy.values().map(VecDeque::len).sum()
    }

    fn comes(&mut self, place: Place, one: T) -> Option<T> {
        if let Some(others) = self.busy.get_mut(&place) {
            others.push_back(one);
            return None;
        }
        self.busy.insert(place, VecDeque::new());
        Some(one)
    }

    fn goes(&mut self, place: Place) -> Option<T> {
        let next = self.busy.get_mut(&place)?.pop_front();
        if next.is_none() {
            self.busy.remove(&place);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_group_is_under_way_and_the_others_follow_in_order() {
        let mut groups = Groups::default();
        let (a, b, elsewhere) = ((0, 1), (0, 2), (1, 1));
        assert_eq!(groups.comes(a, 1), Some(1));
        assert_eq!((groups.comes(a, 2), groups.comes(a, 3)), (None, None));
        assert_eq!((groups.comes(b, 4), groups.comes(elsewhere, 5)), (Some(4), Some(5)));
        assert_eq!(groups.waiting(), 2);
        assert_eq!((groups.goes(a), groups.goes(a), groups.goes(a)), (Some(2), Some(3), None));
        assert_eq!(groups.comes(a, 6), Some(6), "nobody is under way any more");
    }
}
