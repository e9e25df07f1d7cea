//! The engine: virtual time, the order of events and the loop that hands them to a [`World`].
//! Generic over the world, so that dispatch is static; refuses to know nodes, files, terminals and
//! what a p99 is.

pub mod heap;
pub mod key;
pub mod lanes;
#[cfg(test)]
mod laws;
pub mod queue;
pub mod simulation;
#[cfg(test)]
mod toy;

pub use key::{Class, Key};
pub use queue::Queue;
pub use simulation::{Limits, Simulation, Stop};

use crate::base::{Span, Time};

/// One instance of the model: instances are numbered densely in the order of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);

/// A lane of the queue: one constant delay that many events share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub u32);

/// What is simulated: a value that changes only when it is handed an event.
pub trait World {
    /// Everything that can happen to an instance.
    type Event: Copy;

    /// One event happens at one instance. Must touch only that instance's own state, and probes.
    fn handle(&mut self, at: InstanceId, event: &Self::Event, ctx: &mut Context<'_, Self::Event>);

    /// A timer nobody waits for any more: dropped unseen, neither counted nor digested. Depends
    /// only on the instance's own state, and once stale is always stale.
    fn is_stale(&self, _at: InstanceId, _event: &Self::Event) -> bool {
        false
    }

    /// What the digest folds of an event beside its key: names and values, never slots.
    fn fingerprint(&self, event: &Self::Event) -> u64;

    /// Whether the event only keeps a periodic business going (a heartbeat, a sweep): a drain ends
    /// while such events remain. Must depend on the event alone.
    fn is_periodic(&self, _event: &Self::Event) -> bool {
        false
    }

    /// How much waits within the world itself: what is in flight beside the pending events.
    fn held(&self) -> usize {
        0
    }

    /// Called after each (time, depth) of a shuffled run, so that probes can be fed in the order of
    /// keys.
    fn settle(&mut self) {}
}

/// How an instance that handles an event schedules others.
#[derive(Debug)]
pub struct Context<'a, E> {
    queue: &'a mut Queue<E>,
    /// How many events this instance has scheduled in its life.
    sent: &'a mut u64,
    key: Key,
    me: InstanceId,
}

impl<E: Copy> Context<'_, E> {
    /// What time it is.
    pub fn now(&self) -> Time {
        self.key.time()
    }

    /// The instance at which the event happens.
    pub fn me(&self) -> InstanceId {
        self.me
    }

    /// The key of the event being handled.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Schedules an event at an instance.
    #[inline]
    pub fn send(&mut self, dest: InstanceId, delay: Span, class: Class, event: E) {
        let key = self.key_after(delay, class);
        self.queue.push(key, dest, event);
    }

    /// Schedules an event at an instance, after the constant delay of a lane.
    #[expect(clippy::inline_always, reason = "the event is written where it will lie, once")]
    #[inline(always)]
    pub fn via(&mut self, lane: LaneId, dest: InstanceId, class: Class, event: E) {
        let key = self.key_after(self.queue.delay(lane), class);
        self.queue.push_lane(lane, key, dest, event);
    }

    /// Schedules an event at this instance.
    #[inline]
    pub fn after(&mut self, delay: Span, class: Class, event: E) {
        self.send(self.me, delay, class, event);
    }

    /// Schedules an event at this instance, after the constant delay of a lane.
    #[expect(clippy::inline_always, reason = "as `via`")]
    #[inline(always)]
    pub fn after_lane(&mut self, lane: LaneId, class: Class, event: E) {
        self.via(lane, self.me, class, event);
    }

    /// The key of the next event that this instance schedules. An event at the deepest depth is
    /// never handled (see [`Stop::TooManyAtOnce`]), so one more always fits.
    #[inline]
    fn key_after(&mut self, delay: Span, class: Class) -> Key {
        let time = (self.now() + delay).min(Key::HORIZON);
        let depth = if time > self.now() { 0 } else { self.key.depth() + 1 };
        let counter = *self.sent;
        *self.sent += 1;
        Key::new(time, depth, class, self.me, counter)
    }
}
