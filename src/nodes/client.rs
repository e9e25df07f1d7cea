//! Customers: when journeys start, what they do in a row, and what the answers were. Latency counts
//! from the intended send; an open client never waits for answers before it starts the next
//! journey (no coordinated omission).
//!
//! An operation's word, session and journey are drawn here, from streams of the client alone, so
//! that all designs face the same customers: open clients share arrival times, closed ones each
//! customer's sequence and think times.

mod again;
mod latest;

use self::again::Insistence;
use self::latest::Latest;
use super::calls::{Calls, Ended, Waiters};
use super::discovery::Discovery;
use super::env::Env;
use super::message::{Answer, Body, Message, Op, Timer};
use super::slab::{Handle, Slab};
use crate::base::{Span, Stream, Time, index, math, mix, name_hash, unit};
use crate::engine::{Class, InstanceId};
use crate::model::program::EntryIx;
use crate::model::{FlowModel, Model, NodeIx};
use crate::probes::{Fact, OpId, Probe, Verdict};
use crate::scenario::tree::{
    Action, Arrivals, Batch, Client as Settings, Journey, NodeKind, PolicyIx,
};

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
    latest: Latest,
    policy: Option<PolicyIx>,
    /// Per flow: what its requests are like.
    requests: Vec<Request>,
    /// Do customers come back when they are done?
    is_closed: bool,
    /// Where somebody tries again what was refused.
    insistence: Option<Box<Insistence>>,
    /// The one rate of Poisson arrivals, if there is but one and no surge.
    steady_per_s: Option<f64>,
    /// Poisson arrivals one by one: the next gap, in units of the mean gap. It is drawn one arrival
    /// ahead, so that none has to wait for a logarithm.
    gap: Option<f64>,
}

/// What the requests of a flow have in common.
#[derive(Clone, Copy, Debug)]
struct Request {
    /// Where they enter.
    entry: EntryIx,
    /// Bits of all effects that they may tell.
    effects: u64,
    /// Has each of them a deadline, items of its own, or branches?
    has_more: bool,
}

/// A customer on a journey.
#[derive(Clone, Copy, Debug)]
struct Walk {
    session: u32,
    journey: u32,
    /// The next action, and how many the journey has.
    action: u32,
    actions: u32,
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
            latest: Latest::new(model, sessions(settings)),
            policy: settings.policy.or(model.client_policy),
            requests: model.flows.iter().map(|flow| Request::new(flow, settings)).collect(),
            is_closed: matches!(settings.arrivals, Arrivals::Closed { .. }),
            insistence: insists(settings)
                .then(|| Insistence::new(Stream::new(model.seed, "again", name, 0))),
            steady_per_s: match &settings.arrivals {
                Arrivals::Poisson(rates) if rates.len() == 1 && never_surges(model, node) => {
                    Some(rates[0].1).filter(|rate| *rate > 0.0)
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
            let customer = self.journeys.insert(Walk::new(session, word));
            env.wait(think.span(mix(word, THINK)), Timer::Think(customer));
        }
    }

    /// Customers on their way.
    pub fn held(&self) -> usize {
        self.journeys.len()
    }

