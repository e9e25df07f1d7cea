//! The checked scenario: what a file means once its names are resolved, its knobs turned and its
//! units read. Everything here is plain data; nothing here knows a design's wiring or an engine.
//!
//! Nodes, entities and flows are sorted by name, and indices into those lists are the only
//! references: a tree that came out of [`super::load`] never holds a dangling one.

mod caches;
mod discovery;
mod fault;
mod flow;
mod intervention;
mod live;
mod stores;
mod terms;

pub use super::policies::{Backoff, Breaker, Cancel, Hedge, Jitter, Policy, Throttle};
pub use caches::{Cache, CacheServer, Evict, Expiry, Keeping, Life, Wait, Writes};
pub use discovery::{Checks, Leases, Probes, Registry, Spread};
pub use fault::{Fault, FaultKind, Path, Target, When};
pub use flow::{Change, Effect, Flow, Key, Step, Tell};
pub use intervention::{Deed, Intervention, NO_BENCH, Turned, can_freeze};
pub use live::{LIVE, turns_into};
pub use stores::{Contact, Database, Followers, Legs, Order, Quorum, Readers};
pub use terms::{Carries, Commit, Consume, Failed, Gather, Produce, Terms};

use crate::base::{Dist, Span, Stream, math};

/// Index into [`Scenario::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub u16);

/// Index into [`Scenario::entities`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityIx(pub u16);

/// Index into [`Scenario::flows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowIx(pub u16);

/// Index into [`Scenario::policies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyIx(pub u16);

/// A place in the scenario file, both counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// A text with the place where it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed<T> {
    /// What stands there.
    pub value: T,
    /// Where (of its first character inside the quotes).
    pub place: Place,
}

/// One scenario file, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The file's stem.
    pub name: String,
    /// One sentence for people.
    pub about: String,
    /// How long, from when on it counts.
    pub run: Run,
    /// Knobs in file order with the values in force (as RON text, normalised).
    pub knobs: Vec<(String, String)>,
    /// The architecture, sorted by name.
    pub nodes: Vec<Node>,
    /// How messages travel.
    pub network: Network,
    /// The data, sorted by name.
    pub entities: Vec<Entity>,
    /// Conserved sums over numeric entities, in file order.
    pub sums: Vec<Sum>,
    /// The business operations, sorted by name.
    pub flows: Vec<Flow>,
    /// The designs in file order.
    pub designs: Vec<Design>,
    /// The policies in file order.
    pub policies: Vec<Policy>,
    /// The faults in file order.
    pub faults: Vec<Fault>,
    /// What is done to a run while it goes on, in the order of time.
    pub changes: Vec<Intervention>,
    /// Named figures that the scenario wants, in the language of expectations.
    pub measures: Vec<(String, Placed<String>)>,
    /// What CI checks.
    pub expect: Vec<Placed<String>>,
}

/// The clockwork of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Arrivals end here.
    pub length: Span,
    /// Flows sent before this are not measured.
    pub warmup: Span,
    /// The longest the drain after `length` may take (60 s by default).
    pub drain: Span,
    /// A run with more messages and timers in flight stops, marked partial (5 million by default).
    pub max_in_flight: u64,
    /// The seed when the command line names none (1 by default).
    pub seed: u64,
}

/// A thing in the architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of node.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Customers.
    Client(Client),
    /// The front door.
    Gateway(Gateway),
    /// A service.
    Service(Service),
    /// A store.
    Database(Database),
    /// A cache in the manner of Redis or Memcached.
    Cache(CacheServer),
    /// A store of several replicas that answers when enough of them have.
    Quorum(Quorum),
    /// A message queue in the manner of `RabbitMQ`.
    Queue(Queue),
    /// A partitioned log in the manner of Apache Kafka.
    Log(Log),
    /// A registry of instances in the manner of Eureka, Kubernetes or Consul.
    Registry(Registry),
}

