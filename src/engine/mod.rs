//! The engine: virtual time, the order of events and the loop that hands them to a [`World`].
//! Generic over the world, so that dispatch is static; refuses to know nodes, files, terminals and
//! what a p99 is.

pub mod agenda;
pub mod inspect;
pub mod key;
pub mod ladder;
pub mod lanes;
#[cfg(test)]
mod laws;
pub mod queue;
pub mod simulation;
pub mod stop;
#[cfg(test)]
mod toy;

pub use inspect::{Pending, Transit};
pub use key::{Class, Key, Turn};
pub use queue::{Event, Queue};
pub use simulation::Simulation;
pub use stop::{Limits, Stop};

use crate::base::{Span, Time};

/// One instance of the model: instances are numbered densely in the order of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);

/// A lane of the queue: one constant delay that many events share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub u32);

/// What is simulated: instances that meet only through messages, and what they share, which is the
/// world itself. Changes only when it is handed an event.
pub trait World {
    /// An instance's own state.
    type Instance;
    /// What instances say to one another. The default fills room that is not used yet.
    type Message: Copy + Default;
    /// What an instance schedules for itself; best no more than 12 bytes.
    type Timer: Copy;

    /// A message arrives at an instance. Of the world itself only probes may be touched.
    fn receive(&mut self, at: &mut Self::Instance, message: &Self::Message, ctx: Ctx<'_, Self>);

    /// A timer of the instance is due. Of the world itself only probes may be touched. A stale one
    /// comes to nothing, and `false` says so: it is neither counted nor digested.
    fn timer(&mut self, at: &mut Self::Instance, timer: Self::Timer, ctx: Ctx<'_, Self>) -> bool;

    /// Does nobody wait for this timer any more? Depends only on the instance's own state and when
    /// the timer is due, and once stale is always stale.
    fn is_stale(&self, _at: &Self::Instance, _timer: Self::Timer, _due: Time) -> bool {
        false
    }

    /// What the digest folds of an event beside its key: names and values, never slots.
    fn fingerprint(&self, event: Event<&Self::Message, Self::Timer>) -> u64;

    /// Whether the event only keeps a periodic business going (a heartbeat, a sweep): a drain ends
    /// while such events remain. Must depend on the event alone.
    fn is_periodic(&self, _event: Event<&Self::Message, Self::Timer>) -> bool {
        false
    }

    /// Does an instance wait for something that only a periodic event settles? A drain goes on then.
    fn awaits(&self, _at: &Self::Instance) -> bool {
        false
    }

    /// How much waits at an instance: what is in flight beside the pending events.
    fn held(&self, _at: &Self::Instance) -> usize {
        0
    }

    /// This event will be handled soon, and so much waits that the processor is likely to have forgotten
    /// what the event is about: a hint to fetch what the event itself names. Changes nothing.
    fn prefetch(&self, _at: &Self::Instance, _event: Event<&Self::Message, Self::Timer>) {}

    /// The same a moment later: what that names in turn.
    fn prefetch_further(&self, _at: &Self::Instance, _event: Event<&Self::Message, Self::Timer>) {}

    /// Bytes that an instance holds beside itself, about; of what clones share, its share.
    fn weight(&self, _at: &Self::Instance) -> usize {
        0
    }

    /// The same of the world.
    fn own_weight(&self) -> usize {
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
    /// Whose the next event is that this instance schedules, and which of its events.
    next: &'a mut Turn,
    key: Key,
    now: Time,
    me: InstanceId,
}

impl<'a, M: Copy + Default, T: Copy> Context<'a, M, T> {
    #[expect(clippy::inline_always, reason = "called in two places, once for every event")]
    #[inline(always)]
    fn new(queue: &'a mut Queue<M, T>, next: &'a mut Turn, key: Key, me: InstanceId) -> Self {
        Self { queue, next, key, now: key.time(), me }
    }

    /// What time it is.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
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

    /// The name of the event that this instance schedules next.
    #[inline]
    pub fn next_name(&self) -> Turn {
        *self.next
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

    /// The key of the next event that this instance schedules.
    #[expect(clippy::inline_always, reason = "called in three places, for everything scheduled")]
    #[inline(always)]
    fn key_after(&mut self, delay: Span, class: Class) -> Key {
        let turn = self.next.take();
        let time = Time(self.now.0.wrapping_add(delay.0));
        if self.now < time && time <= Key::HORIZON {
            return Key::new(time, 0, class, turn);
        }
        self.key_at_once_or_never(delay, class, turn)
    }

    /// The same where no time passes, or more than there is. An event at the deepest depth is never
    /// handled (see [`Stop::TooManyAtOnce`]), so one more always fits.
    #[cold]
    #[inline(never)]
    fn key_at_once_or_never(&mut self, delay: Span, class: Class, turn: Turn) -> Key {
        let time = (self.now + delay).min(Key::HORIZON);
        let depth = if time > self.now { 0 } else { self.key.depth() + 1 };
        let key = Key::new(time, depth, class, turn);
        if depth == Key::MAX_DEPTH {
            self.queue.never(key);
        }
        key
    }
}
