//! What may stand on the line of `:`: every command and every action, and the commands with each name of
//! the scenario that they take; found by a few letters of their names or words. Draws nothing.

use super::action;
use super::commands::{self, Takes};
use super::keymap;
use super::session::Session;
use crate::probes::anomalies::Kind;
use crate::scenario::faults::ROOMS;

/// A line that can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As it is typed.
    pub text: String,
    /// What stands behind it, if it is not whole yet: `COND`.
    pub rest: &'static str,
    /// What it does.
    pub words: &'static str,
    /// Its key, if it has one.
    pub key: &'static str,
}

impl Line {
    /// Is something to be typed behind it before it can be run?
    pub fn is_begun(&self) -> bool {
        !self.rest.is_empty() && !self.rest.starts_with('[')
    }
}

/// All lines, in the order of the tables.
pub fn lines(session: &Session) -> Vec<Line> {
    let mut lines = Vec::new();
    for about in commands::ALL {
        let line = |text: String, rest| Line { text, rest, words: about.words, key: "" };
        lines.push(line(about.name.to_owned(), about.usage));
        let behind = behind(about.takes, session).into_iter();
        lines.extend(behind.map(|behind| line(format!("{} {behind}", about.name), "")));
    }
    let actions = keymap::here(session.place.view);
    lines.extend(actions.map(|about: &action::About| Line {
        text: about.name.to_owned(),
        rest: "",
        words: about.words,
        key: about.keys[0],
    }));
    lines
}

/// What may stand behind a command.
fn behind(takes: Takes, session: &Session) -> Vec<String> {
    let scenario = session.scenario();
    match takes {
        Takes::Free => Vec::new(),
        Takes::Words(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Takes::Nodes => scenario.nodes.iter().map(|node| format!("node {}", node.name)).collect(),
        Takes::Flows => scenario.flows.iter().map(|flow| flow.name.clone()).collect(),
        Takes::Faults => {
            let world = session.worlds.get(session.place.run.world);
            let own = world.recipe.changes.iter().map(|change| &change.what);
            let begun = scenario.changes.iter().chain(own).filter_map(|it| it.deed.begun());
            scenario.faults.iter().chain(begun).map(|fault| fault.name.clone()).collect()
        }
        Takes::Harms => ROOMS.iter().map(|room| format!("{} for 3s", room.example)).collect(),
        Takes::Knobs => {
            let knobs = scenario.knobs.iter();
            knobs.map(|(name, value)| format!("{name}={}", value.trim_matches('"'))).collect()
        }
        Takes::Kinds => Kind::ALL.iter().map(|kind| kind.name().replace('_', "-")).collect(),
        Takes::Worlds => session.worlds.iter().map(|(_, world)| world.name.clone()).collect(),
        Takes::Designs => scenario.designs.iter().map(|design| design.name.clone()).collect(),
        Takes::Items => {
            scenario.entities.iter().map(|entity| format!("{} 0", entity.name)).collect()
        }
        Takes::Conditions => {
            let flow = scenario.flows.first().map_or("flow", |flow| flow.name.as_str());
            vec![
                format!("half_done({flow}) > 0"),
                "lost_effects > 0".into(),
                "failed(1s) > 100".into(),
            ]
        }
    }
}

/// Those that a few letters mean, the best first, and of equals those that stand first.
pub fn found(lines: Vec<Line>, typed: &str) -> Vec<Line> {
    let typed = plain(typed);
    let words: Vec<&str> = typed.split_whitespace().collect();
    if words.is_empty() {
        // Nothing is meant yet: what there is, without every name.
        return lines.into_iter().filter(|line| !line.text.contains(' ')).collect();
    }
    let fitting = lines.iter().filter_map(|line| Some((fits(line, &words)?, line.clone())));
    let mut found: Vec<(u32, Line)> = fitting.collect();
    if found.is_empty() && words.len() > 1 {
        // What stands behind a command is its own: it alone is shown, and what it takes.
        return self::found(lines, words[0]).into_iter().take(1).collect();
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, line)| line).collect()
}

/// How well a line fits; none if some word does not fit at all.
fn fits(line: &Line, words: &[&str]) -> Option<u32> {
    let (text, told) = (plain(&line.text), plain(line.words));
    let mut score = 0;
    for (ix, word) in words.iter().enumerate() {
        score += match () {
            () if ix == 0 && text.starts_with(word) => 100,
            () if begins_word(&text, word) => 80,
            () if text.contains(word) => 60,
            () if begins_word(&told, word) => 40,
            () if is_within(word, &text) => 20,
            () => return None,
        };
    }
    // Of lines that fit alike the shorter one is meant.
    Some(score * 256 + 255 - (text.len() as u32).min(255))
}

/// Do its letters merely stand in this order somewhere in the line? Then nobody has said that it is meant.
pub fn is_guess(line: &Line, typed: &str) -> bool {
    let (text, told) = (plain(&line.text), plain(line.words));
    let is_said = |word: &str| text.contains(word) || begins_word(&told, word);
    !plain(typed).split_whitespace().all(is_said)
}

/// Small letters, and blanks for all that stands between words.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['-', '_', ':'], " ")
}

fn begins_word(text: &str, word: &str) -> bool {
    text.split(|char: char| !char.is_alphanumeric()).any(|part| part.starts_with(word))
}

/// Do the letters stand in the text in this order?
fn is_within(letters: &str, text: &str) -> bool {
    let mut text = text.chars();
    letters.chars().all(|letter| text.any(|char| char == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, words: &'static str) -> Line {
        Line { text: text.to_owned(), rest: "", words, key: "" }
    }

    fn best(typed: &str) -> Vec<String> {
        let lines = vec![
            line("goto", "to an instant"),
            line("run-until half_done(place-order) > 0", "stop at the first"),
            line("run-until", "stop at the first"),
            line("fork", "a new world"),
            line("glyphs ascii", "signs"),
        ];
        found(lines, typed).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_few_letters_of_name_or_words_find_it() {
        assert_eq!(best("run until half"), ["run-until half_done(place-order) > 0"]);
        assert_eq!(best("until")[0], "run-until");
        assert_eq!(best("world"), ["fork"]);
        assert_eq!(best("frk"), ["fork"]);
        assert_eq!(best("ascii"), ["glyphs ascii"]);
        assert_eq!(best("gt"), ["goto"]);
        assert!(best("xyz").is_empty());
        assert!(is_guess(&line("fork", "a new world"), "frk"));
        assert!(!is_guess(&line("fork", "a new world"), "world"));
        assert_eq!(best("").len(), 3, "every name only when something is typed");
    }
}
