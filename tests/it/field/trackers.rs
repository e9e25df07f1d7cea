//! Cases of public issue trackers.

use super::Field;

pub(super) const CASES: &[Field] = &[
    field!(
        "rolling",
        [],
        ["failed(get) > 20", "failed(get) < 40"],
        "what is in hand, and what comes until callers know (kubernetes/kubernetes#43576)"
    ),
    field!(
        "rolling",
        ["drain" = "3s"],
        ["failed(get) == 0"],
        "a sleep before it stops is enough (kubernetes/kubernetes#64510)"
    ),
    field!(
        "storm",
        [],
        ["arrivals(c) > 7.9 * offered(ask)", "arrivals(c) <= 9 * offered(ask)"],
        "three tries at each of two layers are nine (palantir/conjure-java-runtime#1084)"
    ),
    field!(
        "hoard",
        [],
        ["convergence_p99(short) > 1.2s", "queue_mean(worker) > 2"],
        "fetched ahead by who is busy with a long one (sonata-project/SonataNotificationBundle#232)"
    ),
    field!(
        "hoard",
        ["prefetch" = "1"],
        ["convergence_p99(short) < 1s"],
        "one at a time goes to whoever is idle"
    ),
    field!(
        "poll",
        [],
        ["kept(send) == 0", "pending(send) == 5", "arrivals(worker) > 8"],
        "6 s of work in a poll interval of 5 s never get anywhere (confluentinc/librdkafka#3732)"
    ),
    field!(
        "poll",
        ["interval" = "10s"],
        ["kept(send) == 5", "arrivals(worker) == 5"],
        "in 10 s they do"
    ),
    field!(
        "outer-timeout",
        [],
        ["turned_away(psp) > 90", "arrivals(psp) < 300"],
        "tries at 0, 2 and 4 s in a patience of 3 s: the third is of no use (apache/shenyu#6583)"
    ),
    field!(
        "outer-timeout",
        ["patience" = "10s"],
        ["turned_away(psp) == 0", "arrivals(psp) > 370"],
        "four fit"
    ),
];
