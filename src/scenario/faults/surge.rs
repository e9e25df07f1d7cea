//! `Surge`: more customers come.

use super::{Crowd, FaultKind, Harm, Harmful, Room, Usual, settings};
use crate::scenario::codes::Code;
use crate::scenario::kinds::{Breakable, Role};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;
use crate::scenario::tree::NodeIx;

/// Open arrivals come so many times as often.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// Which client.
    pub client: NodeIx,
    /// How many times as often.
    pub factor: f64,
}

pub(super) static ROOM: Room = Room {
    word: "Surge",
    about: "open arrivals come so many times as often",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Surge("web", 3)"#,
    read: |reader, fields| {
        let client = reader.setting(fields, "client", Reader::open_client);
        let factor = reader.setting(fields, "factor", Reader::factor);
        Some(FaultKind::Surge(Surge { client: client?, factor: factor? }))
    },
};

settings! {
    client: "client", Usual::Required, "whose customers, if they come by themselves and not in a closed loop";
    factor: "number above 0", Usual::Required, "how many times as often";
}

impl Harmful for Surge {
    fn harms(&self) -> Vec<Harm> {
        vec![Harm::Arrivals(Crowd { client: self.client, factor: self.factor })]
    }
}

impl<'a> Reader<'a> {
    fn open_client(&mut self, value: &'a Value) -> Option<NodeIx> {
        let client = self.node(value, &Role::that_can_break(Breakable::Arrivals))?;
        if self.known.node(client).closed {
            let name = self.known.node_name(client);
            self.wrong(
                Code::NotBreakable,
                value.head(),
                format!("{name:?} is a closed loop: no surge makes it come more often"),
            );
            return None;
        }
        Some(client)
    }
}
