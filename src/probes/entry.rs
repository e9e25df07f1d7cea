//! What is known of one operation, and of each of its effects.

use super::fact::OpId;
use super::reason::Reason;
use crate::base::Time;
use crate::scenario::tree::FlowIx;

/// Whose entry a free one is; nobody asks for this one.
const NOBODY: OpId = OpId(u64::MAX - 1);

/// What is known of one operation while something can still happen to it: a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Entry {
    /// Whose it is.
    pub op: OpId,
    /// When the customer wanted it sent.
    pub intended: Time,
    /// When it was sent.
    pub sent: Time,
    /// When the client knew; [`Time::NEVER`] before.
    pub answered: Time,
    /// When an effect or a copy of it last changed something.
    pub changed: Time,
    /// Messages, tasks, rows and timers that can still act for it, and the client that waits for
    /// its answer.
    pub count: i32,
    /// Its session.
    pub session: u32,
    /// Messages sent for it.
    pub messages: u32,
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
    /// It tells effects.
    Tells = 1 << 8,
    /// An effect was applied.
    Applied = 1 << 9,
}

/// What is known of one effect of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deed {
    /// Does the operation's flow tell it?
    pub is_told: bool,
    /// Was it applied, undone since or not?
    pub is_applied: bool,
    /// How often it was applied, less how often it was undone.
    pub net: i8,
}

impl Entry {
    /// No list.
    pub const NOWHERE: u32 = u32::MAX;

    /// A new one.
    #[inline]
    pub fn new(op: OpId, flow: FlowIx, session: u32, intended: Time, sent: Time) -> Self {
        Self {
            op,
            intended,
            sent,
            answered: Time::NEVER,
            changed: Time::ZERO,
            count: 1,
            session,
            messages: 0,
            touches: Self::NOWHERE,
            flow,
            flags: 0,
        }
    }

    /// Nobody's.
    pub fn free() -> Self {
        Self::new(NOBODY, FlowIx(0), 0, Time::ZERO, Time::ZERO)
    }

    /// Is it nobody's?
    #[inline]
    pub fn is_free(&self) -> bool {
        self.op == NOBODY
    }

    /// It is nobody's from now on; all else can still be read.
    #[inline]
    pub fn close(&mut self) {
        self.op = NOBODY;
    }

    /// Has it this flag?
    #[inline]
    pub fn is(&self, flag: Flag) -> bool {
        self.flags & flag as u16 != 0
    }

    /// Does it tell effects, or has any of its effects happened?
    #[inline]
    pub fn has_effects(&self) -> bool {
        let effects = Flag::Tells as u16 | Flag::Applied as u16 | Flag::Compensated as u16;
        self.flags & effects != 0
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
    /// promised them and their publication is *unpublished* (docs/semantics.md, rule 32).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_fits_a_cache_line() {
        assert!(size_of::<Entry>() <= 64);
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
            Flag::Tells,
            Flag::Applied,
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
        entry.set(Flag::Applied);
        for why in Reason::ALL {
            entry.lose(why);
            assert_eq!(entry.loss(), Some(why));
        }
        assert!(entry.is(Flag::Applied) && !entry.is(Flag::Followed));
    }
}
