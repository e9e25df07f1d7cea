//! What a report of `test` is made from: scenarios with what came of their expectations.

use std::path::PathBuf;

use crate::analysis::baseline::Drift;
use crate::analysis::expectation::{Finding, Verdict};

/// One scenario file.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its name.
    pub scenario: String,
    /// Its file, as results name it.
    pub file: PathBuf,
    /// What came of it.
    pub result: Result<Vec<Ruling>, Skipped>,
    /// Its designs held against the baseline, if there is one.
    pub drifts: Vec<Drift>,
}

/// One expectation in one design.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// What the analysis says.
    pub verdict: Verdict,
    /// The line of the file on which the expectation stands, counted from 1.
    pub line: Option<u32>,
    /// The lines that replay the runs of the seed that decided.
    pub replay: Vec<String>,
}

/// Why nothing was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The scenario expects nothing.
    NoExpectations,
    /// It is invalid; the diagnostics are on stderr.
    Invalid,
}

/// How many of each there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Expectations that held.
    pub passed: usize,
    /// Expectations that failed, for want of data as well.
    pub failed: usize,
    /// Expectations about designs that were not run.
    pub not_run: usize,
    /// Scenarios without expectations.
    pub no_expectations: usize,
    /// Invalid scenarios.
    pub invalid: usize,
    /// Figures that moved against the baseline.
    pub moved: usize,
    /// Figures that were held against the baseline.
    pub held: usize,
}

impl Tally {
    /// Counts.
    pub fn of(all: &[Judged]) -> Self {
        let mut tally = Self::default();
        for judged in all {
            tally.moved += judged.drifts.iter().map(|drift| drift.moved.len()).sum::<usize>();
            tally.held += judged.drifts.iter().map(|drift| drift.held).sum::<usize>();
            match &judged.result {
                Err(Skipped::NoExpectations) => tally.no_expectations += 1,
                Err(Skipped::Invalid) => tally.invalid += 1,
                Ok(rulings) => rulings.iter().for_each(|ruling| tally.add(&ruling.verdict)),
            }
        }
        tally
    }

    fn add(&mut self, verdict: &Verdict) {
        if verdict.failed() {
            self.failed += 1;
        } else if verdict.finding == Finding::NotRun {
            self.not_run += 1;
        } else {
            self.passed += 1;
        }
    }
}
