//! `windtunnel [FILE]`: the terminal UI, or one screen of it printed. Reads what the command line says of
//! it; what happens then is the UI's own business.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::Where;
use super::color::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::output::{Screen, show};
use super::shipped;
use super::values::{duration, knob};
use crate::base::Span;
use crate::tui::glyphs::Glyphs;
use crate::tui::names::{choice, memory};
use crate::tui::place::View;
use crate::tui::start::{Ended, Options, Printed};
use crate::tui::theme::Theme;
use crate::tui::{self, paint, rebind};

/// The terminal UI: which scenario, and what the first screen shows. All of it together is the address of a
/// screen.
#[derive(Clone, Debug, Args)]
pub(super) struct Explore {
    /// Explore this scenario in the terminal; without it choose one there.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Turn a knob of the scenario; the value as the file would spell it. May be repeated.
    #[arg(long, value_name = "KNOB=VALUE", value_parser = knob, value_delimiter = ';')]
    pub set: Vec<(String, String)>,
    /// The design that is shown first.
    #[arg(long, short, value_name = "DESIGN")]
    pub design: Option<String>,
    /// The seed [default: the scenario's].
    #[arg(long, short, value_name = "N")]
    pub seed: Option<u64>,
    /// A change to the run, as an item of `changes` in the file. May be repeated.
    #[arg(long, value_name = "CHANGE")]
    pub change: Vec<String>,
    /// Stand at this instant, paused.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub at: Option<Span>,
    /// The view: map, compare, time, request, truth, scenario or worlds.
    #[arg(long, value_name = "VIEW", value_parser = view)]
    pub view: Option<View>,
    /// What is selected: a node, a fault, or an operation as FLOW#N; lanes:FLOW#N opens its lanes.
    #[arg(long, value_name = "THING")]
    pub open: Option<String>,
    /// Colours: default, light, colour-blind or mono.
    #[arg(long, value_name = "THEME", value_parser = theme)]
    pub theme: Option<Theme>,
    /// Signs: braille, block or ascii [default: what the terminal can show].
    #[arg(long, value_name = "GLYPHS", value_parser = glyphs)]
    pub glyphs: Option<Glyphs>,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,
    /// Frames a second at most [default: 60, 30 over ssh].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub fps: Option<u32>,
    /// Memory for going back in time.
    #[arg(long, value_name = "SIZE", value_parser = memory, default_value = "256MiB")]
    pub memory: usize,
    /// Print one screen of this size and leave; needs no terminal.
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub screen: Option<(u16, u16)>,
    /// How a printed screen is written: text, ansi or svg.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, requires = "screen")]
    pub format: Picture,
    #[command(flatten)]
    pub place: Where,
}

/// How a printed screen is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Picture {
    /// Plain text.
    #[default]
    Text,
    /// Text with colours.
    Ansi,
    /// A picture.
    Svg,
}

/// Starts the terminal UI, or prints one screen of it.
pub(super) fn explore(
    args: &Explore,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let environment = Environment::read();
    let plain = environment.wants_no_color() || environment.is_dumb();
    let options = Options {
        file: args.file.clone(),
        set: args.set.clone(),
        design: args.design.clone(),
        seed: args.seed,
        changes: args.change.clone(),
        at: args.at,
        view: args.view,
        open: args.open.clone(),
        theme: args.theme.unwrap_or(if plain { Theme::Mono } else { Theme::Default }),
        glyphs: args.glyphs,
        mouse: !args.no_mouse,
        keymap: rebind::load().map_err(Failure::Usage)?,
        fps: args.fps,
        memory: args.memory,
        shipped: shipped::SHIPPED,
    };
    let Some((width, height)) = args.screen else {
        // It hears of Ctrl-C itself, and gives the terminal back before it ends.
        interrupt.runs();
        return match tui::start::run(&options) {
            Ok(Ended::Left) => Ok(Exit::Well),
            Ok(Ended::Killed) => Ok(Exit::Interrupted),
            Ok(Ended::Refused(why)) => Err(Failure::Usage(why)),
            Err(why) => Err(Failure::Io { path: PathBuf::from("the terminal"), why }),
        };
    };
    let buffer = match tui::start::print(&options, width, height) {
        Ok(buffer) => buffer,
        Err(Printed::Invalid(found)) => return Err(super::load::refuse(&found, screen)),
        Err(Printed::Usage(why)) => return Err(Failure::Usage(why)),
    };
    let text = match args.format {
        Picture::Text => paint::text(&buffer),
        Picture::Ansi => paint::ansi(&buffer),
        Picture::Svg => paint::svg(&buffer),
    };
    show(&text, args.place.output.as_deref())?;
    Ok(Exit::Well)
}

fn view(text: &str) -> Result<View, String> {
    choice("a view", text, &View::ALL.map(|view| (view.name(), view)))
}

fn theme(text: &str) -> Result<Theme, String> {
    choice("a theme", text, &Theme::ALL)
}

fn glyphs(text: &str) -> Result<Glyphs, String> {
    choice("a set of signs", text, &Glyphs::ALL)
}

/// `200x60`
fn size(text: &str) -> Result<(u16, u16), String> {
    let sides = text.split_once('x').and_then(|(width, height)| {
        Some((width.parse::<u16>().ok()?, height.parse::<u16>().ok()?))
    });
    let fits = |side: u16| (1..=1000).contains(&side);
    let sides = sides.filter(|(width, height)| fits(*width) && fits(*height));
    sides.ok_or_else(|| "a size is WIDTHxHEIGHT, as in `80x24`, at most 1000x1000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_names_are_read() {
        assert_eq!(size("200x60"), Ok((200, 60)));
        assert!(size("0x5").is_err() && size("80").is_err() && size("1001x2").is_err());
        assert_eq!(view("Compare"), Ok(View::Compare));
        assert_eq!(theme("colour-blind"), Ok(Theme::ColourBlind));
        assert!(glyphs("emoji").unwrap_err().contains("ascii"));
    }
}
