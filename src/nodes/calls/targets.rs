//! Whom one caller calls: the nodes that a registry tells it of, and those that it has called. So a
//! caller costs what it uses, however many nodes the scenario has. Of a node with one instance there is
//! nothing to know, unless some other of them counts.

use super::balance::Target;
use super::takes_long_way;
use crate::model::{Model, NodeIx};

/// So few callees are mostly found at once; a power of two.
const FOUND: usize = 8;

/// What one caller knows of others.
#[derive(Clone, Debug)]
pub(super) struct Targets {
    /// Those known, in order of nodes.
    known: Vec<Target>,
    /// Where those were found that were asked for last, by the last digits of their nodes' numbers.
    found: [u16; FOUND],
    /// The caller: its node, and which instance of it.
    caller: (NodeIx, u32),
    /// Does any balance by what is outstanding, or by what a registry says?
    counts: bool,
}

impl Targets {
    /// How many instances it believes to be there, of each node that a registry tells it of.
    pub(super) fn listed(&self) -> impl Iterator<Item = (NodeIx, usize)> {
        self.known.iter().filter_map(|target| Some((target.node, target.listed()?)))
    }

    /// Those that a registry tells this instance of the node `caller` about; all others are made when
    /// they are called first.
    pub(super) fn new(model: &Model, caller: NodeIx, index: u32) -> Self {
        let listed = model.directory.called_by(caller).iter();
        let caller = (caller, index);
        let known: Vec<_> = listed.map(|node| Target::new(model, *node, caller, true)).collect();
        Self { counts: !known.is_empty() || takes_long_way(), known, found: [0; FOUND], caller }
    }

    /// Does it matter of any of them what is outstanding, or who is there?
    #[inline]
    pub(super) fn counts(&self) -> bool {
        self.counts
    }

    /// The node, which is called.
    #[inline]
    pub(super) fn of(&mut self, model: &Model, node: NodeIx) -> &mut Target {
        let mut place = usize::from(self.found[usize::from(node.0) % FOUND]);
        if self.known.get(place).is_none_or(|target| target.node != node) {
            place = self.search(model, node);
        }
        &mut self.known[place]
    }

    /// The node, if it is found at once: it always is right after [`Self::of`].
    #[inline]
    pub(super) fn found(&mut self, node: NodeIx) -> Option<&mut Target> {
        let place = usize::from(self.found[usize::from(node.0) % FOUND]);
        self.known.get_mut(place).filter(|target| target.node == node)
    }

    /// The node, if it was called before, or a registry tells of it.
    pub(super) fn known(&mut self, node: NodeIx) -> Option<&mut Target> {
        let place = self.known.binary_search_by_key(&node, |target| target.node).ok()?;
        Some(&mut self.known[place])
    }

    /// Where the node is, which is called.
    #[cold]
    #[inline(never)]
    fn search(&mut self, model: &Model, node: NodeIx) -> usize {
        let found = self.known.binary_search_by_key(&node, |target| target.node);
        let place = found.unwrap_or_else(|place| {
            let target = Target::new(model, node, self.caller, false);
            self.counts |= target.asks();
            self.known.insert(place, target);
            place
        });
        self.found[usize::from(node.0) % FOUND] = place as u16;
        place
    }

    /// A crash: nothing is outstanding any more, and nobody is known to be there.
    pub(super) fn forget(&mut self) {
        self.known.iter_mut().for_each(Target::forget);
    }
}
