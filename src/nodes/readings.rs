//! Readings: what an instance shows of itself at one instant, in one closed vocabulary. Every kind says
//! its own ([`Behaviour::readings`](super::Behaviour::readings)); whoever shows them knows the
//! vocabulary and no kind. They are read by reference and change nothing.

use crate::base::{Span, Time};
use crate::engine::{InstanceId, Simulation};
use crate::model::NodeIx;
use crate::probes::Probe;
use crate::scenario::tree::PolicyIx;

use super::World;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// How many wait for a worker, a connection or a consumer.
    Waiting,
    /// How long the one that has waited longest has.
    Oldest,
    /// How many are in service: workers or connections in use, deliveries out.
    Busy,
    /// How many have let their worker go and wait for others, or are on a journey.
    Held,
    /// Calls under way to this node, those included that wait for their next try.
    Calls,
    /// The circuit breaker towards this node.
    Breaker,
    /// Whole retries that this policy's budget has left.
    Budget,
    /// Members of the consumer group of this node, as the log knows them.
    Members,
    /// Records of this partition that the group has not handled.
    Lag,
    /// Those of them that it cannot have, because nobody serves the partition.
    Withheld,
    /// Records that producers hold and no leader of the log has taken, with those for which they have no room.
    Unsent,
    /// Partitions of the log that nobody serves.
    Unserved,
    /// Partitions of the log that are served, with too few replicas in sync for what producers ask for.
    Short,
    /// Locks that are taken.
    Locks,
    /// Rows of the outbox that no broker has confirmed.
    Outbox,
    /// Items in the cache.
    Items,
    /// Writes that a cache has taken and not handed on.
    Unflushed,
    /// Instances of this node that the registry, or this caller's list, has.
    Listed,
    /// Instances of this node that this caller has ejected as outliers.
    Ejected,
    /// Instances whose lease is over, and which a registry keeps for its self-preservation.
    Kept,
    /// Whole tokens in the bucket of the rate limit.
    Tokens,
}

impl What {
    /// As outputs spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Oldest => "oldest",
            Self::Busy => "busy",
            Self::Held => "held",
            Self::Calls => "calls",
            Self::Breaker => "breaker",
            Self::Budget => "budget",
            Self::Members => "members",
            Self::Lag => "lag",
            Self::Withheld => "withheld",
            Self::Unsent => "unsent",
            Self::Unserved => "unserved",
            Self::Short => "short",
            Self::Locks => "locks",
            Self::Outbox => "outbox",
            Self::Items => "items",
            Self::Unflushed => "unflushed",
            Self::Listed => "listed",
            Self::Ejected => "ejected",
            Self::Kept => "kept",
            Self::Tokens => "tokens",
        }
    }
}

/// Whom a reading is about, beside the instance that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// Nobody else.
    Itself,
    /// Another node: a callee, a consumer, a service that registers.
    Node(NodeIx),
    /// A policy.
    Policy(PolicyIx),
    /// A partition, as one consumer group reads it.
    Partition {
        /// The consuming node.
        consumer: NodeIx,
        /// Which partition.
        partition: u32,
    },
}

/// What is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// So many.
    Count(u64),
    /// So long.
    Time(Span),
    /// A circuit breaker's state.
    Breaker(BreakerState),
}

/// A circuit breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// None do.
    Open,
    /// A few do, to see.
    HalfOpen,
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What is read.
    pub what: What,
    /// Whom it is about.
    pub whom: Whom,
    /// What is seen.
    pub value: Value,
}

/// The readings of one instance, in the order in which it says them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings(Vec<Reading>);

impl Readings {
    /// All of them.
    pub fn all(&self) -> &[Reading] {
        &self.0
    }

    /// A count that is about the instance itself, if it says one.
    pub fn count(&self, what: What) -> Option<u64> {
        self.0.iter().find(|it| (it.what, it.whom) == (what, Whom::Itself)).and_then(|it| match it
            .value
        {
            Value::Count(count) => Some(count),
            Value::Time(_) | Value::Breaker(_) => None,
        })
    }

    pub(super) fn say(&mut self, what: What, whom: Whom, value: Value) {
        self.0.push(Reading { what, whom, value });
    }

    /// So many, of the instance itself.
    pub(super) fn own(&mut self, what: What, count: usize) {
        self.of(what, Whom::Itself, count);
    }

    /// So many, about somebody else.
    pub(super) fn of(&mut self, what: What, whom: Whom, count: usize) {
        self.say(what, whom, Value::Count(count as u64));
    }

    /// How long the first in line has waited, if anybody does.
    pub(super) fn oldest(&mut self, now: Time, since: Option<Time>) {
        if let Some(since) = since {
            self.say(What::Oldest, Whom::Itself, Value::Time(now.since(since)));
        }
    }
}

/// What an instance of this simulation shows of itself now.
pub fn readings<P: Probe>(simulation: &Simulation<World<P>>, at: InstanceId) -> Readings {
    let mut readings = Readings::default();
    let model = simulation.world().model();
    simulation.instance(at).readings(model, simulation.now(), &mut readings);
    readings
}
