//! A search through the time of a run: for the next event of somebody, or for the moment at which a
//! condition comes true. It goes on in parts on a course of its own, and can be given up anywhere. Back in
//! time it goes from keyframe to keyframe, and through each stretch between them forward.

use std::sync::Arc;

use super::course::Course;
use super::lens::{Closer, Watch};
use super::place::{Cursor, Thing};
use super::query::condition::{Condition, Trailing};
use super::run::Run;
use crate::analysis::statement::Statement;
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::model::Model;

/// What it costs to work out all figures, in events.
const FIGURES: u64 = 8_192;

/// How a search goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hunt {
    /// It is here now.
    On(Time),
    /// Here it is.
    Found(Cursor),
    /// There is nothing like it.
    Nowhere,
}

/// A search from where a run stands.
#[derive(Debug)]
pub struct Search {
    quarry: Quarry,
    from: Cursor,
    is_back: bool,
    /// So many are still to be met.
    count: u64,
    scan: Option<Scan>,
    /// Back in time: the last event that was not looked at.
    end: u64,
}

/// What is looked for.
#[derive(Debug)]
enum Quarry {
    Event(Watch),
    Figures(Box<Statement>),
    Trailing(Trailing),
}

/// A stretch that is looked through.
#[derive(Debug)]
struct Scan {
    course: Course,
    begun: u64,
    /// Events at the last look, and whether the condition held.
    last: Option<(u64, bool)>,
    met: Vec<Met>,
}

/// It was met after this event and at that at the latest.
#[derive(Clone, Copy, Debug)]
struct Met {
    after: u64,
    at: u64,
    time: Time,
}

impl Search {
    /// For the `count`th event of somebody, or back if it is negative. Not of things that nothing befalls.
    pub fn event(run: &Run, thing: &Thing, from: Cursor, count: i64) -> Option<Self> {
        let quarry = Quarry::Event(watch(thing, &run.scout.model)?);
        (count != 0).then(|| Self::new(run, quarry, from, count < 0, count.unsigned_abs()))
    }

    /// For the next moment at which a condition comes true, or the last before.
    pub fn condition(run: &Run, condition: Condition, from: Cursor, is_back: bool) -> Self {
        let quarry = match condition {
            Condition::Figures(statement) => Quarry::Figures(statement),
            Condition::Trailing(trailing) => Quarry::Trailing(trailing),
        };
        Self::new(run, quarry, from, is_back, 1)
    }

    fn new(run: &Run, quarry: Quarry, from: Cursor, is_back: bool, count: u64) -> Self {
        let end = run.here().map_or(0, |here| here.events().saturating_sub(1));
        let scan = run.here().filter(|_| !is_back).map(|here| Scan::at(here.clone()));
        Self { quarry, from, is_back, count, scan, end }
    }

    /// Goes on for so many events at most.
    pub fn go(&mut self, run: &mut Run, purse: &mut u64) -> Hunt {
        if let Quarry::Trailing(trailing) = self.quarry {
            return self.lately(trailing, run, purse);
        }
        loop {
            let Some(mut scan) = self.scan.take().or_else(|| self.before(run)) else {
                return Hunt::Nowhere;
            };
            while *purse > 0 {
                match self.look(&mut scan, run, purse) {
                    Some(()) if !self.is_back && scan.met.len() as u64 == self.count => break,
                    Some(()) => {}
                    None if self.is_back => break,
                    None => return Hunt::Nowhere,
                }
            }
            let met = scan.met.len() as u64;
            let is_over = *purse > 0 || (!self.is_back && met == self.count);
            if !is_over {
                let at = scan.course.at();
                self.scan = Some(scan);
                return Hunt::On(at);
            }
            if let Some(place) = met.checked_sub(self.count) {
                return Hunt::Found(self.exactly(scan.met[place as usize], run));
            }
            self.count -= met;
            self.end = scan.begun;
        }
    }

    /// The stretch before the one that was looked through last.
    fn before(&self, run: &Run) -> Option<Scan> {
        let within = self.end.checked_sub(1)?;
        let nearest = run.nearest(Cursor { time: self.from.time, within: Some(within) });
        let course = nearest.map_or_else(|| Course::new(&run.plan), Arc::unwrap_or_clone);
        Some(Scan::at(course))
    }

