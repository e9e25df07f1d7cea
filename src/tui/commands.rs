//! The language of `:`: its table, and its parser from a line to a [`Command`]. Names are those of the
//! scenario, and what is wrong is said with what was probably meant. What a command does is in `run.rs`,
//! how lines are found and completed in `palette.rs`.

mod reader;
mod run;
mod table;
#[cfg(test)]
mod tests;

pub use table::{ALL, About, Takes};

use self::reader::Reader;
use super::action::{self, Action};
use super::change::Wanted;
use super::glyphs::Glyphs;
use super::place::WorldId;
use super::session::{Session, Speed};
use super::theme::Theme;
use crate::base::Time;
use crate::probes::OpId;
use crate::probes::witness::Item;
use crate::scenario::nearest;
use crate::scenario::tree::{FlowIx, NodeIx};

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// What a key does.
    Act(Action),
    /// To an instant.
    Goto(Time),
    /// After so many events of the run that is shown.
    GotoEvent(u64),
    /// To where an operation was sent.
    GotoOp(OpId),
    /// To the first event at which a statement holds, or back to the last.
    Until {
        /// In the language of expectations.
        condition: String,
        /// Back in time?
        back: bool,
    },
    /// So many events on, or back.
    Step(i64),
    /// How fast time passes.
    Speed(Speed),
    /// Opens a node, one of its instances, or a link.
    Open(Opened),
    /// Opens the way of an operation.
    Op(OpId),
    /// Everything about an item.
    Item(Item),
    /// The slowest operation of a flow so far.
    Slowest(FlowIx),
    /// Makes a change from now on.
    Change {
        /// Which.
        wanted: Wanted,
        /// The only design that it befalls.
        only: Option<usize>,
    },
    /// Without a fault; without its occurrence that acts at an instant.
    Without(String, Option<Time>),
    /// Starts over with these knobs.
    StartOver(Vec<(String, String)>),
    /// Starts over with another seed.
    Seed(u64),
    /// Goes to a world.
    World(WorldId),
    /// Under another design.
    Design(usize),
    /// Writes the world that is shown.
    Write(String),
    /// Sets two worlds side by side.
    Diff(WorldId, WorldId),
    /// Writes what is on the screen, or the history.
    Export(String),
    /// Filters lists and marks.
    Filter(String),
    /// All designs side by side, or a world beside this one.
    Columns(Option<WorldId>),
    /// Colours.
    Theme(Theme),
    /// Signs.
    Glyphs(Glyphs),
    /// Listens to the mouse?
    Mouse(bool),
    /// Bytes for keyframes.
    Memory(usize),
    /// Computes ahead of the cursor?
    Ahead(bool),
    /// Reads the file anew.
    Reload,
    /// Opens another file.
    OpenFile(String),
    /// Tells the address of the screen.
    Address,
}

/// What can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A node.
    Node(NodeIx),
    /// One of its instances.
    Instance(NodeIx, u32),
    /// A link.
    Link(NodeIx, NodeIx),
}

/// Reads a line.
///
/// # Errors
///
/// What is wrong with it, and what was probably meant.
pub fn parse(line: &str, session: &Session) -> Result<Command, String> {
    let line = line.trim().trim_start_matches(':').trim_start();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let known = ALL.iter().find(|about| about.name == name);
    if let Some(about) = known.filter(|about| !rest.is_empty() || about.usage.is_empty()) {
        let reader = Reader { session, scenario: session.scenario() };
        return reader.command(about.name, rest);
    }
    if let Some(about) = action::ALL.iter().find(|about| about.name == name && rest.is_empty()) {
        return Ok(Command::Act(about.action));
    }
    if let Some(about) = known {
        return Err(format!("{name} what? {name} {}", about.usage));
    }
    if action::ALL.iter().any(|about| about.name == name) {
        return Err(format!("{name} takes nothing behind it"));
    }
    let names = ALL.iter().map(|about| about.name);
    let all = names.chain(action::ALL.iter().map(|about| about.name));
    Err(match nearest(name, all) {
        Some(near) => format!("there is no command {name}: did you mean {near}?"),
        None => format!("there is no command {name}: type a few letters of what it should do"),
    })
}
