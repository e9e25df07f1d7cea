//! `Skew`: a clock is ahead.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::kinds::Breakable;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;

/// The clock shows a later time. What orders writes by clocks goes by it; nothing else does.
#[derive(Clone, Debug, PartialEq)]
pub struct Skew {
    /// Whose.
    pub target: Target,
    /// How much later.
    pub ahead: Span,
}

pub(super) static ROOM: Room = Room {
    word: "Skew",
    about: "its clock is so much ahead. Only quorums with `order: Clocks` go by clocks",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Skew("orders", "100ms")"#,
    read: |reader, fields| {
        let target = reader.target(fields);
        let ahead = reader.setting(fields, "ahead", Reader::positive_span);
        reader.check_skew(fields.head, target?);
        Some(FaultKind::Skew(Skew { target: target?, ahead: ahead? }))
    },
};

settings! {
    target: "service", Usual::Required, "whose clock it is";
    ahead: "duration above 0", Usual::Required, "how much later a time it shows";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
}

impl Harmful for Skew {
    fn harms(&self) -> Vec<Harm> {
        vec![Ailment::Ahead(self.ahead).of(self.target)]
    }
}

impl Reader<'_> {
    fn check_skew(&mut self, at: Extent, target: Target) {
        if !self.can_break(target, Breakable::Clock) {
            let name = self.known.node_name(target.node);
            let message = format!("{name:?} is no service: only the clocks of writers are read");
            self.wrong(Code::NotBreakable, at, message).help(
                "a Quorum with `order: Clocks` goes by the clocks of the services that write",
            );
        }
    }
}
