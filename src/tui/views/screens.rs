//! The screens of Scenario, injector, palette, help, tour, picker and broken files: as they are drawn at
//! several sizes, and that nothing panics at any.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, broken, help, inject, palette, picker, room};
use crate::cli::shipped::{SHIPPED, text};
use crate::scenario::parse_named;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Look};
use crate::tui::glyphs::Glyphs;
use crate::tui::input::Key;
use crate::tui::paint;
use crate::tui::place::{Thing, View};
use crate::tui::query::expectations::{Expectations, Expected, Judged};
use crate::tui::session::{Overlay, Session};
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Theme;
use crate::tui::tour;

/// Bodies of 80x24, 200x60 and 40x10.
const SIZES: [(u16, u16); 3] = [(80, 20), (200, 56), (40, 6)];

fn session() -> Session {
    let loaded = parse_named("checkout", "scenarios/checkout.ron", text("checkout").unwrap(), &[]);
    let mut session = Session::open_file(loaded.unwrap(), 1, Vec::new());
    session.seek_time(crate::base::Time(21_400_000_000));
    session
}

/// As the worker would judge it.
fn snapshot(session: &Session) -> Snapshot {
    let judged = |holds, values: &str| Some(Judged { holds, values: values.to_owned() });
    let list = session.scenario().expect.iter().enumerate().map(|(ix, text)| Expected {
        text: text.value.clone(),
        so_far: if ix == 5 { None } else { judged(ix != 2, "17.8 ms < 35.8 ms") },
        at_end: judged(true, "18.1 ms < 36.2 ms"),
    });
    let expectations = Some(Expectations { list: list.collect() }.into());
    Snapshot { expectations, ..Snapshot::default() }
}

fn link(session: &Session, from: &str, to: &str) -> Thing {
    let nodes = &session.scenario().nodes;
    let ix = |name| {
        let place = nodes.iter().position(|node| node.name == name).unwrap();
        crate::scenario::tree::NodeIx(place as u16)
    };
    Thing::Link(ix(from), ix(to))
}

fn drawn((width, height): (u16, u16), look: Look, draw: impl Fn(Rect, &mut Canvas<'_>)) -> String {
    let area = Rect::new(0, 0, width, height);
    let (mut buffer, mut hits) = (Buffer::empty(area), Vec::new());
    draw(area, &mut Canvas::new(&mut buffer, &mut hits, look));
    assert!(hits.iter().all(|hit| area.union(hit.area) == area), "a click outside of the screen");
    paint::text(&buffer)
}

/// Whatever lies over the view, and else the view.
fn draw(session: &Session, snapshot: &Snapshot, area: Rect, canvas: &mut Canvas<'_>) {
    let screen = Screen { snapshot, session };
    // What lies over a view is looked at without it: that is drawn by its own test.
    if session.overlay.is_none() && session.tour.is_none() {
        (room(&session.place).draw)(screen, area, canvas);
    }
    match &session.overlay {
        Some(Overlay::Help(state)) => help::draw(screen, state, area, canvas),
        Some(Overlay::Palette(state)) => palette::draw(screen, state, area, canvas),
        Some(Overlay::Inject(state)) => inject::draw(screen, state, area, canvas),
        _ => {}
    }
    if let Some(state) = session.tour {
        tour::draw(state, area, canvas);
    }
}

fn shows(name: &str, session: &Session, snapshot: &Snapshot) {
    for (size, look) in SIZES.into_iter().zip([Look::default(); 3]) {
        let text = drawn(size, look, |area, canvas| draw(session, snapshot, area, canvas));
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), text);
    }
    let ascii = Look { theme: Theme::Mono, glyphs: Glyphs::Ascii };
    let text = drawn(SIZES[0], ascii, |area, canvas| draw(session, snapshot, area, canvas));
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(format!("{name}-ascii"), text);
    for width in (1..60).chain([79, 80, 81, 120, 160, 200, 300]) {
        for height in (1..30).chain([56, 100]) {
            drawn((width, height), Look::default(), |area, canvas| {
                draw(session, snapshot, area, canvas);
            });
        }
    }
}

