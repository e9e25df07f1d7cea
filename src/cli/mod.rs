//! The command line: parse, dispatch, tell how it ended. One file per command; what they show is
//! made by the report layer, what they run by the simulator.

mod args;
mod baseline;
mod batch;
mod check;
mod choice;
mod color;
mod compare;
pub mod exit;
mod explain;
mod explore;
mod failure;
mod formats;
mod interrupt;
mod load;
mod output;
mod paper;
mod replay;
mod run;
pub mod shipped;
mod test;
mod typed;
mod validate;
mod values;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use args::{Command, Line};
use color::{Color, Environment};
use exit::Exit;
use failure::Failure;
use interrupt::Interrupt;
use output::{Screen, note, show};

/// The whole program.
pub fn main() -> ExitCode {
    let line = match parse(std::env::args_os().collect()) {
        Ok(line) => line,
        Err(exit) => return exit.into(),
    };
    let screen = Screen::new(line.color);
    let interrupt = Interrupt::listen();
    let ended = panic::catch_unwind(AssertUnwindSafe(|| dispatch(line, &screen, &interrupt)));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => failure.tell(&screen),
        // The panic has described itself on stderr.
        Err(_) => {
            Failure::Internal("this is a mistake of windtunnel, not yours".to_owned()).tell(&screen)
        }
    };
    exit.into()
}

fn dispatch(line: Line, screen: &Screen, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let Some(command) = line.command else {
        return explore::explore(&line.explore, screen, interrupt);
    };
    match command {
        Command::Run(args) => run::run(&args, screen, interrupt),
        Command::Compare(args) => compare::compare(&args, screen, interrupt),
        Command::Test(args) => test::test(&args, screen, interrupt),
        Command::Check(args) => check::check(&args, screen),
        Command::Replay(args) => replay::replay(&args, screen, interrupt),
        Command::Explain(args) => explain::explain(&args, screen, interrupt),
        Command::Validate(args) => validate::validate(&args, screen, interrupt),
        Command::Completions(args) => paper::completions(&args),
        Command::Man => paper::manual(),
    }
}

/// Help and versions go to stdout and are no mistake; everything else that clap says is one.
fn parse(args: Vec<OsString>) -> Result<Line, Exit> {
    let mut words = args.into_iter();
    let program: Vec<OsString> = words.by_ref().take(1).collect();
    let words: Vec<OsString> = words.collect();
    let color = Color::asked(words.iter().cloned());
    let ordered = typed::ordered(&words).map_err(|failure| failure.tell(&Screen::new(color)))?;
    Line::try_parse_from(program.into_iter().chain(ordered)).map_err(|error| {
        let is_terminal = if error.use_stderr() {
            io::stderr().is_terminal()
        } else {
            io::stdout().is_terminal()
        };
        let text = error.render();
        let text = if color.decide(Environment::read(), is_terminal) {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        if error.use_stderr() {
            note(&text);
            return Exit::Usage;
        }
        show(&text, None).map_or(Exit::Internal, |()| Exit::Well)
    })
}
