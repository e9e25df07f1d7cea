//! A stretch of a run once more, with eyes on an operation or on an item. Begins at what is nearest before,
//! so that it never disturbs the run; goes on in parts.

use std::sync::Arc;

use super::telling::Telling;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::probes::story::Story;
use crate::probes::witness::{Item, Witness};
use crate::probes::{Fact, OpId, Probe};
use crate::tui::course::{Course, Plan};
use crate::tui::history::History;
use crate::tui::lens::Closer;
use crate::tui::place::Cursor;
use crate::tui::run::Run;

/// Events between two looks whether an operation is settled.
const LOOK: u64 = 1_024;

/// A run of more events than this is not told of an item as a whole: 10 s before and after the cursor.
const WHOLE: u64 = 5_000_000;
const AROUND: u64 = 10_000_000_000;

/// A stretch of a run once more.
#[derive(Clone, Debug)]
pub struct Rerun {
    course: Course,
    until: Time,
    /// It is over when this operation is settled.
    op: Option<OpId>,
}

impl Rerun {
    /// The story of an operation.
    pub fn story(run: &Run, op: OpId) -> Self {
        let before = sent_after(&run.scout.history, op);
        let mut course = begin(run, Cursor::at(before));
        let mut story = Story::of(op);
        // Who was down already is told as well.
        let model = Arc::clone(course.model());
        for at in (0..model.instances.len() as u32).map(InstanceId) {
            if let Some((since, _)) = model.faults.outage(course.at(), at) {
                story.see(since, at, Fact::Down);
            }
        }
        course.lens_mut().look_closer(Some(Closer { story: Some(story), ..Closer::default() }));
        Self { course, until: Time::NEVER, op: Some(op) }
    }

    /// All about an item, or all of it around the cursor.
    pub fn witness(run: &Run, item: Item, cursor: Time) -> Self {
        let events = run.points().last().map_or(0, |point| point.events);
        let (mut course, until) = if events <= WHOLE {
            (Course::new(&run.plan), Time::NEVER)
        } else {
            let from = Cursor::at(Time(cursor.0.saturating_sub(AROUND)));
            (begin(run, from), Time(cursor.0.saturating_add(AROUND)))
        };
        let witness = Some(Witness::of([item]));
        course.lens_mut().look_closer(Some(Closer { witness, ..Closer::default() }));
        Self { course, until, op: None }
    }

    /// Goes on for so many events at most; says whether it is over.
    pub fn go(&mut self, plan: &Plan, purse: &mut u64) -> bool {
        while *purse > 0 {
            if self.course.has_passed(self.until) || self.is_settled() {
                return true;
            }
            let most = if self.op.is_some() { LOOK.min(*purse) } else { *purse };
            *purse -= self.course.go(plan, most, self.until).clamp(1, *purse);
            self.course.lens_mut().recorder.take();
        }
        false
    }

    fn is_settled(&mut self) -> bool {
        let Some(op) = self.op else { return false };
        let lens = self.course.lens_mut();
        let is_open = lens.instruments.ledger.is_open(op);
        let story = lens.closer().and_then(|closer| closer.story.as_ref());
        !is_open
            && story.is_some_and(|story| story.lines().iter().any(|it| it.fact.op() == Some(op)))
    }

    /// What was seen of the operation; nothing if it was never sent.
    pub fn told(mut self) -> Option<Told> {
        let model = Arc::clone(self.course.model());
        let story = self.course.lens_mut().closer()?.story.take()?;
        let sent = story.lines().iter().find_map(|line| match line.fact {
            Fact::Sent { journey, step, .. } => Some((journey, step)),
            _ => None,
        });
        let (journey, step) = sent?;
        Some(Told { telling: Arc::new(Telling::of(&story, &model)), journey, step })
    }

    /// What was seen of the item.
    pub fn seen(mut self) -> Option<Arc<Witness>> {
        self.course.lens_mut().closer()?.witness.take().map(Arc::new)
    }
}

/// An operation's story, and by what the same customer doing the same is known everywhere.
#[derive(Clone, Debug)]
pub struct Told {
    /// The story.
    pub telling: Arc<Telling>,
    /// The number of its journey.
    pub journey: u64,
    /// Which step of it.
    pub step: u32,
}

fn begin(run: &Run, cursor: Cursor) -> Course {
    run.nearest(cursor).map_or_else(|| Course::new(&run.plan), Arc::unwrap_or_clone)
}

/// An instant before which the operation was not sent: a client's operations are sent in order, and none
/// before it is meant to be.
fn sent_after(history: &History, op: OpId) -> Time {
    let earlier = history
        .told()
        .filter(|told| told.op.client() == op.client() && told.op.number() <= op.number());
    let latest = earlier.max_by_key(|told| told.op.number());
    latest.map_or(Time::ZERO, |told| Time(told.intended.0.saturating_sub(1)))
}
