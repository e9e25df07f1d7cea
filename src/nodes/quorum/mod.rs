//! A replicated store in the manner of Dynamo: a coordinator, and `n` replicas of every item. A
//! write commits when `w` replicas have acknowledged it, a read is answered by the newest version
//! among the first `r` responses. Instance 0 is the coordinator, instances 1 to `n` are the
//! replicas; they meet only by messages.
//!
//! ```text
//! coordinator ──write_leg──▶ replica ──ack_leg──▶ coordinator      W and A
//!             ──read_leg───▶         ──respond_leg──▶              R and S
//! ```
//!
//! The four legs are those of the WARS model (Bailis, Venkataraman, Franklin, Hellerstein, Stoica:
//! "Probabilistically Bounded Staleness for Practical Partial Quorums", PVLDB 5(8), 2012);
//! a leg holds all that a message waits for on its way, the replica's own work included.
//! Where replicas are `away` from one another, each operation begins near to one of them, drawn at
//! random, and the legs to and from all others are longer (the paper's WAN).
//! Requests go to all replicas (the paper's expanding quorums), or with `contact: Enough` only to
//! as many as are waited for, drawn at random, as in its closed forms of
//! k-staleness.
//!
//! What is modelled beside the paper: replicas crash, are slow (their acknowledgements and
//! responses take longer), and keep what they hold; messages may be lost; a request that finds no
//! quorum fails after `timeout`, and what it wrote may still be seen (it is indeterminate:
//! docs/semantics.md, rule 33). Versions are ordered by the one coordinator, so that the last write
//! wins without clocks that disagree; its order survives its crash. Or (`order: Clocks`) they are
//! ordered by what the clocks of the writing instances show when they arrive, as by the timestamps
//! that Cassandra's drivers send: what a clock calls older than the newest is acknowledged, and
//! kept by nobody. Two of the same instant are in the order of their arrival.
//!
//! Left out: read repair, hinted handoff and other anti-entropy (a replica that missed a write gets
//! the next one), sloppy quorums, several coordinators and siblings, queues at the replicas, and
//! every guard: a quorum takes blind writes, one item at a time.

mod coordinator;
mod frame;
mod legs;

pub use self::frame::Frame;

use self::coordinator::Coordinator;
use self::legs::{Leg, Replica as Place};
use super::behaviour::Behaviour;
use super::database::rows::Rows;
use super::env::Env;
use super::message::{Body, Message, timers};
use super::readings::{Readings, What};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::{NodeKind, Quorum as Settings};

timers! {
    /// What a quorum waits for.
    pub enum Due {
        /// The oldest request may have waited long enough.
        Overdue = 15,
    }
}

/// One instance of a quorum.
#[derive(Clone, Debug)]
pub enum Quorum {
    /// Takes requests and asks the replicas.
    Coordinator(Box<Coordinator>),
    /// Holds the data.
    Replica(Box<Replica>),
}

/// One replica of every item.
#[derive(Clone, Debug)]
pub struct Replica {
    me: Place,
    ack_leg: Leg,
    respond_leg: Leg,
    rows: Rows,
}

impl Behaviour for Quorum {
    type Due = Due;

    /// The instance `me` as the scenario describes it.
    fn new(model: &Model, me: InstanceId) -> Self {
        let place = model.instances[me.0 as usize];
        let NodeKind::Quorum(settings) = &model.scenario.nodes[usize::from(place.node.0)].kind
        else {
            panic!("instance {me:?} is of no quorum")
        };
        match place.index.checked_sub(1) {
            None => Self::Coordinator(Box::new(Coordinator::new(model, me, settings))),
            Some(_) => {
                Self::Replica(Box::new(Replica::new(Place::new(model, me, settings), settings)))
            }
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match self {
            Self::Coordinator(coordinator) => coordinator.receive(message, env),
            Self::Replica(replica) => replica.receive(message, env),
        }
        env.fact(Fact::Dropped { op: message.op.id, why: None });
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match (self, due) {
            (Self::Coordinator(coordinator), Due::Overdue) => coordinator.overdue(env),
            (Self::Replica(_), Due::Overdue) => unreachable!("a replica waits for nothing"),
        }
    }

    fn is_stale(&self, due: Due, at: Time, _incarnation: u32) -> bool {
        match (self, due) {
            (Self::Coordinator(coordinator), Due::Overdue) => coordinator.is_stale(at),
            (Self::Replica(_), Due::Overdue) => true,
        }
    }

    /// Its process dies. A replica keeps what it holds; a coordinator forgets whom it serves.
    fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        if let Self::Coordinator(coordinator) = self {
            coordinator.crash(host, env);
        }
    }

    /// Requests under way.
    fn readings(&self, _model: &Model, _now: Time, into: &mut Readings) {
        if let Self::Coordinator(coordinator) = self {
            into.own(What::Held, coordinator.held());
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Coordinator(coordinator) => coordinator.weight(),
            Self::Replica(replica) => size_of::<Replica>() + replica.rows.weight(),
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Coordinator(coordinator) => coordinator.held(),
            Self::Replica(_) => 0,
        }
    }
}

impl Replica {
    fn new(me: Place, settings: &Settings) -> Self {
        let leg = |legs| Leg::of(legs, me.place, settings);
        let (ack_leg, respond_leg) = (leg(&settings.legs.ack), leg(&settings.legs.respond));
        Self { me, ack_leg, respond_leg, rows: Rows::default() }
    }

    /// Keeps what is newer than what it holds, or says what it holds.
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let Message { ref op, from, body } = *message;
        let now = env.now();
        match body {
            Body::Quorum(Frame::Replicate { call, item }) => {
                let (entity, key, version) = (item.entity, item.key, item.seen.version);
                if self.rows.read(env.model, entity, key, now).version < version {
                    self.rows.write(env.model, (entity, key), item.seen, op, now);
                    env.fact(Fact::Holds { op: op.id, entity, key, version });
                }
                env.send_along(
                    self.ack_leg.takes(self.me, op),
                    from,
                    op,
                    Frame::Replicated { call },
                );
            }
            Body::Quorum(Frame::Poll { call, entity, key }) => {
                let seen = self.rows.read(env.model, entity, key, now);
                let body = Frame::Polled { call, seen, at: now };
                env.send_along(self.respond_leg.takes(self.me, op), from, op, body);
            }
            body => unreachable!("a replica is not sent {body:?}"),
        }
    }
}
