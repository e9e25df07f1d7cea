//! Rules 39 to 41: caches, local copies, and what a crash loses.

use windtunnel::probes::Fact;

use super::{Case, done, flow, flows, round};

const LOOK: &str = r#"(home: "a", steps: Ask("y"))"#;
const EVERY_SECOND: &str = r#"arrivals: Constant("1/s"), does: "f""#;

#[test]
fn rule_39_a_question_is_answered_from_the_cache_until_its_time_to_live_is_over() {
    let latencies = |design: &str| {
        let run = flow(LOOK).web(EVERY_SECOND).run_for("2500ms").design(design).go();
        (run.answer(0), run.answer(1))
    };
    // A miss asks b: 4 + 3, read 8 to 12, back 13, at a 14. A hit takes a's work only.
    assert_eq!(latencies("PubSub()"), (done(15.0), done(4.0)));
    assert_eq!(latencies(r#"PubSub(cache: (ttl: "500ms"))"#), (done(15.0), done(15.0)));
    assert_eq!(latencies("PubSub(cache: None)"), (done(15.0), done(15.0)));
    assert_eq!(latencies("Rest()"), (done(15.0), done(15.0)));
}

#[test]
fn rule_39_each_instance_has_its_own_cache_and_it_is_cold_at_the_start() {
    let run = flow(LOOK)
        .web(EVERY_SECOND)
        .run_for("4500ms")
        .but(r#""a": Service(workers: 4"#, r#""a": Service(instances: 2, workers: 4"#)
        .design("PubSub()")
        .go();
    let latencies: Vec<f64> = (0..4).map(|number| run.answer(number).0).collect();
    assert_eq!(latencies, [15.0, 15.0, 4.0, 4.0]);
}

#[test]
fn rule_39_one_fetch_serves_all_that_miss_meanwhile() {
    let run = flow(LOOK)
        .web(r#"arrivals: Constant("1000/s"), does: "f""#)
        .run_for("3500us")
        .design("PubSub()")
        .go();
    assert_eq!([0, 1, 2].map(|number| run.answer(number)), [done(15.0), done(14.0), done(13.0)]);
    assert_eq!(run.began_at("b").len(), 1);
}

const UPDATED: &str = r#"arrivals: Constant("1/s"), journeys: { "j": (steps: [
    Do("f"), Think("100ms"), Do("g"), Think("100ms"), Do("f")]) }"#;

#[test]
fn rule_39_the_owner_tells_caches_after_its_commit_and_receivers_delete() {
    let run = flows(&format!(r#""f": {LOOK}, "g": (home: "b", steps: Add("y", 1))"#))
        .web(UPDATED)
        .design("PubSub()")
        .go();
    let latencies: Vec<f64> = (0..3).map(|number| run.answer(number).0).collect();
    // The update answers without waiting: 1 + 3 + 9 + 1.
    assert_eq!(latencies, [15.0, 14.0, 15.0]);
    assert_eq!(run.messages(1), [2, 2, 1, 0, 1]);
    let forgot = run.facts().find(|(_, _, fact)| matches!(fact, Fact::Forgot { .. }));
    // Commit back at 13, at the broker 14, at a 15.
    assert_eq!(round(forgot.expect("it was deleted").0 - run.sent(1)), 15.0);
    let values: Vec<i64> = run.saw("y").iter().map(|saw| saw.2).collect();
    assert_eq!(values, [10, 11]);
}

/// The answer to a fetch leaves b at 13 and is held up until 64.
const HELD_UP: &str =
    r#"(at: "1012500us", lasts: "1ms", what: Latency("b", "a", add: "50ms", both: false))"#;

fn values_of_y(case: &Case, design: &str) -> Vec<i64> {
    case.clone().design(design).go().saw("y").iter().map(|saw| saw.2).collect()
}

#[test]
fn rule_39_a_late_fill_brings_an_old_value_back_unless_versioned() {
    // Meanwhile y changes (sent at 10, commits 22, a is told at 25).
    let case = flows(&format!(r#""f": {LOOK}, "g": (home: "b", steps: Add("y", 1))"#))
        .web(EVERY_SECOND)
        .run_for("2005ms")
        .nodes(r#""zap": Client(arrivals: Gaps("1010ms"), does: "g"),"#)
        .faults(HELD_UP);
    let seen = |design| values_of_y(&case, design);
    assert_eq!(seen("PubSub()"), [10, 10]);
    assert_eq!(seen("PubSub(cache: (versioned: true))"), [10, 11]);
}

#[test]
fn rule_39_of_several_items_changed_at_once_every_late_fill_stays_out() {
    // As above, but y is in its version 1 when it is fetched (h commits at 1008), and changes
    // together with z, which is in its version 1 then.
    let changes = r#"(home: "b", steps: [Add("y", 1), Add("z", 1)])"#;
    let h = r#"(home: "b", steps: Add("y", 1))"#;
    let journey = r#"journeys: { "j": (steps: [Do("h"), Think("2ms"), Do("g")]) }"#;
    let case = flows(&format!(r#""f": {LOOK}, "g": {changes}, "h": {h}"#))
        .but(r#""z": (owner: "c")"#, r#""z": (owner: "b")"#)
        .web(EVERY_SECOND)
        .run_for("2005ms")
        .nodes(&format!(r#""zap": Client(arrivals: Gaps("996ms"), {journey}),"#))
        .faults(HELD_UP);
    let seen = |design| values_of_y(&case, design);
    assert_eq!(seen("PubSub()"), [11, 11]);
    // The next h has committed meanwhile.
    assert_eq!(seen("PubSub(cache: (versioned: true))"), [11, 13]);
}

#[test]
fn rule_40_a_local_copy_is_complete_at_the_start_and_costs_a_read() {
    let run = flow(LOOK).web(EVERY_SECOND).run_for("2500ms").design("Events()").go();
    // a: 1 + 2, its own store 4 to 8, back 9.
    assert_eq!((run.answer(0), run.answer(1)), (done(10.0), done(10.0)));
    assert_eq!(run.messages(0), [2, 2, 0, 0, 0]);
    assert_eq!(run.saw("y")[0].2, 10);
}

#[test]
fn rule_40_a_copy_lags_by_an_event_a_worker_and_a_write() {
    let after = |think: &str| {
        let web = format!(
            r#"arrivals: Constant("1/s"), journeys: {{ "j": (steps: [Do("g"), Think({think:?}), Do("f")]) }}"#
        );
        flows(&format!(r#""f": {LOOK}, "g": (home: "b", steps: Add("y", 1))"#))
            .web(&web)
            .design("Events()")
            .go()
    };
    let (soon, later) = (after("1ms"), after("5ms"));
    // Commits 12, in the log at 15, at a 16, overhead, + 8. Read 8 after the sending at 14 + think.
    assert_eq!(soon.when(0, |fact| matches!(fact, Fact::Holds { .. })), [(24.5, "a-db#0".into())]);
    assert_eq!((soon.saw("y")[0].2, later.saw("y")[0].2), (10, 11));
    assert_eq!((soon.flow("f").reads.stale, later.flow("f").reads.stale), (1, 0));
    assert_eq!(soon.flow("f").violations.read_your_writes, 1);
}

#[test]
fn rule_40_records_of_an_item_come_in_order_so_a_flow_that_comes_back_sees_what_it_did() {
    let run =
        flow(r#"(home: "a", steps: [Tell("b", Add("y", 1)), Ask("y")])"#).design("Events()").go();
    // b commits at 26; the record for the copy is with a at 30 and written at 38.5, its offset is
    // committed at 40.5; then the flow's own event: at a 41.5, overhead, read until 47.
    let saw: Vec<(f64, i64)> = run.saw("y").iter().map(|saw| (saw.0 - 1000.0, saw.2)).collect();
    assert_eq!(saw, [(47.0, 11)]);
}

#[test]
fn rule_41_a_crash_loses_caches_and_never_stores() {
    let case = flow(LOOK)
        .web(EVERY_SECOND)
        .run_for("2500ms")
        .faults(r#"(at: "1500ms", lasts: "100ms", what: Crash("a"))"#);
    let run = case.clone().design("PubSub()").go();
    assert_eq!((run.answer(0), run.answer(1)), (done(15.0), done(15.0)));
    let run = case.design("Events()").go();
    assert_eq!((run.answer(0), run.answer(1)), (done(10.0), done(10.0)));
    let kept = flow(r#"(home: "a", steps: [Add("n", 1), Work("1ms"), Read("n")])"#)
        .web(EVERY_SECOND)
        .run_for("2500ms")
        .faults(r#"(at: "1500ms", lasts: "100ms", what: Crash("a-db"))"#)
        .go();
    assert_eq!(kept.saw("n").iter().map(|saw| saw.2).collect::<Vec<_>>(), [101, 102]);
}
