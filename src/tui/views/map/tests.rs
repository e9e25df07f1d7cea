//! The map of real runs, as a person sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::Time;
use crate::scenario::tree::Scenario;
use crate::scenario::{load, parse};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Hit, Look, Target};
use crate::tui::glyphs::Glyphs;
use crate::tui::paint;
use crate::tui::place::{RunId, Thing};
use crate::tui::session::Session;
use crate::tui::start::settle;
use crate::tui::views::{Screen, map, node};
use crate::tui::worker::Worker;

/// A run, stopped there and looked at.
fn at(scenario: Arc<Scenario>, design: usize, seconds: f64) -> App {
    let mut session = Session::new(PathBuf::from("a.ron"), scenario, 1, Vec::new());
    session.ahead = false;
    session.place.run.design = design;
    session.seek_time(Time((seconds * 1e9) as u64));
    let mut app = App::new(session);
    settle(&mut app, &mut Worker::new());
    app
}

fn checkout(design: usize, seconds: f64) -> App {
    let loaded = load(Path::new("scenarios/checkout.ron"), &[]).expect("it is right");
    at(Arc::new(loaded.scenario), design, seconds)
}

/// The view alone, without what stands around it, in the middle of a larger buffer.
fn drawn(app: &App, width: u16, height: u16, inside: bool) -> (Buffer, Vec<Hit>) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width + 2, height + 2));
    let mut hits = Vec::new();
    let screen = Screen { snapshot: app.snapshot(), session: &app.session };
    let room = if inside { &node::ROOM } else { &map::ROOM };
    let mut canvas = Canvas::new(&mut buffer, &mut hits, app.session.look);
    (room.draw)(screen, Rect::new(1, 1, width, height), &mut canvas);
    (buffer, hits)
}

fn text(app: &App, width: u16, height: u16, inside: bool) -> String {
    paint::text(&drawn(app, width, height, inside).0)
}

