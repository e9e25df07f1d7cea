//! One run from scenario to outcome: model, world, events, probes. Refuses to know what any kind of
//! node is, and how outcomes are shown.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::standing::standing;
use super::timeline::is_over;
use super::{Timeline, guards, layout};
use crate::base::Time;
use crate::engine::{Simulation, Stop};
use crate::model::Model;
use crate::nodes::World;
use crate::probes::outcome::Outcome;
use crate::probes::standing::Standing;
use crate::probes::story::Story;
use crate::probes::{Extras, Instruments, Label, OpId, Probe};
use crate::scenario::tree::Scenario;

/// So many events are let happen before whoever watches a run is asked again: some hundredths of a second.
const PART: u64 = 1 << 15;

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// It has come to this instant.
    pub now: Time,
    /// Arrivals end then; what is left of them takes a little longer.
    pub end: Time,
}

/// Watches a run from part to part, and may end it there. However it is cut, it is the same run.
pub type Watch<'a> = &'a mut dyn FnMut(Reached) -> ControlFlow<()>;

/// Lets it run.
fn unwatched(_: Reached) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Runs `scenario` under its `design`th design. Pure: same arguments, same outcome. Figures that need
/// an extra instrument are absent; [`run_with`] has them.
pub fn run(scenario: &Arc<Scenario>, design: usize, seed: u64) -> Outcome {
    run_with(scenario, design, seed, Extras::NONE)
}

/// The same run, with extra instruments: those that the figures need which are to be read
/// (`analysis::extras`).
pub fn run_with(scenario: &Arc<Scenario>, design: usize, seed: u64, extras: Extras) -> Outcome {
    run_watched(scenario, design, seed, extras, &mut unwatched)
}

/// The same run under somebody's eyes; if it is ended early, what was measured until then, marked so.
pub fn run_watched(
    scenario: &Arc<Scenario>,
    design: usize,
    seed: u64,
    extras: Extras,
    watch: Watch<'_>,
) -> Outcome {
    let model = Arc::new(Model::new(scenario, design, seed));
    let instruments = Instruments::new(Arc::new(layout(&model).with(extras)));
    outcome(Timeline::of(World::new(model, instruments)), watch)
}

impl Timeline<Instruments> {
    /// Runs to the audit, and tells what was measured.
    pub fn outcome(self) -> Outcome {
        outcome(self, &mut unwatched)
    }
}

fn outcome(timeline: Timeline<Instruments>, watch: Watch<'_>) -> Outcome {
    let Ended { simulation, label, audit, standing } = end(timeline, watch);
    Outcome { standing, ..simulation.world().probe().outcome(label, audit) }
}

/// The same run, with everything that happened to one operation written down.
pub fn explain(
    scenario: &Arc<Scenario>,
    design: usize,
    seed: u64,
    op: OpId,
    extras: Extras,
) -> (Outcome, Story) {
    run_beside(scenario, design, seed, extras, Story::of(op), &mut unwatched)
}

/// The same run under somebody's eyes, with another probe that hears what the instruments hear.
pub fn run_beside<P: Probe>(
    scenario: &Arc<Scenario>,
    design: usize,
    seed: u64,
    extras: Extras,
    probe: P,
    watch: Watch<'_>,
) -> (Outcome, P) {
    let model = Arc::new(Model::new(scenario, design, seed));
    let instruments = Instruments::new(Arc::new(layout(&model).with(extras)));
    let ended = end(Timeline::of(World::new(model, (instruments, probe))), watch);
    let Ended { simulation, label, audit, standing } = ended;
    let (instruments, probe) = simulation.into_world().into_probe();
    (Outcome { standing, ..instruments.outcome(label, audit) }, probe)
}

/// A run at its audit.
struct Ended<P: Probe> {
    simulation: Simulation<World<P>>,
    label: Label,
    audit: Time,
    standing: Standing,
}

