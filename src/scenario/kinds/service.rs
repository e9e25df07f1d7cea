//! `Service`: workers with a queue, which own data and run flows, as the file describes one.

use super::{
    About, Balance, Breakable, Discipline, Kind, NodeKind, Role, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;
use crate::scenario::tree::{NodeIx, PolicyIx};

pub(super) static ABOUT: About = About {
    role: Role::Service,
    name: "service",
    phrase: "a service",
    uses: &[Use::Service],
    breaks: &[
        Breakable::Process,
        Breakable::Workers,
        Breakable::Work,
        Breakable::Clock,
        Breakable::Exit,
    ],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Service",
    about: "Instances with workers and a queue. It owns data, flows begin at it, and others ask, \
        tell and call it.",
    settings: &SETTINGS,
    left_out: "Threads and their scheduling below a worker, garbage collection by itself (a \
        `Freeze` shows it), and autoscaling.",
    example: "Service(instances: 2, workers: 8, work: Exp(\"2ms\"), store: \"orders-db\")",
    read: |reader, index, value| Some(NodeKind::Service(reader.service(index, value)?)),
};

settings! {
    instances: "count, up to 10,000", Usual::Is("1"), "running copies";
    workers: "count", Usual::Required, "workers of each instance";
    room: "count", Usual::Unset("unbounded"), "waiting places of each instance";
    discipline: "word", Usual::Is("Fifo"), "who of those that wait goes first, see [disciplines](../scenario.md#service)";
    patience: "distribution", Usual::Unset("none"), "a request that has waited so long is withdrawn, its caller told `abandoned`";
    shed_after: "duration", Usual::Unset("none"), "a request that has waited longer when its turn comes is thrown away, its caller told `shed`";
    shed_expired: "flag", Usual::Is("false"), "a request whose (propagated) deadline has passed when its turn comes is thrown away, its caller told `expired`";
    work: "distribution", Usual::Is("\"0ms\""), "worker time of a step that names none of its own";
    overhead: "distribution", Usual::Is("\"0.1ms\""), "worker time of a message that carries no step: replies, updates of copies, relays";
    hold: "flag", Usual::Is("true"), "is the worker held while the service waits for others?";
    store: "name", Usual::Unset("none"), "its database or quorum; required to own data, to ask in the `Events` designs, and to wait for several branches of an `All` (in `PubSub` the home, in `Events` whoever comes next)";
    cache: "name", Usual::Unset("none"), "the cache before its database; several services may share one";
    balance: "word", Usual::Is("RoundRobin"), "`RoundRobin`, `Random`, `LeastOutstanding`, `Choices(2)` (the better of so many drawn at random), `PerConnection(max_age: \"30s\")` (all calls of a caller go to one, drawn when it connects: first, after `max_age`, which is for ever by default, and when a call there was reset or timed out) or `Shards(2)` (so many shards in turn; instance i is of shard i modulo 2: the first of a shard is called, the next ones get second copies); a caller knows only its own outstanding calls";
    registry: "name", Usual::Unset("none"), "where its instances register, see [registries](registry.md); not with `Shards`";
    policy: "name", Usual::Unset("none"), "the policy of calls to it, over the class's";
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
impl Kind for Service {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn instances(&self) -> u32 {
        self.instances
    }

    fn workers(&self) -> Option<u32> {
        Some(self.workers)
    }

    fn balance(&self) -> Balance {
        self.balance
    }

    fn registry(&self) -> Option<NodeIx> {
        self.registry
    }

    fn policy(&self) -> Option<PolicyIx> {
        self.policy
    }

    fn store(&self) -> Option<NodeIx> {
        self.store
    }

    fn work(&self) -> Dist {
        self.work.clone()
    }

    fn overhead(&self) -> Dist {
        self.overhead.clone()
    }

    fn is_bounded(&self) -> bool {
        self.room.is_some()
    }
}

impl<'a> Reader<'a> {
    fn service(&mut self, index: usize, value: &'a Value) -> Option<Service> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let instances = self.setting(&fields, "instances", Self::instances);
        let workers = self.setting(&fields, "workers", Self::places);
        let room = self.optional(&fields, "room", Self::room);
        let turns = self.turns(&fields);
        let work = self.setting(&fields, "work", Self::dist);
        let overhead = self.setting(&fields, "overhead", Self::dist);
        let hold = self.setting(&fields, "hold", Self::flag);
        let store = self.optional(&fields, "store", |reader, value| {
            reader.node(value, &Role::that_are(Use::Store))
        });
        let cache = self.optional(&fields, "cache", |reader, value| {
            reader.node(value, &Role::that_are(Use::Cache))
        });
        if let (Some(Some(_)), Some(None)) = (cache, store) {
            let at = fields.get("cache").map_or(fields.head, Value::head);
            let message = "a cache stands before a database, and the service has none";
            self.wrong(Code::CacheWithoutStore, at, message).help("store: \"database\"");
        }
        let balance = self.setting(&fields, "balance", Self::balance);
        let registry = self.registers_at(&fields, balance);
        let policy = self.optional(&fields, "policy", Self::policy);
        let quorum =
            store.flatten().filter(|store| self.known.node(*store).role == Some(Role::Quorum));
        let fact = &mut self.known.nodes[index].fact;
        fact.instances = instances.unwrap_or(u32::MAX);
        fact.quorum = quorum;
        fact.registers = registry != Some(None);
        fact.store = store != Some(None);
        self.fills_shards(&fields, balance, instances)?;
        let turns = turns?;
        Some(Service {
            instances: instances?,
            workers: workers?,
            room: room?,
            discipline: turns.discipline,
            patience: turns.patience,
            shed_after: turns.shed_after,
            shed_expired: turns.shed_expired,
            work: work?,
            overhead: overhead?,
            hold: hold?,
            store: store?,
            cache: cache?,
            balance: balance?,
            registry: registry?,
            policy: policy?,
        })
    }
}
