//! The rows of Time: faults, series, classes of latency, violations. Which there are depends on the run and
//! on what is selected, never on the size of the screen, so that keys and drawing speak of the same rows.

use std::ops::Range;

use super::columns::Column;
use super::figures::Figure;
use super::history::CLASSES;
use super::place::Thing;
use super::snapshot::Known;
use crate::probes::anomalies::Kind;

/// A row of Time.
#[derive(Clone, Debug)]
pub enum Track {
    /// When a fault acts.
    Fault(String),
    /// A figure.
    Series(&'static Figure),
    /// How many were answered so fast, or failed.
    Heat(Heat),
    /// When this was violated.
    Violations(Kind),
}

/// A row of the heatmap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heat {
    /// What it is called as a thing that is selected.
    pub name: &'static str,
    /// The classes of latency; none for those that failed.
    pub classes: Option<Range<usize>>,
}

/// Of many faults so many stand above the series, the others below everything.
const FAULTS: usize = 5;

/// The series that are always there.
const SERIES: [&str; 4] = ["sent /s", "done /s", "failed /s", "open operations"];

/// The rows of the heatmap as things, from the top.
const HEATS: [&str; 6] = [
    "latency, failed",
    "latency, top",
    "latency, high",
    "latency, middle",
    "latency, low",
    "latency, least",
];

/// From the gravest on.
const GRAVITY: [Kind; 14] = [
    Kind::HalfDone,
    Kind::Lost,
    Kind::Duplicated,
    Kind::Retracted,
    Kind::Unannounced,
    Kind::Floor,
    Kind::ReadYourWrites,
    Kind::MonotonicReads,
    Kind::MonotonicWrites,
    Kind::WritesFollowReads,
    Kind::StaleRead,
    Kind::WronglyRefused,
    Kind::Dangling,
    Kind::Pending,
];

impl Track {
    /// What is selected with it.
    pub fn thing(&self) -> Thing {
        match self {
            Self::Fault(name) => Thing::Fault(name.clone()),
            Self::Series(figure) => Thing::Figure(figure.name),
            Self::Heat(heat) => Thing::Figure(heat.name),
            Self::Violations(kind) => Thing::Kind(*kind),
        }
    }

    /// What stands before it.
    pub fn label(&self) -> String {
        match self {
            Self::Fault(name) => name.clone(),
            Self::Series(figure) => figure.lane.to_owned(),
            Self::Heat(heat) => heat.label(),
            Self::Violations(kind) => words_of(*kind).to_owned(),
        }
    }

    fn is(&self, thing: &Thing) -> bool {
        match (self, thing) {
            (Self::Fault(name), Thing::Occurrence(other, _)) => name == other,
            (Self::Violations(kind), Thing::Anomaly(_, other)) => kind == other,
            _ => self.thing() == *thing,
        }
    }
}

impl Heat {
    /// How many of a column fall in it.
    pub fn count(&self, column: &Column) -> u64 {
        match &self.classes {
            None => column.all.failed.into(),
            Some(classes) => column.classes[classes.clone()].iter().map(|it| u64::from(*it)).sum(),
        }
    }

    /// How many fall in it in a million seconds: columns are not equally long, and some are short.
    pub fn rate(&self, column: &Column) -> u64 {
        let count = u128::from(self.count(column));
        (count * 1_000_000_000_000_000 / u128::from(column.lasts.0.max(1))) as u64
    }

    /// `16 to 32 ms`
    pub fn label(&self) -> String {
        let Some(classes) = &self.classes else { return "failed".to_owned() };
        // A class ends at `2^n / 8` ms.
        let bound = |class: usize| match class {
            0..3 => format!("{} us", 125 << class),
            3..13 => format!("{} ms", (1 << class) >> 3),
            _ => format!("{} s", 1 << (class - 13)),
        };
        match (classes.start, classes.end) {
            (0, CLASSES) => "all".to_owned(),
            (0, end) => format!("< {}", bound(end - 1)),
            (start, CLASSES) => format!("> {}", bound(start - 1)),
            (start, end) => {
                let (low, high) = (bound(start - 1), bound(end - 1));
                let unit = |text: &str| text.split(' ').nth(1).unwrap_or("").to_owned();
                match low.strip_suffix(&format!(" {}", unit(&high))) {
                    Some(low) => format!("{low} to {high}"),
                    None => format!("{low} to {high}"),
                }
            }
        }
    }
}