    /// A message arrived.
    #[inline(never)]
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
    #[inline]
    pub fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        match timer {
            Timer::Arrival => self.arrival(env),
            timer => self.other_timer(timer, env),
        }
    }

    #[inline(never)]
    fn other_timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        match timer {
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
    #[inline]
    fn schedule<P: Probe>(next: Option<Time>, env: &mut Env<'_, '_, P>) {
        if let Some(next) = next.filter(|next| *next < env.model.arrivals_end()) {
            env.ctx.after(next.since(env.now()), Class::Timeout, Timer::Arrival);
        }
    }

    /// The instant of the next arrival; `None` if there is none any more.
    #[inline]
    fn next_arrival<P: Probe>(
        &mut self,
        settings: &Settings,
        env: &Env<'_, '_, P>,
    ) -> Option<Time> {
        if let (Some(rate), Some(gap)) = (self.steady_per_s, &mut self.gap) {
            let drawn = math::neg_ln_unit(self.arrivals.next_u64());
            let expected = std::mem::replace(gap, drawn);
            return Some(env.now() + Span::from_ns(expected / rate * 1e9));
        }
        self.next_of(&settings.arrivals, env)
    }

    /// The same, of arrivals of any kind.
    #[inline(never)]
    fn next_of<P: Probe>(
        &mut self,
        arrivals: &Arrivals,
        env: &Env<'_, '_, P>,
    ) -> Option<Time> {
        match arrivals {
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
                Self::after_expecting(expected, rates, env)
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

    #[inline(never)]
    fn arrival<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let settings = settings(env.model, env.node());
        self.started += 1;
        let next = self.next_arrival(settings, env);
        if let Some(batch) = settings.batch {
            self.others_come(batch, settings, env);
        }
        let customer = self.customer(settings);
        Self::schedule(next, env);
        self.act(customer, settings, env);
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
        for _ in 0..others {
            let customer = self.customer(settings);
            self.act(customer, settings, env);
        }
    }

    /// One more customer.
    #[inline]
    fn customer(&mut self, settings: &Settings) -> Handle {
        let word = self.words.next_u64();
        let session = index(mix(word, SESSION), u64::from(settings.sessions)) as u32;
        let (journey, actions) = pick_journey(settings, word);
        self.journeys.insert_with(|| Walk { journey, actions, ..Walk::new(session, word) })
    }

    // -- journeys ----------------------------------------------------------------------------------

    fn next_action<P: Probe>(&mut self, customer: Handle, env: &mut Env<'_, '_, P>) {
        self.act(customer, settings(env.model, env.node()), env);
    }

    /// A customer does what is next on its journey.
    #[inline(never)]
    fn act<P: Probe>(
        &mut self,
        customer: Handle,
        settings: &Settings,
        env: &mut Env<'_, '_, P>,
    ) {
        let walk = self.journeys.get_mut(customer).expect("the customer is there");
        let mut intended = env.now();
        if intended >= env.model.arrivals_end() {
            // Only those go on who are about to try again what was refused.
            let insistence = self.insistence.as_ref();
            if !insistence.is_some_and(|insistence| insistence.is_at_it(customer)) {
                return self.journeys.discard(customer);
            }
        }
        let closed = match &settings.arrivals {
            Arrivals::Closed { think, .. } => Some(think),
            _ => None,
        };
        if closed.is_some() && walk.action == 0 {
            walk.round += 1;
            (walk.journey, walk.actions) = pick_journey(settings, mix(walk.word, walk.round));
        }
        let actions = &settings.journeys[walk.journey as usize].actions;
        let action = actions.get(walk.action as usize);
        let Some(action) = action else {
            let Some(think) = closed else { return self.journeys.discard(customer) };
            walk.action = 0;
            let word = mix(mix(walk.word, walk.round), THINK);
            return env.wait(think.span(word), Timer::Think(customer));
        };
        walk.action += 1;
        let word = mix(mix(walk.word, walk.round), u64::from(walk.action));
        let flow = match action {
            Action::Think(think) => {
                return env.wait(think.span(mix(word, THINK)), Timer::Think(customer));
            }
            Action::Do(flow) => *flow,
            Action::DoAgain(flow, _) => {
                let insistence = self.insistence.as_mut().expect("somebody insists");
                intended = insistence.tries(customer, intended);
                *flow
            }
        };
        let (id, session) = (OpId::new(self.number, self.sent), walk.session);
        self.sent += 1;
        walk.op = Op { id, word, session, flow, ..Op::NONE };
        let Request { entry, effects, has_more } = self.requests[flow.0 as usize];
        let told =
            if has_more { fill_in(&mut walk.op, &mut self.latest, env) } else { effects };
        env.fact(Fact::Sent { op: id, flow, session, intended, told });
        self.calls.start(env, entry, &walk.op, self.policy, customer);
    }

    #[inline]
    fn ended<P: Probe>(&mut self, ended: Ended, env: &mut Env<'_, '_, P>) {
        let verdict = match ended.answer {
            Answer::Done => Verdict::Done,
            answer => verdict_of(answer),
        };
        let walk = self.journeys.get(ended.waiter).expect("the customer waits");
        let (op, was_last) = (walk.op.id, walk.action == walk.actions);
        env.fact(Fact::Answered { op, verdict });
        if self.insistence.is_some() && self.tries_again(ended.waiter, ended.answer, env) {
            return;
        }
        if was_last && !self.is_closed {
            return self.journeys.discard(ended.waiter);
        }
        self.next_action(ended.waiter, env);
    }
}

impl Request {
    /// Requests of this flow, as a client with these settings sends them.
    fn new(flow: &FlowModel, settings: &Settings) -> Self {
        let has_deadline = flow.deadline.is_some() && flow.propagate;
        let has_items = flow.has_own || flow.is_own_source;
        Self {
            entry: flow.entry(settings.via),
            effects: flow.effects,
            has_more: has_deadline || has_items || !flow.maybes.is_empty(),
        }
    }
}

impl Walk {
    /// A customer who has done nothing yet.
    #[inline]
    fn new(session: u32, word: u64) -> Self {
        Self { session, journey: 0, action: 0, actions: 0, word, op: Op::NONE, round: 0 }
    }
}

/// What an operation has of its own: a deadline, items, branches. Says which effects it tells.
#[inline(never)]
fn fill_in<P: Probe>(op: &mut Op, latest: &mut Latest, env: &Env<'_, '_, P>) -> u64 {
    let flow = &env.model.flows[op.flow.0 as usize];
    if let Some(deadline) = flow.deadline.filter(|_| flow.propagate) {
        op.deadline = env.now() + deadline;
    }
    if flow.has_own {
        op.own = latest.own(op.session, flow, op.word);
    }
    if flow.is_own_source {
        latest.note(op.session, op.flow, op.id);
    }
    told(flow, op.word)
}

/// What a customer hears of what is not done.
#[cold]
fn verdict_of(answer: Answer) -> Verdict {
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

fn never_surges(model: &Model, client: NodeIx) -> bool {
    let faults = &model.faults;
    faults.next_rate_change(client, Time::ZERO).is_none()
        && faults.rate_factor(client, Time::ZERO) == 1.0
}

/// Which journey a word means, and how many actions it has.
#[inline]
fn pick_journey(settings: &Settings, word: u64) -> (u32, u32) {
    let journeys = &settings.journeys;
    let place = if journeys.len() == 1 { 0 } else { pick_among(journeys, word) };
    (place, journeys[place as usize].actions.len() as u32)
}

fn pick_among(journeys: &[Journey], word: u64) -> u32 {
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
