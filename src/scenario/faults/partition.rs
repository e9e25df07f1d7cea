//! `Partition`: nothing passes.

use super::{Disturbance, FaultKind, Harm, Harmful, Path, Room, Usual, settings};
use crate::scenario::codes::Code;

/// Nothing passes.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Which messages.
    pub path: Path,
}

pub(super) static ROOM: Room = Room {
    word: "Partition",
    about: "nothing passes; needs `from` or `to`",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Partition("web", "orders")"#,
    read: |reader, fields| {
        let path = reader.path(fields)?;
        if path.from.is_empty() && path.to.is_empty() {
            let message = "a partition needs `from` or `to`: who is cut off";
            reader.wrong(Code::MissingField, fields.head, message);
            return None;
        }
        Some(FaultKind::Partition(Partition { path }))
    },
};

settings! {
    from: "nodes", Usual::Unset("all"), "one side";
    to: "nodes", Usual::Unset("all"), "the other side";
    both: "flag", Usual::Is("true"), "the other direction as well";
}

impl Harmful for Partition {
    fn harms(&self) -> Vec<Harm> {
        vec![Disturbance::Cut.on(&self.path)]
    }
}
