//! Every key in every view, and keys without end: pressed on the program without a terminal.

use proptest::prelude::*;
use windtunnel::tui::action::Action;
use windtunnel::tui::app::App;
use windtunnel::tui::input::{Click, Input, Key, Mouse};
use windtunnel::tui::keymap;
use windtunnel::tui::place::{Thing, View};
use windtunnel::tui::start::settle;
use windtunnel::tui::worker::Worker;

use super::shop::{app, known};

/// What a person can see or will see changed: all of the session.
fn seen(app: &App) -> String {
    format!("{:?}", app.session)
}

#[test]
fn every_key_of_every_view_does_something_or_says_why_not() {
    let mut silent = Vec::new();
    for view in View::ALL {
        for about in keymap::here(view) {
            for keys in about.keys {
                let mut app = app();
                app.session.place.view = view;
                app.screen(80, 24);
                let before = seen(&app);
                for key in keymap::parse(keys).expect("keys") {
                    app.input(Input::Key(key));
                }
                let shows_itself = about.action == Action::View(view);
                if seen(&app) == before && !shows_itself {
                    silent.push(format!("{}: {keys} ({})", view.name(), about.name));
                }
                app.screen(80, 24);
            }
        }
    }
    assert!(silent.is_empty(), "nothing happens and nothing is said:\n{}", silent.join("\n"));
}

fn key() -> impl Strategy<Value = Key> {
    let special = [
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Left,
        Key::Right,
        Key::Up,
        Key::Down,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Delete,
        Key::Backspace,
        Key::Ctrl('d'),
        Key::Ctrl('u'),
        Key::Ctrl('r'),
        Key::Ctrl('l'),
    ];
    prop_oneof![
        3 => prop::char::range(' ', '~').prop_map(Key::Char),
        2 => prop::sample::select(special.to_vec()),
        1 => prop::sample::select("1234567dhjklgGuUxifcbw:?/}{.,<>zZv".chars().collect::<Vec<_>>()).prop_map(Key::Char),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let clicks = [Click::Down, Click::Drag, Click::Up, Click::WheelUp, Click::WheelDown];
    let mouse = (0..200u16, 0..60u16, prop::sample::select(clicks.to_vec()));
    prop_oneof![
        9 => key().prop_map(Input::Key),
        1 => mouse.prop_map(|(x, y, what)| Input::Mouse(Mouse { x, y, what })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_sequence_of_keys_and_clicks_breaks_it(
        inputs in prop::collection::vec(input(), 1..120),
        width in 1..220u16,
        height in 1..70u16,
    ) {
        let mut app = app();
        for (ix, input) in inputs.into_iter().enumerate() {
            app.input(input);
            app.session.outside.clear();
            if ix % 7 == 0 {
                app.screen(width, height);
            }
        }
        app.screen(width, height);
        let _ = app.wish();
    }
}

#[test]
fn an_item_is_shown_wherever_it_is_asked_for() {
    for view in View::ALL {
        let mut app = app();
        app.session.place.view = view;
        for key in ":item stock 1".chars().map(Key::Char).chain([Key::Enter]) {
            app.input(Input::Key(key));
        }
        assert!(matches!(app.session.place.thing, Thing::Item(_)), "{view:?}");
        let screen = windtunnel::tui::paint::text(&app.screen(80, 24));
        assert!(screen.contains("stock 1   is being looked for"), "{view:?}:\n{screen}");
        settle(&mut app, &mut Worker::new());
        let screen = windtunnel::tui::paint::text(&app.screen(80, 24));
        assert!(screen.contains("writes,") && screen.contains("stock 1 v1,"), "{screen}");
    }
}

#[test]
fn an_address_names_the_screen_as_the_command_line_takes_it() {
    let mut app = app();
    let told = *known().1.runs[&app.session.place.run].history.told().next().expect("an answer");
    app.session.select(Thing::Op(told.op));
    app.input(Input::Key(Key::Char('y')));
    let message = app.session.message.clone().expect("it is said");
    let address = "windtunnel shop.ron --design rest --seed 1 --at 3s --view map --open 'order#";
    assert!(message.contains(&format!("{address}{}'", told.op.number())), "{message}");
}

#[test]
fn a_line_says_what_it_comes_to_where_that_is_not_what_one_expects() {
    let said = |line: &str| {
        let mut app = app();
        for key in format!(":{line}").chars().map(Key::Char).chain([Key::Enter]) {
            app.input(Input::Key(key));
        }
        // In the last line, or above it if it is long.
        let screen = windtunnel::tui::paint::text(&app.screen(200, 60));
        screen.lines().rev().take(6).chain(screen.lines().take(54)).collect::<Vec<_>>().join("\n")
    };
    let told = said("goto 9h");
    assert!(told.contains("this run ends at 6.0"), "{told}");
    let told = said("inject Latency(\"inventory\", \"web\", add: \"50ms\") for 1s");
    assert!(told.contains("nothing goes from inventory to web in this design"), "{told}");
    let told = said("inject Latency(\"orders\", \"inventory\", add: \"50ms\") for 1s");
    assert!(!told.contains("nothing goes"), "{told}");
    let told = said("frk");
    assert!(told.contains("nothing is called frk"), "{told}");
}
