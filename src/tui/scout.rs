//! Goes ahead of the cursor to the end of a run, writes its history, and leaves keyframes on the way. It is
//! never in the way of anybody: what is done at the cursor it does not see.

use std::sync::Arc;

use super::course::{Course, Plan};
use super::history::History;
use super::keyframes::{Keyframe, Keyframes, Point};
use crate::base::Time;
use crate::model::Model;
use crate::probes::Outcome;

/// Keyframes of a run. What is kept is shared with runs that have the same past.
pub type Frames = Keyframes<Arc<Course>>;

/// A keyframe is left when so many events have happened since the last, some 30 ms of work...
const APART: u64 = 100_000;
/// ...and one for each so many bytes that it weighs, so that what it costs to copy them is a small part of
/// what it costs to come there.
const BYTES_PER_EVENT: usize = 256;

/// The scout of a run.
#[derive(Clone, Debug)]
pub struct Scout {
    /// What it has written.
    pub history: History,
    /// The tables as they are where it is.
    pub model: Arc<Model>,
    /// Where it is; nowhere any more once it has come to the end.
    course: Option<Arc<Course>>,
    end: Option<End>,
    /// Events at the last keyframe, and how many more until the next.
    left_at: u64,
    apart: u64,
}

/// What is known when a run has come to its end.
#[derive(Clone, Debug)]
pub struct End {
    /// When it was audited.
    pub audit: Time,
    /// Why it stopped by itself, if it did.
    pub partial: Option<String>,
    /// All figures.
    pub outcome: Arc<Outcome>,
}

impl Scout {
    /// At the start of a run.
    pub fn new(plan: &Plan) -> Self {
        Self::from(Arc::new(Course::new(plan)), &History::of(&plan.scenario.run))
    }

    /// Where a keyframe was left of a run that had written this.
    pub fn from(course: Arc<Course>, history: &History) -> Self {
        let edge = Time(course.lens().recorder.due().0 - history.width.0);
        Self {
            history: history.until(edge),
            model: Arc::clone(course.model()),
            left_at: course.events(),
            course: Some(course),
            end: None,
            apart: APART,
        }
    }

    /// Goes on for so many events at most, and not beyond an instant; takes off what it needed. Leaves
    /// a keyframe if one is due, and says so.
    pub fn go(&mut self, plan: &Plan, purse: &mut u64, until: Time, frames: &mut Frames) -> bool {
        let Some(course) = self.course.as_mut().filter(|course| !course.has_passed(until)) else {
            return false;
        };
        let due = (self.left_at + self.apart).saturating_sub(course.events()).max(1);
        let course = Arc::make_mut(course);
        let spent = course.go(plan, due.min(*purse), until);
        *purse -= spent.min(*purse);
        self.history.extend(course.lens_mut().recorder.take());
        if !Arc::ptr_eq(&self.model, course.model()) {
            self.model = Arc::clone(course.model());
        }
        self.end = course.audit().map(|audit| End {
            audit,
            partial: course.partial().map(str::to_owned),
            outcome: Arc::new(course.outcome()),
        });
        let is_due = self.end.is_some() || course.events() >= self.left_at + self.apart;
        if is_due {
            let weight = course.simulation().weight();
            self.left_at = course.events();
            self.apart = APART.max((weight / BYTES_PER_EVENT) as u64);
            // The next step parts the two.
            let course = if self.end.is_some() { self.course.take() } else { self.course.clone() };
            frames.keep(keyframe(course.expect("it was there"), weight));
        }
        is_due
    }

    /// Has it come to an instant, or to the end?
    pub fn has_passed(&self, until: Time) -> bool {
        self.course.as_ref().is_none_or(|course| course.has_passed(until))
    }

    /// Where it is; nowhere if it has come to the end.
    pub fn course(&self) -> Option<&Arc<Course>> {
        self.course.as_ref()
    }

    /// What is known at the end, if it has come there.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }
}

/// Where a course is, to be kept.
pub fn keyframe(course: Arc<Course>, weight: usize) -> Keyframe<Arc<Course>> {
    let point = Point { time: course.at(), events: course.events() };
    Keyframe { point, weight, is_pinned: false, value: course }
}
