//! Figures of the run as a whole: invariants, faults, and what only windows of time can tell.

use super::{Metric, Reader, Role, Subject, optional, required};
use crate::analysis::unit::Unit;
use crate::probes::outcome::{InvariantOutcome, Outcome, Recovery, Window};

/// How a figure comes from the run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    /// Of one invariant.
    Invariant(fn(&InvariantOutcome) -> f64),
    /// The worst of all faults where none is named; absent if it is absent for one of them.
    Fault(fn(&Recovery) -> Option<f64>),
    /// From windows of time: all of them where no stretch is named.
    Windows(fn(&[&Window]) -> Option<f64>),
}

const NO_INVARIANT: &str = "the run has no such invariant";

pub(super) fn metrics() -> Vec<Metric> {
    let fault = |name, unit, about, absent, read| Metric {
        parameters: vec![optional(Role::Fault)],
        ..figure(name, unit, about, absent, Figure::Fault(read))
    };
    let invariant = |name, about, read| Metric {
        parameters: vec![required(Role::Invariant)],
        ..figure(name, Unit::Number, about, NO_INVARIANT, Figure::Invariant(read))
    };
    let windows = |name, unit, about, read| Metric {
        windowed: true,
        ..figure(name, unit, about, "no window of time lies there", Figure::Windows(read))
    };
    vec![
        Metric {
            parameters: vec![optional(Role::Invariant)],
            ..metric(
                "broken",
                Unit::Count,
                "Commits below a floor (`stock-floor`), and sums that are off at the audit.",
                NO_INVARIANT,
                Reader::Own(broken),
            )
        },
        invariant("deviation", "By how much a sum is off at the audit.", |i| i.deviation as f64),
        invariant("mean_deviation", "Time-averaged absolute deviation of a sum.", |i| {
            i.mean_deviation
        }),
        fault(
            "recovery",
            Unit::Time,
            "Time from the end of a fault until things were normal: backlog and 99th percentile of latency stay within mean plus three standard deviations of the windows before the fault, for five windows running.",
            "things were not back to normal by the end of the run",
            |recovery| recovery.after.map(|span| span.0 as f64),
        ),
        fault(
            "amplification",
            Unit::Number,
            "Messages per operation during a fault, over those before it.",
            "too little was sent before or during the fault",
            |recovery| recovery.amplification,
        ),
        fault(
            "times",
            Unit::Count,
            "How often a fault began.",
            "the fault never began",
            |recovery| Some(recovery.times as f64),
        ),
        windows(
            "backlog",
            Unit::Number,
            "Operations begun and not yet settled, averaged over the ends of windows.",
            |windows| {
                let sum: u64 = windows.iter().map(|window| window.backlog).sum();
                Some(sum as f64 / windows.len() as f64)
            },
        ),
        windows(
            "backlog_max",
            Unit::Count,
            "Operations begun and not yet settled, at the worst end of a window.",
            |windows| windows.iter().map(|window| window.backlog).max().map(|n| n as f64),
        ),
    ]
}

fn figure(name: &str, unit: Unit, about: &str, absent: &'static str, figure: Figure) -> Metric {
    metric(name, unit, about, absent, Reader::Run(figure))
}

fn metric(name: &str, unit: Unit, about: &str, absent: &'static str, reader: Reader) -> Metric {
    Metric {
        name: name.to_owned(),
        parameters: Vec::new(),
        unit,
        about: about.to_owned(),
        absent,
        windowed: false,
        needs: None,
        reader,
    }
}

/// Added up over all invariants where none is named.
fn broken(outcome: &Outcome, subject: &Subject) -> Option<f64> {
    if subject.stretch.is_some() {
        return None;
    }
    match &subject.name {
        Some(name) => outcome.invariants.get(name).map(|it| it.broken as f64),
        None => Some(outcome.invariants.values().map(|it| it.broken).sum::<u64>() as f64),
    }
}

pub(super) fn read(figure: Figure, outcome: &Outcome, subject: &Subject) -> Option<f64> {
    if let Figure::Windows(read) = figure {
        return read(&windows(outcome, subject)?);
    }
    if subject.stretch.is_some() {
        return None;
    }
    let invariant = |name: &String| outcome.invariants.get(name);
    match (figure, &subject.name) {
        (Figure::Invariant(read), Some(name)) => invariant(name).map(read),
        (Figure::Fault(read), Some(name)) => outcome.recoveries.get(name).and_then(read),
        (Figure::Fault(read), None) => worst(outcome.recoveries.values().map(read)),
        (Figure::Invariant(_), None) | (Figure::Windows(_), _) => None,
    }
}

fn worst(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Option<Vec<f64>> = values.collect();
    values?.into_iter().reduce(f64::max)
}

/// The windows that begin in the subject's stretch (all of them where it names none); `None` if
/// there are none, or if the subject asks for one flow of several, which windows cannot tell.
pub(super) fn windows<'a>(outcome: &'a Outcome, subject: &Subject) -> Option<Vec<&'a Window>> {
    let windows = match &subject.name {
        None => &outcome.windows,
        Some(flow) if outcome.flows.len() == 1 && outcome.flows.contains_key(flow) => {
            &outcome.windows
        }
        Some(flow) => &outcome.flows.get(flow)?.windows,
    };
    let begins_inside = |at: usize| {
        let begin = (at as u64).saturating_mul(outcome.window.0);
        subject.stretch.is_none_or(|(from, to)| from.0 <= begin && begin < to.0)
    };
    let windows: Vec<&Window> = windows
        .iter()
        .enumerate()
        .filter(|(at, _)| begins_inside(*at))
        .map(|(_, window)| window)
        .collect();
    (!windows.is_empty()).then_some(windows)
}
