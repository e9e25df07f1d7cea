//! The way of one operation: spans by cause, what the customer's waiting was made of, what became of its
//! effects, and why. On a wide screen the same customer in all columns, one below the other.
//!
//! ```text
//!  place-order#5638  session 320  sent at 6.977 s   told FAILED: crashed, 31.7 ms
//!  span              ms 0       5       10       15      20       25      30
//!  web             31.7 ──────────────────────────────────────────────────────
//!  └edge#0         30.7 ██───────────────────────────────────────────────────
//!   ├orders#0      21.3   █──────────────────────────────────✖ goes down
//!   └orders#1 try 2 0.5                   pause 7.2 ms, refused: down     ✖──
//!  critical path        ======================================.............===
//! ─ half done: 3 of 4 effects are there ──────────────────────────────────────────
//!  order ●   stock ●   payment ●   shipment ○ never
//!  work 15.5   network 9.0   queues 0   pause 7.2     told: 31.7 ms
//! ```

mod columns;
pub mod origin;
mod scale;
mod verdict;
mod waterfall;

use ratatui::layout::Rect;

use super::{Answer, Room, Screen};
use crate::probes::witness::Item;
use crate::probes::{OpId, Verdict};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::history::Told;
use crate::tui::place::{Thing, View};
use crate::tui::query::telling::names::Names;
use crate::tui::query::telling::{Deed, Telling};
use crate::tui::session::Session;
use crate::tui::snapshot::{Known, Snapshot};
use crate::tui::theme::Role;
use crate::tui::words;
use scale::Scale;
use waterfall::Waterfall;

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The span that is selected, of this operation.
    selected: usize,
    op: Option<OpId>,
    /// How its axis is zoomed: each step halves what it shows.
    zoom: u8,
    /// Are idle stretches drawn at their length?
    is_unfolded: bool,
    /// The item of which a write is looked for.
    pub sought: Option<Item>,
}

/// The most that the axis can be zoomed in.
const DEEPEST: u8 = 12;

impl State {
    fn zoom(&self, telling: &Telling) -> u8 {
        if self.op == telling.op { self.zoom } else { 0 }
    }

    fn selected(&self, telling: &Telling) -> usize {
        if self.op == telling.op {
            self.selected.min(telling.spans.len().saturating_sub(1))
        } else {
            0
        }
    }
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::Down,
        Action::NextLike,
        Action::Enter,
        Action::Explain,
        Action::NextDesign,
        Action::Fold,
        Action::Without,
        Action::Copy,
    ],
};

/// Its own operation, once it is told.
fn telling<'a>(session: &Session, snapshot: &'a Snapshot) -> Option<&'a Telling> {
    let op = op(session)?;
    snapshot.story(session.place.run, op)
}

fn op(session: &Session) -> Option<OpId> {
    match session.place.thing {
        Thing::Op(op) | Thing::Anomaly(op, _) => Some(op),
        _ => None,
    }
}

/// The last one that was answered before the cursor; else the first one after it.
fn sensible(screen: Screen<'_>) -> Option<Told> {
    let known = screen.known()?;
    let before = known.history.told().rev().find(|told| told.answered <= screen.now());
    before.or_else(|| known.history.told().next()).copied()
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(telling) = telling(screen.session, screen.snapshot) else {
        return unchosen(screen, area, canvas);
    };
    let others = screen.snapshot.stories.keys().any(|run| *run != screen.session.place.run);
    if area.width >= 160 && area.height >= 40 && others {
        return columns::draw(screen, telling, area, canvas);
    }
    let folds = !screen.session.views.request.is_unfolded;
    let zoom = screen.session.views.request.zoom(telling);
    let selected = screen.session.views.request.selected(telling);
    header(screen, telling, row(area, 0), canvas);
    let names = waterfall::widest(telling).clamp(13, if area.width < 100 { 17 } else { 30 });
    let waterfall = Waterfall { telling, selected: Some(selected), now: screen.now(), names };
    let columns = area.width.saturating_sub(waterfall.left() + 1);
    let focus = telling.spans.get(selected).map_or(0, |span| span.from.0);
    let focus = focus.saturating_sub(telling.sent.0);
    let instants = waterfall::instants(telling);
    let scale = Scale::of(&instants, folds, zoom, focus, columns.max(1));
    waterfall.axis(canvas, row(area, 1), &scale);
    let below = verdict::height(telling, area);
    let room = area.height.saturating_sub(3 + below);
    let rows = room.min(telling.spans.len() as u16);
    let first = (selected + 1).saturating_sub(usize::from(rows));
    waterfall.rows(canvas, rect(area, 2, rows), &scale, first);
    let y = 2 + rows;
    waterfall.critical(canvas, row(area, y), &scale);
    let (last, all) = (first + usize::from(rows), telling.spans.len());
    let aside = match telling.spans.get(selected) {
        Some(span) if !span.note.is_empty() => format!(" {}: {} ", span.label, span.note),
        _ if usize::from(rows) < all => format!(" {} to {last} of {all} ", first + 1),
        _ => String::new(),
    };
    let below = rect(area, y + 1, area.height.saturating_sub(y + 1));
    verdict::draw(screen, telling, &aside, below, canvas);
}

