//! Help: what can be done here, made of the table of actions; typed letters filter it, and Enter does the
//! marked one at once.
//!
//! ```text
//!    ┌ help: map ─────────────────────────────────────────── / filter: fork ┐
//!    │ worlds                                                               │
//!    │ ► f          fork here: a new world that goes on from the cursor     │
//!    │   x          fork without what is selected                           │
//!    │                                                                      │
//!    │ 2 of 62 match. Enter does the marked one at once.                    │
//!    │ colours    good  warn  bad  fault  now  ghost  accent  dim           │
//!    │ glyphs     ● durable  ○ never  ✖ lost  ∙ message  ▒ fault  ┃ now     │
//!    └──────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Rect;

use super::Screen;
use super::palette::{middle, scrolled};
use crate::tui::action::{About, Group};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::{Border, Glyph};
use crate::tui::input::Key;
use crate::tui::keymap::here;
use crate::tui::place::View;
use crate::tui::session::{Overlay, Session};
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::widgets::field::Field;

/// The keys that matter in it, for the last line.
pub const KEYS: &str = "letters filter   arrows choose   Enter do   Esc close";

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    field: Field,
    chosen: usize,
}

/// Columns of the keys.
const COLUMN: u16 = 13;

/// The colours, each said in itself.
const COLOURS: [(&str, Role); 8] = [
    ("good", Role::Good),
    ("warn", Role::Warn),
    ("bad", Role::Bad),
    ("fault", Role::Fault),
    ("now", Role::Now),
    ("ghost", Role::Ghost),
    ("accent", Role::Accent),
    ("dim", Role::Dim),
];

/// The signs, with what they stand for.
const SIGNS: [(Glyph, &str); 8] = [
    (Glyph::Durable, "durable"),
    (Glyph::Never, "never"),
    (Glyph::Lost, "lost"),
    (Glyph::Message, "message"),
    (Glyph::Fault, "fault"),
    (Glyph::Now, "now"),
    (Glyph::Mark, "violation"),
    (Glyph::Drain, "drain"),
];

fn heading(group: Group) -> &'static str {
    match group {
        Group::Anywhere => "anywhere",
        Group::Time => "time",
        Group::Selection => "selection",
        Group::Worlds => "worlds",
    }
}

/// The actions that match, those of this view alone first, and then group by group.
fn matching(view: View, typed: &str) -> Vec<&'static About> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let fits = |about: &&About| {
        let keys = about.keys.join(" ");
        words.iter().all(|word| {
            let told = [about.name, about.words, about.short];
            told.iter().any(|text| text.to_lowercase().contains(word))
                || keys.to_lowercase() == *word
        })
    };
    let mut found: Vec<&About> = here(view).filter(fits).collect();
    found.sort_by_key(|about| (about.only.is_empty(), about.group));
    found
}

/// A row of the list: a heading, or an action by its place among those that match.
enum Row {
    Blank,
    Heading(String),
    Action(usize),
}

