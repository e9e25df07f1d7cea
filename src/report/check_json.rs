//! Mistakes of scenario files as JSON: `{"schema", "engine", "files", "errors", "warnings",
//! "diagnostics": [...]}`, one item for each mistake, in the order of files and places.

use serde::Serialize;

use super::json::{ENGINE, SCHEMA};
use crate::scenario::{Diagnostic, Diagnostics, Origin, Severity, Site};

/// All mistakes of all files.
#[derive(Serialize)]
pub struct CheckJson<'a> {
    schema: u32,
    engine: &'static str,
    /// How many files were looked at.
    files: usize,
    errors: usize,
    warnings: usize,
    /// More mistakes than are worth listing; they count as errors.
    omitted: usize,
    diagnostics: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    /// `null`: the file as a whole.
    at: Option<At<'a>>,
    label: Option<&'a str>,
    help: Option<&'a str>,
    notes: Vec<Note<'a>>,
}

/// Lines and columns count from 1, columns and lengths in characters.
#[derive(Serialize)]
struct At<'a> {
    /// The `--set` that it lies in; `null`: in the file.
    set: Option<&'a str>,
    line: u32,
    column: u32,
    length: u32,
}

#[derive(Serialize)]
struct Note<'a> {
    at: Option<At<'a>>,
    label: &'a str,
}

impl<'a> CheckJson<'a> {
    /// The shape of what was found in so many files.
    pub fn of(found: &'a [Diagnostics], files: usize) -> Self {
        let of_severity = |severity| {
            let all = found.iter().flat_map(|found| &found.list);
            all.filter(|one| one.severity() == severity).count()
        };
        let omitted = found.iter().map(|found| found.omitted).sum();
        let rows = found.iter().flat_map(|of| of.list.iter().map(|one| row(&of.path, one)));
        Self {
            schema: SCHEMA,
            engine: ENGINE,
            files,
            errors: of_severity(Severity::Error) + omitted,
            warnings: of_severity(Severity::Warning),
            omitted,
            diagnostics: rows.collect(),
        }
    }
}

fn row<'a>(file: &'a str, one: &'a Diagnostic) -> Row<'a> {
    let notes = one.notes.iter().map(|(site, label)| Note { at: at(site), label });
    Row {
        file,
        severity: match one.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: one.code.text(),
        message: &one.message,
        at: at(&one.site),
        label: Some(one.label.as_str()).filter(|label| !label.is_empty()),
        help: one.help.as_deref(),
        notes: notes.collect(),
    }
}

fn at(site: &Site) -> Option<At<'_>> {
    let set = match &site.origin {
        Origin::File => None,
        Origin::Set(text) => Some(text.as_str()),
    };
    let (line, column) = (site.place.line, site.place.column);
    (line > 0).then_some(At { set, line, column, length: site.length })
}
