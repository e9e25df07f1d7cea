//! What stood so when a run's arrivals ended, in words: the bottleneck with what it takes of what is
//! asked, breakers that let no call pass, what a registry keeps, a drain that ran out. Says nothing of
//! what did not hold anything up.

use super::unit::Unit;
use crate::probes::outcome::{Load, NodeOutcome, Outcome};

/// Busier than this and with something waiting, a node is saturated.
const SATURATED: f64 = 0.9;

/// Busier than this, and at work for less than half of it, workers are held by others.
const HELD: f64 = 0.5;

/// What falls behind by less than this share of what is asked is not saturated: queues come and go.
const BEHIND: f64 = 0.02;

/// A sentence about what stood so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// What it is about, in a word.
    pub label: &'static str,
    /// The sentence.
    pub text: String,
}

/// All that stood so.
pub fn stood(outcome: &Outcome) -> Vec<Stood> {
    let mut all = Vec::new();
    let mut say = |label, text| all.push(Stood { label, text });
    if let Some(text) = bottleneck(outcome) {
        say("bottleneck", text);
    }
    for (name, node) in &outcome.nodes {
        if let Some(text) = held(name, node) {
            say("held", text);
        }
    }
    for it in &outcome.standing.breakers {
        let who = match it.instances {
            1 => it.node.clone(),
            many => format!("{many} instances of {}", it.node),
        };
        let text = match (it.is_half_open, it.calls) {
            (true, 0) => {
                format!("{who} half-open towards {} at the end: the next call is a trial", it.to)
            }
            (true, calls) => format!(
                "{who} half-open towards {} at the end: waits for the answers of {calls} calls, \
                 and lets no other pass once its trials are out",
                it.to
            ),
            (false, _) => format!("{who} open towards {} at the end: no call passes", it.to),
        };
        say("breaker", text);
    }
    for it in &outcome.standing.ejected {
        let text = format!(
            "{} has {} of {} ejected as outliers at the end, counted by caller",
            it.node, it.instances, it.of
        );
        say("ejected", text);
    }
    for it in &outcome.standing.kept {
        let text = format!(
            "{} keeps {} of {} listed whose lease is over: self-preservation, because too few \
             instances renew",
            it.registry, it.instances, it.node
        );
        say("registry", text);
    }
    if let Some(text) = drain(outcome) {
        say("drain", text);
    }
    all
}

/// Workers that are mostly held, not at work.
fn held(name: &str, node: &NodeOutcome) -> Option<String> {
    let (busy, working) = (node.load.utilization?, node.load.working?);
    (busy >= HELD && working < busy / 2.0).then(|| {
        format!(
            "{name} is {} busy, but at work only {}: its workers are held while they wait for others",
            Unit::Ratio.show(busy),
            Unit::Ratio.show(working),
        )
    })
}

/// The drain that ran out, with the flows whose work was left.
fn drain(outcome: &Outcome) -> Option<String> {
    let pending = outcome.flows.iter().filter(|(_, flow)| flow.ends.pending > 0);
    let left: Vec<String> =
        pending.map(|(name, flow)| format!("{} of {name}", flow.ends.pending)).collect();
    (outcome.standing.drain_ran_out && !left.is_empty()).then(|| {
        format!(
            "ran out with work left ({}): how they end, and when they converge, is not known",
            left.join(", ")
        )
    })
}

/// Something that takes less than it is asked for.
struct Saturated<'a> {
    node: &'a str,
    takes: f64,
    asked: f64,
    text: String,
}

/// The bottleneck: of what is saturated, what waits for nothing else that is, and falls behind most.
pub fn bottleneck(outcome: &Outcome) -> Option<String> {
    let measured = outcome.measured.as_secs();
    if measured <= 0.0 || outcome.standing.at.0 == 0 {
        return None;
    }
    let mut all = groups(outcome, measured);
    all.extend(logs(outcome, measured));
    all.extend(busy(outcome, measured));
    let waits_for_another = |it: &Saturated| {
        let mut calls = outcome.standing.calls.iter();
        calls.any(|call| {
            call.node == it.node
                && all.iter().any(|other| other.node == call.to && other.node != it.node)
        })
    };
    let behind = |it: &Saturated| 1.0 - it.takes / it.asked;
    let first = all
        .iter()
        .filter(|it| !waits_for_another(it))
        .max_by(|a, b| behind(a).total_cmp(&behind(b)))?;
    Some(first.text.clone())
}

