//! Judged expectations as JSON: `{"schema", "engine", "partial", "tally", "rows": [...], "moved": [...]}`,
//! one row per expectation and design, one for each scenario in which nothing was judged, and what moved
//! against the baseline. Times are in milliseconds.

use serde::Serialize;

use super::json::{ENGINE, SCHEMA};
use super::judged::{Judged, Ruling, Skipped, Tally};
use crate::analysis::baseline::Moved;
use crate::analysis::expectation::Finding;
use crate::analysis::unit::Unit;

/// All verdicts.
#[derive(Serialize)]
pub struct TestJson<'a> {
    schema: u32,
    engine: &'static str,
    partial: bool,
    tally: Tally,
    rows: Vec<Row<'a>>,
    moved: Vec<MovedRow<'a>>,
}

#[derive(Default, Serialize)]
struct Row<'a> {
    scenario: &'a str,
    design: Option<&'a str>,
    expectation: Option<&'a str>,
    /// `pass`, `fail`, `no data`, `not run`, `no expectations`, `invalid`.
    verdict: &'static str,
    seeds: usize,
    held: usize,
    /// The one that decided.
    seed: Option<u64>,
    claim: Option<&'a str>,
    measured: Option<f64>,
    limit: Option<f64>,
    margin: Option<f64>,
    mean_margin: Option<f64>,
    half_width: Option<f64>,
    p_value: Option<f64>,
    unit: Option<Unit>,
    message: Option<&'a str>,
    replay: &'a [String],
}

/// A figure that moved against the baseline.
#[derive(Serialize)]
struct MovedRow<'a> {
    scenario: &'a str,
    design: &'a str,
    figure: &'a str,
    unit: Unit,
    before: Option<f64>,
    now: Option<f64>,
    difference: Option<f64>,
    half_width: Option<f64>,
    p_value: Option<f64>,
}

impl<'a> TestJson<'a> {
    /// The shape of these.
    pub fn of(all: &'a [Judged], partial: bool) -> Self {
        let rows = all.iter().flat_map(|judged| match &judged.result {
            Ok(rulings) => rulings.iter().map(|ruling| row(judged, ruling)).collect(),
            Err(why) => vec![skipped(judged, *why)],
        });
        let drifts = all.iter().flat_map(|it| it.drifts.iter().map(move |drift| (it, drift)));
        let moved = drifts.flat_map(|(it, drift)| {
            drift.moved.iter().map(|moved| moved_row(&it.scenario, &drift.design, moved))
        });
        Self {
            schema: SCHEMA,
            engine: ENGINE,
            partial,
            tally: Tally::of(all),
            rows: rows.collect(),
            moved: moved.collect(),
        }
    }
}

fn moved_row<'a>(scenario: &'a str, design: &'a str, it: &'a Moved) -> MovedRow<'a> {
    MovedRow {
        scenario,
        design,
        figure: &it.figure,
        unit: it.unit,
        before: it.before,
        now: it.now,
        difference: it.by.map(|by| by.mean),
        half_width: it.by.map(|by| by.half_width),
        p_value: it.by.map(|by| by.p_value),
    }
}

fn row<'a>(judged: &'a Judged, ruling: &'a Ruling) -> Row<'a> {
    let verdict = &ruling.verdict;
    let present = |value: Option<f64>| value.map(|value| verdict.unit.present(value));
    Row {
        scenario: &judged.scenario,
        design: verdict.design.as_deref(),
        expectation: Some(&verdict.expectation),
        verdict: match verdict.finding {
            Finding::Held => "pass",
            Finding::Broken => "fail",
            Finding::NoData => "no data",
            Finding::NotRun => "not run",
        },
        seeds: verdict.seeds,
        held: verdict.held,
        seed: verdict.seed,
        claim: Some(&verdict.claim),
        measured: present(verdict.measured),
        limit: present(verdict.limit),
        margin: present(verdict.margin),
        mean_margin: present(verdict.confidence.map(|it| it.mean_margin)),
        half_width: present(verdict.confidence.map(|it| it.half_width)),
        p_value: verdict.confidence.map(|it| it.p_value),
        unit: Some(verdict.unit),
        message: Some(&verdict.message),
        replay: if verdict.failed() { &ruling.replay } else { &[] },
    }
}

fn skipped(judged: &Judged, why: Skipped) -> Row<'_> {
    let verdict = match why {
        Skipped::NoExpectations => "no expectations",
        Skipped::Invalid => "invalid",
    };
    Row { scenario: &judged.scenario, verdict, ..Row::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, synthetic};

    #[test]
    fn a_row_says_all_that_a_script_needs() {
        insta::assert_snapshot!(json::text(&TestJson::of(&synthetic::judged(), false)));
    }
}
