//! `windtunnel explain`: the causal story of one operation.

use std::sync::Arc;

use indicatif::ProgressBar;

use super::args::Explain;
use super::batch;
use super::choice::{designs, unknown};
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::load::ready;
use super::output::{Screen, show};
use crate::probes::Fact;
use crate::probes::story::Story;
use crate::report::story_text::{Told, render};
use crate::scenario::tree::Scenario;
use crate::simulate;

/// Runs with an eye on one operation and tells what happened to it.
pub fn explain(args: &Explain, screen: &Screen, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let ready = ready(&args.which, screen)?;
    let scenario = &ready.scenario;
    let flow = args.operation.flow.as_str();
    let known = || scenario.flows.iter().map(|known| known.name.as_str());
    let Some(flow_at) = known().position(|name| name == flow) else {
        return Err(Failure::Usage(unknown("flow", flow, known())));
    };
    let [design] = designs(scenario, args.design.as_deref())?[..] else {
        return Err(Failure::Usage(
            "one design at a time can be explained; name it by --design".to_owned(),
        ));
    };
    let seed = args.seed.unwrap_or(scenario.run.seed);
    let number = args.operation.number;
    let op = simulate::operation(scenario, flow_at, number);
    let run = Arc::clone(scenario);
    let work = move |op| simulate::explain(&run, design, seed, op).1;
    let mut stories = batch::each(vec![op], work, &ProgressBar::hidden(), interrupt)?;
    let Some(story) = stories.pop().flatten() else { return Err(Failure::Interrupted) };
    is_of(flow, number, scenario, &story)?;
    let told = Told {
        scenario,
        design: &scenario.designs[design].name,
        seed,
        flow,
        number,
        story: &story,
    };
    let to = args.place.output.as_deref();
    show(&render(&told, screen.paint(to)), to)?;
    Ok(Exit::Well)
}

/// Numbers count all operations of a client: the one asked for must exist and be of that flow.
fn is_of(flow: &str, number: u64, scenario: &Scenario, story: &Story) -> Result<(), Failure> {
    let sent = story.lines().iter().find_map(|line| match line.fact {
        Fact::Sent { flow, .. } => Some(flow),
        _ => None,
    });
    let Some(sent) = sent else {
        return Err(Failure::Nothing(format!("{flow}#{number} was never sent in this run")));
    };
    let is = &scenario.flows[usize::from(sent.0)].name;
    if is == flow {
        return Ok(());
    }
    Err(Failure::Nothing(format!(
        "operation {number} of this run is {is}#{number}, not {flow}#{number}"
    )))
}
