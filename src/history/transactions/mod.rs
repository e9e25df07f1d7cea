//! Anomalies of transactions over lists, where every write appends an element that nobody else
//! appends and every read sees the whole list: the order of versions can then be read off. The
//! method and the names are those of Kingsbury and Alvaro (Elle: Inferring Isolation Anomalies from
//! Experimental Observations, VLDB 2020), the anomalies mostly those of Adya's thesis (1999).
//!
//! | file | finds |
//! | --- | --- |
//! | `notation` | transactions in `ax1ry12`, the notation of Elle's tests |
//! | `reads` | what one read proves: aborted, intermediate, internal, lost updates, ... |
//! | `orders` | the order of each list's elements, and what contradicts it |
//! | `graph` | who must come before whom: ww, wr and rw dependencies, real time |
//! | `cycles` | cycles of those: G0, G1c, G-single, G-nonadjacent, G2-item |
//!
//! Left out: predicates (G2 proper), process order, registers and sets.

use std::collections::BTreeSet;
use std::fmt;

mod cycles;
mod graph;
pub mod notation;
mod orders;
mod reads;

/// One transaction, as its client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Txn {
    /// What it did, in its order.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: End,
    /// When it was called and when it returned; `None` if real time is not to be judged.
    pub interval: Option<(u64, u64)>,
}

/// One thing that a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It appended this element to this list.
    Append(char, u64),
    /// It saw this list hold these elements.
    Read(char, Vec<u64>),
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is known to have committed.
    Committed,
    /// It is known to have aborted.
    Aborted,
    /// Nobody knows. What of it was seen must have committed; an empty read may be no read at all.
    Unknown,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anomaly {
    /// A cycle of write dependencies alone (G0, dirty write).
    WriteCycle,
    /// A read of what an aborted transaction wrote (G1a).
    AbortedRead,
    /// A read of what was not its writer's last word (G1b).
    IntermediateRead,
    /// A cycle of write and read dependencies with at least one of the latter (G1c).
    CircularFlow,
    /// A cycle with exactly one anti-dependency: read skew and its kin (G-single).
    SingleAnti,
    /// A cycle with several anti-dependencies, no two in a row (G-nonadjacent).
    NonadjacentAnti,
    /// A cycle with anti-dependencies in a row: write skew and its kin (G2-item).
    AntiCycle,
    /// Two transactions read the same version of a list and both appended to it.
    LostUpdate,
    /// A committed version on top of an aborted one.
    DirtyUpdate,
    /// A transaction contradicts itself.
    Internal,
    /// A transaction saw what it appended only later.
    FutureRead,
    /// An element twice in one list.
    Duplicate,
    /// Two reads whose orders contradict each other.
    IncompatibleOrder,
}

/// An anomaly that was found; `realtime`: a cycle that only real time closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Which.
    pub anomaly: Anomaly,
    /// Does it need the real-time order of transactions?
    pub realtime: bool,
}

impl Anomaly {
    /// As Elle and reference results spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WriteCycle => "G0",
            Self::AbortedRead => "G1a",
            Self::IntermediateRead => "G1b",
            Self::CircularFlow => "G1c",
            Self::SingleAnti => "G-single",
            Self::NonadjacentAnti => "G-nonadjacent",
            Self::AntiCycle => "G2-item",
            Self::LostUpdate => "lost-update",
            Self::DirtyUpdate => "dirty-update",
            Self::Internal => "internal",
            Self::FutureRead => "future-read",
            Self::Duplicate => "duplicate-elements",
            Self::IncompatibleOrder => "incompatible-order",
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.anomaly.name(), if self.realtime { "-realtime" } else { "" })
    }
}

