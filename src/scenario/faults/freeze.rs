//! `Freeze`: work stands still.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::scenario::codes::Code;
use crate::scenario::kinds::Breakable;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;

/// Workers stand still: they take no new work, and what runs goes on afterwards where it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Freeze {
    /// Who.
    pub target: Target,
}

pub(super) static ROOM: Room = Room {
    word: "Freeze",
    about: "workers stand still: they take no new work, and what runs goes on afterwards where it \
        was. Nothing is lost, the queue stays",
    settings: &SETTINGS,
    unnamed: 1,
    example: r#"Freeze("orders")"#,
    read: |reader, fields| {
        let target = reader.target(fields)?;
        reader.check_freeze(fields.head, target);
        Some(FaultKind::Freeze(Freeze { target }))
    },
};

settings! {
    target: "service, or RabbitMQ or Kafka broker", Usual::Required, "who stands still";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
}

impl Harmful for Freeze {
    fn harms(&self) -> Vec<Harm> {
        vec![Ailment::Frozen.of(self.target)]
    }
}

impl Reader<'_> {
    fn check_freeze(&mut self, at: Extent, target: Target) {
        if !self.can_break(target, Breakable::Work) {
            let name = self.known.node_name(target.node);
            let message = format!("{name:?} is no service: only workers of services stand still");
            self.wrong(Code::NotBreakable, at, message)
                .help("a Pause takes up no new work and lets finish what runs");
        }
    }
}
