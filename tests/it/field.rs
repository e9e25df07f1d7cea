//! Cases that people met with real systems: each a small scenario in which the program once told
//! something else than what happens, what must hold in it, and why. The scenarios are in `field/`.

use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::analysis::{Runs, judge};
use windtunnel::probes::Outcome;
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::Scenario;
use windtunnel::simulate::run;

/// A case: its scenario, the knobs that are turned, and what must hold in every design of it.
#[derive(Clone, Copy)]
struct Field {
    text: &'static str,
    sets: &'static [(&'static str, &'static str)],
    holds: &'static [&'static str],
    why: &'static str,
}

macro_rules! field {
    ($file:literal, [$($knob:literal = $value:literal),*], [$($holds:literal),+], $why:literal) => {
        Field {
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/field/", $file, ".ron")),
            sets: &[$(($knob, $value)),*],
            holds: &[$($holds),+],
            why: $why,
        }
    };
}

mod remedies;
mod trackers;

const BASICS: &[Field] = &[
    // -- chance ----------------------------------------------------------------------------------
    field!(
        "outer-retry",
        [],
        ["availability(f) > 99.99%"],
        "P(psp > 500 ms) = 3.9 %: five tries that draw anew all fail with 0.039^5"
    ),
    field!(
        "outer-retry",
        ["tries" = "2"],
        ["availability(f) > 99.75%", "availability(f) < 99.95%"],
        "two tries: 0.15 % fail"
    ),
    // -- choice among equals ------------------------------------------------------------------------
    field!(
        "choices",
        ["gone" = "0"],
        ["failed(get) > 2327", "failed(get) < 2673"],
        "a quarter of 9999 calls meets the one that is gone, whichever it is; four sigma are 173"
    ),
    field!("choices", ["gone" = "1"], ["failed(get) > 2327", "failed(get) < 2673"], "the same"),
    field!("choices", ["gone" = "3"], ["failed(get) > 2327", "failed(get) < 2673"], "the same"),
    field!(
        "choices",
        ["gone" = "2", "balance" = "LeastOutstanding"],
        ["failed(get) > 2327", "failed(get) < 2673"],
        "all have nothing outstanding"
    ),
    field!(
        "ties",
        [],
        ["mean(get) < 44ms"],
        "M/M/1 at half load under Random takes 40 ms; who looks does no worse"
    ),
    field!(
        "black-hole",
        [],
        ["goodput(get) > 24/s", "goodput(get) < 27.5/s"],
        "birth and death with fair ties, a refusal 2 ms away: 25.7/s by a simulation of its own"
    ),
    // -- life and death -------------------------------------------------------------------------------
    field!(
        "probe-meets-pause",
        [],
        ["delisted(api) == 0"],
        "a probe that waits 2 s outlives a pause of 0.5 s"
    ),
    field!(
        "check-meets-pause",
        [],
        ["delisted(api) > 60", "delisted(api) < 140"],
        "of 1000 checked every 10 s those fail that are asked in the first of 2 s: a tenth"
    ),
    field!(
        "frozen-consumer",
        [],
        ["wait_max(log) < 4s", "duplicated_effects(send) == 1"],
        "who stands still beyond its session of 2 s leaves its group; what it held is done twice"
    ),
    field!(
        "frozen-worker",
        [],
        ["convergence_max(send) < 75s", "duplicated_effects(send) == 10"],
        "60 s without heartbeats: the ten that were prefetched go to the other, and are done twice"
    ),
    field!(
        "member-joins",
        [],
        ["duplicated_effects == 0", "lost_effects == 0"],
        "a rebalance waits for members to finish what they hold, and to commit"
    ),
    field!(
        "member-leaves",
        [],
        ["wait_max(log) < 5s", "lost_effects == 0"],
        "who is shut down in good order leaves its group at once; a heartbeat takes 3 s"
    ),
    field!(
        "members-change",
        [
            "event" = "Shutdown(\"worker\", instance: 0, drain: \"1s\")",
            "at" = "8500ms",
            "lasts" = "100m"
        ],
        ["duplicated_effects(send) == 0"],
        "... and commits what it has done"
    ),
    field!(
        "told-to-stop",
        [],
        ["duplicated_effects == 0", "lost_effects == 0"],
        "who is told to stop takes nothing new and finishes what it holds, five times 190 ms"
    ),
    // -- words --------------------------------------------------------------------------------------------
    field!(
        "lossy-link-to-broker",
        [],
        ["ok(send) == offered(send)", "lost_effects == 0"],
        "connections mend what a link loses, in every direction"
    ),
    field!("leader-down", [], ["failed(look) == 0"], "followers are other machines"),
    field!(
        "promotion",
        [],
        ["lost_effects == 100", "retracted(save) == 50"],
        "a hundred a second were acknowledged in the last 500 ms, of two effects each (redis/redis#6062)"
    ),
    field!(
        "promotion",
        ["promote" = "false"],
        ["lost_effects == 0"],
        "a leader that comes back has what it had"
    ),
    field!(
        "leader-busy",
        [],
        ["failed(look) == 0", "ok(look) == offered(look)", "failed(edit) > 0"],
        "what waits for a connection of the leader is served when the leader's work is gone"
    ),
    field!(
        "patient-relay",
        [],
        ["duplicated_effects == 0"],
        "a confirm may take 60 s, and takes 6 s: the policy holds for relays too"
    ),
    // -- customers ----------------------------------------------------------------------------------------
    field!(
        "refused-then-pays",
        [],
        ["broken(stock-floor) == 0", "offered(pay) == 1"],
        "who is told that nothing is left does not pay"
    ),
    field!("own-of-an-entity", [], ["dangling_reads == 0"], "the latest booking is no ticket"),
    // -- figures ------------------------------------------------------------------------------------------
    field!(
        "half-dead",
        [],
        ["utilization(worker) > 95%"],
        "the only one that lives is always busy"
    ),
    field!(
        "post-again",
        [],
        ["duplicated_effects == 2", "once_effects == 0"],
        "six attempts of one create make six rows"
    ),
    // -- poison ----------------------------------------------------------------------------------------------
    field!(
        "poison",
        [],
        ["half_done(send) > 144", "half_done(send) < 256"],
        "two of a hundred of 9999 fail however often they are tried: 200, four sigma are 56"
    ),
    field!(
        "poison",
        ["share" = "Crash(\"2%\", restart: \"200ms\")"],
        ["half_done(send) > 400"],
        "who dies takes along what else it holds: innocents are delivered too often as well"
    ),
];

