//! A table keyed by ids for what piles up: its clones share it by [`Pages`]. Entries lie in the order in
//! which they came in, and keys that follow one another stand together in its index, so that what is
//! new or young lies in few pages, and a clone shares the rest for good.
//!
//! ```text
//! key ──hash──▶ index: open addressing, at most half full      entries
//!               .. [ - ][ 7 ][ 8 ][ - ][ 9 ][ - ] ..  ──▶  .. [ 7 ][ 8 ][ 9 ] (the youngest)
//! ```

use std::hash::{Hash, Hasher};

use super::chance::mix;
use super::pages::Pages;
use super::table::Table;

/// A map, `N` entries to a page: fewer where old entries are written to as often as young ones. Nothing
/// may depend on the order of its entries, so it lists none.
#[derive(Clone, Debug)]
pub struct PagedTable<K, V, const N: usize = 32> {
    /// None at first, then a power of two of them.
    index: Pages<Slot, 64>,
    entries: Pages<Entry<K, V>, N>,
}

impl<K: Hash + Eq + Clone, V: Clone, const N: usize> From<&Table<K, V>> for PagedTable<K, V, N> {
    fn from(plain: &Table<K, V>) -> Self {
        let mut paged = Self::default();
        for (key, value) in plain {
            paged.add(key.clone(), hash(key), value.clone());
        }
        paged
    }
}

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    place: u32,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
}

const FREE: Slot = Slot { hash: 0, place: u32::MAX };
/// Slots at first.
const FEW: usize = 64;

impl<K, V, const N: usize> Default for PagedTable<K, V, N> {
    fn default() -> Self {
        Self { index: Pages::default(), entries: Pages::default() }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, const N: usize> PagedTable<K, V, N> {
    /// How many entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes that it holds: of pages that clones share its share. Values hold nothing elsewhere.
    pub fn weight(&self) -> usize {
        self.index.weight(|_| 0) + self.entries.weight(|_| 0)
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        let place = self.find(key, hash(key))?;
        Some(&self.entries[place].value)
    }

    /// The same, to be changed.
    #[inline]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.find(key, hash(key))?;
        Some(&mut self.entries[place].value)
    }

    /// The value of a key, made now if there is none.
    #[inline]
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let hash = hash(&key);
        let place = self.find(&key, hash).unwrap_or_else(|| self.add(key, hash, make()));
        &mut self.entries[place].value
    }

    /// Takes a key and its value away.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.find(key, hash(key))?;
        self.close(self.slot_of(hash(key), place));
        let last = self.entries.pop().expect("it was found");
        if place == self.entries.len() {
            return Some(last.value);
        }
        let moved = self.slot_of(hash(&last.key), self.entries.len());
        self.index[moved].place = place as u32;
        Some(std::mem::replace(&mut self.entries[place], last).value)
    }

    /// The place of a key's entry.
    #[inline]
    fn find(&self, key: &K, hash: u32) -> Option<usize> {
        let mask = self.index.len().checked_sub(1)?;
        let mut at = home(hash) & mask;
        loop {
            let slot = self.index[at];
            if slot.place == FREE.place {
                return None;
            }
            if slot.hash == hash && self.entries[slot.place as usize].key == *key {
                return Some(slot.place as usize);
            }
            at = (at + 1) & mask;
        }
    }

    /// The slot that leads to this place.
    fn slot_of(&self, hash: u32, place: usize) -> usize {
        let mask = self.index.len() - 1;
        let mut at = home(hash) & mask;
        while self.index[at].place as usize != place {
            at = (at + 1) & mask;
        }
        at
    }

    /// A new entry; its place.
    fn add(&mut self, key: K, hash: u32, value: V) -> usize {
        if (self.entries.len() + 1) * 2 > self.index.len() {
            self.grow();
        }
        let place = self.entries.len();
        self.entries.push(Entry { key, value });
        self.lead(Slot { hash, place: place as u32 });
        place
    }

    /// Puts a slot where it is looked for.
    fn lead(&mut self, slot: Slot) {
        let mask = self.index.len() - 1;
        let mut at = home(slot.hash) & mask;
        while self.index[at].place != FREE.place {
            at = (at + 1) & mask;
        }
        self.index[at] = slot;
    }

    /// Frees a slot. Whatever passed it on the way from its home moves up, so that no tombstones are
    /// needed.
    fn close(&mut self, mut hole: usize) {
        let mask = self.index.len() - 1;
        let mut next = hole;
        loop {
            next = (next + 1) & mask;
            let slot = self.index[next];
            if slot.place == FREE.place {
                break;
            }
            let home = home(slot.hash) & mask;
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.index[hole] = slot;
                hole = next;
            }
        }
        self.index[hole] = FREE;
    }

    #[cold]
    fn grow(&mut self) {
        let larger = Pages::of(&FREE, (self.index.len() * 2).max(FEW));
        let smaller = std::mem::replace(&mut self.index, larger);
        for slot in smaller.iter().filter(|slot| slot.place != FREE.place) {
            self.lead(*slot);
        }
    }
}

