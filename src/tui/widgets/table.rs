//! Lists: which of their rows are seen where there is no room for all, and where keys move what is selected.

use std::ops::Range;

use crate::tui::action::Action;

/// A page.
const PAGE: usize = 10;

/// The row to which an action moves the selection in a list of so many; none if it is no such action, or if
/// there is no row.
pub fn moved(action: Action, now: Option<usize>, total: usize) -> Option<usize> {
    let last = total.checked_sub(1)?;
    let at = now.unwrap_or(0);
    let to = match action {
        Action::Down => now.map_or(0, |row| row + 1),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => at + PAGE,
        Action::PageUp => at.saturating_sub(PAGE),
        Action::First => 0,
        Action::Last => last,
        _ => return None,
    };
    Some(to.min(last))
}

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
    fn keys_move_within_a_list_and_the_first_comes_first() {
        let down = |now| moved(Action::Down, now, 3);
        assert_eq!((down(None), down(Some(0)), down(Some(2))), (Some(0), Some(1), Some(2)));
        assert_eq!(moved(Action::PageUp, Some(4), 30), Some(0));
        assert_eq!((moved(Action::Last, None, 0), moved(Action::Enter, None, 3)), (None, None));
    }

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
