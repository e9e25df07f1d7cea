//! Where one is: the four nouns, the way there, how fast time passes, what lies over the view. Everything
//! that keys change is here; it knows no thread, no terminal and no wall clock.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::canvas::Look;
use super::keymap::Keymap;
use super::pace::Pace;
use super::place::{Cursor, Place, RunId, Thing, View, WorldId};
use super::tour;
use super::views::{States, help, inject, palette};
use super::wish::{Goal, Wish};
use super::world::Worlds;
use crate::base::Time;
use crate::probes::anomalies::Kind;
use crate::scenario::Loaded;
use crate::scenario::tree::Scenario;

/// Everything that a person has chosen.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Session {
    /// The scenario's file, as addresses name it.
    pub file: PathBuf,
    /// The worlds.
    pub worlds: Worlds,
    /// Where one is.
    pub place: Place,
    /// Where one was, the last at the end.
    pub past: Vec<Place>,
    /// Where one was before going back, the next at the end.
    pub future: Vec<Place>,
    /// Bookmarks by letter.
    pub bookmarks: BTreeMap<char, Place>,
    /// How time passes.
    pub speed: Speed,
    /// Does it pass?
    pub playing: bool,
    /// Which violations are marks: of these kinds, and none if there are none. `/` chooses them.
    pub marks: Vec<Kind>,
    /// A stretch of time whose figures are shown instead of the last second's.
    pub range: Option<(Time, Time)>,
    /// What Compare has for columns.
    pub columns: Columns,
    /// How everything looks.
    pub look: Look,
    /// What lies over the view.
    pub overlay: Option<Overlay>,
    /// How far one has come on the tour, if one is on it.
    pub tour: Option<tour::State>,
    /// A line to be told, until the next key.
    pub message: Option<String>,
    /// What views remember.
    pub views: States,
    /// Bytes for keyframes.
    pub memory: usize,
    /// Compute ahead?
    pub ahead: bool,
    /// A text by which lists are filtered; empty if not.
    pub filter: String,
    /// What is to be done outside, in order: the loop takes it from here.
    pub outside: Vec<Outside>,
    /// Keys that mean nothing yet.
    pub keymap: Keymap,
    /// A letter is awaited, for a bookmark.
    pub letter: Option<Letter>,
    /// It was asked once whether to leave worlds unwritten.
    pub warned: bool,
    /// To be left.
    pub quits: bool,
    pub(super) goal: Goal,
    pub(super) ticket: u64,
    pub(super) pace: Pace,
}

/// What is to be done where files, the terminal and other programs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Copies a text.
    Copy(String),
    /// Draws everything anew.
    Redraw,
    /// Suspends the program.
    Suspend,
    /// Listens to the mouse, or not.
    Mouse(bool),
    /// Writes a world as a file, beside the scenario or there.
    Write(WorldId, Option<PathBuf>),
    /// Reads the scenario's file anew.
    Reload,
    /// Opens another file.
    Open(PathBuf),
    /// Writes what is on the screen: as `svg` or `text`, or the history as `csv`.
    Export(String),
}

/// For what a letter is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// To set a bookmark.
    Set,
    /// To go to one.
    Go,
}

/// Thousandths of real time, or as fast as the engine can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many thousandths.
    Times(u32),
    /// As fast as it goes.
    Max,
}

/// What Compare has for columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// All designs of the world that is shown.
    #[default]
    Designs,
    /// The design that is shown, in this world and in that one.
    Worlds(WorldId),
}

/// What lies over the view, and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Help.
    Help(help::State),
    /// The palette.
    Palette(palette::State),
    /// The fault injector.
    Inject(inject::State),
    /// A line of text that is asked for.
    Prompt(Prompt),
}

/// A line of text that is asked for in the last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What for.
    pub what: Asked,
    /// What was typed.
    pub text: String,
}

/// What a line of text is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To filter.
    Filter,
    /// To name a world.
    Name(WorldId),
}

impl Session {
    /// At the start of a scenario without the text of its file: nothing can be changed in its words.
    pub fn new(
        file: PathBuf,
        scenario: Arc<Scenario>,
        seed: u64,
        set: Vec<(String, String)>,
    ) -> Self {
        Self::of(file, Worlds::new(scenario, seed, set))
    }

