//! Time: faults, series, latency and violations of the run that is shown, on one axis.
//!
//! ```text
//!                0         10        2▼        30        40        50        60
//! orders-restart ·······▒···▒···▒···▒·┃·▒···▒···▒···▒···▒···▒···▒···▒···▒···▒··
//!           done ▄▄▅▆▅▆▆▅▆▆▆▅▅▆▆▅▆▆▆▄▃▄▃▅▅▆▆▅▆▆▆▅▆▆▆▄▆▆▆▄▁ ▅▄▇▆▆▄▆▆▅▄▆▅▆▄▅▆▆▄▁
//!     8 to 16 ms ▓▓██████████████████████████████████████░ ▓█████████████████·
//!      half done ·······╷···╷···╷···╷·┃·╷···╷···╷···╷···╷···╷···╷···╷···╷···╷
//! ─ 21.400 s, inventory-crash since 1.400 s ──────────────────────────────────────
//!  this second   980 sent  571 done  410 failed: crashed 410      p99 20.9 ms
//!  { inventory-crash begins 20.000 s           } orders-restarts begins 23.000 s
//! ```

use ratatui::layout::Rect;

use super::{Answer, Room, Screen, moment};
use crate::base::Time;
use crate::probes::OpId;
use crate::probes::anomalies::Kind;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::columns::{self, Column};
use crate::tui::figures::Figure;
use crate::tui::glyphs::Glyph;
use crate::tui::marks::{self, Mark};
use crate::tui::place::{RunId, Thing};
use crate::tui::session::Session;
use crate::tui::snapshot::{Known, Snapshot};
use crate::tui::theme::Role;
use crate::tui::tracks::{Heat, Track, row_of, tracks};
use crate::tui::widgets::axis::Axis;
use crate::tui::widgets::{chart, heat, table};

/// It remembers nothing: what is selected is the thing.
#[derive(Clone, Debug, Default)]
pub struct State {}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::MarkOn,
        Action::MarkBack,
        Action::ZoomIn,
        Action::ZoomOut,
        Action::Range,
        Action::Enter,
        Action::Fork,
        Action::Without,
    ],
};

/// Rows below the lanes: the line, the figures, the marks, what is selected.
const FOOT: u16 = 4;

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let area = area.intersection(canvas.area());
    let Some(known) = screen.known() else {
        canvas.text(area, 1, 0, "nothing is computed yet", Role::Dim);
        return;
    };
    if area.is_empty() {
        return;
    }
    let foot = if area.height > 2 * FOOT { FOOT } else { 0 };
    let lanes = Rect { height: area.height - foot, ..area };
    self::lanes(screen, known, lanes, canvas);
    if foot > 0 {
        let foot = Rect { y: area.bottom() - foot, height: foot, ..area };
        moment::draw(screen, known, foot, canvas);
    }
}

/// What all lanes are drawn from.
struct Drawing<'a> {
    screen: Screen<'a>,
    known: &'a Known,
    axis: Axis,
    columns: Vec<Option<Column>>,
    /// The same in as many columns as charts have values.
    fine: Vec<Option<Column>>,
    /// Those of the parent's run, empty if there is none.
    ghost: Vec<Option<Column>>,
    most_heat: u64,
}

