//! The outbox and its relay: what commits with a transaction is published afterwards, in order, at
//! least once. Knows brokers by name only.
//!
//! The relay reads the store's log beside the database (change data capture, in the manner of
//! Debezium's outbox event router), so it takes no connection; a [`Gate`] holds rows back where it polls,
//! or gathers them. It keeps up to [`PIPELINE`] rows
//! unconfirmed. A confirm removes its row. When a confirm fails or does not come in time (the policy
//! `publish` says how long that is, and its `retry` how long to pause), the relay pauses, goes back to the oldest unconfirmed row and sends again from there, as it does after a
//! restart (Debezium's engine resumes from the last offset it recorded, so consumers may see
//! duplicates and should recognise them: Apache Camel, "Debezium `MySQL` Connector", note on
//! handling failures).
//!
//! ```text
//! order:   confirmed | in flight (at most 128) | waiting ...
//!                      ^ oldest                  ^ next
//! ```

use std::collections::VecDeque;

use super::gate;
use super::gate::Gate;
use crate::base::{Span, Stream, Time, weight};
use crate::engine::InstanceId;
use crate::model::program::PubIx;
use crate::model::{Model, NodeIx};
use crate::nodes::broker::{Cause, Frame};
use crate::nodes::calls::backoff::pause;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Item, Op, timers};
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::{Fact, Probe};
use crate::scenario::tree::Backoff;

timers! {
    /// What the relay waits for.
    pub enum Due {
        /// Time to send again what is not confirmed; counts how often that was foreseen.
        Again(timer: u32) = 8,
    }
    parts {
        /// Its gate.
        Gate(gate::Due),
    }
}

/// Rows that may be unconfirmed at once.
pub const PIPELINE: usize = 128;
/// A confirm that takes longer has failed, where no policy says otherwise.
pub const CONFIRM_TIMEOUT: Span = Span(5_000_000_000);
/// From a failure to the next attempt, where no policy says otherwise.
pub const PAUSE: Span = Span(500_000_000);

/// A durable row that waits to be published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting {
    /// The operation as its transaction left it.
    pub op: Op,
    /// What is published.
    pub publication: PubIx,
    /// What changed.
    pub item: Item,
}

/// The outbox and its relay.
#[derive(Clone, Debug)]
pub(super) struct Relay {
    rows: Slab<Row>,
    /// In order of commits; a confirmed row's handle finds nothing.
    order: VecDeque<Handle>,
    /// The place in `order` of the first row that waits.
    next: usize,
    in_flight: usize,
    is_pausing: bool,
    /// A confirm that takes longer has failed; `None`: it may take any time.
    patience: Option<Span>,
    /// From a failure to the next attempt.
    backoff: Backoff,
    /// Failures since the last confirm, and the last pause.
    failures: (u32, Span),
    chance: Stream,
    /// The timer that counts; older ones are stale.
    timer: u32,
    /// Where rows are not sent at once.
    gate: Option<Box<Gate>>,
    /// When that one is due. It stays when everything is confirmed, and serves what is sent next.
    due: Time,
    /// Does a row stay until the broker has confirmed it?
    is_confirmed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    posting: Posting,
    /// When it was sent, while it is in flight.
    sent: Option<Time>,
    /// How often it was sent.
    times: u32,
}

