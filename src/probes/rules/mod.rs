//! The rules of accounting as small traces computed by hand: what must be accepted beside what must
//! be rejected. A business like the shipped checkout: `buy` writes an order at home, takes stock and
//! charges (all undoable), mails (best effort); `view` reads; `ping` does neither.

mod bounds;
mod convergence;
mod effects;
mod ends;
mod invariants;
mod journal;
mod laws;
mod reads;
mod sessions;

use std::sync::Arc;

use super::layout::{ClientPlan, EffectPlan, EntityPlan, FlowPlan, NodePlan, SumPlan};
use super::*;
use crate::base::Span;
use crate::scenario::tree::{EntityIx, FlowIx, NodeIx};

const ORDER: EntityIx = EntityIx(0);
const STOCK: EntityIx = EntityIx(1);
const MAIL: EntityIx = EntityIx(2);
const BUY: FlowIx = FlowIx(0);
const VIEW: FlowIx = FlowIx(1);
const PING: FlowIx = FlowIx(2);
const KEY: KeyId = KeyId(0);
/// Home, which has a cache; owner; and a node with a complete copy.
const HOME: InstanceId = InstanceId(0);
const COPY: InstanceId = InstanceId(2);
/// Effects of `buy`.
const WRITES: u8 = 0;
const TAKES: u8 = 1;
const MAILS: u8 = 2;

fn layout() -> Layout {
    let effect = |entity, best_effort, idempotent, creates| EffectPlan {
        entity,
        best_effort,
        idempotent,
        accumulates: !idempotent,
        undo: true,
        creates,
    };
    let entity = |name: &str, copied_by| EntityPlan {
        name: name.into(),
        keys: 10,
        start: 5,
        floor: Some(0),
        copied_by,
    };
    let node = |name: &str, kind, shares_copy| NodePlan {
        name: name.into(),
        kind,
        instances: 1,
        workers: Some(1),
        shares_copy,
        durable: shares_copy,
        outlives_itself: false,
    };
    Layout {
        flows: vec![
            FlowPlan {
                name: "buy".into(),
                deadline: Some(Span(100)),
                effects: vec![
                    effect(ORDER, false, true, true),
                    effect(STOCK, false, false, false),
                    effect(MAIL, true, true, true),
                ],
                reads: true,
                needs: vec![(STOCK, 1)],
            },
            FlowPlan { name: "view".into(), reads: true, ..FlowPlan::default() },
            FlowPlan { name: "ping".into(), ..FlowPlan::default() },
        ],
        nodes: vec![
            node("home", "service", false),
            node("owner", "service", false),
            node("shop", "service", true),
        ],
        instances: vec![NodeIx(0), NodeIx(1), NodeIx(2)],
        entities: vec![
            entity("order", vec![]),
            entity("stock", vec![NodeIx(2)]),
            entity("mail", vec![]),
        ],
        sums: vec![SumPlan { name: "goods".into(), entities: vec![STOCK] }],
        faults: Vec::new(),
        clients: vec![ClientPlan { name: "web".into(), sessions: 3 }],
        gone: Vec::new(),
        warmup: Span(0),
        length: Span(1_000_000),
        extras: Extras::NONE,
    }
}

/// A run told fact by fact, at given instants.
struct Trace {
    instruments: Instruments,
    sent: u64,
}

impl Trace {
    fn new() -> Self {
        Self { instruments: Instruments::new(Arc::new(layout())), sent: 0 }
    }

    fn at(&mut self, now: u64, fact: Fact) -> &mut Self {
        self.instruments.see(Time(now), HOME, fact);
        self
    }

    /// A client sends, and its request is on its way.
    fn send(&mut self, now: u64, flow: FlowIx, session: u32) -> OpId {
        let op = OpId::new(0, self.sent);
        self.sent += 1;
        let told = if flow == BUY { 0b111 } else { 0 };
        self.at(
            now,
            Fact::Sent { op, flow, session, intended: Time(now), told, journey: 0, step: 1 },
        );
        self.at(now, Fact::Message { op, to: InstanceId(0), carrier: Carrier::Request, leg: None });
        op
    }

    fn answer(&mut self, now: u64, op: OpId, verdict: Verdict) -> &mut Self {
        self.at(now, Fact::Answered { op, verdict })
    }

    /// The last that could act is done with.
    fn drop(&mut self, now: u64, op: OpId) -> &mut Self {
        self.at(now, Fact::Dropped { op, why: None })
    }

    fn apply(&mut self, now: u64, op: OpId, effect: u8, version: u64) -> &mut Self {
        let (entity, key) = Self::target(op, effect);
        self.at(now, Fact::Applied { op, effect, entity, key, version, before: 5, value: 5 })
    }

    fn undo(&mut self, now: u64, op: OpId, effect: u8, version: u64) -> &mut Self {
        let (entity, key) = Self::target(op, effect);
        self.at(now, Fact::Undone { op, effect, entity, key, version, before: 5, value: 5 })
    }

    fn target(op: OpId, effect: u8) -> (EntityIx, KeyId) {
        match effect {
            WRITES => (ORDER, KeyId::created_by(op)),
            TAKES => (STOCK, KEY),
            _ => (MAIL, KeyId::created_by(op)),
        }
    }

    fn saw(&mut self, now: u64, op: OpId, entity: EntityIx, key: KeyId, version: u64) -> &mut Self {
        self.at(now, Fact::Saw { op, entity, key, version, value: 5, issued: Time(now) })
    }

    /// One `view` from sending to its end.
    fn view(&mut self, now: u64, session: u32, entity: EntityIx, key: KeyId, version: u64) -> OpId {
        let op = self.send(now, VIEW, session);
        self.saw(now, op, entity, key, version).answer(now, op, Verdict::Done).drop(now, op);
        op
    }

    /// One `buy` that does all it tells and is told done.
    fn buy(&mut self, now: u64, session: u32, stock: u64) -> OpId {
        let op = self.send(now, BUY, session);
        self.apply(now, op, WRITES, 1).apply(now, op, TAKES, stock).apply(now, op, MAILS, 1);
        self.answer(now, op, Verdict::Done).drop(now, op);
        op
    }

    fn outcome(&self) -> Outcome {
        self.instruments.outcome(Label::default(), Time(2_000_000))
    }

    fn flow(&self, flow: FlowIx) -> outcome::FlowOutcome {
        self.outcome().flows.swap_remove_index(usize::from(flow.0)).unwrap().1
    }

    fn ends(&self) -> outcome::Ends {
        self.flow(BUY).ends
    }
}

fn one() -> (Trace, OpId) {
    let mut trace = Trace::new();
    let op = trace.send(10, BUY, 0);
    (trace, op)
}

const FAILED: Verdict = Verdict::Failed(Reason::Timeout);
