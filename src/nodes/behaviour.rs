//! What a kind of node answers for, and the macro that makes the kinds' enum from a table. Knows no
//! kind: whatever one of them does beyond this stays in its room.

use super::env::Env;
use super::message::{Due, Message, Timer};
use super::parts::slab::Handle;
use super::readings::Readings;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::{OpId, Probe};

/// The tables of a run that are changed on the way, as an instance learns of it.
pub struct Tables<'a> {
    /// As they were.
    pub before: &'a Model,
    /// As they are from now on.
    pub after: &'a Model,
    /// From when on: nothing has happened yet at this instant.
    pub at: Time,
    /// The instance.
    pub me: InstanceId,
}

/// How one instance of a kind behaves. What has a default, a kind need not know of.
pub trait Behaviour: Sized {
    /// What it waits for.
    type Due: Due;

    /// The instance `me` as the scenario describes it, before the run begins.
    fn new(model: &Model, me: InstanceId) -> Self;

    /// Does it do anything before it hears of others?
    fn wants_start(&self) -> bool {
        false
    }

    /// The run begins, for those that [want to know](Self::wants_start).
    fn start<P: Probe>(&mut self, _env: &mut Env<'_, '_, P>) {}

    /// A message arrived.
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>);

    /// If this timer is of the commonest sort of this kind, deals with it, and says whether anybody
    /// waited for it. Asked first, before anything is known of the instance: only a handle may be
    /// looked up, which a crash has made void. [`None`] leaves it to [`timer`](Self::timer).
    #[expect(clippy::inline_always, reason = "called in one place, for every timer")]
    #[inline(always)]
    fn commonest<P: Probe>(&mut self, _due: Self::Due, _env: &mut Env<'_, '_, P>) -> Option<bool> {
        None
    }

    /// Any other timer of its own is due, which is not stale; the instance is up.
    fn timer<P: Probe>(&mut self, due: Self::Due, env: &mut Env<'_, '_, P>);

    /// Does nobody wait any more for this timer, which is due `at` then, in an instance that has been
    /// started `incarnation` times? Once stale is always stale.
    fn is_stale(&self, due: Self::Due, at: Time, incarnation: u32) -> bool;

    /// Its process goes, or with `host` its machine, and all that is no more than memory.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>);

    /// It is up again.
    fn restart<P: Probe>(&mut self, _env: &mut Env<'_, '_, P>) {}

    /// A pause has ended.
    fn resume<P: Probe>(&mut self, _env: &mut Env<'_, '_, P>) {}

    /// Work stands still from now on, or goes on.
    fn freeze<P: Probe>(&mut self, _env: &mut Env<'_, '_, P>) {
        unreachable!("the scenario layer lets only services freeze")
    }

    /// It is to go soon.
    fn leave<P: Probe>(&mut self, _env: &mut Env<'_, '_, P>) {
        unreachable!("the scenario layer lets only services and gateways be shut down")
    }

    /// The tables are changed: whatever it derived from them is derived anew. Returns the timer, and
    /// when it is due, that takes the place of one set before.
    fn refit(&mut self, _tables: &Tables<'_>) -> Option<(Time, Self::Due)> {
        None
    }

    /// What it shows of itself at this instant, while it is up or goes on all the same.
    fn readings(&self, _model: &Model, _now: Time, _into: &mut Readings) {}

    /// Is this message served though the process is down, by others that stand for it?
    fn outlives(&self, _message: &Message, _model: &Model) -> bool {
        false
    }

    /// Are its timers due though its process is down, because it stands for others too?
    fn goes_on_while_down(&self) -> bool {
        false
    }

    /// Does it wait for something that only a periodic event settles, so that a drain goes on?
    fn awaits(&self) -> bool {
        false
    }

    /// How much is in its hands: at work, waiting, or on its way.
    fn held(&self) -> usize {
        0
    }

    /// Bytes that it holds beside itself, about, where that grows; of what clones share, its share.
    fn weight(&self) -> usize {
        0
    }

    /// The operation that a timer is about, where that is worth to be fetched ahead.
    fn op(&self, _due: Self::Due) -> OpId {
        OpId::NONE
    }

    /// Lets be fetched from memory what a timer is about; the processor is likely to have forgotten it.
    fn prefetch(&self, _due: Self::Due) {}

    /// Lets a call be fetched that is answered.
    fn prefetch_call(&self, _call: Handle) {}

    /// Lets be fetched who waits for this call.
    fn prefetch_waiter(&self, _call: Handle) {}
}

/// What a timer means to the instance that set it.
#[inline]
pub(super) fn own<D: Due>(timer: Timer) -> D {
    D::of(timer).unwrap_or_else(|| unreachable!("{timer:?} was set by another kind of node"))
}

/// All timers, whoever set them.
impl Due for Timer {
    #[inline]
    fn of(timer: Timer) -> Option<Self> {
        Some(timer)
    }

