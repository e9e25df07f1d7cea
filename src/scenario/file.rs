//! The file as a whole: its top-level fields, in the order in which their parts need each other.

use super::codes::Code;
use super::faults::Names;
use super::grammar;
use super::knob::{self, Knob};
use super::known::{Declared, EntityFact, Known};
use super::mistake::Mistake;
use super::policies;
use super::reader::{Fields, Reader};
use super::source::{Extent, Source};
use super::syntax::{Kind, Value};
use super::tree::{Place, Placed, Run, Scenario};
use crate::base::Span;

/// The fields of a scenario.
pub(super) const FIELDS: &[&str] = &[
    "about", "run", "knobs", "nodes", "network", "data", "sums", "flows", "designs", "policies",
    "faults", "changes", "measures", "expect",
];

/// Reads a scenario from its text. Without errors among the mistakes there is a scenario.
pub(super) fn read(
    name: &str,
    source: &Source,
    sets: &[(String, String)],
) -> (Option<Scenario>, Vec<Mistake>) {
    let whole = Extent { origin: 0, start: 0, end: source.text().len() as u32 };
    if source.text().trim().is_empty() {
        return (
            None,
            vec![Mistake::new(Code::Empty, Extent { end: 0, ..whole }, "the scenario is empty")],
        );
    }
    let root = match grammar::read(source.text(), 0, 0) {
        Ok(root) => root,
        Err(error) => return (None, vec![syntax_mistake(error)]),
    };
    let mut first = Reader::new(&[], Extent::default(), Known::default());
    let fields = first.fields(&root, "a scenario", 0, FIELDS);
    let knobs_value = fields.as_ref().and_then(|fields| fields.get("knobs"));
    let entries = knobs_value.map(|value| first.entries(value, "knobs")).unwrap_or_default();
    let mut mistakes = first.mistakes;
    let mut knobs: Vec<Knob> = entries
        .into_iter()
        .map(|(name, at, value)| {
            let before = mistakes.len();
            knob::check_default(name, at, value, &mut mistakes);
            let sound = mistakes.len() == before;
            Knob { name: name.to_owned(), at, value: value.clone(), sound }
        })
        .collect();
    let area = knobs_value.unwrap_or(&root).head();
    knob::turn(&mut knobs, area, sets, &mut mistakes);
    let Some(fields) = fields else {
        return (None, mistakes);
    };
    let knob_area = knobs_value.map(|value| value.at).unwrap_or_default();
    let mut reader = Reader::new(&knobs, knob_area, Known::default());
    reader.mistakes = mistakes;
    let scenario = reader.whole(name, &fields, source);
    let errors = reader.mistakes.iter().any(Mistake::is_error);
    if !errors {
        // What is not used because of a mistake elsewhere is no news.
        reader.unused();
    }
    assert!(errors || scenario.is_some(), "a scenario that could not be read has an error");
    (scenario.filter(|_| !errors), reader.mistakes)
}

fn syntax_mistake(error: grammar::SyntaxError) -> Mistake {
    let mut mistake = Mistake::new(error.code, error.at, error.message);
    if let Some(help) = error.help {
        mistake.help(help);
    }
    if let Some(opened) = error.opened {
        mistake.note(opened, "opened here");
    }
    mistake
}

impl<'a> Reader<'a> {
    /// The scenario with its changes, and as it is when they turn knobs.
    fn whole(&mut self, name: &str, fields: &Fields<'a>, source: &Source) -> Option<Scenario> {
        let mut names = Names::default();
        let mut scenario = self.scenario(name, fields, source, &mut names);
        let area = self.knob_area;
        let turned = |knobs: &[Knob]| {
            let mut reader = Reader::new(knobs, area, Known::default());
            let turned = reader.scenario(name, fields, source, &mut Names::default());
            let wrong = reader.mistakes.into_iter().find(Mistake::is_error);
            wrong.map_or_else(|| Ok(turned), Err)
        };
        let changes = self.changes(fields.get("changes"), scenario.as_ref(), &mut names, turned);
        if let Some(scenario) = &mut scenario {
            scenario.changes = changes?;
        }
        scenario
    }

    /// All but what is done on the way.
    fn scenario(
        &mut self,
        name: &str,
        fields: &Fields<'a>,
        source: &Source,
        names: &mut Names<'a>,
    ) -> Option<Scenario> {
        self.known.nodes = sorted(self.declare(fields.get("nodes"), "nodes"));
        self.known.entities = sorted::<EntityFact>(self.declare(fields.get("data"), "entities"));
        self.known.flows = sorted(self.declare(fields.get("flows"), "flows"));
        self.known.policies = self.declare(fields.get("policies"), "policies");
        self.assign_roles();
        let about = self.or(fields, "about", String::new(), |reader, value| {
            reader.text(value).map(|(text, _)| text.to_owned())
        });
        let run = self.must(fields, "run", Self::run);
        let policies = self.each(self.known.policies.len(), Self::read_policy);
        let nodes = self.each(self.known.nodes.len(), Self::read_node);
        let network = self.network(fields.get("network"));
        let entities = self.each(self.known.entities.len(), Self::read_entity);
        let sums = self.sums(fields.get("sums"));
        let flows = self.each(self.known.flows.len(), Self::read_flow);
        let designs = self.designs(fields.get("designs"), fields.head, flows.as_deref());
        let length = run.as_ref().map(|run| run.length);
        let faults = self.faults(fields.get("faults"), length, names);
        let measures = self.measures(fields.get("measures"), source);
        let expect = self.expectations(fields.get("expect"), source);
        self.something_to_do(fields);
        if let (Some(nodes), Some(run)) = (&nodes, &run) {
            self.warn_of_volume(nodes, run.length);
            self.warn_of_idle_priorities(nodes);
            self.refuse_unordered_topics(nodes);
            self.refuse_volume(nodes, faults.as_deref().unwrap_or_default(), run.length);
        }
        if let (Some(nodes), Some(flows), Some(run)) = (&nodes, &flows, &run) {
            self.warn_of_overload(nodes, flows, run.length);
        }
        Some(Scenario {
            name: name.to_owned(),
            about: about?,
            run: run?,
            knobs: self
                .knobs
                .iter()
                .map(|knob| (knob.name.clone(), knob.value.to_string()))
                .collect(),
            nodes: nodes?,
            network: network?,
            entities: entities?,
            sums: sums?,
            flows: flows?,
            designs: designs?,
            policies: policies?,
            faults: faults?,
            changes: Vec::new(),
            measures: measures?,
            expect: expect?,
        })
    }

