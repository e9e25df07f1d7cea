//! What holds of every fault: its tables are whole, its example is read and does something, its
//! defaults are those in force. Walks the one list, so that a new fault is held to it without a word
//! here.

use super::{FaultKind, ROOMS, Room, Usual};
use crate::scenario::{Code, parse};

/// What is read of a fault that is written so, or which mistakes are found.
fn load(what: &str) -> Result<FaultKind, Vec<Code>> {
    let text = format!(
        r#"(
            run: (length: "1s"),
            nodes: {{
                "web": Client(arrivals: Poisson("1/s"), does: "order"),
                "orders": Service(instances: 2, workers: 1, store: "orders-db"),
                "orders-db": Database(read: "1ms", write: "1ms"),
            }},
            data: {{ "order": (owner: "orders") }},
            flows: {{ "order": (home: "orders", steps: [Write("order")]) }},
            designs: {{ "rest": Rest() }},
            faults: [(at: "100ms", lasts: "10ms", what: {what})],
        )"#
    );
    match parse("it.ron", &text, &[]) {
        Ok(mut scenario) => Ok(scenario.faults.remove(0).what),
        Err(wrong) => {
            let all = wrong.list.iter().map(|it| it.code);
            Err(all.filter(|code| !code.is_warning()).collect())
        }
    }
}

/// The example with a setting more.
fn with(room: &Room, setting: &str, value: &str) -> String {
    let open = room.example.strip_suffix(')').expect("settings stand in parentheses");
    format!("{open}, {setting}: {value})")
}

#[test]
fn every_example_is_its_own_fault_and_harms_somebody() {
    for room in ROOMS {
        let fault = load(room.example).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", room.word));
        let written = format!("{fault:?}");
        assert!(written.starts_with(&format!("{} {{", room.word)), "{}: {written}", room.word);
        assert!(!fault.harms().is_empty(), "{}", room.word);
    }
}

#[test]
fn every_default_of_a_table_is_the_one_in_force() {
    for room in ROOMS {
        for setting in room.settings {
            let Usual::Is(default) = setting.default else { continue };
            let said = load(&with(room, setting.name, default));
            assert!(said.is_ok(), "{} of {}: {said:?}", setting.name, room.word);
            assert_eq!(said, load(room.example), "{} of {}", setting.name, room.word);
        }
    }
}

#[test]
fn what_is_required_must_be_given_and_nothing_strange_may_be() {
    for room in ROOMS {
        let required = room.settings.iter().filter(|it| it.default == Usual::Required).count();
        let missing = load(&format!("{}()", room.word)).expect_err("somebody is harmed");
        assert!(missing.len() >= required, "{}: {missing:?}", room.word);
        assert!(missing.iter().all(|code| *code == Code::MissingField), "{missing:?}");
        let strange = load(&with(room, "strange", "1"));
        assert_eq!(strange, Err(vec![Code::UnknownField]), "{}", room.word);
    }
}

#[test]
fn words_are_each_given_once_and_tables_are_whole() {
    let mut words: Vec<_> = ROOMS.iter().map(|room| room.word).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), ROOMS.len());
    for room in ROOMS {
        assert!(room.unnamed <= room.settings.len() && !room.about.is_empty(), "{}", room.word);
        for setting in room.settings {
            assert!(!setting.takes.is_empty() && !setting.about.is_empty(), "{}", setting.name);
            assert!(!setting.about.ends_with('.'), "{}: a table's cell", setting.name);
            let is_page = setting.source.starts_with("https://");
            assert!(setting.source.is_empty() || is_page, "{}", setting.source);
        }
    }
}
