//! Lanes: time downwards, a column a node that took part. Inside Truth, of the anomaly or operation that
//! is selected; below, in a sentence, why.
//!
//! ```text
//!  why is place-order#5638 half done?                        rest, session 320
//!    ms   web     edge    orders#0   orders-db  inventory  payments   shipping
//!    0.0   │───────┼────────▸          │          │          │          │
//!    9.7   │       │        │          ● order v1 │          │          │
//!   22.5   │       │        ✖ orders#0 goes down: orders-restarts       │
//!    end   │       │                   │          │          │          ○ never
//! ```

mod rows;

use ratatui::layout::Rect;

use super::request::origin;
use super::truth::{called, moved, next_of};
use super::{Answer, Room, Screen};
use crate::probes::OpId;
use crate::probes::anomalies::Kind;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::place::{Thing, View};
use crate::tui::query::telling::{Deed, Telling};
use crate::tui::query::why;
use crate::tui::session::Session;
use crate::tui::snapshot::{Known, Snapshot};
use crate::tui::theme::Role;
use crate::tui::words;
use rows::{Columns, Row, rows};

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The row that is selected, of this operation.
    selected: usize,
    op: Option<OpId>,
    /// Are answers of which nothing is said shown as well?
    is_unfolded: bool,
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::Down,
        Action::EventOn,
        Action::Without,
        Action::Enter,
        Action::NextLike,
        Action::Origin,
        Action::Fold,
        Action::Leave,
    ],
};

/// For how many cells rows are counted when keys go through them: with stores in lanes of their own there
/// are more rows, so a selection may stand a few rows above where it was after a resize.
const NARROW: u16 = 70;

/// Columns of the times.
const TIMES: u16 = 9;

/// The operation, and as what it was judged, if it was.
fn chosen(session: &Session) -> Option<(OpId, Option<Kind>)> {
    match session.place.thing {
        Thing::Anomaly(op, kind) => Some((op, Some(kind))),
        Thing::Op(op) => Some((op, None)),
        _ => None,
    }
}

fn telling<'a>(session: &Session, snapshot: &'a Snapshot) -> Option<&'a Telling> {
    let (op, _) = chosen(session)?;
    snapshot.story(session.place.run, op)
}

/// All rows that are shown.
fn shown(session: &Session, telling: &Telling, known: &Known, columns: &Columns) -> Vec<Row> {
    let mut rows = rows(telling, &known.model, columns);
    if !session.views.lanes.is_unfolded {
        rows.retain(|row| !row.is_echo || !row.text.is_empty());
    }
    rows
}

