//! The scenario: its knobs, to be turned from now on or from the start, and its expectations as they stand.
//!
//! ```text
//!  An order reserves stock, charges a card and ships; customers watch it happen.
//!
//!  knobs                                            from now       from the start
//!  ► rate            400/s   100/s ─────●───── 1600/s yes            yes
//!    static_members   true         ○ ●                refused: log   yes
//!
//! ─ expects: so far, and at the end of the run ─────────────────────────── end ───
//!  PASS  pubsub.p50(place-order) < rest.p50(place-order)       17.8 < 35.8   PASS
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::layout::Rect;

use super::{Answer, Room, Screen, palette::scrolled};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::change::Wanted;
use crate::tui::glyphs::Glyph;
use crate::tui::knobs::Knob;
use crate::tui::place::{Thing, View};
use crate::tui::query::expectations::{Expected, Judged};
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::words::wrapped;
use crate::tui::world::Recipe;

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Knobs that are turned and not taken yet, with their values.
    turned: BTreeMap<String, String>,
    /// The knobs of the recipe that was shown last: whether one can be turned is found by reading the file.
    knobs: Cache,
}

/// What was found once and is found anew by a clone.
#[derive(Debug, Default)]
struct Cache(Mutex<Option<Known>>);

impl Clone for Cache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The knobs of a recipe.
#[derive(Clone, Debug)]
struct Known {
    of: Arc<Recipe>,
    knobs: Arc<[Knob]>,
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::Down,
        Action::Left,
        Action::Right,
        Action::Enter,
        Action::StartOver,
        Action::Write,
    ],
};

/// How wide the bar of a knob is.
const BAR: u16 = 11;

impl State {
    fn knobs(&self, recipe: &Arc<Recipe>) -> Arc<[Knob]> {
        let mut known = self.knobs.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(known) if Arc::ptr_eq(&known.of, recipe) => Arc::clone(&known.knobs),
            _ => {
                let knobs: Arc<[Knob]> = recipe.knobs().into();
                *known = Some(Known { of: Arc::clone(recipe), knobs: Arc::clone(&knobs) });
                knobs
            }
        }
    }
}

fn knobs(session: &Session) -> Arc<[Knob]> {
    session.views.scenario.knobs(&session.worlds.get(session.place.run.world).recipe)
}

/// What is selected: knobs first, then expectations.
fn selected(session: &Session, knobs: &[Knob]) -> usize {
    match &session.place.thing {
        Thing::Knob(name) => knobs.iter().position(|knob| knob.name == *name).unwrap_or(0),
        Thing::Expectation(ix) => knobs.len() + ix,
        _ => 0,
    }
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let knobs = knobs(session);
    let at = selected(session, &knobs);
    let scenario = session.scenario();
    let about = wrapped(&scenario.about, usize::from(area.width.saturating_sub(2)).max(1));
    let mut y = 0;
    let most = if area.height < 14 { 1 } else { 3 };
    for line in about.iter().take(most).filter(|line| !line.is_empty()) {
        canvas.text(area, 1, y, line, Role::Text);
        y += 1;
    }
    y += 1;
    // The last line says in full what is selected.
    let foot = area.height.saturating_sub(1);
    let body = Rect { height: area.height.saturating_sub(1), ..area };
    let below = |y: u16| Rect {
        y: body.y + y.min(body.height),
        height: body.height.saturating_sub(y),
        ..body
    };
    if area.width >= 160 {
        let half = area.width / 2;
        let (left, right) = (Rect { width: half - 2, ..below(y) }, below(y));
        let right = Rect { x: right.x + half, width: right.width - half, ..right };
        draw_knobs(session, &knobs, at, left, canvas);
        draw_expectations(screen, at.checked_sub(knobs.len()), right, canvas);
    } else {
        let room = below(y).height;
        // Half of it at most, as long as expectations need the rest.
        let wanted = knobs.len() as u16 + 2;
        let rows = if scenario.expect.is_empty() { room } else { wanted.min((room / 2).max(3)) };
        draw_knobs(session, &knobs, at, Rect { height: rows.min(room), ..below(y) }, canvas);
        draw_expectations(screen, at.checked_sub(knobs.len()), below(y + rows), canvas);
    }
    let told = in_full(screen, &knobs, at);
    canvas.text(area, 1, foot, &told, Role::Dim);
}

