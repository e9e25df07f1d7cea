//! An operation as it is told: its spans as a waterfall, its steps as lanes, its effects. Made of the
//! story's facts and of what each message caused.

use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::story::Story;
use crate::probes::{OpId, Reason, Verdict};
use crate::scenario::tree::FlowIx;

/// An operation, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// Whose story.
    pub op: Option<OpId>,
    /// `place-order#5704`
    pub name: String,
    /// Its flow.
    pub flow: Option<FlowIx>,
    /// The customer's session.
    pub session: u32,
    /// When it was sent.
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
    /// From.
    pub from: Time,
    /// To, if it ended.
    pub to: Option<Time>,
    /// What it did when, without gaps or overlaps.
    pub parts: Vec<Stretch>,
    /// What is said at its end: `order v1`, `sees stock 1 v112 = 388`, `goes down`.
    pub note: String,
    /// Did it end badly?
    pub is_lost: bool,
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
        /// In a word: `call`, `answer`, `event`.
        word: &'static str,
    },
    /// Something durable: `order v1`.
    Committed(InstanceId, String),
    /// A read: `saw stock 1 = 388`.
    Saw(InstanceId, String),
    /// An instance goes down, or comes up; with the fault's name.
    Down(InstanceId, String),
    /// See above.
    Up(InstanceId),
    /// The customer is told.
    Told(InstanceId, Verdict),
    /// Something was given up, with the reason.
    Lost(InstanceId, Reason),
    /// Anything else worth a line: a retry, a refusal, a redelivery.
    Note(InstanceId, String),
    /// At the end: this effect never happened.
    Never(InstanceId, String),
}

/// An effect and what became of it.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The entity.
    pub name: String,
    /// When it was committed, each time.
    pub applied: Vec<Time>,
    /// When it was taken back.
    pub undone: Vec<Time>,
}

impl Telling {
    /// Of this story.
    pub fn of(_story: &Story, _model: &Model) -> Self {
        Self::default()
    }
}
