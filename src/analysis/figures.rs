//! The figures by which runs are held against each other: of each flow, of all flows together, of each
//! node, and those that a scenario declares. Knows what is read and what it is called; what is made of
//! the values is for others.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::evaluate::{View, evaluate};
use super::metric::{self, Metric, Subject};
use super::statement::{Body, Statement, Term};
use super::unit::Unit;
use crate::probes::outcome::Outcome;

/// Of each flow, and of all flows together, by the registry's names.
pub const OF_FLOWS: [&str; 21] = [
    "offered",
    "p50",
    "p99",
    "convergence_p99",
    "goodput",
    "availability",
    "refused",
    "failed",
    "retracted",
    "half_done",
    "unannounced",
    "pending",
    "stale_reads",
    "staleness_p99",
    "violations",
    "told_effects",
    "lost_effects",
    "duplicated_effects",
    "undone_effects",
    "retries",
    "messages_per_flow",
];

/// Of the run as a whole only.
pub const OF_RUNS: [&str; 1] = ["broken"];

/// Of each node.
pub const OF_NODES: [&str; 6] =
    ["arrivals", "turned_away", "utilization", "queue_mean", "wait_p99", "hit_ratio"];

/// What a figure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A flow.
    Flow(String),
    /// All flows together, or the run as a whole.
    Flows,
    /// A node.
    Node(String),
    /// What the scenario declares.
    Measure,
}

/// The keys of a row: `flow` in each (null but for a flow), `node` or `measure` where it is such a one.
impl Serialize for About {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let flow = if let Self::Flow(name) = self { Some(name) } else { None };
        map.serialize_entry("flow", &flow)?;
        match self {
            Self::Node(name) => map.serialize_entry("node", name)?,
            Self::Measure => map.serialize_entry("measure", &true)?,
            Self::Flow(_) | Self::Flows => {}
        }
        map.end()
    }
}

/// One figure of a run.
#[derive(Clone, Debug)]
pub struct Figure<'a> {
    /// What it is about.
    pub about: About,
    /// Its name, in the registry or in the scenario.
    pub name: &'a str,
    /// What it is counted in.
    pub unit: Unit,
    reader: Reader<'a>,
}

#[derive(Clone, Debug)]
enum Reader<'a> {
    Metric(&'static Metric, Subject),
    Measure(&'a Term),
}

impl Figure<'_> {
    /// Its value in a run as results present it, times in milliseconds; `None` where nothing was seen.
    pub fn read(&self, outcome: &Outcome) -> Option<f64> {
        let value = match &self.reader {
            Reader::Metric(metric, subject) => metric.read(outcome, subject),
            Reader::Measure(term) => evaluate(term, View::of(outcome)).ok(),
        };
        value.map(|value| self.unit.present(value))
    }

    /// As an expectation spells it: `p99(place-order)`, `utilization(orders)`, `broken`.
    pub fn spelled(&self) -> String {
        match &self.about {
            About::Flow(of) | About::Node(of) => format!("{}({of})", self.name),
            About::Flows | About::Measure => self.name.to_owned(),
        }
    }
}

/// All figures of runs like this one, with the measures of their scenario.
pub fn figures<'a>(like: &Outcome, measures: &'a [(String, Statement)]) -> Vec<Figure<'a>> {
    let flows = like.flows.keys().cloned().map(About::Flow).chain([About::Flows]);
    let of_flows =
        flows.flat_map(|about| OF_FLOWS.iter().map(move |name| of_registry(about.clone(), name)));
    let of_runs = OF_RUNS.iter().map(|name| of_registry(About::Flows, name));
    let nodes = like.nodes.keys().cloned().map(About::Node);
    let of_nodes =
        nodes.flat_map(|about| OF_NODES.iter().map(move |name| of_registry(about.clone(), name)));
    let declared = measures.iter().map(|(name, statement)| {
        let Body::Value(term, unit) = &statement.body else { unreachable!("a measure is a value") };
        Figure { about: About::Measure, name, unit: *unit, reader: Reader::Measure(term) }
    });
    of_flows.chain(of_runs).chain(of_nodes).chain(declared).collect()
}

fn of_registry(about: About, name: &'static str) -> Figure<'static> {
    let metric = metric::find(name).expect("runs are compared by registered figures");
    let subject = match &about {
        About::Flow(of) | About::Node(of) => Subject::of(of),
        About::Flows | About::Measure => Subject::default(),
    };
    Figure { about, name, unit: metric.unit, reader: Reader::Metric(metric, subject) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::names::Names;
    use crate::analysis::statement::measure;
    use crate::analysis::testing::{full_outcome, scenario};

    #[test]
    fn what_is_spelled_is_what_an_expectation_reads() {
        let names = Names::of(&scenario());
        let spread = "max(place-order) - min(place-order)";
        let declared = [("spread".to_owned(), measure(spread, &names).unwrap())];
        let outcome = full_outcome();
        let all = figures(&outcome, &declared);
        for figure in all.iter().filter(|figure| figure.about != About::Measure) {
            let statement = measure(&figure.spelled(), &names)
                .unwrap_or_else(|why| panic!("{}: {why:?}", figure.spelled()));
            let Body::Value(term, unit) = &statement.body else { panic!("a value") };
            let read = evaluate(term, View::of(&outcome)).ok().map(|value| unit.present(value));
            assert_eq!(figure.read(&outcome), read, "{}", figure.spelled());
        }
        let spread = all.last().unwrap();
        assert_eq!((spread.spelled().as_str(), spread.unit), ("spread", Unit::Time));
        assert!((spread.read(&outcome).unwrap() - 30.0).abs() < 0.1);
    }

    #[test]
    fn every_flow_every_node_and_all_together_have_their_figures() {
        let outcome = full_outcome();
        let spelled: Vec<String> = figures(&outcome, &[]).iter().map(Figure::spelled).collect();
        let flows = outcome.flows.len() + 1;
        let count = flows * OF_FLOWS.len() + OF_RUNS.len() + outcome.nodes.len() * OF_NODES.len();
        assert_eq!(spelled.len(), count);
        for one in ["p99", "p99(view-order)", "broken", "wait_p99(orders)", "hit_ratio(orders)"] {
            assert!(spelled.iter().any(|it| it == one), "{one}");
        }
    }
}
