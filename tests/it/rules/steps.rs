//! Rules 1 to 12: steps and data.

use windtunnel::probes::{Fact, Verdict};

use super::{ALL, Run, done, flow, flows, op, refused};

/// Two operations (or more), a millisecond apart, the first after 1 ms.
const CLOSE: &str = r#"arrivals: Constant("1000/s"), does: "f""#;

fn values(run: &Run) -> Vec<i64> {
    let values = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Applied { value, .. } | Fact::Undone { value, .. } => Some(value),
        _ => None,
    });
    values.collect()
}

#[test]
fn rule_01_steps_follow_one_another_in_every_design() {
    let case = flow(
        r#"(home: "a", steps: [Write("x"), Tell("b", Add("y", 1)), Add("n", 1), Tell("c", Write("z"))])"#,
    );
    let order = ["x", "y", "n", "z"];
    for design in ALL {
        let changes = case.clone().design(design).go().changes(0);
        let entities: Vec<&str> =
            changes.iter().filter_map(|change| change.split(' ').nth(1)).collect();
        assert_eq!(entities, order, "{design}");
    }
}

#[test]
fn rule_01_branches_run_together_and_end_when_the_last_has_ended() {
    let case = flow(r#"(home: "a", steps: All([Tell("b", Take("y", 1)), Tell("c", Write("z"))]))"#);
    let run = case.go();
    // Both calls leave at 3; b commits at 4 + 3 + 8, c at 4 + 5 + 8 and is back at 19.
    assert_eq!(run.changes(0), ["15 y", "17 z"]);
    assert_eq!(run.answer(0), done(20.0));
    // A row begins the saga (back at 12), both commands are confirmed at 16.
    let run = case.clone().design("PubSub()").go();
    assert_eq!(run.answer(0), done(17.0));
    assert_eq!(run.changes(0), ["27 y", "29 z"]);
    // The outbox row commits at 11; relayed 12, appended 14, with both at 15.
    let run = case.design("Events()").go();
    assert_eq!(run.answer(0), done(13.0));
    assert_eq!(run.changes(0), ["26 y", "28 z"]);
}

#[test]
fn rule_01_the_same_branches_many_times_run_together_too() {
    let answer = |steps: &str| flow(&format!(r#"(home: "a", steps: {steps})"#)).go().answer(0);
    let thrice = answer(r#"All([Call("b"), Call("c")], times: 3)"#);
    assert_eq!(
        thrice,
        answer(r#"All([Call("b"), Call("c"), Call("b"), Call("c"), Call("b"), Call("c")])"#)
    );
    assert_eq!(answer(r#"All([Call("b")], times: 1)"#), answer(r#"All([Call("b")])"#));
}

#[test]
fn rule_01_all_waits_for_every_branch_though_one_is_refused() {
    let run = flow(r#"(home: "a", steps: All([Tell("b", Add("y", 1), refuses: 1), Tell("c", Write("z"), undo: Write)]))"#).go();
    // b says no at 8; c ends at 19 and is then taken back: 20 + 5 + 8.
    assert_eq!(run.changes(0), ["17 z", "33 -z"]);
    assert_eq!(run.answer(0), refused(36.0));
}

#[test]
fn rule_01_questions_in_branches_run_together_too() {
    let case = flow(r#"(home: "a", steps: All([Call("b"), Call("c"), Tell("d", Work("1ms"))]))"#);
    // Both calls leave at 3, the longer one is back at 4 + 5 + 1; then the row of the saga, then
    // the command: 10 + 9 + 4; and the answer.
    assert_eq!(case.clone().design("PubSub()").go().answer(0), done(24.0));
    assert_eq!(case.design("Events()").go().answer(0), done(20.0));
}

#[test]
fn rule_01_a_branch_that_may_not_be_taken_travels_like_any_other() {
    for (chance, changes) in [("100%", vec!["26 y", "28 z"]), ("0%", vec!["26 y"])] {
        let case = flow(&format!(
            r#"(home: "a", steps: All([Tell("b", Add("y", 1)), Maybe("{chance}", Tell("c", Write("z")))]))"#
        ));
        let run = case.clone().design("Events()").go();
        assert_eq!(
            (run.answer(0), run.changes(0)),
            (done(13.0), changes.iter().map(ToString::to_string).collect())
        );
        assert_eq!(run.flow("f").ends.kept, 1);
        assert_eq!(case.clone().design("PubSub()").go().flow("f").ends.kept, 1);
        assert_eq!(case.go().flow("f").ends.kept, 1);
    }
}

#[test]
fn rule_02_the_body_of_a_tell_is_a_flow_at_its_handler() {
    let case = flow(r#"(home: "a", steps: Tell("b", [Take("y", 1), Tell("c", Write("z"))]))"#);
    let run = case.go();
    // b: 4 + 3, commits 15, back 16; c: 17 + 5, commits 30, back 31, at b 32, at a 33.
    assert_eq!((run.changes(0), run.answer(0)), (vec!["15 y".into(), "30 z".into()], done(34.0)));
    assert_eq!(run.messages(0), [6, 4, 0, 0, 0]);
    // From b straight to c: 26 -> 27 -> 29 -> 30, + 5 + 8.
    let run = case.clone().design("Events()").go();
    assert_eq!((run.changes(0), run.answer(0)), (vec!["26 y".into(), "43 z".into()], done(13.0)));
    // By way of the home: reply at 32, overhead, row back at 41.5, c has the command at 45.5.
    let run = case.design("PubSub()").go();
    assert_eq!((run.changes(0), run.answer(0)), (vec!["27 y".into(), "58.5 z".into()], done(17.0)));
}

#[test]
fn rule_02_a_bare_effect_is_a_body_of_one() {
    let [bare, listed] = [r#"Add("y", 1)"#, r#"[Add("y", 1)]"#]
        .map(|body| flow(&format!(r#"(home: "a", steps: Tell("b", {body}))"#)).go());
    assert_eq!(bare.changes(0), listed.changes(0));
    assert_eq!(bare.answer(0), listed.answer(0));
}

#[test]
fn rule_02_a_tell_may_come_back_to_the_home() {
    let case = flow(
        r#"(home: "a", steps: Tell("b", [Take("y", 1), Tell("a", Add("n", 1), work: "6ms")]))"#,
    );
    // Back at b at 16; a: 17 + 6, commits 31.
    assert_eq!(case.go().changes(0), ["15 y", "31 n"]);
    // a reacts to b's event: at 30, + 6 + 8.
    assert_eq!(case.clone().design("Events()").go().changes(0), ["26 y", "44 n"]);
    // The home does it when it has b's reply: row back at 41.5, + 6 + 8.
    assert_eq!(case.design("PubSub()").go().changes(0), ["27 y", "55.5 n"]);
}

#[test]
fn rule_03_consecutive_effects_are_one_transaction_of_one_draw_for_each_key() {
    let at = |steps: &str| flow(&format!(r#"(home: "a", steps: [{steps}])"#)).go();
    let two = at(r#"Write("x"), Add("n", 1)"#);
    assert_eq!((two.changes(0), two.answer(0)), (vec!["18 x".into(), "18 n".into()], done(20.0)));
    assert_eq!(two.messages(0), [2, 2, 0, 0, 0]);
    let same = at(r#"Add("n", 1), Add("n", 1)"#);
    assert_eq!((same.changes(0), same.answer(0)), (vec!["11 n".into(), "11 n".into()], done(13.0)));
    let apart = at(r#"Write("x"), Work("1ms"), Add("n", 1)"#);
    assert_eq!(
        (apart.changes(0), apart.answer(0)),
        (vec!["11 x".into(), "21 n".into()], done(23.0))
    );
}

#[test]
fn rule_03_locks_are_held_by_a_transaction_and_never_across_a_message() {
    let run = flow(r#"(home: "a", steps: [Add("n", 1), Tell("d", Work("100ms"))])"#)
        .web(CLOSE)
        .run_for("2500us")
        .go();
    // Sent at 1 and 2: the first has the item from 5 to 12, then the second until 19.
    assert_eq!((run.changes(0), run.changes(1)), (vec!["11 n".into()], vec!["17 n".into()]));
}

#[test]
fn rule_04_add_is_unguarded_take_is_refused_below_the_floor() {
    let add = flow(r#"(home: "b", steps: Add("y", -15))"#).go();
    assert_eq!((values(&add), add.answer(0).1), (vec![-5], Verdict::Done));
    assert_eq!(add.outcome.invariants["y-floor"].broken, 1);
    let take = flow(r#"(home: "b", steps: Take("y", 11))"#).go();
    assert_eq!((values(&take), take.answer(0).1), (vec![], Verdict::Refused));
    assert_eq!(take.outcome.invariants["y-floor"].broken, 0);
    let all = flow(r#"(home: "b", steps: Take("y", 10))"#).go();
    assert_eq!((values(&all), all.answer(0).1), (vec![0], Verdict::Done));
}

#[test]
fn rule_04_put_overwrites_what_was_seen_and_compares_if_it_is_told_to() {
    let race = |unchanged| {
        flow(&format!(r#"(home: "b", steps: [Read("y"), Put("y", 1, if_unchanged: {unchanged})])"#))
            .web(CLOSE)
            .run_for("2500us")
            .go()
    };
    // Both read 10 before either writes.
    let lost = race(false);
    assert_eq!((values(&lost), lost.answer(1).1), (vec![11, 11], Verdict::Done));
    let guarded = race(true);
    assert_eq!((values(&guarded), guarded.answer(1).1), (vec![11], Verdict::Refused));
}

#[test]
fn rule_05_need_tests_what_was_seen() {
    let run = flow(r#"(home: "a", steps: Ask("y", need: 11))"#).go();
    // b: 4 + 3, read 8 to 12, back 13, at a 14.
    assert_eq!(run.answer(0), refused(15.0));
    assert_eq!(flow(r#"(home: "a", steps: Ask("y", need: 10))"#).go().answer(0), done(15.0));
}

#[test]
fn rule_05_need_passes_on_an_old_copy_and_take_does_not() {
    let case = flow(r#"(home: "a", steps: [Ask("y", need: 5), Tell("b", Take("y", 5))])"#)
        .web(CLOSE)
        .run_for("3500us");
    let rest = case.go();
    assert_eq!(
        [0, 1, 2].map(|n| rest.answer(n).1),
        [Verdict::Done, Verdict::Done, Verdict::Refused]
    );
    assert_eq!(rest.flow("f").ends.clean, 1);
    let events = case.design("Events()").go();
    assert_eq!([0, 1, 2].map(|n| events.answer(n).1), [Verdict::Done; 3]);
    assert_eq!((events.flow("f").ends.kept, events.flow("f").ends.retracted), (2, 1));
}

#[test]
fn rule_05_maybe_and_repeat() {
    let case = flow(
        r#"(home: "a", steps: [Maybe(0, Write("x")), Repeat(3, Add("n", 1)), Maybe(1, Work("4ms"))])"#,
    );
    for design in ALL {
        let run = case.clone().design(design).go();
        assert_eq!(run.changes(0), ["11 n", "11 n", "11 n"], "{design}: one key, one transaction");
        assert_eq!(run.answer(0), done(17.0), "{design}");
        assert_eq!(values(&run), [101, 102, 103]);
        assert_eq!(run.flow("f").ends.kept, 1, "what is not taken is not told");
    }
}

#[test]
fn rule_06_a_refusal_is_final_and_a_failure_is_tried_again() {
    let retry = r#""call": (timeout: "1s", retry: (tries: 3, backoff: "10ms"))"#;
    let no = flow(r#"(home: "a", steps: Tell("b", Add("y", 1), refuses: 1))"#).policies(retry).go();
    assert_eq!((no.answer(0), no.flow("f").retries), (refused(9.0), 0));
    let gone = r#"(at: "0s", what: Crash("b"))"#;
    let down =
        flow(r#"(home: "a", steps: Tell("b", Add("y", 1)))"#).policies(retry).faults(gone).go();
    assert_eq!(down.flow("f").retries, 2);
}

#[test]
fn rule_07_messages_carry_what_the_flow_has_seen() {
    let case =
        flow(r#"(home: "a", steps: [Ask("y"), Tell("b", Put("y", 7, if_unchanged: true))])"#);
    for design in ALL {
        assert_eq!(values(&case.clone().design(design).go()), [17], "{design}");
    }
}

/// The keys that effects on `many` or `y` touch.
fn keys(run: &Run) -> Vec<u64> {
    let keys = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Applied { key, .. } => Some(key.0),
        _ => None,
    });
    keys.collect()
}

#[test]
fn rule_07_what_was_seen_outlasts_what_was_written() {
    let case = flow(
        r#"(home: "a", steps: [
        Ask("y"), Write("x"), Tell("c", Add("w", 3)), Tell("b", Put("y", 7))])"#,
    );
    for design in ["Rest()", "PubSub()", "PubSub(outbox: true)", "Events()"] {
        assert_eq!(values(&case.clone().design(design).go()).last(), Some(&17), "{design}");
    }
}

#[test]
fn rule_08_popular_means_one_item_for_each_name_of_an_operation() {
    let run = flow(
        r#"(home: "b", steps: [Add("many", 1), Work("1ms"), Add("many", 1), Work("1ms"),
            Add("many", 1, key: Popular("other")), Work("1ms"), Add("many", 1, key: Popular("many"))])"#,
    )
    .go();
    let keys = keys(&run);
    assert_eq!((keys[0], keys[0]), (keys[1], keys[3]));
    assert_ne!(keys[0], keys[2]);
}

#[test]
fn rule_08_own_is_what_the_session_created_last() {
    let run = flows(
        r#""f": (home: "a", steps: Write("x")), "g": (home: "a", steps: Read("x", key: Own))"#,
    )
    .web(r#"arrivals: Constant("1/s"), sessions: 1, journeys: { "j": (steps: [Do("g"), Do("f"), Do("g")]) }"#)
    .go();
    let versions: Vec<u64> = run.saw("x").iter().map(|saw| saw.1).collect();
    assert_eq!(versions, [0, 1], "first a preloaded item, then its own");
    let creator = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Saw { key, .. } => Some(key.creator()),
        _ => None,
    });
    assert_eq!(creator.collect::<Vec<_>>(), [None, Some(op(1))]);
}

#[test]
fn rule_09_draws_do_not_depend_on_the_design() {
    let case = flow(r#"(home: "a", steps: [Tell("b", Add("many", 1, undo: Add(-1)), refuses: "50%"), Maybe("50%", Add("n", 1))])"#)
        .web(r#"arrivals: Constant("20/s"), does: "f""#)
        .run_for("2s");
    let told = |design: &str| {
        let run = case.clone().design(design).go();
        let mut said: Vec<(u64, Option<u64>)> = (0..run.offered() as u64)
            .map(|number| {
                let key = run.facts().find_map(|(_, _, fact)| match fact {
                    Fact::Applied { op: by, entity, key, .. }
                        if by == op(number)
                            && run.scenario.entities[usize::from(entity.0)].name == "many" =>
                    {
                        Some(key.0)
                    }
                    _ => None,
                });
                (number, key)
            })
            .collect();
        said.sort_unstable();
        said
    };
    let rest = told("Rest()");
    assert_eq!(rest.len(), 39);
    let refused = rest.iter().filter(|(_, key)| key.is_none()).count();
    assert!((8..32).contains(&refused), "{refused} of 39");
    assert_eq!(told("PubSub()"), rest);
    assert_eq!(told("Events()"), rest);
}

#[test]
fn rule_11_a_call_stays_a_call_in_every_design() {
    let case = flow(r#"(home: "a", steps: Call("b", steps: Read("y")))"#)
        .web(r#"arrivals: Constant("1/s"), does: "f""#)
        .run_for("2500ms");
    for design in ALL {
        let run = case.clone().design(design).go();
        // b: 4 + 3, read 8 to 12, back 13, at a 14. The second is not answered from any cache.
        assert_eq!((run.answer(0), run.answer(1)), (done(15.0), done(15.0)), "{design}");
        assert_eq!(run.messages(1), [4, 2, 0, 0, 0], "{design}");
    }
}

#[test]
fn rule_12_the_failure_of_a_best_effort_changes_nothing() {
    let gone = r#"(at: "0s", what: Crash("b"))"#;
    let case =
        flow(r#"(home: "a", steps: [Tell("b", Add("y", 1), best_effort: true), Write("x")])"#);
    let run = case.clone().faults(gone).go();
    // The call comes back at 5.
    assert_eq!((run.changes(0), run.answer(0)), (vec!["13 x".into()], done(15.0)));
    let effects = run.flow("f").effects;
    assert_eq!((effects.told, effects.once, effects.dropped, effects.lost), (2, 1, 1, 0));
    assert_eq!(run.flow("f").ends.kept, 1);
    let no = flow(
        r#"(home: "a", steps: [Tell("b", Add("y", 1), best_effort: true, refuses: 1), Write("x")])"#,
    );
    for design in ALL {
        let run = no.clone().design(design).go();
        assert_eq!(run.answer(0).1, Verdict::Done, "{design}");
        assert_eq!(run.flow("f").ends.kept, 1, "{design}");
        assert_eq!(run.flow("f").effects.dropped, 1, "{design}");
    }
}

#[test]
fn rule_12_nobody_waits_for_a_best_effort() {
    let case =
        flow(r#"(home: "a", steps: [Tell("b", Add("y", 1), best_effort: true), Write("x")])"#);
    // Row back at 12, command confirmed at 16; the home goes on: 16 + 8, back 25.
    let run = case.clone().design("PubSub()").go();
    assert_eq!(
        (run.changes(0), run.answer(0)),
        (vec!["24 x".into(), "27 y".into()], done(34.0 + 1.0))
    );
    // With the outbox: its row at 11 takes the command; the home goes on at 12.
    let run = case.clone().design("PubSub(outbox: true)").go();
    assert_eq!(run.changes(0), ["20 x", "26 y"]);
    assert_eq!(run.flow("f").ends.kept, 1);
    // The home and b react to the outbox row of the home together: deliveries at 15.
    let run = case.design("Events()").go();
    assert_eq!((run.changes(0), run.answer(0)), (vec!["23.5 x".into(), "26 y".into()], done(13.0)));
}
