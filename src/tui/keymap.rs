//! From keys to actions: made of the table of actions, and nothing but a table itself.

use std::sync::Arc;

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

/// Keys and what they do, and the keys that were pressed and mean nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: Arc<Vec<Binding>>,
    pending: Vec<Key>,
}

/// Keys that do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// As they are written: `g g`, `C-l`.
    pub written: String,
    /// One after the other.
    pub keys: Vec<Key>,
    /// What they do.
    pub action: Action,
}

impl Default for Keymap {
    fn default() -> Self {
        let binding = |about: &'static About| {
            about.keys.iter().map(|written| Binding {
                written: (*written).to_owned(),
                keys: parse(written).expect("the table of actions has keys only"),
                action: about.action,
            })
        };
        Self { bindings: Arc::new(ALL.iter().flat_map(binding).collect()), pending: Vec::new() }
    }
}

impl Keymap {
    /// With other keys for some actions.
    #[must_use]
    pub fn rebound(&self, instead: &[Binding]) -> Self {
        let is_kept = |binding: &&Binding| instead.iter().all(|it| it.action != binding.action);
        let kept = self.bindings.iter().filter(is_kept);
        let bindings = kept.chain(instead).cloned().collect();
        Self { bindings: Arc::new(bindings), pending: Vec::new() }
    }

    /// A key is pressed in a view.
    pub fn press(&mut self, key: Key, view: View) -> Press {
        self.pending.push(key);
        let mut begun = false;
        for binding in self.bindings.iter().filter(|it| means_something(it.action, view)) {
            if binding.keys == self.pending {
                let action = binding.action;
                self.pending.clear();
                return Press::Act(action);
            }
            begun |= binding.keys.starts_with(&self.pending);
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
        let here = self.bindings.iter().filter(|it| means_something(it.action, view));
        let fits = here.filter(|binding| binding.keys.starts_with(&self.pending));
        let rest = |binding: &Binding| {
            binding.written.split(' ').skip(self.pending.len()).collect::<Vec<_>>().join(" ")
        };
        fits.map(|binding| (rest(binding), binding.action.about())).collect()
    }

    /// The keys that do this, as they are written.
    pub fn keys(&self, action: Action) -> impl Iterator<Item = &str> {
        let own = self.bindings.iter().filter(move |binding| binding.action == action);
        own.map(|binding| binding.written.as_str())
    }

    /// All of them.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }
}

fn means_something(action: Action, view: View) -> bool {
    let only = action.about().only;
    only.is_empty() || only.contains(&view)
}

/// The actions that mean something in a view.
pub fn here(view: View) -> impl Iterator<Item = &'static About> {
    ALL.iter().filter(move |about| about.only.is_empty() || about.only.contains(&view))
}

/// The keys that this writes: `g g`, `C-l`, `Space`; none if it writes none.
pub fn parse(keys: &str) -> Option<Vec<Key>> {
    keys.split(' ').map(one).collect()
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
        let keymap = Keymap::default();
        for view in View::ALL {
            let here = || keymap.bindings().iter().filter(|it| means_something(it.action, view));
            for (ix, one) in here().enumerate() {
                for other in here().skip(ix + 1) {
                    let (a, b) = (&one.keys, &other.keys);
                    let hides = a.starts_with(b) || b.starts_with(a);
                    assert!(!hides, "{view:?}: {one:?} and {other:?}");
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
                for key in parse(keys).unwrap() {
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
