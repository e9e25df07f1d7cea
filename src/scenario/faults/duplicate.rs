//! `Duplicate`: messages arrive twice.

use super::{Disturbance, FaultKind, Harm, Harmful, Path, Room, Usual, settings};
use crate::scenario::reader::Reader;

/// Messages arrive twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    /// Which.
    pub path: Path,
    /// With this probability.
    pub probability: f64,
}

pub(super) static ROOM: Room = Room {
    word: "Duplicate",
    about: "messages arrive twice",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Duplicate(to: "orders", probability: "10%")"#,
    read: |reader, fields| {
        let path = reader.path(fields);
        let probability = reader.setting(fields, "probability", Reader::ratio);
        Some(FaultKind::Duplicate(Duplicate { path: path?, probability: probability? }))
    },
};

settings! {
    from: "nodes", Usual::Unset("all"), "senders";
    to: "nodes", Usual::Unset("all"), "receivers";
    probability: "ratio", Usual::Required, "of each message";
    both: "flag", Usual::Is("true"), "the other direction as well";
}

impl Harmful for Duplicate {
    fn harms(&self) -> Vec<Harm> {
        vec![Disturbance::Doubled(self.probability).on(&self.path)]
    }
}