fn press(session: &mut Session, snapshot: &Snapshot, keys: &str) {
    keys.chars().for_each(|key| session.press(Key::Char(key), snapshot));
}

#[test]
fn scenario() {
    let mut session = session();
    let snapshot = snapshot(&session);
    session.act(Action::View(View::Scenario), &snapshot);
    session.overlay = None;
    press(&mut session, &snapshot, "ll");
    shows("scenario", &session, &snapshot);
}

#[test]
fn scenario_turns_a_knob_and_starts_over() {
    let mut session = session();
    let snapshot = snapshot(&session);
    session.act(Action::View(View::Scenario), &snapshot);
    press(&mut session, &snapshot, "lll");
    assert_eq!(session.worlds.iter().count(), 1, "nothing is run before Enter or s");
    session.press(Key::Enter, &snapshot);
    let world = session.worlds.get(session.place.run.world);
    assert_eq!(
        world.recipe.changes[0].text,
        "(at: \"21.400000001s\", set: { \"rate\": \"920/s\" })"
    );
    // What cannot be turned on the way is refused with the reason, and starts over.
    press(&mut session, &snapshot, "Gggjjjjjh");
    session.press(Key::Enter, &snapshot);
    let told = session.message.clone().unwrap();
    assert!(
        told.contains("static_members would turn log") && told.contains("s starts over"),
        "{told}"
    );
    press(&mut session, &snapshot, "s");
    let world = session.worlds.get(session.place.run.world);
    assert_eq!(world.recipe.set, [("static_members".to_owned(), "false".to_owned())]);
    press(&mut session, &snapshot, "s");
    assert!(session.message.as_ref().unwrap().contains("no knob is turned"));
}

#[test]
fn injector() {
    let mut session = session();
    let snapshot = snapshot(&session);
    session.place.thing = link(&session, "orders", "inventory");
    session.act(Action::Inject, &snapshot);
    shows("inject", &session, &snapshot);
    press(&mut session, &snapshot, "l");
    session.press(Key::Tab, &snapshot);
    press(&mut session, &snapshot, "l");
    shows("inject-link", &session, &snapshot);
    session.press(Key::Enter, &snapshot);
    let world = session.worlds.get(session.place.run.world);
    assert_eq!(
        world.recipe.changes[0].text,
        "(at: \"21.400000001s\", lasts: \"3s\", what: Latency(\"orders\", \"inventory\", add: \"200ms\"))"
    );
    assert!(session.overlay.is_none());
}

#[test]
fn palette_finds_completes_and_says_what_is_wrong() {
    let mut session = session();
    let snapshot = snapshot(&session);
    session.act(Action::Commands, &snapshot);
    shows("palette-empty", &session, &snapshot);
    press(&mut session, &snapshot, "run until half");
    shows("palette", &session, &snapshot);
    session.press(Key::Esc, &snapshot);
    session.act(Action::Commands, &snapshot);
    press(&mut session, &snapshot, "goto soon");
    session.press(Key::Enter, &snapshot);
    shows("palette-wrong", &session, &snapshot);
    session.press(Key::Ctrl('u'), &snapshot);
    press(&mut session, &snapshot, "goto 7s");
    session.press(Key::Enter, &snapshot);
    assert_eq!((session.overlay.is_none(), session.place.cursor.time.0), (true, 7_000_000_000));
    assert_eq!(session.views.commands, ["goto 7s"]);
    // A begun command waits for what stands behind it; history brings back what was run.
    session.act(Action::Commands, &snapshot);
    press(&mut session, &snapshot, "got");
    session.press(Key::Enter, &snapshot);
    press(&mut session, &snapshot, "8s");
    session.press(Key::Enter, &snapshot);
    assert_eq!(session.place.cursor.time.0, 8_000_000_000);
    session.act(Action::Commands, &snapshot);
    session.press(Key::Ctrl('r'), &snapshot);
    session.press(Key::Ctrl('r'), &snapshot);
    session.press(Key::Enter, &snapshot);
    assert_eq!(session.place.cursor.time.0, 7_000_000_000);
    // A key is a command too.
    session.act(Action::Commands, &snapshot);
    press(&mut session, &snapshot, "fork");
    session.press(Key::Enter, &snapshot);
    assert_eq!(session.worlds.iter().count(), 2);
}

