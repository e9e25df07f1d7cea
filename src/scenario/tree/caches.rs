//! What lies before the data: caches in a service's memory, and caches on the network.

use super::{Followers, PolicyIx};
use crate::base::{Dist, Span};

/// A cache that services share over the network, between them and their databases.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheServer {
    /// What it keeps, and for how long.
    pub keeping: Keeping,
    /// Does it hold back who misses an item that somebody fetches already?
    pub single_flight: bool,
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
