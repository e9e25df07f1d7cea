//! Which item's time to live is over first. Where all live equally long, whoever began last goes last;
//! with jitter a heap knows. Knows places and instants, and no items.

use super::chain::Chain;
use super::heap::Heap;
use crate::base::{Span, Stream, Time, unit};
use crate::scenario::tree::Keeping;

/// The places of what has a time to live, in order of its end.
#[derive(Clone, Debug)]
pub enum Ends {
    /// All live equally long.
    Alike(Chain),
    /// Each lives up to a share longer.
    Jittered(Box<Jittered>),
}

/// Times to live that differ.
#[derive(Clone, Debug)]
pub struct Jittered {
    /// The places.
    heap: Heap,
    /// Up to such a share longer each lives.
    share: f64,
    /// Drawn when it begins to.
    chance: Stream,
}

impl Ends {
    /// Nobody's.
    pub fn new(keeping: &Keeping, chance: &Stream) -> Self {
        if keeping.jitter == 0.0 {
            return Self::Alike(Chain::default());
        }
        let (heap, chance) = (Heap::default(), chance.clone());
        Self::Jittered(Box::new(Jittered { heap, share: keeping.jitter, chance }))
    }

    /// How long one lives that begins now, of what lives so long without jitter.
    pub fn lifetime(&mut self, ttl: Span) -> Span {
        match self {
            Self::Alike(_) => ttl,
            Self::Jittered(it) => {
                let longer = ttl.0 as f64 * it.share * unit(it.chance.next_u64());
                ttl + Span::from_ns(longer)
            }
        }
    }

    /// One begins to live until then.
    pub fn join(&mut self, place: u32, end: Time) {
        match self {
            Self::Alike(chain) => chain.join(place),
            Self::Jittered(it) => it.heap.insert(place, (0, end.0)),
        }
    }

    /// One that is there lives until then instead.
    pub fn rejoin(&mut self, place: u32, end: Time) {
        match self {
            Self::Alike(chain) => chain.rejoin(place),
            Self::Jittered(it) => it.heap.change(place, (0, end.0)),
        }
    }

    /// One is gone, or lives for ever.
    pub fn leave(&mut self, place: u32) {
        match self {
            Self::Alike(chain) => chain.leave(place),
            Self::Jittered(it) => it.heap.remove(place),
        }
    }

    /// Whose time is over first.
    pub fn first(&self) -> Option<u32> {
        match self {
            Self::Alike(chain) => chain.first(),
            Self::Jittered(it) => it.heap.lowest().map(|(_, place)| place),
        }
    }
}
