//! `Cache`: a cache on the network in the manner of Redis or Memcached, as the file describes one.

use super::{
    About, Breakable, Followers, Keeping, Life, NodeKind, Role, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};
use crate::scenario::tree::PolicyIx;

pub(super) static ABOUT: About = About {
    role: Role::Cache,
    name: "cache",
    phrase: "a cache",
    uses: &[Use::Cache],
    breaks: &[Breakable::Process, Breakable::Workers],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Cache",
    about: "A cache on the network, in the manner of Redis or Memcached, between services and \
        their databases: a service whose `cache` it is looks there for every read of its own \
        data, also of those that others ask it for. It is a node of its own, one network hop \
        away, with one instance; a crash empties it.",
    settings: &SETTINGS,
    left_out: "Several instances and how keys spread over them, persistence, sizes in bytes, times \
        to live per item.",
    example: "Cache(capacity: 50_000, ttl: \"30s\", work: \"0.02ms\")",
    read: |reader, _, value| Some(NodeKind::Cache(reader.cache_server(value)?)),
};

settings! {
    capacity: "count of items, or `None`", Usual::Is("10_000"), "how many it holds, `None` is unbounded; items are of one size";
    evict: "word", Usual::Is("Lru"), "who makes room, see [eviction](../scenario.md#cache)", "https://redis.io/docs/latest/develop/reference/eviction/";
    ttl: "duration", Usual::Unset("none"), "how long an item is served. Or `Exptime(60)`, whole seconds as Memcached reads them: 0 is for ever, up to 2,592,000 (30 days) counts from the fill, and more is a Unix time, so that items expire at once (`check` warns)", "https://github.com/memcached/memcached/blob/master/doc/protocol.txt";
    ttl_jitter: "ratio", Usual::Is("0"), "each item lives up to such a share of `ttl` longer, drawn anew each time that it begins to: what was filled together does not leave together";
    sliding: "flag", Usual::Is("false"), "does that time count from the last use, rather than from the fill?";
    expiry: "word", Usual::Is("Exact"), "when the memory of an item whose time is over is free: `Exact`, at that instant, or as in Redis `Sampled(20, every: \"100ms\")` (its values are the defaults): when somebody asks for it, or when it is found among so many drawn at random, so often, and again as long as more than a quarter of those drawn were over. Nobody is served it in either case; until then it counts in `items_mean` and takes up capacity", "https://redis.io/docs/latest/commands/expire/";
    single_flight: "flag", Usual::Is("false"), "who misses an item that somebody fetches already waits for it at the cache";
    lease: "duration", Usual::Is("\"10s\""), "with `single_flight`: when a fetch has taken so long, the next who misses fetches too", "https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala";
    versioned: "flag", Usual::Is("false"), "a fill stays out if a newer version was deleted while it was fetched, and nothing newer is overwritten (leases)";
    writes: "word", Usual::Is("Invalidate"), "what becomes of it when its services write, see [writes](../scenario.md#cache)";
    replicas: "group", Usual::Unset("none"), "copies that follow it: `(count: 1, lag: Exp(\"1ms\"), reads: Leader)`, see [replicas](../scenario.md#cache)";
    warm: "flag", Usual::Is("false"), "does it begin as after a long history without writes, with the most popular of the preloaded items?";
    workers: "count", Usual::Is("1"), "commands carried out at once. Redis has one worker";
    work: "distribution", Usual::Is("\"0ms\""), "time of one command";
    policy: "name", Usual::Unset("none"), "the policy of calls to it, over the class `store`";
}

/// A cache that services share over the network, between them and their databases.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheServer {
    /// What it keeps, and for how long.
    pub keeping: Keeping,
    /// Does it hold back who misses an item that somebody fetches already?
    pub single_flight: bool,
    /// When a fetch has taken so long, the next who misses fetches too.
    pub lease: Span,
    /// Does a fill older than an invalidation stay out?
    pub versioned: bool,
    /// What becomes of it when its services write.
    pub writes: Writes,
    /// Copies that follow it, and of which one takes its place.
    pub replicas: Option<Followers>,
    /// Does it hold the preloaded items at the start, as far as they fit?
    pub warm: bool,
    /// Commands carried out at once.
    pub workers: u32,
    /// Time of one command.
    pub work: Dist,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}
/// What becomes of a cache when the data behind it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Nothing: it is not told.
    Around,
    /// The item is deleted, after the commit.
    Invalidate,
    /// The item is set to what was committed, after the commit; this becomes of its time to live.
    Through(Life),
    /// The cache takes the write, and hands it on to the database later.
    Behind {
        /// At the next multiple of this.
        every: Span,
        /// Does it say so only when some replicas have it?
        wait: Option<Wait>,
    },
}

