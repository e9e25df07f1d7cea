//! `Latency`: messages take longer.

use super::{Disturbance, FaultKind, Harm, Harmful, Path, Room, Usual, settings};
use crate::base::Dist;
use crate::scenario::reader::Reader;

/// Messages take longer.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    /// Which.
    pub path: Path,
    /// How much longer.
    pub add: Dist,
}

pub(super) static ROOM: Room = Room {
    word: "Latency",
    about: "messages take longer by a draw of the distribution `add`",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Latency("web", "orders", add: "50ms")"#,
    read: |reader, fields| {
        let path = reader.path(fields);
        let add = reader.setting(fields, "add", Reader::dist);
        Some(FaultKind::Latency(Latency { path: path?, add: add? }))
    },
};

settings! {
    from: "nodes", Usual::Unset("all"), "senders";
    to: "nodes", Usual::Unset("all"), "receivers";
    add: "distribution", Usual::Required, "how much longer";
    both: "flag", Usual::Is("true"), "the other direction as well";
}

impl Harmful for Latency {
    fn harms(&self) -> Vec<Harm> {
        vec![Disturbance::Slower(self.add.clone()).on(&self.path)]
    }
}
