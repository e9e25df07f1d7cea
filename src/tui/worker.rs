//! Works out what is wished: first the place of the cursor, then what was asked about it, then what is
//! ahead. Goes on in parts of so many events, so that a new wish never waits long; reads no clock. It works
//! without a thread as well, and that is how tests drive it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use super::course::Course;
use super::inquiry::{Inquiry, Runs};
use super::place::{Cursor, RunId, Thing, WorldId};
use super::query::condition::Condition;
use super::run::Run;
use super::search::{Hunt, Search};
use super::snapshot::{Progress, Snapshot, State};
use super::state::state;
use super::wish::{Goal, Wish};
use super::world::Recipe;
use crate::base::Time;

/// Events that are handled before it is looked for a new wish: some 4 ms.
pub const SLICE: u64 = 8_192;

/// What scouts find is told when it took so many events to find.
const NEWS: u64 = 65_536;

/// That a place is being sought is told only when it has taken so many events: what is there at once does
/// not flicker.
const PATIENCE: u64 = 32_768;

/// Scouts do not go farther ahead of the cursor than so many events: some half a minute of work.
const FAR_AHEAD: u64 = 100_000_000;

/// Works out wishes.
#[derive(Debug, Default)]
pub struct Worker {
    wish: Option<Wish>,
    runs: Runs,
    pursuit: Pursuit,
    inquiry: Inquiry,
    /// Where the cursor is meant to be, found or given.
    sought: Cursor,
    state: Option<Arc<State>>,
    note: Option<String>,
    /// Events that scouts have handled since it was told.
    found: u64,
    /// Events that were handled since the last wish.
    waited: u64,
    /// Are there figures that were not compared yet?
    is_figured: bool,
    /// Is there something to be told at once?
    is_news: bool,
}

/// How it goes with the goal.
#[derive(Debug, Default)]
enum Pursuit {
    /// Nothing is wished, or it was fulfilled.
    #[default]
    Done,
    /// There is nothing like it.
    Nowhere,
    /// The cursor's place is being sought: where a search begins, or (if so) where it ended.
    Seeking(Cursor, bool),
    /// A search goes on, and is there.
    Searching(Box<Search>, Time),
    /// The other columns follow.
    Following,
}

impl Worker {
    /// Nothing is wished yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this is wished, and nothing else.
    pub fn wish(&mut self, wish: Wish) {
        let before = self.wish.take();
        self.runs.retain(|id, _| recipe(&wish, id.world).is_some());
        let is_moved = before.as_ref().is_none_or(|before| {
            let goal = |wish: &Wish| (wish.ticket, wish.shown, wish.transit, wish.playing);
            goal(before) != goal(&wish)
                || before.goal != wish.goal
                || before.columns != wish.columns
                || before.expectations != wish.expectations
        });
        let wanted = wanted(&wish);
        self.wish = Some(wish);
        let new = wanted.into_iter().filter(|id| self.provide(*id)).count();
        if is_moved || new > 0 {
            self.set_out();
        }
        self.share_memory();
        (self.is_figured, self.is_news, self.waited) = (true, true, 0);
    }

    /// Sees to it that there is such a run, of what its world is made of now. Says whether it is new.
    fn provide(&mut self, id: RunId) -> bool {
        let Some(recipe) = self.wish.as_ref().and_then(|wish| recipe(wish, id.world)) else {
            return false;
        };
        let recipe = Arc::clone(recipe);
        let is_same = |run: &Run| Arc::ptr_eq(&run.recipe, &recipe);
        if self.runs.get(&id).is_some_and(is_same) {
            return false;
        }
        let relatives = self.runs.iter().filter(|(other, _)| other.design == id.design);
        let near = relatives.max_by_key(|(_, run)| run.common(&recipe));
        let fork = near.and_then(|(_, run)| run.fork(&recipe));
        let run = fork.unwrap_or_else(|| Run::new(&recipe, id.design));
        if let Err(why) = run.plan.check() {
            self.note = Some(format!("a change was left out: {why}"));
        }
        self.runs.insert(id, run);
        self.inquiry.forget(id);
        true
    }

