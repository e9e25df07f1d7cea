//! What single arguments say: knobs, durations, operations, formats. Refuses to know which command asks.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::base::Span;
use crate::report::output::{self, OUTPUTS, Output};
use crate::scenario::units::{Quantity, quantity};

/// `flow#number` or `client:flow#number`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// The flow, perhaps with its client before it.
    pub name: String,
    /// Its number.
    pub number: u64,
}

/// The forms in which a run can be shown.
pub(super) fn outputs() -> impl TypedValueParser<Value = &'static Output> {
    let words = OUTPUTS.iter().map(|it| PossibleValue::new(it.word).help(it.about));
    PossibleValuesParser::new(words).map(|word| output::find(&word).expect("a word of the table"))
}

pub(super) fn knob(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("a knob is turned by KNOB=VALUE".to_owned()),
    }
}

pub(super) fn duration(text: &str) -> Result<Span, String> {
    match quantity(text)? {
        Quantity::Duration(ns) if (1.0..1e18).contains(&ns) => Ok(Span::from_ns(ns)),
        Quantity::Duration(_) => {
            Err("it must be longer than nothing and shorter than 30 years".to_owned())
        }
        _ => Err("a duration has a unit, as in `30s` or `250ms`".to_owned()),
    }
}

pub(super) fn operation(text: &str) -> Result<Operation, String> {
    let parts = text.rsplit_once('#').and_then(|(name, number)| Some((name, number.parse().ok()?)));
    match parts {
        Some((name, number)) if !name.is_empty() => Ok(Operation { name: name.to_owned(), number }),
        _ => Err("an operation is named FLOW#N, as in `place-order#42`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_and_knobs_are_read() {
        assert_eq!(
            operation("place-order#42"),
            Ok(Operation { name: "place-order".into(), number: 42 })
        );
        assert!(
            operation("place-order").is_err()
                && operation("#1").is_err()
                && operation("a#b").is_err()
        );
        assert_eq!(knob("gap=Exp(\"1ms\")"), Ok(("gap".into(), "Exp(\"1ms\")".into())));
        assert!(knob("rate").is_err() && knob("=1").is_err());
        assert_eq!(duration("250ms"), Ok(Span(250_000_000)));
        assert!(duration("250").is_err() && duration("0s").is_err() && duration("-1s").is_err());
    }
}
