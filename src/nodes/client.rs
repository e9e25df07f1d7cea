//! Customers: when journeys start, what they do in a row, and what the answers were. Latency counts
//! from the intended send; an open client never waits for answers before it starts the next
//! journey (no coordinated omission).
//!
//! An operation's word, session and journey are drawn here, from streams of the client alone, so
//! that all designs face the same customers: open clients share arrival times, closed ones each
//! customer's sequence and think times.

mod again;

use self::again::Insistence;
use super::calls::{Calls, Ended, Waiters};
use super::discovery::Discovery;
use super::env::Env;
use super::message::{Answer, Body, Message, Op, Seen, Timer};
use super::slab::{Handle, Slab};
use crate::base::{Span, Stream, Time, index, math, mix, name_hash, unit};
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::model::{FlowIx, FlowModel, Model, NodeIx};
use crate::probes::{Fact, KeyId, OpId, Probe, Verdict};
use crate::scenario::tree::{Action, Arrivals, Client as Settings, NodeKind, PolicyIx};

/// One client node.
#[derive(Clone, Debug)]
pub struct Client {
    /// Which client, in order of names; its operations carry this.
    number: u16,
    /// Operations sent so far.
    sent: u64,
    /// Arrivals so far.
    started: u64,
    arrivals: Stream,
    words: Stream,
    journeys: Slab<Walk>,
    calls: Calls,
    /// Where it learns whom to call, if anywhere.
    discovery: Option<Box<Discovery>>,
    /// Per (session, flow that creates): the latest such operation.
    latest: Vec<OpId>,
    sources: Vec<FlowIx>,
    policy: Option<PolicyIx>,
    /// Per flow: where its requests enter.
    entries: Vec<EntryIx>,
    /// Where somebody tries again what was refused.
    insistence: Option<Box<Insistence>>,
    /// The one rate of Poisson arrivals, if there is but one and no surge.
    steady_per_s: Option<f64>,
    /// Poisson arrivals one by one: the next gap, in units of the mean gap. It is drawn one arrival
    /// ahead, so that none has to wait for a logarithm.
    gap: Option<f64>,
}

/// A customer on a journey.
#[derive(Clone, Copy, Debug)]
struct Walk {
    session: u32,
    journey: u32,
    /// The next action.
    action: u32,
    /// Draws of this journey are made from it.
    word: u64,
    /// The operation it waits for.
    op: Op,
    /// For closed clients: journeys of this customer so far.
    round: u64,
}

impl Waiters for Slab<Walk> {
    fn header(&self, customer: Handle) -> Op {
        self.get(customer).map_or(Op::NONE, |walk| walk.op)
    }
}

impl Client {
    /// Nobody has come yet.
    pub fn new(model: &Model, me: InstanceId) -> Self {
        let node = model.node_of(me);
        let settings = settings(model, node);
        let name = &model.scenario.nodes[node.0 as usize].name;
        let earlier = &model.scenario.nodes[..node.0 as usize];
        let number = earlier.iter().filter(|node| matches!(node.kind, NodeKind::Client(_))).count();
        let flows = model.flows.iter().enumerate().filter(|(_, flow)| flow.is_own_source);
        let sources: Vec<FlowIx> = flows.map(|(ix, _)| FlowIx(ix as u16)).collect();
        let sessions = sessions(settings) as usize;
        let mut arrivals = Stream::new(model.seed, "arrivals", name, 0);
        let draws_ahead =
            matches!(settings.arrivals, Arrivals::Poisson(_)) && settings.batch.is_none();
        Self {
            number: number as u16,
            sent: 0,
            started: 0,
            gap: draws_ahead.then(|| math::neg_ln_unit(arrivals.next_u64())),
            arrivals,
            words: Stream::new(model.seed, "operations", name, 0),
            journeys: Slab::default(),
            calls: Calls::new(model, me),
            discovery: Discovery::new(model, me),
            latest: vec![OpId::NONE; sessions * sources.len()],
            sources,
            policy: settings.policy.or(model.client_policy),
            entries: model.flows.iter().map(|flow| flow.entry(settings.via)).collect(),
            insistence: insists(settings)
                .then(|| Insistence::new(Stream::new(model.seed, "again", name, 0))),
            steady_per_s: match &settings.arrivals {
                Arrivals::Poisson(rates) if rates.len() == 1 && never_surges(model, node) => {
                    Some(rates[0].1)
                }
                _ => None,
            },
        }
    }