/// The row that is selected: at first that of the crash or loss after which it went wrong.
fn selected(session: &Session, telling: &Telling, rows: &[Row]) -> usize {
    let state = &session.views.lanes;
    if state.op == telling.op {
        return state.selected.min(rows.len().saturating_sub(1));
    }
    let is_bad = |row: &Row| matches!(row.role, Role::Fault | Role::Bad);
    rows.iter().position(is_bad).unwrap_or(0)
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let (Some((_, kind)), Some(telling), Some(known)) =
        (chosen(session), telling(session, screen.snapshot), screen.known())
    else {
        let text = match chosen(session) {
            Some(_) => "This operation is being told: its run is played again with an eye on it.",
            None => "Select an operation in Truth: Esc goes there.",
        };
        canvas.text(area, 1, 1, text, Role::Dim);
        return;
    };
    let line = |y: u16| Rect::new(area.x, area.y + y, area.width, 1).intersection(area);
    title(screen, telling, kind, line(0), canvas);
    let columns = Columns::of(telling, &known.model, area.width.saturating_sub(TIMES + 1));
    let rows = shown(session, telling, known, &columns);
    let count = columns.nodes().len().max(1) as u16;
    let width = (area.width.saturating_sub(TIMES + 1) / count).clamp(2, 24);
    let lanes: Vec<u16> = (0..count).map(|lane| TIMES + 1 + lane * width).collect();
    canvas.right(line(1), TIMES - 2, 0, "ms", Role::Dim);
    for (x, node) in lanes.iter().zip(columns.nodes()) {
        let name = &known.model.scenario.nodes[usize::from(node.0)].name;
        let room = Rect { width: line(1).width.min(x + width - 2), ..line(1) };
        canvas.text(room, x - 1, 0, name, Role::Strong);
    }
    let sentence = match kind {
        Some(kind) => why::judged(telling, &known.model, kind),
        None => telling.why.clone(),
    };
    let why = words::wrapped(&sentence, usize::from(area.width.saturating_sub(2)));
    let below = (why.len() as u16 + 1).min(area.height.saturating_sub(3));
    let height = area.height.saturating_sub(2 + below).min(rows.len() as u16);
    let at = selected(session, telling, &rows);
    let spare = rows.len().saturating_sub(usize::from(height));
    let first = (at + 3).saturating_sub(usize::from(height)).min(spare);
    let now = rows.iter().rposition(|row| row.time.is_some_and(|time| time <= screen.now()));
    for (y, (ix, row)) in (0..height).zip(rows.iter().enumerate().skip(first)) {
        let area = line(2 + y);
        canvas.hit(area, Target::Row(ix));
        let is_selected = ix == at;
        if is_selected {
            canvas.text(area, 0, 0, canvas.glyph(Glyph::Here), Role::Accent);
        }
        let time = row.time.map_or("end".to_owned(), |time| {
            format!("{:.1}", time.0.saturating_sub(telling.sent.0) as f64 / 1e6)
        });
        let role = if is_selected { Role::Accent } else { Role::Dim };
        canvas.right(area, TIMES - 2, 0, &time, role);
        if Some(ix) == now {
            let cells = Rect { x: area.x + 1, width: (TIMES - 3).min(area.width), ..area };
            canvas.tint(cells, Role::Now);
        }
        lane_row(row, &lanes, area, canvas);
    }
    let y = 2 + height;
    canvas.run(line(y), 0, 0, area.width, canvas.glyph(Glyph::Line), Role::Dim);
    if spare > 0 {
        let text = format!(" {} to {} of {} ", first + 1, first + usize::from(height), rows.len());
        canvas.right(line(y), area.width.saturating_sub(2), 0, &text, Role::Dim);
    }
    for (y, text) in (y + 1..area.height).zip(&why) {
        canvas.text(line(y), 1, 0, text, Role::Text);
    }
}

/// `why is place-order#5638 half done?                        rest, session 320`
fn title(
    screen: Screen<'_>,
    telling: &Telling,
    kind: Option<Kind>,
    row: Rect,
    canvas: &mut Canvas<'_>,
) {
    let name = &telling.name;
    let text = match kind {
        Some(
            kind @ (Kind::HalfDone
            | Kind::Duplicated
            | Kind::Retracted
            | Kind::Unannounced
            | Kind::Pending
            | Kind::WronglyRefused),
        ) => format!("why is {name} {}?", called(kind).name),
        Some(Kind::Lost) => format!("why did {name} lose an effect?"),
        Some(kind) => format!("{name}: {}, {}", called(kind).name, called(kind).about),
        None => format!("{name}, event by event"),
    };
    canvas.text(row, 1, 0, &text, Role::Strong);
    let design = &screen.session.scenario().designs[screen.session.place.run.design].name;
    let whose = format!("{design}, session {}", telling.session);
    if row.width as usize > text.chars().count() + whose.chars().count() + 4 {
        canvas.right(row, row.width - 1, 0, &whose, Role::Dim);
    }
}

