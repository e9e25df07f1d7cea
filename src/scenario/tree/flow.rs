//! What the business does: flows, their steps, and what those change.

use super::{EntityIx, NodeIx};
use crate::base::{Dist, Span};

/// A business operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// The service where it starts.
    pub home: NodeIx,
    /// An answer later than this is late.
    pub deadline: Option<Span>,
    /// Do the services give up work whose deadline has passed?
    pub propagate: bool,
    /// Worker time of the home's first step, over the service's.
    pub work: Option<Dist>,
    /// What happens, in causal order.
    pub steps: Vec<Step>,
}

/// A step of a flow. The order of steps is causal order, in every design.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Need data that another service owns.
    Ask {
        /// What.
        entity: EntityIx,
        /// Which item.
        key: Key,
        /// Refuse the flow if the value seen is below this.
        need: Option<i64>,
    },
    /// Read data that this service owns.
    Read {
        /// What.
        entity: EntityIx,
        /// Which item.
        key: Key,
        /// Refuse the flow if the value seen is below this.
        need: Option<i64>,
    },
    /// Change data that this service owns.
    Effect(Effect),
    /// Spend worker time here.
    Work(Dist),
    /// An effect that must happen at another service.
    Tell(Tell),
    /// A computed question: cannot be copied or cached, a call in every design.
    Call {
        /// Whom.
        service: NodeIx,
        /// Worker time there, over the service's.
        work: Option<Dist>,
        /// What it does there to answer: `Read`, `Ask`, `Work`, `Call` only.
        steps: Vec<Step>,
    },
    /// Branches run together, issued in this order.
    All(Vec<Step>),
    /// The same, going on when so many of them are done. They neither tell nor refuse.
    Enough(u32, Vec<Step>),
    /// With this probability.
    Maybe(f64, Vec<Step>),
    /// So many times in a row.
    Repeat(u32, Vec<Step>),
}

/// A tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Tell {
    /// The handler.
    pub service: NodeIx,
    /// What it does: a flow by the same rules.
    pub steps: Vec<Step>,
    /// Worker time there, over the service's.
    pub work: Option<Dist>,
    /// Probability of a business "no".
    pub refuses: f64,
    /// Its failure changes nothing.
    pub best_effort: bool,
}

/// A change of one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What.
    pub entity: EntityIx,
    /// Which item.
    pub key: Key,
    /// How.
    pub change: Change,
    /// What takes it back.
    pub undo: Option<Change>,
}

/// How an item changes; every change makes a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new version.
    Write,
    /// The number changes, unguarded.
    Add(i64),
    /// The number goes down; the owner refuses below the floor (0 where none is declared).
    Take(i64),
    /// Overwrites with the value that the flow saw of this item, plus this; with `if_unchanged`
    /// refused when the version is no longer the one seen.
    Put {
        /// Added to the value seen.
        add: i64,
        /// Compare-and-set.
        if_unchanged: bool,
    },
}

/// Which item a step means.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// The one that this operation creates.
    New,
    /// The one that the session's latest creating operation created, else a preloaded one.
    Own,
    /// The session's own preloaded item: the one of its number, counted round.
    Session,
    /// By popularity, drawn once per operation and name.
    Popular(String),
}
