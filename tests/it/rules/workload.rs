//! Rules 42 and 43: customers, and how a run ends.

use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Run, done, flow, flows, round};

const READ: &str = r#"(home: "a", steps: Read("n"))"#;

fn sendings(run: &Run) -> Vec<f64> {
    let sent = run.facts().filter(|(_, _, fact)| matches!(fact, Fact::Sent { .. }));
    sent.map(|(time, _, _)| round(time)).collect()
}

#[test]
fn rule_42_constant_arrival_k_comes_at_k_over_the_rate() {
    let run = flow(READ).web(r#"arrivals: Constant("3/s"), does: "f""#).run_for("2s").go();
    let instants: Vec<u64> = (1..6).map(|k| (f64::from(k) * 1e9 / 3.0).round() as u64).collect();
    let sent = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Sent { intended, .. } => Some(intended.0),
        _ => None,
    });
    assert_eq!(sent.collect::<Vec<_>>(), instants);
}

#[test]
fn rule_42_rates_change_over_time() {
    let run = flow(READ)
        .web(r#"arrivals: Constant([("0s", "10/s"), ("1s", "0/s"), ("2s", "20/s")]), does: "f""#)
        .run_for("3s")
        .go();
    let expected: Vec<f64> = (1..=10)
        .map(|k| f64::from(k) * 100.0)
        .chain((1..20).map(|k| 2000.0 + f64::from(k) * 50.0))
        .collect();
    assert_eq!(sendings(&run), expected);
    let poisson = flow(READ)
        .web(r#"arrivals: Poisson([("0s", "1000/s"), ("1s", "0/s"), ("2s", "2000/s")]), does: "f""#)
        .run_for("3s")
        .go();
    let within = |from: f64, to: f64| {
        sendings(&poisson).iter().filter(|sent| (from..to).contains(*sent)).count()
    };
    // Three standard deviations of a Poisson count.
    assert!((905..1095).contains(&within(0.0, 1000.0)));
    assert_eq!(within(1000.0, 2000.0), 0);
    assert!((1866..2134).contains(&within(2000.0, 3000.0)));
}

#[test]
fn rule_42_a_closed_customer_thinks_before_each_journey() {
    let run = flow(READ)
        .web(r#"arrivals: Closed(customers: 2, think: "100ms"), does: "f""#)
        .run_for("1500ms")
        .go();
    // Answered after 1 + 2 + 6 + 1: one journey every 110 ms, from 100 on.
    let expected: Vec<f64> = (0..13).flat_map(|k| [100.0 + 110.0 * f64::from(k); 2]).collect();
    assert_eq!(sendings(&run), expected);
    assert_eq!(run.answer(25), done(10.0));
}

#[test]
fn rule_42_a_journey_waits_for_answers_and_thinks_and_other_journeys_do_not_wait() {
    let run = flows(&format!(r#""f": {READ}, "g": (home: "c", steps: Work("400ms"))"#))
        .web(r#"arrivals: Constant("2/s"), sessions: 1, journeys: { "j": (steps: [Do("g"), Think("50ms"), Do("f")]) }"#)
        .run_for("1400ms")
        .go();
    // g takes 1 + 5 + 400 + 1.
    assert_eq!(sendings(&run), [500.0, 957.0, 1000.0]);
}

#[test]
fn rule_42_gaps_are_independent_and_arrivals_end_with_the_run() {
    let run = flow(READ).web(r#"arrivals: Gaps("300ms"), does: "f""#).run_for("1s").go();
    assert_eq!(sendings(&run), [300.0, 600.0, 900.0]);
}

#[test]
fn rule_43_faults_end_with_the_arrivals_unless_they_are_for_good() {
    let up = |fault: &str| {
        let run = flow(READ).faults(fault).go();
        let up = run.facts().find(|(_, _, fact)| matches!(fact, Fact::Up));
        up.map(|(time, _, _)| time)
    };
    assert_eq!(up(r#"(at: "1200ms", lasts: "10s", what: Crash("b"))"#), Some(1500.0));
    assert_eq!(up(r#"(at: "1200ms", lasts: "100ms", what: Crash("b"))"#), Some(1300.0));
    assert_eq!(up(r#"(at: "1200ms", what: Crash("b"))"#), None);
}

#[test]
fn rule_43_what_remains_at_the_audit_is_unanswered() {
    let silent = r#"(at: "0s", what: Crash("a", host: true))"#;
    let run = flow(READ).faults(silent).go();
    assert_eq!(run.flow("f").failures[&Reason::Unanswered], 1);
    let slow = flow(r#"(home: "a", steps: Work("1m"))"#)
        .but(r#"length: "1500ms""#, r#"length: "1500ms", drain: "2s""#)
        .go();
    assert_eq!(slow.flow("f").failures[&Reason::Unanswered], 1);
    assert_eq!(round(slow.audit.0 as f64 / 1e6), 3500.0);
}

#[test]
fn rule_43_the_drain_ends_when_only_periodic_timers_remain() {
    let run =
        flow(r#"(home: "a", steps: [Write("x"), Tell("b", Add("y", 1))])"#).design("Events()").go();
    assert_eq!(run.answer(0).1, Verdict::Done);
    assert!(
        run.audit.0 < 20_000_000_000,
        "the members' heartbeats do not keep it up: {}",
        run.audit.0
    );
}
