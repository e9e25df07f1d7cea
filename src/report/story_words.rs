//! The facts of a story in words. Bookkeeping says nothing.

use super::figures::{span, words};
use super::paint::Tone;
use crate::engine::InstanceId;
use crate::probes::fact::{Carrier, Fact, KeyId, OpId, Verdict};
use crate::probes::outcome::operation;
use crate::probes::reason::Reason;
use crate::scenario::tree::{EntityIx, FlowIx, NodeIx, NodeKind, Scenario};

/// What a fact says, and how loudly; bookkeeping says nothing.
pub fn says(names: &Names, at: InstanceId, fact: Fact) -> Option<(Tone, String)> {
    let item =
        |entity: EntityIx, key: KeyId| format!("{} {}", names.entity(entity), names.item(key));
    Some(match fact {
        Fact::Sent { flow, session, .. } => {
            (Tone::Head, format!("sends {}, session {session}", names.flow(flow.0)))
        }
        Fact::Answered { verdict: Verdict::Done, .. } => (Tone::Good, "is told: done".to_owned()),
        Fact::Answered { verdict, .. } => {
            (Tone::Warn, format!("is told: {}", verdict_words(verdict)))
        }
        Fact::Message { to, carrier, .. } | Fact::HandedOn { to, carrier, .. } => {
            (Tone::Plain, carrier_words(carrier, names.name(names.node(to)), names.kind(at)))
        }
        Fact::Dropped { why: Some(why), .. } => {
            (Tone::Bad, format!("loses it: {}", words(why.name())))
        }
        Fact::Promised { .. } => (Tone::Plain, "commits the promise of the whole flow".to_owned()),
        Fact::Refused { node, .. } => (Tone::Warn, format!("refused at {}", names.name(node))),
        Fact::Declined { node, .. } => (
            Tone::Warn,
            format!("refused at {}: best effort, it changes nothing", names.name(node)),
        ),
        Fact::Applied { entity, key, version, before, value, .. } => (
            Tone::Good,
            format!("commits {}: version {version}{}", item(entity, key), change(before, value)),
        ),
        Fact::Overwrote { .. } => {
            (Tone::Bad, "overwrites a version that it has not seen".to_owned())
        }
        Fact::Undone { entity, key, version, before, value, .. } => (
            Tone::Warn,
            format!("takes back {}: version {version}{}", item(entity, key), change(before, value)),
        ),
        Fact::Reverted { entity, key, version, before, value, .. } => (
            Tone::Bad,
            format!(
                "loses {} with its leader: version {version}{}",
                item(entity, key),
                change(before, value)
            ),
        ),
        Fact::Joined { .. } => {
            (Tone::Plain, "finds the first attempt still running: waits for its answer".to_owned())
        }
        Fact::Deduplicated { .. } => {
            (Tone::Plain, "recognises a repetition and does nothing".to_owned())
        }
        Fact::Saw { entity, key, version, value, .. } => {
            (Tone::Plain, format!("sees {}: version {version}, value {value}", item(entity, key)))
        }
        Fact::Holds { entity, key, version, .. } => {
            (Tone::Faint, format!("its copy of {} is now version {version}", item(entity, key)))
        }
        Fact::CacheHit { entity, .. } => {
            (Tone::Plain, format!("finds {} in its cache", names.entity(entity)))
        }
        Fact::KeptOut { .. } => (Tone::Warn, "has no room for it in its cache".to_owned()),
        Fact::Waits { .. } => (Tone::Plain, "has no worker free: it waits".to_owned()),
        Fact::Began { waited, queued: true, .. } => {
            (Tone::Plain, format!("begins after {} in the queue", span(waited)))
        }
        Fact::Began { .. } => (Tone::Plain, "begins".to_owned()),
        Fact::LeftQueue { .. } => (Tone::Warn, "gives it up in the queue".to_owned()),
        Fact::TurnedAway { why, .. } => {
            (Tone::Bad, format!("turns it away: {}", words(why.name())))
        }
        Fact::Retried { to, attempt, .. } => {
            (Tone::Warn, format!("tries {} again (retry {attempt})", names.name(to)))
        }
        Fact::Hedged { to, .. } => {
            (Tone::Warn, format!("asks another instance of {} as well", names.name(to)))
        }
        Fact::Redelivered { .. } => (Tone::Warn, "delivers it again".to_owned()),
        Fact::DeadLetter { .. } => (Tone::Bad, "gives the message up: a dead letter".to_owned()),
        Fact::Down => (Tone::Bad, "goes down".to_owned()),
        Fact::Up => (Tone::Good, "is up again".to_owned()),
        // What needs its circumstances to be told: [`super::story_causes`].
        Fact::AttemptFailed { .. } | Fact::CacheMiss { .. } => return None,
        Fact::Carried { .. }
        | Fact::Responded { .. }
        | Fact::Arrived { .. }
        | Fact::Dropped { why: None, .. }
        | Fact::Forgot { .. }
        | Fact::Entered
        | Fact::Left { .. }
        | Fact::Works { .. }
        | Fact::Freed { .. }
        | Fact::Received { .. }
        | Fact::Listed { .. }
        | Fact::Batched { .. }
        | Fact::Revoked { .. } => return None,
    })
}

