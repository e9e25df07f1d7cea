//! What stands beside the cards: the wiring in a sentence, the last second, what breaks now, the truth so
//! far. And where a plan leaves room for it, whatever the design.

use ratatui::layout::Rect;

use super::facts::Facts;
use super::says;
use crate::base::Time;
use crate::probes::anomalies::Kind;
use crate::probes::flows::End;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::columns;
use crate::tui::history::FlowTally;
use crate::tui::layout::Plan;
use crate::tui::place::Thing;
use crate::tui::snapshot::Known;
use crate::tui::theme::Role;
use crate::tui::views::Screen;
use crate::tui::widgets::{card, wire};
use crate::tui::words;

/// The least columns that a block needs, and the most that read well.
const NARROW: u16 = 42;
const WIDE: u16 = 76;

/// How wide labels are.
const LABEL: u16 = 13;

/// Rows of the upper block and of the lower one.
const UPPER: u16 = 5;
const LOWER: u16 = 3;

/// Where there is room beside cards and lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Room {
    /// For the wiring and the last second.
    pub upper: Option<Rect>,
    /// For what breaks and for the truth.
    pub lower: Option<Rect>,
}

impl Room {
    /// Beside all cards and links of a plan, those included that a design does not use.
    pub(super) fn of(plan: &Plan) -> Self {
        let routes = plan.routes.iter().flatten();
        let lines: Vec<_> = routes.flat_map(|route| wire::cells(route)).collect();
        let is_free = |area: Rect| {
            let (x, y) = (area.x.saturating_sub(2), area.y.saturating_sub(1));
            let (right, bottom) = (area.right() + 1, area.bottom() + 1);
            let with_margin = Rect::new(x, y, right - x, bottom - y);
            plan.cards.iter().all(|card| card.intersection(with_margin).is_empty())
                // The row above a line is for its figure.
                && lines.iter().all(|at| !with_margin.contains(*at))
        };
        let (width, height) = (plan.area.width, plan.area.height);
        let widest = |y: u16, rows: u16, from_right: bool| {
            let at = |columns: u16| {
                let x = if from_right { width - columns } else { 1 };
                Rect::new(x, y, columns, rows)
            };
            let most = WIDE.min(width.saturating_sub(2));
            (NARROW..=most).rev().map(at).find(|area| is_free(*area))
        };
        if height < UPPER + LOWER + 1 {
            return Self::default();
        }
        let bottom = height - LOWER;
        let upper = widest(0, UPPER, false).or_else(|| widest(0, UPPER, true));
        let lower = widest(bottom, LOWER, false).or_else(|| widest(bottom, LOWER, true));
        Self { upper, lower }
    }
}

/// Draws the wiring and the last second into these rows; the last second alone where there are but two.
pub(super) fn upper(screen: Screen<'_>, facts: &Facts<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let scenario = &facts.model().scenario;
    let sentence = says::design(scenario, facts.model().design);
    let lines = words::wrapped(&sentence, usize::from(area.width));
    let room = if area.height >= UPPER { 2 } else { 1 };
    let name = scenario.designs[facts.model().design].name.chars().count() as u16 + 1;
    for (y, line) in (0..room).zip(&lines) {
        canvas.text(area, 0, y, line, Role::Text);
    }
    canvas.tint(
        Rect::new(area.x, area.y, name.min(area.width), 1),
        Role::Design(facts.model().design as u8),
    );
    let y = if area.height >= UPPER { 3 } else { 1 };
    last_second(screen, facts, area, y, canvas);
}

