//! What a report of a comparison is made from: the comparison, with what only the caller knows.

use std::path::Path;

use super::run::explain_line;
use crate::analysis::compare::Comparison;
use crate::analysis::reading::Sentence;
use crate::base::Span;
use crate::probes::outcome::Anomaly;

/// A comparison, ready to be shown.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    /// The figures.
    pub comparison: &'a Comparison,
    /// What they say.
    pub reading: Vec<Sentence>,
    /// The scenario's own sentence about itself.
    pub about: &'a str,
    /// Its file, as results name it.
    pub file: &'a Path,
    /// What the command line changed, with a blank before each.
    pub turned: &'a str,
    /// How long customers arrive in each run.
    pub length: Span,
    /// How many seeds were asked for; fewer were run where somebody pressed Ctrl-C.
    pub asked: u64,
    /// One anomaly of each design, if it had any, with its seed.
    pub anomalies: Vec<(String, u64, Anomaly)>,
}

impl Compared<'_> {
    /// `seed 1`, `seeds 1 to 5`.
    pub fn seeds(&self) -> String {
        match &self.comparison.seeds[..] {
            [] => "no seed".to_owned(),
            [one] => format!("seed {one}"),
            [first, .., last] => format!("seeds {first} to {last}"),
        }
    }

    /// Was it cut short?
    pub fn is_partial(&self) -> bool {
        (self.comparison.seeds.len() as u64) < self.asked
            || self.comparison.designs.iter().any(|it| it.partial > 0)
    }

    /// The line that tells the story of an anomaly.
    pub fn explain_line(&self, design: &str, seed: u64, anomaly: &Anomaly) -> String {
        explain_line(self.file, anomaly, design, seed, self.turned)
    }
}
