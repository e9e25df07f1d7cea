//! One entry per operation, from its sending until nothing can act for it any more. Operations are
//! numbered per client in order of sending, so an entry is found by arithmetic: pages of 512,
//! given back and used again once all of their entries are closed. No hashing, and no allocation
//! in the steady state.
//!
//! ```text
//! client 0:   base ─▶ [page][page][ - ][page]      a page in the middle may go first: one
//!                       512   512  gone  filling   operation that hangs holds back one page
//! ```

use std::collections::VecDeque;

use super::fact::{OpId, Reason};
use crate::base::Time;
use crate::scenario::tree::FlowIx;

/// Operations whose places are at hand; a power of two.
const RECENT: usize = 64;

/// Operations per page.
const PAGE: usize = 512;

/// What is known of one operation while something can still happen to it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// When the customer wanted it sent.
    pub intended: Time,
    /// When it was sent.
    pub sent: Time,
    /// When the client knew; [`Time::NEVER`] before.
    pub answered: Time,
    /// When an effect or a copy of it last changed something.
    pub changed: Time,
    /// Effects that its flow tells.
    pub told: u64,
    /// Effects that were applied at least once, undone since or not.
    pub applied: u64,
    /// Messages, tasks, rows and timers that can still act for it.
    pub count: i32,
    /// Its session.
    pub session: u32,
    /// Head of the list of what it read and wrote before its answer (see `sessions`).
    pub touches: u32,
    /// Its flow.
    pub flow: FlowIx,
    flags: u16,
}

/// Flags of an [`Entry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Flag {
    /// Not closed yet.
    Open = 1,
    /// Its intended send lies in the measured stretch.
    Measured = 1 << 1,
    /// A durable commit promises the whole flow.
    Promised = 1 << 2,
    /// It is to be taken back, or was.
    Refused = 1 << 3,
    /// The client was told that it is done.
    Done = 1 << 4,
    /// ... within its deadline.
    InTime = 1 << 5,
    /// A value seen was below what the flow needs, though the true one was not.
    Misled = 1 << 6,
    /// An effect was undone.
    Compensated = 1 << 7,
}

impl Entry {
    /// No list.
    pub const NOWHERE: u32 = u32::MAX;

    /// A new one.
    pub fn new(
        flow: FlowIx,
        session: u32,
        intended: Time,
        sent: Time,
        told: u64,
        measured: bool,
    ) -> Self {
        let mut entry = Self {
            intended,
            sent,
            answered: Time::NEVER,
            changed: Time::ZERO,
            told,
            applied: 0,
            count: 0,
            session,
            touches: Self::NOWHERE,
            flow,
            flags: Flag::Open as u16,
        };
        if measured {
            entry.set(Flag::Measured);
        }
        entry
    }

    /// One of nobody.
    fn closed() -> Self {
        let mut entry = Self::new(FlowIx(0), 0, Time::ZERO, Time::ZERO, 0, false);
        entry.flags = 0;
        entry
    }

    /// Has it this flag?
    #[inline]
    pub fn is(&self, flag: Flag) -> bool {
        self.flags & flag as u16 != 0
    }

    /// Give it this flag.
    #[inline]
    pub fn set(&mut self, flag: Flag) {
        self.flags |= flag as u16;
    }

    /// Was it answered?
    #[inline]
    pub fn is_answered(&self) -> bool {
        self.answered != Time::NEVER
    }

    /// Can nothing happen to it any more?
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.count <= 0 && self.is_answered()
    }

    /// Why something of it was lost, the last time that happened.
    pub fn loss(&self) -> Option<Reason> {
        (self.flags >> 11).checked_sub(1).map(|reason| Reason::ALL[usize::from(reason)])
    }

    /// Why effects that were promised never happened: what a crash took between the commit that
    /// promised them and their publication is *unpublished* (semantics.md 32).
    pub fn loss_of_effects(&self) -> Option<Reason> {
        match self.loss() {
            Some(Reason::Crashed) => Some(Reason::Unpublished),
            loss => loss,
        }
    }

    /// Remember why something of it was lost.
    pub fn lose(&mut self, why: Reason) {
        self.flags = self.flags & 0x07ff | (why as u16 + 1) << 11;
    }
}

