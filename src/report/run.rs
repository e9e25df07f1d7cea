//! What a report of one run is made from: the outcome, with what only the caller knows.

use std::path::Path;

use indexmap::IndexMap;

use super::shell;
use crate::analysis::measures::Measured;
use crate::analysis::token::ReplayToken;
use crate::base::Span;
use crate::probes::outcome::{Anomaly, Effects, FlowOutcome, Outcome, Violations};
use crate::probes::sketch::Sketch;

/// One run, ready to be shown.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// What was measured.
    pub outcome: &'a Outcome,
    /// The scenario's own sentence about itself.
    pub about: &'a str,
    /// Its file: for the lines that explain and replay.
    pub file: &'a Path,
    /// What the command line changed, as it must be repeated, with a blank before each: ` --for 3s`.
    pub turned: &'a str,
    /// The replay token.
    pub token: ReplayToken,
    /// The figures that the scenario declares.
    pub measures: IndexMap<String, Measured>,
    /// Length of the windows to show, if any.
    pub series: Option<Span>,
    /// Did somebody end it early? Nothing repeats that: the token is of no use then.
    pub is_cut: bool,
}

impl Run<'_> {
    /// The line that tells the story of one operation of this run.
    pub fn explain_line(&self, anomaly: &Anomaly) -> String {
        let Outcome { design, seed, .. } = self.outcome;
        explain_line(self.file, anomaly, design, *seed, self.turned)
    }

    /// The line that runs it again and compares.
    pub fn replay_line(&self) -> Option<String> {
        (!self.is_cut).then(|| replay_line(&self.token, self.file))
    }
}

/// The line that tells the story of one operation of a run.
pub fn explain_line(
    file: &Path,
    anomaly: &Anomaly,
    design: &str,
    seed: u64,
    turned: &str,
) -> String {
    let (file, design) = (shell::file(file), shell::quoted(design));
    let operation = shell::operation(&anomaly.operation());
    format!("windtunnel explain {file} {operation} -d {design} -s {seed}{turned}")
}

/// The line that repeats the run that a token names. What lies below `scenarios/` is found by name.
pub fn replay_line(token: &ReplayToken, file: &Path) -> String {
    if file.starts_with("scenarios") {
        return format!("windtunnel replay {}", shell::quoted(&token.to_string()));
    }
    format!("windtunnel replay {} {}", shell::quoted(&token.to_string()), shell::file(file))
}

/// One figure of all flows together.
pub fn sum(outcome: &Outcome, figure: impl Fn(&FlowOutcome) -> u64) -> u64 {
    outcome.flows.values().map(figure).sum()
}

/// The session guarantees broken by all flows together.
pub fn violations(outcome: &Outcome) -> Violations {
    Violations {
        read_your_writes: sum(outcome, |flow| flow.violations.read_your_writes),
        monotonic_reads: sum(outcome, |flow| flow.violations.monotonic_reads),
        monotonic_writes: sum(outcome, |flow| flow.violations.monotonic_writes),
        writes_follow_reads: sum(outcome, |flow| flow.violations.writes_follow_reads),
    }
}

/// The effects of all flows together.
pub fn effects(outcome: &Outcome) -> Effects {
    Effects {
        told: sum(outcome, |flow| flow.effects.told),
        once: sum(outcome, |flow| flow.effects.once),
        duplicated: sum(outcome, |flow| flow.effects.duplicated),
        undone: sum(outcome, |flow| flow.effects.undone),
        lost: sum(outcome, |flow| flow.effects.lost),
        pending: sum(outcome, |flow| flow.effects.pending),
        dropped: sum(outcome, |flow| flow.effects.dropped),
        void: sum(outcome, |flow| flow.effects.void),
        harmless: sum(outcome, |flow| flow.effects.harmless),
    }
}

/// How stale the reads of all flows together were.
pub fn merged_reads(outcome: &Outcome) -> Sketch {
    let mut all = Sketch::default();
    for flow in outcome.flows.values() {
        all.merge(&flow.reads.staleness);
    }
    all
}

/// The share of commits that a read issued at the same instant sees, of those in quorums that were
/// read.
pub fn consistent_at_0(outcome: &Outcome) -> Option<f64> {
    outcome.visibility.fraction_above(Span::ZERO).map(|share| 1.0 - share)
}

/// Kept or rightly refused, over offered (docs/semantics.md, rule 31).
pub fn availability(flow: &FlowOutcome) -> Option<f64> {
    let right = flow.ends.kept + flow.refused.saturating_sub(flow.wrongly_refused);
    ratio(right, flow.offered)
}

/// `part / whole`, or nothing.
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// So many in so long, per second.
pub fn per_second(count: u64, stretch: Span) -> Option<f64> {
    (stretch > Span::ZERO).then(|| count as f64 / stretch.as_secs())
}
