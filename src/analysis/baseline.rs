//! Runs held against what the same figures were before: which of them moved, and whether chance alone
//! could have moved them. Knows scenarios, designs and figures by their names; where a baseline is kept
//! is for others.
//!
//! Runs of the same seed face the same customers, so figures are paired by seed where two or more seeds
//! are common to both, and held against each other by Welch's test where not. So many figures are
//! looked at that some would seem to have moved by chance alone: p-values are corrected for all figures
//! that are not the same to the last digit, of all scenarios and designs that were held at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compare::CONFIDENCE;
use super::figures::{About, Figure, OF_FLOWS, figures};
use super::metric;
use super::statement::{Body, Statement};
use super::stats::{self, Gap};
use super::unit::Unit;
use crate::probes::outcome::Outcome;

/// What was measured, by file and design.
pub type Baseline = BTreeMap<String, BTreeMap<String, Record>>;

/// The figures of one design of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the command line changed about the scenario, as it was typed.
    pub flags: String,
    /// With which seeds.
    pub seeds: Vec<u64>,
    /// A value for each seed, by the figure as an expectation spells it; times in milliseconds. What was
    /// not seen is absent.
    pub figures: BTreeMap<String, Vec<Option<f64>>>,
}

impl Record {
    /// All figures of these runs of one design, to six significant digits.
    pub fn of(outcomes: &[Outcome], measures: &[(String, Statement)], flags: &str) -> Self {
        let like = outcomes.first().map(|outcome| figures(outcome, measures));
        // One flow is all of them: nothing is to be said twice.
        let is_alone = outcomes.first().is_some_and(|outcome| outcome.flows.len() == 1);
        let again = |figure: &Figure| {
            is_alone && figure.about == About::Flows && OF_FLOWS.contains(&figure.name)
        };
        let once = like.into_iter().flatten().filter(|figure| !again(figure));
        let taken = once.map(|figure| {
            let values = outcomes.iter().map(|outcome| figure.read(outcome).map(rounded));
            (figure.spelled(), values.collect())
        });
        Self {
            flags: flags.trim().to_owned(),
            seeds: outcomes.iter().map(|outcome| outcome.seed).collect(),
            figures: taken.collect(),
        }
    }

    fn values<'a>(&'a self, figure: &str) -> impl Iterator<Item = (u64, Option<f64>)> + 'a {
        let values = self.figures.get(figure).into_iter().flatten();
        self.seeds.iter().copied().zip(values.copied())
    }

    fn seen(&self, figure: &str) -> Vec<f64> {
        self.values(figure).filter_map(|(_, value)| value).collect()
    }
}

/// One design held against its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The design.
    pub design: String,
    /// How many figures were held against each other; none of a design that the baseline has not.
    pub held: usize,
    /// How many the baseline has not.
    pub added: usize,
    /// What the command line had changed about the scenario when the baseline was written, if it was
    /// something else.
    pub flags_before: Option<String>,
    /// What moved, in the order of the figures' names; before [`correct`], whatever is not the same.
    pub moved: Vec<Moved>,
}

/// A figure that moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The figure, as an expectation spells it.
    pub figure: String,
    /// What it is counted in.
    pub unit: Unit,
    /// Its mean when the baseline was written; `None` if it was not seen.
    pub before: Option<f64>,
    /// Its mean now; `None` if it is not seen any more.
    pub now: Option<f64>,
    /// By how much; `None` where one of the two was not seen. Its p-value is corrected for the number of
    /// figures.
    pub by: Option<Gap>,
}

/// Holds a design against its baseline: all that is not the same, with the p-value of each figure alone.
pub fn drift(
    design: &str,
    before: Option<&Record>,
    now: &Record,
    measures: &[(String, Statement)],
) -> Drift {
    let known = |figure: &&String| before.is_some_and(|it| it.figures.contains_key(*figure));
    let held = now.figures.keys().filter(known).count();
    let mut drift = Drift {
        design: design.to_owned(),
        held,
        added: now.figures.len() - held,
        flags_before: before.map(|it| it.flags.clone()).filter(|flags| *flags != now.flags),
        moved: Vec::new(),
    };
    let Some(before) = before else { return drift };
    for figure in before.figures.keys() {
        let (then, there) = (before.seen(figure), now.seen(figure));
        let is_gone = !now.figures.contains_key(figure);
        // What is seen under some seeds only may come and go by chance.
        let vanished = there.is_empty() && (is_gone || then.len() == before.seeds.len());
        let appeared = then.is_empty() && there.len() == now.seeds.len();
        let is_another = then.is_empty() != there.is_empty() && (vanished || appeared);
        let by = gap(figure, before, now).filter(|_| !is_another);
        if is_another || by.is_some() {
            drift.moved.push(Moved {
                figure: figure.clone(),
                unit: unit(figure, measures),
                before: stats::mean(&then),
                now: stats::mean(&there),
                by,
            });
        }
    }
    drift
}

