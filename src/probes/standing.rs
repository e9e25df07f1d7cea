//! How things stood when arrivals ended, in their last nanosecond: what no count of events tells, because it
//! lasts. Plain data in names; whoever can look at the instances fills it in.

use crate::base::Time;

/// What stood so then. Empty where nobody looked: in a run that was cut short, or goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When it was looked at.
    pub at: Time,
    /// Is anything still under way at the audit, because the drain was over?
    pub drain_ran_out: bool,
    /// Circuit breakers that were not closed.
    pub breakers: Vec<StandingBreaker>,
    /// Instances that callers had ejected.
    pub ejected: Vec<StandingEjected>,
    /// Instances that a registry kept though their leases were over.
    pub kept: Vec<StandingKept>,
    /// Queues of nodes.
    pub queues: Vec<StandingQueue>,
    /// Logs whose producers held what no leader had taken.
    pub logs: Vec<StandingLog>,
    /// Consumer groups, and the records that they had not handled.
    pub groups: Vec<StandingGroup>,
    /// Who had calls under way to whom.
    pub calls: Vec<StandingCalls>,
}

/// The breakers of one node's instances towards another node that are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingBreaker {
    /// Whose they are.
    pub node: String,
    /// Towards whom.
    pub to: String,
    /// Half-open, or open.
    pub is_half_open: bool,
    /// In how many instances.
    pub instances: u32,
    /// Calls of those that are under way.
    pub calls: u64,
}

/// Instances that callers had ejected as outliers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingEjected {
    /// Who calls.
    pub node: String,
    /// Whose instances.
    pub of: String,
    /// How many, the same one counted once for each caller that had ejected it.
    pub instances: u64,
}

/// What self-preservation keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingKept {
    /// The registry.
    pub registry: String,
    /// Whose instances.
    pub node: String,
    /// How many.
    pub instances: u64,
}

/// What waited at a node, all its instances together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingQueue {
    /// The node.
    pub node: String,
    /// How many.
    pub waiting: u64,
}

/// What the producers of a log held because no leader had taken it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingLog {
    /// The log.
    pub node: String,
    /// Records, with those for which producers had no room.
    pub unsent: u64,
    /// Partitions that nobody served.
    pub unserved: u64,
    /// Partitions that were served, with too few replicas in sync for what producers ask for.
    pub short: u64,
}

/// Records that the group of a consumer had not handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingGroup {
    /// The log.
    pub log: String,
    /// The consumer.
    pub consumer: String,
    /// In each partition of each topic.
    pub lags: Vec<StandingLag>,
}

/// Records of one partition that a consumer group had not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingLag {
    /// The partition's number in its topic.
    pub partition: u32,
    /// How many.
    pub records: u64,
    /// Could the group have none of them, because nobody served the partition?
    pub is_withheld: bool,
}

/// Calls under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingCalls {
    /// Who calls.
    pub node: String,
    /// Whom.
    pub to: String,
    /// How many.
    pub calls: u64,
}