    /// Goes for the goal.
    fn set_out(&mut self) {
        let Some(wish) = &self.wish else { return };
        let cursor = match &wish.goal {
            Goal::At(cursor) => *cursor,
            Goal::Event(events) => Cursor { time: Time::NEVER, within: Some(*events) },
            Goal::End => Cursor::at(Time::NEVER),
            Goal::Next { from, .. } | Goal::Until { from, .. } => *from,
        };
        assert!(self.runs.contains_key(&wish.shown), "the shown world has no recipe");
        self.pursuit = Pursuit::Seeking(cursor, false);
        self.state = None;
    }

    /// Works for so many events, about, and says what is known if that is news.
    pub fn pump(&mut self, budget: u64) -> Option<Arc<Snapshot>> {
        let wish = self.wish.take()?;
        let mut purse = budget.max(1);
        self.pursue(&wish, &mut purse);
        if self.is_at_rest() {
            self.is_news |= self.inquiry.go(&wish, &self.runs, &mut purse);
            self.go_ahead(&wish, &mut purse);
            if std::mem::take(&mut self.is_figured) {
                self.is_news |= self.inquiry.compare(&wish, &self.runs);
            }
        }
        self.waited += budget - purse.min(budget);
        let is_news = self.is_news && !self.is_patient(&wish);
        let is_told = is_news || self.found >= NEWS || (self.found > 0 && self.has_done(&wish));
        let snapshot = is_told.then(|| {
            (self.found, self.is_news) = (0, false);
            Arc::new(self.snapshot(&wish))
        });
        self.wish = Some(wish);
        snapshot
    }

