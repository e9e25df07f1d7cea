//! What is drawn anew by whom: an operation's wishes never, the time that its work takes by every
//! attempt, however far out it was made.
//!
//! ```text
//! web ──▶ edge ──▶ a ──▶ b ──▶ c          every hop may try again what is behind it
//! ```

use std::collections::BTreeMap;

use windtunnel::base::Span;
use windtunnel::probes::{Fact, KeyId, OpId};

use super::{Case, Run, flow, flows};

/// A chain in which each link is given up after `timeouts`, in milliseconds, and tried so often.
fn chain(timeouts: [u32; 3], tries: [u32; 3]) -> Case {
    let policy = |name: &str, at: usize| {
        format!(
            r#""{name}": (timeout: "{}ms", retry: (tries: {}, backoff: "0ms"))"#,
            timeouts[at], tries[at]
        )
    };
    flow(r#"(home: "a", steps: Call("b", steps: [Call("c", work: Uniform("1ms", "9ms"))]))"#)
        .policies(&[policy("client", 0), policy("to-b", 1), policy("to-c", 2)].join(", "))
        .but(r#""b": Service("#, r#""b": Service(policy: "to-b", "#)
        .but(r#""c": Service("#, r#""c": Service(policy: "to-c", "#)
}

/// How long each piece of work at a node took, in order.
fn works(run: &Run, node: &str) -> Vec<Span> {
    let at_node = run.facts().filter(|(_, at, _)| at.starts_with(&format!("{node}#")));
    let works = at_node.filter_map(|(_, _, fact)| match fact {
        Fact::Works { work, .. } => Some(work),
        _ => None,
    });
    works.filter(|work| *work > Span::ZERO).collect()
}

/// All different: none of them is a draw of another.
fn are_distinct(works: &[Span]) -> bool {
    let mut sorted = works.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() == works.len()
}

#[test]
fn rule_09_a_retry_draws_the_work_behind_it_anew_however_far_out_it_is_made() {
    // Nobody is answered in time: c works 1 to 9 ms, 4 hops of 1 ms away.
    for (timeouts, tries, attempts) in [
        ([100, 100, 2], [1, 1, 4], 4),
        ([100, 4, 100], [1, 4, 1], 4),
        ([6, 100, 100], [4, 1, 1], 4),
        ([100, 10, 2], [1, 3, 3], 9),
        ([40, 10, 2], [2, 2, 2], 8),
    ] {
        let run = chain(timeouts, tries).go();
        let works = works(&run, "c");
        assert_eq!(works.len(), attempts, "{timeouts:?} {tries:?}: {works:?}");
        assert!(are_distinct(&works), "{timeouts:?} {tries:?}: {works:?}");
    }
}

#[test]
fn rule_09_the_first_attempt_is_what_every_design_and_policy_shares() {
    let first = |case: &Case| works(&case.go(), "c")[0];
    let plain = first(&chain([100; 3], [1; 3]));
    for (timeouts, tries) in [([100, 100, 2], [1, 1, 4]), ([6, 100, 100], [4, 1, 1])] {
        assert_eq!(first(&chain(timeouts, tries)), plain, "{timeouts:?}");
    }
    let tell = |design: &str| {
        let told = r#"(home: "a", steps: [Write("x"), Tell("c", Write("z"), work: Uniform("1ms", "9ms"))])"#;
        first(&flow(told).design(design))
    };
    let rest = tell("Rest()");
    for design in [r#"PubSub(broker: "queue")"#, r#"Events(broker: "log")"#] {
        assert_eq!(tell(design), rest, "{design}");
    }
}

#[test]
fn rule_09_second_copies_and_redeliveries_draw_anew_all_that_they_cause() {
    let hedged =
        flow(r#"(home: "a", steps: Call("b", steps: [Call("c", work: Uniform("1ms", "9ms"))]))"#)
            .but(
                r#""b": Service(workers: 4"#,
                r#""b": Service(instances: 2, policy: "twice", workers: 4"#,
            )
            .policies(r#""twice": (hedge: (after: "1ms"))"#)
            .go();
    let works_of_both = works(&hedged, "c");
    assert_eq!((works_of_both.len(), are_distinct(&works_of_both)), (2, true));

    // The consumer asks c, which never answers in time.
    let told = |design: &str| {
        let case = flow(r#"(home: "a", steps: [Write("x"), Tell("b", [Call("c", work: Uniform("3ms", "9ms")), Write("y")])])"#)
            .design(design)
            .run_for("2500ms")
            .web(r#"arrivals: Constant([("0s", "1/s"), ("1500ms", "0/s")]), does: "f""#)
            .policies(r#""call": (timeout: "4ms")"#)
            .but(r#""queue": Queue("#, r#""queue": Queue(requeue_delay: "100ms", delivery_limit: 5, "#);
        works(&case.go(), "c")
    };
    for design in [r#"PubSub(broker: "queue")"#, r#"Events(broker: "log")"#] {
        let works = told(design);
        assert!(works.len() > 5 && are_distinct(&works[..6]), "{design}: {works:?}");
    }
}

#[test]
fn rule_09_what_an_operation_wants_is_the_same_at_every_attempt() {
    // Refused as often at 20 attempts as at one: a "no" is the operation's, not the attempt's.
    let refused = |tries: u32| {
        let run = flows(
            r#""f": (home: "a", steps: [Call("b"), Tell("c", Work("1ms"), refuses: "30%")])"#,
        )
        .web(r#"arrivals: Constant("100/s"), does: "f""#)
        .policies(&format!(
            r#""client": (timeout: "8ms", retry: (tries: {tries}, backoff: "0ms"))"#
        ))
        .go();
        run.facts().filter(|(_, _, fact)| matches!(fact, Fact::Refused { .. })).fold(
            BTreeMap::<OpId, u32>::new(),
            |mut refused, (_, _, fact)| {
                if let Fact::Refused { op, .. } = fact {
                    *refused.entry(op).or_default() += 1;
                }
                refused
            },
        )
    };
    let (once, often) = (refused(1), refused(3));
    assert!(once.len() > 20, "{}", once.len());
    assert!(often.values().all(|times| *times == 3), "whoever is refused is refused each time");
    assert_eq!(once.keys().collect::<Vec<_>>(), often.keys().collect::<Vec<_>>());

    // And the item is the same one.
    let run = flow(r#"(home: "b", steps: Add("many", 1))"#)
        .policies(r#""client": (timeout: "8ms", retry: (tries: 5, backoff: "0ms"))"#)
        .go();
    let mut keys = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Applied { key, .. } => Some(key),
        _ => None,
    });
    let first: KeyId = keys.next().expect("it was applied");
    assert_eq!(keys.filter(|key| *key == first).count(), 4);
}
