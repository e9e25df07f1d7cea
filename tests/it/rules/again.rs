//! Customers who try again what was refused: `Do(flow, again: ...)`.

use windtunnel::base::Span;
use windtunnel::probes::Fact;

use super::{Case, Run, flow, refused, round};

/// A client that does `f`, again and again.
fn insisting(flow: Case, again: &str) -> Case {
    flow.web(&format!(
        r#"arrivals: Constant("1/s"), journeys: {{ "j": (steps: [Do("f", again: ({again}))]) }}"#
    ))
}

fn sent(run: &Run) -> Vec<f64> {
    (0..run.offered() as u64).map(|number| round(run.sent(number) - run.sent(0))).collect()
}

const NO: &str = r#"(home: "a", steps: [Tell("b", Add("many", 1, undo: Add(-1))), Tell("c", Write("z"), refuses: 1)])"#;
const PAUSES: &str = r#"tries: 3, backoff: Exponential(base: "10ms", cap: "15ms", jitter: None)"#;

#[test]
fn rule_06_who_is_refused_tries_again_as_an_operation_of_its_own() {
    let no = || flow(r#"(home: "a", steps: Tell("b", Add("y", 1), refuses: 1))"#);
    let run = insisting(no(), PAUSES).go();
    // b says no at 8, the customer knows at 9.
    assert_eq!(sent(&run), [0.0, 19.0, 43.0], "pauses of 10 and 15");
    assert!((0..3).all(|number| run.answer(number) == refused(9.0)));
    assert_eq!((run.flow("f").offered, run.flow("f").refused), (3, 3));
    let run = insisting(no(), PAUSES).run_for("1005ms").go();
    assert_eq!(run.flow("f").refused, 3, "also after the arrivals have ended");
}

#[test]
fn rule_09_another_try_is_the_same_wish() {
    let run = insisting(flow(NO), PAUSES).go();
    let keys = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Applied { key, .. } => Some(key),
        _ => None,
    });
    let keys: Vec<_> = keys.collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn rule_04_a_compare_and_set_is_tried_until_it_succeeds() {
    let change = r#"(home: "a", steps: [Read("n"), Put("n", 1, if_unchanged: true)])"#;
    let run = insisting(flow(change), r#"tries: 9, backoff: "1ms""#)
        .but(r#"Constant("1/s"),"#, r#"Constant("1/s"), batch: 3,"#)
        .go();
    let figures = run.flow("f");
    assert_eq!((figures.ok, figures.offered - figures.refused), (3, 3));
    let values = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Applied { value, .. } => Some(value),
        _ => None,
    });
    assert_eq!(values.collect::<Vec<_>>(), [101, 102, 103]);
    assert_eq!(figures.lost_updates, 0);
    // The last to be done has wanted it since the first instant.
    let last = figures.offered - 1;
    let whole = run.sent(last) - run.sent(0) + run.answer(last).0;
    assert_eq!(figures.latency.max(), Some(Span::from_ms(round(whole))));
}

#[test]
fn rule_06_failures_are_not_the_customers_to_try_again() {
    let run = insisting(flow(NO), PAUSES).faults(r#"(at: "0s", what: Crash("b"))"#).go();
    assert_eq!((run.flow("f").offered, run.flow("f").failed), (1, 1));
}
