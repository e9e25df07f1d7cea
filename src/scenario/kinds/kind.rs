//! What is asked of a kind of node, with the answer of those that have none of their own; and the
//! macro that makes the table of kinds. Everybody else asks here, and matches no kind. Knows none.

use std::fmt::Debug;

use super::super::reader::Reader;
use super::super::syntax::Value;
use super::super::tree::{Balance, NodeIx, PolicyIx};
use super::{Carries, NodeKind, Role, Setting, Subject, Terms};
use crate::base::Dist;

/// What every kind of node can be asked.
pub trait Kind: Debug {
    /// What is so of all nodes of this kind.
    fn about(&self) -> &'static About;

    /// How many instances there are of such a node.
    fn instances(&self) -> u32 {
        1
    }

    /// Do others serve for it what they can while it is down?
    fn outlives_itself(&self) -> bool {
        false
    }

    /// How many of its instances take calls, the first ones.
    fn callable(&self) -> u32 {
        self.instances()
    }

    /// What one instance works on at once, where it has workers of which one can be busy.
    fn workers(&self) -> Option<u32> {
        None
    }

    /// How callers spread their calls over its instances.
    fn balance(&self) -> Balance {
        Balance::RoundRobin
    }

    /// Where its instances register, if they do.
    fn registry(&self) -> Option<NodeIx> {
        None
    }

    /// The policy of calls to it, over the class's.
    fn policy(&self) -> Option<PolicyIx> {
        None
    }

    /// Where it keeps its data, if it has a store.
    fn store(&self) -> Option<NodeIx> {
        None
    }

    /// Worker time of a step that names none of its own.
    fn work(&self) -> Dist {
        Dist::Const(0.0)
    }

    /// Worker time of a message that carries no step of the business.
    fn overhead(&self) -> Dist {
        Dist::Const(0.0)
    }

    /// The terms on which it is used, if it is a broker.
    fn terms(&self) -> Option<Terms> {
        None
    }

    /// The broker that it hands on to what it carries, so that its subscribers consume there.
    fn hands_on_to(&self) -> Option<NodeIx> {
        None
    }

    /// The services that its rules of who gets what name, once each; empty where all get what they handle.
    fn bound(&self) -> Vec<NodeIx> {
        Vec::new()
    }

    /// Does what `from` publishes about this go to that service, where a rule says so? `None`: it goes there
    /// if it is handled there.
    fn passes(&self, _from: NodeIx, _subject: &Subject<'_>, _to: NodeIx) -> Option<bool> {
        None
    }

    /// Does it keep what others own, as one copy for all of its instances?
    fn shares_copy(&self) -> bool {
        false
    }

    /// Is what it keeps there after a crash?
    fn is_durable(&self) -> bool {
        false
    }

    /// Do copies follow what it commits?
    fn has_followers(&self) -> bool {
        false
    }

    /// Does it admit no more than so many requests a time?
    fn is_limited(&self) -> bool {
        false
    }

    /// Are the places bounded in which requests wait for its workers?
    fn is_bounded(&self) -> bool {
        false
    }
}

/// What is so of all nodes of a kind.
#[derive(Debug)]
pub struct About {
    /// Which kind.
    pub role: Role,
    /// Its name in outputs, and that of its page.
    pub name: &'static str,
    /// In a sentence, with its article.
    pub phrase: &'static str,
    /// What others can use it as.
    pub uses: &'static [Use],
    /// What of it can break.
    pub breaks: &'static [Breakable],
    /// Its words in the file, at least one.
    pub words: &'static [&'static Word],
}

impl About {
    /// Can others use it so?
    pub fn is(&self, wanted: Use) -> bool {
        self.uses.contains(&wanted)
    }

    /// Is it a broker?
    pub fn is_broker(&self) -> bool {
        self.carries().is_some()
    }

    /// What it carries where a design names no broker, if it is one.
    pub fn carries(&self) -> Option<Carries> {
        self.uses.iter().find_map(|used| match used {
            Use::Broker(carries) => Some(*carries),
            _ => None,
        })
    }

