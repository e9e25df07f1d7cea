//! Operations, as customers ask for them: their names and headers, and where they enter. What all
//! requests of a flow have in common is decided once. Knows no journeys and no answers.

use super::latest::Latest;
use crate::base::{Time, mix, unit};
use crate::model::program::EntryIx;
use crate::model::{FlowIx, FlowModel, Model};
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::probes::{Fact, OpId, Probe};
use crate::scenario::tree::Client as Settings;

/// The requests of one client.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    /// Which client, in order of names; its operations carry this.
    client: u16,
    /// Operations sent so far.
    sent: u64,
    /// By flow.
    alike: Vec<Alike>,
    latest: Latest,
}

/// What a customer wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The flow.
    pub(super) flow: FlowIx,
    /// The request's draws are made from it.
    pub(super) word: u64,
    /// Whose session it belongs to.
    pub(super) session: u32,
    /// Since when it is wanted.
    pub(super) intended: Time,
    /// The number of the customer's journey.
    pub(super) journey: u64,
    /// Which of its actions this is, from 1.
    pub(super) step: u32,
}

/// What the requests of a flow have in common.
#[derive(Clone, Copy, Debug)]
struct Alike {
    /// Where they enter.
    entry: EntryIx,
    /// Bits of all effects that they may tell.
    effects: u64,
    /// Has each of them a deadline, items of its own, or branches?
    have_own: bool,
}

impl Requests {
    /// None so far, of the client with this number and these settings.
    pub(super) fn new(model: &Model, client: u16, settings: &Settings) -> Self {
        let alike = |flow: &FlowModel| Alike {
            entry: flow.entry(settings.via),
            effects: flow.effects,
            have_own: flow.deadline.is_some() && flow.propagate
                || !flow.own_from.is_empty()
                || flow.is_own_source
                || !flow.maybes.is_empty(),
        };
        Self {
            client,
            sent: 0,
            alike: model.flows.iter().map(alike).collect(),
            latest: Latest::new(model, super::sessions(settings)),
        }
    }

    /// The header of a customer's request, and where it enters.
    #[expect(clippy::inline_always, reason = "the header is written once, where it will lie")]
    #[inline(always)]
    pub(super) fn make<P: Probe>(
        &mut self,
        Wish { flow, word, session, intended, journey, step }: Wish,
        env: &mut Env<'_, '_, P>,
    ) -> (Op, EntryIx) {
        let id = OpId::new(self.client, self.sent);
        self.sent += 1;
        let Alike { entry, effects, have_own } = self.alike[flow.0 as usize];
        let mut op = Op { id, word, session, flow, ..Op::NONE };
        let told = if have_own { self.fill_in(&mut op, env) } else { effects };
        env.fact(Fact::Sent { op: id, flow, session, intended, told, journey, step });
        (op, entry)
    }

    /// What this request has of its own. Says which effects it tells.
    #[inline(never)]
    fn fill_in<P: Probe>(&mut self, op: &mut Op, env: &Env<'_, '_, P>) -> u64 {
        let flow = &env.model.flows[op.flow.0 as usize];
        if let Some(deadline) = flow.deadline.filter(|_| flow.propagate) {
            op.deadline = env.now() + deadline;
        }
        if let [from, others @ ..] = flow.own_from.as_slice() {
            op.own = self.latest.own(op.session, from, op.word);
            if let [from] = others {
                op.named = self.latest.own(op.session, from, op.word);
            }
        }
        if flow.is_own_source {
            self.latest.note(op.session, op.flow, op.id);
        }
        told(flow, op.word)
    }
}

/// Bits of the effects that this operation tells: branches not taken left out.
fn told(flow: &FlowModel, word: u64) -> u64 {
    let untaken =
        flow.maybes.iter().filter(|(probability, name, _)| unit(mix(word, *name)) >= *probability);
    untaken.fold(flow.effects, |told, (_, _, effects)| told & !effects)
}