    /// The run begins.
    pub fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(discovery) = &mut self.discovery {
            discovery.start(env);
        }
        let settings = settings(env.model, env.node());
        let Arrivals::Closed { customers, think } = &settings.arrivals else {
            let first = self.next_arrival(settings, env);
            return Self::schedule(first, env);
        };
        for session in 0..*customers {
            let word = self.words.next_u64();
            let walk = Walk { session, journey: 0, action: 0, word, op: Op::NONE, round: 0 };
            let customer = self.journeys.insert(walk);
            env.wait(think.span(mix(word, THINK)), Timer::Think(customer));
        }
    }

    /// Customers on their way.
    pub fn held(&self) -> usize {
        self.journeys.len()
    }

    /// A message arrived.
    pub fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        env.fact(Fact::Dropped { op: message.op.id, why: None });
        let (call, verdict) = match message.body {
            Body::Answer { call, verdict } => (call, verdict),
            Body::Listed { first, bits, at } => return self.calls.learn(env, (first, bits), at),
            body => unreachable!("a client is not told {body:?}"),
        };
        if let Some(ended) = self.calls.answered(env, (call, message.from), verdict, &self.journeys)
        {
            self.ended(ended, env);
        }
    }

    /// A timer of its own.
    pub fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        match timer {
            Timer::Arrival => self.arrival(env),
            Timer::Think(customer) => self.next_action(customer, env),
            Timer::Timeout(policy) => {
                while let Some(call) = self.calls.overdue(env, policy) {
                    if let Some(ended) = self.calls.timed_out(env, call, &self.journeys) {
                        self.ended(ended, env);
                    }
                }
            }
            Timer::Retry(call) => self.calls.retry(env, call, &self.journeys),
            Timer::Hedge(call) => self.calls.hedge(env, call, &self.journeys),
            Timer::Stopped(why, call) => {
                if let Some(ended) = self.calls.stopped(call, why) {
                    self.ended(ended, env);
                }
            }
            timer => match &mut self.discovery {
                Some(discovery) => discovery.timer(timer, env),
                None => unreachable!("a client sets no {timer:?}"),
            },
        }
    }

    /// Does nobody wait for this timer any more?
    pub fn is_stale(&self, timer: Timer, due: Time) -> bool {
        match timer {
            Timer::Timeout(policy) => self.calls.is_stale(policy, due),
            Timer::Retry(call) | Timer::Hedge(call) => self.calls.is_gone(call),
            _ => false,
        }
    }

    // -- arrivals ----------------------------------------------------------------------------------

    /// Sets the timer of the next arrival, which never comes if it is after the end.
    fn schedule<P: Probe>(next: Option<Time>, env: &mut Env<'_, '_, P>) {
        if let Some(next) = next.filter(|next| *next < env.model.arrivals_end()) {
            env.wait(next.since(env.now()), Timer::Arrival);
        }
    }

    /// The instant of the next arrival; `None` if there is none any more.
    fn next_arrival<P: Probe>(
        &mut self,
        settings: &Settings,
        env: &Env<'_, '_, P>,
    ) -> Option<Time> {
        match &settings.arrivals {
            Arrivals::Gaps(gap) => {
                let factor = env.model.faults.rate_factor(env.node(), env.now());
                let gap = gap.sample(self.arrivals.next_u64());
                Some(env.now() + Span::from_ns(gap / factor))
            }
            Arrivals::Poisson(rates) => {
                let drawn = math::neg_ln_unit(self.arrivals.next_u64());
                let expected = match &mut self.gap {
                    Some(gap) => std::mem::replace(gap, drawn),
                    None => drawn,
                };
                match self.steady_per_s {
                    Some(rate) if rate > 0.0 => {
                        Some(env.now() + Span::from_ns(expected / rate * 1e9))
                    }
                    _ => Self::after_expecting(expected, rates, env),
                }
            }
            Arrivals::Constant(rates) => match rates.as_slice() {
                [(_, rate)] if never_surges(env.model, env.node()) => {
                    Some(Time(Span::from_secs((self.started + 1) as f64 / rate).0))
                }
                _ => Self::after_expecting(1.0, rates, env),
            },
            Arrivals::Closed { .. } => None,
        }
    }

    /// The instant until which the rate, as it changes, makes so many arrivals expected.
    fn after_expecting<P: Probe>(
        mut expected: f64,
        rates: &[(Span, f64)],
        env: &Env<'_, '_, P>,
    ) -> Option<Time> {
        let faults = &env.model.faults;
        let mut now = env.now();
        loop {
            let stretch = rates.iter().rposition(|(from, _)| from.0 <= now.0).unwrap_or(0);
            let rate_per_s = rates[stretch].1 * faults.rate_factor(env.node(), now);
            let change = rates.get(stretch + 1).map_or(Time::NEVER, |(from, _)| Time(from.0));
            let change =
                change.min(faults.next_rate_change(env.node(), now).unwrap_or(Time::NEVER));
            let needs_ns =
                if rate_per_s > 0.0 { expected / rate_per_s * 1e9 } else { f64::INFINITY };
            if change == Time::NEVER || needs_ns <= change.since(now).0 as f64 {
                return needs_ns.is_finite().then(|| now + Span::from_ns(needs_ns));
            }
            expected -= rate_per_s * change.since(now).as_secs();
            now = change;
        }
    }

    fn arrival<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let settings = settings(env.model, env.node());
        self.started += 1;
        let next = self.next_arrival(settings, env);
        if let Some(batch) = settings.batch {
            let others = batch.sample(&mut self.arrivals) - 1;
            for _ in 0..others {
                let customer = self.customer(settings);
                self.next_action(customer, env);
            }
        }
        let customer = self.customer(settings);
        Self::schedule(next, env);
        self.next_action(customer, env);
    }

    /// One more customer.
    #[inline]
    fn customer(&mut self, settings: &Settings) -> Handle {
        let word = self.words.next_u64();
        let session = index(mix(word, SESSION), u64::from(settings.sessions)) as u32;
        let journey = pick_journey(settings, word);
        let walk = Walk { session, journey, action: 0, word, op: Op::NONE, round: 0 };
        self.journeys.insert(walk)
    }

    // -- journeys ----------------------------------------------------------------------------------

    fn next_action<P: Probe>(&mut self, customer: Handle, env: &mut Env<'_, '_, P>) {
        let settings = settings(env.model, env.node());
        let closed = match &settings.arrivals {
            Arrivals::Closed { think, .. } => Some(think),
            _ => None,
        };
        if env.now() >= env.model.arrivals_end() && !self.is_at_it(customer) {
            self.journeys.discard(customer);
            return;
        }
        let walk = self.journeys.get_mut(customer).expect("the customer is there");
        if walk.action == 0 && closed.is_some() {
            walk.round += 1;
            walk.journey = pick_journey(settings, mix(walk.word, walk.round));
        }
        let actions = &settings.journeys[walk.journey as usize].actions;
        match actions.get(walk.action as usize) {
            Some(Action::Think(think)) => {
                walk.action += 1;
                let word = mix(mix(walk.word, walk.round), u64::from(walk.action));
                env.wait(think.span(mix(word, THINK)), Timer::Think(customer));
            }
            Some(action @ (Action::Do(flow) | Action::DoAgain(flow, _))) => {
                walk.action += 1;
                let mut intended = env.now();
                if let Some(insistence) = &mut self.insistence
                    && action.again().is_some()
                {
                    intended = insistence.tries(customer, intended);
                }
                self.send(customer, *flow, intended, env);
            }
            None => match closed {
                Some(think) => {
                    walk.action = 0;
                    let word = mix(mix(walk.word, walk.round), THINK);
                    env.wait(think.span(word), Timer::Think(customer));
                }
                None => {
                    self.journeys.discard(customer);
                }
            },
        }
    }

    /// Is this customer about to try again what was refused?
    fn is_at_it(&self, customer: Handle) -> bool {
        self.insistence.as_ref().is_some_and(|insistence| insistence.is_at_it(customer))
    }

    fn send<P: Probe>(
        &mut self,
        customer: Handle,
        flow: FlowIx,
        intended: Time,
        env: &mut Env<'_, '_, P>,
    ) {
        let model = env.model;
        let flow_model = &model.flows[flow.0 as usize];
        let id = OpId::new(self.number, self.sent);
        self.sent += 1;
        let walk = self.journeys.get_mut(customer).expect("the customer is there");
        let word = mix(mix(walk.word, walk.round), u64::from(walk.action));
        let session = walk.session;
        let deadline = match flow_model.deadline {
            Some(deadline) if flow_model.propagate => env.now() + deadline,
            _ => Time::NEVER,
        };
        let own = self.own(session, flow_model, word);
        if flow_model.is_own_source {
            let place = self.sources.iter().position(|source| *source == flow).expect("a source");
            self.latest[session as usize * self.sources.len() + place] = id;
        }
        let told = told(flow_model, word);
        env.fact(Fact::Sent { op: id, flow, session, intended, told });
        let op = Op { id, word, own, deadline, session, flow, seen: Seen::default(), ..Op::NONE };
        let walk = self.journeys.get_mut(customer).expect("the customer is there");
        walk.op = op;
        let entry = self.entries[flow.0 as usize];
        self.calls.start(env, entry, &op, self.policy, customer);
    }

    /// What `Own` means for an operation of this session: what its latest creating operation
    /// creates, else a preloaded item.
    #[inline]
    fn own(&self, session: u32, flow: &FlowModel, word: u64) -> KeyId {
        if flow.own_from.is_empty() {
            return KeyId(mix(word, OWN) & !KeyId::CREATED);
        }
        let row = session as usize * self.sources.len();
        let sources =
            self.sources.iter().enumerate().filter(|(_, source)| flow.own_from.contains(source));
        let latest =
            sources.map(|(place, _)| self.latest[row + place]).filter(|op| op.is_some()).max();
        latest.map_or(KeyId(mix(word, OWN) & !KeyId::CREATED), KeyId::created_by)
    }

    fn ended<P: Probe>(&mut self, ended: Ended, env: &mut Env<'_, '_, P>) {
        let verdict = match ended.answer {
            Answer::Done | Answer::Idle => Verdict::Done,
            Answer::Refused => Verdict::Refused,
            Answer::Failed(reason) => Verdict::Failed(reason),
        };
        let op = self.journeys.get(ended.waiter).expect("the customer waits").op.id;
        env.fact(Fact::Answered { op, verdict });
        if self.insistence.is_some() && self.tries_again(ended.waiter, ended.answer, env) {
            return;
        }
        self.next_action(ended.waiter, env);
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

fn never_surges(model: &Model, client: NodeIx) -> bool {
    let faults = &model.faults;
    faults.next_rate_change(client, Time::ZERO).is_none()
        && faults.rate_factor(client, Time::ZERO) == 1.0
}

fn pick_journey(settings: &Settings, word: u64) -> u32 {
    let journeys = &settings.journeys;
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

/// Bits of the effects that this operation tells: branches not taken left out.
fn told(flow: &FlowModel, word: u64) -> u64 {
    let untaken =
        flow.maybes.iter().filter(|(probability, name, _)| unit(mix(word, *name)) >= *probability);
    untaken.fold(flow.effects, |told, (_, _, effects)| told & !effects)
}

const SESSION: u64 = name_hash("session");
const JOURNEY: u64 = name_hash("journey");
const THINK: u64 = name_hash("think");
const OWN: u64 = name_hash("own");
