//! What customers were told against what happened, judged by the ledger and not by what services know:
//! all kinds with their counts under each column, every operation of a kind, and how stale reads were.
//!
//! ```text
//!  what was told against the truth, whole run                 rest  pubsub  events
//!  ► half done        some effects there, others never           61      11      0
//!    lost             promised, and nobody will do it             0      33      0
//! ─ half done in rest, 61, by time ───────────────── staleness of reads in events
//!  ►  7.009 place-order#5638   3 of 4   crashed           newest ██████████  98.7%
//!     7.012 place-order#5702   3 of 4   crashed           < 1 ms ▎           0.10%
//! ```

mod kinds;
mod staleness;

use ratatui::layout::Rect;

use super::{Answer, Room, Screen};
use crate::probes::OpId;
use crate::probes::anomalies::Kind;
use crate::probes::journal::{Finding, Judged};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::place::{RunId, Thing, View};
use crate::tui::query::telling::names::Names;
use crate::tui::session::Session;
use crate::tui::snapshot::{Known, Snapshot};
use crate::tui::theme::Role;
use crate::tui::words;
pub use kinds::of as called;
use kinds::{Called, KINDS};

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Is it the list that the keys go through, not the kinds?
    in_list: bool,
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::Down,
        Action::Enter,
        Action::NextPane,
        Action::NextLike,
        Action::Filter,
        Action::Explain,
        Action::MarkOn,
    ],
};

/// Columns of a count.
const COUNT: u16 = 8;

/// How many of each kind were found in each column, so far as it is known.
struct Counts(Vec<(RunId, Option<[u64; KINDS.len()]>)>);

impl Counts {
    fn of(session: &Session, snapshot: &Snapshot) -> Self {
        let count = |known: &Known| {
            let mut counts = [0; KINDS.len()];
            for flow in known.history.buckets.iter().flat_map(|bucket| &bucket.flows) {
                let found = counts.iter_mut().zip(flow.anomalies);
                found.for_each(|(sum, one)| *sum += u64::from(one));
            }
            counts
        };
        let mut runs = session.columns();
        if !runs.contains(&session.place.run) {
            runs.push(session.place.run);
        }
        Self(runs.into_iter().map(|run| (run, snapshot.run(run).map(count))).collect())
    }

    /// Of a kind in a run; none if nothing is known of it.
    fn get(&self, run: RunId, kind: Kind) -> Option<u64> {
        let (_, counts) = self.0.iter().find(|(column, _)| *column == run)?;
        counts.map(|counts| counts[kind as usize])
    }

    fn is_any(&self, kind: Kind) -> bool {
        self.0.iter().any(|(_, counts)| counts.is_some_and(|counts| counts[kind as usize] > 0))
    }
}

/// All of a kind in a run, by time.
fn list(known: &Known, kind: Kind) -> Vec<&Judged> {
    let is_it = |judged: &&Judged| matches!(judged.what, Finding::Anomaly(what, _) if what == kind);
    known.history.judged().filter(is_it).collect()
}

/// The kinds that are listed: those of the filter, else those of which there is any in a column.
fn listed(session: &Session, counts: &Counts) -> Vec<&'static Called> {
    let is_listed = |called: &&Called| match session.marks.as_slice() {
        [] => counts.is_any(called.kind),
        marks => marks.contains(&called.kind),
    };
    KINDS.iter().filter(is_listed).collect()
}

/// The kind that is selected; if none is, the gravest of which the run that is shown has any.
fn selected(session: &Session, counts: &Counts, listed: &[&Called]) -> Option<Kind> {
    match session.place.thing {
        Thing::Kind(kind) | Thing::Anomaly(_, kind) if listed.iter().any(|it| it.kind == kind) => {
            Some(kind)
        }
        _ => {
            let has = |called: &&&Called| {
                counts.get(session.place.run, called.kind).is_some_and(|count| count > 0)
            };
            listed.iter().find(has).or(listed.first()).map(|called| called.kind)
        }
    }
}

/// Less than this has no room for what each kind means.
const NARROW: u16 = 76;

