//! What is remembered of one session: the items that its operations created, and what it wrote and
//! was shown of the items that it used last. Judges nothing.

use super::fact::{KeyId, OpId};
use super::layout::FlowPlan;
use super::recent::Recent;
use crate::base::{Time, weight};
use crate::scenario::tree::{EntityIx, FlowIx};

/// One session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Operations of it that are not closed.
    pub open: u32,
    /// Its operations that create something, while their items can be referred to.
    pub created: Vec<Created>,
    /// What it knows of the items that it used last.
    pub known: Recent<(EntityIx, KeyId), Known>,
}

impl Session {
    /// Bytes that it takes, but for what was read while others of its operations are open.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + weight::vec(&self.created) + self.known.weight()
    }
}

/// What one of its operations creates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Created {
    /// The operation.
    pub op: OpId,
    /// Its flow.
    pub flow: FlowIx,
    /// Effects on the created items that are not there (yet).
    pub missing: u64,
    /// When it was told done; [`Time::NEVER`] before.
    pub told_done: Time,
    /// The number of the operation of the same flow that came after it.
    pub superseded: Option<u64>,
    /// Can nothing act for it any more?
    pub closed: bool,
}

/// What a session knows of one item.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The highest version read, as far as answers told, by the time of the answer.
    pub seen: Steps,
    /// The highest version written, as far as told done, by the time of the answer.
    pub told: Steps,
    /// When the latest-sent operation that wrote it was sent.
    pub wrote: Option<(Time, OpId)>,
    /// Reads of it while others of the session's operations are open: those may still be told done
    /// and applied too late.
    pub reads: Few<Read>,
}

/// A read that may turn out to have missed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// When it was issued.
    pub issued: Time,
    /// For which operation.
    pub op: OpId,
    /// Its flow.
    pub flow: FlowIx,
    /// Is that operation measured?
    pub measured: bool,
}

impl Known {
    /// Reads kept of one item; older ones count as having missed nothing.
    const MOST: usize = 64;

    /// Remembers a read; `alone`: nothing that it could have missed can still be applied.
    pub(super) fn note(&mut self, read: Read, alone: bool) {
        if alone {
            self.reads.clear();
        } else {
            self.reads.push(read, Self::MOST);
        }
    }
}

impl Session {
    /// What this operation creates, while that is remembered.
    pub(super) fn made(&mut self, op: OpId) -> Option<&mut Created> {
        self.created.iter_mut().rev().find(|created| created.op == op)
    }
}

impl Created {
    /// Is an effect on the item of this entity not there (yet)?
    pub(super) fn misses(&self, plan: &FlowPlan, entity: EntityIx) -> bool {
        let effects = plan.effects.iter().enumerate().take(64);
        self.missing != 0
            && effects
                .filter(|(n, _)| self.missing & 1 << n != 0)
                .any(|(_, effect)| effect.entity == entity)
    }
}

/// A maximum that grew over time: the last few steps of it, in order of time and height.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// The last one; [`Time::NEVER`] if there is none.
    since: Time,
    height: u64,
    earlier: Few<(Time, u64)>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { since: Time::NEVER, height: 0, earlier: Few::default() }
    }
}

impl Steps {
    /// Steps kept while other operations of the session overlap.
    const MOST: usize = 8;

    /// From `time` on it is at least `height`; `alone`: nobody will ask for an earlier instant.
    pub(super) fn push(&mut self, time: Time, height: u64, alone: bool) {
        if self.since == Time::NEVER {
            (self.since, self.height) = (time, height);
            return;
        }
        if self.height >= height {
            return;
        }
        if alone {
            self.earlier.clear();
        } else {
            self.earlier.push((self.since, self.height), Self::MOST - 1);
        }
        (self.since, self.height) = (self.since.max(time), height);
    }

    /// Its height at `time`.
    pub(super) fn before(&self, time: Time) -> Option<u64> {
        if self.since <= time {
            return Some(self.height);
        }
        let mut earlier = self.earlier.iter().rev();
        earlier.find(|(since, _)| *since <= time).map(|(_, height)| *height)
    }
}

/// The latest few of what there mostly is none of: one word as long as there never was one, and in a
/// clone as long as there is none.
#[derive(Debug)]
pub(super) struct Few<T>(#[allow(clippy::box_collection, reason = "one word")] Option<Box<Vec<T>>>);

impl<T: Clone> Clone for Few<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone().filter(|all| !all.is_empty()))
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Few<T> {
    /// One more; the earliest goes if there were `most`.
    pub(super) fn push(&mut self, one: T, most: usize) {
        let all = self.0.get_or_insert_default();
        if all.len() == most {
            all.remove(0);
        }
        all.push(one);
    }

    /// In order.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.as_ref().map_or(&[][..], |all| all.as_slice()).iter()
    }

    /// Only those that fulfil this.
    pub(super) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(all) = &mut self.0 {
            all.retain(keep);
        }
    }

    /// None any more.
    pub(super) fn clear(&mut self) {
        if let Some(all) = &mut self.0 {
            all.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_know_the_height_of_an_earlier_instant() {
        let mut steps = Steps::default();
        for (time, height) in [(10, 3), (20, 2), (30, 7)] {
            steps.push(Time(time), height, false);
        }
        let heights = [9, 10, 29, 30].map(|time| steps.before(Time(time)));
        assert_eq!(heights, [None, Some(3), Some(3), Some(7)]);
    }

    #[test]
    fn steps_that_nobody_will_ask_for_are_dropped() {
        let mut steps = Steps::default();
        for time in 0..100 {
            steps.push(Time(time), time, time % 50 == 49);
        }
        assert_eq!((steps.before(Time(99)), steps.before(Time(98))), (Some(99), None));
    }
}
