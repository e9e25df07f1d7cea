//! Compare: runs side by side, at one time.
//!
//! ```text
//!  last second to 21.400 s    rest               pubsub            events
//!  sent /s                     980  ▆▆▆▆▆▆▆▆▆     976  ▆▆▆▆▆▆▆▆▆    979  ▆▆▆▆▆▆▆▆▆
//!  done /s                     571- ▇▇▆▇▇▇▅▄▄     636  ▇▇▆▇▇▇▅▅▅    943+ ▇▇▆▇▇▇▅▇▇
//! ─ since 5.000 s, judged by the truth ───────────────────────────────────────────
//!  kept                      3 496-             3 550             3 842+
//!  half done                    20-                 2                 0+
//! ```
//!
//! A column is a run: a design of one world, or a world under one design. Above the line a stretch of time as
//! services know it, below it everything since the warm-up as it truly is.

use ratatui::layout::Rect;

use super::matrix::{Grid, Row, Side, Table, listed, rows};
use super::{Answer, Room, Screen, charts};
use crate::base::Time;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::figures::{Figure, TRAFFIC, TRUTH};
use crate::tui::place::{RunId, Thing};
use crate::tui::session::{Columns, Session};
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::widgets::{chart, table};
use crate::tui::words;

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Which column is chosen where columns are worlds; where they are designs it is that which is shown.
    column: usize,
    /// The column that the others are measured against, if one is.
    base: Option<usize>,
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::Left,
        Action::Right,
        Action::Enter,
        Action::Compare,
        Action::Base,
        Action::Range,
        Action::MarkOn,
        Action::Play,
    ],
};

/// From this size on there are charts too.
const CHARTS: (u16, u16) = (150, 40);

