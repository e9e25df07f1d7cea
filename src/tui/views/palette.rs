//! The palette: type any command; a few letters find it.
//!
//! ```text
//!         ╭ : ───────────────────────────────────────────────────────────╮
//!         │ : run until half                                             │
//!         │                                                              │
//!         │ ► run-until half_done(place-order) > 0     stop at the first │
//!         │   goto 21.4s | #374850 | end              to an instant    g │
//!         │                                                              │
//!         │ Enter run   Tab complete   C-r history   Esc away            │
//!         ╰──────────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use super::Screen;
use crate::tui::canvas::{COVER, Canvas, Target};
use crate::tui::commands::parse;
use crate::tui::glyphs::{Border, Glyph};
use crate::tui::input::Key;
use crate::tui::palette::{Line, found, is_guess, lines};
use crate::tui::session::{Overlay, Session};
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::widgets::field::Field;
use crate::tui::words::wrapped;

/// Lines that are remembered.
const REMEMBERED: usize = 100;

/// The keys that matter in it, for the last line.
pub const KEYS: &str = "Enter run   Tab complete   arrows choose   C-r history   Esc away";

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    field: Field,
    /// Which of the lines that were found; none as long as nobody has moved.
    chosen: Option<usize>,
    /// How far back in what was run before.
    back: usize,
    /// Why the line cannot be run.
    wrong: Option<String>,
}

impl State {
    /// Marks a row of the list.
    pub fn mark(&mut self, row: usize) {
        if row != COVER {
            self.chosen = Some(row);
        }
    }
}

/// The middle of an area, as wide and as high as there is room for.
pub(super) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let x = area.x + (area.width - width) / 2;
    Rect::new(x, area.y + (area.height - height).min(1), width, height)
}

/// Where a list of `count` rows begins that shows `chosen` in `room` rows.
pub(super) fn scrolled(chosen: usize, count: usize, room: usize) -> usize {
    let last = count.saturating_sub(room);
    chosen.saturating_sub(room / 2).min(last)
}

/// Draws it over the screen.
pub fn draw(screen: Screen<'_>, state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let width = if area.width >= 120 { 100 } else { 76 };
    let area = middle(area, width, area.height.min(30));
    canvas.cover(area);
    let inside = canvas.frame(area, " : ", Border::Round, Role::Accent);
    if inside.width < 8 || inside.height < 3 {
        return;
    }
    let row = |y: u16| Rect::new(inside.x, inside.y + y, inside.width, 1);
    let x = canvas.text(row(0), 1, 0, ": ", Role::Accent);
    state.field.draw(row(0), x, inside.width - 1, canvas);
    let found = shown(screen.session, state);
    let foot = inside.height;
    let mut y = 2;
    if let Some(wrong) = &state.wrong {
        for line in wrapped(wrong, usize::from(inside.width.saturating_sub(2))).iter().take(3) {
            canvas.text(row(y.min(foot - 1)), 1, 0, line, Role::Warn);
            y += 1;
        }
        y += 1;
    }
    let room = usize::from(foot.saturating_sub(y + 2).max(1));
    let chosen = state.chosen.unwrap_or(0);
    let top = scrolled(chosen, found.len(), room);
    for (ix, line) in found.iter().enumerate().skip(top).take(room) {
        draw_line(line, ix == chosen, row(y), canvas);
        canvas.hit(row(y), Target::Row(ix));
        y += 1;
    }
    if let Some(line) = found.get(chosen).filter(|_| foot > y) {
        let told = if line.text.starts_with("run-") {
            "a condition is one of the language of expectations, judged at every event".to_owned()
        } else {
            format!("{} {}  {}", line.text, line.rest, line.words)
        };
        canvas.text(row(foot - 1), 1, 0, &told, Role::Accent);
    }
    if found.is_empty() && y < foot {
        canvas.text(row(y), 1, 0, "nothing is called so: type other letters", Role::Dim);
    }
    let count = format!(" {} ", found.len());
    if found.len() > room {
        let edge = Rect::new(area.x, area.y + area.height - 1, area.width, 1);
        canvas.right(edge, area.width - 2, 0, &count, Role::Dim);
    }
}

