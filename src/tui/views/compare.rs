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

use super::{Answer, Room, Screen, charts};
use crate::base::{Span, Time};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::columns::{self, Column};
use crate::tui::figures::{
    Better, Figure, Standing, TRAFFIC, TRUTH, Totals, Truth, Value, standings,
};
use crate::tui::place::{RunId, Thing};
use crate::tui::session::{Columns, Session};
use crate::tui::snapshot::{Known, Snapshot};
use crate::tui::theme::Role;
use crate::tui::widgets::axis::Axis;
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

/// The room of a figure's name.
const NAMES: u16 = 25;

/// A column: a run, by its name.
pub(super) struct Side<'a> {
    pub(super) name: String,
    pub(super) known: Option<&'a Known>,
    pub(super) role: Role,
}

/// A row of the tables.
#[derive(Clone, Copy)]
enum Row {
    Traffic(&'static Figure),
    Truth(&'static Truth),
}

impl Row {
    fn name(self) -> &'static str {
        match self {
            Self::Traffic(figure) => figure.name,
            Self::Truth(truth) => truth.name,
        }
    }

    fn better(self) -> Better {
        match self {
            Self::Traffic(figure) => figure.better,
            Self::Truth(truth) => truth.better,
        }
    }
}

fn rows() -> impl Iterator<Item = Row> {
    TRAFFIC.iter().map(Row::Traffic).chain(TRUTH.iter().map(Row::Truth))
}

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
        let title = since(screen);
        canvas.text(right, 1, 0, &format!(" {title} "), Role::Strong);
        table_of(screen, &sides, right, TRAFFIC.len()..TRAFFIC.len() + TRUTH.len(), canvas);
        note(below, canvas);
        return;
    }
    table_of(screen, &sides, area, 0..TRAFFIC.len() + TRUTH.len(), canvas);
}

/// `last second to 21.400 s`, or the range.
fn heading(screen: Screen<'_>) -> String {
    match screen.session.range {
        Some((from, to)) if from < to => {
            format!("{} to {}", words::instant(from), words::instant(to))
        }
        _ => format!("last second to {}", words::instant(screen.now())),
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

/// Where columns stand in a table.
struct Grid {
    /// Where the first begins.
    from: u16,
    /// How wide each is.
    width: u16,
    /// Those that fit.
    seen: std::ops::Range<usize>,
}

impl Grid {
    fn of(area: Rect, sides: usize, chosen: usize) -> Self {
        let from = NAMES.min(area.width / 2);
        let room = area.width - from;
        let fit = (room / 11).max(1);
        let seen = table::seen(sides, fit, Some(chosen));
        let width = (room / (seen.len().max(1) as u16)).min(40);
        Self { from, width, seen }
    }

    /// The slot of a column.
    fn slot(&self, area: Rect, y: u16, side: usize) -> Rect {
        let nth = (side - self.seen.start) as u16;
        let x = self.from + nth * self.width;
        let width = self.width.min(area.width.saturating_sub(x));
        Rect { x: area.x + x, y: area.y + y, width, height: 1 }
    }
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
        let end = canvas.text(slot, start, 0, &name, side.role);
        if chosen(session) == number {
            canvas.tint(Rect { x: slot.x + start, width: end - start, ..slot }, Role::Accent);
        }
    }
    let list: Vec<Option<Row>> = match both {
        true => {
            let (first, second) = (rows().take(TRAFFIC.len()), rows().skip(TRAFFIC.len()));
            let short = usize::from(area.height) < TRAFFIC.len() + TRUTH.len() + 3;
            // Where there is no room for all, what is often nothing goes first.
            let first = first.filter(move |row| !short || row.name() != "retries /s");
            first.map(Some).chain([None]).chain(second.map(Some)).collect()
        }
        false => rows().skip(which.start).take(which.len()).map(Some).collect(),
    };
    let selected = |row: &Option<Row>| match &session.place.thing {
        Thing::Figure(name) => row.is_some_and(|row| row.name() == *name),
        _ => false,
    };
    let height = area.height.saturating_sub(header + 1);
    let seen = table::seen(list.len(), height, list.iter().position(selected));
    let all_seen = seen.len() == list.len();
    let (density, wanted) = (chart::density(canvas.look.glyphs), room(grid.width));
    let read = |side: &Side<'_>| Some(Read::of(screen, side.known?, density, wanted));
    let reads = sides.iter().map(read).collect();
    let table = Table { sides, reads, grid, base: session.views.compare.base };
    let mut y = header + 1;
    for row in &list[seen] {
        match row {
            None => canvas.rule(area, y, &since(screen)),
            Some(shown) => table.row(*shown, selected(row), area, y, canvas),
        }
        y += 1;
    }
    if both && all_seen && y < area.height {
        note(Rect { height: y + 1, ..area }, canvas);
    }
}

/// What a table shows of a column.
struct Read {
    /// The last second, or the range.
    stretch: Column,
    /// Since the warm-up.
    totals: Totals,
    /// The seconds up to the cursor, the last at the right.
    recent: Vec<Option<Column>>,
}

impl Read {
    fn of(screen: Screen<'_>, known: &Known, density: u16, wanted: u16) -> Self {
        let (from, to, _) = super::moment::stretch(screen);
        let recent = recent(known, screen.now(), screen.session.column(), wanted, density);
        let totals = Totals::at(known, screen.now());
        Self { stretch: columns::stretch(known, from, to), totals, recent }
    }

    fn value(&self, row: Row) -> Option<Value> {
        match row {
            Row::Truth(truth) => truth.value(&self.totals),
            Row::Traffic(figure) => {
                let value = figure.value(&self.stretch)?;
                Some(Value { rank: value as f64, text: figure.words(value) })
            }
        }
    }
}

/// So many columns up to an instant, the last at the right.
fn recent(
    known: &Known,
    now: Time,
    column: Span,
    wanted: u16,
    density: u16,
) -> Vec<Option<Column>> {
    let width = known.history.width.0;
    let to = now.0.min(known.history.edge().0) / width * width;
    let fit = (to / column.0).min(wanted.into());
    let blanks = (u64::from(wanted) - fit) * u64::from(density);
    let mut recent = vec![None; blanks as usize];
    if fit > 0 {
        let axis = Axis { from: Time(to - fit * column.0), to: Time(to), columns: fit as u16 };
        recent.extend(columns::columns(known, axis.finer(density)));
    }
    recent
}

/// A table with its columns.
struct Table<'a> {
    sides: &'a [Side<'a>],
    reads: Vec<Option<Read>>,
    grid: Grid,
    /// The column that the others are measured against.
    base: Option<usize>,
}