/// The entries of all clients.
#[derive(Clone, Debug)]
pub struct Entries {
    lanes: Vec<Lane>,
    /// Effects of the flow that has most.
    stride: usize,
    /// The entries of all pages, one page after another.
    all: Vec<Entry>,
    /// `stride` counters per entry: how often each effect was applied, less how often undone.
    nets: Vec<i8>,
    pages: Vec<Page>,
    /// Pages to be used again.
    spare: Vec<u32>,
    /// Operations that were looked for lately, by the last digits of their numbers, and their
    /// places in `all`: facts come in groups.
    recent: [(OpId, u32); RECENT],
}

/// The operations of one client.
#[derive(Clone, Debug, Default)]
struct Lane {
    /// The number of the first entry of the first page.
    base: u64,
    /// Which pages; [`NOWHERE`] for one that was given back.
    pages: VecDeque<u32>,
}

/// What is known of a page besides its entries.
#[derive(Clone, Copy, Debug, Default)]
struct Page {
    /// Numbers reached, opened or skipped.
    reached: u32,
    open: u32,
}

const NOWHERE: u32 = Entry::NOWHERE;

impl Entries {
    /// For so many clients, and flows of at most `stride` effects.
    pub fn new(clients: usize, stride: usize) -> Self {
        Self {
            lanes: vec![Lane::default(); clients],
            stride,
            all: Vec::new(),
            nets: Vec::new(),
            pages: Vec::new(),
            spare: Vec::new(),
            recent: [(OpId::NONE, NOWHERE); RECENT],
        }
    }

    /// Open one. Numbers ascend; skipped ones never existed.
    pub fn open(&mut self, op: OpId, entry: Entry) {
        debug_assert!(op.number() >= self.lanes[op.client()].base, "{op:?} is opened twice");
        let (nth, slot) = self.lanes[op.client()].place(op.number());
        while self.lanes[op.client()].pages.len() <= nth {
            let page = self.fresh();
            self.lanes[op.client()].pages.push_back(page);
        }
        let page = self.lanes[op.client()].pages[nth];
        let Some(state) = self.pages.get_mut(page as usize) else {
            return;
        };
        debug_assert!(state.reached as usize <= slot, "operation {op:?} is opened twice");
        *state = Page { reached: slot as u32 + 1, open: state.open + 1 };
        let place = page as usize * PAGE + slot;
        self.all[place] = entry;
        // Not even an empty fill: the call alone would be a twentieth of a run.
        if self.stride > 0 {
            self.nets[place * self.stride..(place + 1) * self.stride].fill(0);
        }
        self.recent[op.0 as usize % RECENT] = (op, place as u32);
    }

    /// A page of which nothing is open.
    fn fresh(&mut self) -> u32 {
        if let Some(page) = self.spare.pop() {
            self.pages[page as usize] = Page::default();
            return page;
        }
        let (closed, pages) = (Entry::closed(), self.pages.len() + 1);
        self.pages.push(Page::default());
        self.all.resize(pages * PAGE, closed);
        self.nets.resize(pages * PAGE * self.stride, 0);
        pages as u32 - 1
    }

    /// The open entry of an operation, if it is open.
    #[inline]
    pub fn get(&mut self, op: OpId) -> Option<&mut Entry> {
        let place = self.place(op);
        self.all.get_mut(place).filter(|entry| entry.is(Flag::Open))
    }

    /// The same with the nets of its effects.
    pub fn with_nets(&mut self, op: OpId) -> Option<(&mut Entry, &mut [i8])> {
        let place = self.place(op);
        let entry = self.all.get_mut(place).filter(|entry| entry.is(Flag::Open))?;
        Some((entry, &mut self.nets[place * self.stride..(place + 1) * self.stride]))
    }

