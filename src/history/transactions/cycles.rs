//! Cycles of dependencies, told apart by their anti-dependencies (rw):
//!
//! ```text
//!  G0             ww only
//!  G1c            ww and wr, at least one wr
//!  G-single       exactly one rw
//!  G-nonadjacent  several rw, never two in a row
//!  G2-item        two rw in a row
//! ```
//!
//! A kind is looked for among data dependencies first, then with real time as well, where it takes
//! the place of any dependency that is no rw.

use std::collections::{BTreeSet, VecDeque};

use super::graph::{Edge, Graph};
use super::{Anomaly, Found};

/// Every kind of cycle there is.
pub(super) fn anomalies(graph: &Graph) -> BTreeSet<Found> {
    let mut found = BTreeSet::new();
    for anomaly in [
        Anomaly::WriteCycle,
        Anomaly::CircularFlow,
        Anomaly::SingleAnti,
        Anomaly::NonadjacentAnti,
        Anomaly::AntiCycle,
    ] {
        let with = |realtime: &bool| View { graph, realtime: *realtime }.has(anomaly);
        found.extend(
            [false, true].into_iter().find(with).map(|realtime| Found { anomaly, realtime }),
        );
    }
    found
}

/// The dependencies that are looked at.
struct View<'a> {
    graph: &'a Graph,
    realtime: bool,
}

impl View<'_> {
    fn has(&self, cycle: Anomaly) -> bool {
        match cycle {
            Anomaly::WriteCycle => self.has_write_cycle(),
            Anomaly::CircularFlow => self.has_circular_flow(),
            Anomaly::SingleAnti => self.has_single(),
            Anomaly::NonadjacentAnti => self.has_nonadjacent(),
            Anomaly::AntiCycle => self.has_adjacent(),
            other => unreachable!("{other:?} is no cycle"),
        }
    }

    fn has_write_cycle(&self) -> bool {
        self.edges_of(Edge::Ww)
            .any(|(from, to)| self.leads(to, from, None, |edge| edge == Edge::Ww))
    }

    fn has_circular_flow(&self) -> bool {
        self.edges_of(Edge::Wr).any(|(from, to)| self.leads(to, from, None, |edge| edge < Edge::Rw))
    }

    fn has_single(&self) -> bool {
        self.edges_of(Edge::Rw).any(|(from, to)| self.leads(to, from, None, |edge| edge < Edge::Rw))
    }

    /// Two in a row, and a way back that does not pass between them.
    fn has_adjacent(&self) -> bool {
        self.edges_of(Edge::Rw).any(|(first, second)| {
            let next = self.graph.from(second).filter(|(_, edge)| *edge == Edge::Rw);
            let mut next = next.map(|(third, _)| third);
            next.any(|third| third == first || self.leads(third, first, Some(second), |_| true))
        })
    }

    /// A search over (transaction, was the last one rw, were there two): the shortest way from
    /// behind an rw to its beginning. One that visits a transaction twice is not counted.
    fn has_nonadjacent(&self) -> bool {
        self.edges_of(Edge::Rw).any(|(from, to)| {
            let mut ways = VecDeque::from([vec![(to, true, false)]]);
            let mut met = BTreeSet::from([(to, true, false)]);
            while let Some(way) = ways.pop_front() {
                let &(at, after_rw, two) = way.last().expect("it begins somewhere");
                for (next, edge) in self.visible(at) {
                    let is_rw = edge == Edge::Rw;
                    let state = (next, is_rw, two || is_rw);
                    if is_rw && after_rw || !met.insert(state) {
                        continue;
                    }
                    let is_simple = way.iter().all(|(other, ..)| *other != next);
                    if next == from && two && !is_rw && is_simple {
                        return true;
                    }
                    if is_simple && next != from {
                        let mut longer = way.clone();
                        longer.push(state);
                        ways.push_back(longer);
                    }
                }
            }
            false
        })
    }

    fn edges_of(&self, kind: Edge) -> impl Iterator<Item = (usize, usize)> {
        let of = self.graph.edges().filter(move |(_, _, edge)| *edge == kind);
        of.map(|(from, to, _)| (from, to))
    }

    fn visible(&self, from: usize) -> impl Iterator<Item = (usize, Edge)> {
        self.graph.from(from).filter(|(_, edge)| self.realtime || *edge != Edge::RealTime)
    }

    /// Is there a way over these dependencies (and real time, where that is looked at), around
    /// `avoid`?
    fn leads(
        &self,
        from: usize,
        to: usize,
        avoid: Option<usize>,
        over: impl Fn(Edge) -> bool,
    ) -> bool {
        let mut met = vec![false; self.graph.nodes()];
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            for (next, edge) in self.visible(at) {
                let passes = over(edge) || edge == Edge::RealTime;
                if passes && avoid != Some(next) && !std::mem::replace(&mut met[next], true) {
                    open.push(next);
                }
            }
        }
        false
    }
}