impl Relay {
    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.rows.weight() + weight::deque(&self.order)
    }

    /// How many rows no broker has confirmed.
    pub(super) fn unconfirmed(&self) -> usize {
        self.rows.len()
    }

    /// That of this database, with an empty outbox.
    pub(super) fn new(model: &Model, database: NodeIx) -> Self {
        let scenario = &model.scenario;
        let policy =
            scenario.class_policy("publish").map(|ix| &scenario.policies[usize::from(ix.0)]);
        let name = &scenario.nodes[usize::from(database.0)].name;
        let design = scenario.designs.get(model.design);
        let produce = design.and_then(|it| it.broker).map(|broker| model.terms(broker).produce);
        let patience = produce.and_then(|it| it.overdue).unwrap_or(CONFIRM_TIMEOUT);
        Self {
            rows: Slab::default(),
            order: VecDeque::new(),
            next: 0,
            in_flight: 0,
            is_pausing: false,
            patience: policy.map_or(Some(patience), |policy| policy.timeout),
            backoff: match policy {
                Some(policy) if policy.tries > 1 => policy.backoff.clone(),
                _ => Backoff::Constant(PAUSE),
            },
            failures: (0, Span::ZERO),
            chance: Stream::new(model.seed, "relay", name, 0),
            timer: 0,
            gate: Gate::of(model).map(Box::new),
            due: Time::ZERO,
            is_confirmed: produce.is_none_or(|it| it.confirm),
        }
    }

    /// A transaction that commits appends a row.
    pub(super) fn append<P: Probe>(&mut self, posting: Posting, env: &mut Env<'_, '_, P>) {
        env.fact(Fact::Carried { op: posting.op.id });
        let row = self.rows.insert(Row { posting, sent: None, times: 0 });
        self.order.push_back(row);
    }

    /// Sends what may be sent.
    #[inline]
    pub(super) fn pump<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.next < self.order.len() && !self.is_pausing {
            if self.gate.is_some() {
                return self.pump_through_gate(env);
            }
            self.send_or_forget(self.order.len(), env);
        }
    }

    #[cold]
    fn pump_through_gate<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let rows = self.order.len();
        let until = self.gate.as_mut().map_or(rows, |gate| gate.released(rows, env));
        self.send_or_forget(until, env);
    }

    fn send_or_forget<P: Probe>(&mut self, until: usize, env: &mut Env<'_, '_, P>) {
        if self.is_confirmed {
            self.send(until, env);
        } else {
            self.forget_what_is_sent(until, env);
        }
    }

    /// Nobody waits for a confirm: what is sent is gone.
    #[cold]
    fn forget_what_is_sent<P: Probe>(&mut self, until: usize, env: &mut Env<'_, '_, P>) {
        for call in self.order.drain(..until) {
            let Some(row) = self.rows.remove(call) else { continue };
            let Posting { op, publication, item } = row.posting;
            let call = Handle::NONE;
            let broker = env.model.carrier(publication);
            let cause = Cause::NONE;
            env.send(broker, &op, Frame::Publish { call, publication, item, cause });
            env.fact(Fact::Dropped { op: op.id, why: None });
            if let Some(gate) = &mut self.gate {
                gate.shift();
            }
        }
    }

    /// Sends of the first so many rows what waits and may be in flight.
    fn send<P: Probe>(&mut self, until: usize, env: &mut Env<'_, '_, P>) {
        let was_idle = self.in_flight == 0;
        while self.in_flight < PIPELINE && self.next < until {
            let call = self.order[self.next];
            self.next += 1;
            let Some(row) = self.rows.get_mut(call) else { continue };
            row.sent = Some(env.now());
            self.in_flight += 1;
            let Posting { op, publication, item } = row.posting;
            let broker = env.model.carrier(publication);
            let op = op.again(env.model.name_of(env.node()), u64::from(row.times));
            row.times += 1;
            let cause = Cause::NONE;
            env.send(broker, &op, Frame::Publish { call, publication, item, cause });
        }
        if let Some(patience) = self.patience
            && was_idle
            && self.in_flight > 0
            && self.due <= env.now()
        {
            self.set_timer(patience, env);
        }
    }

    /// The broker's word on a row.
    pub(super) fn confirm<P: Probe>(
        &mut self,
        call: Handle,
        word: Answer,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(row) = self.rows.get(call).copied() else { return };
        if matches!(word, Answer::Failed(_)) {
            if row.sent.is_some() {
                self.go_back(env);
            }
            return;
        }
        self.rows.remove(call);
        self.failures = (0, Span::ZERO);
        env.fact(Fact::Dropped { op: row.posting.op.id, why: None });
        self.in_flight -= usize::from(row.sent.is_some());
        while self.order.front().is_some_and(|row| self.rows.get(*row).is_none()) {
            self.order.pop_front();
            self.next = self.next.saturating_sub(1);
            if let Some(gate) = &mut self.gate {
                gate.shift();
            }
        }
        self.pump(env);
    }

    /// Somebody's connections are gone. If it is the broker, no confirm will come.
    pub(super) fn disconnect<P: Probe>(&mut self, from: InstanceId, env: &mut Env<'_, '_, P>) {
        let oldest = self.order.front().and_then(|row| self.rows.get(*row));
        let oldest = oldest.filter(|row| row.sent.is_some());
        if oldest.is_some_and(|row| env.model.carrier(row.posting.publication) == from) {
            self.go_back(env);
        }
    }

    /// A timer that is not stale.
    fn look_back<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.is_pausing {
            self.is_pausing = false;
            self.pump(env);
            return;
        }
        let waited = self.oldest().map_or(Span::ZERO, |sent| env.now().since(sent));
        match self.patience {
            Some(patience) if waited >= patience => self.go_back(env),
            Some(patience) => self.set_timer(Span(patience.0 - waited.0), env),
            None => {}
        }
    }

    /// A timer of its own is due that is not stale.
    pub(super) fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Again(_) => self.look_back(env),
            Due::Gate(due) => {
                if let Some(gate) = &mut self.gate {
                    gate.timer(due, self.order.len(), env);
                }
                self.pump(env);
            }
        }
    }

    fn set_timer<P: Probe>(&mut self, span: Span, env: &mut Env<'_, '_, P>) {
        self.timer = self.timer.wrapping_add(1);
        self.due = env.now() + span;
        env.wait(span, Due::Again(self.timer));
    }

    /// When the oldest row in flight was sent. It is the first: confirmed rows before it are gone,
    /// and rows are sent in order.
    fn oldest(&self) -> Option<Time> {
        self.order.front().and_then(|row| self.rows.get(*row)).and_then(|row| row.sent)
    }

    /// Is this timer of no interest any more?
    pub(super) fn is_stale(&self, due: Due) -> bool {
        match due {
            Due::Again(timer) => timer != self.timer || self.in_flight == 0 && !self.is_pausing,
            Due::Gate(due) => self.gate.as_ref().is_none_or(|gate| gate.is_stale(due)),
        }
    }

    fn go_back<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.forget_flight();
        self.is_pausing = true;
        let (failures, last) = (self.failures.0.saturating_add(1), self.failures.1);
        let span = pause(&self.backoff, failures, last, &mut self.chance);
        self.failures = (failures, span);
        self.set_timer(span, env);
    }

    fn forget_flight(&mut self) {
        for row in self.order.iter().take(self.next) {
            if let Some(row) = self.rows.get_mut(*row) {
                row.sent = None;
            }
        }
        (self.next, self.in_flight) = (0, 0);
    }

    /// The relay dies with its host; the outbox stays.
    pub(super) fn crash(&mut self) {
        self.forget_flight();
        self.is_pausing = true;
        self.timer = self.timer.wrapping_add(1);
        self.due = Time::ZERO;
        if let Some(gate) = &mut self.gate {
            gate.crash();
        }
    }

    /// It starts again with the oldest unconfirmed row.
    pub(super) fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.is_pausing = false;
        if let Some(gate) = &mut self.gate {
            gate.restart(env.now());
        }
        self.pump(env);
    }
}
