//! What became of a case: how one row of the results comes from the figures of its replications.

use serde_json::{Map, Value};

use super::case::{Case, Kind};
use super::effort::Effort;
use super::job::Job;
use super::judge;
use crate::analysis::stats::{half_width, mean};

/// How a case came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Ok,
    /// Not as expected.
    Miss,
    /// The interval is wider than the tolerance, and lies on both sides of where it ends.
    CannotTell,
    /// The case cannot be run as the plan says: one of the two is wrong.
    Broken,
    /// Not run, or not judged.
    NotCovered,
}

/// A case with what was measured.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// The mean over the replications, in the shape of what is expected.
    pub measured: Option<Value>,
    /// Half the 95 % interval of a single number.
    pub half_width: Option<f64>,
    /// How far off it may be.
    pub tolerance: Option<f64>,
    /// How it came out.
    pub verdict: Verdict,
    /// Why it is not covered, or what is missing.
    pub reason: Option<String>,
    /// Replications.
    pub replications: usize,
    /// Measured requests of each replication; `None` where its stretch of time is fixed.
    pub requests: Option<f64>,
    /// Are these no requests but trials, of which a replication is the mean?
    pub are_trials: bool,
    /// The command line of one of the runs.
    pub command: Option<String>,
    /// What was read of each run, in the language of expectations.
    pub figures: Vec<String>,
    /// What there is to say about that.
    pub note: Option<String>,
}

impl Row {
    /// Of a case of which nothing was run.
    pub(super) fn without(case: &Case, verdict: Verdict, reason: &str) -> Self {
        Self {
            case: case.clone(),
            measured: None,
            half_width: None,
            tolerance: None,
            verdict,
            reason: Some(reason.to_owned()),
            replications: 0,
            requests: None,
            are_trials: false,
            command: None,
            figures: Vec::new(),
            note: None,
        }
    }
}

/// Why nothing can be told of a number.
const TOO_WIDE: &str = "the interval is wider than the tolerance";

/// A case that expects a number.
pub(super) fn number(row: Row, job: &Job, first: usize) -> Row {
    let Some(values) = job.values(first) else {
        return Row { verdict: Verdict::Miss, reason: Some(job.why_not(first)), ..row };
    };
    let measured = mean(&values).expect("there are replications");
    let kind = row.case.tolerance.kind;
    let half_width = half_width(&values, 0.95).filter(|_| kind != Kind::Exact);
    let row = Row { measured: Some(measured.into()), half_width, ..row };
    let expected = row.case.expected.as_f64().expect("a number is expected");
    let effort = Effort { replications: row.replications, requests: row.requests };
    let Some(allowed) = judge::allowed(&row.case, expected, effort) else {
        return Row { reason: Some("shown for reference, not judged".to_owned()), ..row };
    };
    let claim = judge::Claim { kind, expected, allowed };
    let verdict = match kind {
        Kind::Exact if values.iter().all(|value| claim.agrees(*value)) => Verdict::Ok,
        Kind::Exact => Verdict::Miss,
        _ => claim.verdict(measured, half_width.unwrap_or(0.0)),
    };
    let reason = (verdict == Verdict::CannotTell).then(|| TOO_WIDE.to_owned());
    Row { tolerance: Some(allowed), verdict, reason, ..row }
}

/// A case that expects a sentence: every claim about it must hold in every replication, or the
/// rule that it gives.
pub(super) fn claimed(row: Row, job: &Job, first: usize) -> Row {
    let found = job.samples.iter().map(|figures| figures[first].as_ref());
    match found.collect::<Result<Vec<_>, _>>() {
        Ok(held) => {
            Row { measured: held.first().map(|it| (*it).clone()), verdict: Verdict::Ok, ..row }
        }
        Err(why) => Row { verdict: Verdict::Miss, reason: Some(why.clone()), ..row },
    }
}

/// A case that expects anything else: every part of every replication must be equal.
pub(super) fn shaped(row: Row, job: &Job, first: usize, shape: &Value) -> Row {
    let measured: Vec<Value> =
        job.samples.iter().map(|figures| shape_of(shape, &figures[first..], &mut 0)).collect();
    let ok = measured.iter().all(|it| judge::equals(it, &row.case.expected));
    let measured = measured.into_iter().next();
    let unread = match (&row.case.expected, &measured) {
        (Value::Object(all), Some(Value::Object(read))) => {
            all.keys().filter(|key| !read.contains_key(*key)).cloned().collect()
        }
        _ => Vec::new(),
    };
    Row {
        measured,
        tolerance: Some(0.0),
        verdict: if ok { Verdict::Ok } else { Verdict::Miss },
        reason: (!unread.is_empty()).then(|| format!("not read: {}", unread.join(", "))),
        ..row
    }
}

/// The figures in the shape in which they were asked for.
fn shape_of(shape: &Value, figures: &[Result<Value, String>], next: &mut usize) -> Value {
    match shape {
        Value::Array(items) => {
            items.iter().map(|item| shape_of(item, figures, next)).collect::<Vec<_>>().into()
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, it)| (key.clone(), shape_of(it, figures, next)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        _ => {
            *next += 1;
            figures[*next - 1].as_ref().map_or(Value::Null, Value::clone)
        }
    }
}
