//! Figures of flows other than samples: what was offered and answered, how it ended, reads,
//! guarantees, effects, cost. Without a flow, the counts of all flows are added up first.

use super::{Guarantee, Metric, Parameter, Reader, Role, Subject, optional, required, run, share};
use crate::analysis::unit::Unit;
use crate::probes::Extra;
use crate::probes::outcome::{FlowOutcome, ONE, Outcome, Window};
use crate::probes::sketch::Sketch;

/// A count of one flow.
type Tally = fn(&FlowOutcome, &Subject) -> u64;
/// The same count of one window of time.
type WindowTally = fn(&Window) -> u64;

/// How a figure comes from counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    Count(Tally, Option<WindowTally>),
    /// Per second of the measured stretch, or of the windows.
    Rate(Tally, Option<WindowTally>),
    /// The first over the second; `None` if there is nothing to divide by.
    Share(Tally, Tally, Option<(WindowTally, WindowTally)>),
    /// Everybody's messages, or those of one flow.
    Messages,
    /// Of the slowdowns of operations.
    Slowdown(fn(&Sketch) -> Option<f64>),
}

const NO_FLOW: &str = "the run has no such flow";
const NOTHING_OFFERED: &str = "nothing was offered";
const NO_SLOWDOWN: &str = "no operation with work was done, or no measure or expectation of the scenario asks for its slowdown";
const NOTHING_READ: &str = "nothing was read";

