//! Validated cases for documents: a table for each area, with the sources.

use std::fmt::Write;

use super::validated::{Tally, Validated, effort, number, significant, word};
use crate::validate::{Row, Verdict};

/// The head of every table.
pub const HEAD: &str = "| case | model | expected | measured | may be off | verdict | source |
| --- | --- | --- | --- | --- | --- | --- |
";

/// All rows by area.
pub fn render(validated: &Validated) -> String {
    let mut text = format!("{}; {}.\n", Tally::of(&validated.rows).words(), validated.method());
    for (area, rows) in validated.areas() {
        let _ = write!(text, "\n### {area}\n\n{HEAD}");
        for row in rows {
            text += &line(row);
        }
    }
    text
}

fn line(row: &Row) -> String {
    let case = &row.case;
    let measured = match (&row.measured, row.half_width) {
        (None, _) => String::new(),
        (Some(value), Some(half)) => format!("{} ± {}", number(value), significant(half)),
        (Some(value), None) => number(value),
    };
    let tolerance = row.tolerance.map(significant).unwrap_or_default();
    let verdict = match (row.verdict, &row.reason) {
        (verdict @ (Verdict::NotCovered | Verdict::Broken), Some(reason)) => {
            format!("{}: {reason}", word(verdict))
        }
        (verdict, Some(reason)) => format!("{}, {}; {reason}", word(verdict), effort(row)),
        (verdict, None) => format!("{}, {}", word(verdict), effort(row)),
    };
    format!(
        "| `{}` | {} | {} | {} | {tolerance} | {} | {} |\n",
        case.id,
        escaped(&case.model),
        escaped(&number(&case.expected)),
        escaped(&measured),
        escaped(&verdict),
        escaped(&case.source),
    )
}

/// As text within a table.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('*', "\\*")
        .replace('<', "&lt;")
        .replace('\n', " ")
}
