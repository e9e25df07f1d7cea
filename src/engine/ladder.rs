//! The ladder: what may come later, in no order until it is due soon. Knows keys, not what they are
//! for.

use crate::base::weight;
use std::cmp::Reverse;

/// What stands in the queue: 32 bytes where the payload has no more than 12.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry<P> {
    /// The packed order key.
    pub key: u128,
    /// The instance it goes to.
    pub dest: u32,
    /// What goes there.
    pub payload: P,
}

impl<P: Default> Entry<P> {
    /// Later than everything.
    pub fn nothing() -> Self {
        Self { key: u128::MAX, dest: 0, payload: P::default() }
    }
}

/// A ladder queue with unique keys, after W. T. Tang, R. S. M. Goh and I. L. Thng, "Ladder queue: an O(1)
/// priority queue structure for large-scale discrete event simulation", ACM TOMACS 15(3), 2005.
///
/// ```text
/// top      everything from the end of the first rung on, in no order
/// rung 0   |   |   |   |   |       equal stretches of keys, each a bucket in no order; those that
/// rung 1           | | | | |       were emptied are behind. The first bucket of a rung that had too
/// rung 2             |||||         many to be sorted at once became the rung below it
/// ```
///
/// The smallest are taken bucket by bucket, sorted. (The paper's bottom, in which they stand in order
/// and are joined by what comes sooner, is the caller's.) A push and a take cost O(1) amortised, where
/// keys are spread without too many gaps: an entry is moved once for each rung. A rung reaches from the
/// first to the last of those that it was made of, and not, as in the paper, to the end of the bucket
/// that they were in: a crowd at one instant is told apart at once, however long nothing follows it, and
/// what is put in behind it waits in the next bucket above.
#[derive(Clone, Debug)]
pub struct Ladder<P> {
    /// Those in use, coarsest first. None is at its end.
    rungs: Vec<Rung>,
    /// Those that were.
    unused: Vec<Rung>,
    top: Bucket,
    store: Store<P>,
    len: usize,
}

/// Some stretches of keys.
#[derive(Clone, Debug, Default)]
struct Rung {
    /// Where the first bucket begins.
    from: u128,
    /// Where the last one ends: the first key beyond, though it may be within that bucket's stretch.
    end: u128,
    /// Each bucket is two to this power wide.
    shift: u32,
    /// The first that was not emptied.
    next: usize,
    buckets: Vec<Bucket>,
}

/// Entries in no order.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    len: u32,
    /// The block that was begun last, if there is any.
    block: u32,
}

/// Where the entries of all buckets lie.
#[derive(Clone, Debug)]
struct Store<P> {
    blocks: Vec<Block<P>>,
    /// By block: the one that its bucket began before it; of an unused one, the next unused one.
    before: Vec<u32>,
    unused: u32,
}

const BLOCK: usize = 8;

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Block<P>([Entry<P>; BLOCK]);

/// So many entries there are for each bucket of a new rung, on average, or up to twice as many.
const SHARE: usize = 8;

impl<P: Copy + Default> Default for Ladder<P> {
    fn default() -> Self {
        let store = Store { blocks: Vec::new(), before: Vec::new(), unused: 0 };
        Self { rungs: Vec::new(), unused: Vec::new(), top: Bucket::default(), store, len: 0 }
    }
}

