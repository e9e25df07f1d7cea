//! Rules 21 and 26 to 29: taking back, and what is never taken back.

use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Run, flow, refused};

/// Everything can be undone; d says no in the end.
const REFUSED: &str = r#"(home: "a", steps: [
    Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1)), Tell("c", Write("z"), undo: Write),
    Tell("d", Work("1ms"), refuses: 1)])"#;

fn versions(run: &Run) -> Vec<u64> {
    let versions = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Applied { version, .. } | Fact::Undone { version, .. } => Some(version),
        _ => None,
    });
    versions.collect()
}

#[test]
fn rule_26_an_undo_makes_a_new_version_and_is_unguarded() {
    let run = flow(r#"(home: "a", steps: [Tell("b", Add("y", 1), undo: Add(-20)), Tell("d", Work("1ms"), refuses: 1)])"#).go();
    assert_eq!(versions(&run), [1, 2]);
    assert_eq!(run.outcome.invariants["y-floor"].broken, 1);
    assert_eq!(run.answer(0).1, Verdict::Refused);
}

#[test]
fn rule_26_the_homes_own_effects_are_undone_where_they_have_an_undo() {
    let run = flow(r#"(home: "a", steps: [Add("n", 1, undo: Add(-1)), Write("x"), Tell("d", Work("1ms"), refuses: 1)])"#).go();
    // Both commit at 18; d says no at 19 + 2, at a 22; undone at 22 + 8.
    assert_eq!(run.changes(0), ["18 n", "18 x", "30 -n"]);
    assert_eq!((run.flow("f").ends.half_done, run.answer(0)), (1, refused(32.0)));
}

#[test]
fn rule_27_rest_undoes_in_reverse_order_one_at_a_time() {
    let run = flow(REFUSED).go();
    // c's answer is at a at 42; d says no at 44, at a 45. c: 46 + 5 + 8, at a 61; b: 62 + 3 + 8, at
    // a 75; x: 75 + 8, back 84.
    assert_eq!(run.changes(0), ["11 x", "24 y", "40 z", "59 -z", "73 -y", "83 -x"]);
    assert_eq!(run.answer(0), refused(85.0));
    assert_eq!(run.flow("f").ends.clean, 1);
}

#[test]
fn rule_27_pubsub_undoes_in_reverse_order_by_command_and_reply() {
    let run = flow(REFUSED).design("PubSub()").go();
    // z 58.5; d has its command at 77, says no at 78, at a 82, row back 91.5; c has the undo at
    // 95.5; its reply's row is back at 123; b has the undo at 127; row back 152.5.
    assert_eq!(run.changes(0), ["11 x", "27 y", "58.5 z", "108.5 -z", "138 -y", "160.5 -x"]);
    assert_eq!((run.answer(0).1, run.flow("f").ends.retracted), (Verdict::Done, 1));
}

#[test]
fn rule_27_in_events_each_participant_undoes_its_own_when_it_hears_of_it() {
    let run = flow(REFUSED).design("Events()").go();
    // z 43; d at 47 + 1; its word in the log at 51, with all three at 52, overhead, + 8.
    assert_eq!(run.changes(0)[..3], ["11 x", "26 y", "43 z"]);
    let mut undone = run.changes(0)[3..].to_vec();
    undone.sort_unstable();
    assert_eq!(undone, ["60.5 -x", "60.5 -y", "60.5 -z"]);
    assert_eq!(run.flow("f").ends.retracted, 1);
}

#[test]
fn rule_27_branches_are_taken_back_too() {
    for design in ["Rest()", "PubSub()", "PubSub(outbox: true)", "Events()"] {
        let run = flow(
            r#"(home: "a", steps: [Write("x", undo: Write), All([
                Tell("b", Take("y", 11), undo: Add(11)), Tell("c", Write("z"), undo: Write)])])"#,
        )
        .design(design)
        .go();
        let mut entities: Vec<String> = run
            .changes(0)
            .iter()
            .filter_map(|change| change.split(' ').nth(1).map(str::to_owned))
            .collect();
        entities.sort_unstable();
        assert_eq!(entities, ["-x", "-z", "x", "z"], "{design}");
    }
}

/// The event to c is held up: it arrives at 65, the refusal of b at 30.
const OVERTAKEN: &str =
    r#"(at: "1s", lasts: "20ms", what: Latency("log", "c", add: "50ms", both: false))"#;
