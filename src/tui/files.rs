//! Worlds as files: written, recovered and read anew. A file of a world is the scenario's own text, its
//! comments kept, with knobs, seed and changes put in; it is read again before it counts as written.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::app::App;
use super::export;
use super::opening;
use super::place::{Place, RunId, Thing, WorldId};
use super::session::{Columns, Outside, Session};
use super::views::States;
use super::wish::Goal;
use super::words;
use super::world::{Recipe, World, Worlds};
use crate::scenario::tree::{Deed, Intervention, Scenario};
use crate::scenario::{Diagnostics, Origin, Rewrite, parse_named};
use crate::simulate::run;

/// What the first line of a file begins with that this program has written, and may write again.
const OURS: &str = "// Written by windtunnel: ";

/// What recovery files are called, before `.ron`.
const RECOVERED: &str = ".recovered";

/// A file and what is to stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

/// Does what is to be done with files, and says how it went.
pub fn perform(outside: Outside, app: &mut App) {
    let told = match outside {
        Outside::Write(world, to) => {
            let digest = digest(app, world);
            write(&mut app.session, world, to.as_deref(), digest)
        }
        Outside::Reload => reload(&mut app.session).map_err(|wrong| {
            let file = app.session.file.file_name().unwrap_or_default().to_string_lossy();
            let count = match wrong.list.len() + wrong.omitted {
                1 => "a mistake".to_owned(),
                many => format!("{many} mistakes"),
            };
            let first = wrong.list.first().map_or(String::new(), |first| {
                let place = first.site.place;
                let line = match (&first.site.origin, place.line) {
                    (Origin::File, 1..) => format!("line {}: ", place.line),
                    _ => String::new(),
                };
                format!("{line}{}", first.message)
            });
            format!("{file} changed: {count}, still showing the old one; {first}")
        }),
        Outside::Export(what) => export::export(&what, app),
        // The terminal's.
        Outside::Copy(_)
        | Outside::Redraw
        | Outside::Suspend
        | Outside::Mouse(_)
        | Outside::Open(_) => return,
    };
    app.tell(told.unwrap_or_else(|why| why));
}

/// More events than these are not run again to see whether a file repeats them: it would take seconds.
const FEW: u64 = 3_000_000;

/// The digest of a world's run under the design that is shown, if it is known and not too long.
fn digest(app: &App, world: WorldId) -> Option<u64> {
    let run = RunId { world, ..app.session.place.run };
    let outcome = app.snapshot().run(run)?.at_end.as_ref()?;
    (outcome.events <= FEW).then_some(outcome.digest)
}

/// Writes a world beside its scenario, or to a file of this name, and runs it if a digest is given that has
/// to come out. Says where it is now.
///
/// # Errors
///
/// Why not, and what to do instead: a file of that name is somebody else's, a change befalls one design
/// only, the folder cannot be written.
pub fn write(
    session: &mut Session,
    id: WorldId,
    to: Option<&Path>,
    digest: Option<u64>,
) -> Result<String, String> {
    let world = session.worlds.get(id);
    let path = match to {
        Some(path) if path.extension().is_none() => path.with_extension("ron"),
        Some(path) => path.to_owned(),
        None => beside(&session.file, &format!(".{}", world.name)),
    };
    let shown = path.display();
    let is_original = |path: &Path| match (path.canonicalize(), session.file.canonicalize()) {
        (Ok(path), Ok(file)) => path == file,
        _ => false,
    };
    let was_there = match fs::read_to_string(&path) {
        Ok(old) if old.starts_with(OURS) && !is_original(&path) => true,
        Err(why) if why.kind() == io::ErrorKind::NotFound => false,
        _ => {
            return Err(format!(
                "{shown} is there and was not written here: give another name, :write FILE"
            ));
        }
    };
    let (text, scenario) = text(world, &session.file)?;
    fs::write(&path, &text).map_err(|why| format!("{shown} cannot be written: {}", why.kind()))?;
    let changes = match world.recipe.changes.len() {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    };
    let again = if was_there { " again" } else { "" };
    let verified = match digest {
        None => "read again, it is the same world".to_owned(),
        Some(digest) => {
            let (design, seed) = (session.place.run.design, scenario.run.seed);
            let repeated = run(&Arc::new(scenario), design, seed).digest;
            if repeated != digest {
                return Err(format!(
                    "{shown} gives {repeated:016x} instead of {digest:016x}: please report this"
                ));
            }
            format!("digest {digest:016x} verified")
        }
    };
    let told = format!("written{again}: {shown}, {changes}, {verified}");
    session.worlds.get_mut(id).is_saved = true;
    Ok(told)
}

