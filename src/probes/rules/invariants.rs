//! docs/semantics.md, rule 35: floors name the operation that broke them.

use super::*;

#[test]
fn rule_35_a_commit_below_the_floor_names_its_operation() {
    let (mut trace, op) = one();
    let (entity, key) = (STOCK, KEY);
    trace
        .at(11, Fact::Applied { op, effect: TAKES, entity, key, version: 1, before: 0, value: -1 });
    let outcome = trace.outcome();
    assert_eq!(
        (outcome.invariants["stock-floor"].broken, outcome.invariants["goods"].deviation),
        (1, -1)
    );
    let floor = outcome.anomalies.iter().find(|anomaly| anomaly.kind == "floor").unwrap();
    assert_eq!(
        (floor.flow.as_str(), floor.number, floor.detail.as_str()),
        ("buy", 0, "stock at -1")
    );
}
