//! A line of text that is typed: letters go in, and the usual keys move and delete.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::input::Key;
use crate::tui::theme::Role;

/// No line is longer.
const LONGEST: usize = 400;

/// The text and where the next letter goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    text: Vec<char>,
    at: usize,
}

impl Field {
    /// With a text in it.
    pub fn of(text: &str) -> Self {
        let text: Vec<char> = text.chars().take(LONGEST).collect();
        Self { at: text.len(), text }
    }

    /// What stands in it.
    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Nothing in it?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes a key; says whether it was one of a field, and not of what stands around it.
    pub fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char(char) if !char.is_control() => {
                if self.text.len() < LONGEST {
                    self.text.insert(self.at, char);
                    self.at += 1;
                }
            }
            Key::Backspace | Key::Ctrl('h') => {
                if self.at > 0 {
                    self.at -= 1;
                    self.text.remove(self.at);
                }
            }
            Key::Delete => {
                if self.at < self.text.len() {
                    self.text.remove(self.at);
                }
            }
            Key::Left => self.at = self.at.saturating_sub(1),
            Key::Right => self.at = (self.at + 1).min(self.text.len()),
            Key::Home | Key::Ctrl('a') => self.at = 0,
            Key::End | Key::Ctrl('e') => self.at = self.text.len(),
            Key::Ctrl('u') => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            Key::Ctrl('w') => {
                let before = &self.text[..self.at];
                let word = before.iter().rposition(|char| *char != ' ').map_or(0, |end| {
                    before[..end].iter().rposition(|char| *char == ' ').map_or(0, |at| at + 1)
                });
                self.text.drain(word..self.at);
                self.at = word;
            }
            _ => return false,
        }
        true
    }

    /// Draws it from column `x` of a row on, up to `end`, with the cursor; what is too long is cut on
    /// the left.
    pub fn draw(&self, area: Rect, x: u16, end: u16, canvas: &mut Canvas<'_>) {
        let room = usize::from(end.saturating_sub(x + 1));
        let skip = self.at.saturating_sub(room);
        let shown: String = self.text.iter().skip(skip).take(room + 1).collect();
        canvas.text(area, x, 0, &shown, Role::Strong);
        let under = self.text.get(self.at).copied().unwrap_or(' ');
        if x < end {
            canvas.text(area, x + (self.at - skip) as u16, 0, &under.to_string(), Role::Now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[Key]) -> (String, usize) {
        let mut field = Field::of("one two");
        assert!(keys.iter().all(|key| field.key(*key)));
        (field.text(), field.at)
    }

    #[test]
    fn keys_move_and_delete_as_everywhere() {
        assert_eq!(typed(&[Key::Char('é'), Key::Left, Key::Backspace]), ("one twé".into(), 6));
        assert_eq!(typed(&[Key::Home, Key::Delete, Key::Char('O')]), ("One two".into(), 1));
        assert_eq!(typed(&[Key::Ctrl('w')]), ("one ".into(), 4));
        assert_eq!(typed(&[Key::Ctrl('w'), Key::Ctrl('w')]), (String::new(), 0));
        assert_eq!(typed(&[Key::Left, Key::Ctrl('u'), Key::End]), ("o".into(), 1));
        assert_eq!(typed(&[Key::Char('\u{1b}'); 0]), ("one two".into(), 7));
        assert!(!Field::default().key(Key::Char('\u{1b}')), "no control character gets in");
        assert!(!Field::default().key(Key::Enter));
    }
}
