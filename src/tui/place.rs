//! The four nouns of every screen: in this *world*, under this *design*, at this *time*, this *thing*;
//! and the view that shows them. A place is all four and where one looks. Knows no run and no terminal.

use crate::base::Time;
use crate::probes::OpId;
use crate::probes::anomalies::Kind;
use crate::probes::witness::Item;
use crate::scenario::tree::NodeIx;

/// A world: what befalls everybody. Its number in [`super::world::Worlds`]; 0 is `base`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorldId(pub u16);

/// A world under a design: what has a digest of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId {
    /// The world.
    pub world: WorldId,
    /// The design, by its place in the scenario.
    pub design: usize,
}

/// A point of a run: all that is due at `time` or before has happened; or, in the middle of an instant,
/// just so many events of the run that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The time.
    pub time: Time,
    /// Events handled, where it stands in the middle of an instant.
    pub within: Option<u64>,
}

impl Cursor {
    /// After all that happens at this instant.
    pub fn at(time: Time) -> Self {
        Self { time, within: None }
    }
}

/// The views, in the order of their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Nodes, links, messages.
    #[default]
    Map,
    /// Runs side by side.
    Compare,
    /// Everything over time.
    Time,
    /// The way of one operation.
    Request,
    /// What was told against what happened.
    Truth,
    /// Knobs and expectations.
    Scenario,
    /// The tree of worlds.
    Worlds,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Map,
        Self::Compare,
        Self::Time,
        Self::Request,
        Self::Truth,
        Self::Scenario,
        Self::Worlds,
    ];

    /// As the second line says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "Map",
            Self::Compare => "Compare",
            Self::Time => "Time",
            Self::Request => "Request",
            Self::Truth => "Truth",
            Self::Scenario => "Scenario",
            Self::Worlds => "Worlds",
        }
    }
}

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Thing {
    /// Nothing.
    #[default]
    Nothing,
    /// A node.
    Node(NodeIx),
    /// One of its instances.
    Instance(NodeIx, u32),
    /// A link, from its caller to its callee.
    Link(NodeIx, NodeIx),
    /// An operation.
    Op(OpId),
    /// A judgement about an operation.
    Anomaly(OpId, Kind),
    /// All anomalies of a kind.
    Kind(Kind),
    /// A fault, by its name.
    Fault(String),
    /// One occurrence of a fault, by its name and by when it begins.
    Occurrence(String, Time),
    /// An item of data.
    Item(Item),
    /// A figure, by its name in Compare.
    Figure(&'static str),
    /// A world.
    World(WorldId),
    /// A change of the world that is shown, by its place among them.
    Change(usize),
    /// A knob, by its name.
    Knob(String),
    /// An expectation, by its place in the file.
    Expectation(usize),
}

impl Thing {
    /// What it is where the business is wired otherwise: each run numbers its operations for itself, so
    /// that the same number is somebody else there.
    #[must_use]
    pub fn under_another_design(&self) -> Self {
        match self {
            Self::Op(_) => Self::Nothing,
            Self::Anomaly(_, kind) => Self::Kind(*kind),
            thing => thing.clone(),
        }
    }
}

/// Where one is: walked through by `u` and `U`, bookmarked, and written as an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// World and design.
    pub run: RunId,
    /// Time.
    pub cursor: Cursor,
    /// Thing.
    pub thing: Thing,
    /// What shows them.
    pub view: View,
    /// Inside the thing: a node's detail in Map, lanes in Truth.
    pub inside: bool,
    /// How the axis of time is zoomed: each step halves what it shows.
    pub zoom: u8,
}
