//! Caches: nodes of their own, and what any cache keeps and for how long.

use super::reader::{Fields, Reader};
use super::syntax::{Kind, Value};
use super::tree::{CacheServer, Evict, Keeping, Writes};
use crate::base::{Dist, Span};

/// The fields of [`Keeping`].
pub const KEEPING: [&str; 4] = ["capacity", "evict", "ttl", "sliding"];

/// Redis' default of `maxmemory-samples`.
const SAMPLES: u32 = 5;
const MAX_SAMPLES: u32 = 64;

impl<'a> Reader<'a> {
    /// `Cache(capacity:, evict:, ...)`.
    pub fn cache_server(&mut self, value: &'a Value) -> Option<CacheServer> {
        let [capacity, evict, ttl, sliding] = KEEPING;
        let names = &[
            capacity,
            evict,
            ttl,
            sliding,
            "single_flight",
            "versioned",
            "writes",
            "warm",
            "workers",
            "work",
            "policy",
        ];
        let fields = self.fields(value, "a cache", 0, names)?;
        let keeping = self.keeping(&fields, &Keeping { ttl: None, ..Keeping::default() });
        let single_flight = self.or(&fields, "single_flight", false, Self::flag);
        let versioned = self.or(&fields, "versioned", false, Self::flag);
        let writes = self.or(&fields, "writes", Writes::Invalidate, Self::writes);
        let warm = self.or(&fields, "warm", false, Self::flag);
        let workers = self.or(&fields, "workers", 1, Self::places);
        let work = self.or(&fields, "work", Dist::Const(0.0), Self::dist);
        let policy = self.maybe(&fields, "policy", Self::policy);
        Some(CacheServer {
            keeping: keeping?,
            single_flight: single_flight?,
            versioned: versioned?,
            writes: writes?,
            warm: warm?,
            workers: workers?,
            work: work?,
            policy: policy?,
        })
    }

    /// What a cache keeps, from the [`KEEPING`] among its fields.
    pub fn keeping(&mut self, fields: &Fields<'a>, default: &Keeping) -> Option<Keeping> {
        let capacity = self.unless_none(fields, "capacity", default.capacity, |reader, value| {
            reader.count(value, 1..=u32::MAX)
        });
        let evict = self.or(fields, "evict", default.evict, Self::evict);
        let ttl = self.unless_none(fields, "ttl", default.ttl, Self::positive_span);
        let sliding = self.or(fields, "sliding", default.sliding, Self::flag);
        Some(Keeping { capacity: capacity?, evict: evict?, ttl: ttl?, sliding: sliding? })
    }

    fn evict(&mut self, value: &'a Value) -> Option<Evict> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Lru"), Kind::Word(_)) => Some(Evict::Lru),
            (Some("Fifo"), Kind::Word(_)) => Some(Evict::Fifo),
            (Some("Random"), Kind::Word(_)) => Some(Evict::Random),
            (Some("Lfu"), Kind::Word(_)) => Some(Evict::Lfu),
            (Some("Never"), Kind::Word(_)) => Some(Evict::Never),
            (Some("SampledLru"), _) => {
                let fields = self.fields(value, "SampledLru", 1, &["samples"])?;
                let samples = self.or(&fields, "samples", SAMPLES, |reader, value| {
                    reader.count(value, 1..=MAX_SAMPLES)
                });
                samples.map(Evict::SampledLru)
            }
            _ => {
                let words = ["Lru", "Fifo", "Random", "Lfu", "SampledLru(5)", "Never"];
                self.unknown_word(value, "a way to make room", &words);
                None
            }
        }
    }

    fn writes(&mut self, value: &'a Value) -> Option<Writes> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Around"), Kind::Word(_)) => Some(Writes::Around),
            (Some("Invalidate"), Kind::Word(_)) => Some(Writes::Invalidate),
            (Some("Through"), Kind::Word(_)) => Some(Writes::Through),
            (Some("Behind"), Kind::Group { .. }) => {
                let fields = self.fields(value, "Behind", 1, &["every"])?;
                self.must(&fields, "every", Self::positive_span).map(Writes::Behind)
            }
            _ => {
                let words = ["Around", "Invalidate", "Through", "Behind(\"1s\")"];
                self.unknown_word(value, "what writes do to a cache", &words);
                None
            }
        }
    }
}

impl Default for Keeping {
    /// That of the cache in a service's memory.
    fn default() -> Self {
        let ttl = Some(Span::from_secs(60.0));
        Self { capacity: Some(10_000), evict: Evict::Lru, ttl, sliding: false }
    }
}
