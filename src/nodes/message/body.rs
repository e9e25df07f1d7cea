//! What a message says: a call and its answer here, and what the rooms of brokers, quorums and
//! registries say, each in words of its own. A row in the table adds another room's words.

use super::Message;
use crate::base::Span;
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::nodes::parts::slab::Handle;
use crate::nodes::{broker, quorum, registry};
use crate::probes::{Carrier, Reason};

/// What the words of a room answer for: how they travel. The defaults are those of a message over a
/// long-lived connection that is said once.
pub trait Wire: Copy {
    /// What it is, for stories.
    fn carrier(&self) -> Carrier {
        Carrier::Control
    }

    /// Does it only keep a periodic business going?
    fn is_periodic(&self) -> bool {
        false
    }

    /// Does it travel over a long-lived connection whose transport repeats what the network loses?
    /// Calls and the requests of quorums are given up by their timeouts instead.
    fn is_retransmitted(&self) -> bool {
        true
    }

    /// What its sender hears where the addressee is down.
    fn refusal(&self) -> Refusal {
        Refusal::Silence
    }

    /// Why it is lost where the addressee is down.
    fn loss(&self) -> Reason {
        Reason::Crashed
    }

    /// What the digest folds of it beside the event's key: names and values, no handles.
    fn fingerprint(&self) -> u64;
}

/// What the sender of a message hears whose addressee is down. What is said by the operating system
/// of a dead process, a dead machine does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// Nothing.
    Silence,
    /// The operating system refuses the connection of this call: it failed.
    Reset(Handle),
    /// The operating system says this.
    Says(Body),
    /// The connections of the addressee are gone.
    Gone,
}

/// Writes what a message says from the table of rooms that have words of their own.
macro_rules! bodies {
    ($($(#[$doc:meta])* $Room:ident($words:ty),)+) => {
        /// What a message says.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Body {
            /// A call: do what `entry` says and answer `call` (at services, gateways, stores).
            Request {
                /// The caller's handle.
                call: Handle,
                /// What to run.
                entry: EntryIx,
                /// May it be called off?
                cancel: Cancellable,
                /// How long the work takes that it begins with, unless something is slow.
                demand: Span,
            },
            /// Nobody waits for this call's answer any more: from its caller, or from the instance that
            /// has begun the other copy of a tied one.
            Cancel {
                /// Who made the call.
                caller: InstanceId,
                /// The caller's handle.
                call: Handle,
                /// Is work that has begun to stop?
                running: bool,
            },
            /// The answer to a call, a confirm to a publication. What was gathered is in the header.
            Answer {
                /// Which call.
                call: Handle,
                /// What became of it.
                verdict: Answer,
            },
            /// The connections of this start of the sender are gone (said for it by its operating
            /// system).
            Gone {
                /// Which start.
                incarnation: u32,
            },
            $($(#[$doc])* $Room($words),)+
        }

        $(impl From<$words> for Body {
            #[inline]
            fn from(words: $words) -> Self {
                Self::$Room(words)
            }
        })+

        impl Body {
            /// What it is, for stories.
            #[inline]
            pub fn carrier(&self) -> Carrier {
                match self {
                    Self::Request { .. } => Carrier::Request,
                    Self::Answer { .. } => Carrier::Answer,
                    Self::Cancel { .. } | Self::Gone { .. } => Carrier::Control,
                    $(Self::$Room(words) => words.carrier(),)+
                }
            }

            /// Does it only keep a periodic business going?
            pub fn is_periodic(&self) -> bool {
                match self {
                    Self::Request { .. }
                    | Self::Answer { .. }
                    | Self::Cancel { .. }
                    | Self::Gone { .. } => false,
                    $(Self::$Room(words) => words.is_periodic(),)+
                }
            }

            /// [`Wire::is_retransmitted`].
            pub fn is_retransmitted(&self) -> bool {
                match self {
                    Self::Request { .. } | Self::Answer { .. } | Self::Cancel { .. } => false,
                    Self::Gone { .. } => true,
                    $(Self::$Room(words) => words.is_retransmitted(),)+
                }
            }

            /// Does it come twice where the network doubles messages? Requests do: what travels over
            /// a long-lived connection comes once.
            pub fn is_doubled(&self) -> bool {
                matches!(self, Self::Request { .. })
            }

            /// What its sender hears where the addressee is down.
            pub fn refusal(&self) -> Refusal {
                match self {
                    Self::Request { call, .. } => Refusal::Reset(*call),
                    Self::Answer { .. } | Self::Cancel { .. } | Self::Gone { .. } => {
                        Refusal::Silence
                    }
                    $(Self::$Room(words) => words.refusal(),)+
                }
            }

            /// Why it is lost where the addressee is down.
            pub fn loss(&self) -> Reason {
                match self {
                    Self::Request { .. }
                    | Self::Answer { .. }
                    | Self::Cancel { .. }
                    | Self::Gone { .. } => Reason::Crashed,
                    $(Self::$Room(words) => words.loss(),)+
                }
            }

            /// Of what is neither a request nor an answer: most messages are.
            #[inline(never)]
            fn fingerprint(&self) -> u64 {
                match self {
                    Self::Request { .. } | Self::Answer { .. } => 0,
                    Self::Gone { incarnation } => 9 << 8 ^ u64::from(*incarnation),
                    Self::Cancel { running, .. } => 14 << 8 | u64::from(*running),
                    $(Self::$Room(words) => words.fingerprint(),)+
                }
            }
        }
    };
}

bodies! {
    /// Between a broker and its clients.
    Broker(broker::Frame),
    /// Between a quorum's coordinator and its replicas.
    Quorum(quorum::Frame),
    /// Between a registry and those who are listed, or ask.
    Registry(registry::Frame),
}

/// May a request be called off?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellable {
    /// No: nobody will.
    Never,
    /// Its caller may.
    ByCaller,
    /// Also the instance that has the other copy; and whoever begins its copy calls off the other.
    Tied {
        /// Who has the other copy.
        with: InstanceId,
        /// Does this copy stop the other even if that has begun? Only the first one ever does, or
        /// two that begin at once would stop one another.
        stops: bool,
    },
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// A business "no": final.
    Refused,
    /// Technical; what it did is unknown.
    Failed(Reason),
    /// From a store: nothing further to do for this row (a repeated or stale reply, a join that
    /// still waits for other branches).
    Idle,
}

impl Message {
    /// What the digest folds of it beside the event's key: names and values, no handles.
    #[inline]
    pub fn fingerprint(&self) -> u64 {
        let kind = match self.body {
            Body::Request { .. } => 0,
            Body::Answer { verdict, .. } => 1 << 8 | verdict.fingerprint(),
            _ => self.body.fingerprint(),
        };
        let seen = self.op.seen;
        self.op.word
            ^ self.op.done
            ^ seen.version.rotate_left(20)
            ^ (seen.value as u64).rotate_left(40)
            ^ (kind ^ self.op.lineage.offset()) << 48
    }
}

impl Answer {
    #[inline]
    fn fingerprint(self) -> u64 {
        if self == Self::Done { 0 } else { self.other_fingerprint() }
    }

    /// Of what is not done: most answers are.
    #[inline(never)]
    fn other_fingerprint(self) -> u64 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Idle => 2,
            Self::Failed(reason) => 3 + reason as u64,
        }
    }
}
