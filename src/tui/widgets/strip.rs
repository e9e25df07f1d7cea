//! The strip: the whole run as a scrubber in one row, under every view.
//!
//! ```text
//! 0s ────────▒───▒▒───▒────▒▒▒┃▒▒───▒▒───▒────▒───▒▒▒▒▒▒────▒────▒───▒────▒─·· 62s
//! ```
//!
//! Faults where they act, violations of the filter, the cursor; dots while what is under way drains, and
//! nothing where nothing is known yet. A click or a drag on it scrubs.

use ratatui::layout::Rect;

use super::axis::Axis;
use crate::base::Time;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::marks;
use crate::tui::snapshot::Known;
use crate::tui::theme::Role;
use crate::tui::views::Screen;

/// Narrower than this it has no labels at its ends.
const LABELLED: u16 = 60;

/// Draws it.
pub fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let area = area.intersection(canvas.area());
    let known = screen.known();
    let run = &screen.session.scenario().run;
    let end = known.map_or(Time(run.length.0), |known| known.audit.unwrap_or(known.horizon));
    let (left, right) = if area.width < LABELLED {
        (String::new(), String::new())
    } else {
        ("0s ".to_owned(), format!(" {}", label(end)))
    };
    let (before, after) = (left.len() as u16, right.len() as u16);
    canvas.text(area, 0, 0, &left, Role::Dim);
    canvas.text(area, area.width - after, 0, &right, Role::Dim);
    let line = Rect::new(area.x + before, area.y, area.width - before - after, area.height.min(1));
    if line.is_empty() {
        return;
    }
    let axis = Axis::whole(end, line.width);
    canvas.hit(line, Target::Axis(axis.from, axis.to));
    if let Some(known) = known {
        ground(screen, known, axis, line, canvas);
        faults(known, axis, line, canvas);
        for (at, _) in marks::violations(known, &screen.session.marks) {
            if let Some(column) = axis.column(at) {
                canvas.text(line, column, 0, canvas.glyph(Glyph::Mark), Role::Bad);
            }
        }
    }
    if let Some(column) = axis.column(screen.now().min(end)) {
        canvas.text(line, column, 0, canvas.glyph(Glyph::Now), Role::Now);
    }
}

/// What is known, and of it the drain and the range.
fn ground(screen: Screen<'_>, known: &Known, axis: Axis, line: Rect, canvas: &mut Canvas<'_>) {
    let arrivals_end = screen.session.scenario().run.length.0;
    let range = screen.session.range;
    for column in 0..line.width {
        let (from, to) = (axis.start(column), axis.start(column + 1));
        if known.audit.is_none() && from >= known.history.edge() {
            return;
        }
        let is_ranged = range.is_some_and(|(first, last)| from <= last && first < to);
        let (glyph, role) = match is_ranged {
            true => (Glyph::Heavy, Role::Accent),
            false if from.0 >= arrivals_end => (Glyph::Drain, Role::Dim),
            false => (Glyph::Line, Role::Dim),
        };
        canvas.text(line, column, 0, canvas.glyph(glyph), role);
    }
}

fn faults(known: &Known, axis: Axis, line: Rect, canvas: &mut Canvas<'_>) {
    let windows = known.model.faults.iter().flat_map(|(_, windows)| windows);
    for (from, to) in windows {
        if let Some((first, last)) = axis.touched(*from, *to) {
            let glyph = canvas.glyph(Glyph::Fault);
            canvas.run(line, first, 0, last - first + 1, glyph, Role::Fault);
        }
    }
}

/// `62s`, `1.5s`, `40ms`: an end, rounded to what one remembers.
fn label(end: Time) -> String {
    let ms = end.0.div_ceil(1_000_000);
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..10_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{}s", ms.div_ceil(1_000)),
    }
}