/// Corrects for the number of figures, and leaves those that moved by more than chance.
pub fn correct<'a>(drifts: impl Iterator<Item = &'a mut Drift>) {
    let mut drifts: Vec<&mut Drift> = drifts.collect();
    let all = drifts.iter().flat_map(|drift| &drift.moved);
    let p_values: Vec<f64> = all.filter_map(|moved| Some(moved.by?.p_value)).collect();
    let mut corrected = stats::benjamini_hochberg(&p_values).into_iter();
    for drift in &mut drifts {
        drift.moved.retain_mut(|moved| {
            let Some(by) = &mut moved.by else { return true };
            by.p_value = corrected.next().unwrap_or(1.0);
            by.p_value < 1.0 - CONFIDENCE
        });
    }
}

/// How far a figure is from where it was; `None` where too little was seen, and where it is the same to
/// the last digit in every seed: that is no question of chance.
fn gap(figure: &str, before: &Record, now: &Record) -> Option<Gap> {
    let then: BTreeMap<u64, f64> =
        before.values(figure).filter_map(|(seed, value)| Some((seed, value?))).collect();
    let pairs: Vec<(f64, f64)> =
        now.values(figure).filter_map(|(seed, value)| Some((value?, *then.get(&seed)?))).collect();
    let common = now.seeds.iter().filter(|seed| before.seeds.contains(seed)).count();
    let gap = if common > 1 {
        if pairs.iter().all(|(now, then)| now == then) {
            return None;
        }
        stats::paired(&pairs, CONFIDENCE)
    } else {
        stats::unpaired(&now.seen(figure), &before.seen(figure), CONFIDENCE)
    };
    gap.filter(|gap| gap.p_value < 1.0)
}

fn unit(figure: &str, measures: &[(String, Statement)]) -> Unit {
    let declared = measures.iter().find_map(|(name, statement)| match statement.body {
        Body::Value(_, unit) if name == figure => Some(unit),
        _ => None,
    });
    let name = figure.split('(').next().unwrap_or_default();
    declared.or_else(|| metric::find(name).map(|it| it.unit)).unwrap_or(Unit::Number)
}

