//! Who must come before whom. Each pair of transactions has one dependency at most: the first of
//! ww, wr, rw and real time that holds, as that is the strongest evidence.
//!
//! ```text
//!  ww  it appended to what the other had appended
//!  wr  it saw what the other had appended last
//!  rw  the other appended to what it had seen
//! ```
//!
//! An append that nobody saw comes behind every element that somebody saw.

use std::collections::BTreeMap;

use super::orders::Orders;
use super::{End, Step, Txn};

/// A kind of dependency, the strongest evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edge {
    /// Write after write.
    Ww,
    /// Read after write.
    Wr,
    /// Write after read: an anti-dependency.
    Rw,
    /// Called after the other had returned.
    RealTime,
}

/// The dependencies of the transactions that may have committed.
pub(super) struct Graph {
    edges: BTreeMap<(usize, usize), Edge>,
    nodes: usize,
}

impl Graph {
    /// What these transactions prove.
    pub(super) fn of(txns: &[Txn], orders: &Orders) -> Self {
        let mut graph = Self { edges: BTreeMap::new(), nodes: txns.len() };
        let writers = writers(txns);
        for (at, txn) in possible(txns) {
            for step in &txn.steps {
                match step {
                    Step::Append(list, element) => {
                        let before = before(orders.seen(*list), *element);
                        if let Some(writer) = before.and_then(|it| writers.get(&(*list, it))) {
                            graph.add(*writer, at, Edge::Ww);
                        }
                        for reader in readers(txns, *list, before) {
                            graph.add(reader, at, Edge::Rw);
                        }
                    }
                    Step::Read(list, seen) => {
                        let last = seen.last().and_then(|it| writers.get(&(*list, *it)));
                        if let Some(writer) = last {
                            graph.add(*writer, at, Edge::Wr);
                        }
                    }
                }
            }
        }
        graph.add_real_time(txns);
        graph
    }

    fn add_real_time(&mut self, txns: &[Txn]) {
        for (first, one) in possible(txns).filter(|(_, txn)| txn.end == End::Committed) {
            for (second, other) in possible(txns) {
                if let (Some((_, ret)), Some((call, _))) = (one.interval, other.interval)
                    && ret < call
                {
                    self.add(first, second, Edge::RealTime);
                }
            }
        }
    }

    fn add(&mut self, from: usize, to: usize, edge: Edge) {
        if from != to {
            let known = self.edges.entry((from, to)).or_insert(edge);
            *known = edge.min(*known);
        }
    }

    /// How many transactions there are.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// All dependencies: from, to, which.
    pub(super) fn edges(&self) -> impl Iterator<Item = (usize, usize, Edge)> {
        self.edges.iter().map(|(&(from, to), &edge)| (from, to, edge))
    }

    /// What depends on a transaction, and how.
    pub(super) fn from(&self, from: usize) -> impl Iterator<Item = (usize, Edge)> {
        self.edges.range((from, 0)..=(from, usize::MAX)).map(|(&(_, to), &edge)| (to, edge))
    }
}

fn possible(txns: &[Txn]) -> impl Iterator<Item = (usize, &Txn)> {
    txns.iter().enumerate().filter(|(_, txn)| txn.end != End::Aborted)
}

/// Which transaction appended each element.
fn writers(txns: &[Txn]) -> BTreeMap<(char, u64), usize> {
    let mut writers = BTreeMap::new();
    for (at, txn) in possible(txns) {
        for step in &txn.steps {
            if let Step::Append(list, element) = step {
                writers.insert((*list, *element), at);
            }
        }
    }
    writers
}

/// The element that an appended one comes behind; `None` if only the empty list.
fn before(seen: &[u64], element: u64) -> Option<u64> {
    match seen.iter().position(|it| *it == element) {
        Some(place) => place.checked_sub(1).map(|before| seen[before]),
        None => seen.last().copied(),
    }
}

/// Who saw the list end with this element.
fn readers(txns: &[Txn], list: char, last: Option<u64>) -> Vec<usize> {
    let saw = |txn: &Txn| {
        txn.steps.iter().any(|step| match step {
            Step::Read(of, seen) => {
                let is_known = txn.end == End::Committed || !seen.is_empty();
                *of == list && seen.last().copied() == last && is_known
            }
            Step::Append(..) => false,
        })
    };
    possible(txns).filter(|(_, txn)| saw(txn)).map(|(at, _)| at).collect()
}
