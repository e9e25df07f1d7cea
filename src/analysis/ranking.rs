//! Who leads a row of a comparison, who lags, and whether chance alone could have done it. Words
//! only as far as every sentence of a reading needs them.

use super::compare::{Comparison, Row};
use super::stats::Gap;
use super::unit::Unit;

/// The design with the best mean of a row, and whom it can be told apart from.
pub(super) struct Lead<'a> {
    row: &'a Row,
    /// All designs with a value, best first; of equals the first.
    ranked: Vec<usize>,
    pub(super) leader: usize,
    /// The best-ranked design that the leader can be told apart from.
    rival: usize,
    gap: Gap,
}

impl<'a> Lead<'a> {
    pub(super) fn lowest(row: &'a Row) -> Option<Self> {
        Self::new(row, 1.0)
    }

    pub(super) fn highest(row: &'a Row) -> Option<Self> {
        Self::new(row, -1.0)
    }

    fn new(row: &'a Row, sign: f64) -> Option<Self> {
        let key = |design: usize| row.cells[design].mean.map(|mean| mean * sign);
        let mut ranked: Vec<usize> =
            (0..row.cells.len()).filter(|&design| key(design).is_some()).collect();
        ranked.sort_by(|&a, &b| key(a).unwrap_or(0.0).total_cmp(&key(b).unwrap_or(0.0)));
        let leader = *ranked.first()?;
        let apart = |&&design: &&usize| {
            row.paired(design, leader).is_some_and(|paired| paired.excludes_zero())
        };
        let rival = *ranked.iter().skip(1).find(apart)?;
        let gap = row.paired(rival, leader)?;
        Some(Self { row, ranked, leader, rival, gap })
    }

    /// Told against the first design, to which all others are compared, where the leader can be told
    /// apart from it.
    pub(super) fn against_the_first(self) -> Self {
        match self.gap_to(0) {
            Some(gap) if self.leader != 0 && gap.excludes_zero() => Self { rival: 0, gap, ..self },
            _ => self,
        }
    }

    /// The difference as a share of the larger value.
    pub(super) fn share(&self) -> f64 {
        let size = |design: usize| self.row.cells[design].mean.unwrap_or(0.0).abs();
        self.gap.mean.abs() / size(self.leader).max(size(self.rival))
    }

    pub(super) fn name(&self) -> &'a str {
        &self.row.cells[self.leader].design
    }

    pub(super) fn shown(&self, design: usize) -> String {
        shown(self.row.unit, self.row.cells[design].mean.unwrap_or(0.0))
    }

    pub(super) fn gap_to(&self, design: usize) -> Option<Gap> {
        self.row.paired(design, self.leader)
    }

    /// The worst design that the leader can be told apart from.
    pub(super) fn last_that_differs(&self) -> usize {
        let apart = |&&design: &&usize| self.gap_to(design).is_some_and(|gap| gap.excludes_zero());
        self.ranked.iter().rev().find(apart).copied().unwrap_or(self.rival)
    }

    /// `("soonest", "31ms against 118ms in rest (87ms ± 4ms sooner)")`; where others come too
    /// close to the leader, it is only better than its rival.
    pub(super) fn told(&self, superlative: &str, comparative: &str) -> (String, String) {
        let rival = &self.row.cells[self.rival].design;
        let between: Vec<&str> = self
            .ranked
            .iter()
            .skip(1)
            .take_while(|&&design| design != self.rival)
            .filter(|&&design| !self.gap_to(design).is_some_and(|gap| gap.excludes_zero()))
            .map(|&design| self.row.cells[design].design.as_str())
            .collect();
        let gap = shown_gap(self.row.unit, &self.gap);
        let figures = format!(
            "{} against {} in {rival} ({gap} {comparative})",
            self.shown(self.leader),
            self.shown(self.rival)
        );
        if between.is_empty() {
            return (superlative.to_owned(), figures);
        }
        let close = format!("{figures}, with {} too close to tell apart", between.join(" and "));
        (format!("{comparative} than {rival}"), close)
    }
}

