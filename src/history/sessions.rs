//! The session guarantees of Terry et al. (Session Guarantees for Weakly Consistent Replicated
//! Data, PDIS 1994) and causality, on accesses in the order in which they happened, with versions
//! in a known order per item.
//!
//! ```text
//!  read your writes      a: write x1,  a: read x0
//!  monotonic reads       a: read x1,   a: read x0
//!  monotonic writes      a: write x2,  a: write x1 (its version is below the own earlier one)
//!  writes follow reads   a: read x2,   a: write x1
//!  causal                a: write x1, write y1,   b: read y1, read x0
//! ```
//!
//! What monotonic writes and writes-follow-reads demand of different items can only be seen in the
//! order in which servers apply them: [`super::replicas`].

use std::collections::BTreeMap;

use super::versions::{Access, Kind};

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// A session sees its own writes.
    ReadYourWrites,
    /// A session never sees less than it saw before.
    MonotonicReads,
    /// A session's writes take effect in their order.
    MonotonicWrites,
    /// A session's writes come behind what it had read.
    WritesFollowReads,
    /// What was seen brings with it all that had led to it.
    Causal,
}

impl Guarantee {
    /// As reference results spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadYourWrites => "RYW",
            Self::MonotonicReads => "MR",
            Self::MonotonicWrites => "MW",
            Self::WritesFollowReads => "WFR",
            Self::Causal => "causal",
        }
    }
}

/// Versions that must be seen, by item.
type Versions = BTreeMap<u32, u64>;

/// One client.
#[derive(Default)]
struct Session {
    written: Versions,
    read: Versions,
    /// Everything that led to where it is: own accesses, and all that led to what it read.
    past: Versions,
}

/// The guarantees that are broken, by the place of the access that breaks them. One access can
/// break several; causality is named only where none of the others is broken, as it implies them.
pub fn violations(accesses: &[Access]) -> Vec<(usize, Guarantee)> {
    let mut sessions: BTreeMap<u32, Session> = BTreeMap::new();
    // What led to each version, by (item, version).
    let mut pasts: BTreeMap<(u32, u64), Versions> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, access) in accesses.iter().enumerate() {
        let session = sessions.entry(access.client).or_default();
        let broken = broken(session, access);
        found.extend(broken.into_iter().map(|guarantee| (at, guarantee)));
        let version = (access.key, access.version);
        if access.kind == Kind::Read {
            raise(&mut session.read, version);
            for (&key, &seen) in pasts.get(&version).into_iter().flatten() {
                raise(&mut session.past, (key, seen));
            }
            raise(&mut session.past, version);
        } else {
            raise(&mut session.written, version);
            raise(&mut session.past, version);
            pasts.insert(version, session.past.clone());
        }
    }
    found
}

fn broken(session: &Session, access: &Access) -> Vec<Guarantee> {
    let is_below = |floor: &Versions| floor.get(&access.key).is_some_and(|&it| access.version < it);
    let (own, other) = match access.kind {
        Kind::Read => (Guarantee::ReadYourWrites, Guarantee::MonotonicReads),
        Kind::Write => (Guarantee::MonotonicWrites, Guarantee::WritesFollowReads),
    };
    let mut broken = Vec::new();
    broken.extend(is_below(&session.written).then_some(own));
    broken.extend(is_below(&session.read).then_some(other));
    if broken.is_empty() && is_below(&session.past) {
        broken.push(Guarantee::Causal);
    }
    broken
}

fn raise(versions: &mut Versions, (key, version): (u32, u64)) {
    let known = versions.entry(key).or_default();
    *known = (*known).max(version);
}

#[cfg(test)]
mod tests {
    use super::*;
    use Guarantee::{Causal, MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};

    /// `a w x 1`: client a writes version 1 of x.
    fn judged(text: &str) -> Vec<(usize, Guarantee)> {
        let access = |line: &str| {
            let words: Vec<u32> = line
                .split_whitespace()
                .map(|word| word.parse().unwrap_or(u32::from(word.as_bytes()[0])))
                .collect();
            let kind = if words[1] == u32::from(b'w') { Kind::Write } else { Kind::Read };
            Access { client: words[0], key: words[2], kind, version: u64::from(words[3]) }
        };
        violations(&text.split(',').map(access).collect::<Vec<_>>())
    }

    #[test]
    fn each_guarantee_is_broken_and_kept() {
        assert_eq!(judged("a w x 1, a r x 0"), [(1, ReadYourWrites)]);
        assert_eq!(judged("a w x 1, a r x 2"), []);
        assert_eq!(judged("b w x 1, a r x 1, a r x 0"), [(2, MonotonicReads)]);
        assert_eq!(judged("b w x 1, a r x 1, a r x 1"), []);
        assert_eq!(judged("a w x 2, a w x 1"), [(1, MonotonicWrites)]);
        assert_eq!(judged("b w x 2, a r x 2, a w x 1"), [(2, WritesFollowReads)]);
        assert_eq!(judged("b w x 1, a r x 0, a w x 2"), []);
    }

    #[test]
    fn a_read_can_break_two_at_once() {
        assert_eq!(judged("a w x 1, a r x 1, a r x 0"), [(2, ReadYourWrites), (2, MonotonicReads)]);
    }

    #[test]
    fn causes_travel_with_what_is_read_through_several_hands() {
        assert_eq!(judged("a w x 1, a w y 1, b r y 1, b r x 0"), [(3, Causal)]);
        assert_eq!(
            judged("a w x 1, b r x 1, b w y 1, c r y 1, c w z 1, d r z 1, d r x 0"),
            [(6, Causal)]
        );
        assert_eq!(judged("a w x 1, a w y 1, b r x 0, b r y 1"), [], "the order of reads matters");
        assert_eq!(judged("a w y 1, a w x 1, b r y 1, b r x 0"), [], "y came first");
        assert_eq!(judged("a w x 1, b r x 0, b w y 1, c r y 1, c r x 0"), [], "b did not see x");
    }

    #[test]
    fn sessions_do_not_know_each_other() {
        assert_eq!(judged("a w x 1, b r x 0, b r x 1, c r x 0"), []);
    }
}
