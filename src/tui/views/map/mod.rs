//! The map: nodes as cards, links with what travels on them, and what is wrong.
//!
//! ```text
//! ┌web───────┐    ┌edge───2/2┐    ┌orders─2/2┐    ┏log━━━━━━━┓ ╎   ┌payments2/2┐
//! │sent 979/s│ 979│busy   0/2│ 981│busy  5/64│ 236┃wait   336┃ ╎   │busy   0/32│
//! │done 943/s│━∙━▸│wait     0│━∙━▸│wait     0│━∙━▸┃▁▂▃▄▅▆▇██▇┃─┬┄┄▸│wait      0│
//! └──────────┘    └──────────┘    └──────────┘    ┗━━━━━━━━━━┛ ┆   └───────────┘
//! ```

mod body;
mod choose;
pub mod facts;
mod graph;
pub mod says;
mod side;
mod table;
#[cfg(test)]
mod tests;
mod texts;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratatui::layout::{Position, Rect};

use super::{Answer, Room, Screen};
use crate::model::NodeIx;
use crate::scenario::tree::Scenario;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::layout::graph::Link;
use crate::tui::layout::plan::{Outline, SIZES};
use crate::tui::layout::{Plan, Wiring};
use crate::tui::place::Thing;
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::words;
use choose::{Spot, Way};
use facts::{Condition, Facts};

/// More nodes than these begin as a table.
const MANY: usize = 24;

/// Rows below the map for a sentence.
const SENTENCE: u16 = 2;

/// What stands there if nothing is wrong and nothing selected.
const QUIET: &str = "Nothing is wrong now. h j k l select a card or a link, Enter opens it.";

/// Columns from which on there is a pane beside the map.
const WITH_SIDE: u16 = 100;

/// Rows from which on time is shown below it.
const WITH_TIME: u16 = 46;

/// What it remembers: what was laid out, for that depends on nothing but the scenario and the size.
#[derive(Clone, Debug, Default)]
pub struct State {
    laid_out: Arc<Mutex<LaidOut>>,
    /// The table, though the graph would fit; or the other way round.
    is_turned: bool,
}

#[derive(Clone, Debug, Default)]
struct LaidOut {
    of: Option<(Arc<Scenario>, Arc<Wiring>)>,
    plans: Vec<Fitted>,
    /// Has the screen room for cards?
    fits: bool,
    spots: Vec<Spot>,
}

/// The plan for a size, if one fits.
#[derive(Clone, Debug)]
struct Fitted {
    width: u16,
    height: u16,
    placed: Option<Arc<Placed>>,
}

/// A plan, and where there is room beside it.
#[derive(Clone, Debug)]
struct Placed {
    plan: Plan,
    room: texts::Room,
    /// Rows above the plan.
    above: u16,
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[Action::Enter, Action::Inject, Action::Without, Action::Compare, Action::NextPane],
};

/// What is drawn: the wiring and what is known of it.
#[derive(Clone, Copy, Debug)]
struct Map<'a> {
    screen: Screen<'a>,
    facts: &'a Facts<'a>,
    wiring: &'a Wiring,
    /// By link.
    flows: &'a [Flow],
}

/// What there is on a link: asked for several times a frame, and found out once.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    /// Messages a second.
    rate: f64,
    /// Can nothing come through?
    is_broken: bool,
}

