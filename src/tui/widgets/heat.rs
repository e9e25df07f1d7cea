//! A heatmap: how many, as shades, each step four times the one before. Knows numbers and cells.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;

/// Draws a row of it. `most` is what the darkest cell of all rows holds; none is what is not known.
pub fn row(canvas: &mut Canvas<'_>, area: Rect, counts: &[Option<u64>], most: u64, role: Role) {
    let shades = canvas.look.glyphs.shades();
    for (column, count) in (0..area.width).zip(counts) {
        let shade = shade(count.unwrap_or(0), most);
        if shade > 0 {
            canvas.text(area, column, 0, shades[shade], role);
        }
    }
}

/// 0 for none, 5 for at least half of the most, and a step less for each quarter.
pub fn shade(count: u64, most: u64) -> usize {
    if count == 0 {
        return 0;
    }
    let least = [2u64, 8, 32, 128].iter().position(|part| count.saturating_mul(*part) >= most);
    5 - least.unwrap_or(4)
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::canvas::Look;
    use crate::tui::paint;

    #[test]
    fn shades_are_quarters_and_one_is_never_nothing() {
        let shades = [0, 1, 2, 7, 8, 31, 32, 124, 125, 499, 500, 1000].map(|it| shade(it, 1000));
        assert_eq!(shades, [0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
        assert_eq!(shade(u64::MAX, u64::MAX), 5);
    }

    #[test]
    fn a_row_is_drawn_and_what_is_not_known_is_blank() {
        let area = Rect::new(0, 0, 5, 1);
        let (mut buffer, mut hits) = (Buffer::empty(area), Vec::new());
        let mut canvas = Canvas::new(&mut buffer, &mut hits, Look::default());
        let counts = [Some(1000), Some(0), None, Some(100), Some(1)];
        row(&mut canvas, area, &counts, 1000, Role::Text);
        assert_eq!(paint::text(&buffer), "█  ▒·\n");
    }
}
