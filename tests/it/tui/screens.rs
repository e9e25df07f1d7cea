//! Whole screens: each view at three sizes, in colours, without and in ASCII; and what holds on all of them.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use windtunnel::probes::OpId;
use windtunnel::probes::anomalies::Kind;
use windtunnel::probes::journal::Finding;
use windtunnel::scenario::Loaded;
use windtunnel::tui::app::App;
use windtunnel::tui::canvas::Look;
use windtunnel::tui::glyphs::Glyphs;
use windtunnel::tui::input::{Input, Key};
use windtunnel::tui::paint;
use windtunnel::tui::place::{Thing, View};
use windtunnel::tui::session::Session;
use windtunnel::tui::start::settle;
use windtunnel::tui::theme::Theme;
use windtunnel::tui::worker::Worker;

use super::shop::{app, known};

const SIZES: [(u16, u16); 3] = [(80, 24), (200, 60), (40, 10)];

/// The sign of a cell's style: the first letter of its colour, a capital if it is bold.
fn sign(cell: &Cell) -> char {
    let sign = match cell.fg {
        Color::Reset if cell.modifier.contains(Modifier::REVERSED) => '#',
        Color::Reset if cell.modifier.contains(Modifier::DIM) => '-',
        Color::Reset if cell.modifier.contains(Modifier::BOLD) => '+',
        Color::Reset if cell.modifier.contains(Modifier::UNDERLINED) => '_',
        Color::Reset => ' ',
        Color::Red | Color::LightRed => 'r',
        Color::Green | Color::LightGreen => 'g',
        Color::Yellow | Color::LightYellow => 'y',
        Color::Blue | Color::LightBlue => 'b',
        Color::Magenta | Color::LightMagenta => 'm',
        Color::Cyan | Color::LightCyan => 'c',
        Color::DarkGray | Color::Gray => 'd',
        _ => 'o',
    };
    let is_loud = cell.modifier.intersects(Modifier::BOLD | Modifier::REVERSED);
    if is_loud { sign.to_ascii_uppercase() } else { sign }
}

/// The rows; below each that has any, the signs of its styles.
fn styled(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let rows = paint::text(buffer);
    let mut all = String::new();
    for (text, cells) in rows.lines().zip(buffer.content().chunks(width)) {
        // A bar, so that blanks at the beginning are seen.
        let _ = writeln!(all, "|{text}");
        let signs: String = cells.iter().map(sign).collect();
        if !signs.trim_end().is_empty() {
            let _ = writeln!(all, "~{}", signs.trim_end());
        }
    }
    all
}

fn shows(name: &str, mut app: App) {
    settle(&mut app, &mut Worker::new());
    for (width, height) in SIZES {
        let mut draw = |theme, glyphs| {
            app.session.look = Look { theme, glyphs };
            app.screen(width, height)
        };
        let colours = styled(&draw(Theme::Default, Glyphs::Block));
        let mono = styled(&draw(Theme::Mono, Glyphs::Block));
        let ascii = paint::text(&draw(Theme::Mono, Glyphs::Ascii));
        assert!(ascii.is_ascii(), "{name} {width}x{height}:\n{ascii}");
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), colours);
        insta::assert_snapshot!(format!("{name}-{width}x{height}-mono"), mono);
        insta::assert_snapshot!(format!("{name}-{width}x{height}-ascii"), ascii);
    }
}

fn pressed(keys: &str) -> App {
    let mut app = app();
    for key in keys.chars() {
        let key = if key == '\n' { Key::Enter } else { Key::Char(key) };
        app.input(Input::Key(key));
        settle(&mut app, &mut Worker::new());
    }
    app
}

/// The first that was left half done.
fn half_done() -> OpId {
    let (session, snapshot) = known();
    let of_kind = |what| matches!(what, Finding::Anomaly(Kind::HalfDone, _));
    let mut judged = snapshot.runs[&session.place.run].history.judged();
    judged.find(|judged| of_kind(judged.what)).expect("the crash leaves one half done").op
}

#[test]
fn map() {
    shows("map", pressed(""));
    shows("map-selected", pressed("j"));
    shows("node", pressed("j\n"));
}

#[test]
fn compare() {
    shows("compare", pressed("2"));
}

#[test]
fn time() {
    shows("time", pressed("3"));
}

#[test]
fn request() {
    let mut app = pressed("4");
    app.session.open(View::Request, Thing::Op(half_done()), false);
    shows("request", app);
    shows("item", pressed(":item stock 1\n"));
}

