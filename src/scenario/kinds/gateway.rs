//! `Gateway`: the front door, as the file describes one.

#![expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]

use super::{About, Balance, Breakable, Kind, NodeKind, Role, Use, Usual, Word, settings};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;
use crate::scenario::tree::{NodeIx, PolicyIx};

pub(super) static ABOUT: About = About {
    role: Role::Gateway,
    name: "gateway",
    phrase: "a gateway",
    uses: &[Use::Entrance],
    breaks: &[Breakable::Process, Breakable::Workers, Breakable::Exit],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Gateway",
    about: "The front door: routes requests to the homes of their flows, and their answers back.",
    settings: &SETTINGS,
    left_out: "Connections and their handshakes, authentication, and answers put together from \
        those of several services.",
    example: "Gateway(instances: 2, work: \"0.2ms\", limit: (rate: \"2000/s\", burst: 200))",
    read: |reader, index, value| Some(NodeKind::Gateway(reader.gateway(index, value)?)),
};

settings! {
    instances: "count, up to 10,000", Usual::Is("1"), "running copies";
    workers: "count", Usual::Unset("unlimited"), "requests that each instance works on at once";
    work: "distribution", Usual::Is("\"0ms\""), "to route a request";
    answer_work: "distribution", Usual::Is("\"0ms\""), "to transform an answer on its way back";
    limit: "group", Usual::Unset("none"), "what each instance admits. A token bucket, full at the start: `(rate: \"2000/s\", burst: 200)`, both required. Or `FixedWindow(200, \"1s\")`, with the names `limit` and `window`: so many from one multiple of that time to the next, so that twice as many may pass around such an instant. With `at: \"redis\"`, the name of a cache, all instances share one count that is kept there, as in Envoy's global rate limits, Kong's `policy: redis` and Spring Cloud Gateway; who cannot reach it admits, or with `fault_tolerant: false` does not";
    balance: "word", Usual::Is("RoundRobin"), "how its callers spread their calls, see [services](service.md)";
    registry: "name", Usual::Unset("none"), "where its instances register, see [registries](registry.md); not with `Shards`";
    policy: "name", Usual::Unset("none"), "the policy of calls to it, over the class's";
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
    /// How many requests are admitted.
    pub limit: Option<Limit>,
    /// How callers spread their calls over the instances.
    pub balance: Balance,
    /// Where the instances register; callers who look there know them from nowhere else.
    pub registry: Option<NodeIx>,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}
/// How many requests are admitted, and where that is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// So many.
    pub quota: Quota,
    /// Whose count all instances share; `None`: each has its own.
    pub shared: Option<SharedCount>,
}

/// How many requests are admitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Quota {
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

/// A count of requests that several instances share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedCount {
    /// The cache that keeps it.
    pub at: NodeIx,
    /// Is a request admitted about which it cannot be asked?
    pub fault_tolerant: bool,
}

impl Kind for Gateway {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn instances(&self) -> u32 {
        self.instances
    }

    fn workers(&self) -> Option<u32> {
        self.workers
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

    fn work(&self) -> Dist {
        self.work.clone()
    }

    fn is_limited(&self) -> bool {
        self.limit.is_some()
    }
}

impl<'a> Reader<'a> {
    fn gateway(&mut self, index: usize, value: &'a Value) -> Option<Gateway> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let instances = self.setting(&fields, "instances", Self::instances);
        self.known.nodes[index].fact.instances = instances.unwrap_or(u32::MAX);
        let workers = self.optional(&fields, "workers", Self::places);
        let work = self.setting(&fields, "work", Self::dist);
        let answer_work = self.setting(&fields, "answer_work", Self::dist);
        let limit = self.optional(&fields, "limit", Self::limit);
        let balance = self.setting(&fields, "balance", Self::balance);
        self.fills_shards(&fields, balance, instances)?;
        let registry = self.registers_at(&fields, balance);
        self.known.nodes[index].fact.registers = registry != Some(None);
        let policy = self.optional(&fields, "policy", Self::policy);
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
        let (fields, quota) = match value.word() {
            Some("FixedWindow") => {
                let names = ["limit", "window", "at", "fault_tolerant"];
                let fields = self.fields(value, "FixedWindow", 2, &names)?;
                let limit = self.must(&fields, "limit", requests);
                let window = self.must(&fields, "window", Self::positive_span);
                let quota = || Some(Quota::FixedWindow { limit: limit? as u64, window: window? });
                (fields, quota())
            }
            Some(_) => {
                self.unknown_word(
                    value,
                    "a limit",
                    &["(rate: \"2000/s\", burst: 200)", "FixedWindow"],
                );
                return None;
            }
            None => {
                let names = ["rate", "burst", "at", "fault_tolerant"];
                let fields = self.fields(value, "a limit", 0, &names)?;
                let rate = self.must(&fields, "rate", Self::positive_rate);
                let burst = self.must(&fields, "burst", requests);
                let quota = || Some(Quota::TokenBucket { rate: rate?, burst: burst? as u64 });
                (fields, quota())
            }
        };
        let shared = self.shared_count(&fields);
        Some(Limit { quota: quota?, shared: shared? })
    }

    fn shared_count(&mut self, fields: &Fields<'a>) -> Option<Option<SharedCount>> {
        let at = self.optional(fields, "at", |reader, value| {
            reader.node(value, &Role::that_are(Use::Cache))
        });
        let fault_tolerant = self.or(fields, "fault_tolerant", true, Self::flag);
        if let (Some(None), Some(value)) = (at, fields.get("fault_tolerant")) {
            let message = "`fault_tolerant` is about a count that cannot be reached, but each instance has its own";
            self.wrong(Code::MissingField, value.head(), message)
                .help("say which cache keeps it, at: \"redis\"");
        }
        let (at, fault_tolerant) = (at?, fault_tolerant?);
        Some(at.map(|at| SharedCount { at, fault_tolerant }))
    }
}