/// Consumer groups that fall behind.
fn groups(outcome: &Outcome, measured: f64) -> Vec<Saturated<'_>> {
    let grows = |lag: u64| lag as f64 / outcome.standing.at.0 as f64 * 1e9;
    let saturated = outcome.standing.groups.iter().filter_map(|it| {
        let node = outcome.nodes.get(&it.consumer)?;
        let takes = node.load.arrivals as f64 / measured;
        // What nobody serves is not the group's to take.
        let there = || it.lags.iter().filter(|it| !it.is_withheld);
        let lag = there().map(|it| it.records).sum();
        let asked = takes + grows(lag);
        // Where one record waits, it may be in hand.
        let full = there().filter(|it| it.records > 1).count();
        if takes >= asked * (1.0 - BEHIND) || full == 0 {
            return None;
        }
        let why = match node.load.utilization {
            Some(busy) if busy < SATURATED => format!(
                "; its workers are {} busy: a partition's records go one after the other, and none \
                 while no member has it",
                Unit::Ratio.show(busy)
            ),
            _ => String::new(),
        };
        let worst = there().rev().max_by_key(|it| it.records)?;
        let hot = if full > 1 && worst.records * 2 > lag {
            format!(", {} of them in partition {}", worst.records, worst.partition)
        } else {
            String::new()
        };
        let text = format!(
            "{} as consumer of {} takes {} of about {}: {} records waited when arrivals ended, in \
             {} of {} partitions{hot}{why}",
            it.consumer,
            it.log,
            Unit::Rate.show(takes),
            Unit::Rate.show(asked),
            lag,
            full,
            it.lags.len(),
        );
        Some(Saturated { node: &it.consumer, takes, asked, text })
    });
    saturated.collect()
}

/// Logs whose leaders do not take what producers have for them.
fn logs(outcome: &Outcome, measured: f64) -> Vec<Saturated<'_>> {
    let saturated = outcome.standing.logs.iter().filter_map(|it| {
        let arrivals = outcome.nodes.get(&it.node)?.load.arrivals;
        let asked = arrivals as f64 / measured;
        let grows = it.unsent as f64 / outcome.standing.at.0 as f64 * 1e9;
        let takes = (asked - grows).max(0.0);
        if takes >= asked * (1.0 - BEHIND) {
            return None;
        }
        let unserved = format!("{} of its partitions had no leader that served", it.unserved);
        let short = format!("{} had too few replicas in sync for what was asked for", it.short);
        let why = match (it.unserved, it.short) {
            (0, 0) => "what they had sent before was not acknowledged".to_owned(),
            (_, 0) => unserved,
            (0, _) => short.replacen("had", "of its partitions had", 1),
            _ => format!("{unserved}, and {short}"),
        };
        let text = format!(
            "{} takes {} of about {}: {} records waited with its producers when arrivals ended: {why}",
            it.node,
            Unit::Rate.show(takes),
            Unit::Rate.show(asked),
            it.unsent,
        );
        Some(Saturated { node: &it.node, takes, asked, text })
    });
    saturated.collect()
}

