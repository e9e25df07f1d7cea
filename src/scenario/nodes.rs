//! The architecture: what each kind of node takes, with its defaults. Clients live in
//! [`super::client`].

use super::codes::Code;
use super::known::Role;
use super::reader::{Fields, Reader};
use super::syntax::{Kind, Value};
use super::tree::{
    Acks, Balance, Database, Gateway, Limit, Link, Log, Network, Node, NodeIx, NodeKind, Queue,
    Service,
};
use crate::base::{Dist, Span};

/// Instances of one node.
pub const MAX_INSTANCES: u32 = 10_000;
/// Workers, connections, waiting places of one instance.
const MAX_PLACES: u32 = 100_000_000;

const MS: f64 = 1e6;

impl<'a> Reader<'a> {
    /// Notes of each declared node what it is, before any is read.
    pub fn assign_roles(&mut self) {
        for index in 0..self.known.nodes.len() {
            let Some(value) = self.follow(self.known.nodes[index].value) else {
                continue;
            };
            let words: Vec<&str> = Role::WORDS.iter().map(|(word, _)| *word).collect();
            let role = value.word().and_then(Role::of);
            if role.is_none() {
                self.unknown_word(value, "a kind of node", &words);
            }
            let fact = &mut self.known.nodes[index].fact;
            fact.role = role;
            fact.instances = 1;
        }
    }

    /// Reads one of the declared nodes.
    pub fn read_node(&mut self, index: usize) -> Option<Node> {
        let declared = &self.known.nodes[index];
        let (name, value, role) = (declared.name, declared.value, declared.fact.role?);
        let kind = match role {
            Role::Client => NodeKind::Client(self.client(index, value)?),
            Role::Gateway => NodeKind::Gateway(self.gateway(index, value)?),
            Role::Service => NodeKind::Service(self.service(index, value)?),
            Role::Database => NodeKind::Database(self.database(value)?),
            Role::Cache => NodeKind::Cache(self.cache_server(value)?),
            Role::Quorum => NodeKind::Quorum(self.quorum(index, value)?),
            Role::Queue => NodeKind::Queue(self.queue(value)?),
            Role::Log => NodeKind::Log(self.log(value)?),
            Role::Registry => NodeKind::Registry(self.registry(value)?),
        };
        Some(Node { name: name.to_owned(), kind })
    }

    fn gateway(&mut self, index: usize, value: &'a Value) -> Option<Gateway> {
        let names = &[
            "instances",
            "workers",
            "work",
            "answer_work",
            "limit",
            "balance",
            "registry",
            "policy",
        ];
        let fields = self.fields(value, "a gateway", 0, names)?;
        let instances = self.or(&fields, "instances", 1, Self::instances);
        self.known.nodes[index].fact.instances = instances.unwrap_or(u32::MAX);
        let workers = self.maybe(&fields, "workers", Self::places);
        let work = self.or(&fields, "work", Dist::Const(0.0), Self::dist);
        let answer_work = self.or(&fields, "answer_work", Dist::Const(0.0), Self::dist);
        let limit = self.maybe(&fields, "limit", Self::limit);
        let balance = self.or(&fields, "balance", Balance::RoundRobin, Self::balance);
        self.fills_shards(&fields, balance, instances)?;
        let registry = self.registers_at(&fields, balance);
        let policy = self.maybe(&fields, "policy", Self::policy);
        Some(Gateway {
            instances: instances?,
            workers: workers?,
            work: work?,
            answer_work: answer_work?,
            limit: limit?,
            balance: balance?,
            registry: registry?,
            policy: policy?,
        })
    }

    fn limit(&mut self, value: &'a Value) -> Option<Limit> {
        let value = self.follow(value)?;
        let requests = |reader: &mut Self, value| reader.integer(value, 1..=i64::MAX);
        match value.word() {
            Some("FixedWindow") => {
                let fields = self.fields(value, "FixedWindow", 2, &["limit", "window"])?;
                let limit = self.must(&fields, "limit", requests);
                let window = self.must(&fields, "window", Self::positive_span);
                Some(Limit::FixedWindow { limit: limit? as u64, window: window? })
            }
            Some(_) => {
                self.unknown_word(
                    value,
                    "a limit",
                    &["(rate: \"2000/s\", burst: 200)", "FixedWindow"],
                );
                None
            }
            None => {
                let fields = self.fields(value, "a limit", 0, &["rate", "burst"])?;
                let rate = self.must(&fields, "rate", Self::positive_rate);
                let burst = self.must(&fields, "burst", requests);
                Some(Limit::TokenBucket { rate: rate?, burst: burst? as u64 })
            }
        }
    }

