//! What stands below the lanes of Time: the figures of this second or of the range, the marks before and
//! after, and what is selected, in full.

use ratatui::layout::Rect;

use super::Screen;
use super::time::exemplar;
use crate::base::Time;
use crate::probes::{Reason, Verdict};
use crate::tui::canvas::Canvas;
use crate::tui::columns;
use crate::tui::marks::{self, Mark};
use crate::tui::snapshot::{Known, Progress};
use crate::tui::theme::Role;
use crate::tui::tracks::{Track, row_of, tracks};
use crate::tui::words;

/// Draws it into four rows.
pub(super) fn draw(screen: Screen<'_>, known: &Known, area: Rect, canvas: &mut Canvas<'_>) {
    let now = screen.now();
    let acting = known.acting(now);
    let since = acting
        .map(|(name, from, _)| format!(", {name} since {}", words::instant(Time(now.0 - from.0))));
    let title = std::iter::once(words::instant(now)).chain(since).collect::<String>();
    canvas.rule(area, 0, &title);
    figures(screen, known, area, canvas);
    let kinds = &screen.session.marks;
    let say = |found: Option<(Time, Mark)>, none: &str| match found {
        Some((at, mark)) => format!("{} {}", mark.words(), words::instant(at)),
        None => none.to_owned(),
    };
    let before = say(marks::before(known, kinds, now), "no mark before");
    let after = say(marks::after(known, kinds, now), "no mark after");
    let x = canvas.text(area, 1, 2, "{ ", Role::Accent);
    let x = canvas.text(area, x, 2, &before, Role::Text);
    let x = canvas.text(area, (x + 2).max(45.min(area.width / 2 + 5)), 2, "} ", Role::Accent);
    let after = canvas.cut(&after, area.width.saturating_sub(x + 1));
    canvas.text(area, x, 2, &after, Role::Text);
    let (line, role) = match told(screen, known) {
        Some(line) => (line, Role::Accent),
        None => (exactness(screen, known), Role::Dim),
    };
    canvas.text(area, 1, 3, &line, role);
}

/// The figures of the last second, or of the range.
fn figures(screen: Screen<'_>, known: &Known, area: Rect, canvas: &mut Canvas<'_>) {
    let (from, to, label) = stretch(screen);
    let column = columns::stretch(known, from, to);
    let x = canvas.text(area, 1, 1, &label, Role::Strong);
    let mut x = x + 3;
    for (name, count, role) in [
        ("sent", column.all.sent, Role::Text),
        ("done", column.all.done, Role::Good),
        ("refused", column.all.refused, Role::Warn),
        ("failed", column.all.failed, Role::Bad),
    ] {
        if count > 0 || name != "refused" {
            let role = if count > 0 { role } else { Role::Text };
            x = canvas.text(area, x, 1, &words::count(count.into()), role);
            x = 2 + canvas.text(area, x + 1, 1, name, Role::Text);
        }
    }
    let reasons = reasons(known, from, to);
    if !reasons.is_empty() {
        x = canvas.text(area, x - 2, 1, &format!(": {reasons}"), Role::Text);
    }
    if let Some(p99) = column.p99 {
        let text = format!("p99 {}", words::span(p99));
        let end = 75.min(area.width.saturating_sub(1));
        if x + (text.len() as u16) < end {
            canvas.right(area, end, 1, &text, Role::Text);
        }
    }
}

/// The stretch whose figures are shown, and its name: where the run is over, all of it that is measured, for
/// in its last second nothing is sent any more.
pub(super) fn stretch(screen: Screen<'_>) -> (Time, Time, String) {
    match screen.session.range {
        Some((from, to)) if from < to => {
            (from, to, format!("{} to {}", words::instant(from), words::instant(to)))
        }
        _ => {
            let now = screen.now();
            let over = screen.known().filter(|known| known.audit.is_some_and(|end| now >= end));
            if let Some(known) = over {
                let run = &known.model.scenario.run;
                let (from, to) = (Time(run.warmup.0), Time(run.length.0).min(now));
                if from < to {
                    return (from, to, "whole run".to_owned());
                }
            }
            // The same as on the map: a whole second, though the cursor stands within a bucket.
            let last = screen.known().map(|known| known.history.last_second(now));
            let (from, to) = last.map_or((now, now), |last| (last.from, last.to));
            (from, to, "this second".to_owned())
        }
    }
}

/// Why operations failed, the most frequent first: `crashed 410, timeout 3`.
fn reasons(known: &Known, from: Time, to: Time) -> String {
    let mut counts = [0u64; Reason::ALL.len()];
    for told in columns::answers(&known.history, from, to) {
        if let Verdict::Failed(why) = told.verdict {
            counts[why as usize] += 1;
        }
    }
    let mut found: Vec<(u64, Reason)> =
        counts.into_iter().zip(Reason::ALL).filter(|(count, _)| *count > 0).collect();
    found.sort_by_key(|(count, why)| (std::cmp::Reverse(*count), *why));
    let words = found
        .iter()
        .take(3)
        .map(|(count, why)| format!("{} {}", why.name().replace('_', " "), words::count(*count)));
    words.collect::<Vec<_>>().join(", ")
}

/// What is selected, in full.
fn told(screen: Screen<'_>, known: &Known) -> Option<String> {
    let now = screen.now();
    let all = tracks(known, &screen.session.place.thing);
    let track = &all[row_of(&all, &screen.session.place.thing)?];
    Some(match track {
        Track::Fault(name) => {
            let faults = known.model.faults.iter();
            let windows = faults.filter(|(other, _)| other == name).flat_map(|(_, list)| list);
            let all: Vec<&(Time, Time)> = windows.collect();
            let next = all.iter().find(|(from, _)| *from > now);
            let next = next.map_or("not again".to_owned(), |(from, _)| {
                format!("next at {}", words::instant(*from))
            });
            format!("{name}   {} times, {next}   x without it", all.len())
        }
        Track::Series(figure) => {
            let (from, to, label) = stretch(screen);
            let column = columns::stretch(known, from, to);
            let value = figure.value(&column).map_or("-".to_owned(), |it| figure.words(it));
            format!("{}   {value}   {label}", figure.name)
        }
        Track::Heat(heat) => match exemplar(screen.session, known, heat) {
            Some(op) => format!("{}   Enter opens operation {}", heat.label(), op.number()),
            None => format!("{}   none near {}", heat.label(), words::instant(now)),
        },
        Track::Violations(kind) => {
            let list = [*kind];
            let near = marks::violations(known, &list).find(|(at, _)| *at >= now);
            let next = near.map_or("none after".to_owned(), |(at, _)| {
                format!("next at {}", words::instant(at))
            });
            format!("{}   {next}   Enter opens it", track.label())
        }
    })
}

fn exactness(screen: Screen<'_>, known: &Known) -> String {
    // What answers to an older wish is of another instant.
    let is_answer = screen.snapshot.ticket == screen.session.ticket;
    let is_there = is_answer && screen.snapshot.progress == Progress::There && known.here.is_some();
    let spaced = words::exact(screen.now());
    if is_there && !screen.session.playing {
        format!("exact: state and digest are those of a run straight to {spaced}")
    } else {
        "from the history; the exact state follows".to_owned()
    }
}
