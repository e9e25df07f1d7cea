//! Reading a scenario for the screen, and finding the place that an address names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::app::App;
use super::canvas::Look;
use super::commands::{Command, parse};
use super::glyphs::Glyphs;
use super::names::place;
use super::place::{Thing, View};
use super::session::Session;
use super::start::Options;
use crate::analysis::mistakes::in_statements;
use crate::analysis::statement::statements;
use crate::base::Time;
use crate::scenario::tree::NodeIx;
use crate::scenario::{Diagnostics, Loaded, load, parse_named};

/// A scenario that was read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// As it is named.
    pub file: PathBuf,
    /// What it says, with its text.
    pub loaded: Loaded,
}

/// Reads a scenario: the file, or one that the program carries.
///
/// # Errors
///
/// Its mistakes.
pub fn read(
    file: &Path,
    set: &[(String, String)],
    shipped: &[(&str, &str)],
) -> Result<Opened, Diagnostics> {
    let name = file.display().to_string();
    let carried = shipped.iter().find(|(known, _)| *known == name && !file.exists());
    let loaded = match carried {
        Some((name, text)) => {
            let stem =
                file.file_stem().map_or_else(|| (*name).into(), |stem| stem.to_string_lossy());
            parse_named(&stem, name, text, set)?
        }
        None => load(file, set)?,
    };
    Ok(Opened { file: file.to_path_buf(), loaded: checked(loaded)? })
}

/// Statements are checked here too: they are shown on screen.
fn checked(loaded: Loaded) -> Result<Loaded, Diagnostics> {
    match statements(&loaded.scenario) {
        Ok(_) => Ok(loaded),
        Err(mistakes) => Err(in_statements(&loaded.warnings, &mistakes)),
    }
}

/// The session at the place that the command line names, as far as it can be found without a run.
///
/// # Errors
///
/// What it names and is not there.
pub fn session(options: &Options, opened: Opened) -> Result<Session, String> {
    let seed = options.seed.unwrap_or(opened.loaded.scenario.run.seed);
    let mut session = Session::open_file(opened.loaded, seed, options.set.clone());
    session.file = opened.file;
    let scenario = Arc::clone(session.scenario());
    if let Some(name) = &options.design {
        let names = scenario.designs.iter().map(|design| design.name.as_str());
        session.place.run.design = place("design", name, names)?;
    }
    session.look = Look { theme: options.theme, glyphs: options.glyphs.unwrap_or_else(signs) };
    session.memory = options.memory;
    session.place.view = options.view.unwrap_or_default();
    session.playing = options.at.is_none() && options.view.is_none();
    for text in &options.changes {
        let recipe = &session.worlds.get(session.place.run.world).recipe;
        let change = recipe.change(text, None).map_err(|why| format!("--change {text}: {why}"))?;
        session.change(change, None, text.clone());
    }
    session.message = None;
    if let Some(at) = options.at {
        session.seek_time(Time(at.0));
    }
    if let Some(name) = &options.open {
        session.place.thing = thing(name, &session)?;
        session.place.inside = name.starts_with("lanes:");
        if options.view.is_none() {
            session.place.view = match session.place.thing {
                Thing::Op(_) if session.place.inside => View::Truth,
                Thing::Op(_) => View::Request,
                Thing::Fault(_) => View::Time,
                _ => View::Map,
            };
        }
        session.place.inside |= session.place.view == View::Map;
    }
    session.past.clear();
    Ok(session)
}

/// What `--open` names: a node, a fault, or an operation as `:op` takes it.
fn thing(name: &str, session: &Session) -> Result<Thing, String> {
    if name.contains('#') {
        let op = name.strip_prefix("lanes:").unwrap_or(name);
        return match parse(&format!("op {op}"), session)? {
            Command::Op(op) => Ok(Thing::Op(op)),
            _ => unreachable!("`op` names an operation"),
        };
    }
    let scenario = session.scenario();
    let nodes = scenario.nodes.iter().map(|node| node.name.as_str());
    let faults = scenario.faults.iter().map(|fault| fault.name.as_str());
    let at = place("node or fault", name, nodes.clone().chain(faults))?;
    Ok(match at.checked_sub(scenario.nodes.len()) {
        None => Thing::Node(NodeIx(at as u16)),
        Some(_) => Thing::Fault(name.to_owned()),
    })
}

/// Is the instant that the address names within the run? That is known once the run is.
///
/// # Errors
///
/// When the run ends.
pub fn find(app: &mut App, options: &Options) -> Result<(), String> {
    let run = app.session.place.run;
    let end = app.snapshot().run(run).and_then(|known| known.audit);
    if let (Some(at), Some(end)) = (options.at, end)
        && Time(at.0) > end
    {
        return Err(format!("--at {at} is later than the run's end at {end}"));
    }
    Ok(())
}

/// The signs that this terminal can show, as far as its locale says.
pub fn signs() -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_lowercase();
    let is_unicode = locale.contains("utf-8") || locale.contains("utf8");
    if is_unicode || cfg!(windows) { Glyphs::Block } else { Glyphs::Ascii }
}
