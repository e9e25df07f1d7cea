//! A waterfall on cells: an axis, a row a span, and the critical path.

use ratatui::layout::Rect;

use super::scale::Scale;
use crate::base::Time;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::query::telling::{Deed, Doing, Span, Telling};
use crate::tui::theme::Role;
use crate::tui::words;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waterfall<'a> {
    /// Whose.
    pub(super) telling: &'a Telling,
    /// Which span is selected, if it is here.
    pub(super) selected: Option<usize>,
    /// The cursor.
    pub(super) now: Time,
    /// Columns of a span's name; its time stands in five more.
    pub(super) names: u16,
}

/// Columns of a span's time, and the blanks around it.
pub(super) const TIMES: u16 = 7;

impl Waterfall<'_> {
    /// Where the axis begins.
    pub(super) fn left(&self) -> u16 {
        1 + self.names + TIMES
    }

    fn since(&self, at: Time) -> u64 {
        at.0.saturating_sub(self.telling.sent.0)
    }

    /// The axis: round times, folds, the cursor.
    pub(super) fn axis(&self, canvas: &mut Canvas<'_>, area: Rect, scale: &Scale) {
        canvas.text(area, 1, 0, "span", Role::Dim);
        canvas.right(area, self.left() - 1, 0, "ms", Role::Dim);
        let right = right(area, self.left());
        for tick in scale.ticks() {
            canvas.text(right, tick.column, 0, &tick.label, Role::Dim);
        }
        for (column, _) in scale.folds() {
            let fold = canvas.glyph(Glyph::Folded).repeat(2);
            canvas.text(right, column, 0, &fold, Role::Dim);
        }
        let now = self.since(self.now);
        if self.now >= self.telling.sent && self.now <= self.telling.last && scale.shows(now, now) {
            let cell = Rect::new(right.x + scale.column(now), right.y, 1, 1);
            canvas.tint(cell.intersection(right), Role::Now);
        }
    }

    /// So many spans, from this one on.
    pub(super) fn rows(&self, canvas: &mut Canvas<'_>, area: Rect, scale: &Scale, first: usize) {
        let right = right(area, self.left());
        // Crashes stand behind everything: a line through all rows.
        for step in &self.telling.steps {
            if let Deed::Down { .. } = step.what
                && !scale.is_folded(self.since(step.time))
                && scale.shows(self.since(step.time), self.since(step.time))
            {
                let column = scale.column(self.since(step.time));
                for y in 0..right.height {
                    canvas.text(right, column, y, canvas.glyph(Glyph::BrokenBar), Role::Fault);
                }
            }
        }
        let spans = self.telling.spans.iter().enumerate().skip(first);
        for (y, (ix, span)) in (0..area.height).zip(spans) {
            let row = Rect::new(area.x, area.y + y, area.width, 1).intersection(area);
            self.row(canvas, row, scale, ix, span);
        }
    }

    fn row(&self, canvas: &mut Canvas<'_>, row: Rect, scale: &Scale, ix: usize, span: &Span) {
        let is_selected = self.selected == Some(ix);
        let names = Rect { width: row.width.min(self.names + 1), ..row };
        let branches = branches(canvas, &self.telling.spans, ix);
        let x = canvas.text(names, 1, 0, &branches, Role::Dim);
        let role = match () {
            () if is_selected => Role::Accent,
            () if span.to.is_none() => Role::Dim,
            () => Role::Text,
        };
        if is_selected {
            canvas.text(row, 0, 0, canvas.glyph(Glyph::Here), Role::Accent);
        }
        canvas.text(names, x, 0, &span.label, role);
        canvas.hit(row, Target::Row(ix));
        let right = right(row, self.left());
        let Some(to) = span.to else {
            canvas.right(row, self.left() - 2, 0, "-", Role::Dim);
            let x = canvas.text(right, 1, 0, canvas.glyph(Glyph::Never), Role::Bad);
            canvas.text(right, x + 1, 0, &span.note, Role::Bad);
            return;
        };
        let length = words::tenths(to.since(span.from.min(to)));
        canvas.right(row, self.left() - 2, 0, &length, role);
        let (from, to) = (self.since(span.from), self.since(to));
        if !scale.shows(from, to) {
            let sign = if scale.column(from) == 0 { Glyph::ArrowLeft } else { Glyph::ArrowRight };
            let x = if sign == Glyph::ArrowLeft { 0 } else { right.width.saturating_sub(1) };
            canvas.text(right, x, 0, canvas.glyph(sign), Role::Dim);
            return;
        }
        // What takes long first, so that short work is not covered by it.
        let mut parts: Vec<_> = span.parts.iter().collect();
        parts.sort_by_key(|part| part.what == Doing::Works);
        for part in parts {
            let (from, to) = (self.since(part.from), self.since(part.to));
            if scale.shows(from, to) {
                let (glyph, role) = looks(part.what);
                let (start, end) = (scale.column(from), scale.column(to));
                let width = (end - start).max(1);
                canvas.run(right, start, 0, width, canvas.glyph(glyph), role);
            }
        }
        let (start, mut end) = (scale.column(from), scale.column(to).max(scale.column(from)));
        if span.is_lost || span.is_durable {
            let (glyph, role) =
                if span.is_lost { (Glyph::Lost, Role::Bad) } else { (Glyph::Durable, Role::Good) };
            canvas.text(right, end, 0, canvas.glyph(glyph), role);
        } else {
            end = end.max(start + 1) - 1;
        }
        let role = if span.is_lost { Role::Bad } else { Role::Text };
        note(canvas, right, start, end, &span.note, role);
    }

    /// The critical path: what the customer's waiting was made of.
    pub(super) fn critical(&self, canvas: &mut Canvas<'_>, row: Rect, scale: &Scale) {
        canvas.text(row, 1, 0, "critical path", Role::Strong);
        let right = right(row, self.left());
        let mut parts: Vec<_> = self.telling.critical.iter().collect();
        parts.sort_by_key(|part| part.what == Doing::Works);
        for part in parts {
            let (from, to) = (self.since(part.from), self.since(part.to));
            if scale.shows(from, to) {
                let (start, end) = (scale.column(from), scale.column(to));
                let (glyph, role) = looks(part.what);
                canvas.run(right, start, 0, (end - start).max(1), canvas.glyph(glyph), role);
            }
        }
    }
}