/// Less than this has no room for everything.
const NARROW: u16 = 76;

fn row(area: Rect, y: u16) -> Rect {
    rect(area, y, 1)
}

fn rect(area: Rect, y: u16, height: u16) -> Rect {
    Rect::new(area.x, area.y.saturating_add(y), area.width, height).intersection(area)
}

/// `place-order#5638  session 320  sent at 6.977 s   told FAILED: crashed, 31.7 ms`
fn header(_screen: Screen<'_>, telling: &Telling, row: Rect, canvas: &mut Canvas<'_>) {
    let x = canvas.text(row, 1, 0, &telling.name, Role::Strong);
    // How it ended comes first where there is no room for all.
    let x = if row.width < NARROW {
        x
    } else {
        let sent = words::instant(telling.sent);
        let sent = format!("  session {}  sent at {sent}", telling.session);
        canvas.text(row, x, 0, &sent, Role::Text)
    };
    told(telling, row, x + 3, canvas);
}

/// What the customer was told, and after how long.
fn told(telling: &Telling, row: Rect, x: u16, canvas: &mut Canvas<'_>) -> u16 {
    let Some((at, verdict)) = telling.told else {
        return canvas.text(row, x, 0, "not told yet", Role::Warn);
    };
    let took = words::span(at.since(telling.sent));
    let (word, role) = match verdict {
        Verdict::Done => ("DONE".to_owned(), Role::Good),
        Verdict::Refused => ("REFUSED".to_owned(), Role::Warn),
        Verdict::Failed(why) => (format!("FAILED: {}", why.name().replace('_', " ")), Role::Bad),
    };
    let x = canvas.text(row, x, 0, "told ", Role::Text);
    let x = canvas.text(row, x, 0, &word, role);
    canvas.text(row, x, 0, &format!(", {took}"), Role::Text)
}

/// Nothing to tell: how to choose, or that it is on its way.
fn unchosen(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    if op(screen.session).is_some() {
        canvas.text(
            area,
            1,
            1,
            "This operation is being told: its run is played again with an eye on it.",
            Role::Dim,
        );
        return;
    }
    canvas.text(
        area,
        1,
        1,
        "One operation: what happened for it, where, and because of what.",
        Role::Text,
    );
    let (Some(told), Some(known)) = (sensible(screen), screen.known()) else {
        canvas.text(area, 1, 3, "No operation has been answered in this run yet.", Role::Dim);
        return;
    };
    let name = name(known, told.op, told.flow);
    let x = canvas.text(area, 1, 3, "Enter", Role::Accent);
    let x = canvas.text(area, x + 1, 3, "opens ", Role::Text);
    let x = canvas.text(area, x, 3, &name, Role::Strong);
    let when = if told.answered <= screen.now() {
        "the last that was answered by"
    } else {
        "the first after"
    };
    canvas.text(area, x, 3, &format!(", {when} {}", words::instant(screen.now())), Role::Text);
    canvas.hit(row(area, 3), Target::Thing(Thing::Op(told.op)));
    let ways = [
        ("5", "lists what went wrong, each an operation to open"),
        ("3", "shows latencies over time; a cell opens one that took so long"),
        (":", "op place-order#5638 opens one by its name"),
    ];
    for (y, (key, does)) in (4..).zip(ways) {
        let x = canvas.text(area, 1, y, key, Role::Accent);
        canvas.text(area, x.max(6) + 1, y, does, Role::Text);
    }
}

