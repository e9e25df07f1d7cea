//! How old what reads saw was, as a histogram.

use ratatui::layout::Rect;

use super::Screen;
use crate::probes::Outcome;
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Glyph;
use crate::tui::place::RunId;
use crate::tui::snapshot::Known;
use crate::tui::theme::Role;
use crate::tui::words;

/// Columns that it takes.
pub(super) const WIDTH: u16 = 33;

/// Upper ends of the classes, in nanoseconds; the last has none.
const CLASSES: [(&str, u64); 6] = [
    ("newest", 0),
    ("< 1 ms", 1_000_000),
    ("1 to 4 ms", 4_000_000),
    ("4 to 16 ms", 16_000_000),
    ("16 to 64 ms", 64_000_000),
    ("> 64 ms", u64::MAX),
];

/// Columns of the longest bar.
const BAR: u64 = 10;

fn outcome(known: &Known) -> Option<&Outcome> {
    known.at_end.as_deref().or(known.so_far.as_deref())
}

fn stale(known: &Known) -> u64 {
    outcome(known).map_or(0, |it| it.flows.values().map(|flow| flow.reads.stale).sum())
}

/// Of the run that is shown; if nothing was stale in it, of the column with most that was.
pub(super) fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let own = screen.session.place.run;
    let known = |run: RunId| screen.snapshot.run(run);
    let most = screen.session.columns().into_iter().max_by_key(|run| known(*run).map_or(0, stale));
    let run = if known(own).is_some_and(|known| stale(known) > 0) { Some(own) } else { most };
    let Some((run, known)) = run.and_then(|run| Some((run, known(run)?))) else { return };
    let design = &screen.session.scenario().designs[run.design].name;
    canvas.run(area, 0, 0, area.width, canvas.glyph(Glyph::Line), Role::Dim);
    canvas.text(area, 0, 0, &format!(" staleness of reads in {design} "), Role::Strong);
    let Some(outcome) = outcome(known) else {
        canvas.text(area, 1, 1, "known at the end of the run", Role::Dim);
        return;
    };
    let mut counts = [0u64; CLASSES.len()];
    let mut oldest = None;
    for flow in outcome.flows.values() {
        flow.reads.staleness.for_each(|value, count| {
            let class = CLASSES.iter().position(|(_, end)| value <= *end);
            counts[class.unwrap_or(CLASSES.len() - 1)] += count;
        });
        oldest = oldest.max(flow.reads.staleness.max());
    }
    let all: u64 = counts.iter().sum();
    if all == 0 {
        canvas.text(area, 1, 1, "nothing was read", Role::Dim);
        return;
    }
    // What is old is rare, and would have no bar beside all that was not: bars are of the stale ones.
    let most = counts[1..].iter().copied().max().unwrap_or(0).max(1);
    for (y, ((name, _), count)) in (1..).zip(CLASSES.iter().zip(counts)) {
        canvas.right(area, 12, y, name, Role::Text);
        if y > 1 {
            let length = (count * BAR).div_ceil(most);
            canvas.run(area, 13, y, length as u16, canvas.glyph(Glyph::Works), Role::Warn);
        }
        let role = if count == 0 { Role::Dim } else { Role::Text };
        let share = format!("{}%", words::percent(count, all));
        canvas.right(area, area.width - 1, y, &share, role);
    }
    if stale(known) > 0 {
        canvas.text(area, 1, 7, "bars: of the stale", Role::Dim);
    }
    if let Some(oldest) = oldest.filter(|span| span.0 > 0) {
        canvas.right(area, area.width - 1, 7, &format!("max {}", words::span(oldest)), Role::Dim);
    }
}
