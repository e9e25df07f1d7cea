//! Lists that are longer than their area: which of their rows are seen.

use std::ops::Range;

/// The rows that are seen of so many, with the selected one among them and as near to the middle as the ends
/// allow; the first ones if none is selected.
pub fn seen(total: usize, height: u16, selected: Option<usize>) -> Range<usize> {
    let height = usize::from(height).min(total);
    let from = selected.unwrap_or(0).saturating_sub(height / 2).min(total - height);
    from..from + height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_selected_is_seen_and_no_row_is_wasted() {
        assert_eq!((seen(5, 9, Some(4)), seen(9, 4, None)), (0..5, 0..4));
        assert_eq!(
            (seen(9, 4, Some(5)), seen(9, 4, Some(8)), seen(9, 0, Some(3))),
            (3..7, 5..9, 3..3)
        );
        for selected in 0..30 {
            assert!(seen(30, 7, Some(selected)).contains(&selected));
        }
    }
}
