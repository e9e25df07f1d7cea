//! Cases whose outcome is a sentence: it is as documented if every claim of the plan about it holds,
//! each in a run of its own, for every seed.

use std::sync::Arc;

use serde_json::Value;

use super::case::Case;
use super::job::Shortcoming;
use super::plan::{Claim, Recipe};
use super::simulated::{Simulated, Work};

/// The claims about one case.
#[derive(Debug)]
pub(super) struct Claimed {
    claims: Vec<(Claim, Simulated)>,
}

/// What a replication needs to try them.
#[derive(Debug)]
pub(super) struct Trial {
    claims: Vec<(String, Arc<Work>)>,
}

/// What is read of a run where a claim holds.
const YES: &str = "yes";

impl Claimed {
    /// As the plan says.
    pub(super) fn new(
        case: &Case,
        claims: &[Claim],
        scenario: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Self, Shortcoming> {
        let prepare = |claim: &Claim| {
            let mut run = Simulated::new(case, &Recipe::from(claim.clone()), &scenario)?;
            run.want(case, &format!("{YES}: {}; no: 0 == 0", claim.holds).into())?;
            Ok((claim.clone(), run))
        };
        let claims = claims.iter().map(prepare).collect::<Result<_, Shortcoming>>()?;
        Ok(Self { claims })
    }

    /// Sets the lengths of the runs: no claim can do with less than it says.
    pub(super) fn limit(&mut self) {
        self.claims.iter_mut().for_each(|(_, run)| run.limit(f64::INFINITY));
    }

    /// About how many events a replication has.
    pub(super) fn events(&self) -> f64 {
        self.claims.iter().map(|(_, run)| run.events()).sum()
    }

    /// What its replications need.
    pub(super) fn trial(&self) -> Arc<Trial> {
        let works = self.claims.iter().map(|(claim, run)| (claim.says.clone(), run.work()));
        Arc::new(Trial { claims: works.collect() })
    }

    /// The claims, in words and in the language of expectations.
    pub(super) fn texts(&self) -> Vec<String> {
        self.claims.iter().map(|(claim, _)| format!("{}: {}", claim.says, claim.holds)).collect()
    }

    /// The command line of the first run.
    pub(super) fn command(&self) -> Option<String> {
        self.claims.first().map(|(_, run)| run.command())
    }
}

impl Trial {
    /// What holds, in words, if every claim does; else the first that does not.
    pub(super) fn run(&self, seed: u64) -> Result<Value, String> {
        for (says, work) in &self.claims {
            let [answer] = work.run(seed).try_into().expect("a claim reads one word");
            let answer = answer.map_err(|why| format!("{says}: {why}"))?;
            if answer != YES {
                return Err(format!("it does not hold that {says}"));
            }
        }
        let says: Vec<&str> = self.claims.iter().map(|(says, _)| says.as_str()).collect();
        Ok(says.join("; ").into())
    }
}
