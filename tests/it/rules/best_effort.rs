//! Rule 12: the failure of a best-effort tell changes nothing. In everything else it is a tell like
//! any other: its body keeps its order, and what it did is taken back with its flow.

use super::*;

const GUARDED: [&str; 4] = ["Rest(dedup: true)", "PubSub()", "PubSub(outbox: true)", "Events()"];
const BLIND: [&str; 3] = ["Rest()", "PubSub(dedup: false)", "Events(dedup: false)"];

/// What is left of each item that was changed: applied less taken back.
fn left(run: &Run, item: &str) -> i64 {
    let named = |change: &String, what: &str| change.ends_with(&format!(" {what}"));
    let count = |what: &str| run.changes(0).iter().filter(|it| named(it, what)).count() as i64;
    count(item) - count(&format!("-{item}"))
}

fn at(run: &Run, item: &str) -> f64 {
    let found = run.changes(0).into_iter().find(|change| change.ends_with(&format!(" {item}")));
    let change = found.unwrap_or_else(|| panic!("{item} is not in {:?}", run.changes(0)));
    change.split(' ').next().and_then(|time| time.parse().ok()).expect("a time")
}

#[test]
fn rule_32_a_best_effort_that_says_no_hides_no_loss() {
    let lost = |tell: &str| {
        // The home hears of the first command's confirm at 16, and is gone before it sends another.
        let steps = format!(r#"[Write("x"), {tell}, Tell("c", Write("z"))]"#);
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#))
            .design("PubSub()")
            .faults(r#"(at: "1014ms", lasts: "100ms", what: Crash("a"))"#)
            .go();
        let effects = run.flow("f").effects;
        (effects.lost, effects.void, run.flow("f").ends.half_done)
    };
    assert_eq!(lost(r#"Tell("b", Add("y", 1), best_effort: true)"#), (1, 0, 1));
    assert_eq!(lost(r#"Tell("b", Add("y", 1), best_effort: true, refuses: 1)"#), (1, 0, 1));
    assert_eq!(lost(r#"Tell("b", Take("y", 99), best_effort: true)"#), (1, 0, 1));
}

#[test]
fn rule_26_what_a_best_effort_did_is_taken_back_with_the_flow() {
    let steps = r#"[
        Write("x", undo: Write),
        Tell("b", Add("y", 1), undo: Add("y", -1), best_effort: true),
        Tell("c", Write("z"), refuses: 1),
    ]"#;
    for design in GUARDED.into_iter().chain(BLIND) {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).design(design).go();
        assert_eq!((left(&run, "x"), left(&run, "y"), left(&run, "z")), (0, 0, 0), "{design}");
        assert!(at(&run, "y") < at(&run, "-y"), "{design}");
        assert_eq!(run.flow("f").effects.undone, 2, "{design}");
    }
}

#[test]
fn rule_28_a_best_effort_that_comes_after_its_undo_is_blocked() {
    let steps = r#"[
        Write("x", undo: Write),
        Tell("b", Add("y", 1), undo: Add("y", -1), best_effort: true),
        Tell("c", Write("z"), refuses: 1),
    ]"#;
    for design in &GUARDED[1..] {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#))
            .design(design)
            .faults(r#"(at: "1s", lasts: "200ms", what: Slow("b", 100))"#)
            .go();
        assert_eq!((left(&run, "x"), left(&run, "y")), (0, 0), "{design}");
    }
}

#[test]
fn rule_12_what_was_not_sent_yet_is_not_taken_back() {
    let steps = r#"[
        Write("x", undo: Write),
        Tell("c", Write("z"), refuses: 1),
        Tell("b", Add("y", 1), undo: Add("y", -1), best_effort: true),
    ]"#;
    for design in BLIND.into_iter().chain(GUARDED) {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).design(design).go();
        assert_eq!(left(&run, "x"), 0, "{design}");
        assert!(!run.changes(0).iter().any(|change| change.ends_with('y')), "{design}");
    }
}

#[test]
fn rule_17_a_home_that_refuses_takes_its_best_effort_back() {
    // The home's own step behind it says no, in the client's request.
    let steps = r#"[
        Write("x", undo: Write),
        Tell("b", Add("y", 1), undo: Add("y", -1), best_effort: true),
        Take("n", 1000),
        Tell("c", Write("z")),
    ]"#;
    for design in GUARDED {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#))
            .but(r#""n": (owner: "a", start: 100)"#, r#""n": (owner: "a", start: 100, floor: 0)"#)
            .design(design)
            .go();
        assert_eq!((left(&run, "x"), left(&run, "y"), left(&run, "z")), (0, 0, 0), "{design}");
    }
}

#[test]
fn rule_01_the_body_of_a_best_effort_keeps_its_order() {
    let steps = r#"[
        Write("x"),
        Tell("b", [Work("50ms"), Add("y", 1), Tell("c", Add("w", 1)), Add("many", 1)], best_effort: true),
    ]"#;
    for design in GUARDED.into_iter().chain(BLIND) {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).design(design).go();
        let order = ["x", "y", "w", "many"].map(|item| at(&run, item));
        assert!(order.is_sorted(), "{design}: {order:?}");
        assert_eq!(run.flow("f").ends.kept, 1, "{design}");
    }
}

#[test]
fn rule_12_a_refusal_within_a_best_effort_takes_back_its_body_and_no_more() {
    let steps = r#"[
        Write("x", undo: Write),
        Tell("b", [Add("y", 1, undo: Add(-1)), Tell("c", Add("w", 1), refuses: 1)], best_effort: true),
        Tell("c", Write("z")),
    ]"#;
    for design in GUARDED.into_iter().chain(BLIND) {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).design(design).go();
        let left = ["x", "y", "w", "z"].map(|item| left(&run, item));
        assert_eq!(left, [1, 0, 0, 1], "{design}");
        assert_eq!(run.flow("f").ends.kept, 1, "{design}");
    }
}

#[test]
fn rule_27_a_body_of_several_hops_is_taken_back_with_the_flow() {
    let steps = r#"[
        Write("x", undo: Write),
        Tell("b", [Add("y", 1, undo: Add(-1)), Tell("c", Add("w", 1, undo: Add(-1)))], best_effort: true),
        Tell("d", Work("1ms"), work: "100ms", refuses: 1),
    ]"#;
    for design in GUARDED.into_iter().chain(BLIND) {
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).design(design).go();
        assert_eq!(["x", "y", "w"].map(|item| left(&run, item)), [0, 0, 0], "{design}");
        assert_eq!(run.flow("f").effects.undone, 3, "{design}");
    }
}

#[test]
fn rule_12_a_call_that_nobody_waits_for_does_not_make_the_next_one_such() {
    // When b is done, the home calls c twice.
    let steps = r#"[
        Write("x", undo: Write),
        Tell("b", [Add("y", 1, undo: Add(-1)), Tell("c", Work("1ms"), best_effort: true)]),
        Tell("c", Write("z"), refuses: 1),
    ]"#;
    for design in ["PubSub(except: #)", "PubSub(outbox: true, except: #)", "Events(except: #)"] {
        let design = design.replace('#', r#"{ "c": Rest() }"#);
        let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).design(&design).go();
        assert_eq!(["x", "y", "z"].map(|item| left(&run, item)), [0, 0, 0], "{design}");
        assert_eq!(run.flow("f").ends.retracted, 1, "{design}");
    }
}
