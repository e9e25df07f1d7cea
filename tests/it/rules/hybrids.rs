//! Rule 25: edges that travel otherwise than the design's.

use super::{Run, done, flow};

const ORDER: &str = r#"(home: "a", steps: [
    Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1)), Tell("c", Write("z"), undo: Write)])"#;

fn order(design: &str) -> Run {
    let run = flow(ORDER).design(design).go();
    assert_eq!(run.flow("f").ends.kept, 1, "{design}");
    run
}

#[test]
fn rule_25_an_excepted_edge_of_events_is_a_call_by_the_home_in_its_place() {
    let last = order(r#"Events(except: { "c": Rest() })"#);
    // b's event is with a at 30, overhead; the call 31.5 + 5 + 8.
    assert_eq!(
        (last.answer(0), last.changes(0)),
        (done(13.0), vec!["11 x".into(), "26 y".into(), "44.5 z".into()])
    );
    assert_eq!(last.messages(0), [4, 6, 4, 4, 0]);
    let first = order(r#"Events(except: { "b": Rest() })"#);
    // Back from x at 12 and from b at 26; the outbox row commits at 34, back 35; at c 38.
    assert_eq!(
        (first.answer(0), first.changes(0)),
        (done(36.0), vec!["11 x".into(), "24 y".into(), "51 z".into()])
    );
    let both = order(r#"Events(except: { "b": Rest(), "f/c": Rest() })"#);
    assert_eq!(both.answer(0), done(43.0), "nothing travels: rest");
}

#[test]
fn rule_25_an_excepted_edge_of_pubsub_is_a_call_by_the_home_in_its_place() {
    let last = order(r#"PubSub(except: { "c": Rest() })"#);
    // b's reply is recorded, back at 41.5; the call 42.5 + 5 + 8.
    assert_eq!(
        (last.answer(0), last.changes(0)),
        (done(17.0), vec!["11 x".into(), "27 y".into(), "55.5 z".into()])
    );
    let first = order(r#"PubSub(except: { "b": Rest() })"#);
    // At a 26; the saga's row is back at 35, the command confirmed at 39; at c 39.
    assert_eq!(
        (first.answer(0), first.changes(0)),
        (done(40.0), vec!["11 x".into(), "24 y".into(), "52 z".into()])
    );
    let outbox = order(r#"PubSub(outbox: true, except: { "b": Rest() })"#);
    // The row commits at 34 with the command; at c 38.
    assert_eq!(
        (outbox.answer(0), outbox.changes(0)),
        (done(36.0), vec!["11 x".into(), "24 y".into(), "51 z".into()])
    );
}

#[test]
fn rule_25_rest_with_edges_that_travel() {
    let queue = order(r#"Rest(broker: "queue", except: { "c": PubSub() })"#);
    assert_eq!(
        (queue.answer(0), queue.changes(0)),
        (done(40.0), vec!["11 x".into(), "24 y".into(), "52 z".into()])
    );
    let queue = order(r#"Rest(broker: "queue", except: { "b": PubSub() })"#);
    assert_eq!(
        (queue.answer(0), queue.changes(0)),
        (done(17.0), vec!["11 x".into(), "27 y".into(), "55.5 z".into()])
    );
    let log = order(r#"Rest(broker: "log", except: { "c": Events() })"#);
    assert_eq!(
        (log.answer(0), log.changes(0)),
        (done(36.0), vec!["11 x".into(), "24 y".into(), "51 z".into()])
    );
    let log = order(r#"Rest(broker: "log", except: { "b": Events() })"#);
    assert_eq!(
        (log.answer(0), log.changes(0)),
        (done(13.0), vec!["11 x".into(), "26 y".into(), "44.5 z".into()])
    );
}

#[test]
fn rule_25_a_refusal_takes_calls_and_messages_back() {
    for design in [
        r#"Events(except: { "b": Rest() })"#,
        r#"Events(except: { "c": Rest() })"#,
        r#"PubSub(except: { "b": Rest() })"#,
        r#"PubSub(except: { "c": Rest() })"#,
        r#"PubSub(outbox: true, except: { "c": Rest() })"#,
        r#"PubSub(except: { "d": Rest() })"#,
        r#"Events(except: { "d": Rest() })"#,
        r#"Rest(broker: "queue", except: { "b": PubSub() })"#,
        r#"Rest(broker: "log", except: { "c": Events() })"#,
    ] {
        let run = flow(ORDER)
            .but(
                r#"Tell("c", Write("z"), undo: Write)"#,
                r#"Tell("c", Write("z"), undo: Write), Tell("d", Work("1ms"), refuses: 1)"#,
            )
            .design(design)
            .go();
        let mut changes: Vec<String> = run
            .changes(0)
            .iter()
            .filter_map(|change| change.split(' ').nth(1).map(str::to_owned))
            .collect();
        changes.sort_unstable();
        assert_eq!(changes, ["-x", "-y", "-z", "x", "y", "z"], "{design}: {:?}", run.changes(0));
    }
}

const NESTED: &str =
    r#"(home: "a", steps: Tell("b", [Take("y", 1), Tell("c", Write("z")), Add("many", 1)]))"#;

#[test]
fn rule_25_what_travels_from_within_a_call_cuts_it_in_two() {
    let run = flow(NESTED).design(r#"PubSub(except: { "b": Rest() })"#).go();
    // b: 4 + 3 + 8, at a 17; row back 26; command confirmed 30, at c 30, + 5 + 8; its reply is
    // recorded at 57.5; b again: 58.5, overhead, + 8.
    assert_eq!(run.changes(0), ["15 y", "43 z", "67 many"]);
    assert_eq!(run.answer(0), done(31.0));
    assert_eq!(run.flow("f").ends.kept, 1);
    let run = flow(NESTED).design(r#"Rest(broker: "log", except: { "c": Events() })"#).go();
    // The outbox row commits at 25, at c 29; c's event is with a at 46, overhead; b 47.5.
    assert_eq!(run.changes(0), ["15 y", "42 z", "56 many"]);
}

#[test]
fn rule_25_an_excepted_tell_within_a_body_is_the_homes_call() {
    let run = flow(NESTED).design(r#"Events(except: { "c": Rest() })"#).go();
    // b commits 26; a has its event at 30, overhead, calls c 31.5 + 5 + 8, at a 46.5; the row of a
    // commits at 54.5; b has it at 58.5, overhead, + 8.
    assert_eq!(run.changes(0), ["26 y", "44.5 z", "67 many"]);
    assert_eq!(run.flow("f").ends.kept, 1);
}

#[test]
fn rule_25_two_services_of_one_database_do_not_take_each_others_rows_for_repetitions() {
    let run = flow(r#"(home: "a", steps: [
        Tell("b", Work("1ms")), Tell("d", Work("1ms")), Tell("c", Work("1ms")), Tell("d", Work("1ms")), Tell("b", Add("y", 1))])"#)
    .design(r#"Events(except: { "d": Rest() })"#)
    .go();
    assert_eq!(run.flow("f").ends.kept, 1, "{:?}", run.changes(0));
}
