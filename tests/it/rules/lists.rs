//! Rule 10: steps that go through the list of an item, as the seats of a hall or the followers of a user.

use std::collections::BTreeSet;

use windtunnel::probes::Fact;

use super::{ALL, Run, flow};

/// The keys that were read or changed of `many`, in order.
fn keys(run: &Run) -> Vec<u64> {
    let mut keys: Vec<u64> = run
        .facts()
        .filter_map(|(_, _, fact)| match fact {
            Fact::Saw { key, entity, .. } if entity == run.entity("many") => Some(key.0),
            Fact::Applied { key, entity, .. } if entity == run.entity("many") => Some(key.0),
            _ => None,
        })
        .collect();
    keys.sort_unstable();
    keys
}

const WEB: &str = r#"arrivals: Constant("1000/s"), does: "f""#;

#[test]
fn rule_10_a_repetition_goes_through_the_list_of_an_item() {
    for design in ALL {
        let run = flow(r#"(home: "a", steps: [Repeat(5, Ask("many", key: Each("n")))])"#)
            .design(design)
            .go();
        assert_eq!(keys(&run), [0, 1, 2, 3, 4], "{design}");
    }
}

#[test]
fn rule_10_branches_and_repetitions_around_one_another_make_one_list() {
    let run = flow(r#"(home: "a", steps: [All(Ask("many", key: Each("n")), times: 6)])"#).go();
    assert_eq!(keys(&run), [0, 1, 2, 3, 4, 5]);
    let run =
        flow(r#"(home: "a", steps: [Repeat(2, Repeat(3, Ask("many", key: Each("n"))))])"#).go();
    assert_eq!(keys(&run), [0, 1, 2, 3, 4, 5]);
    let twice = r#"Repeat(2, Ask("many", key: Each("n"))), Ask("many", key: Each("n"))"#;
    let run = flow(&format!(r#"(home: "a", steps: [{twice}])"#)).go();
    assert_eq!(keys(&run), [0, 0, 1], "outside of any it is the first");
}

/// What an operation read or changed of an entity, in order of the keys.
fn keys_of(run: &Run, number: u64, entity: &str) -> Vec<u64> {
    let facts = run.facts().filter_map(|(_, _, fact)| match fact {
        Fact::Saw { op, key, entity: of, .. } | Fact::Applied { op, key, entity: of, .. }
            if op == super::op(number) && of == run.entity(entity) =>
        {
            Some(key.0)
        }
        _ => None,
    });
    let mut keys: Vec<u64> = facts.collect();
    keys.sort_unstable();
    keys
}

#[test]
fn rule_10_lists_of_different_items_share_nothing() {
    let steps = r#"[Repeat(4, Ask("many", key: Each("n", of: Session)))]"#;
    let run = flow(&format!(r#"(home: "a", steps: {steps})"#)).web(WEB).run_for("1050ms").go();
    let mut lists = BTreeSet::new();
    for number in 0..run.offered() as u64 {
        let keys = keys_of(&run, number, "many");
        assert!(keys.len() == 4 && keys[0].is_multiple_of(4) && keys[3] == keys[0] + 3, "{keys:?}");
        lists.insert(keys[0]);
    }
    assert!(lists.len() > 1, "several sessions");
}

#[test]
fn rule_10_a_list_is_of_the_item_that_the_operation_draws() {
    let halls = r#""halls": (owner: "a", keys: 20, start: 0), "many""#;
    let steps = r#"[Read("halls"), Repeat(7, Add("sold", 1, key: Each("halls")))]"#;
    let run = flow(&format!(r#"(home: "a", steps: {steps})"#))
        .but(r#""many""#, halls)
        .but(r#""many""#, r#""sold": (owner: "a", keys: 140, start: 0), "many""#)
        .web(WEB)
        .run_for("1050ms")
        .go();
    let mut lists = BTreeSet::new();
    for number in 0..run.offered() as u64 {
        let hall = keys_of(&run, number, "halls")[0];
        let seats: Vec<u64> = (hall * 7..hall * 7 + 7).collect();
        assert_eq!(keys_of(&run, number, "sold"), seats);
        lists.insert(hall);
    }
    assert!(lists.len() > 1, "several halls");
}
