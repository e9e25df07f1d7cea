//! Timers as the engine keeps them: a number and what goes with it, packed into 12 bytes. Each room
//! has an enum of its own of what it waits for, written by `timers!`, which packs it and knows it
//! again. (Enums of enums would take 16 bytes, and the agenda is made for 12.) Knows no room.

use std::num::NonZeroU32;

use crate::base::Span;
use crate::faults::Edge;
use crate::nodes::parts::slab::Handle;
use crate::probes::Reason;
use crate::scenario::tree::PolicyIx;

/// What an instance schedules for itself, or what befalls it, as the engine keeps it. What it means,
/// its room knows: see [`Due`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, packed(4))]
pub struct Timer {
    /// From the lowest bit on: 8 bits of a number, [`PERIODIC`], [`SET`], from the 16th on what needs
    /// few, and last [`MARK`].
    head: NonZeroU32,
    /// What goes with it: one word of 64 bits or two of 32, the first below.
    payload: u64,
}

/// Does it only keep a periodic business going?
const PERIODIC: u32 = 1 << 8;
/// In every timer, so that no head is 0: the agenda's entries need a value that no timer has.
const SET: NonZeroU32 = NonZeroU32::new(1 << 9).unwrap();
const FEW: u32 = 16;
/// Folded into the digest.
const MARK: u32 = 1 << 31;

const _: () = assert!(size_of::<Option<Timer>>() == 12, "the agenda's entries are made for it");

impl Timer {
    /// The timer of this number.
    #[inline]
    pub fn new(number: u8, is_periodic: bool) -> Self {
        let period = if is_periodic { PERIODIC } else { 0 };
        Self { head: SET | u32::from(number) | period, payload: 0 }
    }

    /// The number under which its room packed it.
    #[inline]
    pub fn number(self) -> u8 {
        self.head.get() as u8
    }

    /// Does it only keep a periodic business going?
    pub fn is_periodic(self) -> bool {
        self.head.get() & PERIODIC != 0
    }

    /// What the digest folds of it beside the event's key, which says whose it is: its number, and
    /// whether it has a mark.
    #[inline]
    pub fn fingerprint(self) -> u64 {
        u64::from(self.number()) << 56 | u64::from(self.head.get() / MARK)
    }
}

/// What a kind of node, or a part of one, waits for.
pub trait Due: Copy + Into<Timer> {
    /// What this timer means, if it is one of those.
    fn of(timer: Timer) -> Option<Self>;

    /// The numbers of all of them: no two are alike, or one would be taken for the other.
    #[cfg(test)]
    fn numbers() -> Vec<u8>;
}

/// What can go with a timer: packed in the order of fields, each from the word on that is the next.
pub trait Field: Copy {
    /// So many words.
    const WORDS: usize;

    /// Puts it in.
    fn pack(self, timer: &mut Timer, at: usize);

    /// Takes it out.
    fn unpack(timer: Timer, at: usize) -> Self;
}

impl Field for u32 {
    const WORDS: usize = 1;

    #[inline]
    fn pack(self, timer: &mut Timer, at: usize) {
        timer.payload |= u64::from(self) << (32 * at);
    }

    #[inline]
    fn unpack(timer: Timer, at: usize) -> Self {
        (timer.payload >> (32 * at)) as Self
    }
}

impl Field for PolicyIx {
    const WORDS: usize = 1;

    #[inline]
    fn pack(self, timer: &mut Timer, at: usize) {
        u32::from(self.0).pack(timer, at);
    }

    #[inline]
    fn unpack(timer: Timer, at: usize) -> Self {
        Self(u32::unpack(timer, at) as u16)
    }
}

impl Field for Handle {
    const WORDS: usize = 2;

    #[inline]
    fn pack(self, timer: &mut Timer, _at: usize) {
        timer.payload = self.bits();
    }

    #[inline]
    fn unpack(timer: Timer, _at: usize) -> Self {
        Self::from_bits(timer.payload)
    }
}

impl Field for Span {
    const WORDS: usize = 2;

    fn pack(self, timer: &mut Timer, _at: usize) {
        timer.payload = self.0;
    }

    fn unpack(timer: Timer, _at: usize) -> Self {
        Self(timer.payload)
    }
}

impl Field for Reason {
    const WORDS: usize = 0;

    #[inline]
    fn pack(self, timer: &mut Timer, _at: usize) {
        timer.head |= (self as u32) << FEW;
    }

    #[inline]
    fn unpack(timer: Timer, _at: usize) -> Self {
        // What packed it is one of these: nothing is to be checked on the event path.
        Self::ALL[((timer.head.get() >> FEW) as usize).min(Self::ALL.len() - 1)]
    }
}

impl Field for Edge {
    const WORDS: usize = 1;

    fn pack(self, timer: &mut Timer, at: usize) {
        let place = EDGES.iter().position(|edge| *edge == self);
        (place.expect("these are all") as u32).pack(timer, at);
        if self == Self::Up {
            timer.head |= MARK;
        }
    }

    fn unpack(timer: Timer, at: usize) -> Self {
        EDGES[(u32::unpack(timer, at) as usize).min(EDGES.len() - 1)]
    }
}

