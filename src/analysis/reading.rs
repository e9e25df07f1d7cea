//! A short reading of a comparison in plain language. Every sentence is drawn from the numbers
//! that stand in it, and a difference is claimed only where its paired interval leaves out 0. No
//! design is expected to win anything: with other numbers the same sentences name other designs.

use serde::Serialize;

use super::Runs;
use super::compare::{Comparison, Row};
use super::ranking::more;
use super::standing::stood;
use super::unit::Unit;

mod by_flow;

/// A sentence, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// What it is about.
    pub topic: Topic,
    /// The sentence.
    pub text: String,
}

/// What a reading speaks of, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Why there is nothing to read.
    Nothing,
    /// Who answers soonest.
    Latency,
    /// Where the work is complete soonest, and who takes back what was answered.
    Convergence,
    /// Who fails.
    Availability,
    /// Who loses effects, repeats them or leaves flows half done.
    Effects,
    /// Whose reads are stale.
    Reads,
    /// What it costs in messages.
    Cost,
    /// What holds a design up.
    Bottleneck,
    /// Whose drain ran out.
    Drain,
}

/// A topic's sentences, as far as the numbers allow any.
type Teller = fn(&Comparison) -> Vec<String>;

const TELLERS: [(Topic, Teller); 6] = [
    (Topic::Latency, by_flow::latency),
    (Topic::Convergence, by_flow::convergence),
    (Topic::Availability, by_flow::availability),
    (Topic::Effects, effects),
    (Topic::Reads, reads),
    (Topic::Cost, cost),
];

/// Reads a comparison: of latency and convergence a sentence for each flow in which designs differ,
/// the largest difference first, of all else at most one per topic.
pub fn read(comparison: &Comparison) -> Vec<Sentence> {
    let nothing = |text: String| vec![Sentence { topic: Topic::Nothing, text }];
    let seeds = comparison.seeds.len();
    if comparison.designs.len() < 2 {
        return nothing("There is nothing to compare: fewer than two designs were run.".to_owned());
    }
    if seeds < 2 {
        return nothing(
            "One seed cannot tell a difference from chance: compare over several.".to_owned(),
        );
    }
    let told = |(topic, tell): (Topic, Teller)| {
        tell(comparison).into_iter().map(move |text| Sentence { topic, text })
    };
    let sentences: Vec<Sentence> = TELLERS.into_iter().flat_map(told).collect();
    if sentences.is_empty() {
        return nothing(format!(
            "Over {seeds} seeds, no difference is larger than its uncertainty."
        ));
    }
    sentences
}

/// What stood so when the first run of a design ended in which it did: bottlenecks and drains.
pub fn causes(runs: &Runs) -> Vec<Sentence> {
    let of = |topic, label: &'static str| {
        runs.iter().filter_map(move |(design, outcomes)| {
            outcomes.iter().find_map(|outcome| {
                let it = stood(outcome).into_iter().find(|it| it.label == label)?;
                let text = format!("{design}, seed {}: {label}: {}.", outcome.seed, it.text);
                Some(Sentence { topic, text })
            })
        })
    };
    of(Topic::Bottleneck, "bottleneck").chain(of(Topic::Drain, "drain")).collect()
}

fn effects(comparison: &Comparison) -> Vec<String> {
    let none = ["lost_effects", "duplicated_effects", "half_done"]
        .iter()
        .all(|figure| comparison.row(None, figure).is_some_and(all_zero));
    if none {
        let seeds = comparison.seeds.len();
        return vec![format!(
            "No design lost or repeated an effect or left a flow half done in any of {seeds} seeds."
        )];
    }
    let lost = more(comparison, "lost_effects", |worse| {
        let why = worse.guard("outbox").unwrap_or_default();
        format!("{} loses {} effects a run, {}{why}", worse.name, worse.mean, worse.against)
    });
    let half_done = more(comparison, "half_done", |worse| {
        format!("{} leaves {} flows half done a run, {}", worse.name, worse.mean, worse.against)
    });
    let duplicated = more(comparison, "duplicated_effects", |worse| {
        let why = worse.guard("dedup").unwrap_or_default();
        format!(
            "{} applies {} effects twice or more a run, {}{why}",
            worse.name, worse.mean, worse.against
        )
    });
    sentence([lost, half_done, duplicated])
}

fn reads(comparison: &Comparison) -> Vec<String> {
    let seen = |row: &&Row| row.cells.iter().any(|cell| cell.mean.is_some());
    let Some(row) = comparison.row(None, "stale_reads").filter(seen) else { return Vec::new() };
    let violations = more(comparison, "violations", |worse| {
        format!("{} breaks {} session guarantees a run, {}", worse.name, worse.mean, worse.against)
    });
    if all_zero(row) && violations.is_none() {
        return vec![format!(
            "No read was stale in any design in any of {} seeds.",
            comparison.seeds.len()
        )];
    }
    let stale = more(comparison, "stale_reads", |worse| {
        let age =
            comparison.row(None, "staleness_p99").and_then(|row| row.cells[worse.design].mean);
        let age = age
            .map(|ms| format!(" (staleness p99 {})", Unit::Time.show(ms * 1e6)))
            .unwrap_or_default();
        format!("of the reads in {} {} are stale{age}, {}", worse.name, worse.mean, worse.against)
    });
    sentence([stale, violations])
}

