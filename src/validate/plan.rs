//! How each case is run: which scenario, which knobs, what is read. A table of data, one file for
//! each area, so that covering more is adding lines.
//!
//! ```json
//! {"groups": ["Q-MM1-*"], "scenario": "theory/queue",
//!  "set": {"gap": "Exp({1ms / $lambda_per_ms})", "service": "Exp({$mean_service_ms * 1ms})"},
//!  "rate": "$lambda_per_ms / 1ms",
//!  "read": {"mean_sojourn_ms": "mean(request)", "P_wait": "waited(server) / arrivals(server)"}}
//! {"groups": ["H-*"], "compute": {"linearizable": "history"}}
//! {"groups": ["SEM-CA-03"], "claims": {"outcome": [
//!  {"says": "the cache holds the older", "scenario": "theory/races", "holds": "stale_reads(read) == 1"}]}}
//! {"groups": ["SEM-KAF-*"], "not_covered": "the fine print of Kafka is not modelled yet"}
//! ```
//!
//! What `compute` names is a method of [`super::computed`]; `claims` are for [`super::claimed`]. Holes in
//! braces hold expressions over the case's parameters, see [`super::template`]. Of several entries for
//! a group the first that reads the metric counts; entries that cover nothing come last.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::case::Case;
use super::template::Params;

/// The files of the plan.
const FILES: &[&str] = &[
    include_str!("plan/queueing.json"),
    include_str!("plan/tail.json"),
    include_str!("plan/metastable.json"),
    include_str!("plan/pbs.json"),
    include_str!("plan/cache.json"),
    include_str!("plan/consistency.json"),
    include_str!("plan/discovery.json"),
    include_str!("plan/checkers.json"),
    include_str!("plan/traces.json"),
    include_str!("plan/statistics.json"),
    include_str!("plan/others.json"),
];

/// One line of the plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Entry {
    /// How some groups are run.
    Covered(Box<Recipe>),
    /// By which method some groups are computed.
    Computed(Computation),
    /// What has to hold for some groups.
    Claimed(Sentence),
    /// Why some groups are not run.
    Left(Left),
}

/// How some groups are run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    /// Groups, `*` for anything.
    pub groups: Vec<String>,
    /// The scenario, by its path below `scenarios/` without its ending.
    pub scenario: String,
    /// One of its designs; the first where none is named.
    #[serde(default)]
    pub design: Option<String>,
    /// Knobs with templates of their values.
    #[serde(default)]
    pub set: IndexMap<String, String>,
    /// Requests per unit of time: an expression over the parameters. The length of the run follows
    /// from it.
    #[serde(default)]
    pub rate: Option<String>,
    /// The length of a run in requests, where the case states none.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Events that one request takes, or a whole stretch: an expression over the parameters.
    #[serde(default = "usual_cost")]
    pub cost: String,
    /// Warm-up over measured requests, where the case names none.
    #[serde(default = "usual_warmup")]
    pub warmup: f64,
    /// The measured stretch where it does not follow from a rate: a duration.
    #[serde(default)]
    pub length: Option<String>,
    /// Is such a stretch one of the trials that the case counts? A replication is the mean of so
    /// many.
    #[serde(default)]
    pub is_trial: bool,
    /// The warm-up before such a stretch, or the least one before so many requests: a duration.
    #[serde(default = "no_time")]
    pub after: String,
    /// Metrics with templates of what is read: an expression of the language of expectations, or a
    /// list or object of them where the expectation has such a shape.
    pub read: IndexMap<String, Value>,
    /// What there is to say about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// By which method some groups are computed: what no single run can show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Computation {
    /// Groups, `*` for anything.
    pub groups: Vec<String>,
    /// Metrics with the names of methods.
    pub compute: IndexMap<String, String>,
    /// Parameters beside those of the case.
    #[serde(default)]
    pub with: Params,
    /// The relative tolerance of cases that are given for reference, and follow from what has one.
    #[serde(default)]
    pub within: Option<f64>,
}

/// What has to hold for some groups, where a sentence is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sentence {
    /// Groups, `*` for anything.
    pub groups: Vec<String>,
    /// Metrics with what has to hold for them.
    pub claims: IndexMap<String, Vec<Claim>>,
    /// What there is to say about it, and what of the sentence is not tried.
    #[serde(default)]
    pub note: Option<String>,
}

/// What has to hold in one run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    /// In words, after "it holds that".
    pub says: String,
    /// In the language of expectations.
    pub holds: String,
    /// The scenario, by its path below `scenarios/` without its ending.
    pub scenario: String,
    /// One of its designs; the first where none is named.
    #[serde(default)]
    pub design: Option<String>,
    /// Knobs with templates of their values.
    #[serde(default)]
    pub set: IndexMap<String, String>,
    /// The length of the run: a duration.
    pub length: String,
    /// The warm-up before it: a duration.
    #[serde(default = "no_time")]
    pub after: String,
    /// Events that the run takes, where they are many.
    #[serde(default = "usual_cost")]
    pub cost: String,
}

