//! One call: what is asked of whom, which try of it is made, and who waits for it. Refuses to know
//! when it is made, and what becomes of it.

use super::timeouts::Links;
use crate::base::Span;
use crate::engine::InstanceId;
use crate::model::demand::Start;
use crate::model::program::{EntryIx, PubIx};
use crate::model::{Model, NodeIx};
use crate::nodes::broker::Cause;
use crate::nodes::message::Op;
use crate::nodes::parts::demand;
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::Reason;
use crate::scenario::tree::PolicyIx;

/// What is asked of the other side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    /// Run this entry.
    Entry(EntryIx),
    /// Pass on what the waiter is about, made of this delivery, and confirm.
    Publication(PubIx, Cause),
}

/// One call, from the first try to the last. Each try has a handle of its own, so that a late
/// answer to an earlier one finds nothing.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub(super) what: What,
    pub(super) policy: Option<PolicyIx>,
    pub(super) to: InstanceId,
    pub(super) attempt: u8,
    /// The pause before this try, in microseconds.
    pub(super) pause_us: u32,
    /// Does the next try go where this one went? With an idempotency key, what was not answered
    /// may still run there, and only there is it known to.
    pub(super) stays: bool,
    /// Is there more to do at its end than to tell the waiter? See [`super::PolicyState`].
    pub(super) is_special: bool,
    pub(super) waiter: Handle,
    /// Where it stands among those that may time out.
    pub(super) links: Links,
}

const _: () = assert!(Slab::<Call>::SLOT == 64, "one look at memory for each call");

impl Call {
    /// Nobody's, and what is usual of a call that is made now.
    pub(super) const NOBODYS: Self = Self {
        what: What::Entry(EntryIx(0)),
        policy: None,
        to: InstanceId(0),
        attempt: 0,
        pause_us: 0,
        stays: false,
        is_special: false,
        waiter: Handle::NONE,
        links: Links::NOWHERE,
    };
}

impl Default for Call {
    fn default() -> Self {
        Self::NOBODYS
    }
}

/// Which try of a call is made, and how it differs from the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    /// How many there were before it.
    pub(super) attempt: u8,
    /// The pause before it, in microseconds.
    pub(super) pause_us: u32,
    /// Where it has to go.
    pub(super) again_at: Option<InstanceId>,
}

impl Try {
    pub(super) const FIRST: Self = Self { attempt: 0, pause_us: 0, again_at: None };
}

/// How a try ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct TryEnd {
    /// Who answered; `None` if the answer did not come in time.
    pub(super) from: Option<InstanceId>,
    /// Why it was of no use, if it was.
    pub(super) why: Option<Reason>,
}

/// The node that is called.
#[inline]
pub(super) fn node_of(model: &Model, what: What) -> NodeIx {
    let programs = &model.programs;
    match what {
        What::Entry(entry) => programs.starts[entry.0 as usize].node,
        What::Publication(publication, _) => programs.publications[publication.0 as usize].broker,
    }
}

/// The stable name of who is called, which tells tries there from tries elsewhere.
pub(super) fn name_of(model: &Model, what: What) -> u64 {
    model.name_of(node_of(model, what))
}

/// What is known of an entry to whoever calls it.
#[inline]
pub(super) fn start_of(model: &Model, what: What) -> Option<&Start> {
    match what {
        What::Entry(entry) => Some(&model.programs.starts[entry.0 as usize]),
        What::Publication(..) => None,
    }
}

/// How long the work takes that is asked for first.
#[inline]
pub(super) fn demand_of(start: Option<&Start>, op: &Op) -> Span {
    start.map_or(Span::ZERO, |start| demand::first_of(start, op))
}

/// Is it made with an idempotency key?
pub(super) fn is_keyed(model: &Model, what: What) -> bool {
    matches!(what, What::Entry(entry) if model.programs.entries[entry.0 as usize].keyed)
}
