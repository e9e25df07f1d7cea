//! How far behind each read was, where versions are in a known order: by how many versions
//! (k-staleness) and by how much time (t-visibility), as Probabilistically Bounded Staleness counts
//! them (Bailis et al., VLDB 2012). Only what was acknowledged before the read was called counts
//! against it; a write in flight may or may not be seen.
//!
//! ```text
//!  write 1  |--|
//!  write 2         |--|
//!  write 3                 |--|
//!  read 1                          |-|     k = 2 versions behind,
//!                     '------------'       delta: since write 2 was acknowledged
//! ```
//!
//! A read with k = 0 is regular in Lamport's sense; all reads with k < n is n-regularity. The
//! offline equivalents that also order reads among each other, k-atomicity and Delta-atomicity
//! (Golab, Li and Shah, 2011), are not computed.

use super::versions::{Kind, Timed};

/// How far behind one read was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    /// How many newer versions had been acknowledged when it was called.
    pub versions: u64,
    /// For how long, at its call, the first acknowledged of them had been; 0 if there was none.
    pub time: u64,
}

/// The staleness of each finished read, by its place in `ops`.
pub fn staleness(ops: &[Timed]) -> Vec<(usize, Staleness)> {
    let is_read = |op: &Timed| op.access.kind == Kind::Read && op.ret.is_some();
    let reads = ops.iter().enumerate().filter(|(_, op)| is_read(op));
    reads.map(|(at, read)| (at, of_read(read, ops))).collect()
}

fn of_read(read: &Timed, ops: &[Timed]) -> Staleness {
    let newer = ops.iter().filter(|op| {
        op.access.kind == Kind::Write
            && op.access.key == read.access.key
            && op.access.version > read.access.version
    });
    // An acknowledgement at the instant of the call touches it: the two overlap.
    let acknowledged = newer.filter_map(|op| op.ret).filter(|&ret| ret < read.call);
    let (versions, since) =
        acknowledged.fold((0, read.call), |(count, since), ret| (count + 1, since.min(ret)));
    Staleness { versions, time: read.call - since }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::versions::Access;

    fn op(kind: Kind, version: u64, call: u64, ret: Option<u64>) -> Timed {
        Timed { access: Access { client: 0, key: 0, kind, version }, call, ret }
    }

    fn read(version: u64, call: u64) -> (u64, u64) {
        let ops = [
            op(Kind::Write, 1, 0, Some(10)),
            op(Kind::Write, 2, 20, Some(45)),
            op(Kind::Write, 3, 21, Some(40)),
            op(Kind::Write, 4, 50, None),
            op(Kind::Read, version, call, Some(call + 5)),
        ];
        let found = staleness(&ops);
        assert_eq!(found.len(), 1);
        (found[0].1.versions, found[0].1.time)
    }

    #[test]
    fn only_what_was_acknowledged_before_counts() {
        assert_eq!(read(0, 10), (0, 0), "the acknowledgement and the read touch");
        assert_eq!(read(0, 12), (1, 2));
        assert_eq!(read(1, 30), (0, 0));
        assert_eq!(read(3, 99), (0, 0), "nobody knows of version 4");
    }

    #[test]
    fn time_counts_from_the_first_acknowledgement_of_a_newer_version() {
        assert_eq!(read(1, 60), (2, 20), "version 3 was acknowledged before version 2");
        assert_eq!(read(2, 60), (1, 20));
    }
}
