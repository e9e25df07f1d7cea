//! What holds of every kind: its tables are whole, its examples parse, its defaults are those in
//! force. Walks the one list, so that a new kind is held to it without a word here.

use super::{KINDS, Setting, Usual, Word};
use crate::scenario::grammar;
use crate::scenario::syntax::{Arg, Kind, Name, Value};
use crate::scenario::tree::NodeKind;
use crate::scenario::{Code, parse};

/// A scenario in which any node can stand as "it", beside all that it may refer to.
fn scenario(it: &Value) -> String {
    format!(
        r#"(
    run: (length: "1s"),
    nodes: {{
        "it": {it},
        "web": Client(arrivals: Poisson("10/s"), does: "place-order", via: None),
        "orders": Service(workers: 1, store: "orders-db"),
        "orders-db": Database(read: "1ms", write: "1ms"),
    }},
    data: {{ "order": (owner: "orders") }},
    flows: {{ "place-order": (home: "orders", steps: [Write("order")]) }},
    designs: {{ "rest": Rest() }},
)"#
    )
}

fn load(it: &Value) -> Result<NodeKind, Vec<Code>> {
    let scenario = parse("it.ron", &scenario(it), &[])
        .map_err(|wrong| wrong.list.iter().map(|it| it.code).collect::<Vec<_>>())?;
    let it = scenario.nodes.into_iter().find(|node| node.name == "it");
    Ok(it.expect("it is declared").kind)
}

fn value(text: &str) -> Value {
    grammar::read(text, 0, 0).expect("RON")
}

fn words() -> impl Iterator<Item = (&'static Word, Value)> {
    KINDS.iter().flat_map(|kind| kind.words).map(|word| (*word, value(word.example)))
}

fn args(value: &mut Value) -> &mut Vec<Arg> {
    let Kind::Group { args, .. } = &mut value.kind else { panic!("no group") };
    args
}

/// The example with the setting given as `text`, or left out.
fn with(example: &Value, setting: &Setting, text: Option<&str>) -> Value {
    let mut changed = example.clone();
    let at = changed.at;
    args(&mut changed).retain(|arg| arg.name.as_ref().is_none_or(|name| name.text != setting.name));
    if let Some(text) = text {
        let name = Some(Name { at, text: setting.name.to_owned() });
        args(&mut changed).push(Arg { name, value: value(text) });
    }
    changed
}

#[test]
fn every_kind_says_what_it_is_and_of_every_setting_what_it_means() {
    for (at, kind) in KINDS.iter().enumerate() {
        assert_eq!(kind.role as usize, at, "{}", kind.name);
        let phrase = kind.phrase.to_lowercase();
        assert!(phrase.contains(kind.name) && !kind.breaks.is_empty(), "{phrase}");
        assert!(!kind.words.is_empty());
    }
    for (word, _) in words() {
        assert!(word.about.ends_with('.') && word.left_out.ends_with('.'), "{}", word.word);
        for setting in word.settings {
            assert!(!setting.takes.is_empty() && !setting.about.is_empty(), "{}", setting.name);
            assert!(!setting.about.ends_with('.'), "{}: a table's cell", setting.name);
            let is_page = setting.source.starts_with("https://");
            assert!(setting.source.is_empty() || is_page, "{}", setting.source);
        }
    }
}

#[test]
fn every_example_parses_and_is_of_its_kind() {
    for kind in KINDS {
        for word in kind.words {
            let node = load(&value(word.example)).unwrap_or_else(|it| panic!("{it:?}"));
            assert_eq!(node.about().role, kind.role, "{}", word.word);
        }
    }
}

#[test]
fn every_default_of_a_table_is_the_one_in_force() {
    for (word, example) in words() {
        for setting in word.settings {
            let Usual::Is(default) = setting.default else { continue };
            let said = load(&with(&example, setting, Some(default)));
            let unsaid = load(&with(&example, setting, None));
            assert!(said.is_ok(), "{} of {}: {said:?}", setting.name, word.word);
            assert_eq!(said, unsaid, "{} of {}", setting.name, word.word);
        }
    }
}

#[test]
fn defaults_that_only_quorum_queues_have_are_those_in_force() {
    let mut checked = 0;
    for (word, example) in words() {
        for setting in word.settings {
            let Usual::Unset(text) = setting.default else { continue };
            let Some(default) = text.strip_suffix(" for quorum queues") else { continue };
            let is_number = default.bytes().all(|byte| byte.is_ascii_digit());
            let default = if is_number { default.to_owned() } else { format!("{default:?}") };
            let kind = word.settings.iter().find(|it| it.name == "queue_type").expect("a type");
            let quorum = with(&example, kind, Some("Quorum"));
            let said = load(&with(&quorum, setting, Some(&default)));
            assert!(said.is_ok(), "{} of {}: {said:?}", setting.name, word.word);
            let unsaid = load(&with(&quorum, setting, None));
            assert_eq!(said, unsaid, "{} of {}", setting.name, word.word);
            checked += 1;
        }
    }
    assert_eq!(checked, 5);
}

#[test]
fn a_setting_may_be_left_out_unless_it_is_required() {
    for (word, example) in words() {
        for setting in word.settings {
            let without = load(&with(&example, setting, None));
            let is_given = with(&example, setting, None) != example;
            match setting.default {
                Usual::Required => assert_eq!(without, Err(vec![Code::MissingField])),
                // One of several that stand for each other may be needed.
                Usual::Unset(_) if is_given => {}
                _ => assert!(without.is_ok(), "{} of {}: {without:?}", setting.name, word.word),
            }
        }
    }
}

#[test]
fn a_setting_that_is_in_no_table_is_a_mistake() {
    for (word, example) in words() {
        let strange = Setting::new("strange", "", Usual::Required, "", "");
        let read = load(&with(&example, &strange, Some("1")));
        assert_eq!(read, Err(vec![Code::UnknownField]), "{}", word.word);
    }
}
