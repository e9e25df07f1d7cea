//! What a report of `validate` is made from: cases with what was measured, and their tally.

use serde::Serialize;

use super::figures;
use crate::validate::{Mode, Row, Verdict};

/// A campaign that has ended.
#[derive(Clone, Debug)]
pub struct Validated {
    /// The cases in the order of the areas.
    pub rows: Vec<Row>,
    /// How much was run.
    pub mode: Mode,
    /// Was it interrupted?
    pub partial: bool,
}

/// How many of each there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// As expected.
    pub ok: usize,
    /// Not as expected.
    pub missed: usize,
    /// Of too wide an interval to tell.
    pub cannot_tell: usize,
    /// Not to be run as planned.
    pub broken: usize,
    /// Not run or not judged.
    pub not_covered: usize,
}

impl Tally {
    /// Counts.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut tally = Self::default();
        for row in rows {
            *match row.verdict {
                Verdict::Ok => &mut tally.ok,
                Verdict::Miss => &mut tally.missed,
                Verdict::CannotTell => &mut tally.cannot_tell,
                Verdict::Broken => &mut tally.broken,
                Verdict::NotCovered => &mut tally.not_covered,
            } += 1;
        }
        tally
    }

    /// `61 ok, 0 missed, 2 cannot tell, 37 not covered`; what is broken is named where something is.
    pub fn words(self) -> String {
        let Self { ok, missed, cannot_tell, broken, not_covered } = self;
        let broken = if broken == 0 { String::new() } else { format!(", {broken} broken") };
        format!(
            "{ok} ok, {missed} missed, {cannot_tell} cannot tell{broken}, {not_covered} not covered"
        )
    }
}

impl Validated {
    /// The rows by area, in order.
    pub fn areas(&self) -> Vec<(&'static str, Vec<&Row>)> {
        by(&self.rows, |row| row.case.title())
    }

    /// How the runs were made, in one sentence.
    pub fn method(&self) -> &'static str {
        match self.mode {
            Mode::Quick => "quick: three to ten short runs of each",
            Mode::Usual => {
                "three runs of each or more, until the 95 % interval is within the tolerance"
            }
            Mode::Full => "full: ten runs of the stated length of each, or more",
        }
    }
}

/// Rows that follow one another and share a key.
pub fn by<'a, K: PartialEq>(
    rows: impl IntoIterator<Item = &'a Row>,
    key: impl Fn(&'a Row) -> K,
) -> Vec<(K, Vec<&'a Row>)> {
    let mut groups: Vec<(K, Vec<&Row>)> = Vec::new();
    for row in rows {
        let of = key(row);
        match groups.last_mut() {
            Some((last, group)) if *last == of => group.push(row),
            _ => groups.push((of, vec![row])),
        }
    }
    groups
}

/// As the JSON spells it.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Miss => "miss",
        Verdict::CannotTell => "cannot tell",
        Verdict::Broken => "broken",
        Verdict::NotCovered => "not covered",
    }
}

/// `3 runs of 1 000 000 requests`; of what is no single run, `3 times 400 trials`.
pub fn effort(row: &Row) -> String {
    let count = |number: f64| figures::full_count((number + 0.5) as u64);
    match (row.command.is_some(), row.requests) {
        (_, Some(trials)) if row.are_trials => {
            format!("{} times {} trials", row.replications, count(trials))
        }
        (_, Some(requests)) => format!("{} runs of {} requests", row.replications, count(requests)),
        (true, None) => format!("{} runs", row.replications),
        (false, None) => "exact".to_owned(),
    }
}

/// Five significant digits: results are compared by their last ones. Lists and objects as they are.
pub fn number(value: &serde_json::Value) -> String {
    let shape = || value.to_string().replace(",\"", ", \"");
    value.as_f64().map_or_else(shape, significant)
}

/// Five significant digits, without exponents as far as they can be done without.
pub fn significant(value: f64) -> String {
    let size = value.abs();
    let places = match size {
        0.0 => 0,
        size if size >= 1e4 => 0,
        size if size >= 1e3 => 1,
        size if size >= 1e2 => 2,
        size if size >= 1e1 => 3,
        size if size >= 1.0 => 4,
        size if size >= 1e-1 => 5,
        size if size >= 1e-2 => 6,
        _ => 7,
    };
    format!("{value:.places$}")
}
