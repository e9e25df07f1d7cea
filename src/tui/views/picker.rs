//! The picker: which scenario to open. Those that the program brings, and those of the folder where it was
//! started.
//!
//! ```text
//!  windtunnel 0.1.0   49 scenarios                     choose one, Enter opens it
//! ┌ scenarios ────────────────┐┌ checkout ───────────────────────────────────────┐
//! │/ filter by name or words  ││An order reserves stock, charges a card and      │
//! │                           ││ships; customers watch it happen.                │
//! │► checkout       3 designs ││                                                 │
//! │  transfer       5 designs ││designs  rest  pubsub  events                    │
//! │  theory          47 files ││load     web: Poisson 400/s, 5 000 sessions      │
//! └───────────────────────────┘└─────────────────────────────────────────────────┘
//!  Enter open   t tour   / filter   j k move   : open a path   ? help   q quit
//! ```

mod summary;

use std::fs;
use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::palette::scrolled;
use crate::scenario::{Source, outline};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::{Border, Glyph};
use crate::tui::input::Key;
use crate::tui::theme::Role;
use crate::tui::widgets::field::Field;
use crate::tui::words::wrapped;

/// A scenario that can be opened.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its file; that of one that the program brings need not be there.
    pub path: PathBuf,
    /// Its text, if the program brings it.
    pub text: Option<&'static str>,
    /// Its name, and the folder under which it is listed.
    name: String,
    group: String,
    /// Its designs in short.
    designs: String,
    /// Everything by which it is found.
    words: String,
}

