//! The axis of an operation: times counted from its sending to columns. Stretches in which nothing
//! happens can be folded: what a customer waits for takes milliseconds, and what follows it, seconds.

use crate::base::Span;

/// Columns that a folded stretch takes.
const FOLD: u16 = 2;

/// Times from the sending to columns.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Stretches that are drawn to scale, in nanoseconds; what lies between them is folded.
    pieces: Vec<(u64, u64)>,
    /// The part that is shown: from and to, folded stretches left out.
    window: (u64, u64),
    columns: u16,
}

/// A mark of the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    /// Where.
    pub(super) column: u16,
    /// `10`, in milliseconds.
    pub(super) label: String,
}

impl Scale {
    /// Of something that happens at these instants, of which this one is to be seen.
    pub(super) fn of(instants: &[u64], folds: bool, zoom: u8, focus: u64, columns: u16) -> Self {
        let mut all = instants.to_vec();
        all.push(0);
        all.sort_unstable();
        all.dedup();
        let end = all.last().copied().unwrap_or(0).max(1);
        let mut pieces = vec![(0, end)];
        while folds && columns >= 20 && pieces.len() < 5 {
            let length: u64 = pieces.iter().map(|(from, to)| to - from).sum();
            let inside =
                |gap: &&[u64]| pieces.iter().any(|(from, to)| *from <= gap[0] && gap[1] <= *to);
            let gaps = all.windows(2).filter(inside);
            let Some(gap) = gaps.max_by_key(|gap| gap[1] - gap[0]) else { break };
            let idle = gap[1] - gap[0];
            if idle * 5 < end || idle * 10 < length * 3 || idle == length {
                break;
            }
            // What ends at a fold's edge must still be seen to end.
            let margin = (length - idle) / 40;
            let fold = (gap[0] + margin, gap[1].saturating_sub(margin));
            let at = pieces.iter().position(|(from, to)| *from <= gap[0] && gap[1] <= *to);
            let Some(at) = at.filter(|_| fold.0 < fold.1) else { break };
            let (from, to) = pieces[at];
            pieces.splice(at..=at, [(from, fold.0), (fold.1, to)]);
        }
        let mut scale = Self { pieces, window: (0, 0), columns };
        let length = scale.pieces.iter().map(|(from, to)| to - from).sum::<u64>().max(1);
        let shown = (length >> zoom.min(40)).max(1);
        let start = scale.unfolded(focus).saturating_sub(shown / 4).min(length - shown);
        scale.window = (start, start + shown);
        scale
    }

    /// How far from the start, folded stretches left out.
    fn unfolded(&self, at: u64) -> u64 {
        self.pieces.iter().map(|(from, to)| at.min(*to).saturating_sub(*from)).sum()
    }

    /// The places at which something is folded, folded stretches left out.
    fn seams(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let seams = self.pieces.windows(2).map(|two| (two[0].1, two[1].0));
        seams.filter(|(from, _)| {
            let at = self.unfolded(*from);
            self.window.0 <= at && at <= self.window.1
        })
    }

    /// The column of a time; of what is not shown the nearest one.
    pub(super) fn column(&self, at: u64) -> u16 {
        let shown = self.window.1 - self.window.0;
        let place = self.unfolded(at).clamp(self.window.0, self.window.1) - self.window.0;
        let folds = self.seams().count() as u16 * FOLD;
        let room = self.columns.saturating_sub(folds + 1);
        let before = self.seams().filter(|(_, to)| *to <= at).count() as u16 * FOLD;
        let column = (u128::from(place) * u128::from(room) / u128::from(shown.max(1))) as u16;
        (column + before).min(self.columns.saturating_sub(1))
    }

    /// Is it in the part that is shown?
    pub(super) fn shows(&self, from: u64, to: u64) -> bool {
        let (from, to) = (self.unfolded(from), self.unfolded(to));
        from <= self.window.1 && to >= self.window.0
    }

    /// Is this time in a folded stretch?
    pub(super) fn is_folded(&self, at: u64) -> bool {
        !self.pieces.iter().any(|(from, to)| *from <= at && at <= *to)
    }

    /// Where something is folded: the first of its columns, and how long it is.
    pub(super) fn folds(&self) -> Vec<(u16, Span)> {
        let seams = self.seams();
        seams.map(|(from, to)| (self.column(from) + 1, Span(to - from))).collect()
    }

    /// Marks at round times, not too dense.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let shown = self.window.1 - self.window.0;
        let wanted = u64::from(self.columns / 8).max(1);
        let nice = (0..19).flat_map(|ten| [1, 2, 5].map(|digit| digit * 10u64.pow(ten)));
        let step = nice.into_iter().find(|step| shown / step <= wanted).unwrap_or(shown).max(1);
        let mut ticks: Vec<Tick> = Vec::new();
        let mut free = 0;
        for (from, to) in &self.pieces {
            let first = from.div_ceil(step);
            for at in (first..=to / step).map(|it| it * step).take(400) {
                if !self.shows(at, at) {
                    continue;
                }
                let (column, label) = (self.column(at), label(at));
                let width = label.len() as u16;
                if column >= free && column + width <= self.columns {
                    free = column + width + 2;
                    ticks.push(Tick { column, label });
                }
            }
        }
        ticks
    }
}

fn label(at: u64) -> String {
    let (ms, rest) = (at / 1_000_000, at % 1_000_000);
    if rest == 0 {
        return crate::tui::words::count(ms);
    }
    let text = format!("{ms}.{rest:06}");
    text.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn what_happens_stands_in_order_within_the_columns() {
        for (zoom, columns) in [(0, 1), (0, 57), (3, 57), (20, 80), (0, 200)] {
            let instants: Vec<u64> = [0, 1, 4, 9, 200, 230].map(|at| at * MS).to_vec();
            let scale = Scale::of(&instants, true, zoom, 4 * MS, columns);
            let places: Vec<u16> = instants.iter().map(|at| scale.column(*at)).collect();
            assert!(places.is_sorted() && places.iter().all(|at| *at < columns), "{places:?}");
            assert!(scale.ticks().iter().all(|tick| tick.column < columns));
        }
    }

    #[test]
    fn idle_stretches_are_folded_and_said() {
        let instants = [0, 5 * MS, 10 * MS, 210 * MS, 220 * MS];
        let scale = Scale::of(&instants, true, 0, 0, 60);
        assert_eq!(scale.folds().len(), 1);
        assert!(scale.column(10 * MS) > 20, "what happens has room");
        assert!(scale.is_folded(100 * MS) && !scale.is_folded(5 * MS));
        let flat = Scale::of(&instants, false, 0, 0, 60);
        assert_eq!((flat.folds().len(), flat.column(10 * MS)), (0, 2));
    }

    #[test]
    fn ticks_are_round_and_apart() {
        let scale = Scale::of(&[0, 32 * MS], true, 0, 0, 56);
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "5", "10", "15", "20", "25", "30"]);
    }
}
