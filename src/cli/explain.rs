//! `windtunnel explain`: the causal story of one operation, which is named, or the slowest of a flow, or the
//! first with an anomaly.

use std::sync::Arc;

use super::args::Explain;
use super::batch::{self, Ending, Job, Pulse};
use super::choice::{designs, unknown};
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::load::ready;
use super::output::{Screen, note, show};
use super::values::Operation;
use crate::probes::anomalies::Kind;
use crate::probes::outcome::{Anomaly, operation};
use crate::probes::slowest::Slowest;
use crate::probes::story::Story;
use crate::probes::{Deaf, Extras, Fact, OpId, Outcome, Probe};
use crate::report::figures::words;
use crate::report::story_text::{Told, render};
use crate::scenario::tree::{FlowIx, NodeKind, Scenario};
use crate::simulate;

/// Runs with an eye on one operation and tells what happened to it.
pub(super) fn explain(
    args: &Explain,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let ready = ready(&args.which, screen)?;
    let scenario = &ready.scenario;
    let [design] = designs(scenario, args.design.as_deref())?[..] else {
        return Err(Failure::Usage(
            "one design at a time can be explained; name it by --design".to_owned(),
        ));
    };
    let job = Job { design, seed: args.seed.unwrap_or(scenario.run.seed) };
    let way = Way { scenario, job, args, screen, interrupt };
    let wanted = way.wanted()?;
    let asked = asked(&wanted.name, scenario)?;
    let op = OpId::new(asked.client, wanted.number);
    let (outcome, story) = way.run_beside(Story::of(op))?;
    asked.is_of(wanted.number, scenario, &story)?;
    let told = Told {
        scenario,
        design: &scenario.designs[design].name,
        seed: job.seed,
        operation: &asked.operation(wanted.number),
        partial: outcome.partial.as_deref(),
        story: &story,
    };
    let to = args.place.output.as_deref();
    show(&render(&told, screen.paint(to)), to)?;
    if interrupt.is_asked() {
        note("interrupted: the story may go on\n");
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Well)
}

/// How a run is made here.
#[derive(Clone, Copy)]
struct Way<'a> {
    scenario: &'a Arc<Scenario>,
    job: Job,
    args: &'a Explain,
    screen: &'a Screen,
    interrupt: &'a Interrupt,
}

impl Way<'_> {
    /// The operation that is asked for; where it must be found first, by a run.
    fn wanted(&self) -> Result<Operation, Failure> {
        let Explain { operation, slowest, anomaly, .. } = self.args;
        match (operation, slowest, anomaly) {
            (Some(operation), ..) => Ok(operation.clone()),
            (None, Some(flow), _) => self.slowest(flow),
            (None, None, Some(kind)) => self.first_with(kind),
            (None, None, None) => unreachable!("one of them is required"),
        }
    }

    fn slowest(&self, name: &str) -> Result<Operation, Failure> {
        let scenario = self.scenario;
        let (client, at) = flow(name, scenario)?;
        let senders = simulate::senders(scenario, at);
        let only = client.map(|client| sender(client, name, &senders)).transpose()?;
        let probe = Slowest::of(FlowIx(at as u16), only.map(|it| it.0), scenario.run.warmup);
        let (_, probe) = self.run_beside(probe)?;
        if self.interrupt.is_asked() {
            return Err(Failure::Interrupted);
        }
        let found = probe.found().ok_or_else(|| {
            Failure::Nothing(format!("no {name} was answered as done in this run"))
        })?;
        let client = senders.iter().find(|(place, _)| usize::from(*place) == found.client());
        let client = client.filter(|_| senders.len() > 1).map(|(_, client)| *client);
        let name =
            client.map_or(String::new(), |client| format!("{client}:")) + &scenario.flows[at].name;
        Ok(Operation { name, number: found.number() })
    }

    fn first_with(&self, word: &str) -> Result<Operation, Failure> {
        let name = word.replace(['-', ' '], "_");
        if Kind::ALL.iter().all(|kind| kind.name() != name) {
            let known: Vec<String> =
                Kind::ALL.iter().map(|kind| kind.name().replace('_', "-")).collect();
            let known = known.iter().map(String::as_str);
            return Err(Failure::Usage(unknown("kind of anomaly", word, known)));
        }
        let (outcome, _) = self.run_beside(Deaf)?;
        if self.interrupt.is_asked() {
            return Err(Failure::Interrupted);
        }
        let mut first = outcome.anomalies.iter().filter(|anomaly| anomaly.kind == name);
        let Some(Anomaly { client, flow, number, .. }) = first.next() else {
            let mut seen: Vec<String> = Vec::new();
            for kind in outcome.anomalies.iter().map(|anomaly| words(anomaly.kind)) {
                if !seen.contains(&kind) {
                    seen.push(kind);
                }
            }
            let instead = if seen.is_empty() { "nothing".to_owned() } else { seen.join(", ") };
            return Err(Failure::Nothing(format!(
                "nothing in this run is {}; what there is: {instead}",
                words(&name)
            )));
        };
        let client = client.as_ref().map_or(String::new(), |client| format!("{client}:"));
        Ok(Operation { name: client + flow, number: *number })
    }

    /// Runs with another probe beside the instruments, as far as nobody interrupts.
    fn run_beside<P>(&self, probe: P) -> Result<(Outcome, P), Failure>
    where
        P: Probe + Clone + Send + Sync + 'static,
    {
        let (scenario, Job { design, seed }) = (Arc::clone(self.scenario), self.job);
        let work = move |probe: P, pulse: &mut Pulse| {
            let watch = &mut |reached| pulse.beat(reached);
            simulate::run_beside(&scenario, design, seed, Extras::NONE, probe, watch)
        };
        let bar = batch::bar(self.args.progress, self.screen);
        let ending = Ending::WithWhatThereIs;
        let mut ended = batch::each(vec![probe], work, &bar, self.interrupt, ending)?;
        bar.finish_and_clear();
        ended.pop().flatten().ok_or(Failure::Interrupted)
    }
}

