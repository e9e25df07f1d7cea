//! `Pause`: no new work is begun.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::scenario::codes::Code;
use crate::scenario::kinds::{Breakable, Role};
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;

/// Workers take no new work; what runs finishes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pause {
    /// Who.
    pub target: Target,
}

pub(super) static ROOM: Room = Room {
    word: "Pause",
    about: "workers take no new work, and finish what runs",
    settings: &SETTINGS,
    unnamed: 1,
    example: r#"Pause("orders")"#,
    read: |reader, fields| {
        let target = reader.target(fields)?;
        reader.check_pause(fields.head, target);
        Some(FaultKind::Pause(Pause { target }))
    },
};

settings! {
    target: "node with workers", Usual::Required, "who pauses";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
}

impl Harmful for Pause {
    fn harms(&self) -> Vec<Harm> {
        vec![Ailment::Paused.of(self.target)]
    }
}

impl Reader<'_> {
    /// A pause stops workers, and neither a quorum nor a registry has any.
    fn check_pause(&mut self, at: Extent, target: Target) {
        let known = self.known.node(target.node).role;
        let Some(role) = known.filter(|_| !self.can_break(target, Breakable::Workers)) else {
            return;
        };
        let name = self.known.node_name(target.node);
        let message = format!("{name:?} is {}: it has no workers", role.about().phrase);
        self.wrong(Code::NotBreakable, at, message).help(match role {
            Role::Quorum => {
                "Crash or Slow befall its coordinator (instance 0) and replicas (from 1)"
            }
            _ => "a Crash or a Partition makes it silent",
        });
    }
}