/// Where the columns of the table of knobs stand.
struct Columns {
    value: u16,
    bar: Option<u16>,
    now: u16,
    start: u16,
}

impl Columns {
    fn of(width: u16) -> Self {
        match width {
            76.. => Self { value: 25, bar: Some(34), now: 53, start: 70 },
            60.. => Self { value: 25, bar: Some(28), now: 41, start: width },
            _ => Self { value: 25, bar: None, now: 28, start: width },
        }
    }
}

fn draw_knobs(session: &Session, knobs: &[Knob], at: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let columns = Columns::of(area.width);
    if knobs.is_empty() {
        canvas.text(area, 1, 0, "knobs  none: the file declares nothing to turn", Role::Dim);
        return;
    }
    canvas.text(area, 1, 0, "knobs", Role::Strong);
    canvas.text(area, columns.now, 0, "from now", Role::Dim);
    canvas.text(area, columns.start, 0, "from start", Role::Dim);
    let room = usize::from(area.height.saturating_sub(1));
    let top = scrolled(at.min(knobs.len() - 1), knobs.len(), room);
    for (ix, knob) in knobs.iter().enumerate().skip(top).take(room) {
        let row = Rect { y: area.y + 1 + (ix - top) as u16, height: 1, ..area };
        let turned = session.views.scenario.turned.get(&knob.name);
        draw_knob(knob, turned, ix == at, &columns, row, canvas);
        canvas.hit(row, Target::Thing(Thing::Knob(knob.name.clone())));
    }
}

fn draw_knob(
    knob: &Knob,
    turned: Option<&String>,
    is_selected: bool,
    columns: &Columns,
    row: Rect,
    canvas: &mut Canvas<'_>,
) {
    let value = turned.unwrap_or(&knob.value);
    let role = match (turned, is_selected) {
        (Some(_), _) => Role::Warn,
        (None, true) => Role::Accent,
        (None, false) => Role::Text,
    };
    if is_selected {
        canvas.text(row, 1, 0, canvas.glyph(Glyph::Here), Role::Accent);
    }
    let name = Rect { width: (columns.value - 8).min(row.width), ..row };
    canvas.text(name, 3, 0, &knob.name, if is_selected { Role::Accent } else { Role::Text });
    canvas.right(row, columns.value, 0, value, role);
    if let (Some(x), [low, .., high]) = (columns.bar, knob.range.as_slice()) {
        let at = knob.range.iter().position(|it| it == value);
        let last = knob.range.len() - 1;
        let (line, dot) = (canvas.glyph(Glyph::Line), canvas.glyph(Glyph::Durable));
        let is_switch = last == 1;
        if is_switch {
            let other = canvas.glyph(Glyph::Never);
            for (ix, at_x) in [(0, x + 4), (1, x + 6)] {
                let sign = if at == Some(ix) { dot } else { other };
                canvas.text(row, at_x, 0, sign, if at == Some(ix) { role } else { Role::Dim });
            }
        } else {
            canvas.run(row, x, 0, BAR, line, Role::Dim);
            if let Some(at) = at {
                let column = (at * usize::from(BAR - 1) / last) as u16;
                canvas.text(row, x + column, 0, dot, role);
            }
        }
        // What it was is marked as long as it is turned.
        if let (Some(own), Some(_), false) =
            (knob.range.iter().position(|it| *it == knob.value), turned, is_switch)
        {
            let column = (own * usize::from(BAR - 1) / last) as u16;
            canvas.text(row, x + column, 0, canvas.glyph(Glyph::Never), Role::Dim);
        }
        if columns.start < row.width {
            canvas.right(row, x - 1, 0, low, Role::Dim);
            canvas.text(Rect { width: columns.now - 1, ..row }, x + BAR + 1, 0, high, Role::Dim);
        }
    }
    match &knob.live {
        Ok(()) => canvas.text(row, columns.now, 0, "yes", Role::Good),
        Err(part) => {
            let cell = Rect { width: columns.start.saturating_sub(1).min(row.width), ..row };
            canvas.text(cell, columns.now, 0, &format!("refused: {part}"), Role::Dim)
        }
    };
    canvas.text(row, columns.start, 0, "yes", Role::Good);
}

