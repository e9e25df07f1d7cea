//! The sentences of the map: what is to be said of a node, of a link, of the design's wiring. Rules, the
//! gravest first; where none fits, the figures.

use super::facts::{Condition, Facts, NodeFacts};
use crate::model::NodeIx;
use crate::nodes::readings::What;
use crate::scenario::tree::{Preset, Role as Kind, Scenario};
use crate::tui::words;

/// A sentence about a node or a link, and how grave it is: the larger the worse, 0 is as usual.
#[derive(Clone, Debug, PartialEq)]
pub struct Saying {
    /// How grave.
    pub gravity: u64,
    /// The sentence.
    pub text: String,
}

impl Saying {
    fn new(gravity: u64, text: String) -> Self {
        Self { gravity, text }
    }
}

/// What is wired how under a design, in a sentence.
pub(super) fn design(scenario: &Scenario, design: usize) -> String {
    let design = &scenario.designs[design];
    let broker = design.broker.map(|node| scenario.nodes[usize::from(node.0)].name.as_str());
    let broker = broker.unwrap_or("a broker");
    let how = match design.preset {
        Preset::Rest => "services call one another and wait for the answer".to_owned(),
        Preset::PubSub => {
            let outbox = if design.outbox { " out of an outbox" } else { "" };
            format!("commands go through {broker}{outbox}, and replies drive what comes next")
        }
        Preset::Events => format!(
            "each commit appends an event to {broker}; others react, and read copies that events \
             keep up to date"
        ),
    };
    let others = design.except.iter().map(|except| {
        let service = &scenario.nodes[usize::from(except.service.0)].name;
        let way = match except.preset {
            Preset::Rest => "by calls",
            Preset::PubSub => "by commands",
            Preset::Events => "by events",
        };
        format!("; {service} {way}")
    });
    format!("{}: {how}{}.", design.name, others.collect::<String>())
}

/// What is to be said of a node.
pub fn node(facts: &Facts<'_>, node: NodeIx) -> Saying {
    let (here, name) = (facts.node(node), facts.name(node));
    gone(facts, node, &here)
        .or_else(|| unread(facts, node, &here))
        .or_else(|| full(facts, node, &here))
        .or_else(|| partly(facts, node, &here))
        .or_else(|| {
            let ailment = facts.ailment(node)?;
            Some(Saying::new(40, format!("{name}: {}.", ailment.to_lowercase())))
        })
        .unwrap_or_else(|| usual(facts, node, &here))
}

/// That operations failed in the last second, if any did.
pub(super) fn failed(facts: &Facts<'_>) -> Option<Saying> {
    let all = facts.second.sums.all();
    let answered = all.done + all.refused + all.failed;
    let count = |count: u32| words::count(u64::from(count));
    let text = format!(
        "{} of {} operations that ended in the last second failed; 5 shows what became of such.",
        count(all.failed),
        count(answered)
    );
    (all.failed > 0).then(|| Saying::new(25, text))
}