    /// All things of a kind, every one read even if an earlier one is broken.
    fn each<T>(
        &mut self,
        count: usize,
        read: impl Fn(&mut Self, usize) -> Option<T>,
    ) -> Option<Vec<T>> {
        let things: Vec<Option<T>> = (0..count).map(|index| read(self, index)).collect();
        things.into_iter().collect()
    }

    fn run(&mut self, value: &'a Value) -> Option<Run> {
        let fields = self.fields(
            value,
            "the run",
            0,
            &["length", "warmup", "drain", "max_in_flight", "seed"],
        )?;
        let length = self.must(&fields, "length", Self::positive_span);
        let warmup = self.or(&fields, "warmup", Span::ZERO, Self::span);
        let drain = self.or(&fields, "drain", Span::from_secs(60.0), Self::span);
        let max_in_flight = self.or(&fields, "max_in_flight", 5_000_000, |reader, value| {
            reader.integer(value, 1..=i64::MAX)
        });
        let seed = self.or(&fields, "seed", 1, |reader, value| reader.integer(value, 0..=i64::MAX));
        let (length, warmup) = (length?, warmup?);
        if warmup >= length {
            let at = fields.get("warmup").map_or(fields.head, Value::head);
            self.wrong(
                Code::Warmup,
                at,
                format!("a warm-up of {warmup} leaves nothing of a run of {length}"),
            );
        }
        Some(Run {
            length,
            warmup,
            drain: drain?,
            max_in_flight: max_in_flight? as u64,
            seed: seed? as u64,
        })
    }

    fn something_to_do(&mut self, fields: &Fields<'a>) {
        let clients = self.known.nodes.iter().any(|node| node.value.word() == Some("Client"));
        // A node that could not be read may have been meant as the client.
        let readable = self.known.nodes.iter().all(|node| node.fact.role.is_some());
        if !clients && readable {
            let at = fields.get("nodes").map_or(fields.head, Value::head);
            self.wrong(Code::NothingToDo, at, "a scenario needs at least one client").help(
                "nodes: { \"web\": Client(arrivals: Poisson(\"10/s\"), does: \"flow\"), ... }",
            );
        }
        if self.known.flows.is_empty() {
            let at = fields.get("flows").map_or(fields.head, Value::head);
            self.wrong(Code::NothingToDo, at, "a scenario needs at least one flow")
                .help("flows: { \"name\": (home: \"service\", steps: [...]) }");
        }
    }

    fn measures(
        &mut self,
        value: Option<&'a Value>,
        source: &Source,
    ) -> Option<Vec<(String, Placed<String>)>> {
        let Some(value) = value else {
            return Some(Vec::new());
        };
        let measures: Vec<_> = self
            .entries(value, "measures")
            .into_iter()
            .map(|(name, at, value)| {
                self.check_name(name, at);
                Some((name.to_owned(), self.placed(value, source)?))
            })
            .collect();
        measures.into_iter().collect()
    }

    fn expectations(
        &mut self,
        value: Option<&'a Value>,
        source: &Source,
    ) -> Option<Vec<Placed<String>>> {
        let Some(value) = value else {
            return Some(Vec::new());
        };
        let items = self.list(value, "expectations", false)?;
        let placed: Vec<_> = items.iter().map(|item| self.placed(item, source)).collect();
        placed.into_iter().collect()
    }

    /// A text as it stands, with the place inside its quotes. Not a knob: `$` is left alone.
    pub(super) fn placed(&mut self, value: &'a Value, source: &Source) -> Option<Placed<String>> {
        let Kind::Text { value: text, opener } = &value.kind else {
            self.wrong_shape(value, "a text in quotes");
            return None;
        };
        let place: Place = source.place((value.at.start + opener) as usize);
        Some(Placed { value: text.clone(), place })
    }

    /// Warns of what is declared and never used.
    fn unused(&mut self) {
        self.forget_way();
        let knobs = self.knobs;
        for (knob, used) in knobs.iter().zip(self.used.clone()) {
            if !used {
                self.wrong(
                    Code::UnusedKnob,
                    knob.at,
                    format!("knob `{}` is never used", knob.name),
                )
                .help(format!("write \"${}\" where its value should stand", knob.name));
            }
        }
        let idle = |policy: &&Declared<'a, bool>| {
            !policy.fact && !policies::CLASSES.contains(&policy.name)
        };
        let idle: Vec<_> = self
            .known
            .policies
            .iter()
            .filter(idle)
            .map(|policy| (policy.name, policy.at))
            .collect();
        for (name, at) in idle {
            self.wrong(Code::UnusedPolicy, at, format!("policy {name:?} is never used")).help(
                "name it in a node's `policy`; client, call, store and publish apply by themselves",
            );
        }
    }
}

fn sorted<F>(mut declared: Vec<Declared<'_, F>>) -> Vec<Declared<'_, F>> {
    declared.sort_by_key(|declared| declared.name);
    declared
}
