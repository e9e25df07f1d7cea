//! Expectations judged over several seeds. An expectation must hold for **every** seed: a claim
//! that holds on average is a claim about something else. The worst seed is named, so that it can
//! be replayed.

use serde::Serialize;

use super::Runs;
use super::confidence::{Confidence, correct};
use super::evaluate::{NoValue, View, evaluate};
use super::statement::{Body, Claim, Mistake, Statement, statements};
use super::unit::Unit;
use crate::analysis::expression::Relation;
use crate::probes::outcome::Outcome;
use crate::scenario::tree::Scenario;

/// What came of one expectation (in one design, where it is about each).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The expectation as it was written.
    pub expectation: String,
    /// Its place in the scenario's list, from 0.
    pub index: usize,
    /// The design it was judged in; `None` if it names its designs itself.
    pub design: Option<String>,
    /// What came of it.
    pub finding: Finding,
    /// How many seeds it was judged for.
    pub seeds: usize,
    /// For how many of them it held.
    pub held: usize,
    /// The worst seed: the first of those with no value, else the one with the smallest margin.
    pub seed: Option<u64>,
    /// The comparison that decided in that seed (`a < b and c < d` has two).
    pub claim: String,
    /// Its left side.
    pub measured: Option<f64>,
    /// Its right side.
    pub limit: Option<f64>,
    /// By how much it held in that seed; negative (or 0, for a strict comparison) where it did not.
    pub margin: Option<f64>,
    /// What the margins of all seeds say together, corrected for all expectations of the scenario;
    /// absent below two seeds, where data is missing, and for equalities.
    pub confidence: Option<Confidence>,
    /// What these figures are counted in; times are nanoseconds here.
    pub unit: Unit,
    /// One sentence for people.
    pub message: String,
    /// The runs behind the worst seed: what the line that replays them needs.
    pub replays: Vec<RunName>,
}

/// What can come of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It held for every seed.
    Held,
    /// It did not hold for some seed.
    Broken,
    /// It could not be judged for some seed: no data, or the run stopped early.
    NoData,
    /// A design that it names was not run.
    NotRun,
}

/// Names one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunName {
    /// The design.
    pub design: String,
    /// The seed.
    pub seed: u64,
    /// The run's digest.
    pub digest: u64,
}

impl Verdict {
    /// Must CI be told? A design that was left out on purpose is no failure.
    pub fn failed(&self) -> bool {
        matches!(self.finding, Finding::Broken | Finding::NoData)
    }
}

/// Judges all expectations of a scenario, or reports the mistakes in them.
pub fn judge(scenario: &Scenario, runs: &Runs) -> Result<Vec<Verdict>, Vec<Mistake>> {
    let statements = statements(scenario)?;
    let mut verdicts = Vec::new();
    for (index, statement) in statements.expectations.iter().enumerate() {
        if statement.about_each {
            verdicts
                .extend(runs.keys().map(|design| verdict(index, statement, Some(design), runs)));
        } else {
            verdicts.push(verdict(index, statement, None, runs));
        }
    }
    let mut all: Vec<_> = verdicts.iter().map(|verdict| verdict.confidence).collect();
    correct(&mut all);
    for (verdict, confidence) in verdicts.iter_mut().zip(all) {
        verdict.confidence = confidence;
    }
    Ok(verdicts)
}

/// What one seed says.
struct Ruling<'a> {
    seed: u64,
    claim: &'a Claim,
    result: Result<(f64, f64), String>,
    runs: Vec<RunName>,
}

impl Ruling<'_> {
    fn holds(&self) -> bool {
        matches!(self.result, Ok((measured, limit)) if self.claim.relation.holds(measured, limit))
    }

    /// Worse rulings are smaller: first no value, then what does not hold, then by margin in
    /// proportion to the limit, so that claims of different units can be ranked.
    fn rank(&self) -> (u8, f64) {
        match self.result {
            Err(_) => (0, 0.0),
            Ok((measured, limit)) => {
                let margin = margin(self.claim.relation, measured, limit);
                let scale = limit.abs().max(measured.abs());
                (1 + u8::from(self.holds()), if scale > 0.0 { margin / scale } else { 0.0 })
            }
        }
    }
}

fn worst<'a>(rulings: impl Iterator<Item = Ruling<'a>>) -> Option<Ruling<'a>> {
    // `min_by` keeps the first of equals.
    rulings.min_by(|a, b| {
        let ((a, by), (b, than)) = (a.rank(), b.rank());
        a.cmp(&b).then(by.total_cmp(&than))
    })
}

