//! The cases as runs: cases that share a scenario and its knobs share their runs; replications are
//! added until every interval is within its tolerance.
//!
//! ```text
//! cases ──plan──▶ jobs ──round──▶ replications ──run──▶ figures ──record──▶ ... ──rows──▶ verdicts
//!                        ▲────────────────────────────────────────────────╯
//! ```
//!
//! A campaign says what to run and judges what came of it; who runs it, on how many threads, is
//! not its business. Seeds are 1, 2, 3, ..., or those from another number on.

use std::cmp::Reverse;

use serde_json::{Map, Value};

use super::case::{Case, Kind};
use super::claimed::Claimed;
use super::computed::{Computed, stated_trials};
use super::job::{Job, Shortcoming, Task, What};
use super::judge::{self, Effort};
use super::plan::{Planned, planned};
use super::simulated::Simulated;
use crate::analysis::stats::{half_width, mean, sd, t_quantile};

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Short runs, three of each, or one that cannot be short: seconds, and wide tolerances.
    Quick,
    /// Runs of at most two million events, three to ten of each.
    Usual,
    /// Ten runs of the stated length.
    Full,
}

impl Mode {
    /// Events of one replication, at most (where it need not be longer to settle).
    pub fn events(self) -> f64 {
        match self {
            Self::Quick => 2e5,
            Self::Usual => 2e6,
            Self::Full => f64::INFINITY,
        }
    }

    /// Replications, at least and at most.
    pub fn replications(self) -> (usize, usize) {
        match self {
            Self::Quick => (3, 3),
            Self::Usual => (3, 10),
            Self::Full => (10, 10),
        }
    }
}

/// Cases on their way to a verdict.
#[derive(Debug)]
pub struct Campaign {
    mode: Mode,
    /// The seed of the first replication.
    first_seed: u64,
    checks: Vec<Check>,
    jobs: Vec<Job>,
}

/// One case.
#[derive(Debug)]
struct Check {
    case: Case,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Its figures are those of this job, from this place on, put into this shape.
    Run {
        job: usize,
        first: usize,
        shape: Value,
        note: Option<String>,
    },
    Left(String),
}

/// One run that is wanted.
#[derive(Clone, Debug)]
pub struct Replication {
    job: usize,
    seed: u64,
    task: Task,
}

/// What one run gave: a value or a reason for each of the job's figures.
pub type Figures = Vec<Result<Value, String>>;

impl Replication {
    /// Runs. Pure.
    pub fn run(&self) -> Figures {
        self.task.run(self.seed)
    }
}

/// How a case came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Ok,
    /// Not as expected.
    Miss,
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

impl Campaign {
    /// Prepares the cases, to be run under the seeds from the first one on; `scenario` gives the text of a
    /// shipped scenario by its name.
    pub fn new(
        cases: impl IntoIterator<Item = Case>,
        (mode, first_seed): (Mode, u64),
        scenario: impl Fn(&str) -> Option<&'static str>,
    ) -> Self {
        let mut campaign = Self { mode, first_seed, checks: Vec::new(), jobs: Vec::new() };
        for mut case in cases {
            let state = match planned(&case) {
                Planned::Left(why) => Ok(State::Left(why.to_owned())),
                Planned::Run(recipe, read) => {
                    case.tolerance.n = case.tolerance.n.or(recipe.requests);
                    let what = Simulated::new(&case, recipe, &scenario);
                    let what = what.map(|it| What::Simulated(Box::new(it)));
                    campaign.join(what, &case, read, recipe.note.as_deref())
                }
                Planned::Compute(computation, method) => {
                    case.tolerance.n = case.tolerance.n.or(stated_trials(method));
                    case.params.extend(computation.with.clone());
                    if let (Kind::Reference, Some(within)) =
                        (case.tolerance.kind, computation.within)
                    {
                        (case.tolerance.kind, case.tolerance.value) = (Kind::Rel, Some(within));
                    }
                    let what = Computed::new(&case, method).map(What::Computed);
                    campaign.join(what, &case, &Value::from(method), None)
                }
                Planned::Claim(entry, claims) => {
                    let what = Claimed::new(&case, claims, &scenario).map(What::Claimed);
                    campaign.join(what, &case, &Value::from("claims"), entry.note.as_deref())
                }
            };
            let state = state.unwrap_or_else(|Shortcoming(why)| State::Left(why));
            campaign.checks.push(Check { case, state });
        }
        campaign.jobs.iter_mut().for_each(|job| job.limit(mode));
        campaign
    }

    /// Adds the case's figures to the job that runs it.
    fn join(
        &mut self,
        what: Result<What, Shortcoming>,
        case: &Case,
        read: &Value,
        note: Option<&str>,
    ) -> Result<State, Shortcoming> {
        let job = Job::new(what?);
        let at = self.jobs.iter().position(|other| other.shares_runs_with(&job));
        let at = at.unwrap_or_else(|| {
            self.jobs.push(job);
            self.jobs.len() - 1
        });
        let first = self.jobs[at].want(case, read)?;
        Ok(State::Run { job: at, first, shape: read.clone(), note: note.map(str::to_owned) })
    }

