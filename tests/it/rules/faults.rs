//! What breaks: each kind of fault with a figure computed by hand.

use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Run, done, flow, round};

const TELL: &str = r#"(home: "a", steps: Tell("b", Add("y", 1)))"#;
/// a has it until 3, b at 4 + 3, commits 15, back 16, at a 17.
const USUAL: f64 = 18.0;

fn with(fault: &str) -> Run {
    flow(TELL).faults(&format!(r#"(at: "1s", lasts: "100ms", what: {fault})"#)).go()
}

#[test]
fn slow_work_takes_so_many_times_as_long() {
    assert_eq!(flow(TELL).go().answer(0), done(USUAL));
    assert_eq!(with(r#"Slow("b", 3)"#).answer(0), done(USUAL + 6.0));
    assert_eq!(with(r#"Slow("b-db", 3)"#).answer(0), done(USUAL + 14.0));
    assert_eq!(with(r#"Slow("c", 3)"#).answer(0), done(USUAL));
}

#[test]
fn slownesses_multiply_and_end_on_their_own() {
    let both = r#"(at: "1s", lasts: "100ms", what: Slow("b", 3)), (at: "900ms", lasts: "150ms", what: Slow("b", 2))"#;
    assert_eq!(flow(TELL).faults(both).go().answer(0), done(USUAL + 15.0));
}

#[test]
fn a_paused_instance_takes_up_nothing_new() {
    // b would begin at 4 and begins at 100.
    assert_eq!(with(r#"Pause("b")"#).answer(0), done(USUAL + 96.0));
    let begun = flow(TELL).faults(r#"(at: "1005ms", lasts: "2ms", what: Pause("b"))"#).go();
    assert_eq!(begun.answer(0), done(USUAL), "what has begun goes on");
    assert_eq!(with(r#"Pause("b-db")"#).answer(0), done(USUAL + 92.0));
}

#[test]
fn latency_adds_one_way_or_both() {
    assert_eq!(with(r#"Latency("a", "b", add: "10ms")"#).answer(0), done(USUAL + 20.0));
    assert_eq!(
        with(r#"Latency("a", "b", add: "10ms", both: false)"#).answer(0),
        done(USUAL + 10.0)
    );
    assert_eq!(
        with(r#"Latency(from: "b", add: "10ms", both: false)"#).answer(0),
        done(USUAL + 20.0)
    );
    assert_eq!(with(r#"Latency(add: "10ms")"#).answer(0), done(USUAL + 60.0), "six messages");
}

#[test]
fn a_lost_call_is_given_up_by_its_timeout_and_a_broker_sends_again() {
    let loss = r#"(at: "1s", lasts: "5ms", what: Loss("a", "b", probability: 1))"#;
    let run = flow(TELL)
        .faults(loss)
        .policies(r#""call": (timeout: "10ms", retry: (tries: 2, backoff: "1ms"))"#)
        .go();
    // Given up at 13, again at 14: 14 later than usual would be 11 later than the first.
    assert_eq!(run.answer(0).1, Verdict::Failed(Reason::Timeout), "13 are more than 10");
    let patient = flow(TELL)
        .faults(loss)
        .policies(r#""call": (timeout: "20ms", retry: (tries: 2, backoff: "1ms"))"#)
        .go();
    assert_eq!(patient.answer(0), done(USUAL + 21.0));
    let lost = |fact: &Fact| matches!(fact, Fact::Dropped { why: Some(Reason::LostMessage), .. });
    assert_eq!(patient.count(lost), 1);
    // Delivered at 15, lost, retransmitted after 200.
    let queue =
        r#"(at: "1s", lasts: "50ms", what: Loss("queue", "b", probability: 1, both: false))"#;
    let run = flow(TELL).design("PubSub()").faults(queue).go();
    assert_eq!(run.changes(0), ["227 y"]);
}

#[test]
fn a_duplicated_request_is_done_twice_unless_it_is_recognised() {
    let twice = r#"Duplicate("a", "b", probability: 1, both: false)"#;
    let run = with(twice);
    // The second comes a hop later; the item is locked until 15.
    assert_eq!(run.changes(0), ["15 y", "22 y"]);
    let keyed = flow(TELL)
        .design("Rest(dedup: true)")
        .faults(&format!(r#"(at: "1s", lasts: "100ms", what: {twice})"#))
        .go();
    assert_eq!(keyed.changes(0), ["15 y"]);
    assert_eq!(keyed.count(|fact| matches!(fact, Fact::Joined { .. })), 1, "it still runs");
}

#[test]
fn held_up_messages_are_overtaken() {
    let run = flow(TELL)
        .web(r#"arrivals: Constant("1000/s"), does: "f""#)
        .web(r#"arrivals: Constant([("0s", "1000/s"), ("2500us", "0/s")]), does: "f""#)
        .run_for("10ms")
        .faults(
            r#"(at: "3500us", lasts: "1ms", what: Reorder("a", "b", probability: 1, by: "10ms"))"#,
        )
        .go();
    // The first leaves a at 4 and is held up, the second at 5.
    assert_eq!((run.answer(0), run.answer(1)), (done(USUAL + 10.0), done(USUAL)));
}

#[test]
fn a_partition_cuts_one_way_or_both() {
    let run = |fault: &str| {
        flow(TELL)
            .faults(&format!(r#"(at: "1s", lasts: "100ms", what: {fault})"#))
            .policies(r#""call": (timeout: "50ms")"#)
            .go()
    };
    let there = run(r#"Partition("a", "b", both: false)"#);
    assert_eq!((there.answer(0).0, there.changes(0).len()), (54.0, 0));
    let back = run(r#"Partition("b", "a", both: false)"#);
    assert_eq!(
        (back.answer(0).0, back.changes(0)),
        (54.0, vec!["15 y".to_owned()]),
        "the call arrives, the answer does not"
    );
    let both = run(r#"Partition("a", "b")"#);
    assert_eq!((both.answer(0).0, both.changes(0).len()), (54.0, 0));
    assert_eq!(run(r#"Partition("a", "c")"#).answer(0), done(USUAL));
    assert_eq!(run(r#"Partition(from: ["c", "a"], to: "b")"#).answer(0).0, 54.0);
}

#[test]
fn what_a_broker_sends_arrives_after_the_partition() {
    let run = flow(TELL)
        .design("PubSub()")
        .faults(r#"(at: "1s", lasts: "100ms", what: Partition("queue", "b"))"#)
        .go();
    // Arrives a hop after the end: 101 + 3 + 8.
    assert_eq!(run.changes(0), ["112 y"]);
}

#[test]
fn a_surge_multiplies_arrivals() {
    let run = flow(TELL)
        .web(r#"arrivals: Constant("10/s"), does: "f""#)
        .run_for("2950ms")
        .faults(r#"(at: "1s", lasts: "1s", what: Surge("web", 3))"#)
        .go();
    let within = |from: f64, to: f64| {
        let sent = run.facts().filter(|(time, _, fact)| {
            matches!(fact, Fact::Sent { .. }) && (from..to).contains(&round(*time))
        });
        sent.count()
    };
    assert_eq!(within(0.0, 1000.5), 10);
    assert_eq!(within(1000.5, 2000.5), 30);
    assert_eq!(within(2000.5, 2950.0), 9);
}

fn downs(fault: &str, seed: u64) -> Vec<(f64, bool)> {
    let run = flow(TELL).run_for("10s").faults(fault).seed(seed);
    let edges = run.facts().filter_map(|(time, _, fact)| match fact {
        Fact::Down => Some((time, true)),
        Fact::Up => Some((time, false)),
        _ => None,
    });
    edges.collect()
}

#[test]
fn faults_repeat_on_a_schedule_and_at_random_from_the_seed() {
    let edges =
        downs(r#"(at: Every(first: "1s", every: "4s"), lasts: "500ms", what: Crash("c"))"#, 1);
    let expected = [1000.0, 1500.0, 5000.0, 5500.0, 9000.0, 9500.0];
    assert_eq!(edges.iter().map(|edge| edge.0).collect::<Vec<_>>(), expected);
    let random = r#"(at: Random(Exp("1s")), lasts: "100ms", what: Crash("c"))"#;
    let once = downs(random, 1);
    assert_eq!(once, downs(random, 1));
    assert_ne!(once, downs(random, 2));
    // From the end of one to the start of the next: about 9 of them in 10 s.
    assert!((3..=18).contains(&(once.len() / 2)), "{}", once.len());
}

#[test]
fn overlapping_crashes_keep_an_instance_down_until_the_last_ends() {
    let edges = downs(
        r#"(name: "one", at: "1s", lasts: "2s", what: Crash("c")), (name: "two", at: "2s", lasts: "3s", what: Crash("c"))"#,
        1,
    );
    assert_eq!(edges, [(1000.0, true), (5000.0, false)]);
}
