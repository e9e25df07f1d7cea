//! The loop, in three steps: what has come in, what the session makes of it, what is drawn. Nothing here
//! waits for the worker, and nothing is done while nothing changes.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::app::App;
use super::before::{self, Came};
use super::clipboard::osc52;
use super::clock::Clock;
use super::files::Watch;
use super::input::Input;
use super::session::{Outside, Session};
use super::snapshot::Snapshot;
use super::start::{Ended, Options};
use super::terminal::{Guard, restore};
use super::worker::Thread;
use super::{files, opening};
use crate::scenario::Diagnostics;

/// What comes in.
pub(super) enum Event {
    Input(Input),
    /// The worker knows something new.
    Known(News),
    /// A signal that ends the program, or one that it comes back by.
    Ends,
    Returns,
    /// It is to be suspended, as if by its own key.
    Pauses,
    /// Nobody reads the terminal any more.
    Closed,
}

/// What a worker has come to know.
pub(super) struct News {
    /// The scenario that it works on, by how many were opened before: one that was left may still speak,
    /// and its runs are numbered as those of the next one are.
    scenario: usize,
    snapshot: Arc<Snapshot>,
}

/// Tells what a worker comes to know, and that nothing more will come if it fails.
struct Herald {
    scenario: usize,
    sender: Sender<Event>,
}

impl Herald {
    fn tell(&self, snapshot: Arc<Snapshot>) {
        // A loop that is over hears nothing any more.
        let _ = self.sender.send(Event::Known(News { scenario: self.scenario, snapshot }));
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        if thread::panicking() {
            // The terminal was given back to say why: nothing is to be drawn on it any more.
            let _ = self.sender.send(Event::Closed);
        }
    }
}

/// How often it is looked whether the scenario's file has changed.
const LOOK: Duration = Duration::from_millis(500);

/// The UI in a terminal, until it is left. `first` is what the file of the options came to.
pub(super) fn run(
    options: &Options,
    mut first: Option<Result<Session, Diagnostics>>,
) -> io::Result<Ended> {
    let (sender, events) = mpsc::channel();
    signals(&sender)?;
    let mut guard = Guard::take(options.mouse)?;
    keys(sender.clone());
    let fps = options.fps.unwrap_or(if std::env::var_os("SSH_TTY").is_some() { 30 } else { 60 });
    let mut open = options.file.clone();
    let mut tour = false;
    let mut options = options.clone();
    let mut opened_before = 0;
    loop {
        let Some(file) = open.take() else {
            match before::choose(&options, &mut guard, &events)? {
                Came::Open { file, tour: with } => (open, tour) = (Some(file), with),
                Came::Left => return Ok(Ended::Left),
                Came::Killed => return Ok(Ended::Killed),
            }
            continue;
        };
        let read = || match opening::read(&file, &options.set, options.shipped) {
            Ok(opened) => opening::session(&options, opened).map_err(io::Error::other).map(Ok),
            Err(found) => Ok(Err(found)),
        };
        let mut session = match first.take().map_or_else(read, Ok)? {
            Ok(session) => session,
            Err(found) => {
                match before::mourn(&file, &found, &options, &mut guard, &events)? {
                    Came::Open { file, .. } => open = Some(file),
                    Came::Left if options.file.is_some() => return Ok(Ended::Left),
                    Came::Left => {}
                    Came::Killed => return Ok(Ended::Killed),
                }
                continue;
            }
        };
        session.keymap = options.keymap.clone();
        let kept = files::recovered(&session.file);
        if let Some(first) = kept.first() {
            let more = match kept.len() {
                1 => String::new(),
                many => format!(", and {} more beside it", many - 1),
            };
            let first = first.display();
            session.say(format!("kept of an earlier session: :open {first}{more}"));
        }
        if std::mem::take(&mut tour)
            && let Err(why) = session.next_stop()
        {
            session.say(why);
        }
        let herald = Herald { scenario: opened_before, sender: sender.clone() };
        opened_before += 1;
        match explore(session, &mut guard, herald, &events, fps)? {
            Next::Open(file) => {
                // What the command line says of a place is of its own file.
                options = options.elsewhere();
                open = Some(file);
            }
            Next::Leave => return Ok(Ended::Left),
            Next::Killed => return Ok(Ended::Killed),
        }
    }
}

enum Next {
    Open(PathBuf),
    Leave,
    Killed,
}

