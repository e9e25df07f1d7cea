//! What is shown before a scenario is open: the picker, and what is wrong with a file that cannot be read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use ratatui::layout::Rect;

use super::canvas::{Canvas, Hit, Look, Target};
use super::files::Watch;
use super::input::{Click, Input, Key};
use super::live::{self, Event};
use super::opening::signs;
use super::start::Options;
use super::terminal::Guard;
use super::views::{broken, picker};
use crate::scenario::Diagnostics;

/// How often it is looked whether a broken file was mended.
const LOOK: Duration = Duration::from_millis(500);

/// What came of it.
pub(super) enum Came {
    /// This is to be opened.
    Open {
        /// The file, or one that the program carries.
        file: PathBuf,
        /// With the tour?
        tour: bool,
    },
    /// Back to what was there before, or out of the program.
    Left,
    /// A signal ends the program.
    Killed,
}

fn look(options: &Options) -> Look {
    Look { theme: options.theme, glyphs: options.glyphs.unwrap_or_else(signs) }
}

/// Lets somebody choose a scenario.
pub(super) fn choose(
    options: &Options,
    guard: &mut Guard,
    events: &Receiver<Event>,
) -> io::Result<Came> {
    let mut state = picker::State::new(options.shipped, Path::new("."));
    loop {
        let mut hits = Vec::new();
        draw(guard, look(options), &mut hits, |area, canvas| picker::draw(&state, area, canvas))?;
        let Ok(event) = events.recv() else { return Ok(Came::Killed) };
        let picked = match event {
            Event::Input(Input::Key(key)) => state.key(key),
            Event::Input(Input::Mouse(mouse)) => match mouse.what {
                Click::WheelUp => state.key(Key::Up),
                Click::WheelDown => state.key(Key::Down),
                Click::Down => {
                    let on = |hit: &&Hit| hit.area.contains((mouse.x, mouse.y).into());
                    match hits.iter().rev().find(on).map(|hit| &hit.target) {
                        Some(Target::Row(row)) => state.click(*row),
                        _ => picker::Picked::Nothing,
                    }
                }
                Click::Drag | Click::Up => picker::Picked::Nothing,
            },
            Event::Input(Input::Resize) | Event::Known(_) => picker::Picked::Nothing,
            Event::Returns => {
                guard.resume()?;
                picker::Picked::Nothing
            }
            Event::Pauses => {
                live::suspend(guard)?;
                picker::Picked::Nothing
            }
            Event::Ends | Event::Closed => return Ok(Came::Killed),
        };
        match picked {
            picker::Picked::Nothing => {}
            picker::Picked::Open(file, _) => return Ok(Came::Open { file, tour: false }),
            picker::Picked::Tour(file, _) => return Ok(Came::Open { file, tour: true }),
            picker::Picked::Quit => return Ok(Came::Left),
        }
    }
}

/// Shows what is wrong with a file until it is changed or somebody leaves it.
pub(super) fn mourn(
    file: &Path,
    found: &Diagnostics,
    options: &Options,
    guard: &mut Guard,
    events: &Receiver<Event>,
) -> io::Result<Came> {
    let mut state = broken::State::of(found);
    let mut watch = Watch::of(file);
    loop {
        draw(guard, look(options), &mut Vec::new(), |area, canvas| {
            broken::draw(&state, area, canvas);
        })?;
        match events.recv_timeout(LOOK) {
            Ok(Event::Input(Input::Key(key))) if state.key(key) => return Ok(Came::Left),
            Ok(Event::Returns) => guard.resume()?,
            Ok(Event::Pauses) => live::suspend(guard)?,
            Ok(Event::Ends | Event::Closed) | Err(RecvTimeoutError::Disconnected) => {
                return Ok(Came::Killed);
            }
            Ok(Event::Input(_) | Event::Known(_)) | Err(RecvTimeoutError::Timeout) => {}
        }
        if watch.has_changed(file) {
            return Ok(Came::Open { file: file.to_owned(), tour: false });
        }
    }
}

fn draw(
    guard: &mut Guard,
    look: Look,
    hits: &mut Vec<Hit>,
    draw: impl Fn(Rect, &mut Canvas<'_>),
) -> io::Result<()> {
    guard.terminal().draw(|frame| {
        let area = frame.area();
        draw(area, &mut Canvas::new(frame.buffer_mut(), hits, look));
    })?;
    Ok(())
}
