//! The online rule for versions in a known order, which needs no search: at the call of an
//! operation, remember the highest version that any finished operation on the item has seen or
//! made; at its return, a lower one is a violation. This is the special case of Gibbons and Korach
//! (Testing Shared Memories, 1997) in which reads-from and the order of writes are given.
//!
//! ```text
//!  write 1  |------|
//!  write 2     |-------|
//!  read 1                 |----|      the floor at the call is 2: a stale read
//! ```
//!
//! **Where it agrees with the search of [`super::linearizability`]** (the tests hold it to this):
//!
//! * One writer, whose writes follow one another, each finished before the next is called (the last
//!   may stay unfinished): real time gives the order of versions, and the rule finds a violation if
//!   and only if the history is not linearizable.
//! * Any writers, if versions 1 to n are each made by one write of the history: the rule finds a
//!   violation if and only if the history is not linearizable *in the order of versions*, that is
//!   with each write of version v taken as a compare-and-set from v - 1 to v.
//! * Any writers, writes as plain writes: no violation means linearizable. A violation need not mean
//!   the contrary: overlapping writes may have another order that explains everything, only not the
//!   one in which the system made them.

use super::versions::{Kind, Timed};

/// The highest version of one item that a finished operation has seen or made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    highest: u64,
}

impl Floor {
    /// What an operation that is called now must not fall below.
    pub fn at_call(self) -> u64 {
        self.highest
    }

    /// An operation returns, which saw or made `version`; `floor` is what [`Self::at_call`] gave
    /// when it was called. Is all well?
    #[must_use]
    pub fn at_return(&mut self, floor: u64, version: u64) -> bool {
        self.highest = self.highest.max(version);
        version >= floor
    }
}

/// What an operation did that the order of versions does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// A read of a version that was no longer the newest when the read was called.
    Stale,
    /// A read of a version whose write was called only after the read had returned, or never.
    Future,
    /// A write of a version below one that was there when the write was called.
    Misplaced,
}

impl Breach {
    /// As reference results spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Misplaced => "misplaced",
        }
    }
}

/// The places in `ops` at which the order of versions is breached, in the order of places. Works
/// through the history as it happened, by the rule above; what no online rule can know, that a
/// version that was read did not exist yet, is looked up afterwards.
pub fn breaches(ops: &[Timed]) -> Vec<(usize, Breach)> {
    // At one instant, calls come before returns: intervals that touch overlap.
    let mut edges: Vec<(u64, bool, usize)> = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        edges.push((op.call, false, at));
        edges.extend(op.ret.map(|ret| (ret, true, at)));
    }
    edges.sort_unstable();
    let mut floors = std::collections::BTreeMap::<u32, Floor>::new();
    let mut at_call = vec![0; ops.len()];
    let mut found = Vec::new();
    for (_, returns, at) in edges {
        let access = ops[at].access;
        let floor = floors.entry(access.key).or_default();
        if !returns {
            at_call[at] = floor.at_call();
            // That it took effect is known beforehand, though not when.
            if ops[at].ret.is_none() && access.kind == Kind::Write && access.version < at_call[at] {
                found.push((at, Breach::Misplaced));
            }
        } else if !floor.at_return(at_call[at], access.version) {
            let breach = if access.kind == Kind::Read { Breach::Stale } else { Breach::Misplaced };
            found.push((at, breach));
        }
    }
    found.extend(futures(ops).map(|at| (at, Breach::Future)));
    found.sort_unstable();
    found
}