    /// Can this of it break?
    pub fn can_break(&self, what: Breakable) -> bool {
        self.breaks.contains(&what)
    }
}

/// A word of the file for a kind, with the settings that it takes.
#[derive(Debug)]
pub struct Word {
    /// As the file writes it.
    pub word: &'static str,
    /// What it is: the paragraph at the head of its page.
    pub about: &'static str,
    /// What it takes.
    pub settings: &'static [Setting],
    /// What is left out of it on purpose.
    pub left_out: &'static str,
    /// A node as a file would declare it.
    pub example: &'static str,
    /// Reads the declared node of this number.
    pub(in crate::scenario) read: Read,
}

/// Reads the declared node of this number from its value.
pub(in crate::scenario) type Read =
    for<'a> fn(&mut Reader<'a>, usize, &'a Value) -> Option<NodeKind>;

/// What others can use a node as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Customers go through it.
    Entrance,
    /// It owns data, flows begin at it, and others ask, call and tell it.
    Service,
    /// A service keeps its data there.
    Store,
    /// A service looks there before its store.
    Cache,
    /// It carries a design's messages, if they are such.
    Broker(Carries),
    /// A broker can hand on to it what it carries.
    Outlet,
    /// Instances register there.
    Registry,
}

/// What of a node can break. A fault says which part it befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakable {
    /// Its processes, which go and come again, and may be slow.
    Process,
    /// Workers, which can pause.
    Workers,
    /// Their work, which can stand still and go on.
    Work,
    /// A clock that somebody reads.
    Clock,
    /// A way to stop in good order.
    Exit,
    /// Arrivals, which can surge.
    Arrivals,
}

impl Role {
    /// What is so of all nodes of this kind.
    pub fn about(self) -> &'static About {
        super::KINDS[self as usize]
    }

    /// Those that others can use so.
    pub(in crate::scenario) fn that_are(wanted: Use) -> Vec<Self> {
        super::KINDS.iter().filter(|about| about.is(wanted)).map(|about| about.role).collect()
    }

    /// The brokers, whatever they carry.
    pub(in crate::scenario) fn brokers() -> Vec<Self> {
        let kinds = super::KINDS.iter().filter(|about| about.is_broker());
        kinds.map(|about| about.role).collect()
    }

    /// Those of which this can break.
    pub(in crate::scenario) fn that_can_break(what: Breakable) -> Vec<Self> {
        super::KINDS.iter().filter(|it| it.can_break(what)).map(|about| about.role).collect()
    }

    /// The role that a word names, and what is said of the word.
    pub(in crate::scenario) fn of(word: &str) -> Option<(Self, &'static Word)> {
        super::KINDS.iter().find_map(|about| {
            let found = about.words.iter().find(|it| it.word == word)?;
            Some((about.role, *found))
        })
    }
}

/// The table of kinds: room, kind and settings, one a line. Writes the rooms' modules, the enums with
/// and without settings, the list of all, and hands questions to the one that they are about.
macro_rules! kinds {
    ($($room:ident: $Kind:ident($Settings:ident),)+) => {
        $(
            mod $room;
            pub use $room::$Settings;
        )+

        /// The kinds of node.
        #[derive(Clone, Debug, PartialEq)]
        pub enum NodeKind {
            $(#[doc = concat!("What [`", stringify!($Settings), "`] says.")] $Kind($Settings),)+
        }

        /// The kinds of node without their settings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Role {
            $(#[doc = concat!("That of [`NodeKind::", stringify!($Kind), "`].")] $Kind,)+
        }

        /// All kinds, in the order in which they are told of.
        pub static KINDS: &[&About] = &[$(&$room::ABOUT),+];

        /// A node is asked what its kind answers.
        impl std::ops::Deref for NodeKind {
            type Target = dyn Kind;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$Kind(settings) => settings,)+
                }
            }
        }
    };
}
pub(super) use kinds;