impl<P: Copy + Default> Ladder<P> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an entry, whose key must be above all that were taken, and below the largest.
    #[inline(never)]
    pub fn push(&mut self, entry: Entry<P>) {
        self.len += 1;
        let rung = self.rungs.iter_mut().rev().find(|rung| entry.key < rung.end);
        let bucket = rung.map_or(&mut self.top, |rung| rung.bucket(entry.key));
        self.store.push(bucket, entry);
    }

    /// Takes the smallest entries, at most as many as there is room for, which must be some, and at least
    /// one if there is any: so many, largest first.
    #[inline(never)]
    pub fn take(&mut self, room: &mut [Entry<P>]) -> usize {
        let bucket = self.first(room.len());
        let taken = bucket.len as usize;
        let mut places = room.iter_mut();
        self.store.empty(bucket, |_, entry| *places.next().expect("there is room") = entry);
        self.len -= taken;
        room[..taken].sort_unstable_by_key(|entry| Reverse(entry.key));
        taken
    }

    /// Takes the first bucket that has any out of its rung, when it has been made no larger than this.
    fn first(&mut self, most: usize) -> Bucket {
        debug_assert!(most > 0, "no bucket is as small as that");
        while self.len > 0 {
            let bucket = match self.rungs.last_mut() {
                Some(rung) => rung.take(),
                None => std::mem::take(&mut self.top),
            };
            if self.rungs.last().is_some_and(Rung::is_over) {
                self.unused.extend(self.rungs.pop());
            }
            if bucket.len as usize > most {
                self.spread(bucket);
            } else if bucket.len > 0 {
                return bucket;
            }
        }
        Bucket::default()
    }

    /// Makes a bucket of at least two a rung.
    fn spread(&mut self, bucket: Bucket) {
        let mut rung = self.unused.pop().unwrap_or_default();
        let keys = self.store.iter(bucket).map(|entry| entry.key);
        let (first, last) =
            keys.fold((u128::MAX, 0), |(first, last), key| (key.min(first), key.max(last)));
        (rung.from, rung.end) = (first, last + 1);
        let most = (bucket.len as usize / SHARE).max(2) as u128;
        let width = (rung.end - first).div_ceil(most).next_power_of_two();
        (rung.shift, rung.next) = (width.trailing_zeros(), 0);
        let count = (rung.end - first).div_ceil(width) as usize;
        rung.buckets.clear();
        rung.buckets.resize(count, Bucket::default());
        self.store.empty(bucket, |store, entry| store.push(rung.bucket(entry.key), entry));
        self.rungs.push(rung);
    }

    /// Bytes that it holds.
    pub fn weight(&self) -> usize {
        let rungs = self.rungs.iter().chain(&self.unused).map(|rung| weight::vec(&rung.buckets));
        let rungs = rungs.sum::<usize>() + weight::vec(&self.rungs) + weight::vec(&self.unused);
        rungs + weight::vec(&self.store.blocks) + weight::vec(&self.store.before)
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<P>> {
        let buckets = self.rungs.iter().flat_map(|rung| &rung.buckets[rung.next..]);
        buckets.chain([&self.top]).flat_map(|bucket| self.store.iter(*bucket))
    }
}

impl Rung {
    /// The bucket for a key before the rung's end. What comes before those that are left comes first.
    fn bucket(&mut self, key: u128) -> &mut Bucket {
        let number = (key.saturating_sub(self.from) >> self.shift) as usize;
        &mut self.buckets[number.max(self.next)]
    }

    /// Takes the next bucket out.
    fn take(&mut self) -> Bucket {
        self.next += 1;
        std::mem::take(&mut self.buckets[self.next - 1])
    }

    /// Was the last bucket taken out?
    fn is_over(&self) -> bool {
        self.next == self.buckets.len()
    }
}

impl<P: Copy + Default> Store<P> {
    fn push(&mut self, bucket: &mut Bucket, entry: Entry<P>) {
        let place = bucket.len as usize % BLOCK;
        if place == 0 {
            let block = self.unused;
            if block as usize == self.blocks.len() {
                self.blocks.push(Block([Entry::nothing(); BLOCK]));
                self.before.push(block + 1);
            }
            self.unused = std::mem::replace(&mut self.before[block as usize], bucket.block);
            bucket.block = block;
        }
        bucket.len += 1;
        self.blocks[bucket.block as usize].0[place] = entry;
    }

    /// Takes all entries out of a bucket.
    fn empty(&mut self, bucket: Bucket, mut to: impl FnMut(&mut Self, Entry<P>)) {
        let Bucket { len: mut left, mut block } = bucket;
        while left > 0 {
            let here = (left as usize - 1) % BLOCK + 1;
            left -= here as u32;
            let Block(entries) = self.blocks[block as usize];
            let before = std::mem::replace(&mut self.before[block as usize], self.unused);
            self.unused = std::mem::replace(&mut block, before);
            for entry in &entries[..here] {
                to(self, *entry);
            }
        }
    }

