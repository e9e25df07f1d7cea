//! Faults of instances: whom they befall, and what of a node can break. Knows no fault.

use super::{Fields, NodeIx, Reader};
use crate::scenario::codes::Code;
use crate::scenario::kinds::Breakable;
use crate::scenario::syntax::Value;

/// A node, or one of its instances (counted from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which node.
    pub node: NodeIx,
    /// Which instance; `None` is all.
    pub instance: Option<u32>,
}

impl<'a> Reader<'a> {
    /// The setting `target`: a node that can break.
    pub(super) fn victim(&mut self, fields: &Fields<'a>) -> Option<NodeIx> {
        self.must(fields, "target", |reader, value| {
            let (name, at) = reader.text(value)?;
            let node = reader.node_named(name, at, &[])?;
            if !reader.known.node(node).role?.about().can_break(Breakable::Process) {
                reader
                    .wrong(
                        Code::NotBreakable,
                        at,
                        format!("{name:?} is a client: customers do not break"),
                    )
                    .help("a Surge sends more of them");
                return None;
            }
            Some(node)
        })
    }

    /// The settings `target` and `instance`.
    pub(super) fn target(&mut self, fields: &Fields<'a>) -> Option<Target> {
        let node = self.victim(fields);
        let instance =
            self.maybe(fields, "instance", |reader, value| reader.count(value, 0..=u32::MAX));
        let (node, instance) = (node?, instance?);
        let instances = self.known.node(node).instances;
        if let Some(instance) = instance.filter(|instance| *instance >= instances) {
            let at = fields.get("instance").map_or(fields.head, Value::head);
            let name = self.known.node_name(node);
            self.wrong(Code::NoInstance, at, format!("{name:?} has no instance {instance}"))
                .help(format!("it has {instances}, counted from 0"));
            return None;
        }
        Some(Target { node, instance })
    }

    /// Has the target such a thing that breaks? Of one that could not be read nothing is known.
    pub(super) fn can_break(&self, target: Target, what: Breakable) -> bool {
        self.known.node(target.node).role.is_some_and(|role| role.about().can_break(what))
    }

    /// How many times as long, or as often.
    pub(super) fn factor(&mut self, value: &'a Value) -> Option<f64> {
        let (factor, at) = self.number(value, "a factor")?;
        if factor > 0.0 && factor <= 1e6 {
            return Some(factor);
        }
        self.wrong(
            Code::OutOfRange,
            at,
            format!("expected a factor above 0 and up to a million, found {factor}"),
        );
        None
    }
}
