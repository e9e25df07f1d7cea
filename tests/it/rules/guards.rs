//! Guards at the caller: what is not even called. Each refusal costs no message.

use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Case, Run, done, flow};

const ASK: &str = r#"(home: "a", steps: Call("b"))"#;
const DOWN: &str = r#"(at: "0s", lasts: "1010ms", what: Crash("b"))"#;

/// Operations at 10, 20, ... ms; each calls b 3 later.
fn every_ten(policy: &str) -> Case {
    flow(ASK)
        .web(r#"arrivals: Constant("100/s"), does: "f""#)
        .policies(&format!(r#""call": ({policy})"#))
}

fn verdicts(run: &Run) -> Vec<Verdict> {
    (0..run.offered() as u64).map(|number| run.answer(number).1).collect()
}

#[test]
fn an_open_breaker_fails_at_once_and_tries_out_later() {
    let run = every_ten(r#"breaker: (window: 4, minimum: 4, open: "1s", trials: 2)"#)
        .run_for("1105ms")
        .faults(DOWN)
        .go();
    // The calls at 13, 23, 33 and 43 come back two later: open from 45, and at 1045 not yet tried
    // out. The calls at 1053 and 1063 close it.
    let told = verdicts(&run);
    let count = |verdict| told.iter().filter(|it| **it == verdict).count();
    let open = Verdict::Failed(Reason::CircuitOpen);
    assert_eq!(count(Verdict::Failed(Reason::Crashed)), 4);
    assert_eq!((count(open), count(Verdict::Done)), (100, 6));
    assert_eq!(run.answer(4), (4.0, open), "without a hop to b");
    assert_eq!([104, 109].map(|number| run.answer(number)), [done(9.0); 2]);
    assert_eq!(run.flow("f").failures[&Reason::CircuitOpen], 100);
}

#[test]
fn a_bulkhead_admits_so_many_at_once() {
    // b takes 30: calls at 13, 23, 33 are under way until 45, 55, 65.
    let run =
        every_ten("bulkhead: 3").run_for("75ms").faults(r#"(at: "0s", what: Slow("b", 10))"#).go();
    let full = (4.0, Verdict::Failed(Reason::BulkheadFull));
    assert_eq!(run.answer(0), done(36.0));
    assert_eq!([1, 2].map(|number| run.answer(number)), [done(36.0), done(36.0)]);
    assert_eq!(run.answer(3), full, "at 43");
    assert_eq!([4, 5].map(|number| run.answer(number)), [done(36.0), done(36.0)], "at 53 and 63");
    assert_eq!(verdicts(&run).iter().filter(|it| **it == full.1).count(), 1);
    let turned =
        run.count(|fact| matches!(fact, Fact::AttemptFailed { why: Reason::BulkheadFull, .. }));
    assert_eq!(turned, 2, "a's attempt at b, and with it the customer's at a");
}

#[test]
fn throttling_holds_back_what_would_not_be_accepted() {
    let run =
        every_ten("throttle: (k: 2)").run_for("2s").faults(r#"(at: "0s", what: Crash("b"))"#).go();
    let told = verdicts(&run);
    assert_eq!(told[0], Verdict::Failed(Reason::Crashed), "nothing is known yet");
    // With r requests and no accepts, one in r + 1 passes: about 1 + 1/2 + ... + 1/199 = 5.9.
    let sent = told.iter().filter(|it| **it == Verdict::Failed(Reason::Crashed)).count();
    assert!((2..12).contains(&sent), "{sent}");
    let held = told.iter().filter(|it| **it == Verdict::Failed(Reason::Throttled)).count();
    assert_eq!(sent + held, 199);
}

#[test]
fn guards_end_with_their_caller() {
    // a crashes with the breaker open: the new one is closed.
    let crash = r#"(at: "0s", lasts: "50ms", what: Crash("b")), (at: "60500us", lasts: "1ms", what: Crash("a"))"#;
    let run = every_ten(r#"breaker: (window: 2, minimum: 2, open: "10s")"#)
        .run_for("105ms")
        .faults(crash)
        .go();
    let open = Verdict::Failed(Reason::CircuitOpen);
    assert_eq!(run.answer(4).1, open);
    assert_eq!(run.answer(8), done(9.0));
}

#[test]
fn the_guards_in_force_are_named() {
    let run = every_ten(
        r#"timeout: "1s", hedge: (after: "1ms"), cancel: Running, breaker: (), throttle: (), bulkhead: 25"#,
    )
    .go();
    let named = windtunnel::simulate::guards(&run.model);
    let wanted = [
        "timeout",
        "hedging",
        "cancellation",
        "circuit breaker",
        "adaptive throttling",
        "bulkhead",
    ];
    assert!(wanted.iter().all(|name| named.iter().any(|it| it == name)), "{named:?}");
}
