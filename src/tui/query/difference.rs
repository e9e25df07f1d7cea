//! Two worlds under one design: their figures, and what was told to the same customers.

use std::collections::BTreeMap;

use super::super::history::{History, Told};
use super::super::place::WorldId;
use super::super::words;
use crate::analysis::unit::Unit;
use crate::probes::{Outcome, Verdict};

/// Two worlds, compared.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// The first, and the second.
    pub worlds: (WorldId, WorldId),
    /// Figures of both: name, first, second; larger is better, worse, or neither.
    pub rows: Vec<Row>,
    /// Of the actions that both worlds have: how many were told this in the first and that in the second.
    pub same: BTreeMap<(Said, Said), u64>,
    /// Actions that only the first has, and only the second.
    pub only: (u64, u64),
    /// In a sentence, what the change did.
    pub sentence: String,
}

/// A figure of both.
#[derive(Clone, Debug)]
pub struct Row {
    /// `place-order kept`
    pub name: String,
    /// In the first.
    pub first: f64,
    /// In the second.
    pub second: f64,
    /// What both are counted in; times are nanoseconds.
    pub unit: Unit,
}

/// What was told, without the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Done.
    Done,
    /// Refused.
    Refused,
    /// Failed.
    Failed,
}

impl Said {
    /// What a verdict says.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::Done,
            Verdict::Refused => Self::Refused,
            Verdict::Failed(_) => Self::Failed,
        }
    }

    fn past(self) -> &'static str {
        match self {
            Self::Done => "were done",
            Self::Refused => "were refused",
            Self::Failed => "failed",
        }
    }

    fn now(self) -> &'static str {
        match self {
            Self::Done => "are done",
            Self::Refused => "are refused",
            Self::Failed => "fail",
        }
    }
}

/// One side: a world's history under the design, and its outcome.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its answers.
    pub history: &'a History,
    /// Its figures at the audit.
    pub outcome: &'a Outcome,
}

impl Difference {
    /// Of these worlds.
    pub fn of(worlds: (WorldId, WorldId), first: Side<'_>, second: Side<'_>) -> Self {
        let (before, after) = (told(first.history), told(second.history));
        let mut same = BTreeMap::new();
        let mut common = 0;
        for (action, was) in &before {
            if let Some(is) = after.get(action) {
                *same.entry((*was, *is)).or_default() += 1;
                common += 1;
            }
        }
        let only = (before.len() as u64 - common, after.len() as u64 - common);
        let sentence = sentence(&same, common);
        Self { worlds, rows: rows(first.outcome, second.outcome), same, only, sentence }
    }
}

/// A customer's action, as it is called in every world and design.
type Action = (usize, u64, u32);

fn told(history: &History) -> BTreeMap<Action, Said> {
    let action = |told: &Told| (told.op.client(), told.journey, told.step);
    history.told().map(|told| (action(told), Said::of(told.verdict))).collect()
}

fn sentence(same: &BTreeMap<(Said, Said), u64>, common: u64) -> String {
    let is_other = |((was, is), _): &(&(Said, Said), &u64)| was != is;
    let mut other: Vec<_> = same.iter().filter(is_other).collect();
    other.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let alike = common - other.iter().map(|(_, count)| **count).sum::<u64>();
    let alike = format!("{} of {} were told the same", words::count(alike), words::count(common));
    if other.is_empty() {
        return alike;
    }
    let part = |((was, is), count): &(&(Said, Said), &u64)| {
        format!("{} that {} {}", words::count(**count), was.past(), is.now())
    };
    let parts: Vec<String> = other.iter().map(part).collect();
    format!("{}; {alike}", parts.join(", "))
}

fn rows(first: &Outcome, second: &Outcome) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, one) in &first.flows {
        let Some(other) = second.flows.get(name) else { continue };
        let mut row = |figure: &str, unit, first: f64, second: f64| {
            rows.push(Row { name: format!("{name} {figure}"), first, second, unit });
        };
        let counts = [
            ("offered", one.offered, other.offered),
            ("kept", one.ends.kept, other.ends.kept),
            ("refused", one.refused, other.refused),
            ("failed", one.failed, other.failed),
            ("retracted", one.ends.retracted, other.ends.retracted),
            ("half done", one.ends.half_done, other.ends.half_done),
            ("unannounced", one.ends.unannounced, other.ends.unannounced),
            ("effects lost", one.effects.lost, other.effects.lost),
            ("effects twice", one.effects.duplicated, other.effects.duplicated),
            ("stale reads", one.reads.stale, other.reads.stale),
        ];
        for (figure, first, second) in counts {
            row(figure, Unit::Count, first as f64, second as f64);
        }
        for (figure, p) in [("p50", 0.5), ("p99", 0.99)] {
            if let (Some(first), Some(second)) =
                (one.latency.quantile(p), other.latency.quantile(p))
            {
                row(figure, Unit::Time, first.0 as f64, second.0 as f64);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Time;
    use crate::probes::{OpId, Reason};
    use crate::scenario::tree::FlowIx;
    use crate::tui::history::Part;

    fn history(verdicts: &[(u64, Verdict)]) -> History {
        let mut history = History::new();
        // Each world numbers operations by itself: the journey tells who is who.
        let told = verdicts.iter().zip(0..).map(|((journey, verdict), number)| Told {
            op: OpId::new(0, number),
            flow: FlowIx(0),
            journey: *journey,
            step: 1,
            intended: Time::ZERO,
            answered: Time(1),
            verdict: *verdict,
        });
        history.extend(Part { told: told.collect(), ..Part::default() });
        assert_eq!(Arc::strong_count(&history.told), 1);
        history
    }

    #[test]
    fn the_same_customers_are_compared_whatever_their_operations_numbers() {
        let failed = Verdict::Failed(Reason::Crashed);
        let (done, refused) = (Verdict::Done, Verdict::Refused);
        let first = history(&[(1, failed), (2, failed), (3, done), (4, done), (9, done)]);
        let second =
            history(&[(2, done), (1, done), (4, refused), (3, done), (7, done), (8, done)]);
        let outcome = Outcome::default();
        let side = |history| Side { history, outcome: &outcome };
        let worlds = (WorldId(0), WorldId(1));
        let difference = Difference::of(worlds, side(&first), side(&second));
        assert_eq!(difference.same[&(Said::Failed, Said::Done)], 2);
        assert_eq!(difference.only, (1, 2));
        assert_eq!(
            difference.sentence,
            "2 that failed are done, 1 that were done are refused; 1 of 4 were told the same"
        );
    }
}
