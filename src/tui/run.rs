//! A run: what it is made of, the scout that goes ahead, the keyframes, and the place where the cursor
//! stands. A run of a world that has the same past as another one's begins where they part.

use std::sync::Arc;

use super::course::{Course, Plan};
use super::keyframes::{Keyframe, Point};
use super::place::Cursor;
use super::scout::{Frames, Scout, keyframe};
use super::snapshot::{Here, Known};
use super::world::Recipe;
use crate::base::Time;
use crate::probes::Outcome;

/// Whoever goes back leaves a keyframe so long before the goal, and so many events before: the next step
/// back begins there.
const BEFORE: u64 = 1_000_000_000;
const EVENTS_BEFORE: u64 = 4_096;

/// A run goes on from where it stands if that costs so many events more than the nearest keyframe: less
/// than a copy.
const WORTH_A_COPY: u64 = 8_192;

/// A run.
#[derive(Clone, Debug)]
pub struct Run {
    /// What its world is made of.
    pub recipe: Arc<Recipe>,
    /// What it is made of.
    pub plan: Plan,
    /// Who goes ahead.
    pub scout: Scout,
    /// Bytes for keyframes.
    pub budget: usize,
    frames: Frames,
    here: Option<Course>,
    /// Where a keyframe is to be left on the way to the cursor.
    to_leave: Option<Cursor>,
    so_far: Option<(Here, Arc<Outcome>)>,
}

impl Run {
    /// At its start, of which nothing is known.
    pub fn new(recipe: &Arc<Recipe>, design: usize) -> Self {
        let plan = Plan::of(recipe, design);
        let scout = Scout::new(&plan);
        Self::made(recipe, plan, scout, Frames::default())
    }

    fn made(recipe: &Arc<Recipe>, plan: Plan, scout: Scout, frames: Frames) -> Self {
        Self {
            recipe: Arc::clone(recipe),
            plan,
            scout,
            budget: 0,
            frames,
            here: None,
            to_leave: None,
            so_far: None,
        }
    }

    /// The run of another recipe under the same design, with what both have in common; nothing if that is
    /// not known of any keyframe.
    pub fn fork(&self, recipe: &Arc<Recipe>) -> Option<Self> {
        let plan = Plan::of(recipe, self.plan.design);
        let parts = plan.parts_from(&self.plan);
        if parts == Time::NEVER {
            let (scout, frames) = (self.scout.clone(), self.frames.clone());
            return Some(Self::made(recipe, plan, scout, frames));
        }
        let common = self.frames.iter().filter(|frame| frame.point.time < parts);
        let mut frames = Frames::default();
        common.for_each(|frame| frames.keep(frame.clone()));
        let scout = self.scout.course().filter(|course| course.at() < parts);
        let last = frames.iter().next_back().map(|frame| &frame.value);
        let from = scout.or(last)?;
        let scout = Scout::from(Arc::clone(from), &self.scout.history);
        let pinned = keyframe(Arc::clone(from), from.simulation().weight());
        frames.keep(Keyframe { is_pinned: true, ..pinned });
        Some(Self::made(recipe, plan, scout, frames))
    }

    /// How far the pasts of this run and another recipe's are the same.
    pub fn common(&self, recipe: &Recipe) -> Time {
        Plan::of(recipe, self.plan.design).parts_from(&self.plan)
    }

    /// Goes ahead for so many events at most, and not beyond an instant. Says whether it is there.
    pub fn ahead(&mut self, until: Time, purse: &mut u64, cursor: Time) -> bool {
        while *purse > 0 && !self.scout.has_passed(until) {
            if self.scout.go(&self.plan, purse, until, &mut self.frames) {
                self.thin(cursor);
            }
        }
        self.scout.has_passed(until)
    }

    /// Sees to it that the scout has come beyond the cursor: what it finds out, the cursor's run need not.
    fn ahead_of(&mut self, cursor: Cursor, purse: &mut u64) -> bool {
        let has_come = |scout: &Scout| {
            let events = scout.course().map_or(u64::MAX, |course| course.events());
            scout.has_passed(cursor.time) || cursor.within.is_some_and(|within| events > within)
        };
        while *purse > 0 && !has_come(&self.scout) {
            if self.scout.go(&self.plan, purse, cursor.time, &mut self.frames) {
                self.thin(cursor.time);
            }
        }
        has_come(&self.scout)
    }