fn futures(ops: &[Timed]) -> impl Iterator<Item = usize> {
    ops.iter().enumerate().filter_map(move |(at, read)| {
        let ret = read.ret.filter(|_| read.access.kind == Kind::Read && read.access.version > 0)?;
        let wrote = |op: &&Timed| {
            op.access.kind == Kind::Write
                && (op.access.key, op.access.version) == (read.access.key, read.access.version)
        };
        let is_there = ops.iter().find(wrote).is_some_and(|write| write.call <= ret);
        (!is_there).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::versions::Access;
    use crate::history::{Action, Op, linearizable};

    fn op(kind: Kind, version: u64, call: u64, ret: Option<u64>) -> Timed {
        Timed { access: Access { client: 0, key: 0, kind, version }, call, ret }
    }

    #[test]
    fn a_read_below_what_was_there_at_its_call_is_stale() {
        let judged = |version, call| {
            breaches(&[
                op(Kind::Write, 1, 0, Some(10)),
                op(Kind::Write, 2, 20, Some(30)),
                op(Kind::Read, version, call, Some(90)),
            ])
        };
        assert_eq!(judged(1, 30), [], "the write and the read touch");
        assert_eq!(judged(1, 31), [(2, Breach::Stale)]);
        assert_eq!(judged(2, 31), []);
        assert_eq!(judged(3, 31), [(2, Breach::Future)]);
    }

    #[test]
    fn a_read_raises_the_floor_even_of_an_unfinished_write() {
        let ops = [
            op(Kind::Write, 1, 0, None),
            op(Kind::Read, 0, 5, Some(6)),
            op(Kind::Read, 1, 10, Some(11)),
            op(Kind::Read, 0, 12, Some(13)),
        ];
        assert_eq!(breaches(&ops), [(3, Breach::Stale)]);
    }

    #[test]
    fn a_write_below_what_was_there_is_misplaced() {
        let late = |ret| [op(Kind::Write, 2, 0, Some(1)), op(Kind::Write, 1, 5, ret)];
        assert_eq!(breaches(&late(Some(6))), [(1, Breach::Misplaced)]);
        assert_eq!(breaches(&late(None)), [(1, Breach::Misplaced)]);
    }

    #[test]
    fn items_do_not_know_each_other() {
        let mut other = op(Kind::Read, 0, 5, Some(6));
        other.access.key = 1;
        assert_eq!(breaches(&[op(Kind::Write, 1, 0, Some(1)), other]), []);
    }

    /// What the offline checker is to make of it; `chained`: in the order of versions.
    fn as_register(ops: &[Timed], chained: bool) -> Vec<Op> {
        let action = |op: &Timed| {
            let version = op.access.version as i64;
            match op.access.kind {
                Kind::Read => Action::Read(Some(version)),
                Kind::Write if chained => {
                    Action::Cas { from: Some(version - 1), to: Some(version), done: true }
                }
                Kind::Write => Action::Write(Some(version)),
            }
        };
        let op =
            |op: &Timed| Op { client: 0, key: 0, action: action(op), call: op.call, ret: op.ret };
        ops.iter().map(op).collect()
    }

    /// Writes of one writer, one after the other; the last may stay unfinished.
    fn one_writer() -> impl Strategy<Value = Vec<Timed>> {
        (prop::collection::vec((0..4u64, 0..6u64), 0..5), any::<bool>()).prop_map(|(gaps, ends)| {
            let mut now = 0;
            let count = gaps.len();
            let write = |(at, (gap, lasts)): (usize, (u64, u64))| {
                let call = now + gap + 1;
                now = call + lasts;
                let ret = (ends || at + 1 < count).then_some(now);
                op(Kind::Write, at as u64 + 1, call, ret)
            };
            gaps.into_iter().enumerate().map(write).collect()
        })
    }

    /// Writes of many writers, in any order of versions.
    fn writers() -> impl Strategy<Value = Vec<Timed>> {
        let times = prop::collection::vec((0..20u64, prop::option::weighted(0.8, 0..9u64)), 0..5);
        times.prop_flat_map(|times| {
            let versions: Vec<u64> = (1..=times.len() as u64).collect();
            (Just(times), Just(versions).prop_shuffle()).prop_map(|(times, versions)| {
                let write = |((call, lasts), version): ((u64, Option<u64>), u64)| {
                    op(Kind::Write, version, call, lasts.map(|lasts| call + lasts))
                };
                times.into_iter().zip(versions).map(write).collect()
            })
        })
    }

    /// These writes, and reads of their versions (and of one that does not exist).
    fn with_reads(writes: impl Strategy<Value = Vec<Timed>>) -> impl Strategy<Value = Vec<Timed>> {
        let reads = prop::collection::vec((any::<prop::sample::Index>(), 0..30u64, 0..8u64), 0..7);
        (writes, reads).prop_map(|(mut ops, reads)| {
            let versions = ops.len() + 1 + usize::from(reads.len() == 6);
            ops.extend(reads.into_iter().map(|(version, call, lasts)| {
                op(Kind::Read, version.index(versions) as u64, call, Some(call + lasts))
            }));
            ops
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, cases: 2_000, ..Default::default()
        })]

        #[test]
        fn with_one_writer_the_rule_is_linearizability(ops in with_reads(one_writer())) {
            let clean = breaches(&ops).is_empty();
            prop_assert_eq!(clean, linearizable(&as_register(&ops, false), Some(0)));
        }

        #[test]
        fn with_many_writers_the_rule_is_linearizability_in_the_order_of_versions(
            ops in with_reads(writers())
        ) {
            let clean = breaches(&ops).is_empty();
            // All versions were made: only the time of an unfinished write is open.
            let all = as_register(&ops, true);
            let last = Op {
                client: 0,
                key: 0,
                action: Action::Read(Some(all.iter().filter(|op| op.may_change()).count() as i64)),
                call: 1_000,
                ret: Some(1_000),
            };
            let all: Vec<Op> = all.into_iter().chain([last]).collect();
            prop_assert_eq!(clean, linearizable(&all, Some(0)));
        }

        #[test]
        fn what_the_rule_passes_is_linearizable(ops in with_reads(writers())) {
            if breaches(&ops).is_empty() {
                prop_assert!(linearizable(&as_register(&ops, false), Some(0)));
            }
        }
    }
}
