//! The faults, one room each: what breaks. A room holds the word of its fault, its settings with their
//! defaults, their reader, an example, and what the fault does while it acts, said in the vocabulary
//! of [`Harm`]. This file holds the table of the rooms and reads lists of faults; it refuses to
//! know what is in any room. How harms come to pass is in `faults/`.

mod harm;
mod names;
mod path;
mod target;
#[cfg(test)]
mod tests;
mod when;

use std::fmt;

pub use harm::{Ailment, Crowd, Disturbance, Harm, Harmful};
pub(super) use names::Names;
pub use path::Path;
pub use target::Target;
pub(super) use when::MOST_TIMES;
pub use when::When;

use super::reader::{Fields, Reader};
use super::setting::{Setting, Usual, settings};
use super::syntax::Value;
use super::tree::NodeIx;
use crate::base::{Dist, Span};

/// Something that breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its name; `kind-target` where the file gives none.
    pub name: String,
    /// When it starts.
    pub when: When,
    /// How long each time; `None` is for good.
    pub lasts: Option<Dist>,
    /// What breaks.
    pub what: FaultKind,
}

/// What everybody else needs to know about one fault.
#[derive(Debug)]
pub struct Room {
    /// As the file writes it.
    pub word: &'static str,
    /// What happens: a line of the manual.
    pub about: &'static str,
    /// What it takes.
    pub settings: &'static [Setting],
    /// How many of its settings, the first ones, may stand without their names.
    pub unnamed: usize,
    /// The fault as a file would write it, without settings that have a default.
    pub example: &'static str,
    /// Reads it. `None` after it has noted what is wrong.
    read: for<'a> fn(&mut Reader<'a>, &Fields<'a>) -> Option<FaultKind>,
}

/// Writes the rooms' modules, [`FaultKind`] and [`ROOMS`] from the table.
macro_rules! faults {
    ($($room:ident: $Kind:ident,)+) => {
        $(
            mod $room;
            pub use $room::$Kind;
        )+

        /// What breaks. Overlapping faults compose.
        #[derive(Clone, PartialEq)]
        pub enum FaultKind {
            $(
                #[doc = concat!("See [`", stringify!($Kind), "`](struct@", stringify!($Kind), ").")]
                $Kind($Kind),
            )+
        }

        /// All rooms, in the order in which they are told of.
        pub static ROOMS: &[&Room] = &[$(&$room::ROOM),+];

        /// A fault is asked what it does.
        impl std::ops::Deref for FaultKind {
            type Target = dyn Harmful;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$Kind(fault) => fault,)+
                }
            }
        }
    };
}

faults! {
    crash: Crash,
    shutdown: Shutdown,
    slow: Slow,
    pause: Pause,
    freeze: Freeze,
    skew: Skew,
    errors: Errors,
    scale: Scale,
    latency: Latency,
    loss: Loss,
    duplicate: Duplicate,
    reorder: Reorder,
    partition: Partition,
    surge: Surge,
}

/// As its settings are written: names of models, which replay tokens carry, are made of it.
impl fmt::Debug for FaultKind {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(to)
    }
}

impl FaultKind {
    /// The nodes whose running work it makes stand still.
    pub fn frozen(&self) -> impl Iterator<Item = NodeIx> + use<> {
        self.harms().into_iter().filter_map(|harm| harm.frozen())
    }
}

impl<'a> Reader<'a> {
    /// Reads all faults; their names are unique in the end.
    pub(super) fn faults(
        &mut self,
        value: Option<&'a Value>,
        length: Option<Span>,
        names: &mut Names<'a>,
    ) -> Option<Vec<Fault>> {
        let Some(value) = value else {
            return Some(Vec::new());
        };
        let Some(items) = self.list(value, "faults", false) else {
            names.miss();
            return None;
        };
        let read = items.iter().map(|item| self.fault(item, length, names));
        let read: Vec<Option<(Fault, bool)>> = read.collect();
        let is_whole = read.iter().all(Option::is_some);
        let faults = names.apart(read.into_iter().flatten().collect());
        if !is_whole {
            names.miss();
        }
        is_whole.then_some(faults)
    }

    /// A fault, and whether the file gives it a name.
    fn fault(
        &mut self,
        value: &'a Value,
        length: Option<Span>,
        names: &mut Names<'a>,
    ) -> Option<(Fault, bool)> {
        let fields = self.fields(value, "a fault", 0, &["name", "at", "lasts", "what"])?;
        let when = self.must(&fields, "at", |reader, value| reader.when(value, length));
        self.fault_at(&fields, when, length, names)
    }

    /// A fault that comes then, and whether the file gives it a name.
    pub(super) fn fault_at(
        &mut self,
        fields: &Fields<'a>,
        when: Option<When>,
        length: Option<Span>,
        names: &mut Names<'a>,
    ) -> Option<(Fault, bool)> {
        let name = self.own_name(fields, names);
        let lasts = self.maybe(fields, "lasts", Self::dist);
        if let (Some(when), Some(lasts), Some(length)) = (&when, &lasts, length) {
            self.check_times(fields.head, when, lasts.as_ref(), length);
        }
        let (word, what) = self.must(fields, "what", Self::what_breaks)?;
        let name = name?;
        let is_named = name.is_some();
        let name = name.map_or_else(|| self.usual_name(word, &what), ToOwned::to_owned);
        Some((Fault { name, when: when?, lasts: lasts?, what }, is_named))
    }

    /// What breaks, in the room of its word.
    fn what_breaks(&mut self, value: &'a Value) -> Option<(&'static str, FaultKind)> {
        let value = self.follow(value)?;
        let word = value.word();
        let Some(room) = ROOMS.iter().find(|room| word == Some(room.word)) else {
            let words: Vec<&str> = ROOMS.iter().map(|room| room.word).collect();
            self.unknown_word(value, "a fault", &words);
            return None;
        };
        let fields = self.arguments(value, room.word, room.unnamed, room.settings)?;
        Some((room.word, (room.read)(self, &fields)?))
    }
}
