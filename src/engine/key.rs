//! The order of events: the key (time, depth, class, origin, origin's own counter), packed into
//! one `u128` so that comparing is two instructions. Knows no queue and no world.

use std::fmt;

use super::InstanceId;
use crate::base::Time;

/// The kinds of event in the order in which they happen at one instant and depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// An edge of a fault: what breaks now is broken for everything else that happens now.
    Fault = 0,
    /// Work of one's own that is done.
    Completion = 1,
    /// A message that arrives.
    Message = 2,
    /// A deadline; after messages, so that a reply at its deadline is in time.
    Timeout = 3,
}

/// What decides when an event is handled; smaller is earlier, and no two events share one.
///
/// ```text
/// bit 127          72 71      60 59   58 57        40 39           0
///     | time, ns: 56 | depth: 12 | class | origin: 18 | counter: 40 |
/// ```
///
/// Depth is 0 for an event at a later time than its cause, and its cause's depth + 1 at the same
/// time. The counter numbers what the origin scheduled. The key is therefore a property of the
/// model: it does not depend on the order in which instances are visited within one time and depth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

/// Who schedules an event, and which of its events: the last two parts of a key, which no two events
/// share. The name of a message from its sending to its arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn(u64);

impl Turn {
    /// An origin's event of this number.
    pub fn new(origin: InstanceId, counter: u64) -> Self {
        debug_assert!((origin.0 as usize) < Key::MAX_INSTANCES && counter >> ORIGIN_SHIFT == 0);
        Self(u64::from(origin.0) << ORIGIN_SHIFT | counter)
    }

    /// Who schedules it.
    pub fn origin(self) -> InstanceId {
        InstanceId((self.0 >> ORIGIN_SHIFT) as u32)
    }

    /// Which of its origin's events it is.
    pub fn counter(self) -> u64 {
        self.0 & ((1 << ORIGIN_SHIFT) - 1)
    }

    /// An event that an intervention schedules at an instance, and the intervention's own number for
    /// it: a counter of its own, behind all that the instance itself will ever have, so that whoever
    /// intervenes shifts no instance's counter.
    pub fn from_outside(at: InstanceId, number: u64) -> Self {
        Self::new(at, OUTSIDE + number)
    }

    /// This one; the next is the origin's next. There are 2^39 of one origin, hours of doing
    /// nothing else.
    #[inline]
    #[must_use]
    pub fn take(&mut self) -> Self {
        let turn = *self;
        self.0 += 1;
        turn
    }
}

const TIME_SHIFT: u32 = 72;
const DEPTH_SHIFT: u32 = 60;
const CLASS_SHIFT: u32 = 58;
const ORIGIN_SHIFT: u32 = 40;
/// The upper half of the counters belongs to interventions.
const OUTSIDE: u64 = 1 << (ORIGIN_SHIFT - 1);

impl Key {
    /// The last instant there is, some 834 days after the start; later times are clamped to it.
    pub const HORIZON: Time = Time((1 << 56) - 1);
    /// The longest chain of causes within one instant.
    pub const MAX_DEPTH: u32 = (1 << 12) - 1;
    /// How many instances there can be.
    pub const MAX_INSTANCES: usize = 1 << 18;
    /// Later than every event.
    pub const LAST: Self = Self(u128::MAX);

    /// Packs a key. The time must not be after the horizon, nor the depth above the deepest.
    #[inline]
    pub fn new(time: Time, depth: u32, class: Class, turn: Turn) -> Self {
        debug_assert!(time <= Self::HORIZON && depth <= Self::MAX_DEPTH);
        let high = time.0 << (TIME_SHIFT - 64) | u64::from(depth >> 4);
        let low = u64::from(depth) << DEPTH_SHIFT | (class as u64) << CLASS_SHIFT | turn.0;
        Self(u128::from(high) << 64 | u128::from(low))
    }

