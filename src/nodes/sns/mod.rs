//! Amazon SNS: topics that push a copy of each message to each subscription, and try again for so long.
//!
//! ```text
//! publish ─▶ stored ─▶ a letter a subscription ─▶ attempt ──done──▶ gone
//!                                       ▲            │ fails, or 15 s without an answer
//!                                       └── pause ◀──┤
//!                                                    └─ no retry left ─▶ lost, or the dead-letter queue
//! ```
//!
//! What is modelled, after the pages of docs.aws.amazon.com, `sns`, read in November 2026:
//!
//! * `sns-message-delivery-retries`: the four phases of a delivery policy, Amazon's own to queues, that of the
//!   file over HTTP. What is left after the last retry is discarded, or goes to the subscription's dead-letter
//!   queue. No subscription waits for another.
//! * `SendMessageToHttp.prepare`: an endpoint that has not answered within 15 seconds has failed; the attempt
//!   may be done all the same, and then twice. Endpoints may be sent a message more than once, and in any order.
//! * `sns-fifo-topics`, `fifo-message-delivery`, `fifo-message-dedup`: `fifo`. `sns-message-filtering`: who gets what
//!   is worked out with the model; a message follows its list.
//! * `sns-dead-letter-queues`: what could not be delivered waits in a queue until somebody sends it again.
//!
//! It is a managed service: a crash means that it cannot be reached, while what it has confirmed is kept.
//!
//! Left out is what the room in `scenario/kinds` says.

mod due;
mod fifo;
#[cfg(test)]
mod tests;

use self::due::Due;
use self::fifo::Fifo;
use super::behaviour::Behaviour;
use super::broker::{Frame, Incoming, Intake, miss, multiply, used_up};
use super::message::{Answer, Body, Item, Message, Op};
use super::parts::slab::{Handle, Slab};
use super::readings::{Readings, What};
use super::{Env, broker};
use crate::base::{Span, Time, weight};
use crate::engine::InstanceId;
use crate::model::program::{PubIx, Subscriber};
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{self, DeliveryPolicy, NodeKind};

/// An attempt that is not answered for so long has failed.
const PATIENCE: Span = Span(15_000_000_000);

/// The service, with all its topics: one instance.
#[derive(Clone, Debug)]
pub struct Sns {
    intake: Intake,
    me: NodeIx,
    settings: tree::Sns,
    letters: Slab<Letter>,
    /// Of FIFO topics.
    fifo: Option<Box<Fifo>>,
    /// Per channel of the program: whose turn it is, and when the next attempt may be made.
    turns: Vec<Turn>,
}

/// What is to be delivered to one subscription.
#[derive(Clone, Copy, Debug)]
struct Letter {
    op: Op,
    publication: PubIx,
    /// Which of its subscribers.
    nth: u16,
    item: Item,
    /// How often its delivery was tried.
    attempts: u32,
    /// How often it came back from the dead-letter queue.
    deaths: u32,
    state: State,
}

impl Letter {
    fn subscriber(&self, model: &Model) -> Subscriber {
        model.programs.subscriber(self.publication, self.nth)
    }
}

/// How a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On its way to this instance, and given up at `until`.
    Sent { to: InstanceId, until: Time },
    /// Tried then; with a turn, whatever the throttle says.
    Waits { since: Time, until: Time, has_turn: bool },
    /// In the dead-letter queue until then.
    Dead { until: Time },
}

impl State {
    /// For so long from now on.
    fn waits(now: Time, pause: Span) -> Self {
        Self::Waits { since: now, until: now + pause, has_turn: false }
    }

    fn until(self) -> Time {
        let (Self::Sent { until, .. } | Self::Waits { until, .. } | Self::Dead { until }) = self;
        until
    }
}

/// How a subscription's endpoint takes its turns.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    /// The instance that is next.
    instance: u32,
    /// No attempt before then, where attempts are throttled.
    not_before: Time,
}

impl Behaviour for Sns {
    type Due = Due;