/// Waiting for replicas (Redis' `WAIT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For so many.
    pub replicas: u32,
    /// For so long; `None` for as long as it takes.
    pub timeout: Option<Span>,
}

impl super::Kind for CacheServer {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn workers(&self) -> Option<u32> {
        Some(self.workers)
    }

    fn policy(&self) -> Option<PolicyIx> {
        self.policy
    }

    /// A replica takes over what it holds.
    fn is_durable(&self) -> bool {
        self.replicas.is_some()
    }
}

impl<'a> Reader<'a> {
    /// `Cache(capacity:, evict:, ...)`.
    fn cache_server(&mut self, value: &'a Value) -> Option<CacheServer> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let keeping = self.keeping(&fields, &Keeping { ttl: None, ..Keeping::default() });
        let expiry = self.setting(&fields, "expiry", Self::expiry);
        let single_flight = self.setting(&fields, "single_flight", Self::flag);
        let lease = self.setting(&fields, "lease", Self::positive_span);
        let versioned = self.setting(&fields, "versioned", Self::flag);
        let writes = self.setting(&fields, "writes", Self::writes);
        let replicas = self.optional(&fields, "replicas", Self::replicas);
        self.check_wait(&fields, writes, replicas.as_ref());
        let warm = self.setting(&fields, "warm", Self::flag);
        let workers = self.setting(&fields, "workers", Self::places);
        let work = self.setting(&fields, "work", Self::dist);
        let policy = self.optional(&fields, "policy", Self::policy);
        Some(CacheServer {
            keeping: Keeping { expiry: expiry?, ..keeping? },
            single_flight: single_flight?,
            lease: lease?,
            versioned: versioned?,
            writes: writes?,
            replicas: replicas?,
            warm: warm?,
            workers: workers?,
            work: work?,
            policy: policy?,
        })
    }

    /// A cache cannot wait for more replicas than it has.
    fn check_wait(
        &mut self,
        fields: &Fields<'a>,
        writes: Option<Writes>,
        replicas: Option<&Option<Followers>>,
    ) {
        let (Some(Writes::Behind { wait: Some(wait), .. }), Some(replicas)) = (writes, replicas)
        else {
            return;
        };
        let count = replicas.as_ref().map_or(0, |replicas| replicas.count);
        if wait.replicas > count {
            let at = fields.get("writes").map_or(fields.head, Value::head);
            let message = format!("it waits for {} replicas and has {count}", wait.replicas);
            self.wrong(Code::OutOfRange, at, message)
                .help("`replicas: (count: 1, lag: \"1ms\")` gives a cache one");
        }
    }

    fn writes(&mut self, value: &'a Value) -> Option<Writes> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Around"), Kind::Word(_)) => Some(Writes::Around),
            (Some("Invalidate"), Kind::Word(_)) => Some(Writes::Invalidate),
            (Some("Through"), _) => {
                let fields = self.fields(value, "Through", 0, &["ttl"])?;
                self.or(&fields, "ttl", Life::Renew, Self::life).map(Writes::Through)
            }
            (Some("Behind"), Kind::Group { .. }) => {
                let fields = self.fields(value, "Behind", 1, &["every", "wait", "timeout"])?;
                let every = self.must(&fields, "every", Self::positive_span);
                let wait =
                    self.maybe(&fields, "wait", |reader, value| reader.count(value, 1..=u32::MAX));
                let timeout = self.maybe(&fields, "timeout", Self::positive_span);
                let (wait, timeout) = (wait?, timeout?);
                if wait.is_none() && timeout.is_some() {
                    self.wrong(Code::MissingField, fields.head, "a `timeout` without a `wait`")
                        .help("`wait` says for how many replicas the cache waits");
                }
                let wait = wait.map(|replicas| Wait { replicas, timeout });
                Some(Writes::Behind { every: every?, wait })
            }
            _ => {
                let words = ["Around", "Invalidate", "Through", "Behind(\"1s\")"];
                self.unknown_word(value, "what writes do to a cache", &words);
                None
            }
        }
    }

    fn life(&mut self, value: &'a Value) -> Option<Life> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Renew"), Kind::Word(_)) => Some(Life::Renew),
            (Some("Keep"), Kind::Word(_)) => Some(Life::Keep),
            (Some("Remove"), Kind::Word(_)) => Some(Life::Remove),
            _ => {
                let words = ["Renew", "Keep", "Remove"];
                self.unknown_word(value, "a way to treat a time to live", &words);
                None
            }
        }
    }
}