    /// At the start of a file that was loaded with these knobs turned.
    pub fn open_file(loaded: Loaded, seed: u64, set: Vec<(String, String)>) -> Self {
        Self::of(loaded.path().to_owned(), Worlds::open(loaded, seed, set))
    }

    fn of(file: PathBuf, worlds: Worlds) -> Self {
        Self {
            file,
            worlds,
            place: Place::default(),
            past: Vec::new(),
            future: Vec::new(),
            bookmarks: BTreeMap::new(),
            speed: Speed::Times(100),
            playing: false,
            marks: Vec::new(),
            range: None,
            columns: Columns::default(),
            look: Look::default(),
            overlay: None,
            tour: None,
            message: None,
            views: States::default(),
            memory: 256 << 20,
            ahead: true,
            filter: String::new(),
            outside: Vec::new(),
            keymap: Keymap::default(),
            letter: None,
            warned: false,
            quits: false,
            goal: Goal::at(Time::ZERO),
            ticket: 0,
            pace: Pace::default(),
        }
    }

    /// The scenario of the world that is shown.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.worlds.get(self.place.run.world).recipe.scenario
    }

    /// Goes to a place; where one was can be come back to.
    pub fn go(&mut self, place: Place) {
        self.past.push(std::mem::replace(&mut self.place, place));
        self.future.clear();
        self.seek(Goal::At(self.place.cursor));
    }

    /// Opens a view of a thing, at the same time.
    pub fn open(&mut self, view: View, thing: Thing, inside: bool) {
        self.go(Place { thing, view, inside, ..self.place.clone() });
    }

    /// Selects a thing of the view: no place of its own.
    pub fn select(&mut self, thing: Thing) {
        self.place.thing = thing;
    }

    /// Lets the cursor go somewhere.
    pub fn seek(&mut self, goal: Goal) {
        if let Goal::At(cursor) = goal {
            self.place.cursor = cursor;
        }
        if self.columns == Columns::Worlds(self.place.run.world) {
            // Nobody is compared with himself, as after the way back to the parent.
            self.columns = Columns::Designs;
        }
        let world = self.worlds.get_mut(self.place.run.world);
        world.frontier = world.frontier.max(self.place.cursor.time);
        self.goal = goal;
        self.ticket += 1;
    }

    /// Lets the cursor go to an instant.
    pub fn seek_time(&mut self, time: Time) {
        self.seek(Goal::At(Cursor::at(time)));
    }

    /// Tells something until the next key.
    pub fn say(&mut self, message: impl Into<String>) {
        self.message = Some(message.into());
    }

    /// The runs that are shown side by side.
    pub fn columns(&self) -> Vec<RunId> {
        let RunId { world, design } = self.place.run;
        match self.columns {
            Columns::Designs => {
                (0..self.scenario().designs.len()).map(|design| RunId { world, design }).collect()
            }
            Columns::Worlds(other) => {
                vec![RunId { world: other, design }, RunId { world, design }]
            }
        }
    }

    /// What the worker is to do for it.
    pub fn wish(&self) -> Wish {
        let op = match self.place.thing {
            Thing::Op(op) | Thing::Anomaly(op, _) => Some(op),
            _ => None,
        };
        let is_told = self.place.view == View::Request
            || (self.place.view == View::Truth && self.place.inside);
        let slow = matches!(self.speed, Speed::Times(thousandths) if thousandths < 100);
        Wish {
            ticket: self.ticket,
            worlds: self.worlds.recipes(),
            shown: self.place.run,
            columns: self.columns(),
            goal: self.goal.clone(),
            playing: self.playing,
            transit: self.place.view == View::Map && (!self.playing || slow),
            story: op.filter(|_| is_told),
            item: match self.place.thing {
                Thing::Item(item) => Some(item),
                _ => self.views.request.sought,
            },
            counterpart: op.filter(|_| self.place.view == View::Request),
            difference: (self.place.view == View::Worlds).then(|| self.compared()).flatten(),
            expectations: self.place.view == View::Scenario,
            memory: self.memory,
            ahead: self.ahead,
        }
    }

    /// The two worlds that Worlds compares: the selected one and its parent.
    pub fn compared(&self) -> Option<(WorldId, WorldId)> {
        let selected = match self.place.thing {
            Thing::World(world) => world,
            _ => self.place.run.world,
        };
        let parent = self.worlds.get(selected).parent?;
        Some((parent, selected))
    }
}
