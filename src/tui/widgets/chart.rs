//! A series as columns: as high as there are rows, in eighths of a cell, or in dots of braille where
//! those are asked for; with the other world's line behind it. Knows numbers and cells.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::glyphs::{Glyph, Glyphs};
use crate::tui::theme::Role;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// From left to right, [`density`] of them in a column; none where nothing is known.
    pub values: &'a [Option<u64>],
    /// The same of another world, drawn where it differs; empty if there is none.
    pub ghost: &'a [Option<u64>],
    /// What fills all rows.
    pub most: u64,
    /// The colour of the columns.
    pub role: Role,
    /// The column of the cursor.
    pub now: Option<u16>,
}

/// So many values stand in a column.
pub fn density(glyphs: Glyphs) -> u16 {
    if glyphs == Glyphs::Braille { 2 } else { 1 }
}

/// Draws it into all rows of an area.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, chart: &Chart<'_>) {
    let density = usize::from(density(canvas.look.glyphs));
    let steps = if density == 2 { 4 } else { 8 };
    let rows = u64::from(area.height);
    let top = steps as usize;
    let level = |value: Option<u64>| -> u64 {
        let value = value.unwrap_or(0).min(chart.most);
        // Rounded up: what is more than nothing is seen.
        let up = u128::from(value) * u128::from(rows * steps);
        up.div_ceil(u128::from(chart.most.max(1))) as u64
    };
    let at = |series: &[Option<u64>], column: usize, nth: usize| {
        series.get(column * density + nth).copied().flatten()
    };
    for column in 0..usize::from(area.width) {
        let own = [0, density - 1].map(|nth| level(at(chart.values, column, nth)));
        let other = [0, density - 1].map(|nth| level(at(chart.ghost, column, nth)));
        for row in 0..area.height {
            let below = (rows - 1 - u64::from(row)) * steps;
            let inside = |level: u64| level.saturating_sub(below).min(steps) as usize;
            let is_below = rows > 1 && other[0] + steps <= own[0];
            let (own, other) = (own.map(inside), other.map(inside));
            let sign = |levels: [usize; 2]| match density {
                2 => dots(levels),
                _ => canvas.look.glyphs.heights()[levels[0]],
            };
            let (sign, role) = match (own, other) {
                ([0, 0], [0, 0]) => continue,
                ([0, 0], _) => (sign(other), Role::Ghost),
                // The other's top, below this one's.
                _ if is_below && other[0] > 0 && other[0] < top => (sign(own), Role::Ghost),
                _ => (sign(own), chart.role),
            };
            canvas.text(area, column as u16, row, sign, role);
        }
    }
    if let Some(now) = chart.now {
        cursor(canvas, area, now);
    }
}

/// The cursor over whatever is drawn: a line where nothing is, else another colour.
pub fn cursor(canvas: &mut Canvas<'_>, area: Rect, column: u16) {
    if column >= area.width {
        return;
    }
    for row in 0..area.height {
        let cell = Rect::new(area.x + column, area.y + row, 1, 1);
        let is_blank = [" ", canvas.glyph(Glyph::Empty)].contains(&canvas.sign(cell));
        if is_blank {
            canvas.text(cell, 0, 0, canvas.glyph(Glyph::Now), Role::Accent);
        } else {
            canvas.tint(cell, Role::Accent);
        }
    }
}

/// Heights 0 to 4 of the left and the right dots of a cell.
fn dots(levels: [usize; 2]) -> &'static str {
    const ALL: [[&str; 5]; 5] = [
        [" ", "⢀", "⢠", "⢰", "⢸"],
        ["⡀", "⣀", "⣠", "⣰", "⣸"],
        ["⡄", "⣄", "⣤", "⣴", "⣼"],
        ["⡆", "⣆", "⣦", "⣶", "⣾"],
        ["⡇", "⣇", "⣧", "⣷", "⣿"],
    ];
    ALL[levels[0].min(4)][levels[1].min(4)]
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::canvas::Look;
    use crate::tui::paint;

    fn drawn(glyphs: Glyphs, size: (u16, u16), chart: &Chart<'_>) -> String {
        let area = Rect::new(0, 0, size.0, size.1);
        let (mut buffer, mut hits) = (Buffer::empty(area), Vec::new());
        let look = Look { glyphs, ..Look::default() };
        draw(&mut Canvas::new(&mut buffer, &mut hits, look), area, chart);
        paint::text(&buffer)
    }

    const VALUES: [Option<u64>; 8] =
        [Some(0), Some(1), Some(25), Some(50), None, Some(75), Some(100), Some(300)];

    fn chart(values: &[Option<u64>]) -> Chart<'_> {
        Chart { values, ghost: &[], most: 100, role: Role::Text, now: None }
    }

    #[test]
    fn a_row_has_eight_heights_and_whatever_is_more_than_nothing_is_seen() {
        assert_eq!(drawn(Glyphs::Block, (8, 1), &chart(&VALUES)), " ▁▂▄ ▆██\n");
        assert_eq!(drawn(Glyphs::Ascii, (8, 1), &chart(&VALUES)), " _.- +##\n");
    }

    #[test]
    fn rows_stand_on_one_another() {
        assert_eq!(drawn(Glyphs::Block, (8, 2), &chart(&VALUES)), "     ▄██\n ▁▄█ ███\n");
    }

    #[test]
    fn braille_has_two_values_a_column() {
        assert_eq!(drawn(Glyphs::Braille, (4, 1), &chart(&VALUES)), "⢀⣠⢰⣿\n");
    }

    #[test]
    fn the_other_world_shows_where_it_is_higher_and_the_cursor_where_nothing_is() {
        let ghost = [Some(100); 8];
        let mut chart = Chart { ghost: &ghost, now: Some(0), ..chart(&VALUES) };
        assert_eq!(drawn(Glyphs::Block, (8, 2), &chart), "█████▄██\n█▁▄█████\n");
        chart.ghost = &[];
        assert_eq!(drawn(Glyphs::Block, (8, 2), &chart), "┃    ▄██\n┃▁▄█ ███\n");
    }
}