    /// Where the entry of an operation lies, or would; beyond all entries if nowhere.
    #[inline]
    fn place(&mut self, op: OpId) -> usize {
        let (at_hand, place) = self.recent[op.0 as usize % RECENT];
        if at_hand == op { place as usize } else { self.look_up(op) }
    }

    fn look_up(&mut self, op: OpId) -> usize {
        let place = self.find(op).unwrap_or(NOWHERE);
        self.recent[op.0 as usize % RECENT] = (op, place);
        place as usize
    }

    fn find(&self, op: OpId) -> Option<u32> {
        let lane = self.lanes.get(op.client())?;
        // A number below the first page's wraps around to a page that does not exist.
        let (nth, slot) = lane.place(op.number());
        let page = *lane.pages.get(nth)?;
        (page != NOWHERE).then(|| page * PAGE as u32 + slot as u32)
    }

    /// Close one.
    pub fn close(&mut self, op: OpId) {
        let Some(entry) = self.get(op) else {
            return;
        };
        entry.flags = 0;
        // Its place may soon be another's.
        let at_hand = &mut self.recent[op.0 as usize % RECENT];
        let page = std::mem::replace(at_hand, (OpId::NONE, NOWHERE)).1 / PAGE as u32;
        let state = &mut self.pages[page as usize];
        state.open -= 1;
        if state.open > 0 || (state.reached as usize) < PAGE {
            return;
        }
        self.spare.push(page);
        let lane = &mut self.lanes[op.client()];
        let (nth, _) = lane.place(op.number());
        lane.pages[nth] = NOWHERE;
        while let Some(&NOWHERE) = lane.pages.front() {
            lane.pages.pop_front();
            lane.base += PAGE as u64;
        }
    }

    /// No operation of this client below this number is open.
    pub fn oldest(&self, client: usize) -> u64 {
        self.lanes[client].base
    }

    /// All that are open, in order of client and number.
    pub fn open_ops(&self) -> Vec<OpId> {
        let mut open = Vec::new();
        for (client, lane) in self.lanes.iter().enumerate() {
            for (nth, &page) in lane.pages.iter().enumerate().filter(|(_, page)| **page != NOWHERE)
            {
                let entries = &self.all[page as usize * PAGE..(page as usize + 1) * PAGE];
                let is_open = |(_, entry): &(usize, &Entry)| entry.is(Flag::Open);
                for (slot, _) in entries.iter().enumerate().filter(is_open) {
                    open.push(OpId::new(client as u16, lane.base + (nth * PAGE + slot) as u64));
                }
            }
        }
        open
    }

    /// Pages that exist, in use or spare.
    #[cfg(test)]
    pub fn pages(&self) -> usize {
        self.pages.len()
    }
}

