//! The marks on the axis of time, which `}` and `{` go through: where faults begin and end, violations of
//! the kinds that are filtered for, and the changes that the scenario's file makes.

use super::snapshot::Known;
use crate::base::Time;
use crate::probes::OpId;
use crate::probes::anomalies::Kind;
use crate::probes::journal::Finding;
use crate::scenario::tree::Deed;

/// What is at a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A fault of this name begins.
    Begins(String),
    /// It ends.
    Ends(String),
    /// An operation was found to violate something.
    Violation(OpId, Kind),
    /// The scenario changes something else: a knob, as it says it.
    Change(String),
}

impl Mark {
    /// In words: `inventory-crash begins`.
    pub fn words(&self) -> String {
        match self {
            Self::Begins(fault) => format!("{fault} begins"),
            Self::Ends(fault) => format!("{fault} ends"),
            Self::Violation(op, kind) => {
                format!("{}, operation {}", kind.name().replace('_', " "), op.number())
            }
            Self::Change(what) => what.clone(),
        }
    }
}

/// All marks of a run, in the order of time. Violations are marks if their kind was asked for: there are
/// thousands of some, and whoever goes from fault to fault would not come by.
pub fn marks<'a>(known: &'a Known, kinds: &'a [Kind]) -> impl Iterator<Item = (Time, Mark)> + 'a {
    let mut planned: Vec<(Time, Mark)> = Vec::new();
    for (name, windows) in known.model.faults.iter() {
        for (from, to) in windows {
            planned.push((*from, Mark::Begins(name.to_owned())));
            planned.push((*to, Mark::Ends(name.to_owned())));
        }
    }
    for change in &known.model.scenario.changes {
        if let Deed::Set(set) = &change.deed {
            let knobs = set.knobs.iter().map(|(name, value)| format!("{name}={value}"));
            let text = knobs.collect::<Vec<_>>().join(" ");
            planned.push((Time(change.at.0), Mark::Change(text)));
        }
    }
    let end = known.audit.unwrap_or(known.horizon);
    planned.retain(|(at, _)| *at <= end);
    planned.sort_by_key(|(at, _)| *at);
    merged(planned.into_iter(), violations(known, kinds))
}

/// The violations of these kinds, in the order of time.
pub fn violations<'a>(
    known: &'a Known,
    kinds: &'a [Kind],
) -> impl Iterator<Item = (Time, Mark)> + 'a {
    // Nothing is gone through for nothing.
    let judged = (!kinds.is_empty()).then(|| known.history.judged()).into_iter().flatten();
    judged.filter_map(|judged| match judged.what {
        Finding::Anomaly(kind, _) if kinds.contains(&kind) => {
            Some((judged.time, Mark::Violation(judged.op, kind)))
        }
        _ => None,
    })
}

/// The next mark after an instant.
pub fn after(known: &Known, kinds: &[Kind], now: Time) -> Option<(Time, Mark)> {
    marks(known, kinds).find(|(at, _)| *at > now)
}

/// The last mark before an instant.
pub fn before(known: &Known, kinds: &[Kind], now: Time) -> Option<(Time, Mark)> {
    marks(known, kinds).take_while(|(at, _)| *at < now).last()
}

fn merged<T>(
    one: impl Iterator<Item = (Time, T)>,
    other: impl Iterator<Item = (Time, T)>,
) -> impl Iterator<Item = (Time, T)> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some((first, _)), Some((second, _))) if second < first => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}
