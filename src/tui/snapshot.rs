//! What views read: everything known of the runs that are shown, as plain data that nobody changes any
//! more. Made by the worker, shared with the thread that draws.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::history::History;
use super::place::{RunId, WorldId};
use super::query::difference::Difference;
use super::query::expectations::Expectations;
use super::query::telling::Telling;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::nodes::readings::Readings;
use crate::probes::witness::Witness;
use crate::probes::{OpId, Outcome};

/// What is known.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The wish to which this answers.
    pub ticket: u64,
    /// How far its goal is reached.
    pub progress: Progress,
    /// Of each run of its columns, and of each other that was computed.
    pub runs: BTreeMap<RunId, Known>,
    /// The state of the run that is shown, where the worker stands.
    pub state: Option<Arc<State>>,
    /// The operation that was asked for, by the run that is shown, and the same one of each other column; an
    /// error says why there is none.
    pub stories: BTreeMap<RunId, Result<Arc<Telling>, String>>,
    /// What happened to the item that was asked for.
    pub witness: Option<Arc<Witness>>,
    /// The two worlds that were asked for.
    pub difference: Option<Arc<Difference>>,
    /// The expectations.
    pub expectations: Option<Arc<Expectations>>,
    /// Something to be told once.
    pub note: Option<String>,
}

/// How far the goal of a wish is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// `state` is at the goal.
    #[default]
    There,
    /// It is being restored; until then figures come from history.
    Seeking,
    /// A condition is looked for, and this is how far one is.
    Search(Time),
    /// No event fulfils what was looked for; the cursor stays where it was.
    Nowhere,
}

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its names, nodes, instances and faults, as they are at its edge: whatever befell it before is in them.
    pub model: Arc<Model>,
    /// What it left behind, up to the edge.
    pub history: History,
    /// The audit, if the run has been computed to it.
    pub audit: Option<Time>,
    /// The latest that the audit can be.
    pub horizon: Time,
    /// Why the run stopped by itself, if it did.
    pub partial: Option<String>,
    /// Where it stands at the cursor, if that is known exactly.
    pub here: Option<Here>,
    /// All figures as if the run were audited at the cursor, if they are known; those that
    /// `run --format json` would print.
    pub so_far: Option<Arc<Outcome>>,
    /// All figures at the audit.
    pub at_end: Option<Arc<Outcome>>,
}

/// A point of a run, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Here {
    /// The time.
    pub time: Time,
    /// Events handled.
    pub events: u64,
    /// The digest.
    pub digest: u64,
}

/// The state of a run at a point.
#[derive(Clone, Debug)]
pub struct State {
    /// Which run.
    pub run: RunId,
    /// The point.
    pub here: Here,
    /// Messages and timers pending.
    pub in_flight: usize,
    /// The next event, if any is to come: when and where.
    pub next: Option<(Time, InstanceId)>,
    /// By instance.
    pub instances: Vec<InstanceState>,
    /// Messages on their way, if they were asked for; at most 2 000.
    pub transit: Vec<Flying>,
}

/// An instance.
#[derive(Clone, Debug)]
pub struct InstanceState {
    /// Of which node.
    pub node: NodeIx,
    /// Which of them.
    pub index: u32,
    /// Down, and until when as far as it is known.
    pub down: Option<Down>,
    /// Busy, and waiting.
    pub busy: u32,
    /// Waiting.
    pub waiting: u32,
    /// What it says of itself.
    pub readings: Readings,
}

/// An instance that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down {
    /// Since.
    pub since: Time,
    /// Until; none if for good.
    pub until: Option<Time>,
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flying {
    /// From.
    pub from: NodeIx,
    /// To.
    pub to: NodeIx,
    /// How much of its way it has behind it, 0 to 1.
    pub way: f32,
}

impl Snapshot {
    /// What is known of a run.
    pub fn run(&self, run: RunId) -> Option<&Known> {
        self.runs.get(&run)
    }

    /// The story of an operation of this run, once it is told.
    pub fn story(&self, run: RunId, op: OpId) -> Option<&Telling> {
        let telling = self.stories.get(&run)?.as_deref().ok()?;
        (telling.op == Some(op)).then_some(telling)
    }

    /// What of it is so at any instant: all but states and figures of the one for which it was made.
    #[must_use]
    pub fn elsewhen(&self) -> Self {
        let mut all = self.clone();
        for known in all.runs.values_mut() {
            (known.here, known.so_far) = (None, None);
        }
        Self { state: None, expectations: None, ..all }
    }

    /// The worlds of which something is known.
    pub fn worlds(&self) -> impl Iterator<Item = WorldId> + '_ {
        self.runs.keys().map(|run| run.world)
    }
}

impl Known {
    /// The faults that act at an instant: name, since when and until when.
    pub fn acting(&self, at: Time) -> impl Iterator<Item = (&str, Time, Time)> {
        self.model.faults.iter().flat_map(move |(name, windows)| {
            let now = windows.iter().filter(move |(from, to)| *from <= at && at < *to);
            now.map(move |(from, to)| (name, *from, *to))
        })
    }
}
