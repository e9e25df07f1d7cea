//! The caller's side: timeouts, retries, budgets, balancing; and doors that turn away.

use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Run, done, flow, op};

const TELL: &str = r#"(home: "a", steps: Tell("b", Add("many", 1)))"#;
const CLOSE: &str = r#"arrivals: Constant("1000/s"), does: "f""#;
const DOWN: &str = r#"(at: "0s", what: Crash("b"))"#;

fn retries(run: &Run) -> Vec<f64> {
    let retries = run.when(0, |fact| matches!(fact, Fact::Retried { .. }));
    retries.into_iter().map(|(time, _)| time).collect()
}

#[test]
fn rule_06_failures_are_tried_again_after_the_backoff() {
    let run = |retry: &str| {
        flow(TELL).faults(DOWN).policies(&format!(r#""call": (retry: ({retry}))"#)).go()
    };
    // A try comes back after two hops. From 3: 5, 15 + 2, 27 + 2.
    let constant = run(r#"tries: 3, backoff: "10ms""#);
    assert_eq!(retries(&constant), [5.0, 17.0]);
    assert_eq!(constant.answer(0), (30.0, Verdict::Failed(Reason::Crashed)));
    // Pauses of 10, 20, 25.
    let exponential =
        run(r#"tries: 4, backoff: Exponential(base: "10ms", cap: "25ms", jitter: None)"#);
    assert_eq!(retries(&exponential), [5.0, 17.0, 39.0]);
    assert_eq!(exponential.answer(0).0, 67.0);
    // The last pause of half and half is from 5 to 10.
    let equal = run(r#"tries: 2, backoff: Exponential(base: "10ms", cap: "25ms", jitter: Equal)"#);
    assert!((13.0..=18.0).contains(&equal.answer(0).0), "{:?}", equal.answer(0));
    let full = run(r#"tries: 2, backoff: Exponential(base: "10ms", cap: "25ms", jitter: Full)"#);
    assert!((8.0..=18.0).contains(&full.answer(0).0), "{:?}", full.answer(0));
    // Each pause is from 10 to three times the last one, 25 at most; a try takes 2.
    let run = run(r#"tries: 9, backoff: Decorrelated(base: "10ms", cap: "25ms")"#);
    let pauses: Vec<f64> = retries(&run).windows(2).map(|it| it[1] - it[0] - 2.0).collect();
    assert!(pauses.len() == 7 && pauses.iter().all(|it| (9.999..=25.001).contains(it)));
    assert!(pauses.iter().any(|it| *it > 24.9) && pauses.iter().any(|it| *it < 24.9));
}

#[test]
fn rule_06_a_retry_that_works_is_an_answer() {
    let run = flow(TELL)
        .faults(r#"(at: "1s", lasts: "10ms", what: Crash("b"))"#)
        .policies(r#""call": (retry: (tries: 3, backoff: "10ms"))"#)
        .go();
    // Refused at 4; again at 16: + 3 + 9 + 1, at a 29.
    assert_eq!(run.answer(0), done(30.0));
}

#[test]
fn rule_06_a_budget_limits_retries_to_a_share_of_the_calls() {
    let run = flow(TELL)
        .web(r#"arrivals: Constant("10/s"), does: "f""#)
        .run_for("10050ms")
        .faults(DOWN)
        .policies(r#""call": (retry: (tries: 2, backoff: "1ms", budget: "10%"))"#)
        .go();
    // Ten are saved up and last for eleven calls; after that every tenth of 89 calls pays for one.
    assert_eq!((run.offered(), run.flow("f").retries), (100, 19));
}

#[test]
fn rule_14_a_timeout_gives_up_an_attempt_and_a_late_answer_finds_nobody() {
    let run = flow(TELL)
        .policies(r#""call": (timeout: "10ms", retry: (tries: 2, backoff: "5ms"))"#)
        .faults(r#"(at: "1s", lasts: "12ms", what: Slow("b", 5))"#)
        .go();
    // 3 + 1 + 15 + 9 + 1 is too late at 13; again at 18: at b 19, + 3 + 9, at a 32 - too late at 28.
    assert_eq!(run.answer(0), (29.0, Verdict::Failed(Reason::Timeout)));
    assert_eq!(run.changes(0), ["27 many", "34 many"], "both land, one after the other");
}

#[test]
fn rule_13_room_is_bounded_where_it_is_said_to_be() {
    let run = flow(TELL)
        .web(CLOSE)
        .run_for("3500us")
        .but(r#""b": Service(workers: 4"#, r#""b": Service(workers: 1, room: 1"#)
        .go();
    let verdicts = [0, 1, 2].map(|number| run.answer(number).1);
    assert_eq!(verdicts, [Verdict::Done, Verdict::Done, Verdict::Failed(Reason::Rejected)]);
    assert_eq!(run.count(|fact| matches!(fact, Fact::TurnedAway { .. })), 1);
}

#[test]
fn a_gateway_limits_the_rate() {
    let run = flow(TELL)
        .web(CLOSE)
        .run_for("3500us")
        .nodes(r#""edge": Gateway(limit: (rate: "1/s", burst: 2)),"#)
        .go();
    assert_eq!(run.answer(2), (2.0, Verdict::Failed(Reason::RateLimited)));
    assert_eq!([0, 1].map(|number| run.answer(number).1), [Verdict::Done; 2]);
}

/// The instances of b that six calls go to, so far apart.
fn balanced(balance: &str, rate: &str, length: &str) -> Vec<u32> {
    flow(TELL)
        .web(&format!(r#"arrivals: Constant("{rate}"), does: "f""#))
        .run_for(length)
        .but(
            r#""b": Service(workers: 4"#,
            &format!(r#""b": Service(instances: 3, balance: {balance}, workers: 4"#),
        )
        .go()
        .began_at("b")
}

#[test]
fn callers_spread_their_calls() {
    let in_turn = balanced("RoundRobin", "10/s", "650ms");
    assert_eq!(in_turn[..3], in_turn[3..], "always in the same order, whichever that is");
    let sorted = |mut all: Vec<u32>| {
        all.sort_unstable();
        all
    };
    assert_eq!(sorted(in_turn[..3].to_vec()), [0, 1, 2]);
    let least = balanced("LeastOutstanding", "1000/s", "6500us");
    assert_eq!(sorted(least), [0, 0, 1, 1, 2, 2]);
    for all_alike in ["Random", "LeastOutstanding", "Choices(2)", "Choices(3)"] {
        let drawn = balanced(all_alike, "10/s", "10s");
        let share = |instance| drawn.iter().filter(|it| **it == instance).count();
        let fair = (0..3).all(|instance| (19..=47).contains(&share(instance)));
        assert!(fair, "{all_alike}: all are idle, 99 calls, 33 each, 3 sd");
    }
    let two = balanced("Choices(2)", "1000/s", "6500us");
    let most = (0..3).map(|instance| two.iter().filter(|it| **it == instance).count()).max();
    assert!(most <= Some(3), "{two:?}: never twice as many as the better of two");
    let all = balanced("Choices(3)", "1000/s", "6500us");
    assert_eq!(sorted(all), [0, 0, 1, 1, 2, 2], "the best of all, ties as they are drawn");
}

#[test]
fn rule_16_every_attempt_has_the_same_keys_and_times_of_its_own() {
    let run = flow(r#"(home: "a", steps: Tell("b", Add("many", 1), work: Exp("100ms")))"#)
        .policies(r#""call": (timeout: "5ms", retry: (tries: 3, backoff: "1ms"))"#)
        .go();
    let landed: Vec<(f64, u64)> = run
        .facts()
        .filter_map(|(time, _, fact)| match fact {
            Fact::Applied { op: by, key, .. } if by == op(0) => Some((time, key.0)),
            _ => None,
        })
        .collect();
    assert_eq!(landed.len(), 3, "without deduplication all three land");
    assert!(landed.iter().all(|(_, key)| *key == landed[0].1));
    let gaps: Vec<i64> = landed.windows(2).map(|pair| (pair[1].0 - pair[0].0) as i64).collect();
    assert_ne!(gaps, [6, 6], "an attempt draws its work anew");
}

#[test]
fn a_late_answer_counts_where_the_policy_says_so() {
    // b works 30 from 4 on; its answer is at a at 35, and at the customer one later.
    let slow = r#"(at: "0s", what: Slow("b", 10))"#;
    let run = |retry: &str| {
        let policies = format!(r#""call": (timeout: "10ms", retry: ({retry}))"#);
        flow(r#"(home: "a", steps: Call("b"))"#).faults(slow).policies(&policies).go()
    };
    let failed = (63.0, Verdict::Failed(Reason::Timeout));
    let usual = run(r#"tries: 2, backoff: "39ms""#);
    assert_eq!((usual.answer(0), usual.began_at("b").len()), (failed, 2));
    // Between two tries, and while the third is under way, which nobody calls off.
    let paused = run(r#"tries: 2, backoff: "39ms", late_answers: true"#);
    assert_eq!((paused.answer(0), paused.began_at("b").len()), (done(36.0), 1));
    let third = run(r#"tries: 3, backoff: "1ms", late_answers: true"#);
    assert_eq!((third.answer(0), third.began_at("b").len()), (done(36.0), 3));
    // The last try has been given up before: nobody waits any more.
    let last = run(r#"tries: 2, backoff: "1ms", late_answers: true"#);
    assert_eq!(last.answer(0), (25.0, Verdict::Failed(Reason::Timeout)));
}