/// What customers got in the last second, or in the range, in one row or two.
fn last_second(screen: Screen<'_>, facts: &Facts<'_>, area: Rect, y: u16, canvas: &mut Canvas<'_>) {
    let column = columns::stretch(facts.known, facts.second.from, facts.second.to);
    let all = &column.all;
    let range = screen.session.range.filter(|(from, to)| from < to);
    let label = match range {
        Some((from, to)) => format!("in {}", words::span(to.since(from))),
        None if facts.second.to.0 < 1_000_000_000 => {
            format!("first {}", words::span(facts.second.to.since(Time::ZERO)))
        }
        None => "last second".to_owned(),
    };
    canvas.text(area, 0, y, &label, Role::Dim);
    let figures = [
        (all.sent, "sent", Role::Text),
        (all.done, "done", Role::Text),
        (all.failed, "failed", Role::Bad),
        (all.refused, "refused", Role::Warn),
    ];
    let mut x = LABEL;
    for (count, name, role) in figures {
        let (role, count) =
            (if count > 0 { role } else { Role::Dim }, words::count(u64::from(count)));
        if x + (count.len() + 1 + name.len()) as u16 > area.width {
            break;
        }
        x = canvas.text(area, x, y, &count, role);
        x = canvas.text(area, x + 1, y, name, Role::Dim) + 2;
    }
    if area.height <= y + 1 {
        return;
    }
    let millis = |span: Option<crate::base::Span>| span.map_or("-".to_owned(), words::millis);
    let mut x = LABEL;
    let open = words::count(u64::from(all.open));
    for (name, value) in
        [("p50", millis(column.p50)), ("p99", millis(column.p99) + " ms"), ("open", open)]
    {
        x = canvas.text(area, x, y + 1, name, Role::Dim);
        x = canvas.text(area, x + 1, y + 1, &value, Role::Text) + 2;
    }
    let buckets = &facts.known.history.buckets;
    let last = ((facts.now.0 / facts.known.history.width.0) as usize).min(buckets.len());
    let open = buckets[last.saturating_sub(10)..last].iter();
    let open: Vec<_> = open.map(|bucket| Some(u64::from(bucket.all().open))).collect();
    let room = Rect::new(area.x + x, area.y + y + 1, area.width.saturating_sub(x).min(10), 1);
    card::series(canvas, room, &open, Role::Accent);
}

/// Draws what breaks now and the truth so far.
pub(super) fn lower(facts: &Facts<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    breaking(facts, area, 0, canvas);
    let all = so_far(facts.known, facts.now);
    canvas.text(area, 0, 1, "truth so far", Role::Dim);
    let warmup = facts.model().scenario.run.warmup;
    if facts.now.0 < warmup.0 {
        let from = format!("is counted from {} on", words::instant(Time(warmup.0)));
        canvas.text(area, LABEL, 1, &from, Role::Dim);
        return;
    }
    let (mut x, mut y) = (LABEL, 1);
    for (name, value, role) in truth(&all) {
        let needed = (name.chars().count() + 1 + value.chars().count()) as u16;
        if x > LABEL && x + needed > area.width {
            (x, y) = (LABEL, y + 1);
        }
        x = canvas.text(area, x, y, name, Role::Dim);
        x = canvas.text(area, x + 1, y, &value, role) + 2;
    }
}

/// What is worth to be said of the truth: what is kept and what is half done always, the rest where there is any.
fn truth(all: &FlowTally) -> Vec<(&'static str, String, Role)> {
    let stale = all.anomaly(Kind::StaleRead);
    let counts = [
        ("kept", all.end(End::Kept), Role::Text),
        ("half done", all.end(End::HalfDone), Role::Bad),
        ("retracted", all.end(End::Retracted), Role::Bad),
        ("unannounced", all.end(End::Unannounced), Role::Bad),
        ("effects lost", all.lost, Role::Bad),
        ("own writes missed", all.anomaly(Kind::ReadYourWrites), Role::Warn),
    ];
    let told = counts.into_iter().enumerate().filter(|(at, (_, count, _))| *at < 2 || *count > 0);
    let told = told.map(|(_, (name, count, role))| {
        (name, words::count(u64::from(count)), if count > 0 { role } else { Role::Text })
    });
    let share = format!("{} %", words::percent(u64::from(stale), u64::from(all.reads)));
    told.chain((stale > 0).then_some(("stale", share, Role::Warn))).collect()
}

/// The faults that act now; if none does, that nothing is broken.
fn breaking(facts: &Facts<'_>, area: Rect, y: u16, canvas: &mut Canvas<'_>) {
    canvas.text(area, 0, y, "now breaking", Role::Dim);
    let acting: Vec<_> = facts.known.acting(facts.now).collect();
    let Some((name, from, to)) = acting.first().copied() else {
        canvas.text(area, LABEL, y, "nothing", Role::Dim);
        return;
    };
    let x = canvas.text(area, LABEL, y, name, Role::Fault);
    canvas.hit(
        Rect::new(area.x + LABEL, area.y + y, x - LABEL, 1),
        Target::Thing(Thing::Occurrence(name.to_owned(), from)),
    );
    let more = match acting.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let until =
        if to == Time::NEVER { "on".to_owned() } else { format!("to {}", words::short(to)) };
    canvas.text(
        area,
        x,
        y,
        &format!(", {} {until}{more}", words::short(from).trim_end_matches(" s")),
        Role::Text,
    );
}

/// All that was judged before the cursor, all flows together.
pub(super) fn so_far(known: &Known, now: Time) -> FlowTally {
    let history = &known.history;
    let last = ((now.0 / history.width.0) as usize).min(history.buckets.len());
    let mut all = FlowTally::default();
    for bucket in &history.buckets[..last] {
        bucket.flows.iter().for_each(|flow| all.add(flow));
    }
    all
}
