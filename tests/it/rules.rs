//! The rules of the flow semantics, one test or more each, named `rule_NN_...` after
//! docs/semantics.md: small businesses whose every figure was computed by hand.
//!
//! All of them share one small world, so that sums can be checked in one's head (milliseconds):
//!
//! ```text
//! hop 1 | work at a 2, b 3, c 5, d 1 | overhead 0.5 | read 4 | write 7 | broker stores 2
//! a transaction with one key: hop 1 + write 7 + hop 1; it commits after 8 of these 9
//! ```

mod again;
mod anew;
mod best_effort;
mod caches;
mod callers;
mod compensation;
mod copies;
mod designs;
mod enough;
mod faults;
mod guards;
mod hybrids;
mod lists;
mod second_copies;
mod steps;
mod turns;
mod workload;

use std::sync::Arc;

use windtunnel::base::{Stream, Time};
use windtunnel::engine::InstanceId;
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::outcome::{FlowOutcome, Outcome};
use windtunnel::probes::{Carrier, Fact, Instruments, Label, OpId, Probe, Verdict};
use windtunnel::scenario;
use windtunnel::scenario::tree::{EntityIx, NodeKind, Scenario};
use windtunnel::simulate;

/// The parts of a scenario, as text.
#[derive(Clone)]
pub(crate) struct Case {
    seed: u64,
    run: String,
    web: String,
    nodes: String,
    flows: String,
    design: String,
    policies: String,
    faults: String,
    replaced: Vec<(String, String)>,
}

const NODES: &str = r#"
    "a": Service(workers: 4, work: "2ms", overhead: "0.5ms", store: "a-db"),
    "b": Service(workers: 4, work: "3ms", overhead: "0.5ms", store: "b-db"),
    "c": Service(workers: 4, work: "5ms", overhead: "0.5ms", store: "c-db"),
    "d": Service(workers: 4, work: "1ms", overhead: "0.5ms"),
    "a-db": Database(read: "4ms", write: "7ms"),
    "b-db": Database(read: "4ms", write: "7ms"),
    "c-db": Database(read: "4ms", write: "7ms"),
    "queue": Queue(persist: "2ms"),
    "log": Log(append: "2ms"),
"#;

const DATA: &str = r#"
    "x": (owner: "a"),
    "n": (owner: "a", start: 100),
    "y": (owner: "b", start: 10, floor: 0),
    "z": (owner: "c"),
    "w": (owner: "c", start: 0),
    "many": (owner: "b", keys: 1_000, start: 0),
"#;