pub(super) fn metrics() -> Vec<Metric> {
    use Figure::{Messages, Rate, Share, Slowdown};
    use Unit::Ratio;
    vec![
        count("offered", "Operations sent.", |f, _| f.offered, Some(|w| w.offered)),
        count(
            "ok",
            "Operations answered as done within their deadline.",
            |f, _| f.ok,
            Some(|w| w.ok),
        ),
        count(
            "late",
            "Operations answered as done after their deadline.",
            |f, _| f.late,
            Some(|w| w.late),
        ),
        count(
            "refused",
            "Operations that were told a business no.",
            |f, _| f.refused,
            Some(|w| w.refused),
        ),
        count("failed", "Operations that failed technically.", |f, _| f.failed, Some(|w| w.failed)),
        Metric {
            parameters: vec![optional(Role::Flow), optional(Role::Reason)],
            ..count(
                "failures",
                "Operations that failed technically, for the given reason.",
                failures,
                None,
            )
        },
        rate(
            "offered_rate",
            "Operations sent per second.",
            Rate(|f, _| f.offered, Some(|w| w.offered)),
        ),
        rate(
            "ok_rate",
            "Operations answered in time per second.",
            Rate(|f, _| f.ok, Some(|w| w.ok)),
        ),
        rate(
            "throughput",
            "Operations answered as done, in time or late, per second.",
            Rate(|f, _| f.ok + f.late, Some(|w| w.ok + w.late)),
        ),
        rate(
            "goodput",
            "Operations kept and answered in time, per second.",
            Rate(|f, _| f.good, None),
        ),
        figure(
            "availability",
            Ratio,
            "Operations kept or rightly refused, over those offered.",
            NOTHING_OFFERED,
            Share(
                |f, _| f.ends.kept + (f.refused - f.wrongly_refused.min(f.refused)),
                |f, _| f.offered,
                None,
            ),
        ),
        count("good", "Operations kept and answered in time.", |f, _| f.good, None),
        count(
            "wrongly_refused",
            "Operations refused though the truth would have passed.",
            |f, _| f.wrongly_refused,
            None,
        ),
        count(
            "kept",
            "Operations told done whose effects are all there.",
            |f, _| f.ends.kept,
            None,
        ),
        count(
            "retracted",
            "Operations told done of which nothing is left.",
            |f, _| f.ends.retracted,
            None,
        ),
        count(
            "half_done",
            "Operations of which some effects are there and others are not.",
            |f, _| f.ends.half_done,
            None,
        ),
        count(
            "unannounced",
            "Operations not told done whose effects are all there.",
            |f, _| f.ends.unannounced,
            None,
        ),
        count(
            "clean",
            "Operations not told done of which nothing is left.",
            |f, _| f.ends.clean,
            None,
        ),
        count(
            "pending",
            "Operations for which something could still act at the audit.",
            |f, _| f.ends.pending,
            None,
        ),
        count(
            "unconverged",
            "Operations that had not converged at the audit.",
            |f, _| f.unconverged,
            None,
        ),
        count("reads", "Reads that were judged.", |f, _| f.reads.reads, Some(|w| w.reads)),
        figure(
            "stale_reads",
            Ratio,
            "Reads that saw a version that was not the newest, over all reads.",
            NOTHING_READ,
            Share(|f, _| f.reads.stale, |f, _| f.reads.reads, Some((|w| w.stale, |w| w.reads))),
        ),
        figure(
            "versions_behind",
            Unit::Number,
            "Mean number of versions by which a stale read was behind.",
            "no read was stale",
            Share(|f, _| f.reads.versions_behind, |f, _| f.reads.stale, None),
        ),
        Metric {
            parameters: vec![optional(Role::Flow), required(Role::Versions)],
            ..figure(
                "behind",
                Ratio,
                "Reads that were behind by so many versions or more, over all reads.",
                NOTHING_READ,
                Share(
                    |f, s| f.reads.behind_by(s.versions.unwrap_or(0)),
                    |f, _| f.reads.reads,
                    None,
                ),
            )
        },
        count(
            "dangling_reads",
            "Reads of created items that were not there yet.",
            |f, _| f.reads.dangling,
            None,
        ),
        Metric {
            parameters: vec![optional(Role::Guarantee), optional(Role::Flow)],
            ..count(
                "violations",
                "Broken session guarantees, of all kinds or of the given one.",
                violations,
                None,
            )
        },
        count("told_effects", "Effects that flows told.", |f, _| f.effects.told, None),
        count("once_effects", "Effects applied exactly once.", |f, _| f.effects.once, None),
        count(
            "duplicated_effects",
            "Effects applied more than once.",
            |f, _| f.effects.duplicated,
            None,
        ),
        count("undone_effects", "Effects applied and taken back.", |f, _| f.effects.undone, None),
        count(
            "lost_effects",
            "Effects promised, never applied, and beyond anything that could still apply them.",
            |f, _| f.effects.lost,
            None,
        ),
        count(
            "pending_effects",
            "Effects that something could still apply at the audit.",
            |f, _| f.effects.pending,
            None,
        ),
        count(
            "dropped_effects",
            "Best-effort effects that were never applied.",
            |f, _| f.effects.dropped,
            None,
        ),
        count(
            "void_effects",
            "Effects that were rightly never applied.",
            |f, _| f.effects.void,
            None,
        ),
        count(
            "lost_updates",
            "Writes that overwrote a version which their flow had not seen.",
            |f, _| f.lost_updates,
            None,
        ),
        count("retries", "Retries made for the flow's operations.", |f, _| f.retries, None),
        count(
            "hedges",
            "Second copies of requests sent for the flow's operations.",
            |f, _| f.hedges,
            None,
        ),
        count(
            "redeliveries",
            "Messages of the flow's operations that brokers delivered again.",
            |f, _| f.redeliveries,
            None,
        ),
        count(
            "dead_letters",
            "Messages of the flow's operations that brokers gave up: rejected, over their time, without room, or delivered too often.",
            |f, _| f.dead_letters,
            None,
        ),
        Metric {
            windowed: true,
            ..figure(
                "messages",
                Unit::Count,
                "Messages sent by anybody; with a flow, those for its measured operations.",
                NO_FLOW,
                Messages,
            )
        },
        figure(
            "slowdown",
            Unit::Number,
            "Mean of the time from the intended send to the answer over the operation's own work at services and gateways, of operations answered as done; gathered where the scenario's measures or expectations ask for it.",
            NO_SLOWDOWN,
            Slowdown(Sketch::mean),
        ),
        figure(
            "slowdown_p99",
            Unit::Number,
            "99th percentile of the same.",
            NO_SLOWDOWN,
            Slowdown(|sketch| sketch.quantile(0.99).map(|ratio| ratio.0 as f64)),
        ),
        figure(
            "messages_per_flow",
            Unit::Number,
            "Messages sent for measured operations, over those operations.",
            NOTHING_OFFERED,
            Share(|f, _| f.messages, |f, _| f.offered, None),
        ),
    ]
}

