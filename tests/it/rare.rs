//! Mistakes that change little, or seldom: each of these tests is the one that a patch of
//! `tests/mutants/` names.

use std::sync::Arc;

use windtunnel::analysis::{Runs, extras, judge};
use windtunnel::cli::shipped;
use windtunnel::scenario::parse;
use windtunnel::simulate::run_with;

/// What a scenario expects holds in one run.
fn holds(name: &str, text: &str) {
    let scenario = parse(name, text, &[]).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    let scenario = Arc::new(scenario);
    assert!(!scenario.expect.is_empty());
    let outcome = run_with(&scenario, 0, 1, extras(&scenario));
    let runs: Runs = [(scenario.designs[0].name.clone(), vec![outcome])].into_iter().collect();
    for verdict in judge(&scenario, &runs).expect("checked expectations") {
        assert!(!verdict.failed(), "{}: {}", verdict.expectation, verdict.message);
    }
}

/// A shipped scenario with another list of expectations.
fn expecting(name: &str, expect: &str) -> String {
    let text = shipped::text(name).expect("a shipped scenario");
    let (before, rest) = text.split_once("expect: [").expect("it expects something");
    let (_, after) = rest.split_once(']').expect("the list ends");
    format!("{before}expect: [{expect}]{after}")
}

#[test]
fn of_thirty_thousand_rows_of_an_outbox_none_is_left_behind() {
    let text =
        expecting("theory/outbox", r#""once_effects(send) == 2 * ok(send)", "lost_effects == 0""#);
    holds("outbox.ron", &text.replace(r#"length: "200s""#, r#"length: "300s""#));
}

/// The request of one millisecond is done at the very instant at which the next one comes: the worker
/// is free for it, and nobody is turned away for want of a place to wait.
#[test]
fn what_is_done_at_an_instant_makes_room_for_what_comes_then() {
    holds(
        "ties.ron",
        r#"(
            run: (length: "1s"),
            nodes: {
                "client": Client(arrivals: Gaps("1ms"), does: "request"),
                "server": Service(workers: 1, work: "1ms", room: 0),
            },
            network: (latency: "2ms"),
            flows: { "request": (home: "server") },
            designs: { "rest": Rest() },
            expect: ["turned_away(server) == 0", "ok(request) == offered(request)"],
        )"#,
    );
}

/// Of each write at each follower: in one run some are young and some old when they come.
#[test]
fn a_lag_is_drawn_for_every_write() {
    let text = expecting(
        "theory/follower",
        r#""staleness_p99(read) > 3 * staleness_p50(read)",
           "stale_reads(read) > 15% and stale_reads(read) < 18.5%""#,
    );
    holds("follower.ron", &text.replace(r#"length: "4000s""#, r#"length: "2000s""#));
}

/// Of a uniform distribution every percentile is where its name says.
#[test]
fn percentiles_are_those_that_they_are_called() {
    let near = |name: &str, ms: f64| {
        format!(
            r#""{name}(request) > {}ms", "{name}(request) < {}ms","#,
            10.0 * ms - 4.0,
            10.0 * ms + 4.0
        )
    };
    let expect: String =
        [("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p999", 99.9)]
            .map(|(name, ms)| near(name, ms))
            .concat();
    holds(
        "percentiles.ron",
        &format!(
            r#"(
                run: (length: "100s", warmup: "2s"),
                nodes: {{
                    "client": Client(arrivals: Poisson("2000/s"), does: "request"),
                    "server": Service(workers: 100_000, work: Uniform("0ms", "1000ms")),
                }},
                network: (latency: "0s"),
                flows: {{ "request": (home: "server") }},
                designs: {{ "rest": Rest() }},
                expect: [{expect} "p(98, request) > 977ms", "p(98, request) < 983ms"],
            )"#
        ),
    );
}
