//! Second copies of requests, and work that is called off.
//!
//! ```text
//! web 0 ──▶ 1 a works 2 ──▶ 3 calls ──▶ 4 b works 3, or 30 where it is slow ──▶ 7 ──▶ 8 a ──▶ 9 web
//! ```

use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Case, Run, done, flow, in_order};

const ASK: &str = r#"(home: "a", steps: Call("b"))"#;
const ONE: &str = r#""b": Service(workers: 4"#;
const SLOW: &str = r#"(at: "0s", what: Slow("b", 10, instance: 0))"#;

/// Two instances of b with so many workers, of which the first is slow.
fn pair(policy: &str) -> Case {
    flow(ASK)
        .under(in_order("a", "b", 2))
        .but(ONE, r#""b": Service(instances: 2, workers: 1"#)
        .policies(&format!(r#""call": ({policy})"#))
        .faults(SLOW)
}

fn places(run: &Run, is_it: impl Fn(&Fact) -> bool) -> Vec<(f64, String)> {
    let at_b = run.facts().filter(|(_, at, fact)| at.starts_with("b#") && is_it(fact));
    at_b.map(|(time, at, _)| (super::round(time - run.sent(0)), at)).collect()
}

fn at(time: f64, place: &str) -> (f64, String) {
    (time, place.to_owned())
}

fn freed(run: &Run) -> Vec<(f64, String)> {
    places(run, |fact| matches!(fact, Fact::Freed { .. }))
}

#[test]
fn the_first_answer_of_two_copies_wins() {
    let slow = pair("").go();
    assert_eq!(slow.answer(0), done(36.0));
    // The copy leaves a at 13 and is answered at 18; the cancel is at b#0 at 19.
    let running = pair(r#"hedge: (after: "10ms"), cancel: Running"#).go();
    assert_eq!(running.answer(0), done(19.0));
    assert_eq!(freed(&running), [at(17.0, "b#1"), at(19.0, "b#0")]);
    // What is at work goes on, and its answer finds nobody.
    let queued = pair(r#"hedge: (after: "10ms")"#).go();
    assert_eq!(queued.answer(0), done(19.0));
    assert_eq!(freed(&queued), [at(17.0, "b#1"), at(34.0, "b#0")]);
    assert_eq!((running.flow("f").hedges, running.flow("f").retries), (1, 0));
}

#[test]
fn a_copy_is_not_sent_if_the_answer_comes_before() {
    let run = pair(r#"hedge: (after: "31500us")"#).faults("").go();
    assert_eq!((run.answer(0), run.flow("f").hedges), (done(9.0), 0));
    let run = pair(r#"hedge: (after: "10ms")"#).but("instances: 2,", "").go();
    assert_eq!(run.flow("f").hedges, 0, "there is no other instance");
}

fn all_slow(instances: &[u8]) -> String {
    let slow = |instance| format!(r#"(at: "0s", what: Slow("b", 10, instance: {instance}))"#);
    instances.iter().map(slow).collect::<Vec<_>>().join(", ")
}

/// Three instances of b, of which these are slow.
fn three(policy: &str, slow: &[u8]) -> Case {
    pair(policy)
        .under(in_order("a", "b", 3))
        .but("instances: 2", "instances: 3")
        .faults(&all_slow(slow))
}

#[test]
fn several_copies_go_to_as_many_instances_one_after_the_other() {
    let run = three(r#"hedge: (after: "10ms", copies: 5), cancel: Running"#, &[0, 1]).go();
    // Copies leave a at 13 and 23; that at b#2 is done at 27, and the others are called off.
    assert_eq!(run.answer(0), done(29.0));
    assert_eq!(freed(&run), [at(27.0, "b#2"), at(29.0, "b#0"), at(29.0, "b#1")]);
    assert_eq!(run.flow("f").hedges, 2, "there is no fourth instance");
}

#[test]
fn the_next_copy_is_sent_also_when_one_has_failed() {
    let hedge = r#"hedge: (after: "5ms", copies: 2)"#;
    let crash = r#"(at: "1010ms", lasts: "1s", what: Crash("b", instance: 0))"#;
    // The first dies at 10, with a slow copy at b#1; the second copy is at b#2 from 14 to 17.
    let run = three(hedge, &[0, 1]).faults(&format!("{}, {crash}", all_slow(&[0, 1]))).go();
    assert_eq!(run.answer(0), done(19.0));
}

#[test]
fn a_copy_that_waits_is_dropped() {
    // b#0 is at the first request from 4 to 34, the second waits behind it; its copy is at b#1.
    let run = pair(r#"hedge: (after: "10ms")"#)
        .web(r#"arrivals: Constant("500/s"), does: "f""#)
        .but("work: \"3ms\"", "work: \"3ms\", balance: Shards(1)")
        .run_for("4500us")
        .go();
    assert_eq!([0, 1].map(|number| run.answer(number)), [done(19.0), done(20.0)]);
    let left = run.when(1, |fact| matches!(fact, Fact::LeftQueue { .. }));
    // Its copy came to b#1 at 16 in its own time, waited until 17, and was answered at 20.
    assert_eq!(left, [at(20.0, "b#0")]);
    assert_eq!(run.count(|fact| matches!(fact, Fact::Began { .. })) - 2, 3, "and never begun");
}

#[test]
fn the_copy_that_begins_calls_off_the_other() {
    // Both wait: b#0 behind a request of its own until 34, b#1 is free at once.
    let run = pair(r"hedge: (tied: true)")
        .web(r#"arrivals: Constant("500/s"), does: "f""#)
        .but("work: \"3ms\"", "work: \"3ms\", balance: Shards(1)")
        .run_for("4500us")
        .go();
    // The first: both begin at 4, as each call-off is still on its way; the second: behind both.
    assert_eq!(run.answer(0), done(9.0));
    assert_eq!(run.answer(1), done(10.0), "b#1 is free at 7, which is 5 of its own time");
    let left = run.when(1, |fact| matches!(fact, Fact::LeftQueue { .. }));
    assert_eq!(left, [at(6.0, "b#0")], "a hop after the other began");
}

#[test]
fn a_tied_copy_that_was_called_off_before_it_came_does_nothing() {
    // b#0 begins at 4 and tells b#1 at 5; the copy leaves at 5 and comes at 6.
    let run = pair(r#"hedge: (after: "2ms", tied: true)"#).faults("").go();
    assert_eq!(run.answer(0), done(9.0));
    assert_eq!(run.began_at("b"), [0]);
    assert_eq!(run.flow("f").hedges, 1);
}

#[test]
fn of_two_that_begin_at_once_the_first_goes_on() {
    let run = pair(r"hedge: (tied: true), cancel: Running").faults("").go();
    assert_eq!(run.answer(0), done(9.0));
    assert_eq!(freed(&run), [at(5.0, "b#1"), at(7.0, "b#0")]);
}

#[test]
fn a_copy_saves_the_call_when_the_first_crashes() {
    let crash = r#"(at: "1010ms", lasts: "1s", what: Crash("b", instance: 0))"#;
    let both = format!("{SLOW}, {crash}");
    // Without a copy the reset is at a at 11.
    let lost = pair("").faults(&both).go();
    assert_eq!(lost.answer(0), (12.0, Verdict::Failed(Reason::Crashed)));
    let saved = pair(r#"hedge: (after: "5ms")"#).faults(&both).go();
    assert_eq!(saved.answer(0), done(14.0), "the copy, at b#1 from 9 to 12");
    // The copy crashes: the first goes on.
    let other = format!("{SLOW}, {}", crash.replace("instance: 0", "instance: 1"));
    let first = pair(r#"hedge: (after: "5ms")"#).faults(&other).go();
    assert_eq!(first.answer(0), done(36.0));
    // Both do: it fails when nobody is left.
    let all = format!("{SLOW}, {}", crash.replace(", instance: 0", ""));
    let none = pair(r#"hedge: (after: "5ms")"#).faults(&all).go();
    assert_eq!(none.answer(0), (12.0, Verdict::Failed(Reason::Crashed)));
}

#[test]
fn what_timed_out_is_called_off() {
    let busy = |cancel: &str| pair(&format!(r#"timeout: "10ms", cancel: {cancel}"#)).go();
    for (cancel, free_again) in [("None", 34.0), ("Queued", 34.0), ("Running", 14.0)] {
        let run = busy(cancel);
        assert_eq!(run.answer(0), (14.0, Verdict::Failed(Reason::Timeout)), "{cancel}");
        assert_eq!(freed(&run), [at(free_again, "b#0")], "{cancel}");
    }
}

#[test]
fn whatever_the_discipline_a_worker_is_free_when_its_work_is_called_off() {
    let workers = r#"workers: 1, work: "3ms""#;
    let turns = ["Lifo", "ProcessorSharing", r#"Priority(["f"], preempt: true)"#];
    for turn in turns {
        let with = format!(r#"workers: 1, discipline: {turn}, work: "3ms""#);
        // The copy leaves a at 13 and is answered at 18; the cancel is at b#0 at 19.
        let hedged = r#"hedge: (after: "10ms"), cancel: Running"#;
        let running = pair(hedged).but(workers, &with).go();
        assert_eq!(running.answer(0), done(19.0), "{turn}");
        assert_eq!(freed(&running), [at(17.0, "b#1"), at(19.0, "b#0")], "{turn}");
        // Of two requests at b#0 both time out, whether they have begun or not.
        let timeouts = pair(r#"timeout: "10ms", cancel: Running"#)
            .web(r#"arrivals: Constant("500/s"), does: "f""#)
            .but(workers, &with.replace("3ms\"", "3ms\", balance: Shards(1)"))
            .run_for("4500us")
            .go();
        for number in [0, 1] {
            let gone = (14.0, Verdict::Failed(Reason::Timeout));
            assert_eq!(timeouts.answer(number), gone, "{turn} {number}");
        }
        assert_eq!(freed(&timeouts), [at(14.0, "b#0"), at(16.0, "b#0")], "{turn}");
    }
}

#[test]
fn a_copy_of_what_writes_writes_again_unless_there_are_keys() {
    let tell = r#"(home: "a", steps: Tell("b", Add("many", 1)))"#;
    let case = flow(tell)
        .but(ONE, r#""b": Service(instances: 2, workers: 1"#)
        .policies(r#""call": (hedge: (after: "1ms"))"#);
    let run = case.go();
    assert_eq!(run.changes(0), ["15 many", "22 many"], "one after the other");
    assert_eq!(run.flow("f").effects.duplicated, 1);
    let keyed = case.design("Rest(dedup: true)").go();
    assert_eq!(keyed.flow("f").hedges, 0, "a key under way is known to one instance only");
    assert_eq!(keyed.flow("f").effects.once, 1);
}

#[test]
fn a_copy_that_is_not_sent_takes_no_turn() {
    for policy in
        [r#"hedge: (after: "1s")"#, r#"hedge: (after: "1s"), retry: (tries: 2, elsewhere: true)"#]
    {
        let run = pair(policy)
            .faults("")
            .web(r#"arrivals: Constant("20/s"), does: "f""#)
            .run_for("1210ms")
            .go();
        let began = run.began_at("b");
        let alternates = began.windows(2).all(|two| two[0] != two[1]);
        assert!(began.len() > 3 && alternates, "{policy}: {began:?}");
    }
}