/// All instances are down.
fn gone(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Option<Saying> {
    let down = here.down.filter(|_| here.is_gone())?;
    let since = words::instant(down.since);
    let until = match down.until {
        Some(until) => format!("back at {}", words::instant(until)),
        None => "does not come back".to_owned(),
    };
    let behind = match facts.behind(node) {
        Some((broker, lag)) if lag > 0 => {
            format!("; {} keeps {} for it", facts.name(broker), words::count(lag))
        }
        _ => String::new(),
    };
    let all = match here.count {
        1 => String::new(),
        2 => ", both instances of it,".to_owned(),
        count => format!(", all {count} instances of it,"),
    };
    let text = format!("{}{all} is down since {since}, {until}{behind}.", facts.name(node));
    Some(Saying::new(80, text))
}

/// A broker keeps much for somebody.
fn unread(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Option<Saying> {
    let lags = here.about(What::Lag);
    let (consumer, lag) = lags.into_iter().max_by_key(|(_, lag)| *lag)?;
    let reader = facts.node(consumer);
    let (name, to) = (facts.name(node), facts.name(consumer));
    let begin = format!("{name} to {to}: {} events wait", words::count(lag));
    if let (true, true, Some(down)) = (lag > 0, reader.is_gone(), reader.down) {
        let then = match down.until {
            Some(until) => format!("; it comes back at {}", words::instant(until)),
            None => "; it does not come back".to_owned(),
        };
        return Some(Saying::new(90, format!("{begin}, nobody is there to take them{then}.")));
    }
    (here.waiting > 0 && lag > reader.workers.unwrap_or(1)).then(|| {
        let busy = match reader.workers {
            Some(workers) => format!("{} of {workers} workers are busy there", reader.busy),
            None => format!("it has {} in hand", reader.busy),
        };
        Saying::new(30, format!("{begin}; {busy}."))
    })
}

/// All workers are busy, and others wait.
fn full(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Option<Saying> {
    let workers = here.workers.filter(|_| here.is_full())?;
    let oldest = here.longest(What::Oldest);
    let oldest = oldest.map_or(String::new(), |it| format!(", the first for {}", words::span(it)));
    let calls = here.about(What::Calls).into_iter().max_by_key(|(_, calls)| *calls);
    let calls = match calls {
        Some((callee, calls)) if calls * 2 > workers => {
            format!("; {} calls to {} are under way", words::count(calls), facts.name(callee))
        }
        _ => String::new(),
    };
    let all = match workers {
        1 => "its worker is".to_owned(),
        2 => "both workers are".to_owned(),
        _ => format!("all {workers} workers are"),
    };
    let waiting = words::count(here.waiting);
    let text = format!("{}: {all} busy, {waiting} wait{oldest}{calls}.", facts.name(node));
    Some(Saying::new(60 + here.waiting.min(19), text))
}

/// Some instances are down.
fn partly(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Option<Saying> {
    let down = here.down.filter(|_| here.up < here.count)?;
    let until = match down.until {
        Some(until) => format!("until {}", words::instant(until)),
        None => "for good".to_owned(),
    };
    let gone = here.count - here.up;
    let are = if gone == 1 { "is" } else { "are" };
    let text =
        format!("{}: {gone} of {} instances {are} down {until}.", facts.name(node), here.count);
    Some(Saying::new(50, text))
}

fn usual(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Saying {
    let about = facts.model().scenario.nodes[usize::from(node.0)].kind.about();
    let name = facts.name(node);
    if about.role == Kind::Client {
        let calls: u64 = here.about(What::Calls).values().sum();
        let text = format!("{name}: customers, {} calls under way.", words::count(calls));
        return Saying::new(0, text);
    }
    let mut parts = Vec::new();
    match here.workers {
        Some(workers) if workers < 10_000 => {
            parts.push(format!("{} of {workers} workers busy", here.busy));
        }
        _ if here.sum(What::Busy).is_some() => parts.push(format!("{} in hand", here.busy)),
        _ => {}
    }
    match here.waiting {
        0 => parts.push("nothing waits".to_owned()),
        waiting => parts.push(format!("{} wait", words::count(waiting))),
    }
    if here.rate > 0.0 {
        parts.push(words::rate(here.rate));
    }
    let kept = facts.model().scenario.nodes[usize::from(node.0)].kind.store();
    parts.extend(kept.map(|store| format!("keeps its data in {}", facts.name(store))));
    let text = format!("{name}: {}, {}.", about.phrase, parts.join(", "));
    Saying::new(u64::from(here.waiting > 0), text)
}

/// What is to be said of a link, by its ends and the stores that stand beside them.
pub(super) fn link(facts: &Facts<'_>, from: &[NodeIx], to: &[NodeIx]) -> Saying {
    let (caller, callee) = (from[0], to[0]);
    let name = format!("{} to {}", facts.name(caller), facts.name(callee));
    let rate = words::rate(facts.rate(from, to));
    let calls = facts.node(caller).about(What::Calls).get(&callee).copied().unwrap_or(0);
    let calls = match calls {
        0 => String::new(),
        calls => format!(", {} calls under way", words::count(calls)),
    };
    match facts.condition(caller, callee) {
        Condition::Cut(fault, until) => {
            let until = if until == crate::base::Time::NEVER {
                "for good".to_owned()
            } else {
                format!("until {}", words::instant(until))
            };
            Saying::new(85, format!("{name}: cut by {fault} {until}{calls}."))
        }
        Condition::Nobody => {
            let there = node(facts, callee).text;
            Saying::new(70, format!("{name}: {rate}{calls}; nobody is there: {there}"))
        }
        Condition::Disturbed(fault) => {
            Saying::new(45, format!("{name}: {rate}{calls}; disturbed by {fault}."))
        }
        Condition::Fine => {
            match facts.node(callee).lag_of(caller).or(facts.node(caller).lag_of(callee)) {
                Some(lag) => Saying::new(
                    0,
                    format!("{name}: {rate}{calls}, {} events wait.", words::count(lag)),
                ),
                None => Saying::new(0, format!("{name}: {rate} and answers back{calls}.")),
            }
        }
    }
}
