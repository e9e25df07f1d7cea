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
    /// Operations that always fail at the home.
    pub fails: Option<Fails>,
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
        /// Operations that always fail there.
        fails: Option<Fails>,
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

impl Step {
    /// The steps within it.
    pub fn children(&self) -> &[Self] {
        match self {
            Self::Tell(tell) => &tell.steps,
            Self::Call { steps, .. }
            | Self::All(steps)
            | Self::Enough(_, steps)
            | Self::Maybe(_, steps)
            | Self::Repeat(_, steps) => steps,
            Self::Ask { .. } | Self::Read { .. } | Self::Effect(_) | Self::Work(_) => &[],
        }
    }

    /// The entities of which these steps, and all within them, mean the item with this key: in order,
    /// each once.
    pub fn entities_by(steps: &[Self], wanted: &Key) -> Vec<EntityIx> {
        let means = |step: &Self| match step {
            Self::Ask { entity, key, .. } | Self::Read { entity, key, .. } => {
                (key == wanted).then_some(*entity)
            }
            Self::Effect(effect) => (effect.key == *wanted).then_some(effect.entity),
            _ => None,
        };
        let mut found: Vec<_> = Self::walk(steps).filter_map(means).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// These steps and all within them, once each, in the order in which they are written.
    pub fn walk(steps: &[Self]) -> impl Iterator<Item = &Self> {
        let mut open = vec![steps.iter()];
        std::iter::from_fn(move || {
            loop {
                match open.last_mut()?.next() {
                    Some(step) => {
                        open.push(step.children().iter());
                        return Some(step);
                    }
                    None => {
                        open.pop();
                    }
                }
            }
        })
    }
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
    /// Operations that always fail there.
    pub fails: Option<Fails>,
    /// Its failure changes nothing.
    pub best_effort: bool,
}

/// Operations that fail at a step whenever they come there, behind its first work: some are made so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fails {
    /// So many of them, as a share.
    pub share: f64,
    /// They kill the process that does the step, which is back after so long.
    pub restart: Option<Span>,
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
    /// By popularity, drawn anew by each step, and each time that it is repeated.
    Another,
    /// From the list that belongs to an item of another entity, the one whose turn it is: the first, the
    /// second and so on of as many as the `Repeat` or `All` around it has turns. Lists share nothing
    /// as long as there are items enough.
    Each {
        /// Of which entity that item is.
        of: EntityIx,
        /// Which of them: by a draw of this name, or (where there is none) the session's own.
        draw: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_meets_every_step_once_in_the_order_of_the_file() {
        let work = |ms: f64| Step::Work(Dist::Const(ms));
        let call =
            Step::Call { service: NodeIx(0), work: None, fails: None, steps: vec![work(4.0)] };
        let tell = Step::Tell(Tell {
            service: NodeIx(0),
            steps: vec![work(2.0), Step::Maybe(0.5, vec![work(3.0), call])],
            work: None,
            refuses: 0.0,
            fails: None,
            best_effort: false,
        });
        let repeat = Step::Repeat(2, vec![Step::Enough(1, vec![work(5.0)])]);
        let steps = [work(1.0), Step::All(vec![tell, repeat]), work(6.0)];
        let met: Vec<f64> = Step::walk(&steps)
            .filter_map(|step| match step {
                Step::Work(Dist::Const(ms)) => Some(*ms),
                _ => None,
            })
            .collect();
        assert_eq!(met, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(Step::walk(&steps).count(), 12);
    }
}