/// The rows of the heatmap, from the slowest to the fastest: three classes that hold the most, and all above
/// and all below them.
pub fn heats(columns: &[Option<Column>]) -> Vec<Heat> {
    let mut totals = [0u64; CLASSES];
    for column in columns.iter().flatten() {
        totals.iter_mut().zip(column.classes).for_each(|(sum, one)| *sum += u64::from(one));
    }
    let held = |from: &usize| totals[*from..from + 3].iter().sum::<u64>();
    // Of several the fastest.
    let from = (1..CLASSES - 3).rev().max_by_key(held).unwrap_or(1);
    let rows = [from + 3..CLASSES, from + 2..from + 3, from + 1..from + 2, from..from + 1, 0..from];
    let rows = std::iter::once(None).chain(rows.map(Some));
    HEATS.into_iter().zip(rows).map(|(name, classes)| Heat { name, classes }).collect()
}

/// All rows of a run; `columns` are the whole of it.
pub fn tracks(known: &Known, thing: &Thing) -> Vec<Track> {
    let fault = |(name, _): (&str, _)| Track::Fault(name.to_owned());
    let mut tracks: Vec<Track> = known.model.faults.iter().take(FAULTS).map(fault).collect();
    let figure = |name: &str| Figure::find(name).map(Track::Series);
    tracks.extend(SERIES.iter().filter_map(|name| figure(name)));
    if let Thing::Figure(name) = thing {
        tracks.extend(figure(name).filter(|_| !SERIES.contains(name)));
    }
    let whole = super::columns::sums_to(known, known.history.edge());
    let mut found = [0u64; 14];
    for (sum, one) in found.iter_mut().zip(whole.all.anomalies) {
        *sum += u64::from(one);
    }
    tracks.extend(heats(&[Some(whole)]).into_iter().map(Track::Heat));
    let is_found = |kind: &Kind| found[*kind as usize] > 0;
    tracks.extend(GRAVITY.into_iter().filter(is_found).map(Track::Violations));
    tracks.extend(known.model.faults.iter().skip(FAULTS).map(fault));
    tracks
}

/// The row of a thing.
pub fn row_of(tracks: &[Track], thing: &Thing) -> Option<usize> {
    tracks.iter().position(|track| track.is(thing))
}

/// A kind of anomaly in words.
pub fn words_of(kind: Kind) -> &'static str {
    match kind {
        Kind::HalfDone => "half done",
        Kind::Retracted => "retracted",
        Kind::Unannounced => "unannounced",
        Kind::Pending => "pending",
        Kind::Lost => "lost",
        Kind::Duplicated => "twice",
        Kind::StaleRead => "stale reads",
        Kind::Dangling => "not there",
        Kind::ReadYourWrites => "own not seen",
        Kind::MonotonicReads => "went back",
        Kind::MonotonicWrites => "out of order",
        Kind::WritesFollowReads => "before its read",
        Kind::Floor => "below floor",
        Kind::WronglyRefused => "wrongly refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_chosen_where_most_answers_are_and_none_is_left_out() {
        let mut column = Column::default();
        column.classes[6] = 20;
        column.classes[7] = 900;
        column.classes[8] = 30;
        column.classes[20] = 1;
        let heats = heats(&[Some(column.clone()), None]);
        let labels: Vec<String> = heats.iter().map(Heat::label).collect();
        assert_eq!(
            labels,
            ["failed", "> 32 ms", "16 to 32 ms", "8 to 16 ms", "4 to 8 ms", "< 4 ms"]
        );
        let held: u64 = heats[1..].iter().map(|heat| heat.count(&column)).sum();
        assert_eq!(held, 951);
    }

    #[test]
    fn bounds_have_units_that_fit() {
        let label = |classes: Range<usize>| Heat { name: "", classes: Some(classes) }.label();
        assert_eq!(label(3..4), "500 us to 1 ms");
        assert_eq!(label(0..1), "< 125 us");
        assert_eq!(label(13..14), "512 ms to 1 s");
        assert_eq!(label(CLASSES - 1..CLASSES), "> 512 s");
    }
}
