//! The figures that a scenario declares under `measures`, taken from one outcome.

use indexmap::IndexMap;

use super::evaluate::{View, evaluate};
use super::statement::{Body, Mistake, statements};
use super::unit::Unit;
use crate::probes::outcome::Outcome;
use crate::scenario::tree::Scenario;

/// A declared figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Its value in base units; `None` where the outcome cannot tell.
    pub value: Option<f64>,
    /// What it is counted in.
    pub unit: Unit,
}

impl Measured {
    /// As results present it: times in milliseconds.
    pub fn presented(&self) -> Option<f64> {
        self.value.map(|value| self.unit.present(value))
    }
}

/// The scenario's measures of this outcome, in file order, or the mistakes in them.
pub fn measures(
    scenario: &Scenario,
    outcome: &Outcome,
) -> Result<IndexMap<String, Measured>, Vec<Mistake>> {
    let taken = statements(scenario)?.measures.into_iter().map(|(name, statement)| {
        let Body::Value(term, unit) = &statement.body else { unreachable!("a measure is a value") };
        let value = evaluate(term, View::of(outcome)).ok();
        (name, Measured { value, unit: *unit })
    });
    Ok(taken.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{close, full_outcome, scenario};
    use crate::scenario::tree::{Place, Placed};

    #[test]
    fn measures_keep_their_order_and_are_presented_in_milliseconds() {
        let mut scenario = scenario();
        let declare = |(name, text): (&str, &str)| {
            (name.to_owned(), Placed { value: text.to_owned(), place: Place::default() })
        };
        let declared = [
            ("spread", "max(place-order) - min(place-order)"),
            ("kept_share", "kept / offered"),
            ("absent", "failure_mean(view-order)"),
        ];
        scenario.measures = declared.map(declare).to_vec();
        let taken = measures(&scenario, &full_outcome()).unwrap();
        assert_eq!(taken.keys().collect::<Vec<_>>(), ["spread", "kept_share", "absent"]);
        assert!(close(taken["spread"].presented().unwrap(), 30.0));
        assert!(close(taken["kept_share"].presented().unwrap(), 4.0 / 9.0));
        assert_eq!(taken["absent"].presented(), None);

        scenario.measures = vec![declare(("wrong", "p99(nobody)"))];
        assert_eq!(measures(&scenario, &full_outcome()).unwrap_err().len(), 1);
    }
}
