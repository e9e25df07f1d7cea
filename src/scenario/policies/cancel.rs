//! Cancellation: what a caller asks for when an answer is of no use to it any more, as files write
//! it. What it does is in `nodes/calls/cancel.rs` and, at the server, `nodes/server/cancel.rs`.

use super::{Guard, Policy, Room};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};

/// What a caller asks for when it waits no longer for work that it has asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cancel {
    /// Nothing: it is done in vain.
    #[default]
    Never,
    /// It is dropped if it still waits for a worker.
    Queued,
    /// That, and its worker stops if it is still at its first work.
    Running,
}

pub(super) const ROOM: Room = Room {
    word: "cancel",
    example: r#"(timeout: "300ms", cancel: Queued)"#,
    guards: &[Guard { name: "cancellation", is_in_force: |policy| policy.cancel != Cancel::Never }],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    let usual = if policy.hedge.is_some() { Cancel::Queued } else { Cancel::Never };
    let cancel = reader.or(fields, "cancel", usual, Reader::cancel)?;
    // Without a timeout or a second copy nothing is ever given up.
    if policy.timeout.is_some() || policy.hedge.is_some() {
        policy.cancel = cancel;
    }
    if policy.late_answers && (policy.hedge.is_some() || policy.cancel != Cancel::Never) {
        let other = if policy.hedge.is_some() { "hedge" } else { "cancel" };
        let at = fields.get(other).map_or(fields.head, Value::head);
        let message = format!("a call that takes late answers cannot have a `{other}`");
        reader.wrong(Code::UnknownField, at, message).help("leave it out, or `late_answers`");
        return None;
    }
    Some(())
}

impl<'a> Reader<'a> {
    fn cancel(&mut self, value: &'a Value) -> Option<Cancel> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("None"), Kind::Word(_)) => Some(Cancel::Never),
            (Some("Queued"), Kind::Word(_)) => Some(Cancel::Queued),
            (Some("Running"), Kind::Word(_)) => Some(Cancel::Running),
            _ => {
                self.unknown_word(value, "what to call off", &["None", "Queued", "Running"]);
                None
            }
        }
    }
}
