//! One entry per operation, from its sending until nothing can act for it any more. The last digits
//! of an operation's id say where its entry lies, so an entry is found by arithmetic: no hashing, and
//! no allocation in the steady state.
//!
//! ```text
//! ids:    ... 60  61  62  63  64  65 ...      64 places: when 65 is sent and 1 is still open (an
//! places: ... 60  61  62  63   0   1 ...      operation that hangs), 1 is set aside. When many are,
//!                                             there are twice as many places
//! ```

use super::fact::{OpId, Reason};
use crate::base::{Table, Time};
use crate::scenario::tree::FlowIx;

/// Places at first; a power of two.
const PLACES: usize = 64;
/// One of so many operations may be set aside before there are more places.
const ASIDE: usize = 16;

/// Whose entry a free one is; nobody asks for this one.
const NOBODY: OpId = OpId(u64::MAX - 1);

/// What is known of one operation while something can still happen to it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Whose it is.
    op: OpId,
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
    /// Messages, tasks, rows and timers that can still act for it, and the client that waits for
    /// its answer.
    pub count: i32,
    /// Messages sent for it.
    pub messages: u32,
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
    /// Its session remembers what it does.
    Followed = 1,
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

    /// A new one, sent now.
    #[inline]
    pub fn new(
        op: OpId,
        flow: FlowIx,
        session: u32,
        (intended, sent): (Time, Time),
        told: u64,
    ) -> Self {
        Self {
            op,
            intended,
            sent,
            answered: Time::NEVER,
            changed: Time::ZERO,
            told,
            applied: 0,
            count: 1,
            messages: 0,
            session,
            touches: Self::NOWHERE,
            flow,
            flags: 0,
        }
    }

    /// Nobody's.
    fn free() -> Self {
        Self::new(NOBODY, FlowIx(0), 0, (Time::ZERO, Time::ZERO), 0)
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
        self.count <= 0
    }

    /// Can something still act for it besides the client that waits?
    pub fn is_pending(&self) -> bool {
        self.count > i32::from(!self.is_answered())
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
    /// A power of two of places, and behind them those set aside.
    all: Vec<Entry>,
    /// The last digits: one less than there are places.
    mask: usize,
    /// `stride` counters per entry: how often each effect was applied, less how often undone.
    nets: Vec<i8>,
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
    /// For so many clients, and flows of at most `stride` effects.
    pub fn new(clients: usize, stride: usize) -> Self {
        Self {
            all: vec![Entry::free(); PLACES],
            mask: PLACES - 1,
            nets: vec![0; PLACES * stride],
            stride,
            aside: Table::default(),
            spare: Vec::new(),
            oldest: vec![0; clients],
        }
    }

    /// Opens one: whatever lies there is to be replaced. Numbers ascend; skipped ones never existed.
    #[expect(clippy::inline_always, reason = "the entry is written once, where it will lie")]
    #[inline(always)]
    pub fn open(&mut self, op: OpId) -> &mut Entry {
        debug_assert!(self.find(op).is_none(), "{op:?} is opened twice");
        if self.all[self.home(op)].op != NOBODY {
            self.make_room(op);
        }
        let place = self.home(op);
        // Not even an empty fill: the call alone would be a twentieth of a run.
        if self.stride > 0 {
            self.nets[place * self.stride..(place + 1) * self.stride].fill(0);
        }
        &mut self.all[place]
    }

    /// The open entry of an operation, if it is open.
    #[expect(clippy::inline_always, reason = "a few instructions, for nearly every fact")]
    #[inline(always)]
    pub fn get(&mut self, op: OpId) -> Option<&mut Entry> {
        let home = self.home(op);
        if self.all.get(home).is_none_or(|entry| entry.op != op) {
            return self.get_aside(op);
        }
        self.all.get_mut(home)
    }

    #[cold]
    #[inline(never)]
    fn get_aside(&mut self, op: OpId) -> Option<&mut Entry> {
        let place = *self.aside.get(&op)?;
        Some(&mut self.all[place as usize])
    }

    /// The same with the nets of its effects.
    pub fn with_nets(&mut self, op: OpId) -> Option<(&mut Entry, &mut [i8])> {
        let place = self.find(op)?;
        let nets = &mut self.nets[place * self.stride..(place + 1) * self.stride];
        Some((&mut self.all[place], nets))
    }

    /// Closes one, if it is open: what is known of it for the last time, and how to get at its nets.
    #[inline]
    pub fn close<'a>(&'a mut self, op: OpId) -> Option<(&'a Entry, impl FnOnce() -> &'a [i8])> {
        let place = self.find(op)?;
        if !self.aside.is_empty() {
            self.spare.extend(self.aside.swap_remove(&op));
        }
        let entry = &mut self.all[place];
        entry.op = NOBODY;
        let (nets, stride) = (&self.nets, self.stride);
        Some((entry, move || &nets[place * stride..(place + 1) * stride]))
    }

    /// Is an operation of this client open that was sent before the `number`th?
    pub fn is_open_before(&mut self, client: usize, number: u64) -> bool {
        let mut oldest = self.oldest[client];
        while oldest < number && self.find(OpId::new(client as u16, oldest)).is_none() {
            oldest += 1;
        }
        self.oldest[client] = oldest;
        oldest < number
    }

    /// All that are open, in order of client and number.
    pub fn open_ops(&self) -> Vec<OpId> {
        let ops = self.all.iter().map(|entry| entry.op);
        let mut open: Vec<OpId> = ops.filter(|op| *op != NOBODY).collect();
        open.sort_unstable();
        open
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
        if self.all[place].op == NOBODY {
            return;
        }
        let to = self.spare.pop().unwrap_or_else(|| {
            self.all.push(Entry::free());
            self.nets.extend((0..self.stride).map(|_| 0));
            self.all.len() as u32 - 1
        });
        self.aside.insert(self.all[place].op, to);
        self.all[to as usize] = std::mem::replace(&mut self.all[place], Entry::free());
        let nets = place * self.stride..(place + 1) * self.stride;
        self.nets.copy_within(nets, to as usize * self.stride);
    }

    /// Twice as many places.
    fn grow(&mut self) {
        let places = (self.mask + 1) * 2;
        let larger = Self {
            all: vec![Entry::free(); places],
            mask: places - 1,
            nets: vec![0; places * self.stride],
            aside: Table::default(),
            spare: Vec::new(),
            oldest: std::mem::take(&mut self.oldest),
            ..*self
        };
        let mut smaller = std::mem::replace(self, larger);
        for op in smaller.open_ops() {
            let (entry, nets) = smaller.with_nets(op).expect("it is open");
            *self.open(op) = *entry;
            let (_, room) = self.with_nets(op).expect("it was opened");
            room.copy_from_slice(nets);
        }
    }

    /// Places that exist, in use or not.
    #[cfg(test)]
    pub fn places(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(op: OpId, session: u32) -> Entry {
        Entry::new(op, FlowIx(0), session, (Time(0), Time(0)), 0)
    }

    #[test]
    fn an_entry_is_found_until_it_is_closed() {
        let mut entries = Entries::new(2, 3);
        let op = OpId::new(1, 0);
        *entries.open(op) = entry(op, 7);
        assert_eq!(entries.get(op).unwrap().session, 7);
        assert!(entries.get(OpId::new(0, 0)).is_none());
        assert!(entries.get(OpId::new(1, 1)).is_none());
        assert!(entries.get(OpId::NONE).is_none());
        let (closed, nets) = entries.close(op).unwrap();
        assert_eq!((closed.session, nets()), (7, &[0, 0, 0][..]));
        assert!(entries.get(op).is_none() && entries.close(op).is_none());
    }

    #[test]
    fn entries_are_found_however_many_there_are() {
        let mut entries = Entries::new(2, 2);
        // The second client's odd numbers never existed.
        let ops: Vec<OpId> =
            (0..1_500).flat_map(|n| [OpId::new(0, n), OpId::new(1, n * 2)]).collect();
        for (place, op) in (0..).zip(&ops) {
            *entries.open(*op) = entry(*op, place);
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
        of(0).skip(512).take(512).for_each(|op| drop(entries.close(op)));
        assert!(entries.is_open_before(0, 1));
        of(0).take(511).for_each(|op| drop(entries.close(op)));
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
            *entries.open(op) = entry(op, number as u32);
            assert_eq!(entries.with_nets(op).unwrap().1, [0, 0], "nets start at nothing");
            entries.with_nets(op).unwrap().1[1] = 1;
            if !hangs(number) {
                entries.close(op);
            }
        }
        let hang: Vec<OpId> = [0, 40_000, 80_000].map(|number| OpId::new(0, number)).to_vec();
        assert_eq!(entries.open_ops(), hang);
        for op in &hang {
            let (entry, nets) = entries.with_nets(*op).unwrap();
            assert_eq!((u64::from(entry.session), nets), (op.number(), &mut [0, 1][..]));
        }
        assert!(entries.places() <= PLACES + 3, "{} places", entries.places());
        hang.iter().for_each(|op| drop(entries.close(*op)));
        assert!(entries.open_ops().is_empty() && !entries.is_open_before(0, 100_000));
    }

    #[test]
    fn clients_that_send_in_step_do_not_meet() {
        let mut entries = Entries::new(8, 0);
        for number in 0..10_000 {
            for client in 0..8 {
                let op = OpId::new(client, number);
                *entries.open(op) = entry(op, 0);
                if number >= 20 {
                    entries.close(OpId::new(client, number - 20));
                }
            }
        }
        assert!(entries.places() <= 2_048, "{} places for 160 operations", entries.places());
    }

    #[test]
    fn each_flag_is_one_of_its_own() {
        let flags = [
            Flag::Followed,
            Flag::Measured,
            Flag::Promised,
            Flag::Refused,
            Flag::Done,
            Flag::InTime,
            Flag::Misled,
            Flag::Compensated,
        ];
        for flag in flags {
            let mut entry = Entry::free();
            entry.set(flag);
            let set: Vec<Flag> = flags.into_iter().filter(|other| entry.is(*other)).collect();
            assert_eq!(set, [flag]);
        }
    }

    #[test]
    fn what_a_crash_took_of_effects_was_never_published() {
        let mut entry = Entry::free();
        assert_eq!((entry.loss(), entry.loss_of_effects()), (None, None));
        entry.lose(Reason::DeadLetter);
        assert_eq!(entry.loss_of_effects(), Some(Reason::DeadLetter));
        entry.lose(Reason::Crashed);
        assert_eq!(entry.loss(), Some(Reason::Crashed), "the last one counts");
        assert_eq!(entry.loss_of_effects(), Some(Reason::Unpublished));
    }

    #[test]
    fn flags_and_loss_do_not_meet() {
        let mut entry = Entry::free();
        entry.set(Flag::Compensated);
        for why in Reason::ALL {
            entry.lose(why);
            assert_eq!(entry.loss(), Some(why));
        }
        assert!(entry.is(Flag::Compensated) && !entry.is(Flag::Followed));
    }
}
