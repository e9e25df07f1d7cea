//! The order of several ways to do one thing, by their means over many runs of one ordinary scenario
//! that differ in one knob.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::analysis::stats::mean;
use crate::scenario::parse;
use crate::simulate;
use crate::validate::computed::Asked;
use crate::validate::reading::Reading;

/// The scenario.
const CONTENTION: &str = include_str!("../../../scenarios/theory/contention.ron");
/// Means that differ by at most this share are alike.
const ALIKE: f64 = 0.05;

/// Writes of customers who change one row at once, by how they back off: the plan's `backoffs` are
/// names with values of the knob.
pub(crate) fn of_backoffs(asked: &Asked) -> Result<Value, String> {
    let customers = asked.number("clients")?;
    let backoffs: Vec<(String, String)> =
        serde_json::from_value(asked.params["backoffs"].clone()).map_err(|it| it.to_string())?;
    let calls = |(name, backoff): (String, String)| {
        let sets =
            [("customers".to_owned(), customers.to_string()), ("backoff".to_owned(), backoff)];
        Ok((name, writes(asked, &sets)?))
    };
    let found = backoffs.into_iter().map(calls).collect::<Result<Vec<_>, String>>()?;
    let of = |name: &str| {
        let found = found.iter().find(|(known, _)| known == name);
        found.map(|(_, calls)| *calls).ok_or_else(|| format!("there is no backoff `{name}`"))
    };
    let share = of("FullJitter")? / of("Exponential")?;
    let share = if share <= 0.5 { "half".to_owned() } else { format!("{:.0} %", share * 100.0) };
    Ok(json!({
        "write_calls": in_order(&found),
        "FullJitter_calls_le": format!("{share} of Exponential"),
    }))
}

/// The mean number of writes over the trials.
fn writes(asked: &Asked, sets: &[(String, String)]) -> Result<f64, String> {
    let scenario = parse("scenarios/theory/contention.ron", CONTENTION, sets);
    let scenario = Arc::new(scenario.map_err(|found| found.render(false))?);
    let reading = Reading::new("offered(change)".to_owned(), &scenario)?;
    let trials = asked.trials as u64;
    let one = |trial| {
        let outcome = simulate::run(&scenario, 0, (asked.seed - 1) * trials + trial);
        reading.of(&outcome, None)?.as_f64().ok_or_else(|| "it is no number".to_owned())
    };
    let counts = (1..=trials).map(one).collect::<Result<Vec<f64>, String>>()?;
    mean(&counts).ok_or_else(|| "there were no trials".to_owned())
}

/// From the fewest to the most, `a ~ b < c`; those that are alike as they were named.
fn in_order(found: &[(String, f64)]) -> String {
    let mut sorted: Vec<(usize, &(String, f64))> = found.iter().enumerate().collect();
    sorted.sort_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
    let groups = sorted.chunk_by(|(_, a), (_, b)| b.1 <= a.1 * (1.0 + ALIKE));
    let told = groups.map(|group| {
        let mut group = group.to_vec();
        group.sort_by_key(|(named, _)| *named);
        group.iter().map(|(_, (name, _))| name.as_str()).collect::<Vec<_>>().join(" ~ ")
    });
    told.collect::<Vec<_>>().join(" < ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_says_who_is_alike() {
        let found = [("Full", 102.0), ("Equal", 100.0), ("None", 300.0), ("Some", 200.0)];
        let found = found.map(|(name, mean)| (name.to_owned(), mean));
        assert_eq!(in_order(&found), "Full ~ Equal < Some < None");
    }
}