    #[cfg(test)]
    fn numbers() -> Vec<u8> {
        Vec::new()
    }
}

/// The table of kinds: in which room the type is that acts for which words of the scenario. Writes the
/// enum of them, and hands whatever a [`Behaviour`] is asked to the one that it is about. A message asks
/// first whether it has come to a `mostly`.
macro_rules! nodes {
    (mostly $Most:ident; $($room:ident: $Kind:ident for $($word:ident)|+,)+) => {
        $(pub use self::$room::$Kind;)+

        /// An instance's state, by its kind.
        #[derive(Clone, Debug)]
        enum Node {
            $($Kind(Box<$Kind>),)+
        }

        #[cfg(test)]
        mod numbers {
            use super::message::Due;
            use super::{Behaviour, world};

            /// A timer is known again by its number alone, among those of its kind and those that may
            /// befall any.
            #[test]
            fn no_two_timers_of_a_kind_have_one_number() {
                $({
                    let mut all = <super::$Kind as Behaviour>::Due::numbers();
                    all.extend(world::Fated::numbers());
                    let count = all.len();
                    all.sort_unstable();
                    all.dedup();
                    assert_eq!(all.len(), count, "{}: {all:?}", stringify!($Kind));
                })+
            }
        }

        impl Behaviour for Node {
            type Due = Timer;

            fn new(model: &Model, me: InstanceId) -> Self {
                match model.scenario.nodes[usize::from(model.node_of(me).0)].kind {
                    $($(NodeKind::$word(_))|+ => Self::$Kind(Box::new(Behaviour::new(model, me))),)+
                }
            }

            fn wants_start(&self) -> bool {
                match self { $(Self::$Kind(node) => node.wants_start(),)+ }
            }

            fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.start(env),)+ }
            }

            // Called in one place, for every message.
            #[inline(always)]
            fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
                if let Self::$Most(node) = self {
                    return node.receive(message, env);
                }
                match self { $(Self::$Kind(node) => node.receive(message, env),)+ }
            }

            // Called in one place, for every timer.
            #[inline(always)]
            fn commonest<P: Probe>(
                &mut self,
                timer: Timer,
                env: &mut Env<'_, '_, P>,
            ) -> Option<bool> {
                match self {
                    $(Self::$Kind(node) => {
                        Due::of(timer).and_then(|due| node.commonest(due, env))
                    })+
                }
            }

            fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.timer(own(timer), env),)+ }
            }

            fn is_stale(&self, timer: Timer, at: Time, incarnation: u32) -> bool {
                match self { $(Self::$Kind(node) => node.is_stale(own(timer), at, incarnation),)+ }
            }

            fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.crash(host, env),)+ }
            }

            fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.restart(env),)+ }
            }

            fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.resume(env),)+ }
            }

            fn freeze<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.freeze(env),)+ }
            }

            fn leave<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
                match self { $(Self::$Kind(node) => node.leave(env),)+ }
            }

            fn refit(&mut self, tables: &Tables<'_>) -> Option<(Time, Timer)> {
                match self {
                    $(Self::$Kind(node) => {
                        node.refit(tables).map(|(at, due)| (at, due.into()))
                    })+
                }
            }

            fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
                match self { $(Self::$Kind(node) => node.readings(model, now, into),)+ }
            }

            fn outlives(&self, message: &Message, model: &Model) -> bool {
                match self { $(Self::$Kind(node) => node.outlives(message, model),)+ }
            }

            fn goes_on_while_down(&self) -> bool {
                match self { $(Self::$Kind(node) => node.goes_on_while_down(),)+ }
            }

            fn awaits(&self) -> bool {
                match self { $(Self::$Kind(node) => node.awaits(),)+ }
            }

            fn held(&self) -> usize {
                match self { $(Self::$Kind(node) => node.held(),)+ }
            }

            fn weight(&self) -> usize {
                match self { $(Self::$Kind(node) => size_of::<$Kind>() + node.weight(),)+ }
            }

            fn op(&self, timer: Timer) -> OpId {
                match self {
                    $(Self::$Kind(node) => {
                        Due::of(timer).map_or(OpId::NONE, |due| node.op(due))
                    })+
                }
            }

            fn prefetch(&self, timer: Timer) {
                match self {
                    $(Self::$Kind(node) => {
                        if let Some(due) = Due::of(timer) {
                            node.prefetch(due);
                        }
                    })+
                }
            }

            fn prefetch_call(&self, call: Handle) {
                match self { $(Self::$Kind(node) => node.prefetch_call(call),)+ }
            }

            fn prefetch_waiter(&self, call: Handle) {
                match self { $(Self::$Kind(node) => node.prefetch_waiter(call),)+ }
            }
        }
    };
}
pub(super) use nodes;
