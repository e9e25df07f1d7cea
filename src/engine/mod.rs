//! The engine: virtual time, the order of events and the loop that hands them to a [`World`].
//! Generic over the world, so that dispatch is static; refuses to know nodes, files, terminals and
//! what a p99 is.

pub mod agenda;
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
pub use queue::{Event, Queue};
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
    /// What instances say to one another. The default fills room that is not used yet.
    type Message: Copy + Default;
    /// What an instance schedules for itself; best no more than 12 bytes.
    type Timer: Copy;

    /// A message arrives at an instance. Must touch only that instance's own state, and probes.
    fn receive(&mut self, at: InstanceId, message: &Self::Message, ctx: &mut Ctx<'_, Self>);

    /// A timer of the instance is due. Must touch only its own state, and probes.
    fn timer(&mut self, at: InstanceId, timer: Self::Timer, ctx: &mut Ctx<'_, Self>);

    /// A timer that nobody waits for any more: dropped unseen, neither counted nor digested.
    /// Depends only on the instance's own state and when the timer is due, and once stale is always
    /// stale.
    fn is_stale(&self, _at: InstanceId, _timer: Self::Timer, _due: Time) -> bool {
        false
    }

    /// What the digest folds of an event beside its key: names and values, never slots.
    fn fingerprint(&self, event: Event<&Self::Message, Self::Timer>) -> u64;

    /// Whether the event only keeps a periodic business going (a heartbeat, a sweep): a drain ends
    /// while such events remain. Must depend on the event alone.
    fn is_periodic(&self, _event: Event<&Self::Message, Self::Timer>) -> bool {
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

/// The context in which a world handles an event.
pub type Ctx<'a, W> = Context<'a, <W as World>::Message, <W as World>::Timer>;

/// How an instance that handles an event schedules others.
#[derive(Debug)]
pub struct Context<'a, M, T> {
    queue: &'a mut Queue<M, T>,
    /// How many events this instance has scheduled in its life.
    sent: &'a mut u64,
    key: Key,
    me: InstanceId,
}

impl<M: Copy + Default, T: Copy> Context<'_, M, T> {
    /// What time it is.
    #[inline]
    pub fn now(&self) -> Time {
        self.key.time()
    }

    /// The instance at which the event happens.
    #[inline]
    pub fn me(&self) -> InstanceId {
        self.me
    }

    /// The key of the event being handled.
    #[inline]
    pub fn key(&self) -> Key {
        self.key
    }

    /// Sends a message to an instance.
    pub fn send(&mut self, dest: InstanceId, delay: Span, message: M) {
        let key = self.key_after(delay, Class::Message);
        self.queue.push(key, dest, message);
    }

    /// Sends a message through a lane, after the lane's constant delay; it is made where it will
    /// lie.
    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    pub fn via(&mut self, lane: LaneId, delay: Span, dest: InstanceId, write: impl FnOnce(&mut M)) {
        debug_assert_eq!(delay, self.queue.delay(lane), "the lane of another delay");
        let key = self.key_after(delay, Class::Message);
        self.queue.push_lane(lane, key, dest, write);
    }

    /// Sets a timer of this instance.
    #[expect(clippy::inline_always, reason = "the timer is written once, where it will lie")]
    #[inline(always)]
    pub fn after(&mut self, delay: Span, class: Class, timer: T) {
        let key = self.key_after(delay, class);
        self.queue.push_timer(key, self.me, timer);
    }

    /// The key of the next event that this instance schedules. An event at the deepest depth is
    /// never handled (see [`Stop::TooManyAtOnce`]), so one more always fits.
    #[expect(clippy::inline_always, reason = "called in three places, for everything scheduled")]
    #[inline(always)]
    fn key_after(&mut self, delay: Span, class: Class) -> Key {
        let time = (self.now() + delay).min(Key::HORIZON);
        let depth = if time > self.now() { 0 } else { self.key.depth() + 1 };
        let counter = *self.sent;
        *self.sent += 1;
        Key::new(time, depth, class, self.me, counter)
    }
}