fn draw_line(line: &Line, is_chosen: bool, row: Rect, canvas: &mut Canvas<'_>) {
    let role = if is_chosen { Role::Accent } else { Role::Text };
    if is_chosen {
        canvas.text(row, 1, 0, canvas.glyph(Glyph::Here), Role::Accent);
    }
    let end = row.width - 1;
    let key = line.key.chars().count() as u16;
    // What it does stands at the right; where there is no room for it, a line says what it is by itself.
    let words = line.words.chars().count() as u16;
    let text = line.text.chars().count() as u16;
    let keys = if key > 0 { end.saturating_sub(key + 1) } else { end };
    let column = 3 + (row.width - 3) * 45 / 100;
    let left = Rect { width: column.max(3 + text + 1).min(end), ..row };
    let x = canvas.text(left, 3, 0, &line.text, role);
    if !line.rest.is_empty() {
        canvas.text(
            Rect { width: left.width.saturating_sub(1), ..left },
            x + 1,
            0,
            line.rest,
            Role::Dim,
        );
    }
    let from = left.width;
    if from + 8 < keys {
        let room = Rect { width: keys.min(from + words), ..row };
        canvas.text(room, from, 0, line.words, Role::Dim);
    }
    if key > 0 && x + key < end {
        canvas.right(row, end, 0, line.key, Role::Accent);
    }
}

fn shown(session: &Session, state: &State) -> Vec<Line> {
    found(lines(session), &state.field.text())
}

/// Takes a key.
pub fn key(key: Key, session: &mut Session, snapshot: &Snapshot) {
    let Some(Overlay::Palette(state)) = &session.overlay else { return };
    let mut state = state.clone();
    state.wrong = None;
    let found = shown(session, &state);
    let last = found.len().saturating_sub(1);
    let chosen = state.chosen.unwrap_or(0).min(last);
    match key {
        Key::Esc | Key::Ctrl('c') => {
            session.overlay = None;
            return;
        }
        Key::Backspace if state.field.is_empty() => {
            session.overlay = None;
            return;
        }
        Key::Down | Key::Ctrl('n') => state.chosen = Some((chosen + 1).min(last)),
        Key::Up | Key::Ctrl('p') => state.chosen = Some(chosen.saturating_sub(1)),
        Key::PageDown => state.chosen = Some((chosen + 10).min(last)),
        Key::PageUp => state.chosen = Some(chosen.saturating_sub(10)),
        Key::Ctrl('r') => {
            let history = &session.views.commands;
            state.back = (state.back + 1).min(history.len());
            if let Some(line) = history.iter().rev().nth(state.back.wrapping_sub(1)) {
                state.field = Field::of(line);
                state.chosen = None;
            }
        }
        Key::Tab => {
            if let Some(line) = found.get(chosen) {
                state.field = taken(line);
                state.chosen = None;
            }
        }
        Key::Enter => {
            enter(state, found.get(chosen), session, snapshot);
            return;
        }
        _ if state.field.key(key) => state.chosen = None,
        _ => {}
    }
    session.overlay = Some(Overlay::Palette(state));
}

/// A line in the field, with room for what stands behind it.
fn taken(line: &Line) -> Field {
    let blank = if line.rest.is_empty() { "" } else { " " };
    Field::of(&format!("{}{blank}", line.text))
}

/// Was this command typed, with or without something behind it?
fn is_of(typed: &str, command: &str) -> bool {
    typed.split_whitespace().next() == Some(command)
}

/// Runs what was typed if it is whole, and else the line that is marked.
fn enter(mut state: State, marked: Option<&Line>, session: &mut Session, snapshot: &Snapshot) {
    let typed = state.field.text();
    let is_whole = state.chosen.is_none() && parse(&typed, session).is_ok();
    if let Some(line) = marked
        && !is_whole
        && state.chosen.is_none()
        && is_guess(line, &typed)
        && !is_of(&typed, line.text.split(' ').next().unwrap_or_default())
    {
        state.wrong = Some(format!(
            "nothing is called {}: did you mean {}? Tab takes it",
            typed.trim(),
            line.text
        ));
        session.overlay = Some(Overlay::Palette(state));
        return;
    }
    let line = match marked {
        Some(line) if !is_whole && line.is_begun() && !is_of(&typed, &line.text) => {
            session.overlay =
                Some(Overlay::Palette(State { field: taken(line), ..State::default() }));
            return;
        }
        // Something stands behind a command already: what is wrong with it is said.
        Some(line) if !is_whole && !line.is_begun() => line.text.clone(),
        _ => typed.trim().to_owned(),
    };
    session.overlay = None;
    match session.command(&line, snapshot) {
        Ok(()) => {
            let history = &mut session.views.commands;
            history.retain(|other| *other != line);
            history.push(line);
            let spare = history.len().saturating_sub(REMEMBERED);
            history.drain(..spare);
        }
        Err(why) => {
            state.wrong = Some(why);
            session.overlay = Some(Overlay::Palette(state));
        }
    }
}
