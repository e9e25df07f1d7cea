//! How worlds come to be and go: a change never overwrites what was seen.

use std::sync::Arc;

use super::names::place;
use super::place::{Place, RunId, Thing, View, WorldId};
use super::session::{Columns, Session};
use super::snapshot::Snapshot;
use super::wish::Goal;
use super::world::{Change, Recipe, World};
use crate::base::{Span, Time};
use crate::probes::anomalies::Kind;
use crate::scenario::tree::{Deed, Intervention};

/// A fault, or one occurrence of it, that is to be taken away.
struct Removal {
    deed: Deed,
    at: Time,
    /// Of the new world.
    name: String,
    /// How it differs.
    about: String,
}

impl Session {
    /// Makes a change in the world that is shown: in a fork of it if anybody has seen it later than the
    /// change acts, or if it is `base`; else in itself. Says which world it is now.
    pub fn change(&mut self, change: Change, name: Option<String>, about: String) -> WorldId {
        let at = Time(change.what.at.0);
        let id = self.place.run.world;
        let world = self.worlds.get(id);
        let mut recipe = Recipe::clone(&world.recipe);
        recipe.insert(change);
        if id == WorldId(0) || at <= world.frontier {
            let parent = world.name.clone();
            let id = self.grow(recipe, name, about, at);
            let name = &self.worlds.get(id).name;
            self.message = Some(format!("{parent} stays as it is: this is {name} now"));
            return id;
        }
        let world = self.worlds.get_mut(id);
        world.recipe = Arc::new(recipe);
        world.is_saved = false;
        world.about = format!("{}; {about}", world.about);
        let name = &world.name;
        self.message = Some(format!("{name} goes on with it: nobody has seen it later"));
        self.seek(Goal::At(self.place.cursor));
        id
    }

    /// Replaces the world's recipe from the start: a new world, whose runs share nothing with this one's.
    pub fn start_over(&mut self, recipe: Recipe, name: Option<String>, about: String) -> WorldId {
        let parent = self.worlds.get(self.place.run.world).name.clone();
        let id = self.grow(recipe, name, about, Time::ZERO);
        self.message =
            Some(format!("{parent} stays as it is: this is {} now", self.worlds.get(id).name));
        id
    }

    /// Adds a child of the world that is shown, and goes there.
    fn grow(
        &mut self,
        recipe: Recipe,
        name: Option<String>,
        about: String,
        forked: Time,
    ) -> WorldId {
        let parent = self.place.run.world;
        let name = self.unique(name, parent);
        let id = self.worlds.add(World {
            name,
            recipe: Arc::new(recipe),
            parent: Some(parent),
            forked,
            about,
            frontier: Time::ZERO,
            is_saved: false,
            is_dropped: false,
        });
        if let Columns::Worlds(_) = self.columns {
            self.columns = Columns::Worlds(parent);
        }
        self.warned = false;
        let run = RunId { world: id, ..self.place.run };
        self.go(Place { run, ..self.place.clone() });
        id
    }

    /// The name if nobody has it, or with a number behind; `base.1` for a child without a name.
    fn unique(&self, name: Option<String>, parent: WorldId) -> String {
        let is_taken = |name: &str| self.worlds.iter().any(|(_, world)| world.name == name);
        let (stem, from) = match name {
            Some(name) if !is_taken(&name) => return name,
            Some(name) => (name, 2),
            None => (self.worlds.get(parent).name.clone(), 1),
        };
        let mut numbered = (from..).map(|number: u32| format!("{stem}.{number}"));
        numbered.find(|name| !is_taken(name)).expect("numbers do not end")
    }

    /// A new world from here, with nothing changed yet.
    pub(super) fn fork(&mut self) {
        let at = self.place.cursor.time;
        let world = self.worlds.get(self.place.run.world);
        let (recipe, parent) = (Recipe::clone(&world.recipe), world.name.clone());
        let id = self.grow(recipe, None, format!("from {} on", super::words::instant(at)), at);
        let world = self.worlds.get_mut(id);
        world.frontier = at;
        let name = world.name.clone();
        self.say(format!(
            "{parent} stays as it is: this is {name} now, the same until it is changed"
        ));
    }

