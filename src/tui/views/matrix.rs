//! The tables of Compare: a figure a row, a run a column, each figure with where it stands in its row and with
//! its series as far as there is room.

use ratatui::layout::Rect;

use super::Screen;
use crate::base::{Span, Time};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::columns::{self, Column};
use crate::tui::figures::{
    Better, Figure, Standing, TRAFFIC, TRUTH, Totals, Truth, Value, standings,
};
use crate::tui::place::Thing;
use crate::tui::snapshot::Known;
use crate::tui::theme::Role;
use crate::tui::widgets::axis::Axis;
use crate::tui::widgets::{chart, table};
use crate::tui::words;

/// The room of a figure's name.
const NAMES: u16 = 25;

/// How far right of a figure's end what it will be at the end of the run ends.
const END: u16 = 12;

/// A column: a run, by its name.
pub(super) struct Side<'a> {
    pub(super) name: String,
    pub(super) known: Option<&'a Known>,
    pub(super) role: Role,
}

/// A row of the tables.
#[derive(Clone, Copy)]
pub(super) enum Row {
    Traffic(&'static Figure),
    Truth(&'static Truth),
}

impl Row {
    pub(super) fn name(self) -> &'static str {
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

pub(super) fn rows() -> impl Iterator<Item = Row> {
    TRAFFIC.iter().map(Row::Traffic).chain(TRUTH.iter().map(Row::Truth))
}

/// Where columns stand in a table.
pub(super) struct Grid {
    /// Where the first begins.
    from: u16,
    /// How wide each is.
    width: u16,
    /// Where their figures end.
    end: u16,
    /// Those that fit.
    pub(super) seen: std::ops::Range<usize>,
}

impl Grid {
    pub(super) fn of(area: Rect, sides: usize, chosen: usize) -> Self {
        let from = NAMES.min(area.width / 2);
        let room = area.width - from;
        let fit = (room / 11).max(1);
        let seen = table::seen(sides, fit, Some(chosen));
        let width = (room / (seen.len().max(1) as u16)).min(40);
        Self { from, width, end: 8, seen }
    }

    /// So many columns are left for a series beside the figure and its mark.
    fn room(&self) -> u16 {
        self.width.saturating_sub(self.end + 4)
    }

    /// The slot of a column.
    pub(super) fn slot(&self, area: Rect, y: u16, side: usize) -> Rect {
        let nth = (side - self.seen.start) as u16;
        let x = self.from + nth * self.width;
        let width = self.width.min(area.width.saturating_sub(x));
        Rect { x: area.x + x, y: area.y + y, width, height: 1 }
    }
}

/// The rows of a table; none is the line before those of the truth.
pub(super) fn listed(which: std::ops::Range<usize>, both: bool, height: u16) -> Vec<Option<Row>> {
    if !both {
        return rows().skip(which.start).take(which.len()).map(Some).collect();
    }
    // Where there is no room for all, what is often nothing goes first.
    let is_short = usize::from(height) < TRAFFIC.len() + TRUTH.len() + 3;
    let traffic = rows().take(TRAFFIC.len());
    let first = traffic.filter(|row| !is_short || row.name() != "retries /s");
    first.map(Some).chain([None]).chain(rows().skip(TRAFFIC.len()).map(Some)).collect()
}

/// What a table shows of a column.
struct Read {
    /// The last second, or the range.
    stretch: Column,
    /// Since the warm-up; none before the run has been computed so far.
    totals: Option<Totals>,
    /// The seconds up to the cursor, the last at the right.
    recent: Vec<Option<Column>>,
}

impl Read {
    fn of(screen: Screen<'_>, known: &Known, density: u16, wanted: u16) -> Self {
        let (from, to, _) = super::moment::stretch(screen);
        let recent = recent(known, screen.now(), screen.session.column(), wanted, density);
        let edge = known.history.edge().0.saturating_add(known.history.width.0);
        let is_there = known.audit.is_some() || screen.now().0 < edge;
        let totals = is_there.then(|| Totals::at(known, screen.now()));
        Self { stretch: columns::stretch(known, from, to), totals, recent }
    }

    fn value(&self, row: Row) -> Option<Value> {
        match row {
            Row::Truth(truth) => truth.value(self.totals.as_ref()?),
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
pub(super) struct Table<'a> {
    sides: &'a [Side<'a>],
    reads: Vec<Option<Read>>,
    /// What there will be at the end of each run that is known.
    ends: Vec<Option<Totals>>,
    pub(super) grid: Grid,
    /// The column that the others are measured against.
    base: Option<usize>,
}

impl<'a> Table<'a> {
    pub(super) fn of(
        screen: Screen<'_>,
        sides: &'a [Side<'a>],
        mut grid: Grid,
        base: Option<usize>,
        density: u16,
    ) -> Self {
        // There is never room for more.
        let wanted = grid.width;
        let read = |side: &Side<'_>| Some(Read::of(screen, side.known?, density, wanted));
        let reads: Vec<Option<Read>> = sides.iter().map(read).collect();
        let values = reads.iter().flatten().flat_map(|read| rows().map(|row| read.value(row)));
        let widest = values.flatten().map(|value| value.text.chars().count()).max().unwrap_or(0);
        grid.end = (widest as u16 + 1).clamp(6, 10);
        let end = |side: &Side<'_>| {
            let known = side.known.filter(|_| grid.room() >= END)?;
            Some(Totals::exact(known.at_end.as_deref()?, &known.model.scenario))
        };
        let ends = sides.iter().map(end).collect();
        Self { sides, reads, ends, grid, base }
    }

    /// Draws a row.
    pub(super) fn row(
        &self,
        row: Row,
        is_selected: bool,
        area: Rect,
        y: u16,
        canvas: &mut Canvas<'_>,
    ) {
        let role = if is_selected { Role::Accent } else { Role::Text };
        let names = Rect { width: self.grid.from, ..area };
        canvas.text(names, 1, y, row.name(), role);
        let hit = Rect { y: area.y + y, height: 1, ..names };
        canvas.hit(hit, Target::Thing(Thing::Figure(row.name())));
        let density = chart::density(canvas.look.glyphs);
        let value = |read: &Option<Read>| read.as_ref().and_then(|read| read.value(row));
        let values: Vec<Option<Value>> = self.reads.iter().map(value).collect();
        let ranks = standings(row.better(), &values);
        let sparks: Vec<Vec<Option<u64>>> =
            self.reads.iter().map(|read| self.spark(read.as_ref(), row, density)).collect();
        let most = sparks.iter().flatten().flatten().copied().max().unwrap_or(0);
        let ends = match row {
            Row::Truth(truth) if self.shows_end() => {
                self.ends.iter().map(|totals| truth.value(totals.as_ref()?)).collect()
            }
            _ => Vec::new(),
        };
        let end_ranks = standings(row.better(), &ends);
        for number in self.grid.seen.clone() {
            let slot = self.grid.slot(area, y, number);
            let base = self.base.filter(|base| *base != number);
            let base = base.and_then(|base| values.get(base)?.as_ref());
            let (mark, role) = marked(values[number].as_ref(), ranks[number]);
            let text = match (&values[number], base) {
                (None, _) => "-".to_owned(),
                (Some(value), None) => value.text.clone(),
                (Some(value), Some(base)) => difference(row, value, base),
            };
            let end = self.grid.end;
            canvas.right(slot, end, 0, &text, role);
            canvas.text(slot, end, 0, mark, role);
            if let Some(value) = ends.get(number) {
                let (mark, role) = marked(value.as_ref(), end_ranks[number]);
                let text = value.as_ref().map_or("-", |value| &value.text);
                canvas.right(slot, end + END, 0, text, Role::Dim);
                canvas.text(slot, end + END, 0, mark, role);
            }
            let chart =
                Rect { x: slot.x + (end + 2).min(slot.width), width: self.grid.room(), ..slot };
            let (values, role) = (&sparks[number], self.sides[number].role);
            chart::draw(canvas, chart, &chart::Chart { values, ghost: &[], most, role, now: None });
        }
    }

    /// As many values of a row as there is room for.
    fn spark(&self, read: Option<&Read>, row: Row, density: u16) -> Vec<Option<u64>> {
        let (Some(read), Row::Traffic(figure)) = (read, row) else { return Vec::new() };
        let value = |it: &Option<Column>| it.as_ref().and_then(|it| figure.value(it));
        let room = usize::from(self.grid.room() * density);
        let skipped = read.recent.len().saturating_sub(room);
        read.recent[skipped..].iter().map(value).collect()
    }

    /// Is there room for what truths will be at the end?
    pub(super) fn shows_end(&self) -> bool {
        self.grid.room() >= END
    }
}

/// The mark of where a value stands in its row, and how both are drawn.
fn marked(value: Option<&Value>, standing: Standing) -> (&'static str, Role) {
    match (value, standing) {
        (None, _) => (" ", Role::Dim),
        (_, Standing::Best) => ("+", Role::Good),
        (_, Standing::Worst) => ("-", Role::Bad),
        (_, Standing::Between) => (" ", Role::Text),
    }
}

/// How far a value is from the base's: `+372`, `-12.5`; of what never ends, itself.
fn difference(row: Row, value: &Value, base: &Value) -> String {
    if value.rank.is_infinite() != base.rank.is_infinite() {
        return value.text.clone();
    }
    let by = if value.rank == base.rank { 0.0 } else { value.rank - base.rank };
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