fn figure(name: &str, unit: Unit, about: &str, absent: &'static str, figure: Figure) -> Metric {
    let windowed = matches!(
        figure,
        Figure::Count(_, Some(_))
            | Figure::Rate(_, Some(_))
            | Figure::Share(_, _, Some(_))
            | Figure::Messages
    );
    let parameters: Vec<Parameter> = vec![optional(Role::Flow)];
    Metric {
        name: name.to_owned(),
        parameters,
        unit,
        about: about.to_owned(),
        absent,
        windowed,
        needs: matches!(figure, Figure::Slowdown(_)).then_some(Extra::Slowdown),
        reader: Reader::Flow(figure),
    }
}

fn count(name: &str, about: &str, tally: Tally, window: Option<WindowTally>) -> Metric {
    figure(name, Unit::Count, about, NO_FLOW, Figure::Count(tally, window))
}

fn rate(name: &str, about: &str, rate: Figure) -> Metric {
    figure(name, Unit::Rate, about, "no time was measured", rate)
}

fn failures(flow: &FlowOutcome, subject: &Subject) -> u64 {
    match subject.reason {
        Some(reason) => flow.failures.get(&reason).copied().unwrap_or(0),
        None => flow.failures.values().sum(),
    }
}

fn violations(flow: &FlowOutcome, subject: &Subject) -> u64 {
    let counted = |guarantee: &Guarantee| subject.guarantee.is_none_or(|only| only == *guarantee);
    Guarantee::ALL.iter().filter(|g| counted(g)).map(|g| g.broken(&flow.violations)).sum()
}

pub(super) fn read(figure: Figure, outcome: &Outcome, subject: &Subject) -> Option<f64> {
    if subject.stretch.is_some() {
        return read_windows(figure, outcome, subject);
    }
    match figure {
        Figure::Count(tally, _) => sum(tally, outcome, subject).map(|n| n as f64),
        Figure::Rate(tally, _) => {
            per_second(sum(tally, outcome, subject)?, outcome.measured.as_secs())
        }
        Figure::Share(part, whole, _) => {
            share(sum(part, outcome, subject)?, sum(whole, outcome, subject)?)
        }
        Figure::Messages => match &subject.name {
            Some(flow) => outcome.flows.get(flow).map(|flow| flow.messages as f64),
            None => Some(outcome.messages as f64),
        },
        Figure::Slowdown(of) => {
            let chosen = |name: &String| subject.name.as_ref().is_none_or(|only| only == name);
            let flows = outcome.flows.iter().filter(|(name, _)| chosen(name));
            let mut all = Sketch::default();
            flows.for_each(|(_, flow)| all.merge(&flow.slowdown));
            of(&all).map(|ratio| ratio / ONE as f64)
        }
    }
}

/// Over the flow that the subject names, or over all of them.
fn sum(tally: Tally, outcome: &Outcome, subject: &Subject) -> Option<u64> {
    match &subject.name {
        Some(flow) => outcome.flows.get(flow).map(|flow| tally(flow, subject)),
        None => Some(outcome.flows.values().map(|flow| tally(flow, subject)).sum()),
    }
}

fn read_windows(figure: Figure, outcome: &Outcome, subject: &Subject) -> Option<f64> {
    let windows = run::windows(outcome, subject)?;
    let sum = |tally: WindowTally| windows.iter().map(|window| tally(window)).sum::<u64>();
    match figure {
        Figure::Count(_, tally) => Some(sum(tally?) as f64),
        Figure::Rate(_, tally) => {
            per_second(sum(tally?), outcome.window.as_secs() * windows.len() as f64)
        }
        Figure::Share(_, _, tallies) => {
            tallies.and_then(|(part, whole)| share(sum(part), sum(whole)))
        }
        Figure::Messages => Some(sum(|window| window.messages) as f64),
        Figure::Slowdown(_) => None,
    }
}

fn per_second(count: u64, secs: f64) -> Option<f64> {
    (secs > 0.0).then(|| count as f64 / secs)
}