/// What `FLOW#N` or `CLIENT:FLOW#N` is about.
struct Asked<'a> {
    flow: &'a str,
    /// The number of the client.
    client: u16,
    /// Its name, where there are several clients.
    named: Option<&'a str>,
}

/// The flow of `FLOW` or `CLIENT:FLOW`, by index, and the client if one is named.
fn flow<'a>(name: &'a str, scenario: &Scenario) -> Result<(Option<&'a str>, usize), Failure> {
    let known = || scenario.flows.iter().map(|known| known.name.as_str());
    let find = |flow: &str| known().position(|name| name == flow);
    let missing = |flow| Failure::Usage(unknown("flow", flow, known()));
    match (find(name), name.split_once(':')) {
        (Some(at), _) => Ok((None, at)),
        (None, Some((client, flow))) => {
            Ok((Some(client), find(flow).ok_or_else(|| missing(flow))?))
        }
        (None, None) => Err(missing(name)),
    }
}

/// The client of this name among those that send the flow.
fn sender<'a>(
    client: &str,
    flow: &str,
    senders: &[(u16, &'a str)],
) -> Result<(u16, &'a str), Failure> {
    let names = senders.iter().map(|(_, name)| *name);
    let found = senders.iter().find(|(_, name)| *name == client).copied();
    let flow = flow.rsplit(':').next().unwrap_or(flow);
    let what = format!("client that sends {flow}");
    found.ok_or_else(|| Failure::Usage(unknown(&what, client, names)))
}

/// Finds the flow, and whose operations are meant: where several clients send it, that must be said.
fn asked<'a>(name: &str, scenario: &'a Scenario) -> Result<Asked<'a>, Failure> {
    let (client, at) = flow(name, scenario)?;
    let (flow, senders) = (scenario.flows[at].name.as_str(), simulate::senders(scenario, at));
    let (place, named) = match (client, senders.as_slice()) {
        (None, [one]) => *one,
        (None, []) => return Err(Failure::Nothing(format!("no client sends {flow}"))),
        (None, _) => {
            let choices = senders.iter().map(|(_, name)| format!("{name}:{flow}#N"));
            let choices = choices.collect::<Vec<_>>().join(" or ");
            let why =
                format!("several clients send {flow}, and each counts its own: say {choices}");
            return Err(Failure::Usage(why));
        }
        (Some(client), senders) => sender(client, flow, senders)?,
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
