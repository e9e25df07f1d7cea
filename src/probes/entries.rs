//! One entry per operation, from its sending until nothing can act for it any more. The last digits
//! of an operation's id say where its entry lies, so an entry is found by arithmetic: no hashing, and
//! no allocation in the steady state.
//!
//! ```text
//! ids:    ... 60  61  62  63  64  65 ...      64 places: when 65 is sent and 1 is still open (an
//! places: ... 60  61  62  63   0   1 ...      operation that hangs), 1 is set aside. When many are,
//!                                             there are twice as many places
//! ```

use prefetch_index::prefetch_index;

use super::entry::{Deed, Entry};
use super::fact::OpId;
use crate::base::{Table, weight};

/// Places at first; a power of two.
const PLACES: usize = 64;
/// One of so many operations may be set aside before there are more places.
const ASIDE: usize = 16;

/// The entries of all clients.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    /// A power of two of places, and behind them those set aside.
    all: Vec<Entry>,
    /// The last digits: one less than there are places.
    mask: usize,
    /// `stride` of them per entry.
    deeds: Vec<Deed>,
    /// Effects of the flow that has most.
    stride: usize,
    /// Where the operations lie that are set aside: a later one has their place.
    aside: Table<OpId, u32>,
    /// Where others could.
    spare: Vec<u32>,
    /// By client: no operation below this number is open.
    oldest: Vec<u64>,
}

impl Entries {
    /// Bytes that they hold.
    pub(super) fn weight(&self) -> usize {
        let open = weight::vec(&self.all) + weight::vec(&self.deeds) + weight::table(&self.aside);
        open + weight::vec(&self.spare) + weight::vec(&self.oldest)
    }

    /// For so many clients, and flows of at most `stride` effects.
    pub(super) fn new(clients: usize, stride: usize) -> Self {
        Self {
            all: vec![Entry::free(); PLACES],
            mask: PLACES - 1,
            deeds: vec![Deed::default(); PLACES * stride],
            stride,
            aside: Table::default(),
            spare: Vec::new(),
            oldest: vec![0; clients],
        }
    }

    /// Opens one that tells these effects: the caller is to replace what lies there. Numbers
    /// ascend; skipped ones never existed.
    #[expect(clippy::inline_always, reason = "the entry is written once, where it will lie")]
    #[inline(always)]
    pub(super) fn open(&mut self, op: OpId, told: u64) -> &mut Entry {
        debug_assert!(self.find(op).is_none(), "{op:?} is opened twice");
        if !self.all[self.home(op)].is_free() {
            self.make_room(op);
        }
        let place = self.home(op);
        if self.stride > 0 {
            self.tell(place, told);
        }
        &mut self.all[place]
    }

    #[inline(never)]
    fn tell(&mut self, place: usize, told: u64) {
        let deeds = &mut self.deeds[place * self.stride..(place + 1) * self.stride];
        for (n, deed) in deeds.iter_mut().enumerate() {
            *deed = Deed { is_told: told & 1 << n != 0, ..Deed::default() };
        }
    }

    /// The open entry of an operation, if it is open.
    #[expect(clippy::inline_always, reason = "a few instructions, for nearly every fact")]
    #[inline(always)]
    pub(super) fn get(&mut self, op: OpId) -> Option<&mut Entry> {
        let home = self.home(op);
        if self.all.get(home).is_none_or(|entry| entry.op != op) {
            return self.get_aside(op);
        }
        self.all.get_mut(home)
    }

    /// Lets an operation's entry be fetched from memory, unless it is set aside.
    pub(super) fn prefetch(&self, op: OpId) {
        prefetch_index(&self.all, self.home(op));
    }

    #[cold]
    #[inline(never)]
    fn get_aside(&mut self, op: OpId) -> Option<&mut Entry> {
        let place = *self.aside.get(&op)?;
        Some(&mut self.all[place as usize])
    }

    /// The same with what is known of its effects.
    pub(super) fn with_deeds(&mut self, op: OpId) -> Option<(&mut Entry, &mut [Deed])> {
        let place = self.find(op)?;
        let deeds = &mut self.deeds[place * self.stride..(place + 1) * self.stride];
        Some((&mut self.all[place], deeds))
    }

