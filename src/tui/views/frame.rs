//! What stands around every view: who, when and in what state above; the views; the whole run as a strip
//! and the keys that matter below; and what lies over it all.
//!
//! ```text
//!  checkout·base·events·1  PAUSED 21.400000000 s  455 782 ev  7ff0b469a67732ee
//!  [1 Map] 2 Compare  3 Time  4 Request  5 Truth  6 Scenario  7 Worlds     ? help
//!  (the view)
//! 0s ────────▒───▒▒───▒────▒▒▒┃▒▒───▒▒───▒────▒───▒▒▒▒▒▒────▒────▒───▒────▒─·· 62s
//!  Enter open  e explain  i inject  x without  c compare  Space play  : commands
//! ```

use ratatui::layout::Rect;

use super::{Screen, digest, help, inject, palette, room};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyphs;
use crate::tui::place::View;
use crate::tui::session::{Asked, Overlay, Prompt};
use crate::tui::snapshot::{Here, Known, Progress};
use crate::tui::theme::Role;
use crate::tui::tour;
use crate::tui::widgets::strip;
use crate::tui::words;
use crate::tui::words::wrapped;

/// The smallest screen on which anything can be drawn.
pub const SMALLEST: (u16, u16) = (40, 10);

/// Keys that matter everywhere, after the view's own.
const GENERAL: [Action; 6] = [
    Action::Play,
    Action::Commands,
    Action::NextDesign,
    Action::MarkOn,
    Action::Help,
    Action::Quit,
];

/// Draws the whole screen.
pub fn draw(screen: Screen<'_>, canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let words = format!("windtunnel needs {} x {}", SMALLEST.0, SMALLEST.1);
        canvas.text(area, 0, 0, &words, Role::Text);
        return;
    }
    let rows = |y: u16, height: u16| Rect::new(area.x, area.y + y, area.width, height);
    let (strip_row, keys) = (rows(area.height - 2, 1), rows(area.height - 1, 1));
    if area.width < 60 || area.height < 15 {
        digest::draw(screen, rows(0, area.height - 2), canvas);
    } else {
        header(screen, rows(0, 1), canvas);
        views(screen, rows(1, 1), canvas);
        let body = rows(2, area.height - 4);
        let view = screen.session.place.view;
        let body = screen.session.tour.map_or(body, |tour| tour::leaves(tour, view, body));
        (room(&screen.session.place).draw)(screen, body, canvas);
    }
    strip::draw(screen, strip_row, canvas);
    match &screen.session.overlay {
        Some(Overlay::Prompt(prompt)) => asked(prompt, keys, canvas),
        Some(Overlay::Help(_)) => hint(help::KEYS, keys, canvas),
        Some(Overlay::Palette(_)) => hint(palette::KEYS, keys, canvas),
        Some(Overlay::Inject(_)) => hint(inject::KEYS, keys, canvas),
        None => self::keys(screen, keys, canvas),
    }
    let over = rows(2, area.height - 4);
    if let (Some(tour), None) = (screen.session.tour, &screen.session.overlay) {
        tour::draw(tour, over, canvas);
    }
    match &screen.session.overlay {
        Some(Overlay::Help(state)) => help::draw(screen, state, over, canvas),
        Some(Overlay::Palette(state)) => palette::draw(screen, state, over, canvas),
        Some(Overlay::Inject(state)) => inject::draw(screen, state, over, canvas),
        Some(Overlay::Prompt(_)) | None => {}
    }
    if let Some(message) = &screen.session.message {
        told(message, area, canvas);
    }
}

