//! The inbox: what a store remembers of each operation's effects, so that a repetition changes
//! nothing and is answered as the first time. Record and effect share a transaction, refusals are
//! remembered too, and undoing nothing blocks the late original
//! (docs/semantics.md, rules 20 and 28). The pattern is Richardson's "Idempotent Consumer"
//! (<https://microservices.io/patterns/communication-style/idempotent-consumer.html>).
//!
//! ```text
//! effect ──▶ applied ──undo──▶ applied, undone      (a repetition of either changes nothing)
//!        ──▶ refused ──undo──▶ refused, undone      (nothing to take back)
//! undo   ──▶ undone  ──late effect──▶ refused       (the tombstone)
//! ```

use super::ages::{Ages, is_fresh};
use crate::base::{SharedTable, Time};
use crate::probes::OpId;

/// What is remembered of all operations.
#[derive(Clone, Debug, Default)]
pub(super) struct Inbox {
    /// By operation, and by name for transactions without effects (0 for all others).
    memories: SharedTable<Name, Memory>,
    ages: Ages<Name>,
}

type Name = (OpId, u64);

/// What is remembered of one operation: bits of effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Memory {
    applied: u64,
    refused: u64,
    undone: u64,
    touched: Time,
}

/// What the inbox says of a transaction with effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recall {
    /// Never heard of it.
    New,
    /// It was applied.
    Applied,
    /// It was refused.
    Refused,
    /// It comes too late: (part of) it was already taken back.
    Blocked,
}

impl Inbox {
    /// Bytes that it holds; of what clones share, its share.
    pub(super) fn weight(&self) -> usize {
        self.memories.weight() + self.ages.weight()
    }

    fn memory(&self, name: Name, now: Time) -> Option<&Memory> {
        self.memories.get(&name).filter(|memory| is_fresh(memory.touched, now))
    }

    /// What became of these effects, which one transaction makes together.
    pub(super) fn recall(&self, op: OpId, effects: u64, now: Time) -> Recall {
        match self.memory((op, 0), now) {
            Some(memory) if memory.refused & effects != 0 => Recall::Refused,
            Some(memory) if memory.applied & effects != 0 => Recall::Applied,
            Some(memory) if memory.undone & effects != 0 => Recall::Blocked,
            _ => Recall::New,
        }
    }

    /// The effects among these that were asked to be undone before.
    pub(super) fn undone(&self, op: OpId, effects: u64, now: Time) -> u64 {
        self.memory((op, 0), now).map_or(0, |memory| memory.undone & effects)
    }

    /// The effects among these that were applied.
    pub(super) fn applied(&self, op: OpId, effects: u64, now: Time) -> u64 {
        self.memory((op, 0), now).map_or(0, |memory| memory.applied & effects)
    }

    /// Was the transaction of this name, which has no effects, carried out?
    pub(super) fn knows(&self, op: OpId, name: u64, now: Time) -> bool {
        self.memory((op, name), now).is_some()
    }

    /// These effects were applied.
    pub(super) fn apply(&mut self, op: OpId, effects: u64, now: Time) {
        self.remember((op, 0), now).applied |= effects;
    }

    /// These effects were refused.
    pub(super) fn refuse(&mut self, op: OpId, effects: u64, now: Time) {
        self.remember((op, 0), now).refused |= effects;
    }

    /// These effects were taken back, or never will be made.
    pub(super) fn undo(&mut self, op: OpId, effects: u64, now: Time) {
        self.remember((op, 0), now).undone |= effects;
    }

    /// That these effects were applied, or taken back, is lost.
    pub(super) fn lose(&mut self, op: OpId, effects: u64, undo: bool, now: Time) {
        let memory = self.remember((op, 0), now);
        *(if undo { &mut memory.undone } else { &mut memory.applied }) &= !effects;
    }

    /// The transaction of this name was carried out.
    pub(super) fn note(&mut self, op: OpId, name: u64, now: Time) {
        self.remember((op, name), now);
    }

    fn remember(&mut self, name: Name, now: Time) -> &mut Memory {
        self.forget(now);
        let ages = &mut self.ages;
        let memory = self.memories.get_or_insert_with(name, || {
            ages.push(now, name);
            Memory { touched: now, ..Memory::default() }
        });
        if !is_fresh(memory.touched, now) {
            *memory = Memory::default();
        }
        memory.touched = now;
        memory
    }

    fn forget(&mut self, now: Time) {
        while let Some(name) = self.ages.due(now) {
            match self.memories.get(&name) {
                Some(memory) if is_fresh(memory.touched, now) => self.ages.push(now, name),
                _ => {
                    self.memories.remove(&name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ages::WINDOW;
    use super::*;

    const OP: OpId = OpId(7);

    #[test]
    fn a_transaction_is_recalled_by_any_of_its_effects() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.recall(OP, 0b11, Time(1)), Recall::New);
        inbox.apply(OP, 0b11, Time(1));
        assert_eq!(inbox.recall(OP, 0b11, Time(2)), Recall::Applied);
        assert_eq!(inbox.recall(OP, 0b100, Time(2)), Recall::New, "another step");
        assert_eq!(inbox.recall(OpId(8), 0b11, Time(2)), Recall::New, "another operation");
    }

    #[test]
    fn undoing_part_of_what_never_came_blocks_all_of_it() {
        let mut inbox = Inbox::default();
        inbox.undo(OP, 0b10, Time(1));
        assert_eq!(inbox.recall(OP, 0b11, Time(2)), Recall::Blocked);
        inbox.refuse(OP, 0b11, Time(2));
        assert_eq!(inbox.recall(OP, 0b11, Time(3)), Recall::Refused);
    }

    #[test]
    fn what_was_applied_and_undone_is_still_answered_as_applied() {
        let mut inbox = Inbox::default();
        inbox.apply(OP, 1, Time(1));
        inbox.undo(OP, 1, Time(2));
        assert_eq!(inbox.recall(OP, 1, Time(3)), Recall::Applied);
        assert_eq!((inbox.undone(OP, 1, Time(3)), inbox.applied(OP, 1, Time(3))), (1, 1));
    }

    #[test]
    fn memory_lasts_five_minutes_and_does_not_grow_with_the_run() {
        let mut inbox = Inbox::default();
        inbox.apply(OP, 1, Time(1));
        assert_eq!(inbox.recall(OP, 1, Time(1) + WINDOW), Recall::Applied);
        assert_eq!(inbox.recall(OP, 1, Time(2) + WINDOW), Recall::New);
        for minute in 0..1_000 {
            inbox.note(OpId(minute), 9, Time(minute * 60_000_000_000));
        }
        assert!(inbox.memories.len() <= 7, "{} memories", inbox.memories.len());
    }
}
