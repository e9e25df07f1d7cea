//! Whether a line of the plan is about a case: by its group or its model, by what the case gives, and by
//! what the line reads. A parameter that a line does not read is a mistake, of the line or of the case:
//! what it says would be answered for something else.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::case::{Case, cases};
use super::template::{Params, is_given, names, parameter, quantity};
use crate::scenario::units::Quantity;

/// Which cases a line is about.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct About {
    /// Groups, `*` for anything.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Models, `*` for anything.
    #[serde(default)]
    pub models: Vec<String>,
    /// Parameters that have to be so, see [`is_so`].
    #[serde(default)]
    pub given: IndexMap<String, Value>,
    /// Parameters that make no difference to what is read, `*` for anything.
    #[serde(default)]
    pub ignores: Vec<String>,
}

/// How exactly numbers that follow from one another have to agree.
const EQUAL: f64 = 1e-4;

impl About {
    /// Is it about such a case?
    pub(super) fn names(&self, case: &Case) -> bool {
        any(&self.groups, &case.group) || any(&self.models, &case.model)
    }

    /// Is it about this one case, by its name?
    pub(super) fn is_for_one(&self, case: &Case) -> bool {
        self.groups.contains(&case.group)
    }

    /// Why a line that reads these texts does not fit the case; `None` if it does. A line that names
    /// the case itself was written for it, and need not read what is as we know it.
    pub(super) fn complaint<'a>(
        &self,
        case: &Case,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Option<String> {
        let read: BTreeSet<&str> = texts.into_iter().flat_map(names).collect();
        let missing = read.iter().find(|name| !is_given(name, &case.params));
        if let Some(name) = missing {
            return Some(format!("the case does not give `{name}`"));
        }
        let wrong =
            self.given.iter().find_map(|(name, must)| is_so(name, must, &case.params).err());
        let known = cases().iter().find(|known| self.is_for_one(case) && known.id == case.id);
        let is_read = |name: &str, value: &Value| {
            name == "note"
                || read.contains(name)
                || self.given.contains_key(name)
                || any(&self.ignores, name)
                || known.is_some_and(|known| parameter(name, &known.params) == Some(value))
        };
        wrong.or_else(|| {
            let mut params = case.params.iter();
            params
                .find_map(|(name, value)| unread(name, value, &is_read))
                .map(|name| format!("nothing reads `{name}`: what comes out would not be about it"))
        })
    }
}

/// The first part of a parameter that is not read: itself, or an item of a list.
fn unread(name: &str, value: &Value, is_read: &dyn Fn(&str, &Value) -> bool) -> Option<String> {
    if is_read(name, value) {
        return None;
    }
    match value {
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| unread(&format!("{name}_{}", at + 1), item, is_read)),
        _ => Some(name.to_owned()),
    }
}

/// Is a parameter as it has to be? A value it has to be equal to, and a text that begins with `=`,
/// `<` or `>` is an expression over the others. What follows from others, words and flags need not be
/// given at all.
fn is_so(name: &str, must: &Value, params: &Params) -> Result<(), String> {
    let Some(found) = parameter(name, params) else {
        let follows = must.as_str().is_none_or(|text| text.starts_with(['<', '>']));
        let is_needed = follows && !must.is_boolean();
        return if is_needed { Err(format!("the case does not give `{name}`")) } else { Ok(()) };
    };
    let relation = must.as_str().and_then(|text| Some((text.chars().next()?, text.get(1..)?)));
    let holds = match relation {
        Some((sign @ ('=' | '<' | '>'), expression)) => {
            let Quantity::Number(value) = quantity(expression, params)? else {
                return Err(format!("`{expression}` is no number"));
            };
            let found = found.as_f64().ok_or_else(|| format!("`{name}` is no number"))?;
            match sign {
                '<' => found < value,
                '>' => found > value,
                _ => (found - value).abs() <= EQUAL * value.abs(),
            }
        }
        _ => match (found.as_f64(), must.as_f64()) {
            (Some(found), Some(must)) => found == must,
            _ => found == must,
        },
    };
    let must = must.as_str().map_or_else(|| must.to_string(), str::to_owned);
    if holds { Ok(()) } else { Err(format!("`{name}` is {found}, and not {must}")) }
}

/// Does one of the patterns fit?
pub(super) fn any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

/// Does a pattern with `*` fit the whole name?
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(before) else { return false };
    let mut starts = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    starts.any(|at| matches(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("Q-MM1-*", "Q-MM1-a", true),
            ("Q-*-a", "Q-MM1-a", true),
            ("*", "", true),
            ("Q-MM1", "Q-MM1-a", false),
            ("*-b", "Q-MM1-a", false),
            ("T-*-l0.9-*2", "T-PoD-l0.9-d2", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    fn case(params: Value) -> Case {
        let mut case = cases()[0].clone();
        case.group = "X-a".to_owned();
        case.params = serde_json::from_value(params).expect("an object");
        case
    }

    #[test]
    fn what_is_not_read_and_what_is_not_so_is_said() {
        let given: IndexMap<String, Value> = serde_json::from_value(json!(
            {"rho": "= $rate * $work_1", "servers": "> 1", "queue": "FIFO", "cancel": false}
        ))
        .expect("an object");
        let (groups, ignores) = (vec!["X-*".to_owned()], vec!["seen".to_owned()]);
        let about = About { groups, given, ignores, ..About::default() };
        let complaint = |params| about.complaint(&case(params), ["Exp({$work_1})", "{$rate}"]);
        let good = json!({"rate": 2.0, "work": [0.4], "rho": 0.8, "servers": 2, "seen": 1});
        assert_eq!(complaint(good.clone()), None);
        for (name, value, word) in [
            ("rho", json!(0.7), "`rho` is 0.7"),
            ("servers", json!(1), "`servers` is 1"),
            ("queue", json!("LIFO"), "`queue` is \"LIFO\""),
            ("cancel", json!(true), "`cancel` is true"),
            ("work", json!([0.4, 0.5]), "nothing reads `work_2`"),
            ("more", json!(1), "nothing reads `more`"),
            ("rate", Value::Null, "`rate`"),
        ] {
            let mut params = good.clone();
            params[name] = value;
            let said = complaint(params).unwrap_or_default();
            assert!(said.contains(word), "{name}: {said}");
        }
        let missing = complaint(json!({"work": [0.4], "servers": 2})).unwrap_or_default();
        assert!(missing.contains("does not give `rate`"), "{missing}");
    }
}