fn cost(comparison: &Comparison) -> Vec<String> {
    let told = more(comparison, "messages_per_flow", |worse| {
        format!(
            "{} costs most, {} messages per operation, {}",
            worse.name, worse.mean, worse.against
        )
    });
    sentence([told])
}

fn all_zero(row: &Row) -> bool {
    row.cells
        .iter()
        .flat_map(|cell| &cell.values)
        .all(|value| value.is_none_or(|value| value == 0.0))
}

/// Clauses as one sentence: joined, begun with a capital only if the first word is ours.
fn sentence<const N: usize>(clauses: [Option<String>; N]) -> Vec<String> {
    let clauses: Vec<String> = clauses.into_iter().flatten().collect();
    let joined = clauses.join("; ");
    let text = match joined.strip_prefix("of ") {
        Some(rest) => format!("Of {rest}"),
        None => joined,
    };
    if text.is_empty() { Vec::new() } else { vec![format!("{text}.")] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare;
    use crate::analysis::testing::{runs_with, sketch};
    use crate::probes::outcome::Outcome;

    const DESIGNS: [&str; 3] = ["rest", "pubsub", "events"];

    fn read_runs(turn: impl Fn(&str, u64, &mut Outcome)) -> Vec<Sentence> {
        read(&compare(&runs_with(&DESIGNS, 4, turn), &[]))
    }

    fn about(topic: Topic, turn: impl Fn(&str, u64, &mut Outcome)) -> Option<String> {
        read_runs(turn)
            .into_iter()
            .find(|sentence| sentence.topic == topic)
            .map(|sentence| sentence.text)
    }

    fn at(design: &str) -> usize {
        DESIGNS.iter().position(|name| *name == design).unwrap()
    }

    /// Place-order's latency in ms per design, a little different in each seed.
    fn latencies(ms: [u64; 3]) -> Option<String> {
        about(Topic::Latency, |design, seed, outcome| {
            outcome.flows["place-order"].latency = sketch(&[ms[at(design)] + seed]);
        })
    }

    #[test]
    fn the_numbers_choose_who_answers_soonest() {
        let first_words =
            |text: Option<String>| text.map(|text| text.split(':').next().unwrap().to_owned());
        let cases = [
            ([100, 60, 20], Some("events answers place-order soonest")),
            ([10, 60, 20], Some("rest answers place-order soonest")),
            ([90, 20, 90], Some("pubsub answers place-order soonest")),
            ([20, 20, 50], Some("rest answers place-order sooner than events")),
            ([50, 50, 50], None),
        ];
        for (ms, expected) in cases {
            assert_eq!(first_words(latencies(ms)).as_deref(), expected, "{ms:?}");
        }
    }

    #[test]
    fn a_sentence_holds_its_numbers() {
        // Values per seed: loss 2, 4, 6, 8 in pubsub: mean 5, sd 2.582, t(0.975, 3) = 3.1824,
        // half width 3.18245 * 2.58199 / 2 = 4.1085.
        let text = about(Topic::Effects, |design, seed, outcome| {
            outcome.guards = vec!["timeout".to_owned()];
            if design == "events" {
                outcome.guards.push("outbox".to_owned());
            }
            for flow in outcome.flows.values_mut() {
                flow.effects.lost = 0;
                flow.effects.duplicated = 0;
                flow.ends.half_done = 0;
            }
            match design {
                "pubsub" => outcome.flows["place-order"].effects.lost = 2 * seed,
                "rest" => outcome.flows["place-order"].effects.lost = seed % 2,
                _ => {}
            }
        });
        let expected = "pubsub loses 5 effects a run, against 0 in events (5.0 ± 4.1 more) \
                        (outbox is in force in events, not in pubsub).";
        assert_eq!(text.as_deref(), Some(expected));
    }

    #[test]
    fn every_flow_that_differs_is_told_the_largest_difference_first_against_the_first_design() {
        let sentences = read_runs(|design, seed, outcome| {
            // Many effects make a flow no more telling.
            outcome.flows["place-order"].effects.told = 1_000;
            let (order, view) = match design {
                "rest" => (100, 1_000),
                "pubsub" => (90, 60),
                _ => (80, 40),
            };
            outcome.flows["place-order"].latency = sketch(&[order + seed]);
            outcome.flows["view-order"].latency = sketch(&[view + seed]);
        });
        let told: Vec<&str> = sentences
            .iter()
            .filter(|sentence| sentence.topic == Topic::Latency)
            .map(|sentence| sentence.text.split('(').next().unwrap())
            .collect();
        let expected = [
            "events answers view-order soonest: p99 42.5ms against 1.002s in rest ",
            "events answers place-order soonest: p99 82.5ms against 102.5ms in rest ",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_interval_that_holds_zero_claims_nothing() {
        // 100 more in one seed, 80 less in the next: a mean difference of 10, and no evidence.
        let noisy = |design: &str, seed: u64, outcome: &mut Outcome| {
            let ms = match (design, seed % 2) {
                ("rest", _) => 200,
                (_, 0) => 300,
                (_, _) => 120,
            };
            outcome.flows["place-order"].latency = sketch(&[ms]);
        };
        assert_eq!(about(Topic::Latency, noisy), None);
        // The same size of difference in every seed is one.
        let steady = |design: &str, _: u64, outcome: &mut Outcome| {
            outcome.flows["place-order"].latency =
                sketch(&[if design == "rest" { 200 } else { 210 }]);
        };
        let text = about(Topic::Latency, steady).unwrap();
        assert!(text.starts_with("rest answers place-order soonest: p99 200"), "{text}");
    }

    #[test]
    fn claims_flip_with_the_numbers() {
        type Turn = fn(&mut Outcome, u64);
        let cases: [(Topic, Turn, &str); 6] = [
            (
                Topic::Convergence,
                |o, n| o.flows["place-order"].convergence = sketch(&[1000 - n]),
                "has all of place-order in place soonest",
            ),
            (
                Topic::Convergence,
                |o, n| o.flows["view-order"].ends.retracted = 20 + n,
                "takes back ",
            ),
            (
                Topic::Availability,
                |o, n| o.flows["place-order"].ends.kept = 2 - n,
                "fails most: availability ",
            ),
            (
                Topic::Effects,
                |o, n| o.flows["place-order"].effects.duplicated = 9 + n,
                "twice or more",
            ),
            (
                Topic::Reads,
                |o, n| o.flows["view-order"].violations.monotonic_writes = 30 + n,
                "session guarantees",
            ),
            (Topic::Cost, |o, n| o.flows["place-order"].messages = 700 + n, "costs most, "),
        ];
        for (topic, turn, words) in cases {
            for chosen in DESIGNS {
                let turned = |design: &str, seed: u64, outcome: &mut Outcome| {
                    if design == chosen {
                        turn(outcome, seed % 2);
                    } else if topic == Topic::Convergence {
                        outcome.flows["place-order"].convergence = sketch(&[2000]);
                    }
                };
                let its = read_runs(turned).into_iter().filter(|it| it.topic == topic);
                let text = its.map(|it| it.text).find(|text| text.contains(words));
                let text = text.unwrap_or_else(|| panic!("no {words:?} about {topic:?}"));
                let subject = text.split(words).next().unwrap().rsplit("; ").next().unwrap();
                assert!(subject.contains(chosen), "{chosen}: {text}");
            }
        }
    }

    #[test]
    fn stale_reads_are_told_with_their_age() {
        let text = about(Topic::Reads, |design, _, outcome| {
            for flow in outcome.flows.values_mut() {
                flow.violations = crate::probes::outcome::Violations::default();
                flow.reads.stale = u64::from(design == "events");
                flow.reads.staleness = sketch(&[if design == "events" { 80 } else { 0 }]);
            }
        })
        .unwrap();
        // Two flows with one stale read of four each: 25%.
        assert!(
            text.starts_with("Of the reads in events 25% are stale (staleness p99 80"),
            "{text}"
        );
        assert!(text.ends_with("against 0% in rest (25 ± 0 points more)."), "{text}");
    }

    #[test]
    fn spotless_runs_are_said_to_be_spotless() {
        let sentences = read_runs(|_, _, outcome| {
            for flow in outcome.flows.values_mut() {
                *flow = crate::probes::outcome::FlowOutcome {
                    offered: 4,
                    ends: crate::probes::outcome::Ends { kept: 4, ..Default::default() },
                    reads: crate::probes::outcome::Reads { reads: 4, ..Default::default() },
                    ..Default::default()
                };
            }
        });
        let topics: Vec<Topic> = sentences.iter().map(|sentence| sentence.topic).collect();
        assert_eq!(topics, [Topic::Availability, Topic::Effects, Topic::Reads]);
        assert!(sentences.iter().all(|sentence| sentence.text.starts_with("No ")));
    }

    #[test]
    fn nothing_to_read_is_said() {
        let one_seed = read(&compare(&runs_with(&DESIGNS, 1, |_, _, _| {}), &[]));
        assert_eq!(one_seed[0].topic, Topic::Nothing);
        let one_design = read(&compare(&runs_with(&["rest"], 5, |_, _, _| {}), &[]));
        assert_eq!(one_design[0].topic, Topic::Nothing);
        let same = read_runs(|_, _, _| {});
        assert_eq!(same.len(), 1);
        assert_eq!(same[0].text, "Over 4 seeds, no difference is larger than its uncertainty.");
    }
}
