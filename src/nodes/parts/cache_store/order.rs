//! Who makes room in a full cache, one policy each.
//!
//! | policy | goes first | as in | left out |
//! | --- | --- | --- | --- |
//! | `Lru` | used longest ago | Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970 | segments (memcached's `doc/new_lru.txt`) |
//! | `Fifo` | there longest, used or not | King, "Analysis of demand paging algorithms", IFIP 1971 | |
//! | `Random` | any, equally likely (Redis' `allkeys-random`) | Gelenbe, "A unified approach to the evaluation of a class of replacement algorithms", IEEE Transactions on Computers 22(6), 1973 | |
//! | `Lfu` | asked for least often ever, then used longest ago | "Perfect-LFU" of Breslau et al., "Web caching and Zipf-like distributions", INFOCOM 1999 | ageing of counts (Redis' `lfu-decay-time`) and their approximation by Morris counters |
//! | `SampledLru(n)` | used longest ago of n drawn at random, with replacement | Redis documentation, "Key eviction": `allkeys-lru` with `maxmemory-samples 5` | the pool of the 16 best candidates of earlier draws, and Redis' clock of one second |
//! | `VolatileLru(n)` | the same of items that have a time to live; where there are none, nobody | the same: `volatile-lru`, which behaves like `noeviction` then | the same |
//! | `Never` | nobody: what is new stays out (Redis' `noeviction`, memcached's `-M`) | Redis documentation, "Key eviction" | the error that the writer is told |
//!
//! Perfect LFU knows how often every preloaded item was asked for, there or not, and what was asked
//! for less often than all that are there stays out; so it comes to hold the most popular items
//! where popularity does not change. Created items are counted only while they are there.
//! Everything is constant in time, `Lfu` logarithmic.

use super::ItemName;
use super::bag::Bag;
use super::chain::Chain;
use super::heap::Heap;
use crate::base::{Stream, Table};
use crate::probes::KeyId;
use crate::scenario::tree::{EntityIx, Evict};

/// What a policy must remember of the items.
#[derive(Clone, Debug)]
pub enum Order {
    /// In order of use.
    Lru(Chain),
    /// In order of entry.
    Fifo(Chain),
    /// Nothing.
    Random(Stream),
    /// How often and since when each was used.
    Lfu {
        /// How often preloaded items were asked for.
        counts: Counts,
        /// Those that are there.
        heap: Heap,
        /// Counts the uses.
        uses: u64,
    },
    /// When each was used.
    Sampled {
        /// How many are drawn.
        samples: u32,
        /// Only of those that have a time to live?
        mortals: bool,
        /// By place: the number of its last use.
        used: Vec<u64>,
        /// Counts the uses.
        uses: u64,
        /// Draws them.
        chance: Stream,
    },
    /// Nothing.
    Never,
}

impl Order {
    /// Of nothing yet. `chance` serves the policies that draw.
    pub fn new(evict: Evict, chance: Stream) -> Self {
        match evict {
            Evict::Lru => Self::Lru(Chain::default()),
            Evict::Fifo => Self::Fifo(Chain::default()),
            Evict::Random => Self::Random(chance),
            Evict::Lfu => Self::Lfu { counts: Counts::default(), heap: Heap::default(), uses: 0 },
            Evict::SampledLru(samples) | Evict::VolatileLru(samples) => {
                let mortals = matches!(evict, Evict::VolatileLru(_));
                Self::Sampled { samples, mortals, used: Vec::new(), uses: 0, chance }
            }
            Evict::Never => Self::Never,
        }
    }

    /// Somebody asks for an item, there or not.
    pub fn asked(&mut self, name: ItemName) {
        if let Self::Lfu { counts, .. } = self
            && let Some(count) = counts.get_mut(name)
        {
            *count = count.saturating_add(1);
        }
    }

    /// An item, which is not there, has been asked for so often.
    pub fn remember(&mut self, name: ItemName, times: u32) {
        if let Self::Lfu { counts, .. } = self
            && let Some(count) = counts.get_mut(name)
        {
            *count = times;
        }
    }

    /// An item that is there was used.
    pub fn used(&mut self, place: u32, name: ItemName) {
        match self {
            Self::Lru(chain) => chain.rejoin(place),
            Self::Lfu { counts, heap, uses } => {
                *uses += 1;
                heap.change(place, (counts.of(name), *uses));
            }
            Self::Sampled { used, uses, .. } => {
                *uses += 1;
                used[place as usize] = *uses;
            }
            Self::Fifo(_) | Self::Random(_) | Self::Never => {}
        }
    }

    /// An item took this place.
    pub fn entered(&mut self, place: u32, name: ItemName) {
        match self {
            Self::Lru(chain) | Self::Fifo(chain) => chain.join(place),
            Self::Lfu { counts, heap, uses } => {
                *uses += 1;
                heap.insert(place, (counts.of(name), *uses));
            }
            Self::Sampled { used, uses, .. } => {
                *uses += 1;
                if used.len() <= place as usize {
                    used.resize(place as usize + 1, 0);
                }
                used[place as usize] = *uses;
            }
            Self::Random(_) | Self::Never => {}
        }
    }

    /// The item at this place left.
    pub fn left(&mut self, place: u32) {
        match self {
            Self::Lru(chain) | Self::Fifo(chain) => chain.leave(place),
            Self::Lfu { heap, .. } => heap.remove(place),
            Self::Random(_) | Self::Sampled { .. } | Self::Never => {}
        }
    }

    /// Who makes room for a newcomer; nobody, where the newcomer has to stay out. `places` has all
    /// that are there, at least one, `mortal` those of them that have a time to live.
    pub fn victim(
        &mut self,
        places: &Table<ItemName, u32>,
        mortal: Option<&Bag>,
        newcomer: ItemName,
    ) -> Option<u32> {
        match self {
            Self::Lru(chain) | Self::Fifo(chain) => chain.first(),
            Self::Random(chance) => Some(any(places, chance)),
            Self::Lfu { counts, heap, .. } => {
                let ((asked, _), place) = heap.lowest()?;
                (counts.of(newcomer) >= asked).then_some(place)
            }
            Self::Sampled { samples, mortals: true, used, chance, .. } => {
                let drawn = (0..*samples).filter_map(|_| mortal?.draw(chance));
                drawn.min_by_key(|place| used[*place as usize])
            }
            Self::Sampled { samples, used, chance, .. } => {
                let drawn = (0..*samples).map(|_| any(places, chance));
                drawn.min_by_key(|place| used[*place as usize])
            }
            Self::Never => None,
        }
    }
}

fn any(places: &Table<ItemName, u32>, chance: &mut Stream) -> u32 {
    let nth = chance.below(places.len() as u64) as usize;
    *places.get_index(nth).expect("one of them").1
}

/// How often each preloaded item was asked for.
#[derive(Clone, Debug, Default)]
pub struct Counts(Vec<Vec<u32>>);

impl Counts {
    fn get_mut(&mut self, (EntityIx(entity), KeyId(key)): ItemName) -> Option<&mut u32> {
        if KeyId(key).creator().is_some() {
            return None;
        }
        let (entity, key) = (usize::from(entity), key as usize);
        if self.0.len() <= entity {
            self.0.resize(entity + 1, Vec::new());
        }
        let all = &mut self.0[entity];
        if all.len() <= key {
            all.resize((key + 1).next_power_of_two(), 0);
        }
        Some(&mut all[key])
    }

    fn of(&self, (EntityIx(entity), KeyId(key)): ItemName) -> u32 {
        let all = self.0.get(usize::from(entity));
        all.and_then(|all| all.get(key as usize)).copied().unwrap_or(1)
    }
}