fn draw_expectations(screen: Screen<'_>, at: Option<usize>, area: Rect, canvas: &mut Canvas<'_>) {
    let scenario = screen.session.scenario();
    if scenario.expect.is_empty() || area.height < 2 {
        return;
    }
    canvas.run(area, 0, 0, area.width, canvas.glyph(Glyph::Line), Role::Dim);
    let judged = screen.snapshot.expectations.as_deref().map(|all| all.list.as_slice());
    let title = match judged {
        Some(_) => " expects: so far, and at the end of the run ",
        None => " expects (being judged) ",
    };
    canvas.text(area, 1, 0, title, Role::Strong);
    let end = area.width.saturating_sub(9);
    canvas.text(area, end, 0, " end ", Role::Dim);
    let room = usize::from(area.height - 1);
    let top = scrolled(at.unwrap_or(0), scenario.expect.len(), room);
    for (ix, text) in scenario.expect.iter().enumerate().skip(top).take(room) {
        let row = Rect { y: area.y + 1 + (ix - top) as u16, height: 1, ..area };
        let expected = judged.and_then(|list| list.get(ix));
        draw_expectation(&text.value, expected, at == Some(ix), end, row, canvas);
        canvas.hit(row, Target::Thing(Thing::Expectation(ix)));
    }
}

fn draw_expectation(
    text: &str,
    expected: Option<&Expected>,
    is_selected: bool,
    end: u16,
    row: Rect,
    canvas: &mut Canvas<'_>,
) {
    if is_selected {
        canvas.text(row, 0, 0, canvas.glyph(Glyph::Here), Role::Accent);
    }
    let so_far = expected.and_then(|it| it.so_far.as_ref());
    let at_end = expected.and_then(|it| it.at_end.as_ref());
    let (word, role) = verdict(so_far);
    canvas.text(row, 1, 0, word, role);
    let (word, role) = verdict(at_end);
    canvas.text(row, end + 1, 0, word, role);
    // The values where there is room for both; the statement is shown in full below.
    let values = so_far.or(at_end).map_or("", |judged| judged.values.as_str());
    let width = values.chars().count() as u16;
    let values_from = end.saturating_sub(width + 2);
    let fits = width > 0 && values_from > 30.min(row.width / 2);
    let room = if fits { values_from.saturating_sub(1) } else { end.saturating_sub(1) };
    let role = if is_selected { Role::Accent } else { Role::Text };
    let cell = Rect { width: room.min(row.width), ..row };
    let written = canvas.text(cell, 7, 0, text, role);
    let is_cut = usize::from(written.saturating_sub(7)) < text.chars().count();
    if is_cut && room > 9 {
        canvas.text(cell, room - 2, 0, "..", Role::Dim);
    }
    if fits {
        canvas.text(row, values_from, 0, values, Role::Dim);
    }
}

fn verdict(judged: Option<&Judged>) -> (&'static str, Role) {
    match judged {
        Some(judged) if judged.holds => ("PASS", Role::Good),
        Some(_) => ("FAIL", Role::Bad),
        None => ("  - ", Role::Dim),
    }
}