    fn new(model: &Model, me: InstanceId) -> Self {
        let me = model.node_of(me);
        let NodeKind::Sns(settings) = &model.scenario.nodes[usize::from(me.0)].kind else {
            unreachable!("node {me:?} is no SNS");
        };
        Self {
            intake: Intake::new(model, me, settings.persist.clone(), false),
            me,
            settings: settings.clone(),
            letters: Slab::default(),
            fifo: settings.fifo.then(|| Box::new(Fifo::new(settings.to, model))),
            turns: vec![Turn::default(); model.programs.channels.len()],
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Broker(Frame::Publish { .. }) => self.is_sent(message, env),
            Body::Broker(Frame::Ack { receipt }) => {
                used_up(message.op, None, env);
                self.is_delivered(receipt, env);
            }
            Body::Broker(Frame::Nack { receipt }) => {
                used_up(message.op, None, env);
                self.fails(receipt, env);
            }
            Body::Answer { call, verdict } => {
                used_up(message.op, None, env);
                if verdict == Answer::Done {
                    self.is_delivered(call, env);
                } else {
                    self.fails(call, env);
                }
            }
            Body::Gone { .. } => self.is_gone(message.from, env),
            Body::Broker(Frame::Join { .. } | Frame::Leave { .. }) => {}
            body => unreachable!("not for an SNS: {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => {
                let Some(incoming) = self.intake.stored(handle) else { return };
                incoming.confirm(Answer::Done, env);
                let now = env.now();
                if self.fifo.as_mut().is_some_and(|fifo| fifo.is_repeated(&incoming, now)) {
                    return used_up(incoming.op, None, env);
                }
                let subscribers = incoming.subscribers(env.model);
                let missed = incoming.missed(env.model);
                multiply(incoming.op, subscribers.len() + missed as usize, env);
                miss(incoming.op, missed, Reason::Filtered, env);
                let Incoming { op, item, publication, .. } = incoming;
                for nth in (0..).take(subscribers.len()) {
                    let state = State::waits(env.now(), Span::ZERO);
                    let (attempts, deaths) = (0, 0);
                    env.fact(Fact::Waits { op: op.id });
                    let letter = Letter { op, publication, nth, item, attempts, deaths, state };
                    self.comes(letter, env);
                }
            }
            Due::Until(letter) => self.comes_up(letter, env),
        }
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Intake(broker::Due::Stored(handle)) => self.intake.is_stale(handle),
            Due::Until(letter) => {
                self.letters.get(letter).is_none_or(|letter| letter.state.until() != at)
            }
        }
    }

    /// It cannot be reached: what it has not stored is lost.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        self.intake.crash(host, env);
    }

    /// What was due while it could not be reached is due now.
    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let due = self.letters.iter().filter(|(_, letter)| letter.state.until() <= env.now());
        for letter in due.map(|(at, _)| at).collect::<Vec<_>>() {
            self.comes_up(letter, env);
        }
    }

    fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.intake.resume(env);
    }

    fn readings(&self, _model: &Model, now: Time, into: &mut Readings) {
        let since = |(_, letter): (Handle, &Letter)| match letter.state {
            State::Waits { since, .. } => Some(since),
            _ => None,
        };
        let behind = self.fifo.as_ref().map_or(0, |fifo| fifo.waiting());
        into.own(What::Waiting, self.letters.iter().filter_map(since).count() + behind);
        into.oldest(now, self.letters.iter().filter_map(since).min());
        let is_sent = |letter: &Letter| matches!(letter.state, State::Sent { .. });
        into.own(What::Busy, self.letters.iter().filter(|(_, letter)| is_sent(letter)).count());
    }

    fn weight(&self) -> usize {
        let fifo = self.fifo.as_ref().map_or(0, |fifo| fifo.weight());
        self.intake.weight() + self.letters.weight() + weight::vec(&self.turns) + fifo
    }
}

