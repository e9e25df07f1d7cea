//! Remedies that people name, and what they do.

use super::Field;

pub(super) const CASES: &[Field] = &[
    field!(
        "outlier",
        [],
        ["failed(get) == 5"],
        "five in a row eject it for 30 s, and sweeps are every 10 s: Envoy's defaults"
    ),
    field!(
        "outlier",
        ["hosts" = "9", "rate" = "90/s"],
        ["failed(get) >= 299", "failed(get) <= 300"],
        "one of nine is more than a tenth: nobody is ejected (envoyproxy/envoy#27909)"
    ),
    field!(
        "outlier",
        ["hosts" = "4", "always" = "true"],
        ["failed(get) == 5"],
        "unless one may always be (envoyproxy/envoy#34796)"
    ),
    field!(
        "panic",
        [],
        ["failed(get) == 3000", "offered(get) == 5000"],
        "four of ten are fewer than half: all are called, six of ten fail (envoyproxy/envoy#2671)"
    ),
    field!("panic", ["threshold" = "0%"], ["failed(get) == 0"], "without panic the four serve all"),
    field!(
        "elsewhere",
        [],
        ["failed(get) == 0"],
        "three of four are well (kubernetes/ingress-nginx#2846)"
    ),
    field!(
        "elsewhere",
        ["elsewhere" = "false"],
        ["failed(get) > 528", "failed(get) < 722"],
        "two draws of four meet the ill one twice with 1/16: 625, four sigma are 97"
    ),
    field!(
        "elsewhere",
        ["tries" = "1", "share" = "30%"],
        ["failed(get) > 645", "failed(get) < 855"],
        "30 % of a quarter: 750, four sigma are 105"
    ),
    field!(
        "connections",
        [],
        ["arrivals(api, 5) == 0", "arrivals(api, 6) == 0"],
        "who connected to the four there were sees none of the four new ones (dapr/dapr#1444)"
    ),
    field!(
        "connections",
        ["balance" = "PerConnection(max_age: \"10s\")"],
        ["arrivals(api, 5) > 6000", "arrivals(api, 6) > 6000"],
        "a new connection every 10 s: an eighth of 120,000 in the last minute, in lumps of 500"
    ),
    field!(
        "connections",
        ["balance" = "RoundRobin"],
        ["arrivals(api, 5) > 12000", "arrivals(api, 5) < 15100"],
        "an eighth of 120,000 less what it takes until callers know"
    ),
    field!(
        "ramp",
        [],
        ["offered(get) >= 19999", "offered(get) <= 20000"],
        "8000 under the first ramp, 8000 between, 4000 under the last"
    ),
    field!(
        "ramp",
        ["arrivals" =
            "Poisson([(from: \"0s\", rate: \"0/s\", to: \"400/s\"), (\"40s\", \"0/s\")])"],
        ["offered(get) > 7642", "offered(get) < 8358"],
        "8000, four sigma are 358"
    ),
    field!(
        "locks",
        [],
        ["p99(sell) < 360ms", "failures(sell, lock_timeout) > 250", "p99(look) < 10ms"],
        "nobody holds a connection for longer than 250 ms and a write of 100 ms"
    ),
    field!(
        "herd",
        [],
        ["queue_max(db) > 400", "p999(look) > 300ms"],
        "what was cached together expires together: a thousand reads at once (openfga/openfga#3033)"
    ),
    field!(
        "herd",
        ["jitter" = "50%"],
        ["queue_max(db) < 20", "p999(look) < 30ms"],
        "... or spread over fifteen seconds"
    ),
    field!(
        "innocents",
        [],
        ["lost_effects > 150", "lost_effects < 400"],
        "what comes in an outage of 30 s is returned three times and given up"
    ),
    field!(
        "innocents",
        ["redrive" = "(after: \"60s\")"],
        ["lost_effects == 0", "convergence_max(send) > 60s"],
        "... unless dead letters come back"
    ),
    field!(
        "innocents",
        ["redrive" = "(after: \"2s\", times: 2)"],
        ["lost_effects > 100", "lost_effects < 200"],
        "not too early, and not twice if that is too early as well"
    ),
    field!(
        "promotion",
        ["second" = "12355ms"],
        ["retracted(save) >= 58", "retracted(save) <= 61", "half_done(save) == 0"],
        "a second crash before the others are set back loses what came between, and nothing twice"
    ),
    field!(
        "slow-consumer",
        [],
        ["kept(send) == offered(send)", "duplicated_effects(send) == 0"],
        "what was taken from it is worked off before it subscribes anew: no backlog grows for ever"
    ),
    field!(
        "log-crash-meets-slow",
        [],
        ["pending(send) == 0", "kept(send) == offered(send)"],
        "who finished while the log was down is no stranger to it"
    ),
    field!(
        "shared-limit",
        [],
        ["goodput(get) > 290/s", "goodput(get) < 301/s"],
        "each of three gateways admits a hundred a second"
    ),
    field!(
        "shared-limit",
        ["limit" = r#"(rate: "100/s", burst: 10, at: "redis")"#],
        ["goodput(get) > 99/s", "goodput(get) < 101/s"],
        "the three share one count, and admit a hundred between them"
    ),
    field!(
        "shared-limit",
        ["limit" = r#"FixedWindow(100, "1s", at: "redis")"#],
        ["goodput(get) > 99/s", "goodput(get) < 101/s", "turned_away(edge) > 24000"],
        "the same, by windows"
    ),
    field!(
        "shared-limit",
        [
            "limit" = r#"(rate: "100/s", burst: 10, at: "redis")"#,
            "faults" = r#"[(name: "gone", at: "40s", what: Crash("redis"))]"#
        ],
        ["goodput(get) > 290/s", "goodput(get) < 310/s"],
        "thirty seconds of a hundred, then twenty in which nobody counts and all six hundred pass"
    ),
    field!(
        "shared-limit",
        [
            "limit" = r#"(rate: "100/s", burst: 10, at: "redis", fault_tolerant: false)"#,
            "faults" = r#"[(name: "gone", at: "40s", what: Crash("redis"))]"#
        ],
        ["goodput(get) > 59/s", "goodput(get) < 61/s", "failures(get, crashed) > 11000"],
        "thirty seconds of a hundred, then nothing"
    ),
];
