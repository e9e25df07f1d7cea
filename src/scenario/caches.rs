//! Caches: nodes of their own, and what any cache keeps and for how long.

use super::codes::Code;
use super::reader::{Fields, Reader};
use super::syntax::{Kind, Value};
use super::tree::{CacheServer, Evict, Expiry, Followers, Keeping, Life, Wait, Writes};
use crate::base::{Dist, Span};

/// The fields of [`Keeping`].
pub const KEEPING: [&str; 4] = ["capacity", "evict", "ttl", "sliding"];

/// Redis' default of `maxmemory-samples`.
const SAMPLES: u32 = 5;
const MAX_SAMPLES: u32 = 64;
/// The active expiry cycle of Redis: ten times a second (its default of `hz`), among twenty.
const CYCLE: Span = Span(100_000_000);
const CYCLE_SAMPLES: u32 = 20;
/// A longer `exptime` is one that Memcached reads as a Unix time: thirty days.
const MOST_RELATIVE_S: i64 = 60 * 60 * 24 * 30;

impl<'a> Reader<'a> {
    /// `Cache(capacity:, evict:, ...)`.
    pub fn cache_server(&mut self, value: &'a Value) -> Option<CacheServer> {
        let [capacity, evict, ttl, sliding] = KEEPING;
        let names = &[
            capacity,
            evict,
            ttl,
            sliding,
            "expiry",
            "single_flight",
            "versioned",
            "writes",
            "replicas",
            "warm",
            "workers",
            "work",
            "policy",
        ];
        let fields = self.fields(value, "a cache", 0, names)?;
        let keeping = self.keeping(&fields, &Keeping { ttl: None, ..Keeping::default() });
        let expiry = self.or(&fields, "expiry", Expiry::Exact, Self::expiry);
        let single_flight = self.or(&fields, "single_flight", false, Self::flag);
        let versioned = self.or(&fields, "versioned", false, Self::flag);
        let writes = self.or(&fields, "writes", Writes::Invalidate, Self::writes);
        let replicas = self.maybe(&fields, "replicas", Self::replicas);
        self.check_wait(&fields, writes, replicas.as_ref());
        let warm = self.or(&fields, "warm", false, Self::flag);
        let workers = self.or(&fields, "workers", 1, Self::places);
        let work = self.or(&fields, "work", Dist::Const(0.0), Self::dist);
        let policy = self.maybe(&fields, "policy", Self::policy);
        Some(CacheServer {
            keeping: Keeping { expiry: expiry?, ..keeping? },
            single_flight: single_flight?,
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

    /// What a cache keeps, from the [`KEEPING`] among its fields.
    pub fn keeping(&mut self, fields: &Fields<'a>, default: &Keeping) -> Option<Keeping> {
        let capacity = self.unless_none(fields, "capacity", default.capacity, |reader, value| {
            reader.count(value, 1..=u32::MAX)
        });
        let evict = self.or(fields, "evict", default.evict, Self::evict);
        let ttl = self.unless_none(fields, "ttl", default.ttl.map(Some), Self::time_to_live);
        let sliding = self.or(fields, "sliding", default.sliding, Self::flag);
        Some(Keeping {
            capacity: capacity?,
            evict: evict?,
            ttl: ttl?.flatten(),
            sliding: sliding?,
            expiry: default.expiry,
        })
    }

    /// `"30s"`, or `Exptime(30)`, as Memcached reads it.
    #[expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]
    fn time_to_live(&mut self, value: &'a Value) -> Option<Option<Span>> {
        match value.word() {
            Some("Exptime") => self.exptime(value),
            _ => self.positive_span(value).map(Some),
        }
    }

    /// Memcached's `doc/protocol.txt`: 0 is for ever; up to thirty days are seconds from now; a larger
    /// number is a Unix time, and what has passed expires at once. A run has no calendar, but is later
    /// than the January of 1970.
    #[expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]
    fn exptime(&mut self, value: &'a Value) -> Option<Option<Span>> {
        let fields = self.fields(value, "Exptime", 1, &["seconds"])?;
        let seconds = self.must(&fields, "seconds", |reader, value| {
            reader.integer(value, 0..=i64::from(u32::MAX))
        })?;
        if seconds <= MOST_RELATIVE_S {
            return Some((seconds > 0).then(|| Span::from_secs(seconds as f64)));
        }
        let message =
            format!("Memcached reads {seconds} as a time in the past: items expire at once");
        self.wrong(Code::PastExpiry, value.head(), message)
            .help(format!("up to {MOST_RELATIVE_S} (30 days) it counts from now; 0 is for ever"));
        Some(Some(Span::ZERO))
    }

    /// `Exact` or `Sampled(20, every: "100ms")`.
    fn expiry(&mut self, value: &'a Value) -> Option<Expiry> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Exact"), Kind::Word(_)) => Some(Expiry::Exact),
            (Some("Sampled"), _) => {
                let fields = self.fields(value, "Sampled", 1, &["samples", "every"])?;
                let samples = self.or(&fields, "samples", CYCLE_SAMPLES, |reader, value| {
                    reader.count(value, 1..=MAX_SAMPLES)
                });
                let every = self.or(&fields, "every", CYCLE, Self::positive_span);
                Some(Expiry::Sampled { samples: samples?, every: every? })
            }
            _ => {
                let words = ["Exact", "Sampled(20)"];
                self.unknown_word(value, "a way to free memory", &words);
                None
            }
        }
    }

    fn evict(&mut self, value: &'a Value) -> Option<Evict> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Lru"), Kind::Word(_)) => Some(Evict::Lru),
            (Some("Fifo"), Kind::Word(_)) => Some(Evict::Fifo),
            (Some("Random"), Kind::Word(_)) => Some(Evict::Random),
            (Some("Lfu"), Kind::Word(_)) => Some(Evict::Lfu),
            (Some("Never"), Kind::Word(_)) => Some(Evict::Never),
            (Some("SampledLru"), _) => self.samples(value, "SampledLru").map(Evict::SampledLru),
            (Some("VolatileLru"), _) => self.samples(value, "VolatileLru").map(Evict::VolatileLru),
            _ => {
                let words =
                    ["Lru", "Fifo", "Random", "Lfu", "SampledLru(5)", "VolatileLru(5)", "Never"];
                self.unknown_word(value, "a way to make room", &words);
                None
            }
        }
    }

    fn samples(&mut self, value: &'a Value, what: &'static str) -> Option<u32> {
        let fields = self.fields(value, what, 1, &["samples"])?;
        self.or(&fields, "samples", SAMPLES, |reader, value| reader.count(value, 1..=MAX_SAMPLES))
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
}

impl<'a> Reader<'a> {
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

impl Default for Keeping {
    /// That of the cache in a service's memory.
    fn default() -> Self {
        let ttl = Some(Span::from_secs(60.0));
        Self {
            capacity: Some(10_000),
            evict: Evict::Lru,
            ttl,
            sliding: false,
            expiry: Expiry::Exact,
        }
    }
}