    /// Goes to the next look and looks; nothing if the stretch ends before.
    fn look(&self, scan: &mut Scan, run: &Run, purse: &mut u64) -> Option<()> {
        // Back in time the stretch ends where the one after it began.
        let most = if self.is_back { self.end - scan.course.events() } else { u64::MAX };
        let until = if self.is_back { self.from.time } else { Time::NEVER };
        let Scan { course, last, met, .. } = scan;
        let events = course.events();
        match &self.quarry {
            Quarry::Event(watch) => {
                let lens = course.lens_mut();
                if lens.closer().is_none() {
                    let closer = Closer { watch: Some(*watch), ..Closer::default() };
                    lens.look_closer(Some(closer));
                }
                if most == 0 || course.go(&run.plan, 1, until) == 0 {
                    return None;
                }
                *purse -= 1;
                let closer = course.lens_mut().closer().expect("it looks closer");
                if std::mem::take(&mut closer.is_met) {
                    met.push(Met { after: events, at: events + 1, time: course.at() });
                }
            }
            Quarry::Figures(statement) => {
                if last.is_some() {
                    if most == 0 || course.has_passed(until) {
                        return None;
                    }
                    let width: Span = run.scout.history.width;
                    let next = Time((course.at().0 / width.0 + 1) * width.0);
                    let went = course.go(&run.plan, most, next.min(until));
                    *purse = purse.saturating_sub(went);
                }
                *purse = purse.saturating_sub(FIGURES);
                let holds = Condition::holds(statement, &course.so_far());
                let now = (course.events(), holds);
                if let Some((after, false)) = last.replace(now)
                    && holds
                {
                    met.push(Met { after, at: now.0, time: course.at() });
                }
            }
            Quarry::Trailing(_) => return None,
        }
        course.lens_mut().recorder.take();
        Some(())
    }

    /// The very event at which it was met.
    fn exactly(&self, met: Met, run: &Run) -> Cursor {
        let Met { mut after, mut at, time } = met;
        let Quarry::Figures(statement) = &self.quarry else {
            return Cursor { time, within: Some(at) };
        };
        let within = Cursor { time, within: Some(after) };
        let mut low =
            run.nearest(within).map_or_else(|| Course::new(&run.plan), Arc::unwrap_or_clone);
        low.seek(&run.plan, within, &mut { u64::MAX });
        let mut when = time;
        while after + 1 < at {
            let middle = after + (at - after) / 2;
            let mut course = low.clone();
            course.go(&run.plan, middle - after, time);
            course.lens_mut().recorder.take();
            if Condition::holds(statement, &course.so_far()) {
                (at, when) = (middle, course.at());
            } else {
                (after, low) = (middle, course);
            }
        }
        Cursor { time: when, within: Some(at) }
    }

    /// History knows what happened lately, to its buckets' ends.
    fn lately(&mut self, trailing: Trailing, run: &mut Run, purse: &mut u64) -> Hunt {
        let width = run.scout.history.width.0;
        let mut bucket = self.from.time.0 / width;
        loop {
            let was = Time(bucket * width);
            if self.is_back && bucket == 0 {
                return Hunt::Nowhere;
            }
            let now = if self.is_back { was } else { Time((bucket + 1) * width) };
            if !run.ahead(now, purse, self.from.time) {
                self.from = Cursor::at(was);
                return Hunt::On(was);
            }
            let history = &run.scout.history;
            if now > history.edge() {
                return Hunt::Nowhere;
            }
            let before = Time(now.0 - width);
            let is_beyond = self.is_back && now >= self.from.time;
            if !is_beyond && trailing.holds(history, now) && !trailing.holds(history, before) {
                return Hunt::Found(Cursor::at(now));
            }
            bucket = if self.is_back { bucket - 1 } else { bucket + 1 };
        }
    }
}

impl Scan {
    fn at(course: Course) -> Self {
        Self { begun: course.events(), course, last: None, met: Vec::new() }
    }
}

/// Whose events these are.
fn watch(thing: &Thing, model: &Model) -> Option<Watch> {
    let instances = |node: &crate::model::NodeIx| model.nodes.get(usize::from(node.0));
    match thing {
        Thing::Op(op) | Thing::Anomaly(op, _) => Some(Watch::Op(*op)),
        Thing::Node(node) | Thing::Link(_, node) => {
            let node = instances(node)?;
            Some(Watch::Instances(node.first, InstanceId(node.first.0 + node.count)))
        }
        Thing::Instance(node, index) => {
            let first = instances(node).filter(|node| *index < node.count)?.first.0 + index;
            Some(Watch::Instances(InstanceId(first), InstanceId(first + 1)))
        }
        _ => None,
    }
}
