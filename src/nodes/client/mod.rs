//! Customers: when journeys start, what they do in a row, and what the answers were. Latency counts
//! from the intended send; an open client never waits for answers before it starts the next
//! journey (no coordinated omission).
//!
//! An operation's word, session and journey are drawn here, from streams of the client alone, so
//! that all designs face the same customers: open clients share arrival times, closed ones each
//! customer's sequence and think times.

mod again;
mod arrivals;
mod due;
mod latest;
mod requests;
mod walk;

use std::hint::cold_path;

use self::again::Insistence;
use self::arrivals::Next;
use self::due::Due;
use self::requests::Requests;
use self::walk::{Last, Walk};
use super::behaviour::{Behaviour, Tables};
use super::calls::{Calls, Ended, Waiters};
use super::env::Env;
use super::message::{Answer, Body, Message, Op};
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use super::registry;
use super::registry::instance::Discovery;
use crate::base::{Stream, Time, index, math, mix, name_hash};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, OpId, Probe, Verdict};
use crate::scenario::tree::{Action, Arrivals, Batch, Client as Settings, Do, NodeKind, PolicyIx};

/// One client node.
#[derive(Clone, Debug)]
pub struct Client {
    /// Arrivals so far.
    started: u64,
    arrivals: Stream,
    words: Stream,
    journeys: Slab<Walk>,
    calls: Calls,
    /// Where it learns whom to call, if anywhere.
    discovery: Option<Box<Discovery>>,
    policy: Option<PolicyIx>,
    requests: Requests,
    /// Do customers leave as soon as they have done everything?
    leave: bool,
    /// Where somebody tries again what was refused.
    insistence: Option<Box<Insistence>>,
    /// The one rate of Poisson arrivals, if there is but one and no surge.
    steady_per_s: Option<f64>,
    /// Poisson arrivals one by one: the next gap, in units of the mean gap. It is drawn one arrival
    /// ahead, so that none has to wait for a logarithm.
    gap: Option<f64>,
    next: Next,
    /// Did the rates change otherwise than they were foreseen to?
    is_turned: bool,
    /// Did a batch bring more customers than may be under way?
    is_overrun: bool,
}

impl Waiters for Slab<Walk> {
    fn header(&self, customer: Handle) -> Op {
        self.get(customer).map_or(Op::NONE, |walk| walk.op)
    }
}

impl Behaviour for Client {
    type Due = Due;

    /// Nobody has come yet.
    fn new(model: &Model, me: InstanceId) -> Self {
        let node = model.node_of(me);
        let settings = settings(model, node);
        let name = &model.scenario.nodes[node.0 as usize].name;
        let earlier = &model.scenario.nodes[..node.0 as usize];
        let number = earlier.iter().filter(|node| matches!(node.kind, NodeKind::Client(_))).count();
        let mut arrivals = Stream::new(model.seed, "arrivals", name, 0);
        let draws_ahead =
            matches!(settings.arrivals, Arrivals::Poisson(_)) && settings.batch.is_none();
        Self {
            started: 0,
            gap: draws_ahead.then(|| math::neg_ln_unit(arrivals.next_u64())),
            arrivals,
            words: Stream::new(model.seed, "operations", name, 0),
            journeys: Slab::default(),
            calls: Calls::new(model, me),
            discovery: Discovery::new(model, me),
            policy: settings.policy.or(model.client_policy),
            requests: Requests::new(model, number as u16, settings),
            leave: !matches!(settings.arrivals, Arrivals::Closed { .. }) && !insists(settings),
            insistence: insists(settings)
                .then(|| Insistence::new(Stream::new(model.seed, "again", name, 0))),
            steady_per_s: arrivals::steady_per_s(model, node, &settings.arrivals),
            next: Next::NOBODY,
            is_turned: false,
            is_overrun: false,
        }
    }

    fn wants_start(&self) -> bool {
        true
    }

    fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(discovery) = &mut self.discovery {
            discovery.start(env);
        }
        let settings = settings(env.model, env.node());
        let Arrivals::Closed { customers, think } = &settings.arrivals else {
            let first = self.next_arrival(settings, env);
            return self.schedule(first, env);
        };
        for session in 0..*customers {
            let word = self.words.next_u64();
            let customer = self.journeys.insert(Walk::new(session, word));
            env.wait(think.span(mix(word, THINK)), Due::Think(customer));
        }
    }

    #[expect(clippy::inline_always, reason = "called in one place, for every operation")]
    #[inline(always)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        env.fact(Fact::Dropped { op: message.op.id, why: None });
        let (call, verdict) = match message.body {
            Body::Answer { call, verdict } => (call, verdict),
            Body::Registry(registry::Frame::Listed { first, bits, at }) => {
                return self.calls.learn(env, (first, bits), at);
            }
            body => unreachable!("a client is not told {body:?}"),
        };
        if let Some(ended) = self.calls.answered(env, (call, message.from), verdict, &self.journeys)
        {
            self.ended(ended, env);
        }
    }

    /// Somebody comes.
    #[expect(clippy::inline_always, reason = "called in one place, for every operation")]
    #[inline(always)]
    fn commonest<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) -> Option<bool> {
        matches!(due, Due::Arrival).then(|| {
            let is_awaited = self.next.is_at(env.now());
            if is_awaited {
                self.arrival(env);
            }
            is_awaited
        })
    }

    /// Any other timer of its own.
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Arrival => unreachable!("the commonest"),
            Due::Think(customer) => self.next_action(customer, env),
            Due::Call(due) => {
                while let Some(ended) = self.calls.due(due, env, &self.journeys) {
                    self.ended(ended, env);
                }
            }
            Due::Discovery(due) => {
                self.discovery.as_mut().expect("it set the timer").timer(due, env);
            }
        }
    }

    fn refit(&mut self, tables: &Tables<'_>) -> Option<(Time, Due)> {
        let next = self.rates_change(tables)?;
        (next < tables.after.arrivals_end()).then_some((next, Due::Arrival))
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Arrival => !self.next.is_at(at),
            Due::Call(due) => self.calls.is_stale(due, at),
            Due::Think(_) | Due::Discovery(_) => false,
        }
    }

    fn crash<P: Probe>(&mut self, _host: bool, _env: &mut Env<'_, '_, P>) {
        unreachable!("the scenario layer admits no crash of customers")
    }

    /// Customers on their way.
    fn readings(&self, model: &Model, now: Time, into: &mut Readings) {
        into.own(What::Held, self.journeys.len());
        self.calls.readings(model, now, into);
    }

    fn weight(&self) -> usize {
        self.journeys.weight() + self.calls.weight()
    }

    fn held(&self) -> usize {
        if self.is_overrun { u32::MAX as usize } else { self.journeys.len() }
    }

    /// Lets this call be fetched from memory, which the processor is likely to have forgotten.
    fn prefetch_call(&self, call: Handle) {
        self.calls.prefetch(call);
    }

    /// Lets be fetched which customer waits for this call, and what else its end needs.
    fn prefetch_waiter(&self, call: Handle) {
        if let Some(customer) = self.calls.prefetch_end(call) {
            self.journeys.prefetch(customer, |walk| &walk.action);
        }
    }
}

