//! Whatever happens to a scenario's text, reading it never panics: it is read, or what is wrong
//! is said and lies in it.

use proptest::prelude::*;
use windtunnel::scenario::{self, Diagnostics, Origin, Site, Source};

const TEXTS: [&str; 5] = [
    super::GOOD,
    include_str!("../../../scenarios/checkout.ron"),
    include_str!("../../../scenarios/transfer.ron"),
    include_str!("../../../scenarios/theory/tiers.ron"),
    include_str!("../../../scenarios/theory/queue.ron"),
];

/// Things that break readers.
const NASTY: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    ",",
    ":",
    "$",
    "$rate",
    "\"$rate * $skew\"",
    "\"$rate - 1e9/s\"",
    "-1",
    "0",
    "NaN",
    "inf",
    "1e999",
    "-9223372036854775808",
    "18446744073709551616",
    "None",
    "Some(",
    "()",
    "\u{1f980}",
    "\r\n",
    "\t",
    "\0",
    "/*",
    "//",
    "r#\"",
    "\\",
    "'",
    "#![",
    "true",
    "\"2%\"",
    "\"10ns\"",
    "Repeat(10000, ",
    "All(",
    "Popular",
];

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Delete(usize, usize),
    Insert(usize, String),
    /// Overwrites one token with another of the same text.
    Token(usize, usize),
    Byte(usize, u8),
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let at = || any::<usize>();
    let nasty = proptest::sample::select(NASTY).prop_map(str::to_owned);
    prop_oneof![
        2 => (at(), 0_usize..40).prop_map(|(at, length)| Edit::Delete(at, length)),
        2 => (at(), nasty).prop_map(|(at, text)| Edit::Insert(at, text)),
        1 => (at(), "\\PC{0,8}").prop_map(|(at, text)| Edit::Insert(at, text)),
        6 => (at(), at()).prop_map(|(to, from)| Edit::Token(to, from)),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
    ]
}

/// The words, texts and marks of a scenario, as ranges.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            c if c.is_alphanumeric() => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        if !first.is_whitespace() {
            tokens.push(at..at + length);
        }
        at += length;
    }
    tokens
}

pub(crate) fn apply(text: &str, edit: &Edit) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let place = |at: usize| at % (text.len() + 1);
    match edit {
        Edit::Delete(at, length) => {
            let start = place(*at);
            bytes.drain(start..(start + length).min(text.len()));
        }
        Edit::Insert(at, new) => {
            let start = place(*at);
            bytes.splice(start..start, new.bytes());
        }
        Edit::Token(to, from) => {
            let tokens = tokens(text);
            if !tokens.is_empty() {
                let new = text[tokens[from % tokens.len()].clone()].to_owned();
                bytes.splice(tokens[to % tokens.len()].clone(), new.bytes());
            }
        }
        Edit::Byte(at, byte) if !bytes.is_empty() => bytes[at % text.len()] = *byte,
        Edit::Byte(..) => {}
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Is a place a place of this text?
fn lies_in(site: &Site, file: &Source) -> bool {
    let set;
    let source = match &site.origin {
        Origin::File => file,
        Origin::Set(text) => {
            set = Source::new(text.clone());
            &set
        }
    };
    let end = source.text().len();
    let last = source.place(end);
    site.place.line >= 1
        && site.place <= last
        && source.place(source.offset(site.place)) == site.place
        && source.offset(site.place) + site.length as usize <= end
}

pub(crate) fn check(text: &str, sets: &[(String, String)]) -> Result<(), TestCaseError> {
    let said: Diagnostics = match scenario::parse_named("x", "x.ron", text, sets) {
        Ok(loaded) => {
            prop_assert!(!loaded.warnings.has_errors());
            loaded.warnings
        }
        Err(diagnostics) => {
            prop_assert!(diagnostics.has_errors());
            diagnostics
        }
    };
    for one in &said.list {
        prop_assert!(lies_in(&one.site, &said.source), "{one:?}");
        prop_assert!(one.notes.iter().all(|(site, _)| lies_in(site, &said.source)), "{one:?}");
        prop_assert!(!one.message.is_empty());
        let alone = Diagnostics { list: vec![one.clone()], omitted: 0, ..said.clone() };
        let file = if one.site.origin == Origin::File { "x.ron" } else { "--set" };
        let place = format!("{file}:{}:{}", one.site.place.line, one.site.place.column);
        prop_assert!(alone.render(false).contains(&place), "{place} is not in\n{alone}");
    }
    if !said.list.is_empty() {
        prop_assert!(
            said.render(false).contains("x.ron:") || said.render(false).contains("--set:")
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_scenario_is_read_or_explained(
        text in proptest::sample::select(&TEXTS[..]),
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        let text = edits.iter().fold(text.to_owned(), |text, edit| apply(&text, edit));
        check(&text, &[])?;
    }

    #[test]
    fn any_set_is_taken_or_explained(name in "rate|skew|service|room|[a-z$=]{0,4}", value in "\\PC{0,12}|[0-9$(/)\" a-zA-Z.%-]{0,12}") {
        check(super::GOOD, &[(name, value)])?;
    }

    #[test]
    fn any_text_at_all_is_read_or_explained(text in "[-\\[\\](){}\":,.$ a-zA-Z0-9\\n#/*r]{0,60}") {
        check(&text, &[])?;
    }
}
