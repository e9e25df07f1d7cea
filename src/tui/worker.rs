//! Works out what is wished: first the place of the cursor, then what was asked about it, then what is
//! ahead. Goes on in parts of so many events, so that a new wish never waits long; reads no clock. It works
//! without a thread as well, and that is how tests drive it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use super::place::{Cursor, RunId, WorldId};
use super::run::Run;
use super::snapshot::{Progress, Snapshot, State};
use super::state::state;
use super::wish::{Goal, Wish};
use super::world::Recipe;
use crate::base::Time;

/// Events that are handled before it is looked for a new wish: some 4 ms.
pub const SLICE: u64 = 8_192;

/// What scouts find is told when it took so many events to find.
const NEWS: u64 = 65_536;

/// Scouts do not go farther ahead of the cursor than so many events: some half a minute of work.
const FAR_AHEAD: u64 = 100_000_000;

/// Works out wishes.
#[derive(Debug, Default)]
pub struct Worker {
    wish: Option<Wish>,
    runs: BTreeMap<RunId, Run>,
    pursuit: Pursuit,
    state: Option<Arc<State>>,
    note: Option<String>,
    /// Events that scouts have handled since it was told.
    found: u64,
    /// Is there something to be told at once?
    is_news: bool,
}

/// How it goes with the goal.
#[derive(Clone, Debug, Default, PartialEq)]
enum Pursuit {
    /// Nothing is wished, or it was fulfilled.
    #[default]
    Done,
    /// The cursor's place is being sought.
    Seeking(Cursor),
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
            (before.shown, &before.goal) != (wish.shown, &wish.goal)
                || before.transit != wish.transit
                || before.playing != wish.playing
        });
        let columns = wish.columns.clone();
        self.wish = Some(wish);
        let is_new = columns.iter().fold(false, |is_new, id| self.provide(*id) || is_new);
        if is_moved || is_new {
            self.set_out();
        }
        self.share_memory();
        self.is_news = true;
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
        self.runs.insert(id, fork.unwrap_or_else(|| Run::new(&recipe, id.design)));
        true
    }

    fn set_out(&mut self) {
        self.provide_shown();
        let Some(wish) = &self.wish else { return };
        let cursor = match &wish.goal {
            Goal::At(cursor) => *cursor,
            Goal::Event(events) => Cursor { time: Time::NEVER, within: Some(*events) },
            Goal::End => Cursor::at(Time::NEVER),
            Goal::Next { from, .. } | Goal::Until { from, .. } => *from,
        };
        self.pursuit = Pursuit::Seeking(cursor);
        self.state = None;
    }

    fn provide_shown(&mut self) {
        if let Some(shown) = self.wish.as_ref().map(|wish| wish.shown) {
            self.provide(shown);
        }
    }

    /// Works for so many events, about, and says what is known if that is news.
    pub fn pump(&mut self, budget: u64) -> Option<Arc<Snapshot>> {
        let wish = self.wish.clone()?;
        let mut purse = budget.max(1);
        self.pursue(&wish, &mut purse);
        if self.pursuit == Pursuit::Done {
            self.go_ahead(&wish, &mut purse);
        }
        let is_told = self.is_news || self.found >= NEWS || (self.found > 0 && self.is_idle());
        if !is_told {
            return None;
        }
        (self.found, self.is_news) = (0, false);
        Some(Arc::new(self.snapshot(&wish)))
    }

    /// Is there nothing left to be done?
    pub fn is_idle(&self) -> bool {
        let Some(wish) = &self.wish else { return true };
        self.pursuit == Pursuit::Done
            && (!wish.ahead || self.scouted(wish).all(|id| self.is_scouted(id)))
    }

    fn pursue(&mut self, wish: &Wish, purse: &mut u64) {
        if let Pursuit::Seeking(cursor) = self.pursuit {
            let run = self.runs.get_mut(&wish.shown).expect("it was provided");
            if !run.seek(cursor, purse) {
                return;
            }
            let here = run.here().expect("it was sought");
            self.state = Some(Arc::new(state(wish.shown, here, wish.transit)));
            self.is_news = true;
            self.pursuit = Pursuit::Following;
        }
        if self.pursuit == Pursuit::Following {
            self.follow(wish, purse);
        }
    }

    /// The other columns go where the shown run is; and the figures of all are worked out.
    fn follow(&mut self, wish: &Wish, purse: &mut u64) {
        if wish.playing {
            self.pursuit = Pursuit::Done;
            return;
        }
        let Some(at) = self.runs.get(&wish.shown).and_then(Run::here).map(|here| here.at()) else {
            return;
        };
        let within = self.runs[&wish.shown].here().filter(|here| !here.has_passed(at));
        let events = within.map(|here| here.events());
        for id in wish.columns.iter().chain([&wish.shown]) {
            let Some(run) = self.runs.get_mut(id) else { continue };
            let within = events.filter(|_| *id == wish.shown);
            if *purse == 0 || !run.seek(Cursor { time: at, within }, purse) {
                return;
            }
            run.figure();
        }
        self.pursuit = Pursuit::Done;
        self.is_news = true;
    }

    /// The runs that are scouted, in the order in which they are.
    fn scouted<'a>(&'a self, wish: &'a Wish) -> impl Iterator<Item = RunId> + 'a {
        let first = [wish.shown].into_iter().chain(wish.columns.iter().copied());
        first.chain(self.runs.keys().copied())
    }

    fn is_scouted(&self, id: RunId) -> bool {
        self.runs.get(&id).is_none_or(|run| run.scout.has_passed(Time::NEVER) || self.is_far(run))
    }

    fn is_far(&self, run: &Run) -> bool {
        let here = run.here().map_or(0, |here| here.events());
        run.scout.course().is_some_and(|course| course.events() > here + FAR_AHEAD)
    }

    fn go_ahead(&mut self, wish: &Wish, purse: &mut u64) {
        if !wish.ahead {
            return;
        }
        let before = *purse;
        let cursor = self.state.as_ref().map_or(Time::ZERO, |state| state.here.time);
        while *purse > 0 {
            let next = self.scouted(wish).find(|id| !self.is_scouted(*id));
            let Some(id) = next else { break };
            let run = self.runs.get_mut(&id).expect("it is scouted");
            run.ahead(Time::NEVER, purse, cursor);
        }
        self.found += before - *purse;
    }

    /// 60 % of the memory for the run that is shown, the rest for the others.
    fn share_memory(&mut self) {
        let Some(wish) = &self.wish else { return };
        let cursor = self.state.as_ref().map_or(Time::ZERO, |state| state.here.time);
        let others = self.runs.len().saturating_sub(1).max(1);
        for (id, run) in &mut self.runs {
            let is_shown = *id == wish.shown;
            run.afford(
                if is_shown { wish.memory / 5 * 3 } else { wish.memory / 5 * 2 / others },
                cursor,
            );
            if !is_shown && !wish.columns.contains(id) {
                run.leave();
            }
        }
    }

    fn snapshot(&mut self, wish: &Wish) -> Snapshot {
        let is_at_rest = !wish.playing && self.pursuit == Pursuit::Done;
        let known = |(id, run): (&RunId, &Run)| {
            let is_here = (*id == wish.shown && self.state.is_some())
                || (is_at_rest && wish.columns.contains(id));
            (*id, run.known(is_here))
        };
        let progress = match &self.pursuit {
            Pursuit::Done | Pursuit::Following => Progress::There,
            Pursuit::Seeking(_) => Progress::Seeking,
        };
        Snapshot {
            ticket: wish.ticket,
            progress,
            runs: self.runs.iter().map(known).collect(),
            state: self.state.clone(),
            note: self.note.take(),
            ..Snapshot::default()
        }
    }
}

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
        if worker.is_idle() && !worker.is_news {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::tree::Scenario;
    use crate::simulate;
    use crate::tui::session::Session;

    fn shop() -> Arc<Scenario> {
        let text = r#"(
            about: "Customers order, and the stock is another service's.",
            run: (length: "6s", warmup: "1s"),
            nodes: {
                "web":       Client(arrivals: Poisson("60/s"), does: "order"),
                "orders":    Service(workers: 4, work: Exp("2ms"), store: "orders-db"),
                "inventory": Service(workers: 4, work: Exp("2ms"), store: "inventory-db"),
                "orders-db":    Database(read: "1ms", write: "3ms"),
                "inventory-db": Database(read: "1ms", write: "3ms"),
                "log":       Log(),
            },
            data: {
                "order": (owner: "orders"),
                "stock": (owner: "inventory", keys: 100, start: 1_000_000, floor: 0),
            },
            flows: { "order": (home: "orders", steps: [Write("order"), Tell("inventory", Take("stock", 1))]) },
            designs: { "rest": Rest(), "events": Events() },
            faults: [(name: "crash", at: "2s", lasts: "500ms", what: Crash("inventory"))],
        )"#;
        Arc::new(crate::parse("shop", text, &[]).expect("it is right"))
    }

    fn worked(worker: &mut Worker) -> Arc<Snapshot> {
        let mut last = None;
        while !worker.is_idle() {
            last = worker.pump(SLICE).or(last);
        }
        worker.pump(SLICE).or(last).expect("there is news")
    }

    #[test]
    fn the_whole_run_is_known_after_a_while_and_any_instant_is_exact() {
        let scenario = shop();
        let mut session = Session::new("shop.ron".into(), Arc::clone(&scenario), 7, Vec::new());
        let mut worker = Worker::new();
        worker.wish(session.wish());
        let snapshot = worked(&mut worker);
        for design in 0..2 {
            let straight = simulate::run(&scenario, design, 7);
            let known = &snapshot.runs[&RunId { design, ..RunId::default() }];
            let outcome = known.at_end.as_ref().expect("it has come to the end");
            assert_eq!((outcome.digest, outcome.events), (straight.digest, straight.events));
            assert_eq!(known.audit, Some(Time(straight.simulated.0)));
            let all = known.history.stretch(Time::ZERO, known.history.edge()).sums;
            let ends = straight.flows["order"].ends;
            assert_eq!(u64::from(all.flows[0].ends[0]), ends.kept);
        }
        for time in [3_000_000_000, 1_500_000_000, 5_900_000_000] {
            session.seek_time(Time(time));
            worker.wish(session.wish());
            let snapshot = worked(&mut worker);
            assert_eq!(snapshot.progress, Progress::There);
            let mut straight = crate::Timeline::new(&scenario, 0, 7);
            straight.run_to(Time(time));
            let here = snapshot.runs[&RunId::default()].here.expect("it is here");
            assert_eq!((here.time, here.digest), (Time(time), straight.simulation().digest()));
        }
    }
}
