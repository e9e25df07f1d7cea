//! A run that can be stopped anywhere, looked at, changed and forked: a value. Knows when a change
//! acts; what it does is the world's business.
//!
//! Changes that the scenario names and changes made by hand go the same way: each acts when everything
//! earlier than its instant has happened, and before anything that happens then. So a run that was
//! changed by hand has the digest of one whose scenario names the same `changes`, and where a run is
//! stopped or forked on the way makes no difference.

use std::collections::VecDeque;
use std::sync::Arc;

use super::layout;
use crate::base::{Span, Time};
use crate::engine::{Limits, Simulation, Stop};
use crate::model::Model;
use crate::nodes::World;
use crate::probes::{Instruments, Probe};
use crate::scenario::tree::{
    Deed, Intervention, LIVE, NO_BENCH, Scenario, When, turns_into, unfreezable,
};

/// A run on its way, and the changes that are still to come. A clone of it is a fork.
#[derive(Clone, Debug)]
pub struct Timeline<P: Probe = Instruments> {
    simulation: Simulation<World<P>>,
    /// In the order of time; of one instant in the order in which they were said.
    ahead: VecDeque<Intervention>,
}

impl Timeline<Instruments> {
    /// The run of `scenario` under its `design`th design, at its start.
    pub fn new(scenario: &Arc<Scenario>, design: usize, seed: u64) -> Self {
        let model = Arc::new(Model::new(scenario, design, seed));
        let instruments = Instruments::new(Arc::new(layout(&model)));
        Self::of(World::new(model, instruments))
    }
}

impl<P: Probe> Timeline<P> {
    /// The run of this world, at its start.
    pub fn of(world: World<P>) -> Self {
        let scenario = Arc::clone(&world.model().scenario);
        let limits = Limits { in_flight: scenario.run.max_in_flight as usize, ..Limits::default() };
        let simulation = world.simulate().with_limits(limits);
        // A run may be made shorter than its scenario says.
        let in_time = scenario.changes.iter().filter(|change| change.at < scenario.run.length);
        Self { simulation, ahead: in_time.cloned().collect() }
    }

    /// Lets everything happen that is due at `until` or before.
    pub fn run_to(&mut self, until: Time) -> Stop {
        while let Some(at) = self.next_change().filter(|at| *at <= until) {
            let stop = self.run_before(at, u64::MAX);
            if is_over(stop) {
                return stop;
            }
            self.befall();
        }
        self.simulation.run_until(until)
    }

    /// Lets one event happen, and the changes before it.
    pub fn step(&mut self) -> Stop {
        while let Some(at) = self.next_change() {
            let events = self.simulation.events();
            let stop = self.run_before(at, 1);
            if is_over(stop) || self.simulation.events() > events {
                return stop;
            }
            self.befall();
        }
        self.simulation.step()
    }

    /// Lets arrivals end, and what is then under way; [`Stop::Idle`] where nothing is left of it.
    pub fn run_to_audit(&mut self) -> Stop {
        self.go(u64::MAX, self.horizon())
    }

    /// Goes on towards the audit: lets this many events happen of those that are due at `until` or
    /// before. [`Stop::Idle`] says that arrivals have ended and nothing is left of them. However a run
    /// is cut into such parts, it is the run to the audit.
    pub fn go(&mut self, count: u64, until: Time) -> Stop {
        let enough = self.simulation.events().saturating_add(count);
        while let Some(at) = self.next_change().filter(|at| *at <= until) {
            let stop = self.run_before(at, enough - self.simulation.events());
            if is_over(stop) || self.simulation.events() == enough {
                return stop;
            }
            self.befall();
        }
        let (end, left) = (self.arrivals_end(), enough - self.simulation.events());
        let stop = self.simulation.run_events_until(left, until.min(end));
        let left = enough - self.simulation.events();
        if is_over(stop) || left == 0 || until <= end {
            return if is_over(stop) { stop } else { Stop::Until };
        }
        self.simulation.drain_events(left, until.min(self.horizon()))
    }

    /// The latest that the audit can be.
    pub fn horizon(&self) -> Time {
        self.arrivals_end() + self.simulation.world().model().scenario.run.drain
    }

    pub(super) fn arrivals_end(&self) -> Time {
        self.simulation.world().model().arrivals_end()
    }

    /// Adds a change. It acts at its instant, after those that were said before of the same one.
    ///
    /// # Errors
    ///
    /// Why it cannot be made: something of its instant or later has happened, arrivals have ended by
    /// then, the fault that it names is none that there is by then, a name is taken, a fault does not begin
    /// at its instant, or a knob turns what is fixed when the run begins.
    pub fn change(&mut self, change: Intervention) -> Result<(), String> {
        let (at, model) = (Time(change.at.0), self.simulation.world().model());
        let now = self.simulation.now();
        if self.simulation.events() > 0 && at <= now {
            return Err(format!("the run has come to {now} already, and {at} is not later"));
        }
        if at >= model.arrivals_end() {
            return Err(format!("at {at} arrivals have ended"));
        }
        let begun = |name: &str, until: Option<Span>| {
            let mut ahead = self.ahead.iter().filter(|it| until.is_none_or(|until| it.at <= until));
            ahead.any(|it| matches!(&it.deed, Deed::Begin(fault) if fault.name == name))
        };
        match &change.deed {
            Deed::Begin(fault) => {
                if model.faults.knows(&fault.name) || begun(&fault.name, None) {
                    return Err(format!("there is a fault {:?} already", fault.name));
                }
                if fault.when != When::At(change.at) {
                    return Err(format!("the fault {:?} does not begin once, at {at}", fault.name));
                }
                if unfreezable(&model.scenario, fault).is_some() {
                    return Err(NO_BENCH.to_owned());
                }
            }
            Deed::End(name) | Deed::Without(name) => {
                if !model.faults.knows(name) && !begun(name, Some(change.at)) {
                    return Err(format!("there is no fault {name:?} by then"));
                }
            }
            Deed::Set(turned) => turns_into(&model.scenario, &turned.scenario).map_err(|part| {
                format!("{part} is fixed when the run begins, and these knobs turn it: {LIVE}")
            })?,
        }
        let place = self.ahead.partition_point(|other| other.at <= change.at);
        self.ahead.insert(place, change);
        Ok(())
    }

    /// The run as it is.
    pub fn simulation(&self) -> &Simulation<World<P>> {
        &self.simulation
    }

    /// The listener, to be told something from outside; no listener can change the run.
    pub fn probe_mut(&mut self) -> &mut P {
        self.simulation.world_mut().probe_mut()
    }

    /// The run as it is, when no change is to come any more.
    pub fn into_simulation(self) -> Simulation<World<P>> {
        self.simulation
    }

    fn next_change(&self) -> Option<Time> {
        self.ahead.front().map(|change| Time(change.at.0))
    }

    /// Lets so many events happen that are due before this instant.
    fn run_before(&mut self, at: Time, count: u64) -> Stop {
        match at.0.checked_sub(1) {
            Some(until) => self.simulation.run_events_until(count, Time(until)),
            None => Stop::Until,
        }
    }

    /// The next change acts.
    fn befall(&mut self) {
        let Some(change) = self.ahead.pop_front() else { return };
        World::intervene(&mut self.simulation, &change);
        let world = self.simulation.world_mut();
        let layout = layout(world.model());
        world.probe_mut().replan(&layout);
    }
}

/// Was the run given up?
pub(super) fn is_over(stop: Stop) -> bool {
    matches!(stop, Stop::TooManyAtOnce { .. } | Stop::TooManyInFlight { .. })
}