/// Wider than this the eye loses the row.
const WIDEST: u16 = 120;

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let area = Rect { width: area.width.min(WIDEST), ..area };
    let Screen { session, snapshot } = screen;
    let counts = Counts::of(session, snapshot);
    let listed = listed(session, &counts);
    let kind = selected(session, &counts, &listed);
    let most = (area.height.saturating_sub(1) / 2).max(2);
    let rows = most.min(listed.len() as u16);
    heading(screen, Rect { height: area.height.min(1), ..area }, canvas);
    let above = Rect::new(area.x, area.y + 1, area.width, rows).intersection(area);
    let at = listed.iter().position(|called| Some(called.kind) == kind).unwrap_or(0);
    let first = (at + 1).saturating_sub(usize::from(rows));
    for (y, called) in (0..rows).zip(listed.iter().skip(first)) {
        let row = Rect::new(above.x, above.y + y, above.width, 1).intersection(area);
        row_of(screen, &counts, called, Some(called.kind) == kind, row, canvas);
    }
    let Some(kind) = kind else {
        let text = match screen.known().and_then(|known| known.audit) {
            Some(_) => {
                "Nothing: all that was told came true, and all that was read was the newest."
            }
            None => "Nothing so far: the runs are still being computed.",
        };
        canvas.text(area, 1, 2, text, Role::Good);
        return;
    };
    let y = rows + 1;
    let below = Rect::new(area.x, area.y + y, area.width, area.height.saturating_sub(y));
    let below = below.intersection(area);
    let wide = area.width >= NARROW;
    let left = if wide { below.width - staleness::WIDTH } else { below.width };
    let total = counts.get(session.place.run, kind).unwrap_or(0);
    // What the kind means stands in its row where there is room for it.
    let order = if wide { "by time" } else { called(kind).about };
    anomalies(screen, kind, total, order, Rect { width: left, ..below }, canvas);
    if wide {
        let right = Rect::new(below.x + left, below.y, staleness::WIDTH, below.height);
        staleness::draw(screen, right, canvas);
    }
}

/// `what was told against the truth, whole run     rest  pubsub  events`
fn heading(screen: Screen<'_>, row: Rect, canvas: &mut Canvas<'_>) {
    let columns = screen.session.columns();
    let is_whole = |run: &RunId| screen.snapshot.run(*run).is_some_and(|it| it.audit.is_some());
    let stretch = if columns.iter().all(is_whole) {
        "whole run".to_owned()
    } else {
        let edges = columns.iter().filter_map(|run| screen.snapshot.run(*run));
        let edge = edges.map(|known| known.history.edge()).min().unwrap_or_default();
        format!("up to {}", words::instant(edge))
    };
    let filter = match screen.session.filter.as_str() {
        "" => String::new(),
        filter => format!(", filter {filter}"),
    };
    let words = Rect { width: row.width.saturating_sub(COUNT * columns.len() as u16), ..row };
    let told = if row.width < NARROW { "" } else { "what was told against the truth, " };
    canvas.text(words, 1, 0, &format!("{told}{stretch}{filter}"), Role::Strong);
    for (ix, run) in columns.iter().enumerate() {
        let end = end_of(row, columns.len(), ix);
        let design = &screen.session.scenario().designs[run.design].name;
        let world = &screen.session.worlds.get(run.world).name;
        let is_one_world = columns.iter().all(|other| other.world == run.world);
        let name: String = (if is_one_world { design } else { world })
            .chars()
            .take(usize::from(COUNT) - 1)
            .collect();
        let role = if *run == screen.session.place.run { Role::Accent } else { Role::Text };
        canvas.right(row, end, 0, &name, role);
    }
}

/// The column after the `ix`th of so many counts.
fn end_of(row: Rect, columns: usize, ix: usize) -> u16 {
    row.width.saturating_sub(1 + COUNT * (columns - 1 - ix) as u16)
}

fn row_of(
    screen: Screen<'_>,
    counts: &Counts,
    called: &Called,
    is_selected: bool,
    row: Rect,
    canvas: &mut Canvas<'_>,
) {
    let columns = screen.session.columns();
    let here = !screen.session.views.truth.in_list;
    let role = if is_selected { Role::Accent } else { Role::Text };
    if is_selected {
        let role = if here { Role::Accent } else { Role::Dim };
        canvas.text(row, 1, 0, canvas.glyph(Glyph::Here), role);
    }
    canvas.hit(row, Target::Thing(Thing::Kind(called.kind)));
    let numbers = COUNT * columns.len() as u16;
    let words = Rect { width: row.width.saturating_sub(numbers), ..row };
    canvas.text(words, 3, 0, called.name, role);
    if row.width >= NARROW {
        canvas.text(words, 23, 0, called.about, Role::Dim);
    }
    for (ix, run) in columns.iter().enumerate() {
        let end = end_of(row, columns.len(), ix);
        let Some(count) = counts.get(*run, called.kind) else {
            canvas.right(row, end, 0, "-", Role::Dim);
            continue;
        };
        let role = match count {
            0 => Role::Dim,
            _ if is_selected && *run == screen.session.place.run => Role::Accent,
            _ => Role::Text,
        };
        canvas.right(row, end, 0, &words::count(count), role);
    }
}