/// The files that keep all worlds that are not written yet, to be offered at the next start.
pub fn recover(worlds: &Worlds, file: &Path) -> Vec<Written> {
    let unsaved = worlds.iter().filter(|(_, world)| !world.is_saved);
    let files = unsaved.filter_map(|(_, world)| {
        let path = beside(file, &format!(".{}{RECOVERED}", world.name));
        Some(Written { path, text: text(world, file).ok()?.0 })
    });
    files.collect()
}

/// Puts files where they belong, or, where that cannot be written, among those that are temporary. Says
/// where they are.
pub fn keep(files: &[Written]) -> io::Result<Vec<PathBuf>> {
    let kept = files.iter().map(|file| {
        let is_free = fs::read_to_string(&file.path).map_or(true, |old| old.starts_with(OURS));
        if is_free && fs::write(&file.path, &file.text).is_ok() {
            return Ok(file.path.clone());
        }
        let name = file.path.file_name().unwrap_or_default();
        let path = std::env::temp_dir().join(name);
        fs::write(&path, &file.text).map(|()| path)
    });
    kept.collect()
}

/// The recovery files of a scenario's file, by name.
pub fn recovered(file: &Path) -> Vec<PathBuf> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end = format!("{RECOVERED}.ron");
    let folders = [folder(file), std::env::temp_dir()];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&format!("{stem}.")) && name.ends_with(&end)
    };
    let mut found: Vec<PathBuf> = paths.filter(is_one).collect();
    found.sort();
    found
}

/// The text of a world's file, and what it says when it is read.
fn text(world: &World, file: &Path) -> Result<(String, Scenario), String> {
    let recipe = &*world.recipe;
    if let Some(change) = recipe.changes.iter().find(|change| change.only.is_some()) {
        return Err(format!(
            "{} befalls one design only, and changes of a file befall all: y copies the address",
            change.text
        ));
    }
    let turned = |name: &String| recipe.set.iter().any(|(set, _)| set.trim() == name);
    let knobs: Vec<_> =
        recipe.scenario.knobs.iter().filter(|(name, _)| turned(name)).cloned().collect();
    let changes: Vec<String> = recipe.changes.iter().map(|change| change.text.clone()).collect();
    let rewrite = Rewrite {
        knobs: &knobs,
        seed: (recipe.seed != recipe.scenario.run.seed).then_some(recipe.seed),
        changes: &changes,
    };
    let body = rewrite.of(&recipe.source).ok_or("the file has no place for what was changed")?;
    let from = file.file_name().unwrap_or_default().to_string_lossy();
    let about: String = format!("{from}, world {}, {}", world.name, world.about);
    let about = about.replace(char::is_control, " ");
    let text = format!("{OURS}{about}.\n{body}");
    let loaded = parse_named(&recipe.scenario.name, "the written file", &text, &[])
        .map_err(|wrong| wrong.to_string())?;
    is_same(recipe, &loaded.scenario)?;
    Ok((text, loaded.scenario))
}

/// Does the written scenario say what the recipe says?
fn is_same(recipe: &Recipe, written: &Scenario) -> Result<(), String> {
    let mut mine = Scenario::clone(&recipe.scenario);
    // Lines have moved, and the seed stands in the file now; all else has to be as it was.
    mine.measures.clone_from(&written.measures);
    mine.expect.clone_from(&written.expect);
    mine.changes.clone_from(&written.changes);
    mine.run.seed = recipe.seed;
    let mut changes: Vec<&Intervention> = recipe.scenario.changes.iter().collect();
    changes.extend(recipe.changes.iter().map(|change| &change.what));
    changes.sort_by_key(|change| change.at);
    let is_alike =
        |(mine, written): (&&Intervention, &Intervention)| match (&mine.deed, &written.deed) {
            // The scenarios that they make know where they stand.
            (Deed::Set(one), Deed::Set(other)) => mine.at == written.at && one.knobs == other.knobs,
            _ => *mine == written,
        };
    let all = changes.len() == written.changes.len()
        && changes.iter().zip(&written.changes).all(is_alike);
    if all && mine == *written {
        return Ok(());
    }
    Err("the written file would not say the same: please report this".to_owned())
}

