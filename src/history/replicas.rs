//! Monotonic writes and writes-follow-reads as Terry et al. (PDIS 1994) state them: they bind every
//! server. Wherever a write is applied, the earlier writes of its session, and the writes whose
//! versions its session had read before it, must have been applied already; or newer versions of the
//! same items, which have replaced them.
//!
//! ```text
//!  session:    write x1, write y1
//!  replica A:  x1 y1      kept
//!  replica B:  y1 x1      broken: y1 without x1
//! ```

use super::sessions::Guarantee;
use super::versions::{Access, Kind};

/// A write, by its item and the version it made.
pub type Write = (u32, u64);

/// A write that a replica applied too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Early {
    /// What was applied.
    pub write: Write,
    /// Which guarantee that breaks.
    pub guarantee: Guarantee,
    /// What had to be there before.
    pub missing: Write,
}

/// What is too early in the order in which one replica applied writes, in that order; the accesses
/// are those of all sessions, in the order in which they happened.
pub fn early_writes(accesses: &[Access], applied: &[Write]) -> Vec<Early> {
    let mut found = Vec::new();
    for (place, &write) in applied.iter().enumerate() {
        let is_there = |(key, version): Write| {
            applied[..place].iter().any(|it| it.0 == key && it.1 >= version)
        };
        let missing = needs(accesses, write)
            .filter(|(_, needed)| !is_there(*needed))
            .map(|(guarantee, missing)| Early { write, guarantee, missing });
        found.extend(missing);
    }
    found
}

/// What must be applied before a write, and why.
fn needs(accesses: &[Access], write: Write) -> impl Iterator<Item = (Guarantee, Write)> {
    let name = |access: &Access| (access.key, access.version);
    let made = accesses.iter().position(|it| it.kind == Kind::Write && name(it) == write);
    let before = &accesses[..made.unwrap_or(0)];
    let client = made.map(|at| accesses[at].client);
    let mut needs: Vec<(Guarantee, Write)> = Vec::new();
    for access in before.iter().filter(|it| Some(it.client) == client && it.version > 0) {
        let guarantee = match access.kind {
            Kind::Write => Guarantee::MonotonicWrites,
            Kind::Read => Guarantee::WritesFollowReads,
        };
        let need = (guarantee, name(access));
        if need.1 != write && !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: u32 = 0;
    const Y: u32 = 1;

    fn access(client: u32, kind: Kind, key: u32, version: u64) -> Access {
        Access { client, key, kind, version }
    }

    #[test]
    fn an_own_earlier_write_must_be_there() {
        let ops = [access(1, Kind::Write, X, 1), access(1, Kind::Write, Y, 1)];
        let missing =
            Early { write: (Y, 1), guarantee: Guarantee::MonotonicWrites, missing: (X, 1) };
        assert_eq!(early_writes(&ops, &[(X, 1), (Y, 1)]), []);
        assert_eq!(early_writes(&ops, &[(Y, 1), (X, 1)]), [missing]);
        assert_eq!(early_writes(&ops, &[(Y, 1)]), [missing], "not there at all");
        assert_eq!(early_writes(&ops, &[(X, 1)]), []);
    }

    #[test]
    fn what_was_read_must_be_there_but_only_what_was_read_before() {
        let ops = [
            access(0, Kind::Write, X, 1),
            access(1, Kind::Read, X, 1),
            access(1, Kind::Write, Y, 1),
            access(0, Kind::Write, X, 2),
            access(1, Kind::Read, X, 2),
        ];
        let missing =
            Early { write: (Y, 1), guarantee: Guarantee::WritesFollowReads, missing: (X, 1) };
        assert_eq!(early_writes(&ops, &[(Y, 1), (X, 1), (X, 2)]), [missing]);
        assert_eq!(early_writes(&ops, &[(X, 1), (Y, 1), (X, 2)]), []);
    }

    #[test]
    fn a_newer_version_of_the_same_item_will_do() {
        let ops = [
            access(0, Kind::Write, X, 1),
            access(1, Kind::Read, X, 1),
            access(2, Kind::Write, X, 2),
            access(1, Kind::Write, Y, 1),
        ];
        assert_eq!(early_writes(&ops, &[(X, 2), (Y, 1)]), [], "the replica never needed x1");
        assert_eq!(early_writes(&ops, &[(Y, 7), (Y, 1)]).len(), 1, "of another item it will not");
        let own = [access(0, Kind::Write, X, 1), access(0, Kind::Write, X, 2)];
        assert_eq!(early_writes(&own, &[(X, 2), (X, 1)]).len(), 1, "but not itself");
    }
}