/// Brokers confirm where others answer.
fn carrier_words(carrier: Carrier, to: &str, by: &NodeKind) -> String {
    let is_broker = by.terms().is_some();
    match carrier {
        Carrier::Request => format!("calls {to}"),
        Carrier::Answer if is_broker => format!("confirms to {to}"),
        Carrier::Answer => format!("answers {to}"),
        Carrier::Publish => format!("publishes to {to}"),
        Carrier::Deliver => format!("delivers to {to}"),
        Carrier::Acknowledge => format!("acknowledges to {to}"),
        Carrier::Replicate if matches!(by, NodeKind::Quorum(_)) => format!("asks or tells {to}"),
        Carrier::Replicate => format!("answers {to}"),
        Carrier::Invalidate => format!("tells {to} to forget its copy"),
        Carrier::Control => format!("signals {to}"),
    }
}

/// What the customer was told.
pub fn verdict_words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Done => "done".to_owned(),
        Verdict::Refused => "refused".to_owned(),
        Verdict::Failed(why) => format!("failed ({})", reason_words(why)),
    }
}

fn reason_words(why: Reason) -> String {
    words(why.name())
}

fn change(before: i64, value: i64) -> String {
    if before == value { String::new() } else { format!(", {before} becomes {value}") }
}

/// The names of a scenario by index.
pub struct Names<'a> {
    scenario: &'a Scenario,
    /// Node, number within it, and how many it has.
    instances: Vec<(NodeIx, u32, u32)>,
}

impl<'a> Names<'a> {
    /// Of this scenario.
    pub fn of(scenario: &'a Scenario) -> Self {
        let counts = scenario
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (NodeIx(at as u16), node.kind.instances()));
        let instances =
            counts.flat_map(|(node, count)| (0..count).map(move |at| (node, at, count))).collect();
        Self { scenario, instances }
    }

    /// Whose instance it is.
    pub fn node(&self, instance: InstanceId) -> NodeIx {
        self.instances[instance.0 as usize].0
    }

    /// `orders#1`, or the bare name of a node with one instance.
    pub fn instance(&self, instance: InstanceId) -> String {
        let (node, at, count) = self.instances[instance.0 as usize];
        if count > 1 { format!("{}#{at}", self.name(node)) } else { self.name(node).to_owned() }
    }

    /// A node's name.
    pub fn name(&self, node: NodeIx) -> &'a str {
        &self.scenario.nodes[usize::from(node.0)].name
    }

    /// An operation as anomalies and `explain` name it; by its number alone where its flow is not known.
    pub fn operation(&self, op: OpId, flow: Option<FlowIx>) -> String {
        let clients =
            || self.scenario.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Client(_)));
        let client = clients().nth(op.client()).filter(|_| clients().count() > 1);
        let client = client.map(|node| node.name.as_str());
        match (flow, client) {
            (Some(flow), _) => operation(client, self.flow(flow.0), op.number()),
            (None, Some(client)) => format!("{client}'s operation {}", op.number()),
            (None, None) => format!("operation {}", op.number()),
        }
    }

    fn item(&self, key: KeyId) -> String {
        let Some(op) = key.creator() else { return key.0.to_string() };
        let nodes = self.scenario.nodes.iter();
        let mut clients = nodes.filter(|node| matches!(node.kind, NodeKind::Client(_)));
        let number = op.number();
        match (clients.clone().count(), clients.nth(op.client())) {
            (2.., Some(client)) => format!("of {}'s operation {number}", client.name),
            _ => format!("of operation {number}"),
        }
    }

    fn kind(&self, instance: InstanceId) -> &'a NodeKind {
        &self.scenario.nodes[usize::from(self.node(instance).0)].kind
    }

    /// An entity's name.
    pub fn entity(&self, entity: EntityIx) -> &'a str {
        &self.scenario.entities[usize::from(entity.0)].name
    }

    fn flow(&self, at: u16) -> &'a str {
        &self.scenario.flows[usize::from(at)].name
    }
}
