//! `Errors`: what an instance does fails, and it stays.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::scenario::codes::Code;
use crate::scenario::kinds::Breakable;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;

/// A share of what it begins fails, at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// Who.
    pub target: Target,
    /// Which share.
    pub share: f64,
}

pub(super) static ROOM: Room = Room {
    word: "Errors",
    about: "that share of what it begins fails at once, instead of being worked at: an error in the \
        answer, a message given back. Drawn anew for every attempt; nothing crashes",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Errors("orders", "50%")"#,
    read: |reader, fields| {
        let target = reader.target(fields);
        let share = reader.setting(fields, "share", Reader::ratio);
        reader.check_errors(fields.head, target?);
        Some(FaultKind::Errors(Errors { target: target?, share: share? }))
    },
};

settings! {
    target: "service or gateway", Usual::Required, "who fails";
    share: "ratio", Usual::Required, "which share of what it begins";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
}

impl Harmful for Errors {
    fn harms(&self) -> Vec<Harm> {
        vec![Ailment::Erring(self.share).of(self.target)]
    }
}

impl Reader<'_> {
    fn check_errors(&mut self, at: Extent, target: Target) {
        // Those that are stopped in good order are those that run programs.
        if !self.can_break(target, Breakable::Exit) {
            let name = self.known.node_name(target.node);
            let message =
                format!("{name:?} is no service: only services and gateways answer with errors");
            self.wrong(Code::NotBreakable, at, message)
                .help("a Crash, a Partition or Loss make it fail");
        }
    }
}