/// The line that says in full what is selected.
fn in_full(screen: Screen<'_>, knobs: &[Knob], at: usize) -> String {
    let session = screen.session;
    if let Some(knob) = knobs.get(at) {
        let turned = session.views.scenario.turned.get(&knob.name);
        return match (turned, &knob.live) {
            (Some(value), Ok(())) => format!(
                "{} {} to {value}: Enter from now on, s from the start, Esc as it was",
                knob.name, knob.value
            ),
            (Some(value), Err(part)) => format!(
                "{} {} to {value}: {part} is fixed when a run begins; s starts over with it",
                knob.name, knob.value
            ),
            (None, _) if knob.range.len() < 2 => {
                format!("{} is {}: another one by :set! {0}=...", knob.name, knob.value)
            }
            (None, _) => format!("h and l turn {}; nothing is run before Enter or s", knob.name),
        };
    }
    let ix = at - knobs.len();
    let Some(text) = session.scenario().expect.get(ix) else { return String::new() };
    let judged = screen.snapshot.expectations.as_deref().and_then(|all| all.list.get(ix));
    let values = |judged: &Option<Judged>| judged.as_ref().map(|judged| judged.values.clone());
    match judged.map(|it| (values(&it.so_far), values(&it.at_end))) {
        Some((so_far, Some(end))) if so_far.as_ref() != Some(&end) => {
            format!("{}   at the end {end}", text.value)
        }
        _ => text.value.clone(),
    }
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let knobs = knobs(session);
    let count = knobs.len() + session.scenario().expect.len();
    let at = selected(session, &knobs);
    let last = count.saturating_sub(1);
    let to = match action {
        Action::Down => (at + 1).min(last),
        Action::Up => at.saturating_sub(1),
        Action::First => 0,
        Action::Last => last,
        Action::PageDown => (at + 10).min(last),
        Action::PageUp => at.saturating_sub(10),
        Action::NextPane | Action::PreviousPane if at < knobs.len() => knobs.len().min(last),
        Action::NextPane | Action::PreviousPane => 0,
        Action::Left => return turn(session, &knobs, at, false),
        Action::Right => return turn(session, &knobs, at, true),
        Action::Enter => return enter(session, &knobs, at, snapshot),
        Action::StartOver => {
            let turned: Vec<_> =
                std::mem::take(&mut session.views.scenario.turned).into_iter().collect();
            if turned.is_empty() {
                return Answer::Not("no knob is turned: h and l turn one".to_owned());
            }
            return match session.turn_over(turned.clone()) {
                Ok(()) => Answer::Done,
                Err(why) => {
                    session.views.scenario.turned = turned.into_iter().collect();
                    Answer::Not(why)
                }
            };
        }
        Action::Leave if !session.views.scenario.turned.is_empty() => {
            session.views.scenario.turned.clear();
            return Answer::Done;
        }
        _ => return Answer::Pass,
    };
    if count == 0 {
        return Answer::Not("the scenario has neither knobs nor expectations".to_owned());
    }
    session.select(match knobs.get(to) {
        Some(knob) => Thing::Knob(knob.name.clone()),
        None => Thing::Expectation(to - knobs.len()),
    });
    Answer::Done
}

fn turn(session: &mut Session, knobs: &[Knob], at: usize, up: bool) -> Answer {
    let Some(knob) = knobs.get(at) else {
        return Answer::Not("h and l turn a knob: k goes up to them".to_owned());
    };
    if knob.range.len() < 2 {
        return Answer::Not(format!("{} is {}: :set! takes another one", knob.name, knob.value));
    }
    let turned = &mut session.views.scenario.turned;
    let value = turned.get(&knob.name).unwrap_or(&knob.value);
    let now = knob.range.iter().position(|it| it == value).unwrap_or(0);
    let next = if up { (now + 1).min(knob.range.len() - 1) } else { now.saturating_sub(1) };
    let value = knob.range[next].clone();
    if value == knob.value {
        turned.remove(&knob.name);
    } else {
        turned.insert(knob.name.clone(), value);
    }
    session.select(Thing::Knob(knob.name.clone()));
    Answer::Done
}

fn enter(session: &mut Session, knobs: &[Knob], at: usize, snapshot: &Snapshot) -> Answer {
    let Some(knob) = knobs.get(at) else {
        session.open(View::Compare, Thing::Nothing, false);
        return Answer::Done;
    };
    let Some(value) = session.views.scenario.turned.get(&knob.name).cloned() else {
        return Answer::Not(format!("{} is as it was: h and l turn it", knob.name));
    };
    if let Err(part) = &knob.live {
        return Answer::Not(format!(
            "{} would turn {part}, which is fixed when a run begins: s starts over with it",
            knob.name
        ));
    }
    match session.begin(&Wanted::Set(vec![(knob.name.clone(), value)]), None, snapshot) {
        Ok(()) => {
            session.views.scenario.turned.remove(&knob.name);
            Answer::Done
        }
        Err(why) => Answer::Not(why),
    }
}