    /// The runs that are wanted next, long ones first; none when all is done.
    pub fn round(&self) -> Vec<Replication> {
        let mut jobs: Vec<usize> = (0..self.jobs.len()).collect();
        jobs.sort_by_key(|job| Reverse(self.jobs[*job].events() as u64));
        let wanted = jobs.into_iter().flat_map(|job| {
            let it = &self.jobs[job];
            let task = it.task();
            let seeds = it.samples.len()..it.wanted;
            let seed = |at: usize| self.first_seed.saturating_add(at as u64);
            seeds.map(move |at| Replication { job, seed: seed(at), task: task.clone() })
        });
        wanted.collect()
    }

    /// Takes what the runs of the last round gave, in their order, and sees which jobs need more.
    pub fn record(&mut self, round: &[Replication], results: Vec<Figures>) {
        for (replication, figures) in round.iter().zip(results) {
            self.jobs[replication.job].samples.push(figures);
        }
        for at in 0..self.jobs.len() {
            self.jobs[at].wanted = self.wanted(at);
        }
    }

    /// How many replications a job needs, as far as can be told.
    fn wanted(&self, job: usize) -> usize {
        let most = self.mode.replications().1;
        let mine = self.checks.iter().filter_map(|check| match &check.state {
            State::Run { job: of, first, shape, .. } if *of == job && shape.is_string() => {
                Some((&check.case, *first))
            }
            _ => None,
        });
        let job = &self.jobs[job];
        let done = job.samples.len();
        let need = mine.filter_map(|(case, first)| {
            let values = job.values(first)?;
            let expected = case.expected.as_f64()?;
            (done..=most)
                .find(|&count| {
                    let effort = Effort { replications: count, requests: job.requests() };
                    let allowed = judge::allowed(case, expected, effort);
                    match (allowed, half_width_of(&values, count)) {
                        (Some(allowed), Some(half)) => half <= allowed,
                        _ => true,
                    }
                })
                .or(Some(most))
        });
        need.max().unwrap_or(done).max(done)
    }

    /// The verdicts, in the order of the cases.
    pub fn rows(&self) -> Vec<Row> {
        self.checks.iter().map(|check| self.row(check)).collect()
    }

    fn row(&self, Check { case, state }: &Check) -> Row {
        let left = |reason: &str| Row {
            case: case.clone(),
            measured: None,
            half_width: None,
            tolerance: None,
            verdict: Verdict::NotCovered,
            reason: Some(reason.to_owned()),
            replications: 0,
            requests: None,
            are_trials: false,
            command: None,
            figures: Vec::new(),
            note: None,
        };
        let (job, first, shape, note) = match state {
            State::Left(why) => return left(why),
            State::Run { job, first, shape, note } => (&self.jobs[*job], *first, shape, note),
        };
        if job.samples.len() < job.least {
            return left("interrupted before it had been run");
        }
        let row = Row {
            replications: job.samples.len(),
            requests: job.requests(),
            are_trials: job.are_trials(),
            command: job.command(),
            figures: job.texts(first, shape),
            note: note.clone(),
            ..left("")
        };
        if job.is_claimed() || case.tolerance.kind == Kind::Rule {
            claimed(row, job, first)
        } else if shape.is_string() && case.expected.is_number() {
            number(row, job, first, self.mode)
        } else {
            shaped(row, job, first, shape)
        }
    }
}

/// Half the interval that so many replications would have, to judge by the spread of these.
fn half_width_of(values: &[f64], count: usize) -> Option<f64> {
    let sd = sd(values)?;
    Some(t_quantile(0.975, (count - 1) as f64) * sd / (count as f64).sqrt())
}

/// A case that expects a number.
fn number(row: Row, job: &Job, first: usize, mode: Mode) -> Row {
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
    let allowed = match (mode, half_width) {
        // Too few runs to tell: a miss is what lies outside of the interval as well.
        (Mode::Quick, Some(half)) => allowed.max(half),
        _ => allowed,
    };
    let ok = match kind {
        Kind::Exact => values.iter().all(|value| judge::agrees(kind, *value, expected, allowed)),
        _ => judge::agrees(kind, measured, expected, allowed),
    };
    let verdict = if ok { Verdict::Ok } else { Verdict::Miss };
    Row { tolerance: Some(allowed), verdict, reason: None, ..row }
}

/// A case that expects a sentence: every claim about it must hold in every replication, or the
/// rule that it gives.
fn claimed(row: Row, job: &Job, first: usize) -> Row {
    let found = job.samples.iter().map(|figures| figures[first].as_ref());
    match found.collect::<Result<Vec<_>, _>>() {
        Ok(held) => Row {
            measured: held.first().map(|it| (*it).clone()),
            verdict: Verdict::Ok,
            reason: None,
            ..row
        },
        Err(why) => Row { verdict: Verdict::Miss, reason: Some(why.clone()), ..row },
    }
}

/// A case that expects anything else: every part of every replication must be equal.
fn shaped(row: Row, job: &Job, first: usize, shape: &Value) -> Row {
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