fn explore(
    session: Session,
    guard: &mut Guard,
    herald: Herald,
    events: &Receiver<Event>,
    fps: u32,
) -> io::Result<Next> {
    let scenario = herald.scenario;
    let worker = Thread::start(move |snapshot| herald.tell(snapshot));
    let mut app = App::new(session);
    let mut clock = Clock::new(fps);
    let go_on = || until_left(&mut app, &worker, guard, events, scenario, &mut clock);
    let ended = panic::catch_unwind(AssertUnwindSafe(go_on));
    if !matches!(ended, Ok(Ok(Next::Leave))) {
        // Whatever ended it, what was made is not lost. Nobody can be told if even that fails.
        let _ = files::keep(&files::recover(&app.session.worlds, &app.session.file));
    }
    match ended {
        Ok(next) => next,
        Err(panicked) => panic::resume_unwind(panicked),
    }
}

fn until_left(
    app: &mut App,
    worker: &Thread,
    guard: &mut Guard,
    events: &Receiver<Event>,
    scenario: usize,
    clock: &mut Clock,
) -> io::Result<Next> {
    let mut watch = Watch::of(&app.session.file);
    // Since the file was looked at last.
    let mut unlooked = Duration::ZERO;
    loop {
        // What has come in.
        let wait = match (app.is_dirty(), app.session.playing) {
            (true, _) => clock.until_frame().max(app.waits()),
            // The worker is waited for, and what it says is an event.
            (_, true) => clock.frame(),
            _ => LOOK,
        };
        let mut next = match events.recv_timeout(wait) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(Next::Killed),
        };
        while let Some(event) = next {
            match event {
                Event::Input(input) => app.input(input),
                Event::Known(news) if news.scenario == scenario => app.known(news.snapshot),
                Event::Known(_) => {}
                Event::Returns => guard.resume()?,
                Event::Pauses => suspend(guard)?,
                Event::Ends | Event::Closed => return Ok(Next::Killed),
            }
            next = events.try_recv().ok();
        }
        let passed = clock.passed();
        unlooked += passed;
        if unlooked >= LOOK {
            unlooked = Duration::ZERO;
            if watch.has_changed(&app.session.file) {
                app.session.outside.push(Outside::Reload);
            }
        }
        // What the session makes of it.
        app.tick(passed);
        for outside in std::mem::take(&mut app.session.outside) {
            match outside {
                Outside::Copy(text) => guard.write(&osc52(&text))?,
                Outside::Redraw => guard.clear()?,
                Outside::Suspend => suspend(guard)?,
                Outside::Mouse(on) => guard.capture(on)?,
                Outside::Open(file) => return Ok(Next::Open(file)),
                other => files::perform(other, app),
            }
        }
        if app.session.quits {
            return Ok(Next::Leave);
        }
        if let Some(wish) = app.wish() {
            worker.wish(wish);
        }
        // What is drawn.
        if app.is_dirty() && clock.until_frame().is_zero() && app.waits().is_zero() {
            clock.draws();
            guard.terminal().draw(|frame| app.draw(frame.buffer_mut()))?;
        }
    }
}

/// Who reads the terminal: without it nothing more can be typed, so that the program ends with it.
struct Reader(Sender<Event>);

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Closed);
    }
}

/// Reads the terminal, for as long as somebody listens.
fn keys(sender: Sender<Event>) {
    thread::spawn(move || {
        let reader = Reader(sender);
        loop {
            let event = match crossterm::event::read() {
                Ok(event) => Input::of(&event).map(Event::Input),
                Err(_) => Some(Event::Closed),
            };
            let is_closed = matches!(event, Some(Event::Closed));
            if event.is_some_and(|event| reader.0.send(event).is_err()) || is_closed {
                return;
            }
        }
    });
}

#[cfg(unix)]
fn signals(sender: &Sender<Event>) -> io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

    let all = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCONT, SIGTSTP];
    let mut signals = signal_hook::iterator::Signals::new(all)?;
    let sender = sender.clone();
    thread::spawn(move || {
        let mut asked = false;
        for signal in signals.forever() {
            if let SIGCONT | SIGTSTP = signal {
                let event = if signal == SIGCONT { Event::Returns } else { Event::Pauses };
                let _ = sender.send(event);
                continue;
            }
            if asked || sender.send(Event::Ends).is_err() {
                restore();
                signal_hook::low_level::exit(130);
            }
            asked = true;
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn signals(_sender: &Sender<Event>) -> io::Result<()> {
    Ok(())
}

/// Gives the terminal back and stops, until somebody lets the program go on.
#[cfg(unix)]
pub(super) fn suspend(guard: &mut Guard) -> io::Result<()> {
    restore();
    signal_hook::low_level::raise(signal_hook::consts::SIGSTOP)?;
    guard.resume()
}

#[cfg(not(unix))]
pub(super) fn suspend(_guard: &mut Guard) -> io::Result<()> {
    Ok(())
}
