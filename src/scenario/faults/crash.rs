//! `Crash`: a process, or a machine, is gone.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::base::Span;
use crate::scenario::reader::Reader;

/// The process is gone: connections reset. With `host`, silence instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Crash {
    /// Who.
    pub target: Target,
    /// The machine went, not only the process.
    pub host: bool,
}

pub(super) static ROOM: Room = Room {
    word: "Crash",
    about: "the process is gone and its connections reset; with `host` there is only silence",
    settings: &SETTINGS,
    unnamed: 1,
    example: r#"Crash("orders", instance: 0)"#,
    read: |reader, fields| {
        let target = reader.target(fields);
        let host = reader.setting(fields, "host", Reader::flag);
        Some(FaultKind::Crash(Crash { target: target?, host: host? }))
    },
};

settings! {
    target: "node", Usual::Required, "any node but a client";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
    host: "flag", Usual::Is("false"), "the machine goes, not only the process";
}

impl Harmful for Crash {
    fn harms(&self) -> Vec<Harm> {
        vec![Ailment::Down { host: self.host, after: Span::ZERO }.of(self.target)]
    }
}
