//! Apache Kafka, as the file describes it: what both of its words are read into, and what it means to
//! others. `Log` is a partitioned log with few settings, for theory; `Kafka` has the product's own.
//! What Kafka's producers and consumers are configured with stands here too.

mod cluster;
mod fetches;
mod groups;
mod log;
mod producer;
mod retention;
mod share;
mod transactions;

pub use cluster::{Cluster, Committing};
pub use fetches::Fetch;
pub use groups::Protocol;
pub use retention::{CleanupPolicy, OffsetReset, Retention};
pub use share::Share;
pub use transactions::Transactions;

use super::{
    About, Breakable, Carries, Commit, Consume, Failed, Gather, NodeKind, Produce, Role, Style,
    Terms, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::{Kind, Value};

pub(super) static ABOUT: About = About {
    role: Role::Kafka,
    name: "kafka",
    phrase: "a Kafka cluster",
    uses: &[Use::Broker(Carries::Events), Use::Broker(Carries::Commands)],
    breaks: &[Breakable::Process, Breakable::Workers, Breakable::Work],
    words: &[&cluster::WORD, &log::WORD],
};

/// A partitioned log: one topic per producing service, one consumer group per consuming service.
#[derive(Clone, Debug, PartialEq)]
pub struct Kafka {
    /// Partitions of every topic.
    pub partitions: u32,
    /// Time to append a record before its acknowledgement.
    pub append: Dist,
    /// How long the followers take to have an appended record; `None`: the log is its own follower,
    /// and loses nothing that was appended.
    pub lag: Option<Dist>,
    /// Whose having a record is waited for before it is acknowledged.
    pub acks: Acks,
    /// How long a producer gathers records before it sends them.
    pub linger: Span,
    /// So many of them go at once; `None` is any number.
    pub batch: Option<u32>,
    /// How often consumers commit the offsets of what they have handled; `None` after each record.
    pub auto_commit: Option<Span>,
    /// A member that was not heard of for so long is removed from its group.
    pub session_timeout: Span,
    /// How often members say that they live.
    pub heartbeat: Span,
    /// A rebalance goes on without a member that holds a record for so much longer.
    pub max_poll_interval: Span,
    /// Do members keep their partitions over a restart (static membership)?
    pub static_members: bool,
    /// How long a consumer waits before it tries a failed record again.
    pub retry_delay: Span,
    /// Its brokers, where they are told apart; `None` is one that stands for all.
    pub cluster: Option<Cluster>,
}

/// Whose having a record is waited for before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// The leader's and its followers' (Kafka's `acks=all`).
    All,
    /// The leader's alone (`acks=1`).
    Leader,
    /// Nobody's (`acks=0`).
    None,
}

impl super::Kind for Kafka {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn instances(&self) -> u32 {
        self.cluster.as_ref().map_or(1, |cluster| cluster.brokers)
    }

    /// Clients are told by the first one who leads.
    fn callable(&self) -> u32 {
        1
    }

    fn outlives_itself(&self) -> bool {
        self.cluster.is_some()
    }

    fn terms(&self) -> Option<Terms> {
        let gather = Gather { linger: self.linger, batch: self.batch };
        let shares = self.cluster.as_ref().is_some_and(|cluster| cluster.share.is_some());
        let rolls_back = self.cluster.as_ref().is_some_and(|it| it.transactions.is_some());
        let failed = if shares || rolls_back { Failed::Return } else { Failed::InPlace };
        Some(Terms {
            produce: Produce {
                gather: (self.linger > Span::ZERO).then_some(gather),
                confirm: self.acks != Acks::None,
                overdue: self.cluster.as_ref().map(|cluster| cluster.delivery_timeout),
            },
            consume: Consume {
                style: if self.cluster.is_some() { Style::Ahead } else { Style::Pushed },
                failed: failed(self.retry_delay),
                commit: self.auto_commit.map_or(Commit::Each, Commit::Every),
                beat: (!shares).then_some(self.heartbeat),
            },
            has_topics: true,
            dead_letters: None,
        })
    }
}

impl<'a> Reader<'a> {
    /// One of these words.
    fn acks(&mut self, value: &'a Value, allowed: &[&str]) -> Option<Acks> {
        let value = self.follow(value)?;
        let word = value.word().filter(|word| allowed.contains(word));
        match (word, &value.kind) {
            (Some("All"), Kind::Word(_)) => Some(Acks::All),
            (Some("Leader"), Kind::Word(_)) => Some(Acks::Leader),
            (Some("None"), Kind::Word(_)) => Some(Acks::None),
            _ => {
                self.unknown_word(value, "an acknowledgement", allowed);
                None
            }
        }
    }
}
