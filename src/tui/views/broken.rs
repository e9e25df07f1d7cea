//! A file that cannot be read: the diagnostics of `check`, to be scrolled, until it is mended.
//!
//! ```text
//! ┌ checkout.ron: 2 mistakes ─────────────────────────────────────────────────────┐
//! │ error[E0203]: there is no node "order"                                         │
//! │   --> scenarios/checkout.ron:43:31                                             │
//! └────────────────────────────────────────────────────────────────────────────────┘
//!  mend the file: it is read again as soon as it changes   j k scroll   Esc back
//! ```

use ratatui::layout::Rect;

use crate::scenario::{Diagnostics, Severity};
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Border;
use crate::tui::input::Key;
use crate::tui::theme::Role;

/// What it shows, and from which line on.
#[derive(Clone, Debug, Default)]
pub struct State {
    title: String,
    lines: Vec<String>,
    top: usize,
}

impl State {
    /// What is wrong with a file.
    pub fn of(found: &Diagnostics) -> Self {
        let is_error = |severity| severity == Severity::Error;
        let errors =
            found.list.iter().filter(|one| is_error(one.severity())).count() + found.omitted;
        let count = match errors {
            1 => "1 mistake".to_owned(),
            count => format!("{count} mistakes"),
        };
        Self {
            title: format!(" {}: {count} ", found.path),
            lines: found.render(false).lines().map(str::to_owned).collect(),
            top: 0,
        }
    }

    /// Takes a key; says whether it is to be left.
    pub fn key(&mut self, key: Key) -> bool {
        let last = self.lines.len().saturating_sub(1);
        match key {
            Key::Down | Key::Char('j') => self.top = (self.top + 1).min(last),
            Key::Up | Key::Char('k') => self.top = self.top.saturating_sub(1),
            Key::PageDown | Key::Char(' ') | Key::Ctrl('d') => self.top = (self.top + 10).min(last),
            Key::PageUp | Key::Ctrl('u') => self.top = self.top.saturating_sub(10),
            Key::Home | Key::Char('g') => self.top = 0,
            Key::End | Key::Char('G') => self.top = last,
            Key::Esc | Key::Enter | Key::Char('q') | Key::Ctrl('c') => return true,
            _ => {}
        }
        false
    }
}

/// Draws it into the whole of an area.
pub fn draw(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let foot = area.height.saturating_sub(1);
    let pane = Rect { height: foot, ..area };
    canvas.clear(area);
    let inside = canvas.frame(pane, &state.title, Border::Plain, Role::Bad);
    let shown = state.lines.iter().skip(state.top).take(usize::from(inside.height));
    for (y, line) in (0..).zip(shown) {
        let role = match line.trim_start() {
            text if text.starts_with("error") => Role::Bad,
            text if text.starts_with("warning") => Role::Warn,
            text if text.contains("help:") => Role::Accent,
            text if text.starts_with("-->") => Role::Dim,
            _ => Role::Text,
        };
        canvas.text(inside, 1, y, line, role);
    }
    let more = state.lines.len().saturating_sub(state.top + usize::from(inside.height));
    if more > 0 && pane.height > 0 {
        canvas.right(
            pane,
            pane.width.saturating_sub(2),
            pane.height - 1,
            &format!(" {more} more "),
            Role::Dim,
        );
    }
    let keys = "mend the file: it is read again as soon as it changes   j k scroll   Esc leave";
    canvas.text(area, 1, foot, keys, Role::Dim);
}
