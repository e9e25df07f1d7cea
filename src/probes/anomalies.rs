//! The worst examples of what should not have happened: a handful per kind and flow, and how many
//! there were. The numbers of the operations are what `explain` is asked about.

use std::sync::Arc;

use super::fact::OpId;
use super::layout::Layout;
use super::outcome::Anomaly;
use super::reason::Reason;
use crate::base::{Span, Time};
use crate::scenario::tree::{EntityIx, FlowIx};

/// Examples kept per kind and flow.
const KEPT: usize = 5;

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Some effects are there, others are not.
    HalfDone,
    /// Told done, none of it is left.
    Retracted,
    /// Told otherwise, all of it is there.
    Unannounced,
    /// Something can still act for it at the audit.
    Pending,
    /// A promised effect that nothing can apply any more.
    Lost,
    /// An effect applied more than once.
    Duplicated,
    /// A read of an old version.
    StaleRead,
    /// A read of an item that was not there.
    Dangling,
    /// Own effects missing from a read.
    ReadYourWrites,
    /// An older version than one seen before.
    MonotonicReads,
    /// A later write applied before an earlier one.
    MonotonicWrites,
    /// A write ordered before what its session had read.
    WritesFollowReads,
    /// A commit below the floor.
    Floor,
    /// Refused though the truth would have passed.
    WronglyRefused,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 14] = [
        Self::HalfDone,
        Self::Retracted,
        Self::Unannounced,
        Self::Pending,
        Self::Lost,
        Self::Duplicated,
        Self::StaleRead,
        Self::Dangling,
        Self::ReadYourWrites,
        Self::MonotonicReads,
        Self::MonotonicWrites,
        Self::WritesFollowReads,
        Self::Floor,
        Self::WronglyRefused,
    ];

    /// As outputs spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfDone => "half_done",
            Self::Retracted => "retracted",
            Self::Unannounced => "unannounced",
            Self::Pending => "pending",
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::StaleRead => "stale_read",
            Self::Dangling => "dangling",
            Self::ReadYourWrites => "read_your_writes",
            Self::MonotonicReads => "monotonic_reads",
            Self::MonotonicWrites => "monotonic_writes",
            Self::WritesFollowReads => "writes_follow_reads",
            Self::Floor => "floor",
            Self::WronglyRefused => "wrongly_refused",
        }
    }
}

/// What can be said about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Of so many effects told, so many are there; what the last loss was.
    Effects {
        /// Told.
        told: u32,
        /// There.
        there: u32,
        /// Why something was lost.
        loss: Option<Reason>,
    },
    /// One item, its version, and what is wrong with it.
    Read {
        /// What was read.
        entity: EntityIx,
        /// The version seen or committed.
        version: u64,
        /// How stale it was.
        staleness: Span,
    },
    /// One item's value.
    Value {
        /// Which entity.
        entity: EntityIx,
        /// Its value.
        value: i64,
    },
    /// Nothing more.
    Nothing,
}

impl Detail {
    /// The greater, the worse; examples of the same kind are compared by it.
    fn weight(self) -> u64 {
        match self {
            Self::Read { staleness, .. } => staleness.0,
            Self::Value { value, .. } => value.min(0).unsigned_abs(),
            Self::Effects { .. } | Self::Nothing => 0,
        }
    }

    fn text(self, layout: &Layout) -> String {
        // To four digits: a reader has no use for the nanoseconds of a second.
        let rounded = |span: Span| {
            let step = 10_u64.pow(span.0.checked_ilog10().unwrap_or(0).saturating_sub(3));
            Span((span.0 + step / 2) / step * step)
        };
        let name = |entity: EntityIx| &layout.entities[usize::from(entity.0)].name;
        match self {
            Self::Effects { told, there, loss: None } => {
                format!("{there} of {told} effects are there")
            }
            Self::Effects { told, there, loss: Some(why) } => {
                format!("{there} of {told} effects are there ({})", why.name().replace('_', " "))
            }
            Self::Read { entity, version, staleness: Span::ZERO } => {
                format!("{} at version {version}", name(entity))
            }
            Self::Read { entity, version, staleness } => {
                format!("{} at version {version}, {} old", name(entity), rounded(staleness))
            }
            Self::Value { entity, value } => format!("{} at {value}", name(entity)),
            Self::Nothing => String::new(),
        }
    }
}

