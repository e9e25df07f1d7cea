//! `Reorder`: messages are overtaken.

use super::{Disturbance, FaultKind, Harm, Harmful, Path, Room, Usual, settings};
use crate::base::Dist;
use crate::scenario::reader::Reader;

/// Messages are overtaken.
#[derive(Clone, Debug, PartialEq)]
pub struct Reorder {
    /// Which.
    pub path: Path,
    /// With this probability a message is held up...
    pub probability: f64,
    /// ...by so much.
    pub by: Dist,
}

pub(super) static ROOM: Room = Room {
    word: "Reorder",
    about: "messages are held up by a draw of `by`",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Reorder(from: "orders", probability: "10%", by: Exp("20ms"))"#,
    read: |reader, fields| {
        let path = reader.path(fields);
        let probability = reader.setting(fields, "probability", Reader::ratio);
        let by = reader.setting(fields, "by", Reader::dist);
        Some(FaultKind::Reorder(Reorder { path: path?, probability: probability?, by: by? }))
    },
};

settings! {
    from: "nodes", Usual::Unset("all"), "senders";
    to: "nodes", Usual::Unset("all"), "receivers";
    probability: "ratio", Usual::Required, "of each message";
    by: "distribution", Usual::Required, "how much longer what is held up takes";
    both: "flag", Usual::Is("true"), "the other direction as well";
}

impl Harmful for Reorder {
    fn harms(&self) -> Vec<Harm> {
        let held_up = Disturbance::HeldUp { probability: self.probability, by: self.by.clone() };
        vec![held_up.on(&self.path)]
    }
}