/// A chain of services of this many nodes with names as long as this.
fn many(count: usize, letters: usize) -> Arc<Scenario> {
    let name = |at: usize| format!("{}{at:03}", "n".repeat(letters - 3));
    let services =
        (0..count - 1).map(|at| format!("{:?}: Service(workers: 2, work: \"1ms\"),", name(at)));
    let tells = (1..count - 1).map(|at| format!("Call({:?}),", name(at)));
    let text = format!(
        "(run: (length: \"2s\"), nodes: {{ \"web\": Client(arrivals: Poisson(\"20/s\"), does: \"go\"), {} }},
          flows: {{ \"go\": (home: {:?}, steps: [{}]) }}, designs: {{ \"rest\": Rest() }})",
        services.collect::<String>(),
        name(0),
        tells.collect::<String>(),
    );
    Arc::new(parse("many.ron", &text, &[]).unwrap_or_else(|error| panic!("{error}")))
}

fn cards(app: &App) -> Vec<(Thing, Rect)> {
    let hits = drawn(app, 80, 20, false).1.into_iter();
    hits.filter_map(|hit| match hit.target {
        Target::Thing(thing @ Thing::Node(_)) => Some((thing, hit.area)),
        _ => None,
    })
    .collect()
}

#[test]
fn one_instant_of_checkout_in_three_designs() {
    let runs = [0, 1, 2].map(|design| checkout(design, 21.4));
    for app in &runs {
        let design = &app.session.scenario().designs[app.session.place.run.design].name;
        insta::assert_snapshot!(format!("checkout_{design}_80x20"), text(app, 80, 20, false));
    }
    // Whatever two designs use stands at the same place in both.
    let [rest, pubsub, events] = [0, 1, 2].map(|at| cards(&runs[at]));
    for (one, other) in [(&rest, &pubsub), (&rest, &events), (&pubsub, &events)] {
        let shared = |card: &&(Thing, Rect)| other.iter().any(|it| it.0 == card.0);
        assert!(one.iter().filter(shared).count() >= 6);
        assert!(one.iter().filter(shared).all(|card| other.contains(card)), "{one:?} {other:?}");
    }
    let [_, _, mut events] = runs;
    insta::assert_snapshot!("checkout_events_200x56", text(&events, 200, 56, false));
    events.session.look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
    let ascii = text(&events, 80, 20, false);
    assert!(ascii.is_ascii() && !ascii.contains('?'), "{ascii}");
    insta::assert_snapshot!("checkout_events_80x20_ascii", ascii);
    let log = events.session.scenario().nodes.iter().position(|node| node.name == "log");
    let log = Thing::Node(crate::model::NodeIx(log.expect("it has a log") as u16));
    events.session.look = Look::default();
    events.session.select(log);
    insta::assert_snapshot!("node_log_80x20", text(&events, 80, 20, true));
}

#[test]
fn small_large_and_wordy_scenarios() {
    let least = at(many(2, 8), 0, 1.0);
    insta::assert_snapshot!("least_80x20", text(&least, 80, 20, false));
    let mut table = at(many(40, 8), 0, 1.0);
    insta::assert_snapshot!("many_80x20", text(&table, 80, 20, false));
    // Down to the last: the table scrolls with the selection.
    table.session.act(Action::Last, &Arc::clone(table.snapshot()));
    let last = text(&table, 80, 20, false);
    assert!(last.contains("►nnnnn038"), "{last}");
    let wordy = at(many(6, 30), 0, 1.0);
    insta::assert_snapshot!("wordy_80x20", text(&wordy, 80, 20, false));
    let seen = text(&wordy, 199, 40, false);
    assert!(seen.lines().all(|line| line.chars().count() <= 200), "{seen}");
}

#[test]
fn it_fits_into_any_size_and_says_nothing_outside() {
    let all = [checkout(2, 0.5), at(many(40, 30), 0, 1.0), at(many(2, 8), 0, 1.0)];
    for mut app in all {
        for glyphs in [Glyphs::Block, Glyphs::Ascii] {
            app.session.look.glyphs = glyphs;
            let sizes = [1, 2, 3, 7, 12, 20, 33, 46, 59, 80, 99, 100, 133, 160, 200];
            for (width, height) in sizes.iter().flat_map(|w| sizes.map(|h| (*w, h.min(70)))) {
                for inside in [false, true] {
                    app.session.place.thing = Thing::Node(crate::model::NodeIx(0));
                    let (buffer, hits) = drawn(&app, width, height, inside);
                    let area = Rect::new(1, 1, width, height);
                    assert!(hits.iter().all(|hit| hit.area.union(area) == area));
                    for x in 0..buffer.area.width {
                        for y in 0..buffer.area.height {
                            let sign = buffer[(x, y)].symbol();
                            let is_inside = area.contains((x, y).into());
                            assert!(
                                is_inside || sign == " ",
                                "{sign} at {x}, {y} of {width} x {height}"
                            );
                            assert!(glyphs == Glyphs::Block || sign.is_ascii());
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_selection_walks_over_cards_and_links_and_into_a_node() {
    let mut app = checkout(0, 0.5);
    drop(app.screen(80, 24));
    let snapshot = Arc::clone(app.snapshot());
    app.session.act(Action::Right, &snapshot);
    let mut seen = vec![app.session.place.thing.clone()];
    for _ in 0..20 {
        app.session.act(Action::Right, &snapshot);
        seen.push(app.session.place.thing.clone());
    }
    seen.dedup();
    let nodes = seen.iter().filter(|thing| matches!(thing, Thing::Node(_))).count();
    let links = seen.iter().filter(|thing| matches!(thing, Thing::Link(..))).count();
    assert_eq!((nodes, links), (4, 3), "{seen:?}");
    assert_eq!(app.session.message.as_deref(), Some("nothing is farther that way"));
    app.session.act(Action::Enter, &snapshot);
    let place = app.session.place.clone();
    assert!(place.inside && place.run == RunId::default(), "{place:?}");
    app.session.act(Action::Down, &snapshot);
    assert!(matches!(app.session.place.thing, Thing::Instance(_, 0)), "{:?}", app.session.place);
    app.session.act(Action::Leave, &snapshot);
    assert!(!app.session.place.inside);
}

#[test]
fn cards_come_before_the_pane_beside_them() {
    let app = checkout(0, 6.0);
    let shown = text(&app, 100, 26, false);
    assert!(shown.contains("┌inventory"), "cards, where they fit into the whole width:\n{shown}");
    let wide = text(&app, 160, 40, false);
    assert!(wide.contains("┌inventory") && wide.contains("truth so far  "), "both:\n{wide}");
}
