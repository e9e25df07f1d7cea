//! An operation as it is told: its spans as a waterfall, its steps as lanes, its effects. Made of the
//! story's facts and of what each message caused.

pub mod critical;
pub mod names;
mod sorter;
mod steps;
pub mod task;
pub mod trace;
mod waterfall;

use super::why;
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::fact::Fact;
use crate::probes::story::Story;
use crate::probes::witness::Item;
use crate::probes::{OpId, Reason, Verdict};
use crate::scenario::tree::{FlowIx, NodeIx};
use names::Names;
use trace::Trace;

/// An operation, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// Whose story.
    pub op: Option<OpId>,
    /// `place-order#5638`
    pub name: String,
    /// Its flow.
    pub flow: Option<FlowIx>,
    /// The customer's session.
    pub session: u32,
    /// When it was wanted; what the customer waits for counts from then.
    pub sent: Time,
    /// What was told and when, if it was.
    pub told: Option<(Time, Verdict)>,
    /// When the last thing of it happened.
    pub last: Time,
    /// The waterfall: in the order of the tree, each with its depth.
    pub spans: Vec<Span>,
    /// The stretches of the critical path to the answer, in order of time.
    pub critical: Vec<Stretch>,
    /// What happened, in order: the lanes.
    pub steps: Vec<Step>,
    /// The effects told, and what became of each.
    pub effects: Vec<Effect>,
    /// In one or two sentences, why it ended as it did.
    pub why: String,
}

/// A span: what one node did about one call, message or transaction.
#[derive(Clone, Debug)]
pub struct Span {
    /// How deep in the tree; 0 is the customer.
    pub depth: u16,
    /// Where.
    pub at: InstanceId,
    /// As shown: `orders#0`, `orders#1 try 2`, `shipping`.
    pub label: String,
    /// From; [`Time::NEVER`] if it was never called.
    pub from: Time,
    /// To, if it was called.
    pub to: Option<Time>,
    /// What it did when, without gaps or overlaps.
    pub parts: Vec<Stretch>,
    /// What is said at its end: `order v1`, `sees stock 1 v112 = 388`, `goes down`.
    pub note: String,
    /// Did it end badly?
    pub is_lost: bool,
    /// Has it left something durable?
    pub is_durable: bool,
}

/// What went on in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From.
    pub from: Time,
    /// To.
    pub to: Time,
    /// What.
    pub what: Doing,
    /// Where; of a message on its way, to where.
    pub at: InstanceId,
}

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Work.
    Works,
    /// Somebody else is waited for.
    Waits,
    /// It stands in a queue.
    Queues,
    /// A pause before the next try.
    Pauses,
    /// A message is on its way.
    Travels,
}

/// A step of the lanes.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub time: Time,
    /// What.
    pub what: Deed,
}

/// What happened in a step.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A message went from one instance to another; if it was lost, it did not arrive.
    Sent {
        /// From.
        from: InstanceId,
        /// To.
        to: InstanceId,
        /// When it arrives; none if it is lost on the way or nobody is there.
        arrives: Option<Time>,
        /// In a word: `call`, `answer`, `deliver`.
        word: &'static str,
        /// Does it only answer or acknowledge another?
        is_echo: bool,
    },
    /// Something durable: `order v1`.
    Committed(InstanceId, String),
    /// It is taken back, for good.
    Undone(InstanceId, String),
    /// A read.
    Saw {
        /// Where.
        at: InstanceId,
        /// Of what.
        item: Item,
        /// Which version was there; 0 if none was.
        version: u64,
        /// Whose data it was.
        source: Source,
        /// `sees stock 1 v112 = 388`
        text: String,
    },
    /// Instances of a node go down, by this fault.
    Down {
        /// Which.
        all: Vec<InstanceId>,
        /// The fault's name; empty if none is known.
        by: String,
    },
    /// Instances of a node come up.
    Up(Vec<InstanceId>),
    /// The customer is told.
    Told(InstanceId, Verdict),
    /// Something was given up, with the reason.
    Lost(InstanceId, Reason),
    /// A durable commit promises all the rest.
    Promised(InstanceId),
    /// It says no: a business no.
    Refused(InstanceId),
    /// It is turned away at the door, or thrown out of the queue.
    TurnedAway(InstanceId, Reason),
    /// A caller gives up an attempt.
    GaveUp {
        /// Who.
        at: InstanceId,
        /// On whom.
        to: NodeIx,
        /// Why.
        why: Reason,
    },
    /// A caller will try again, for the `attempt`th time; the first call is the first.
    Retries {
        /// Who.
        at: InstanceId,
        /// Whom.
        to: NodeIx,
        /// Which attempt.
        attempt: u32,
    },
    /// A broker delivers once more.
    Redelivered(InstanceId),
    /// Anything else worth a line.
    Note(InstanceId, String),
    /// At the end: this effect never happened.
    Never(InstanceId, String),
}

