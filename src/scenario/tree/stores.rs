//! Where data lies: databases, the copies that follow them, and quorums.

use super::PolicyIx;
use crate::base::{Dist, Span};

/// A store.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Transactions at once.
    pub connections: u32,
    /// Waiting places for a connection; `None` is unbounded.
    pub room: Option<u32>,
    /// Time of one read.
    pub read: Dist,
    /// Time of one key written.
    pub write: Dist,
    /// Copies that follow it.
    pub followers: Option<Followers>,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}

/// Copies that follow a database's commits.
#[derive(Clone, Debug, PartialEq)]
pub struct Followers {
    /// How many, beside the leader.
    pub count: u32,
    /// From a commit until a follower has applied it.
    pub lag: Dist,
    /// Which of the copies are read.
    pub readers: Readers,
}

/// Which copies are read by transactions that only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The leader.
    Leader,
    /// A follower, drawn for each read.
    Followers,
    /// The leader or a follower, drawn for each read.
    Any,
    /// A follower, always the same for a session.
    Sticky,
}

/// A replicated store in the manner of Dynamo: a coordinator and so many replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Quorum {
    /// Replicas of every item.
    pub replicas: u32,
    /// A read is answered after so many of them have answered.
    pub read_quorum: u32,
    /// A write commits when so many of them have acknowledged it.
    pub write_quorum: u32,
    /// How a request's four legs take their time.
    pub legs: Legs,
    /// Do requests go to all replicas, or only to as many as are waited for?
    pub contact: Contact,
    /// Which of two writes of one item is the later one.
    pub order: Order,
    /// The coordinator gives up a request after this.
    pub timeout: Span,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}

/// The legs of requests between coordinator and replicas: one distribution for all replicas, or
/// one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Legs {
    /// A write on its way to a replica.
    pub write: Vec<Dist>,
    /// Its acknowledgement on the way back.
    pub ack: Vec<Dist>,
    /// A read on its way to a replica.
    pub read: Vec<Dist>,
    /// Its response on the way back.
    pub respond: Vec<Dist>,
}

/// Which of two writes is the later one, and stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The one that came to the coordinator later.
    Arrival,
    /// The one whose writer's clock showed the later time.
    Clocks,
}

/// Whom a quorum's coordinator sends a request to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// All replicas (expanding quorums): those that are not waited for get it too.
    All,
    /// Only as many as are waited for, drawn at random for each request.
    Enough,
}