impl NodeKind {
    /// How many instances there are of such a node: of a quorum its coordinator and its replicas.
    pub fn instances(&self) -> u32 {
        match self {
            Self::Gateway(gateway) => gateway.instances,
            Self::Service(service) => service.instances,
            Self::Quorum(quorum) => quorum.replicas + 1,
            Self::Client(_)
            | Self::Database(_)
            | Self::Cache(_)
            | Self::Queue(_)
            | Self::Log(_)
            | Self::Registry(_) => 1,
        }
    }

    /// Where its instances register, if they do.
    pub fn registry(&self) -> Option<NodeIx> {
        match self {
            Self::Gateway(gateway) => gateway.registry,
            Self::Service(service) => service.registry,
            _ => None,
        }
    }
}

/// Customers: who sends which flows when.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// When journeys start.
    pub arrivals: Arrivals,
    /// How many customers come at each such instant; `None` is one.
    pub batch: Option<Batch>,
    /// How many customers share the journeys (open arrivals draw one of them each time).
    pub sessions: u32,
    /// What a customer does in a row; never empty.
    pub journeys: Vec<Journey>,
    /// The gateway it goes through; `None` calls the homes directly.
    pub via: Option<NodeIx>,
    /// The policy of its own calls.
    pub policy: Option<PolicyIx>,
}

/// When journeys start.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Open: a Poisson process whose rate per second changes at the given instants (the first at 0).
    Poisson(Vec<(Span, f64)>),
    /// Open: arrival k exactly at k/rate within a stretch of constant rate.
    Constant(Vec<(Span, f64)>),
    /// Open: independent gaps from a distribution.
    Gaps(Dist),
    /// Closed: this many customers, each starting its next journey after the think time.
    Closed {
        /// How many customers.
        customers: u32,
        /// Think time between journeys (and before the first).
        think: Dist,
    },
}

/// How many customers come at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Batch {
    /// Always so many.
    Fixed(u32),
    /// From `low` to `high`, all equally likely.
    Uniform(u32, u32),
    /// At least one, with this mean, each number of them so many times as likely as the one before.
    Geometric(f64),
}

impl Batch {
    /// How many come in the mean.
    pub fn mean(self) -> f64 {
        match self {
            Self::Fixed(count) => f64::from(count),
            Self::Uniform(low, high) => f64::midpoint(f64::from(low), f64::from(high)),
            Self::Geometric(mean) => mean,
        }
    }

    /// A draw; at least one. A fixed number takes nothing from the stream.
    pub fn sample(self, chance: &mut Stream) -> u64 {
        match self {
            Self::Fixed(count) => u64::from(count),
            Self::Uniform(low, high) => {
                u64::from(low) + chance.below(u64::from(high) - u64::from(low) + 1)
            }
            // An exponential draw cut into stretches, of which each is the last with 1 / mean.
            Self::Geometric(mean) if mean > 1.0 => {
                1 + (math::neg_ln_unit(chance.next_u64()) / -math::ln(1.0 - 1.0 / mean)) as u64
            }
            Self::Geometric(_) => 1,
        }
    }
}

/// What a customer does in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Relative frequency, positive.
    pub weight: f64,
    /// Its steps, at least one [`Action::Do`].
    pub actions: Vec<Action>,
}

/// A step of a journey.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send a flow and wait for the answer.
    Do(FlowIx),
    /// The same, again and again while the answer is a refusal.
    DoAgain(FlowIx, Again),
    /// Wait.
    Think(Dist),
}

/// What a customer does who was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// Tries in all, at least 1.
    pub tries: u32,
    /// Pause before the next try.
    pub backoff: Backoff,
}

impl Action {
    /// The flow that it sends, if it sends one.
    pub fn flow(&self) -> Option<FlowIx> {
        match self {
            Self::Do(flow) | Self::DoAgain(flow, _) => Some(*flow),
            Self::Think(_) => None,
        }
    }

    /// What is done after a refusal, if anything.
    pub fn again(&self) -> Option<&Again> {
        match self {
            Self::DoAgain(_, again) => Some(again),
            Self::Do(_) | Self::Think(_) => None,
        }
    }
}

