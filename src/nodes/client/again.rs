//! Customers who do not take a "no" for an answer: whoever is refused does the same again after a
//! pause, so many times (`Do(flow, again: ...)`).
//!
//! A refusal is final, so every try is an operation of its own, sent and answered like any other.
//! It is the same wish all the same: the same items and amounts, and its latency counts from the
//! first try's intended send; how long the work takes is drawn anew. Failures are no refusals: trying those again is the policy's
//! business.

use super::Client;
use super::due::Due;
use crate::base::{Span, Stream, Table, Time};
use crate::nodes::calls::backoff::pause;
use crate::nodes::env::Env;
use crate::nodes::message::Answer;
use crate::nodes::parts::slab::Handle;
use crate::probes::Probe;
use crate::scenario::tree::Again;

/// Those who are at it.
#[derive(Clone, Debug)]
pub(super) struct Insistence {
    trying: Table<Handle, Trying>,
    chance: Stream,
}

/// What one of them has tried.
#[derive(Clone, Copy, Debug)]
struct Trying {
    intended: Time,
    tries: u32,
    last_pause: Span,
}

impl Insistence {
    /// Nobody yet.
    pub(super) fn new(chance: Stream) -> Box<Self> {
        Box::new(Self { trying: Table::default(), chance })
    }

    /// One more try begins; says since when the customer has wanted it, and how often it was tried
    /// before.
    #[cold]
    pub(super) fn tries(&mut self, customer: Handle, now: Time) -> (Time, u32) {
        let first = Trying { intended: now, tries: 0, last_pause: Span::ZERO };
        let trying = self.trying.entry(customer).or_insert(first);
        trying.tries += 1;
        (trying.intended, trying.tries - 1)
    }

    /// Is this customer at it?
    pub(super) fn is_at_it(&self, customer: Handle) -> bool {
        self.trying.contains_key(&customer)
    }

    /// How long this customer pauses before the next try; `None` if there is none.
    fn pause(&mut self, customer: Handle, again: &Again, answer: Answer) -> Option<Span> {
        let trying = self.trying.get_mut(&customer)?;
        if answer != Answer::Refused || trying.tries >= again.tries {
            self.trying.swap_remove(&customer);
            return None;
        }
        let span = pause(&again.backoff, trying.tries, trying.last_pause, &mut self.chance);
        trying.last_pause = span;
        Some(span)
    }
}

impl Client {
    /// The customer was answered: does it try again? It goes on doing so in the drain.
    #[cold]
    pub(super) fn tries_again<P: Probe>(
        &mut self,
        customer: Handle,
        answer: Answer,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let settings = super::settings(env.model, env.node());
        let walk = self.journeys.get_mut(customer).expect("the customer waits");
        let action = &settings.journeys[walk.journey as usize].actions[walk.action as usize - 1];
        let Some(again) = action.again() else { return false };
        let insistence = self.insistence.as_mut().expect("somebody insists");
        let Some(pause) = insistence.pause(customer, again, answer) else { return false };
        walk.action -= 1;
        env.wait(pause, Due::Think(customer));
        true
    }
}
