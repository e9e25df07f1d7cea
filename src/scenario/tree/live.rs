//! What of a scenario can be turned while a run goes on: what is asked for anew each time that it is
//! needed. All else (who is there, how much room there is, who waits how long for whom) lives on in what
//! instances hold, and is fixed when the run begins.

use super::{Action, Arrivals, NodeKind, Rates, Scenario, Step, Tell};
use crate::base::Dist;

/// What can be turned, for people.
pub const LIVE: &str = "rates and gaps of arrivals, think times, work, reads and writes of databases, and latencies that are drawn can be turned on the way, as long as nothing stays nothing and a constant latency what it is";

/// Says what differs between two scenarios that cannot be turned on the way, if anything does.
///
/// # Errors
///
/// The part that differs, as the file calls it.
pub fn turns_into(before: &Scenario, after: &Scenario) -> Result<(), String> {
    let (before, after) = (fixed(before), fixed(after));
    let parts = [
        ("run", before.run == after.run),
        ("network", before.network == after.network),
        ("data", before.entities == after.entities),
        ("sums", before.sums == after.sums),
        ("flows", before.flows == after.flows),
        ("designs", before.designs == after.designs),
        ("policies", before.policies == after.policies),
        ("faults", before.faults == after.faults),
    ];
    let other = parts.iter().find(|(_, is_same)| !is_same).map(|(part, _)| format!("`{part}`"));
    let mut nodes = before.nodes.iter().zip(&after.nodes);
    let node = nodes.find(|(before, after)| before != after);
    match node.map(|(node, _)| format!("{:?}", node.name)).or(other) {
        Some(part) => Err(part),
        None if before.nodes.len() != after.nodes.len() => Err("`nodes`".to_owned()),
        None => Ok(()),
    }
}

/// The scenario with one value in place of all that can be turned.
fn fixed(scenario: &Scenario) -> Scenario {
    let (mut scenario, length) = (scenario.clone(), scenario.run.length);
    for node in &mut scenario.nodes {
        match &mut node.kind {
            NodeKind::Client(client) => {
                match &mut client.arrivals {
                    Arrivals::Poisson(rates) | Arrivals::Constant(rates) => {
                        // Who never comes is not reckoned with.
                        let comes = rates.any_before(length);
                        *rates = if comes { Rates::constant(1.0) } else { Rates::default() };
                    }
                    Arrivals::Gaps(dist) | Arrivals::Closed { think: dist, .. } => blur(dist),
                }
                for action in client.journeys.iter_mut().flat_map(|it| &mut it.actions) {
                    if let Action::Think(dist) = action {
                        blur(dist);
                    }
                }
            }
            NodeKind::Gateway(gateway) => {
                blur(&mut gateway.work);
                blur(&mut gateway.answer_work);
            }
            NodeKind::Service(service) => {
                blur(&mut service.work);
                blur(&mut service.overhead);
            }
            NodeKind::Database(database) => {
                blur(&mut database.read);
                blur(&mut database.write);
            }
            _ => {}
        }
    }
    let links = scenario.network.links.iter_mut().map(|link| &mut link.latency);
    for latency in links.chain([&mut scenario.network.latency]) {
        if !matches!(latency, Dist::Const(_)) {
            // A drawn latency stays a drawn one.
            *latency = Dist::Exp(1.0);
        }
    }
    for flow in &mut scenario.flows {
        flow.work.iter_mut().for_each(blur);
        flow.steps.iter_mut().for_each(blur_step);
    }
    scenario
}

/// One value for all that take time: where there is no work there is no instruction for it either.
fn blur(dist: &mut Dist) {
    if *dist != Dist::Const(0.0) {
        *dist = Dist::Const(1.0);
    }
}

fn blur_step(step: &mut Step) {
    match step {
        Step::Work(dist) => blur(dist),
        Step::Tell(Tell { work, steps, .. }) | Step::Call { work, steps, .. } => {
            work.iter_mut().for_each(blur);
            steps.iter_mut().for_each(blur_step);
        }
        Step::All(steps)
        | Step::Enough(_, steps)
        | Step::Maybe(_, steps)
        | Step::Repeat(_, steps) => steps.iter_mut().for_each(blur_step),
        Step::Ask { .. } | Step::Read { .. } | Step::Effect(_) => {}
    }
}