fn lanes(screen: Screen<'_>, known: &Known, area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let all = tracks(known, &session.place.thing);
    let widest = all.iter().map(|track| track.label().chars().count()).max().unwrap_or(0);
    let label = (widest as u16).clamp(10, if area.width < 100 { 14 } else { 24 });
    let before = (label + 1).min(area.width.saturating_sub(1));
    let field = Rect { x: area.x + before, width: (area.width - before).max(1), ..area };
    let field = Rect { width: field.width - u16::from(field.width > 40), ..field };
    let end = known.audit.unwrap_or(known.horizon);
    let axis = Axis::around(screen.now().min(end), end, session.place.zoom, field.width);
    let fine = axis.finer(chart::density(canvas.look.glyphs));
    let columns = columns::columns(known, axis);
    let heats = all.iter().filter_map(|track| match track {
        Track::Heat(heat) => Some(heat),
        _ => None,
    });
    let counts = heats.flat_map(|heat| columns.iter().flatten().map(|it| heat.rate(it)));
    let most_heat = counts.max().unwrap_or(0);
    let drawing = Drawing {
        screen,
        known,
        axis,
        most_heat,
        fine: if fine == axis { columns.clone() } else { columns::columns(known, fine) },
        columns,
        ghost: parent(screen).map_or_else(Vec::new, |known| columns::columns(known, fine)),
    };
    canvas.hit(field, Target::Axis(axis.from, axis.to));
    let top = Rect { height: 1, ..field };
    range(session, axis, top, canvas);
    axis.draw(canvas, top, screen.now());
    let selected = row_of(&all, &session.place.thing);
    let seen = table::seen(all.len(), area.height.saturating_sub(1), selected);
    let spare = usize::from(area.height) - 1 - seen.len();
    let series = all.iter().filter(|track| matches!(track, Track::Series(_))).count();
    let tall = 1 + (spare / series.max(1)).min(9) as u16;
    let mut y = area.y + 1;
    for number in seen {
        let track = &all[number];
        let height = if matches!(track, Track::Series(_)) { tall } else { 1 };
        let height = height.min(area.bottom().saturating_sub(y));
        let slot = Rect { y, height, ..field };
        let name = Rect { x: area.x, y, width: before, height };
        let role = if selected == Some(number) { Role::Accent } else { Role::Text };
        named(&drawing, track, name, role, canvas);
        canvas.hit(Rect { width: before, ..name }, Target::Thing(track.thing()));
        drawing.draw(track, slot, canvas);
        y += height;
    }
}

/// What stands before a lane: its name, and for a chart of several rows what fills it.
fn named(drawing: &Drawing<'_>, track: &Track, area: Rect, role: Role, canvas: &mut Canvas<'_>) {
    let room = area.width.saturating_sub(1);
    let label = canvas.cut(&track.label(), room);
    match track {
        Track::Fault(_) => {
            canvas.text(area, 0, 0, &label, role);
        }
        Track::Series(figure) if area.height > 1 => {
            let most = figure.words(drawing.most(figure));
            let end = canvas.text(area, 0, 0, &label, role);
            let row = u16::from(end + 1 + most.len() as u16 > room);
            canvas.right(area, room, row, &most, Role::Dim);
            canvas.right(area, room, area.height - 1, "0", Role::Dim);
        }
        _ => canvas.right(area, room, 0, &label, role),
    }
}

impl Drawing<'_> {
    fn most(&self, figure: &Figure) -> u64 {
        let both = self.fine.iter().chain(&self.ghost).flatten();
        both.filter_map(|column| figure.value(column)).max().unwrap_or(0)
    }

    fn draw(&self, track: &Track, area: Rect, canvas: &mut Canvas<'_>) {
        let now = self.axis.column(self.screen.now());
        match track {
            Track::Fault(name) => {
                self.ground(area, canvas);
                let faults = self.known.model.faults.iter().filter(|(other, _)| other == name);
                for (from, to) in faults.flat_map(|(_, windows)| windows) {
                    if let Some((first, last)) = self.axis.touched(*from, *to) {
                        let glyph = canvas.glyph(Glyph::Fault);
                        canvas.run(area, first, 0, last - first + 1, glyph, Role::Fault);
                    }
                }
            }
            Track::Series(figure) => {
                let series = |columns: &[Option<Column>]| -> Vec<Option<u64>> {
                    let value = |it: &Option<Column>| it.as_ref().and_then(|it| figure.value(it));
                    columns.iter().map(value).collect()
                };
                let (values, ghost) = (series(&self.fine), series(&self.ghost));
                let role = match figure.name {
                    "failed /s" => Role::Bad,
                    "done /s" => Role::Good,
                    _ => Role::Text,
                };
                let most = self.most(figure);
                chart::draw(
                    canvas,
                    area,
                    &chart::Chart { values: &values, ghost: &ghost, most, role, now: None },
                );
            }
            Track::Heat(heat) => {
                let count = |it: &Option<Column>| it.as_ref().map(|it| heat.rate(it));
                let counts: Vec<Option<u64>> = self.columns.iter().map(count).collect();
                let role = if heat.classes.is_none() { Role::Bad } else { Role::Text };
                heat::row(canvas, area, &counts, self.most_heat, role);
            }
            Track::Violations(kind) => {
                self.ground(area, canvas);
                for (number, column) in (0..area.width).zip(&self.columns) {
                    if column.as_ref().is_some_and(|it| it.all.anomaly(*kind) > 0) {
                        canvas.text(area, number, 0, canvas.glyph(Glyph::Mark), Role::Bad);
                    }
                }
            }
        }
        if let Some(now) = now {
            chart::cursor(canvas, area, now);
        }
    }

    /// Dots where something is known.
    fn ground(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let known = self.columns.iter().filter(|column| column.is_some()).count() as u16;
        canvas.run(area, 0, 0, known, canvas.glyph(Glyph::Empty), Role::Dim);
    }
}

