//! A compacted log: what `check` says of records without a key, against what designs are lowered to.

use std::sync::Arc;

use proptest::prelude::*;
use windtunnel::model::Model;
use windtunnel::model::program::Instr;
use windtunnel::scenario;
use windtunnel::scenario::tree::Scenario;

const SERVICES: [&str; 4] = ["shop", "store", "bank", "bare"];

/// A scenario of this flow, by events and by commands, with its settings of the log.
fn text(home: &str, steps: &str, log: &str) -> String {
    let except = if steps.contains("Tell(\"store\"") { "\"store\": Rest()" } else { "" };
    format!(
        r#"(
    run: (length: "1s"),
    nodes: {{
        "web": Client(arrivals: Constant("1/s"), does: "flow"),
        "shop": Service(workers: 9, store: "db"),
        "store": Service(workers: 9, store: "db"),
        "bank": Service(workers: 9, store: "db"),
        "bare": Service(workers: 9),
        "db": Database(read: "1ms", write: "1ms"),
        "log": Kafka(cleanup_policy: Compact, {log}),
    }},
    data: {{
        "of-shop": (owner: "shop", keys: 9), "of-store": (owner: "store", keys: 9),
        "of-bank": (owner: "bank", keys: 9),
    }},
    flows: {{ "flow": (home: "{home}", steps: [{steps}]) }},
    designs: {{
        "rest": Rest(), "events": Events(), "mixed": Events(except: {{ {except} }}),
        "commands": PubSub(), "outbox": PubSub(outbox: true),
    }},
)"#
    )
}

/// Designs that are warned of, with the code.
fn warned(loaded: &scenario::Loaded) -> Vec<(String, &'static str)> {
    let designs = &loaded.scenario.designs;
    let of = |said: &str| designs.iter().find(|it| said.contains(&format!("design {:?}", it.name)));
    let warnings = loaded.warnings.list.iter();
    warnings
        .filter(|it| ["W0303", "W0702"].contains(&it.code.text()))
        .map(|it| (of(&it.message).expect("it names its design").name.clone(), it.code.text()))
        .collect()
}

/// Does a design publish anything that names no item?
fn is_keyless(scenario: &Arc<Scenario>, design: usize) -> bool {
    let programs = Model::new(scenario, design, 1).programs;
    let is_bare = |instr: &Instr| matches!(instr, Instr::Publish { .. });
    let mut rows = programs.transactions.iter().flat_map(|txn| &txn.outbox);
    rows.any(|row| row.write.is_none()) || programs.code.iter().any(is_bare)
}

/// Steps of a service, as these numbers say.
fn steps(numbers: &mut impl Iterator<Item = u8>, here: &str, depth: u32) -> String {
    let mut next = || numbers.next().unwrap_or(0);
    let count = 1 + next() % 3;
    (0..count).map(|_| step(numbers, here, depth)).collect::<Vec<_>>().join(", ")
}

fn step(numbers: &mut impl Iterator<Item = u8>, here: &str, depth: u32) -> String {
    let next = |numbers: &mut dyn Iterator<Item = u8>| numbers.next().unwrap_or(0);
    let has_store = here != "bare";
    match next(numbers) % 9 {
        0 | 1 if has_store => format!("Write(\"of-{here}\", key: Another{})", undo(numbers)),
        2 if has_store && next(numbers) % 3 == 0 => {
            format!("Take(\"of-{here}\", 1, key: Another{})", undo(numbers))
        }
        3 | 4 if depth < 3 => tell(numbers, here, depth),
        5 if depth < 3 => format!("Maybe(\"50%\", [{}])", steps(numbers, here, depth + 1)),
        6 if depth < 3 => format!("Repeat(2, [{}])", steps(numbers, here, depth + 1)),
        7 if depth == 0 => {
            let count = 1 + next(numbers) % 3;
            let branches: Vec<String> =
                (0..count).map(|_| tell(numbers, here, depth + 1)).collect();
            format!("All([{}])", branches.join(", "))
        }
        _ => "Work(\"1ms\")".to_owned(),
    }
}

fn undo(numbers: &mut impl Iterator<Item = u8>) -> &'static str {
    if numbers.next().unwrap_or(0) < 128 { "" } else { ", undo: Write" }
}

fn tell(numbers: &mut impl Iterator<Item = u8>, here: &str, depth: u32) -> String {
    let next = |numbers: &mut dyn Iterator<Item = u8>| numbers.next().unwrap_or(0);
    let others: Vec<&str> = SERVICES.into_iter().filter(|name| *name != here).collect();
    let to = others[usize::from(next(numbers)) % others.len()];
    let how = match next(numbers) % 12 {
        0 => ", refuses: \"1%\"",
        1 | 2 => ", best_effort: true",
        _ => "",
    };
    format!("Tell(\"{to}\", [{}]{how})", steps(numbers, to, depth + 1))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 400, max_shrink_iters: 500, max_global_rejects: 10_000, ..Default::default()
    })]

    #[test]
    fn designs_are_warned_of_that_publish_without_a_key(
        numbers in prop::collection::vec(any::<u8>(), 1..40), home in 0..4usize
    ) {
        let steps = steps(&mut numbers.into_iter(), SERVICES[home], 0);
        let text = text(SERVICES[home], &steps, "");
        let loaded = match scenario::parse_named("keys", "keys.ron", &text, &[]) {
            Ok(loaded) => loaded,
            Err(found) => return Err(TestCaseError::reject(found.list[0].message.clone())),
        };
        let warned: Vec<String> = warned(&loaded).into_iter().map(|(name, _)| name).collect();
        let scenario = Arc::new(loaded.scenario);
        let designs = scenario.designs.iter().enumerate();
        for (_, design) in designs.filter(|(at, _)| is_keyless(&scenario, *at)) {
            prop_assert!(warned.contains(&design.name), "{}: {}: {}", design.name, SERVICES[home], steps);
        }
    }
}

#[test]
fn and_others_are_not() {
    for steps in [
        r#"Write("of-shop"), Tell("bank", [Work("1ms"), Write("of-bank"), Tell("bare", [Work("1ms")])])"#,
        r#"Repeat(2, [Write("of-shop", key: Another)]), All([Tell("bank", Write("of-bank")), Tell("bare", Work("1ms"))])"#,
        r#"Write("of-shop"), Tell("bank", [Write("of-bank")]), Work("1ms"), Write("of-shop"), Tell("bare", [Work("1ms")])"#,
        r#"Write("of-shop"), Tell("bare", [Work("1ms")], best_effort: true), Tell("bank", [Write("of-bank")])"#,
    ] {
        let text = text("shop", steps, "");
        let loaded =
            scenario::parse_named("keys", "keys.ron", &text, &[]).expect("a good scenario");
        let warned: Vec<String> = warned(&loaded).into_iter().map(|(name, _)| name).collect();
        assert_eq!(warned, ["commands", "outbox"], "{steps}");
        assert!(!is_keyless(&Arc::new(loaded.scenario), 1), "{steps}");
    }
}
