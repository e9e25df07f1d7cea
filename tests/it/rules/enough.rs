//! `All` with `enough`: the flow goes on when so many branches are done.

use windtunnel::probes::{Reason, Verdict};

use super::{ALL, done, flow};

/// b is back at 3 + 1 + 3 + 1, c at 10, d at 6.
fn three(enough: &str) -> super::Case {
    flow(&format!(r#"(home: "a", steps: All([Call("b"), Call("c"), Call("d")]{enough}))"#))
}

#[test]
fn rule_01_it_goes_on_when_enough_branches_are_done() {
    for (enough, answer) in [(1, 7.0), (2, 9.0), (3, 11.0)] {
        let case = three(&format!(", enough: {enough}"));
        for design in ALL {
            let run = case.clone().design(design).go();
            assert_eq!(run.answer(0), done(answer), "{enough} in {design}");
            assert_eq!(run.messages(0), [8, 0, 0, 0, 0], "the others are done all the same");
            assert_eq!(run.flow("f").ends.kept, 1);
        }
    }
}

#[test]
fn rule_01_it_fails_as_soon_as_too_many_have_failed() {
    let case = |enough| three(enough).faults(r#"(at: "0s", what: Crash("b"))"#);
    let crashed = Verdict::Failed(Reason::Crashed);
    // b's connection is reset at 5.
    assert_eq!(case("").go().answer(0), (11.0, crashed), "all have ended");
    assert_eq!(case(", enough: 3").go().answer(0), (6.0, crashed), "three cannot be done");
    assert_eq!(case(", enough: 2").go().answer(0), done(11.0));
    assert_eq!(case(", enough: 1").go().answer(0), done(7.0));
}

#[test]
fn rule_01_late_branches_run_to_their_end() {
    let case = flow(
        r#"(home: "a", steps: [All([Repeat(2, Call("c")), Call("d")], enough: 1), All([Call("b"), Call("c")], enough: 1)])"#,
    );
    let run = case.go();
    // d is back at 6, then b at 11; the first c is back at 10 and 17, the other at 13.
    assert_eq!(run.answer(0), done(12.0));
    assert_eq!(run.messages(0), [12, 0, 0, 0, 0]);
    let last = run.when(0, |_| true).pop().expect("something happened");
    assert_eq!(last, (17.0, "a#0".to_owned()));
    let ends = run.flow("f").ends;
    assert_eq!((ends.kept, ends.pending), (1, 0));
}

#[test]
fn rule_41_a_crash_ends_late_branches() {
    let case = flow(r#"(home: "a", steps: All([Repeat(9, Call("c")), Call("d")], enough: 1))"#);
    let run = case.faults(r#"(at: "1012ms", lasts: "100ms", what: Crash("a"))"#).go();
    assert_eq!(run.answer(0), done(7.0));
    // The second of the nine calls is under way; its answer finds nobody at 17.
    assert_eq!(run.messages(0), [8, 0, 0, 0, 0]);
    let ends = run.flow("f").ends;
    assert_eq!((ends.kept, ends.pending), (1, 0));
}
