//! Recorded histories and their verdicts.

use serde_json::Value;

use crate::history::cases::judge;
use crate::validate::computed::Asked;

/// The files that cases name.
const FILES: &[(&str, &str)] =
    &[("histories/etcd_jepsen.json", include_str!("../histories/etcd_jepsen.json"))];

/// What the checker says of the case's history.
pub(crate) fn judged(asked: &Asked) -> Result<Value, String> {
    let read = |name: &str| {
        let found = FILES.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| (*text).to_owned())
    };
    let params = Value::Object(asked.params.clone());
    judge(&asked.metric, &params, &read).map_err(|why| why.to_string())
}