impl Flow {
    fn of(facts: &Facts<'_>, from: &[NodeIx], to: &[NodeIx]) -> Self {
        let condition = facts.condition(from[0], to[0]);
        let is_broken = matches!(condition, Condition::Cut(..) | Condition::Nobody);
        Self { rate: facts.rate(from, to), is_broken }
    }
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(facts) = Facts::of(screen) else {
        canvas.text(area, 1, 0, "the run is being computed", Role::Dim);
        return;
    };
    let area = if area.height >= WITH_TIME {
        let below = area.height * 2 / 5;
        let time = Rect::new(area.x, area.bottom() - below, area.width, below);
        (super::time::ROOM.draw)(screen, time, canvas);
        Rect::new(area.x, area.y, area.width, area.height - below - 1)
    } else {
        area
    };
    let state = &screen.session.views.map;
    let wiring = state.wiring(screen.session.scenario());
    let used = wiring.graph.links().iter().zip(&wiring.designs[facts.model().design].links);
    let flow = |(link, used): (&Link, &bool)| {
        let (from, to) = (&wiring.holds[link.from], &wiring.holds[link.to]);
        if *used { Flow::of(&facts, from, to) } else { Flow::default() }
    };
    let flows: Vec<Flow> = used.map(flow).collect();
    let map = Map { screen, facts: &facts, wiring: &wiring, flows: &flows };
    let main = state.beside(&wiring, area);
    if main.width < area.width {
        let x = main.right() + 1;
        side::draw(&map, Rect { x, width: area.right() - x, ..area }, canvas);
    }
    let body = Rect { height: main.height - sentence_of(main.height), ..main };
    let sentence = Rect::new(main.x, body.bottom(), main.width, main.bottom() - body.bottom());
    let placed = state.placed(&wiring, body.width, body.height);
    state.laid_out().fits = placed.is_some();
    let spots = if let Some(placed) = placed.filter(|_| !state.is_table(&wiring)) {
        let at = Rect::new(body.x, body.y + placed.above, body.width, body.height - placed.above);
        if let Some(upper) = placed.room.upper {
            let y = if placed.above > 0 { body.y } else { body.y + upper.y };
            let upper = Rect::new(body.x + upper.x, y, upper.width, upper.height);
            texts::upper(screen, &facts, upper.intersection(body), canvas);
        }
        if let Some(lower) = placed.room.lower {
            let lower = Rect::new(at.x + lower.x, at.y + lower.y, lower.width, lower.height);
            texts::lower(&facts, lower.intersection(body), canvas);
        }
        graph::draw(&map, &placed.plan, at, canvas)
    } else {
        let upper = Rect::new(body.x + 1, body.y, body.width.saturating_sub(2), body.height.min(2));
        texts::upper(screen, &facts, upper, canvas);
        let rest = body.height.saturating_sub(3);
        let rows = Rect::new(body.x, body.bottom() - rest, body.width, rest);
        table::draw(&map, rows, canvas);
        map.listed()
    };
    state.laid_out().spots = spots;
    let (text, role) = map.sentence().map_or((QUIET.to_owned(), Role::Dim), |it| (it, Role::Text));
    let lines = words::wrapped(&text, usize::from(sentence.width.saturating_sub(2)));
    for (y, line) in (0..sentence.height).zip(&lines) {
        canvas.text(sentence, 1, y, line, role);
    }
}

/// Rows of the sentence below a map of so many.
fn sentence_of(height: u16) -> u16 {
    if height > 8 { SENTENCE } else { 0 }
}

fn act(action: Action, session: &mut Session, _snapshot: &Snapshot) -> Answer {
    let way = match action {
        Action::Left => Way::Left,
        Action::Right => Way::Right,
        Action::Up => Way::Up,
        Action::Down => Way::Down,
        Action::First | Action::Last => return ends(action == Action::First, session),
        Action::NextPane | Action::PreviousPane => {
            if !session.views.map.laid_out().fits {
                return Answer::Not("the cards do not fit into this screen".to_owned());
            }
            session.views.map.is_turned = !session.views.map.is_turned;
            return Answer::Done;
        }
        _ => return Answer::Pass,
    };
    let next = {
        let laid_out = session.views.map.laid_out();
        if laid_out.spots.is_empty() {
            return Answer::Not("nothing is drawn yet".to_owned());
        }
        choose::next(&laid_out.spots, &session.place.thing, way)
    };
    match next {
        Some(thing) => {
            session.select(thing);
            Answer::Done
        }
        None => Answer::Not("nothing is farther that way".to_owned()),
    }
}