/// To six significant digits: what lies beyond them, nobody would look for in a difference of files.
fn rounded(value: f64) -> f64 {
    let rounded: f64 = format!("{value:.5e}").parse().expect("a number is spelled as one");
    // No figure is a negative nothing.
    rounded + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{close, runs_with, sketch};

    /// Five runs in which `place-order` takes so many milliseconds.
    fn record(first: u64, ms: impl Fn(u64) -> u64) -> Record {
        let runs = runs_with(&["rest"], 5, |_, seed, outcome| {
            outcome.flows["place-order"].latency = sketch(&[ms(seed)]);
            outcome.seed = first + seed;
        });
        Record::of(&runs["rest"], &[], " --set rate=1/s")
    }

    fn held(before: &Record, now: &Record) -> Drift {
        let mut found = drift("rest", Some(before), now, &[]);
        correct([&mut found].into_iter());
        found
    }

    fn names(drift: &Drift) -> Vec<&str> {
        drift.moved.iter().map(|moved| moved.figure.as_str()).collect()
    }

    #[test]
    fn what_is_the_same_has_not_moved() {
        let it = record(1, |seed| 100 + seed);
        let drift = held(&it, &it.clone());
        assert_eq!((drift.moved.len(), drift.added), (0, 0));
        assert!(drift.held > 60 && drift.flags_before.is_none());
        assert_eq!(it.flags, "--set rate=1/s");
    }

    #[test]
    fn what_moved_beyond_chance_is_named_with_how_far() {
        // Ten more in each seed, and one: seeds differ by more than that.
        let (before, now) = (record(1, |seed| 100 + 40 * seed), record(1, |seed| 110 + 41 * seed));
        let found = held(&before, &now);
        assert_eq!(names(&found), ["p50(place-order)", "p99", "p99(place-order)"]);
        let by = found.moved[0].by.unwrap();
        assert!(close(by.mean, 13.0) && close(found.moved[0].before.unwrap(), 220.0), "{found:?}");
        assert!(by.p_value < 0.001 && by.half_width < 3.0);
        // The same figures under other seeds are strangers: 220 and 233, each ± 70, are chance.
        let strangers = Record { seeds: vec![11, 12, 13, 14, 15], ..now };
        assert!(held(&before, &strangers).moved.is_empty());
    }

    #[test]
    fn noise_has_not_moved() {
        let shake = |seed: u64| if seed.is_multiple_of(2) { 90 } else { 108 };
        let (before, now) = (record(1, |_| 100), record(1, shake));
        assert!(held(&before, &now).moved.is_empty());
    }

    #[test]
    fn many_figures_need_more_than_one_does() {
        let gap = |p_value| Gap { mean: 1.0, half_width: 0.9, p_value, count: 5 };
        let moved = |p_value| Moved {
            figure: "p50".to_owned(),
            unit: Unit::Time,
            before: Some(1.0),
            now: Some(2.0),
            by: Some(gap(p_value)),
        };
        let drift = |p_values: &[f64]| Drift {
            design: "rest".to_owned(),
            held: 9,
            added: 0,
            flags_before: None,
            moved: p_values.iter().map(|p_value| moved(*p_value)).collect(),
        };
        let mut alone = drift(&[0.02]);
        correct([&mut alone].into_iter());
        assert_eq!(alone.moved.len(), 1);
        // Of four in two designs the least is to be below 0.05 / 4, and with another such below 0.05 / 2.
        let mut both = [drift(&[0.02, 0.5]), drift(&[0.9, 0.7])];
        correct(both.iter_mut());
        assert_eq!([both[0].moved.len(), both[1].moved.len()], [0, 0]);
        let mut both = [drift(&[0.02, 0.5]), drift(&[0.9, 0.02])];
        correct(both.iter_mut());
        assert_eq!([both[0].moved.len(), both[1].moved.len()], [1, 1]);
    }

    #[test]
    fn what_is_seen_no_more_has_moved_and_what_is_new_has_not() {
        let before = record(1, |seed| 100 + seed);
        let mut now = before.clone();
        now.figures.get_mut("p99(place-order)").unwrap().fill(None);
        now.figures.remove("arrivals(orders)");
        now.figures.insert("spread".to_owned(), vec![Some(1.0); 5]);
        let found = held(&before, &now);
        assert_eq!(names(&found), ["arrivals(orders)", "p99(place-order)"]);
        assert_eq!((found.moved[1].now, found.moved[1].by, found.added), (None, None, 1));
        let one = now.figures.get_mut("p99(place-order)").unwrap();
        one[0] = Some(101.0);
        assert_eq!(names(&held(&before, &now)), ["arrivals(orders)"]);
        let unknown = drift("rest", None, &now, &[]);
        assert_eq!((unknown.held, unknown.moved.len()), (0, 0));
        let turned = Record { flags: String::new(), ..now };
        let found = drift("rest", Some(&before), &turned, &[]);
        assert_eq!(found.flags_before.as_deref(), Some("--set rate=1/s"));
    }

    #[test]
    fn one_flow_is_all_of_them() {
        let runs = |count| runs_with(&["rest"], 2, |_, _, outcome| outcome.flows.truncate(count));
        let of = |count| Record::of(&runs(count)["rest"], &[], "").figures;
        let (one, two) = (of(1), of(2));
        assert!(one.contains_key("p99(place-order)") && one.contains_key("broken"));
        assert!(!one.contains_key("p99") && two.contains_key("p99"));
    }

    #[test]
    fn values_keep_six_digits() {
        let cases = [(14_672.0, 14_672.0), (0.973_029_411_764, 0.973_029), (-0.0, 0.0)];
        for (value, kept) in cases {
            assert_eq!(rounded(value).to_bits(), f64::to_bits(kept));
        }
    }
}
