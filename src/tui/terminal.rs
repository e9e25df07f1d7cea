//! The terminal: one guard owns all that is turned on in it, remembers what that is, and undoes just that,
//! however the program ends.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicU8, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};

const RAW: u8 = 1;
const SCREEN: u8 = 2;
const MOUSE: u8 = 4;

/// What is turned on; here and not in the guard, because a panic's hook must know it.
static ON: AtomicU8 = AtomicU8::new(0);

/// The terminal while the program has it.
#[derive(Debug)]
pub struct Guard {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    mouse: bool,
}

impl Guard {
    /// Takes the terminal over. From now on a panic gives it back before it is described.
    ///
    /// # Errors
    ///
    /// What the system says if it does not go.
    pub fn take(mouse: bool) -> io::Result<Self> {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            hook(info);
        }));
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let mut guard = Self { terminal, mouse };
        guard.resume()?;
        Ok(guard)
    }

    /// Takes it over again, after [`restore`].
    ///
    /// # Errors
    ///
    /// What the system says if it does not go.
    pub fn resume(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        ON.fetch_or(RAW, Ordering::SeqCst);
        let mut out = io::stdout();
        ON.fetch_or(SCREEN, Ordering::SeqCst);
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        self.capture(self.mouse)?;
        self.clear()
    }

    /// Wipes it, so that the next frame draws every cell. (The library's own way asks the terminal where its
    /// cursor is, and the answer would come in among the keys.)
    ///
    /// # Errors
    ///
    /// What the system says if it does not go.
    pub fn clear(&mut self) -> io::Result<()> {
        let area = Rect::from((Position::ORIGIN, self.terminal.size()?));
        self.terminal.resize(area)
    }

    /// With or without the mouse.
    ///
    /// # Errors
    ///
    /// What the system says if it does not go.
    pub fn capture(&mut self, mouse: bool) -> io::Result<()> {
        self.mouse = mouse;
        if mouse {
            ON.fetch_or(MOUSE, Ordering::SeqCst);
            execute!(io::stdout(), EnableMouseCapture)
        } else if ON.fetch_and(!MOUSE, Ordering::SeqCst) & MOUSE != 0 {
            execute!(io::stdout(), DisableMouseCapture)
        } else {
            Ok(())
        }
    }

    /// What is drawn on.
    pub fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<Stdout>> {
        &mut self.terminal
    }

    /// Writes a sequence that draws nothing; between frames only.
    ///
    /// # Errors
    ///
    /// What the system says if it does not go.
    pub fn write(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Undoes what is turned on. Does nothing the second time.
pub fn restore() {
    let on = ON.swap(0, Ordering::SeqCst);
    let mut out = io::stdout();
    // A terminal that is gone takes nothing back, and nobody is there to be told.
    if on & MOUSE != 0 {
        let _ = queue!(out, DisableMouseCapture);
    }
    if on & SCREEN != 0 {
        let _ = queue!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
    }
    let _ = out.flush();
    if on & RAW != 0 {
        let _ = disable_raw_mode();
    }
}
