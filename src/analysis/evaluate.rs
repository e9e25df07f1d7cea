//! The value of a checked statement over outcomes of one seed. Knows no seeds beyond that one;
//! judging over several is [`super::expectation`]'s part.

use super::statement::{Asked, Term};
use super::unit::Operator;
use crate::probes::outcome::Outcome;

/// The outcomes that a statement can look at: one seed's.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Whose figures are meant where no design is named.
    pub own: Option<&'a Outcome>,
    /// Where named designs are looked up.
    pub all: &'a [&'a Outcome],
}

impl<'a> View<'a> {
    /// One outcome by itself.
    pub fn of(own: &'a Outcome) -> Self {
        Self { own: Some(own), all: &[] }
    }

    fn outcome(&self, design: Option<&str>) -> Option<&'a Outcome> {
        match design {
            None => self.own,
            Some(name) => {
                self.all.iter().copied().chain(self.own).find(|outcome| outcome.design == name)
            }
        }
    }
}

/// Why a term has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{term}` has no value{}: {why}", design.as_ref().map(|name| format!(" in {name}")).unwrap_or_default())]
pub struct NoValue {
    /// The term as it was written.
    pub term: String,
    /// The design in which it was asked.
    pub design: Option<String>,
    /// The reason.
    pub why: String,
}

/// The value of a term, in base units.
pub fn evaluate(term: &Term, view: View<'_>) -> Result<f64, NoValue> {
    match term {
        Term::Number(value) => Ok(*value),
        Term::Figure(asked) => figure(asked, view),
        Term::Negate(inner) => Ok(-evaluate(inner, view)?),
        Term::Binary { text, operator, left, right, scale } => {
            let (left, right) = (evaluate(left, view)?, evaluate(right, view)?);
            let value = match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right * scale,
                Operator::Divide => left / right * scale,
            };
            let why = if right == 0.0 { "it divides by zero" } else { "it is too large" };
            finite(value).ok_or_else(|| NoValue {
                term: text.clone(),
                design: None,
                why: why.to_owned(),
            })
        }
    }
}

fn figure(asked: &Asked, view: View<'_>) -> Result<f64, NoValue> {
    let no_value = |design: Option<&str>, why: &str| NoValue {
        term: asked.text.clone(),
        design: design.map(str::to_owned),
        why: why.to_owned(),
    };
    let Some(outcome) = view.outcome(asked.design.as_deref()) else {
        return Err(no_value(asked.design.as_deref(), "this design was not run"));
    };
    let value = asked.metric.read(outcome, &asked.subject);
    value.ok_or_else(|| no_value(Some(&outcome.design), asked.metric.absent))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::names::Names;
    use crate::analysis::resolve::resolve;
    use crate::analysis::statement::{Body, Statement, measure};
    use crate::analysis::testing::{bare_outcome, close, full_outcome, scenario};
    use crate::analysis::{parse, unit::Unit};

    fn value(text: &str) -> Result<(f64, Unit), NoValue> {
        let statement = measure(text, &Names::of(&scenario()))
            .unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        let Body::Value(term, unit) = statement.body else { panic!("a value") };
        evaluate(&term, View::of(&full_outcome())).map(|value| (value, unit))
    }

    #[test]
    fn arithmetic_worked_by_hand() {
        // The full outcome is described in `testing`: place-order has latencies 10, 20, 30, 40 ms,
        // view-order has 2 ms; ten seconds are measured.
        let cases = [
            ("p50(place-order)", 20e6, Unit::Time),
            ("p(75, place-order)", 30e6, Unit::Time),
            ("max", 40e6, Unit::Time),
            ("min", 2e6, Unit::Time),
            ("mean(place-order)", 25e6, Unit::Time),
            ("mean", 102e6 / 5.0, Unit::Time),
            ("over(place-order, 25ms)", 0.5, Unit::Ratio),
            ("max(place-order) - min(place-order)", 30e6, Unit::Time),
            ("2 * (p50(place-order) + 5ms) / 10ms", 5.0, Unit::Number),
            ("-p50(place-order) + 20ms", 0.0, Unit::Time),
            ("offered(place-order)", 8.0, Unit::Count),
            ("ok(place-order) / offered(place-order)", 3.0 / 8.0, Unit::Number),
            // kept 3, refused 2 of which 1 wrongly: (3 + 1) / 8.
            ("availability(place-order)", 0.5, Unit::Ratio),
            // and view-order kept 1 of 1: (3 + 1 + 1) / 9.
            ("availability", 5.0 / 9.0, Unit::Ratio),
            ("goodput(place-order)", 0.3, Unit::Rate),
            ("goodput(place-order) * 20s", 6.0, Unit::Number),
            ("failures(place-order, timeout)", 1.0, Unit::Count),
            ("failures", 2.0, Unit::Count),
            ("stale_reads(view-order)", 0.25, Unit::Ratio),
            ("staleness_max(view-order)", 7e6, Unit::Time),
            ("violations(view-order)", 5.0, Unit::Count),
            ("violations(monotonic-reads)", 3.0, Unit::Count),
            ("told_effects - once_effects", 4.0, Unit::Count),
            ("messages_per_flow(place-order)", 9.0, Unit::Number),
            ("hit_ratio(orders)", 0.75, Unit::Ratio),
            ("lag(orders)", 6.0, Unit::Count),
            ("lag(orders, 3)", 5.0, Unit::Count),
            ("recovery", 2e9, Unit::Time),
            // Windows of 1 s; those that begin at 1 s and 2 s answered 3 + 4 in time.
            ("ok_rate from 1s to 3s", 3.5, Unit::Rate),
            ("ok from 1s to 3s / offered from 1s to 3s", 7.0 / 9.0, Unit::Number),
            ("backlog_max", 6.0, Unit::Count),
            ("backlog", 13.0 / 4.0, Unit::Number),
        ];
        for (text, expected, unit) in cases {
            let (got, got_unit) = value(text).unwrap_or_else(|error| panic!("{error}"));
            assert!(close(got, expected), "{text} = {got}, expected {expected}");
            assert_eq!(got_unit, unit, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_known_says_why() {
        let cases = [
            (
                "failure_p99(view-order)",
                "`failure_p99(view-order)` has no value in rest: no operation failed",
            ),
            ("ok / late(view-order)", "`ok / late(view-order)` has no value: it divides by zero"),
            (
                "p99 from 100s to 200s",
                "`p99 from 100s to 200s` has no value in rest: no operation was answered as done",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn designs_are_looked_up_by_name() {
        let Statement { body: Body::Value(term, _), .. } =
            resolve(&parse("events.offered - rest.offered").unwrap(), &Names::of(&scenario()))
                .unwrap()
        else {
            panic!("a value")
        };
        let (rest, mut events) = (full_outcome(), bare_outcome());
        events.design = "events".to_owned();
        let all = [&rest, &events];
        assert_eq!(evaluate(&term, View { own: None, all: &all }), Ok(-9.0));
        let alone = evaluate(&term, View { own: None, all: &all[..1] }).unwrap_err();
        assert_eq!(
            alone.to_string(),
            "`events.offered` has no value in events: this design was not run"
        );
    }
}