/// The columns.
pub(super) fn sides(screen: Screen<'_>) -> Vec<Side<'_>> {
    let session = screen.session;
    let side = |run: RunId| {
        let (name, role) = match session.columns {
            Columns::Designs => {
                let design = &session.scenario().designs[run.design];
                (design.name.clone(), Role::Design(run.design as u8))
            }
            Columns::Worlds(_) => (session.worlds.get(run.world).name.clone(), Role::Strong),
        };
        Side { name, known: screen.snapshot.run(run), role }
    };
    session.columns().into_iter().map(side).collect()
}

/// The column that is chosen.
fn chosen(session: &Session) -> usize {
    match session.columns {
        Columns::Designs => session.place.run.design,
        Columns::Worlds(_) => session.views.compare.column.min(1),
    }
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let area = area.intersection(canvas.area());
    if area.is_empty() {
        return;
    }
    let sides = sides(screen);
    if area.width >= CHARTS.0 && area.height >= CHARTS.1 {
        let below = Rect { y: area.bottom() - 13, height: 13, ..area };
        charts::draw(screen, &sides, Rect { height: area.height - 13, ..area }, canvas);
        let half = area.width / 2;
        let (left, right) = (
            Rect { width: half - 2, ..below },
            Rect { x: below.x + half, width: area.width - half, ..below },
        );
        canvas.rule(below, 0, &heading(screen));
        table_of(screen, &sides, left, 0..TRAFFIC.len(), canvas);
        let title = format!(" {}; dimmed, at the end ", since(screen));
        canvas.text(right, 0, 0, &title, Role::Strong);
        table_of(screen, &sides, right, TRAFFIC.len()..TRAFFIC.len() + TRUTH.len(), canvas);
        note(below, canvas);
        return;
    }
    table_of(screen, &sides, area, 0..TRAFFIC.len() + TRUTH.len(), canvas);
}

/// `last second to 21.400 s`, or the range, or the whole run.
fn heading(screen: Screen<'_>) -> String {
    let (from, _, name) = super::moment::stretch(screen);
    match name.as_str() {
        "this second" => format!("last second to {}", words::instant(screen.now())),
        "whole run" => format!("whole run from {}", words::short(from)),
        _ => name,
    }
}

fn since(screen: Screen<'_>) -> String {
    let warmup = screen.session.scenario().run.warmup;
    format!("since {}, judged by the truth", words::instant(Time(warmup.0)))
}

fn note(area: Rect, canvas: &mut Canvas<'_>) {
    let y = area.height.saturating_sub(1);
    let x = canvas.text(area, 1, y, "+", Role::Good);
    let x = canvas.text(area, x, y, " best  ", Role::Dim);
    let x = canvas.text(area, x, y, "-", Role::Bad);
    let text = " worst of the row.  Same customers, same faults, same nanosecond.";
    canvas.text(area, x, y, text, Role::Dim);
}

/// The tables of some rows: their heading, and the line before those of the truth.
fn table_of(
    screen: Screen<'_>,
    sides: &[Side<'_>],
    area: Rect,
    which: std::ops::Range<usize>,
    canvas: &mut Canvas<'_>,
) {
    let session = screen.session;
    let grid = Grid::of(area, sides.len(), chosen(session));
    let both = which.start == 0 && which.end > TRAFFIC.len();
    if both {
        canvas.text(area, 1, 0, &heading(screen), Role::Strong);
    }
    let header = u16::from(!both);
    for (number, side) in sides.iter().enumerate().filter(|(ix, _)| grid.seen.contains(ix)) {
        let slot = grid.slot(area, header, number);
        let mut name = side.name.clone();
        if session.views.compare.base == Some(number) {
            name.push_str(" (base)");
        }
        let start = 6u16.saturating_sub(name.chars().count() as u16 / 2).min(3);
        let name = canvas.cut(&name, slot.width.saturating_sub(start + 1));
        let end = canvas.text(slot, start, 0, &name, side.role);
        if chosen(session) == number {
            canvas.tint(Rect { x: slot.x + start, width: end - start, ..slot }, Role::Accent);
        }
    }
    let list = listed(which, both, area.height);
    let selected = |row: &Option<Row>| match &session.place.thing {
        Thing::Figure(name) => row.is_some_and(|row| row.name() == *name),
        _ => false,
    };
    let height = area.height.saturating_sub(header + 1);
    let seen = table::seen(list.len(), height, list.iter().position(selected));
    let all_seen = seen.len() == list.len();
    let base = session.views.compare.base;
    let table = Table::of(screen, sides, grid, base, chart::density(canvas.look.glyphs));
    let mut y = header + 1;
    for row in &list[seen] {
        match row {
            None if table.shows_end() => {
                canvas.rule(area, y, &format!("{}; dimmed, at the end", since(screen)));
            }
            None => canvas.rule(area, y, &since(screen)),
            Some(shown) => table.row(*shown, selected(row), area, y, canvas),
        }
        y += 1;
    }
    if both && all_seen && y < area.height {
        note(Rect { height: y + 1, ..area }, canvas);
    }
}

fn act(action: Action, session: &mut Session, _snapshot: &Snapshot) -> Answer {
    let sides = session.columns();
    match action {
        Action::Left | Action::Right => {
            let last = sides.len() - 1;
            let now = chosen(session);
            let to =
                if action == Action::Right { (now + 1).min(last) } else { now.saturating_sub(1) };
            if to == now {
                return Answer::Not("no column beyond this one".to_owned());
            }
            match session.columns {
                Columns::Designs => {
                    session.place.run.design = to;
                    session.place.thing = session.place.thing.under_another_design();
                    session.seek_time(session.place.cursor.time);
                }
                Columns::Worlds(_) => session.views.compare.column = to,
            }
        }
        Action::Base => {
            let column = chosen(session);
            let is_same = session.views.compare.base == Some(column);
            session.views.compare.base = (!is_same).then_some(column);
        }
        Action::Enter => return enter(session, &sides),
        _ => {
            let names: Vec<&'static str> = rows().map(Row::name).collect();
            let now = match session.place.thing {
                Thing::Figure(name) => names.iter().position(|other| *other == name),
                _ => None,
            };
            let Some(to) = table::moved(action, now, names.len()) else { return Answer::Pass };
            session.select(Thing::Figure(names[to]));
        }
    }
    Answer::Done
}

fn enter(session: &mut Session, sides: &[RunId]) -> Answer {
    let Thing::Figure(name) = session.place.thing else {
        return Answer::Not("select a row with j and k: Enter shows it over time".into());
    };
    if Figure::find(name).is_none() {
        return Answer::Not(format!("{name} has no series: it is one figure of the whole run"));
    }
    let run = sides[chosen(session)];
    let view = crate::tui::place::View::Time;
    session.go(crate::tui::place::Place { run, view, ..session.place.clone() });
    Answer::Done
}
