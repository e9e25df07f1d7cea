//! What each action does where the view has nothing of its own to say: places, designs, time, worlds. And
//! how a key finds its action.

use super::action::Action;
use super::input::Key;
use super::keymap::Press;
use super::marks::{self, Mark};
use super::place::{Cursor, Place, RunId, Thing, View};
use super::session::{Asked, Columns, Letter, Outside, Overlay, Prompt, Session};
use super::snapshot::Snapshot;
use super::views::{Answer, help, inject, palette, room};
use super::wish::Goal;
use crate::base::{Span, Time};

/// Places that are remembered.
const REMEMBERED: usize = 256;

/// The most that the axis of time can be zoomed in: a column of a second becomes one of a microsecond.
const DEEPEST: u8 = 20;

impl Session {
    /// A key is pressed.
    pub fn press(&mut self, key: Key, snapshot: &Snapshot) {
        self.message = None;
        if let Some(letter) = self.letter.take() {
            self.bookmark(letter, key);
            return;
        }
        match &self.overlay {
            Some(Overlay::Help(_)) => help::key(key, self, snapshot),
            Some(Overlay::Palette(_)) => palette::key(key, self, snapshot),
            Some(Overlay::Inject(_)) => inject::key(key, self, snapshot),
            Some(Overlay::Prompt(_)) => self.prompted(key),
            None => match self.keymap.press(key, self.place.view) {
                Press::Act(action) => self.act(action, snapshot),
                Press::More | Press::Nothing => {}
            },
        }
    }

    /// Does an action: the view's way if it has one, else the way of all views.
    pub fn act(&mut self, action: Action, snapshot: &Snapshot) {
        if action != Action::Quit {
            self.warned = false;
        }
        if action == Action::Leave && self.tour.take().is_some() {
            return;
        }
        match (room(&self.place).act)(action, self, snapshot) {
            Answer::Done => {}
            Answer::Not(why) => self.say(why),
            Answer::Pass => {
                if let Err(why) = self.anywhere(action, snapshot) {
                    self.say(why);
                }
            }
        }
        let spare = self.past.len().saturating_sub(REMEMBERED);
        self.past.drain(..spare);
    }

    /// Does what an action means in all views; or says why it cannot.
    fn anywhere(&mut self, action: Action, snapshot: &Snapshot) -> Result<(), String> {
        match action {
            Action::View(view) => {
                let thing = match (view, self.place.thing.clone()) {
                    // Whose lanes were looked at is whose way is looked at.
                    (View::Request, Thing::Anomaly(op, _)) => Thing::Op(op),
                    (_, thing) => thing,
                };
                self.open(view, thing, false);
            }
            Action::NextDesign => self.turn(1, snapshot)?,
            Action::PreviousDesign => self.turn(-1, snapshot)?,
            Action::Enter => self.enter()?,
            Action::Leave => self.leave(),
            Action::Back => {
                let to = self.past.pop().ok_or("this is where you began")?;
                self.walk(to, true);
            }
            Action::Forth => {
                let to =
                    self.future.pop().ok_or("nothing to go on to: U goes where u came from")?;
                self.walk(to, false);
            }
            Action::Filter => self.ask(Asked::Filter, self.filter.clone()),
            Action::Explain => self.explain()?,
            Action::Compare => self.compare(),
            Action::Copy => {
                let address = self.address(snapshot);
                self.say(format!("copied by OSC 52, if your terminal allows it: {address}"));
                self.outside.push(Outside::Copy(address));
            }
            Action::Commands => self.overlay = Some(Overlay::Palette(palette::State::default())),
            Action::Help => self.overlay = Some(Overlay::Help(help::State::default())),
            Action::Quit => self.quit(),
            Action::Redraw => self.outside.push(Outside::Redraw),
            Action::Suspend => self.outside.push(Outside::Suspend),
            Action::Play => self.play(snapshot),
            Action::Faster => self.hurry(self.speed.faster()),
            Action::Slower => self.hurry(self.speed.slower()),
            Action::EventOn => self.step(Thing::Nothing, 1),
            Action::EventBack => self.step(Thing::Nothing, -1),
            Action::ThingOn => self.step(self.followed()?, 1),
            Action::ThingBack => self.step(self.followed()?, -1),
            Action::ColumnOn => self.shift(1, snapshot),
            Action::ColumnBack => self.shift(-1, snapshot),
            Action::FarOn => self.shift(10, snapshot),
            Action::FarBack => self.shift(-10, snapshot),
            Action::MarkOn => self.mark(true, snapshot)?,
            Action::MarkBack => self.mark(false, snapshot)?,
            Action::Start => self.jump(Goal::at(Time::ZERO)),
            Action::End => self.jump(Goal::End),
            Action::SetBookmark => self.letter = Some(Letter::Set),
            Action::GoBookmark => self.letter = Some(Letter::Go),
            Action::ZoomIn => self.place.zoom = (self.place.zoom + 1).min(DEEPEST),
            Action::ZoomOut => {
                self.place.zoom =
                    self.place.zoom.checked_sub(1).ok_or("this is the whole run already")?;
            }
            Action::Range => self.range(),
            Action::Fork => self.fork(),
            Action::Without => self.without(snapshot)?,
            Action::Inject => {
                // The instant at which it acts is the one that stands in it.
                self.playing = false;
                self.overlay = Some(Overlay::Inject(inject::open(self, snapshot)?));
            }
            Action::Write => self.outside.push(Outside::Write(self.place.run.world, None)),
            Action::Rename => {
                let world = self.chosen();
                self.ask(Asked::Name(world), self.worlds.get(world).name.clone());
            }
            Action::Drop => self.drop_world()?,
            Action::Tour => self.next_stop()?,
            Action::Origin => {
                return Err(
                    "select a value that was read, in Request or in lanes: o goes to its write"
                        .into(),
                );
            }
            Action::NextPane | Action::PreviousPane => return Err("this view has one pane".into()),
            Action::NextLike | Action::PreviousLike => {
                return Err("nothing like it here: n goes through operations and anomalies".into());
            }
            Action::StartOver => return Err("no knob is turned: h and l turn one".into()),
            Action::Left
            | Action::Right
            | Action::Up
            | Action::Down
            | Action::First
            | Action::Last
            | Action::PageUp
            | Action::PageDown => return Err("nothing to select here".into()),
            Action::Base | Action::Fold => return Err("nothing of the kind here".into()),
        }
        Ok(())
    }

