//! What a design's figures did against their baseline, in words that every report of `test` shares.

use crate::analysis::baseline::{Drift, Moved};
use crate::analysis::ranking::{shown, shown_gap};

/// How far a figure moved: `from 118.4ms to 142.1ms (23.7ms ± 2.1ms more)`.
pub fn how_far(moved: &Moved) -> String {
    let show = |value| shown(moved.unit, value);
    match (moved.before, moved.now, &moved.by) {
        (Some(before), Some(now), Some(by)) => {
            let way = if by.mean < 0.0 { "less" } else { "more" };
            let gap = shown_gap(moved.unit, by);
            format!("from {} to {} ({gap} {way})", show(before), show(now))
        }
        (Some(before), ..) => format!("was {}, and is not seen any more", show(before)),
        (None, Some(now), _) => format!("was not seen, and is {} now", show(now)),
        (None, None, _) => "was not seen".to_owned(),
    }
}

/// What else is to be said of a design beside its baseline, if anything is.
pub fn aside(drift: &Drift) -> Option<String> {
    if drift.held == 0 && drift.moved.is_empty() {
        return Some("is not in the baseline; --update-baseline adds it".to_owned());
    }
    let flags = drift.flags_before.as_ref()?;
    let flags = if flags.is_empty() { "without any flag" } else { flags.as_str() };
    Some(format!("the baseline was written for other runs: {flags}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::stats::Gap;
    use crate::analysis::unit::Unit;

    #[test]
    fn how_far_is_said_in_the_figures_own_unit() {
        let by = Gap { mean: 23.7, half_width: 2.1, p_value: 0.001, count: 5 };
        let time = Moved {
            figure: "p99(place-order)".to_owned(),
            unit: Unit::Time,
            before: Some(118.4),
            now: Some(142.1),
            by: Some(by),
        };
        assert_eq!(how_far(&time), "from 118.4ms to 142.1ms (23.7ms ± 2.1ms more)");
        let by = Gap { mean: -0.05, half_width: 0.002, ..by };
        let share = Moved {
            unit: Unit::Ratio,
            before: Some(1.0),
            now: Some(0.95),
            by: Some(by),
            ..time.clone()
        };
        assert_eq!(how_far(&share), "from 100% to 95% (5.00 ± 0.20 points less)");
        let gone = Moved { now: None, by: None, ..time };
        assert_eq!(how_far(&gone), "was 118.4ms, and is not seen any more");
    }
}