#[test]
fn truth() {
    shows("truth", pressed("5"));
    let mut app = pressed("5");
    app.session.open(View::Truth, Thing::Anomaly(half_done(), Kind::HalfDone), true);
    shows("lanes", app);
}

#[test]
fn scenario() {
    shows("scenario", pressed("6"));
}

#[test]
fn worlds() {
    shows("worlds", pressed(":without crash\n7"));
}

#[test]
fn states() {
    // The end, another speed, a message; and a place of which nothing is known yet.
    shows("state-end", pressed(":goto end\n"));
    shows("map-events", pressed("D"));
    shows("state-message", pressed("]"));
    let mut app = pressed("");
    app.session.seek_time(windtunnel::Time(5_000_000_000));
    app.session.playing = true;
    shows("state-play", app);
    let mut app = pressed("");
    for key in ":goto 5s".chars().map(Key::Char).chain([Key::Enter]) {
        app.input(Input::Key(key));
    }
    let text = paint::text(&app.screen(80, 24));
    assert!(text.lines().next().is_some_and(|line| line.contains("SEEKING 5.0")), "{text}");
    let (_, before) = known();
    let digest = before.state.as_ref().expect("it stood there").here.digest;
    assert!(!text.contains(&format!("{digest:016x}")), "an old digest beside a new time:\n{text}");
}

/// One node alone, and forty with long names.
fn extremes() -> &'static [App; 2] {
    static ALL: std::sync::OnceLock<[App; 2]> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        let one = r#"(
            run: (length: "3s"),
            nodes: { "c": Client(arrivals: Poisson("20/s"), does: "ask"), "s": Service(workers: 2, work: "1ms") },
            flows: { "ask": (home: "s", steps: []) },
            designs: { "rest": Rest() },
        )"#;
        let name = |at: usize| format!("a-service-with-a-long-name-{at:03}");
        let service = |at| format!("{:?}: Service(workers: 2, work: \"1ms\"), ", name(at));
        let tell = |at| format!("Tell({:?}, Work(\"1ms\")), ", name(at));
        let services: String = (0..39).map(service).collect();
        let tells: String = (1..39).map(tell).collect();
        let many = format!(
            r#"(
            run: (length: "3s"),
            nodes: {{ "c": Client(arrivals: Poisson("20/s"), does: "ask"), {services} "log": Log() }},
            flows: {{ "ask": (home: {:?}, steps: [{tells}]) }},
            designs: {{ "rest": Rest(), "events": Events() }},
            )"#,
            name(0)
        );
        [one.to_owned(), many].map(|text| {
            let read: Result<Loaded, _> =
                windtunnel::scenario::parse_named("extreme", "extreme.ron", &text, &[]);
            let loaded = read.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
            let mut app = App::new(Session::open_file(loaded, 1, Vec::new()));
            app.session.seek_time(windtunnel::Time(2_000_000_000));
            settle(&mut app, &mut Worker::new());
            app
        })
    })
}

/// The same, to be moved.
fn copy(app: &App) -> App {
    let mut copy = App::new(app.session.clone());
    copy.known(Arc::clone(app.snapshot()));
    copy
}

#[test]
fn one_node_and_forty_with_long_names() {
    let [one, many] = extremes();
    shows("one-node", copy(one));
    shows("forty-nodes", copy(many));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_shown_keeps_to_its_cells(
        width in 1..300u16,
        height in 1..100u16,
        view in prop::sample::select(View::ALL.to_vec()),
        inside in any::<bool>(),
        which in 0..3usize,
        is_ascii in any::<bool>(),
    ) {
        let mut app = if which == 2 { app() } else { copy(&extremes()[which]) };
        app.session.place.view = view;
        app.session.place.inside = inside;
        if is_ascii {
            app.session.look.glyphs = Glyphs::Ascii;
        }
        let buffer = app.screen(width, height);
        for cell in buffer.content() {
            prop_assert_eq!(cell.bg, Color::Reset);
            prop_assert_eq!(cell.symbol().chars().count(), 1, "{:?}", cell.symbol());
        }
        let text = paint::text(&buffer);
        prop_assert!(!is_ascii || text.is_ascii(), "{}", text);
        // Who is shown, and the whole run as a strip, stand on every screen that is large enough.
        if width >= 80 && height >= 15 {
            let lines: Vec<&str> = text.lines().collect();
            prop_assert!(lines[0].contains("PAUSED"), "{}", text);
            prop_assert!(lines[usize::from(height) - 2].contains("0s"), "{}", text);
        }
    }
}
