//! The instruments of a run: one table of all probes that measure, and what carries them. A further one
//! is a file that implements [`Instrument`] and a line of the table; nothing here knows what any of
//! them measures.

use std::ops::BitOr;
use std::sync::Arc;

use super::fact::{Fact, OpId};
use super::layout::Layout;
use super::outcome::Outcome;
use super::{Label, Probe};
use crate::base::{Span, Time};
use crate::engine::InstanceId;

/// A probe that measures.
pub trait Instrument {
    /// Nothing has happened yet.
    fn new(layout: &Arc<Layout>) -> Self;

    /// Something happened. An extra hears of dated facts only (see [`Fact::is_dated`]).
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact);

    /// From this instant on it must be told by [`Self::reach`] how late it is before it sees a dated
    /// fact.
    fn due(&self) -> Time {
        Time::NEVER
    }

    /// It is this late, as this fact says.
    fn reach(&mut self, _now: Time, _fact: &Fact) {}

    /// Bytes that it holds beside itself, about, where that grows; of what clones share, its share.
    fn weight(&self) -> usize {
        0
    }

    /// The run is changed on the way: faults are from now on those of this layout.
    fn replan(&mut self, _layout: &Arc<Layout>) {}

    /// Puts its figures into an outcome that has all flows and nodes, as if the run ended with an
    /// audit at this instant. It goes on measuring, whatever was asked of it.
    fn outcome(&self, audit: Time, outcome: &mut Outcome);
}

/// Writes what carries the instruments of the table: a name, which its file in this folder has as well,
/// and its type there.
macro_rules! instruments {
    (
        always { $($(#[$about:meta])* $always:ident: $Always:ident,)* }
        extra { $($(#[$what:meta])* $extra:ident: $Extra:ident,)* }
        finer { $($(#[$how:meta])* $Finer:ident,)* }
    ) => {
        $(use super::$always::$Always;)*
        $(use super::$extra::$Extra;)*

        /// What a run carries to be measured.
        #[derive(Clone, Debug)]
        pub struct Instruments {
            layout: Arc<Layout>,
            /// From this instant on, more than counting is to be done for a fact that is dated: a
            /// window ends, measuring begins or ends, or extras are on.
            due: Time,
            $($(#[$about])* pub $always: $Always,)*
            $($(#[$what])* pub $extra: Option<Box<$Extra>>,)*
        }

        /// What costs something and is gathered only where somebody wants its figures: instruments, and
        /// what those that are always there do beside what they always do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Extra {
            $($(#[$what])* $Extra,)*
            $($(#[$how])* $Finer,)*
        }

        impl Instruments {
            /// Nothing has happened yet.
            pub fn new(layout: Arc<Layout>) -> Self {
                Self {
                    due: Time::ZERO,
                    $($always: $Always::new(&layout),)*
                    $($extra: layout
                        .extras
                        .has(Extra::$Extra)
                        .then(|| Box::new($Extra::new(&layout))),)*
                    layout,
                }
            }

            /// Something happens for which more is to be done than counting.
            #[cold]
            #[inline(never)]
            fn turn(&mut self, now: Time, at: InstanceId, fact: Fact) {
                $(self.$always.reach(now, &fact);)*
                $(if let Some(extra) = &mut self.$extra {
                    extra.see(now, at, fact);
                })*
                if self.layout.extras == Extras::NONE {
                    self.due = Time::NEVER $(.min(self.$always.due()))*;
                }
            }

            /// What was measured if the run ended with an audit at this instant. Can be asked at
            /// any time: it changes nothing.
            pub fn outcome(&self, label: Label, audit: Time) -> Outcome {
                let mut outcome = Outcome {
                    scenario: label.scenario,
                    design: label.design,
                    seed: label.seed,
                    digest: label.digest,
                    events: label.events,
                    simulated: Span(audit.0),
                    partial: label.partial,
                    guards: label.guards,
                    ..Outcome::blank(&self.layout, audit)
                };
                $(self.$always.outcome(audit, &mut outcome);)*
                $(if let Some(extra) = &self.$extra {
                    extra.outcome(audit, &mut outcome);
                })*
                outcome
            }
        }

        impl Probe for Instruments {
            fn prefetch(&self, op: OpId) {
                self.ledger.prefetch(op);
            }

            fn weight(&self) -> usize {
                let always = [$(self.$always.weight()),*].into_iter().sum::<usize>();
                $(let always = always + self.$extra.as_ref().map_or(0, |extra| {
                    size_of::<$Extra>() + extra.weight()
                });)*
                always
            }

            fn replan(&mut self, layout: &Layout) {
                let own = Arc::make_mut(&mut self.layout);
                own.faults.clone_from(&layout.faults);
                own.gone.clone_from(&layout.gone);
                $(self.$always.replan(&self.layout);)*
                $(if let Some(extra) = &mut self.$extra {
                    extra.replan(&self.layout);
                })*
            }

            // The variant is known at the call site: only its arm remains.
            #[inline(always)]
            fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
                if fact.is_dated() && now >= self.due {
                    self.turn(now, at, fact);
                }
                $(self.$always.see(now, at, fact);)*
            }
        }
    };
}

instruments! {
    always {
        /// Operations, truth, sessions.
        ledger: Ledger,
        /// Queues and workers.
        meters: Meters,
        /// Hits and items.
        caches: Caches,
        /// How soon commits can be seen.
        visibility: Visibility,
    }
    extra {
        /// How much instances have in hand.
        in_hand: InHand,
        /// Time over work.
        slowdown: Slowdown,
        /// How soon it is known who is there: on wherever anybody registers.
        discovery: Discovery,
    }
    finer {
        /// Windows of time of each flow.
        FlowWindows,
    }
}

/// A set of extras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras(u32);

impl Extras {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Is this one of them?
    pub fn has(self, extra: Extra) -> bool {
        self.0 & Self::from(extra).0 != 0
    }
}

impl From<Extra> for Extras {
    fn from(extra: Extra) -> Self {
        Self(1 << extra as u32)
    }
}

impl BitOr for Extras {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Extra> for Extras {
    fn from_iter<I: IntoIterator<Item = Extra>>(extras: I) -> Self {
        extras.into_iter().map(Self::from).fold(Self::NONE, Self::bitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_are_carried_where_they_are_wanted_and_only_there() {
        let carried = |extras| {
            let layout = Layout { extras, ..Layout::default() };
            let Instruments { in_hand, slowdown, discovery, .. } =
                Instruments::new(Arc::new(layout));
            (in_hand.is_some(), slowdown.is_some(), discovery.is_some())
        };
        assert_eq!(carried(Extras::NONE), (false, false, false));
        assert_eq!(carried(Extra::Slowdown.into()), (false, true, false));
        let two = [Extra::InHand, Extra::Discovery].into_iter().collect();
        assert_eq!(carried(two), (true, false, true));
        assert_eq!(carried(two | Extra::Slowdown.into()), (true, true, true));
    }
}