    fn service(&mut self, index: usize, value: &'a Value) -> Option<Service> {
        let names = &[
            "instances",
            "workers",
            "room",
            "discipline",
            "patience",
            "shed_after",
            "shed_expired",
            "work",
            "overhead",
            "hold",
            "store",
            "cache",
            "balance",
            "registry",
            "policy",
        ];
        let fields = self.fields(value, "a service", 0, names)?;
        let instances = self.or(&fields, "instances", 1, Self::instances);
        let workers = self.must(&fields, "workers", Self::places);
        let room = self.maybe(&fields, "room", Self::room);
        let turns = self.turns(&fields);
        let work = self.or(&fields, "work", Dist::Const(0.0), Self::dist);
        let overhead = self.or(&fields, "overhead", Dist::Const(0.1 * MS), Self::dist);
        let hold = self.or(&fields, "hold", true, Self::flag);
        let store = self.maybe(&fields, "store", |reader, value| {
            reader.node(value, &[Role::Database, Role::Quorum])
        });
        let cache =
            self.maybe(&fields, "cache", |reader, value| reader.node(value, &[Role::Cache]));
        if let (Some(Some(_)), Some(None)) = (cache, store) {
            let at = fields.get("cache").map_or(fields.head, Value::head);
            let message = "a cache stands before a database, and the service has none";
            self.wrong(Code::CacheWithoutStore, at, message).help("store: \"database\"");
        }
        let balance = self.or(&fields, "balance", Balance::RoundRobin, Self::balance);
        let registry = self.registers_at(&fields, balance);
        let policy = self.maybe(&fields, "policy", Self::policy);
        let quorum =
            store.flatten().filter(|store| self.known.node(*store).role == Some(Role::Quorum));
        let fact = &mut self.known.nodes[index].fact;
        fact.instances = instances.unwrap_or(u32::MAX);
        fact.quorum = quorum;
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

    fn database(&mut self, value: &'a Value) -> Option<Database> {
        let fields = self.fields(
            value,
            "a database",
            0,
            &["connections", "room", "read", "write", "followers", "policy"],
        )?;
        let connections = self.or(&fields, "connections", 32, Self::places);
        let room = self.maybe(&fields, "room", Self::room);
        let read = self.must(&fields, "read", Self::dist);
        let write = self.must(&fields, "write", Self::dist);
        let followers = self.maybe(&fields, "followers", Self::followers);
        let policy = self.maybe(&fields, "policy", Self::policy);
        Some(Database {
            connections: connections?,
            room: room?,
            read: read?,
            write: write?,
            followers: followers?,
            policy: policy?,
        })
    }

    fn queue(&mut self, value: &'a Value) -> Option<Queue> {
        let fields = self.fields(
            value,
            "a queue",
            0,
            &["prefetch", "persist", "delivery_limit", "requeue_delay"],
        )?;
        let prefetch =
            self.or(&fields, "prefetch", 250, |reader, value| reader.count(value, 1..=65_535));
        let persist = self.or(&fields, "persist", Dist::Const(MS), Self::dist);
        let delivery_limit =
            self.unless_none(&fields, "delivery_limit", Some(20), |reader, value| {
                reader.count(value, 1..=MAX_PLACES)
            });
        let requeue_delay = self.or(&fields, "requeue_delay", Span::from_secs(1.0), Self::span);
        Some(Queue {
            prefetch: prefetch?,
            persist: persist?,
            delivery_limit: delivery_limit?,
            requeue_delay: requeue_delay?,
        })
    }

    fn log(&mut self, value: &'a Value) -> Option<Log> {
        let names = &[
            "partitions",
            "append",
            "lag",
            "acks",
            "linger",
            "batch",
            "auto_commit",
            "session_timeout",
            "heartbeat",
            "static_members",
            "retry_delay",
        ];
        let fields = self.fields(value, "a log", 0, names)?;
        let partitions =
            self.or(&fields, "partitions", 12, |reader, value| reader.count(value, 1..=10_000));
        let append = self.or(&fields, "append", Dist::Const(MS), Self::dist);
        let lag = self.maybe(&fields, "lag", Self::dist);
        let acks = self.or(&fields, "acks", Acks::All, Self::acks);
        let linger = self.or(&fields, "linger", Span::ZERO, Self::span);
        let batch = self.maybe(&fields, "batch", Self::places);
        let auto_commit = self.maybe(&fields, "auto_commit", Self::positive_span);
        let session_timeout =
            self.or(&fields, "session_timeout", Span::from_secs(45.0), Self::positive_span);
        let heartbeat = self.or(&fields, "heartbeat", Span::from_secs(3.0), Self::positive_span);
        let static_members = self.or(&fields, "static_members", false, Self::flag);
        let retry_delay =
            self.or(&fields, "retry_delay", Span::from_ms(100.0), Self::positive_span);
        let log = Log {
            partitions: partitions?,
            append: append?,
            lag: lag?,
            acks: acks?,
            linger: linger?,
            batch: batch?,
            auto_commit: auto_commit?,
            session_timeout: session_timeout?,
            heartbeat: heartbeat?,
            static_members: static_members?,
            retry_delay: retry_delay?,
        };
        if log.heartbeat >= log.session_timeout {
            let at = fields
                .get("heartbeat")
                .or(fields.get("session_timeout"))
                .map_or(fields.head, Value::head);
            let message = format!(
                "members that say every {} that they live are thought dead after {}",
                log.heartbeat, log.session_timeout
            );
            self.wrong(Code::OutOfRange, at, message)
                .help("`heartbeat` must be shorter than `session_timeout`");
        }
        self.check_log(&fields, &log);
        Some(log)
    }

    /// Settings of a log that mean nothing without another.
    fn check_log(&mut self, fields: &Fields<'a>, log: &Log) {
        let at = |field| fields.get(field).map_or(fields.head, Value::head);
        if log.acks == Acks::Leader && log.lag.is_none() {
            let message = "`Leader` acknowledges before the followers have a record, but they have it at once";
            self.wrong(Code::MissingField, at("acks"), message)
                .help("say how long they take, lag: \"20ms\"");
        }
        if log.batch.is_some() && log.linger == Span::ZERO {
            let message = "`batch` bounds what producers gather, but they send each record at once";
            self.wrong(Code::MissingField, at("batch"), message)
                .help("say how long they gather, linger: \"5ms\"");
        }
    }

    fn acks(&mut self, value: &'a Value) -> Option<Acks> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("All"), Kind::Word(_)) => Some(Acks::All),
            (Some("Leader"), Kind::Word(_)) => Some(Acks::Leader),
            _ => {
                self.unknown_word(value, "an acknowledgement", &["All", "Leader"]);
                None
            }
        }
    }