/// How it is drawn that something goes on.
pub(super) fn looks(what: Doing) -> (Glyph, Role) {
    match what {
        Doing::Works => (Glyph::Works, Role::Text),
        Doing::Waits => (Glyph::Line, Role::Dim),
        Doing::Queues => (Glyph::Queues, Role::Warn),
        Doing::Pauses => (Glyph::Pauses, Role::Warn),
        Doing::Travels => (Glyph::Idle, Role::Dim),
    }
}

/// After a span, or before it where there is more room.
fn note(canvas: &mut Canvas<'_>, right: Rect, start: u16, end: u16, text: &str, role: Role) {
    let width = text.chars().count() as u16;
    let after = right.width.saturating_sub(end + 2);
    if text.is_empty() {
        return;
    }
    if width > after && width < start {
        canvas.right(right, start - 1, 0, text, role);
    } else if after > 3 {
        canvas.text(right, end + 2, 0, text, role);
    }
}

fn right(area: Rect, left: u16) -> Rect {
    let left = left.min(area.width);
    Rect::new(area.x + left, area.y, area.width - left, area.height)
}

/// The tree's lines before a span's name.
fn branches(canvas: &Canvas<'_>, spans: &[Span], ix: usize) -> String {
    let depth = spans[ix].depth;
    let goes_on = |level: u16| {
        let below = spans[ix + 1..].iter().take_while(|span| span.depth >= level);
        below.into_iter().any(|span| span.depth == level)
    };
    let mut text = String::new();
    for level in 1..depth {
        text += if goes_on(level) { canvas.glyph(Glyph::Bar) } else { " " };
    }
    if depth > 0 {
        let glyph = if goes_on(depth) { Glyph::Branch } else { Glyph::LastBranch };
        text += canvas.glyph(glyph);
    }
    text
}

/// All instants of an operation at which something begins or ends, from its sending.
pub(super) fn instants(telling: &Telling) -> Vec<u64> {
    let parts = telling.spans.iter().flat_map(|span| &span.parts);
    let ends = parts.flat_map(|part| [part.from, part.to]);
    ends.map(|at| at.0.saturating_sub(telling.sent.0)).collect()
}

/// How wide the names of its spans are.
pub(super) fn widest(telling: &Telling) -> u16 {
    let widths = telling.spans.iter().map(|span| usize::from(span.depth) + span.label.len());
    widths.max().unwrap_or(0) as u16
}
