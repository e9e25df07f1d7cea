//! The kinds of what should not have happened, the gravest first, and how each is called.

use crate::probes::anomalies::{Detail, Kind};
use crate::scenario::tree::Scenario;
use crate::tui::words;

/// A kind, as it is read.
#[derive(Clone, Copy, Debug)]
pub struct Called {
    /// Which.
    pub kind: Kind,
    /// `half done`
    pub name: &'static str,
    /// What it means, in a few words.
    pub about: &'static str,
}

const fn called(kind: Kind, name: &'static str, about: &'static str) -> Called {
    Called { kind, name, about }
}

/// All of them, by gravity.
pub(super) const KINDS: [Called; 14] = [
    called(Kind::HalfDone, "half done", "some effects there, others never"),
    called(Kind::Lost, "lost", "operations promised, never done"),
    called(Kind::Duplicated, "duplicated", "done twice"),
    called(Kind::Retracted, "retracted", "told done, taken back"),
    called(Kind::Unannounced, "unannounced", "told failed, happened anyway"),
    called(Kind::Floor, "below the floor", "more was taken than there was"),
    called(Kind::WronglyRefused, "wrongly refused", "told no, though there was enough"),
    called(Kind::ReadYourWrites, "read your writes", "own change not seen"),
    called(Kind::MonotonicReads, "monotonic reads", "older than what was seen before"),
    called(Kind::MonotonicWrites, "monotonic writes", "own changes in another order"),
    called(Kind::WritesFollowReads, "writes follow reads", "before what it had read"),
    called(Kind::StaleRead, "stale read", "an older version than the newest"),
    called(Kind::Dangling, "not there (yet)", "read of an item not created"),
    called(Kind::Pending, "pending", "something can still act for it"),
];

/// How a kind is called.
pub fn of(kind: Kind) -> &'static Called {
    KINDS.iter().find(|called| called.kind == kind).expect("every kind is called somehow")
}

/// What can be said about one: `3 of 4   crashed`, `stock v112, 1.30 ms old`.
pub(super) fn detail(scenario: &Scenario, detail: Detail) -> String {
    let name = |item: crate::scenario::tree::EntityIx| &scenario.entities[usize::from(item.0)].name;
    match detail {
        Detail::Effects { told, there, loss } => {
            let loss = loss.map(|why| format!("   {}", why.name().replace('_', " ")));
            format!("{there} of {told}{}", loss.unwrap_or_default())
        }
        Detail::Read { entity, version, staleness } => {
            let old = match staleness.0 {
                0 => String::new(),
                _ => format!(", {} old", words::span(staleness)),
            };
            format!("{} v{version}{old}", name(entity))
        }
        Detail::Value { entity, value } => format!("{} at {value}", name(entity)),
        Detail::Nothing => String::new(),
    }
}
