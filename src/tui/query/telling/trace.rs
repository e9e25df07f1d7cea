//! Who acts because of whom: a story's facts sorted into tasks, what an instance does about one message.
//! Knows no words and no screen.

use super::task::Task;
use super::{Doing, sorter};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::Carrier;
use crate::probes::story::Story;

/// A story, sorted.
#[derive(Debug, Default)]
pub struct Trace {
    /// In the order in which they began; the customer's own is the first.
    pub tasks: Vec<Task>,
    /// All messages, in the order in which they were sent.
    pub sendings: Vec<Sending>,
    /// What happened in one event for one task.
    pub moments: Vec<Moment>,
    /// The moment of the answer to the customer.
    pub answered: Option<usize>,
}

/// A message.
#[derive(Debug)]
pub struct Sending {
    /// Of which task.
    pub task: usize,
    /// In which of its moments.
    pub moment: usize,
    /// When.
    pub time: Time,
    /// To whom.
    pub to: InstanceId,
    /// What it is.
    pub carrier: Carrier,
    /// Where it arrived, and when, if it did.
    pub arrives: Option<(Time, InstanceId)>,
    /// Nobody was there.
    pub is_refused: bool,
    /// Which try it is, from 1, and since when it was to be made.
    pub attempt: u32,
    /// See above.
    pub paused_since: Option<Time>,
    /// Is it a second copy?
    pub is_hedge: bool,
}

/// What happened in one event for one task.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When.
    pub time: Time,
    /// For which task.
    pub task: usize,
    /// What the task did until then.
    pub before: Doing,
    /// Why.
    pub cause: Cause,
}

/// Why something happened.
#[derive(Clone, Copy, Debug)]
pub enum Cause {
    /// A message arrived.
    Message(usize),
    /// What the task did since that moment of its own is over.
    Own(usize),
    /// The customer wanted it.
    Customer,
}

impl Trace {
    /// Of this story.
    pub fn of(story: &Story, model: &Model) -> Self {
        sorter::sort(story, model)
    }

    /// The task that this one works for.
    pub fn parent(&self, task: usize) -> Option<usize> {
        self.tasks[task].begun_by.map(|sending| self.sendings[sending].task)
    }

    /// Of how the message was that began it.
    pub fn carrier(&self, task: usize) -> Option<Carrier> {
        self.tasks[task].begun_by.map(|sending| self.sendings[sending].carrier)
    }

    pub(super) fn ancestors(&self, task: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parent(task), |task| self.parent(*task))
    }
}
