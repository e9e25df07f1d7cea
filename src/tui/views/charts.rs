//! Compare where there is room: the series of all columns on shared axes, with their latencies, faults and
//! violations below.

use ratatui::layout::Rect;

use super::Screen;
use super::matrix::Side;
use crate::base::Time;
use crate::probes::anomalies::Kind;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::columns::{self, Column};
use crate::tui::figures::Figure;
use crate::tui::glyphs::Glyph;
use crate::tui::snapshot::Known;
use crate::tui::theme::Role;
use crate::tui::tracks::{self, Heat};
use crate::tui::widgets::axis::Axis;
use crate::tui::widgets::{chart, heat};

/// The series, from the top.
const SERIES: [&str; 5] = ["done /s", "failed /s", "p99 ms", "open operations", "messages /s"];

/// The violations.
const VIOLATIONS: [Kind; 3] = [Kind::HalfDone, Kind::Lost, Kind::StaleRead];

/// The room of names and scales.
const NAMES: u16 = 17;

/// A column with what is drawn of it.
struct Panel<'a> {
    known: &'a Known,
    field: Rect,
    role: Role,
    columns: Vec<Option<Column>>,
    fine: Vec<Option<Column>>,
}

/// Draws it.
pub(super) fn draw(screen: Screen<'_>, sides: &[Side<'_>], area: Rect, canvas: &mut Canvas<'_>) {
    let wide = (area.width - NAMES) / (sides.len().max(1) as u16);
    let ends = sides.iter().filter_map(|side| side.known);
    let end = ends.map(|known| known.audit.unwrap_or(known.horizon)).max().unwrap_or(Time(1));
    let width = wide.saturating_sub(1).max(1);
    let axis = Axis::around(screen.now().min(end), end, screen.session.place.zoom, width);
    let fine = axis.finer(chart::density(canvas.look.glyphs));
    let mut panels = Vec::new();
    for (number, side) in (0..).zip(sides) {
        let x = area.x + NAMES + number * wide;
        let field = Rect { x, width, ..area }.intersection(area);
        canvas.text(field, 0, 0, &side.name, side.role);
        let Some(known) = side.known else { continue };
        let columns = columns::columns(known, axis);
        let fine = if fine == axis { columns.clone() } else { columns::columns(known, fine) };
        canvas.hit(field, Target::Axis(axis.from, axis.to));
        panels.push(Panel { known, field, role: side.role, columns, fine });
    }
    let figures = SERIES.iter().filter_map(|name| Figure::find(name));
    // The heading, the heatmap, the faults, the violations, the axis.
    let fixed = 1 + 6 + 1 + VIOLATIONS.len() as u16 + 1;
    let each = (area.height.saturating_sub(fixed) / SERIES.len() as u16).max(2);
    let mut y = 1;
    for figure in figures {
        series(figure, &panels, Rect { y: area.y + y, height: each, ..area }, canvas);
        y += each;
    }
    y += heats(&panels, area, y, canvas);
    y += faults(&panels, axis, area, y, canvas);
    y += violations(&panels, area, y, canvas);
    for panel in &panels {
        let row = Rect { y: area.y + y, height: 1, ..panel.field }.intersection(area);
        axis.draw(canvas, row, screen.now());
        if let Some(now) = axis.column(screen.now()) {
            let field = Rect { y: area.y + 1, height: y - 1, ..panel.field }.intersection(area);
            chart::cursor(canvas, field, now);
        }
    }
}

fn name(area: Rect, y: u16, text: &str, canvas: &mut Canvas<'_>) {
    canvas.right(Rect { width: NAMES, ..area }, NAMES - 1, y, text, Role::Text);
}

/// One figure of all columns, with its scale; a blank row above it.
fn series(figure: &Figure, panels: &[Panel<'_>], area: Rect, canvas: &mut Canvas<'_>) {
    let of = |columns: &[Option<Column>]| -> Vec<Option<u64>> {
        let value = |it: &Option<Column>| it.as_ref().and_then(|it| figure.value(it));
        columns.iter().map(value).collect()
    };
    let all: Vec<Vec<Option<u64>>> = panels.iter().map(|panel| of(&panel.fine)).collect();
    let most = all.iter().flatten().flatten().copied().max().unwrap_or(0);
    let top = u16::from(area.height > 2);
    canvas.text(area, 1, top, figure.name, Role::Text);
    let scale = Rect { width: NAMES, ..area };
    let label = figure.words(most);
    let taken = figure.name.chars().count() + label.chars().count() + 3;
    let row = top + u16::from(taken > usize::from(NAMES));
    canvas.right(scale, NAMES - 1, row, &label, Role::Dim);
    if area.height > row + 1 {
        canvas.right(scale, NAMES - 1, area.height - 1, "0", Role::Dim);
    }
    for (panel, values) in panels.iter().zip(&all) {
        let field = Rect { y: area.y + top, height: area.height - top, ..panel.field };
        let chart = chart::Chart { values, ghost: &[], most, role: panel.role, now: None };
        chart::draw(canvas, field.intersection(area), &chart);
    }
}

fn heats(panels: &[Panel<'_>], area: Rect, y: u16, canvas: &mut Canvas<'_>) -> u16 {
    let all: Vec<Option<Column>> = panels.iter().flat_map(|panel| panel.columns.clone()).collect();
    let rows = tracks::heats(&all);
    let counts = |heat: &Heat, columns: &[Option<Column>]| -> Vec<Option<u64>> {
        columns.iter().map(|it| it.as_ref().map(|it| heat.rate(it))).collect()
    };
    let most = rows.iter().flat_map(|heat| counts(heat, &all)).flatten().max().unwrap_or(0);
    for (row, heat) in (y..).zip(&rows) {
        name(area, row, &heat.label(), canvas);
        let role = if heat.classes.is_none() { Role::Bad } else { Role::Text };
        for panel in panels {
            let field = Rect { y: area.y + row, height: 1, ..panel.field }.intersection(area);
            heat::row(canvas, field, &counts(heat, &panel.columns), most, role);
        }
    }
    rows.len() as u16
}

fn faults(panels: &[Panel<'_>], axis: Axis, area: Rect, y: u16, canvas: &mut Canvas<'_>) -> u16 {
    name(area, y, "faults", canvas);
    for panel in panels {
        let field = Rect { y: area.y + y, height: 1, ..panel.field }.intersection(area);
        canvas.run(field, 0, 0, field.width, canvas.glyph(Glyph::Empty), Role::Dim);
        for (from, to) in panel.known.model.faults.iter().flat_map(|(_, windows)| windows) {
            if let Some((first, last)) = axis.touched(*from, *to) {
                let glyph = canvas.glyph(Glyph::Fault);
                canvas.run(field, first, 0, last - first + 1, glyph, Role::Fault);
            }
        }
    }
    1
}

fn violations(panels: &[Panel<'_>], area: Rect, y: u16, canvas: &mut Canvas<'_>) -> u16 {
    for (row, kind) in (y..).zip(VIOLATIONS) {
        name(area, row, tracks::words_of(kind), canvas);
        for panel in panels {
            let field = Rect { y: area.y + row, height: 1, ..panel.field }.intersection(area);
            canvas.run(field, 0, 0, field.width, canvas.glyph(Glyph::Empty), Role::Dim);
            for (x, column) in (0..).zip(&panel.columns) {
                if column.as_ref().is_some_and(|it| it.all.anomaly(kind) > 0) {
                    canvas.text(field, x, 0, canvas.glyph(Glyph::Mark), Role::Bad);
                }
            }
        }
    }
    VIOLATIONS.len() as u16
}