    /// Another design of the same world, at the same time, with the same thing.
    fn turn(&mut self, by: isize, snapshot: &Snapshot) -> Result<(), String> {
        let designs = self.scenario().designs.len() as isize;
        if designs == 1 {
            return Err("the scenario has one design only".into());
        }
        let design = (self.place.run.design as isize + by).rem_euclid(designs) as usize;
        let run = RunId { design, ..self.place.run };
        let thing = match (&self.place.thing, snapshot.stories.get(&run)) {
            (Thing::Op(_) | Thing::Anomaly(..), Some(Ok(telling))) => {
                telling.op.map_or(Thing::Nothing, Thing::Op)
            }
            (Thing::Op(_) | Thing::Anomaly(..), Some(Err(why))) => return Err(why.clone()),
            (Thing::Op(_), None) => Thing::Nothing,
            (Thing::Anomaly(_, kind), None) => Thing::Kind(*kind),
            (thing, _) => thing.clone(),
        };
        // A judgement is of one run; lanes of the same customer elsewhere are told as a request.
        let inside = self.place.inside
            && matches!(thing, Thing::Node(_) | Thing::Instance(..) | Thing::Op(_));
        let cursor = Cursor::at(self.place.cursor.time);
        self.go(Place { run, cursor, thing, inside, ..self.place.clone() });
        Ok(())
    }

    fn walk(&mut self, to: Place, back: bool) {
        let from = std::mem::replace(&mut self.place, to);
        if back {
            self.future.push(from);
        } else {
            self.past.push(from);
        }
        if self.worlds.get(self.place.run.world).is_dropped {
            self.place.run.world = super::place::WorldId(0);
        }
        self.seek(Goal::At(self.place.cursor));
    }