fn scenario(case: &Field, length: Option<&str>) -> Arc<Scenario> {
    let Field { text, sets, holds, .. } = case;
    let all: Vec<String> = holds.iter().map(|holds| format!("{holds:?}")).collect();
    let end = text.trim_end().strip_suffix(')').expect("a scenario ends with a parenthesis");
    let text = format!("{end}    expect: [{}],\n)", all.join(", "));
    let text = match length {
        Some(length) => {
            let at = text.find("length: \"").expect("it has a length") + 9;
            let to = at + text[at..].find('"').expect("it ends");
            format!("{}{length}{}", &text[..at], &text[to..])
        }
        None => text,
    };
    let sets: Vec<(String, String)> =
        sets.iter().map(|(knob, value)| ((*knob).to_owned(), (*value).to_owned())).collect();
    Arc::new(parse("case.ron", &text, &sets).unwrap_or_else(|wrong| panic!("{wrong}\n{text}")))
}

fn outcomes(scenario: &Arc<Scenario>) -> Runs {
    let designs = scenario.designs.iter().enumerate();
    designs.map(|(at, design)| (design.name.clone(), vec![run(scenario, at, 1)])).collect()
}

#[test]
fn what_people_met_comes_out_as_they_met_it() {
    let failed: Vec<String> = [BASICS, remedies::CASES, trackers::CASES]
        .concat()
        .par_iter()
        .flat_map(|case| {
            let scenario = scenario(case, None);
            let verdicts = judge(&scenario, &outcomes(&scenario)).expect("they can be judged");
            let failed = verdicts.into_iter().filter(windtunnel::analysis::Verdict::failed);
            let say = |verdict: windtunnel::analysis::Verdict| {
                format!("{}: {}, for {}", verdict.expectation, verdict.message, case.why)
            };
            failed.map(say).collect::<Vec<_>>()
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What never converges has no time, however long one looks.
#[test]
fn convergence_does_not_grow_with_the_run() {
    let of = |text: &'static str, length: &str| -> Outcome {
        let case = Field { text, sets: &[], holds: &["offered > 0"], why: "" };
        run(&scenario(&case, Some(length)), 0, 1)
    };
    let letters = include_str!("field/never-converged.ron");
    let figures = |outcome: &Outcome| {
        let flow = &outcome.flows["send"];
        let quantiles = [0.25, 0.5, 0.99].map(|p| flow.convergence.quantile(p));
        (quantiles, flow.convergence.max(), flow.unconverged, flow.convergence.count())
    };
    let (short, long) = (of(letters, "2s"), of(letters, "200s"));
    assert_eq!(figures(&short), figures(&long));
    assert_eq!(
        (short.flows["send"].unconverged, short.flows["send"].convergence.count()),
        (10, 16)
    );
    assert_eq!(short.flows["send"].convergence.quantile(0.5), None, "six of sixteen converge");

    let half_done = include_str!("field/half-done-never-converges.ron");
    for length in ["40s", "80s"] {
        let outcome = of(half_done, length);
        let flow = &outcome.flows["f"];
        let half = flow.unconverged as f64 / flow.convergence.count() as f64;
        assert!(half > 0.005, "the p99 falls on what never converges: {half}");
        let p99 = flow.convergence.quantile(0.99);
        assert!(p99.is_none_or(|p99| p99.as_ms() < 5_000.0), "{length}: {p99:?}");
    }
}