impl From<Claim> for Recipe {
    fn from(claim: Claim) -> Self {
        Self {
            groups: Vec::new(),
            scenario: claim.scenario,
            design: claim.design,
            set: claim.set,
            rate: None,
            requests: None,
            cost: claim.cost,
            warmup: usual_warmup(),
            length: Some(claim.length),
            is_trial: false,
            after: claim.after,
            read: IndexMap::new(),
            note: None,
        }
    }
}

/// Why some groups are not run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Left {
    /// Groups, `*` for anything.
    pub groups: Vec<String>,
    /// Only these metrics, `*` for anything.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// The reason.
    pub not_covered: String,
}

fn usual_cost() -> String {
    "4".to_owned()
}

fn no_time() -> String {
    "0s".to_owned()
}

fn usual_warmup() -> f64 {
    0.05
}

/// What the plan says of a case.
#[derive(Clone, Copy, Debug)]
pub(super) enum Planned {
    /// Run it so, and read this.
    Run(&'static Recipe, &'static Value),
    /// Compute it by this method.
    Compute(&'static Computation, &'static str),
    /// See whether all of this holds.
    Claim(&'static Sentence, &'static [Claim]),
    /// It is not covered, for this reason.
    Left(&'static str),
}

/// What the plan says of this case.
pub(super) fn planned(case: &Case) -> Planned {
    let recipes = entries().iter().filter_map(|entry| match entry {
        Entry::Covered(recipe) if any(&recipe.groups, &case.group) => {
            recipe.read.get(&case.metric).map(|read| Planned::Run(recipe, read))
        }
        Entry::Computed(it) if any(&it.groups, &case.group) => {
            it.compute.get(&case.metric).map(|method| Planned::Compute(it, method))
        }
        Entry::Claimed(it) if any(&it.groups, &case.group) => {
            it.claims.get(&case.metric).map(|claims| Planned::Claim(it, claims))
        }
        _ => None,
    });
    let left = entries().iter().filter_map(|entry| match entry {
        Entry::Left(left) if left.fits(case) => Some(Planned::Left(&left.not_covered)),
        _ => None,
    });
    recipes.chain(left).next().unwrap_or(Planned::Left("nobody has written down how to run it yet"))
}

/// Why the plan leaves this case out; `None` if it is run.
pub fn left_out(case: &Case) -> Option<&'static str> {
    match planned(case) {
        Planned::Left(why) => Some(why),
        Planned::Run(..) | Planned::Compute(..) | Planned::Claim(..) => None,
    }
}

impl Left {
    fn fits(&self, case: &Case) -> bool {
        any(&self.groups, &case.group)
            && (self.metrics.is_empty() || any(&self.metrics, &case.metric))
    }
}

/// The whole plan.
pub(super) fn entries() -> &'static [Entry] {
    static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        let read = |text: &&str| serde_json::from_str::<Vec<Entry>>(text).expect("our own data");
        FILES.iter().flat_map(read).collect()
    });
    &ENTRIES
}

fn any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

/// Does a pattern with `*` fit the whole name?
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(before) else { return false };
    let mut starts = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    starts.any(|at| matches(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::case::cases;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("Q-MM1-*", "Q-MM1-a", true),
            ("Q-*-a", "Q-MM1-a", true),
            ("*", "", true),
            ("Q-MM1", "Q-MM1-a", false),
            ("*-b", "Q-MM1-a", false),
            ("T-*-l0.9-*2", "T-PoD-l0.9-d2", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn every_case_is_planned_or_left_out_for_a_reason_of_its_own() {
        let silent: Vec<&str> = cases()
            .iter()
            .filter(|case| matches!(planned(case), Planned::Left(why) if why.starts_with("nobody")))
            .map(|case| case.id.as_str())
            .collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn every_line_of_the_plan_is_about_some_case() {
        for entry in entries() {
            match entry {
                Entry::Covered(recipe) => {
                    for metric in recipe.read.keys() {
                        let about = |case: &&Case| {
                            any(&recipe.groups, &case.group) && case.metric == *metric
                        };
                        assert!(cases().iter().any(|case| about(&case)), "{metric}: {recipe:?}");
                    }
                    assert!(recipe.rate.is_some() != recipe.length.is_some(), "{recipe:?}");
                }
                Entry::Computed(it) => {
                    for metric in it.compute.keys() {
                        let about =
                            |case: &&Case| any(&it.groups, &case.group) && case.metric == *metric;
                        assert!(cases().iter().any(|case| about(&case)), "{metric}: {it:?}");
                    }
                }
                Entry::Claimed(it) => {
                    for metric in it.claims.keys() {
                        let about =
                            |case: &&Case| any(&it.groups, &case.group) && case.metric == *metric;
                        assert!(cases().iter().any(|case| about(&case)), "{metric}: {it:?}");
                    }
                }
                Entry::Left(left) => {
                    assert!(cases().iter().any(|case| left.fits(case)), "{left:?}");
                }
            }
        }
    }
}