/// `checkout.ron` with something behind its stem, in its folder.
pub(super) fn beside(file: &Path, what: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    folder(file).join(format!("{stem}{what}.ron"))
}

/// The folder of a file; the current one if it is not there, as with a scenario that the program brings.
fn folder(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| parent.is_dir());
    parent.map(Path::to_path_buf).unwrap_or_default()
}

/// When a file was changed last, as its folder tells: what differs has been changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<Duration>,
    length: Option<u64>,
}

impl Stamp {
    /// That of a file as it is now.
    pub fn of(file: &Path) -> Self {
        let Ok(about) = fs::metadata(file) else { return Self::default() };
        let modified = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Self { modified, length: Some(about.len()) }
    }

    /// Is the file there at all?
    pub fn is_there(self) -> bool {
        self.length.is_some()
    }
}

/// Looks whether a file has changed since it was looked at last.
#[derive(Clone, Debug)]
pub struct Watch {
    stamp: Stamp,
}

impl Watch {
    /// Of a file as it is now.
    pub fn of(file: &Path) -> Self {
        Self { stamp: Stamp::of(file) }
    }

    /// Has it changed, and is it there?
    pub fn has_changed(&mut self, file: &Path) -> bool {
        let now = Stamp::of(file);
        now.is_there() && std::mem::replace(&mut self.stamp, now) != now
    }
}

/// Reads the scenario's file anew, and keeps all worlds whose changes still mean something. Says which,
/// and why others were dropped.
///
/// # Errors
///
/// What is wrong with the file; everything is as it was.
pub fn reload(session: &mut Session) -> Result<String, Diagnostics> {
    let base = Arc::clone(&session.worlds.get(WorldId(0)).recipe);
    let loaded = opening::read(&session.file, &base.set, &[])?.loaded;
    let source: Arc<str> = loaded.source().text().into();
    let fresh = Recipe {
        scenario: Arc::new(loaded.scenario),
        source: Arc::clone(&source),
        changes: Vec::new(),
        ..Recipe::clone(&base)
    };
    let designs = fresh.scenario.designs.len();
    session.worlds.get_mut(WorldId(0)).recipe = Arc::new(fresh);
    let ids: Vec<WorldId> = session.worlds.iter().map(|(id, _)| id).skip(1).collect();
    let file = session.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut told = format!("{file} reloaded at {}", words::instant(session.place.cursor.time));
    for id in ids {
        let world = session.worlds.get_mut(id);
        let _ = match world.recipe.reloaded(Arc::clone(&source)) {
            Ok(recipe) => {
                world.recipe = Arc::new(recipe);
                // What stands in a file of it is of the old text.
                world.is_saved = false;
                write!(told, "; {} kept", world.name)
            }
            Err(why) => {
                world.is_dropped = true;
                write!(told, "; {} dropped: {}", world.name, why.message)
            }
        };
    }
    resettle(session, designs);
    Ok(told)
}

/// What was selected may be gone, and its number another's.
fn resettle(session: &mut Session, designs: usize) {
    let is_there = |session: &Session, id| session.worlds.iter().any(|(other, _)| other == id);
    let mut run = session.place.run;
    if !is_there(session, run.world) {
        run.world = WorldId(0);
    }
    run.design = run.design.min(designs - 1);
    let orphans: Vec<WorldId> = session.worlds.iter().map(|(id, _)| id).collect();
    for id in orphans {
        let parent = session.worlds.get(id).parent;
        if parent.is_some_and(|parent| !is_there(session, parent)) {
            session.worlds.get_mut(id).parent = Some(WorldId(0));
        }
    }
    if matches!(session.columns, Columns::Worlds(id) if !is_there(session, id)) {
        session.columns = Columns::Designs;
    }
    session.past.clear();
    session.future.clear();
    session.bookmarks.clear();
    session.views = States::default();
    session.place = Place { run, thing: Thing::Nothing, inside: false, ..session.place.clone() };
    session.seek(Goal::At(session.place.cursor));
}

#[cfg(test)]
mod tests;
