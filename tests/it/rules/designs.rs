//! Rules 13 to 25, 44 and 45: the three designs, step by step.

use windtunnel::probes::{Fact, Reason, Verdict};
use windtunnel::simulate;

use super::{ALL, done, flow};

/// The business of worked figures: the home's own effect, then two tells.
const ORDER: &str = r#"(home: "a", steps: [
    Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1)), Tell("c", Write("z"), undo: Write)])"#;
const CLOSE: &str = r#"arrivals: Constant("1000/s"), does: "f""#;

fn failed(ms: f64, why: Reason) -> (f64, Verdict) {
    (ms, Verdict::Failed(why))
}

#[test]
fn rule_13_rest_answers_after_the_last_step() {
    let run = flow(ORDER).go();
    // a: 1 + 2, commits 11, back 12. b: 13 + 3, commits 24, back 25, at a 26.
    // c: 27 + 5, commits 40, back 41, at a 42.
    assert_eq!(run.changes(0), ["11 x", "24 y", "40 z"]);
    assert_eq!(run.answer(0), done(43.0));
}

#[test]
fn rule_13_whether_a_worker_is_held_is_the_services_setting() {
    let one = |hold| {
        flow(r#"(home: "a", steps: Tell("c", Write("z")))"#)
            .web(CLOSE)
            .run_for("2500us")
            .but(r#""a": Service(workers: 4"#, &format!(r#""a": Service(workers: 1, hold: {hold}"#))
            .go()
    };
    // The first has the worker from 2 to 20, or from 2 to 4; the second was sent at 2.
    let (held, free) = (one(true), one(false));
    assert_eq!((held.answer(0), held.answer(1)), (done(20.0), done(37.0)));
    assert_eq!((free.answer(0), free.answer(1)), (done(20.0), done(21.0)));
}

const IMPATIENT: &str = r#""call": (timeout: "15ms")"#;
const PAIR: &str =
    r#"(home: "a", steps: [Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1))])"#;
/// b's work takes 8: the call leaves at 12 and is back at 31, too late.
const SLOW_PAIR: &str = r#"(home: "a", steps: [
    Write("x", undo: Write), Tell("b", Take("y", 1), undo: Add(1), work: "8ms")])"#;
/// The call to b (sent at 12) is held up: it arrives at 43.
const HELD_UP: &str =
    r#"(at: "1s", lasts: "15ms", what: Latency("a", "b", add: "30ms", both: false))"#;

#[test]
fn rule_14_without_keys_a_late_landing_leaves_the_flow_half_done() {
    let run = flow(SLOW_PAIR).policies(IMPATIENT).go();
    // Given up at 27, undone at 28 + 7; b commits at 13 + 8 + 8.
    assert_eq!(run.changes(0), ["11 x", "29 y", "35 -x"]);
    assert_eq!(run.answer(0), failed(37.0, Reason::Timeout));
    assert_eq!(run.flow("f").ends.half_done, 1);
    let late = flow(SLOW_PAIR).policies(IMPATIENT).faults(HELD_UP).go();
    assert_eq!(late.changes(0), ["11 x", "35 -x", "59 y"]);
}

#[test]
fn rule_14_with_keys_the_unknown_is_undone_too_and_a_late_original_is_blocked() {
    let run = flow(SLOW_PAIR).policies(IMPATIENT).design("Rest(dedup: true)").go();
    // The undo leaves at 27: 28 + 3 + 8, back at 41; then x: 41 + 8.
    assert_eq!(run.changes(0), ["11 x", "29 y", "39 -y", "49 -x"]);
    assert_eq!(run.answer(0), failed(51.0, Reason::Timeout));
    assert_eq!(run.flow("f").ends.clean, 1);
    let late = flow(SLOW_PAIR).policies(IMPATIENT).faults(HELD_UP).design("Rest(dedup: true)").go();
    assert_eq!(late.changes(0), ["11 x", "49 -x"], "undoing nothing blocks the late original");
    assert_eq!(late.flow("f").ends.clean, 1);
}

