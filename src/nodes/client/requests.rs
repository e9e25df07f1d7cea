//! Operations, as customers ask for them: their names and headers, and where they enter. What all
//! requests of a flow have in common is decided once. Knows no journeys and no answers.

use super::latest::Latest;
use crate::base::{Time, unit};
use crate::model::program::EntryIx;
use crate::model::{FlowIx, FlowModel, Model};
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::probes::{Fact, KeyId, OpId, Probe};
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
                || flow.has_own
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

    /// A customer of this session wants this flow, since the instant `intended`: the header of its
    /// request, and where it enters. Its draws are made from `word`.
    #[expect(clippy::inline_always, reason = "the header is written once, where it will lie")]
    #[inline(always)]
    pub(super) fn make<P: Probe>(
        &mut self,
        (flow, word): (FlowIx, u64),
        session: u32,
        intended: Time,
        env: &mut Env<'_, '_, P>,
    ) -> (Op, EntryIx) {
        let id = OpId::new(self.client, self.sent);
        self.sent += 1;
        let Alike { entry, effects, have_own } = self.alike[flow.0 as usize];
        let plain = Own { key: KeyId(0), deadline: Time::NEVER, told: effects };
        let own = if have_own { self.own(id, (flow, word), session, env) } else { plain };
        env.fact(Fact::Sent { op: id, flow, session, intended, told: own.told });
        let (own, deadline) = (own.key, own.deadline);
        (Op { id, word, session, flow, own, deadline, ..Op::NONE }, entry)
    }

    #[inline(never)]
    fn own<P: Probe>(
        &mut self,
        id: OpId,
        (flow, word): (FlowIx, u64),
        session: u32,
        env: &Env<'_, '_, P>,
    ) -> Own {
        let model = &env.model.flows[flow.0 as usize];
        let deadline = model.deadline.filter(|_| model.propagate);
        let key = if model.has_own { self.latest.own(session, model, word) } else { KeyId(0) };
        if model.is_own_source {
            self.latest.note(session, flow, id);
        }
        let deadline = deadline.map_or(Time::NEVER, |deadline| env.now() + deadline);
        Own { key, deadline, told: told(model, word) }
    }
}

/// What a request has of its own.
struct Own {
    /// What `Own` means.
    key: KeyId,
    deadline: Time,
    /// Bits of the effects that it tells.
    told: u64,
}

/// Bits of the effects that this operation tells: branches not taken left out.
fn told(flow: &FlowModel, word: u64) -> u64 {
    let untaken = flow
        .maybes
        .iter()
        .filter(|(probability, name, _)| unit(crate::base::mix(word, *name)) >= *probability);
    untaken.fold(flow.effects, |told, (_, _, effects)| told & !effects)
}
