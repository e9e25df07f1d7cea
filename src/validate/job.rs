//! One job: what is done again and again, with seed after seed, for one or more cases, and what came
//! of it so far. Whether a run of a scenario, a method or claims are behind it is decided here and
//! nowhere else.

use std::sync::Arc;

use serde_json::Value;

use super::campaign::Figures;
use super::case::Case;
use super::claimed::{Claimed, Trial};
use super::computed::Computed;
use super::effort::Mode;
use super::simulated::{Simulated, Work};

/// Why a case cannot be run as planned.
#[derive(Debug)]
pub(super) struct Shortcoming(pub String);

impl From<String> for Shortcoming {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    what: What,
    /// What its replications gave so far, by seed.
    pub samples: Vec<Figures>,
    /// How many of them there should be.
    pub wanted: usize,
    /// The fewest that count.
    pub least: usize,
    /// The most that there may be.
    pub most: usize,
}

/// A replication that is so many times as long as it should be is not repeated in haste.
const TOO_LONG: f64 = 4.0;

/// What is done.
#[derive(Debug)]
pub(super) enum What {
    /// Runs of a scenario.
    Simulated(Box<Simulated>),
    /// A method that is no single run.
    Computed(Computed),
    /// Claims about runs of their own.
    Claimed(Claimed),
}

/// What a replication does.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Runs a scenario.
    Run(Arc<Work>),
    /// Follows a method.
    Compute(Computed),
    /// Tries claims.
    Claim(Arc<Trial>),
}

impl Job {
    /// With nothing done yet.
    pub(super) fn new(what: What) -> Self {
        Self { what, samples: Vec::new(), wanted: 0, least: 0, most: 0 }
    }

    /// Are the two the same, but for their length and for what is read?
    pub(super) fn shares_runs_with(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (What::Simulated(a), What::Simulated(b)) => a.shares_runs_with(b),
            _ => false,
        }
    }

    /// Reads the figures of one more case; says which is the first of them.
    pub(super) fn want(&mut self, case: &Case, read: &Value) -> Result<usize, Shortcoming> {
        match &mut self.what {
            What::Simulated(simulated) => simulated.want(case, read),
            What::Computed(_) | What::Claimed(_) => Ok(0),
        }
    }

    /// Shortens each replication as far as the mode wants and the job can, and asks for the first of
    /// them.
    pub(super) fn limit(&mut self, mode: Mode) {
        let is_exact = match &mut self.what {
            What::Simulated(simulated) => {
                simulated.limit(mode.events());
                false
            }
            What::Computed(computed) => {
                computed.limit(mode.events());
                computed.is_exact()
            }
            What::Claimed(claimed) => {
                claimed.limit();
                false
            }
        };
        let is_long = mode == Mode::Quick && self.events() > TOO_LONG * mode.events();
        (self.least, self.most) =
            if is_exact || is_long { (1, 1) } else { mode.replications(self.events()) };
        self.wanted = self.least;
    }

    /// About how many events a replication has.
    pub(super) fn events(&self) -> f64 {
        match &self.what {
            What::Simulated(simulated) => simulated.events(),
            What::Computed(computed) => computed.events(),
            What::Claimed(claimed) => claimed.events(),
        }
    }

    /// Measured requests or trials of a replication; `None` where what it is about is fixed.
    pub(super) fn requests(&self) -> Option<f64> {
        match &self.what {
            What::Simulated(simulated) => simulated.requests(),
            What::Computed(computed) => computed.trials(),
            What::Claimed(_) => None,
        }
    }

    /// Is a replication the mean of trials?
    pub(super) fn are_trials(&self) -> bool {
        match &self.what {
            What::Simulated(simulated) => simulated.are_trials(),
            What::Computed(_) => true,
            What::Claimed(_) => false,
        }
    }

    /// What its replications do.
    pub(super) fn task(&self) -> Task {
        match &self.what {
            What::Simulated(simulated) => Task::Run(simulated.work()),
            What::Computed(computed) => Task::Compute(computed.clone()),
            What::Claimed(claimed) => Task::Claim(claimed.trial()),
        }
    }

    /// The values of a figure in all replications; `None` if one of them has none.
    pub(super) fn values(&self, read: usize) -> Option<Vec<f64>> {
        let value = |figures: &Figures| figures[read].as_ref().ok()?.as_f64();
        self.samples.iter().map(value).collect()
    }

    /// Do claims stand behind it, and no figures?
    pub(super) fn is_claimed(&self) -> bool {
        matches!(self.what, What::Claimed(_))
    }

    /// What is read for a shape whose first figure this is.
    pub(super) fn texts(&self, first: usize, shape: &Value) -> Vec<String> {
        match &self.what {
            What::Simulated(simulated) => simulated.texts(first, shape),
            What::Computed(computed) => vec![computed.about().to_owned()],
            What::Claimed(claimed) => claimed.texts(),
        }
    }

    /// Why a figure has no value.
    pub(super) fn why_not(&self, read: usize) -> String {
        let mut reasons = self.samples.iter().filter_map(|figures| figures[read].as_ref().err());
        reasons.next().cloned().unwrap_or_else(|| "it is no number".to_owned())
    }

    /// The command line of one of its runs, where it is a run.
    pub(super) fn command(&self) -> Option<String> {
        match &self.what {
            What::Simulated(simulated) => Some(simulated.command()),
            What::Computed(_) => None,
            What::Claimed(claimed) => claimed.command(),
        }
    }
}

impl Task {
    /// One replication. Pure.
    pub(super) fn run(&self, seed: u64) -> Figures {
        match self {
            Self::Run(work) => work.run(seed),
            Self::Compute(computed) => vec![computed.run(seed)],
            Self::Claim(trial) => vec![trial.run(seed)],
        }
    }
}
