//! Laws of changes on the way: by hand, in the file and among the faults the same comes of the same, and
//! it makes no difference where a run is stopped, stepped through or forked.

use std::sync::Arc;

use proptest::prelude::*;
use windtunnel::base::{Span, Time};
use windtunnel::probes::Outcome;
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::{Deed, Intervention, Scenario};
use windtunnel::simulate::{Timeline, run};

use super::business::{Business, business};

/// A fault of its own name: what, from when on and for how long.
#[derive(Clone, Debug)]
struct Mishap {
    name: String,
    at_ns: u64,
    lasts_ns: u64,
    what: &'static str,
}

impl Mishap {
    /// As it stands in `faults` or in `changes`.
    fn text(&self) -> String {
        let Self { name, at_ns, lasts_ns, what } = self;
        format!(r#"(name: "{name}", at: "{at_ns}ns", lasts: "{lasts_ns}ns", what: {what}),"#)
    }

    /// A change that names it.
    fn named(&self, deed: &str, at_ns: u64) -> String {
        format!(r#"(at: "{at_ns}ns", {deed}: "{}"),"#, self.name)
    }
}

/// So many faults at most, in the order of time; no two begin or end at one instant.
fn mishaps(most: usize) -> impl Strategy<Value = Vec<Mishap>> {
    let what = prop::sample::select(vec![
        r#"Crash("store")"#,
        r#"Crash("shop", host: true)"#,
        r#"Crash("shop", instance: 0)"#,
        r#"Crash("bank-db")"#,
        r#"Crash("queue")"#,
        r#"Crash("log", host: true)"#,
        r#"Shutdown("shop", instance: 0, drain: "20ms")"#,
        r#"Pause("bank")"#,
        r#"Pause("store-db")"#,
        r#"Slow("store", 4)"#,
        r#"Slow("shop-db", 2)"#,
        r#"Partition("shop", "store")"#,
        r#"Latency("edge", "shop", add: Exp("9ms"))"#,
        r#"Loss(probability: "10%")"#,
        r#"Duplicate(to: ["store", "bank"], probability: "30%")"#,
        r#"Reorder(probability: "20%", by: Exp("20ms"))"#,
        r#"Surge("eyes", 5)"#,
    ]);
    let drawn = prop::collection::vec((what, 0..550u64, 10..500u64), 1..=most);
    drawn.prop_map(|mut all| {
        all.sort_by_key(|(_, at, _)| *at);
        let mishap = |(n, (what, at, lasts)): (u64, (_, u64, u64))| Mishap {
            name: format!("mishap-{n}"),
            at_ns: at * 1_000_000 + n * 1_003,
            lasts_ns: lasts * 1_000_000 + 17,
            what,
        };
        (0..).zip(all).map(mishap).collect()
    })
}

/// Knobs turned at some instant.
fn set() -> impl Strategy<Value = String> {
    let knobs = prop::sample::select(vec![
        r#""looks": "90/s""#,
        r#""looks": "3/s", "route": Exp("3ms")"#,
        r#""route": "2ms""#,
    ]);
    (knobs, 0..590u64).prop_map(|(knobs, at)| format!(r#"(at: "{at}ms", set: {{ {knobs} }}),"#))
}

/// Changes of every kind, of a business that has one further fault of its own.
fn changes() -> impl Strategy<Value = (String, Vec<String>)> {
    (mishaps(3), 0..590u64, 0..590u64, set()).prop_map(|(all, end, without, set)| {
        let mut changes: Vec<String> = all[1..].iter().map(Mishap::text).collect();
        changes.push(all[0].named("end", end * 1_000_000 + 11));
        changes.push(all[0].named("without", without * 1_000_000 + 12));
        changes.push(set);
        (all[0].text(), changes)
    })
}

/// Everything that was measured, without what counts the engine's own events: edges of faults that are
/// foreseen have other numbers than those of changes, and where pauses overlap there are fewer.
fn figures(mut outcome: Outcome) -> String {
    (outcome.digest, outcome.events) = (0, 0);
    format!("{outcome:#?}")
}

fn outcome(business: &Business) -> Outcome {
    run(&business.scenario(), 0, business.seed)
}

/// The same scenario before anybody changed it, and what they changed.
fn untouched(scenario: &Arc<Scenario>) -> (Arc<Scenario>, Vec<Intervention>) {
    let mut before = Scenario::clone(scenario);
    let changes = std::mem::take(&mut before.changes);
    (Arc::new(before), changes)
}

fn just_before(change: &Intervention) -> Time {
    Time(change.at.0.saturating_sub(1))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 60, max_shrink_iters: 200, ..Default::default()
    })]

    #[test]
    fn by_hand_is_as_in_the_file(business in business(0), changes in changes()) {
        let business = business.with(vec![changes.0], changes.1);
        let scenario = business.scenario();
        let written = format!("{:#?}", run(&scenario, 0, business.seed));
        let (before, changes) = untouched(&scenario);
        let start = Timeline::new(&before, 0, business.seed);
        let mut all_at_once = start.clone();
        for change in &changes {
            all_at_once.change(change.clone()).expect("it can be made");
        }
        prop_assert_eq!(&written, &format!("{:#?}", all_at_once.outcome()));
        let mut one_by_one = start;
        for change in &changes {
            // Nothing comes before the start, and what acts then must be said before it.
            if change.at > Span::ZERO {
                one_by_one.run_to(just_before(change));
            }
            let untouched = one_by_one.clone();
            one_by_one.change(change.clone()).expect("it can be made");
            drop(untouched);
        }
        prop_assert_eq!(&written, &format!("{:#?}", one_by_one.outcome()));
    }

    #[test]
    fn a_fork_leaves_what_it_was_made_from_as_it_was(
        business in business(2), mishap in mishaps(1), at in 0..500u64
    ) {
        let scenario = business.scenario();
        let straight = run(&scenario, 0, business.seed);
        let mut base = Timeline::new(&scenario, 0, business.seed);
        // What acts at the start must be said before anything happens.
        if let Some(before) = mishap[0].at_ns.checked_sub(1) {
            base.run_to(Time(at * 1_000_000).min(Time(before)));
        }
        let changed = business.with(vec![], vec![mishap[0].text()]).scenario();
        let mut fork = base.clone();
        for change in &changed.changes {
            fork.change(change.clone()).expect("it can be made");
        }
        fork.run_to(Time(550_000_000));
        prop_assert_eq!(base.outcome().digest, straight.digest);
    }

    #[test]
    fn a_change_is_a_fault_that_was_not_foreseen(business in business(0), all in mishaps(3)) {
        let texts: Vec<String> = all.iter().map(Mishap::text).collect();
        let foreseen = outcome(&business.with(texts.clone(), vec![]));
        let changed = outcome(&business.with(vec![], texts));
        prop_assert_eq!(figures(foreseen), figures(changed));
    }

    #[test]
    fn what_is_taken_away_before_it_begins_never_was(
        business in business(2), all in mishaps(1), early in 0.0..=1.0
    ) {
        let mishap = &all[0];
        let at = (mishap.at_ns as f64 * early) as u64;
        let (with, without) = (vec![mishap.text()], mishap.named("without", at));
        let never = outcome(&business.with(vec![], vec![]));
        let foreseen = outcome(&business.with(with.clone(), vec![without.clone()]));
        prop_assert_eq!(figures(never.clone()), figures(foreseen));
        let ended = mishap.named("end", mishap.at_ns);
        let once = outcome(&business.with(with, vec![ended]));
        prop_assert_eq!(figures(never), figures(once));
    }

    #[test]
    fn what_ends_early_lasted_less_long(
        business in business(0), all in mishaps(1), part in 0.1..0.9
    ) {
        let long = &all[0];
        // A process that was told to go is gone for as long as it is.
        let lasts = (long.lasts_ns as f64 * part) as u64 + 1;
        let end = long.at_ns + lasts;
        prop_assume!(end < 600_000_000);
        let short = Mishap { lasts_ns: lasts, ..long.clone() };
        let ended =
            outcome(&business.with(vec![long.text()], vec![long.named("end", end)]));
        let short = outcome(&business.with(vec![short.text()], vec![]));
        prop_assert_eq!(figures(ended), figures(short));
    }

    #[test]
    fn a_knob_turned_at_the_start_was_always_so(business in business(2)) {
        let changes = r#"(at: "0s", set: { "looks": "90/s", "route": Exp("1ms") }),"#;
        let turned = run(&business.and_then(changes).scenario(), 0, business.seed);
        let knobs = [(r#""looks": "20/s""#, r#""looks": "90/s""#), (r#""route": "0.1ms""#, r#""route": Exp("1ms")"#)];
        let text = knobs.iter().fold(business.text(), |text, (from, to)| text.replace(from, to));
        let always = run(&Arc::new(parse("random", &text, &[]).expect("a scenario")), 0, business.seed);
        prop_assert_eq!(format!("{turned:#?}"), format!("{always:#?}"));
    }

    #[test]
    fn a_rate_turned_on_the_way_is_one_that_was_foreseen(
        business in business(2), at in 1..590u64, rate in 1..200u32
    ) {
        let change = format!(r#"(at: "{at}ms", set: {{ "looks": "{rate}/s" }}),"#);
        let turned = run(&business.and_then(&change).scenario(), 0, business.seed);
        let rates = format!(r#"Poisson([("0s", "$looks"), ("{at}ms", "{rate}/s")])"#);
        let text = business.text().replace(r#"Poisson("$looks")"#, &rates);
        let foreseen = run(&Arc::new(parse("random", &text, &[]).expect("a scenario")), 0, business.seed);
        prop_assert_eq!(figures(turned), figures(foreseen));
    }

    #[test]
    fn a_run_that_is_made_shorter_stays_so_when_a_knob_is_turned(
        business in business(0), at in 0..500u64, length in 501..600u64
    ) {
        let business = business.and_then(&format!(r#"(at: "{at}ms", set: {{ "looks": "90/s" }}),"#));
        let mut shorter = Scenario::clone(&business.scenario());
        shorter.run.length = Span(length * 1_000_000);
        let shorter = run(&Arc::new(shorter), 0, business.seed);
        prop_assert_eq!(format!("{shorter:#?}"), format!("{:#?}", outcome(&business.of_length(length))));
    }

    #[test]
    fn a_run_with_changes_is_the_same_wherever_it_is_cut(
        business in business(0), changes in changes(), cuts in prop::collection::vec((0..2u8, 0..200u64), 0..8)
    ) {
        let business = business.with(vec![changes.0], changes.1);
        let scenario = business.scenario();
        let whole = run(&scenario, 0, business.seed);
        let mut timeline = Timeline::new(&scenario, 0, business.seed);
        let mut now = 0;
        for (kind, much) in cuts {
            match kind {
                0 => {
                    now = (now + much * 1_000_000).min(590_000_000);
                    timeline.run_to(Time(now));
                }
                _ => {
                    for _ in 0..much {
                        let next = timeline.simulation().next_time();
                        // Where a drain ends depends on when it began.
                        if next.is_none_or(|next| next < Time(590_000_000)) {
                            timeline.step();
                        }
                    }
                }
            }
            timeline = timeline.clone();
        }
        prop_assert_eq!(format!("{:#?}", timeline.outcome()), format!("{whole:#?}"));
    }
}

/// An intervention that comes to nothing is no event and takes no number.
#[test]
fn what_does_nothing_leaves_the_digest() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let business = business(0).new_tree(&mut runner).expect("a business").current();
    let fault = r#"(name: "a", at: "100ms", lasts: "50ms", what: Crash("bank")),"#.to_owned();
    let run = |changes: &[&str]| {
        let changes = changes.iter().map(|&change| change.to_owned()).collect();
        outcome(&business.with(vec![fault.clone()], changes))
    };
    let untouched = run(&[]);
    let nothing = [
        r#"(at: "90ms", end: "a"),"#,
        r#"(at: "150ms", end: "a"),"#,
        r#"(at: "150ms", without: "a"),"#,
        r#"(at: "120ms", set: { "looks": "20/s" }),"#,
    ];
    assert_eq!(run(&nothing).digest, untouched.digest);
    assert_ne!(run(&[r#"(at: "120ms", end: "a"),"#]).digest, untouched.digest);
}

#[test]
fn a_change_comes_after_what_has_happened_and_names_what_there_is() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let business = business(0).new_tree(&mut runner).expect("a business").current();
    let scenario = business.with(vec![], vec![]).scenario();
    let mut timeline = Timeline::new(&scenario, 0, 1);
    timeline.run_to(Time(100_000_000));
    let now = timeline.simulation().now();
    let mut change = |at, deed| timeline.change(Intervention { at, deed });
    let end = |name: &str| Deed::End(name.to_owned());
    assert!(change(Span(now.0), end("a")).unwrap_err().contains("not later"));
    assert!(change(scenario.run.length, end("a")).unwrap_err().contains("ended"));
    assert!(change(Span(now.0 + 9), end("a")).unwrap_err().contains("no fault \"a\""));
    let begins = r#"(name: "a", at: "150ms", what: Crash("bank")),"#.to_owned();
    let begun = business.with(vec![], vec![begins]).scenario().changes[0].clone();
    let elsewhere = change(begun.at + Span(1), begun.deed.clone());
    assert!(elsewhere.unwrap_err().contains("does not begin"), "it would begin in the past");
    assert_eq!(change(begun.at, begun.deed.clone()), Ok(()));
    assert!(change(begun.at, begun.deed).unwrap_err().contains("already"));
    assert_eq!(change(Span(160_000_000), end("a")), Ok(()));
    assert!(change(Span(140_000_000), end("a")).is_err(), "it has not begun by then");
}

/// Three share two workers, so that to look at their work at an instant of no meaning would round it.
#[test]
fn the_end_that_a_freeze_would_have_had_is_no_instant_of_its_own() {
    let run = |lasts: &str, changes: &str| {
        let text = format!(
            r#"(
                run: (length: "3s"),
                nodes: {{
                    "web": Client(arrivals: Constant("1/s"), batch: 3, does: "look"),
                    "shop": Service(workers: 2, work: "20ms", discipline: ProcessorSharing),
                }},
                flows: {{ "look": (home: "shop") }},
                designs: {{ "rest": Rest() }},
                faults: [(name: "freeze", at: "10ms", lasts: "{lasts}", what: Freeze("shop"))],
                changes: [{changes}],
            )"#
        );
        let scenario = parse("freeze", &text, &[]).unwrap_or_else(|found| panic!("{found}"));
        figures(run(&Arc::new(scenario), 0, 1))
    };
    let ended = run("1s", r#"(at: "20ms", end: "freeze")"#);
    assert_eq!(ended, run("10ms", ""));
}
