//! Validated cases as JSON: `{"schema", "engine", "mode", "partial", "tally", "rows": [...]}`, one
//! row for every case that was selected. The unit is in the metric's name.

use serde::Serialize;
use serde_json::Value;

use super::json::{ENGINE, SCHEMA};
use super::validated::{Tally, Validated, word};
use crate::validate::{Mode, Row};

/// All rows.
#[derive(Serialize)]
pub struct ValidateJson<'a> {
    schema: u32,
    engine: &'static str,
    mode: &'static str,
    partial: bool,
    tally: Tally,
    rows: Vec<RowJson<'a>>,
}

#[derive(Serialize)]
struct RowJson<'a> {
    id: &'a str,
    area: &'a str,
    metric: &'a str,
    expected: &'a Value,
    measured: Option<&'a Value>,
    half_width: Option<f64>,
    tolerance: Option<f64>,
    verdict: &'static str,
    reason: Option<&'a str>,
    replications: usize,
    requests: Option<f64>,
    model: &'a str,
    source: &'a str,
    command: Option<&'a str>,
    figures: &'a [String],
    note: Option<&'a str>,
}

impl<'a> ValidateJson<'a> {
    /// The shape of these.
    pub fn of(validated: &'a Validated) -> Self {
        Self {
            schema: SCHEMA,
            engine: ENGINE,
            mode: match validated.mode {
                Mode::Quick => "quick",
                Mode::Usual => "usual",
                Mode::Full => "full",
            },
            partial: validated.partial,
            tally: Tally::of(&validated.rows),
            rows: validated.rows.iter().map(row).collect(),
        }
    }
}

fn row(row: &Row) -> RowJson<'_> {
    RowJson {
        id: &row.case.id,
        area: &row.case.area,
        metric: &row.case.metric,
        expected: &row.case.expected,
        measured: row.measured.as_ref(),
        half_width: row.half_width,
        tolerance: row.tolerance,
        verdict: word(row.verdict),
        reason: row.reason.as_deref(),
        replications: row.replications,
        requests: row.requests,
        model: &row.case.model,
        source: &row.case.source,
        command: row.command.as_deref(),
        figures: &row.figures,
        note: row.note.as_deref(),
    }
}
