//! Texts with holes: `Exp({1ms / $lambda_per_ms})`. A hole holds an expression of the scenario
//! language whose knobs are the parameters of a case.

use serde_json::{Map, Value};

use crate::scenario::expression;
use crate::scenario::units::Quantity;

/// Parameters of a case by name.
pub(super) type Params = Map<String, Value>;

/// How durations and rates stand in the text that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// As in a scenario file: `"250ms"`.
    Scenario,
    /// As in an expression: `250ms`.
    Expression,
}

/// The text with its holes filled, or what is wrong with it.
pub(super) fn fill(text: &str, params: &Params, quotes: Quotes) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, hole)) = rest.split_once('{') {
        let (inside, after) =
            hole.split_once('}').ok_or_else(|| format!("`{text}` has a hole without an end"))?;
        filled += before;
        filled += &written(quantity(inside, params)?, quotes);
        rest = after;
    }
    Ok(filled + rest)
}

/// What an expression over the parameters comes to. `$name` is a number of the case, `$name_2` the
/// second of a list of numbers.
pub(super) fn quantity(text: &str, params: &Params) -> Result<Quantity, String> {
    expression::evaluate(text, &mut |name| {
        let value = parameter(name, params).and_then(Value::as_f64);
        value.map(Quantity::Number).ok_or_else(|| format!("the case has no number `{name}`"))
    })
}

fn parameter<'a>(name: &str, params: &'a Params) -> Option<&'a Value> {
    let item = || {
        let (list, place) = name.rsplit_once('_')?;
        params.get(list)?.get(place.parse::<usize>().ok()?.checked_sub(1)?)
    };
    params.get(name).or_else(item)
}

fn written(quantity: Quantity, quotes: Quotes) -> String {
    let text = match quantity {
        Quantity::Number(number) => return number.to_string(),
        Quantity::Duration(ns) => format!("{ns}ns"),
        Quantity::Rate(per_s) => format!("{per_s}/s"),
    };
    if quotes == Quotes::Scenario { format!("\"{text}\"") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params() -> Params {
        let Value::Object(params) = json!({"rate_per_ms": 0.08, "work_ms": [10.0, 16.0], "K": 10})
        else {
            unreachable!()
        };
        params
    }

    #[test]
    fn holes_are_filled_with_what_they_come_to() {
        for (text, expected) in [
            ("Exp({1ms / $rate_per_ms})", "Exp(\"12500000ns\")"),
            ("{$rate_per_ms / 1ms}", "\"80/s\""),
            ("{$work_ms_2 * 1ms}", "\"16000000ns\""),
            ("{$K - 1}", "9"),
            ("RoundRobin", "RoundRobin"),
        ] {
            assert_eq!(fill(text, &params(), Quotes::Scenario).as_deref(), Ok(expected));
        }
        let over = fill("over(request, {$K * 1ms})", &params(), Quotes::Expression);
        assert_eq!(over.as_deref(), Ok("over(request, 10000000ns)"));
    }

    #[test]
    fn what_is_not_there_is_said() {
        for text in ["{$mu}", "{$work_ms_3}", "{$work_ms}", "{1ms", "{1ms + 1}"] {
            assert!(fill(text, &params(), Quotes::Scenario).is_err(), "{text}");
        }
    }
}