/// What is known of the parent's run of the same design.
fn parent(screen: Screen<'_>) -> Option<&Known> {
    let RunId { world, design } = screen.session.place.run;
    let parent = screen.session.worlds.get(world).parent?;
    screen.snapshot.run(RunId { world: parent, design })
}

fn range(session: &Session, axis: Axis, row: Rect, canvas: &mut Canvas<'_>) {
    let Some((from, to)) = session.range else { return };
    if let Some((first, last)) = axis.touched(from, Time(to.0.saturating_add(1))) {
        let line = canvas.glyph(Glyph::Heavy);
        canvas.run(row, first, 0, last - first + 1, line, Role::Accent);
    }
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let Some(known) = snapshot.run(session.place.run) else { return Answer::Pass };
    match action {
        Action::Left => session.act(Action::ColumnBack, snapshot),
        Action::Right => session.act(Action::ColumnOn, snapshot),
        Action::Enter => return enter(session, known),
        _ => {
            let all = tracks(known, &session.place.thing);
            let now = row_of(&all, &session.place.thing);
            let Some(to) = table::moved(action, now, all.len()) else { return Answer::Pass };
            session.select(all[to].thing());
        }
    }
    Answer::Done
}

fn enter(session: &mut Session, known: &Known) -> Answer {
    let now = session.place.cursor.time;
    let all = tracks(known, &session.place.thing);
    let Some(row) = row_of(&all, &session.place.thing) else {
        return Answer::Not("select a row with j and k: Enter opens what is in it here".into());
    };
    match &all[row] {
        Track::Heat(heat) => match exemplar(session, known, heat) {
            Some(op) => session.open(crate::tui::place::View::Request, Thing::Op(op), false),
            None => return Answer::Not(format!("no operation {} is near here", heat.label())),
        },
        Track::Fault(name) => {
            let mut faults = known.model.faults.iter().filter(|(other, _)| other == name);
            let windows = faults.next().map_or(&[][..], |(_, windows)| windows);
            let next = windows.iter().find(|(from, _)| *from > now).or(windows.first());
            let Some((from, _)) = next else {
                return Answer::Not(format!("{name} never acts in this run"));
            };
            session.select(Thing::Occurrence(name.clone(), *from));
            session.seek_time(*from);
        }
        Track::Violations(kind) => return open_violation(session, known, *kind),
        Track::Series(_) => {
            return Answer::Not("a row of the heatmap has operations to open: j goes there".into());
        }
    }
    Answer::Done
}

fn open_violation(session: &mut Session, known: &Known, kind: Kind) -> Answer {
    let column = session.column().0;
    let from = Time(session.place.cursor.time.0.saturating_sub(column));
    let list = [kind];
    let found = marks::violations(known, &list).find(|(at, _)| *at >= from);
    let Some((_, Mark::Violation(op, kind))) = found else {
        return Answer::Not("none from here on: h goes back".into());
    };
    session.open(crate::tui::place::View::Truth, Thing::Anomaly(op, kind), true);
    Answer::Done
}

/// An operation of a row of the heatmap: that of the bucket nearest to the cursor, within a column.
pub(super) fn exemplar(session: &Session, known: &Known, heat: &Heat) -> Option<OpId> {
    let history = &known.history;
    let here = (session.place.cursor.time.0 / history.width.0) as usize;
    let far = session.column().0.div_ceil(history.width.0) as usize;
    let found = |bucket: usize| {
        let bucket = history.buckets.get(bucket)?;
        match &heat.classes {
            None => bucket.failed,
            Some(classes) => bucket.exemplars[classes.clone()].iter().find_map(|op| *op),
        }
    };
    (0..=far).find_map(|off| found(here.saturating_sub(off)).or_else(|| found(here + off)))
}
