//! What things are called where an operation is told: instances, items, changes of them.

use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::fact::Fact;
use crate::probes::{Carrier, KeyId, OpId, Reason};
use crate::scenario::tree::{Ailment, EntityIx, FlowIx, Harm, NodeIx, NodeKind};

/// The names of a model, as one operation is told.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Whose.
    pub model: &'a Model,
    /// Its own items are called by their entity alone.
    pub op: OpId,
}

impl<'a> Names<'a> {
    /// A node's name.
    pub fn node(self, node: NodeIx) -> &'a str {
        &self.model.scenario.nodes[usize::from(node.0)].name
    }

    /// `orders#1`, or the bare name of a node with one instance.
    pub fn instance(self, at: InstanceId) -> String {
        let place = self.model.instances[at.0 as usize];
        let name = self.node(place.node);
        match self.model.nodes[usize::from(place.node.0)].count {
            1 => name.to_owned(),
            _ => format!("{name}#{}", place.index),
        }
    }

    /// An entity's name.
    pub fn entity(self, entity: EntityIx) -> &'a str {
        &self.model.scenario.entities[usize::from(entity.0)].name
    }

    /// `stock 1`, `order`, `order of #5638`.
    pub fn item(self, entity: EntityIx, key: KeyId) -> String {
        let name = self.entity(entity);
        match key.creator() {
            None => format!("{name} {}", key.0),
            Some(op) if op == self.op => name.to_owned(),
            Some(op) => format!("{name} of #{}", op.number()),
        }
    }

    /// `place-order#5638`
    pub fn operation(self, flow: FlowIx) -> String {
        let scenario = &self.model.scenario;
        let clients = scenario.nodes.iter().filter(|it| matches!(it.kind, NodeKind::Client(_)));
        let several = clients.clone().count() > 1;
        let client = clients.clone().nth(self.op.client()).filter(|_| several);
        crate::probes::outcome::operation(
            client.map(|client| client.name.as_str()),
            &scenario.flows[usize::from(flow.0)].name,
            self.op.number(),
        )
    }

    /// What something durable, or a read, is called: `order v1`, `stock 1 v113, 388 to 387`.
    pub fn said(self, fact: Fact) -> Option<String> {
        Some(match fact {
            Fact::Applied { entity, key, version, before, value, .. } => {
                format!("{} v{version}{}", self.item(entity, key), change(before, value))
            }
            Fact::Undone { entity, key, version, before, value, .. } => {
                format!("takes back {} v{version}{}", self.item(entity, key), change(before, value))
            }
            Fact::Reverted { entity, key, version, before, value, .. } => {
                let item = self.item(entity, key);
                format!("loses {item} with its leader, v{version}{}", change(before, value))
            }
            Fact::Saw { entity, key, version: 0, .. } if key.creator().is_some() => {
                format!("sees no {}", self.item(entity, key))
            }
            Fact::Saw { entity, key, version, value, .. } => {
                let value =
                    if key.creator().is_some() { String::new() } else { format!(" = {value}") };
                format!("sees {} v{version}{value}", self.item(entity, key))
            }
            Fact::Holds { entity, key, version, .. } => {
                format!("copy of {} v{version}", self.item(entity, key))
            }
            _ => return None,
        })
    }

    /// The faults because of which an instance is down.
    pub fn downed_by(self, at: InstanceId, time: Time) -> Option<&'a str> {
        let place = self.model.instances[at.0 as usize];
        let hits = |harm: &Harm| match harm {
            Harm::Instances(target, Ailment::Down { .. }) => {
                target.node == place.node && target.instance.is_none_or(|it| it == place.index)
            }
            _ => false,
        };
        let mut acting = self.model.faults.acting(time);
        let found = acting.find(|(fault, _)| fault.what.harms().iter().any(hits));
        found.map(|(fault, _)| fault.name.as_str())
    }

    /// The faults that cut a way between two nodes at an instant, or lose what goes there.
    pub fn cut_by(self, from: NodeIx, to: NodeIx, time: Time) -> Option<&'a str> {
        let on = |ends: &[NodeIx], node: NodeIx| ends.is_empty() || ends.contains(&node);
        let mut acting = self.model.faults.acting(time);
        let found = acting.find(|(fault, _)| {
            fault.what.harms().iter().any(|harm| match harm {
                Harm::Messages(path, _) => {
                    let there = on(&path.from, from) && on(&path.to, to);
                    let back = on(&path.from, to) && on(&path.to, from);
                    there || path.both && back
                }
                _ => false,
            })
        });
        found.map(|(fault, _)| fault.name.as_str())
    }
}

fn change(before: i64, value: i64) -> String {
    if before == value { String::new() } else { format!(", {before} to {value}") }
}

/// A reason as it is read: `rate limited`.
pub fn reason(why: Reason) -> String {
    why.name().replace('_', " ")
}

/// What a message is, in a word.
pub fn carried(carrier: Carrier, is_broker: bool) -> &'static str {
    match carrier {
        Carrier::Request => "call",
        Carrier::Answer if is_broker => "confirm",
        Carrier::Answer => "answer",
        Carrier::Publish => "publish",
        Carrier::Deliver => "deliver",
        Carrier::Acknowledge => "done",
        Carrier::Replicate => "replica",
        Carrier::Invalidate => "forget",
        Carrier::Control => "signal",
    }
}
