//! Figures of samples: latency, convergence, staleness, time to failure, waiting. Each sample has
//! the same statistics under the same names.

use super::{Metric, Parameter, Reader, Role, Subject, optional, required, run};
use crate::analysis::unit::Unit;
use crate::base::Span;
use crate::probes::outcome::{FlowOutcome, NodeOutcome, Outcome};
use crate::probes::sketch::Sketch;

/// Where the values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Latency,
    Convergence,
    Staleness,
    Failure,
    Wait,
    Visibility,
    Detection,
    Removal,
    Return,
}

/// What is made of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    /// The value that this share does not exceed.
    Quantile(f64),
    /// The quantile that the argument names.
    Percent,
    Mean,
    Sd,
    Min,
    Max,
    /// Share of the values above the argument.
    Over,
}

const SOURCES: [(Source, &str, &str, &str); 9] = [
    (
        Source::Latency,
        "",
        "time from the intended send to the answer, of operations answered as done",
        "no operation was answered as done",
    ),
    (
        Source::Convergence,
        "convergence_",
        "time from the intended send until the flow's last effect was in place or taken back",
        "no operation had an effect that could converge, or so many never do",
    ),
    (
        Source::Staleness,
        "staleness_",
        "age of what reads saw, 0 where it was the newest",
        "nothing was read",
    ),
    (
        Source::Failure,
        "failure_",
        "time from the intended send to a technical failure",
        "no operation failed",
    ),
    (Source::Wait, "wait_", "time in the node's queue before service", "nothing began service"),
    (
        Source::Visibility,
        "visibility_",
        "time from a commit in a quorum until a read could be issued that sees it (t-visibility)",
        "no quorum has read what it had committed",
    ),
    (
        Source::Detection,
        "detection_",
        "time from when an instance of the node went down, froze or was shut down until its registry took it off the list",
        "the registry took no instance off its list while it was gone",
    ),
    (
        Source::Removal,
        "removal_",
        "time from when an instance of the node went down, froze or was shut down until a caller called it no more, of each caller",
        "no caller learned that an instance was gone while it was",
    ),
    (
        Source::Return,
        "return_",
        "time from when an instance of the node was there again until a caller knew, of each caller",
        "no caller learned that an instance was there again",
    ),
];

const STATISTICS: [(&str, Statistic, &str); 11] = [
    ("p50", Statistic::Quantile(0.5), "Median"),
    ("p90", Statistic::Quantile(0.9), "90th percentile"),
    ("p95", Statistic::Quantile(0.95), "95th percentile"),
    ("p99", Statistic::Quantile(0.99), "99th percentile"),
    ("p999", Statistic::Quantile(0.999), "99.9th percentile"),
    ("p", Statistic::Percent, "Given percentile"),
    ("mean", Statistic::Mean, "Mean"),
    ("sd", Statistic::Sd, "Standard deviation"),
    ("min", Statistic::Min, "Smallest value"),
    ("max", Statistic::Max, "Largest value"),
    ("over", Statistic::Over, "Share above the given time"),
];

/// Every statistic of every sample.
pub(super) fn metrics() -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (source, prefix, of, absent) in SOURCES {
        for (name, statistic, what) in STATISTICS {
            metrics.push(Metric {
                name: format!("{prefix}{name}"),
                parameters: parameters(source, statistic),
                unit: if statistic == Statistic::Over { Unit::Ratio } else { Unit::Time },
                about: format!("{what} of the {of}."),
                absent,
                windowed: source == Source::Latency,
                needs: None,
                reader: Reader::Sample(source, statistic),
            });
        }
    }
    metrics
}

/// `p(99.5, flow)` and `over(flow, 100ms)`: the number comes where one reads it.
fn parameters(source: Source, statistic: Statistic) -> Vec<Parameter> {
    let of = match source {
        Source::Wait | Source::Detection | Source::Removal | Source::Return => {
            Some(required(Role::Node))
        }
        Source::Visibility => None,
        _ => Some(optional(Role::Flow)),
    };
    match statistic {
        Statistic::Percent => [required(Role::Percent)].into_iter().chain(of).collect(),
        Statistic::Over => of.into_iter().chain([required(Role::Limit)]).collect(),
        _ => of.into_iter().collect(),
    }
}

pub(super) fn read(
    source: Source,
    statistic: Statistic,
    outcome: &Outcome,
    subject: &Subject,
) -> Option<f64> {
    if subject.stretch.is_some() {
        if source != Source::Latency {
            return None;
        }
        let windows = run::windows(outcome, subject)?;
        return of_all(windows.iter().map(|window| &window.latency), statistic, subject);
    }
    if let Some(sketch) = of_node(source) {
        let node = outcome.nodes.get(subject.name.as_deref()?)?;
        return of_one(sketch(node), statistic, subject);
    }
    if source == Source::Visibility {
        return of_one(&outcome.visibility, statistic, subject);
    }
    match &subject.name {
        Some(flow) => of_one(sketch(source, outcome.flows.get(flow)?), statistic, subject),
        None => of_all(outcome.flows.values().map(|flow| sketch(source, flow)), statistic, subject),
    }
}

/// The sample as a node has it, if nodes have it.
fn of_node(source: Source) -> Option<fn(&NodeOutcome) -> &Sketch> {
    match source {
        Source::Wait => Some(|node| &node.wait),
        Source::Detection => Some(|node| &node.discovery.detection),
        Source::Removal => Some(|node| &node.discovery.removal),
        Source::Return => Some(|node| &node.discovery.comeback),
        _ => None,
    }
}

fn sketch(source: Source, flow: &FlowOutcome) -> &Sketch {
    match source {
        Source::Latency => &flow.latency,
        Source::Convergence => &flow.convergence,
        Source::Staleness => &flow.reads.staleness,
        Source::Failure => &flow.to_failure,
        _ => unreachable!("flows have no such sample"),
    }
}

fn of_all<'a>(
    sketches: impl Iterator<Item = &'a Sketch>,
    statistic: Statistic,
    subject: &Subject,
) -> Option<f64> {
    let merged = sketches.cloned().reduce(|mut all, one| {
        all.merge(&one);
        all
    })?;
    of_one(&merged, statistic, subject)
}

/// In nanoseconds, or a share.
fn of_one(sketch: &Sketch, statistic: Statistic, subject: &Subject) -> Option<f64> {
    let span = match statistic {
        Statistic::Quantile(p) => sketch.quantile(p),
        Statistic::Percent => sketch.quantile(subject.percent? / 100.0),
        Statistic::Mean => return sketch.mean(),
        Statistic::Sd => return sketch.sd(),
        Statistic::Min => sketch.min(),
        Statistic::Max => sketch.max(),
        Statistic::Over => return sketch.fraction_above(Span::from_ns(subject.limit_ns?)),
    };
    span.map(|span| span.0 as f64)
}