    fn iter(&self, bucket: Bucket) -> impl Iterator<Item = &Entry<P>> {
        let mut block = bucket.block;
        let mut left = bucket.len as usize;
        std::iter::from_fn(move || {
            let here = left.checked_sub(1)? % BLOCK + 1;
            let entries = &self.blocks[block as usize].0[..here];
            (left, block) = (left - here, self.before[block as usize]);
            Some(entries)
        })
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    fn entry(key: u128) -> Entry<[u32; 3]> {
        Entry { key, ..Entry::default() }
    }

    proptest! {
        /// `Some` pushes so long after the last one taken, `None` takes up to so many.
        #[test]
        fn it_gives_the_order_of_a_standard_heap(
            far in 0..100u32,
            steps in prop::collection::vec((prop::option::weighted(0.9, 1..500u128), 1..30usize), 0..400)
        ) {
            let (mut ladder, mut standard) = (Ladder::default(), BinaryHeap::new());
            let mut last = 0;
            for (number, (step, most)) in (0..).zip(steps) {
                if let Some(delay) = step {
                    // Unique, and above all that were taken.
                    let key = last + 1 + (delay << (far * number % 100)) * 2_000 + u128::from(number);
                    if !standard.iter().any(|Reverse(other)| *other == key) {
                        ladder.push(entry(key));
                        standard.push(Reverse(key));
                    }
                } else {
                    let mut room = vec![entry(0); most];
                    let taken = ladder.take(&mut room);
                    prop_assert!(taken > 0 || standard.is_empty());
                    for entry in room[..taken].iter().rev() {
                        last = entry.key;
                        prop_assert_eq!(Some(last), standard.pop().map(|key| key.0));
                    }
                }
                prop_assert_eq!((ladder.len(), ladder.is_empty()), (standard.len(), standard.is_empty()));
                let mut kept: Vec<u128> = ladder.iter().map(|entry| entry.key).collect();
                kept.sort_unstable();
                let mut expected: Vec<u128> = standard.iter().map(|key| key.0).collect();
                expected.sort_unstable();
                prop_assert_eq!(kept, expected);
            }
        }
    }

    #[test]
    fn any_number_at_one_instant_is_told_apart_by_the_rest_of_the_key() {
        let mut ladder = Ladder::default();
        (0..20_000u128).for_each(|number| ladder.push(entry((7 << 72) + number * 31 % 20_011)));
        assert_eq!(count(ladder), 20_000);
    }

    /// Takes all, in order: how many there were.
    fn count(mut ladder: Ladder<[u32; 3]>) -> usize {
        let (mut room, mut last, mut all) = ([entry(0); 24], None, 0);
        while !ladder.is_empty() {
            let taken = ladder.take(&mut room);
            for entry in room[..taken].iter().rev() {
                assert!(Some(entry.key) > last, "{} after {last:?}", entry.key);
                (last, all) = (Some(entry.key), all + 1);
            }
        }
        all
    }

    #[test]
    fn keys_may_be_as_far_apart_as_there_are_any() {
        for crowd in [13, 30, 100, 5_000] {
            let mut ladder = Ladder::default();
            (0..crowd).for_each(|key| ladder.push(entry(key)));
            (2..crowd + 2).for_each(|key| ladder.push(entry(u128::MAX - key)));
            assert_eq!(count(ladder), 2 * crowd as usize);
        }
    }

    #[test]
    fn a_rung_ends_behind_the_last_key_that_it_was_made_of() {
        let (mut ladder, mut room) = (Ladder::default(), [entry(0); 2]);
        (0..64).for_each(|key| ladder.push(entry(key)));
        assert_eq!(ladder.take(&mut room), 2);
        ladder.push(entry(64));
        assert_eq!(ladder.top.len, 1, "it is the first beyond all rungs");
        assert_eq!(count(ladder), 63);
    }

    #[test]
    fn crowds_at_few_instants_are_moved_seldom() {
        let (mut ladder, mut room) = (Ladder::default(), [entry(0); 24]);
        let hour = 3_600_000_000_000 << 72;
        (0..10_000).for_each(|number| ladder.push(entry(number % 10 * hour + number)));
        // Those that are taken come again a day later.
        for number in 0..10_000 {
            let taken = ladder.take(&mut room);
            for (place, entry) in (0..).zip(&mut room[..taken]) {
                entry.key = (entry.key / hour + 24) * hour + 24 * number + place;
                ladder.push(*entry);
            }
        }
        let rungs = ladder.rungs.len() + ladder.unused.len();
        assert!(rungs < 5, "an entry was on {rungs} rungs");
        assert_eq!(count(ladder), 10_000);
    }

    #[test]
    fn the_steady_state_takes_the_room_that_it_needs_and_no_more() {
        let (mut ladder, mut room) = (Ladder::default(), [entry(0); 24]);
        let mut number = 0;
        for round in 0..1_000 {
            while ladder.len() < 1_000 {
                number += 1;
                ladder.push(entry((round << 72) + ((number * 7_919 % 5_000) << 60) + number));
            }
            ladder.take(&mut room);
        }
        assert!(ladder.store.blocks.len() < 1_000, "{} blocks", ladder.store.blocks.len());
    }

    #[test]
    fn an_entry_is_half_a_cache_line() {
        assert_eq!((size_of::<Entry<[u32; 3]>>(), size_of::<Block<[u32; 3]>>()), (32, 256));
    }
}
