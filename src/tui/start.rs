//! From the command line to a screen: the scenario is read, the session begins where the address says, and
//! the loop runs; or one screen is printed and that is all.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;

use super::app::App;
use super::glyphs::Glyphs;
use super::keymap::Keymap;
use super::place::View;
use super::theme::Theme;
use super::worker::{SLICE, Worker};
use super::{live, opening};
use crate::base::Span;
use crate::scenario::Diagnostics;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Options {
    /// The scenario's file; chosen on screen if there is none.
    pub file: Option<PathBuf>,
    /// Knobs that are turned from the start.
    pub set: Vec<(String, String)>,
    /// The design that is shown.
    pub design: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// Changes, as the file would say them.
    pub changes: Vec<String>,
    /// Where the cursor stands.
    pub at: Option<Span>,
    /// What is shown.
    pub view: Option<View>,
    /// What is selected.
    pub open: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// Signs; what the terminal can show if none are named.
    pub glyphs: Option<Glyphs>,
    /// Listen to the mouse?
    pub mouse: bool,
    /// What keys do.
    pub keymap: Keymap,
    /// Frames a second at most.
    pub fps: Option<u32>,
    /// Bytes for keyframes.
    pub memory: usize,
    /// The scenarios that the program carries: name and text.
    pub shipped: &'static [(&'static str, &'static str)],
}

impl Options {
    /// For another file: what is said of a run and of a place in it is not said of that.
    #[must_use]
    pub fn elsewhere(self) -> Self {
        Self {
            set: Vec::new(),
            design: None,
            seed: None,
            changes: Vec::new(),
            at: None,
            view: None,
            open: None,
            ..self
        }
    }
}

/// How the UI ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody left it.
    Left,
    /// It was told to end by a signal.
    Killed,
    /// It did not begin, and why: there is no terminal, or the command line names what is not there.
    Refused(String),
}

/// Why no screen can be printed.
#[derive(Debug)]
pub enum Printed {
    /// The scenario has mistakes.
    Invalid(Box<Diagnostics>),
    /// The command line has.
    Usage(String),
}

/// Runs the UI until it is left.
///
/// # Errors
///
/// What the terminal refuses.
pub fn run(options: &Options) -> io::Result<Ended> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let file = options.file.as_deref().unwrap_or(Path::new("FILE"));
        let why = format!(
            "no terminal here; `windtunnel run {0}` prints a run, `windtunnel {0} --screen 80x24` a screen, `windtunnel --help` says more",
            file.display()
        );
        return Ok(Ended::Refused(why));
    }
    // What the command line names is looked up before the terminal is taken over; mistakes of the file
    // itself are shown there.
    let read = |file: &PathBuf| opening::read(file, &options.set, options.shipped);
    match options.file.as_ref().map(read) {
        None => live::run(options, None),
        Some(Err(found)) => live::run(options, Some(Err(found))),
        Some(Ok(opened)) => match opening::session(options, opened) {
            Ok(session) => live::run(options, Some(Ok(session))),
            Err(why) => Ok(Ended::Refused(why)),
        },
    }
}

/// One screen, when all that it shows is known.
///
/// # Errors
///
/// Why there is none.
pub fn print(options: &Options, width: u16, height: u16) -> Result<Buffer, Printed> {
    let file = options
        .file
        .clone()
        .ok_or_else(|| Printed::Usage("--screen needs a FILE whose screen it prints".to_owned()))?;
    let opened = opening::read(&file, &options.set, options.shipped)
        .map_err(|it| Printed::Invalid(Box::new(it)))?;
    let mut app = App::new(opening::session(options, opened).map_err(Printed::Usage)?);
    let mut worker = Worker::new();
    settle(&mut app, &mut worker);
    // What is named by a number or a figure is found once the run is known.
    opening::find(&mut app, options).map_err(Printed::Usage)?;
    settle(&mut app, &mut worker);
    Ok(app.screen(width, height))
}

/// Lets the worker come to know all that is wished.
pub fn settle(app: &mut App, worker: &mut Worker) {
    loop {
        if let Some(wish) = app.wish() {
            worker.wish(wish);
        }
        match worker.pump(SLICE) {
            Some(snapshot) => app.known(snapshot),
            None if worker.is_idle() => return,
            None => {}
        }
    }
}