/// What it remembers.
#[derive(Clone, Debug)]
pub struct State {
    entries: Vec<Entry>,
    field: Field,
    /// Is the field typed into?
    filters: bool,
    /// Is a path typed, instead of a filter?
    path: Option<Field>,
    chosen: usize,
    /// Of the entry that is marked, as long as it is.
    summary: Vec<(Role, String)>,
}

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// Nothing yet.
    Nothing,
    /// This is to be opened; the text is there if the program brings it.
    Open(PathBuf, Option<&'static str>),
    /// The same, with the tour.
    Tour(PathBuf, Option<&'static str>),
    /// The program is to be left.
    Quit,
}

impl State {
    /// The scenarios that the program brings (name and text), and the files of a folder and of the folder
    /// `scenarios` in it; a file hides what is brought under its name.
    pub fn new(shipped: &[(&'static str, &'static str)], folder: &Path) -> Self {
        let mut entries = Vec::new();
        for (place, group) in
            [(folder.to_owned(), "your own"), (folder.join("scenarios"), "your own")]
        {
            for path in files(&place) {
                let shown = path.strip_prefix(".").unwrap_or(&path).to_owned();
                let brought = shipped.iter().any(|(name, text)| {
                    path.ends_with(format!("scenarios/{name}.ron"))
                        && fs::read_to_string(&path).is_ok_and(|own| own == *text)
                });
                if !brought {
                    let text = fs::read_to_string(&path).unwrap_or_default();
                    entries.push(Entry::of(shown, None, &text, group));
                }
            }
        }
        // Whole stories first, then single lessons.
        let (lessons, stories): (Vec<_>, Vec<_>) =
            shipped.iter().partition(|(name, _)| name.contains('/'));
        for (name, text) in stories.into_iter().chain(lessons) {
            let group = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = PathBuf::from(format!("scenarios/{name}.ron"));
            entries.push(Entry::of(path, Some(text), text, group));
        }
        entries.sort_by_key(|entry| {
            (entry.group == "theory", entry.group != "your own" && !entry.group.is_empty())
        });
        let mut state = Self {
            entries,
            field: Field::default(),
            filters: false,
            path: None,
            chosen: 0,
            summary: Vec::new(),
        };
        state.chosen = state.shown().iter().position(|entry| entry.name == "checkout").unwrap_or(0);
        state.look();
        state
    }

    fn shown(&self) -> Vec<&Entry> {
        let typed = self.field.text().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let fits = |entry: &&Entry| words.iter().all(|word| entry.words.contains(word));
        self.entries.iter().filter(fits).collect()
    }

    /// Reads the entry that is marked.
    fn look(&mut self) {
        let shown = self.shown();
        self.summary = shown.get(self.chosen).map(|entry| entry.summary()).unwrap_or_default();
    }

    fn go(&mut self, to: usize) {
        self.chosen = to.min(self.shown().len().saturating_sub(1));
        self.look();
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Picked {
        if let Some(path) = &mut self.path {
            match key {
                Key::Esc | Key::Ctrl('c') => self.path = None,
                Key::Enter if !path.is_empty() => {
                    return Picked::Open(path.text().trim().into(), None);
                }
                _ => drop(path.key(key)),
            }
            return Picked::Nothing;
        }
        match key {
            Key::Down => self.go(self.chosen + 1),
            Key::Up => self.go(self.chosen.saturating_sub(1)),
            Key::PageDown => self.go(self.chosen + 10),
            Key::PageUp => self.go(self.chosen.saturating_sub(10)),
            Key::Ctrl('c') => return Picked::Quit,
            Key::Enter => {
                if let Some(entry) = self.shown().get(self.chosen) {
                    return Picked::Open(entry.path.clone(), entry.text);
                }
            }
            Key::Esc if self.filters => {
                self.filters = false;
                self.field = Field::default();
                self.go(0);
            }
            _ if self.filters && self.field.key(key) => self.go(0),
            _ if self.filters => {}
            Key::Char('/') => self.filters = true,
            Key::Char(':') => self.path = Some(Field::default()),
            Key::Char('j') => self.go(self.chosen + 1),
            Key::Char('k') => self.go(self.chosen.saturating_sub(1)),
            Key::Char('g') | Key::Home => self.go(0),
            Key::Char('G') | Key::End => self.go(usize::MAX),
            Key::Char('t') => {
                if let Some(entry) = self.shown().get(self.chosen) {
                    return Picked::Tour(entry.path.clone(), entry.text);
                }
            }
            Key::Char('q') => return Picked::Quit,
            _ => {}
        }
        Picked::Nothing
    }

    /// The entry of a row of the list is marked, as by a click; again: opened.
    pub fn click(&mut self, row: usize) -> Picked {
        if row == self.chosen {
            return self.key(Key::Enter);
        }
        self.go(row);
        Picked::Nothing
    }
}

impl Entry {
    fn of(path: PathBuf, text: Option<&'static str>, source: &str, group: &str) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let outline = outline(&Source::new(source.to_owned())).unwrap_or_default();
        let designs = match outline.designs.as_deref() {
            None | Some([]) => "broken".to_owned(),
            Some([one]) => one.clone(),
            Some(all) => format!("{} designs", all.len()),
        };
        let about = source.lines().find_map(|line| line.trim().strip_prefix("about:"));
        let comment = source.lines().take_while(|line| line.starts_with("//"));
        let told: String = comment.chain(about).collect::<Vec<_>>().join(" ");
        let words = format!("{name} {group} {designs} {told}").to_lowercase();
        Self { path, text, name, group: group.to_owned(), designs, words }
    }

    fn summary(&self) -> Vec<(Role, String)> {
        let read = || fs::read_to_string(&self.path).unwrap_or_default();
        let text = self.text.map_or_else(read, str::to_owned);
        summary::summary(&self.name, &self.path.display().to_string(), &text)
    }
}

/// The scenario files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_one = |path: &PathBuf| path.extension().is_some_and(|it| it == "ron") && path.is_file();
    let mut found: Vec<PathBuf> = paths.filter(is_one).collect();
    found.sort();
    found
}

/// Draws it over the whole of an area.
pub fn draw(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    canvas.clear(area);
    if area.width < 20 || area.height < 5 {
        canvas.text(area, 0, 0, "windtunnel needs 40 x 10", Role::Text);
        return;
    }
    let title = format!("windtunnel {}", env!("CARGO_PKG_VERSION"));
    let x = canvas.text(area, 1, 0, &title, Role::Strong);
    canvas.text(area, x + 3, 0, &format!("{} scenarios", state.entries.len()), Role::Text);
    if area.width >= 60 {
        canvas.right(area, area.width - 1, 0, "choose one, Enter opens it", Role::Dim);
    }
    let foot = area.height - 1;
    let panes = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let left = if area.width < 56 { area.width } else { 29.max(area.width / 4).min(48) };
    draw_list(state, Rect { width: left, ..panes }, canvas);
    if left < area.width {
        let right = Rect { x: panes.x + left, width: area.width - left, ..panes };
        draw_summary(state, right, canvas);
    }
    let row = Rect { y: area.y + foot, height: 1, ..area };
    if let Some(path) = &state.path {
        let x = canvas.text(row, 1, 0, "open ", Role::Accent);
        path.draw(row, x, row.width - 1, canvas);
        return;
    }
    let mut x = 1;
    for (key, what) in [
        ("Enter", "open"),
        ("t", "tour"),
        ("/", "filter"),
        ("j k", "move"),
        (":", "open a path"),
        ("q", "quit"),
    ] {
        if x + (key.len() + what.len()) as u16 + 1 > row.width {
            break;
        }
        x = canvas.text(row, x, 0, key, Role::Accent);
        x = canvas.text(row, x + 1, 0, what, Role::Text) + 3;
    }
}

fn draw_list(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let inside = canvas.frame(area, " scenarios ", Border::Plain, Role::Dim);
    if inside.is_empty() {
        return;
    }
    let x = canvas.text(inside, 0, 0, "/ ", Role::Accent);
    if state.filters || !state.field.is_empty() {
        state.field.draw(Rect { height: 1, ..inside }, x, inside.width, canvas);
    } else {
        canvas.text(inside, x, 0, "filter by name or words", Role::Dim);
    }
    let shown = state.shown();
    let list = Rect {
        y: inside.y + 2.min(inside.height),
        height: inside.height.saturating_sub(2),
        ..inside
    };
    let mut rows: Vec<Option<usize>> = Vec::new();
    for (ix, entry) in shown.iter().enumerate() {
        let before = ix.checked_sub(1).map(|before| shown[before].group.as_str());
        if before != Some(entry.group.as_str()) && !entry.group.is_empty() {
            if before.is_some() && list.height > 12 {
                rows.push(None);
            }
            rows.push(None);
        }
        rows.push(Some(ix));
    }
    let marked = rows.iter().position(|row| *row == Some(state.chosen)).unwrap_or(0);
    let top = scrolled(marked, rows.len(), usize::from(list.height));
    let lines = rows.iter().enumerate().skip(top).take(usize::from(list.height));
    for (y, (at, row)) in (0..).zip(lines) {
        let line = Rect { y: list.y + y, height: 1, ..list };
        match (row, rows.get(at + 1)) {
            (Some(ix), _) => {
                draw_entry(shown[*ix], *ix == state.chosen, line, canvas);
                canvas.hit(line, Target::Row(*ix));
            }
            (None, Some(Some(next))) => {
                let group = &shown[*next].group;
                canvas.text(line, 2, 0, group, Role::Strong);
                let files = state.entries.iter().filter(|entry| entry.group == *group).count();
                let told = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
                canvas.right(line, line.width.saturating_sub(1), 0, &told, Role::Dim);
            }
            _ => {}
        }
    }
    if shown.is_empty() {
        canvas.text(list, 2, 0, "none is called so", Role::Dim);
    }
}

fn draw_entry(entry: &Entry, is_chosen: bool, line: Rect, canvas: &mut Canvas<'_>) {
    if is_chosen {
        canvas.text(line, 0, 0, canvas.glyph(Glyph::Here), Role::Accent);
    }
    let role = if is_chosen { Role::Accent } else { Role::Text };
    let designs = entry.designs.chars().count() as u16;
    let end = line.width.saturating_sub(1);
    let name = Rect { width: end.saturating_sub(designs + 1), ..line };
    canvas.text(name, 2, 0, &entry.name, role);
    let role = if entry.designs == "broken" { Role::Bad } else { Role::Dim };
    canvas.right(line, end, 0, &entry.designs, role);
}

fn draw_summary(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let shown = state.shown();
    let title = shown.get(state.chosen).map_or(String::new(), |entry| match entry.text {
        Some(_) => format!(" {} ", entry.name),
        None => format!(" {} ", entry.path.display()),
    });
    let inside = canvas.frame(area, &title, Border::Plain, Role::Dim);
    let mut y = 0;
    for (role, line) in &state.summary {
        let width = usize::from(inside.width).max(1);
        // What is wrapped stands under the words, not under their label.
        let is_labelled = *role == Role::Text && line.len() > 9 && line.is_char_boundary(9);
        let (label, text) = if is_labelled { line.split_at(9) } else { ("", line.as_str()) };
        let indent = label.len() as u16;
        if !label.is_empty() {
            canvas.text(inside, 0, y, label, Role::Dim);
        }
        if text.starts_with(' ') || text.contains("  ") {
            canvas.text(inside, indent, y, text, *role);
            y += 1;
            continue;
        }
        for part in wrapped(text, width.saturating_sub(usize::from(indent)).max(1)) {
            canvas.text(inside, indent, y, &part, *role);
            y += 1;
        }
    }
}