/// The examples.
#[derive(Clone, Debug)]
pub struct Anomalies {
    layout: Arc<Layout>,
    /// Per kind, per flow.
    bins: Vec<Bin>,
}

#[derive(Clone, Debug, Default)]
struct Bin {
    count: u64,
    kept: Vec<(Time, OpId, Detail)>,
}

impl Anomalies {
    /// None yet.
    pub fn new(layout: Arc<Layout>) -> Self {
        Self { bins: vec![Bin::default(); Kind::ALL.len() * layout.flows.len()], layout }
    }

    /// Here is one.
    pub fn note(&mut self, now: Time, kind: Kind, flow: FlowIx, op: OpId, detail: Detail) {
        let bin = &mut self.bins[kind as usize * self.layout.flows.len() + usize::from(flow.0)];
        bin.count += 1;
        if bin.kept.len() < KEPT {
            bin.kept.push((now, op, detail));
            return;
        }
        // The latest of the mildest makes room for a worse one: of equals the first ones stay.
        let mildest = bin.kept.iter_mut().rev().min_by_key(|(_, _, kept)| kept.weight());
        if let Some(mildest) = mildest.filter(|(_, _, kept)| kept.weight() < detail.weight()) {
            *mildest = (now, op, detail);
        }
    }

    /// How many of a kind there were.
    pub fn count(&self, kind: Kind) -> u64 {
        let flows = self.layout.flows.len();
        self.bins[kind as usize * flows..][..flows].iter().map(|bin| bin.count).sum()
    }

    /// How many of a kind there were of one flow's operations.
    pub fn count_of(&self, kind: Kind, flow: FlowIx) -> u64 {
        self.bins[kind as usize * self.layout.flows.len() + usize::from(flow.0)].count
    }

    /// All that were kept, in order of time.
    pub fn outcome(&self) -> Vec<Anomaly> {
        let flows = self.layout.flows.len();
        let clients = &self.layout.clients;
        let client = |op: OpId| {
            (clients.len() > 1).then(|| clients.get(op.client()).map(|client| client.name.clone()))
        };
        let mut all = Vec::new();
        for (at, bin) in self.bins.iter().enumerate() {
            let (kind, flow) = (Kind::ALL[at / flows], &self.layout.flows[at % flows].name);
            all.extend(bin.kept.iter().map(|&(time, op, detail)| Anomaly {
                time,
                kind: kind.name(),
                flow: flow.clone(),
                client: client(op).flatten(),
                number: op.number(),
                detail: detail.text(&self.layout),
                count: bin.count,
            }));
        }
        all.sort_by_key(|anomaly| anomaly.time);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::layout::{EntityPlan, FlowPlan};

    fn anomalies() -> Anomalies {
        Anomalies::new(Arc::new(Layout {
            flows: vec![FlowPlan { name: "view".into(), ..FlowPlan::default() }],
            entities: vec![EntityPlan { name: "stock".into(), ..EntityPlan::default() }],
            ..Layout::default()
        }))
    }

    #[test]
    fn kinds_stand_where_their_number_says() {
        Kind::ALL.into_iter().enumerate().for_each(|(n, kind)| assert_eq!(kind as usize, n));
    }

    #[test]
    fn the_worst_are_kept_and_all_are_counted() {
        let mut anomalies = anomalies();
        for n in 0..100 {
            let staleness = Span((n * 37) % 100);
            let detail = Detail::Read { entity: EntityIx(0), version: 1, staleness };
            anomalies.note(Time(n), Kind::StaleRead, FlowIx(0), OpId::new(0, n), detail);
        }
        let outcome = anomalies.outcome();
        let mut worst: Vec<u64> =
            outcome.iter().map(|anomaly| (anomaly.number * 37) % 100).collect();
        worst.sort_unstable();
        assert_eq!(worst, [95, 96, 97, 98, 99]);
        assert!(outcome.iter().all(|anomaly| anomaly.count == 100));
        assert!(outcome.is_sorted_by_key(|anomaly| anomaly.time));
    }

    #[test]
    fn of_equals_the_first_stay() {
        let mut anomalies = anomalies();
        for n in 0..10 {
            anomalies.note(Time(n), Kind::HalfDone, FlowIx(0), OpId::new(0, n), Detail::Nothing);
        }
        let numbers: Vec<u64> = anomalies.outcome().iter().map(|anomaly| anomaly.number).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
    }
}
