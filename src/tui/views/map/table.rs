//! The map as a table, where the graph is too large for the screen: a row a node, grouped by layer.
//!
//! ```text
//!  node             state             busy     wait    rate   to
//!  web              1/1                  -        0    979/s  edge 979/s
//!
//! ►orders           1/2 till 23.0 s   5/64        0    983/s  inventory 236/s  payments 230/s
//! ```

use ratatui::layout::Rect;

use super::Map;
use crate::nodes::readings::What;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::place::Thing;
use crate::tui::theme::Role;
use crate::tui::words;

/// Draws it.
pub(super) fn draw(map: &Map<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let rows = map.rows();
    let names = rows.iter().flatten().map(|card| map.name(*card).chars().count());
    // Names are whole as long as the figures have their room.
    let wide =
        (names.max().unwrap_or(4) as u16 + 1).clamp(5, area.width.saturating_sub(50).max(20));
    let state = wide + 2;
    let ends = [state + 18 + 9, state + 18 + 18, state + 18 + 27];
    canvas.text(area, 1, 0, "node", Role::Dim);
    canvas.text(area, state, 0, "state", Role::Dim);
    for (end, name) in ends.into_iter().zip(["busy", "wait", "rate"]) {
        if end <= area.width {
            canvas.right(area, end, 0, name, Role::Dim);
        }
    }
    if ends[2] + 16 <= area.width {
        canvas.text(area, ends[2] + 2, 0, "to", Role::Dim);
    }
    // Groups with a blank row between them.
    let mut lines: Vec<Option<usize>> = Vec::new();
    for layer in &rows {
        if !lines.is_empty() {
            lines.push(None);
        }
        lines.extend(layer.iter().map(|card| Some(*card)));
    }
    let room = usize::from(area.height.saturating_sub(1));
    if lines.len() > room {
        lines.retain(Option::is_some);
    }
    let chosen = map.chosen_card();
    let place = lines.iter().position(|line| line.is_some() && *line == chosen).unwrap_or(0);
    let first = place.saturating_sub(room / 2).min(lines.len().saturating_sub(room));
    for (y, line) in (1..area.height).zip(&lines[first..]) {
        let Some(card) = *line else { continue };
        let row = Rect::new(area.x, area.y + y, area.width, 1);
        draw_row(map, card, row, wide, state, ends, canvas);
    }
    let more = lines.len().saturating_sub(first + room);
    if more > 0 && area.height > 1 {
        let words = format!(" {more} more below ");
        let last = Rect::new(area.x, area.bottom() - 1, area.width, 1);
        canvas.right(last, area.width, 0, &words, Role::Accent);
    }
}

fn draw_row(
    map: &Map<'_>,
    card: usize,
    row: Rect,
    wide: u16,
    state: u16,
    ends: [u16; 3],
    canvas: &mut Canvas<'_>,
) {
    let facts = map.facts;
    let node = map.wiring.node(card);
    let here = facts.node(node);
    let is_chosen = map.chosen_card() == Some(card);
    if is_chosen {
        let here = canvas.glyph(Glyph::Here);
        canvas.text(row, 0, 0, here, Role::Accent);
    }
    let name = Rect::new(row.x + 1, row.y, wide.min(row.width.saturating_sub(1)), 1);
    let role = if is_chosen { Role::Accent } else { Role::Text };
    canvas.text(name, 0, 0, facts.name(node), role);
    let (words, role) = match (here.down, facts.ailment(node)) {
        (Some(down), _) => {
            let until = match down.until {
                Some(until) => format!("till {}", words::short(until)),
                None => "for good".to_owned(),
            };
            if here.is_gone() {
                (format!("DOWN {until}"), Role::Bad)
            } else {
                (format!("{}/{} {until}", here.up, here.count), Role::Warn)
            }
        }
        (None, Some(ailment)) => (ailment, Role::Fault),
        (None, None) if here.count == 1 => ("up".to_owned(), Role::Dim),
        (None, None) => (format!("{}/{}", here.up, here.count), Role::Dim),
    };
    let cell =
        Rect::new(row.x + state.min(row.width), row.y, 18.min(row.width.saturating_sub(state)), 1);
    canvas.text(cell, 0, 0, &words, role);
    let says_busy = here.workers.is_some() || here.sum(What::Busy).is_some();
    let busy = if says_busy { here.in_service() } else { "-".to_owned() };
    let role = |is_bad: bool| if is_bad { Role::Bad } else { Role::Text };
    canvas.right(row, ends[0].min(row.width), 0, &busy, role(here.is_full()));
    if ends[1] <= row.width {
        let role = if here.waiting > 0 { Role::Warn } else { Role::Dim };
        canvas.right(row, ends[1], 0, &words::count(here.waiting), role);
    }
    if ends[2] <= row.width {
        canvas.right(row, ends[2], 0, &words::rate(here.rate), Role::Text);
    }
    let mut x = ends[2] + 2;
    for link in map.links_from(card) {
        let to = map.wiring.graph.links()[link].to;
        let rate = words::rate(map.rate(link));
        let name = map.name(to);
        if x + (name.chars().count() + 1 + rate.len()) as u16 > row.width {
            break;
        }
        let role = if map.is_broken(link) { Role::Bad } else { Role::Text };
        x = canvas.text(row, x, 0, name, role);
        x = canvas.text(row, x + 1, 0, &rate, Role::Dim) + 2;
    }
    canvas.hit(row, Target::Thing(Thing::Node(node)));
}
