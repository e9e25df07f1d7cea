//! Followers of a database, replicas of a cache, and which of the copies are read.

use crate::base::Dist;
use crate::scenario::reader::Reader;
use crate::scenario::syntax::{Kind, Value};

/// Followers of one leader.
const MAX_FOLLOWERS: u32 = 64;

/// Copies that follow a database's commits.
#[derive(Clone, Debug, PartialEq)]
pub struct Followers {
    /// How many, beside the leader.
    pub count: u32,
    /// From a commit until a follower has applied it.
    pub lag: Dist,
    /// Which of the copies are read.
    pub readers: Readers,
    /// Does one of them take the place of a leader that dies?
    pub promotes: bool,
}

/// Which copies are read by transactions that only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The leader.
    Leader,
    /// A follower, drawn for each read.
    Followers,
    /// The leader or a follower, drawn for each read.
    Any,
    /// A follower, always the same for a session.
    Sticky,
}

impl<'a> Reader<'a> {
    /// `followers: (count: 2, lag: Exp("50ms"), reads: Any)`.
    pub(in crate::scenario::kinds) fn followers(&mut self, value: &'a Value) -> Option<Followers> {
        self.copies(value, "followers", Readers::Followers, false)
    }

    /// `replicas: (count: 2, lag: Exp("1ms"), reads: Any)`.
    pub(in crate::scenario::kinds) fn replicas(&mut self, value: &'a Value) -> Option<Followers> {
        self.copies(value, "replicas", Readers::Leader, true)
    }

    fn copies(
        &mut self,
        value: &'a Value,
        what: &'static str,
        readers: Readers,
        always_promotes: bool,
    ) -> Option<Followers> {
        let names = ["count", "lag", "reads", "promote"];
        let names = if always_promotes { &names[..3] } else { &names };
        let fields = self.fields(value, what, 0, names)?;
        let count =
            self.or(&fields, "count", 1, |reader, value| reader.count(value, 1..=MAX_FOLLOWERS));
        let lag = self.must(&fields, "lag", Self::dist);
        let readers = self.or(&fields, "reads", readers, Self::readers);
        let promotes = if always_promotes {
            Some(true)
        } else {
            self.or(&fields, "promote", false, Self::flag)
        };
        Some(Followers { count: count?, lag: lag?, readers: readers?, promotes: promotes? })
    }

    fn readers(&mut self, value: &'a Value) -> Option<Readers> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Leader"), Kind::Word(_)) => Some(Readers::Leader),
            (Some("Followers"), Kind::Word(_)) => Some(Readers::Followers),
            (Some("Any"), Kind::Word(_)) => Some(Readers::Any),
            (Some("Sticky"), Kind::Word(_)) => Some(Readers::Sticky),
            _ => {
                self.unknown_word(
                    value,
                    "where reads go",
                    &["Leader", "Followers", "Any", "Sticky"],
                );
                None
            }
        }
    }
}
