//! Cards and links where the plan has them, with figures on the links and messages on their way.

use ratatui::layout::{Position, Rect};

use super::choose::Spot;
use super::{Map, body};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::layout::Plan;
use crate::tui::place::Thing;
use crate::tui::theme::Role;
use crate::tui::widgets::card;
use crate::tui::widgets::wire::{Weight, Wires, cells};
use crate::tui::words;

/// From so many messages a second on a link is heavy.
const HEAVY: f64 = 100.0;

/// Draws the plan into an area; says what can be selected, cards before links.
pub(super) fn draw(map: &Map<'_>, plan: &Plan, area: Rect, canvas: &mut Canvas<'_>) -> Vec<Spot> {
    let chosen = &map.screen.session.place.thing;
    let mut wires = Wires::default();
    let weight = |link: usize| match map.rate(link) {
        _ if map.is_broken(link) => Weight::Broken,
        rate if rate >= HEAVY => Weight::Heavy,
        rate if rate > 0.0 => Weight::Light,
        _ => Weight::Idle,
    };
    for link in map.links() {
        let is_chosen = map.thing(link) == *chosen;
        wires.add(&map.routes(plan)[link], plan.nets[link], weight(link), is_chosen);
    }
    wires.draw(canvas, area);
    for link in map.links() {
        arrow(map, plan, link, area, canvas);
        figure(map, plan, link, &wires, area, canvas);
    }
    messages(map, plan, area, canvas);

    let mut spots = Vec::new();
    let at = |rect: Rect| {
        Rect::new(area.x + rect.x, area.y + rect.y, rect.width, rect.height).intersection(area)
    };
    let used = (0..plan.cards.len()).filter(|card| map.is_used(*card));
    for card in used.clone() {
        let rect = at(plan.cards[card]);
        let is_chosen = map.chosen_card() == Some(card) && !matches!(chosen, Thing::Link(..));
        let rows = plan.cards[card].height - 2;
        card::draw(canvas, rect, &body::card(map.facts, &map.wiring.holds[card], rows, is_chosen));
        let thing = Thing::Node(map.wiring.node(card));
        canvas.hit(rect, Target::Thing(thing.clone()));
        spots.push(Spot { thing, area: plan.cards[card] });
    }
    spots.sort_by_key(|spot| (spot.area.x, spot.area.y));
    for link in map.links() {
        let thing = map.thing(link);
        let end = last_stretch(&map.routes(plan)[link]);
        canvas.hit(at(end), Target::Thing(thing.clone()));
        spots.push(Spot { thing, area: end });
    }
    spots
}

/// The last straight part of a route, which no other link has.
fn last_stretch(route: &[Position]) -> Rect {
    let [.., from, to] = route else {
        return route.first().map_or_else(Rect::default, |at| Rect::new(at.x, at.y, 1, 1));
    };
    let (x, y) = (from.x.min(to.x), from.y.min(to.y));
    Rect::new(x, y, from.x.abs_diff(to.x) + 1, from.y.abs_diff(to.y) + 1)
}

/// Where a link ends, and that it is broken.
fn arrow(map: &Map<'_>, plan: &Plan, link: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(end) = map.routes(plan)[link].last() else { return };
    let to = plan.cards[map.wiring.graph.links()[link].to];
    let goes_right = end.x < to.x;
    let is_chosen = map.thing(link) == map.screen.session.place.thing;
    let role = match (is_chosen, map.is_broken(link)) {
        (true, _) => Role::Accent,
        (false, true) => Role::Bad,
        (false, false) if map.rate(link) > 0.0 => Role::Text,
        (false, false) => Role::Dim,
    };
    let head = canvas.glyph(if goes_right { Glyph::ArrowRight } else { Glyph::ArrowLeft });
    canvas.text(area, end.x, end.y, head, role);
    let stretch = last_stretch(&map.routes(plan)[link]);
    if map.is_broken(link) && stretch.width >= 2 {
        let x = if goes_right { end.x - 1 } else { end.x + 1 };
        let lost = canvas.glyph(Glyph::Lost);
        canvas.text(area, x, end.y, lost, Role::Bad);
    }
}

/// How much comes through, above the end of a link, or below where it comes back.
fn figure(
    map: &Map<'_>,
    plan: &Plan,
    link: usize,
    wires: &Wires,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let rate = map.rate(link);
    if rate == 0.0 && !map.is_broken(link) {
        return;
    }
    let stretch = last_stretch(&map.routes(plan)[link]);
    let to = plan.cards[map.wiring.graph.links()[link].to];
    let goes_right = map.routes(plan)[link].last().is_some_and(|end| end.x < to.x);
    let y = if goes_right { stretch.y.checked_sub(1) } else { Some(stretch.y + 1) };
    let Some(y) = y.filter(|_| stretch.height == 1) else { return };
    let full = words::rate(rate);
    let short = full.trim_end_matches("/s");
    let fits = |text: &str, spare: u16| text.chars().count() as u16 + spare <= stretch.width;
    let text = if fits(&full, 2) { full.as_str() } else { short };
    if !fits(text, 0) || stretch.width < 3 {
        return;
    }
    let long = text.chars().count() as u16;
    let x = stretch.x + (stretch.width - long) / 2;
    if (x..x + long).any(|x| wires.covers(x, y)) {
        return;
    }
    let role = if map.is_broken(link) { Role::Bad } else { Role::Dim };
    canvas.text(area, x, y, text, role);
}

/// Messages where they are; answers on the way of the link that they answer.
fn messages(map: &Map<'_>, plan: &Plan, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(state) = map.facts.state else { return };
    let sign = canvas.glyph(Glyph::Message);
    let card = |node: crate::model::NodeIx| map.wiring.card_of.get(usize::from(node.0)).copied();
    let links = map.wiring.graph.links();
    let ways: Vec<(usize, Vec<Position>)> =
        map.links().map(|link| (link, cells(&map.routes(plan)[link]))).collect();
    for flying in &state.transit {
        let (Some(from), Some(to)) = (card(flying.from), card(flying.to)) else { continue };
        let on = |from: usize, to: usize| {
            ways.iter().find(|(link, _)| (links[*link].from, links[*link].to) == (from, to))
        };
        let (way, done) = match (on(from, to), on(to, from)) {
            (Some((_, way)), _) => (way, flying.way),
            (None, Some((_, way))) => (way, 1.0 - flying.way),
            (None, None) => continue,
        };
        // The last cell is the arrow's.
        let steps = way.len().saturating_sub(2);
        let at = way[((done.clamp(0.0, 1.0) * steps as f32).round() as usize).min(steps)];
        canvas.text(area, at.x, at.y, sign, Role::Accent);
    }
}
