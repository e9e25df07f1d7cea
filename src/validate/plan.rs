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
//! Cases are named by `groups` or by `models`; `given` says which of their parameters have to be what, and
//! `ignores` which make no difference; `optional` turns knobs where a parameter is given. A line fits a
//! case that gives what it reads, and nothing else ([`super::fitting`]); where several could be meant, the
//! first that fits counts, and where none does, the case is broken. A line never overrides a case.
//!
//! What `compute` names is a method of [`super::computed`]; `claims` are for [`super::claimed`]. Holes in
//! braces hold expressions over the case's parameters, see [`super::template`]. Entries that cover nothing
//! count where no other names the group and the metric, or where they name the group without a star.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::case::Case;
use super::computed;
use super::fitting::{About, any};
use super::template::{Params, parameter};

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
    include_str!("plan/kafka.json"),
    include_str!("plan/products.json"),
    include_str!("plan/amazon.json"),
    include_str!("plan/rabbitmq.json"),
    include_str!("plan/pubsub.json"),
    include_str!("plan/others.json"),
];

/// One line of the plan.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    /// Which cases it is about.
    #[serde(flatten)]
    pub about: About,
    /// What it says of them.
    #[serde(flatten)]
    pub says: Says,
}

/// What a line says of its cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Says {
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
    /// The scenario, by its path below `scenarios/` without its ending.
    pub scenario: String,
    /// One of its designs; the first where none is named.
    #[serde(default)]
    pub design: Option<String>,
    /// Knobs with templates of their values.
    #[serde(default)]
    pub set: IndexMap<String, String>,
    /// Parameters that a case may give, with knobs that are turned if it does.
    #[serde(default)]
    pub optional: IndexMap<String, IndexMap<String, String>>,
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
            optional: IndexMap::new(),
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
#[derive(Clone, Debug)]
pub(super) enum Planned {
    /// Run it so, and read this.
    Run(&'static Recipe, &'static Value),
    /// Compute it by this method.
    Compute(&'static Computation, &'static str),
    /// See whether all of this holds.
    Claim(&'static Sentence, &'static [Claim]),
    /// It is not covered, for this reason.
    Left(&'static str),
    /// It should be covered, but no line fits it, for this reason.
    Broken(String),
}

/// What the plan says of this case.
pub(super) fn planned(case: &Case) -> Planned {
    let left = |entry: &'static Entry| match &entry.says {
        Says::Left(left) if entry.is_of(case) => Some((&entry.about, left.not_covered.as_str())),
        _ => None,
    };
    let mut all_left = entries().iter().filter_map(left);
    if let Some((_, why)) = all_left.clone().find(|(about, _)| about.is_for_one(case)) {
        return Planned::Left(why);
    }
    let mut complaint = None;
    for entry in entries() {
        let Some(planned) = entry.of(case) else { continue };
        match entry.about.complaint(case, planned.texts(case)) {
            None => return planned,
            Some(why) => complaint = complaint.or(Some(why)),
        }
    }
    let left = all_left.next().map_or(UNKNOWN, |(_, why)| why);
    complaint.map_or(Planned::Left(left), Planned::Broken)
}

/// Why a case is left out that no line is about.
const UNKNOWN: &str = "nobody has written down how to run it yet";

/// Why the plan leaves this case out; `None` if it is run.
pub fn left_out(case: &Case) -> Option<&'static str> {
    match planned(case) {
        Planned::Left(why) => Some(why),
        _ => None,
    }
}

impl Entry {
    /// Is it about this case and its metric?
    fn is_of(&self, case: &Case) -> bool {
        let metric = &case.metric;
        let has_metric = match &self.says {
            Says::Covered(it) => it.read.contains_key(metric),
            Says::Computed(it) => it.compute.contains_key(metric),
            Says::Claimed(it) => it.claims.contains_key(metric),
            Says::Left(it) => it.metrics.is_empty() || any(&it.metrics, metric),
        };
        has_metric && self.about.names(case)
    }

    /// How a case that it is about is run.
    fn of(&'static self, case: &Case) -> Option<Planned> {
        let metric = self.is_of(case).then_some(&case.metric)?;
        match &self.says {
            Says::Covered(it) => Some(Planned::Run(it, &it.read[metric])),
            Says::Computed(it) => Some(Planned::Compute(it, &it.compute[metric])),
            Says::Claimed(it) => Some(Planned::Claim(it, &it.claims[metric])),
            Says::Left(_) => None,
        }
    }
}

impl Planned {
    /// All texts in which parameters of this case may stand.
    fn texts(&self, case: &Case) -> Vec<&'static str> {
        match *self {
            Self::Run(recipe, read) => {
                let mut texts = recipe.texts(case);
                leaves(read, &mut texts);
                texts
            }
            Self::Compute(it, method) => {
                let names = computed::reads(method).iter().copied();
                let is_added =
                    |name: &str| it.with.contains_key(name) && !case.params.contains_key(name);
                names.filter(|name| !is_added(&name[1..])).collect()
            }
            Self::Claim(_, claims) => {
                let of = |claim: &'static Claim| {
                    let fixed = [&claim.holds, &claim.length, &claim.after, &claim.cost];
                    fixed.into_iter().chain(claim.set.values()).map(String::as_str)
                };
                claims.iter().flat_map(of).collect()
            }
            Self::Left(_) | Self::Broken(_) => Vec::new(),
        }
    }
}

impl Recipe {
    /// The knobs that this case turns, with templates of their values.
    pub(super) fn knobs(&self, case: &Case) -> impl Iterator<Item = (&String, &String)> {
        let given = |name: &&String| parameter(name, &case.params).is_some();
        let optional = self.optional.keys().filter(given).flat_map(|name| &self.optional[name]);
        self.set.iter().chain(optional)
    }

    /// All its texts but what it reads; a parameter whose being there turns a knob is read.
    fn texts(&'static self, case: &Case) -> Vec<&'static str> {
        let given = |name: &&String| parameter(name, &case.params).is_some();
        let optional = self.optional.iter().filter(|(name, _)| given(name));
        let optional = optional.flat_map(|(_, knobs)| knobs.values());
        let fixed = [&self.cost, &self.after].into_iter().chain(&self.rate).chain(&self.length);
        fixed.chain(self.set.values()).chain(optional).map(String::as_str).collect()
    }
}

/// All texts of a shape, in order.
pub(super) fn leaves<'a>(shape: &'a Value, into: &mut Vec<&'a str>) {
    match shape {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Value::Object(fields) => fields.values().for_each(|item| leaves(item, into)),
        _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::case::cases;

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
    fn every_case_of_ours_gives_what_its_line_reads_and_nothing_else() {
        let broken: Vec<String> = cases()
            .iter()
            .filter_map(|case| match planned(case) {
                Planned::Broken(why) => Some(format!("{}: {why}", case.id)),
                _ => None,
            })
            .collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }

    #[test]
    fn every_line_of_the_plan_is_about_some_case() {
        for entry in entries() {
            assert!(cases().iter().any(|case| entry.is_of(case)), "{entry:?}");
            if let Says::Covered(recipe) = &entry.says {
                assert!(recipe.rate.is_some() != recipe.length.is_some(), "{recipe:?}");
            }
        }
    }
}