/// Selects the first or the last node.
fn ends(first: bool, session: &mut Session) -> Answer {
    let spots = session.views.map.laid_out().spots.clone();
    let mut nodes = spots.into_iter().filter(|spot| matches!(spot.thing, Thing::Node(_)));
    match if first { nodes.next() } else { nodes.next_back() } {
        Some(spot) => {
            session.select(spot.thing);
            Answer::Done
        }
        None => Answer::Not("nothing is drawn yet".to_owned()),
    }
}

impl State {
    fn laid_out(&self) -> MutexGuard<'_, LaidOut> {
        self.laid_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The wiring of a scenario, made once.
    pub fn wiring(&self, scenario: &Arc<Scenario>) -> Arc<Wiring> {
        let mut laid_out = self.laid_out();
        match &laid_out.of {
            Some((known, wiring)) if Arc::ptr_eq(known, scenario) => Arc::clone(wiring),
            _ => {
                let wiring = Arc::new(Wiring::of(scenario));
                *laid_out = LaidOut {
                    of: Some((Arc::clone(scenario), Arc::clone(&wiring))),
                    ..LaidOut::default()
                };
                wiring
            }
        }
    }

    /// Is it shown as a table, though there may be room for cards?
    fn is_table(&self, wiring: &Wiring) -> bool {
        (wiring.graph.nodes().len() > MANY) != self.is_turned
    }

    /// What the map has of an area: all but the pane beside it, if there is room for that. Cards come first:
    /// where they fit into the whole width only, there is no pane.
    fn beside(&self, wiring: &Wiring, area: Rect) -> Rect {
        if area.width < WITH_SIDE {
            return area;
        }
        let side = (area.width / 3).clamp(36, 66);
        let main = Rect { width: area.width - side - 1, ..area };
        let height = area.height - sentence_of(area.height);
        let fits = |width: u16| self.placed(wiring, width, height).is_some();
        if self.is_table(wiring) || fits(main.width) || !fits(area.width) { main } else { area }
    }

    /// Where everything stands in so many columns and rows, made once.
    fn placed(&self, wiring: &Wiring, width: u16, height: u16) -> Option<Arc<Placed>> {
        let mut laid_out = self.laid_out();
        let plans = &mut laid_out.plans;
        let is_this = |fitted: &&Fitted| (fitted.width, fitted.height) == (width, height);
        if let Some(fitted) = plans.iter().find(is_this) {
            return fitted.placed.clone();
        }
        let placed = Placed::new(wiring, width, height).map(Arc::new);
        // A window that is being resized passes through many sizes.
        if plans.len() >= 8 {
            plans.remove(0);
        }
        plans.push(Fitted { width, height, placed: placed.clone() });
        placed
    }
}

impl Placed {
    /// In the largest size of cards that leaves room for what is said beside them; else with rows for it
    /// above them; else without.
    fn new(wiring: &Wiring, width: u16, height: u16) -> Option<Self> {
        const ABOVE: u16 = 3;
        let uses: Vec<Vec<bool>> = wiring.designs.iter().map(|it| it.links.clone()).collect();
        let outline = Outline::new(&wiring.graph, &uses);
        let all = |height: u16| {
            SIZES.iter().filter_map(move |size| Some((*size, height)).filter(|_| height > 0))
        };
        let fit = |(size, height)| outline.fit(size, width, height);
        let beside = all(height).filter_map(fit).find_map(|plan| {
            let room = texts::Room::of(&plan);
            room.upper.is_some().then_some(Self { plan, room, above: 0 })
        });
        beside
            .or_else(|| {
                let plan = all(height.saturating_sub(ABOVE)).find_map(fit)?;
                let lower = texts::Room::of(&plan).lower;
                let upper = Some(Rect::new(1, 0, width.saturating_sub(2), 2));
                Some(Self { plan, room: texts::Room { upper, lower }, above: ABOVE })
            })
            .or_else(|| {
                let plan = all(height).find_map(fit)?;
                Some(Self { plan, room: texts::Room::default(), above: 0 })
            })
    }
}

