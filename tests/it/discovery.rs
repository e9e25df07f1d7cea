//! Service discovery: how long it takes until callers know, against sums of the parts, and what they
//! do until then.

use std::path::Path;
use std::sync::Arc;

use windtunnel::probes::{Outcome, Reason};
use windtunnel::scenario::{load, parse};
use windtunnel::simulate::run;

fn sets(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Runs of the theory's scenario with these knobs.
fn theory(pairs: &[(&str, &str)], seeds: u64) -> Vec<Outcome> {
    let loaded = load(Path::new("scenarios/theory/discovery.ron"), &sets(pairs));
    let scenario = Arc::new(loaded.unwrap_or_else(|mistakes| panic!("{mistakes}")).scenario);
    (1..=seeds).map(|seed| run(&scenario, 0, seed)).collect()
}

/// The mean over the runs, in seconds, of what callers or registries took.
fn mean_s(outcomes: &[Outcome], figure: fn(&Outcome) -> Option<f64>) -> f64 {
    let values = outcomes.iter().map(|outcome| figure(outcome).expect("it was noticed"));
    values.sum::<f64>() / outcomes.len() as f64 / 1e9
}

fn removal(outcome: &Outcome) -> Option<f64> {
    outcome.nodes["server"].discovery.removal.mean()
}

fn detection(outcome: &Outcome) -> Option<f64> {
    outcome.nodes["server"].discovery.detection.mean()
}

/// Four standard errors, of a sum of uniform delays up to these, in seconds.
fn allowed(parts_s: &[f64], runs: f64) -> f64 {
    4.0 * (parts_s.iter().map(|part| part * part / 12.0).sum::<f64>() / runs).sqrt()
}

/// One set of Eureka's settings against its closed form: the lease once or twice, less what has
/// passed of it, and what is left of the other periods. `lease_s`, whether twice, and the periods of
/// heartbeat, evictor, response cache and fetch.
fn eureka(lease_s: f64, twice: bool, periods_s: [f64; 4]) {
    const RUNS: u64 = 200;
    let [heartbeat, evict, cache, fetch] = periods_s;
    let names = ["heartbeat", "evict_every", "response_cache", "fetch"];
    let mut knobs: Vec<(&str, String)> =
        names.into_iter().zip(periods_s.map(|period| format!("{period}s"))).collect();
    knobs.push(("lease", format!("{lease_s}s")));
    knobs.push(("lease_twice", twice.to_string()));
    let knobs: Vec<_> = knobs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let outcomes = theory(&knobs, RUNS);
    let whole = if twice { 2.0 * lease_s } else { lease_s };
    let noticed = whole - heartbeat / 2.0 + evict / 2.0;
    let known = noticed + cache / 2.0 + fetch / 2.0;
    let (measured, allowed_s) = (mean_s(&outcomes, removal), allowed(&periods_s, RUNS as f64));
    assert!((measured - known).abs() < allowed_s, "{knobs:?}: {measured} for {known}");
    let measured = mean_s(&outcomes, detection);
    let allowed_s = allowed(&[heartbeat, evict], RUNS as f64);
    assert!((measured - noticed).abs() < allowed_s, "{knobs:?}: {measured} for {noticed}");
    for outcome in &outcomes {
        let found = &outcome.nodes["server"].discovery;
        let longest = whole + evict + cache + fetch;
        let (least, most) = (found.removal.min().unwrap(), found.removal.max().unwrap());
        assert!(least.as_secs() >= whole - heartbeat && most.as_secs() <= longest);
    }
}

#[test]
fn eureka_takes_as_long_as_its_parts() {
    eureka(90.0, true, [30.0, 60.0, 30.0, 30.0]);
    eureka(90.0, false, [30.0, 60.0, 30.0, 30.0]);
    eureka(40.0, true, [10.0, 20.0, 5.0, 15.0]);
    eureka(21.0, false, [7.0, 45.0, 11.0, 3.0]);
}

#[test]
fn probes_take_as_long_as_so_many_of_them() {
    const RUNS: u64 = 200;
    for (period, timeout, failures) in [(10.0, 1.0, 3), (4.0, 0.5, 1), (6.0, 6.0, 5)] {
        let knobs = [
            ("registry", "kubernetes".to_owned()),
            ("period", format!("{period}s")),
            ("timeout", format!("{timeout}s")),
            ("failure_threshold", failures.to_string()),
            ("what", "Freeze(\"server\")".to_owned()),
        ];
        let knobs: Vec<_> = knobs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let outcomes = theory(&knobs, RUNS);
        let expected = period / 2.0 + period * f64::from(failures - 1) + timeout;
        let measured = mean_s(&outcomes, detection);
        let allowed_s = allowed(&[period], RUNS as f64);
        assert!((measured - expected).abs() < allowed_s, "{measured} for {expected}");
    }
    // A hung pod leaves the endpoints after 20 to 31 s with the defaults.
    let hung = theory(&[("registry", "kubernetes"), ("what", "Freeze(\"server\")")], 100);
    for outcome in hung {
        let found = &outcome.nodes["server"].discovery.detection;
        let (least, most) = (found.min().unwrap().as_secs(), found.max().unwrap().as_secs());
        assert!((20.0..=31.0).contains(&least) && (20.0..=31.0).contains(&most), "{least} {most}");
    }
}

#[test]
fn a_process_that_exits_is_missed_by_the_kubelet_within_a_second() {
    for outcome in theory(&[("registry", "kubernetes")], 50) {
        assert!(outcome.nodes["server"].discovery.detection.max().unwrap().as_secs() <= 1.0);
    }
}

/// Two instances of `b`, asked by `a` ten times a second for ten minutes.
fn shop(registry: &str, faults: &str, policies: &str) -> Outcome {
    let text = format!(
        r#"(
    run: (length: "600s"),
    nodes: {{
        "web": Client(arrivals: Constant("10/s"), does: "f"),
        "a": Service(workers: 1_000_000, hold: false, overhead: "0s"),
        "b": Service(instances: 2, workers: 100, overhead: "0s", registry: "names"),
        "names": {registry},
    }},
    network: (latency: "1ms"),
    flows: {{ "f": (home: "a", steps: [Call("b", work: "1ms")]) }},
    designs: {{ "rest": Rest() }},
    policies: {{ {policies} }},
    faults: [{faults}],
)"#
    );
    let loaded = parse("shop.ron", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    run(&Arc::new(loaded), 0, 1)
}

fn failed(outcome: &Outcome, reason: Reason) -> u64 {
    outcome.flows["f"].failures.get(&reason).copied().unwrap_or(0)
}

const EUREKA: &str = "Eureka(self_preservation: false)";
const ONE_CRASHES: &str = r#"(at: "100s", lasts: "400s", what: Crash("b", instance: 0))"#;

#[test]
fn calls_go_to_a_dead_instance_until_the_list_says_otherwise_and_return_after_it_has_registered() {
    let outcome = shop(EUREKA, ONE_CRASHES, "");
    let found = &outcome.nodes["b"].discovery;
    let known_s = found.removal.mean().unwrap() / 1e9;
    assert!((150.0..=300.0).contains(&known_s));
    // Half of ten calls a second.
    let expected = 5.0 * known_s;
    let crashed = failed(&outcome, Reason::Crashed) as f64;
    assert!((crashed - expected).abs() <= 2.0, "{crashed} for {expected}");
    assert_eq!(outcome.flows["f"].failed as f64, crashed);
    // It registers at once; the cache and the fetch take at most half a minute each.
    assert_eq!((found.delisted, found.enlisted), (1, 1));
    assert!(found.comeback.mean().unwrap() / 1e9 <= 60.0);
}

#[test]
fn retries_go_to_the_instance_that_is_there() {
    let policy = r#""call": (retry: (tries: 2, backoff: "1ms"))"#;
    let outcome = shop(EUREKA, ONE_CRASHES, policy);
    assert_eq!(outcome.flows["f"].failed, 0);
    assert!(outcome.flows["f"].retries > 700);
}

#[test]
fn self_preservation_keeps_the_dead() {
    let outcome = shop("Eureka()", ONE_CRASHES, "");
    assert_eq!(outcome.nodes["b"].discovery.delisted, 0);
    assert_eq!(failed(&outcome, Reason::Crashed), 2000);
}

#[test]
fn a_partitioned_instance_loses_its_lease_and_registers_when_it_can() {
    let cut = r#"(at: "100s", lasts: "400s", what: Partition("b", "names"))"#;
    let outcome = shop(EUREKA, cut, "");
    let found = &outcome.nodes["b"].discovery;
    // Both instances are cut off; each run of the evictor takes one of two.
    assert_eq!((found.delisted, found.enlisted), (2, 2));
    assert!(failed(&outcome, Reason::NoInstance) > 0, "nobody is left to be called");
    assert_eq!(failed(&outcome, Reason::Crashed), 0);
}

#[test]
fn a_paused_instance_renews_its_lease_and_a_frozen_one_does_not() {
    let stands = |what: &str| {
        let fault = format!(r#"(at: "100s", lasts: "400s", what: {what}("b", instance: 0))"#);
        let policy = r#""call": (timeout: "1s")"#;
        shop(EUREKA, &fault, policy).nodes["b"].discovery.delisted
    };
    assert_eq!((stands("Pause"), stands("Freeze")), (0, 1));
    let probed = |what: &str| {
        let fault = format!(r#"(at: "100s", lasts: "400s", what: {what}("b", instance: 0))"#);
        let outcome = shop("Kubernetes()", &fault, r#""call": (timeout: "1s")"#);
        let found = outcome.nodes["b"].discovery.clone();
        (found.delisted, found.enlisted)
    };
    assert_eq!((probed("Pause"), probed("Freeze")), ((1, 1), (1, 1)));
}

#[test]
fn callers_go_on_with_what_they_have_while_the_registry_is_down() {
    for registry in [EUREKA, "Kubernetes()", "Consul()"] {
        let down = r#"(at: "100s", lasts: "100s", what: Crash("names"))"#;
        let outcome = shop(registry, down, "");
        assert_eq!(outcome.flows["f"].failed, 0, "{registry}");
    }
}

#[test]
fn a_caller_that_starts_knows_nobody_until_it_has_fetched() {
    let restart = r#"(at: "100s", lasts: "50ms", what: Crash("a"))"#;
    for registry in [EUREKA, "Consul()"] {
        let outcome = shop(registry, restart, "");
        // It is up at 100.05 s and has the list 2 ms later; a request every 100 ms.
        assert_eq!(failed(&outcome, Reason::NoInstance), 0, "{registry}");
        let cut = r#"(at: "100s", lasts: "1s", what: Crash("a")), (at: "100s", lasts: "5s", what: Partition("a", "names"))"#;
        let outcome = shop(registry, cut, "");
        assert!(failed(&outcome, Reason::NoInstance) > 0, "{registry}");
    }
}

#[test]
fn a_shutdown_is_known_at_once_and_drains() {
    let gone = |drain: &str| {
        let fault = format!(
            r#"(at: "100s", lasts: "400s", what: Shutdown("b", instance: 0, drain: "{drain}"))"#
        );
        shop("Kubernetes(propagation: \"1s\")", &fault, "")
    };
    let abrupt = gone("0s");
    assert!(
        (4..=6).contains(&failed(&abrupt, Reason::Crashed)),
        "{:?}",
        abrupt.flows["f"].failures
    );
    assert_eq!(gone("2s").flows["f"].failed, 0);
}
