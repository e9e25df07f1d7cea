//! The pane beside the map: the selected node from near, the truth in all designs, and the latest anomalies.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::texts::so_far;
use super::{Map, says};
use crate::model::NodeIx;
use crate::probes::anomalies::Kind;
use crate::probes::flows::End;
use crate::probes::journal::{Finding, Judged};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::history::FlowTally;
use crate::tui::place::{RunId, Thing};
use crate::tui::theme::Role;
use crate::tui::tracks;
use crate::tui::views::node::parts;
use crate::tui::words;

/// Draws it; its first column is a line.
pub(super) fn draw(map: &Map<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let bar = canvas.glyph(Glyph::Bar);
    for y in 0..area.height {
        canvas.text(area, 0, y, bar, Role::Dim);
    }
    let inside = Rect::new(area.x + 2, area.y, area.width.saturating_sub(2), area.height);
    let used = node(map, inside, canvas);
    let rest = Rect::new(inside.x, inside.y + used, inside.width, inside.height - used);
    let used = truth(map, rest, canvas);
    let rest = Rect::new(rest.x, rest.y + used, rest.width, rest.height - used);
    anomalies(map, rest, canvas);
}

/// The node that is selected, or of which most is to be said; says how many rows that took.
fn node(map: &Map<'_>, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    let Some(node) = shown(map) else { return 0 };
    let facts = map.facts;
    let x = canvas.text(area, 0, 0, facts.name(node), Role::Strong);
    canvas.text(area, x + 2, 0, &parts::about(facts, node), Role::Dim);
    let mut y = 2;
    let mut part = |rows: u16| {
        let part = Rect::new(area.x, area.y + y.min(area.height), area.width, rows);
        y += rows + 1;
        part.intersection(area)
    };
    let count = facts.model().nodes[usize::from(node.0)].count as u16;
    let instance = match map.screen.session.place.thing {
        Thing::Instance(_, index) => Some(index),
        _ => None,
    };
    parts::instances(facts, node, instance, part(count.saturating_add(1).min(5)), canvas);
    if area.height >= 30 {
        let chart = part(5);
        canvas.text(chart, 0, 0, "waiting, the last 10 s", Role::Dim);
        let chart = Rect::new(chart.x, chart.y + 1, chart.width, chart.height.saturating_sub(1));
        parts::waited(facts, node, chart, canvas);
    }
    let (calls, holds) = (parts::calls(facts, node), parts::holds(facts, node));
    for rows in [calls, holds].into_iter().filter(|rows| !rows.is_empty()) {
        parts::rows(&rows, part((rows.len() as u16).min(8)), canvas);
    }
    y.min(area.height)
}

fn shown(map: &Map<'_>) -> Option<NodeIx> {
    match map.screen.session.place.thing {
        Thing::Node(node) | Thing::Instance(node, _) | Thing::Link(_, node) => Some(node),
        _ => {
            let cards = (0..map.wiring.holds.len()).filter(|card| map.is_used(*card));
            let nodes = cards.map(|card| map.wiring.node(card));
            nodes.rev().max_by_key(|node| {
                let here = map.facts.node(*node);
                (says::node(map.facts, *node).gravity, here.waiting, here.busy)
            })
        }
    }
}

/// The truth so far, in all designs of the world; says how many rows that took.
fn truth(map: &Map<'_>, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    const ROWS: u16 = 8;
    if area.height < ROWS + 2 {
        return 0;
    }
    let RunId { world, design: shown } = map.screen.session.place.run;
    let scenario = &map.facts.model().scenario;
    let column = 11;
    let count = (area.width.saturating_sub(22) / column).min(scenario.designs.len() as u16);
    let first = shown.saturating_sub(usize::from(count).saturating_sub(1));
    canvas.text(area, 0, 0, "truth so far", Role::Strong);
    for (place, design) in (first..).take(usize::from(count)).enumerate() {
        let end = area.width - column * (count - 1 - place as u16);
        let name: String = scenario.designs[design].name.chars().take(10).collect();
        canvas.right(area, end, 0, &name, Role::Design(design as u8));
        let run = RunId { world, design };
        let Some(known) = map.screen.snapshot.run(run) else { continue };
        for (y, row) in (1..).zip(figures(&so_far(known, map.facts.now))) {
            canvas.right(area, end, y, &row.value, row.role);
        }
    }
    for (y, row) in (1..).zip(figures(&FlowTally::default())) {
        canvas.text(area, 0, y, &row.label, Role::Dim);
    }
    ROWS + 2
}

fn figures(all: &FlowTally) -> Vec<parts::Row> {
    let row = |label: &str, count: u32, role: Role| parts::Row {
        label: label.to_owned(),
        value: words::count(u64::from(count)),
        role: if count > 0 { role } else { Role::Dim },
    };
    let stale = all.anomaly(Kind::StaleRead);
    vec![
        row("kept", all.end(End::Kept), Role::Text),
        row("retracted", all.end(End::Retracted), Role::Bad),
        row("half done", all.end(End::HalfDone), Role::Bad),
        row("unannounced", all.end(End::Unannounced), Role::Bad),
        row("effects lost", all.lost, Role::Bad),
        row("own writes missed", all.anomaly(Kind::ReadYourWrites), Role::Warn),
        parts::Row {
            label: "stale reads, %".to_owned(),
            value: words::percent(u64::from(stale), u64::from(all.reads)),
            role: if stale > 0 { Role::Warn } else { Role::Dim },
        },
    ]
}

/// The kinds of anomalies before the cursor, the gravest first: how many, and the newest of each.
fn anomalies(map: &Map<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height < 3 {
        return;
    }
    let wide = area.width >= 60;
    let title = if wide { "anomalies so far, and the newest of each" } else { "anomalies so far" };
    canvas.text(area, 0, 0, title, Role::Strong);
    let (known, now) = (map.facts.known, map.facts.now);
    let mut kinds: BTreeMap<Kind, (u64, Judged)> = BTreeMap::new();
    for judged in known.history.judged().take_while(|judged| judged.time <= now) {
        if let Finding::Anomaly(kind, _) = judged.what {
            let (count, newest) = kinds.entry(kind).or_insert((0, *judged));
            (*count, *newest) = (*count + 1, *judged);
        }
    }
    if kinds.is_empty() {
        canvas.text(area, 0, 1, "none", Role::Dim);
    }
    for (y, (kind, (count, newest))) in (1..area.height).zip(kinds) {
        let row = Rect::new(area.x, area.y + y, area.width, 1);
        let flow = &map.facts.model().scenario.flows[usize::from(newest.flow.0)].name;
        canvas.right(row, 7, 0, &words::count(count), Role::Text);
        canvas.text(row, 9, 0, tracks::words_of(kind), Role::Bad);
        if wide {
            let at = words::instant(newest.time);
            canvas.text(row, 31, 0, at.trim_end_matches(" s"), Role::Dim);
            canvas.text(row, 40, 0, &format!("{flow}#{}", newest.op.number()), Role::Text);
        }
        canvas.hit(row, Target::Thing(Thing::Anomaly(newest.op, kind)));
    }
}
