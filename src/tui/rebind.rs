//! Other keys: `keys.ron` beside the configuration, a map from the names of actions to their keys.
//!
//! ```text
//! { "fork": "F f", "play": ["Space", "p"] }
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use super::action::ALL;
use super::keymap::{Binding, Keymap, parse};
use crate::scenario::nearest;

/// Keys of an action.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// Where the file is looked for: `WINDTUNNEL_KEYS`, or `windtunnel/keys.ron` where configurations are.
fn place() -> Option<PathBuf> {
    let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let config = || {
        let home = || var("HOME").map(|home| PathBuf::from(home).join(".config"));
        let base = var("XDG_CONFIG_HOME").or_else(|| var("APPDATA")).map(PathBuf::from);
        base.or_else(home).map(|base| base.join("windtunnel").join("keys.ron"))
    };
    var("WINDTUNNEL_KEYS").map(PathBuf::from).or_else(config)
}

/// The keymap of whoever runs the program.
///
/// # Errors
///
/// What is wrong with their `keys.ron`.
pub fn load() -> Result<Keymap, String> {
    let Some(file) = place() else { return Ok(Keymap::default()) };
    let shown = file.display().to_string();
    match std::fs::read_to_string(&file) {
        Ok(text) => read(&shown, &text),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Keymap::default()),
        Err(why) => Err(format!("{shown} cannot be read: {}", why.kind())),
    }
}

/// The keymap that this text makes of the usual one.
///
/// # Errors
///
/// Every mistake in it, with its place in `file`.
pub fn read(file: &str, text: &str) -> Result<Keymap, String> {
    let usual = Keymap::default();
    let map: BTreeMap<String, Keys> = match ron::from_str(text) {
        Ok(map) => map,
        Err(wrong) => {
            return Err(format!("{file}:{}: {}", wrong.span.start, wrong.code));
        }
    };
    let (mut wrong, mut bound) = (String::new(), Vec::new());
    for (name, keys) in map {
        let place = place_of(text, &name);
        let Some(about) = ALL.iter().find(|about| about.name == name) else {
            let near = nearest(&name, ALL.iter().map(|about| about.name));
            let help =
                near.map_or("`?` lists them".to_owned(), |near| format!("did you mean {near:?}?"));
            let _ = writeln!(wrong, "{file}:{place}: there is no action {name:?}; {help}");
            continue;
        };
        let keys = match keys {
            Keys::One(keys) => vec![keys],
            Keys::Several(keys) => keys,
        };
        for written in keys {
            match parse(&written) {
                Some(keys) => bound.push(Binding { written, keys, action: about.action }),
                None => {
                    let _ = writeln!(
                        wrong,
                        "{file}:{place}: {written:?} is no key; keys are as in \"f\", \"g g\", \"C-l\", \"Space\", \"PgUp\""
                    );
                }
            }
        }
    }
    let keymap = usual.rebound(&bound);
    for (ix, one) in keymap.bindings().iter().enumerate() {
        for other in &keymap.bindings()[ix + 1..] {
            if one.keys.starts_with(&other.keys) || other.keys.starts_with(&one.keys) {
                let (a, b) = (one.action.about(), other.action.about());
                let meet = a.only.is_empty()
                    || b.only.is_empty()
                    || a.only.iter().any(|view| b.only.contains(view));
                if meet && one.action != other.action {
                    let places = [a, b]
                        .map(|about| format!("{} ({})", about.name, place_of(text, about.name)));
                    let _ = writeln!(
                        wrong,
                        "{file}: {:?} and {:?} get in each other's way: {}",
                        one.written,
                        other.written,
                        places.join(" and ")
                    );
                }
            }
        }
    }
    if wrong.is_empty() { Ok(keymap) } else { Err(wrong.trim_end().to_owned()) }
}

/// `line:column` of an action's name in the text; what is not in it has its usual key.
fn place_of(text: &str, name: &str) -> String {
    let quoted = format!("{name:?}");
    let found =
        text.lines().zip(1..).find_map(|(line, number)| Some((number, line.find(&quoted)? + 1)));
    found.map_or("its usual key".to_owned(), |(line, column)| format!("{line}:{column}"))
}

#[cfg(test)]
mod tests {
    use super::super::action::Action;
    use super::super::input::Key;
    use super::super::keymap::Press;
    use super::super::place::View;
    use super::*;

    #[test]
    fn an_action_gets_other_keys_and_loses_its_usual_one() {
        let mut keymap = read(
            "keys.ron",
            "{ \"fork\": [\"C-f\", \"Q\"], \"quit\": \"Z Z\", \"zoom-out\": \"O\" }",
        )
        .unwrap();
        assert_eq!(keymap.press(Key::Char('Q'), View::Map), Press::Act(Action::Fork));
        assert_eq!(keymap.press(Key::Ctrl('f'), View::Map), Press::Act(Action::Fork));
        assert_eq!(keymap.press(Key::Char('f'), View::Map), Press::Nothing);
        assert_eq!(keymap.press(Key::Char('Z'), View::Map), Press::More);
        assert_eq!(keymap.press(Key::Char('Z'), View::Map), Press::Act(Action::Quit));
        assert_eq!(keymap.keys(Action::Fork).collect::<Vec<_>>(), ["C-f", "Q"]);
    }

    #[test]
    fn mistakes_have_their_place_and_what_was_meant() {
        let wrong =
            read("keys.ron", "{\n  \"forkk\": \"f\",\n  \"play\": \"Spac\",\n}").unwrap_err();
        insta::assert_snapshot!(wrong, @r#"
        keys.ron:2:3: there is no action "forkk"; did you mean "fork"?
        keys.ron:3:3: "Spac" is no key; keys are as in "f", "g g", "C-l", "Space", "PgUp"
        "#);
    }

    #[test]
    fn a_conflict_names_both_places() {
        let wrong = read("keys.ron", "{\n  \"fork\": \"q\",\n}").unwrap_err();
        insta::assert_snapshot!(wrong, @r#"keys.ron: "q" and "q" get in each other's way: quit (its usual key) and fork (2:3)"#);
        let syntax = read("keys.ron", "{ \"fork\" \"q\" }").unwrap_err();
        assert!(syntax.starts_with("keys.ron:1:"), "{syntax}");
    }
}