#[test]
fn help_filters_and_does_the_marked_action() {
    let mut session = session();
    let snapshot = snapshot(&session);
    session.act(Action::Help, &snapshot);
    shows("help", &session, &snapshot);
    press(&mut session, &snapshot, "fork");
    shows("help-filter", &session, &snapshot);
    session.press(Key::Enter, &snapshot);
    assert!(session.overlay.is_none());
    assert_eq!(session.worlds.iter().count(), 2);
}

#[test]
fn the_card_of_the_tour() {
    let mut session = session();
    let snapshot = snapshot(&session);
    session.act(Action::Tour, &snapshot);
    shows("tour", &session, &snapshot);
}

#[test]
fn the_picker() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = picker::State::new(SHIPPED, folder.path());
    for size in [(80, 24), (200, 60), (40, 10)] {
        let text = drawn(size, Look::default(), |area, canvas| picker::draw(&state, area, canvas));
        insta::assert_snapshot!(format!("picker-{}x{}", size.0, size.1), text);
    }
    for width in (1..90).chain([200, 300]) {
        for height in 1..40 {
            let look = Look { theme: Theme::Mono, glyphs: Glyphs::Ascii };
            let text =
                drawn((width, height), look, |area, canvas| picker::draw(&state, area, canvas));
            assert!(text.is_ascii());
        }
    }
    "/retry-s".chars().for_each(|key| drop(state.key(Key::Char(key))));
    let text = drawn((80, 24), Look::default(), |area, canvas| picker::draw(&state, area, canvas));
    insta::assert_snapshot!("picker-filter", text);
    let picker::Picked::Open(path, Some(_)) = state.key(Key::Enter) else {
        panic!("one is marked")
    };
    assert!(path.starts_with("scenarios/theory"), "{}", path.display());
}

#[test]
fn the_picker_finds_the_files_of_a_folder_and_shows_what_is_broken_in_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.ron"), text("theory/queue").unwrap()).unwrap();
    std::fs::write(folder.path().join("worse.ron"), "(run: (length: \"1s\x1b[31m\")").unwrap();
    let mut state = picker::State::new(SHIPPED, folder.path());
    "g".chars().for_each(|key| drop(state.key(Key::Char(key))));
    assert_eq!(
        state.key(Key::Char('t')),
        picker::Picked::Tour(folder.path().join("mine.ron"), None)
    );
    drop(state.key(Key::Char('j')));
    let text = drawn((120, 24), Look::default(), |area, canvas| picker::draw(&state, area, canvas));
    assert!(text.contains("This file cannot be read") && text.contains("broken"), "{text}");
    assert!(!text.contains('\u{1b}'), "nothing of a file steers the terminal");
    drop(state.key(Key::Char(':')));
    "x.ron".chars().for_each(|key| drop(state.key(Key::Char(key))));
    assert_eq!(state.key(Key::Enter), picker::Picked::Open("x.ron".into(), None));
    assert_eq!(state.click(0), picker::Picked::Nothing);
}

#[test]
fn a_broken_file() {
    let source = text("checkout").unwrap().replace("home: \"orders\"", "home: \"order\"");
    let wrong = parse_named("checkout", "scenarios/checkout.ron", &source, &[]).unwrap_err();
    let mut state = broken::State::of(&wrong);
    assert!(!state.key(Key::Char('j')));
    let text = drawn((80, 24), Look::default(), |area, canvas| broken::draw(&state, area, canvas));
    insta::assert_snapshot!("broken", text);
    for (width, height) in (1..90).flat_map(|width| (1..30).map(move |height| (width, height))) {
        drawn((width, height), Look::default(), |area, canvas| broken::draw(&state, area, canvas));
    }
    assert!(state.key(Key::Esc));
}
