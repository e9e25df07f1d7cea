//! The law of numbers: which number an instance has changes nothing in distribution. Every balance,
//! list, turn and assignment treats equals alike, so that a fault that befalls one instance of several
//! does as much whichever it befalls.

use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::probes::Outcome;
use windtunnel::scenario::parse;
use windtunnel::simulate::run;

/// Outcomes of the scenario under so many seeds.
fn outcomes(text: &str, seeds: u64) -> Vec<Outcome> {
    let scenario = parse("equals.ron", text, &[]).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    let scenario = Arc::new(scenario);
    (1..=seeds).into_par_iter().map(|seed| run(&scenario, 0, seed)).collect()
}

/// Three callers of four instances, of which these are gone.
fn called(balance: &str, gone: &[u32], more: &str) -> String {
    let faults: Vec<String> = gone
        .iter()
        .map(|at| format!(r#"(at: "0s", what: Crash("api", instance: {at}))"#))
        .collect();
    format!(
        r#"(run: (length: "10s"),
            nodes: {{
                "users": Client(arrivals: Poisson("60/s"), does: "get"),
                "edge": Gateway(instances: 3),
                "api": Service(instances: 4, workers: 4, work: Exp("20ms"), balance: {balance} {more}),
                "registry": Kubernetes(failure_threshold: 1000),
            }},
            network: (latency: "0.1ms"),
            flows: {{ "get": (home: "api") }},
            designs: {{ "rest": Rest() }},
            policies: {{ "call": (retry: (tries: 2, backoff: "0ms")) }},
            faults: [{}])"#,
        faults.join(", ")
    )
}

/// How many of the operations fail, with the standard error of it over the seeds.
fn failing(text: &str) -> (f64, f64) {
    let shares = outcomes(text, 24).into_iter().map(|outcome| {
        let flow = &outcome.flows["get"];
        flow.failed as f64 / flow.offered as f64
    });
    let shares: Vec<f64> = shares.collect();
    let (count, mean) = (shares.len() as f64, shares.iter().sum::<f64>() / shares.len() as f64);
    let spread: f64 = shares.iter().map(|share| (share - mean) * (share - mean)).sum();
    (mean, (spread / (count - 1.0) / count).sqrt())
}

/// Is the difference within four of its standard errors?
fn are_alike(what: &str, one: (f64, f64), other: (f64, f64)) {
    let error = (one.1 * one.1 + other.1 * other.1).sqrt();
    let is_alike = (one.0 - other.0).abs() <= 4.0 * error.max(1e-4);
    assert!(is_alike, "{what}: {one:?} against {other:?}");
}

#[test]
fn it_is_all_the_same_which_of_several_instances_is_gone() {
    let balances = ["RoundRobin", "Random", "LeastOutstanding", "Choices(2)", "Choices(3)"];
    for registry in ["", r#", registry: "registry""#] {
        for balance in balances {
            let first = failing(&called(balance, &[0], registry));
            for gone in 1..4 {
                let other = failing(&called(balance, &[gone], registry));
                are_alike(&format!("{balance}{registry}: 0 or {gone}"), first, other);
            }
        }
    }
}

#[test]
fn it_is_all_the_same_whether_two_that_are_gone_are_neighbours() {
    for balance in ["RoundRobin", "Random", "LeastOutstanding", "Choices(2)", "Choices(3)"] {
        let beside = failing(&called(balance, &[1, 2], ""));
        for pair in [[0, 2], [1, 3], [3, 0]] {
            let apart = failing(&called(balance, &pair, ""));
            are_alike(&format!("{balance}: {pair:?}"), beside, apart);
        }
    }
}

/// With nothing outstanding, and with equal numbers outstanding, everybody is called as often.
#[test]
fn equals_are_called_equally_often() {
    for balance in ["RoundRobin", "Random", "LeastOutstanding", "Choices(2)", "Choices(3)"] {
        let text = called(balance, &[0], "").replace("tries: 2", "tries: 1");
        let (share, error) = failing(&text);
        // Who is gone has nothing outstanding, and is liked the better for it by those who look.
        let is_fair = match balance {
            "RoundRobin" | "Random" => (share - 0.25).abs() <= 4.0 * error.max(1e-4),
            _ => share > 0.25 && share < 0.4,
        };
        assert!(is_fair, "{balance}: {share} ± {error}");
    }
}

/// A consumer of three is slow: as many messages wait for it whichever it is, at a queue and at a log.
#[test]
fn it_is_all_the_same_which_consumer_is_slow() {
    let waited = |design: &str, slow: u32| {
        let text = format!(
            r#"(run: (length: "10s", drain: "200s"),
                nodes: {{
                    "client": Client(arrivals: Poisson("40/s"), does: "send"),
                    "shop": Service(workers: 100, store: "shop-db"),
                    "shop-db": Database(read: "0s", write: "0s"),
                    "worker": Service(instances: 3, workers: 1, overhead: "0s", store: "worker-db"),
                    "worker-db": Database(read: "0s", write: "0s"),
                    "queue": Queue(prefetch: 4), "log": Log(partitions: 5),
                }},
                data: {{ "sent": (owner: "shop"), "done": (owner: "worker", start: 0) }},
                flows: {{ "send": (home: "shop", steps: [Write("sent"), Tell("worker", Add("done", 1), work: Exp("20ms"))]) }},
                designs: {{ "it": {design} }},
                faults: [(at: "0s", what: Slow("worker", 5, instance: {slow}))])"#
        );
        let means: Vec<f64> = outcomes(&text, 24)
            .into_iter()
            .map(|outcome| outcome.flows["send"].convergence.mean().expect("all of it") / 1e9)
            .collect();
        let (count, mean) = (means.len() as f64, means.iter().sum::<f64>() / means.len() as f64);
        let spread: f64 = means.iter().map(|it| (it - mean) * (it - mean)).sum();
        (mean, (spread / (count - 1.0) / count).sqrt())
    };
    for design in [r#"PubSub(broker: "queue")"#, r#"Events(broker: "log")"#] {
        let first = waited(design, 0);
        for slow in 1..3 {
            are_alike(&format!("{design}: 0 or {slow}"), first, waited(design, slow));
        }
    }
}