/// Nodes whose workers are all busy while something waits.
fn busy(outcome: &Outcome, measured: f64) -> Vec<Saturated<'_>> {
    let waiting = |name: &str| {
        let queue = outcome.standing.queues.iter().find(|queue| queue.node == name);
        queue.map_or(0, |queue| queue.waiting)
    };
    let saturated = outcome.nodes.iter().filter_map(|(name, node)| {
        let busy = node.load.utilization.filter(|busy| *busy >= SATURATED)?;
        let waiting = waiting(name);
        if waiting == 0 && node.load.turned_away == 0 {
            return None;
        }
        let Load { arrivals, turned_away, .. } = &node.load;
        let grows = waiting as f64 / outcome.standing.at.0 as f64 * 1e9;
        let asked = *arrivals as f64 / measured;
        let takes = (asked - *turned_away as f64 / measured - grows).max(0.0);
        let text = format!(
            "{name} is {} busy and takes {} of about {}: {waiting} waited when arrivals ended, \
             {turned_away} were turned away",
            Unit::Ratio.show(busy),
            Unit::Rate.show(takes),
            Unit::Rate.show(asked),
        );
        Some(Saturated { node: name, takes, asked, text })
    });
    saturated.collect()
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::base::{Span, Time};
    use crate::probes::standing::{
        Standing, StandingCalls, StandingGroup, StandingLag, StandingLog, StandingQueue,
    };

    /// A hundred seconds of nodes that took in so many, so busy, with so many waiting at the end.
    fn outcome(nodes: &[(&str, u64, f64, u64)], calls: &[(&str, &str)]) -> Outcome {
        let node = |(name, arrivals, busy, _): &(&str, u64, f64, u64)| {
            let load = Load { arrivals: *arrivals, utilization: Some(*busy), ..Load::default() };
            let it = NodeOutcome { load, ..NodeOutcome::default() };
            ((*name).to_owned(), it)
        };
        let waits = |(name, _, _, waiting): &(&str, u64, f64, u64)| StandingQueue {
            node: (*name).to_owned(),
            waiting: *waiting,
        };
        let calls = calls.iter().map(|(node, to)| StandingCalls {
            node: (*node).to_owned(),
            to: (*to).to_owned(),
            calls: 1,
        });
        Outcome {
            measured: Span::from_secs(100.0),
            nodes: nodes.iter().map(node).collect::<IndexMap<_, _>>(),
            standing: Standing {
                at: Time(100_000_000_000),
                queues: nodes.iter().map(waits).collect(),
                calls: calls.collect(),
                ..Standing::default()
            },
            ..Outcome::default()
        }
    }

    #[test]
    fn a_bottleneck_is_who_is_waited_for_and_not_who_waits() {
        let nodes = [("api", 10_000, 1.0, 5_000), ("db", 6_000, 0.99, 1_000), ("web", 9, 0.1, 0)];
        let text = bottleneck(&outcome(&nodes, &[("web", "api"), ("api", "db")])).unwrap();
        assert!(
            text.starts_with("db is 99% busy and takes 50/s of about 60/s: 1000 waited"),
            "{text}"
        );
        let text = bottleneck(&outcome(&nodes, &[])).unwrap();
        assert!(text.starts_with("api "), "of two, who falls behind most: {text}");
    }

    #[test]
    fn who_waits_for_others_is_held_and_does_not_work() {
        let of = |busy, working| {
            let load = Load { utilization: Some(busy), working: Some(working), ..Load::default() };
            let node = NodeOutcome { load, ..NodeOutcome::default() };
            held("api", &node)
        };
        let text = of(0.95, 0.1).expect("it is held");
        assert!(text.starts_with("api is 95% busy, but at work only 10%"), "{text}");
        assert_eq!((of(0.95, 0.9), of(0.3, 0.0)), (None, None));
    }

    #[test]
    fn who_keeps_up_is_no_bottleneck() {
        assert_eq!(bottleneck(&outcome(&[("api", 10_000, 0.8, 5)], &[])), None);
        assert_eq!(bottleneck(&outcome(&[("api", 10_000, 1.0, 0)], &[])), None);
        assert_eq!(bottleneck(&Outcome::default()), None);
    }

    #[test]
    fn a_consumer_falls_behind_by_its_partitions() {
        let mut it = outcome(&[("payments", 4_000, 0.1, 0)], &[]);
        let behind = |worst, each| StandingGroup {
            log: "log".to_owned(),
            consumer: "payments".to_owned(),
            lags: (0..12)
                .map(|partition| StandingLag {
                    partition,
                    records: if partition == 3 { worst } else { each },
                    is_withheld: false,
                })
                .collect(),
        };
        it.standing.groups = vec![behind(500, 500)];
        let expected = "payments as consumer of log takes 40/s of about 100/s: 6000 records waited \
                        when arrivals ended, in 12 of 12 partitions; its workers are 10% busy: a \
                        partition's records go one after the other, and none while no member has it";
        assert_eq!(bottleneck(&it).as_deref(), Some(expected));
        it.standing.groups = vec![behind(4_900, 100)];
        let text = bottleneck(&it).expect("it falls behind");
        assert!(text.contains("in 12 of 12 partitions, 4900 of them in partition 3"), "{text}");
        it.standing.groups = vec![behind(1, 1)];
        assert_eq!(bottleneck(&it), None, "what is in hand is not behind");
        it.standing.groups = vec![behind(4_900, 1)];
        it.standing.groups[0].lags[3].is_withheld = true;
        assert_eq!(bottleneck(&it), None, "what nobody serves is not for the consumer to take");
    }

    #[test]
    fn a_log_falls_behind_by_what_its_producers_hold() {
        let mut it =
            outcome(&[("log", 10_000, 0.0, 0), ("api", 10_000, 1.0, 9_000)], &[("api", "log")]);
        let mut held = |unsent, unserved, short| {
            it.standing.logs =
                vec![StandingLog { node: "log".to_owned(), unsent, unserved, short }];
            bottleneck(&it).expect("somebody falls behind")
        };
        assert_eq!(
            held(4_000, 2, 0),
            "log takes 60/s of about 100/s: 4000 records waited with its producers when arrivals \
             ended: 2 of its partitions had no leader that served"
        );
        assert!(
            held(4_000, 0, 3).ends_with(
                "3 of its partitions had too few replicas in sync for what was asked for"
            )
        );
        assert!(held(4_000, 2, 3).ends_with(
            "no leader that served, and 3 had too few replicas in sync for what was asked for"
        ));
        assert!(held(4_000, 0, 0).ends_with("what they had sent before was not acknowledged"));
        assert!(held(100, 2, 0).starts_with("api "), "a few records are on their way");
    }
}
