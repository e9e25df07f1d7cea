//! The file of `test --baseline`: read before anything is run, held against what was run, and written where
//! there is none yet or where that is asked for. What a figure did is the analysis' business.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::args::Test;
use super::failure::{Failure, many};
use super::load::{Ready, STANDARD};
use super::output::{note, show};
use crate::analysis::Runs;
use crate::analysis::baseline::{Baseline, Drift, Record, drift};
use crate::report::baseline_json;

/// With how many seeds runs are held against a baseline where nobody says otherwise.
pub(super) const SEEDS: u64 = 5;

/// A baseline, and what was run since it was opened.
pub(super) struct Keeper {
    path: PathBuf,
    /// What the file holds; `None` where there is no file yet.
    before: Option<Baseline>,
    now: Baseline,
    is_updating: bool,
}

impl Keeper {
    /// Opens the baseline that is asked for, if one is.
    pub(super) fn open(args: &Test) -> Result<Option<Self>, Failure> {
        let Some(path) = args.baseline.clone() else { return Ok(None) };
        if path.as_os_str() == STANDARD {
            return Err(Failure::Usage("a baseline is kept in a file: name one".to_owned()));
        }
        if args.seeds.is_some_and(|seeds| seeds < 2) {
            let why =
                "one seed cannot tell a change from chance: --baseline needs --seeds 2 or more";
            return Err(Failure::Usage(why.to_owned()));
        }
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => Some(baseline_json::read(&text).map_err(|why| {
                Failure::Usage(format!("{} is no baseline: {why}", path.display()))
            })?),
            // Better now than when all has been run.
            Err(why) if why.kind() == ErrorKind::NotFound && has_folder(&path) => None,
            Err(why) => return Err(Failure::Io { path, why }),
        };
        let is_updating = args.update_baseline;
        Ok(Some(Self { path, before, now: Baseline::new(), is_updating }))
    }

    /// Takes the figures of these runs of a scenario; tells what they did, where there is a baseline.
    pub(super) fn hold(&mut self, ready: &Ready, runs: &Runs) -> Result<Vec<Drift>, Failure> {
        let measures = &ready.statements.measures;
        let file = ready.file.display().to_string().replace('\\', "/");
        if self.now.contains_key(&file) {
            return Err(Failure::Usage(format!(
                "two files are called {file} in a baseline: name them from a folder above both"
            )));
        }
        let records = self.now.entry(file.clone()).or_default();
        let mut drifts = Vec::new();
        for (design, outcomes) in runs {
            let now = Record::of(outcomes, measures, &ready.turned);
            if let Some(before) = &self.before {
                let before = before.get(&file).and_then(|designs| designs.get(design));
                drifts.push(drift(design, before, &now, measures));
            }
            records.insert(design.clone(), now);
        }
        Ok(drifts)
    }

    /// Is what moved a reason to fail?
    pub(super) fn is_judging(&self) -> bool {
        !self.is_updating
    }

    /// Has it no figure of anything that was run?
    pub(super) fn is_empty(&self) -> bool {
        self.now.is_empty()
    }

    /// Writes what was run into the file, where there is none yet or that is asked for. What was not run
    /// stays as it is.
    pub(super) fn close(self) -> Result<(), Failure> {
        if self.is_empty() || (self.before.is_some() && !self.is_updating) {
            return Ok(());
        }
        let records = self.now.values().flat_map(|designs| designs.values());
        let figures: usize = records.map(|record| record.figures.len()).sum();
        let scenarios = self.now.len();
        let mut all = self.before.unwrap_or_default();
        for (file, designs) in self.now {
            all.entry(file).or_default().extend(designs);
        }
        show(&baseline_json::text(&all), Some(&self.path))?;
        let (figures, scenarios) = (many(figures, "figure"), many(scenarios, "scenario"));
        note(&format!("baseline {}: {figures} of {scenarios} written\n", self.path.display()));
        Ok(())
    }
}

/// Is there a folder in which it can be written?
fn has_folder(path: &Path) -> bool {
    path.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir())
}
