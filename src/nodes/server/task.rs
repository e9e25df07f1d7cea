//! A task: one message being worked on by one instance of a service or gateway.

use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::model::program::{EntryIx, Pc};
use crate::nodes::message::{Answer, Op};
use crate::nodes::parts::slab::Handle;

/// One task.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// The header, and what has been gathered since it arrived.
    pub op: Op,
    /// What started it.
    pub origin: Origin,
    /// The program.
    pub entry: EntryIx,
    /// The next instruction.
    pub pc: Pc,
    /// `Done` until something is refused or fails.
    pub verdict: Answer,
    /// Taking back: refusals and failures change nothing any more.
    pub takes_back: bool,
    /// Does it have a worker?
    pub has_worker: bool,
    /// May it be called off?
    pub is_cancellable: bool,
    /// Branches that have not ended.
    pub branches: u16,
    /// How long the work takes that it is to begin with, unless something is slow.
    pub demand: Span,
    /// In the queue since then.
    pub queued: Time,
}

impl Task {
    /// A task that is about to begin, or to wait for that.
    #[expect(clippy::inline_always, reason = "it is written once, where it will lie")]
    #[inline(always)]
    pub fn new(op: &Op, origin: Origin, (entry, pc): (EntryIx, Pc), arrived: Time) -> Self {
        Self {
            op: *op,
            origin,
            entry,
            pc,
            verdict: Answer::Done,
            takes_back: false,
            has_worker: false,
            is_cancellable: false,
            branches: 0,
            demand: Span::ZERO,
            queued: arrived,
        }
    }
}

/// Nobody's.
impl Default for Task {
    fn default() -> Self {
        let origin = Origin::Branch { of: Handle::NONE };
        Self::new(&Op::NONE, origin, (EntryIx::default(), Pc::default()), Time::ZERO)
    }
}

/// What started a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A call, to be answered.
    Call {
        /// Who calls.
        from: InstanceId,
        /// Its handle; [`Handle::NONE`] once it is answered.
        call: Handle,
    },
    /// A broker's delivery, to be acknowledged.
    Delivery {
        /// The broker.
        from: InstanceId,
        /// Its handle.
        receipt: Handle,
    },
    /// A branch of another task.
    Branch {
        /// That task.
        of: Handle,
    },
    /// A branch of those of which some are enough.
    OneOf {
        /// Where its instance keeps who waits for them.
        wait: Handle,
    },
}