    /// A run, if it is known.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id)
    }

    /// Is there nothing left to be done, and nothing to be told?
    pub fn is_idle(&self) -> bool {
        !self.is_news && self.wish.as_ref().is_none_or(|wish| self.has_done(wish))
    }

    fn has_done(&self, wish: &Wish) -> bool {
        self.is_at_rest()
            && self.inquiry.is_done(wish, &self.runs)
            && (!wish.ahead || self.scouted(wish).all(|id| self.is_scouted(id)))
    }

    /// Is the place of the cursor soon there?
    fn is_patient(&self, wish: &Wish) -> bool {
        let is_soon = wish.playing || self.waited < PATIENCE;
        matches!(self.pursuit, Pursuit::Seeking(..)) && is_soon
    }

    fn is_at_rest(&self) -> bool {
        matches!(self.pursuit, Pursuit::Done | Pursuit::Nowhere)
    }

    fn pursue(&mut self, wish: &Wish, purse: &mut u64) {
        while *purse > 0 {
            let next = match &mut self.pursuit {
                Pursuit::Done | Pursuit::Nowhere => return,
                Pursuit::Seeking(cursor, is_found) => {
                    let run = self.runs.get_mut(&wish.shown).expect("it was provided");
                    self.sought = *cursor;
                    if !run.seek(*cursor, purse) {
                        return;
                    }
                    match wish.goal {
                        Goal::Next { .. } | Goal::Until { .. } if !*is_found => self.search(wish),
                        _ => self.arrive(wish),
                    }
                }
                Pursuit::Searching(search, at) => {
                    let run = self.runs.get_mut(&wish.shown).expect("it was provided");
                    match search.go(run, purse) {
                        Hunt::On(now) => {
                            (*at, self.is_news) = (now, true);
                            return;
                        }
                        Hunt::Found(cursor) => Pursuit::Seeking(cursor, true),
                        Hunt::Nowhere => Pursuit::Nowhere,
                    }
                }
                Pursuit::Following => {
                    if !self.follow(wish, purse) {
                        return;
                    }
                    Pursuit::Done
                }
            };
            self.pursuit = next;
            (self.is_figured, self.is_news) = (true, true);
        }
    }

    /// The run stands where the search begins.
    fn search(&mut self, wish: &Wish) -> Pursuit {
        let run = &self.runs[&wish.shown];
        let here = run.here().expect("it was sought");
        let search = match &wish.goal {
            Goal::Next { thing: Thing::Nothing, from, count } => {
                let is_over = *count > 0 && here.audit().is_some();
                let events = here.events().checked_add_signed(*count).filter(|_| !is_over);
                let time = if *count > 0 { Time::NEVER } else { from.time };
                return events.map_or(Pursuit::Nowhere, |events| {
                    Pursuit::Seeking(Cursor { time, within: Some(events) }, true)
                });
            }
            Goal::Next { thing, from, count } => Search::event(run, thing, *from, *count)
                .ok_or_else(|| "nothing happens to that: select a node or an operation".to_owned()),
            Goal::Until { condition, from, back } => Condition::read(condition, &run.plan.scenario)
                .map(|condition| Search::condition(run, condition, *from, *back)),
            Goal::At(_) | Goal::Event(_) | Goal::End => return self.arrive(wish),
        };
        match search {
            Ok(search) => Pursuit::Searching(Box::new(search), here.at()),
            Err(why) => {
                self.note = Some(why);
                Pursuit::Nowhere
            }
        }
    }

    /// The run stands at the goal.
    fn arrive(&mut self, wish: &Wish) -> Pursuit {
        let here = self.runs[&wish.shown].here().expect("it was sought");
        self.state = Some(Arc::new(state(wish.shown, here, wish.transit)));
        // What is costly waits while time passes.
        if wish.playing { Pursuit::Done } else { Pursuit::Following }
    }

    /// The other columns go where the shown run is, and the figures of all are worked out. Says whether
    /// they are.
    fn follow(&mut self, wish: &Wish, purse: &mut u64) -> bool {
        let Some(here) = self.runs[&wish.shown].here() else { return true };
        // Where the shown run has ended before the cursor, another one may not have.
        let at = if here.audit().is_some() { self.sought.time.max(here.at()) } else { here.at() };
        let mut all = wish.columns.clone();
        if wish.expectations {
            all.extend(self.runs.keys().filter(|id| id.world == wish.shown.world));
        }
        for id in all.iter().filter(|id| **id != wish.shown) {
            let Some(run) = self.runs.get_mut(id) else { continue };
            if *purse == 0 || !run.seek(Cursor::at(at), purse) {
                return false;
            }
            run.figure();
        }
        if let Some(run) = self.runs.get_mut(&wish.shown) {
            run.figure();
        }
        true
    }

    /// The runs that are scouted, in the order in which they are.
    fn scouted<'a>(&'a self, wish: &'a Wish) -> impl Iterator<Item = RunId> + 'a {
        let first = [wish.shown].into_iter().chain(wish.columns.iter().copied());
        first.chain(self.runs.keys().copied())
    }

    fn is_scouted(&self, id: RunId) -> bool {
        self.runs.get(&id).is_none_or(|run| {
            let here = run.here().map_or(0, Course::events);
            let is_far = |course: &Arc<Course>| course.events() > here + FAR_AHEAD;
            run.scout.has_passed(Time::NEVER) || run.scout.course().is_some_and(is_far)
        })
    }

    fn go_ahead(&mut self, wish: &Wish, purse: &mut u64) {
        let before = *purse;
        let cursor = self.cursor();
        while wish.ahead && *purse > 0 {
            let next = self.scouted(wish).find(|id| !self.is_scouted(*id));
            let Some(id) = next else { break };
            let run = self.runs.get_mut(&id).expect("it is scouted");
            self.is_figured |= run.ahead(Time::NEVER, purse, cursor);
        }
        self.found += before - *purse;
    }

    fn cursor(&self) -> Time {
        self.state.as_ref().map_or(Time::ZERO, |state| state.here.time)
    }

    /// 60 % of the memory for the run that is shown, the rest for the others.
    fn share_memory(&mut self) {
        let Some(wish) = &self.wish else { return };
        let cursor = self.cursor();
        let others = self.runs.len().saturating_sub(1).max(1);
        for (id, run) in &mut self.runs {
            let is_shown = *id == wish.shown;
            let own = if is_shown { wish.memory / 5 * 3 } else { wish.memory / 5 * 2 / others };
            run.afford(own, cursor);
            let is_needed = wish.expectations && id.world == wish.shown.world;
            if !is_shown && !wish.columns.contains(id) && !is_needed {
                run.leave();
            }
        }
    }

    fn snapshot(&mut self, wish: &Wish) -> Snapshot {
        let progress = match &self.pursuit {
            Pursuit::Done | Pursuit::Following => Progress::There,
            Pursuit::Nowhere => Progress::Nowhere,
            Pursuit::Searching(_, at) => Progress::Search(*at),
            Pursuit::Seeking(..) => Progress::Seeking,
        };
        let is_at_rest = !wish.playing && matches!(self.pursuit, Pursuit::Done);
        let known = |(id, run): (&RunId, &Run)| {
            let is_shown = *id == wish.shown && self.state.is_some();
            (*id, run.known(is_shown || (is_at_rest && wish.columns.contains(id))))
        };
        let mut snapshot = Snapshot {
            ticket: wish.ticket,
            progress,
            runs: self.runs.iter().map(known).collect(),
            state: self.state.clone(),
            note: self.note.take(),
            ..Snapshot::default()
        };
        self.inquiry.tell(wish, &self.runs, &mut snapshot);
        snapshot
    }
}

