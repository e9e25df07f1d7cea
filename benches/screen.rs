//! What the terminal UI costs, on `scenarios/checkout.ron`: a whole scout in each design, the clone and the
//! state behind a snapshot, a snapshot while playing, going back, and a frame of each view.

use std::cell::Cell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use windtunnel::base::Time;
use windtunnel::model::NodeIx;
use windtunnel::probes::anomalies::Kind;
use windtunnel::probes::journal::Finding;
use windtunnel::scenario::{self, tree::Scenario};
use windtunnel::tui::app::App;
use windtunnel::tui::course::{Course, Plan};
use windtunnel::tui::place::{Cursor, RunId, Thing, View};
use windtunnel::tui::session::Session;
use windtunnel::tui::snapshot::{Progress, Snapshot};
use windtunnel::tui::start;
use windtunnel::tui::state::state;
use windtunnel::tui::worker::{SLICE, Worker};

fn checkout() -> Arc<Scenario> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/checkout.ron");
    let loaded =
        scenario::load(&path, &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    Arc::new(loaded.scenario)
}

fn session(scenario: &Arc<Scenario>) -> Session {
    Session::new(PathBuf::from("checkout.ron"), Arc::clone(scenario), 1, Vec::new())
}

/// Works until nothing is left to be done.
fn settle(session: &Session, worker: &mut Worker) {
    worker.wish(session.wish());
    while !worker.is_idle() {
        worker.pump(SLICE);
    }
}

/// Works until the run that is shown stands at the cursor.
fn arrive(session: &Session, worker: &mut Worker) -> Arc<Snapshot> {
    worker.wish(session.wish());
    loop {
        let snapshot = worker.pump(SLICE);
        let is_there = |it: &Arc<Snapshot>| it.progress == Progress::There && it.state.is_some();
        if let Some(snapshot) = snapshot.filter(is_there) {
            return snapshot;
        }
    }
}

fn seconds(seconds: u64) -> Time {
    Time(seconds * 1_000_000_000)
}

fn scouts(criterion: &mut Criterion, scenario: &Arc<Scenario>) {
    let mut group = criterion.benchmark_group("scout");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for (design, it) in scenario.designs.iter().enumerate() {
        let recipe = Arc::clone(&session(scenario).worlds.get(RunId::default().world).recipe);
        group.bench_function(it.name.as_str(), |bencher| {
            bencher.iter(|| {
                let mut course = Course::new(&Plan::of(&recipe, design));
                course.go(&Plan::of(&recipe, design), u64::MAX, Time::NEVER)
            });
        });
    }
    group.bench_function("all designs, with keyframes", |bencher| {
        bencher.iter(|| settle(&session(scenario), &mut Worker::new()));
    });
    group.finish();
}

fn points(criterion: &mut Criterion, scenario: &Arc<Scenario>) {
    let (mut session, mut worker) = (session(scenario), Worker::new());
    settle(&session, &mut worker);
    session.seek_time(seconds(59));
    settle(&session, &mut worker);
    let here = worker.run(RunId::default()).and_then(|run| run.here()).expect("it stands there");
    criterion.bench_function("clone at 59 s", |bencher| bencher.iter(|| here.clone()));
    criterion.bench_function("state at 59 s", |bencher| {
        bencher.iter(|| state(RunId::default(), here, true));
    });
    criterion.bench_function("figures at 59 s", |bencher| bencher.iter(|| here.outcome()));

    session.playing = true;
    criterion.bench_function("snapshot, playing 1 ms", |bencher| {
        let mut at = session.place.cursor.time;
        bencher.iter_batched(
            || {
                // Each frame a millisecond on; and again from the start of the second.
                at = if at < seconds(60) { Time(at.0 + 1_000_000) } else { seconds(59) };
                at
            },
            |at| {
                session.seek(windtunnel::tui::wish::Goal::At(Cursor::at(at)));
                arrive(&session, &mut worker)
            },
            BatchSize::PerIteration,
        );
    });
    session.playing = false;

    let mut group = criterion.benchmark_group("back");
    group.sample_size(20);
    for span in [1, 30] {
        group.bench_function(format!("{span} s"), |bencher| {
            // There is what is measured; the way on again is a part of it, as short as it can be.
            bencher.iter(|| {
                session.seek_time(seconds(59 - span));
                arrive(&session, &mut worker);
                session.seek_time(seconds(59));
                arrive(&session, &mut worker)
            });
        });
    }
    group.finish();
}