    fn enter(&mut self) -> Result<(), String> {
        match self.place.thing.clone() {
            Thing::Nothing => return Err("nothing is selected: h j k l select".into()),
            thing @ (Thing::Node(_) | Thing::Instance(..)) => self.open(View::Map, thing, true),
            Thing::Link(_, to) => self.open(View::Map, Thing::Node(to), true),
            thing @ Thing::Op(_) => self.open(View::Request, thing, false),
            thing @ (Thing::Anomaly(..) | Thing::Kind(_)) => {
                let inside = matches!(thing, Thing::Anomaly(..));
                self.open(View::Truth, thing, inside);
            }
            thing @ (Thing::Fault(_) | Thing::Occurrence(..) | Thing::Figure(_)) => {
                self.open(View::Time, thing, false);
            }
            Thing::World(world) => {
                let run = RunId { world, ..self.place.run };
                self.go(Place {
                    run,
                    view: View::Map,
                    thing: Thing::Nothing,
                    ..self.place.clone()
                });
            }
            thing @ Thing::Change(_) => self.open(View::Worlds, thing, false),
            thing @ Thing::Item(_) => self.open(View::Request, thing, false),
            thing @ (Thing::Knob(_) | Thing::Expectation(_)) => {
                self.open(View::Scenario, thing, false);
            }
        }
        Ok(())
    }

    fn leave(&mut self) {
        if self.playing {
            self.playing = false;
        } else if self.place.inside {
            self.place.inside = false;
        } else if self.range.is_some() {
            self.range = None;
        } else if !std::mem::take(&mut self.filter).is_empty() || !self.marks.is_empty() {
            self.marks.clear();
        } else if self.place.view == View::Request
            && self.past.last().is_some_and(|place| place.view != View::Request)
        {
            let to = self.past.pop().expect("there is one");
            self.walk(to, true);
        } else if self.place.thing == Thing::Nothing {
            self.say("this is as far out as it goes: q leaves the program");
        } else {
            self.place.thing = Thing::Nothing;
        }
    }

    fn explain(&mut self) -> Result<(), String> {
        match self.place.thing.clone() {
            thing @ (Thing::Anomaly(..) | Thing::Op(_)) => {
                self.open(View::Truth, thing, true);
                Ok(())
            }
            thing @ Thing::Kind(_) => {
                self.open(View::Truth, thing, false);
                Ok(())
            }
            _ => {
                Err("select an operation, an anomaly or a kind of them: e says why it is so".into())
            }
        }
    }

    fn compare(&mut self) {
        let parent = self.worlds.get(self.place.run.world).parent;
        self.columns = match (self.place.view, self.columns, parent) {
            (View::Compare, Columns::Worlds(_), _) | (_, _, None) => Columns::Designs,
            (_, _, Some(parent)) => Columns::Worlds(parent),
        };
        if self.place.view == View::Compare {
            if parent.is_none() {
                self.say("base has no parent to be compared with: f forks, x takes a fault away");
            }
            self.seek(Goal::At(self.place.cursor));
        } else {
            self.open(View::Compare, self.place.thing.clone(), false);
        }
    }

    fn quit(&mut self) {
        let unsaved: Vec<String> = self
            .worlds
            .iter()
            .filter(|(_, world)| !world.is_saved)
            .map(|(_, world)| world.name.clone())
            .collect();
        if self.warned || unsaved.is_empty() {
            self.quits = true;
            return;
        }
        self.warned = true;
        let are = if unsaved.len() == 1 { "is" } else { "are" };
        self.say(format!("{} {are} not written: w writes, q again leaves", unsaved.join(", ")));
    }

    fn play(&mut self, snapshot: &Snapshot) {
        let known = snapshot.run(self.place.run);
        let end = known.and_then(|known| known.audit);
        if !self.playing && end.is_some_and(|end| self.place.cursor.time >= end) {
            self.seek_time(Time::ZERO);
        }
        self.playing = !self.playing;
        if !self.playing {
            // What was costly while it played is wanted now.
            self.seek(Goal::At(self.place.cursor));
        }
    }

    fn hurry(&mut self, speed: super::session::Speed) {
        self.speed = speed;
        self.say(format!("speed {}", speed.name()));
    }

    /// Whose events `]` and `[` go through.
    fn followed(&self) -> Result<Thing, String> {
        match &self.place.thing {
            thing @ (Thing::Node(_) | Thing::Instance(..) | Thing::Op(_)) => Ok(thing.clone()),
            Thing::Anomaly(op, _) => Ok(Thing::Op(*op)),
            Thing::Link(_, to) => Ok(Thing::Node(*to)),
            _ => Err("select a node or an operation: ] and [ go through its events".into()),
        }
    }

    fn step(&mut self, thing: Thing, count: i64) {
        self.playing = false;
        self.seek(Goal::Next { thing, from: self.place.cursor, count });
    }