/// A gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// Running copies.
    pub instances: u32,
    /// Requests worked on at once per instance; `None` is unlimited.
    pub workers: Option<u32>,
    /// Time to route and transform a request.
    pub work: Dist,
    /// Time to transform an answer on its way back.
    pub answer_work: Dist,
    /// How many requests each instance admits.
    pub limit: Option<Limit>,
    /// How callers spread their calls over the instances.
    pub balance: Balance,
    /// Where the instances register; callers who look there know them from nowhere else.
    pub registry: Option<NodeIx>,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}

/// How many requests are admitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A token bucket, full at the start.
    TokenBucket {
        /// Tokens per second.
        rate: f64,
        /// Capacity in tokens.
        burst: u64,
    },
    /// So many between one multiple of the window and the next.
    FixedWindow {
        /// Requests in each window.
        limit: u64,
        /// How long it is.
        window: Span,
    },
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Running copies.
    pub instances: u32,
    /// Workers per instance.
    pub workers: u32,
    /// Waiting places per instance; `None` is unbounded.
    pub room: Option<u32>,
    /// Who of those that wait goes first.
    pub discipline: Discipline,
    /// A request that has waited so long before it begins is withdrawn.
    pub patience: Option<Dist>,
    /// A request that has waited longer is thrown away when its turn comes.
    pub shed_after: Option<Span>,
    /// Is a request whose deadline has passed thrown away when its turn comes?
    pub shed_expired: bool,
    /// Worker time of a step that names none of its own.
    pub work: Dist,
    /// Worker time of a message that carries no step of the business: replies, copy updates, relays.
    pub overhead: Dist,
    /// Is the worker held while the service waits for others?
    pub hold: bool,
    /// Its database.
    pub store: Option<NodeIx>,
    /// The cache before its database.
    pub cache: Option<NodeIx>,
    /// How callers spread their calls over the instances.
    pub balance: Balance,
    /// Where the instances register; callers who look there know them from nowhere else.
    pub registry: Option<NodeIx>,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}

/// How a service's workers are handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// Last come, first served; what runs is not interrupted.
    Lifo,
    /// The flows of the first class before those of the second and so on, those of no class last;
    /// within a class first come, first served.
    Priority {
        /// The classes.
        classes: Vec<Vec<FlowIx>>,
        /// Does work of a better class interrupt work of a worse one, which is resumed later?
        preempt: bool,
    },
    /// All that is there shares the workers equally.
    ProcessorSharing,
}

/// How a caller picks the instance; it knows only its own outstanding calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// One after the other.
    RoundRobin,
    /// Uniformly at random.
    Random,
    /// The one with the fewest of the caller's outstanding calls, the first of equals.
    LeastOutstanding,
    /// The better of this many, drawn at random without replacement.
    Choices(u32),
    /// So many shards, one after the other. Instance i belongs to shard i modulo their number; its
    /// first instance is called, the others get second copies.
    Shards(u32),
}

/// A message queue: one durable queue per consuming service, persistent messages, confirms, manual acks.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Unacknowledged deliveries per consumer.
    pub prefetch: u32,
    /// Time to store a message before its confirm.
    pub persist: Dist,
    /// A message is dead-lettered when it would be delivered more often than this; `None` never.
    pub delivery_limit: Option<u32>,
    /// How long a consumer holds a message it could not process before it returns it.
    pub requeue_delay: Span,
}

/// A partitioned log: one topic per producing service, one consumer group per consuming service.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Partitions of every topic.
    pub partitions: u32,
    /// Time to append a record before its acknowledgement.
    pub append: Dist,
    /// How long the followers take to have an appended record; `None`: the log is its own follower,
    /// and loses nothing that was appended.
    pub lag: Option<Dist>,
    /// Whose having a record is waited for before it is acknowledged.
    pub acks: Acks,
    /// How long a producer gathers records before it sends them.
    pub linger: Span,
    /// So many of them go at once; `None` is any number.
    pub batch: Option<u32>,
    /// How often consumers commit the offsets of what they have handled; `None` after each record.
    pub auto_commit: Option<Span>,
    /// A member that was not heard of for so long is removed from its group.
    pub session_timeout: Span,
    /// How often members say that they live.
    pub heartbeat: Span,
    /// Do members keep their partitions over a restart (static membership)?
    pub static_members: bool,
    /// How long a consumer waits before it tries a failed record again.
    pub retry_delay: Span,
}

