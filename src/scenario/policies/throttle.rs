//! Adaptive throttling, as files write it. How much is held back, and after whom, is in
//! `nodes/calls/guards/throttle.rs`.

use super::{Guard, Policy, Room};
use crate::base::Span;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

/// Adaptive throttling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Requests sent for each that was accepted, before some are held back.
    pub k: f64,
    /// How long requests and accepts are remembered.
    pub history: Span,
}

pub(super) const ROOM: Room = Room {
    word: "throttle",
    example: r#"(timeout: "300ms", throttle: (k: 2))"#,
    guards: &[Guard {
        name: "adaptive throttling",
        is_in_force: |policy| policy.throttle.is_some(),
    }],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    policy.throttle = reader.maybe(fields, "throttle", Reader::throttle)?;
    Some(())
}

impl<'a> Reader<'a> {
    fn throttle(&mut self, value: &'a Value) -> Option<Throttle> {
        let fields = self.fields(value, "a throttle", 0, &["k", "history"])?;
        let k = self.or(&fields, "k", 2.0, Self::positive);
        let history = self.or(&fields, "history", Span::from_secs(120.0), Self::positive_span);
        Some(Throttle { k: k?, history: history? })
    }
}