/// Every kind of anomaly that these transactions show, each once. Elements must be unique per list:
/// of an element that is appended twice, the last transaction counts as its writer.
pub fn anomalies(txns: &[Txn]) -> BTreeSet<Found> {
    let plain = |anomaly| Found { anomaly, realtime: false };
    let orders = orders::Orders::of(txns);
    let mut found: BTreeSet<Found> =
        reads::anomalies(txns).into_iter().chain(orders.anomalies(txns)).map(plain).collect();
    let graph = graph::Graph::of(txns, &orders);
    found.extend(cycles::anomalies(&graph));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(txns: &[&str]) -> String {
        let txns: Vec<Txn> =
            txns.iter().map(|text| notation::parse(text).expect("a transaction")).collect();
        names(&txns)
    }

    fn names(txns: &[Txn]) -> String {
        anomalies(txns).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn cycles_are_told_apart_by_their_dependencies() {
        assert_eq!(judged(&["ax1ay1", "ax2ay2", "rx12ry21"]), "G0");
        assert_eq!(judged(&["ax1ry1", "ax2ay1", "rx12ry1"]), "G1c");
        assert_eq!(judged(&["ax1ay1", "ax2ry", "rx12"]), "G-single");
        assert_eq!(judged(&["ax1ry", "ay1rx"]), "G2-item");
        // Two readers see two writes in opposite orders: anti-dependencies, but none in a row.
        assert_eq!(judged(&["ax1", "ay1", "rx1ry", "rxry1"]), "G-nonadjacent");
    }

    #[test]
    fn what_is_serializable_passes() {
        assert_eq!(judged(&["rxax1ax2", "rx12"]), "");
        assert_eq!(judged(&["ax1", "rx1ax2", "rx12ax3", "rx123"]), "");
        assert_eq!(judged(&["az1ax1ay1", "rx1ay2", "ry12az3", "rz13"]), "");
        assert_eq!(judged(&[]), "");
    }

    #[test]
    fn reads_of_what_was_not_committed() {
        assert_eq!(judged(&["!ax1", "rx1"]), "G1a");
        assert_eq!(judged(&["ax1ax2", "rx1"]), "G1b G-single");
        assert_eq!(judged(&["?ax1", "rx1"]), "", "what was seen was committed");
        assert_eq!(judged(&["!ax1", "ax2", "rx12"]), "G1a dirty-update");
        assert_eq!(judged(&["ax1rx1ax2"]), "", "one's own intermediate state");
    }

    #[test]
    fn an_unknown_transaction_may_have_read_nothing() {
        assert_eq!(judged(&["?ax2ry", "ax1ay1", "rx12ry1"]), "");
        assert_eq!(judged(&["ax2ry", "ax1ay1", "rx12ry1"]), "G-single");
        assert_eq!(judged(&["?ax1", "rx"]), "", "and may never have happened");
    }

    #[test]
    fn lost_updates_need_no_reader() {
        assert_eq!(judged(&["ax0", "rx0ax1", "rx0ax2"]), "G2-item lost-update");
        assert_eq!(judged(&["ax0", "rx0ax1", "rx01ax2"]), "");
    }

    #[test]
    fn a_transaction_can_contradict_itself() {
        assert_eq!(judged(&["rxax1rx"]), "internal");
        assert_eq!(judged(&["ax1rx1"]), "");
        assert_eq!(judged(&["rx1ax1"]), "future-read");
    }

    #[test]
    fn lists_can_contradict_each_other() {
        assert_eq!(judged(&["ax1", "ax2", "rx12", "rx21"]), "incompatible-order");
        let contradictory = ["ax1ry1", "ax2", "ax3ay1", "rx13", "rx123"];
        assert_eq!(judged(&contradictory), "G1c incompatible-order");
        assert_eq!(judged(&["ax1", "rx11"]), "duplicate-elements");
    }

    #[test]
    fn real_time_closes_cycles_that_are_open_without() {
        let timed = |ends: [(u64, u64); 4]| {
            let texts = ["ax1", "ax2", "rx1", "rx12"].into_iter();
            let txns: Vec<Txn> = texts
                .zip(ends)
                .map(|(text, interval)| Txn {
                    interval: Some(interval),
                    ..notation::parse(text).expect("a transaction")
                })
                .collect();
            names(&txns)
        };
        assert_eq!(timed([(0, 5), (10, 15), (20, 25), (30, 35)]), "G-single-realtime");
        assert_eq!(timed([(0, 5), (10, 20), (20, 25), (30, 35)]), "", "touching overlaps");
    }
}
