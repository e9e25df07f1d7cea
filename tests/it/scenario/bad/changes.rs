//! Mistakes in what is done on the way.

use super::Bad;

/// A mistake in one of the changes, of which the good scenario has none.
macro_rules! change {
    ($code:literal, $changes:literal) => {
        Bad($code, "expect: [", concat!("changes: [", $changes, "], expect: ["))
    };
}

/// What is done on the way.
pub(in crate::scenario) const CHANGES: &[Bad] = &[
    change!("E0204", r#"(at: "20s")"#),
    change!("E0204", r#"(what: Crash("orders"))"#),
    change!("E0301", r#"(at: "20s", what: Crash("orders"), end: "crash-inventory")"#),
    change!("E0301", r#"(at: Random("20s"), what: Crash("orders"))"#),
    change!("E0801", r#"(at: "60s", what: Crash("orders"))"#),
    // What could not be read is named once, not missed where it is to end as well.
    change!("E0205", r#"(at: "20s", what: Crash("nobody")), (at: "21s", end: "crash-nobody")"#),
    Bad(
        "E0205",
        "faults: [",
        r#"changes: [(at: "20s", end: "b")], faults: [(name: "b", at: "1s", what: Crash("nobody")),"#,
    ),
    change!("E0803", r#"(at: "20s", what: Crash("web"))"#),
    change!("E0803", r#"(at: "20s", lasts: "1s", what: Freeze("orders"))"#),
    change!("E0203", r#"(at: "20s", lasts: "1s", end: "crash-inventory")"#),
    change!("E0205", r#"(at: "20s", end: "crash-inventroy")"#),
    change!("E0205", r#"(at: "20s", without: "fire")"#),
    change!(
        "E0205",
        r#"(at: "20s", without: "late"), (name: "late", at: "21s", what: Crash("orders"))"#
    ),
    change!(
        "E0201",
        r#"(name: "a", at: "20s", what: Crash("orders")), (name: "a", at: "21s", what: Crash("mail"))"#
    ),
    change!("E0401", r#"(at: "20s", set: { "ratte": "800/s" })"#),
    change!("E0402", r#"(at: "20s", set: { "rate": 800 })"#),
    change!("E0804", r#"(at: "20s", set: { "room": 7 })"#),
    change!("E0201", r#"(name: "crash-inventory", at: "20s", what: Crash("orders"))"#),
];
