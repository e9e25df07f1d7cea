//! How messages travel: what holds between any two nodes, and the links that have something of their
//! own. Knows nothing of faults. A scenario costs the links that it declares, not all pairs of nodes.

use super::NodeIx;
use crate::base::{Dist, Span};
use crate::engine::LaneId;

/// The latency of every link.
#[derive(Clone, Debug)]
pub struct NetworkModel {
    usual: LinkModel,
    /// Links with a latency of their own, by source, and in order of destinations for each.
    own: Vec<OwnLink>,
    /// By source: where its links begin among those; one more for where the last ones end. Empty
    /// where there are none.
    starts: Vec<u32>,
}

/// A link with a latency of its own.
#[derive(Clone, Debug)]
pub struct OwnLink {
    /// The source.
    pub from: NodeIx,
    /// The destination.
    pub to: NodeIx,
    /// The latency.
    pub link: LinkModel,
}

/// How messages travel that always take as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The lane of that latency.
    pub lane: LaneId,
    /// The latency.
    pub delay: Span,
}

/// One link.
#[derive(Clone, Debug)]
pub enum LinkModel {
    /// A constant latency has a lane.
    Constant(Way),
    /// Anything else is drawn per message.
    Drawn(Dist),
}

impl NetworkModel {
    /// What is usual among so many nodes, and what is not; of two for the same link the later.
    pub fn new(nodes: usize, usual: LinkModel, mut own: Vec<OwnLink>) -> Self {
        // The sort is stable: reversed, the latest of equals comes first, and stays.
        own.reverse();
        own.sort_by_key(|link| (link.from, link.to));
        own.dedup_by_key(|link| (link.from, link.to));
        let sources = if own.is_empty() { 0..0 } else { 0..nodes + 1 };
        let before = |node: usize| own.partition_point(|link| usize::from(link.from.0) < node);
        let starts = sources.map(|node| before(node) as u32).collect();
        Self { usual, own, starts }
    }

    /// The link between two nodes.
    #[inline]
    pub fn link(&self, from: NodeIx, to: NodeIx) -> &LinkModel {
        let own = self.own_of(from);
        match own.binary_search_by_key(&to, |link| link.to) {
            Ok(place) => &own[place].link,
            Err(_) => &self.usual,
        }
    }

    /// The links of this source that are not as usual.
    #[inline]
    fn own_of(&self, from: NodeIx) -> &[OwnLink] {
        let from = usize::from(from.0);
        match self.starts.get(from..from + 2) {
            Some(&[start, end]) => &self.own[start as usize..end as usize],
            _ => &[],
        }
    }

    /// The way of all links, where they have but one.
    pub fn everywhere(&self) -> Option<Way> {
        match self.usual {
            LinkModel::Constant(way) if self.own.is_empty() => Some(way),
            _ => None,
        }
    }

    /// How many links are stored.
    pub fn stored(&self) -> usize {
        1 + self.own.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(delay: u64) -> LinkModel {
        LinkModel::Constant(Way { lane: LaneId(0), delay: Span(delay) })
    }

    proptest! {
        /// Against a table of all pairs.
        #[test]
        fn each_link_is_as_it_was_declared_last(
            declared in prop::collection::vec((0..6u16, 0..6u16, 1..9u64), 0..40)
        ) {
            let mut table = [[0; 6]; 6];
            let mut own = Vec::new();
            for (from, to, delay) in declared {
                table[usize::from(from)][usize::from(to)] = delay;
                own.push(OwnLink { from: NodeIx(from), to: NodeIx(to), link: link(delay) });
            }
            let network = NetworkModel::new(6, link(0), own);
            for (from, row) in (0..).zip(table) {
                for (to, delay) in (0..).zip(row) {
                    let LinkModel::Constant(way) = network.link(NodeIx(from), NodeIx(to)) else {
                        panic!("all are constant");
                    };
                    prop_assert_eq!(way.delay, Span(delay));
                }
            }
            let has_own = table.iter().flatten().any(|delay| *delay > 0);
            prop_assert_eq!(network.everywhere().is_none(), has_own);
            prop_assert_eq!(network.stored(), 1 + table.iter().flatten().filter(|delay| **delay > 0).count());
        }
    }
}