/// Runs it to the audit, with a look at how things stand when arrivals end: before the faults are over that
/// end with them.
fn end<P: Probe>(mut timeline: Timeline<P>, watch: Watch<'_>) -> Ended<P> {
    let (arrivals_end, cap) = (timeline.arrivals_end(), timeline.horizon());
    let mut came = go(&mut timeline, Time(arrivals_end.0.saturating_sub(1)), watch);
    let looked = match came {
        Some(Stop::Until | Stop::Idle) => Some(standing(timeline.simulation())),
        Some(Stop::TooManyAtOnce { .. } | Stop::TooManyInFlight { .. }) | None => None,
    };
    if looked.is_some() {
        came = go(&mut timeline, cap, watch);
    }
    let simulation = timeline.into_simulation();
    let partial = match came {
        Some(stop) => why_partial(simulation.world().model(), stop),
        None => Some(format!("interrupted at {}", simulation.now())),
    };
    let audit = audit(&simulation, partial.is_some());
    let is_whole = partial.is_none();
    let drain_ran_out = is_whole && audit == cap && simulation.next_time().is_some();
    let standing = looked.filter(|_| is_whole).unwrap_or_default();
    let standing = Standing { drain_ran_out, ..standing };
    let label = label(&simulation, partial);
    Ended { simulation, label, audit, standing }
}

/// Goes on to `until` in parts; `None` if whoever watches has ended it.
fn go<P: Probe>(timeline: &mut Timeline<P>, until: Time, watch: Watch<'_>) -> Option<Stop> {
    loop {
        let before = timeline.simulation().events();
        let stop = timeline.go(PART, until);
        if is_over(stop) || timeline.simulation().events() - before < PART {
            return Some(stop);
        }
        let reached = Reached { now: timeline.simulation().now(), end: timeline.arrivals_end() };
        if watch(reached).is_break() {
            return None;
        }
    }
}

/// Runs a world through its arrivals and its drain; says why if it stopped before.
pub fn run_to_audit<P: Probe>(world: World<P>) -> (Simulation<World<P>>, Option<String>) {
    let mut timeline = Timeline::of(world);
    let stop = timeline.run_to_audit();
    let simulation = timeline.into_simulation();
    let partial = why_partial(simulation.world().model(), stop);
    (simulation, partial)
}

/// When the audit is: as soon as nothing more will happen, but not before the arrivals end; at the
/// drain's cap if something would still happen then, and where a partial run stopped.
pub fn audit<P: Probe>(simulation: &Simulation<World<P>>, is_partial: bool) -> Time {
    let model = Arc::clone(simulation.world().model());
    let end = model.arrivals_end();
    let cap = end + model.scenario.run.drain;
    match simulation.next_time() {
        _ if is_partial => simulation.now(),
        Some(next) if next > cap && next < Time::NEVER => cap,
        _ => simulation.now().max(end),
    }
}

/// Why a run that came back like this was given up, if it was.
pub fn why_partial(model: &Model, stop: Stop) -> Option<String> {
    let name = |instance| {
        let place = model.instances[usize::try_from(instance).expect("an instance")];
        format!("{}#{}", model.scenario.nodes[usize::from(place.node.0)].name, place.index)
    };
    match stop {
        Stop::Until | Stop::Idle => None,
        Stop::TooManyAtOnce { time, busy } => Some(format!(
            "too many events at one instant ({time}), most of them at {}: does something cost no time at all?",
            name(busy.0)
        )),
        Stop::TooManyInFlight { time, busy } => Some(format!(
            "more than {} messages and timers in flight at {time}, when {} was busy: is the load more than the system can carry?",
            model.scenario.run.max_in_flight,
            name(busy.0)
        )),
    }
}

/// What an outcome of this run says beside what was measured, as it is now.
pub fn label<P: Probe>(simulation: &Simulation<World<P>>, partial: Option<String>) -> Label {
    let model = simulation.world().model();
    Label {
        scenario: model.scenario.name.clone(),
        design: model.scenario.designs[model.design].name.clone(),
        seed: model.seed,
        digest: simulation.digest(),
        events: simulation.events(),
        partial,
        guards: guards(model),
    }
}
