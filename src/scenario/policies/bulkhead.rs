//! Bulkheads, as files write them: how many calls a caller may have under way at one node. What
//! becomes of one too many is in `nodes/calls/guards/bulkhead.rs`.

use super::{Guard, Policy, Room};
use crate::scenario::reader::{Fields, Reader};

pub(super) const ROOM: Room = Room {
    word: "bulkhead",
    example: "(bulkhead: 25)",
    guards: &[Guard { name: "bulkhead", is_in_force: |policy| policy.bulkhead.is_some() }],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    policy.bulkhead = reader.maybe(fields, "bulkhead", Reader::calls)?;
    Some(())
}
