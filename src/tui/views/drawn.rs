//! Compare, Time and Worlds as they are drawn of real runs, and laws that hold at any size.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::{Screen, room};
use crate::base::Time;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Hit, Look, Target};
use crate::tui::glyphs::Glyphs;
use crate::tui::paint;
use crate::tui::place::{Thing, View, WorldId};
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Theme;
use crate::tui::worker::{SLICE, Worker};

/// One worker for all tests: what it has computed of a world it keeps.
static WORKER: LazyLock<Mutex<Worker>> = LazyLock::new(Mutex::default);

fn session() -> Session {
    let text = include_str!("../../../scenarios/checkout.ron");
    let scenario = crate::parse("checkout.ron", text, &[]).expect("it is right");
    let mut session = Session::new("checkout.ron".into(), Arc::new(scenario), 1, Vec::new());
    session.seek_time(Time(21_400_000_000));
    session
}

/// All that there is to know for a session.
fn known(session: &Session) -> Arc<Snapshot> {
    let mut worker = WORKER.lock().unwrap_or_else(PoisonError::into_inner);
    worker.wish(session.wish());
    let mut last = None;
    while !worker.is_idle() {
        last = worker.pump(SLICE).or(last);
    }
    last.expect("a wish is answered")
}

/// A session in which a view is open, with all that is known.
struct Open {
    session: Session,
    snapshot: Arc<Snapshot>,
}

impl Open {
    fn of(mut session: Session, view: View) -> Self {
        session.open(view, session.place.thing.clone(), false);
        let snapshot = known(&session);
        Self { session, snapshot }
    }

    fn act(&mut self, actions: &[Action]) {
        for action in actions {
            let snapshot = Arc::clone(&self.snapshot);
            self.session.act(*action, &snapshot);
        }
        self.snapshot = known(&self.session);
    }

    fn drawn(&self, area: Rect, around: Rect) -> (Buffer, Vec<Hit>) {
        let (mut buffer, mut hits) = (Buffer::empty(around), Vec::new());
        let mut canvas = Canvas::new(&mut buffer, &mut hits, self.session.look);
        let screen = Screen { snapshot: &self.snapshot, session: &self.session };
        (room(&self.session.place).draw)(screen, area, &mut canvas);
        (buffer, hits)
    }

    fn text(&self, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        paint::text(&self.drawn(area, area).0)
    }
}

/// What a screen of so many columns and rows leaves for a view.
const SMALL: (u16, u16) = (80, 20);
const LARGE: (u16, u16) = (200, 56);

#[test]
fn time_shows_the_run_on_one_axis() {
    let mut open = Open::of(session(), View::Time);
    insta::assert_snapshot!("time", open.text(SMALL.0, SMALL.1));
    insta::assert_snapshot!("time_large", open.text(LARGE.0, LARGE.1));
    insta::assert_snapshot!("time_narrow", open.text(60, 11));
    open.act(&[Action::ZoomIn, Action::ZoomIn, Action::ZoomIn, Action::Last]);
    insta::assert_snapshot!("time_zoomed", open.text(SMALL.0, SMALL.1));
    open.session.look = Look { theme: Theme::Mono, glyphs: Glyphs::Ascii };
    insta::assert_snapshot!("time_ascii", open.text(SMALL.0, SMALL.1));
}

#[test]
fn compare_shows_all_designs_at_one_time() {
    let mut open = Open::of(session(), View::Compare);
    insta::assert_snapshot!("compare", open.text(SMALL.0, SMALL.1));
    insta::assert_snapshot!("compare_large", open.text(LARGE.0, LARGE.1));
    insta::assert_snapshot!("compare_narrow", open.text(60, 11));
    open.act(&[Action::Right, Action::Base, Action::Down, Action::Down]);
    insta::assert_snapshot!("compare_base", open.text(SMALL.0, SMALL.1));
    open.session.look.glyphs = Glyphs::Braille;
    insta::assert_snapshot!("compare_braille", open.text(SMALL.0, SMALL.1));
}

#[test]
fn worlds_show_what_a_change_has_changed() {
    let mut session = session();
    let base = known(&session);
    session.select(Thing::Fault("inventory-crash".into()));
    session.act(Action::Without, &base);
    session.select(Thing::Nothing);
    let mut open = Open::of(session, View::Worlds);
    insta::assert_snapshot!("worlds", open.text(SMALL.0, SMALL.1));
    insta::assert_snapshot!("worlds_large", open.text(LARGE.0, LARGE.1));
    open.act(&[Action::First]);
    assert_eq!(open.session.place.thing, Thing::World(WorldId(0)));
    insta::assert_snapshot!("worlds_base", open.text(SMALL.0, SMALL.1));
    open.act(&[Action::View(View::Compare)]);
    insta::assert_snapshot!("compare_worlds", open.text(SMALL.0, SMALL.1));
    open.act(&[Action::View(View::Time)]);
    insta::assert_snapshot!("time_ghost", open.text(100, 40));
}

#[test]
fn the_strip_has_the_whole_run_in_a_row() {
    let mut open = Open::of(session(), View::Time);
    let strip = |open: &Open, width: u16| {
        let area = Rect::new(0, 0, width, 1);
        let (mut buffer, mut hits) = (Buffer::empty(area), Vec::new());
        let screen = Screen { snapshot: &open.snapshot, session: &open.session };
        let mut canvas = Canvas::new(&mut buffer, &mut hits, open.session.look);
        crate::tui::widgets::strip::draw(screen, area, &mut canvas);
        paint::text(&buffer)
    };
    let mut strips = strip(&open, 80) + &strip(&open, 40);
    open.session.filter("half done");
    strips += &strip(&open, 80);
    open.session.range = Some((Time(45_000_000_000), Time(50_000_000_000)));
    strips += &strip(&open, 80);
    // As it was when the run had come to 30 s.
    let mut snapshot = Snapshot::clone(&open.snapshot);
    let known = snapshot.runs.get_mut(&open.session.place.run).expect("it is known");
    known.history = known.history.until(Time(30_000_000_000));
    known.audit = None;
    open.snapshot = Arc::new(snapshot);
    strips += &strip(&open, 80);
    open.session.look.glyphs = Glyphs::Ascii;
    strips += &strip(&open, 80);
    for width in 1..80 {
        strip(&open, width);
    }
    insta::assert_snapshot!("strip", strips);
}