impl Sns {
    /// A publication arrives. A FIFO topic refuses what is too much for it.
    fn is_sent<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let (topic, now) = (env.model.node_of(message.from), env.now());
        if self.fifo.as_mut().is_none_or(|fifo| fifo.takes(topic, now)) {
            return self.intake.take(message, env);
        }
        let incoming = Incoming::arrived(message, env);
        incoming.confirm(Answer::Failed(Reason::RateLimited), env);
        used_up(incoming.op, Some(Reason::RateLimited), env);
    }

    /// A letter is there to be delivered: now, or after those of its group.
    fn comes<P: Probe>(&mut self, letter: Letter, env: &mut Env<'_, '_, P>) {
        let first = match &mut self.fifo {
            Some(fifo) => fifo.comes(letter, env.model),
            None => Some(letter),
        };
        if let Some(letter) = first {
            self.tries(letter, env);
        }
    }

    /// A letter is no more: the next of its group may go.
    fn goes<P: Probe>(&mut self, letter: &Letter, env: &mut Env<'_, '_, P>) {
        let next = self.fifo.as_mut().and_then(|fifo| fifo.goes(letter, env.model));
        if let Some(next) = next {
            self.tries(next, env);
        }
    }

    /// Tries to deliver a letter that waits: now, or when its endpoint may be tried again.
    fn tries<P: Probe>(&mut self, mut letter: Letter, env: &mut Env<'_, '_, P>) {
        let State::Waits { since, has_turn, .. } = letter.state else { unreachable!("it waits") };
        let Subscriber { channel: at, entry } = letter.subscriber(env.model);
        let channel = &env.model.programs.channels[at as usize];
        let is_pushed = channel.broker == self.me;
        let turn = &mut self.turns[at as usize];
        if let Some(spacing) = self.settings.spacing.filter(|_| is_pushed && !has_turn) {
            let now = env.now();
            let until = turn.not_before.max(now);
            turn.not_before = until + spacing;
            if until > now {
                let state = State::Waits { since, until, has_turn: true };
                let letter = self.letters.insert(Letter { state, ..letter });
                return env.wait(until.since(now), Due::Until(letter));
            }
        }
        let node = if is_pushed { channel.consumer } else { channel.broker };
        let node = &env.model.nodes[usize::from(node.0)];
        let to = InstanceId(node.first.0 + turn.instance % node.count);
        turn.instance = turn.instance.wrapping_add(1);
        let attempt = u64::from(letter.deaths) << 32 | u64::from(letter.attempts);
        letter.attempts += 1;
        letter.state = State::Sent { to, until: env.now() + PATIENCE };
        let Letter { publication, nth, item, .. } = letter;
        let op = letter.op.again(env.model.name_of(env.node()), attempt);
        let waited = env.now().since(since);
        env.fact(Fact::Began { op: op.id, waited, queued: true, arrives: false });
        let redelivered = attempt > 0;
        if redelivered {
            env.fact(Fact::Redelivered { op: op.id });
        }
        // Each attempt has a name of its own: what comes late of an earlier one is not known any more.
        let receipt = self.letters.insert(letter);
        env.wait(PATIENCE, Due::Until(receipt));
        env.send(
            to,
            &op,
            if is_pushed {
                Frame::Deliver { receipt, entry, item, redelivered }
            } else {
                Frame::Forward { call: receipt, publication, nth, item }
            },
        );
    }

    /// An attempt was answered: the subscription has it.
    fn is_delivered<P: Probe>(&mut self, attempt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(letter) = self.letters.remove(attempt) else { return };
        env.fact(Fact::Freed { op: letter.op.id });
        used_up(letter.op, None, env);
        self.goes(&letter, env);
    }

    /// An attempt has failed.
    fn fails<P: Probe>(&mut self, attempt: Handle, env: &mut Env<'_, '_, P>) {
        let Some(mut letter) = self.letters.remove(attempt) else { return };
        env.fact(Fact::Freed { op: letter.op.id });
        let channel = letter.subscriber(env.model).channel;
        let is_pushed = env.model.programs.channels[channel as usize].broker == self.me;
        let policy = if is_pushed { self.settings.retries } else { DeliveryPolicy::QUEUES };
        let now = env.now();
        letter.state = match (policy.pause(letter.attempts - 1), self.settings.redrive_after) {
            (Some(pause), _) => State::waits(now, pause),
            (None, Some(after)) => State::Dead { until: now + after },
            (None, None) => {
                used_up(letter.op, Some(Reason::Undelivered), env);
                return self.goes(&letter, env);
            }
        };
        if let State::Waits { .. } = letter.state {
            env.fact(Fact::Waits { op: letter.op.id });
        }
        let lasts = letter.state.until().since(now);
        let handle = self.letters.insert(letter);
        env.wait(lasts, Due::Until(handle));
        if let State::Dead { .. } = letter.state {
            self.goes(&letter, env);
        }
    }

    /// What was to last until now is over.
    fn comes_up<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let state = self.letters.get(handle).expect("a timer for it").state;
        if let State::Sent { .. } = state {
            return self.fails(handle, env);
        }
        let mut letter = self.letters.remove(handle).expect("a timer for it");
        if let State::Dead { .. } = state {
            (letter.attempts, letter.deaths) = (0, letter.deaths + 1);
            letter.state = State::waits(env.now(), Span::ZERO);
            env.fact(Fact::Waits { op: letter.op.id });
            return self.comes(letter, env);
        }
        self.tries(letter, env);
    }

    /// The connections to an instance are gone: what was on its way there has failed.
    fn is_gone<P: Probe>(&mut self, instance: InstanceId, env: &mut Env<'_, '_, P>) {
        let is_there =
            |letter: &Letter| matches!(letter.state, State::Sent { to, .. } if to == instance);
        let failed = self.letters.iter().filter(|(_, letter)| is_there(letter));
        for attempt in failed.map(|(at, _)| at).collect::<Vec<_>>() {
            self.fails(attempt, env);
        }
    }
}
