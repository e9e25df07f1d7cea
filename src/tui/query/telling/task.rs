//! What an instance does about one message, and what it is at when.

use std::collections::BTreeSet;

use super::{Doing, Stretch};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::probes::fact::Fact;
use crate::scenario::tree::NodeIx;

/// What an instance does about one message.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a task")]
pub struct Task {
    /// Where.
    pub at: InstanceId,
    /// The message that began it; none for the customer's own.
    pub begun_by: Option<usize>,
    /// From.
    pub from: Time,
    /// When it did the last thing.
    pub to: Time,
    /// Has it come to an end?
    pub is_over: bool,
    /// Did it end in a loss?
    pub is_lost: bool,
    /// From when on it did what.
    pub doings: Vec<(Time, Doing)>,
    /// What happened in it, its messages aside.
    pub facts: Vec<(Time, Fact)>,
    pub(super) doing_since: usize,
    pub(super) due: Option<Time>,
    pub(super) has_begun: bool,
    pub(super) open: BTreeSet<usize>,
    pub(super) retry: Option<Retry>,
    pub(super) is_hedging: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    pub(super) to: NodeIx,
    pub(super) attempt: u32,
    pub(super) since: Time,
}

impl Task {
    /// One that begins, in this moment.
    pub(super) fn new(at: InstanceId, begun_by: Option<usize>, from: Time, moment: usize) -> Self {
        Self {
            at,
            begun_by,
            from,
            to: from,
            is_over: false,
            is_lost: false,
            doings: vec![(from, Doing::Works)],
            facts: Vec::new(),
            doing_since: moment,
            due: None,
            has_begun: false,
            open: BTreeSet::new(),
            retry: None,
            is_hedging: false,
        }
    }

    /// What it does now.
    pub fn doing(&self) -> Doing {
        self.doings.last().map_or(Doing::Works, |last| last.1)
    }

    pub(super) fn turns(&mut self, time: Time, moment: usize, doing: Doing) {
        if self.doing() != doing || doing == Doing::Works {
            self.doing_since = moment;
        }
        if self.doing() != doing {
            self.doings.push((time, doing));
        }
        if doing != Doing::Works {
            self.due = None;
        }
    }

    /// Something happens in it, its messages aside.
    pub(super) fn tell(&mut self, moment: usize, time: Time, fact: Fact, is_broker: bool) {
        match fact {
            Fact::Arrived { .. } if !is_broker => self.turns(time, moment, Doing::Queues),
            Fact::Waits { .. } => {
                (self.has_begun, self.is_over) = (true, false);
                self.turns(time, moment, Doing::Queues);
                // It may have been delivered before: then it queues again.
                self.to = time;
            }
            Fact::Began { .. } => {
                (self.has_begun, self.to, self.due) = (true, time, None);
                self.turns(time, moment, Doing::Works);
            }
            Fact::Works { work, .. } => {
                self.due = Some(time + work);
                self.turns(time, moment, Doing::Works);
            }
            Fact::Retried { to, attempt, .. } => {
                self.retry = Some(Retry { to, attempt, since: time });
                if self.open.is_empty() {
                    self.turns(time, moment, Doing::Pauses);
                }
            }
            Fact::Hedged { .. } => self.is_hedging = true,
            Fact::LeftQueue { .. } | Fact::TurnedAway { .. } => {
                (self.is_over, self.is_lost, self.to) = (true, true, time);
            }
            Fact::Dropped { why: Some(_), .. } if self.begun_by.is_some() && !self.is_over => {
                self.to = time;
                self.is_lost = !is_broker;
            }
            Fact::Freed { .. } | Fact::Dropped { .. } | Fact::Carried { .. } => return,
            _ if !self.is_over => self.to = time,
            _ => {}
        }
        self.facts.push((time, fact));
    }

    /// What it did when, up to its end: without gaps, and without what took no time.
    pub fn parts(&self) -> Vec<Stretch> {
        let mut parts: Vec<Stretch> = Vec::new();
        for (ix, (from, what)) in self.doings.iter().enumerate() {
            let next = self.doings.get(ix + 1).map_or(self.to, |next| next.0).min(self.to);
            if next <= *from {
                continue;
            }
            match parts.last_mut() {
                Some(last) if last.what == *what && last.to == *from => last.to = next,
                _ => parts.push(Stretch { from: *from, to: next, what: *what, at: self.at }),
            }
        }
        parts
    }
}
