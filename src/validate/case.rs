//! The reference results as data: what theory, a published table or a worked trace says, where that
//! comes from, and how exactly a simulation has to agree.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::base::printable;

/// One reference result.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique: the group and the metric.
    pub id: String,
    /// Cases of one group share their model and parameters.
    pub group: String,
    /// What it is about, one of [`AREAS`].
    pub area: String,
    /// The model in a few words.
    pub model: String,
    /// The model's parameters; the unit is in the name (`lambda_per_ms`).
    pub params: Map<String, Value>,
    /// What is measured; the unit is in the name (`mean_wait_ms`).
    pub metric: String,
    /// What it should be: a number, or whatever shape a trace has.
    pub expected: Value,
    /// How exactly.
    pub tolerance: Tolerance,
    /// Closed form, published, simulated by others, ...
    pub basis: String,
    /// The paper, book or product documentation.
    pub source: String,
    /// What else there is to say.
    #[serde(default)]
    pub note: Option<String>,
}

/// How exactly a measurement must agree.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// What the value means.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Four standard deviations of one run of the stated length, unless `kind` says otherwise.
    #[serde(default)]
    pub value: Option<f64>,
    /// The stated length in requests, trials or reads; a million where none is named.
    #[serde(default)]
    pub n: Option<u64>,
    /// Requests before them that are not measured.
    #[serde(default)]
    pub warmup: Option<u64>,
}

/// What a tolerance means.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A share of what is expected.
    Rel,
    /// In the unit of what is expected.
    Abs,
    /// None: equality, of floats to 1e-9.
    Exact,
    /// At most what is expected plus this.
    UpperBound,
    /// Between a this-manieth part and this many times of what is expected.
    Factor,
    /// Published, but not repeatable without its data, or given beside what it follows from: shown,
    /// and judged only where the plan says how exactly.
    Reference,
    /// An order of several figures: claims, or a method that says it in the words of the case.
    Ordering,
    /// A rule of method: a method that says what held, or what did not.
    Rule,
}

/// The areas in the order in which they are shown: as the data spells them, and for people.
pub const AREAS: &[(&str, &str)] = &[
    ("queueing", "queueing"),
    ("tail", "tail latency"),
    ("metastable", "overload"),
    ("pbs", "quorums"),
    ("cache", "caches"),
    ("consistency", "consistency"),
    ("checkers", "histories"),
    ("deterministic trace", "traces"),
    ("statistics", "statistics"),
    ("broker", "brokers"),
    ("discovery", "discovery"),
    ("gateway", "gateways"),
    ("auth", "security"),
    ("resilience", "resilience"),
    ("data", "databases"),
    ("observability", "observability"),
    ("process", "method"),
];

/// The length of a run where a case states none.
const STATED: u64 = 1_000_000;

impl Case {
    /// The length of one run that the tolerance is for, in requests.
    pub fn stated(&self) -> u64 {
        self.tolerance.n.unwrap_or(STATED)
    }

    /// The area for people.
    pub fn title(&self) -> &'static str {
        AREAS.iter().find(|(area, _)| *area == self.area).expect("a known area").1
    }

    /// Is it what a filter asks for: part of the id, or of the area's name?
    pub fn fits(&self, filter: &str) -> bool {
        let filter = filter.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&filter);
        holds(&self.id) || holds(&self.area) || holds(self.title())
    }

    /// Is what is expected itself an approximation or a simulation, with an error of its own that
    /// no number of replications makes smaller?
    pub fn is_approximate(&self) -> bool {
        ["approximation", "mean field", "simulation"].iter().any(|word| self.basis.contains(word))
    }
}

/// Cases from a text in the form of ours: a JSON list.
///
/// # Errors
///
/// What is wrong, with its line and column, or in which case.
pub fn read_cases(text: &str) -> Result<Vec<Case>, String> {
    let read: Vec<Case> = serde_json::from_str(text).map_err(|wrong| wrong.to_string())?;
    for case in &read {
        let id = printable(&case.id);
        if !AREAS.iter().any(|(area, _)| *area == case.area) {
            let areas: Vec<&str> = AREAS.iter().map(|(area, _)| *area).collect();
            let area = printable(&case.area);
            return Err(format!("{id}: no area `{area}`; there are {}", areas.join(", ")));
        }
        let told = [&case.id, &case.group, &case.model, &case.metric, &case.basis, &case.source];
        if told
            .into_iter()
            .chain(&case.note)
            .chain(case.params.keys())
            .any(|text| printable(text) != text.as_str())
        {
            return Err(format!("{id}: a text of it cannot be shown as it is"));
        }
    }
    Ok(read)
}

/// All cases, in the order of the areas.
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut cases: Vec<Case> =
            serde_json::from_str(include_str!("cases.json")).expect("our own data");
        let rank = |case: &Case| AREAS.iter().position(|(area, _)| *area == case.area);
        cases.sort_by_key(rank);
        cases
    });
    &CASES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_case_is_there_once_with_its_source_and_a_known_area() {
        let ids: BTreeSet<&str> = cases().iter().map(|case| case.id.as_str()).collect();
        assert_eq!((cases().len(), ids.len()), (679, 679));
        for case in cases() {
            assert!(!case.source.is_empty() && !case.model.is_empty(), "{}", case.id);
            assert!(AREAS.iter().any(|(area, _)| *area == case.area), "{}", case.area);
            assert!(case.id.starts_with(&case.group), "{}", case.id);
            let judged = !matches!(
                case.tolerance.kind,
                Kind::Exact | Kind::Reference | Kind::Ordering | Kind::Rule
            );
            assert_eq!(judged, case.tolerance.value.is_some(), "{}", case.id);
        }
    }

    #[test]
    fn a_case_of_ones_own_has_a_known_area_and_texts_that_can_be_shown() {
        let text = |id: &str, area: &str| {
            format!(
                r#"[{{"id": "{id}", "group": "g", "area": "{area}", "model": "m", "params": {{}}, "metric": "x",
                    "expected": 1, "tolerance": {{"type": "exact"}}, "basis": "b", "source": "s"}}]"#
            )
        };
        assert!(read_cases(&text("g/x", "tail")).is_ok());
        assert!(
            read_cases(&text("g/x", "tails")).is_err_and(|why| why.contains("no area `tails`"))
        );
        assert!(read_cases(&text("g/\\u001b[31m", "tail")).is_err());
        assert!(read_cases("[{}]").is_err_and(|why| why.contains("line 1")));
    }

    #[test]
    fn a_filter_finds_ids_and_areas_by_either_name() {
        let found = |filter: &str| cases().iter().filter(|case| case.fits(filter)).count();
        assert_eq!(found("q-mm1-a"), 8);
        assert_eq!(found("pbs"), found("quorums"));
        assert_eq!(found("no such thing"), 0);
        assert_eq!(found(""), 679);
    }
}
