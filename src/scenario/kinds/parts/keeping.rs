//! What any cache keeps, and for how long: one on the network, and one in a service's memory.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};

/// The fields of [`Keeping`].
pub(in crate::scenario) const KEEPING: [&str; 5] =
    ["capacity", "evict", "ttl", "ttl_jitter", "sliding"];

/// Redis' default of `maxmemory-samples`.
const SAMPLES: u32 = 5;
const MAX_SAMPLES: u32 = 64;
/// The active expiry cycle of Redis: ten times a second (its default of `hz`), among twenty.
const CYCLE: Span = Span(100_000_000);
const CYCLE_SAMPLES: u32 = 20;
/// A longer `exptime` is one that Memcached reads as a Unix time: thirty days.
const MOST_RELATIVE_S: i64 = 60 * 60 * 24 * 30;

/// A cache in a service's memory, per instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// What it keeps, and for how long.
    pub keeping: Keeping,
    /// Does a fill older than an invalidation stay out?
    pub versioned: bool,
}

/// What a cache keeps, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Keeping {
    /// Items; `None` is unbounded.
    pub capacity: Option<u32>,
    /// Who makes room when it is full.
    pub evict: Evict,
    /// How long an item is served; `None` is for ever.
    pub ttl: Option<Span>,
    /// Up to such a share longer each item lives, drawn anew each time.
    pub jitter: f64,
    /// Does the time count from the last use, rather than from the fill?
    pub sliding: bool,
    /// When the memory of an item whose time is over becomes free.
    pub expiry: Expiry,
}

/// When the memory of an item whose time to live is over becomes free; nobody is served it from that
/// instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At that instant.
    Exact,
    /// When somebody asks for it, or when it is found so among items drawn at random, again and again
    /// as long as more than a quarter of those drawn are.
    Sampled {
        /// How many are drawn.
        samples: u32,
        /// How often.
        every: Span,
    },
}

/// What becomes of an item's time to live when it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It begins anew.
    Renew,
    /// It goes on; what was not there lives for ever.
    Keep,
    /// It is taken away: the item lives for ever.
    Remove,
}

/// Who makes room in a full cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evict {
    /// The one used longest ago.
    Lru,
    /// The one that has been there longest.
    Fifo,
    /// Any, with the same probability.
    Random,
    /// The one asked for least often, ever.
    Lfu,
    /// The one used longest ago among so many drawn at random.
    SampledLru(u32),
    /// The same, only of items that have a time to live; where there are none, nobody.
    VolatileLru(u32),
    /// Nobody: what is new stays out.
    Never,
}

impl<'a> Reader<'a> {
    /// What a cache keeps, from the [`KEEPING`] among its fields.
    pub(in crate::scenario) fn keeping(
        &mut self,
        fields: &Fields<'a>,
        default: &Keeping,
    ) -> Option<Keeping> {
        let capacity = self.unless_none(fields, "capacity", default.capacity, |reader, value| {
            reader.count(value, 1..=u32::MAX)
        });
        let evict = self.or(fields, "evict", default.evict, Self::evict);
        let ttl = self.unless_none(fields, "ttl", default.ttl.map(Some), Self::time_to_live);
        let jitter = self.or(fields, "ttl_jitter", default.jitter, Self::ratio);
        let sliding = self.or(fields, "sliding", default.sliding, Self::flag);
        Some(Keeping {
            capacity: capacity?,
            evict: evict?,
            ttl: ttl?.flatten(),
            jitter: jitter?,
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
    pub(in crate::scenario::kinds) fn expiry(&mut self, value: &'a Value) -> Option<Expiry> {
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
}

impl Default for Keeping {
    /// That of the cache in a service's memory.
    fn default() -> Self {
        let ttl = Some(Span::from_secs(60.0));
        Self {
            capacity: Some(10_000),
            evict: Evict::Lru,
            ttl,
            jitter: 0.0,
            sliding: false,
            expiry: Expiry::Exact,
        }
    }
}
