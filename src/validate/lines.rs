//! The plan as a list for people who write cases of their own: whom each line is about, which
//! parameters it reads or wants to be so, and which metrics it has.

use std::collections::BTreeSet;

use serde_json::Value;

use super::computed;
use super::fitting::About;
use super::plan::{Entry, Says, entries, leaves};
use super::template::names;

/// A line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Groups that it is about, `*` for anything.
    pub groups: Vec<String>,
    /// Models that it is about.
    pub models: Vec<String>,
    /// Parameters that it reads; `name_1` is the first of a list.
    pub reads: BTreeSet<String>,
    /// Parameters that it reads where they are given.
    pub optional: Vec<String>,
    /// Parameters that have to be so, where they are given, and how.
    pub given: Vec<(String, String)>,
    /// What it measures.
    pub metrics: Vec<String>,
}

/// All lines that measure something, in the order of the plan.
pub fn lines() -> Vec<Line> {
    entries().iter().filter_map(line).collect()
}

fn line(entry: &Entry) -> Option<Line> {
    let mut texts = Vec::new();
    let (optional, metrics) = match &entry.says {
        Says::Covered(it) => {
            it.read.values().for_each(|read| leaves(read, &mut texts));
            let fixed = [&it.cost, &it.after].into_iter().chain(&it.rate).chain(&it.length);
            texts.extend(fixed.chain(it.set.values()).map(String::as_str));
            (it.optional.keys().cloned().collect(), it.read.keys().cloned().collect())
        }
        Says::Computed(it) => {
            texts.extend(it.compute.values().flat_map(|method| computed::reads(method)));
            (Vec::new(), it.compute.keys().cloned().collect())
        }
        Says::Claimed(_) | Says::Left(_) => return None,
    };
    let told = |given: &Value| given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    let About { groups, models, given, .. } = &entry.about;
    Some(Line {
        groups: groups.clone(),
        models: models.clone(),
        reads: texts.into_iter().flat_map(names).map(str::to_owned).collect(),
        optional,
        given: given.iter().map(|(name, given)| (name.clone(), told(given))).collect(),
        metrics,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_it_reads() {
        let of = |group: &str, metric: &str| {
            let is_it = |line: &Line| {
                line.groups.iter().any(|it| it == group)
                    && line.metrics.iter().any(|it| it == metric)
            };
            lines().into_iter().find(is_it).expect("it is there")
        };
        let line = of("Q-MG1-logn-*", "mean_wait_ms");
        let reads: Vec<&str> = line.reads.iter().map(String::as_str).collect();
        assert_eq!(reads, ["lambda_per_ms", "mean_service_ms", "service_scv"]);
        assert!(line.given.iter().any(|(name, _)| name == "rho"));
        assert!(
            of("Q-Closed-*", "throughput_per_ms")
                .optional
                .contains(&"mean_service_ms_6".to_owned())
        );
    }
}