    /// A new world without what is selected, compared with its parent.
    pub(super) fn without(&mut self, snapshot: &Snapshot) -> Result<(), String> {
        let removal = match self.place.thing.clone() {
            Thing::Fault(fault) => {
                let at = self.begins(&fault, None, snapshot)?;
                taken_away(&fault, at)
            }
            Thing::Occurrence(fault, begins) => self.spared(&fault, begins, snapshot)?,
            Thing::Change(ix) => return self.without_change(ix),
            Thing::Op(op) | Thing::Anomaly(op, _) => {
                let (fault, begins) = self.culprit(op, snapshot)?;
                self.spared(&fault, begins, snapshot)?
            }
            _ => match self.acting(snapshot).as_slice() {
                [(fault, begins)] => self.spared(fault, *begins, snapshot)?,
                [] => {
                    return Err(
                        "select a fault, a change or an anomaly: } goes to the next fault".into()
                    );
                }
                several => {
                    let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(format!("which of {}? : without NAME", names.join(", ")));
                }
            },
        };
        self.take_away(removal);
        Ok(())
    }

    /// Without this fault from before its first occurrence on, as a command says it.
    pub fn without_fault(&mut self, fault: &str, snapshot: &Snapshot) -> Result<(), String> {
        let at = self.begins(fault, None, snapshot)?;
        let removal = taken_away(fault, at);
        self.take_away(removal);
        Ok(())
    }

    /// Without its occurrence that acts or begins at this instant, as a command says it.
    pub fn without_occurrence(
        &mut self,
        fault: &str,
        at: Time,
        snapshot: &Snapshot,
    ) -> Result<(), String> {
        let begins = self.begins(fault, Some(at), snapshot)?;
        let removal = self.spared(fault, begins, snapshot)?;
        self.take_away(removal);
        Ok(())
    }

    fn take_away(&mut self, Removal { deed, at, name, about }: Removal) {
        let parent = self.place.run.world;
        let text = match &deed {
            Deed::End(fault) => format!("(at: \"{at}\", end: {fault:?})"),
            Deed::Without(fault) => format!("(at: \"{at}\", without: {fault:?})"),
            Deed::Begin(_) | Deed::Set(_) => unreachable!("nothing else is taken away"),
        };
        let what = Intervention { at: Span(at.0), deed };
        let change = Change { what, text, only: None };
        // What was seen of it is another world's.
        let frontier = self.worlds.get(parent).frontier;
        self.worlds.get_mut(parent).frontier = frontier.max(at);
        self.change(change, Some(name), about);
        self.columns = Columns::Worlds(parent);
        self.place.view = View::Compare;
        self.place.inside = false;
        self.seek(Goal::At(self.place.cursor));
    }

    /// One occurrence taken away: it ends as it begins. All of a fault that occurs once.
    fn spared(&self, fault: &str, begins: Time, snapshot: &Snapshot) -> Result<Removal, String> {
        let known = snapshot.run(self.place.run).ok_or("the run is not known yet")?;
        let times = known.model.faults.iter().find(|(name, _)| *name == fault);
        if times.is_none_or(|(_, windows)| windows.len() <= 1) {
            return Ok(taken_away(fault, begins));
        }
        let seconds = begins.0 as f64 / 1e9;
        let about = format!("without {fault} at {}", super::words::instant(begins));
        Ok(Removal {
            deed: Deed::End(fault.to_owned()),
            at: begins,
            name: format!("no-{fault}-{seconds}s"),
            about,
        })
    }

    /// When a fault begins: first, or the occurrence that acts at an instant.
    fn begins(&self, fault: &str, at: Option<Time>, snapshot: &Snapshot) -> Result<Time, String> {
        let known = snapshot.run(self.place.run).ok_or("the run is not known yet")?;
        let faults: Vec<(&str, &[(Time, Time)])> = known.model.faults.iter().collect();
        let at_fault = place("fault", fault, faults.iter().map(|(name, _)| *name))?;
        let windows = faults[at_fault].1;
        let is_meant = |(from, to): &&(Time, Time)| at.is_none_or(|at| *from <= at && at < *to);
        let found = windows.iter().find(is_meant).map(|(from, _)| *from);
        found.ok_or_else(|| format!("{fault} does not act then"))
    }

    /// The faults that act at the cursor, and since when.
    fn acting(&self, snapshot: &Snapshot) -> Vec<(String, Time)> {
        let known = snapshot.run(self.place.run);
        let acting = known.into_iter().flat_map(|known| known.acting(self.place.cursor.time));
        acting.map(|(name, from, _)| (name.to_owned(), from)).collect()
    }