/// The design that has most of something bad.
pub(super) struct Worse<'a> {
    pub(super) design: usize,
    pub(super) name: &'a str,
    pub(super) mean: String,
    /// `"against 0 in events (12.3 ± 1.9 more)"`
    pub(super) against: String,
    guards: &'a [String],
    guards_of_best: &'a [String],
    best: &'a str,
}

impl Worse<'_> {
    /// Says so if the better design has a guard that bears on this and the worse one has not.
    pub(super) fn guard(&self, guard: &str) -> Option<String> {
        let has = |guards: &[String]| guards.iter().any(|name| name == guard);
        (has(self.guards_of_best) && !has(self.guards))
            .then(|| format!(" ({guard} is in force in {}, not in {})", self.best, self.name))
    }
}

/// Tells of the design with the most of a figure, against the one with the least.
pub(super) fn more(
    comparison: &Comparison,
    figure: &str,
    tell: impl Fn(&Worse<'_>) -> String,
) -> Option<String> {
    let row = comparison.row(None, figure)?;
    let lead = Lead::lowest(row)?;
    let design = lead.last_that_differs();
    let gap = shown_gap(row.unit, &lead.gap_to(design)?);
    let (best, summary) = (lead.name(), &comparison.designs[design]);
    Some(tell(&Worse {
        design,
        name: &summary.design,
        mean: lead.shown(design),
        against: format!("against {} in {best} ({gap} more)", lead.shown(lead.leader)),
        guards: &summary.guards,
        guards_of_best: &comparison.designs[lead.leader].guards,
        best,
    }))
}

/// A row's values are presented ones; the unit shows base ones.
pub fn shown(unit: Unit, presented: f64) -> String {
    unit.show(if unit == Unit::Time { presented * 1e6 } else { presented })
}

/// `87ms ± 4ms`; differences of ratios are points, not percent.
pub fn shown_gap(unit: Unit, gap: &Gap) -> String {
    let base = if unit == Unit::Time { 1e6 } else { 1.0 };
    unit.show_difference(gap.mean.abs() * base, gap.half_width * base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::Cell;
    use crate::analysis::figures::About;

    /// A row of counts, per design and seed.
    fn row(values: &[(&str, [f64; 3])]) -> Row {
        let cell = |(design, values): &(&str, [f64; 3])| Cell {
            design: (*design).to_owned(),
            mean: Some(values.iter().sum::<f64>() / 3.0),
            half_width: None,
            difference: None,
            values: values.iter().copied().map(Some).collect(),
        };
        Row {
            about: About::Flows,
            figure: "retries".to_owned(),
            unit: Unit::Count,
            cells: values.iter().map(cell).collect(),
        }
    }

    #[test]
    fn a_leader_is_told_against_the_first_it_differs_from() {
        // c is best; b is too noisy to tell from it; a is not.
        let row = row(&[("a", [10.0, 11.0, 12.0]), ("b", [0.0, 9.0, 3.0]), ("c", [2.0, 3.0, 4.0])]);
        let lead = Lead::lowest(&row).unwrap();
        assert_eq!((lead.name(), lead.rival, lead.last_that_differs()), ("c", 0, 0));
        let (how, figures) = lead.told("first", "less");
        assert_eq!(how, "less than a");
        assert_eq!(figures, "3 against 11 in a (8 ± 0 less), with b too close to tell apart");
        assert_eq!(Lead::highest(&row).unwrap().name(), "a");
    }

    #[test]
    fn without_a_difference_nobody_leads() {
        assert!(Lead::lowest(&row(&[("a", [1.0, 5.0, 3.0]), ("b", [2.0, 3.0, 5.0])])).is_none());
        assert!(Lead::lowest(&row(&[("a", [1.0, 1.0, 1.0]), ("b", [1.0, 1.0, 1.0])])).is_none());
        assert!(Lead::lowest(&row(&[])).is_none());
    }
}
