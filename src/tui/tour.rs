//! The tour: a script of places with two sentences each, over the real program. A stop names its place in
//! the words of `:` and of the scenario; one whose names the scenario does not have is left out. Any key is
//! allowed meanwhile: `t` goes on, Esc ends it.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::commands::{Command, Opened, parse};
use super::glyphs::Border;
use super::place::{Cursor, Place, RunId, Thing, View, WorldId};
use super::session::{Columns, Session};
use super::theme::Role;
use super::words::wrapped;
use crate::base::Time;
use crate::probes::anomalies::Kind;

/// A place, and what there is to see.
#[derive(Clone, Copy, Debug)]
struct Stop {
    title: &'static str,
    design: &'static str,
    /// In milliseconds since the run began.
    at: u64,
    view: View,
    thing: Named,
    words: [&'static str; 2],
}

/// A thing by its name.
#[derive(Clone, Copy, Debug)]
enum Named {
    Node(&'static str),
    Op(&'static str),
    /// Why it was left half done: its lanes.
    HalfDone(&'static str),
    Fault(&'static str),
    Kind(Kind),
}

/// The tour of `checkout`.
const STOPS: [Stop; 7] = [
    Stop {
        title: "the chain",
        design: "rest",
        at: 13_500,
        view: View::Map,
        thing: Named::Node("orders"),
        words: [
            "In rest they call one another and wait: web, edge, orders, and orders calls all others in a row.",
            "Whoever is slow or gone makes everybody before it wait; Space plays, d shows the same instant wired otherwise.",
        ],
    },
    Stop {
        title: "one order's way",
        design: "rest",
        at: 7_009,
        view: View::Request,
        thing: Named::Op("place-order#5638"),
        words: [
            "One customer's order, span by span: what worked, what waited for others, where its values became durable.",
            "The way of orders#0 ends in a cross: it went down in the middle, and shipping was never called.",
        ],
    },
    Stop {
        title: "the restart",
        design: "rest",
        at: 7_000,
        view: View::Time,
        thing: Named::Fault("orders-restarts"),
        words: [
            "Every four seconds the processes of orders restart: the bands above, and what fails under each of them.",
            "} and { go from mark to mark; the strip below is the whole run, known before you play it.",
        ],
    },
    Stop {
        title: "half done",
        design: "rest",
        at: 7_009,
        view: View::Truth,
        thing: Named::HalfDone("place-order#5638"),
        words: [
            "The same order from node to node: order, stock and payment are durable, the shipment will never be.",
            "Only the memory of orders#0 knew that shipping was still to be called, and that memory is gone.",
        ],
    },
    Stop {
        title: "the same order in events",
        design: "events",
        at: 7_009,
        view: View::Request,
        thing: Named::Op("place-order#5716"),
        words: [
            "The same customer at the same instant, wired by events: what was committed is in a log, and others react.",
            "The restart delays it, and nothing is left half done: the log remembers what is still to be done.",
        ],
    },
    Stop {
        title: "the price of it",
        design: "events",
        at: 23_500,
        view: View::Truth,
        thing: Named::Kind(Kind::StaleRead),
        words: [
            "Reads come from copies that follow the log, and a copy that lags shows an old value: how often, says the row that is selected.",
            "Enter opens the first such read; 2 sets all three designs side by side: none is best in every row.",
        ],
    },
    Stop {
        title: "what if",
        design: "rest",
        at: 21_400,
        view: View::Time,
        thing: Named::Fault("inventory-crash"),
        words: [
            "What if inventory had not crashed? x makes a world without it, with the same customers, beside this one.",
            "Compare opens on both; u comes back, i breaks something of your own, w writes it as a file.",
        ],
    },
];

/// How far one has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    stop: usize,
}

impl Session {
    /// Begins the tour, or goes to its next stop; after the last it is over.
    ///
    /// # Errors
    ///
    /// That this scenario has none.
    pub fn next_stop(&mut self) -> Result<(), String> {
        let from = self.tour.map_or(0, |state| state.stop + 1);
        let next = (from..STOPS.len()).find_map(|ix| Some((ix, place(&STOPS[ix], self)?)));
        let Some((stop, place)) = next else {
            let was_on = self.tour.take().is_some();
            let why = "this scenario has no tour: checkout has one, :open scenarios/checkout.ron";
            return if was_on {
                self.say("the tour is over: ? says what else can be done");
                Ok(())
            } else {
                Err(why.to_owned())
            };
        };
        self.playing = false;
        self.columns = Columns::Designs;
        self.tour = Some(State { stop });
        self.go(place);
        Ok(())
    }
}

/// The place of a stop, if the scenario has all that it names.
fn place(stop: &Stop, session: &Session) -> Option<Place> {
    let base = &session.worlds.get(WorldId(0)).recipe.scenario;
    let design = base.designs.iter().position(|design| design.name == stop.design)?;
    let at = Time(stop.at * 1_000_000);
    if at >= Time(base.run.length.0) {
        return None;
    }
    let (thing, inside) = match stop.thing {
        Named::Node(name) => match parse(&format!("open node {name}"), session).ok()? {
            Command::Open(Opened::Node(node)) => (Thing::Node(node), false),
            _ => return None,
        },
        Named::Op(name) | Named::HalfDone(name) => {
            let Ok(Command::Op(op)) = parse(&format!("op {name}"), session) else { return None };
            match stop.thing {
                Named::Op(_) => (Thing::Op(op), false),
                _ => (Thing::Anomaly(op, Kind::HalfDone), true),
            }
        }
        Named::Fault(name) => {
            base.faults.iter().find(|fault| fault.name == name)?;
            (Thing::Fault(name.to_owned()), false)
        }
        Named::Kind(kind) => (Thing::Kind(kind), false),
    };
    let run = RunId { world: WorldId(0), design };
    Some(Place { run, cursor: Cursor::at(at), thing, view: stop.view, inside, zoom: 0 })
}

/// What an area leaves to a view above the card. A map keeps all of it: its cards stand where they stood.
pub fn leaves(state: State, view: View, area: Rect) -> Rect {
    let height = area.height.saturating_sub(height(&said(state, area)));
    if view == View::Map || height < LEAST { area } else { Rect { height, ..area } }
}

/// Rows that a view needs to say anything.
const LEAST: u16 = 6;

/// The two sentences of a stop as lines of a card in an area.
fn said(state: State, area: Rect) -> Vec<String> {
    let width = usize::from(area.width.saturating_sub(4)).max(1);
    STOPS[state.stop].words.iter().flat_map(|sentence| wrapped(sentence, width)).collect()
}

/// Of a card with so many lines.
fn height(lines: &[String]) -> u16 {
    lines.len() as u16 + 2
}

/// Draws the card of the stop at the bottom of an area.
pub fn draw(state: State, area: Rect, canvas: &mut Canvas<'_>) {
    let lines = said(state, area);
    let height = height(&lines).min(area.height);
    let card = Rect { y: area.y + area.height - height, height, ..area };
    canvas.cover(card);
    let title =
        format!(" tour {} of {}: {} ", state.stop + 1, STOPS.len(), STOPS[state.stop].title);
    let inside = canvas.frame(card, &title, Border::Round, Role::Accent);
    for (y, line) in (0..inside.height).zip(&lines) {
        canvas.text(inside, 1, y, line, Role::Text);
    }
    let keys = " t next  Esc end ";
    if card.height > 1 && usize::from(card.width) > title.chars().count() + keys.len() + 4 {
        canvas.right(card, card.width - 2, 0, keys, Role::Accent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_named;
    use crate::tui::action::Action;
    use crate::tui::snapshot::Snapshot;

    fn session(name: &str) -> Session {
        let text = crate::cli::shipped::text(name).unwrap();
        Session::open_file(parse_named(name, name, text, &[]).unwrap(), 1, Vec::new())
    }

    #[test]
    fn the_tour_goes_through_all_its_stops_and_ends() {
        let (mut session, snapshot) = (session("checkout"), Snapshot::default());
        let mut seen = Vec::new();
        for _ in 0..STOPS.len() {
            session.act(Action::Tour, &snapshot);
            seen.push((
                session.tour.unwrap().stop,
                session.place.view,
                session.place.cursor.time.0 / 1_000_000,
            ));
        }
        let wanted: Vec<_> =
            STOPS.iter().enumerate().map(|(ix, stop)| (ix, stop.view, stop.at)).collect();
        assert_eq!(seen, wanted);
        session.act(Action::Tour, &snapshot);
        assert_eq!(session.tour, None);
        session.act(Action::Tour, &snapshot);
        session.act(Action::Leave, &snapshot);
        assert_eq!(session.tour, None, "Esc ends it");
    }

    #[test]
    fn the_card_covers_no_row_of_a_list() {
        let area = Rect::new(0, 2, 80, 20);
        for stop in 0..STOPS.len() {
            let state = State { stop };
            let left = leaves(state, View::Truth, area);
            assert_eq!(left.height + height(&said(state, area)), area.height);
            assert_eq!(leaves(state, View::Map, area), area, "cards of nodes do not move");
        }
        let small = Rect { height: 8, ..area };
        assert_eq!(leaves(State { stop: 0 }, View::Truth, small), small, "nothing would be left");
    }

    #[test]
    fn a_scenario_without_its_names_has_no_tour() {
        let mut session = session("theory/queue");
        assert!(session.next_stop().unwrap_err().contains("checkout has one"));
    }

    /// What the stops say is so: the order is half done in rest, and whole in events.
    #[test]
    fn the_orders_of_the_tour_are_what_it_says() {
        use std::sync::Arc;

        use crate::base::Span;
        use crate::simulate::run;

        let mut scenario = crate::scenario::tree::Scenario::clone(session("checkout").scenario());
        scenario.run.length = Span::from_secs(8.0);
        let scenario = Arc::new(scenario);
        let half_done = |design: usize| {
            let outcome = run(&scenario, design, 1);
            let found = outcome.anomalies.iter().filter(|one| one.kind == "half_done");
            found.map(crate::probes::outcome::Anomaly::operation).collect::<Vec<_>>()
        };
        assert!(half_done(0).contains(&"place-order#5638".to_owned()));
        assert!(half_done(2).is_empty());
    }
}