#[test]
fn rule_15_a_process_that_dies_resets_and_a_host_is_silent() {
    let crash = |what: &str| flow(PAIR).policies(r#""call": (timeout: "100ms")"#).faults(what).go();
    // b has it from 13 to 16.
    let reset = crash(r#"(at: "1015ms", lasts: "100ms", what: Crash("b"))"#);
    assert_eq!(reset.changes(0), ["11 x", "24 -x"]);
    assert_eq!(reset.answer(0), failed(26.0, Reason::Crashed));
    let silent = crash(r#"(at: "1015ms", lasts: "100ms", what: Crash("b", host: true))"#);
    assert_eq!(silent.changes(0), ["11 x", "120 -x"]);
    assert_eq!(silent.answer(0), failed(122.0, Reason::Timeout));
    let cut = crash(r#"(at: "1s", lasts: "50ms", what: Partition("a", "b"))"#);
    assert_eq!(cut.answer(0), failed(122.0, Reason::Timeout));
}

#[test]
fn rule_15_a_commit_that_reached_the_database_stands() {
    let run = flow(PAIR).faults(r#"(at: "1020ms", lasts: "100ms", what: Crash("b"))"#).go();
    assert_eq!(run.changes(0), ["11 x", "24 y", "29 -x"]);
}

#[test]
fn rule_16_a_clients_retry_is_the_same_flow_with_the_same_id() {
    let case = flow(r#"(home: "a", steps: Add("n", 1))"#)
        .policies(r#""client": (timeout: "20ms", retry: (tries: 2, backoff: "10ms"))"#)
        .faults(r#"(at: "1s", lasts: "1ms", what: Latency("web", "a", add: "20ms"))"#);
    // The first try arrives at 21 and commits at 31; the second leaves at 30 and commits at 41.
    let run = case.go();
    assert_eq!((run.changes(0), run.answer(0)), (vec!["31 n".into(), "41 n".into()], done(43.0)));
    assert_eq!((run.offered(), run.flow("f").effects.duplicated), (1, 1));
    let keyed = case.design("Rest(dedup: true)").go();
    // With a key the second, at 31, waits for what the first is told at 32.
    assert_eq!((keyed.changes(0), keyed.answer(0)), (vec!["31 n".into()], done(33.0)));
    assert_eq!(keyed.flow("f").ends.kept, 1);
}

#[test]
fn rule_16_by_default_there_is_no_retry() {
    let run =
        flow(r#"(home: "a", steps: Write("x"))"#).policies(r#""client": (timeout: "5ms")"#).go();
    assert_eq!(run.answer(0), failed(5.0, Reason::Timeout));
    assert_eq!(run.flow("f").ends.unannounced, 1);
}

#[test]
fn rule_16_a_deadline_binds_the_client_unless_it_is_propagated() {
    let told = r#"home: "a", deadline: "8ms", steps: Tell("c", Write("z"))"#;
    let run = flow(&format!("({told})")).go();
    assert_eq!((run.answer(0), run.flow("f").late), (done(20.0), 1));
    // c has done its work at 9 and gives up before it writes.
    let run = flow(&format!("({told}, propagate: true)")).go();
    assert_eq!(run.answer(0), failed(11.0, Reason::Expired));
    assert_eq!(run.changes(0), [""; 0]);
}

#[test]
fn rule_17_pubsub_answers_after_the_first_confirm() {
    let run = flow(ORDER).design("PubSub()").go();
    // Commit 11, back 12, at the broker 13, stored 15, confirmed 16.
    assert_eq!(run.answer(0), done(17.0));
    // Delivered 16, + 3 + 8; back 28, reply 29, stored 31, at a 32, overhead 32.5, row back 41.5;
    // command 42.5, stored 44.5, at c 45.5, + 5 + 8.
    assert_eq!(run.changes(0), ["11 x", "27 y", "58.5 z"]);
    let questions = flow(r#"(home: "a", steps: [Call("c"), Write("x"), Tell("b", Take("y", 1))])"#);
    // What precedes the first tell is synchronous: back from c at 10.
    assert_eq!(questions.design("PubSub()").go().answer(0), done(24.0));
}

#[test]
fn rule_17_without_a_confirm_the_home_undoes_and_the_broker_does_what_it_kept() {
    let run = flow(ORDER)
        .design("PubSub()")
        .policies(r#""publish": (timeout: "20ms")"#)
        .faults(r#"(at: "1s", lasts: "100ms", what: Pause("queue"))"#)
        .go();
    // Given up at 32; undone 33 + 7, the saga's row 42 + 7, back 50.
    assert_eq!(run.answer(0), failed(51.0, Reason::Unconfirmed));
    // Stored at 100 + 2, at b 103, + 3 + 8. Its reply finds no saga.
    assert_eq!(run.changes(0), ["11 x", "40 -x", "114 y"]);
    assert_eq!(run.flow("f").ends.half_done, 1);
}

const GAP: &str = r#"(at: "1011500us", lasts: "100ms", what: Crash("a"))"#;

#[test]
fn rule_18_the_clients_request_has_a_gap_between_commit_and_publication() {
    let run = flow(ORDER).design("PubSub()").faults(GAP).go();
    assert_eq!(run.changes(0), ["11 x"]);
    let flow = run.flow("f");
    assert_eq!((flow.effects.once, flow.effects.lost, flow.ends.half_done), (1, 2, 1));
}

#[test]
fn rule_18_the_outbox_mends_the_gap() {
    let run = flow(ORDER).design("PubSub(outbox: true)").go();
    assert_eq!(run.answer(0), done(13.0));
    assert_eq!(run.changes(0), ["11 x", "26 y", "57.5 z"]);
    let run = flow(ORDER).design("PubSub(outbox: true)").faults(GAP).go();
    assert_eq!(run.answer(0), failed(12.5, Reason::Crashed));
    assert_eq!((run.flow("f").effects.lost, run.flow("f").ends.unannounced), (0, 1));
}

#[test]
fn rule_13_only_its_memory_knows_what_a_home_has_left_to_do() {
    let run = flow(ORDER).faults(GAP).go();
    assert_eq!(
        (run.answer(0), run.changes(0)),
        (failed(12.5, Reason::Crashed), vec!["11 x".into()])
    );
    assert_eq!((run.flow("f").effects.lost, run.flow("f").ends.half_done), (0, 1));
}

/// b is gone from 20 to 120, when its transaction is on its way; it commits at 27.
const HANDLER: &str = r#"(at: "1020ms", lasts: "100ms", what: Crash("b"))"#;

#[test]
fn rule_18_a_handler_that_crashes_gets_the_message_again() {
    let run = flow(ORDER).design("PubSub()").faults(HANDLER).go();
    // Joins at 121, has it again at 122, recognises it at 125 + 8, and replies.
    assert_eq!(run.changes(0), ["11 x", "27 y", "164.5 z"]);
    assert_eq!(
        run.when(0, |fact| matches!(fact, Fact::Deduplicated { .. })),
        [(133.0, "b-db#0".into())]
    );
    assert_eq!(run.flow("f").ends.kept, 1);
}

#[test]
fn rule_20_deduplication_suppresses_the_effect_and_never_the_reply() {
    let run = flow(ORDER).design("PubSub(dedup: false)").faults(HANDLER).go();
    assert_eq!(run.changes(0), ["11 x", "27 y", "133 y", "164.5 z"]);
    assert_eq!(run.flow("f").effects.duplicated, 1);
    for design in ["PubSub()", "Events()"] {
        let run = flow(ORDER).design(design).faults(HANDLER).go();
        assert_eq!(run.flow("f").ends.kept, 1, "{design}: the flow goes on");
    }
    assert!(!flow(ORDER).go().scenario.designs[0].dedup, "off in rest");
}

#[test]
fn rule_20_a_refusal_is_remembered_too() {
    // The refusal's reply is lost with b; by then the stock would do.
    let case = flow(
        r#"(home: "a", steps: [Write("x", undo: Write), Tell("b", Take("y", 11), undo: Add(11))])"#,
    )
    .web(r#"arrivals: Constant("1/s"), does: "f""#)
    .nodes(r#""zap": Client(arrivals: Gaps("1060ms"), does: "more", via: None),"#)
    .but("flows: {", r#"flows: { "more": (home: "b", steps: Add("y", 100)),"#)
    .faults(r#"(at: "1027500us", lasts: "10ms", what: Crash("b"))"#)
    .but(
        r#""queue": Queue(persist: "2ms")"#,
        r#""queue": Queue(persist: "2ms", requeue_delay: "100ms")"#,
    );
    let mut late = case.clone();
    late = late.but(r#"lasts: "10ms", what: Crash"#, r#"lasts: "100ms", what: Crash"#);
    for case in [case, late] {
        let run = case.design("PubSub()").go();
        assert_eq!(run.changes(0).len(), 2, "{:?}", run.changes(0));
        assert_eq!(run.flow("f").ends.retracted, 1);
    }
}

#[test]
fn rule_19_any_instance_coordinates_and_stale_replies_are_ignored() {
    let two = r#""a": Service(instances: 2, workers: 4"#;
    let run = flow(ORDER)
        .design("PubSub()")
        .but(r#""a": Service(workers: 4"#, two)
        .faults(r#"(at: "1s", lasts: "1s", what: Duplicate("b", "queue", probability: 1))"#)
        .go();
    let mut places = run.began_at("a");
    places.sort_unstable();
    places.dedup();
    assert_eq!(places, [0, 1]);
    assert_eq!(run.changes(0), ["11 x", "27 y", "58.5 z"], "every reply of b came twice");
    assert_eq!(run.flow("f").ends.kept, 1);
}

#[test]
fn rule_19_a_home_without_a_store_sends_its_state_along() {
    let case = flow(
        r#"(home: "d", steps: [Tell("b", Take("y", 1), undo: Add(1)), Tell("c", Write("z"))])"#,
    );
    let run = case.clone().design("PubSub()").go();
    // d: 1 + 1, command 3, stored 5, confirmed 6. At b 6; back 18, reply 19, stored 21, at d 22,
    // overhead; command 23.5, stored 25.5, at c 26.5.
    assert_eq!((run.answer(0), run.changes(0)), (done(7.0), vec!["17 y".into(), "39.5 z".into()]));
    assert_eq!(run.messages(0), [2, 4, 8, 8, 0]);
    let no = case.but(r#"Write("z"))"#, r#"Write("z"), refuses: 1)"#).design("PubSub()").go();
    // c says no at 31.5; at d 35.5 + 0.5; undo at b 40 + 3 + 8.
    assert_eq!(no.changes(0), ["17 y", "51 -y"]);
    assert_eq!(no.flow("f").ends.retracted, 1);
}

#[test]
fn rule_22_events_answer_once_the_first_transaction_is_durable() {
    let run = flow(ORDER).design("Events()").go();
    // Commit 11, back 12; relayed 12, appended 14, at b 15, + 3 + 8; relayed 27, 29, at c 30.
    assert_eq!(
        (run.answer(0), run.changes(0)),
        (done(13.0), vec!["11 x".into(), "26 y".into(), "43 z".into()])
    );
    let none = flow(r#"(home: "a", steps: Tell("b", Take("y", 1)))"#).design("Events()").go();
    assert_eq!(none.answer(0), done(13.0), "its outbox row");
    // Without a store: at the log 3, appended 5, acknowledged 6.
    let storeless = flow(r#"(home: "d", steps: Tell("b", Take("y", 1)))"#).design("Events()").go();
    assert_eq!((storeless.answer(0), storeless.changes(0)), (done(7.0), vec!["17 y".into()]));
}

#[test]
fn rule_22_what_a_crash_of_the_home_leaves_is_unannounced() {
    let run = flow(ORDER).design("Events()").faults(GAP).go();
    assert_eq!(run.answer(0), failed(12.5, Reason::Crashed));
    assert_eq!(run.changes(0), ["11 x", "26 y", "43 z"]);
    assert_eq!(run.flow("f").ends.unannounced, 1);
}

#[test]
fn rule_23_the_home_is_a_hop_only_if_it_has_a_step_there() {
    let run = flow(ORDER).design("Events()").go();
    assert_eq!(
        (run.began_at("a").len(), run.began_at("b").len(), run.began_at("c").len()),
        (1, 1, 1)
    );
    let back = flow(r#"(home: "a", steps: [Write("x"), Tell("b", Take("y", 1)), Add("n", 1)])"#);
    let run = back.design("Events()").go();
    // At a 30, overhead, + 8.
    assert_eq!(
        (run.changes(0), run.began_at("a").len()),
        (vec!["11 x".into(), "26 y".into(), "38.5 n".into()], 2)
    );
}

const JOIN: &str = r#"(home: "a", steps: [
    All([Tell("b", Take("y", 1), undo: Add(1)), Tell("c", Write("z"), undo: Write)]), Add("n", 1)])"#;

#[test]
fn rule_23_after_branches_the_next_handler_joins() {
    let run = flow(JOIN).design("Events()").go();
    // b commits 26 and c 28; a has them at 30 and 32. Each costs the overhead and a row: the second
    // is back at 41.5, then a acts: overhead, + 8.
    assert_eq!(run.changes(0), ["26 y", "28 z", "50 n"]);
    assert_eq!(run.flow("f").ends.kept, 1);
    // Home 2, handlers 2 each, two rows and the act.
    assert_eq!(run.messages(0), [2, 12, 6, 8, 0]);
}

#[test]
fn rule_23_a_refusal_discards_the_join() {
    for (who, undone) in [("undo: Add(1))", "c"), (r#"Write("z"), undo: Write)"#, "b")] {
        let no = format!("{}, refuses: 1)", &who[..who.len() - 1]);
        let run = flow(JOIN).but(who, &no).design("Events()").go();
        assert!(run.changes(0).iter().all(|change| !change.ends_with('n')), "{:?}", run.changes(0));
        assert_eq!(run.changes(0).len(), 2, "{undone} did and undid: {:?}", run.changes(0));
        assert_eq!(run.flow("f").ends.retracted, 1);
    }
}

#[test]
fn rule_24_an_event_is_appended_only_if_somebody_subscribes() {
    let alone = flow(r#"(home: "b", steps: Add("y", 1))"#).design("Events()").go();
    assert_eq!(alone.messages(0), [2, 2, 0, 0, 0]);
    let copied = flow(r#"(home: "b", steps: Add("y", 1))"#)
        .but("flows: {", r#"flows: { "look": (home: "a", steps: Ask("y")),"#)
        .design("Events()")
        .go();
    assert_eq!(copied.messages(0), [2, 4, 2, 2, 0]);
}

#[test]
fn rule_24_records_of_a_key_are_handled_one_at_a_time() {
    let case = flow(r#"(home: "b", steps: [Add("y", 1), Tell("c", Write("z"))])"#)
        .web(CLOSE)
        .run_for("2500us");
    let run = case.clone().design("Events()").go();
    // Sent 1: commits 13, at c 17, z at 30, offset committed 32. Sent 2: commits 20, in the log at
    // 23, at c only at 33.
    assert_eq!(
        (run.changes(0), run.changes(1)),
        (vec!["12 y".into(), "29 z".into()], vec!["18 y".into(), "44 z".into()])
    );
    // A queue with prefetch does not wait. Back 14, stored 17, at c 18; and 7 later.
    let run = case.design("PubSub()").go();
    assert_eq!((run.changes(0)[1].as_str(), run.changes(1)[1].as_str()), ("30 z", "36 z"));
}

#[test]
fn rule_44_outputs_name_the_guards_in_force() {
    let guards = |design: &str| simulate::guards(&flow(ORDER).design(design).go().model);
    assert_eq!(guards("Rest()"), ["compensation"]);
    assert_eq!(guards("Rest(dedup: true)"), ["dedup", "compensation"]);
    assert_eq!(guards("PubSub()"), ["dedup", "compensation"]);
    assert_eq!(guards("PubSub(outbox: true, dedup: false)"), ["outbox", "compensation"]);
    assert_eq!(guards("Events()"), ["dedup", "outbox", "compensation"]);
}

#[test]
fn rule_45_messages_are_counted_by_hand() {
    let count = |design: &str| flow(ORDER).design(design).go().messages(0);
    // Three calls and three transactions, there and back.
    assert_eq!(count("Rest()"), [6, 6, 0, 0, 0]);
    // Three commits, two replies' rows, the row's end; two commands and two replies, each
    // published and confirmed, delivered and acknowledged.
    assert_eq!(count("PubSub()"), [2, 12, 8, 8, 0]);
    assert_eq!(count("PubSub(outbox: true)"), [2, 12, 8, 8, 0]);
    // Three commits; two events.
    assert_eq!(count("Events()"), [2, 6, 4, 4, 0]);
    assert_eq!(flow(ORDER).design("Events()").go().flow("f").messages, 16);
}

#[test]
fn rule_45_a_gateway_costs_two_messages_and_its_work() {
    let run = flow(ORDER).nodes(r#""edge": Gateway(work: "3ms", answer_work: "4ms"),"#).go();
    assert_eq!((run.answer(0), run.messages(0)), (done(43.0 + 2.0 + 7.0), [8, 6, 0, 0, 0]));
}

#[test]
fn rule_46_without_faults_all_designs_end_in_the_same_truth() {
    let truths = ALL.map(|design| {
        let run = flow(ORDER).design(design).go();
        assert_eq!(run.flow("f").ends.kept, 1, "{design}");
        run.changes(0)
            .iter()
            .map(|change| change.split(' ').nth(1).map(str::to_owned))
            .collect::<Vec<_>>()
    });
    assert_eq!(truths[0], truths[1]);
    assert_eq!(truths[0], truths[2]);
}

#[test]
fn rule_18_a_home_without_a_store_has_no_outbox() {
    let order = r#"(home: "d", steps: [Tell("b", Add("y", 1)), Tell("c", Write("z"))])"#;
    let run = |design: &str| {
        let run = flow(order).design(design).go();
        (run.answer(0), run.changes(0), run.messages(0))
    };
    assert_eq!(run("PubSub(outbox: true)"), run("PubSub()"));
    assert_eq!(run("PubSub()").1.len(), 2);
}
