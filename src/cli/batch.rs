//! Many runs at once: on all cores, their results in the order of the jobs whatever ended first.
//!
//! The runs are pure functions on threads of their own; this thread waits for their results, shows
//! how many there are, and leaves with what there is when somebody presses Ctrl-C.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Progress;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::output::Screen;
use crate::analysis::extras;
use crate::probes::outcome::Outcome;
use crate::scenario::tree::Scenario;
use crate::simulate;

/// How long Ctrl-C may go unnoticed.
const GLANCE: Duration = Duration::from_millis(50);

/// One run to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    /// Of which design, by index.
    pub design: usize,
    /// With which seed.
    pub seed: u64,
}

/// All pairs, seed by seed: what an interrupt leaves is then complete for the first seeds.
pub(super) fn pairs(designs: &[usize], seeds: impl Iterator<Item = u64>) -> Vec<Job> {
    let of_seed = |seed| designs.iter().map(move |&design| Job { design, seed });
    seeds.flat_map(of_seed).collect()
}

/// The outcomes of all jobs in their order; `None` where an interrupt came first.
pub(super) fn run(
    scenario: &Arc<Scenario>,
    jobs: Vec<Job>,
    bar: &ProgressBar,
    interrupt: &Interrupt,
) -> Result<Vec<Option<Outcome>>, Failure> {
    let scenario = Arc::clone(scenario);
    let extras = extras(&scenario);
    let work = move |job: Job| simulate::run_with(&scenario, job.design, job.seed, extras);
    each(jobs, work, bar, interrupt)
}

/// What comes of all jobs in their order; `None` where an interrupt came first.
pub(super) fn each<J, T>(
    jobs: Vec<J>,
    work: impl Fn(J) -> T + Send + Sync + 'static,
    bar: &ProgressBar,
    interrupt: &Interrupt,
) -> Result<Vec<Option<T>>, Failure>
where
    J: Send + 'static,
    T: Send + 'static,
{
    let mut results: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
    let arriving = start(jobs, work, interrupt);
    while !interrupt.is_asked() {
        match arriving.recv_timeout(GLANCE) {
            Ok((at, Some(result))) => {
                results[at] = Some(result);
                bar.inc(1);
            }
            Ok((_, None)) => return Err(Failure::Internal("a run ended in the middle".to_owned())),
            Err(RecvTimeoutError::Timeout) => bar.tick(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(results)
}

/// Starts all jobs; each sends its place and its result, nothing if it panicked.
fn start<J, T>(
    jobs: Vec<J>,
    work: impl Fn(J) -> T + Send + Sync + 'static,
    interrupt: &Interrupt,
) -> Receiver<(usize, Option<T>)>
where
    J: Send + 'static,
    T: Send + 'static,
{
    let work = Arc::new(work);
    let (sender, results) = mpsc::channel();
    for (at, job) in jobs.into_iter().enumerate() {
        let (work, sender, interrupt) = (Arc::clone(&work), sender.clone(), interrupt.clone());
        rayon::spawn_fifo(move || {
            if interrupt.is_asked() {
                return;
            }
            let result = panic::catch_unwind(AssertUnwindSafe(|| work(job))).ok();
            // Nobody listens any more after an interrupt.
            let _ = sender.send((at, result));
        });
    }
    results
}

/// Shows on stderr how many of `count` runs have ended, where a person looks; else nothing.
pub(super) fn bar(count: usize, progress: Progress, screen: &Screen) -> ProgressBar {
    if !screen.lively || progress.no_progress || count < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    let plain = ProgressStyle::with_template("{bar:40} {pos} of {len} runs")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(plain.progress_chars("=> "));
    bar
}
