//! Rows of reference results, area `checkers`: from a row's metric and params to the verdict that
//! its `expected` holds. Knows the shapes of their JSON, and reads no file by itself.
//!
//! | metric | params | verdict |
//! | --- | --- | --- |
//! | `linearizable`, `sequential` | `history`: `{client, f, value, call, ret}`, `f` one of `r`, `w`, `cas` (`value: [from, to]`, `ok`); `initial` (0) | true or false |
//! | `linearizable_ids` | `file`: histories as `[client, f, arg, out, call, ret]` | the numbers of those that are |
//! | `violations_known_order` | `history` with `ver` | `[place, kind]` |
//! | `k_and_delta_per_read` | `history` with `ver` | `[versions, time]` per read |
//! | `session_violations` | `ops`: `{client, f, key, ver}` | `[place, guarantee]` |
//! | `replica_order_violations` | `ops`, `apply`: `{replica: [[key, ver]]}` | `[replica, write, guarantee, missing]` |
//! | `anomalies` | `txns` in the notation of Elle's tests, `intervals` | names, in alphabetical order |

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::floor::breaches;
use super::linearizability::linearizable;
use super::operation::{Action, Op, Value};
use super::replicas::early_writes;
use super::sequential::sequential;
use super::sessions::violations;
use super::staleness::staleness;
use super::transactions::{Txn, anomalies, notation};
use super::versions::{Access, Kind, Timed};

/// Why a row could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unjudged {
    /// No checker is known for it.
    #[error("no checker gives `{0}`")]
    Metric(String),
    /// Its params are not of the shape that its metric has.
    #[error("params of another shape: {0}")]
    Shape(String),
    /// The file that it names cannot be had.
    #[error("`{0}` cannot be had")]
    File(String),
}