/// The operations of a kind in the run that is shown.
fn anomalies(
    screen: Screen<'_>,
    kind: Kind,
    total: u64,
    order: &str,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let session = screen.session;
    let design = &session.scenario().designs[session.place.run.design].name;
    let Some(known) = screen.known() else { return };
    let list = list(known, kind);
    canvas.run(area, 0, 0, area.width, canvas.glyph(Glyph::Line), Role::Dim);
    let title = format!(" {} in {design}, {}, {order} ", called(kind).name, words::count(total));
    canvas.text(area, 1, 0, &title, Role::Strong);
    let rows = area.height.saturating_sub(1);
    if list.is_empty() {
        canvas.text(area, 3, 1, "none here; d goes to another design", Role::Dim);
        return;
    }
    let at = position(session, &list);
    let missing = total.saturating_sub(list.len() as u64);
    let fits = list.len() <= usize::from(rows);
    let shown = if fits { rows } else { rows.saturating_sub(1) };
    let first = (at.unwrap_or(0) + 1).saturating_sub(usize::from(shown).max(1));
    for (y, (ix, judged)) in (1..=shown).zip(list.iter().enumerate().skip(first)) {
        let row = Rect::new(area.x, area.y + y, area.width, 1).intersection(area);
        let is_here = Some(ix) == at;
        let role = if is_here { Role::Accent } else { Role::Text };
        if is_here {
            canvas.text(row, 1, 0, canvas.glyph(Glyph::Here), Role::Accent);
        }
        let time = format!("{:.3}", judged.time.0 as f64 / 1e9);
        canvas.right(row, 9, 0, &time, if is_here { Role::Accent } else { Role::Dim });
        let name = Names { model: &known.model, op: judged.op }.operation(judged.flow);
        let x = canvas.text(row, 10, 0, &name, role);
        if let Finding::Anomaly(_, detail) = judged.what {
            let detail = kinds::detail(session.scenario(), detail);
            canvas.text(row, x.max(28) + 1, 0, &detail, Role::Text);
        }
        canvas.hit(row, Target::Thing(Thing::Anomaly(judged.op, kind)));
    }
    if !fits {
        let after = list.len().saturating_sub(first + usize::from(shown));
        let mut text = format!("{} more", words::count((after as u64) + missing));
        if first > 0 {
            text = format!("{} before, {text}", words::count(first as u64));
        }
        canvas.text(area, 3, area.height.saturating_sub(1), &text, Role::Dim);
    }
}

/// Which of a list is selected.
fn position(session: &Session, list: &[&Judged]) -> Option<usize> {
    match session.place.thing {
        Thing::Anomaly(op, _) => list.iter().position(|judged| judged.op == op),
        _ => None,
    }
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let counts = Counts::of(session, snapshot);
    let listed = listed(session, &counts);
    let Some(kind) = selected(session, &counts, &listed) else { return Answer::Pass };
    let Some(known) = snapshot.run(session.place.run) else { return Answer::Pass };
    let list = list(known, kind);
    let at = position(session, &list);
    let in_list = session.views.truth.in_list;
    let row = match action {
        Action::NextPane | Action::PreviousPane if in_list => {
            session.views.truth.in_list = false;
            session.select(Thing::Kind(kind));
            return Answer::Done;
        }
        Action::NextPane | Action::PreviousPane => 0,
        Action::Enter => {
            let Some(judged) = list.get(at.unwrap_or(0)) else {
                return Answer::Not(nothing_of(session, kind));
            };
            session.open(View::Truth, Thing::Anomaly(judged.op, kind), true);
            return Answer::Done;
        }
        Action::NextLike => at.map_or(0, |at| at + 1),
        Action::PreviousLike => match at {
            Some(at) if at > 0 => at - 1,
            _ => return Answer::Not("this is the first of its kind".to_owned()),
        },
        _ if !in_list => {
            let at = listed.iter().position(|called| called.kind == kind).unwrap_or(0);
            let Some(to) = moved(action, at, listed.len()) else { return Answer::Pass };
            session.select(Thing::Kind(listed[to].kind));
            return Answer::Done;
        }
        _ => match moved(action, at.unwrap_or(0), list.len()) {
            Some(to) => to,
            None => return Answer::Pass,
        },
    };
    let Some(judged) = list.get(row) else {
        let why = if list.is_empty() {
            nothing_of(session, kind)
        } else {
            "this is the last of its kind".to_owned()
        };
        return Answer::Not(why);
    };
    session.views.truth.in_list = true;
    session.select(Thing::Anomaly(judged.op, kind));
    Answer::Done
}

fn nothing_of(session: &Session, kind: Kind) -> String {
    let design = &session.scenario().designs[session.place.run.design].name;
    format!("{design} has none that is {}: d goes to another design", called(kind).name)
}

/// Where a list's selection goes.
pub fn moved(action: Action, at: usize, length: usize) -> Option<usize> {
    let last = length.saturating_sub(1);
    Some(match action {
        Action::Down => (at + 1).min(last),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => (at + 10).min(last),
        Action::PageUp => at.saturating_sub(10),
        Action::First => 0,
        Action::Last => last,
        _ => return None,
    })
}

/// The next (or last) operation of a kind after this one.
pub fn next_of(known: &Known, op: OpId, kind: Kind, on: bool) -> Option<OpId> {
    let list = list(known, kind);
    let at = list.iter().position(|judged| judged.op == op)?;
    let next = if on { at.checked_add(1) } else { at.checked_sub(1) };
    Some(list.get(next?)?.op)
}

#[cfg(test)]
mod tests;