impl Lane {
    #[inline]
    fn place(&self, number: u64) -> (usize, usize) {
        let offset = number.wrapping_sub(self.base) as usize;
        (offset / PAGE, offset % PAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(session: u32) -> Entry {
        Entry::new(FlowIx(0), session, Time(0), Time(0), 0, true)
    }

    #[test]
    fn an_entry_fits_a_cache_line() {
        assert_eq!(size_of::<Entry>(), 64);
    }

    #[test]
    fn an_entry_is_found_until_it_is_closed() {
        let mut entries = Entries::new(2, 3);
        let op = OpId::new(1, 0);
        entries.open(op, entry(7));
        assert_eq!(entries.get(op).unwrap().session, 7);
        assert!(entries.get(OpId::new(0, 0)).is_none());
        assert!(entries.get(OpId::new(1, 1)).is_none());
        entries.close(op);
        assert!(entries.get(op).is_none());
    }

    #[test]
    fn entries_are_found_beyond_those_at_hand() {
        let mut entries = Entries::new(2, 2);
        // The second client's odd numbers never existed.
        let ops: Vec<OpId> =
            (0..1_500).flat_map(|n| [OpId::new(0, n), OpId::new(1, n * 2)]).collect();
        for (place, op) in (0..).zip(&ops) {
            entries.open(*op, entry(place));
            entries.with_nets(*op).unwrap().1.copy_from_slice(&[(place % 100) as i8, 1]);
        }
        for (place, op) in (0..).zip(&ops) {
            assert_eq!(entries.get(*op).unwrap().session, place, "{op:?}");
            assert_eq!(entries.with_nets(*op).unwrap().1, [(place % 100) as i8, 1], "{op:?}");
        }
        for nobody in [OpId::new(0, 1_500), OpId::new(1, 7), OpId::new(1, 90_000)] {
            assert!(entries.get(nobody).is_none(), "{nobody:?}");
        }
        let of = |client| ops.iter().filter(move |op| op.client() == client).copied();
        assert_eq!(entries.open_ops(), of(0).chain(of(1)).collect::<Vec<_>>());
        // A page is given back when all of it is closed, the first ones together.
        of(0).skip(512).take(512).for_each(|op| entries.close(op));
        assert_eq!(entries.oldest(0), 0);
        of(0).take(511).for_each(|op| entries.close(op));
        assert_eq!(entries.oldest(0), 0);
        entries.close(OpId::new(0, 511));
        assert_eq!((entries.oldest(0), entries.oldest(1)), (1_024, 0));
        assert!(of(0).take(1_024).all(|op| entries.get(op).is_none()));
        assert_eq!(entries.get(OpId::new(0, 1_024)).unwrap().session, 2_048);
        assert_eq!(entries.open_ops(), of(0).skip(1_024).chain(of(1)).collect::<Vec<_>>());
    }

    #[test]
    fn law_8_pages_are_used_again_though_one_operation_hangs() {
        let mut entries = Entries::new(1, 2);
        entries.open(OpId::new(0, 0), entry(0));
        for number in 1..100_000 {
            let op = OpId::new(0, number);
            entries.open(op, entry(0));
            entries.with_nets(op).unwrap().1[1] = 1;
            entries.close(op);
        }
        assert_eq!(entries.open_ops(), [OpId::new(0, 0)]);
        assert!(entries.pages() <= 3, "{} pages", entries.pages());
        assert_eq!(entries.oldest(0), 0);
        let op = OpId::new(0, 100_000);
        entries.open(op, entry(0));
        assert_eq!(
            entries.with_nets(op).unwrap().1,
            [0, 0],
            "nets of a page used again start at nothing"
        );
    }

    #[test]
    fn each_flag_is_one_of_its_own() {
        let flags = [
            Flag::Open,
            Flag::Measured,
            Flag::Promised,
            Flag::Refused,
            Flag::Done,
            Flag::InTime,
            Flag::Misled,
            Flag::Compensated,
        ];
        for flag in flags {
            let mut entry = Entry::closed();
            entry.set(flag);
            let set: Vec<Flag> = flags.into_iter().filter(|other| entry.is(*other)).collect();
            assert_eq!(set, [flag]);
        }
    }

    #[test]
    fn what_a_crash_took_of_effects_was_never_published() {
        let mut entry = entry(0);
        assert_eq!((entry.loss(), entry.loss_of_effects()), (None, None));
        entry.lose(Reason::DeadLetter);
        assert_eq!(entry.loss_of_effects(), Some(Reason::DeadLetter));
        entry.lose(Reason::Crashed);
        assert_eq!(entry.loss(), Some(Reason::Crashed), "the last one counts");
        assert_eq!(entry.loss_of_effects(), Some(Reason::Unpublished));
    }

    #[test]
    fn flags_and_loss_do_not_meet() {
        let mut entry = entry(0);
        for why in Reason::ALL {
            entry.lose(why);
            assert_eq!(entry.loss(), Some(why));
        }
        assert!(entry.is(Flag::Open) && entry.is(Flag::Measured) && !entry.is(Flag::Done));
    }
}
