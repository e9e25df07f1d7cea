//! A slab whose handles know their generation: memory of one instance, never shared with another.
//! A handle that outlived its entry (answered, timed out, lost in a crash) finds nothing.

use crate::base::weight;
use prefetch_index::prefetch_index;

/// Names an entry of one slab of one instance. Others may carry it back as a correlation id; they
/// never look inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    slot: u32,
    generation: u32,
}

impl Default for Handle {
    fn default() -> Self {
        Self::NONE
    }
}

impl Handle {
    /// No entry at all.
    pub const NONE: Self = Self { slot: u32::MAX, generation: 0 };

    /// As one word.
    #[inline]
    pub fn bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }

    /// The handle of these [bits](Self::bits).
    #[inline]
    pub fn from_bits(bits: u64) -> Self {
        Self { slot: bits as u32, generation: (bits >> 32) as u32 }
    }

    /// The slot, unique among the entries that are there at one time.
    pub fn slot(self) -> usize {
        self.slot as usize
    }
}

/// The slab. Entries keep their slot; slots are reused last in, first out.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    places: Vec<Place<T>>,
    /// The slot to be used next; beyond all slots if all are in use.
    next: u32,
    len: usize,
}

/// A slot: on cache lines of its own, since what is used seldom is far from the processor, line by
/// line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Place<T> {
    /// Odd while the entry is there.
    generation: u32,
    /// The slot to be used after this one, while this one is unused.
    next: u32,
    /// What is gone lies there until the slot is used again.
    entry: T,
}

/// Beyond all slots.
const NOWHERE: u32 = u32::MAX;

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), next: NOWHERE, len: 0 }
    }
}

impl<T> Slab<T> {
    /// Bytes that it holds, but for what entries hold elsewhere.
    pub fn weight(&self) -> usize {
        weight::vec(&self.places)
    }

    /// How many bytes a slot takes.
    pub const SLOT: usize = size_of::<Place<T>>();

    /// Takes an entry in and names it.
    #[inline]
    pub fn insert(&mut self, entry: T) -> Handle {
        self.len += 1;
        let slot = self.next;
        let Some(place) = self.places.get_mut(slot as usize) else { return self.append(entry) };
        self.next = place.next;
        place.generation = place.generation.wrapping_add(1);
        place.entry = entry;
        Handle { slot, generation: place.generation }
    }

    #[cold]
    fn append(&mut self, entry: T) -> Handle {
        let slot = u32::try_from(self.places.len()).expect("fewer than 2^32 entries");
        self.places.push(Place { generation: 1, next: NOWHERE, entry });
        Handle { slot, generation: 1 }
    }

    /// What lies in this slot: an entry, one that is gone, or what the owner keeps in a spare slot.
    ///
    /// # Panics
    /// Beyond all slots.
    #[inline]
    pub fn at(&self, slot: usize) -> &T {
        &self.places[slot].entry
    }

    /// The same, to be changed.
    ///
    /// # Panics
    /// Beyond all slots.
    #[inline]
    pub fn at_mut(&mut self, slot: usize) -> &mut T {
        &mut self.places[slot].entry
    }

    /// Names the entry in this slot.
    ///
    /// # Panics
    /// Beyond all slots.
    pub fn handle_at(&self, slot: usize) -> Handle {
        Handle { slot: slot as u32, generation: self.places[slot].generation }
    }

    /// Lets this slot be fetched from memory.
    pub fn prefetch_at(&self, slot: usize) {
        prefetch_index(&self.places, slot);
    }

    /// Lets be fetched from memory what a call of [`get`](Self::get) will look at, and the line in which
    /// some other part of the entry lies.
    pub fn prefetch<F>(&self, handle: Handle, part: impl FnOnce(&T) -> &F) {
        if let Some(place) = self.places.get(handle.slot()) {
            prefetch_index(std::slice::from_ref(&place.generation), 0);
            prefetch_index(std::slice::from_ref(part(&place.entry)), 0);
        }
    }

    /// The entry, if it is still there.
    #[inline]
    pub fn get(&self, handle: Handle) -> Option<&T> {
        match self.places.get(handle.slot as usize) {
            Some(place) if place.generation == handle.generation => Some(&place.entry),
            _ => None,
        }
    }

    /// The entry, if it is still there.
    #[inline]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        match self.places.get_mut(handle.slot as usize) {
            Some(place) if place.generation == handle.generation => Some(&mut place.entry),
            _ => None,
        }
    }

    /// The entry is of no use any more, once the caller has looked at it; its handle finds nothing
    /// from now on.
    #[inline]
    pub fn discard(&mut self, handle: Handle) -> Option<&T> {
        match self.places.get_mut(handle.slot as usize) {
            Some(place) if place.generation == handle.generation => {
                place.generation = place.generation.wrapping_add(1);
                place.next = self.next;
                self.next = handle.slot;
                self.len -= 1;
                Some(&place.entry)
            }
            _ => None,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries in order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        let all = (0..).zip(&self.places);
        all.filter(|(_, place)| place.generation % 2 == 1)
            .map(|(slot, place)| (Handle { slot, generation: place.generation }, &place.entry))
    }
}