    /// Goes so many columns of the axis of time on, or back.
    fn shift(&mut self, columns: i64, snapshot: &Snapshot) {
        self.playing = false;
        let end = snapshot
            .run(self.place.run)
            .map_or(Time::NEVER, |known| known.audit.unwrap_or(known.horizon));
        let step = self.column().0.saturating_mul(columns.unsigned_abs());
        let now = self.place.cursor.time.0;
        let to = if columns > 0 { now.saturating_add(step) } else { now.saturating_sub(step) };
        self.seek_time(Time(to).min(end));
    }

    /// How long a column of the axis of time is: a second for a minute's run, and half of it with each
    /// step of the zoom.
    pub fn column(&self) -> Span {
        let length = self.scenario().run.length.0;
        let nice = [1, 2, 5].map(|digit| (0..18).map(move |ten| digit * 10u64.pow(ten)));
        let step =
            nice.into_iter().flatten().filter(|step| step.saturating_mul(60) >= length).min();
        Span((step.unwrap_or(length) >> self.place.zoom).max(1))
    }

    /// Goes somewhere far, from where `u` comes back.
    pub fn jump(&mut self, goal: Goal) {
        self.playing = false;
        self.past.push(self.place.clone());
        self.future.clear();
        self.seek(goal);
    }

    fn range(&mut self) {
        let now = self.place.cursor.time;
        self.range = match self.range {
            None => {
                self.say("the range begins here; go on and press v again to end it, Esc drops it");
                Some((now, now))
            }
            Some((from, to)) if from == to => Some((from.min(now), from.max(now))),
            Some(_) => None,
        };
    }

    /// To the next mark, or the one before; what it is about is selected.
    fn mark(&mut self, on: bool, snapshot: &Snapshot) -> Result<(), String> {
        let known = snapshot.run(self.place.run).ok_or("the run is not known yet")?;
        let now = self.place.cursor.time;
        let found = if on {
            marks::after(known, &self.marks, now)
        } else {
            marks::before(known, &self.marks, now)
        };
        let Some((at, mark)) = found else {
            let place = if on { "after" } else { "before" };
            let widen = if self.marks.is_empty() { "" } else { "; / widens the filter" };
            return Err(format!("no other mark {place} this one{widen}"));
        };
        self.say(format!("{} at {}", mark.words(), super::words::instant(at)));
        let thing = match mark {
            Mark::Begins(fault) => Thing::Occurrence(fault, at),
            Mark::Violation(op, kind) => Thing::Anomaly(op, kind),
            Mark::Ends(_) | Mark::Change(_) => self.place.thing.clone(),
        };
        self.playing = false;
        let place = Place { cursor: Cursor::at(at), thing, ..self.place.clone() };
        self.go(place);
        Ok(())
    }

    fn bookmark(&mut self, letter: Letter, key: Key) {
        let Key::Char(name @ 'a'..='z') = key else {
            if key != Key::Esc {
                self.say("a bookmark is a letter from a to z");
            }
            return;
        };
        match (letter, self.bookmarks.get(&name)) {
            (Letter::Set, _) => {
                self.bookmarks.insert(name, self.place.clone());
                self.say(format!("bookmark {name} is here"));
            }
            (Letter::Go, Some(place)) => self.go(place.clone()),
            (Letter::Go, None) => {
                let known: Vec<String> = self.bookmarks.keys().map(char::to_string).collect();
                let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
                self.say(format!("there is no bookmark {name}; set are: {known}"));
            }
        }
    }

    fn ask(&mut self, what: Asked, text: String) {
        self.overlay = Some(Overlay::Prompt(Prompt { what, text }));
    }

    fn prompted(&mut self, key: Key) {
        let Some(Overlay::Prompt(prompt)) = &mut self.overlay else { return };
        match key {
            Key::Char(char) if prompt.text.chars().count() < 60 => prompt.text.push(char),
            Key::Backspace => drop(prompt.text.pop()),
            Key::Ctrl('u') => prompt.text.clear(),
            Key::Esc | Key::Ctrl('c') => self.overlay = None,
            Key::Enter => {
                let Prompt { what, text } = prompt.clone();
                self.overlay = None;
                match what {
                    Asked::Filter => self.filter(&text),
                    Asked::Name(world) => self.name(world, &text),
                }
            }
            _ => {}
        }
    }
}
