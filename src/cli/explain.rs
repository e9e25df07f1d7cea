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
use crate::probes::outcome::operation;
use crate::probes::story::Story;
use crate::probes::{Extras, Fact, OpId};
use crate::report::story_text::{Told, render};
use crate::scenario::tree::{NodeKind, Scenario};
use crate::simulate;

/// Runs with an eye on one operation and tells what happened to it.
pub(super) fn explain(
    args: &Explain,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let ready = ready(&args.which, screen)?;
    let scenario = &ready.scenario;
    let asked = asked(&args.operation.name, scenario)?;
    let [design] = designs(scenario, args.design.as_deref())?[..] else {
        return Err(Failure::Usage(
            "one design at a time can be explained; name it by --design".to_owned(),
        ));
    };
    let seed = args.seed.unwrap_or(scenario.run.seed);
    let number = args.operation.number;
    let op = OpId::new(asked.client, number);
    let run = Arc::clone(scenario);
    let work = move |op| simulate::explain(&run, design, seed, op, Extras::NONE).1;
    let mut stories = batch::each(vec![op], work, &ProgressBar::hidden(), interrupt)?;
    let Some(story) = stories.pop().flatten() else { return Err(Failure::Interrupted) };
    asked.is_of(number, scenario, &story)?;
    let told = Told {
        scenario,
        design: &scenario.designs[design].name,
        seed,
        operation: &asked.operation(number),
        story: &story,
    };
    let to = args.place.output.as_deref();
    show(&render(&told, screen.paint(to)), to)?;
    Ok(Exit::Well)
}

/// What `FLOW#N` or `CLIENT:FLOW#N` is about.
struct Asked<'a> {
    flow: &'a str,
    /// The number of the client.
    client: u16,
    /// Its name, where there are several clients.
    named: Option<&'a str>,
}

/// Finds the flow, and whose operations are meant: where several clients send it, that must be said.
fn asked<'a>(name: &str, scenario: &'a Scenario) -> Result<Asked<'a>, Failure> {
    let known = || scenario.flows.iter().map(|known| known.name.as_str());
    let find = |flow: &str| known().position(|name| name == flow);
    let (client, at) = match (find(name), name.split_once(':')) {
        (Some(at), _) => (None, at),
        (None, Some((client, flow))) => {
            let at = find(flow).ok_or_else(|| Failure::Usage(unknown("flow", flow, known())))?;
            (Some(client), at)
        }
        (None, None) => return Err(Failure::Usage(unknown("flow", name, known()))),
    };
    let (flow, senders) = (scenario.flows[at].name.as_str(), simulate::senders(scenario, at));
    let names = || senders.iter().map(|(_, name)| *name);
    let (place, named) = match (client, senders.as_slice()) {
        (None, [one]) => *one,
        (None, []) => return Err(Failure::Nothing(format!("no client sends {flow}"))),
        (None, _) => {
            let choices: Vec<String> = names().map(|name| format!("{name}:{flow}#N")).collect();
            let choices = choices.join(" or ");
            let why =
                format!("several clients send {flow}, and each counts its own: say {choices}");
            return Err(Failure::Usage(why));
        }
        (Some(client), senders) => {
            let found = senders.iter().find(|(_, name)| *name == client).copied();
            found.ok_or_else(|| {
                Failure::Usage(unknown(&format!("client that sends {flow}"), client, names()))
            })?
        }
    };
    let clients = scenario.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Client(_)));
    Ok(Asked { flow, client: place, named: (clients.count() > 1).then_some(named) })
}

impl Asked<'_> {
    fn operation(&self, number: u64) -> String {
        operation(self.named, self.flow, number)
    }

    /// Numbers count all operations of a client: the one asked for must exist and be of that flow.
    fn is_of(&self, number: u64, scenario: &Scenario, story: &Story) -> Result<(), Failure> {
        let asked = self.operation(number);
        let sent = story.lines().iter().find_map(|line| match line.fact {
            Fact::Sent { flow, .. } => Some(flow),
            _ => None,
        });
        let Some(sent) = sent else {
            return Err(Failure::Nothing(format!("{asked} was never sent in this run")));
        };
        let flow = scenario.flows[usize::from(sent.0)].name.as_str();
        if flow == self.flow {
            return Ok(());
        }
        let is = operation(self.named, flow, number);
        Err(Failure::Nothing(format!("operation {number} of this run is {is}, not {asked}")))
    }
}
