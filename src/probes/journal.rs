//! What the ledger judged, as it judged it: for whoever wants all of it and not the worst five of a
//! kind. Written only where somebody has asked ([`super::sums::Sums::keep_journal`]); grows until it
//! is taken, and is in no outcome.

use super::anomalies::{Detail, Kind};
use super::fact::OpId;
use super::flows::End;
use crate::base::Time;
use crate::scenario::tree::FlowIx;

/// One judgement of a measured operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// When it fell.
    pub time: Time,
    /// Of this operation.
    pub op: OpId,
    /// Its flow.
    pub flow: FlowIx,
    /// What was found.
    pub what: Finding,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Something that should not have happened.
    Anomaly(Kind, Detail),
    /// Nothing can act for it any more, and this is how it ended.
    Ended(End),
}
