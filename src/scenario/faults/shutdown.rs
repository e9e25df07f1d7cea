//! `Shutdown`: an instance is stopped in good order.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::kinds::Breakable;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;

/// The process is stopped in good order: its instances leave their registry, go on for a while, and
/// are gone then, as after a crash.
#[derive(Clone, Debug, PartialEq)]
pub struct Shutdown {
    /// Who.
    pub target: Target,
    /// How long they go on.
    pub drain: Span,
}

pub(super) static ROOM: Room = Room {
    word: "Shutdown",
    about: "the instance leaves its registry and takes nothing more from brokers, finishes what it \
        holds and serves who calls it for `drain` (the grace period), and is gone then as by a `Crash`",
    settings: &SETTINGS,
    unnamed: 1,
    example: r#"Shutdown("orders")"#,
    read: |reader, fields| {
        let target = reader.target(fields);
        let drain = reader.setting(fields, "drain", Reader::span);
        reader.check_shutdown(fields.head, target?);
        Some(FaultKind::Shutdown(Shutdown { target: target?, drain: drain? }))
    },
};

settings! {
    target: "service or gateway", Usual::Required, "who is shut down";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
    drain: "duration", Usual::Is("\"0s\""), "how long it goes on, as under a preStop hook", "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/";
}

impl Harmful for Shutdown {
    fn harms(&self) -> Vec<Harm> {
        let gone = Ailment::Down { host: false, after: self.drain };
        vec![Ailment::Leaving.of(self.target), gone.of(self.target)]
    }
}

impl Reader<'_> {
    fn check_shutdown(&mut self, at: Extent, target: Target) {
        if !self.can_break(target, Breakable::Exit) {
            let name = self.known.node_name(target.node);
            let message =
                format!("{name:?} is no service: only services and gateways are shut down");
            self.wrong(Code::NotBreakable, at, message).help("a Crash stops anything");
        }
    }
}
