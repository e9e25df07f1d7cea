//! The command line: parse, dispatch, tell how it ended. One file per command; what they show is
//! made by the report layer, what they run by the simulator.

mod args;
mod batch;
mod check;
mod choice;
mod color;
mod compare;
pub mod exit;
mod explain;
mod failure;
mod interrupt;
mod load;
mod output;
mod paper;
mod replay;
mod run;
pub mod shipped;
mod test;
mod validate;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

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
        return Err(no_command(line.stray.as_deref()));
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
    Line::try_parse_from(&args).map_err(|error| {
        let color = Color::asked(args.into_iter().skip(1));
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

/// What to type instead of `windtunnel FILE` or of a command that does not exist.
fn no_command(stray: Option<&Path>) -> Failure {
    let Some(stray) = stray else {
        return Failure::Usage("a command is missing; `windtunnel --help` lists them".to_owned());
    };
    let shown = stray.display();
    if stray.exists() || stray.extension().is_some_and(|extension| extension == "ron") {
        return Failure::Usage(format!(
            "the terminal UI is not there yet; `windtunnel run {shown}` runs the scenario, \
             `windtunnel compare {shown}` compares its designs"
        ));
    }
    let line = Line::command();
    let names = line.get_subcommands().map(clap::Command::get_name);
    Failure::Usage(choice::unknown("command", &shown.to_string(), names))
}