const EDGES: [Edge; 6] = [
    Edge::Down { host: false },
    Edge::Down { host: true },
    Edge::Up,
    Edge::Leave,
    Edge::Freeze,
    Edge::Resume,
];

/// Writes an enum of what a room waits for: a line for each, with the number under which it is packed
/// and that the digest folds (each is given once among those that one instance sets; which, is free),
/// and then the parts whose timers the room sets as well.
macro_rules! timers {
    (
        $(#[$about:meta])*
        $vis:vis enum $Due:ident {
            $(
                $(#[$doc:meta])*
                $Own:ident $(($bind:ident: $One:ty))? $({ $($field:ident: $Field:ty),+ })?
                    = $number:literal $($periodic:ident)?,
            )+
        }
        $(parts { $($(#[$part_doc:meta])* $Part:ident($part:ty),)+ })?
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        $vis enum $Due {
            $($(#[$doc])* $Own $(($One))? $({
                $(#[doc = concat!("The ", stringify!($field), ".")] $field: $Field),+
            })?,)+
            $($($(#[$part_doc])* $Part($part),)+)?
        }

        impl From<$Due> for $crate::nodes::message::Timer {
            #[inline]
            fn from(due: $Due) -> Self {
                match due {
                    $($Due::$Own $(($bind))? $({ $($field),+ })? => {
                        #[allow(unused_mut)]
                        let mut timer = Self::new(
                            $number,
                            $crate::nodes::message::timer::timers!(@is $($periodic)?),
                        );
                        $($crate::nodes::message::timer::Field::pack($bind, &mut timer, 0);)?
                        $(let mut at = 0;
                        $(
                            $crate::nodes::message::timer::Field::pack($field, &mut timer, at);
                            at += <$Field as $crate::nodes::message::timer::Field>::WORDS;
                        )+
                        let _ = at;)?
                        timer
                    })+
                    $($($Due::$Part(part) => part.into(),)+)?
                }
            }
        }

        impl $crate::nodes::message::Due for $Due {
            #[cfg(test)]
            fn numbers() -> Vec<u8> {
                #[allow(unused_mut)]
                let mut numbers = vec![$($number),+];
                $($(numbers.extend(<$part as $crate::nodes::message::Due>::numbers());)+)?
                numbers
            }

            #[inline]
            fn of(timer: $crate::nodes::message::Timer) -> Option<Self> {
                match timer.number() {
                    $($number => {
                        $(let $bind = <$One as $crate::nodes::message::timer::Field>::unpack(timer, 0);)?
                        $(let mut at = 0;
                        $(
                            let $field =
                                <$Field as $crate::nodes::message::timer::Field>::unpack(timer, at);
                            at += <$Field as $crate::nodes::message::timer::Field>::WORDS;
                        )+
                        let _ = at;)?
                        Some(Self::$Own $(($bind))? $({ $($field),+ })?)
                    })+
                    _ => {
                        $($(if let Some(part) = <$part as $crate::nodes::message::Due>::of(timer) {
                            return Some(Self::$Part(part));
                        })+)?
                        None
                    }
                }
            }
        }
    };
    (@is) => { false };
    (@is periodic) => { true };
}
pub(in crate::nodes) use timers;

#[cfg(test)]
mod tests {
    use super::*;

    timers! {
        /// A part of a room.
        enum Part {
            /// With two words.
            Two { first: u32, second: u32 } = 3,
        }
    }

    timers! {
        /// A room.
        enum Room {
            /// With nothing.
            Bare = 0,
            /// Of a periodic business.
            Again(start: u32) = 1 periodic,
            /// With a handle, and few bits.
            Full { why: Reason, which: Handle } = 2,
        }
        parts {
            /// Its part.
            Part(Part),
        }
    }

    #[test]
    fn a_room_knows_again_what_it_packed() {
        let which = Handle::from_bits(u64::MAX << 32 | 7);
        let all = Reason::ALL.map(|why| Room::Full { why, which });
        let part = Room::Part(Part::Two { first: u32::MAX, second: 5 });
        for due in all.into_iter().chain([Room::Bare, Room::Again(9), part]) {
            assert_eq!(Room::of(due.into()), Some(due));
        }
        assert_eq!(Room::of(Timer::new(4, false)), None);
        assert_eq!(Part::of(Room::Bare.into()), None);
        for edge in EDGES {
            let mut timer = Timer::new(1, false);
            edge.pack(&mut timer, 0);
            assert_eq!((Edge::unpack(timer, 0), timer.number()), (edge, 1));
        }
    }

    #[test]
    fn what_is_periodic_says_so_and_the_digest_folds_the_number() {
        let timers = [Room::Bare, Room::Again(9)].map(Timer::from);
        assert_eq!(timers.map(Timer::is_periodic), [false, true]);
        assert_eq!(timers.map(Timer::fingerprint), [0, 1 << 56]);
        let mut up = Timer::new(1, false);
        Edge::Up.pack(&mut up, 0);
        assert_eq!((up.fingerprint(), up.number()), (1 << 56 | 1, 1));
    }
}
