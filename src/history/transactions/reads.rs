//! What the reads of single transactions prove, without any graph.

use std::collections::{BTreeMap, BTreeSet};

use super::{Anomaly, End, Step, Txn};

/// All that is found.
pub(super) fn anomalies(txns: &[Txn]) -> BTreeSet<Anomaly> {
    let mut found = BTreeSet::new();
    let committed = || txns.iter().enumerate().filter(|(_, txn)| txn.end == End::Committed);
    let aborted = elements(txns, |txn| txn.end == End::Aborted, appended);
    let passing = elements(txns, |_| true, intermediate);
    for (at, txn) in committed() {
        for step in &txn.steps {
            let Step::Read(list, seen) = step else { continue };
            if seen.iter().any(|element| aborted.contains_key(&(*list, *element))) {
                found.insert(Anomaly::AbortedRead);
            }
            let last = seen.last().and_then(|element| passing.get(&(*list, *element)));
            if last.is_some_and(|&writer| writer != at) {
                found.insert(Anomaly::IntermediateRead);
            }
        }
        found.extend(contradicts_itself(txn).then_some(Anomaly::Internal));
        found.extend(sees_its_future(txn).then_some(Anomaly::FutureRead));
    }
    let lost = lost_update(committed().map(|(_, txn)| txn));
    found.extend(lost.then_some(Anomaly::LostUpdate));
    found
}

/// Which transaction wrote each of the elements that `pick` picks.
fn elements(
    txns: &[Txn],
    of: impl Fn(&Txn) -> bool,
    pick: impl Fn(&Txn) -> Vec<(char, u64)>,
) -> BTreeMap<(char, u64), usize> {
    let of = txns.iter().enumerate().filter(|(_, txn)| of(txn));
    of.flat_map(|(at, txn)| pick(txn).into_iter().map(move |element| (element, at))).collect()
}

fn appended(txn: &Txn) -> Vec<(char, u64)> {
    let append = |step: &Step| match step {
        Step::Append(list, element) => Some((*list, *element)),
        Step::Read(..) => None,
    };
    txn.steps.iter().filter_map(append).collect()
}

/// What it appended and then appended to.
fn intermediate(txn: &Txn) -> Vec<(char, u64)> {
    let all = appended(txn);
    let is_last = |at: usize| all[at + 1..].iter().all(|(list, _)| *list != all[at].0);
    (0..all.len()).filter(|&at| !is_last(at)).map(|at| all[at]).collect()
}

/// Does a read differ from what the transaction itself read and wrote before? (Axiom INT of Cerone,
/// Bernardi and Gotsman, 2015.)
fn contradicts_itself(txn: &Txn) -> bool {
    // What a list must end with, and whether that is all of it.
    let mut known: BTreeMap<char, (Vec<u64>, bool)> = BTreeMap::new();
    for step in &txn.steps {
        match step {
            Step::Append(list, element) => known.entry(*list).or_default().0.push(*element),
            Step::Read(list, seen) => {
                let agrees = known.get(list).is_none_or(|(end, is_all)| {
                    if *is_all { seen == end } else { seen.ends_with(end) }
                });
                if !agrees {
                    return true;
                }
                known.insert(*list, (seen.clone(), true));
            }
        }
    }
    false
}

fn sees_its_future(txn: &Txn) -> bool {
    let mut seen: BTreeSet<(char, u64)> = BTreeSet::new();
    txn.steps.iter().any(|step| match step {
        Step::Append(list, element) => seen.contains(&(*list, *element)),
        Step::Read(list, elements) => {
            seen.extend(elements.iter().map(|element| (*list, *element)));
            false
        }
    })
}

/// Did two of them read the same version of a list and both append to it?
fn lost_update<'a>(committed: impl Iterator<Item = &'a Txn>) -> bool {
    let mut bases: BTreeSet<(char, &[u64])> = BTreeSet::new();
    let mut lost = false;
    for txn in committed {
        let mut first_reads: BTreeMap<char, &[u64]> = BTreeMap::new();
        let mut written: BTreeSet<char> = BTreeSet::new();
        for step in &txn.steps {
            match step {
                Step::Read(list, seen) => {
                    first_reads.entry(*list).or_insert(seen);
                }
                Step::Append(list, _) if written.insert(*list) => {
                    if let Some(&base) = first_reads.get(list) {
                        lost |= !bases.insert((*list, base));
                    }
                }
                Step::Append(..) => {}
            }
        }
    }
    lost
}