/// The state of the run in a word, and how it is shown.
pub fn state(screen: Screen<'_>) -> (String, Role) {
    let (session, snapshot) = (screen.session, screen.snapshot);
    let known = screen.known();
    if let (true, Progress::Search(at)) = (snapshot.ticket == session.ticket, snapshot.progress) {
        return (format!("SEARCH {}", words::instant(at)), Role::Warn);
    }
    if session.playing {
        let actual = session.pace.actual();
        let word = match (session.speed, actual) {
            (crate::tui::session::Speed::Max, Some(actual)) => {
                format!("PLAY max, {}x", words::three(actual))
            }
            (crate::tui::session::Speed::Times(times), Some(actual))
                if actual < 0.8 * f64::from(times) / 1000.0 =>
            {
                let asked = session.speed.name();
                return (format!("BEHIND {}x of {asked}", words::three(actual)), Role::Warn);
            }
            (speed, _) => format!("PLAY {}", speed.name()),
        };
        return (word, Role::Good);
    }
    let is_there = snapshot.ticket == session.ticket && snapshot.progress == Progress::There;
    if !is_there {
        return ("SEEKING".to_owned(), Role::Warn);
    }
    let is_over = known.is_some_and(|known| known.audit.is_some_and(|end| screen.now() >= end));
    match known.and_then(|known| known.partial.as_ref()) {
        Some(_) if is_over => ("PARTIAL".to_owned(), Role::Bad),
        _ if is_over => ("END".to_owned(), Role::Strong),
        _ => ("PAUSED".to_owned(), Role::Strong),
    }
}

/// Where the run stands exactly, if that is known.
fn here(screen: Screen<'_>) -> Option<Here> {
    let state = screen.state().map(|state| state.here);
    state.or_else(|| screen.known().and_then(|known| known.here))
}

fn header(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let place = &session.place;
    let world = session.worlds.get(place.run.world);
    let scenario = session.scenario();
    let design = &scenario.designs[place.run.design].name;
    let wide = area.width >= 160;
    let dot = if canvas.look.glyphs == Glyphs::Ascii { "." } else { "·" };
    let seed = if wide { "seed " } else { "" };
    let gap = if wide { 6 } else { 2 };
    let (word, state_role) = state(screen);
    // What stands behind the names is not to be pushed out by long ones.
    let room = usize::from(area.width).saturating_sub(if wide { 110 } else { 46 } + word.len());
    let others = scenario.name.chars().count() + design.chars().count() + 6;
    let name = canvas.cut(&world.name, room.saturating_sub(others).max(6) as u16);
    let mut x = 1;
    let mut say = |x: u16, text: &str, role: Role| canvas.text(area, x, 0, text, role);
    for (part, role) in [
        (scenario.name.as_str(), Role::Strong),
        (dot, Role::Dim),
        (name.as_str(), Role::Accent),
        (dot, Role::Dim),
        (design.as_str(), Role::Design(place.run.design as u8)),
        (dot, Role::Dim),
        (&format!("{seed}{}", world.recipe.seed), Role::Text),
    ] {
        x = say(x, part, role);
    }
    x = say((x + gap).max(25), &word, state_role);
    let time = match place.cursor.within {
        Some(_) | None if wide => {
            format!(" at {} of {}", spaced(place.cursor.time.0), scenario.run.length)
        }
        _ => format!(" {}", words::exact(place.cursor.time)),
    };
    x = say(x, &time, Role::Text);
    let columns: Vec<(String, &Known)> = session
        .columns()
        .into_iter()
        .filter_map(|run| {
            let name = match session.columns {
                crate::tui::session::Columns::Designs => scenario.designs[run.design].name.clone(),
                crate::tui::session::Columns::Worlds(_) => {
                    session.worlds.get(run.world).name.clone()
                }
            };
            Some((name, screen.snapshot.run(run)?))
        })
        .collect();
    if wide && place.view == View::Compare && columns.len() > 1 {
        x += 3;
        for (name, known) in columns {
            let Some(here) = known.here else { continue };
            let text = format!("   {name} {} events ", words::count(here.events));
            x = say(x, &text, Role::Text);
            x = say(x, &format!("{:016x}", here.digest), Role::Dim);
        }
        return;
    }
    let Some(here) = here(screen) else { return };
    let (events, digest) = if wide { ("events", "digest ") } else { ("ev", "") };
    x = say(x + gap, &format!("{} {events}", words::count(here.events)), Role::Text);
    let whole = format!("{digest}{:016x}", here.digest);
    // Part of a digest is none.
    if x + gap + whole.len() as u16 <= area.width {
        x = say(x + gap, &whole, Role::Dim);
    }
    let outcome = screen.known().and_then(|known| known.at_end.as_ref());
    if let Some(outcome) = outcome.filter(|_| wide) {
        say(x + gap, &format!("guards: {}", outcome.guards.join(", ")), Role::Dim);
    }
}