impl Client {
    /// Somebody comes, and sets the timer for whoever is next.
    #[expect(clippy::inline_always, reason = "called in one place, for every operation")]
    #[inline(always)]
    fn arrival<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let settings = settings(env.model, env.node());
        self.started += 1;
        let next = self.next_arrival(settings, env);
        if let Some(batch) = settings.batch {
            self.others_come(batch, settings, env);
        }
        self.schedule(next, env);
        self.comes(settings, env);
    }

    /// All of a batch come but one.
    #[cold]
    fn others_come<P: Probe>(
        &mut self,
        batch: Batch,
        settings: &Settings,
        env: &mut Env<'_, '_, P>,
    ) {
        let others = batch.sample(&mut self.arrivals) - 1;
        let most = env.model.scenario.run.max_in_flight as usize;
        for _ in 0..others {
            if self.journeys.len() > most {
                // The run stops when it is looked at next, and is partial; until then nobody else comes.
                self.is_overrun = true;
                return;
            }
            self.comes(settings, env);
        }
    }

    /// One more customer, who begins at once.
    #[expect(clippy::inline_always, reason = "called in one place that is not cold")]
    #[inline(always)]
    fn comes<P: Probe>(&mut self, settings: &Settings, env: &mut Env<'_, '_, P>) {
        let word = self.words.next_u64();
        let session = index(mix(word, SESSION), u64::from(settings.sessions)) as u32;
        let mut walk = Walk::new(session, word);
        let actions = walk.sets_out(settings, word);
        let Some(Action::Do(Do { flow, again: None, .. })) = actions.first() else {
            let customer = self.journeys.insert(walk);
            return self.next_action(customer, env);
        };
        walk.action = 1;
        let (op, entry) = self.requests.make(walk.wish(*flow, env.now()), env);
        let (customer, place) = self.journeys.enter();
        *place = Walk { op, ..walk };
        self.calls.start(env, entry, &op, self.policy, customer);
    }

    /// A customer does what is next on its journey.
    #[inline(never)]
    fn next_action<P: Probe>(&mut self, customer: Handle, env: &mut Env<'_, '_, P>) {
        let settings = settings(env.model, env.node());
        let walk = self.journeys.get_mut(customer).expect("the customer is there");
        let (mut intended, mut before) = (env.now(), 0);
        let insists = self.insistence.as_ref().is_some_and(|it| it.is_at_it(customer));
        if intended >= env.model.arrivals_end() && !insists {
            // Only those go on who are about to try again what was refused.
            self.journeys.discard(customer);
            return;
        }
        let think = match &settings.arrivals {
            Arrivals::Closed { think, .. } => Some(think),
            _ => None,
        };
        if think.is_some() && walk.action == 0 && !insists {
            walk.round += 1;
            walk.sets_out(settings, mix(walk.word, walk.round));
        }
        let actions = &settings.journeys[walk.journey as usize].actions;
        if !insists {
            walk.passes_over(actions);
        }
        let Some(action) = actions.get(walk.action as usize) else {
            let Some(think) = think else {
                self.journeys.discard(customer);
                return;
            };
            (walk.action, walk.last) = (0, Last::Done);
            let word = mix(mix(walk.word, walk.round), THINK);
            return env.wait(think.span(word), Due::Think(customer));
        };
        walk.action += 1;
        let flow = match action {
            Action::Think(think) => {
                let span = think.span(mix(walk.draw(), THINK));
                return env.wait(span, Due::Think(customer));
            }
            Action::Do(Do { flow, again: None, .. }) => *flow,
            Action::Do(Do { flow, again: Some(_), .. }) => {
                let insistence = self.insistence.as_mut().expect("somebody insists");
                (intended, before) = insistence.tries(customer, intended);
                *flow
            }
        };
        let (op, entry) = self.requests.make(walk.wish(flow, intended), env);
        walk.op = op;
        if before > 0 {
            cold_path();
            walk.op = op.again(env.model.name_of(env.node()), u64::from(before));
        }
        self.calls.start(env, entry, &walk.op, self.policy, customer);
    }

    #[expect(clippy::inline_always, reason = "called in one place that is not cold")]
    #[inline(always)]
    fn ended<P: Probe>(&mut self, ended: Ended, env: &mut Env<'_, '_, P>) {
        let walk = self.journeys.get(ended.waiter).expect("the customer waits");
        let op = walk.op.id;
        if walk.action < walk.actions || !self.leave {
            return self.goes_on(op, ended, env);
        }
        self.journeys.discard(ended.waiter);
        env.fact(Fact::Answered { op, verdict: verdict(ended.answer) });
    }

    /// A customer who may have more to do was answered.
    #[inline(never)]
    fn goes_on<P: Probe>(&mut self, op: OpId, ended: Ended, env: &mut Env<'_, '_, P>) {
        env.fact(Fact::Answered { op, verdict: verdict(ended.answer) });
        let walk = self.journeys.get_mut(ended.waiter).expect("the customer waits");
        walk.last = Last::of(ended.answer);
        if self.insistence.is_none() || !self.tries_again(ended.waiter, ended.answer, env) {
            self.next_action(ended.waiter, env);
        }
    }
}

/// What a customer hears of an answer.
#[inline]
fn verdict(answer: Answer) -> Verdict {
    if answer == Answer::Done { Verdict::Done } else { other_verdict(answer) }
}

#[cold]
fn other_verdict(answer: Answer) -> Verdict {
    match answer {
        Answer::Done | Answer::Idle => Verdict::Done,
        Answer::Refused => Verdict::Refused,
        Answer::Failed(reason) => Verdict::Failed(reason),
    }
}

fn settings(model: &Model, node: NodeIx) -> &Settings {
    match &model.scenario.nodes[node.0 as usize].kind {
        NodeKind::Client(client) => client,
        _ => unreachable!("a client is a client"),
    }
}

/// How many sessions a client has.
pub fn sessions(client: &Settings) -> u32 {
    match client.arrivals {
        Arrivals::Closed { customers, .. } => customers,
        _ => client.sessions,
    }
}

/// Does anybody try again what was refused?
fn insists(client: &Settings) -> bool {
    let mut actions = client.journeys.iter().flat_map(|journey| &journey.actions);
    actions.any(|action| action.again().is_some())
}

const SESSION: u64 = name_hash("session");
const THINK: u64 = name_hash("think");