impl Table<'_> {
    /// Draws a row.
    fn row(&self, row: Row, is_selected: bool, area: Rect, y: u16, canvas: &mut Canvas<'_>) {
        let role = if is_selected { Role::Accent } else { Role::Text };
        let names = Rect { width: self.grid.from, ..area };
        canvas.text(names, 1, y, row.name(), role);
        let hit = Rect { y: area.y + y, height: 1, ..names };
        canvas.hit(hit, Target::Thing(Thing::Figure(row.name())));
        let value = |read: &Option<Read>| read.as_ref().and_then(|read| read.value(row));
        let values: Vec<Option<Value>> = self.reads.iter().map(value).collect();
        let standings = standings(row.better(), &values);
        let sparks: Vec<Vec<Option<u64>>> =
            self.reads.iter().map(|read| spark(read.as_ref(), row)).collect();
        let most = sparks.iter().flatten().flatten().copied().max().unwrap_or(0);
        for number in self.grid.seen.clone() {
            let slot = self.grid.slot(area, y, number);
            let base = self.base.filter(|base| *base != number);
            let base = base.and_then(|base| values.get(base)?.as_ref());
            let (mark, role) = match (&values[number], standings[number]) {
                (None, _) => (" ", Role::Dim),
                (_, Standing::Best) => ("+", Role::Good),
                (_, Standing::Worst) => ("-", Role::Bad),
                (_, Standing::Between) => (" ", Role::Text),
            };
            let text = match (&values[number], base) {
                (None, _) => "-".to_owned(),
                (Some(value), None) => value.text.clone(),
                (Some(value), Some(base)) => difference(row, value, base),
            };
            canvas.right(slot, 8, 0, &text, role);
            canvas.text(slot, 8, 0, mark, role);
            let chart = Rect { x: slot.x + 10.min(slot.width), width: room(slot.width), ..slot };
            let (values, role) = (&sparks[number], self.sides[number].role);
            chart::draw(canvas, chart, &chart::Chart { values, ghost: &[], most, role, now: None });
        }
    }
}

fn spark(read: Option<&Read>, row: Row) -> Vec<Option<u64>> {
    let (Some(read), Row::Traffic(figure)) = (read, row) else { return Vec::new() };
    let value = |it: &Option<Column>| it.as_ref().and_then(|it| figure.value(it));
    read.recent.iter().map(value).collect()
}

/// So many columns are left for a series beside the figure.
fn room(width: u16) -> u16 {
    width.saturating_sub(12)
}

/// How far a value is from the base's: `+372`, `-12.5`.
fn difference(row: Row, value: &Value, base: &Value) -> String {
    let by = value.rank - base.rank;
    let size = match row {
        Row::Traffic(figure) => figure.words(by.abs() as u64),
        Row::Truth(truth) if truth.name.ends_with('%') => words::three(100.0 * by.abs()),
        Row::Truth(truth) if truth.name.ends_with("ms") => words::millis(Span(by.abs() as u64)),
        Row::Truth(_) => words::count(by.abs() as u64),
    };
    match size.as_str() {
        "0" => "=".to_owned(),
        size if by > 0.0 => format!("+{size}"),
        size => format!("-{size}"),
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
            match session.columns {
                Columns::Designs if to != now => {
                    session.place.run.design = to;
                    session.seek_time(session.place.cursor.time);
                }
                Columns::Designs => {}
                Columns::Worlds(_) => session.views.compare.column = to,
            }
        }
        Action::Down | Action::Up | Action::First | Action::Last => {
            let names: Vec<&'static str> = rows().map(Row::name).collect();
            let now = match session.place.thing {
                Thing::Figure(name) => names.iter().position(|other| *other == name),
                _ => None,
            };
            let to = match (action, now) {
                (Action::Last, _) => names.len() - 1,
                (Action::Down, Some(row)) => (row + 1).min(names.len() - 1),
                (Action::Up, Some(row)) => row.saturating_sub(1),
                _ => 0,
            };
            session.select(Thing::Figure(names[to]));
        }
        Action::Base => {
            let column = chosen(session);
            let is_same = session.views.compare.base == Some(column);
            session.views.compare.base = (!is_same).then_some(column);
        }
        Action::Enter => return enter(session, &sides),
        _ => return Answer::Pass,
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