impl<'a> Map<'a> {
    /// The name of a card.
    fn name(&self, card: usize) -> &'a str {
        self.facts.name(self.wiring.node(card))
    }

    /// Does the design that is shown use this card?
    fn is_used(&self, card: usize) -> bool {
        self.wiring.designs[self.facts.model().design].cards[card]
    }

    /// The ways of the links of the design that is shown.
    fn routes<'p>(&self, plan: &'p Plan) -> &'p [Vec<Position>] {
        &plan.routes[self.facts.model().design]
    }

    /// The links of the design that is shown, by number.
    fn links(&self) -> impl Iterator<Item = usize> {
        let used = &self.wiring.designs[self.facts.model().design].links;
        (0..used.len()).filter(|link| used[*link])
    }

    /// Those that leave a card.
    fn links_from(&self, card: usize) -> impl Iterator<Item = usize> {
        self.links().filter(move |link| self.wiring.graph.links()[*link].from == card)
    }

    /// The nodes at both ends of a link.
    fn ends(&self, link: usize) -> (&'a [NodeIx], &'a [NodeIx]) {
        let link = self.wiring.graph.links()[link];
        (&self.wiring.holds[link.from], &self.wiring.holds[link.to])
    }

    /// As what a link is selected.
    fn thing(&self, link: usize) -> Thing {
        let (from, to) = self.ends(link);
        Thing::Link(from[0], to[0])
    }

    /// Messages a second on a link.
    fn rate(&self, link: usize) -> f64 {
        self.flows[link].rate
    }

    /// Can nothing come through on a link?
    fn is_broken(&self, link: usize) -> bool {
        self.flows[link].is_broken
    }

    /// The card that is selected, or from which the selected link goes.
    fn chosen_card(&self) -> Option<usize> {
        match self.screen.session.place.thing {
            Thing::Node(node) | Thing::Instance(node, _) | Thing::Link(node, _) => {
                self.wiring.card_of.get(usize::from(node.0)).copied()
            }
            _ => None,
        }
    }

    /// The cards in use, by layer and name.
    fn rows(&self) -> Vec<Vec<usize>> {
        let layers = &self.wiring.layers;
        let count = layers.iter().max().map_or(0, |last| last + 1);
        let of = |layer: usize| {
            (0..layers.len()).filter(|card| layers[*card] == layer && self.is_used(*card)).collect()
        };
        (0..count).map(of).filter(|cards: &Vec<usize>| !cards.is_empty()).collect()
    }

    /// The rows of the table, as what can be selected.
    fn listed(&self) -> Vec<Spot> {
        let cards = self.rows().into_iter().flatten();
        let spot = |(y, card): (u16, usize)| Spot {
            thing: Thing::Node(self.wiring.node(card)),
            area: Rect::new(0, y, 10, 1),
        };
        (0..).zip(cards).map(spot).collect()
    }

    /// What is to be said of the selection; of everything, what is worst, if nothing is selected. Nothing if
    /// nothing is wrong.
    fn sentence(&self) -> Option<String> {
        let facts = self.facts;
        match &self.screen.session.place.thing {
            Thing::Node(node) | Thing::Instance(node, _) => Some(says::node(facts, *node).text),
            Thing::Link(from, to) => {
                let held = |node: NodeIx| self.wiring.holds[self.wiring.card(node)].as_slice();
                Some(says::link(facts, held(*from), held(*to)).text)
            }
            _ => {
                let cards = (0..self.wiring.holds.len()).filter(|card| self.is_used(*card));
                let all = cards.map(|card| says::node(facts, self.wiring.node(card)));
                let worst = all.rev().max_by_key(|saying| saying.gravity);
                let worst = worst.filter(|saying| saying.gravity > 0);
                let failed = says::failed(facts).filter(|failed| {
                    worst.as_ref().is_none_or(|worst| worst.gravity < failed.gravity)
                });
                failed.or(worst).map(|it| it.text)
            }
        }
    }
}