fn rows(found: &[&'static About], view: View) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut last = None;
    for (ix, about) in found.iter().enumerate() {
        let title = match about.only {
            [] => heading(about.group).to_owned(),
            _ => format!("in {}", view.name()),
        };
        if last.as_ref() != Some(&title) {
            if last.is_some() {
                rows.push(Row::Blank);
            }
            rows.push(Row::Heading(title.clone()));
            last = Some(title);
        }
        rows.push(Row::Action(ix));
    }
    rows
}

/// Draws it over the screen.
pub fn draw(screen: Screen<'_>, state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let view = screen.session.place.view;
    let area = middle(area, 76, area.height);
    canvas.cover(area);
    let title = format!(" help: {} ", view.name().to_lowercase());
    let inside = canvas.frame(area, &title, Border::Plain, Role::Accent);
    if inside.width < 12 || inside.height < 3 {
        return;
    }
    draw_filter(state, area, title.chars().count() as u16, canvas);
    let found = matching(view, &state.field.text());
    let chosen = state.chosen.min(found.len().saturating_sub(1));
    let row = |y: u16| Rect::new(inside.x, inside.y + y, inside.width, 1);
    let legend = if inside.height >= 12 { 4 } else { 1 };
    let room = usize::from(inside.height - legend);
    let rows = rows(&found, view);
    let marked = rows.iter().position(|row| matches!(row, Row::Action(ix) if *ix == chosen));
    let top = scrolled(marked.unwrap_or(0), rows.len(), room);
    for (y, line) in (0..).zip(rows.iter().skip(top).take(room)) {
        match line {
            Row::Blank => {}
            Row::Heading(title) => {
                canvas.text(row(y), 1, 0, title, Role::Strong);
            }
            Row::Action(ix) => {
                draw_action(found[*ix], *ix == chosen, row(y), canvas);
                canvas.hit(row(y), Target::Action(found[*ix].action));
            }
        }
    }
    let count = match (found.len(), here(view).count()) {
        (0, _) => "nothing is called so: Backspace takes letters back".to_owned(),
        (found, all) if found == all => {
            format!("{all} actions: type to filter, Enter does the marked one")
        }
        (found, all) => format!("{found} of {all} match. Enter does the marked one."),
    };
    let y = inside.height - legend;
    let y = if legend > 1 { y + 1 } else { y };
    canvas.text(row(y), 1, 0, &count, Role::Dim);
    if legend > 1 {
        draw_legend(row(y + 1), row(y + 2), canvas);
    }
}

fn draw_filter(state: &State, area: Rect, title: u16, canvas: &mut Canvas<'_>) {
    let text = state.field.text();
    let label = " / filter: ";
    let width = (label.len() + text.chars().count() + 2) as u16;
    let from = area.width.saturating_sub(width + 1).max(title + 2);
    let top = Rect { height: 1, width: area.width - 1, ..area };
    if from + 12 >= area.width {
        return;
    }
    let x = canvas.text(top, from, 0, label, Role::Dim);
    state.field.draw(top, x, top.width, canvas);
}

fn draw_action(about: &About, is_chosen: bool, row: Rect, canvas: &mut Canvas<'_>) {
    if is_chosen {
        canvas.text(row, 1, 0, canvas.glyph(Glyph::Here), Role::Accent);
    }
    let keys = about.keys.join("  ");
    canvas.text(Rect { width: (3 + COLUMN).min(row.width), ..row }, 3, 0, &keys, Role::Accent);
    let role = if is_chosen { Role::Strong } else { Role::Text };
    canvas.text(row, 3 + COLUMN, 0, about.words, role);
}

fn draw_legend(colours: Rect, signs: Rect, canvas: &mut Canvas<'_>) {
    let mut x = canvas.text(colours, 1, 0, "colours", Role::Dim).max(3 + COLUMN - 2);
    for (name, role) in COLOURS {
        x = canvas.text(colours, x + 2, 0, name, role);
    }
    let mut x = canvas.text(signs, 1, 0, "glyphs", Role::Dim).max(3 + COLUMN - 2);
    for (glyph, name) in SIGNS {
        if x + 4 + name.len() as u16 > signs.width {
            break;
        }
        x = canvas.text(signs, x + 2, 0, canvas.glyph(glyph), Role::Accent);
        x = canvas.text(signs, x + 1, 0, name, Role::Text);
    }
}

/// Takes a key.
pub fn key(key: Key, session: &mut Session, snapshot: &Snapshot) {
    let Some(Overlay::Help(state)) = &mut session.overlay else { return };
    let found = matching(session.place.view, &state.field.text());
    let last = found.len().saturating_sub(1);
    let chosen = state.chosen.min(last);
    match key {
        Key::Esc | Key::Ctrl('c') => session.overlay = None,
        Key::Char('?') if state.field.is_empty() => session.overlay = None,
        // As everywhere; it filters already.
        Key::Char('/') if state.field.is_empty() => {}
        Key::Down | Key::Ctrl('n') => state.chosen = (chosen + 1).min(last),
        Key::Up | Key::Ctrl('p') => state.chosen = chosen.saturating_sub(1),
        Key::PageDown | Key::Ctrl('d') => state.chosen = (chosen + 10).min(last),
        Key::PageUp => state.chosen = chosen.saturating_sub(10),
        Key::Enter => {
            session.overlay = None;
            if let Some(about) = found.get(chosen) {
                session.act(about.action, snapshot);
            }
        }
        _ if state.field.key(key) => state.chosen = 0,
        _ => {}
    }
}
