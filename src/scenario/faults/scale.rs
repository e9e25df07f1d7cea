//! `Scale`: instances are taken away, and added.

use super::{Ailment, FaultKind, Harm, Harmful, Room, Target, Usual, settings};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::kinds::Breakable;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;
use crate::scenario::tree::NodeIx;

/// Only so many instances are there: the others are shut down in good order, and come (back) at the
/// end.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Of which node.
    pub node: NodeIx,
    /// How many are there, those with the lowest numbers.
    pub to: u32,
    /// How many there are otherwise.
    pub of: u32,
    /// How long those go on that are shut down.
    pub drain: Span,
}

pub(super) static ROOM: Room = Room {
    word: "Scale",
    about: "only so many instances are there, those with the lowest numbers; the others are shut down \
        as by a `Shutdown`, and start when it ends. To add instances, declare as many as there will be \
        and let it last from \"0s\" until they come. Callers learn who is there from a registry",
    settings: &SETTINGS,
    unnamed: 2,
    example: r#"Scale("orders", 1)"#,
    read: |reader, fields| {
        let node = reader.victim(fields);
        let to =
            reader.setting(fields, "instances", |reader, value| reader.count(value, 0..=u32::MAX));
        let drain = reader.setting(fields, "drain", Reader::span);
        let (node, to) = (node?, to?);
        let of = reader.known.node(node).instances;
        reader.check_scale(fields.head, node, to)?;
        Some(FaultKind::Scale(Scale { node, to, of, drain: drain? }))
    },
};

settings! {
    target: "service or gateway", Usual::Required, "who is scaled";
    instances: "count", Usual::Required, "how many of its instances are there";
    drain: "duration", Usual::Is("\"0s\""), "how long those go on that leave, as under a preStop hook", "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/";
}

impl Harmful for Scale {
    fn harms(&self) -> Vec<Harm> {
        let gone = Ailment::Down { host: false, after: self.drain };
        let leaves = |place| Target { node: self.node, instance: Some(place) };
        let each = (self.to..self.of).map(leaves);
        each.flat_map(|target| [Ailment::Leaving.of(target), gone.of(target)]).collect()
    }
}

impl Reader<'_> {
    fn check_scale(&mut self, at: Extent, node: NodeIx, to: u32) -> Option<()> {
        let name = self.known.node_name(node);
        if !self.can_break(Target { node, instance: None }, Breakable::Exit) {
            let message = format!("{name:?} is no service: only services and gateways are scaled");
            self.wrong(Code::NotBreakable, at, message).help("a Crash stops anything");
            return None;
        }
        let fact = self.known.node(node);
        if to >= fact.instances {
            let message =
                format!("{name:?} has {} instances, so {to} takes none away", fact.instances);
            self.wrong(Code::NoInstance, at, message).help(
                "declare as many instances as there will be at most, and scale to fewer until they come",
            );
            return None;
        }
        if !fact.registers {
            let message = format!(
                "nobody tells the callers of {name:?} who is there: they go on calling those that are gone"
            );
            self.wrong(Code::NobodyTells, at, message)
                .help("give it a `registry`; where it only takes from brokers, all is well");
        }
        Some(())
    }
}
