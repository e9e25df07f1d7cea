//! The flagship's trade-off is one of mechanisms: its expectations hold with every rate and delay a
//! quarter more or less, not only where the file stands.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use windtunnel::analysis;
use windtunnel::{scenario, simulate};

/// Judges checkout's expectations with one knob turned; returns those that failed.
fn failed_with(knob: &str, value: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/checkout.ron");
    let set = (knob.to_owned(), value.to_owned());
    let loaded =
        scenario::load(&path, &[set]).unwrap_or_else(|bad| panic!("{}", bad.render(false)));
    let scenario = Arc::new(loaded.scenario);
    let runs: IndexMap<_, _> = (0..scenario.designs.len())
        .map(|design| {
            let outcome = simulate::run(&scenario, design, 1);
            (scenario.designs[design].name.clone(), vec![outcome])
        })
        .collect();
    let verdicts = analysis::judge(&scenario, &runs).expect("its expectations are in order");
    assert!(verdicts.len() >= 10, "checkout states its trade-off");
    verdicts
        .iter()
        .filter(|verdict| verdict.failed())
        .map(|verdict| verdict.expectation.clone())
        .collect()
}

macro_rules! holds {
    ($($name:ident: $knob:literal = $value:literal;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(failed_with($knob, $value), Vec::<String>::new());
        }
    )*};
}

holds! {
    holds_with_a_quarter_less_load: "rate" = "300/s";
    holds_with_a_quarter_more_load: "rate" = "500/s";
    holds_with_shorter_hops: "hop" = "0.375ms";
    holds_with_longer_hops: "hop" = "0.625ms";
    holds_with_faster_machines: "demand" = "0.75";
    holds_with_slower_machines: "demand" = "1.25";
    holds_when_customers_look_sooner: "look" = "37.5ms";
    holds_when_customers_look_later: "look" = "62.5ms";
    holds_with_cooler_items: "skew" = "0.75";
    holds_with_hotter_items: "skew" = "1.24";
}

/// The crossover that docs/checkout.md names.
#[test]
fn without_static_members_events_is_less_available_than_rest() {
    let failed = failed_with("static_members", "false");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("availability"), "{failed:?}");
}
