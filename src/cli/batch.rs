//! Many runs at once: on all cores, their results in the order of the jobs whatever ended first.
//!
//! The runs are pure functions on threads of their own; this thread waits for their results, shows how far
//! they are, and leaves with what there is when somebody presses Ctrl-C: at once, or with what the runs
//! under way have measured until then.

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Progress;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::output::Screen;
use crate::analysis::extras;
use crate::probes::Extras;
use crate::probes::outcome::Outcome;
use crate::scenario::tree::Scenario;
use crate::simulate::{self, Reached};

/// How long Ctrl-C may go unnoticed.
const GLANCE: Duration = Duration::from_millis(50);

/// How finely it is shown how far a run is.
const PARTS: u64 = 1_000;

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
    each(jobs, of(scenario, Extras::NONE), bar, interrupt, Ending::AtOnce)
}

/// The same, with more to be gathered than the scenario asks for; what an interrupt cuts short has an
/// outcome, which says that it is partial. `None` where the run had not begun.
pub(super) fn run_as_far_as(
    scenario: &Arc<Scenario>,
    more: Extras,
    jobs: Vec<Job>,
    bar: &ProgressBar,
    interrupt: &Interrupt,
) -> Result<Vec<Option<Outcome>>, Failure> {
    each(jobs, of(scenario, more), bar, interrupt, Ending::WithWhatThereIs)
}

fn of(
    scenario: &Arc<Scenario>,
    more: Extras,
) -> impl Fn(Job, &mut Pulse) -> Outcome + Send + Sync + 'static {
    let (scenario, extras) = (Arc::clone(scenario), extras(scenario) | more);
    move |job, pulse| {
        let watch = &mut |reached| pulse.beat(reached);
        simulate::run_watched(&scenario, job.design, job.seed, extras, watch)
    }
}

/// What becomes of the jobs under way when somebody presses Ctrl-C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nobody waits for them.
    AtOnce,
    /// They hear of it by their pulse, and what they give is a result.
    WithWhatThereIs,
}

/// By this a job tells how far it is, and hears of Ctrl-C.
pub(super) struct Pulse {
    interrupt: Interrupt,
    /// Of all jobs together.
    done: Arc<AtomicU64>,
    told: u64,
}

impl Pulse {
    /// It has come so far. Is it to go on?
    pub(super) fn beat(&mut self, reached: Reached) -> ControlFlow<()> {
        let Reached { now, end } = reached;
        let parts = u128::from(PARTS) * u128::from(now.0) / u128::from(end.0.max(1));
        self.tell((parts as u64).min(PARTS));
        if self.interrupt.is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn tell(&mut self, parts: u64) {
        self.done.fetch_add(parts.saturating_sub(self.told), Ordering::Relaxed);
        self.told = self.told.max(parts);
    }
}

/// What comes of all jobs in their order; `None` where an interrupt came first.
pub(super) fn each<J, T>(
    jobs: Vec<J>,
    work: impl Fn(J, &mut Pulse) -> T + Send + Sync + 'static,
    bar: &ProgressBar,
    interrupt: &Interrupt,
    ending: Ending,
) -> Result<Vec<Option<T>>, Failure>
where
    J: Send + 'static,
    T: Send + 'static,
{
    interrupt.runs();
    let count = jobs.len();
    let mut results: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
    let (done, mut ended) = (Arc::new(AtomicU64::new(0)), 0);
    let arriving = start(jobs, work, interrupt, &done);
    while ending == Ending::WithWhatThereIs || !interrupt.is_asked() {
        match arriving.recv_timeout(GLANCE) {
            Ok((at, Some(result))) => {
                results[at] = Some(result);
                ended += 1;
            }
            Ok((_, None)) => return Err(Failure::Internal("a run ended in the middle".to_owned())),
            Err(RecvTimeoutError::Timeout) => {
                if count > 1 {
                    bar.set_message(format!("{ended} of {count} runs"));
                }
                bar.set_position(done.load(Ordering::Relaxed) / count as u64);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(results)
}

/// Starts all jobs; each sends its place and its result, nothing if it panicked.
fn start<J, T>(
    jobs: Vec<J>,
    work: impl Fn(J, &mut Pulse) -> T + Send + Sync + 'static,
    interrupt: &Interrupt,
    done: &Arc<AtomicU64>,
) -> Receiver<(usize, Option<T>)>
where
    J: Send + 'static,
    T: Send + 'static,
{
    let work = Arc::new(work);
    let (sender, results) = mpsc::channel();
    for (at, job) in jobs.into_iter().enumerate() {
        let (work, sender) = (Arc::clone(&work), sender.clone());
        let mut pulse = Pulse { interrupt: interrupt.clone(), done: Arc::clone(done), told: 0 };
        rayon::spawn_fifo(move || {
            if pulse.interrupt.is_asked() {
                return;
            }
            let result = panic::catch_unwind(AssertUnwindSafe(|| work(job, &mut pulse))).ok();
            pulse.tell(PARTS);
            // Nobody listens any more after an interrupt.
            let _ = sender.send((at, result));
        });
    }
    results
}

/// Shows on stderr how far runs are, where a person looks and if they take a moment; else nothing.
pub(super) fn bar(progress: Progress, screen: &Screen) -> ProgressBar {
    if !screen.lively || progress.no_progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr());
    let plain = ProgressStyle::with_template("[{bar:40}] {percent:>3}% {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(plain.progress_chars("=> "));
    bar
}