    /// The fault on an operation's way: the one that acted while it was under way.
    fn culprit(
        &self,
        op: crate::probes::OpId,
        snapshot: &Snapshot,
    ) -> Result<(String, Time), String> {
        let known = snapshot.run(self.place.run).ok_or("the run is not known yet")?;
        let story = snapshot.story(self.place.run, op);
        let span = match (story, known.history.told().find(|told| told.op == op)) {
            (Some(story), _) => (story.sent, story.last),
            (None, Some(told)) => (told.intended, told.answered),
            (None, None) => {
                return Err("open it first: then the faults on its way are known".into());
            }
        };
        let meets = |(from, to): &(Time, Time)| *from <= span.1 && span.0 < *to;
        let faults = known.model.faults.iter();
        let met: Vec<(String, Time)> = faults
            .filter_map(|(name, windows)| {
                windows
                    .iter()
                    .find(|window| meets(window))
                    .map(|(from, _)| (name.to_owned(), *from))
            })
            .collect();
        match met.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err("no fault acted while it was under way".into()),
            several => {
                let names: Vec<String> = several
                    .iter()
                    .map(|(name, from)| format!("{name}@{}s", from.0 as f64 / 1e9))
                    .collect();
                Err(format!("which of {}? : without NAME", names.join(", ")))
            }
        }
    }

    fn without_change(&mut self, ix: usize) -> Result<(), String> {
        let world = self.worlds.get(self.place.run.world);
        let change = world.recipe.changes.get(ix).cloned().ok_or("the world has no such change")?;
        let recipe = world.recipe.without(ix).map_err(|why| why.to_string())?;
        let at = Time(change.what.at.0);
        let parent = self.place.run.world;
        self.grow(recipe, None, format!("without {}", change.text), at);
        self.columns = Columns::Worlds(parent);
        Ok(())
    }

    /// The world that is selected, or else the one that is shown.
    pub(super) fn chosen(&self) -> WorldId {
        match self.place.thing {
            Thing::World(world) => world,
            _ => self.place.run.world,
        }
    }

    /// Names a world.
    pub fn name(&mut self, id: WorldId, name: &str) {
        let name = name.trim();
        let is_word = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
        if name.is_empty() || !name.chars().all(is_word) || name.len() > 40 {
            self.say("a name is up to 40 letters, digits, - _ and .");
        } else if self.worlds.iter().any(|(other, world)| other != id && world.name == name) {
            self.say(format!("there is a world {name} already"));
        } else {
            name.clone_into(&mut self.worlds.get_mut(id).name);
        }
    }

    /// Drops the chosen world; its children stay.
    pub fn drop_world(&mut self) -> Result<(), String> {
        let id = self.chosen();
        if id == WorldId(0) {
            return Err("base is never dropped".into());
        }
        let parent = self.worlds.get(id).parent.unwrap_or_default();
        let children: Vec<WorldId> = self
            .worlds
            .iter()
            .filter(|(_, world)| world.parent == Some(id))
            .map(|(id, _)| id)
            .collect();
        for child in children {
            self.worlds.get_mut(child).parent = Some(parent);
        }
        let world = self.worlds.get_mut(id);
        world.is_dropped = true;
        let name = world.name.clone();
        let is_shown = self.place.run.world == id;
        let run =
            RunId { world: if is_shown { parent } else { self.place.run.world }, ..self.place.run };
        if self.columns == Columns::Worlds(id) {
            self.columns = Columns::Designs;
        }
        let thing = Thing::World(run.world);
        self.past.retain(|place| place.run.world != id);
        self.future.retain(|place| place.run.world != id);
        self.bookmarks.retain(|_, place| place.run.world != id);
        self.place = Place { run, thing, ..self.place.clone() };
        self.seek(Goal::At(self.place.cursor));
        self.say(format!("{name} is dropped"));
        Ok(())
    }

    /// Filters lists by a text, and marks by the kinds of anomalies whose names have it.
    pub fn filter(&mut self, text: &str) {
        let wanted = text.trim().replace(['-', ' '], "_").to_lowercase();
        let fits = |kind: &Kind| !wanted.is_empty() && kind.name().contains(&wanted);
        self.marks = Kind::ALL.into_iter().filter(fits).collect();
        text.trim().clone_into(&mut self.filter);
    }
}

fn taken_away(fault: &str, at: Time) -> Removal {
    let about = format!("without {fault}, from {} on", super::words::instant(at));
    Removal { deed: Deed::Without(fault.to_owned()), at, name: format!("no-{fault}"), about }
}

#[cfg(test)]
mod tests;