/// Whose data a read saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The owner's own.
    Owner,
    /// A copy that somebody else keeps.
    Copy,
    /// A cache's.
    Cache,
}

/// An effect and what became of it.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The entity.
    pub name: String,
    /// Whose it is.
    pub owner: NodeIx,
    /// When it was committed, each time.
    pub applied: Vec<Time>,
    /// When it was taken back.
    pub undone: Vec<Time>,
    /// Would its failure change nothing?
    pub is_best_effort: bool,
}

impl Effect {
    /// Is it there in the end?
    pub fn is_there(&self) -> bool {
        self.applied.len() > self.undone.len()
    }
}

impl Telling {
    /// Of this story.
    pub fn of(story: &Story, model: &Model) -> Self {
        let names = Names { model, op: story.op() };
        let sent = story.lines().iter().find_map(|line| match line.fact {
            Fact::Sent { flow, session, intended, told, .. } => {
                Some((flow, session, intended, told))
            }
            _ => None,
        });
        let Some((flow, session, intended, told)) = sent else {
            return Self { op: Some(story.op()), ..Self::default() };
        };
        let trace = Trace::of(story, model);
        let effects = effects(story, names, flow, told);
        let spans = waterfall::spans(&trace, names, Some(flow), told);
        let critical = critical::path(&trace);
        let steps = steps::steps(story, &trace, names, &effects);
        let answered = story.lines().iter().find_map(|line| match line.fact {
            Fact::Answered { verdict, .. } => Some((line.time, verdict)),
            _ => None,
        });
        let last = trace.tasks.iter().map(|task| task.to).max().unwrap_or(intended);
        let mut telling = Self {
            op: Some(story.op()),
            name: names.operation(flow),
            flow: Some(flow),
            session,
            sent: intended,
            told: answered,
            last,
            spans,
            critical,
            steps,
            effects,
            why: String::new(),
        };
        telling.why = why::of(&telling, model);
        telling
    }

    /// How long something went on along the critical path.
    pub fn term(&self, what: Doing) -> crate::base::Span {
        critical::sum(&self.critical, what)
    }

    /// How many of its effects are there, of how many; those that may fail left out.
    pub fn there(&self) -> (usize, usize) {
        let owed = self.effects.iter().filter(|effect| !effect.is_best_effort);
        (owed.clone().filter(|effect| effect.is_there()).count(), owed.count())
    }
}

/// The effects that were told, and what became of each.
fn effects(story: &Story, names: Names<'_>, flow: FlowIx, told: u64) -> Vec<Effect> {
    let all = names.model.effects[usize::from(flow.0)].iter().enumerate();
    let told = all.filter(|(ix, _)| told >> ix & 1 == 1);
    let times = |of: &dyn Fn(Fact) -> bool| {
        story.lines().iter().filter(|line| of(line.fact)).map(|line| line.time).collect()
    };
    told.map(|(ix, effect)| Effect {
        name: names.entity(effect.entity).to_owned(),
        owner: names.model.entities[usize::from(effect.entity.0)].owner,
        applied: times(
            &|fact| matches!(fact, Fact::Applied { effect, .. } if usize::from(effect) == ix),
        ),
        undone: times(
            &|fact| matches!(fact, Fact::Undone { effect, .. } if usize::from(effect) == ix),
        ),
        is_best_effort: effect.best_effort,
    })
    .collect()
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
