//! From keys to actions: made of the table of actions, and nothing but a table itself.

use super::action::{ALL, About, Action};
use super::input::Key;
use super::place::View;

/// What a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// This is to be done.
    Act(Action),
    /// More keys are to follow.
    More,
    /// Nothing here.
    Nothing,
}

/// The keys that were pressed and mean nothing yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    pending: Vec<Key>,
}

impl Keymap {
    /// A key is pressed in a view.
    pub fn press(&mut self, key: Key, view: View) -> Press {
        self.pending.push(key);
        let mut begun = false;
        for about in here(view) {
            for keys in about.keys {
                let keys = parse(keys);
                if keys == self.pending {
                    self.pending.clear();
                    return Press::Act(about.action);
                }
                begun |= keys.starts_with(&self.pending);
            }
        }
        if begun {
            return Press::More;
        }
        let alone = self.pending.len() == 1;
        self.pending.clear();
        // A key that does not go on with the one before stands for itself.
        if alone { Press::Nothing } else { self.press(key, view) }
    }

    /// What may follow the keys that are pending: the rest of the keys, and what they do.
    pub fn follow(&self, view: View) -> Vec<(String, &'static About)> {
        if self.pending.is_empty() {
            return Vec::new();
        }
        let all = here(view).flat_map(|about| about.keys.iter().map(move |keys| (keys, about)));
        let fits = all.filter(|(keys, _)| parse(keys).starts_with(&self.pending));
        let rest =
            |keys: &str| keys.split(' ').skip(self.pending.len()).collect::<Vec<_>>().join(" ");
        fits.map(|(keys, about)| (rest(keys), about)).collect()
    }
}

/// The actions that mean something in a view.
pub fn here(view: View) -> impl Iterator<Item = &'static About> {
    ALL.iter().filter(move |about| about.only.is_empty() || about.only.contains(&view))
}

/// The keys that this writes: `g g`, `C-l`, `Space`.
pub fn parse(keys: &str) -> Vec<Key> {
    keys.split(' ').map(|key| one(key).expect("the table of actions has keys only")).collect()
}

fn one(key: &str) -> Option<Key> {
    let special = match key {
        "Space" => Key::Char(' '),
        "Tab" => Key::Tab,
        "S-Tab" => Key::BackTab,
        "Enter" => Key::Enter,
        "Esc" => Key::Esc,
        "Left" => Key::Left,
        "Right" => Key::Right,
        "Up" => Key::Up,
        "Down" => Key::Down,
        "PgUp" => Key::PageUp,
        "PgDn" => Key::PageDown,
        "Home" => Key::Home,
        "End" => Key::End,
        "Del" => Key::Delete,
        _ => {
            let (with, char) = match key.strip_prefix("C-") {
                Some(rest) => (true, rest),
                None => (false, key),
            };
            let mut chars = char.chars();
            let (Some(char), None) = (chars.next(), chars.next()) else { return None };
            return Some(if with { Key::Ctrl(char) } else { Key::Char(char) });
        }
    };
    Some(special)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice_in_one_view_and_none_hides_another() {
        for view in View::ALL {
            let keys: Vec<(Vec<Key>, Action)> = here(view)
                .flat_map(|about| about.keys.iter().map(|keys| (parse(keys), about.action)))
                .collect();
            for (ix, (one, action)) in keys.iter().enumerate() {
                for (other, what) in &keys[ix + 1..] {
                    let hides = one.starts_with(other) || other.starts_with(one);
                    assert!(!hides, "{view:?}: {one:?} is {action:?} and {other:?} is {what:?}");
                }
            }
        }
    }

    #[test]
    fn every_action_has_a_key_and_its_key_does_it() {
        for about in ALL {
            assert!(!about.keys.is_empty(), "{} has no key", about.name);
            let view = about.only.first().copied().unwrap_or_default();
            for keys in about.keys {
                let mut keymap = Keymap::default();
                let mut last = Press::Nothing;
                for key in parse(keys) {
                    last = keymap.press(key, view);
                }
                assert_eq!(last, Press::Act(about.action), "{keys}");
            }
        }
    }

    #[test]
    fn a_sequence_waits_for_its_end_and_a_wrong_one_is_forgotten() {
        let mut keymap = Keymap::default();
        assert_eq!(keymap.press(Key::Char('g'), View::Map), Press::More);
        let follow = keymap.follow(View::Map);
        assert_eq!(
            follow.iter().map(|(rest, about)| (rest.as_str(), about.action)).collect::<Vec<_>>(),
            [("g", Action::First)]
        );
        assert_eq!(keymap.press(Key::Char('j'), View::Map), Press::Act(Action::Down));
        assert_eq!(keymap.press(Key::Char('¶'), View::Map), Press::Nothing);
        assert!(keymap.follow(View::Map).is_empty());
    }

    #[test]
    fn what_means_something_in_some_views_means_nothing_in_others() {
        let mut keymap = Keymap::default();
        assert_eq!(keymap.press(Key::Char('s'), View::Scenario), Press::Act(Action::StartOver));
        assert_eq!(keymap.press(Key::Char('s'), View::Map), Press::Nothing);
    }
}