/// The runs that are to be known: the columns, all designs of the world that is shown, and what is compared.
fn wanted(wish: &Wish) -> Vec<RunId> {
    let RunId { world, design } = wish.shown;
    let designs = recipe(wish, world).map_or(0, |recipe| recipe.scenario.designs.len());
    let mut all = vec![wish.shown];
    all.extend(&wish.columns);
    all.extend((0..designs).map(|design| RunId { world, design }));
    let compared = wish.difference.map(|(one, other)| [one, other]);
    all.extend(compared.into_iter().flatten().map(|world| RunId { world, design }));
    all
}

/// The recipe of a world, if there is one.
fn recipe(wish: &Wish, world: WorldId) -> Option<&Arc<Recipe>> {
    wish.worlds.get(usize::from(world.0))?.as_ref()
}

/// A worker on a thread of its own. It sleeps while nothing is to be done, and ends when this is dropped.
#[derive(Debug)]
pub struct Thread {
    wishes: Sender<Wish>,
}

impl Thread {
    /// Begins. What becomes known is told to this function, on that thread.
    pub fn start(tell: impl FnMut(Arc<Snapshot>) + Send + 'static) -> Self {
        let (wishes, heard) = channel();
        thread::spawn(move || work(&heard, tell));
        Self { wishes }
    }

    /// This is wished from now on.
    pub fn wish(&self, wish: Wish) {
        // A worker that is gone has panicked, and has said so.
        let _ = self.wishes.send(wish);
    }
}

fn work(heard: &Receiver<Wish>, mut tell: impl FnMut(Arc<Snapshot>)) {
    let mut worker = Worker::new();
    loop {
        let mut last = None;
        if worker.is_idle() {
            match heard.recv() {
                Ok(wish) => last = Some(wish),
                Err(_) => return,
            }
        }
        loop {
            match heard.try_recv() {
                Ok(wish) => last = Some(wish),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        if let Some(wish) = last {
            worker.wish(wish);
        }
        if let Some(snapshot) = worker.pump(SLICE) {
            tell(snapshot);
        }
    }
}