#[inline]
fn hash<K: Hash>(key: &K) -> u32 {
    let mut hasher = Neighbours::default();
    key.hash(&mut hasher);
    hasher.finish() as u32
}

/// The slot from which on a key is looked for: there are two for each of a row of neighbours.
#[inline]
fn home(hash: u32) -> usize {
    (hash as usize) << 1
}

/// Hashes ids so that 32 that follow one another differ in the last five bits only: they share a page of
/// the index.
#[derive(Clone, Copy, Debug, Default)]
struct Neighbours {
    far: u64,
    near: u64,
}

/// The bits in which neighbours differ.
const NEAR: u64 = 31;

impl Hasher for Neighbours {
    fn finish(&self) -> u64 {
        self.far & !NEAR | self.near
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u8(*byte);
        }
    }

    #[inline]
    fn write_u8(&mut self, kind: u8) {
        self.far = mix(self.far, u64::from(kind));
    }

    #[inline]
    fn write_u16(&mut self, kind: u16) {
        self.far = mix(self.far, u64::from(kind));
    }

    #[inline]
    fn write_u32(&mut self, id: u32) {
        self.write_u64(u64::from(id));
    }

    #[inline]
    fn write_u64(&mut self, id: u64) {
        self.near ^= id & NEAR;
        self.far = mix(self.far, id & !NEAR);
    }

    #[inline]
    fn write_usize(&mut self, id: usize) {
        self.write_u64(id as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Paged = PagedTable<(u16, u64), u32>;

    #[test]
    fn what_piles_up_in_order_is_shared_with_clones_but_for_what_is_young() {
        let mut run = Paged::default();
        (0..10_000).for_each(|id| *run.get_or_insert_with((3, id), || 0) = 1);
        let keyframe = run.clone();
        (10_000..10_300).for_each(|id| *run.get_or_insert_with((3, id), || 0) = 2);
        (9_700..10_000).for_each(|id| *run.get_mut(&(3, id)).unwrap() = 3);
        let (entries, index) = (run.entries.own_pages(), run.index.own_pages());
        assert!(entries <= 600 / 32 + 2, "{entries} of {} pages", run.entries.len() / 32);
        assert!(index <= 300 / 32 + 2, "{index} of {} pages", run.index.len() / 64);
        assert_eq!((keyframe.len(), keyframe.get(&(3, 9_800))), (10_000, Some(&1)));
        assert_eq!(
            (run.len(), run.get(&(3, 9_800)), run.get(&(3, 10_299))),
            (10_300, Some(&3), Some(&2))
        );
        assert_eq!((keyframe.get(&(3, 10_000)), run.get(&(2, 9_800))), (None, None));
    }

    #[test]
    fn neighbours_crowd_out_nobody() {
        let mut table = Paged::default();
        (0..50_000)
            .for_each(|id| *table.get_or_insert_with(((id % 3) as u16, id), || 0) = id as u32);
        let mask = table.index.len() - 1;
        let way = |at: usize| at.wrapping_sub(home(table.index[at].hash)) & mask;
        let used = (0..=mask).filter(|at| table.index[*at].place != FREE.place);
        let total: usize = used.map(way).sum();
        assert!(total < 50_000 * 16, "{} slots from home on average", total / 50_000);
    }

    proptest! {
        #[test]
        fn it_and_its_clone_agree_with_ordered_maps(
            moves in prop::collection::vec((0_u16..3, 0_u64..200, 0_u8..5, any::<bool>()), 0..2_000)
        ) {
            let mut tables: [Paged; 2] = Default::default();
            let mut models: [BTreeMap<(u16, u64), u32>; 2] = Default::default();
            for (n, (kind, id, what, second)) in moves.into_iter().enumerate() {
                let (mine, key, n) = (usize::from(second), (kind, id), n as u32);
                let (table, model) = (&mut tables[mine], &mut models[mine]);
                match what {
                    0 => prop_assert_eq!(table.remove(&key), model.remove(&key)),
                    1 => prop_assert_eq!(table.get_or_insert_with(key, || n), model.entry(key).or_insert(n)),
                    2 => *table.get_or_insert_with(key, || 0) = *model.entry(key).insert_entry(n).get(),
                    3 => prop_assert_eq!(table.get_mut(&key), model.get_mut(&key)),
                    _ if id < 4 => {
                        tables[1 - mine] = tables[mine].clone();
                        models[1 - mine] = models[mine].clone();
                    }
                    _ => prop_assert_eq!(table.get(&key), model.get(&key)),
                }
            }
            for (table, model) in tables.iter().zip(&models) {
                prop_assert_eq!(table.len(), model.len());
                for (kind, id) in (0..3).flat_map(|kind| (0..200).map(move |id| (kind, id))) {
                    prop_assert_eq!(table.get(&(kind, id)), model.get(&(kind, id)));
                }
            }
        }
    }
}
