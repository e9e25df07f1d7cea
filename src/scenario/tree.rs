//! The checked scenario: what a file means once its names are resolved, its knobs turned and its
//! units read. Everything here is plain data; nothing here knows a design's wiring or an engine.
//!
//! Nodes, entities and flows are sorted by name, and indices into those lists are the only
//! references: a tree that came out of [`super::load`] never holds a dangling one.

mod flow;
mod intervention;
mod live;

pub use super::faults::*;
pub use super::kinds::*;
pub use super::policies::{
    Backoff, Breaker, Cancel, Hedge, Jitter, OutlierDetection, Policy, Throttle,
};
pub use flow::{Change, Effect, Fails, Flow, Key, Step, Tell};
pub use intervention::{Deed, Intervention, NO_BENCH, Turned, freezable, unfreezable};
pub use live::{LIVE, turns_into};

use crate::base::{Dist, Span};

/// Index into [`Scenario::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub u16);

/// Index into [`Scenario::entities`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityIx(pub u16);

/// Index into [`Scenario::flows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowIx(pub u16);

/// Index into [`Scenario::policies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyIx(pub u16);

/// A place in the scenario file, both counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// A text with the place where it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed<T> {
    /// What stands there.
    pub value: T,
    /// Where (of its first character inside the quotes).
    pub place: Place,
}

/// One scenario file, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The file's stem.
    pub name: String,
    /// One sentence for people.
    pub about: String,
    /// How long, from when on it counts.
    pub run: Run,
    /// Knobs in file order with the values in force (as RON text, normalised).
    pub knobs: Vec<(String, String)>,
    /// The architecture, sorted by name.
    pub nodes: Vec<Node>,
    /// How messages travel.
    pub network: Network,
    /// The data, sorted by name.
    pub entities: Vec<Entity>,
    /// Conserved sums over numeric entities, in file order.
    pub sums: Vec<Sum>,
    /// The business operations, sorted by name.
    pub flows: Vec<Flow>,
    /// The designs in file order.
    pub designs: Vec<Design>,
    /// The policies in file order.
    pub policies: Vec<Policy>,
    /// The faults in file order.
    pub faults: Vec<Fault>,
    /// What is done to a run while it goes on, in the order of time.
    pub changes: Vec<Intervention>,
    /// Named figures that the scenario wants, in the language of expectations.
    pub measures: Vec<(String, Placed<String>)>,
    /// What CI checks.
    pub expect: Vec<Placed<String>>,
}

/// The clockwork of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Arrivals end here.
    pub length: Span,
    /// Flows sent before this are not measured.
    pub warmup: Span,
    /// The longest the drain after `length` may take (60 s by default).
    pub drain: Span,
    /// A run with more messages and timers in flight stops, marked partial (5 million by default).
    pub max_in_flight: u64,
    /// The seed when the command line names none (1 by default).
    pub seed: u64,
}

/// A thing in the architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
}

/// How messages travel between nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// One way between any two nodes.
    pub latency: Dist,
    /// Links with a latency of their own, one way each; later ones win.
    pub links: Vec<Link>,
}

/// A link with a latency of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Sender.
    pub from: NodeIx,
    /// Receiver.
    pub to: NodeIx,
    /// One way.
    pub latency: Dist,
}

/// A kind of data.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// The one service that owns it.
    pub owner: NodeIx,
    /// Items that exist at the start, at least one.
    pub keys: u64,
    /// Which items are popular.
    pub popularity: Popular,
    /// The number each item holds at the start.
    pub start: i64,
    /// Commits below this are counted as broken (observed, never enforced, except by `Take`).
    pub floor: Option<i64>,
}

/// Which items are popular.
#[derive(Clone, Debug, PartialEq)]
pub enum Popular {
    /// All alike.
    Uniform,
    /// Rank r with weight `r^-exponent`.
    Zipf(f64),
    /// These weights, one for each item.
    Weights(Vec<f64>),
}

/// A sum that should not change: judged at the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// Its name.
    pub name: String,
    /// What is added up.
    pub entities: Vec<EntityIx>,
}

/// How asks and tells travel.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Its name.
    pub name: String,
    /// The preset it starts from.
    pub preset: Preset,
    /// What carries its messages; `None` only where nothing travels through a broker.
    pub broker: Option<NodeIx>,
    /// Send effects that follow a commit from that commit's outbox (pubsub; always on in events).
    pub outbox: bool,
    /// How an outbox's relay learns of new rows.
    pub relay: Relaying,
    /// Do handlers recognise a repeated message by (operation, step)?
    pub dedup: bool,
    /// The cache of pubsub's asks; `None` calls the owner every time.
    pub cache: Option<Cache>,
    /// Edges that travel otherwise.
    pub except: Vec<Except>,
}

/// How an outbox's relay learns of new rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relaying {
    /// It reads the store's log: at once.
    Tailing,
    /// It looks so often.
    Polling(Span),
}

/// The presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Synchronous calls.
    Rest,
    /// Commands and replies over a queue.
    PubSub,
    /// Events over a log.
    Events,
}

/// Edges that travel otherwise than their design says.
#[derive(Clone, Debug, PartialEq)]
pub struct Except {
    /// Only in this flow; `None` in all.
    pub flow: Option<FlowIx>,
    /// Asks, calls and tells to this service.
    pub service: NodeIx,
    /// How they travel.
    pub preset: Preset,
}