/// Every view at the small and at the large size, with everything known that it shows.
fn frames(criterion: &mut Criterion, scenario: &Arc<Scenario>) {
    let mut group = criterion.benchmark_group("frame");
    let mut app = App::new(session(scenario));
    app.session.seek_time(Time(7_004_000_000));
    let mut worker = Worker::new();
    start::settle(&mut app, &mut worker);
    let half_done = app.snapshot().runs[&RunId::default()].history.judged().find_map(|judged| {
        let is_meant = matches!(judged.what, Finding::Anomaly(Kind::HalfDone, _));
        is_meant.then_some(judged.op)
    });
    let thing = Thing::Anomaly(half_done.expect("one is left half done"), Kind::HalfDone);
    for view in View::ALL {
        for inside in [false, true] {
            if inside && !matches!(view, View::Map | View::Truth) {
                continue;
            }
            let place = &mut app.session.place;
            (place.view, place.inside) = (view, inside);
            place.thing = match (view, inside) {
                (View::Map, true) => Thing::Node(NodeIx(4)),
                (View::Request, _) | (View::Truth, true) => thing.clone(),
                _ => Thing::Nothing,
            };
            start::settle(&mut app, &mut worker);
            for (width, height) in [(80, 24), (200, 60)] {
                let name = format!("{}{}", view.name(), if inside { ", inside" } else { "" });
                let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
                group.bench_function(format!("{name}/{width}x{height}"), |bencher| {
                    bencher.iter(|| {
                        buffer.reset();
                        app.draw(&mut buffer);
                    });
                });
            }
        }
    }
    group.finish();
}

/// Counts what is written.
#[derive(Clone, Default)]
struct Written(Rc<Cell<usize>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a frame costs on its way to the terminal, while time passes at a tenth of its speed.
fn bytes(scenario: &Arc<Scenario>) {
    const FRAMES: u32 = 60;
    let mut app = App::new(session(scenario));
    app.session.seek_time(seconds(20));
    let mut worker = Worker::new();
    start::settle(&mut app, &mut worker);
    for view in [View::Map, View::Compare, View::Time, View::Truth] {
        app.session.place.view = view;
        for (width, height) in [(80, 24), (200, 60)] {
            let size = Rect::new(0, 0, width, height);
            let options = TerminalOptions { viewport: Viewport::Fixed(size) };
            let written = Written::default();
            let backend = CrosstermBackend::new(written.clone());
            let mut terminal =
                Terminal::with_options(backend, options).expect("memory takes everything");
            let mut sent = Vec::new();
            for _ in 0..=FRAMES {
                let next = Time(app.session.place.cursor.time.0 + 1_666_667);
                app.session.seek_time(next);
                start::settle(&mut app, &mut worker);
                let draw = |frame: &mut Frame<'_>| app.draw(frame.buffer_mut());
                terminal.draw(draw).expect("memory takes everything");
                sent.push(written.0.get());
            }
            let each = (sent[FRAMES as usize] - sent[0]) / FRAMES as usize;
            println!("{}/{width}x{height}: {} bytes, then {each} a frame", view.name(), sent[0]);
        }
    }
}

fn main() {
    let scenario = checkout();
    bytes(&scenario);
    let mut criterion = Criterion::default().configure_from_args();
    scouts(&mut criterion, &scenario);
    points(&mut criterion, &scenario);
    frames(&mut criterion, &scenario);
    criterion.final_summary();
}