impl<T: Default> Slab<T> {
    /// An empty slab whose first `spare` slots are never given to an entry. What lies there, at first
    /// the default, is reached by its slot alone: [`at`](Self::at), [`at_mut`](Self::at_mut).
    pub fn with_spare(spare: usize) -> Self {
        let place = |_| Place { generation: 0, next: NOWHERE, entry: T::default() };
        Self { places: (0..spare).map(place).collect(), ..Self::default() }
    }

    /// Makes room for an entry and names it. It is to be written to the place that this returns, where
    /// something old lies still: so it is written once.
    #[inline]
    pub fn enter(&mut self) -> (Handle, &mut T) {
        self.len += 1;
        let slot = self.next;
        if slot as usize >= self.places.len() {
            return self.grow();
        }
        let place = &mut self.places[slot as usize];
        self.next = place.next;
        place.generation = place.generation.wrapping_add(1);
        (Handle { slot, generation: place.generation }, &mut place.entry)
    }

    /// One more slot, with an entry in it.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> (Handle, &mut T) {
        let slot = u32::try_from(self.places.len()).expect("fewer than 2^32 entries");
        let place = Place { generation: 1, next: NOWHERE, entry: T::default() };
        (Handle { slot, generation: 1 }, &mut self.places.push_mut(place).entry)
    }
}

impl<T: Clone> Slab<T> {
    /// Takes the entry out; its handle finds nothing from now on.
    #[inline]
    pub fn remove(&mut self, handle: Handle) -> Option<T> {
        self.discard(handle).cloned()
    }

    /// Takes all entries out, in order of their slots; no handle finds anything from now on.
    pub fn drain(&mut self) -> Vec<T> {
        let handles: Vec<Handle> = self.iter().map(|(handle, _)| handle).collect();
        handles.into_iter().filter_map(|handle| self.remove(handle)).collect()
    }
}

/// Something that few entries of a slab have, beside the slab; the others have the default of it.
#[derive(Clone, Debug)]
pub struct SideTable<T> {
    /// By slot: whose it is.
    places: Vec<(Handle, T)>,
}

impl<T> Default for SideTable<T> {
    fn default() -> Self {
        Self { places: Vec::new() }
    }
}

impl<T: Copy + Default> SideTable<T> {
    /// What this entry has.
    pub fn get(&self, handle: Handle) -> T {
        match self.places.get(handle.slot()) {
            Some((whose, it)) if *whose == handle => *it,
            _ => T::default(),
        }
    }

    /// This entry has it from now on, as long as it is there.
    pub fn set(&mut self, handle: Handle, it: T) {
        let slot = handle.slot();
        if slot >= self.places.len() {
            self.places.resize(slot + 1, (Handle::NONE, T::default()));
        }
        self.places[slot] = (handle, it);
    }

    /// This entry has the other from now on, and the other is what it had.
    pub fn swap(&mut self, handle: Handle, other: &mut T) {
        let had = self.get(handle);
        self.set(handle, std::mem::replace(other, had));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_outlives_its_entry_and_finds_nothing() {
        let mut slab = Slab::default();
        let first = slab.insert('a');
        assert_eq!(slab.remove(first), Some('a'));
        let second = slab.insert('b');
        assert_eq!(first.slot(), second.slot(), "the slot is reused");
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(second), Some(&'b'));
    }

    #[test]
    fn an_entry_may_be_written_where_it_will_lie() {
        let mut slab: Slab<u8> = Slab::default();
        let (first, entry) = slab.enter();
        *entry = 7;
        assert_eq!((slab.get(first), slab.len()), (Some(&7), 1));
        slab.discard(first);
        let (second, entry) = slab.enter();
        assert_eq!(*entry, 7, "what lay there last");
        assert_eq!((first.slot(), slab.get(first)), (second.slot(), None));
        let others = [slab.insert(8), slab.enter().0];
        assert_eq!((others.map(Handle::slot), slab.len()), ([1, 2], 3));
    }

    #[test]
    fn spare_slots_are_given_to_no_entry() {
        let mut slab = Slab::with_spare(2);
        *slab.at_mut(1) = 5;
        let handles = [slab.insert(7), slab.enter().0];
        assert_eq!((handles.map(Handle::slot), slab.len()), ([2, 3], 2));
        assert_eq!(slab.handle_at(2), handles[0]);
        assert_eq!(slab.drain(), [7, 0]);
        assert_eq!((*slab.at(1), slab.insert(8).slot()), (5, 3), "a drain leaves them alone");
    }

    #[test]
    fn what_few_entries_have_goes_with_them() {
        let (mut slab, mut table) = (Slab::default(), SideTable::default());
        let handles = [slab.insert('a'), slab.insert('b'), slab.insert('c')];
        table.set(handles[1], 7);
        assert_eq!(handles.map(|handle| table.get(handle)), [0, 7, 0]);
        let mut other = 8;
        table.swap(handles[1], &mut other);
        assert_eq!((table.get(handles[1]), other), (8, 7));
        slab.discard(handles[1]);
        assert_eq!(table.get(slab.insert('d')), 0, "the slot is another's now");
    }

    #[test]
    fn a_crash_empties_the_slab_and_outdates_every_handle() {
        let mut slab = Slab::default();
        let handles = [slab.insert(1), slab.insert(2), slab.insert(3)];
        slab.remove(handles[1]);
        assert_eq!(slab.drain(), [1, 3]);
        assert!(slab.is_empty());
        slab.insert(4);
        assert!(handles.iter().all(|&handle| slab.get(handle).is_none()));
    }
}
