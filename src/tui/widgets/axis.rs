//! An axis of time: so many columns over a stretch of it. All that is drawn over time on one screen
//! shares one, so that what stands in one column happened at one time. Integers only.

use ratatui::layout::Rect;

use crate::base::Time;
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Glyph;
use crate::tui::theme::Role;

/// A stretch of time, cut into columns as equal as nanoseconds allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The first instant.
    pub from: Time,
    /// The instant after the last.
    pub to: Time,
    /// The columns; at least one.
    pub columns: u16,
}

impl Axis {
    /// All of a run that ends then.
    pub fn whole(end: Time, columns: u16) -> Self {
        Self { from: Time::ZERO, to: Time(end.0.max(1)), columns: columns.max(1) }
    }

    /// As much of it as is left when it is halved `zoom` times, with the cursor in its inner half. It
    /// turns over by half of itself, and so stands still while the cursor moves a little.
    #[must_use]
    pub fn around(cursor: Time, end: Time, zoom: u8, columns: u16) -> Self {
        let length = (end.0.max(1) >> zoom.min(63)).max(u64::from(columns.max(1)));
        let half = (length / 2).max(1);
        let page = cursor.0.saturating_sub(half / 2) / half;
        let from = (page * half).min(end.0.saturating_sub(length));
        Self { from: Time(from), to: Time(from + length), columns: columns.max(1) }
    }

    /// The same stretch, each column cut into so many.
    #[must_use]
    pub fn finer(self, by: u16) -> Self {
        Self { columns: self.columns.saturating_mul(by.max(1)), ..self }
    }

    /// When a column begins.
    pub fn start(self, column: u16) -> Time {
        let length = u128::from(self.to.0 - self.from.0);
        let into = length * u128::from(column) / u128::from(self.columns);
        Time(self.from.0 + into as u64)
    }

    /// The column in which an instant lies; the end lies in the last.
    pub fn column(self, at: Time) -> Option<u16> {
        if at < self.from || at > self.to {
            return None;
        }
        let length = u128::from(self.to.0 - self.from.0);
        let into = u128::from(at.0 - self.from.0) + 1;
        let column = (into * u128::from(self.columns) - 1) / length;
        Some((column as u16).min(self.columns - 1))
    }

    /// The columns that a stretch of time touches, both ends included; none if it lies elsewhere.
    pub fn touched(self, from: Time, to: Time) -> Option<(u16, u16)> {
        if to <= self.from || from >= self.to || to <= from {
            return None;
        }
        let first = self.column(from.max(self.from))?;
        let last = self.column(Time(to.0.min(self.to.0) - 1))?;
        Some((first, last))
    }

    /// Round instants and where they stand, far enough apart to be labelled.
    pub fn ticks(self) -> Vec<Tick> {
        let length = self.to.0 - self.from.0;
        let nice = (0..19).flat_map(|ten| [1, 2, 5].map(|digit| digit * 10u64.pow(ten)));
        let width = |step: u64| u128::from(step) * u128::from(self.columns) / u128::from(length);
        let fits = |step: &u64| width(*step) >= label(self.to, *step).len() as u128 + 6;
        let Some(step) = nice.into_iter().find(fits) else { return Vec::new() };
        let first = self.from.0.div_ceil(step);
        let at = (first..).map(|number| Time(number * step)).take_while(|at| *at < self.to);
        at.map(|at| Tick { column: self.column(at).unwrap_or(0), label: label(at, step) }).collect()
    }

    /// Writes the ticks into a row, and a pointer over the cursor.
    pub fn draw(self, canvas: &mut Canvas<'_>, area: Rect, now: Time) {
        for tick in self.ticks() {
            if usize::from(tick.column) + tick.label.len() <= usize::from(area.width) {
                canvas.text(area, tick.column, 0, &tick.label, Role::Dim);
            }
        }
        if let Some(column) = self.column(now) {
            canvas.text(area, column, 0, canvas.glyph(Glyph::Pointer), Role::Accent);
        }
    }
}

/// A round instant on an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Where it stands.
    pub column: u16,
    /// In seconds, with as many digits as its neighbours need.
    pub label: String,
}

fn label(at: Time, step: u64) -> String {
    let (secs, ns) = (at.0 / 1_000_000_000, at.0 % 1_000_000_000);
    let digits = (0..9).find(|digits| step.is_multiple_of(10u64.pow(9 - digits))).unwrap_or(9);
    if digits == 0 {
        return secs.to_string();
    }
    format!("{secs}.{:0width$}", ns / 10u64.pow(9 - digits), width = digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn every_instant_lies_in_the_column_that_begins_last_before_it() {
        for (from, to, columns) in [(0, 7, 3), (5, 6, 4), (0, 62 * SECOND, 65), (3, 1003, 200)] {
            let axis = Axis { from: Time(from), to: Time(to), columns };
            for at in (from..to).step_by(((to - from) / 997 + 1) as usize) {
                let column = axis.column(Time(at)).unwrap();
                assert!(axis.start(column).0 <= at, "{axis:?} {at}");
                assert!(column + 1 == columns || at < axis.start(column + 1).0, "{axis:?} {at}");
            }
            assert_eq!(axis.column(Time(to)), Some(columns - 1));
            assert_eq!(axis.column(Time(to + 1)), None);
        }
    }

    #[test]
    fn a_short_stretch_touches_a_column_and_one_elsewhere_none() {
        let axis = Axis::whole(Time(60 * SECOND), 60);
        let at = |tenths: u64| Time(tenths * SECOND / 10);
        assert_eq!(axis.touched(at(70), at(72)), Some((7, 7)));
        assert_eq!(axis.touched(at(200), at(230)), Some((20, 22)));
        assert_eq!(axis.touched(at(590), Time::NEVER), Some((59, 59)));
        assert_eq!(axis.touched(at(600), at(700)), None);
        assert_eq!(axis.touched(at(70), at(70)), None);
    }

    #[test]
    fn zoomed_in_the_cursor_stays_on_it_and_the_axis_within_the_run() {
        let end = Time(62 * SECOND);
        for zoom in 0..24 {
            for tenths in 0..=620 {
                let now = Time(tenths * SECOND / 10);
                let axis = Axis::around(now, end, zoom, 64);
                assert!(axis.column(now).is_some(), "{axis:?} {now:?}");
                assert!(axis.to <= end && axis.from < axis.to, "{axis:?}");
            }
        }
        let one = Axis::around(Time(30 * SECOND), end, 2, 64);
        assert_eq!(one, Axis::around(Time(31 * SECOND), end, 2, 64));
    }

    #[test]
    fn ticks_are_round_and_have_room() {
        let ticks = |axis: Axis| -> Vec<String> {
            axis.ticks().into_iter().map(|tick| format!("{}@{}", tick.label, tick.column)).collect()
        };
        let whole = ticks(Axis::whole(Time(62 * SECOND), 62));
        assert_eq!(whole, ["0@0", "10@10", "20@20", "30@30", "40@40", "50@50", "60@60"]);
        let near = Axis { from: Time(21 * SECOND), to: Time(22 * SECOND), columns: 50 };
        assert_eq!(ticks(near), ["21.0@0", "21.2@10", "21.4@20", "21.6@30", "21.8@40"]);
        assert!(ticks(Axis::whole(Time(1), 1)).len() <= 1);
    }
}
