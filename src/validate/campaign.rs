//! The cases as runs: cases that share a scenario and its knobs share their runs; replications are
//! added until every case has as many as it wants.
//!
//! ```text
//! cases ──plan──▶ jobs ──round──▶ replications ──run──▶ figures ──record──▶ ... ──rows──▶ verdicts
//!                        ▲────────────────────────────────────────────────╯
//! ```
//!
//! A campaign says what to run and judges what came of it; who runs it, on how many threads, is
//! not its business. Seeds are 1, 2, 3, ..., or those from another number on.

use std::cmp::Reverse;

use serde_json::Value;

use super::case::{Case, Kind};
use super::claimed::Claimed;
use super::computed::{Computed, stated_trials};
use super::effort::{self, Mode};
use super::job::{Job, Shortcoming, Task, What};
use super::plan::{Planned, planned};
use super::row::{self, Row, Verdict};
use super::simulated::Simulated;

/// Cases on their way to a verdict.
#[derive(Debug)]
pub struct Campaign {
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
    Run { job: usize, first: usize, shape: Value, note: Option<String> },
    /// The plan leaves it out.
    Left(String),
    /// The plan, or the case itself, is at fault.
    Broken(String),
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

impl Campaign {
    /// Prepares the cases, to be run under the seeds from the first one on; `scenario` gives the text of a
    /// shipped scenario by its name.
    pub fn new(
        cases: impl IntoIterator<Item = Case>,
        (mode, first_seed): (Mode, u64),
        scenario: impl Fn(&str) -> Option<&'static str>,
    ) -> Self {
        let mut campaign = Self { first_seed, checks: Vec::new(), jobs: Vec::new() };
        for mut case in cases {
            let state = match planned(&case) {
                Planned::Left(why) => Ok(State::Left(why.to_owned())),
                Planned::Broken(why) => Ok(State::Broken(why)),
                Planned::Run(recipe, read) => {
                    case.tolerance.n = case.tolerance.n.or(recipe.requests);
                    let what = Simulated::new(&case, recipe, &scenario);
                    let what = what.map(|it| What::Simulated(Box::new(it)));
                    campaign.join(what, &case, read, recipe.note.as_deref())
                }
                Planned::Compute(computation, method) => {
                    case.tolerance.n = case.tolerance.n.or(stated_trials(method));
                    for (name, value) in &computation.with {
                        case.params.entry(name).or_insert_with(|| value.clone());
                    }
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
            let state = state.unwrap_or_else(|Shortcoming(why)| State::Broken(why));
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
        let mine = self.checks.iter().filter_map(|check| match &check.state {
            State::Run { job: of, first, shape, .. } if *of == job && shape.is_string() => {
                Some((&check.case, *first))
            }
            _ => None,
        });
        let job = &self.jobs[job];
        let done = job.samples.len();
        let most = job.most.max(done);
        let need = mine.filter_map(|(case, first)| {
            let values = job.values(first)?;
            Some(effort::wanted(case, &values, job.requests(), most))
        });
        need.max().unwrap_or(done)
    }

    /// The verdicts, in the order of the cases.
    pub fn rows(&self) -> Vec<Row> {
        self.checks.iter().map(|check| self.row(check)).collect()
    }

    fn row(&self, Check { case, state }: &Check) -> Row {
        let (job, first, shape, note) = match state {
            State::Left(why) => return Row::without(case, Verdict::NotCovered, why),
            State::Broken(why) => return Row::without(case, Verdict::Broken, why),
            State::Run { job, first, shape, note } => (&self.jobs[*job], *first, shape, note),
        };
        if job.samples.len() < job.least {
            let why = "interrupted before it had been run";
            return Row::without(case, Verdict::NotCovered, why);
        }
        let row = Row {
            replications: job.samples.len(),
            requests: job.requests(),
            are_trials: job.are_trials(),
            command: job.command(),
            figures: job.texts(first, shape),
            note: note.clone(),
            reason: None,
            ..Row::without(case, Verdict::NotCovered, "")
        };
        if job.is_claimed() || case.tolerance.kind == Kind::Rule {
            row::claimed(row, job, first)
        } else if shape.is_string() && case.expected.is_number() {
            row::number(row, job, first)
        } else {
            row::shaped(row, job, first, shape)
        }
    }
}