    /// The same to look at.
    pub(super) fn seen(&self, op: OpId) -> Option<(&Entry, &[Deed])> {
        let place = self.find(op)?;
        Some((&self.all[place], &self.deeds[place * self.stride..(place + 1) * self.stride]))
    }

    /// Closes one, if it is open: what is known of it for the last time, and a way to its effects.
    #[expect(clippy::inline_always, reason = "a few instructions, for every operation")]
    #[inline(always)]
    pub(super) fn close<'a>(
        &'a mut self,
        op: OpId,
    ) -> Option<(&'a Entry, impl FnOnce() -> &'a [Deed])> {
        let place = self.find(op)?;
        if place > self.mask {
            self.leave_aside(op);
        }
        let entry = &mut self.all[place];
        entry.close();
        let (deeds, stride) = (&self.deeds, self.stride);
        Some((entry, move || &deeds[place * stride..(place + 1) * stride]))
    }

    #[cold]
    #[inline(never)]
    fn leave_aside(&mut self, op: OpId) {
        self.spare.extend(self.aside.swap_remove(&op));
    }

    /// Is an operation of this client open that was sent before the `number`th?
    pub(super) fn is_open_before(&mut self, client: usize, number: u64) -> bool {
        let mut oldest = self.oldest[client];
        while oldest < number && self.find(OpId::new(client as u16, oldest)).is_none() {
            oldest += 1;
        }
        self.oldest[client] = oldest;
        oldest < number
    }

    /// All that are open, in order of client and number.
    pub(super) fn open_ops(&self) -> Vec<OpId> {
        let mut open: Vec<OpId> = self.open_entries().map(|entry| entry.op).collect();
        open.sort_unstable();
        open
    }

    /// Those that are open, in no particular order.
    pub(super) fn open_entries(&self) -> impl Iterator<Item = &Entry> {
        self.all.iter().filter(|entry| !entry.is_free())
    }

    /// The place of an operation.
    #[inline]
    fn home(&self, op: OpId) -> usize {
        op.0 as usize & self.mask
    }

    /// Where the entry of an operation lies, if it is open.
    #[inline]
    fn find(&self, op: OpId) -> Option<usize> {
        let home = self.home(op);
        match self.all.get(home) {
            Some(entry) if entry.op == op => Some(home),
            _ => self.find_aside(op),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_aside(&self, op: OpId) -> Option<usize> {
        self.aside.get(&op).map(|place| *place as usize)
    }

    /// Sets aside what lies in the place of this operation, or makes more places until nothing does.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, op: OpId) {
        while self.aside.len() * ASIDE > self.mask {
            self.grow();
        }
        let place = self.home(op);
        if self.all[place].is_free() {
            return;
        }
        let to = self.spare.pop().unwrap_or_else(|| {
            self.all.push(Entry::free());
            self.deeds.extend((0..self.stride).map(|_| Deed::default()));
            self.all.len() as u32 - 1
        });
        self.aside.insert(self.all[place].op, to);
        self.all[to as usize] = std::mem::replace(&mut self.all[place], Entry::free());
        let deeds = place * self.stride..(place + 1) * self.stride;
        self.deeds.copy_within(deeds, to as usize * self.stride);
    }

    /// Twice as many places.
    fn grow(&mut self) {
        let places = (self.mask + 1) * 2;
        let larger = Self {
            all: vec![Entry::free(); places],
            mask: places - 1,
            deeds: vec![Deed::default(); places * self.stride],
            aside: Table::default(),
            spare: Vec::new(),
            oldest: std::mem::take(&mut self.oldest),
            ..*self
        };
        let mut smaller = std::mem::replace(self, larger);
        for op in smaller.open_ops() {
            let (entry, deeds) = smaller.with_deeds(op).expect("it is open");
            *self.open(op, 0) = *entry;
            let (_, room) = self.with_deeds(op).expect("it was opened");
            room.copy_from_slice(deeds);
        }
    }

    /// Places that exist, in use or not.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::scenario::tree::FlowIx;

    fn entry(op: OpId, session: u32) -> Entry {
        Entry::new(op, FlowIx(0), session, Time(0), Time(0))
    }

    #[test]
    fn an_entry_is_found_until_it_is_closed() {
        let mut entries = Entries::new(2, 3);
        let op = OpId::new(1, 0);
        *entries.open(op, 0b101) = entry(op, 7);
        assert_eq!(entries.get(op).unwrap().session, 7);
        assert!(entries.get(OpId::new(0, 0)).is_none());
        assert!(entries.get(OpId::new(1, 1)).is_none());
        assert!(entries.get(OpId::NONE).is_none());
        let (closed, deeds) = entries.close(op).unwrap();
        let told: Vec<bool> = deeds().iter().map(|deed| deed.is_told).collect();
        assert_eq!((closed.session, told), (7, vec![true, false, true]));
        assert!(entries.get(op).is_none() && entries.close(op).is_none());
    }

    #[test]
    fn entries_are_found_however_many_there_are() {
        let mut entries = Entries::new(2, 2);
        // The second client's odd numbers never existed.
        let ops: Vec<OpId> =
            (0..1_500).flat_map(|n| [OpId::new(0, n), OpId::new(1, n * 2)]).collect();
        for (place, op) in (0..).zip(&ops) {
            *entries.open(*op, 0) = entry(*op, place);
            entries.with_deeds(*op).unwrap().1[1].net = (place % 100) as i8;
        }
        for (place, op) in (0..).zip(&ops) {
            assert_eq!(entries.get(*op).unwrap().session, place, "{op:?}");
            let nets = entries.with_deeds(*op).unwrap().1.iter().map(|deed| deed.net);
            assert!(nets.eq([0, (place % 100) as i8]), "{op:?}");
        }
        for nobody in [OpId::new(0, 1_500), OpId::new(1, 7), OpId::new(1, 90_000)] {
            assert!(entries.get(nobody).is_none(), "{nobody:?}");
        }
        let of = |client| ops.iter().filter(move |op| op.client() == client).copied();
        assert_eq!(entries.open_ops(), of(0).chain(of(1)).collect::<Vec<_>>());
        for op in of(0).skip(512).take(512) {
            entries.close(op);
        }
        assert!(entries.is_open_before(0, 1));
        for op in of(0).take(511) {
            entries.close(op);
        }
        assert!(entries.is_open_before(0, 512) && !entries.is_open_before(0, 511));
        entries.close(OpId::new(0, 511));
        assert!(!entries.is_open_before(0, 1_024) && entries.is_open_before(0, 1_025));
        assert!(entries.is_open_before(1, 1));
        assert!(of(0).take(1_024).all(|op| entries.get(op).is_none()));
        assert_eq!(entries.get(OpId::new(0, 1_024)).unwrap().session, 2_048);
        assert_eq!(entries.open_ops(), of(0).skip(1_024).chain(of(1)).collect::<Vec<_>>());
    }

    #[test]
    fn law_8_places_are_used_again_though_some_operations_hang() {
        let mut entries = Entries::new(1, 2);
        let hangs = |number: u64| number.is_multiple_of(40_000);
        for number in 0..100_000 {
            let op = OpId::new(0, number);
            *entries.open(op, 0) = entry(op, number as u32);
            let deeds = entries.with_deeds(op).unwrap().1;
            assert_eq!(deeds, [Deed::default(); 2], "it begins with nothing done");
            deeds[1].net = 1;
            if !hangs(number) {
                entries.close(op);
            }
        }
        let hang: Vec<OpId> = [0, 40_000, 80_000].map(|number| OpId::new(0, number)).to_vec();
        assert_eq!(entries.open_ops(), hang);
        for op in &hang {
            let (entry, deeds) = entries.with_deeds(*op).unwrap();
            assert_eq!((u64::from(entry.session), deeds[1].net), (op.number(), 1));
        }
        assert!(entries.places() <= PLACES + 3, "{} places", entries.places());
        for op in hang {
            entries.close(op);
        }
        assert!(entries.open_ops().is_empty() && !entries.is_open_before(0, 100_000));
    }

    #[test]
    fn clients_that_send_in_step_do_not_meet() {
        let mut entries = Entries::new(8, 0);
        for number in 0..10_000 {
            for client in 0..8 {
                let op = OpId::new(client, number);
                *entries.open(op, 0) = entry(op, 0);
                if number >= 20 {
                    entries.close(OpId::new(client, number - 20));
                }
            }
        }
        assert!(entries.places() <= 2_048, "{} places for 160 operations", entries.places());
    }
}