const BOTH: &str = r#"(home: "a", steps: All([
    Tell("c", Write("z"), undo: Write), Tell("b", Add("y", 1), refuses: 1)]))"#;

#[test]
fn rule_28_undoing_nothing_blocks_the_late_original() {
    let run = flow(BOTH).design("Events()").faults(OVERTAKEN).go();
    assert_eq!(run.changes(0), [""; 0]);
    assert_eq!(run.flow("f").ends.retracted, 1);
}

#[test]
fn rule_28_without_deduplication_undo_is_blind() {
    let run = flow(BOTH).design("Events(dedup: false)").faults(OVERTAKEN).go();
    // The refusal: at c 30, overhead, + 8. The original: 65 + 5 + 8.
    assert_eq!(run.changes(0), ["38.5 -z", "78 z"]);
}

#[test]
fn rule_29_in_pubsub_and_events_a_technical_failure_never_compensates() {
    let case = flow(
        r#"(home: "a", steps: [Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1))])"#,
    )
    .faults(r#"(at: "1s", lasts: "100ms", what: Crash("b-db"))"#);
    let rest = case.clone().go();
    assert_eq!(rest.changes(0), ["11 x", "27 -x"]);
    // Fails at 21, returned a second later, at b again at 1023: + 3 + 8.
    let pubsub = case.clone().design("PubSub()").run_for("1500ms").go();
    assert_eq!(pubsub.changes(0)[0], "11 x");
    assert_eq!(pubsub.changes(0).len(), 2, "{:?}", pubsub.changes(0));
    assert_eq!(pubsub.flow("f").ends.kept, 1);
    let events = case.design("Events()").go();
    // Fails at 20, tried again in place after 100: + 3 + 8.
    assert_eq!(events.changes(0), ["11 x", "131 y"]);
}

#[test]
fn rule_29_a_dead_letter_can_no_longer_apply() {
    let run = flow(
        r#"(home: "a", steps: [Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1))])"#,
    )
    .but(r#"persist: "2ms""#, r#"persist: "2ms", delivery_limit: 2, requeue_delay: "10ms""#)
    .design("PubSub()")
    .faults(r#"(at: "1s", what: Crash("b-db"))"#)
    .go();
    let dead = |fact: &Fact| matches!(fact, Fact::Dropped { why: Some(Reason::DeadLetter), .. });
    assert_eq!(run.count(dead), 1);
    assert_eq!(run.count(|fact| matches!(fact, Fact::Redelivered { .. })), 2);
    assert_eq!((run.flow("f").effects.lost, run.flow("f").ends.half_done), (1, 1));
}

/// Refused at the end, while b cannot take back its part.
fn refused_while_b_is_gone(lasts: &str) -> Run {
    flow(
        r#"(home: "a", steps: [
        Tell("b", Take("y", 1), undo: Add(1)), Tell("d", Work("1ms"), refuses: 1)])"#,
    )
    .design("Rest(dedup: true)")
    .policies(r#""call": (timeout: "10ms")"#)
    .but(r#""b": Service(workers: 4, work: "3ms""#, r#""b": Service(workers: 4, work: "1ms""#)
    .but(
        r#""b-db": Database(read: "4ms", write: "7ms")"#,
        r#""b-db": Database(read: "1ms", write: "2ms")"#,
    )
    .faults(&format!(r#"(at: "1010ms", {lasts} what: Crash("b", host: true))"#))
    .go()
}

#[test]
fn rule_13_who_has_to_repeat_an_undo_answers_before_it_is_done() {
    // b's answer is at a at 10; d says no at 12, at a 13; b is silent until 23; again at 523.
    let back = refused_while_b_is_gone(r#"lasts: "200ms","#);
    assert_eq!(
        (back.answer(0), back.changes(0)),
        (refused(24.0), vec!["8 y".into(), "528 -y".into()])
    );
    assert_eq!(back.flow("f").ends.clean, 1);
    let gone = refused_while_b_is_gone("");
    assert_eq!(gone.answer(0), refused(24.0));
    assert_eq!(gone.flow("f").ends.pending, 1, "it is still tried");
    assert_eq!(gone.flow("f").failures.get(&Reason::Unanswered), None);
}