    fn instances(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_INSTANCES)
    }

    pub(super) fn places(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_PLACES)
    }

    fn room(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 0..=MAX_PLACES)
    }

    fn balance(&mut self, value: &'a Value) -> Option<Balance> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("RoundRobin"), Kind::Word(_)) => Some(Balance::RoundRobin),
            (Some("Random"), Kind::Word(_)) => Some(Balance::Random),
            (Some("LeastOutstanding"), Kind::Word(_)) => Some(Balance::LeastOutstanding),
            (Some("Choices"), _) => {
                let fields = self.fields(value, "Choices", 1, &["of"])?;
                self.must(&fields, "of", |reader, value| reader.count(value, 1..=MAX_INSTANCES))
                    .map(Balance::Choices)
            }
            (Some("Shards"), _) => {
                let fields = self.fields(value, "Shards", 1, &["of"])?;
                self.must(&fields, "of", |reader, value| reader.count(value, 1..=MAX_INSTANCES))
                    .map(Balance::Shards)
            }
            _ => {
                self.unknown_word(
                    value,
                    "a way to balance",
                    &["RoundRobin", "Random", "LeastOutstanding", "Choices(2)", "Shards(2)"],
                );
                None
            }
        }
    }

    /// Every shard needs an instance.
    fn fills_shards(
        &mut self,
        fields: &Fields<'a>,
        balance: Option<Balance>,
        instances: Option<u32>,
    ) -> Option<()> {
        match (balance, instances, fields.get("balance")) {
            (Some(Balance::Shards(shards)), Some(instances), Some(value)) if shards > instances => {
                let message = format!("{instances} instances cannot be {shards} shards");
                self.wrong(Code::OutOfRange, value.head(), message).help(format!(
                    "instances: {shards}, or a multiple: the others get second copies"
                ));
                None
            }
            _ => Some(()),
        }
    }

    /// `network: (latency:, links: [...])`.
    pub fn network(&mut self, value: Option<&'a Value>) -> Option<Network> {
        let default = Dist::Const(0.5 * MS);
        let Some(value) = value else {
            return Some(Network { latency: default, links: Vec::new() });
        };
        let fields = self.fields(value, "the network", 0, &["latency", "links"])?;
        let latency = self.or(&fields, "latency", default, Self::dist);
        let links = self.or(&fields, "links", Vec::new(), |reader, value| {
            let links: Vec<_> =
                reader.list(value, "links", false)?.iter().map(|link| reader.link(link)).collect();
            links.into_iter().collect::<Option<Vec<_>>>().map(|links| links.concat())
        });
        Some(Network { latency: latency?, links: links? })
    }

    fn link(&mut self, value: &'a Value) -> Option<Vec<Link>> {
        let fields = self.fields(value, "a link", 2, &["from", "to", "latency", "both"])?;
        let from = self.must(&fields, "from", |reader, value| reader.node(value, &[]));
        let to = self.must(&fields, "to", |reader, value| reader.node(value, &[]));
        let latency = self.must(&fields, "latency", Self::dist);
        let both = self.or(&fields, "both", true, Self::flag);
        let (from, to, latency) = (from?, to?, latency?);
        let mut links = vec![link(from, to, &latency)];
        if both? {
            links.push(link(to, from, &latency));
        }
        Some(links)
    }
}

fn link(from: NodeIx, to: NodeIx, latency: &Dist) -> Link {
    Link { from, to, latency: latency.clone() }
}
