//! `Loss`: messages get lost.

use super::{Disturbance, FaultKind, Harm, Harmful, Path, Room, Usual, settings};
use crate::scenario::reader::Reader;

/// Messages get lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// Which.
    pub path: Path,
    /// With this probability.
    pub probability: f64,
}

pub(super) static ROOM: Room = Room {
    word: "Loss",
    about: "messages get lost",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Loss(from: "orders", to: ["web", "orders-db"], probability: "10%")"#,
    read: |reader, fields| {
        let path = reader.path(fields);
        let probability = reader.setting(fields, "probability", Reader::ratio);
        Some(FaultKind::Loss(Loss { path: path?, probability: probability? }))
    },
};

settings! {
    from: "nodes", Usual::Unset("all"), "senders";
    to: "nodes", Usual::Unset("all"), "receivers";
    probability: "ratio", Usual::Required, "of each message";
    both: "flag", Usual::Is("true"), "the other direction as well";
}

impl Harmful for Loss {
    fn harms(&self) -> Vec<Harm> {
        vec![Disturbance::Lost(self.probability).on(&self.path)]
    }
}
