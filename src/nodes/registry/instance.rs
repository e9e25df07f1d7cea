//! The instances' side of service discovery: registering, renewing leases, answering probes, and
//! fetching the lists of those that they call. The registries' side is [`super`]; what a
//! caller does with its lists is the caller's ([`crate::nodes::calls`]).
//!
//! Renewals and fetches have phases of their own, drawn for each instance. A run begins settled:
//! everybody is registered and listed everywhere. An instance that comes up again registers and
//! fetches at once, and counts its periods from then (`DiscoveryClient` of Netflix/eureka does both
//! when it is made).
//!
//! Renewals have a thread of their own in Eureka's client, so that an instance whose workers are
//! only paused goes on renewing, and callers go on calling it. A frozen one (SIGSTOP, a long
//! garbage collection) neither renews nor fetches. A probe is a request like any other: a paused or
//! frozen instance answers it when it goes on, which is in time or is not. It waits in no queue, though:
//! load alone fails no probe.
//!
//! Left out: registering anew when an instance's own data change, answers to renewals (an instance
//! whose lease was evicted while it lives registers with its next renewal, where Eureka answers 404
//! and the client registers in the same breath), registering only when the application is ready.

use super::Frame;
use crate::base::{Span, Stream};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::{Op, timers};
use crate::probes::Probe;
use crate::scenario::tree::{Checks, NodeKind, Probes, Registry, Spread};

timers! {
    /// What an instance waits for that a registry wants to hear of, or that asks one.
    pub enum Due {
        /// Time to renew its lease; counts the starts.
        Renew(start: u32) = 24 periodic,
        /// Time to fetch lists from the registry of this number; counts the starts.
        Fetch { registry: u32, start: u32 } = 25 periodic,
    }
}

impl Due {
    /// In which start of its instance it was set.
    pub(in crate::nodes) fn start(self) -> u32 {
        match self {
            Self::Renew(start) | Self::Fetch { start, .. } => start,
        }
    }
}

/// What one instance does for being known, and for knowing others.
#[derive(Clone, Debug)]
pub(in crate::nodes) struct Discovery {
    /// Where it registers.
    registry: Option<NodeIx>,
    /// How often it says that it lives.
    heartbeat: Option<Span>,
    /// Whom it asks for lists, and how often; where it is told of changes, only when it starts.
    asks: Vec<(NodeIx, Option<Span>)>,
    /// It has said that it goes.
    has_left: bool,
    /// The last probe, if it came while work stood still: from whom, and which.
    probe: Option<(InstanceId, u32)>,
    chance: Stream,
}

impl Discovery {
    /// Of this instance; `None` where it has nothing to do with any registry.
    pub(in crate::nodes) fn new(model: &Model, me: InstanceId) -> Option<Box<Self>> {
        let place = model.instances[me.0 as usize];
        let registry = model.directory.registry_of(place.node);
        let asks = model.directory.asked_by(place.node).into_iter();
        let asks: Vec<_> = asks
            .map(|registry| match settings(model, registry).spread {
                Spread::Fetched { every, .. } => (registry, Some(every)),
                Spread::Pushed { .. } => (registry, None),
            })
            .collect();
        if registry.is_none() && asks.is_empty() {
            return None;
        }
        let heartbeat = registry.and_then(|registry| match &settings(model, registry).checks {
            Checks::Leases(leases) => Some(leases.heartbeat),
            Checks::Probes(_) => None,
        });
        let name = &model.scenario.nodes[usize::from(place.node.0)].name;
        let chance = Stream::new(model.seed, "discovery", name, place.index);
        Some(Box::new(Self { registry, heartbeat, asks, has_left: false, probe: None, chance }))
    }

    /// The run begins, or the instance is up again.
    pub(in crate::nodes) fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let incarnation = env.incarnation();
        (self.has_left, self.probe) = (false, None);
        if incarnation > 0
            && let Some(registry) = self.registry
        {
            tell(registry, Frame::Renew { incarnation }, env);
        }
        if let Some(heartbeat) = self.heartbeat {
            env.wait(self.until_first(heartbeat, incarnation), Due::Renew(incarnation));
        }
        for place in 0..self.asks.len() {
            let (registry, every) = self.asks[place];
            if incarnation > 0 {
                tell(registry, Frame::Fetch { watch: every.is_none() }, env);
            }
            if let Some(every) = every {
                let due = Due::Fetch { registry: u32::from(registry.0), start: incarnation };
                env.wait(self.until_first(every, incarnation), due);
            }
        }
    }

    fn until_first(&mut self, period: Span, incarnation: u32) -> Span {
        if incarnation == 0 { phase(period, &mut self.chance) } else { period }
    }

    /// A timer of its own.
    pub(in crate::nodes) fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        let stands_still = env.model.faults.is_frozen(env.now(), env.me());
        match due {
            Due::Renew(_) => {
                let (Some(registry), Some(heartbeat)) = (self.registry, self.heartbeat) else {
                    return;
                };
                if !stands_still && !self.has_left {
                    tell(registry, Frame::Renew { incarnation: env.incarnation() }, env);
                }
                env.wait(heartbeat, due);
            }
            Due::Fetch { registry: number, .. } => {
                let asked = self.asks.iter().find(|(registry, _)| u32::from(registry.0) == number);
                let Some(&(registry, Some(every))) = asked else { return };
                if !stands_still {
                    tell(registry, Frame::Fetch { watch: false }, env);
                }
                env.wait(every, due);
            }
        }
    }

    /// It is to go soon, and says so.
    pub(in crate::nodes) fn leave<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(registry) = self.registry {
            self.has_left = true;
            tell(registry, Frame::Leave { incarnation: env.incarnation() }, env);
        }
    }

    /// Its process is gone. A probe that waits is refused; where something on its machine watches what
    /// runs, that tells the registry, the next time it looks.
    #[cold]
    pub(in crate::nodes) fn exited<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some(registry) = self.registry else { return };
        if let Some((from, round)) = self.probe.take() {
            env.send(from, &Op::NONE, Frame::Probed { round, ready: false });
        }
        let checks = &settings(env.model, registry).checks;
        if let Checks::Probes(Probes { exits: Some(exits), .. }) = checks {
            let to = env.model.nodes[usize::from(registry.0)].first;
            let incarnation = env.incarnation();
            env.send_along(exits, to, &Op::NONE, Frame::Leave { incarnation });
        }
    }

    /// A registry probes this instance.
    #[cold]
    pub(in crate::nodes) fn probed<P: Probe>(
        &mut self,
        from: InstanceId,
        round: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        self.probe = Some((from, round));
        if !env.model.faults.is_paused(env.now(), env.me()) {
            self.resume(env);
        }
    }

    /// Its work goes on.
    pub(in crate::nodes) fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some((from, round)) = self.probe.take() {
            env.send(from, &Op::NONE, Frame::Probed { round, ready: true });
        }
    }
}

fn tell<P: Probe>(registry: NodeIx, frame: Frame, env: &mut Env<'_, '_, P>) {
    let to = env.model.nodes[usize::from(registry.0)].first;
    env.send(to, &Op::NONE, frame);
}

/// The settings of a registry.
pub(in crate::nodes) fn settings(model: &Model, registry: NodeIx) -> &Registry {
    match &model.scenario.nodes[usize::from(registry.0)].kind {
        NodeKind::Registry(registry) => registry,
        _ => unreachable!("a registry is a registry"),
    }
}

/// Some instant within a period.
pub(in crate::nodes) fn phase(period: Span, chance: &mut Stream) -> Span {
    Span(chance.below(period.0))
}
