//! What the screen wants to be known now: one value that says all of it, handed to the worker whenever it
//! changes. Nothing in it depends on what was wished before, so the worker may skip any but the last.

use std::sync::Arc;

use super::place::{Cursor, RunId, Thing, WorldId};
use super::world::Recipe;
use crate::base::Time;
use crate::probes::OpId;
use crate::probes::witness::Item;

/// What is wished.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Wish {
    /// Counts wishes: a snapshot says to which one it answers.
    pub ticket: u64,
    /// All worlds that there are, by number; none where one was dropped.
    pub worlds: Vec<Option<Arc<Recipe>>>,
    /// The run whose state is shown.
    pub shown: RunId,
    /// The runs beside which it is shown, itself among them.
    pub columns: Vec<RunId>,
    /// Where to.
    pub goal: Goal,
    /// Is this a moment of playing, after which others follow at once? Then what is costly waits.
    pub playing: bool,
    /// Messages on their way, one by one?
    pub transit: bool,
    /// The story of this operation of the run that is shown.
    pub story: Option<OpId>,
    /// Everything about this item in the run that is shown.
    pub item: Option<Item>,
    /// The same operation (client, flow, session's step) in all columns.
    pub counterpart: Option<OpId>,
    /// A comparison of two worlds under the design that is shown, customer by customer.
    pub difference: Option<(WorldId, WorldId)>,
    /// The expectations so far and at the end.
    pub expectations: bool,
    /// Bytes for keyframes.
    pub memory: usize,
    /// Compute ahead of the cursor, to the end?
    pub ahead: bool,
}

impl Wish {
    /// Is nothing wished but what the other one wishes?
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same =
            |(one, other): (&Option<Arc<Recipe>>, &Option<Arc<Recipe>>)| match (one, other) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (one, other) => one.is_none() && other.is_none(),
            };
        self.worlds.len() == other.worlds.len()
            && self.worlds.iter().zip(&other.worlds).all(is_same)
            && self.beside_worlds() == other.beside_worlds()
    }

    /// All but the worlds, to be compared.
    fn beside_worlds(&self) -> impl PartialEq + '_ {
        let Self { ticket, worlds: _, shown, columns, goal, playing, transit, .. } = self;
        let Self { story, item, counterpart, difference, expectations, memory, ahead, .. } = self;
        (
            (ticket, shown, columns, goal, playing, transit),
            (story, item, counterpart, difference, expectations, memory, ahead),
        )
    }
}

/// Where the cursor is to go.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// There.
    At(Cursor),
    /// After so many events of the run that is shown.
    Event(u64),
    /// To the `count`th event of this thing after (or, if negative, before) a point: an operation's, an
    /// instance's, a node's; of the run itself if it is nothing.
    Next {
        /// Whose.
        thing: Thing,
        /// From here.
        from: Cursor,
        /// How many on, or back.
        count: i64,
    },
    /// To the first (or last) event at which a statement holds.
    Until {
        /// The statement, in the language of expectations; checked before.
        condition: Arc<str>,
        /// From here.
        from: Cursor,
        /// Back in time?
        back: bool,
    },
    /// To the audit.
    End,
}

impl Goal {
    /// After all that happens at this instant.
    pub fn at(time: Time) -> Self {
        Self::At(Cursor::at(time))
    }
}
