//! What FIFO queues and FIFO topics have in common: what was accepted lately is recognised, and messages
//! have groups. Knows no room.

use std::collections::{BTreeMap, VecDeque};

use crate::base::{Span, Time, mix, weight};
use crate::model::Model;
use crate::model::program::{EntryIx, PubIx};
use crate::nodes::message::{Item, Op};
use crate::nodes::parts::keys;
use crate::probes::OpId;
use crate::scenario::tree::MessageGroup;

/// So long after its acceptance a message that is sent again is recognised.
const DEDUPLICATION: Span = Span(300_000_000_000);

/// What was accepted lately.
#[derive(Clone, Debug, Default)]
pub(in crate::nodes) struct Deduplication {
    accepted: BTreeMap<Name, Time>,
    lately: VecDeque<(Time, Name)>,
}

/// What a message is recognised by: for which operation it is, what is published, for which reader, and which
/// version of which item that is about.
type Name = (OpId, PubIx, Option<EntryIx>, u64);

impl Deduplication {
    /// Bytes that it holds.
    pub(in crate::nodes) fn weight(&self) -> usize {
        weight::deque(&self.lately) + self.accepted.len() * 32
    }

    /// Was this sent before, and accepted within the last five minutes? If not, it is accepted now.
    pub(in crate::nodes) fn is_repeated(
        &mut self,
        op: OpId,
        (publication, reader): (PubIx, Option<EntryIx>),
        item: Item,
        now: Time,
    ) -> bool {
        if !op.is_some() {
            return false;
        }
        while let Some((at, old)) = self.lately.front()
            && *at + DEDUPLICATION <= now
        {
            self.accepted.remove(old);
            self.lately.pop_front();
        }
        let Item { entity, key, seen } = item;
        let what = mix(mix(u64::from(entity.0), key.0), seen.version);
        let name = (op, publication, reader, what);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::message::Seen;
    use crate::probes::KeyId;
    use crate::scenario::tree::EntityIx;

    #[test]
    fn two_items_that_one_operation_changed_are_two_messages() {
        let mut lately = Deduplication::default();
        let mut repeats = |key, at| {
            let seen = Seen { version: 1, value: 0 };
            let item = Item { entity: EntityIx(0), key: KeyId(key), seen };
            lately.is_repeated(OpId(7), (PubIx(0), None), item, Time(at))
        };
        assert!(!repeats(1, 0) && !repeats(2, 1));
        assert!(repeats(1, 2) && repeats(2, DEDUPLICATION.0));
        assert!(!repeats(1, DEDUPLICATION.0), "five minutes after it was accepted");
    }
}
