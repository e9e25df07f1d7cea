//! `Slow`: work takes longer.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::scenario::reader::Reader;

/// Work takes so many times as long.
#[derive(Clone, Debug, PartialEq)]
pub struct Slow {
    /// Who.
    pub target: Target,
    /// How many times as long.
    pub factor: f64,
}

pub(super) static ROOM: Room = Room {
    word: "Slow",
    about: "work takes so many times as long",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Slow("orders-db", 5)"#,
    read: |reader, fields| {
        let target = reader.target(fields);
        let factor = reader.setting(fields, "factor", Reader::factor);
        Some(FaultKind::Slow(Slow { target: target?, factor: factor? }))
    },
};

settings! {
    target: "node", Usual::Required, "any node but a client";
    factor: "number above 0", Usual::Required, "how many times as long";
    instance: "count", Usual::Unset("all"), "which of its instances, counted from 0";
}

impl Harmful for Slow {
    fn harms(&self) -> Vec<Harm> {
        vec![Ailment::Slow(self.factor).of(self.target)]
    }
}
