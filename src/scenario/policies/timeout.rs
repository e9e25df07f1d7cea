//! Timeouts: a caller that gives a try up when its answer has not come in time. Refuses to know what
//! it does then.

use super::{Guard, Policy, Room};
use crate::scenario::reader::{Fields, Reader};

pub(super) const ROOM: Room = Room {
    word: "timeout",
    example: r#"(timeout: "300ms")"#,
    guards: &[Guard { name: "timeout", is_in_force: |policy| policy.timeout.is_some() }],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    policy.timeout = reader.maybe(fields, "timeout", Reader::positive_span)?;
    Some(())
}
