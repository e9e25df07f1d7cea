//! The order of each list's elements: that of the longest read. Where nothing was read, nothing is
//! known but that an append comes behind all that was seen.

use std::collections::{BTreeMap, BTreeSet};

use super::{Anomaly, End, Step, Txn};

/// For each list, its elements in order, as far as anybody saw them.
pub(super) struct Orders {
    seen: BTreeMap<char, Vec<u64>>,
    contradictory: bool,
}

impl Orders {
    /// What the reads of transactions that may have committed say.
    pub(super) fn of(txns: &[Txn]) -> Self {
        let mut reads: BTreeMap<char, Vec<&Vec<u64>>> = BTreeMap::new();
        for step in txns.iter().filter(|txn| txn.end != End::Aborted).flat_map(|txn| &txn.steps) {
            if let Step::Read(list, seen) = step {
                reads.entry(*list).or_default().push(seen);
            }
        }
        let mut contradictory = false;
        let mut seen = BTreeMap::new();
        for (list, mut reads) in reads {
            reads.sort_by_key(|read| read.len());
            contradictory |= reads.windows(2).any(|pair| !pair[1].starts_with(pair[0]));
            let mut order = reads.pop().expect("at least one").clone();
            let mut met = BTreeSet::new();
            order.retain(|element| met.insert(*element));
            seen.insert(list, order);
        }
        Self { seen, contradictory }
    }

    /// The elements of a list that were seen.
    pub(super) fn seen(&self, list: char) -> &[u64] {
        self.seen.get(&list).map_or(&[], Vec::as_slice)
    }

    /// The lists that were seen.
    fn lists(&self) -> impl Iterator<Item = char> {
        self.seen.keys().copied()
    }

    /// What contradicts them.
    pub(super) fn anomalies(&self, txns: &[Txn]) -> BTreeSet<Anomaly> {
        let mut found = BTreeSet::new();
        found.extend(self.contradictory.then_some(Anomaly::IncompatibleOrder));
        found.extend(has_duplicates(txns).then_some(Anomaly::Duplicate));
        found.extend(self.has_dirty_update(txns).then_some(Anomaly::DirtyUpdate));
        found
    }

    /// Does a committed element follow an aborted one, with nothing committed in between?
    fn has_dirty_update(&self, txns: &[Txn]) -> bool {
        let mut ends: BTreeMap<(char, u64), End> = BTreeMap::new();
        for txn in txns {
            for step in &txn.steps {
                if let Step::Append(list, element) = step {
                    ends.insert((*list, *element), txn.end);
                }
            }
        }
        self.lists().any(|list| {
            let ends = self.seen(list).iter().filter_map(|element| ends.get(&(list, *element)));
            let known: Vec<&End> = ends.filter(|end| **end != End::Unknown).collect();
            known.windows(2).any(|pair| matches!(pair, [End::Aborted, End::Committed]))
        })
    }
}

fn has_duplicates(txns: &[Txn]) -> bool {
    let mut steps = txns.iter().filter(|txn| txn.end != End::Aborted).flat_map(|txn| &txn.steps);
    steps.any(|step| match step {
        Step::Read(_, seen) => seen.iter().collect::<BTreeSet<_>>().len() < seen.len(),
        Step::Append(..) => false,
    })
}