fn name(known: &Known, op: OpId, flow: crate::scenario::tree::FlowIx) -> String {
    Names { model: &known.model, op }.operation(flow)
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let Some(telling) = telling(session, snapshot) else {
        return match action {
            Action::Enter | Action::NextLike | Action::Down if op(session).is_none() => {
                let screen = Screen { snapshot, session };
                let Some(told) = sensible(screen) else {
                    return Answer::Not("no operation has been answered yet".to_owned());
                };
                session.open(View::Request, Thing::Op(told.op), false);
                Answer::Done
            }
            _ => Answer::Pass,
        };
    };
    let last = telling.spans.len().saturating_sub(1);
    let selected = session.views.request.selected(telling);
    let page = 10;
    let to = match action {
        Action::Down => (selected + 1).min(last),
        Action::Up => selected.saturating_sub(1),
        Action::PageDown => (selected + page).min(last),
        Action::PageUp => selected.saturating_sub(page),
        Action::First => 0,
        Action::Last => last,
        Action::NextLike => return next_like(telling, session, snapshot, true),
        Action::PreviousLike => return next_like(telling, session, snapshot, false),
        Action::Fold => {
            session.views.request.is_unfolded ^= true;
            return Answer::Done;
        }
        Action::ZoomIn | Action::ZoomOut => {
            let zoom = session.views.request.zoom(telling);
            let zoom = if action == Action::ZoomIn { zoom + 1 } else { zoom.saturating_sub(1) };
            session.views.request.zoom = zoom.min(DEEPEST);
            selected
        }
        Action::Enter => {
            let (Some(span), Some(known)) =
                (telling.spans.get(selected), snapshot.run(session.place.run))
            else {
                return Answer::Not("no span is selected".to_owned());
            };
            let node = known.model.node_of(span.at);
            session.open(View::Map, Thing::Node(node), true);
            return Answer::Done;
        }
        Action::Origin => return origin(telling, selected, session, snapshot),
        _ => return Answer::Pass,
    };
    let state = &mut session.views.request;
    if state.op != telling.op && !matches!(action, Action::ZoomIn | Action::ZoomOut) {
        state.zoom = 0;
    }
    (state.selected, state.op) = (to, telling.op);
    Answer::Done
}

/// The next (or last) operation of the same flow to whose customer the same was said.
fn next_like(telling: &Telling, session: &mut Session, snapshot: &Snapshot, on: bool) -> Answer {
    let Some(known) = snapshot.run(session.place.run) else { return Answer::Pass };
    let (flow, verdict) = (telling.flow, telling.told.map(|told| told.1));
    let is_like = |told: &&Told| Some(told.flow) == flow && Some(told.verdict) == verdict;
    let at = telling.told.map(|told| (told.0, telling.op.unwrap_or(OpId::NONE)));
    let key = |told: &Told| Some((told.answered, told.op));
    let mut told = known.history.told().filter(is_like);
    let next =
        if on { told.find(|told| key(told) > at) } else { told.rev().find(|told| key(told) < at) };
    let Some(next) = next else {
        let which = if on { "later" } else { "earlier" };
        return Answer::Not(format!("no {which} operation of this flow was told the same"));
    };
    session.select(Thing::Op(next.op));
    Answer::Done
}

/// Follows what the selected span read to its write.
fn origin(
    telling: &Telling,
    selected: usize,
    session: &mut Session,
    snapshot: &Snapshot,
) -> Answer {
    let Some(span) = telling.spans.get(selected) else { return Answer::Pass };
    let read = telling.steps.iter().find_map(|step| match &step.what {
        Deed::Saw { at, item, version, .. } if *at == span.at => Some((*item, *version)),
        _ => None,
    });
    let Some((item, version)) = read else {
        return Answer::Not("this span read nothing: o follows a value to its write".to_owned());
    };
    origin::follow(item, version, session, snapshot)
}

/// What the signs mean.
const SIGNS: [(Glyph, &str); 6] = [
    (Glyph::Works, "works"),
    (Glyph::Line, "waits for others"),
    (Glyph::Queues, "queues"),
    (Glyph::Pauses, "pauses"),
    (Glyph::Durable, "durable"),
    (Glyph::Lost, "lost"),
];

#[cfg(test)]
mod tests;
