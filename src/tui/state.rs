//! The state of a run as the screen shows it: every instance's readings, and the messages on their way.
//! Reads a simulation and changes nothing.

use super::course::Course;
use super::place::RunId;
use super::snapshot::{Down, Flying, InstanceState, State};
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::model::network::LinkModel;
use crate::nodes::readings::readings;

/// Messages on their way that are shown at most.
const FLYING: usize = 2_000;

/// The state of this run.
pub fn state(run: RunId, course: &Course, transit: bool) -> State {
    let simulation = course.simulation();
    let now = course.at();
    let next = simulation.next_event().map(|next| (next.key.time(), next.at));
    let instances = (0..).map(InstanceId).zip(&course.model().instances);
    let instance = |(at, place): (InstanceId, &crate::model::InstanceModel)| {
        let hand = course.lens().instruments.meters.hand(at);
        InstanceState {
            node: place.node,
            index: place.index,
            down: down(course.model(), at, now),
            busy: hand.busy,
            waiting: hand.waiting,
            readings: readings(simulation, at),
        }
    };
    State {
        run,
        here: course.here(),
        in_flight: simulation.in_flight(),
        next,
        instances: instances.map(instance).collect(),
        transit: if transit { flying(course, now) } else { Vec::new() },
    }
}

/// Since when and until when a crash keeps this instance down, if one does now.
fn down(model: &Model, at: InstanceId, now: Time) -> Option<Down> {
    let (since, until) = model.faults.outage(now, at)?;
    Some(Down { since, until: (until < Time::NEVER).then_some(until) })
}

/// Where messages are; those of them that arrive first, if they are many.
fn flying(course: &Course, now: Time) -> Vec<Flying> {
    let model = course.model();
    let mut all: Vec<(Time, Flying)> = Vec::new();
    for transit in course.simulation().in_transit().take(10 * FLYING) {
        let (from, to) = (model.node_of(transit.from), model.node_of(transit.to));
        let left = transit.due.since(now);
        let leg = match model.network.link(from, to) {
            LinkModel::Constant(way) => way.delay,
            LinkModel::Drawn(dist) => Span::from_ns(dist.mean()),
        };
        // One that a fault holds up, or whose draw is long, stands at the start until it is near.
        let way = if leg.0 == 0 { 1.0 } else { 1.0 - left.0 as f32 / leg.0 as f32 };
        all.push((transit.due, Flying { from, to, way: way.clamp(0.0, 1.0) }));
    }
    if all.len() > FLYING {
        all.sort_by_key(|(due, _)| *due);
        all.truncate(FLYING);
    }
    all.into_iter().map(|(_, flying)| flying).collect()
}
