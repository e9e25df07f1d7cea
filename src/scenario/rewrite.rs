//! A scenario's text with other values in it: knobs turned, another seed, more changes. All else stays
//! as its author wrote it, comments too. Knows where values stand, not what they mean.

use super::grammar;
use super::syntax::{Arg, Kind, Value};

/// What is to be other in a text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rewrite<'a> {
    /// Knobs, with their values as RON.
    pub knobs: &'a [(String, String)],
    /// The seed that runs have where the command line names none.
    pub seed: Option<u64>,
    /// Items of `changes` after those that are there.
    pub changes: &'a [String],
}

impl Rewrite<'_> {
    /// The text so changed. `None` if it is no scenario: not well-formed, or without a place for what is
    /// to be put there.
    pub fn of(&self, text: &str) -> Option<String> {
        let root = grammar::read(text, 0, 0).ok()?;
        let Kind::Group { args, .. } = &root.kind else { return None };
        let mut edits = Vec::new();
        if !self.knobs.is_empty() {
            let Kind::Map(entries) = &field(args, "knobs")?.kind else { return None };
            for (name, value) in self.knobs {
                let (_, old) = entries.iter().find(|(key, _)| key.text() == Some(name))?;
                edits.push(Edit::instead(old, value.clone()));
            }
        }
        if let Some(seed) = self.seed {
            let run = field(args, "run")?;
            let Kind::Group { args, .. } = &run.kind else { return None };
            if let Some(old) = field(args, "seed") {
                edits.push(Edit::instead(old, seed.to_string()));
            } else {
                let last = args.last().map(|arg| &arg.value);
                edits.extend(appended(text, run, last, &[format!("seed: {seed}")], 4));
            }
        }
        if !self.changes.is_empty() {
            if let Some(list) = field(args, "changes") {
                let Kind::List(items) = &list.kind else { return None };
                edits.extend(appended(text, list, items.last(), self.changes, 8));
            } else {
                let list = format!("changes: [\n{}    ]", lines(self.changes, 8));
                let last = args.last().map(|arg| &arg.value);
                edits.extend(appended(text, &root, last, &[list], 4));
            }
        }
        Some(made(text, edits))
    }
}

fn field<'v>(args: &'v [Arg], name: &str) -> Option<&'v Value> {
    let found = args.iter().find(|arg| arg.name.as_ref().is_some_and(|it| it.text == name));
    found.map(|arg| &arg.value)
}

/// A stretch of the text, and what stands there instead.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

impl Edit {
    fn instead(old: &Value, text: String) -> Self {
        Self { start: old.at.start as usize, end: old.at.end as usize, text }
    }

    fn at(place: usize, text: String) -> Self {
        Self { start: place, end: place, text }
    }
}

/// The text with all edits, of which no two overlap.
fn made(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.start);
    let (mut made, mut at) = (String::with_capacity(text.len() + 256), 0);
    for edit in edits {
        made.push_str(&text[at..edit.start]);
        made.push_str(&edit.text);
        at = edit.end;
    }
    made + &text[at..]
}

/// Puts items behind the last of a list or a group: on lines of their own where its closing bracket has
/// one.
fn appended(
    text: &str,
    whole: &Value,
    last: Option<&Value>,
    items: &[String],
    indent: usize,
) -> Vec<Edit> {
    let close = whole.at.end as usize - 1;
    let from = last.map_or(whole.at.start as usize + 1, |last| last.at.end as usize);
    let mut edits = Vec::new();
    let has_comma = last.is_none() || has_comma(&text[from..close]);
    let line = text[from..close].rfind('\n').map(|at| from + at + 1);
    if let Some(line) = line.filter(|line| text[*line..close].trim().is_empty()) {
        if !has_comma {
            edits.push(Edit::at(from, ",".to_owned()));
        }
        edits.push(Edit::at(line, lines(items, indent)));
        return edits;
    }
    let comma = match (last, has_comma) {
        (None, _) => "",
        (_, true) => " ",
        (_, false) => ", ",
    };
    edits.push(Edit::at(close, format!("{comma}{}", items.join(", "))));
    edits
}

/// Each item on a line of its own.
fn lines(items: &[String], indent: usize) -> String {
    let blank = " ".repeat(indent);
    items.iter().flat_map(|item| [blank.as_str(), item, ",\n"]).collect()
}

/// Does a comma stand between the last item and the closing bracket? Those in comments are none.
fn has_comma(gap: &str) -> bool {
    let mut rest = gap;
    while let Some(at) = rest.find([',', '/']) {
        if rest[at..].starts_with(',') {
            return true;
        }
        let end = if rest[at..].starts_with("/*") { "*/" } else { "\n" };
        // Comments in comments are unusual enough: a comma too many is a mistake that the reader shows.
        let Some(length) = rest[at..].find(end) else { return false };
        rest = &rest[at + length + end.len()..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn what_is_put_in_stands_behind_what_was_there_and_comments_stay() {
        let text = "// What it is.\n(\n    run: (length: \"1s\"), // short\n    knobs: { \"rate\": \"4/s\" },\n    changes: [\n        (at: \"1s\", end: \"a\") // the last, for now\n    ],\n)\n";
        let rewrite = Rewrite {
            knobs: &[("rate".to_owned(), "\"8/s\"".to_owned())],
            seed: Some(7),
            changes: &texts(&["(at: \"2s\", end: \"b\")"]),
        };
        assert_eq!(
            rewrite.of(text).unwrap(),
            "// What it is.\n(\n    run: (length: \"1s\", seed: 7), // short\n    knobs: { \"rate\": \"8/s\" },\n    changes: [\n        (at: \"1s\", end: \"a\"), // the last, for now\n        (at: \"2s\", end: \"b\"),\n    ],\n)\n"
        );
    }

    #[test]
    fn a_list_that_is_not_there_is_made_wherever_the_last_bracket_stands() {
        let changes = texts(&["A", "B"]);
        let rewrite = Rewrite { changes: &changes, ..Rewrite::default() };
        let list = "changes: [\n        A,\n        B,\n    ]";
        assert_eq!(rewrite.of("(a: 1)").unwrap(), format!("(a: 1, {list})"));
        assert_eq!(rewrite.of("(a: 1,)").unwrap(), format!("(a: 1, {list})"));
        assert_eq!(rewrite.of("(\n    a: 1\n)").unwrap(), format!("(\n    a: 1,\n    {list},\n)"));
        assert_eq!(
            rewrite.of("(\n    a: 1 // no, comma\n)").unwrap(),
            format!("(\n    a: 1, // no, comma\n    {list},\n)")
        );
        assert_eq!(rewrite.of("(changes: [])").unwrap(), "(changes: [A, B])");
        assert_eq!(rewrite.of("(changes: [X, /* , */])").unwrap(), "(changes: [X, /* , */ A, B])");
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let knobs = [("rate".to_owned(), "1".to_owned())];
        let rewrite = Rewrite { knobs: &knobs, ..Rewrite::default() };
        assert_eq!((rewrite.of("("), rewrite.of("(a: 1)"), rewrite.of("[1]")), (None, None, None));
        assert_eq!(Rewrite { seed: Some(1), ..Rewrite::default() }.of("(run: 3)"), None);
    }

    #[test]
    fn the_seed_that_is_there_is_replaced() {
        let rewrite = Rewrite { seed: Some(9), ..Rewrite::default() };
        assert_eq!(
            rewrite.of("(run: (seed: 1, length: 2))").unwrap(),
            "(run: (seed: 9, length: 2))"
        );
    }
}