/// Judges one row. `read` gives the text of a file that `params` name (`histories/...`).
pub fn judge(
    metric: &str,
    params: &Json,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<Json, Unjudged> {
    match metric {
        "linearizable" | "sequential" => {
            let row: Registers = shape(params)?;
            let ops = row.history.iter().map(Register::op).collect::<Result<Vec<Op>, _>>()?;
            let check = if metric == "sequential" { sequential } else { linearizable };
            Ok(json!(check(&ops, row.initial)))
        }
        "linearizable_ids" => {
            let File { file } = shape(params)?;
            let text = read(&file).ok_or_else(|| Unjudged::File(file.clone()))?;
            linearizable_ids(&text)
        }
        "violations_known_order" => {
            let found = breaches(&timed(params)?);
            Ok(found.into_iter().map(|(at, breach)| json!([at, breach.name()])).collect())
        }
        "k_and_delta_per_read" => {
            let found = staleness(&timed(params)?);
            Ok(found.into_iter().map(|(_, it)| json!([it.versions, it.time])).collect())
        }
        "session_violations" => {
            let row: Sessions = shape(params)?;
            let found = violations(&row.accesses(&row.keys())?);
            Ok(found.into_iter().map(|(at, it)| json!([at, it.name()])).collect())
        }
        "replica_order_violations" => replica_order_violations(&shape(params)?),
        "anomalies" => transactions(&shape(params)?),
        other => Err(Unjudged::Metric(other.to_owned())),
    }
}

fn shape<T: DeserializeOwned>(params: &Json) -> Result<T, Unjudged> {
    T::deserialize(params).map_err(|error| Unjudged::Shape(error.to_string()))
}

#[derive(Deserialize)]
struct File {
    file: String,
}

#[derive(Deserialize)]
struct Registers {
    #[serde(default = "zero")]
    initial: Value,
    history: Vec<Register>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
fn zero() -> Value {
    Some(0)
}

/// An operation as rows write it.
#[derive(Deserialize)]
struct Register {
    #[serde(default)]
    client: u32,
    #[serde(default)]
    key: u32,
    f: String,
    value: Argument,
    /// Of a compare-and-set: was the value as expected?
    #[serde(default = "yes", alias = "out")]
    ok: Option<bool>,
    call: u64,
    ret: Option<u64>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
fn yes() -> Option<bool> {
    Some(true)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Argument {
    Pair(Value, Value),
    One(Value),
}

impl Register {
    fn op(&self) -> Result<Op, Unjudged> {
        let action = match (self.f.as_str(), &self.value) {
            ("r" | "read", Argument::One(value)) => Action::Read(*value),
            ("w" | "write", Argument::One(value)) => Action::Write(*value),
            ("cas", &Argument::Pair(from, to)) => {
                Action::Cas { from, to, done: self.ok.unwrap_or(true) }
            }
            (other, _) => return Err(Unjudged::Shape(format!("an operation `{other}`"))),
        };
        let Self { client, key, call, ret, .. } = *self;
        Ok(Op { client, key, action, call, ret })
    }
}

/// A file of recorded histories.
#[derive(Deserialize)]
struct Histories {
    histories: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    id: String,
    initial: Value,
    /// Client, function, argument, result, call, return.
    ops: Vec<(u32, String, Json, Json, u64, Option<u64>)>,
}

impl Recorded {
    fn ops(&self) -> Result<Vec<Op>, Unjudged> {
        let op = |(client, f, argument, result, call, ret): &(u32, String, Json, Json, _, _)| {
            let action = match f.as_str() {
                "r" => Action::Read(shape(result)?),
                "w" => Action::Write(shape(argument)?),
                _ => {
                    let (from, to) = shape(argument)?;
                    Action::Cas { from, to, done: result.as_bool().unwrap_or(false) }
                }
            };
            Ok(Op { client: *client, key: 0, action, call: *call, ret: *ret })
        };
        self.ops.iter().map(op).collect()
    }

    /// The number that its name ends with.
    fn number(&self) -> Option<u64> {
        self.id.rsplit('_').next()?.parse().ok()
    }
}

fn linearizable_ids(text: &str) -> Result<Json, Unjudged> {
    let file: Histories =
        serde_json::from_str(text).map_err(|error| Unjudged::Shape(error.to_string()))?;
    let mut ids = Vec::new();
    for history in &file.histories {
        if linearizable(&history.ops()?, history.initial) {
            ids.push(history.number());
        }
    }
    Ok(json!(ids))
}

#[derive(Deserialize)]
struct Versions {
    history: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    client: u32,
    #[serde(default)]
    key: u32,
    f: String,
    ver: u64,
    call: u64,
    ret: Option<u64>,
}

fn timed(params: &Json) -> Result<Vec<Timed>, Unjudged> {
    let row: Versions = shape(params)?;
    let timed = |it: &Version| {
        let access = Access { client: it.client, key: it.key, kind: kind(&it.f)?, version: it.ver };
        Ok(Timed { access, call: it.call, ret: it.ret })
    };
    row.history.iter().map(timed).collect()
}

fn kind(f: &str) -> Result<Kind, Unjudged> {
    match f {
        "r" => Ok(Kind::Read),
        "w" => Ok(Kind::Write),
        other => Err(Unjudged::Shape(format!("an operation `{other}`"))),
    }
}

#[derive(Deserialize)]
struct Sessions {
    ops: Vec<SessionOp>,
    /// By replica, the writes in the order in which it applied them.
    #[serde(default)]
    apply: indexmap::IndexMap<String, Vec<(String, u64)>>,
}

#[derive(Deserialize)]
struct SessionOp {
    client: u32,
    f: String,
    key: String,
    ver: u64,
}

impl Sessions {
    /// The names of keys: a key's number is its place here.
    fn keys(&self) -> indexmap::IndexSet<&str> {
        let applied = self.apply.values().flatten().map(|(key, _)| key.as_str());
        self.ops.iter().map(|op| op.key.as_str()).chain(applied).collect()
    }

    fn accesses(&self, keys: &indexmap::IndexSet<&str>) -> Result<Vec<Access>, Unjudged> {
        let access = |op: &SessionOp| {
            let key = keys.get_index_of(op.key.as_str()).expect("all are there") as u32;
            Ok(Access { client: op.client, key, kind: kind(&op.f)?, version: op.ver })
        };
        self.ops.iter().map(access).collect()
    }
}

fn replica_order_violations(row: &Sessions) -> Result<Json, Unjudged> {
    let keys = row.keys();
    let accesses = row.accesses(&keys)?;
    let number = |key: &str| keys.get_index_of(key).expect("all are there") as u32;
    let name = |(key, version): (u32, u64)| json!([keys[key as usize], version]);
    let mut found = Vec::new();
    for (replica, writes) in &row.apply {
        let writes: Vec<(u32, u64)> =
            writes.iter().map(|(key, version)| (number(key), *version)).collect();
        found.extend(
            early_writes(&accesses, &writes)
                .into_iter()
                .map(|it| json!([replica, name(it.write), it.guarantee.name(), name(it.missing)])),
        );
    }
    Ok(json!(found))
}

#[derive(Deserialize)]
struct Transactions {
    txns: Vec<String>,
    #[serde(default)]
    intervals: Option<Vec<(u64, u64)>>,
}

fn transactions(row: &Transactions) -> Result<Json, Unjudged> {
    let mut txns = Vec::new();
    for (at, text) in row.txns.iter().enumerate() {
        let txn = notation::parse(text)
            .ok_or_else(|| Unjudged::Shape(format!("`{text}` is no transaction")))?;
        let interval = row.intervals.as_ref().and_then(|all| all.get(at)).copied();
        txns.push(Txn { interval, ..txn });
    }
    let mut names: Vec<String> = anomalies(&txns).iter().map(ToString::to_string).collect();
    names.sort_unstable();
    Ok(json!(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_judged_is_said() {
        let none = |_: &str| None;
        let of = |metric: &str, params: Json| judge(metric, &params, &none).unwrap_err();
        assert_eq!(of("beauty", json!({})), Unjudged::Metric("beauty".to_owned()));
        assert_eq!(of("linearizable_ids", json!({"file": "x"})), Unjudged::File("x".to_owned()));
        assert!(matches!(of("linearizable", json!({})), Unjudged::Shape(_)));
        assert!(matches!(of("anomalies", json!({"txns": ["hello"]})), Unjudged::Shape(_)));
    }

    #[test]
    fn registers_may_start_empty_and_be_compared_and_set() {
        let params = json!({"initial": null, "history": [
            {"client": 0, "f": "r", "value": null, "call": 0, "ret": 1},
            {"client": 0, "f": "w", "value": 1, "call": 2, "ret": 3},
            {"client": 0, "f": "cas", "value": [1, 2], "ok": true, "call": 4, "ret": 5},
            {"client": 0, "f": "cas", "value": [1, 3], "ok": false, "call": 6, "ret": 7},
            {"client": 1, "f": "r", "value": 2, "call": 8, "ret": 9},
        ]});
        assert_eq!(judge("linearizable", &params, &|_| None), Ok(json!(true)));
        assert_eq!(judge("sequential", &params, &|_| None), Ok(json!(true)));
    }
}
