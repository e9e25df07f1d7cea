//! A customer on a journey, and which of its steps it takes (docs/semantics.md, rule 6): one that comes
//! after a refusal, a failure or a success (`Do(flow, after: ...)`) is passed over where something else
//! became of the last one.

use super::requests::Wish;
use crate::base::{Time, mix, name_hash, unit};
use crate::model::FlowIx;
use crate::nodes::message::{Answer, Op};
use crate::scenario::tree::{Action, After, Client as Settings, Do, Journey};

/// A customer on a journey.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Walk {
    pub(super) session: u32,
    pub(super) journey: u32,
    /// The next action, and how many the journey has.
    pub(super) action: u32,
    pub(super) actions: u32,
    /// Draws of this journey are made from it.
    pub(super) word: u64,
    /// The operation it waits for.
    pub(super) op: Op,
    /// For closed clients: journeys of this customer so far.
    pub(super) round: u64,
    /// What became of what the customer did last on this journey.
    pub(super) last: Last,
}

/// What became of what a customer did last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Last {
    /// It was done; or nothing was done yet.
    #[default]
    Done,
    /// It was refused.
    Refused,
    /// It failed, as far as the customer knows.
    Failed,
}

impl Last {
    /// What an answer means to a customer.
    pub(super) fn of(answer: Answer) -> Self {
        match answer {
            Answer::Done | Answer::Idle => Self::Done,
            Answer::Refused => Self::Refused,
            Answer::Failed(_) => Self::Failed,
        }
    }

    fn admits(self, action: &Action) -> bool {
        let Action::Do(Do { after, .. }) = action else { return false };
        match after {
            After::NotRefused => self != Self::Refused,
            After::Done => self == Self::Done,
            After::Refused => self == Self::Refused,
            After::Failed => self == Self::Failed,
            After::Any => true,
        }
    }
}

impl Walk {
    /// A customer who has done nothing yet.
    #[inline]
    pub(super) fn new(session: u32, word: u64) -> Self {
        Self { session, word, ..Self::default() }
    }

    /// The customer sets out on the journey that this word means.
    #[inline]
    pub(super) fn sets_out<'a>(&mut self, settings: &'a Settings, word: u64) -> &'a [Action] {
        self.journey = pick_journey(&settings.journeys, word);
        let actions = &settings.journeys[self.journey as usize].actions;
        self.actions = actions.len() as u32;
        actions
    }

    /// What the customer wants by the action that was begun last.
    #[inline]
    pub(super) fn wish(&self, flow: FlowIx, intended: Time) -> Wish {
        let (journey, step) = (mix(self.word, self.round), self.action);
        Wish { flow, word: self.draw(), session: self.session, intended, journey, step }
    }

    /// The word from which the action that was begun last makes its draws.
    #[inline]
    pub(super) fn draw(&self) -> u64 {
        mix(mix(self.word, self.round), u64::from(self.action))
    }

    /// Goes to the next step that is taken: what does not come after what became of the last one is
    /// passed over, and nobody thinks before the end of a journey that is broken off.
    #[inline]
    pub(super) fn passes_over(&mut self, actions: &[Action]) {
        let left = actions.get(self.action as usize..).unwrap_or_default();
        let does = |action: &Action| action.flow().is_some();
        let is_over = left.iter().any(does) && !left.iter().any(|action| self.last.admits(action));
        let passed = if is_over {
            left.len()
        } else {
            left.iter().take_while(|action| does(action) && !self.last.admits(action)).count()
        };
        self.action += passed as u32;
    }
}

/// Which journey a word means.
fn pick_journey(journeys: &[Journey], word: u64) -> u32 {
    if journeys.len() == 1 {
        return 0;
    }
    let whole: f64 = journeys.iter().map(|journey| journey.weight).sum();
    let mut left = unit(mix(word, JOURNEY)) * whole;
    for (place, journey) in journeys.iter().enumerate() {
        left -= journey.weight;
        if left < 0.0 {
            return place as u32;
        }
    }
    journeys.len() as u32 - 1
}

const JOURNEY: u64 = name_hash("journey");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;
    use crate::scenario::tree::FlowIx;

    fn walk(last: Last, afters: &[Option<After>]) -> Vec<u32> {
        let action = |after: &Option<After>| match after {
            Some(after) => Action::Do(Do { flow: FlowIx(0), again: None, after: *after }),
            None => Action::Think(Dist::Const(1.0)),
        };
        let actions: Vec<Action> = afters.iter().map(action).collect();
        let mut walk = Walk { last, ..Walk::default() };
        let mut taken = Vec::new();
        loop {
            walk.passes_over(&actions);
            if walk.action as usize >= actions.len() {
                return taken;
            }
            taken.push(walk.action);
            walk.action += 1;
        }
    }

    #[test]
    fn a_refused_customer_goes_on_only_where_the_journey_says_so() {
        let plain = [None, Some(After::NotRefused), None];
        assert_eq!(walk(Last::Done, &plain), [0, 1, 2]);
        assert_eq!(walk(Last::Failed, &plain), [0, 1, 2], "it looks whether it worked");
        assert_eq!(walk(Last::Refused, &plain), [0; 0], "nobody thinks about what is over");
        let elsewhere = [None, Some(After::Done), Some(After::Refused), Some(After::Any)];
        assert_eq!(walk(Last::Done, &elsewhere), [0, 1, 3]);
        assert_eq!(walk(Last::Refused, &elsewhere), [0, 2, 3]);
        assert_eq!(walk(Last::Failed, &elsewhere), [0, 3]);
        assert_eq!(walk(Last::Failed, &[Some(After::Failed), None]), [0, 1]);
        assert_eq!(walk(Last::Refused, &[None]), [0], "what is left is to think");
    }
}