fn lane_row(row: &Row, lanes: &[u16], area: Rect, canvas: &mut Canvas<'_>) {
    let bar = canvas.glyph(Glyph::Bar);
    for (lane, x) in lanes.iter().enumerate() {
        if !row.down.contains(&lane) {
            canvas.text(area, *x, 0, bar, Role::Dim);
        }
    }
    let from = lanes[row.lane];
    let mut end = from;
    let role = if row.is_echo { Role::Dim } else { Role::Text };
    if let Some((to, arrives)) = row.arrow {
        let to = lanes[to];
        end = from.max(to);
        let (left, right) = (from.min(to), from.max(to));
        canvas.run(area, left + 1, 0, right - left - 1, canvas.glyph(Glyph::Line), role);
        for x in lanes.iter().filter(|x| left < **x && **x < right) {
            canvas.text(area, *x, 0, canvas.glyph(Glyph::Cross), role);
        }
        let head = match (arrives, to > from) {
            (false, _) => (Glyph::Lost, Role::Bad),
            (true, true) => (Glyph::ArrowRight, role),
            (true, false) => (Glyph::ArrowLeft, role),
        };
        canvas.text(area, to, 0, canvas.glyph(head.0), head.1);
        canvas.text(area, from, 0, bar, role);
    }
    if let Some((glyph, role)) = row.sign {
        canvas.text(area, from, 0, canvas.glyph(glyph), role);
    }
    if row.text.is_empty() {
        return;
    }
    let width = row.text.chars().count() as u16;
    let after = area.width.saturating_sub(end + 2);
    let start = row.arrow.map_or(from, |(to, _)| from.min(lanes[to]));
    if width <= after || width + 2 > start.saturating_sub(TIMES) {
        let x = canvas.text(area, end + 1, 0, &format!(" {}", row.text), row.role);
        canvas.text(area, x, 0, " ", Role::Text);
    } else {
        canvas.right(area, start, 0, &format!(" {} ", row.text), row.role);
    }
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let Some((op, kind)) = chosen(session) else { return Answer::Pass };
    match action {
        Action::Enter => {
            session.open(View::Request, Thing::Op(op), false);
            return Answer::Done;
        }
        Action::NextLike | Action::PreviousLike => {
            let on = action == Action::NextLike;
            let (Some(kind), Some(known)) = (kind, snapshot.run(session.place.run)) else {
                return Answer::Not("n goes through a kind: choose one in Truth".to_owned());
            };
            let Some(next) = next_of(known, op, kind, on) else {
                let which = if on { "last" } else { "first" };
                return Answer::Not(format!("this is the {which} that is {}", called(kind).name));
            };
            session.select(Thing::Anomaly(next, kind));
            return Answer::Done;
        }
        Action::Explain => {
            let (Some(telling), Some(known)) =
                (telling(session, snapshot), snapshot.run(session.place.run))
            else {
                return Answer::Pass;
            };
            let said = kind.map(|kind| why::judged(telling, &known.model, kind));
            session.say(said.unwrap_or_else(|| telling.why.clone()));
            return Answer::Done;
        }
        Action::Fold => {
            session.views.lanes.is_unfolded ^= true;
            return Answer::Done;
        }
        _ => {}
    }
    let (Some(telling), Some(known)) =
        (telling(session, snapshot), snapshot.run(session.place.run))
    else {
        return Answer::Pass;
    };
    let columns = Columns::of(telling, &known.model, NARROW);
    let rows = shown(session, telling, known, &columns);
    let at = selected(session, telling, &rows);
    if action == Action::Origin {
        let step = rows.get(at).map_or(0, |row| row.step);
        let reads = telling.steps.iter().skip(step).chain(&telling.steps);
        let read = reads.into_iter().find_map(|step| match &step.what {
            Deed::Saw { item, version, .. } => Some((*item, *version)),
            _ => None,
        });
        return match read {
            Some((item, version)) => origin::follow(item, version, session, snapshot),
            None => Answer::Not("nothing was read: o follows a value to its write".to_owned()),
        };
    }
    let Some(to) = moved(action, at, rows.len()) else { return Answer::Pass };
    session.views.lanes.selected = to;
    session.views.lanes.op = telling.op;
    Answer::Done
}

#[cfg(test)]
mod tests;