    /// After everything that happens at `time`, before everything later.
    pub fn end_of(time: Time) -> Self {
        Self(u128::from(time.min(Self::HORIZON).0) << TIME_SHIFT | ((1 << TIME_SHIFT) - 1))
    }

    /// When it happens.
    pub fn time(self) -> Time {
        Time((self.0 >> TIME_SHIFT) as u64)
    }

    /// How many causes it has within its instant.
    pub fn depth(self) -> u32 {
        (self.0 >> DEPTH_SHIFT) as u32 & Self::MAX_DEPTH
    }

    /// What kind of event it is.
    pub fn class(self) -> Class {
        match (self.0 >> CLASS_SHIFT) & 3 {
            0 => Class::Fault,
            1 => Class::Completion,
            2 => Class::Message,
            _ => Class::Timeout,
        }
    }

    /// Whose event it is, and which of its: the event's name.
    #[inline]
    pub fn turn(self) -> Turn {
        Turn(self.0 as u64 & ((1 << CLASS_SHIFT) - 1))
    }

    /// Who scheduled it.
    pub fn origin(self) -> InstanceId {
        self.turn().origin()
    }

    /// Which of its origin's events it is.
    pub fn counter(self) -> u64 {
        self.turn().counter()
    }

    /// Whether both happen at one time and depth, so that neither can be the other's cause.
    pub fn is_beside(self, other: Self) -> bool {
        (self.0 ^ other.0) >> DEPTH_SHIFT == 0
    }

    /// The key in two words, with its origin's number replaced by its name (see
    /// [`Key::renames`]): what stays the same when instances are renumbered.
    #[inline]
    pub(super) fn named(self, renames: u64) -> [u64; 2] {
        [(self.0 >> 64) as u64, self.0 as u64 ^ renames]
    }

    /// What takes an origin's number out of its keys and puts its name in.
    pub(super) fn renames(origin: InstanceId, name: u64) -> u64 {
        u64::from(origin.0) << ORIGIN_SHIFT ^ name
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, depth, class) = (self.time(), self.depth(), self.class());
        write!(out, "{time}+{depth} {class:?} {}#{}", self.origin().0, self.counter())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLASSES: [Class; 4] = [Class::Fault, Class::Completion, Class::Message, Class::Timeout];

    type Parts = (u64, u32, usize, u32, u64);

    fn parts() -> impl Strategy<Value = Parts> {
        // Narrow ranges beside the widest ones, so that ties are common.
        (
            prop_oneof![0..3u64, 0..=Key::HORIZON.0],
            prop_oneof![14..18u32, 0..=Key::MAX_DEPTH],
            0..4usize,
            prop_oneof![0..3u32, 0..Key::MAX_INSTANCES as u32],
            prop_oneof![0..3u64, 0..1u64 << 40],
        )
    }

    fn key((time, depth, class, origin, counter): Parts) -> Key {
        Key::new(Time(time), depth, CLASSES[class], Turn::new(InstanceId(origin), counter))
    }

    proptest! {
        #[test]
        fn keys_order_as_their_parts_do(a in parts(), b in parts()) {
            prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
        }

        #[test]
        fn what_is_packed_can_be_read(a in parts()) {
            let k = key(a);
            let read = (k.time().0, k.depth(), k.class() as usize, k.origin().0, k.counter());
            prop_assert_eq!(read, a);
        }

        #[test]
        fn keys_beside_each_other_share_time_and_depth(a in parts(), b in parts()) {
            prop_assert_eq!(key(a).is_beside(key(b)), (a.0, a.1) == (b.0, b.1));
        }

        #[test]
        fn the_end_of_a_time_is_after_its_events_and_before_later_ones(a in parts()) {
            prop_assert!(key(a) <= Key::end_of(Time(a.0)));
            prop_assert!(a.0 == 0 || key(a) > Key::end_of(Time(a.0 - 1)));
        }
    }
}
