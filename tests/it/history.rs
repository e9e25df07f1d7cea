//! The checkers of histories against histories whose verdicts are known (area `checkers` of the reference
//! results, and `src/validate/histories/README.md`).

use serde_json::Value;
use windtunnel::history::cases::judge;
use windtunnel::validate::{Case, cases};

/// The histories that come with the program.
const ETCD: &str = include_str!("../../src/validate/histories/etcd_jepsen.json");

fn read(file: &str) -> Option<String> {
    (file == "histories/etcd_jepsen.json").then(|| ETCD.to_owned())
}

#[test]
fn every_verdict_is_the_known_one() {
    let rows: Vec<&Case> = cases().iter().filter(|case| case.area == "checkers").collect();
    assert!(rows.len() >= 35);
    for row in rows {
        let verdict = judge(&row.metric, &Value::Object(row.params.clone()), &read);
        assert_eq!(verdict.as_ref(), Ok(&row.expected), "{}", row.id);
    }
}

/// The file says of each of its histories what it is; the row above only counts them.
#[test]
fn every_history_of_etcd_is_what_its_file_says() {
    let file: Value = serde_json::from_str(ETCD).expect("it");
    let histories = file["histories"].as_array().expect("histories");
    assert_eq!(histories.len(), 102);
    for history in histories {
        let alone = serde_json::json!({ "histories": [history] }).to_string();
        let params = serde_json::json!({ "file": "one" });
        let found =
            judge("linearizable_ids", &params, &|_| Some(alone.clone())).expect("a verdict");
        let is_linearizable = found.as_array().is_some_and(|ids| !ids.is_empty());
        assert_eq!(history["linearizable"], is_linearizable, "{}", history["id"]);
    }
}