#[test]
fn a_cell_of_the_heatmap_opens_an_operation_of_it() {
    let mut open = Open::of(session(), View::Time);
    open.session.select(Thing::Figure("latency, failed"));
    open.act(&[Action::Enter]);
    let Thing::Op(op) = open.session.place.thing else {
        panic!("{:?} {:?}", open.session.place, open.session.message)
    };
    let history = &open.snapshot.run(open.session.place.run).unwrap().history;
    let told = history.told().find(|told| told.op == op).expect("it was answered");
    assert!(matches!(told.verdict, crate::probes::Verdict::Failed(_)));
    assert!(told.answered.0.abs_diff(21_400_000_000) <= 1_000_000_000, "{told:?}");
}

#[test]
fn nothing_is_drawn_outside_nothing_panics_and_ascii_is_ascii() {
    for view in [View::Time, View::Compare, View::Worlds] {
        lawful(Open::of(session(), view));
    }
}

#[test]
fn long_names_many_faults_and_many_designs_are_drawn_as_well() {
    let fault = |n: u32| {
        let (name, at) = (format!("a-fault-with-a-name-of-letters-{n}"), n * 150);
        format!("(name: \"{name}\", at: \"{at}ms\", lasts: \"40ms\", what: Crash(\"orders\"))")
    };
    let design = |n: u32| format!("\"a-design-with-a-name-of-letters-{n}\": Rest()");
    let faults = (1..10).map(fault).collect::<Vec<_>>().join(",");
    let designs = (1..10).map(design).collect::<Vec<_>>().join(",");
    let text = format!(
        r#"(
            about: "One service, and much that befalls it.",
            run: (length: "2s", warmup: "200ms"),
            nodes: {{
                "web": Client(arrivals: Poisson("50/s"), does: "an-order-with-a-name-of-letters"),
                "orders": Service(workers: 4, work: Exp("2ms"), store: "orders-db"),
                "orders-db": Database(read: "1ms", write: "3ms"),
            }},
            data: {{ "order": (owner: "orders") }},
            flows: {{
                "an-order-with-a-name-of-letters": (home: "orders", steps: [Write("order")]),
            }},
            designs: {{ {designs} }},
            faults: [ {faults} ],
        )"#
    );
    let scenario = Arc::new(crate::parse("many.ron", &text, &[]).expect("it is right"));
    for view in [View::Time, View::Compare, View::Worlds] {
        let mut session = Session::new("many.ron".into(), Arc::clone(&scenario), 1, Vec::new());
        session.seek_time(Time(1_000_000_000));
        let open = Open::of(session, view);
        insta::assert_snapshot!(format!("many_{view:?}"), open.text(SMALL.0, SMALL.1));
        lawful(open);
    }
}

/// At all sizes and with all signs.
fn lawful(mut open: Open) {
    let sizes = (1..24).map(|n| (n * 3 - 2, n)).chain((1..24).map(|n| (n, n * 2)));
    let sizes: Vec<(u16, u16)> = sizes.chain([(149, 39), (150, 40), (220, 70), (300, 9)]).collect();
    let view = open.session.place.view;
    for glyphs in [Glyphs::Block, Glyphs::Braille, Glyphs::Ascii] {
        open.session.look = Look { glyphs, theme: Theme::Mono };
        for (width, height) in &sizes {
            let area = Rect::new(3, 2, *width, *height);
            let around = Rect::new(0, 0, width + 6, height + 4);
            let (buffer, hits) = open.drawn(area, around);
            for (x, y) in around.positions().map(|at| (at.x, at.y)) {
                let cell = &buffer[(x, y)];
                let is_inside = area.contains((x, y).into());
                assert!(is_inside || cell.symbol() == " ", "{view:?} {area:?} {x} {y}");
                assert!(cell.bg == Color::Reset && cell.fg == Color::Reset);
                let is_plain = glyphs != Glyphs::Ascii || cell.symbol().is_ascii();
                assert!(is_plain, "{view:?} {area:?}: {}", cell.symbol());
            }
            let is_within = |hit: &Hit| area.intersection(hit.area) == hit.area;
            assert!(hits.iter().all(is_within), "{view:?} {area:?}");
        }
    }
}

#[test]
fn a_click_on_a_chart_is_a_moment_and_on_a_name_a_thing() {
    let open = Open::of(session(), View::Time);
    let area = Rect::new(0, 0, SMALL.0, SMALL.1);
    let (_, hits) = open.drawn(area, area);
    let audit = open.snapshot.run(open.session.place.run).unwrap().audit.unwrap();
    assert!(hits.iter().any(|hit| hit.target == Target::Axis(Time::ZERO, audit)));
    let crash = Target::Thing(Thing::Fault("inventory-crash".into()));
    assert!(hits.iter().any(|hit| hit.target == crash));
}

#[test]
fn before_anything_is_known_views_say_so_or_nothing() {
    for view in [View::Time, View::Compare, View::Worlds] {
        let mut session = session();
        session.open(view, Thing::Nothing, false);
        let open = Open { session, snapshot: Arc::default() };
        for (width, height) in [SMALL, LARGE, (1, 1)] {
            open.text(width, height);
        }
    }
}