/// Whose having a record is waited for before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// The leader's and its followers' (Kafka's `acks=all`).
    All,
    /// The leader's alone (`acks=1`).
    Leader,
}

/// How messages travel between nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// One way between any two nodes.
    pub latency: Dist,
    /// Links with a latency of their own, one way each; later ones win.
    pub links: Vec<Link>,
}

/// A link with a latency of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Sender.
    pub from: NodeIx,
    /// Receiver.
    pub to: NodeIx,
    /// One way.
    pub latency: Dist,
}

/// A kind of data.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// The one service that owns it.
    pub owner: NodeIx,
    /// Items that exist at the start, at least one.
    pub keys: u64,
    /// Which items are popular.
    pub popularity: Popular,
    /// The number each item holds at the start.
    pub start: i64,
    /// Commits below this are counted as broken (observed, never enforced, except by `Take`).
    pub floor: Option<i64>,
}

/// Which items are popular.
#[derive(Clone, Debug, PartialEq)]
pub enum Popular {
    /// All alike.
    Uniform,
    /// Rank r with weight `r^-exponent`.
    Zipf(f64),
    /// These weights, one for each item.
    Weights(Vec<f64>),
}

/// A sum that should not change: judged at the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// Its name.
    pub name: String,
    /// What is added up.
    pub entities: Vec<EntityIx>,
}

/// How asks and tells travel.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Its name.
    pub name: String,
    /// The preset it starts from.
    pub preset: Preset,
    /// What carries its messages; `None` only where nothing travels through a broker.
    pub broker: Option<NodeIx>,
    /// Send effects that follow a commit from that commit's outbox (pubsub; always on in events).
    pub outbox: bool,
    /// How an outbox's relay learns of new rows.
    pub relay: Relaying,
    /// Do handlers recognise a repeated message by (operation, step)?
    pub dedup: bool,
    /// The cache of pubsub's asks; `None` calls the owner every time.
    pub cache: Option<Cache>,
    /// Edges that travel otherwise.
    pub except: Vec<Except>,
}

/// How an outbox's relay learns of new rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relaying {
    /// It reads the store's log: at once.
    Tailing,
    /// It looks so often.
    Polling(Span),
}

/// The presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Synchronous calls.
    Rest,
    /// Commands and replies over a queue.
    PubSub,
    /// Events over a log.
    Events,
}

/// Edges that travel otherwise than their design says.
#[derive(Clone, Debug, PartialEq)]
pub struct Except {
    /// Only in this flow; `None` in all.
    pub flow: Option<FlowIx>,
    /// Asks, calls and tells to this service.
    pub service: NodeIx,
    /// How they travel.
    pub preset: Preset,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_have_their_mean_and_never_nobody() {
        for batch in [Batch::Fixed(3), Batch::Uniform(1, 5), Batch::Geometric(3.0)] {
            let mut chance = Stream::new(1, "batch", "test", 0);
            let draws: Vec<u64> = (0..100_000).map(|_| batch.sample(&mut chance)).collect();
            assert!(draws.iter().all(|count| *count > 0), "{batch:?}");
            let mean = draws.iter().sum::<u64>() as f64 / draws.len() as f64;
            assert!((mean - batch.mean()).abs() < 0.05 && batch.mean() == 3.0, "{batch:?} {mean}");
            let ones = draws.iter().filter(|count| **count == 1).count() as f64 / 1e5;
            let expected = match batch {
                Batch::Fixed(_) => 0.0,
                Batch::Uniform(..) => 0.2,
                Batch::Geometric(_) => 1.0 / 3.0,
            };
            assert!((ones - expected).abs() < 0.01, "{batch:?} {ones}");
        }
        assert_eq!(Batch::Geometric(1.0).sample(&mut Stream::new(1, "batch", "test", 0)), 1);
    }
}