/// `21.400 000 000 s`
fn spaced(ns: u64) -> String {
    let (s, ns) = (ns / 1_000_000_000, ns % 1_000_000_000);
    format!("{s}.{:03} {:03} {:03} s", ns / 1_000_000, ns / 1_000 % 1_000, ns % 1_000)
}

fn views(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let mut x = 1;
    // All names, and the way to help, need so many columns.
    let is_narrow = area.width < 76;
    for (number, view) in (1..).zip(View::ALL) {
        let is_shown = view == screen.session.place.view;
        let (left, right) = if is_shown { ("[", "]") } else { (" ", " ") };
        let text = if is_narrow && !is_shown {
            format!("{left}{number}{right}")
        } else {
            format!("{left}{number} {}{right}", view.name())
        };
        let role = if is_shown { Role::Accent } else { Role::Text };
        let from = x;
        x = canvas.text(area, x, 0, &text, role);
        let slot = Rect::new(area.x + from, area.y, x - from, 1);
        canvas.hit(slot, Target::Action(Action::View(view)));
    }
    let end = area.width;
    canvas.right(area, end, 0, "? help", Role::Accent);
    canvas
        .hit(Rect::new(area.x + end.saturating_sub(6), area.y, 6, 1), Target::Action(Action::Help));
}

fn keys(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let follow = session.keymap.follow(session.place.view);
    if !follow.is_empty() || session.letter.is_some() {
        let mut line: Vec<String> =
            follow.iter().map(|(key, about)| format!("{key} {}", about.short)).collect();
        if session.letter.is_some() {
            let marks: Vec<String> = session
                .bookmarks
                .iter()
                .map(|(name, place)| format!("{name} {}", words::instant(place.cursor.time)))
                .collect();
            line.push(format!("a letter from a to z; set: {}", marks.join("  ")));
        }
        canvas.text(area, 1, 0, &line.join("   "), Role::Accent);
        return;
    }
    let own = room(&session.place).keys;
    let general = GENERAL.iter().filter(|action| !own.contains(action));
    let mut x = 1;
    for action in own.iter().chain(general) {
        let about = action.about();
        let Some(key) = session.keymap.keys(*action).next() else { continue };
        let width = (key.chars().count() + 1 + about.short.chars().count()) as u16;
        if x + width > area.width {
            break;
        }
        let from = x;
        x = canvas.text(area, x, 0, key, Role::Accent);
        x = canvas.text(area, x + 1, 0, about.short, Role::Text);
        canvas.hit(Rect::new(area.x + from, area.y, x - from, 1), Target::Action(*action));
        x += if area.width >= 160 { 3 } else { 2 };
    }
}

/// The keys of what lies over the view.
fn hint(text: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let mut x = 1;
    for part in text.split("   ") {
        let (what, does) = part.rsplit_once(' ').unwrap_or((part, ""));
        x = canvas.text(area, x, 0, what, Role::Accent);
        x = canvas.text(area, x + 1, 0, does, Role::Text) + 3;
    }
}

fn asked(prompt: &Prompt, area: Rect, canvas: &mut Canvas<'_>) {
    let what = match prompt.what {
        Asked::Filter => "filter /",
        Asked::Name(_) => "name: ",
    };
    let x = canvas.text(area, 1, 0, what, Role::Accent);
    let x = canvas.text(area, x, 0, &prompt.text, Role::Text);
    canvas.text(area, x, 0, " ", Role::Now);
    canvas.right(area, area.width - 1, 0, "Enter take it   Esc leave it", Role::Dim);
}

/// A message: in the last line if it fits there, else above the strip, which stays where it is.
fn told(message: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let lines = wrapped(message, usize::from(area.width.saturating_sub(2)));
    let lines = &lines[..lines.len().min(4)];
    let top = match lines.len() as u16 {
        1 => area.height - 1,
        many => area.height.saturating_sub(2 + many),
    };
    for (y, line) in (top..area.height).zip(lines) {
        let row = Rect::new(area.x, area.y + y, area.width, 1);
        canvas.clear(row);
        canvas.text(row, 1, 0, line, Role::Warn);
    }
}
