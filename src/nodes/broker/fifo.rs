//! What FIFO queues and FIFO topics have in common: what was accepted lately is recognised, and messages
//! have groups. Knows no room.

use std::collections::{BTreeMap, VecDeque};

use crate::base::{Span, Time, mix, weight};
use crate::model::Model;
use crate::model::program::EntryIx;
use crate::nodes::message::Op;
use crate::nodes::parts::keys;
use crate::scenario::tree::MessageGroup;

/// So long after its acceptance a message that is sent again is recognised.
const DEDUPLICATION: Span = Span(300_000_000_000);

/// What was accepted lately.
#[derive(Clone, Debug)]
pub(in crate::nodes) struct Deduplication<Name> {
    accepted: BTreeMap<Name, Time>,
    lately: VecDeque<(Time, Name)>,
}

impl<Name: Ord + Copy> Deduplication<Name> {
    /// Nothing was accepted yet.
    pub(in crate::nodes) fn new() -> Self {
        Self { accepted: BTreeMap::new(), lately: VecDeque::new() }
    }

    /// Bytes that it holds.
    pub(in crate::nodes) fn weight(&self) -> usize {
        weight::deque(&self.lately) + self.accepted.len() * 32
    }

    /// Was this sent before, and accepted within the last five minutes? If not, it is accepted now.
    pub(in crate::nodes) fn is_repeated(&mut self, name: Name, now: Time) -> bool {
        while let Some((at, old)) = self.lately.front()
            && *at + DEDUPLICATION <= now
        {
            self.accepted.remove(old);
            self.lately.pop_front();
        }
        if self.accepted.contains_key(&name) {
            return true;
        }
        self.accepted.insert(name, now);
        self.lately.push_back((now, name));
        false
    }
}

/// The group of a message.
pub(in crate::nodes) fn group(
    of: Option<MessageGroup>,
    op: &Op,
    entry: EntryIx,
    model: &Model,
) -> u64 {
    let by_operation = || mix(op.id.word(), u64::MAX);
    match of {
        None | Some(MessageGroup::Queue) => 0,
        Some(MessageGroup::Operation) => by_operation(),
        Some(MessageGroup::Item) => {
            let changed = model.programs.changes_first(entry);
            changed.map_or_else(by_operation, |(entity, key)| {
                mix(u64::from(entity.0), keys::item(model, key, entity, op).0)
            })
        }
    }
}
