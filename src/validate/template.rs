//! Texts with holes: `Exp({1ms / $lambda_per_ms})`. A hole holds an expression of the scenario
//! language whose knobs are the parameters of a case, with a few functions of numbers more; or the
//! name of a list, which is written as it is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::base::math;
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

/// A function of a number.
#[derive(Debug)]
struct Function {
    /// Its name, with the parenthesis that opens.
    name: &'static str,
    run: fn(f64) -> f64,
}

/// All of them.
const FUNCTIONS: &[Function] = &[
    Function { name: "sqrt(", run: math::sqrt },
    Function { name: "exp(", run: math::exp },
    Function { name: "ln(", run: math::ln },
    Function { name: "normal_cdf(", run: math::normal_cdf },
    Function { name: "floor(", run: f64::floor },
    // 0 below 0, and 1 from there on.
    Function { name: "step(", run: |of| f64::from(of >= 0.0) },
];

/// The text with its holes filled, or what is wrong with it.
pub(super) fn fill(text: &str, params: &Params, quotes: Quotes) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, hole)) = rest.split_once('{') {
        let (inside, after) =
            hole.split_once('}').ok_or_else(|| format!("`{text}` has a hole without an end"))?;
        filled += before;
        let list = inside.trim().strip_prefix('$').and_then(|name| params.get(name));
        filled += &match list {
            Some(Value::Array(items)) => {
                format!("{items:?}").replace("Number(", "").replace(')', "")
            }
            _ => written(quantity(inside, params)?, quotes),
        };
        rest = after;
    }
    Ok(filled + rest)
}

/// What an expression over the parameters comes to. `$name` is a number of the case, `$name_2` the
/// second of a list of numbers, `$name_2_1` the first of the second of a list of lists, `$name_sum` the sum.
pub(super) fn quantity(text: &str, params: &Params) -> Result<Quantity, String> {
    let mut text = text.to_owned();
    while let Some((place, Function { name, run })) = innermost(&text) {
        let inside = place + name.len();
        let length = closing(&text[inside..]).ok_or_else(|| format!("`{text}` does not close"))?;
        let Quantity::Number(of) = evaluate(&text[inside..inside + length], params)? else {
            return Err(format!("`{name})` is of a number"));
        };
        text.replace_range(place..=inside + length, &format!("({})", run(of)));
    }
    evaluate(&text, params)
}

fn evaluate(text: &str, params: &Params) -> Result<Quantity, String> {
    expression::evaluate(text, &mut |name| {
        number(name, params)
            .map(Quantity::Number)
            .ok_or_else(|| format!("the case has no number `{name}`"))
    })
}

/// A number of the case, or the sum of a list (`$name_sum`).
fn number(name: &str, params: &Params) -> Option<f64> {
    let sum = || {
        let items = params.get(name.strip_suffix("_sum")?)?.as_array()?;
        items.iter().map(Value::as_f64).sum::<Option<f64>>()
    };
    parameter(name, params).and_then(Value::as_f64).or_else(sum)
}

/// Does the case give this to be read: a number, a list, or the sum of one?
pub(super) fn is_given(name: &str, params: &Params) -> bool {
    number(name, params).is_some() || params.get(name).is_some_and(Value::is_array)
}

/// The last function of a text, which has no other one in it, and its place.
fn innermost(text: &str) -> Option<(usize, &'static Function)> {
    let is_whole = |place: &usize| !text[..*place].ends_with(expression::is_name);
    let place = |name: &str| text.rmatch_indices(name).map(|(place, _)| place).find(is_whole);
    let all = FUNCTIONS.iter().filter_map(|it| Some((place(it.name)?, it)));
    all.max_by_key(|(place, _)| *place)
}

/// Where the parenthesis that was opened before this text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(at, c)| {
        open += i32::from(c == '(') - i32::from(c == ')');
        (open == 0).then_some(at)
    })
}

/// A parameter, or an item of a list by its place, counted from 1.
pub(super) fn parameter<'a>(name: &str, params: &'a Params) -> Option<&'a Value> {
    let item = || {
        let (list, place) = name.rsplit_once('_')?;
        parameter(list, params)?.get(place.parse::<usize>().ok()?.checked_sub(1)?)
    };
    params.get(name).or_else(item)
}

/// The names of the parameters that a text reads.
pub(super) fn names(text: &str) -> BTreeSet<&str> {
    let ends = |rest: &str| rest.find(|c| !expression::is_name(c)).unwrap_or(rest.len());
    text.split('$').skip(1).map(|rest| &rest[..ends(rest)]).collect()
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
        let Value::Object(params) = json!({"rate_per_ms": 0.08, "work_ms": [10.0, 16.0], "K": 10, "rows": [[1, 2], [3, 4]]})
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
            ("Weights({$work_ms})", "Weights([10.0, 16.0])"),
            ("{$rows_2_1 + $work_ms_sum}", "29"),
            ("{2 * sqrt($K - sqrt(1) * 1) * 1ms}", "\"6000000ns\""),
            ("{2 * exp(ln(1)) * normal_cdf(0)}", "1"),
            ("{floor($K / 3)}", "3"),
            ("{step($K - 10) + step($K - 10.5)}", "1"),
            ("RoundRobin", "RoundRobin"),
        ] {
            assert_eq!(fill(text, &params(), Quotes::Scenario).as_deref(), Ok(expected));
        }
        let over = fill("over(request, {$K * 1ms})", &params(), Quotes::Expression);
        assert_eq!(over.as_deref(), Ok("over(request, 10000000ns)"));
    }

    #[test]
    fn a_text_says_what_it_reads() {
        let found: Vec<&str> = names("Exp({$b_2 * 1ms}), {exp($a)} and 2%").into_iter().collect();
        assert_eq!(found, ["a", "b_2"]);
    }

    #[test]
    fn what_is_not_there_is_said() {
        for text in [
            "{$mu}",
            "{$work_ms_3}",
            "{$work_ms * 2}",
            "{1ms",
            "{1ms + 1}",
            "{sqrt(1}",
            "{sqrt(1ms)}",
        ] {
            assert!(fill(text, &params(), Quotes::Scenario).is_err(), "{text}");
        }
    }
}