/// A case with this one flow, `f`, sent once, after a second.
pub(crate) fn flow(flow: &str) -> Case {
    flows(&format!(r#""f": {flow}"#))
}

/// A case with these flows; `f` is sent once, after a second.
pub(crate) fn flows(flows: &str) -> Case {
    Case {
        seed: 1,
        run: r#"length: "1500ms""#.to_owned(),
        web: r#"arrivals: Constant("1/s"), does: "f""#.to_owned(),
        nodes: String::new(),
        flows: flows.to_owned(),
        design: "Rest()".to_owned(),
        policies: String::new(),
        faults: String::new(),
        replaced: Vec::new(),
    }
}

/// A seed under which the first instance of `caller` calls those of `node` in the order of their
/// numbers.
pub(crate) fn in_order(caller: &str, node: &str, count: u32) -> u64 {
    let turns = |seed| Stream::new(seed, &format!("turns at {node}"), caller, 0).order(count);
    (1..100).find(|seed| turns(*seed).is_sorted()).expect("some order is that")
}

impl Case {
    /// In this design.
    pub(crate) fn design(mut self, design: &str) -> Self {
        design.clone_into(&mut self.design);
        self
    }

    /// With this client.
    pub(crate) fn web(mut self, web: &str) -> Self {
        web.clone_into(&mut self.web);
        self
    }

    /// With these nodes more.
    pub(crate) fn nodes(mut self, nodes: &str) -> Self {
        nodes.clone_into(&mut self.nodes);
        self
    }

    /// For so long.
    pub(crate) fn run_for(mut self, length: &str) -> Self {
        self.run = format!("length: {length:?}");
        self
    }

    /// Under this seed.
    pub(crate) fn under(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With these policies.
    pub(crate) fn policies(mut self, policies: &str) -> Self {
        policies.clone_into(&mut self.policies);
        self
    }

    /// With these faults.
    pub(crate) fn faults(mut self, faults: &str) -> Self {
        faults.clone_into(&mut self.faults);
        self
    }

    /// With another piece of text.
    pub(crate) fn but(mut self, old: &str, new: &str) -> Self {
        self.replaced.push((old.to_owned(), new.to_owned()));
        self
    }

    fn text(&self) -> String {
        let Self { run, web, nodes, flows, design, policies, faults, .. } = self;
        let mut text = format!(
            "(run: ({run}), nodes: {{ \"web\": Client({web}), {NODES} {nodes} }}, network: (latency: \"1ms\"), \
             data: {{ {DATA} }}, flows: {{ {flows} }}, designs: {{ \"it\": {design} }}, \
             policies: {{ {policies} }}, faults: [ {faults} ])"
        );
        for (old, new) in &self.replaced {
            assert!(text.contains(old.as_str()), "{old} is nowhere in {text}");
            text = text.replacen(old.as_str(), new, 1);
        }
        text
    }

    /// Runs it, with seed 1 where nothing else is said.
    pub(crate) fn go(&self) -> Run {
        self.seed(self.seed)
    }

    /// Runs it.
    pub(crate) fn seed(&self, seed: u64) -> Run {
        let scenario = scenario::parse("rule.ron", &self.text(), &[]);
        let scenario = Arc::new(scenario.unwrap_or_else(|wrong| panic!("{wrong}")));
        let model = Arc::new(Model::new(&scenario, 0, seed));
        let instruments = Instruments::new(Arc::new(simulate::layout(&model)));
        let world = World::new(Arc::clone(&model), (instruments, Record::default()));
        let (simulation, partial) = simulate::run_to_audit(world);
        assert_eq!(partial, None);
        let audit = simulate::audit(&simulation, false);
        let (instruments, Record(lines)) = simulation.into_world().into_probe();
        let outcome = instruments.outcome(Label::default(), audit);
        Run { scenario, model, lines, outcome, audit }
    }
}

/// Everything that was said.
#[derive(Clone, Debug, Default)]
struct Record(Vec<(Time, InstanceId, Fact)>);

impl Probe for Record {
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        self.0.push((now, at, fact));
    }
}

/// What happened.
pub(crate) struct Run {
    pub scenario: Arc<Scenario>,
    pub model: Arc<Model>,
    lines: Vec<(Time, InstanceId, Fact)>,
    pub outcome: Outcome,
    pub audit: Time,
}

fn is_broker(kind: &NodeKind) -> bool {
    kind.terms().is_some()
}

fn is_store(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Database(_) | NodeKind::Cache(_) | NodeKind::Quorum(_))
}

/// The `number`th operation of the only client.
pub(crate) fn op(number: u64) -> OpId {
    OpId::new(0, number)
}

fn ms(span: u64) -> f64 {
    span as f64 / 1e6
}

impl Run {
    /// Facts with their instant (ms from the start) and place, `b#0`.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (f64, String, Fact)> + '_ {
        self.lines.iter().map(|(time, at, fact)| {
            let place = self.model.instances[at.0 as usize];
            let node = &self.scenario.nodes[usize::from(place.node.0)].name;
            (ms(time.0), format!("{node}#{}", place.index), *fact)
        })
    }

    /// When this operation was sent.
    pub(crate) fn sent(&self, number: u64) -> f64 {
        let sent = self.facts().find(
            |(_, _, fact)| matches!(fact, Fact::Sent { op: sent, .. } if *sent == op(number)),
        );
        sent.expect("it was sent").0
    }

    /// How many operations were sent.
    pub(crate) fn offered(&self) -> usize {
        self.facts().filter(|(_, _, fact)| matches!(fact, Fact::Sent { .. })).count()
    }

    /// What the client was told, and how long after it had sent it.
    pub(crate) fn answer(&self, number: u64) -> (f64, Verdict) {
        let answer = self.facts().find_map(|(time, _, fact)| match fact {
            Fact::Answered { op: answered, verdict } if answered == op(number) => {
                Some((time, verdict))
            }
            _ => None,
        });
        let (time, verdict) = answer.expect("it was answered");
        (round(time - self.sent(number)), verdict)
    }

    /// Effects and undos of this operation in order: `8 x`, `12 -x`, from its sending.
    pub(crate) fn changes(&self, number: u64) -> Vec<String> {
        let sent = self.sent(number);
        let change = |(time, _, fact)| {
            let (sign, entity) = match fact {
                Fact::Applied { op: by, entity, .. } if by == op(number) => ("", entity),
                Fact::Undone { op: by, entity, .. } if by == op(number) => ("-", entity),
                _ => return None,
            };
            let entity = &self.scenario.entities[usize::from(entity.0)].name;
            Some(format!("{} {sign}{entity}", round(time - sent)))
        };
        self.facts().filter_map(change).collect()
    }

    /// Messages of this operation: requests and answers, with stores, with brokers from producers,
    /// with brokers from consumers, invalidations.
    pub(crate) fn messages(&self, number: u64) -> [usize; 5] {
        let mut counts = [0; 5];
        for &(_, at, fact) in &self.lines {
            let (Fact::Message { op: by, to, carrier, .. }
            | Fact::HandedOn { op: by, to, carrier, .. }) = fact
            else {
                continue;
            };
            if by != op(number) {
                continue;
            }
            let kind = |end| &self.scenario.nodes[usize::from(self.model.node_of(end).0)].kind;
            let ends = [kind(at), kind(to)];
            counts[match carrier {
                Carrier::Request | Carrier::Answer if ends.iter().any(|end| is_store(end)) => {
                    if ends.iter().any(|end| is_broker(end)) {
                        2
                    } else {
                        1
                    }
                }
                Carrier::Answer if is_broker(ends[0]) => 2,
                Carrier::Request | Carrier::Answer => 0,
                Carrier::Replicate => 1,
                Carrier::Publish => 2,
                Carrier::Deliver | Carrier::Acknowledge => 3,
                Carrier::Invalidate => 4,
                Carrier::Control => unreachable!("not for an operation"),
            }] += 1;
        }
        counts
    }

    /// When facts of a kind happened to this operation (from its sending), and where.
    pub(crate) fn when(&self, number: u64, is_it: impl Fn(&Fact) -> bool) -> Vec<(f64, String)> {
        let sent = self.sent(number);
        let mine = self.facts().filter(|(_, _, fact)| fact.op() == Some(op(number)) && is_it(fact));
        mine.map(|(time, at, _)| (round(time - sent), at)).collect()
    }

    /// How many facts of a kind there were.
    pub(crate) fn count(&self, is_it: impl Fn(&Fact) -> bool) -> usize {
        self.lines.iter().filter(|(_, _, fact)| is_it(fact)).count()
    }

    /// The figures of a flow.
    pub(crate) fn flow(&self, name: &str) -> &FlowOutcome {
        &self.outcome.flows[name]
    }

    /// The entity of this name.
    pub(crate) fn entity(&self, name: &str) -> EntityIx {
        let entity = self.scenario.entities.iter().position(|it| it.name == name);
        EntityIx(entity.expect("an entity") as u16)
    }

    /// What reads of an entity saw: instant from the start of the run, version, value.
    pub(crate) fn saw(&self, entity: &str) -> Vec<(f64, u64, i64)> {
        let wanted = self.entity(entity);
        let saw = self.facts().filter_map(|(time, _, fact)| match fact {
            Fact::Saw { entity, version, value, .. } if entity == wanted => {
                Some((round(time), version, value))
            }
            _ => None,
        });
        saw.collect()
    }

    /// Requests (and deliveries) that were worked on, by place, in order.
    pub(crate) fn began_at(&self, node: &str) -> Vec<u32> {
        let prefix = format!("{node}#");
        let began = self.facts().filter(|(_, _, fact)| matches!(fact, Fact::Began { .. }));
        began.filter_map(|(_, at, _)| at.strip_prefix(&prefix)?.parse().ok()).collect()
    }
}

/// To microseconds, so that binary fractions do not show.
pub(crate) fn round(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

/// Done after so many milliseconds.
pub(crate) fn done(ms: f64) -> (f64, Verdict) {
    (ms, Verdict::Done)
}

/// Refused after so many milliseconds.
pub(crate) fn refused(ms: f64) -> (f64, Verdict) {
    (ms, Verdict::Refused)
}

/// The three designs with all their defaults.
pub(crate) const ALL: [&str; 3] = ["Rest()", "PubSub()", "Events()"];
