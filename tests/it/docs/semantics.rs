//! The rules of `docs/semantics.md` and those who refer to them by number: no number is referred to
//! in vain, and the files that a rule names hold it. Knows no rule's meaning.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/semantics.md")).expect("the page is there")
}

/// The number of each rule, and the files that it names: a rule is a paragraph that begins with
/// its number in bold.
fn rules(page: &str) -> Vec<(usize, Vec<&str>)> {
    let rules = page.split("\n\n").filter_map(|paragraph| {
        let (number, text) = paragraph.strip_prefix("**")?.split_once(". ")?;
        Some((number.parse().ok()?, files(text)))
    });
    rules.collect()
}

/// The paths within the source tree that a text names in backquotes.
fn files(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| ["src/", "tests/"].iter().any(|root| name.starts_with(root))).collect()
}

/// Every Rust file below a folder, with its text; comments that go on do so on one line.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            let words =
                text.split_whitespace().filter(|word| !word.trim_matches(['/', '!']).is_empty());
            found.push((path, words.collect::<Vec<_>>().join(" ")));
        }
    }
    found
}

/// Each place in a text that refers to rules (`rule 7`, `rules 30 to 32`, `rule_07_...`): what stands
/// before it, and the numbers.
fn citations(text: &str) -> Vec<(&str, BTreeSet<usize>)> {
    let lower = text.to_ascii_lowercase();
    let places = lower.match_indices("rule").map(|(at, _)| at);
    let cited = places.filter_map(|at| {
        let behind = lower[at + 4..].trim_start_matches('s').strip_prefix([' ', '_'])?;
        let (mut last, mut rest) = number(behind)?;
        let mut numbers = BTreeSet::from([last]);
        loop {
            let to = rest.strip_prefix(" to ").and_then(number);
            let next = || rest.strip_prefix(" and ").or_else(|| rest.strip_prefix(", "));
            if let Some((end, behind)) = to {
                numbers.extend(last..=end);
                (last, rest) = (end, behind);
            } else if let Some((one, behind)) = next().and_then(number) {
                numbers.insert(one);
                (last, rest) = (one, behind);
            } else {
                return Some((&text[..at], numbers));
            }
        }
    });
    cited.collect()
}

/// A number at the beginning of a text, and what follows.
fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[test]
fn references_to_rules_are_read_as_they_are_written() {
    let numbers = |text| citations(text).into_iter().flat_map(|(_, numbers)| numbers);
    assert_eq!(numbers("Rules 10 and 33: x. rules 3, 5 to 7 (rule 2)").count(), 7);
    assert_eq!(numbers("fn rule_07_what() rules of 3 ruler 4").collect::<Vec<_>>(), [7]);
}

#[test]
fn the_rules_stand_in_order_without_a_gap() {
    let page = page();
    let numbers: Vec<usize> = rules(&page).into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, (1..=46).collect::<Vec<_>>());
}

#[test]
fn every_rule_that_sources_refer_to_is_there() {
    let page = page();
    let known: BTreeSet<usize> = rules(&page).into_iter().map(|(number, _)| number).collect();
    let all = ["src", "tests"].map(|folder| sources(&root().join(folder)));
    for (path, text) in all.iter().flatten() {
        for (before, numbers) in citations(text) {
            let from = before.len().saturating_sub(60);
            let near = before.get(from..).unwrap_or(before);
            assert!(numbers.is_subset(&known), "{}: {near} {numbers:?}", path.display());
        }
    }
    for (_, numbers) in citations(&page) {
        assert!(numbers.is_subset(&known), "the page itself: {numbers:?}");
    }
}

#[test]
fn sources_name_the_page_when_they_refer_to_a_rule() {
    for (path, text) in sources(&root().join("src")) {
        for (before, numbers) in citations(&text) {
            let is_named = before.ends_with("docs/semantics.md, ") || before.ends_with("fn ");
            assert!(is_named, "{}: write `docs/semantics.md, rule {numbers:?}`", path.display());
        }
        let places = text.matches("semantics.md").count();
        assert_eq!(places, text.matches("docs/semantics.md, rule").count(), "{}", path.display());
    }
}

#[test]
fn every_file_that_the_page_names_is_there_and_holds_its_rule() {
    let page = page();
    for name in files(&page) {
        assert!(root().join(name).exists(), "{name} is not there");
    }
    let all = ["src", "tests"].map(|folder| sources(&root().join(folder)));
    for (rule, names) in rules(&page) {
        assert!(!names.is_empty(), "rule {rule} says where it is held");
        for name in names.iter().filter(|name| Path::new(name).extension().is_some()) {
            let (_, text) = all
                .iter()
                .flatten()
                .find(|(path, _)| *path == root().join(name))
                .expect("it is there");
            let holds = citations(text).iter().any(|(_, numbers)| numbers.contains(&rule));
            assert!(holds, "{name} does not speak of rule {rule}");
        }
    }
}