    /// Lets the place of the cursor be here, or at the end if that comes before. Says whether it is, for
    /// so many events at most, and takes off what it needed.
    pub fn seek(&mut self, cursor: Cursor, purse: &mut u64) -> bool {
        if !self.ahead_of(cursor, purse) {
            return false;
        }
        self.begin(cursor);
        if let Some(leave) = self.to_leave {
            let here = self.here.as_mut().expect("it has begun");
            if here.is_before(leave) {
                let is_there = here.seek(&self.plan, leave, purse);
                here.lens_mut().recorder.take();
                if !is_there {
                    return false;
                }
                let weight = here.simulation().weight();
                self.frames.keep(keyframe(Arc::new(here.clone()), weight));
                self.thin(cursor.time);
            }
            self.to_leave = None;
        }
        let here = self.here.as_mut().expect("it has begun");
        let is_there = here.seek(&self.plan, cursor, purse);
        here.lens_mut().recorder.take();
        is_there
    }

    /// Begins at what is nearest before the cursor.
    fn begin(&mut self, cursor: Cursor) {
        let here = self.here.as_ref().filter(|here| here.is_before(cursor));
        let nearest = self.nearest(cursor);
        let is_near = |here: &Course| {
            nearest.as_ref().is_none_or(|it| it.events() <= here.events() + WORTH_A_COPY)
        };
        if here.is_some_and(is_near) {
            return;
        }
        let nearest = nearest.map_or_else(|| Course::new(&self.plan), Arc::unwrap_or_clone);
        let leave = match cursor.within {
            Some(within) => {
                Cursor { time: cursor.time, within: Some(within.saturating_sub(EVENTS_BEFORE)) }
            }
            None => Cursor::at(Time(cursor.time.0.saturating_sub(BEFORE))),
        };
        let is_worth_it = nearest.audit().is_none()
            && match leave.within {
                Some(within) => nearest.events() + EVENTS_BEFORE < within,
                None => nearest.at().0 + BEFORE < leave.time.0,
            };
        self.to_leave = is_worth_it.then_some(leave);
        self.here = Some(nearest);
    }

    /// What is known nearest before a cursor, if anything is.
    pub fn nearest(&self, cursor: Cursor) -> Option<Arc<Course>> {
        let frame = self.frames.last(|frame| frame.value.is_before(cursor)).map(|it| &it.value);
        let scout = self.scout.course().filter(|course| course.is_before(cursor));
        scout.or(frame).map(Arc::clone)
    }

    /// The points from which it can be run again, in order; the start is not among them.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = Point> {
        self.frames.iter().map(|frame| frame.point)
    }

    fn thin(&mut self, cursor: Time) {
        self.frames.weigh(|course| course.simulation().weight());
        // Keyframes have what the history leaves.
        let spare = self.budget.saturating_sub(self.scout.history.weight());
        self.frames.thin(cursor, spare);
    }

    /// Has so many bytes from now on.
    pub fn afford(&mut self, budget: usize, cursor: Time) {
        let is_less = budget < self.budget;
        self.budget = budget;
        if is_less {
            self.thin(cursor);
        }
    }

    /// Bytes that its keyframes hold.
    pub fn weight(&self) -> usize {
        self.frames.weight()
    }

    /// Where the cursor stands, if it does.
    pub fn here(&self) -> Option<&Course> {
        self.here.as_ref()
    }

    /// The cursor stands here no more.
    pub fn leave(&mut self) {
        (self.here, self.to_leave, self.so_far) = (None, None, None);
    }

    /// All figures at the cursor, worked out once.
    pub fn figure(&mut self) -> Option<&Arc<Outcome>> {
        let here = self.here.as_ref()?;
        let point = here.here();
        if self.so_far.as_ref().is_none_or(|(known, _)| *known != point) {
            self.so_far = Some((point, Arc::new(here.outcome())));
        }
        self.so_far.as_ref().map(|(_, outcome)| outcome)
    }

    /// All figures at this instant, if they were worked out.
    pub fn figured(&self, at: Time) -> Option<&Arc<Outcome>> {
        let known = self.so_far.as_ref().filter(|(here, _)| here.time == at);
        known.map(|(_, outcome)| outcome)
    }

    /// All that is known of it; what is only true at the cursor, if it stands there.
    pub fn known(&self, is_here: bool) -> Known {
        let here = self.here.as_ref().filter(|_| is_here).map(Course::here);
        let so_far = self.so_far.as_ref().filter(|(point, _)| here == Some(*point));
        let end = self.scout.end();
        Known {
            model: Arc::clone(&self.scout.model),
            history: self.scout.history.clone(),
            audit: end.map(|end| end.audit),
            horizon: self.plan.horizon(),
            partial: end.and_then(|end| end.partial.clone()),
            here,
            so_far: so_far.map(|(_, outcome)| Arc::clone(outcome)),
            at_end: end.map(|end| Arc::clone(&end.outcome)),
        }
    }
}