fn verdict(index: usize, statement: &Statement, design: Option<&String>, runs: &Runs) -> Verdict {
    let Body::Claims(claims) = &statement.body else { unreachable!("an expectation compares") };
    let blank = |finding, message: String| Verdict {
        expectation: statement.text.clone(),
        index,
        design: design.cloned(),
        finding,
        seeds: 0,
        held: 0,
        seed: None,
        claim: statement.text.clone(),
        measured: None,
        limit: None,
        margin: None,
        confidence: None,
        unit: claims[0].unit,
        message,
        replays: Vec::new(),
    };
    let needed: Vec<&String> = statement.designs.iter().chain(design).collect();
    if let Some(missing) = needed.iter().find(|name| !runs.contains_key(**name)) {
        return blank(Finding::NotRun, format!("{missing} was not run"));
    }
    // A comparison of plain numbers names no design; any run's seeds do.
    let seeds = needed.first().and_then(|name| runs.get(*name)).or_else(|| runs.values().next());
    let seeds: Vec<u64> = seeds.into_iter().flatten().map(|outcome| outcome.seed).collect();
    let rulings: Vec<Ruling<'_>> =
        seeds.iter().filter_map(|&seed| ruling(seed, claims, &needed, design, runs)).collect();
    let held = rulings.iter().filter(|ruling| ruling.holds()).count();
    let count = rulings.len();
    let Some(worst) = worst(rulings.into_iter()) else {
        return blank(Finding::NoData, "no seed was run".to_owned());
    };
    let confidence = confidence(&seeds, claims, &needed, design, runs);
    let blank = Verdict { confidence, ..blank(Finding::Held, String::new()) };
    settle(blank, worst, held, count)
}

/// Of the claims together, from their margins in all seeds.
fn confidence(
    seeds: &[u64],
    claims: &[Claim],
    needed: &[&String],
    design: Option<&String>,
    runs: &Runs,
) -> Option<Confidence> {
    let margin_of = |claim: &Claim, seed: u64| {
        let one = ruling(seed, std::slice::from_ref(claim), needed, design, runs)?;
        let (measured, limit) = one.result.ok()?;
        Some(margin(claim.relation, measured, limit))
    };
    let of = |claim: &Claim| -> Option<Option<Confidence>> {
        let margins: Option<Vec<f64>> = seeds.iter().map(|&seed| margin_of(claim, seed)).collect();
        Some(Confidence::of(claim.relation, &margins?))
    };
    let all: Option<Vec<Option<Confidence>>> = claims.iter().map(of).collect();
    Confidence::least(all?.into_iter().flatten())
}

/// The deciding claim of one seed.
fn ruling<'a>(
    seed: u64,
    claims: &'a [Claim],
    needed: &[&String],
    design: Option<&String>,
    runs: &Runs,
) -> Option<Ruling<'a>> {
    let of_seed = |name: &String| runs.get(name)?.iter().find(|outcome| outcome.seed == seed);
    let outcomes: Vec<&Outcome> = needed.iter().filter_map(|name| of_seed(name)).collect();
    let view = View { own: design.and_then(of_seed), all: &outcomes };
    let name = |o: &&Outcome| RunName { design: o.design.clone(), seed: o.seed, digest: o.digest };
    let names: Vec<RunName> = outcomes.iter().map(name).collect();
    let stopped = outcomes.iter().find_map(|outcome| {
        outcome
            .partial
            .as_ref()
            .map(|why| format!("the run of {} stopped early: {why}", outcome.design))
    });
    worst(claims.iter().map(|claim| {
        let result = match &stopped {
            Some(why) => Err(why.clone()),
            None => sides(claim, view).map_err(|error| error.to_string()),
        };
        Ruling { seed, claim, result, runs: names.clone() }
    }))
}

fn sides(claim: &Claim, view: View<'_>) -> Result<(f64, f64), NoValue> {
    Ok((evaluate(&claim.left, view)?, evaluate(&claim.right, view)?))
}

/// By how much a relation holds.
fn margin(relation: Relation, measured: f64, limit: f64) -> f64 {
    let margin = match relation {
        Relation::Less | Relation::AtMost => limit - measured,
        Relation::Greater | Relation::AtLeast => measured - limit,
        Relation::Equal => -(measured - limit).abs(),
        Relation::Unequal => (measured - limit).abs(),
    };
    // -0 becomes 0: what meets its limit misses it by nothing.
    margin + 0.0
}

fn settle(mut verdict: Verdict, worst: Ruling<'_>, held: usize, seeds: usize) -> Verdict {
    let claim = worst.claim;
    verdict.finding = match (&worst.result, worst.holds()) {
        (Err(_), _) => Finding::NoData,
        (Ok(_), false) => Finding::Broken,
        (Ok(_), true) => Finding::Held,
    };
    let counted =
        if seeds == 1 { "the one seed".to_owned() } else { format!("{held} of {seeds} seeds") };
    verdict.message = match &worst.result {
        Err(why) => format!("seed {}: {why}", worst.seed),
        Ok((measured, limit)) => {
            let shown =
                format!("{} against {}", claim.unit.show(*measured), claim.unit.show(*limit));
            let relation = claim.relation.sign();
            match verdict.finding {
                Finding::Held if seeds == 1 => format!("held with {shown}"),
                Finding::Held => format!(
                    "held for all {seeds} seeds, at worst with {shown} (seed {})",
                    worst.seed
                ),
                _ if seeds == 1 => {
                    format!("{shown} is not {relation}, in {counted} ({})", worst.seed)
                }
                _ => format!(
                    "{shown} is not {relation}, in seed {}; it held for {counted}",
                    worst.seed
                ),
            }
        }
    };
    if let Ok((measured, limit)) = worst.result {
        verdict.measured = Some(measured);
        verdict.limit = Some(limit);
        verdict.margin = Some(margin(claim.relation, measured, limit));
    }
    verdict.claim.clone_from(&claim.text);
    verdict.unit = claim.unit;
    verdict.seed = Some(worst.seed);
    verdict.replays = worst.runs;
    Verdict { seeds, held, ..verdict }
}

#[cfg(test)]
mod tests;
